//! Signatures of the acts: electronic (Luật Giao dịch điện tử 2023, Nghị định 23/2025/NĐ-CP), or on paper as the form has
//! them (note 1 of Phụ lục I, Nghị định 130/2020/NĐ-CP).
//!
//! ```text
//! what stands on record ──hand out (the same bytes ever after)──▶ a PDF ──the person's own client signs──▶ a signed PDF
//!                                                                                                     │ judged: no check failed
//!        signed on paper ──the officer records the day──▶ SIGNATURE (PAPER)      SIGNATURE (DIGITAL) ◀┘──job──▶ time stamp
//!
//! SIGNATURE ──who signed──▶ withdrawn ──▶ a new one may follow        not decided ──the other side──▶ accepted, or refused ──▶ the same
//! ```
//!
//! A version of a declaration is signed by its declarant and by who received it, the record of a hand-over by the unit and the
//! agency, the minutes of a publication by both who sign them; each side one at a time. The second signs the file the first signed.
//! Beside the signature in the file a declarant may sign the document itself: a detached one, over the bytes the log has the hash of.
//! The key never comes near the service. What a signature says is told check by check; it is never called dishonest.
pub mod api;
pub mod data;
pub mod follow;
pub mod hand_out;
pub mod judge;
pub mod model;
pub mod pages;
pub mod paper;
pub mod policy;
pub mod record;
pub mod sign;
pub mod stamp;
pub mod store;
pub mod subject;
pub mod trust;

#[cfg(test)]
pub(crate) mod data_tests;
#[cfg(test)]
mod follow_tests;
#[cfg(test)]
pub(crate) mod tests;
