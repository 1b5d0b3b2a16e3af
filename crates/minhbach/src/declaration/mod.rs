//! Declarations (articles 33–38): draft → submitted → received.
//!
//! ```text
//! obligation ──open──▶ draft ──submit──▶ SUBMITTED ──receive (unit: person, position, date)──▶ RECEIVED
//!                        ▲  autosaved,      │ document hashed, sealed, logged; slip with the log's promise
//!                        │  author only     └─ the days to hand over start with receipt (article 38.3; `handover`)
//! paper ──intake: read, check, accept──▶ DIGITISED ──receive──▶ RECEIVED
//! SUBMITTED, DIGITISED, RECEIVED ──demand (unit, article 38.2)──▶ its draft takes text again ──▶ a further version, received again
//! RECEIVED ──correction (declarant, QĐ 390)──▶ proposed, decided item by item ──▶ a further version; its receipt stands
//! ```
//!
//! A draft begins with the person's last declaration (`carry`). It is raw text by section (`typed`), asked for by boxes that come from the form definition (`wizard`, `view`),
//! put together into a document (`compose`), judged (`review`) and read back (`summary`).
pub mod api;
pub mod asset;
pub mod carry;
pub mod compose;
pub mod correction;
pub mod demand;
pub mod difference;
pub mod draft;
pub mod findings;
pub mod holder;
pub mod income;
pub mod model;
pub mod older;
pub mod open;
pub mod original;
pub mod pages;
pub mod policy;
pub mod projection;
pub mod publication;
pub mod receive;
pub mod record;
pub mod review;
pub mod signals;
pub mod slip;
pub mod store;
pub mod submit;
pub mod summary;
pub mod supplement;
pub mod typed;
pub mod view;
pub mod wizard;

#[cfg(test)]
mod carry_tests;
#[cfg(test)]
mod income_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod occasion_tests;
#[cfg(test)]
mod signals_tests;
#[cfg(test)]
pub(crate) mod tests;

pub use model::{Channel, Declaration};
pub use record::{Filed, NewRecord};
