//! Vietnamese text, numbers, dates, identifiers and places: pure functions, no clock, no database, no panics on input.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`text`] | the same letters in one form (NFC), search folding, tone placement, name comparison, collation |
//! | [`number`] | đồng written, read, in words and back; whole đồng from 0 to 2⁵³ − 1 |
//! | [`area`] | areas in m², hectares and the traditional units |
//! | [`date`] | full and partial dates as forms write them |
//! | [`ident`] | identity, tax, certificate and plate numbers, with what can be cross-checked |
//! | [`place`] | the 34 provinces and 3,321 communes from 01/07/2025, the lists before, and addresses |
//!
//! Reading functions say when a text has more than one meaning (`Ambiguous`) instead of choosing.
//! Messages of errors are Vietnamese sentences a person can be shown.
//!
//! Sources: TCVN 6909:2001 (Unicode), CLDR `vi` (collation), Nghị định 30/2020/NĐ-CP Phụ lục I (dates in documents),
//! Thông tư 105/2020/TT-BTC Điều 5 (tax codes), Quyết định 19/2025/QĐ-TTg (codes of administrative units);
//! the tables' origin and licence stand in `data/README.md`.

pub mod area;
pub mod date;
pub mod ident;
pub mod number;
mod numeral;
pub mod place;
pub mod text;
