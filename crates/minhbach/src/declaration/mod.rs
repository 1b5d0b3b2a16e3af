//! Declarations (articles 33–38): draft → submitted → received.
//!
//! ```text
//! obligation ──open──▶ draft ──submit──▶ SUBMITTED ──receive (unit: person, position, date)──▶ RECEIVED
//!                        ▲  autosaved,      │ document hashed, sealed, logged; slip with the log's promise
//!                        │  author only     └─ 20 days to hand over start with receipt (article 38.3)
//! paper ──intake: read, check, accept──▶ DIGITISED ──receive──▶ RECEIVED
//! ```
pub mod model;
pub mod policy;
pub mod projection;
pub mod receive;
pub mod record;
pub mod store;
pub mod submit;

pub use model::{Channel, Declaration};
pub use record::{Filed, NewRecord};
