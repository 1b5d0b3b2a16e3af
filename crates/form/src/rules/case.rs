//! What a rule looks at: the declaration with the questions rules ask of it.
use std::cell::OnceCell;

use chrono::NaiveDate;
use serde_json::Value;
use viet::text::{fold, normalise};

use super::{Context, OnRecord};
use crate::compare::Movement;
use crate::doc::{self, Answer, Missing};
use crate::find::ordinal;
use crate::{Field, Form, Item, Kind, RuleSet};

/// One declaration under one rule set.
pub struct Case<'a> {
    pub rules: &'a RuleSet,
    pub form: &'a Form,
    pub document: &'a Value,
    pub context: &'a Context<'a>,
    pub kind: Option<Kind>,
    /// With signals: what the agency has beside it.
    pub(super) record: Option<&'a OnRecord>,
    /// What became of the assets since the previous declaration: several rules ask, it is compared once.
    pub(super) movements: OnceCell<Vec<Movement>>,
}

/// An asset or change of the declaration.
pub(crate) struct Entry<'a> {
    pub path: String,
    pub code: &'a str,
}

impl Entry<'_> {
    /// The path of one of its values.
    pub fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }
}

/// A person of the declared family.
pub(crate) struct Person {
    pub path: String,
    pub is_child: bool,
}

impl<'a> Case<'a> {
    pub fn answer(&self, path: &str) -> Answer<'a> {
        doc::answer(self.document, path)
    }

    /// The known text at a path; empty if there is none.
    pub fn text(&self, path: &str) -> &'a str {
        doc::text(self.document, path).unwrap_or_default()
    }

    pub fn integer(&self, path: &str) -> Option<i64> {
        doc::integer(self.document, path)
    }

    pub fn date(&self, path: &str) -> Option<NaiveDate> {
        self.text(path).parse().ok()
    }

    /// Nothing was answered. What stands there but cannot be read was answered.
    pub fn is_blank(&self, path: &str) -> bool {
        match self.answer(path) {
            Answer::Absent => true,
            Answer::Missing(missing) => missing != Missing::Illegible,
            Answer::Known(value) => value.as_object().is_some_and(serde_json::Map::is_empty),
        }
    }

    /// Whether this kind of declaration has the section or item.
    pub fn has(&self, code: &str) -> bool {
        self.kind.is_some_and(|kind| self.form.has(kind, code))
    }

    pub(crate) fn assets(&self) -> Vec<Entry<'a>> {
        self.entries("assets")
    }

    pub(crate) fn assets_of(&self, codes: &[&str]) -> Vec<Entry<'a>> {
        let mut assets = self.assets();
        assets.retain(|asset| codes.contains(&asset.code));
        assets
    }

    pub(crate) fn changes(&self) -> Vec<Entry<'a>> {
        self.entries("changes")
    }

    fn entries(&self, list: &str) -> Vec<Entry<'a>> {
        let elements = self.document.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let with_code = |(index, element): (usize, &'a Value)| {
            let code = element.get("code").and_then(Value::as_str).unwrap_or_default();
            Entry { path: format!("{list}[{index}]"), code }
        };
        elements.iter().enumerate().map(with_code).collect()
    }

    pub(crate) fn persons(&self) -> Vec<Person> {
        let adults = ["declarant", "spouse"].into_iter().filter(|path| !self.is_blank(path));
        let adults = adults.map(|path| Person { path: path.into(), is_child: false });
        let children = self.document.get("children").and_then(Value::as_array).map_or(0, Vec::len);
        let children = (0..children).map(|nth| Person { path: format!("children[{nth}]"), is_child: true });
        adults.chain(children).collect()
    }

    /// Whether one of the words stands in the text, marks and case aside.
    pub fn mentions(text: &str, words: &[String]) -> bool {
        // Most of these texts are blank or short, and every rule that asks has its own list of words.
        if text.is_empty() {
            return false;
        }
        let text = format!(" {} ", spaced(text));
        words.iter().any(|word| text.contains(&format!(" {} ", spaced(word))))
    }

    /// Whether one of the words stands in the text with its marks, case aside: "Ủy ban" tells of nothing sold ("bán"). A text
    /// typed without any marks is read without them.
    pub fn says(text: &str, words: &[String]) -> bool {
        let text = worded(text);
        if text.is_empty() {
            return false;
        }
        let is_bare = fold(&text) == text;
        let text = format!(" {text} ");
        let stands = |word: String| text.contains(&format!(" {word} "));
        words.iter().any(|word| stands(if is_bare { spaced(word) } else { worded(word) }))
    }

    /// Whether the text is one of the words and nothing more, marks, case and closing punctuation aside.
    pub fn is_only(text: &str, words: &[String]) -> bool {
        let text = spaced(text);
        words.iter().any(|word| spaced(word) == text)
    }

    /// Where a path stands on the form, for people: "mục 1.1 Phần II, Thửa thứ hai, “Diện tích”".
    pub fn place(&self, path: &str) -> String {
        viet::text::capitalised(&self.place_of_parts(path).join(", "))
    }

    fn place_of_parts(&self, path: &str) -> Vec<String> {
        if let Some(item) = path.strip_prefix("assets[").and_then(|rest| self.form.item(rest.trim_end_matches(']'))) {
            return vec![self.titled(item)];
        }
        let found = self.form.field(self.document, path);
        let label = found.map(|found| match found.whole {
            Some(whole) => format!("“{}” (“{}”)", whole.label, found.field.label),
            None => format!("“{}”", found.field.label),
        });
        let root = path.split(['[', '.']).next().unwrap_or_default();
        let mut parts = match root {
            "assets" if index_of(path).is_none() => self.section_place("ASSETS"),
            "assets" => self.asset_place(path),
            "changes" => self.change_place(path),
            "no_change" => self.section_place("CHANGES"),
            _ => self.item_place(root, path),
        };
        parts.extend(label);
        parts
    }

    fn asset_place(&self, path: &str) -> Vec<String> {
        let Some(index) = index_of(path) else { return Vec::new() };
        let code = self.text(&format!("assets[{index}].code"));
        let Some(item) = self.form.item(code) else { return vec![format!("tài sản thứ {}", index + 1)] };
        let nth = 1 + (0..index).filter(|other| self.text(&format!("assets[{other}].code")) == code).count();
        let word = item.repeat.as_deref().unwrap_or("dòng").to_owned();
        vec![self.form.place_of(item), format!("{word} thứ {}", ordinal(nth))]
    }

    fn change_place(&self, path: &str) -> Vec<String> {
        let mut parts = self.section_place("CHANGES");
        if let Some(index) = index_of(path) {
            let row = self.form.change_row(self.text(&format!("changes[{index}].code")));
            parts.insert(
                0,
                row.map_or_else(
                    || format!("dòng thứ {}", index + 1),
                    |row| format!("dòng {} {}", row.number, row.label),
                ),
            );
        }
        parts
    }

    fn section_place(&self, code: &str) -> Vec<String> {
        self.form.section(code).map(|section| format!("Phần {}", section.number)).into_iter().collect()
    }

    fn item_place(&self, root: &str, path: &str) -> Vec<String> {
        let Some(item) = self.form.items().find(|item| item.path.trim_end_matches("[]") == root) else {
            return if self.form.header.fields.iter().any(|field| field.key == root) {
                vec!["phần đầu bản kê khai".into()]
            } else {
                Vec::new()
            };
        };
        let nth = index_of(path).zip(item.repeat.as_ref());
        let nth = nth.map(|(index, word)| format!("{word} thứ {}", ordinal(index + 1)));
        let title = if path == root { self.titled(item) } else { self.form.place_of(item) };
        [Some(title), nth].into_iter().flatten().collect()
    }

    fn titled(&self, item: &Item) -> String {
        format!("{} ({})", self.form.place_of(item), item.heading)
    }

    /// The items, with the path of each object in the document that holds their fields.
    pub(crate) fn filled_items(&self) -> Vec<(&'a Item, String)> {
        let mut found = Vec::new();
        for item in self.form.items().filter(|item| self.has(item.code())) {
            match item.path.strip_suffix("[]") {
                Some("assets") => {
                    found.extend(self.assets_of(&[item.code()]).into_iter().map(|asset| (item, asset.path)));
                }
                Some(list) => {
                    let count = self.document.get(list).and_then(Value::as_array).map_or(0, Vec::len);
                    found.extend((0..count).map(|nth| (item, format!("{list}[{nth}]"))));
                }
                None if item.occurs == crate::Occurs::Optional && self.is_blank(&item.path) => (),
                None => found.push((item, item.path.clone())),
            }
        }
        found
    }

    /// Whether another rule than G00 reports the absence of a field.
    pub(crate) fn is_covered(&self, item: &str, field: &Field) -> bool {
        let (exact, any) = (format!("{item}.{}", field.key), format!("*.{}", field.key));
        let mut active = self.rules.rules.iter().filter(|rule| rule.is_active());
        active.any(|rule| rule.covers.iter().any(|covered| *covered == exact || *covered == any))
    }
}

/// The first index of a path.
fn index_of(path: &str) -> Option<usize> {
    path.split_once('[')?.1.split_once(']')?.0.parse().ok()
}

/// Folded, with everything but letters and digits as single spaces.
/// Words in small letters with their marks, without punctuation.
fn worded(text: &str) -> String {
    let text = normalise(text).to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

pub(crate) fn spaced(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
