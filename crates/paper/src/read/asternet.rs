//! AsterNet, the second recogniser: a network trained on Vietnamese handwriting and print, one line of text at a time.
//!
//! The model comes from the PyPI package `asterocr` 1.0.2 (MIT); `./dev` fetches it, nothing of it is kept here.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use image::GrayImage;
use image::imageops::{self, FilterType};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Deserialize;

use super::components::Rect;
use super::recognise::{Letter, LineReader, RecogniseError};

/// The model's file and its SHA-256: a changed model would read other figures, so nothing else is run.
const MODEL: (&str, &str) = ("asternet.onnx", "10c96b533e1f64031d73edfddafd7d4b13595544f11891f0531bcd72cb29be80");
/// The letters the model knows, in its own order, blank first.
const LETTERS: (&str, &str) = ("vocab.json", "82c6df018ceca8c10876947e0f7df798ed321825276ed7f3bb12ae3ed6dc647b");

/// Height of the strips the network was trained on, pixels.
const HEIGHT: u32 = 32;
/// Pixels of width for each step of the network.
const STEP: u32 = 4;
/// Steps the network has places for.
const MOST_STEPS: u32 = 256;
/// Readings below this are not worth naming.
const LEAST: f32 = 0.01;

/// Why the model is not there.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{0}: {1}")]
    Missing(&'static str, std::io::Error),
    #[error("{0} is not the file this version was made for")]
    Changed(&'static str),
    #[error("the model does not load: {0}")]
    Model(String),
}

#[derive(Deserialize)]
struct Vocabulary {
    chars: Vec<String>,
}

/// The loaded model.
pub struct AsterNet {
    model: Model,
    images: NodeId,
    letters: Vec<String>,
    pool: Arc<ThreadPool>,
}

impl AsterNet {
    /// Loads the two files of `folder`, which must be the very ones this version was made for.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let model = ModelOptions::with_all_ops()
            .load(checked(folder, MODEL)?)
            .map_err(|error| LoadError::Model(error.to_string()))?;
        let images = *model.input_ids().first().ok_or_else(|| LoadError::Model("no input".into()))?;
        let Vocabulary { chars } =
            serde_json::from_slice(&checked(folder, LETTERS)?).map_err(|error| LoadError::Model(error.to_string()))?;
        // One paper, one core: the service reads several papers beside each other.
        Ok(Self { model, images, letters: chars, pool: Arc::new(ThreadPool::with_num_threads(1)) })
    }

    /// Whether `folder` holds the two files this version was made for.
    pub fn check(folder: &Path) -> Result<(), LoadError> {
        checked(folder, MODEL)?;
        checked(folder, LETTERS).map(|_| ())
    }

    /// Log-probabilities [step][letter] of a strip already scaled to the network's height.
    fn run(&self, strip: &GrayImage) -> Result<NdTensor<f32, 3>, RecogniseError> {
        let (width, height) = (strip.width() as usize, strip.height() as usize);
        let input = NdTensor::<f32, 4>::from_fn([1, 3, height, width], |[_, _, y, x]| {
            f32::from(strip.get_pixel(x as u32, y as u32).0[0]) / 127.5 - 1.0
        });
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let failed = |error: &dyn std::fmt::Display| RecogniseError::Failed(error.to_string());
        let [output] = self
            .model
            .run_n(
                vec![(self.images, ValueOrView::from(Value::from(input)))],
                [self.model.output_ids()[0]],
                Some(options),
            )
            .map_err(|error| failed(&error))?;
        output.try_into().map_err(|error: rten::TryFromValueError| failed(&error))
    }

    /// Letters of the likeliest path, with the other readings of each, best first.
    fn decode(&self, output: &NdTensor<f32, 3>, pixels_a_step: f32, height: u32) -> Vec<Letter> {
        let (steps, count) = (output.size(0), output.size(2).min(self.letters.len()));
        let best = |step: usize| {
            (0..count).max_by(|&a, &b| output[[step, 0, a]].total_cmp(&output[[step, 0, b]])).unwrap_or_default()
        };
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        let mut before = 0;
        for step in 0..steps {
            let letter = best(step);
            match runs.last_mut() {
                Some(run) if letter == before && letter != 0 => run.2 = step + 1,
                _ if letter != 0 => runs.push((letter, step, step + 1)),
                _ => {}
            }
            before = letter;
        }
        let letter = |&(letter, from, to): &(usize, usize, usize)| {
            let peak =
                (from..to).max_by(|&a, &b| output[[a, 0, letter]].total_cmp(&output[[b, 0, letter]])).unwrap_or(from);
            let mut choices: Vec<(String, f32)> = (1..count)
                .map(|other| (self.letters[other].clone(), output[[peak, 0, other]].exp()))
                .filter(|(_, likely)| *likely > LEAST)
                .collect();
            choices.sort_by(|a, b| b.1.total_cmp(&a.1));
            Letter {
                text: self.letters[letter].clone(),
                bounds: Rect {
                    x0: (from as f32 * pixels_a_step) as u32,
                    y0: 0,
                    x1: (to as f32 * pixels_a_step).ceil() as u32,
                    y1: height,
                },
                confidence: output[[peak, 0, letter]].exp(),
                choices,
            }
        };
        runs.iter().map(letter).collect()
    }
}

impl LineReader for AsterNet {
    fn read_line(&self, strip: &GrayImage, breadth: f32) -> Result<Vec<Letter>, RecogniseError> {
        let wanted = strip.width() as f32 * HEIGHT as f32 / strip.height().max(1) as f32 * breadth;
        let width = (wanted as u32).next_multiple_of(STEP).clamp(4 * STEP, STEP * (MOST_STEPS - 1));
        let scaled = imageops::resize(strip, width, HEIGHT, FilterType::Triangle);
        let output = self.run(&scaled)?;
        let pixels_a_step = strip.width() as f32 / output.size(0).max(1) as f32;
        Ok(self.decode(&output, pixels_a_step, strip.height()))
    }

    fn widest(&self, height: u32) -> u32 {
        (((MOST_STEPS - 4) * STEP) as f32 / 1.3 * height as f32 / HEIGHT as f32) as u32
    }
}

fn checked(folder: &Path, (name, wanted): (&'static str, &str)) -> Result<Vec<u8>, LoadError> {
    let bytes = std::fs::read(folder.join(name)).map_err(|error| LoadError::Missing(name, error))?;
    if hex::encode(digest(&SHA256, &bytes)) == wanted { Ok(bytes) } else { Err(LoadError::Changed(name)) }
}
