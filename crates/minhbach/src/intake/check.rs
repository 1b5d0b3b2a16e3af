//! What an officer makes of a reading: the declaration in the record's shape, texts that do not fit yet, and where each
//! entry stood in the reading, so that its picture is found after entries were added or removed.
use std::collections::BTreeMap;
use std::fmt;

use form::doc::{self, Segment};
use form::{Form, Kind, LawBook, RuleSet, leaves};
use paper::read::result::Reading;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::Result;

/// The lists of a declaration whose entries may be added and removed.
const LISTS: [&str; 3] = ["children", "assets", "changes"];
/// Parts of a declaration that stand there once or not at all.
const PARTS: [&str; 3] = ["spouse", "income", "receipt"];

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The declaration in the record's shape.
    pub content: Value,
    /// Texts that cannot be read as their field asks, as typed, by path; null stands in `content`.
    pub raw: BTreeMap<String, String>,
    /// For each list, where its entries stood in the reading; none for those the officer added.
    origins: BTreeMap<String, Vec<Option<usize>>>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checked(..)")
    }
}

impl Checked {
    /// What checking begins with: the reading itself, or an empty form when nothing was recognised.
    ///
    /// # Errors
    /// A bug when the reading does not have the shape of its form.
    pub fn begin(law: &LawBook, reading: &Reading) -> Result<Self> {
        let read = &reading.declaration;
        let (_, form) = form_of(law, read)?;
        let content = match read {
            Value::Object(_) => leaves::to_record(form, read.clone()).map_err(anyhow::Error::from)?,
            _ => json!({"form": form.code, "kind": null, "declarant": {}, "spouse": null, "children": [], "assets": [],
                        "income": null, "no_change": null, "changes": [], "receipt": null}),
        };
        let entries = |list: &str| content.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        let origins = LISTS.iter().map(|list| ((*list).to_owned(), (0..entries(list)).map(Some).collect())).collect();
        Ok(Self { content, raw: BTreeMap::new(), origins })
    }

    /// Where the value at `path` stood in the reading; none for an entry the officer added.
    pub fn read_path(&self, path: &str) -> Option<String> {
        let Some((list, rest)) = path.split_once('[') else { return Some(path.to_owned()) };
        let (index, tail) = rest.split_once(']')?;
        let origin = self.origins.get(list)?.get(index.parse::<usize>().ok()?).copied()??;
        Some(format!("{list}[{origin}]{tail}"))
    }

    /// Adds an entry to a list ("assets" with the item's code, "changes" with the row's, "children"), or a part that was
    /// not there ("spouse"). Returns the path of what was added; none when that cannot be added.
    pub fn add(&mut self, form: &Form, place: &str, code: &str) -> Option<String> {
        let entry = match place {
            "assets" => json!({"code": form.item(code).filter(|item| item.path == "assets[]")?.code()}),
            "changes" => json!({"code": form.change_row(code)?.code}),
            "children" => json!({}),
            part if PARTS.contains(&part) && !self.content.get(part).is_some_and(Value::is_object) => {
                self.content.as_object_mut()?.insert(part.to_owned(), json!({}));
                return Some(part.to_owned());
            }
            _ => return None,
        };
        let list = self.content.as_object_mut()?.entry(place).or_insert_with(|| json!([]));
        if list.is_null() {
            *list = json!([]);
        }
        let list = list.as_array_mut()?;
        list.push(entry);
        self.origins.entry(place.to_owned()).or_default().push(None);
        Some(format!("{place}[{}]", list.len() - 1))
    }

    /// Removes the entry or part at `path`. Returns whether there was one.
    pub fn remove(&mut self, path: &str) -> bool {
        let segments = doc::parse_path(path).unwrap_or_default();
        match segments.as_slice() {
            [Segment::Key(part)] if PARTS.contains(&part.as_str()) => {
                let own = |at: &str| at == path || at.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
                self.raw.retain(|at, _| !own(at));
                doc::set(&mut self.content, part, Value::Null).is_ok()
            }
            [Segment::Key(list), Segment::Index(index)] if LISTS.contains(&list.as_str()) => {
                self.remove_entry(list, *index)
            }
            _ => false,
        }
    }

    fn remove_entry(&mut self, list: &str, index: usize) -> bool {
        let Some(entries) = self.content.get_mut(list).and_then(Value::as_array_mut) else { return false };
        if index >= entries.len() {
            return false;
        }
        entries.remove(index);
        if let Some(origins) = self.origins.get_mut(list)
            && index < origins.len()
        {
            origins.remove(index);
        }
        let raw = std::mem::take(&mut self.raw);
        self.raw = raw.into_iter().filter_map(|(path, text)| Some((moved_up(&path, list, index)?, text))).collect();
        true
    }

    /// Puts a value at a path, making the compound around it when it is not there yet.
    pub fn put(&mut self, path: &str, value: Value) -> Result<()> {
        if let Some((parent, _)) = path.rsplit_once('.')
            && doc::get(&self.content, parent)
                .is_some_and(|found| !found.is_object() || doc::Missing::of(found).is_some())
        {
            doc::set(&mut self.content, parent, Value::Null).map_err(anyhow::Error::from)?;
        }
        Ok(doc::set(&mut self.content, path, value).map_err(anyhow::Error::from)?)
    }

    /// The declaration's kind, if it is known.
    pub fn kind(&self) -> Option<Kind> {
        self.content.get("kind").and_then(Value::as_str).and_then(Kind::from_code)
    }

    /// The day it was completed, if it is known.
    pub fn completed_on(&self) -> Option<chrono::NaiveDate> {
        doc::text(&self.content, "completed_on")?.parse().ok()
    }
}

/// `path` after entry `gone` of `list` was removed; none for paths of that entry itself.
fn moved_up(path: &str, list: &str, gone: usize) -> Option<String> {
    let rest = path.strip_prefix(list).and_then(|rest| rest.strip_prefix('['));
    let Some((index, tail)) = rest.and_then(|rest| rest.split_once(']')) else { return Some(path.to_owned()) };
    match index.parse::<usize>().ok()? {
        index if index == gone => None,
        index if index > gone => Some(format!("{list}[{}]{tail}", index - 1)),
        _ => Some(path.to_owned()),
    }
}

/// Rule set and form of a declaration: those in force on its date, the newest where the date is not known; the form of
/// its kind, else the one it names, else the first.
///
/// # Errors
/// A bug when no rule set or form is loaded.
pub fn form_of<'l>(law: &'l LawBook, content: &Value) -> Result<(&'l RuleSet, &'l Form)> {
    let date = content.get("completed_on").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let rules = date
        .and_then(|date| law.in_force(date))
        .or_else(|| law.rule_sets.last())
        .ok_or_else(|| crate::bug!("no rule set is loaded"))?;
    let text = |key: &str| content.get(key).and_then(Value::as_str);
    let form = text("kind")
        .and_then(Kind::from_code)
        .and_then(|kind| rules.form_for(kind))
        .or_else(|| text("form").and_then(|code| rules.form(code)))
        .or_else(|| rules.forms.first())
        .ok_or_else(|| crate::bug!("rule set {} has no form", rules.id()))?;
    Ok((rules, form))
}
