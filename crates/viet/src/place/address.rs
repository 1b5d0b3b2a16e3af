use super::gazetteer::gazetteer;
use super::kind::{KINDS, Piece, Tier, UnitKind};
use super::matching::{Match, find};
use super::unit::{Standing, Successor, Unit};
use crate::text::{fold, normalise};
use std::ops::Range;

/// One level of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub unit: &'static Unit,
    /// As it stands in the text.
    pub written: String,
    /// Edits (letters with their marks) to the nearest official spelling; 0 also for tone placement, capitals,
    /// usual abbreviations and a missing kind.
    pub distance: usize,
}

/// One way to understand an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What stands before the units: house, street, hamlet.
    pub detail: String,
    pub commune: Option<Level>,
    /// Only in addresses of three levels.
    pub district: Option<Level>,
    pub province: Level,
}

impl Reading {
    fn levels(&self) -> impl Iterator<Item = &Level> {
        [self.commune.as_ref(), self.district.as_ref(), Some(&self.province)].into_iter().flatten()
    }

    /// Edits to the nearest official spelling over all levels: how well the text agrees with the list.
    pub fn distance(&self) -> usize {
        self.levels().map(|level| level.distance).sum()
    }

    /// True for the list in force since 01/07/2025.
    pub fn is_two_level(&self) -> bool {
        self.province.unit.standing != Standing::Ended
    }

    /// True if every level of its list was found.
    pub fn is_complete(&self) -> bool {
        self.commune.is_some() && (self.is_two_level() || self.district.is_some())
    }

    /// The nearest official spelling: "thôn 3, xã Quang Kim, huyện Bát Xát, tỉnh Lào Cai".
    pub fn official(&self) -> String {
        let detail = (!self.detail.is_empty()).then(|| self.detail.clone());
        let units = self.levels().map(|level| {
            let unit = level.unit;
            format!("{} {}", unit.kind.label().to_lowercase(), unit.name)
        });
        detail.into_iter().chain(units).collect::<Vec<_>>().join(", ")
    }

    /// The communes of today for this address: itself if two-level, else the successors, the default first.
    /// More than one means that the old commune was divided: ask, or take the default and say so.
    pub fn communes_today(&self) -> Vec<Successor> {
        match (&self.commune, &self.district) {
            (Some(commune), _) if self.is_two_level() => vec![Successor::unchanged(commune.unit)],
            (Some(commune), _) => commune.unit.successors(),
            (None, Some(district)) => district.unit.successors(),
            (None, None) => Vec::new(),
        }
    }

    /// How little a reading is believed: the first has the least. Missing levels weigh more than any misspelling that is still recognised, and so does every piece right before
    /// the units that states a kind ("huyện An Dương") and was not understood.
    pub fn cost(&self) -> usize {
        let district_missing = !self.is_two_level() && self.district.is_none();
        let stated = |piece: &&str| Piece::new(piece).kind.is_some_and(|kind| kind != UnitKind::Province);
        let left_over = self.detail.rsplit([',', ';']).take_while(stated).count();
        self.distance() + 20 * (usize::from(self.commune.is_none()) + usize::from(district_missing) + left_over)
    }
}

/// Reads an address of two or three levels; every reading that fits equally well, or nothing if no province is named.
///
/// One reading with [`Reading::distance`] 0 that [`Reading::is_complete`] agrees with the official list. Several
/// readings, or a distance above 0, call for a look by a person. Works on damaged text too: missing marks and commas,
/// abbreviations (TP., Q., P.), a few wrong letters.
pub fn read_address(text: &str) -> Vec<Reading> {
    let text = normalise(text);
    let mut readings = readings(&text, &by_commas(&text));
    if !readings.iter().any(|reading| reading.is_complete() && reading.distance() == 0) {
        readings.extend(self::readings(&text, &by_kinds(&text)));
    }
    let costs: Vec<usize> = readings.iter().map(Reading::cost).collect();
    let best = costs.iter().min().copied().unwrap_or(0);
    let mut distinct: Vec<Reading> = Vec::new();
    for (reading, _) in readings.into_iter().zip(costs).filter(|(_, cost)| *cost == best) {
        if !distinct.iter().any(|known| same_units(known, &reading)) {
            distinct.push(reading);
        }
    }
    distinct
}

fn same_units(left: &Reading, right: &Reading) -> bool {
    left.levels().map(|level| level.unit).eq(right.levels().map(|level| level.unit))
}

/// How many candidates of one level are followed.
const WIDTH: usize = 4;

fn readings(text: &str, pieces: &[Range<usize>]) -> Vec<Reading> {
    let pieces = match pieces {
        [rest @ .., last] if fold(&text[last.clone()]) == "viet nam" => rest,
        all => all,
    };
    let Some((last, before)) = pieces.split_last() else { return Vec::new() };
    let address = Address { text, pieces: before };
    let provinces = find(&Piece::new(&text[last.clone()]), None, Tier::Province);
    let level =
        |found: &Match| Level { unit: found.unit, written: text[last.clone()].to_owned(), distance: found.distance };
    provinces.iter().take(WIDTH).flat_map(|found| address.under(level(found))).collect()
}

/// The text with the pieces before the province.
struct Address<'a> {
    text: &'a str,
    pieces: &'a [Range<usize>],
}

impl Address<'_> {
    /// Readings with this province.
    fn under(&self, province: Level) -> Vec<Reading> {
        let whole = Reading { detail: self.detail(0), commune: None, district: None, province };
        let mut readings = Vec::new();
        if whole.is_two_level() {
            // Changes that await the list hang under the province as listed.
            let parent = gazetteer().listed(whole.province.unit.key.code);
            for commune in self.levels(0, parent, Tier::Commune) {
                readings.push(Reading { detail: self.detail(1), commune: Some(commune), ..whole.clone() });
            }
        } else {
            for district in self.levels(0, Some(whole.province.unit), Tier::District) {
                let communes = self.levels(1, Some(district.unit), Tier::Commune);
                let district = Reading { detail: self.detail(1), district: Some(district), ..whole.clone() };
                readings.extend(communes.into_iter().map(|commune| Reading {
                    detail: self.detail(2),
                    commune: Some(commune),
                    ..district.clone()
                }));
                readings.push(district);
            }
        }
        readings.push(whole);
        readings
    }

    /// Units of one tier that the piece `back` places before the province may name.
    fn levels(&self, back: usize, parent: Option<&Unit>, tier: Tier) -> Vec<Level> {
        let Some(range) = self.pieces.len().checked_sub(back + 1).map(|at| self.pieces[at].clone()) else {
            return Vec::new();
        };
        let written = &self.text[range];
        let found = find(&Piece::new(written), parent, tier).into_iter().take(WIDTH);
        found.map(|m| Level { unit: m.unit, written: written.to_owned(), distance: m.distance }).collect()
    }

    /// The text before the last `used` pieces.
    fn detail(&self, used: usize) -> String {
        let end = self.pieces.len().checked_sub(used + 1).map_or(0, |at| self.pieces[at].end);
        self.text[..end].trim_matches([' ', ',', ';', '.']).to_owned()
    }
}

/// Non-empty pieces between commas and semicolons, trimmed.
fn by_commas(text: &str) -> Vec<Range<usize>> {
    let cuts = text.match_indices([',', ';']).map(|(at, _)| at);
    between(text, cuts.collect())
}

/// Cut before every word of a kind and after full stops as well: for texts whose commas were lost.
fn by_kinds(text: &str) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = text.match_indices([',', ';']).map(|(at, _)| at).collect();
    let words: Vec<(usize, String)> = word_starts(text).map(|at| (at, fold(first_word(&text[at..])))).collect();
    let mut skip = 0;
    for (i, (at, word)) in words.iter().enumerate() {
        if i < skip {
            continue;
        }
        let next = words.get(i + 1).map_or("", |(_, next)| next.as_str());
        let after_stop = i > 0 && words[i - 1].1.ends_with('.') && words[i - 1].1.len() > 3;
        match kind_length(word, next) {
            Some(length) => {
                cuts.push(*at);
                skip = i + length;
            }
            None if after_stop => cuts.push(*at),
            None => {}
        }
    }
    cuts.sort_unstable();
    between(text, cuts)
}

/// How many words of a kind stand here: "thị trấn" 2, "xã" 1, "tp." 1.
fn kind_length(word: &str, next: &str) -> Option<usize> {
    if let Some(short) = word.split_once('.').map(|(short, _)| short)
        && UnitKind::from_short(short).is_some()
    {
        return Some(1);
    }
    KINDS.iter().find_map(|kind| match kind.folded().split_once(' ') {
        Some(both) => (both == (word, next)).then_some(2),
        None => (kind.folded() == word).then_some(1),
    })
}

fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut in_word = false;
    text.char_indices().filter_map(move |(at, c)| {
        let part = !c.is_whitespace() && !matches!(c, ',' | ';');
        let start = part && !in_word;
        in_word = part;
        start.then_some(at)
    })
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).next().unwrap_or_default()
}

/// Trimmed, non-empty ranges between the cuts.
fn between(text: &str, cuts: Vec<usize>) -> Vec<Range<usize>> {
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain(std::iter::once(text.len()));
    let trim = |(start, end): (usize, usize)| {
        let piece = &text[start..end];
        let blank = [' ', ',', ';', '.'];
        let kept = piece.trim_start_matches(blank);
        let start = end - kept.len();
        start..start + kept.trim_end_matches(blank).len()
    };
    starts.zip(ends).map(trim).filter(|range| !range.is_empty()).collect()
}
