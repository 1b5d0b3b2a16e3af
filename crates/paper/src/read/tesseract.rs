//! Tesseract 5 with the Vietnamese model, as a child process on one core.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use image::GrayImage;
use roxmltree::{Document, Node, ParsingOptions};

use super::child::{self, WaitError};
use super::components::Rect;
use super::recognise::{Arrangement, Letter, Line, RecogniseError, Recogniser, Word};

/// The engine of Debian's package `tesseract-ocr-vie`.
pub struct Tesseract {
    program: String,
}

impl Default for Tesseract {
    fn default() -> Self {
        Self { program: "tesseract".into() }
    }
}

impl Recogniser for Tesseract {
    fn read(
        &self,
        image: &GrayImage,
        arrangement: Arrangement,
        dpi: f32,
        time: Duration,
    ) -> Result<Vec<Line>, RecogniseError> {
        let hocr = self.run(image, arrangement, dpi, time)?;
        parse_hocr(&hocr).map_err(|error| RecogniseError::Failed(error.to_string()))
    }
}

impl Tesseract {
    fn run(
        &self,
        image: &GrayImage,
        arrangement: Arrangement,
        dpi: f32,
        time: Duration,
    ) -> Result<String, RecogniseError> {
        let mode = match arrangement {
            Arrangement::Column => "6",
        };
        let mut child = Command::new(&self.program)
            .args(["stdin", "stdout", "-l", "vie", "--psm", mode, "--dpi", &format!("{:.0}", dpi.clamp(70.0, 600.0))])
            // Letters with their own confidence and the readings the network hesitated between.
            .args([
                "-c",
                "tessedit_create_hocr=1",
                "-c",
                "hocr_char_boxes=1",
                "-c",
                "lstm_choice_mode=2",
                "-c",
                "lstm_choice_iterations=0",
            ])
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| RecogniseError::Missing)?;
        let mut input = child.stdin.take().expect("stdin is piped above");
        let mut output = child.stdout.take().expect("stdout is piped above");
        let (status, hocr) = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A child that dies early closes the pipe; its exit status tells why.
                let header = format!("P5 {} {} 255\n", image.width(), image.height());
                let _broken_pipe = input.write_all(header.as_bytes()).and_then(|()| input.write_all(image.as_raw()));
            });
            let reader = scope.spawn(move || {
                let mut text = String::new();
                output.read_to_string(&mut text).map(|_| text)
            });
            let status = child::wait(&mut child, time);
            (status, reader.join())
        });
        match (status, hocr) {
            (Ok(status), Ok(Ok(hocr))) if status.success() => Ok(hocr),
            (Err(WaitError::Timeout), _) => Err(RecogniseError::Timeout),
            (status, _) => Err(RecogniseError::Failed(format!("{status:?}"))),
        }
    }
}

/// Reads hOCR 1.2 with Tesseract's character boxes and choices.
fn parse_hocr(hocr: &str) -> Result<Vec<Line>, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(hocr, options)?;
    let lines = document.descendants().filter(|node| {
        matches!(node.attribute("class"), Some("ocr_line" | "ocr_header" | "ocr_textfloat" | "ocr_caption"))
    });
    Ok(lines
        .filter_map(|node| {
            let words: Vec<Word> = with_class(node, "ocrx_word").filter_map(word).collect();
            let bounds = words.iter().map(|word| word.bounds).reduce(|a, b| a.union(&b))?;
            Some(Line { words, bounds })
        })
        .collect())
}

fn with_class<'a, 'i>(node: Node<'a, 'i>, class: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.attribute("class") == Some(class))
}

fn word(node: Node<'_, '_>) -> Option<Word> {
    let title = node.attribute("title")?;
    let mut letters: Vec<Letter> = Vec::new();
    for info in with_class(node, "ocrx_cinfo") {
        let title = info.attribute("title").unwrap_or_default();
        match property(title, "x_bboxes ") {
            Some(boxes) => letters.push(Letter {
                text: text_of(info),
                bounds: rect(boxes)?,
                confidence: property(title, "x_conf ").and_then(number).unwrap_or(0.0) / 100.0,
                choices: Vec::new(),
            }),
            None => {
                if let Some(letter) = letters.last_mut() {
                    letter.choices = choices(info);
                }
            }
        }
    }
    letters.retain(|letter| !letter.text.is_empty());
    if letters.is_empty() {
        return None;
    }
    Some(Word {
        letters,
        bounds: rect(property(title, "bbox ")?)?,
        confidence: property(title, "x_wconf ").and_then(number).unwrap_or(0.0) / 100.0,
    })
}

fn choices(info: Node<'_, '_>) -> Vec<(String, f32)> {
    let mut choices: Vec<(String, f32)> = info
        .descendants()
        .filter_map(|node| Some((node, node.attribute("title")?)))
        .filter_map(|(node, title)| Some((text_of(node), number(property(title, "x_confs ")?)? / 100.0)))
        .filter(|(_, score)| *score > 0.0)
        .collect();
    choices.sort_by(|a, b| b.1.total_cmp(&a.1));
    choices
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children()
        .filter(|child| child.is_text())
        .filter_map(|child| child.text())
        .collect::<String>()
        .trim()
        .to_owned()
}

fn property<'a>(title: &'a str, name: &str) -> Option<&'a str> {
    title.split(';').map(str::trim).find_map(|part| part.strip_prefix(name))
}

fn number(text: &str) -> Option<f32> {
    text.trim().parse().ok()
}

fn rect(text: &str) -> Option<Rect> {
    let mut numbers = text.split_whitespace().map(|part| part.parse::<u32>());
    let mut next = || numbers.next()?.ok();
    let (x0, y0, x1, y1) = (next()?, next()?, next()?, next()?);
    Some(Rect { x0, y0, x1: x1.max(x0), y1: y1.max(y0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_letters_and_hesitations() {
        let hocr = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><body><div class='ocr_page'>
 <span class='ocr_line' title="bbox 1 2 30 12; baseline 0 -8">
  <span class='ocrx_word' title='bbox 1 2 30 12; x_wconf 58'>
   <span class='ocrx_cinfo' title='x_bboxes 1 2 9 12; x_conf 99.5'>Đ</span>
   <span class='ocrx_cinfo' title='x_bboxes 10 2 13 12; x_conf 94.1'>i</span>
    <span class='ocrx_cinfo' id='lstm_choices_1_1_2'>
     <span class='ocrx_cinfo' title='x_confs 78.9'>i</span>
     <span class='ocrx_cinfo' title='x_confs 78.7'>ỉ</span>
     <span class='ocrx_cinfo' title='x_confs 0'>á</span>
    </span>
  </span>
 </span></div></body></html>"#;
        let lines = parse_hocr(hocr).expect("well-formed");
        let word = &lines[0].words[0];
        assert_eq!(word.text(), "Đi");
        assert_eq!(word.bounds, Rect { x0: 1, y0: 2, x1: 30, y1: 12 });
        let choices: Vec<(&str, i32)> = word.letters[1]
            .choices
            .iter()
            .map(|(text, score)| (text.as_str(), (score * 1000.0).round() as i32))
            .collect();
        assert_eq!(choices, [("i", 789), ("ỉ", 787)]);
    }
}
