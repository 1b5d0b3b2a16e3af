//! One asset over years, kinds and paper: which asset of one declaration is which of another. Matching suggests
//! ([`crate::compare::pair`]); the declarant's own word, and whoever looked into it, go before.
use std::collections::BTreeMap;

use serde_json::Value;

use crate::compare::{Gone, Keyed, assets, code};

/// A version of a declaration. Versions of one declaration have the same number.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    pub document: &'a Value,
    pub declaration: usize,
}

/// An asset as one sheet declares it: which sheet, and its index among the assets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub sheet: usize,
    pub asset: usize,
}

/// How it is known that two places are one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Somebody looked into it and said so.
    Stated,
    /// The declarant said so in a declaration.
    Said,
    /// They are versions of one declaration, and alike: the later puts the earlier right.
    Version,
    /// They are alike: the first of the signs they share, 0 the surest ([`crate::compare::Pair::level`]).
    Alike(usize),
}

/// What is known beside the sheets themselves.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The later place is the earlier one, as the declarant said.
    pub said: Vec<(Place, Place)>,
    /// The asset is not in this sheet, and why, as the declarant said in it.
    pub gone: Vec<(Place, usize, Gone)>,
    /// Whether two places are one asset, as somebody stated, in the order in which they were; of one pair, the last counts.
    pub stated: Vec<(Place, Place, bool)>,
}

/// One asset, wherever it was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// In the order of the sheets: never two of one sheet.
    pub places: Vec<Place>,
    /// What holds it together, one fewer than places.
    pub ties: Vec<(Place, Place, Tie)>,
    /// The last sheet in which its declarant says why it is not there, where it was not declared since.
    pub gone: Option<(usize, Gone)>,
}

/// Whether two places are one asset.
pub fn are_one(threads: &[Thread], one: Place, other: Place) -> bool {
    threads.iter().any(|thread| thread.places.contains(&one) && thread.places.contains(&other))
}

/// Whether two items may name one asset: the same item, or what its item is depends on papers and use (land that is built on,
/// a building that is registered).
pub fn may_be_one(one: &str, other: &str) -> bool {
    const CHANGING: [[&str; 2]; 2] = [["LAND_RES", "LAND_OTHER"], ["HOUSE", "STRUCTURE"]];
    one == other || CHANGING.iter().any(|items| items.contains(&one) && items.contains(&other))
}

/// Joins the assets of one person's sheets, which stand in the order in which they were declared. Two assets of one sheet are
/// two assets, whoever says what; what was stated to be different stays apart; what the declarant said is gone is not looked for
/// by likeness. What names no asset of the sheets counts for nothing, and of two words that cannot both be, the one that comes
/// first here does: what was stated, earlier before later, then what was said, then the versions of one declaration, then
/// likeness, the nearest sheets first.
pub fn threads(sheets: &[Sheet<'_>], known: &Known) -> Vec<Thread> {
    let mut found = Joining::new(sheets);
    let mut last: BTreeMap<(Place, Place), usize> = BTreeMap::new();
    for (index, (one, other, _)) in known.stated.iter().enumerate() {
        last.insert((*one.min(other), *one.max(other)), index);
    }
    let mut standing: Vec<usize> = last.into_values().collect();
    standing.sort_unstable();
    let stated = || standing.iter().map(|index| &known.stated[*index]);
    let apart: Vec<_> = stated().filter(|(.., is_same)| !is_same).collect();
    found.apart = apart.iter().filter_map(|(a, b, _)| Some((found.index(*a)?, found.index(*b)?))).collect();
    for (one, other, _) in stated().filter(|(.., is_same)| *is_same) {
        found.join(*one, *other, Tie::Stated);
    }
    for (one, other) in &known.said {
        found.join(*one, *other, Tie::Said);
    }
    let keyed: Vec<Keyed<'_>> = sheets.iter().map(|sheet| Keyed::of(sheet.document)).collect();
    let is_of_one = |(before, now): &(usize, usize)| sheets[*before].declaration == sheets[*now].declaration;
    // The nearest first: an asset is like itself a year ago before it is like itself ten years ago.
    let pairs = || (1..sheets.len()).flat_map(|now| (0..now).rev().map(move |before| (before, now)));
    let (versions, others): (Vec<_>, Vec<_>) = pairs().partition(is_of_one);
    for (before, now) in versions {
        found.join_alike((before, &keyed[before]), (now, &keyed[now]), &known.gone, |_| Tie::Version);
    }
    for (before, now) in others {
        found.join_alike((before, &keyed[before]), (now, &keyed[now]), &known.gone, Tie::Alike);
    }
    found.threads(&known.gone)
}

/// Places in groups that grow together.
struct Joining<'a> {
    sheets: &'a [Sheet<'a>],
    places: Vec<Place>,
    items: Vec<&'a str>,
    /// Of each place, the group it is in; of each group, its places.
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
    apart: Vec<(usize, usize)>,
    ties: Vec<(usize, usize, Tie)>,
}

impl<'a> Joining<'a> {
    fn new(sheets: &'a [Sheet<'a>]) -> Self {
        let mut places = Vec::new();
        let mut items = Vec::new();
        for (sheet, declared) in sheets.iter().enumerate() {
            for (asset, value) in assets(declared.document).iter().enumerate() {
                places.push(Place { sheet, asset });
                items.push(code(value));
            }
        }
        let group: Vec<usize> = (0..places.len()).collect();
        let members = group.iter().map(|index| vec![*index]).collect();
        Self { sheets, places, items, group, members, apart: Vec::new(), ties: Vec::new() }
    }

    fn index(&self, place: Place) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    /// Joins what is alike of two sheets, among what can be joined: what cannot takes nothing's place.
    fn join_alike(
        &mut self,
        (before, old): (usize, &Keyed<'_>),
        (now, new): (usize, &Keyed<'_>),
        gone: &[(Place, usize, Gone)],
        tie: impl Fn(usize) -> Tie,
    ) {
        let place = |sheet: usize, asset: usize| Place { sheet, asset };
        let is_told: Vec<bool> = (0..old.len()).map(|asset| self.is_told_of(place(before, asset), now, gone)).collect();
        let can_join = |b: usize, n: usize| self.joinable(place(before, b), place(now, n)).is_some();
        let alike = old.pair(new, |b, n| !is_told[b] && can_join(b, n));
        for pair in alike {
            self.join(place(before, pair.before), place(now, pair.now), tie(pair.level));
        }
    }

    /// Two places that can be one: they are not yet, share no sheet by any of theirs, and were not stated to be different.
    fn joinable(&self, one: Place, other: Place) -> Option<(usize, usize)> {
        let (one, other) = (self.index(one)?, self.index(other)?);
        let (a, b) = (self.group[one], self.group[other]);
        let is_apart = |(x, y): &(usize, usize)| {
            let groups = (self.group[*x], self.group[*y]);
            groups == (a, b) || groups == (b, a)
        };
        let sheet = |index: &usize| self.places[*index].sheet;
        let shares_a_sheet =
            || self.members[a].iter().any(|one| self.members[b].iter().any(|other| sheet(one) == sheet(other)));
        (a != b && !self.apart.iter().any(is_apart) && !shares_a_sheet()).then_some((one, other))
    }

    fn join(&mut self, one: Place, other: Place, tie: Tie) {
        let Some((one, other)) = self.joinable(one, other) else { return };
        // Somebody who looked into it may say that it stood under a wrong item.
        if tie != Tie::Stated && !may_be_one(self.items[one], self.items[other]) {
            return;
        }
        let (a, b) = (self.group[one], self.group[other]);
        self.ties.push((one, other, tie));
        let moved = std::mem::take(&mut self.members[b]);
        for index in &moved {
            self.group[*index] = a;
        }
        self.members[a].extend(moved);
    }

    /// Whether anything of the group stands in this sheet or after it.
    fn is_there_since(&self, group: usize, sheet: usize) -> bool {
        self.members[group].iter().any(|index| self.places[*index].sheet >= sheet)
    }

    /// Whether the declarant told in this sheet what became of the asset, or before it that it is gone for good. Another version
    /// of the same declaration may say otherwise, and what was declared since was not gone.
    fn is_told_of(&self, place: Place, sheet: usize, gone: &[(Place, usize, Gone)]) -> bool {
        let Some(group) = self.index(place).map(|index| self.group[index]) else { return false };
        gone.iter().any(|(of, told_in, why)| {
            let is_of_it = self.index(*of).is_some_and(|index| self.group[index] == group);
            let declaration = |sheet: usize| self.sheets.get(sheet).map(|sheet| sheet.declaration);
            let is_before = *told_in < sheet && declaration(*told_in) != declaration(sheet);
            is_of_it
                && (*told_in == sheet || (*why == Gone::Disposed && is_before && !self.is_there_since(group, *told_in)))
        })
    }

    fn threads(self, gone: &[(Place, usize, Gone)]) -> Vec<Thread> {
        let mut threads: BTreeMap<usize, Thread> = BTreeMap::new();
        for (index, place) in self.places.iter().enumerate() {
            let new = || Thread { places: Vec::new(), ties: Vec::new(), gone: None };
            threads.entry(self.group[index]).or_insert_with(new).places.push(*place);
        }
        for (one, other, tie) in &self.ties {
            if let Some(thread) = threads.get_mut(&self.group[*one]) {
                let (one, other) = (self.places[*one], self.places[*other]);
                thread.ties.push((one.min(other), one.max(other), *tie));
            }
        }
        for (of, told_in, why) in gone {
            let Some(group) = self.index(*of).map(|index| self.group[index]) else { continue };
            if self.is_there_since(group, *told_in) {
                continue;
            }
            if let Some(thread) =
                threads.get_mut(&group).filter(|thread| thread.gone.is_none_or(|gone| gone.0 < *told_in))
            {
                thread.gone = Some((*told_in, *why));
            }
        }
        let mut threads: Vec<_> = threads.into_values().collect();
        for thread in &mut threads {
            thread.ties.sort_by_key(|(one, other, _)| (*other, *one));
        }
        threads.sort_by_key(|thread| thread.places.first().copied());
        threads
    }
}
