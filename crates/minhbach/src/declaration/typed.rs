//! What a person typed into one section of the wizard: raw texts, exactly as typed, so that a wrong amount is kept and
//! shown with its error. Typed values are made from it when the declaration is put together (`compose`).
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::kernel::web::Fields;

/// The explicit answer to "Có / Không có".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Have {
    Co,
    Khong,
}

impl Have {
    pub fn word(self) -> &'static str {
        match self {
            Have::Co => "co",
            Have::Khong => "khong",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "co" => Some(Have::Co),
            "khong" => Some(Have::Khong),
            _ => None,
        }
    }
}

/// One section of a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// `co`, `khong`, or null while not answered.
    pub have: Option<Have>,
    /// Answers that stand once in the section, beside its entries ("spouse_status").
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub top: BTreeMap<String, String>,
    /// Repeated entries: field path inside the item ("value.amount") to raw text.
    #[serde(default)]
    pub entries: Vec<BTreeMap<String, String>>,
}

/// In an entry: a mark that tells it from the others while they come and go. The page that shows an empty entry gives it
/// one; a mark alone is nothing written.
pub const MARK: &str = "ma";

/// More entries than anyone declares; a bound against a form made by hand.
const MAX_ENTRIES: usize = 500;

impl Typed {
    /// The section as a page sent it: `have`, `t.{path}`, `e{index}.{path}`.
    pub fn from_fields(fields: &Fields) -> Self {
        Self::from_names(fields.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The same from names and values; an entry in which nothing is written is left out.
    pub fn from_names<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut typed = Self::default();
        let mut entries: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
        for (name, value) in names {
            if name == "have" {
                typed.have = Have::from_word(value);
            } else if value.is_empty() {
                continue;
            } else if let Some(path) = name.strip_prefix("t.") {
                typed.top.insert(path.to_owned(), value.to_owned());
            } else if let Some((index, path)) = entry_name(name) {
                entries.entry(index).or_default().insert(path.to_owned(), value.to_owned());
            }
        }
        typed.entries = entries.into_values().filter(|entry| !is_blank(entry)).collect();
        typed
    }

    /// Every answer under the name its box has on the page, in order.
    pub fn names(&self) -> Vec<(String, String)> {
        let have = self.have.map(|have| ("have".to_owned(), have.word().to_owned()));
        let top = self.top.iter().map(|(path, text)| (format!("t.{path}"), text.clone()));
        let entries = self.entries.iter().enumerate().flat_map(|(index, entry)| {
            entry.iter().map(move |(path, text)| (format!("e{index}.{path}"), text.clone()))
        });
        have.into_iter().chain(top).chain(entries).collect()
    }

    /// The raw text of a box; empty when nothing was typed.
    pub fn text(&self, name: &str) -> &str {
        let found = match (name.strip_prefix("t."), entry_name(name)) {
            (Some(path), _) => self.top.get(path),
            (None, Some((index, path))) => self.entries.get(index).and_then(|entry| entry.get(path)),
            (None, None) => return if name == "have" { self.have.map_or("", Have::word) } else { "" },
        };
        found.map_or("", String::as_str)
    }

    /// Whether nothing was answered at all.
    pub fn is_blank(&self) -> bool {
        self.have.is_none() && is_blank(&self.top) && self.entries.iter().all(is_blank)
    }

    /// The boxes in which two texts differ, in order.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<_> = self.names().into_iter().chain(other.names()).map(|(name, _)| name).collect();
        let mut differing: Vec<_> = names.into_iter().filter(|name| self.text(name) != other.text(name)).collect();
        differing.sort_by_key(|name| entry_name(name).map(|(index, path)| (index, path.to_owned())));
        differing
    }

    /// This text with the boxes `from_other` taken from the other: what a person chose of two.
    pub fn merged(&self, other: &Self, from_other: &[String]) -> Self {
        let mut names: BTreeMap<String, String> = self.names().into_iter().collect();
        for name in from_other {
            names.insert(name.clone(), other.text(name).to_owned());
        }
        Self::from_names(names.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

fn is_blank(texts: &BTreeMap<String, String>) -> bool {
    texts.iter().all(|(key, text)| key == MARK || text.trim().is_empty())
}

/// `e2.value.amount` as 2 and `value.amount`.
pub fn entry_name(name: &str) -> Option<(usize, &str)> {
    let (index, path) = name.strip_prefix('e')?.split_once('.')?;
    let index = index.parse().ok().filter(|index| *index < MAX_ENTRIES)?;
    Some((index, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(names: &[(&str, &str)]) -> Typed {
        Typed::from_names(names.iter().copied())
    }

    #[test]
    fn a_page_sent_is_kept_exactly_as_typed() {
        let names = [
            ("have", "co"),
            ("e0.address", "  thôn 3\r\n"),
            ("e0.value.amount", "12 x"),
            ("t.spouse_status", "MARRIED"),
        ];
        let typed = typed(&names);
        assert_eq!(typed.text("e0.value.amount"), "12 x");
        assert_eq!(typed.text("e0.address"), "  thôn 3\r\n");
        let stored = serde_json::to_value(&typed).unwrap();
        assert_eq!(stored["have"], "co");
        assert_eq!(serde_json::from_value::<Typed>(stored).unwrap(), typed);
    }

    #[test]
    fn empty_entries_go_and_the_others_close_up() {
        let typed =
            typed(&[("e0.name", " "), ("e1.name", ""), ("e7.name", "Xe"), ("csrf", "x"), ("e9999.name", "far")]);
        assert_eq!(typed.entries.len(), 1);
        assert_eq!(typed.text("e0.name"), "Xe");
        assert!(super::Typed::default().is_blank() && !typed.is_blank());
    }

    #[test]
    fn of_two_texts_each_box_can_be_chosen_and_nothing_else_changes() {
        let mine = typed(&[("have", "co"), ("e0.name", "Xe A"), ("e0.registration", "30A-1"), ("e1.name", "Xe B")]);
        let other =
            typed(&[("have", "co"), ("e0.name", "Xe C"), ("e0.registration", "30A-1"), ("e0.value.amount", "5 tỷ")]);
        assert_eq!(mine.differences(&other), ["e0.name", "e0.value.amount", "e1.name"]);
        let merged = mine.merged(&other, &["e0.value.amount".to_owned()]);
        assert_eq!(merged.text("e0.name"), "Xe A");
        assert_eq!(merged.text("e0.value.amount"), "5 tỷ");
        assert_eq!(merged.text("e1.name"), "Xe B");
        assert_eq!(mine.merged(&other, &mine.differences(&other)), other);
        assert_eq!(mine.merged(&other, &[]), mine);
    }
}
