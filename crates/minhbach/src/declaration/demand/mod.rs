//! A demand to complete a declaration or to declare again (yêu cầu hoàn thiện, kê khai lại; article 38.2 of Luật Phòng,
//! chống tham nhũng 2018).
//!
//! ```text
//! declaration handed in ──issue (unit: reasons, signer)──▶ ISSUED ──answer: a further version, received again──▶ ANSWERED
//!    until it is handed over to the agency                  │  ▲ the days run from when it reached the declarant
//!                                                           └──withdraw (unit: why)──▶ WITHDRAWN
//! ```
//!
//! One at a time. While one waits, the declaration is neither received nor handed over, and its draft takes text again.
pub mod acts;
pub mod api;
pub mod letter;
pub mod model;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use model::{Demand, State};
