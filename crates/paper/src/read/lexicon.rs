//! Word lists that serve as evidence between readings; never as a reason to refuse what stands on paper.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use viet::text::normalise;

/// Whether a text is a known family name.
pub fn is_surname(word: &str) -> bool {
    static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| lines(include_str!("../../data/surnames.txt")).collect());
    NAMES.contains(word)
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

fn lines(file: &'static str) -> impl Iterator<Item = String> {
    file.lines().map(normalise).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
