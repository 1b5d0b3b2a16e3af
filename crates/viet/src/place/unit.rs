use super::gazetteer::gazetteer;
use super::kind::{Tier, UnitKind};
use chrono::NaiveDate;
use std::fmt;

/// What identifies a unit: codes were reused, so the code alone does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitKey {
    /// 2 digits for provinces, 3 for districts, 5 for communes.
    pub code: &'static str,
    /// `None` for the list of three levels, whose units began on many dates that are not recorded.
    pub valid_from: Option<NaiveDate>,
}

/// Whether the official list confirms a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In the list of the statistics office.
    Listed,
    /// Ordered by a resolution, not yet in that list: understood in addresses, not offered in pick-lists.
    AwaitingList,
    /// Ended on 30/06/2025.
    Ended,
}

/// A province, district or commune as it stood from one date on.
pub struct Unit {
    pub key: UnitKey,
    pub kind: UnitKind,
    pub tier: Tier,
    pub standing: Standing,
    /// Without the kind: "Sơn Hà".
    pub name: &'static str,
    /// [`super::kind::fold_name`] of the name.
    pub(super) folded: String,
    pub(super) index: usize,
    pub(super) parent: Option<usize>,
    /// As in the tables: codes of successors joined by '+', '*' after the default.
    pub(super) heirs: &'static str,
}

/// How an old unit passed into a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// The whole old unit lies in this new one.
    Full,
    /// The old unit was divided; only part of it lies in this one.
    Partial,
}

/// A unit of today that took over an old one.
#[derive(Debug, Clone, Copy)]
pub struct Successor {
    pub unit: &'static Unit,
    pub extent: Extent,
    /// Assume this one if nothing more is known, and say so. Exactly one successor of a unit is the default.
    pub is_default: bool,
}

impl Successor {
    /// A unit of today stands for itself.
    pub(super) fn unchanged(unit: &'static Unit) -> Self {
        Self { unit, extent: Extent::Full, is_default: true }
    }
}

impl Unit {
    /// "Xã Sơn Hà".
    pub fn full_name(&self) -> String {
        format!("{} {}", self.kind.label(), self.name)
    }

    pub fn parent(&self) -> Option<&'static Unit> {
        self.parent.map(|index| gazetteer().unit(index))
    }

    /// The province the unit belongs to; a province itself.
    pub fn province(&'static self) -> &'static Unit {
        self.parent().map_or(self, Unit::province)
    }

    /// "Xã Sơn Hà, Tỉnh Quảng Ngãi": upwards to the province, as written in addresses of its time.
    pub fn path(&self) -> String {
        match self.parent() {
            Some(parent) => format!("{}, {}", self.full_name(), parent.path()),
            None => self.full_name(),
        }
    }

    /// The units of 01/07/2025 that took this one over, the default first. A listed unit has none;
    /// of the old districts only the five islands without communes have one; for provinces use the communes.
    pub fn successors(&self) -> Vec<Successor> {
        let codes: Vec<&str> = self.heirs.split('+').filter(|code| !code.is_empty()).collect();
        let extent = if codes.len() == 1 { Extent::Full } else { Extent::Partial };
        let successor = |code: &&str| {
            let unit = gazetteer().listed(code.trim_end_matches('*'))?;
            Some(Successor { unit, extent, is_default: code.ends_with('*') || extent == Extent::Full })
        };
        codes.iter().filter_map(successor).collect()
    }
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Unit {}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unit({} {} {}, {:?})", self.key.code, self.kind.label(), self.name, self.standing)
    }
}
