//! Custody (chuyển hồ sơ người kê khai giữa các cơ quan kiểm soát; article 54.2 of Luật Phòng, chống tham nhũng 2018, article
//! 19.4 of Nghị định 130/2020/NĐ-CP): a person whom another agency controls from now on takes their file along.
//!
//! ```text
//! the agency that holds the file ──send (to whom, why, document, signer)──▶ SENT ──take (whom it is about)──▶ TAKEN
//!      originals stay here, open obligations                                 │ ├──decline (reason)──▶ DECLINED
//!      that are not yet due pass                                             │ └──────────── the package is emptied
//!                                                                            └──withdraw (the sender)──▶ WITHDRAWN
//! ```
//!
//! What passes: every version of every declaration as it was hashed, who its person is, its day of receipt, the proof that the
//! sender's log held it; copies taken earlier from yet another agency, with that one's proofs; what is owed and not yet due.
//! What does not: drafts, scans (their hash is in the document), shortcomings, reasons and demands, receipts' names,
//! hand-overs, publications, reminders.
//!
//! Rows never move between partitions (`package`, `rules::faults`, decision 0009): the sender seals the file under the
//! receiver's key, the receiver checks it against the sender's log and seals copies under its own (`declaration::original`).
//! Who the person is says their new unit's list (article 37.1), and an officer who compares: taking adds nobody to a list.
pub mod answer;
pub mod api;
pub mod model;
pub mod open;
pub mod package;
pub mod pages;
pub mod policy;
pub mod record;
pub mod rules;
pub mod send;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use model::Transfer;
