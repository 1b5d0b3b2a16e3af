//! The year's campaign (đợt kê khai): what the control agency plans, and how the employing unit follows up who is late.
//!
//! ```text
//! plan of the agency (numbered, versioned) ──▶ dates beside the law's last days
//! obligation open, last day passed ──remind 1──▶ term ──remind 2──▶ term ──record──▶ not submitted after two reminders
//!         └──────────── a declaration is taken at any time; what was recorded stays ────────────┘
//! ```
//!
//! Articles 37.1 (list, logbook) and 38 of Luật Phòng, chống tham nhũng 2018; article 20.2 of Nghị định 130/2020/NĐ-CP (two
//! written reminders). Each record has its hash in the log (`record`). Nothing here judges anybody.
pub mod api;
pub mod coverage;
pub mod letter;
pub mod logbook;
pub mod model;
pub mod non_submission;
pub mod notice;
pub mod pages;
pub mod plan;
pub mod policy;
pub mod record;
pub mod remind;
pub mod rules;
mod sheet;
pub mod store;

#[cfg(test)]
mod coverage_tests;
#[cfg(test)]
pub(crate) mod tests;
