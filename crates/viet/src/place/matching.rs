use super::gazetteer::gazetteer;
use super::kind::{Piece, Tier};
use super::unit::Unit;
use crate::text::tone_fold;
use strsim::levenshtein;

/// An official unit that a piece of text may name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub unit: &'static Unit,
    /// Edits (letters with their marks) between the text and the official spelling.
    pub distance: usize,
}

/// Units of one tier under `parent` (`None`: provinces of both lists) that the piece may name, best first:
/// those with the same folded name, and only if there are none, those spelled nearly alike.
pub(super) fn find(piece: &Piece, parent: Option<&Unit>, tier: Tier) -> Vec<Match> {
    if piece.kind.is_some_and(|kind| !kind.stands_on(tier)) {
        return Vec::new();
    }
    let mut found: Vec<Match> = gazetteer()
        .candidates(parent, &piece.name)
        .into_iter()
        .filter(|unit| unit.tier == tier)
        .map(|unit| Match { unit, distance: distance(piece, unit) })
        .collect();
    if found.is_empty() {
        found = near(piece, parent, tier);
    }
    found.sort_by_key(|found| (found.distance, found.unit.index));
    found
}

fn near(piece: &Piece, parent: Option<&Unit>, tier: Tier) -> Vec<Match> {
    let limit = 1 + piece.name.chars().count() / 6;
    gazetteer()
        .children(parent)
        .filter(|unit| unit.tier == tier && !is_number(&unit.folded) && folded_distance(piece, unit) <= limit)
        .map(|unit| Match { unit, distance: distance(piece, unit) })
        .collect()
}

/// "Phường 8" is not a misreading of "Phường 9": names that are numbers are never guessed.
fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Without a readable kind ("xo Định Hiệp") the damaged text is compared with the full name too.
fn folded_distance(piece: &Piece, unit: &Unit) -> usize {
    let by_name = levenshtein(&piece.name, &unit.folded);
    if piece.kind.is_some() {
        return by_name;
    }
    by_name.min(levenshtein(&piece.name, &format!("{} {}", unit.kind.folded(), unit.folded)))
}

fn distance(piece: &Piece, unit: &Unit) -> usize {
    // An alias ("HCM", "Thừa Thiên Huế") is a lawful spelling.
    if piece.name != unit.folded && gazetteer().candidates(None, &piece.name).contains(&unit) {
        return 0;
    }
    let full = levenshtein(&piece.spelled, &tone_fold(&unit.full_name()));
    if piece.kind.is_some() { full } else { full.min(levenshtein(&piece.spelled, &tone_fold(unit.name))) }
}
