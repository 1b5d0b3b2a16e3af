//! Provinces, districts and communes, and addresses that name them.
//!
//! Two lists exist: three levels until 30/06/2025, two levels since (Quyết định 19/2025/QĐ-TTg). Codes were reused with
//! another meaning, so a unit is known by its [`UnitKey`], the code with the date from which it is valid. Names without
//! marks collide even inside a province: a folded match is a candidate, the full name decides.

mod address;
mod gazetteer;
mod kind;
mod matching;
mod search;
mod unit;

pub use address::{Level, Reading, read_address};
pub use gazetteer::{Gazetteer, gazetteer};
pub use kind::{Tier, UnitKind};
pub use unit::{Extent, Standing, Successor, Unit, UnitKey};
