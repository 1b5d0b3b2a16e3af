//! Declarations typed into a workbook where there is no line (requirement B3): the form as Excel, one person or a whole unit
//! a file, back in as papers an officer checks.
//!
//! ```text
//! upload ─▶ RECEIVED ─job─▶ IMPORTING ─▶ DONE (a paper in state READ for every person; what is wrong, cell by cell)
//!  original hashed,             │
//!  sealed, logged first         └──▶ REFUSED (a sentence says why) ──a fault of ours: gone on with──▶ RECEIVED
//! ```
//! Sheets, columns, drop-downs and notes are worked out from the form's definition ([`layout`]): a new form is a new workbook,
//! without code. The job puts people down portion by portion and goes on after the last row it put down, so that a run that was
//! cut off doubles nobody; what the same person's row said before, word for word, is not taken a second time.
pub mod api;
pub mod book;
pub mod cells;
pub mod jobs;
pub mod layout;
pub mod look;
pub mod model;
pub mod pages;
pub mod policy;
pub mod read;
pub mod receive;
#[cfg(test)]
mod sheet_tests;
pub mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod write;

pub use model::{State, Workbook};
pub use receive::receive;
