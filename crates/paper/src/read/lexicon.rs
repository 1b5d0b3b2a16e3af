//! Word lists that serve as evidence between readings; never as a reason to refuse what stands on paper.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use viet::text::{fold, normalise, tone_fold};

/// Whether a text is a known family name.
pub fn is_surname(word: &str) -> bool {
    static NAMES: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| lines(include_str!("../../data/surnames.txt")).collect());
    NAMES.contains(word)
}

/// Whether a syllable is usual in names.
pub fn is_name_syllable(word: &str) -> bool {
    static SYLLABLES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let words = lines(include_str!("../../data/given_names.txt"));
        words.flat_map(|line| line.split(' ').map(tone_fold).collect::<Vec<_>>()).collect()
    });
    SYLLABLES.contains(&tone_fold(word)) || is_surname(word)
}

/// Phrases usual in declarations.
pub fn phrases() -> &'static [String] {
    static PHRASES: LazyLock<Vec<String>> = LazyLock::new(|| lines(include_str!("../../data/phrases.txt")).collect());
    &PHRASES
}

/// Names of bodies that issue identity cards, with the province's name put in where it belongs.
pub fn issuers() -> &'static [String] {
    static ISSUERS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let gazetteer = viet::place::gazetteer();
        lines(include_str!("../../data/issuers.txt"))
            .flat_map(|line| match line.split_once("{province}") {
                Some((before, after)) => gazetteer
                    .provinces()
                    .map(|unit| format!("{before}{} {}{after}", unit.kind.label().to_lowercase(), unit.name))
                    .collect(),
                None => vec![line],
            })
            .collect()
    });
    &ISSUERS
}

/// Units in which quantities are counted.
pub fn units() -> &'static [String] {
    static UNITS: LazyLock<Vec<String>> = LazyLock::new(|| lines(include_str!("../../data/units.txt")).collect());
    &UNITS
}

/// Words that stand beside each other in legal texts and in phrases usual in declarations.
pub struct Pairs {
    pairs: HashSet<(String, String)>,
    /// Words by their folded form.
    words: HashMap<String, BTreeSet<String>>,
}

impl Pairs {
    /// Whether `left right` is usual. Empty on one side: never.
    pub fn holds(&self, left: &str, right: &str) -> bool {
        self.pairs.contains(&(spelling(left), spelling(right)))
    }

    /// Known words with these letters, whatever their marks.
    pub fn like(&self, word: &str) -> impl Iterator<Item = &str> {
        self.words.get(&fold(word)).into_iter().flatten().map(String::as_str)
    }
}

/// Lower case, one tone placement.
fn spelling(word: &str) -> String {
    tone_fold(&word.to_lowercase())
}

/// The pairs of both lists.
pub fn pairs() -> &'static Pairs {
    static PAIRS: LazyLock<Pairs> = LazyLock::new(|| {
        let mut out = Pairs { pairs: HashSet::new(), words: HashMap::new() };
        for line in lines(include_str!("../../data/pairs.txt")) {
            if let Some((left, rights)) = line.split_once(": ") {
                rights.split(' ').for_each(|right| out.add(left, right));
            }
        }
        for phrase in phrases() {
            for part in phrase.to_lowercase().split([',', '-']) {
                let words: Vec<&str> = part.split_whitespace().collect();
                words.windows(2).for_each(|pair| out.add(pair[0], pair[1]));
            }
        }
        out
    });
    &PAIRS
}

impl Pairs {
    fn add(&mut self, left: &str, right: &str) {
        self.pairs.insert((spelling(left), spelling(right)));
        for word in [left, right] {
            self.words.entry(fold(word)).or_default().insert(word.to_owned());
        }
    }
}

fn lines(file: &'static str) -> impl Iterator<Item = String> {
    file.lines().map(normalise).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
