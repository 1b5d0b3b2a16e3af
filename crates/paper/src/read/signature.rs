//! The signature block: receiver on the left (date, name, position), declarant on the right.

use form::{Form, Signature};

use super::draft::{Draft, Nature, Span};
use super::header::{joined, line_ranges};
use super::stream::{Token, key_of};
use super::values;

/// What the block says.
#[derive(Default)]
pub struct Signatures {
    /// `received_on`, `receiver_name`, `receiver_position`; none while nobody signed for receipt.
    pub receipt: Option<Vec<(String, Draft)>>,
    /// Another reading of the declarant's name.
    pub declarant: Option<Draft>,
    /// Another reading of the date of completion.
    pub completed_on: Option<Draft>,
}

/// First token of the block among `tokens`, found by its headings; the line before it holds the dates.
pub fn start(tokens: &[Token], form: &Form) -> Option<usize> {
    let ranges = line_ranges(tokens);
    let keys: Vec<String> = form.signatures.iter().map(|signature| key_of(&signature.heading)).collect();
    let at = ranges.iter().rposition(|range| {
        let line = joined(&tokens[range.clone()]);
        let key = key_of(&line);
        let capitals = line.chars().filter(|c| c.is_uppercase()).count();
        capitals * 10 >= key.len() * 7 && keys.iter().any(|wanted| values::contains_near(&key, wanted))
    })?;
    let before = at.checked_sub(1).map(|index| ranges[index].clone());
    let dated = before.filter(|range| {
        let key = key_of(&joined(&tokens[range.clone()]));
        values::contains_near(&key, "thang") && key.contains("n")
    });
    Some(dated.map_or(ranges[at].start, |range| range.start))
}

/// Reads the block from its first token on.
pub fn read(tokens: &[Token], form: &Form) -> Signatures {
    let Some(declarant) = form.signatures.iter().find(|signature| signature.code == "DECLARANT") else {
        return Signatures::default();
    };
    let Some(receiver) = form.signatures.iter().find(|signature| signature.code == "RECEIVER") else {
        return Signatures::default();
    };
    let left_heading = heading(tokens, receiver);
    let right_heading = heading(tokens, declarant);
    let split = match (&left_heading, &right_heading) {
        (Some(left), Some(right)) if left.end_x <= right.start_x => (left.end_x + right.start_x) / 2,
        (_, Some(right)) => right.start_x.saturating_sub((right.end_x - right.start_x) / 6),
        (Some(left), None) => left.end_x + (left.end_x - left.start_x) / 6,
        (None, None) => return Signatures::default(),
    };
    let side = |left: bool| -> Vec<Token> {
        tokens.iter().filter(|token| ((token.bounds().x0 + token.bounds().x1) / 2 < split) == left).cloned().collect()
    };
    let right = column(&side(false), declarant);
    Signatures {
        receipt: left_heading.and_then(|_| receipt(column(&side(true), receiver), receiver)),
        declarant: right.lines.into_iter().next().map(|span| values::text(&span, Nature::Name)),
        completed_on: right.date,
    }
}

struct HeadingPlace {
    start_x: u32,
    end_x: u32,
}

fn heading(tokens: &[Token], signature: &Signature) -> Option<HeadingPlace> {
    let wanted = key_of(&signature.heading);
    let mut best: Option<(f64, HeadingPlace)> = None;
    for range in line_ranges(tokens) {
        for start in range.clone() {
            let mut key = String::new();
            for end in start..range.end {
                key.push_str(&tokens[end].key);
                let likeness = strsim::normalized_levenshtein(&key, &wanted);
                if likeness > 0.75 && best.as_ref().is_none_or(|(known, _)| likeness > *known) {
                    let place = HeadingPlace { start_x: tokens[start].bounds().x0, end_x: tokens[end].bounds().x1 };
                    best = Some((likeness, place));
                }
            }
        }
    }
    best.map(|(_, place)| place)
}

struct Column {
    date: Option<Draft>,
    /// Lines under the instruction that hold words.
    lines: Vec<Span>,
}

/// One side of the block: date above the heading, then heading, instruction, signature, name and position.
fn column(tokens: &[Token], signature: &Signature) -> Column {
    let (heading, instruction) = (key_of(&signature.heading), key_of(&signature.instruction));
    let mut out = Column { date: None, lines: Vec::new() };
    let mut below = false;
    for range in line_ranges(tokens) {
        let line = &tokens[range.clone()];
        if is_page_foot(&joined(line)) {
            continue;
        }
        let key = key_of(&joined(line));
        if strsim::normalized_levenshtein(&key, &heading) > 0.7 || is_instruction(&key, &instruction) {
            below = true;
        } else if !below {
            let date = values::date(&Span::of_tokens(line, 0));
            if !date.value.is_null() {
                out.date = Some(date);
            }
        } else if let Some(words) = words(line) {
            out.lines.push(Span::of_tokens(&words, 0));
        }
    }
    out
}

/// "trang 3/4": what a printer puts under a page is nobody's name.
fn is_page_foot(line: &str) -> bool {
    let line = line.to_lowercase();
    let Some((_, after)) = line.split_once("trang") else { return false };
    let after = after.trim_start();
    let digits = after.chars().take_while(char::is_ascii_digit).count();
    let rest = after[digits..].trim_start();
    digits > 0 && rest.strip_prefix('/').is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

fn is_instruction(key: &str, instruction: &str) -> bool {
    strsim::normalized_levenshtein(key, instruction) > 0.5 || values::contains_near(key, "ghirohoten")
}

/// The words of a line that are words: strokes of a signature or stamp read as letters drop out at both ends.
fn words(line: &[Token]) -> Option<Vec<Token>> {
    let is_word = |token: &Token| {
        let letters = token.text.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 1 && letters * 2 > token.text.chars().count() && token.word.confidence > 0.25
    };
    let from = line.iter().position(is_word)?;
    let to = line.iter().rposition(is_word)?;
    let kept: Vec<Token> = line[from..=to].to_vec();
    let letters: usize = kept.iter().map(|token| token.key.len()).sum();
    (letters >= 4 && kept.iter().any(|token| token.text.starts_with(char::is_uppercase))).then_some(kept)
}

fn receipt(column: Column, signature: &Signature) -> Option<Vec<(String, Draft)>> {
    let mut lines = column.lines.into_iter();
    let name = lines.next();
    // Nobody signed: no date, no name.
    if column.date.is_none() && name.is_none() {
        return None;
    }
    let position = lines.next();
    let read = |key: &str| match key {
        "received_on" => column.date.clone().unwrap_or_else(|| Draft::unread(Span::default(), Nature::Date)),
        "receiver_name" => name
            .as_ref()
            .map_or_else(|| Draft::unread(Span::default(), Nature::Name), |span| values::text(span, Nature::Name)),
        _ => position
            .as_ref()
            .map_or_else(|| Draft::unread(Span::default(), Nature::Title), |span| values::text(span, Nature::Title)),
    };
    Some(signature.fields.iter().map(|field| (field.key.clone(), read(&field.key))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_foot_of_a_page_is_told_from_a_name() {
        for foot in ["Bản nháp chưa gửi; trang 3/3", "SHA-256 f0e1; phiên bản 2; trang 12 / 14", "Trang 1/2"] {
            assert!(is_page_foot(foot), "{foot}");
        }
        for name in ["Lê Thị Trang", "Trang 3", "Nguyễn Văn An", "Người kê khai ký từng trang:"] {
            assert!(!is_page_foot(name), "{name}");
        }
    }
}
