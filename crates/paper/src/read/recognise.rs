//! From an image of text to words: the seam between layout and the engines that read letters.
//!
//! Print is read by Tesseract; a second engine for handwriting implements the same trait.

use std::time::Duration;

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::components::Rect;

/// How the text stands in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// One column of lines.
    Column,
}

/// One recognised letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// One character, or a base with combining marks before NFC.
    pub text: String,
    pub bounds: Rect,
    /// How sure the engine is of this letter, 0–1.
    pub confidence: f32,
    /// Other readings, best first, with the engine's score of each (0–1; need not sum to 1). Holds the chosen one too.
    pub choices: Vec<(String, f32)>,
}

/// One recognised word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub letters: Vec<Letter>,
    pub bounds: Rect,
    /// 0–1.
    pub confidence: f32,
}

impl Word {
    pub fn text(&self) -> String {
        self.letters.iter().map(|letter| letter.text.as_str()).collect()
    }
}

/// Words standing on one line, from left to right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub words: Vec<Word>,
    pub bounds: Rect,
}

/// Why an engine gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecogniseError {
    #[error("the engine is not installed")]
    Missing,
    #[error("the engine did not finish in time")]
    Timeout,
    #[error("the engine stopped without a result: {0}")]
    Failed(String),
}

/// An engine that reads a line, or a part of one, at a time.
pub trait LineReader {
    /// Letters and blanks from left to right. Reads dark text on white; bounds are in pixels of `strip`.
    /// `breadth` is how much broader than it stands the strip is shown: letters that stand close need room between them.
    fn read_line(&self, strip: &GrayImage, breadth: f32) -> Result<Vec<Letter>, RecogniseError>;

    /// Broadest strip of this height that is read without pressing its letters together, pixels.
    fn widest(&self, height: u32) -> u32;
}

/// An engine that reads an image of text.
pub trait Recogniser {
    /// Reads dark text on white. `dpi` tells the size of the print; bounds are in pixels of `image`.
    fn read(
        &self,
        image: &GrayImage,
        arrangement: Arrangement,
        dpi: f32,
        time: Duration,
    ) -> Result<Vec<Line>, RecogniseError>;
}
