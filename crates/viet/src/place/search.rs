use super::gazetteer::{Gazetteer, gazetteer};
use super::kind::Piece;
use super::unit::{Standing, Unit};
use crate::text::tone_fold;

/// How a unit answers what was typed, best first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Whole,
    Start,
    StartOfWord,
    Inside,
}

impl Gazetteer {
    /// For pick-lists: communes of today (in `province`, or in all) and without `province` also provinces, whose name
    /// holds what was typed, with or without marks, best first, at most `limit`.
    /// "son ha", "xã Sơn Hà" and "sơn hà, quảng ngãi" all find Xã Sơn Hà. Show [`Unit::path`]: names repeat.
    pub fn search(&'static self, typed: &str, province: Option<&Unit>, limit: usize) -> Vec<&'static Unit> {
        let (first, within) = typed.split_once(',').unwrap_or((typed, ""));
        let piece = Piece::new(first);
        if piece.name.is_empty() {
            return Vec::new();
        }
        let marked = &piece.spelled;
        let within = Piece::new(within).name;
        let mut found: Vec<_> = self
            .pick_list(province)
            .filter(|unit| piece.kind.is_none_or(|kind| unit.kind == kind))
            .filter(|unit| unit.province().folded.starts_with(&within))
            .filter_map(|unit| {
                let rank = rank(&unit.folded, &piece.name)?;
                // Among equals those that bear the marks typed come first.
                let other_marks = !tone_fold(&unit.full_name()).contains(marked.as_str());
                Some((rank, other_marks, unit))
            })
            .collect();
        found.sort_by(|a, b| (&a.0, a.1, a.2.tier, a.2.index).cmp(&(&b.0, b.1, b.2.tier, b.2.index)));
        found.into_iter().take(limit).map(|(_, _, unit)| unit).collect()
    }

    fn pick_list(&'static self, province: Option<&Unit>) -> Box<dyn Iterator<Item = &'static Unit>> {
        let listed = |unit: &&'static Unit| unit.standing == Standing::Listed;
        match province {
            Some(province) => Box::new(self.children(Some(province)).filter(listed)),
            None => {
                let communes = self.provinces().flat_map(|province| gazetteer().children(Some(province)));
                Box::new(self.provinces().chain(communes).filter(listed))
            }
        }
    }
}

fn rank(name: &str, typed: &str) -> Option<Rank> {
    let at = name.find(typed)?;
    Some(match at {
        0 if name.len() == typed.len() => Rank::Whole,
        0 => Rank::Start,
        _ if name.contains(&format!(" {typed}")) => Rank::StartOfWord,
        _ => Rank::Inside,
    })
}
