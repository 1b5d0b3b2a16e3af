//! Paper (requirement B2): a scan becomes a checked declaration in its agency's partition.
//!
//! ```text
//! upload ─▶ RECEIVED ─job─▶ READING ─▶ READ ──officer checks, accepts──▶ ACCEPTED (a declaration stands)
//!  original hashed,            │         │
//!  sealed, logged first        ▼         └──set aside (duplicate, no declaration, …)──▶ SET_ASIDE ─▶ back to READ
//!                           REFUSED (a sentence says why) ──read again──▶ RECEIVED
//! READ or REFUSED ──on a form of before 20/12/2020: basic fields, where the paper lies──▶ OLDER ──taken back──▶ READ or REFUSED
//! ```
//! What was read stays beside what was checked. A file with several declarations becomes as many papers of one original.
pub mod accept;
#[cfg(test)]
mod accept_tests;
pub mod api;
pub mod check;
pub mod desk;
#[cfg(test)]
pub(crate) mod desk_tests;
pub mod jobs;
pub mod model;
pub mod older;
pub mod older_acts;
pub mod older_api;
#[cfg(test)]
pub(crate) mod older_tests;
pub mod pages;
pub mod policy;
pub mod reader;
pub mod receive;
pub mod review;
pub mod store;
#[cfg(test)]
mod tests;
pub mod uploads;
pub mod workbook;

pub use model::{Intake, State};
pub use receive::receive;
