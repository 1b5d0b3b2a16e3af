//! Publication of declarations at the workplace (công khai; article 39 of Luật Phòng, chống tham nhũng 2018, article 11 of
//! Nghị định 130/2020/NĐ-CP): what was handed over is posted or read at a meeting, and the minutes are kept.
//!
//! ```text
//! declarations HANDED OVER ──begin: posting (place, first day) ──▶ OPEN ──close, the day after the last day────────▶ CLOSED
//!   ▲  the days to begin     (the last day follows)                │      (minutes: number, head, union)        published
//!   │  run from hand-over  ──begin: meeting (place, who was there)▶ OPEN ──close, if the quorum was there──────────▶ CLOSED
//!   │                                                              │
//!   └───────── they wait again ◀── BROKEN ◀──break off (day, why)──┘
//! ```
//!
//! | From | Act | To | Only when (rule X04) |
//! |---|---|---|---|
//! | – | begin posting, begin meeting | OPEN | handed over, not missing there, not published; later than the last day is late, and told |
//! | OPEN | close | CLOSED | the posting's last day is over, or the quorum was there; head (or chair) and union have signed |
//! | OPEN | break off | BROKEN | of a posting: on one of its days |
//! | CLOSED, BROKEN | – | – | never changed again |
//!
//! Every transition is judged in `rules`. The days and the quorum are the rule set's (`law/…/deadlines.toml`,
//! `publication.toml`). A publication has its minutes (`minutes`); the log has a hash over how it began and over how it
//! ended (`record`). What a declarant and the unit's board read of it is in `declaration::publication`.
pub mod api;
pub mod begin;
pub mod end;
pub mod mask;
pub mod minutes;
pub mod model;
pub mod open;
pub mod pages;
pub mod policy;
pub mod record;
pub mod rules;
pub mod store;

#[cfg(test)]
pub(crate) mod tests;

pub use crate::declaration::publication::{Mode, State};
pub use model::Disclosure;
