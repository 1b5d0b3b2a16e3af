//! Hand-over of declarations to the control agency (bàn giao; article 38.3 of Luật Phòng, chống tham nhũng 2018).
//!
//! ```text
//! declarations RECEIVED by the unit ──send (unit: whom, who, when)──▶ SENT ──take (agency: count, who, when)──▶ TAKEN
//!        ▲  the last day stands in the receipt      one batch for one agency, numbered        │ each one TAKEN or MISSING
//!        └───────────────── one that was MISSING is handed over again ◀──────────────────────┘
//! ```
//!
//! A batch has its record (biên bản) with both sides (`minutes`). The log has a hash over each side's record (`record`).
pub mod api;
pub mod minutes;
pub mod model;
pub mod open;
pub mod pages;
pub mod policy;
pub mod record;
pub mod send;
pub mod store;
pub mod take;

#[cfg(test)]
pub(crate) mod tests;

pub use model::{HandOver, State};
