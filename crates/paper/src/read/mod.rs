//! Reading paper: a scanned declaration becomes typed values with confidence, page and place.

mod accord;
pub mod align;
pub mod assemble;
pub mod asternet;
pub mod changes;
pub mod check;
pub mod child;
pub mod clean;
pub mod components;
pub mod compose;
pub mod consensus;
pub mod draft;
mod faint;
pub mod file;
pub mod glyph;
pub mod header;
pub mod lexicon;
pub mod limits;
pub mod page;
pub mod pdf;
mod pieces;
pub mod recognise;
pub mod refusal;
pub mod report;
pub mod result;
pub mod ruling;
pub mod score;
mod second;
pub mod signature;
pub mod skew;
pub mod source;
pub mod spacing;
pub mod spawn;
pub mod stream;
mod strip;
pub mod template;
pub mod tesseract;
pub mod tiff_pages;
pub mod trust;
mod unread;
pub mod values;
pub mod worker;

#[cfg(test)]
mod sample;
