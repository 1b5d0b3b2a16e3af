//! Correction after receipt (sửa đổi bản kê khai sau tiếp nhận; Quyết định 390/QĐ-TTg, điểm 2 mục II; rule X12): only until
//! the legal last day to declare, only with the competent person's approval on a reasoned explanation, and kept for ever.
//!
//! ```text
//! declaration RECEIVED ──begin──▶ its draft takes text again, filled from the record; nothing on record changes
//!        ▲                             │ propose: explanation, differences in words
//!        │                             ▼
//!        │                          WAITING ──withdraw (declarant)──▶ WITHDRAWN, to be written on from what was proposed
//!        │                             │   └─ last day passed: LAPSED (derived), can only be withdrawn
//!        │                             ▼ decide, difference by difference: unit; after hand-over, the agency
//!        └── a further version, act ◀─ DECIDED: what was approved, if anything; each refusal with its reason
//!            CORRECTION; its receipt and the 20 days of article 38.3 stand
//! ```
//!
//! One proposal waits at a time. While a demand of the unit waits (article 38.2) nothing is proposed, because the demand has
//! its own way and its own days; while a proposal waits the unit decides it before it demands. Hand-over does not wait for a
//! decision: the unit is told, and from then on the agency decides. Once publication began nothing is corrected any more.
//! A declaration that answers no obligation has no last day, so it is not corrected.
pub mod acts;
pub mod api;
pub mod decide;
pub mod model;
pub mod policy;
pub mod rules;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use model::{Correction, Stage, State};
