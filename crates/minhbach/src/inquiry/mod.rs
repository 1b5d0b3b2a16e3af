//! Requests for information by the control agency (yêu cầu cung cấp thông tin; Luật Phòng, chống tham nhũng 2018 article 31.2
//! and 31.3; Nghị định 130/2020/NĐ-CP articles 6, 7 and 8).
//!
//! ```text
//! ask (agency: document, five parts, signer) ──▶ WAITING ──answer (text, files; again and again)──▶ ANSWERED ──close──▶ CLOSED
//!    to a unit, or to a declarant                 │  ▲  └─plead (why it cannot be, or not in time)─▶ PLEADED ──close──▶ CLOSED
//!    read for the first time: received            ├──close (which document answered on paper)──────────▶ CLOSED
//!                                                 │  └────────keep (until when, why)───────────────┘  │        │
//!                                                 │      ANSWERED ──ask more (a further request)──▶ FOLLOWED   │
//!                                                 └──────────── withdraw (why) ───────────────────▶ WITHDRAWN ◀┘
//! ```
//!
//! Each of it is a row of its own and none is ever changed: how far a request is, is what its last step says. Who is asked
//! has at least the days of article 7.1 from the day they received it. A unit does not see what is asked of a person, nor a
//! person what is asked of a unit, also when it is about them.
pub mod answer;
pub mod api;
pub mod ask;
pub mod course;
pub mod decide;
pub mod letter;
pub mod model;
pub mod open;
pub mod pages;
pub mod policy;
pub mod record;
pub mod rules;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use model::Inquiry;
