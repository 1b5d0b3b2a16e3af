use super::kind::{Piece, Tier, UnitKind, fold_name};
use super::unit::{Standing, Unit, UnitKey};
use crate::text::tone_fold;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::LazyLock;

/// All units of both lists, with their indexes. Loaded once, on first use.
pub struct Gazetteer {
    units: Vec<Unit>,
    by_key: HashMap<(&'static str, Option<NaiveDate>), usize>,
    /// Units under a parent, in the order of their codes; provinces of both lists under `None`.
    children: HashMap<Option<usize>, Vec<usize>>,
    /// (parent, folded name) to units: several where names collide.
    by_name: HashMap<(Option<usize>, String), Vec<usize>>,
}

/// The official lists.
pub fn gazetteer() -> &'static Gazetteer {
    static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::load);
    &GAZETTEER
}

/// The day the two-level list began (Quyết định 19/2025/QĐ-TTg).
pub(super) const TWO_LEVELS_FROM: NaiveDate = NaiveDate::from_ymd_opt(2025, 7, 1).expect("a date of the calendar");
const CHANGES_FROM: NaiveDate = NaiveDate::from_ymd_opt(2026, 4, 30).expect("a date of the calendar");

impl Gazetteer {
    fn load() -> Self {
        let mut all =
            Self { units: Vec::new(), by_key: HashMap::new(), children: HashMap::new(), by_name: HashMap::new() };
        let (listed, new) = (Standing::Listed, Some(TWO_LEVELS_FROM));
        all.read(include_str!("../../data/units_2025-07-01.csv"), listed, new);
        all.read(include_str!("../../data/units_2026-04-30.csv"), Standing::AwaitingList, Some(CHANGES_FROM));
        all.read(include_str!("../../data/old_provinces.csv"), Standing::Ended, None);
        all.read(include_str!("../../data/old_districts.csv"), Standing::Ended, None);
        all.read(include_str!("../../data/old_communes.csv"), Standing::Ended, None);
        all.read_aliases(include_str!("../../data/aliases.csv"));
        all
    }

    fn read(&mut self, table: &'static str, standing: Standing, valid_from: Option<NaiveDate>) {
        for line in table.lines() {
            let mut cells = line.split(',');
            let mut cell = || cells.next().unwrap_or_default();
            let (code, parent, short, name, heirs) = (cell(), cell(), cell(), cell(), cell());
            let kind = UnitKind::from_short(short).expect("the tables are made by data/make.py and tested");
            self.add(UnitKey { code, valid_from }, parent, kind, name, heirs, standing);
        }
    }

    fn add(
        &mut self,
        key: UnitKey,
        parent: &'static str,
        kind: UnitKind,
        name: &'static str,
        heirs: &'static str,
        standing: Standing,
    ) {
        let (index, folded) = (self.units.len(), fold_name(name));
        let tier = match key.code.len() {
            2 => Tier::Province,
            3 => Tier::District,
            _ => Tier::Commune,
        };
        // Units of the changes hang under the province of the list they change.
        let parent_from = key.valid_from.map(|_| TWO_LEVELS_FROM);
        let parent = self.by_key.get(&(parent, parent_from)).copied();
        self.by_key.insert((key.code, key.valid_from), index);
        self.by_name.entry((parent, folded.clone())).or_default().push(index);
        self.children.entry(parent).or_default().push(index);
        self.units.push(Unit { key, kind, tier, standing, name, folded, index, parent, heirs });
    }

    fn read_aliases(&mut self, table: &'static str) {
        for line in table.lines() {
            let cells: Vec<&str> = line.split(',').collect();
            let [list, code, name] = cells[..] else { continue };
            let valid_from = (list == "new").then_some(TWO_LEVELS_FROM);
            if let Some(index) = self.units.iter().position(|u| u.key.code == code && u.key.valid_from == valid_from) {
                self.by_name.entry((None, fold_name(name))).or_default().push(index);
            }
        }
    }

    pub(super) fn unit(&'static self, index: usize) -> &'static Unit {
        &self.units[index]
    }

    /// The unit with this code and start.
    pub fn by_key(&'static self, code: &str, valid_from: Option<NaiveDate>) -> Option<&'static Unit> {
        self.by_key.get(&(code, valid_from)).map(|index| self.unit(*index))
    }

    /// The unit of the two-level list of 01/07/2025 with this code.
    pub fn listed(&'static self, code: &str) -> Option<&'static Unit> {
        self.by_key(code, Some(TWO_LEVELS_FROM))
    }

    /// The 34 provinces, in the order of their codes.
    pub fn provinces(&'static self) -> impl Iterator<Item = &'static Unit> {
        self.units.iter().filter(|unit| unit.tier == Tier::Province && unit.standing == Standing::Listed)
    }

    /// The units directly under `parent` (`None`: the provinces of both lists), in the order of their codes;
    /// changes awaiting the list come last.
    pub fn children(&'static self, parent: Option<&Unit>) -> impl Iterator<Item = &'static Unit> + use<> {
        self.children.get(&parent.map(|unit| unit.index)).into_iter().flatten().map(|index| self.unit(*index))
    }

    /// Units under `parent` (`None`: provinces of both lists) whose name without kind and marks is the same: candidates.
    pub fn candidates(&'static self, parent: Option<&Unit>, name: &str) -> Vec<&'static Unit> {
        let key = (parent.map(|unit| unit.index), fold_name(name));
        self.by_name.get(&key).into_iter().flatten().map(|index| self.unit(*index)).collect()
    }

    /// The unit under `parent` with exactly this full name; tone placement, capitals and apostrophes do not count.
    pub fn by_full_name(&'static self, parent: Option<&Unit>, full_name: &str) -> Option<&'static Unit> {
        let wanted = Piece::new(full_name);
        let same = |unit: &&Unit| Some(unit.kind) == wanted.kind && tone_fold(&unit.full_name()) == wanted.spelled;
        self.candidates(parent, &wanted.name).into_iter().find(same)
    }
}
