//! Last time's declaration carried forward: each asset kept, changed, disposed of or new, section III derived from that,
//! and only the explanation left to write (notes 29 to 32).
//!
//! The draft keeps a copy of the declaration it was opened from, under its own seal. What was carried waits for the
//! person: an answer to the question it belongs to ("Có mua, bán đất không?" – "Không"), or the section saved by them.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use form::compare::{Cause, Comparison, Decision, Gone, Movement, compare, restated, row, with_supplement};
use form::doc::{self, Missing};
use form::{Form, Kind, LawBook, RuleSet, input_text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asset::{self, AssetPlace};
use super::compose::{Composed, Frame};
use super::holder;
use super::open::Opened;
use super::record::Holdings;
use super::store::Latest;
use super::typed::{Have, MARK, Typed};
use super::wizard::{self, Section, Shape};
use super::{Channel, open, original, store};
use crate::kernel::id::{DeclarationId, VersionId};
use crate::kernel::{Error, Result, Tx};
use crate::law;

/// Under what the draft keeps the declaration it was opened from.
pub const PREVIOUS: &str = "PREVIOUS";
/// Under what the draft keeps the answers about the time since.
pub const YEAR: &str = "YEAR";

/// In an entry: which asset of the previous declaration it is, and what became of it.
const FROM: &str = "tu";
const FATE: &str = "nay";
/// In a row of section III: which movement it tells, and what was derived when it was last saved.
pub const TELLS: &str = "tu";
pub const DERIVED: &str = "goc";
/// On the income's sheet: which asset of the previous declaration the money is for.
pub const SOLD: &str = "ban";

/// Names inside an entry that are not boxes of the form; a page carries them along unseen.
pub const HIDDEN: [&str; 4] = [FROM, DERIVED, MARK, SOLD];

/// Beside the rows of section III: the movements whose row the person took away, one a line.
pub const TAKEN_AWAY: &str = "bo";

/// Whether a person sees the box of this name: what a page carries along unseen goes with the entry it stands in.
pub fn is_seen(name: &str) -> bool {
    let key = name.rsplit('.').next().unwrap_or_default();
    key != TAKEN_AWAY && !HIDDEN.contains(&key)
}

/// The previous declaration as the draft was opened from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    pub declaration: DeclarationId,
    /// The version it is a copy of; unknown in a draft of before there were further ones.
    #[serde(default)]
    pub version: Option<VersionId>,
    /// Versions of the supplementary declarations since, whose assets are among those here.
    #[serde(default)]
    pub supplements: Vec<VersionId>,
    /// ONLINE or PAPER: how that version came.
    pub channel: String,
    pub rule_set: String,
    pub completed_on: NaiveDate,
    pub content: Value,
    /// Of each asset there, where it was declared last. It follows from what is on record and is not kept with a draft.
    #[serde(skip)]
    pub places: Vec<Option<AssetPlace>>,
}

impl Carried {
    pub fn rules<'l>(&self, law: &'l LawBook) -> Result<&'l RuleSet> {
        law::named(law, &self.rule_set)
    }

    pub fn source(&self) -> Source {
        Source { version: self.version, supplements: self.supplements.clone() }
    }
}

/// What a copy was made from. Places of assets mean something within one source only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub version: Option<VersionId>,
    pub supplements: Vec<VersionId>,
}

/// What the person has declared last: the latest declaration that describes everything, with the supplementary ones since.
/// What the family has after one of those was said with it, where it was made here and from what is known now; otherwise it
/// follows from its text. One that cannot be opened is told to the log and left aside.
pub async fn latest(tx: &mut Tx, law: &LawBook, latest: &Latest) -> Result<Option<Carried>> {
    let Some(declared) = latest.declared else { return Ok(None) };
    let Some((mut carried, _)) = open_whole(tx, declared).await? else { return Ok(None) };
    for (supplement, version) in latest.supplements.iter().zip(&latest.supplement_versions) {
        if let Some((told, holdings)) = open_whole(tx, *supplement).await? {
            let before = (assets_of(&carried.content), &carried.places[..]);
            let (now, places) = match holdings.filter(|holdings| holdings.since == carried.source()) {
                Some(Holdings { assets, are, .. }) => {
                    let place = |at: usize| are.get(at).copied().flatten().map(|held| held.place(*version));
                    let places = (0..assets.len()).map(place).collect();
                    (restated(&carried.content, &told.content, assets), places)
                }
                None => {
                    let form = told.rules(law)?.form_for(Kind::Supplement);
                    let form = form.ok_or_else(|| crate::bug!("{} has no supplementary form", told.rule_set))?;
                    let now = with_supplement(form, &carried.content, &told.content);
                    let told = (*version, assets_of(&told.content).len());
                    let places = asset::places_after(before, told, assets_of(&now));
                    (now, places)
                }
            };
            (carried.content, carried.places) = (now, places);
            carried.completed_on = told.completed_on;
        }
        carried.supplements.push(*version);
    }
    Ok(Some(carried))
}

/// The assets of a declaration, by index.
pub fn assets_of(content: &Value) -> &[Value] {
    content.get("assets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A declaration of the person's, opened to be carried forward or compared with: an access, which is recorded. One whose
/// document is not what was recorded is told to the log and left aside: nobody is kept from declaring by somebody who
/// damages an old record.
pub async fn open(tx: &mut Tx, declaration: DeclarationId) -> Result<Option<Carried>> {
    Ok(open_whole(tx, declaration).await?.map(|(carried, _)| carried))
}

async fn open_whole(tx: &mut Tx, declaration: DeclarationId) -> Result<Option<(Carried, Option<Holdings>)>> {
    let declaration = match store::find(tx, declaration).await {
        // Not of this partition: a copy that came with the person's file.
        Err(Error::NotFound) => return original::carried(tx, declaration).await,
        found => found?,
    };
    let (id, completed_on) = (declaration.id, declaration.completed_on);
    // A paper corrected in part still leaves blank what it left blank.
    let channel = declaration.act.channel(&declaration.channel).to_owned();
    match open::open(tx, declaration.clone()).await {
        Ok(Opened { version, content, holdings, .. }) => {
            let rule_set = version.rule_set;
            let (version, supplements) = (version.id, Vec::new());
            let places = AssetPlace::all(version, assets_of(&content).len());
            let version = Some(version);
            let carried =
                Carried { declaration: id, version, supplements, channel, rule_set, completed_on, content, places };
            Ok(Some((carried, holdings)))
        }
        Err(Error::Bug(error)) => {
            open::record_unreadable(tx, &declaration, None, &error)?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What came of a section whose draft follows another declaration than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Followed {
    pub has_changed: bool,
    /// Assets came in that the person has not seen here.
    pub has_added: bool,
    pub has_dropped: bool,
}

/// The entries of a draft after the declaration it is compared with became another: each points at the same asset there. One
/// that nobody wrote in, or that told what became of its asset, goes where the asset is declared no more; what the person wrote
/// stays, as something new. An asset there that no entry is comes in. `fresh` is the section as it would be carried now;
/// `same_as` says which asset there an entry without a past is.
pub fn follow(
    typed: &mut Typed,
    is_untouched: bool,
    (before, now): (&Value, &Value),
    fresh: Option<&Typed>,
    same_as: impl Fn(usize) -> Option<usize>,
) -> Followed {
    let pairs = form::compare::pair(before, now);
    let mut followed = Followed::default();
    let mut kept: Vec<BTreeMap<String, String>> = Vec::new();
    let mut covered: Vec<String> = Vec::new();
    for index in 0..typed.entries.len() {
        let had = from(typed, index);
        let to = match had {
            Some(had) => pairs.iter().find(|pair| pair.before == had).map(|pair| pair.now),
            None => same_as(index),
        };
        let to = to.map(|to| to.to_string()).filter(|to| !covered.contains(to));
        let tells_of_it = had.is_some() && Fate::of(typed, index) != Fate::Kept;
        let mut entry = typed.entries[index].clone();
        match &to {
            Some(to) => {
                followed.has_changed |= entry.get(FROM) != Some(to);
                entry.insert(FROM.to_owned(), to.clone());
                covered.push(to.clone());
            }
            None if had.is_some() && (is_untouched || tells_of_it) => {
                followed.has_dropped = true;
                continue;
            }
            None => {
                followed.has_changed |= entry.remove(FROM).is_some();
                entry.remove(FATE);
            }
        }
        kept.push(entry);
    }
    for entry in fresh.into_iter().flat_map(|fresh| &fresh.entries) {
        if entry.get(FROM).is_some_and(|from| !covered.contains(from)) {
            kept.push(entry.clone());
            followed.has_added = true;
        }
    }
    followed.has_changed |= followed.has_added || followed.has_dropped;
    typed.entries = kept;
    if followed.has_changed {
        typed.have = if typed.entries.is_empty() { Some(Have::Khong) } else { Some(Have::Co) };
    }
    followed
}

/// What became of a carried asset, as the person says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is still there, as it was or changed.
    Kept,
    Disposed,
    LeftScope,
    BelowThreshold,
}

impl Fate {
    pub const ALL: [Fate; 4] = [Fate::Kept, Fate::Disposed, Fate::LeftScope, Fate::BelowThreshold];

    pub fn word(self) -> &'static str {
        match self {
            Fate::Kept => "con",
            Fate::Disposed => "het",
            Fate::LeftScope => "ngoai",
            Fate::BelowThreshold => "duoi",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Fate::Kept => "Vẫn còn",
            Fate::Disposed => "Không còn: đã bán, cho, tặng, thanh lý, dùng hết",
            Fate::LeftScope => "Không thuộc phạm vi phải khai nữa: của con đã đủ 18 tuổi, của vợ hoặc chồng đã ly hôn",
            Fate::BelowThreshold => "Vẫn còn nhưng dưới mức giá trị phải kê khai",
        }
    }

    /// What was said of an entry; said nothing, it is still there.
    pub fn of(typed: &Typed, entry: usize) -> Self {
        let word = typed.text(&fate_name(entry));
        Fate::ALL.into_iter().find(|fate| fate.word() == word).unwrap_or(Fate::Kept)
    }
}

/// The box that asks what became of a carried entry.
pub fn fate_name(entry: usize) -> String {
    format!("e{entry}.{FATE}")
}

/// Whether the entry was carried from the previous declaration.
pub fn is_carried(typed: &Typed, entry: usize) -> bool {
    !typed.text(&format!("e{entry}.{FROM}")).is_empty()
}

/// Which asset of the previous declaration the entry was carried from.
pub fn from(typed: &Typed, entry: usize) -> Option<usize> {
    typed.text(&format!("e{entry}.{FROM}")).parse().ok()
}

/// Whether the entry belongs into the declaration: what is gone stays in the draft only to be told.
pub fn is_there(typed: &Typed, entry: usize) -> bool {
    Fate::of(typed, entry) == Fate::Kept || !is_carried(typed, entry)
}

/// The previous declaration as text in the sections of a new one of `kind`. Income and section III begin anew; so does a
/// section the previous declaration said nothing of.
pub fn typed_of(form: &Form, kind: Kind, carried: &Carried) -> BTreeMap<String, Typed> {
    let content = &carried.content;
    // A sheet of paper that leaves the spouse or the children blank says nothing of them.
    let says_none = carried.channel != Channel::Paper.word();
    let mut sections = BTreeMap::new();
    for section in wizard::sections(form, kind) {
        let typed = match section.shape {
            Shape::Changes | Shape::Sheet => continue,
            Shape::Once if section.path == "income" => continue,
            Shape::Once => Some(once(&section, content)),
            Shape::Optional => optional(&section, content, says_none),
            Shape::Many => many(&section, content, says_none),
        };
        if let Some(typed) = typed.filter(|typed| !typed.is_blank()) {
            sections.insert(section.code.to_owned(), typed);
        }
    }
    sections
}

/// A declaration as text in the sections it was, or would have been, typed in: to be mended, not carried forward. What a
/// paper leaves blank stays blank, to be answered.
pub fn typed_again(form: &Form, kind: Kind, record: &Carried) -> BTreeMap<String, Typed> {
    let content = &record.content;
    let says_none = record.channel != Channel::Paper.word();
    let mut sections = BTreeMap::new();
    for section in wizard::sections(form, kind) {
        let typed = match section.shape {
            Shape::Sheet => continue,
            Shape::Changes => changes_as_typed(&section, content),
            Shape::Once => Some(once(&section, content)),
            Shape::Optional => optional(&section, content, says_none),
            Shape::Many => many(&section, content, says_none).map(|mut typed| {
                // An entry's mark names an asset of the declaration before, not of this one.
                typed.entries.iter_mut().for_each(|entry| drop(entry.remove(FROM)));
                typed
            }),
        };
        if let Some(typed) = typed.filter(|typed| !typed.is_blank()) {
            sections.insert(section.code.to_owned(), typed);
        }
    }
    sections
}

/// Section III with its rows; those that always stand are asked for beside the others.
fn changes_as_typed(section: &Section<'_>, content: &Value) -> Option<Typed> {
    let table = section.table?;
    let rows = doc::get(content, table.path.trim_end_matches("[]")).and_then(Value::as_array)?;
    let says_none = doc::get(content, &table.no_change_path).and_then(Value::as_bool);
    let mut typed = Typed::default();
    for row in rows {
        let code = doc::text(row, "code").unwrap_or_default();
        let prefix = format!("{code}.");
        let standing: Vec<_> = section.tops.iter().filter(|slot| slot.path.starts_with(&prefix)).collect();
        if !code.is_empty() && !standing.is_empty() {
            let text = |slot: &&&wizard::Slot<'_>| {
                let value = doc::get(row, &slot.field.key)?;
                Some((slot.path.clone(), input_text(slot.field, value)))
            };
            typed.top.extend(standing.iter().filter_map(|slot| text(&slot)).filter(|(_, text)| !text.is_empty()));
            continue;
        }
        let mut entry = texts(section, row);
        entry.insert("code".to_owned(), code.to_owned());
        typed.entries.push(entry);
    }
    typed.have = match (typed.entries.is_empty(), says_none) {
        (false, _) => Some(Have::Co),
        (true, Some(true)) => Some(Have::Khong),
        (true, _) => None,
    };
    Some(typed)
}

fn once(section: &Section<'_>, content: &Value) -> Typed {
    let entry = doc::get(content, section.path).map(|value| texts(section, value)).unwrap_or_default();
    Typed { have: None, top: tops(section, content), entries: vec![entry] }
}

fn optional(section: &Section<'_>, content: &Value, says_none: bool) -> Option<Typed> {
    let is_single = doc::text(content, "spouse_status").is_some_and(|status| status != "MARRIED");
    match doc::get(content, section.path) {
        Some(value) if value.is_object() => {
            Some(Typed { have: Some(Have::Co), top: tops(section, content), entries: vec![texts(section, value)] })
        }
        Some(Value::Null) if says_none || is_single => {
            Some(Typed { have: Some(Have::Khong), top: tops(section, content), entries: Vec::new() })
        }
        _ => None,
    }
}

fn many(section: &Section<'_>, content: &Value, unsaid_is_none: bool) -> Option<Typed> {
    let root = section.path.trim_end_matches("[]");
    let list = content.get(root).and_then(Value::as_array)?;
    let is_mine = |value: &Value| root != "assets" || value.get("code").and_then(Value::as_str) == Some(section.code);
    let mine = list.iter().enumerate().filter(|(_, value)| is_mine(value));
    let entries: Vec<_> = mine
        .map(|(index, value)| {
            let mut entry = texts(section, value);
            match root {
                "assets" => {
                    entry.insert(FROM.to_owned(), index.to_string());
                    if let Some(text) = entry.get_mut(holder::HOLDER) {
                        *text = holder::in_draft(text, content);
                    }
                }
                "children" => {
                    let mark = holder::mark_of(list, index).unwrap_or_default();
                    entry.insert(MARK.to_owned(), mark);
                }
                _ => {}
            }
            entry
        })
        .collect();
    let none = content.get("none").and_then(Value::as_array);
    let says_none = none.is_some_and(|codes| codes.iter().any(|code| code == section.code));
    let have = match entries.is_empty() {
        false => Have::Co,
        true if says_none || (root != "assets" && unsaid_is_none) => Have::Khong,
        true => return None,
    };
    Some(Typed { have: Some(have), top: BTreeMap::new(), entries })
}

fn tops(section: &Section<'_>, content: &Value) -> BTreeMap<String, String> {
    let text = |path: &str, field| doc::get(content, path).map(|value| input_text(field, value));
    let tops = section.tops.iter().filter_map(|slot| Some((slot.path.clone(), text(&slot.path, slot.field)?)));
    tops.filter(|(_, text)| !text.is_empty()).collect()
}

fn texts(section: &Section<'_>, value: &Value) -> BTreeMap<String, String> {
    // What could not be read, or was not known, is asked for again; "there is none" is an answer.
    let is_answer = |value: &Value| Missing::of(value).is_none_or(|missing| missing == Missing::None);
    let text = |slot: &wizard::Slot<'_>| {
        let value = doc::get(value, &slot.path).filter(|value| is_answer(value))?;
        Some((slot.path.clone(), input_text(slot.field, value)))
    };
    section.slots.iter().filter_map(text).filter(|(_, text)| !text.is_empty()).collect()
}

/// What the person said became of each asset of the previous declaration; nothing of those whose entry they removed.
pub fn decisions(sections: &BTreeMap<String, Typed>, composed: &Composed) -> BTreeMap<usize, Decision> {
    let mut said = BTreeMap::new();
    for (code, typed) in sections {
        for entry in 0..typed.entries.len() {
            let Some(before) = from(typed, entry) else { continue };
            let decision = match Fate::of(typed, entry) {
                Fate::Kept => composed.asset_of(code, entry).map(Decision::Is),
                Fate::Disposed => Some(Decision::Disposed),
                Fate::LeftScope => Some(Decision::LeftScope),
                Fate::BelowThreshold => Some(Decision::BelowThreshold),
            };
            said.extend(decision.map(|decision| (before, decision)));
        }
    }
    said
}

/// The text of section III as it follows from what became of the assets: derived rows with the explanations already
/// written, then whatever else was typed.
pub fn changes(
    law: &LawBook,
    frame: &Frame<'_>,
    carried: &Carried,
    composed: &Composed,
    decisions: &BTreeMap<usize, Decision>,
    sections: &BTreeMap<String, Typed>,
) -> Result<Typed> {
    let table = wizard::sections(frame.form, frame.kind).into_iter().find(|section| section.table.is_some());
    let saved = table.and_then(|table| sections.get(table.code));
    let taken_away = saved.map(|typed| typed.text(&format!("t.{TAKEN_AWAY}"))).unwrap_or_default();
    let before = (carried.rules(law)?, &carried.content);
    let now = composed.whole();
    let Comparison { mut movements, .. } = compare(before, (frame.rules, now), |index| decisions.get(&index).copied());
    if frame.kind == Kind::Supplement {
        // It tells what changed: an asset it is silent about is there as it was.
        movements.retain(|movement| movement.cause != Cause::Gone(Gone::Untold));
    }
    let mut left: Vec<BTreeMap<String, String>> = saved.map(|typed| typed.entries.clone()).unwrap_or_default();
    let mut rows = Vec::new();
    for movement in &movements {
        let Some(row) = row(frame.form, &carried.content, now, movement) else { continue };
        let tells = name_of(movement, sections, composed);
        if taken_away.lines().any(|line| line == tells) {
            continue;
        }
        let value = row.value.map(viet::number::group).unwrap_or_default();
        let derived = format!("{}|{}|{value}", row.code, row.quantity);
        let by_mark = left.iter().position(|entry| entry.get(TELLS) == Some(&tells));
        // A row typed by hand before anything was derived is the row of its kind and direction.
        let by_hand = || left.iter().position(|entry| !entry.contains_key(TELLS) && is_row(entry, &row));
        let written = by_mark.or_else(by_hand).map(|at| left.remove(at));
        // Where the person wrote something else than was derived, theirs stands; the rest follows the assets.
        let mut entry = written.unwrap_or_default();
        let seen = entry.get(DERIVED).cloned();
        let mut seen = seen.as_deref().map(|seen| seen.split('|'));
        for (key, text) in [("code", row.code), ("quantity", row.quantity), ("value", value)] {
            let written = entry.get(key).map_or("", String::as_str);
            let is_own = match &mut seen {
                Some(seen) => seen.next().is_some_and(|seen| seen != written),
                None => !written.is_empty(),
            };
            if !is_own {
                entry.insert(key.to_owned(), text);
            }
        }
        entry.insert(TELLS.to_owned(), tells);
        entry.insert(DERIVED.to_owned(), derived);
        entry.retain(|_, text| !text.is_empty());
        rows.push(entry);
    }
    let order = |entry: &BTreeMap<String, String>| {
        let code = entry.get("code").map(String::as_str);
        frame.form.table().and_then(|table| table.rows.iter().position(|row| row.code.as_deref() == code))
    };
    rows.sort_by_key(|entry| order(entry).unwrap_or(usize::MAX));
    // A row whose asset is no longer there, or one typed by hand: nothing that was written is lost.
    rows.extend(left);
    let top = saved.map(|typed| typed.top.clone()).unwrap_or_default();
    let have = if rows.is_empty() { Have::Khong } else { Have::Co };
    Ok(Typed {
        have: Some(saved.and_then(|typed| typed.have).filter(|_| rows.is_empty()).unwrap_or(have)),
        top,
        entries: rows,
    })
}

/// Whether an entry stands in the row's line of the table, with its sign.
fn is_row(entry: &BTreeMap<String, String>, row: &form::compare::Row) -> bool {
    let is_plus = |quantity: &str| quantity.trim_start().starts_with('+');
    entry.get("code") == Some(&row.code)
        && entry.get("quantity").is_some_and(|quantity| is_plus(quantity) == is_plus(&row.quantity))
}

/// Remembers that the person took a derived row away, so that it is not derived again; the rules ask for the reason.
pub fn take_away(typed: &mut Typed, tells: &str) {
    if !tells.is_empty() {
        let taken = typed.top.entry(TAKEN_AWAY.to_owned()).or_default();
        *taken = if taken.is_empty() { tells.to_owned() } else { format!("{taken}\n{tells}") };
    }
}

/// Tells the rows of section III apart while assets around them come and go: an asset of before by its place there, a new
/// one by its entry's mark, or by what it is called where a program wrote it without one.
fn name_of(movement: &Movement, sections: &BTreeMap<String, Typed>, composed: &Composed) -> String {
    match (movement.before, &movement.cause) {
        (Some(before), Cause::Gone(_)) => format!("het {before}"),
        (Some(before), _) => format!("doi {before}"),
        (None, _) => {
            let entries = sections.get(&movement.item).map_or(0, |typed| typed.entries.len());
            let entry = (0..entries).find(|entry| composed.asset_of(&movement.item, *entry) == movement.now);
            let mark = entry.and_then(|entry| sections[&movement.item].entries[entry].get(MARK));
            if let Some(mark) = mark {
                return format!("moi {mark}");
            }
            let now = composed.whole();
            let path = movement.now.map(|index| format!("assets[{index}]")).unwrap_or_default();
            let text = |key: &str| doc::text(now, &format!("{path}.{key}")).map(viet::text::fold);
            let name = ["registration", "certificate.number", "account", "address", "name"].into_iter().find_map(text);
            format!("moi {} {}", movement.item, name.unwrap_or_default())
        }
    }
}

/// What an entry is called: "Số 12, đường Lê Lợi", "Thửa thứ hai".
pub fn name_of_entry(section: &Section<'_>, typed: &Typed, entry: usize) -> String {
    let text = |path: &str| typed.text(&format!("e{entry}.{path}")).to_owned();
    let name = ["full_name", "name", "address", "account"].into_iter().map(text).find(|text| !text.is_empty());
    name.unwrap_or_else(|| section.entry_label(entry + 1))
}

/// The same of an asset of a declaration on record.
pub fn line_of_asset(section: &Section<'_>, asset: &Value) -> String {
    let typed = Typed { entries: vec![texts(section, asset)], ..Typed::default() };
    line_of(section, &typed, 0)
}

/// An entry as a list shows it: "Số 12, đường Lê Lợi (100 m², DA 687609): 805.000.000 đồng".
pub fn line_of(section: &Section<'_>, typed: &Typed, entry: usize) -> String {
    let text = |path: &str| typed.text(&format!("e{entry}.{path}")).to_owned();
    let with_unit = |path: &str| Some(text(path)).filter(|text| !text.is_empty()).map(|text| format!("{text} m²"));
    let name = name_of_entry(section, typed, entry);
    let more = [
        "dob",
        "position",
        "unit",
        "workplace",
        "residence",
        "id_no",
        "registration",
        "quantity",
        "certificate.number",
    ];
    let areas = ["area_m2", "floor_area_m2"].into_iter().filter_map(with_unit);
    let more: Vec<_> = areas.chain(more.into_iter().map(text).filter(|text| !text.is_empty())).collect();
    let amount = text("value.amount");
    let amount = if amount.is_empty() { String::new() } else { format!(": {amount} đồng") };
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    format!("{name}{more}{amount}")
}
