//! From what was typed to the declaration, and from a place in the declaration back to the box it was typed in.
use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use form::doc::{self, PathError};
use form::{FieldType, Form, Kind, Required, RuleSet, parse_input};
use serde_json::{Map, Value, json};

use super::carry;
use super::holder::{self, Child};
use super::record::Holdings;
use super::typed::{Have, Typed};
use super::wizard::{self, Section, Shape, Slot, UNDETERMINED};

/// A text that cannot become a value: kept in the draft, in the way of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub section: String,
    /// Name of the box on the section's page.
    pub name: String,
    /// What is wrong, where, how to mend it, with the article.
    pub sentence: String,
    /// Nothing stands there yet, as against something wrong.
    pub missing: bool,
}

/// A declaration put together from a draft.
#[derive(Debug, Clone)]
pub struct Composed {
    pub document: Value,
    pub problems: Vec<Problem>,
    /// Where each object of the document was typed.
    places: Vec<Place>,
    /// Who CHILD(n) can be; none where the form does not ask for children.
    children: Option<Vec<Child>>,
    /// All the family has, with its places, where the declaration describes only what is new (Phụ lục II, note 6).
    whole: Option<(Value, Vec<Place>)>,
}

/// What is told of an asset whose holder was removed from the children.
const CHILD_GONE: &str = "người con đã chọn không còn trong mục con chưa thành niên của bản kê khai. Đề nghị Ông/Bà chọn lại người đứng tên hoặc sử dụng.";

/// Where an object of the document was typed: its path, the section's code, the entry.
type Place = (String, String, usize);

/// What the declaration is made under.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'f> {
    pub rules: &'f RuleSet,
    pub form: &'f Form,
    pub kind: Kind,
    /// Note 2: the day the declaration is completed.
    pub completed_on: NaiveDate,
    /// What was declared before, from which a supplementary declaration tells what is new.
    pub before: Option<&'f Value>,
}

/// Puts the sections of a draft together. Texts that cannot be read are left out and named.
///
/// # Errors
/// A form definition whose paths contradict each other.
pub fn compose(frame: &Frame<'_>, draft: &BTreeMap<String, Typed>) -> Result<Composed, PathError> {
    let document = json!({
        "form": frame.form.code,
        "kind": frame.kind.as_str(),
        "completed_on": frame.completed_on.to_string(),
        "spouse": null,
        "children": [],
        "assets": [],
        "income": null,
        "changes": [],
        "none": [],
    });
    let children = holder::children_of(frame.form, frame.kind, draft);
    let mut composed = Composed { document, problems: Vec::new(), places: Vec::new(), children, whole: None };
    let empty = Typed::default();
    for section in wizard::sections(frame.form, frame.kind) {
        composed.add(frame, &section, draft.get(section.code).unwrap_or(&empty))?;
    }
    if frame.kind == Kind::Supplement {
        composed.keep_only_new(frame.before, draft);
    }
    form::leaves::normalise(&mut composed.document);
    Ok(composed)
}

impl Composed {
    /// The sum of the income's parts as the form has them, in đồng, once all are amounts.
    pub fn income(&self, form: &Form) -> Option<i64> {
        let parts = form.items().find(|item| item.path == "income")?.fields.len();
        let amounts: Option<Vec<i64>> = self.document.get("income")?.as_object()?.values().map(Value::as_i64).collect();
        amounts.filter(|amounts| amounts.len() == parts).map(|amounts| amounts.iter().sum())
    }

    fn add(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        match section.shape {
            Shape::Once => self.add_once(frame, section, typed),
            Shape::Optional => self.add_optional(frame, section, typed),
            Shape::Many => self.add_many(frame, section, typed),
            Shape::Changes => self.add_changes(frame, section, typed),
            Shape::Sheet => Ok(()),
        }
    }

    fn add_once(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        self.add_tops(frame, section, typed)?;
        let value = self.entry(frame, section, typed, 0)?;
        self.put(section, section.path, 0, Value::Object(value))
    }

    fn add_optional(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        self.add_tops(frame, section, typed)?;
        self.expect_answer(section, typed);
        if typed.have == Some(Have::Co) {
            let value = self.entry(frame, section, typed, 0)?;
            self.put(section, section.path, 0, Value::Object(value))?;
        }
        Ok(())
    }

    fn add_many(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        self.expect_answer(section, typed);
        match typed.have {
            Some(Have::Khong) if section.path == "assets[]" => self.say_none(section.code),
            Some(Have::Co) => {
                let there: Vec<_> = (0..typed.entries.len()).filter(|index| carry::is_there(typed, *index)).collect();
                // Every asset of last time is gone: the item has none now.
                if there.is_empty() && !typed.entries.is_empty() && section.path == "assets[]" {
                    return self.say_none(section.code);
                }
                for index in there {
                    let mut value = self.entry(frame, section, typed, index)?;
                    if section.path == "assets[]" {
                        value.insert("code".into(), json!(section.code));
                    }
                    let path = self.next_in(section.path);
                    self.put(section, &path, index, Value::Object(value))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Note 29: rows, or "Không có biến động"; the row of the income stands either way.
    fn add_changes(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        let Some(table) = section.table else { return Ok(()) };
        let says_none = typed.have.map(|have| have == Have::Khong);
        doc::set(&mut self.document, &table.no_change_path, json!(says_none))?;
        self.expect_answer(section, typed);
        let rows = if typed.have == Some(Have::Co) { typed.entries.len() } else { 0 };
        for index in 0..rows {
            let mut value = self.entry(frame, section, typed, index)?;
            let code = typed.text(&format!("e{index}.code"));
            if code.is_empty() {
                self.problem(
                    section,
                    format!("e{index}.code"),
                    "Chưa chọn loại tài sản có biến động. Đề nghị Ông/Bà chọn một dòng của bảng.".into(),
                );
            }
            value.insert("code".into(), json!(code));
            let path = self.next_in(&table.path);
            self.put(section, &path, index, Value::Object(value))?;
        }
        for code in wizard::standing_rows(frame.form, frame.kind, table) {
            self.add_standing_row(frame, section, typed, code)?;
        }
        Ok(())
    }

    fn add_standing_row(
        &mut self,
        frame: &Frame<'_>,
        section: &Section<'_>,
        typed: &Typed,
        code: &str,
    ) -> Result<(), PathError> {
        let mut value = Map::new();
        let prefix = format!("{code}.");
        for slot in section.tops.iter().filter(|slot| slot.path.starts_with(&prefix)) {
            if let Some(read) = self.read(frame, section, slot, &format!("t.{}", slot.path), typed) {
                value.insert(slot.field.key.clone(), read);
            }
        }
        value.insert("code".into(), json!(code));
        let path = self.next_in(section.path);
        doc::set(&mut self.document, &path, Value::Object(value))
    }

    fn add_tops(&mut self, frame: &Frame<'_>, section: &Section<'_>, typed: &Typed) -> Result<(), PathError> {
        for slot in &section.tops {
            if let Some(value) = self.read(frame, section, slot, &format!("t.{}", slot.path), typed) {
                doc::set(&mut self.document, &slot.path, value)?;
            }
        }
        Ok(())
    }

    /// One entry as an object of the document.
    fn entry(
        &mut self,
        frame: &Frame<'_>,
        section: &Section<'_>,
        typed: &Typed,
        index: usize,
    ) -> Result<Map<String, Value>, PathError> {
        let mut object = Value::Object(Map::new());
        for slot in &section.slots {
            let name = format!("e{index}.{}", slot.path);
            let chosen = choice_of(slot, index, typed);
            if !Section::applies(slot, chosen) {
                continue;
            }
            if slot.field.required == Required::IfDetermined
                && chosen == UNDETERMINED
                && !typed.text(&name).trim().is_empty()
            {
                self.problem(section, name, amount_of_undetermined(frame, slot));
                continue;
            }
            if let Some(value) = self.read(frame, section, slot, &name, typed) {
                doc::set(&mut object, &slot.path, value)?;
            }
        }
        match object {
            Value::Object(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }

    fn read(
        &mut self,
        frame: &Frame<'_>,
        section: &Section<'_>,
        slot: &Slot<'_>,
        name: &str,
        typed: &Typed,
    ) -> Option<Value> {
        let text = typed.text(name);
        let text = match &self.children {
            Some(children) if slot.field.field_type == FieldType::Holder => {
                let Some(text) = holder::in_document(text, children) else {
                    let label = &slot.field.label;
                    self.problem(section, name.to_owned(), format!("{label}: {CHILD_GONE}"));
                    return None;
                };
                Cow::Owned(text)
            }
            _ => Cow::Borrowed(text),
        };
        match parse_input(slot.field, &text) {
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(section, name.to_owned(), error.sentence(frame.rules));
                None
            }
        }
    }

    /// Every item asks for an explicit answer here; of what came otherwise, the rules judge (G04, G12).
    fn expect_answer(&mut self, section: &Section<'_>, typed: &Typed) {
        let what = match (typed.have, section.shape) {
            (None, _) => "chưa chọn Có hoặc Không có. Đề nghị Ông/Bà chọn một trong hai",
            (Some(Have::Co), Shape::Many | Shape::Changes) if typed.entries.is_empty() => {
                "đã chọn Có mà chưa ghi nội dung. Đề nghị Ông/Bà ghi nội dung, hoặc chọn Không có"
            }
            _ => return,
        };
        let sentence = format!("Mục {}: {what}.", section.title());
        self.problems.push(Problem { section: section.code.to_owned(), name: "have".into(), sentence, missing: true });
    }

    fn problem(&mut self, section: &Section<'_>, name: String, sentence: String) {
        self.problems.push(Problem { section: section.code.to_owned(), name, sentence, missing: false });
    }

    fn put(&mut self, section: &Section<'_>, path: &str, entry: usize, value: Value) -> Result<(), PathError> {
        self.places.push((path.to_owned(), section.code.to_owned(), entry));
        doc::set(&mut self.document, path, value)
    }

    /// What was declared before and is as it was is not described again in a supplementary declaration (Phụ lục II, note 6):
    /// it stays in [`Self::whole`]. An item with nothing new has nothing to describe.
    fn keep_only_new(&mut self, before: Option<&Value>, draft: &BTreeMap<String, Typed>) {
        let mut whole = self.document.clone();
        form::leaves::normalise(&mut whole);
        let all = std::mem::take(&mut self.places);
        let assets = self.document["assets"].as_array().cloned().unwrap_or_default();
        let mut new = Vec::new();
        let mut silent: Vec<&str> = Vec::new();
        for place in &all {
            let (path, section, entry) = place;
            match index_of_asset(path) {
                Some(index) if self.is_as_before(before, draft.get(section), *entry, assets.get(index)) => {
                    silent.push(section);
                }
                Some(index) => {
                    self.places.push((format!("assets[{}]", new.len()), section.clone(), *entry));
                    new.extend(assets.get(index).cloned());
                }
                None => self.places.push(place.clone()),
            }
        }
        silent.dedup();
        silent.retain(|section| !new.iter().any(|asset: &Value| asset["code"] == *section));
        if let Some(none) = self.document["none"].as_array_mut() {
            none.extend(silent.into_iter().map(Value::from));
        }
        self.document["assets"] = Value::Array(new);
        self.whole = Some((whole, all));
    }

    /// Whether an entry was carried and says what was said of the asset before. A child is the same one, whatever number it
    /// has now.
    fn is_as_before(&self, before: Option<&Value>, typed: Option<&Typed>, entry: usize, now: Option<&Value>) -> bool {
        let from = typed.and_then(|typed| carry::from(typed, entry));
        let Some((content, from)) = before.zip(from) else { return false };
        let Some(mut was) = content.get("assets").and_then(|assets| assets.get(from)).cloned() else { return false };
        if let (Some(children), Some(Value::String(code))) = (&self.children, was.get_mut(holder::HOLDER))
            && let Some(now) = holder::in_document(&holder::in_draft(code, content), children)
        {
            *code = now;
        }
        now.is_some_and(|now| form::compare::said(&was) == form::compare::said(now))
    }

    /// All the family has: what a declaration is compared by.
    pub fn whole(&self) -> &Value {
        self.whole.as_ref().map_or(&self.document, |(whole, _)| whole)
    }

    /// What goes with a supplementary declaration: all there is after it. Nothing, where the draft was made from a record of
    /// it instead of from what was declared before.
    pub fn holdings(&self, since: carry::Source, draft: &BTreeMap<String, Typed>) -> Option<Holdings> {
        let (whole, _) = self.whole.as_ref()?;
        let knows_the_past = draft.values().any(|typed| (0..typed.entries.len()).any(|e| carry::is_carried(typed, e)));
        if !knows_the_past {
            return None;
        }
        Some(Holdings { since, assets: whole["assets"].as_array()?.clone(), are: Vec::new() })
    }

    /// Of each asset of [`Self::whole`], which one of the document it is; none for what the document is silent about.
    pub fn described(&self) -> Vec<Option<usize>> {
        let assets = |places: &[Place]| -> Vec<(usize, String, usize)> {
            let asset = |(path, section, entry): &Place| Some((index_of_asset(path)?, section.clone(), *entry));
            places.iter().filter_map(asset).collect()
        };
        let here = assets(&self.places);
        let all = self.whole.as_ref().map_or_else(|| here.clone(), |(_, places)| assets(places));
        let mut described = vec![None; all.len()];
        for (index, section, entry) in &all {
            let at = here.iter().find(|(_, code, typed)| code == section && typed == entry);
            if let Some(slot) = described.get_mut(*index) {
                *slot = at.map(|(index, ..)| *index);
            }
        }
        described
    }

    /// The index among the assets of [`Self::whole`] of what was typed as an entry of a section.
    pub fn asset_of(&self, section: &str, entry: usize) -> Option<usize> {
        let places = self.whole.as_ref().map_or(&self.places, |(_, places)| places);
        let (path, ..) = places.iter().find(|(_, code, typed)| code == section && *typed == entry)?;
        index_of_asset(path)
    }

    /// "assets[]" as "assets[4]": the path of the element that comes next.
    fn next_in(&self, list: &str) -> String {
        let root = list.trim_end_matches("[]");
        let length = self.document.get(root).and_then(Value::as_array).map_or(0, Vec::len);
        format!("{root}[{length}]")
    }

    fn say_none(&mut self, code: &str) -> Result<(), PathError> {
        let path = self.next_in("none[]");
        doc::set(&mut self.document, &path, json!(code))
    }

    /// The box in which the value at a path of the document is typed: section code and box name. None for what the
    /// system itself fills in (kind, day of completion).
    pub fn box_of(&self, sections: &[Section<'_>], path: &str) -> Option<(String, String)> {
        let is_under =
            |object: &str| path == object || path.strip_prefix(object).is_some_and(|rest| rest.starts_with(['.', '[']));
        if let Some((object, code, entry)) = self.places.iter().find(|(object, ..)| is_under(object)) {
            let section = sections.iter().find(|section| section.code == code)?;
            let inner = path[object.len()..].trim_start_matches('.');
            return Some((code.clone(), box_in_entry(section, *entry, inner)));
        }
        sections.iter().find_map(|section| Some((section.code.to_owned(), self.box_beside_entries(section, path)?)))
    }

    /// A place that no entry holds: an unanswered item, a fact asked once, a row that always stands.
    fn box_beside_entries(&self, section: &Section<'_>, path: &str) -> Option<String> {
        if let Some(top) = section.tops.iter().find(|slot| slot.path == path) {
            return Some(format!("t.{}", top.path));
        }
        let root = section.path.trim_end_matches("[]");
        if path == format!("assets[{}]", section.code) || (path == root && root != "assets") {
            return Some(if section.asks() { "have".to_owned() } else { box_in_entry(section, 0, "") });
        }
        let table = section.table?;
        if path == table.no_change_path {
            return Some("have".to_owned());
        }
        let (element, key) = path.split_once('.').unwrap_or((path, ""));
        let code = element.starts_with(root).then(|| doc::text(&self.document, &format!("{element}.code")))??;
        let top = section.tops.iter().find(|slot| slot.path == format!("{code}.{key}"))?;
        Some(format!("t.{}", top.path))
    }
}

/// 4 of "assets[4]".
fn index_of_asset(path: &str) -> Option<usize> {
    path.strip_prefix("assets[")?.trim_end_matches(']').parse().ok()
}

/// What was chosen for the first part of the compound a slot belongs to.
fn choice_of<'t>(slot: &Slot<'_>, index: usize, typed: &'t Typed) -> &'t str {
    let first = slot.whole.and_then(|whole| Some((whole, whole.parts.first()?)));
    first.map_or("", |(whole, part)| typed.text(&format!("e{index}.{}.{}", whole.key, part.key)))
}

/// The box of a place inside an entry: the box itself, the first of a compound, the first of the entry.
fn box_in_entry(section: &Section<'_>, entry: usize, inner: &str) -> String {
    let exact = section.slots.iter().find(|slot| slot.path == inner);
    let within =
        || section.slots.iter().find(|slot| slot.path.strip_prefix(inner).is_some_and(|rest| rest.starts_with('.')));
    let slot = exact.or_else(within).or_else(|| section.slots.first());
    slot.map_or_else(|| "have".to_owned(), |slot| format!("e{entry}.{}", slot.path))
}

fn amount_of_undetermined(frame: &Frame<'_>, slot: &Slot<'_>) -> String {
    let basis = slot.field.help.as_deref().and_then(|key| frame.rules.cite_note(key));
    let basis = basis.map_or_else(String::new, |basis| format!(" ({basis})"));
    format!(
        "{}: đã chọn không xác định được giá trị mà vẫn ghi số tiền. Đề nghị Ông/Bà xóa số tiền, hoặc chọn lại cách xác định giá trị{basis}.",
        slot.field.label
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use form::{LawBook, input_text};

    pub fn frame(law: &LawBook, kind: Kind) -> Frame<'_> {
        let rules = law.get("R1_ND130").unwrap();
        let completed_on = NaiveDate::from_ymd_opt(2025, 12, 8).unwrap();
        Frame { rules, form: rules.form_for(kind).unwrap(), kind, completed_on, before: None }
    }

    /// A complete annual declaration of the form's own tests.
    pub fn annual() -> Value {
        serde_json::from_str(include_str!("../../../form/tests/data/annual.json")).unwrap()
    }

    /// What a person would have typed to get this document.
    pub fn typed_for(frame: &Frame<'_>, document: &Value) -> BTreeMap<String, Typed> {
        let raw = |slots: &[Slot<'_>], object: &Value| {
            let text =
                |slot: &Slot<'_>| Some((slot.path.clone(), input_text(slot.field, doc::get(object, &slot.path)?)));
            slots.iter().filter_map(text).filter(|(_, text)| !text.is_empty()).collect::<BTreeMap<_, _>>()
        };
        let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
        let mut draft = BTreeMap::new();
        for section in wizard::sections(frame.form, frame.kind) {
            let mut typed = Typed { top: raw(&section.tops, document), ..Typed::default() };
            match section.shape {
                Shape::Once => typed.entries.push(raw(&section.slots, &document[section.path])),
                Shape::Optional => {
                    typed.have = Some(if document[section.path].is_null() { Have::Khong } else { Have::Co });
                    typed.entries.push(raw(&section.slots, &document[section.path]));
                }
                Shape::Sheet => continue,
                Shape::Many => {
                    let mine = |value: &&Value| section.path != "assets[]" || value["code"] == section.code;
                    typed.entries = list(section.path.trim_end_matches("[]"))
                        .iter()
                        .filter(mine)
                        .map(|v| raw(&section.slots, v))
                        .collect();
                    typed.have = Some(if typed.entries.is_empty() { Have::Khong } else { Have::Co });
                }
                Shape::Changes => {
                    typed.have = Some(if document["no_change"] == true { Have::Khong } else { Have::Co });
                    for row in list("changes") {
                        let code = row["code"].as_str().unwrap().to_owned();
                        let mut texts = raw(&section.slots, &row);
                        if code == "INCOME" {
                            typed.top =
                                texts.into_iter().map(|(path, text)| (format!("{code}.{path}"), text)).collect();
                        } else {
                            texts.insert("code".into(), code);
                            typed.entries.push(texts);
                        }
                    }
                }
            }
            draft.insert(section.code.to_owned(), typed);
        }
        draft
    }

    /// Without keys that hold nothing, and without the list of items that are said not to exist.
    fn essence(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let kept = map.iter().filter(|(key, v)| !v.is_null() && **v != json!("") && *key != "none");
                Value::Object(kept.map(|(key, v)| (key.clone(), essence(v))).collect())
            }
            Value::Array(list) => Value::Array(list.iter().map(essence).collect()),
            other => other.clone(),
        }
    }

    #[test]
    fn a_whole_declaration_typed_box_by_box_is_that_declaration() {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::Annual);
        let original = annual();
        let composed = compose(&frame, &typed_for(&frame, &original)).unwrap();
        assert_eq!(composed.problems, []);
        assert_eq!(essence(&composed.document), essence(&original));
        let none = composed.document["none"].as_array().unwrap();
        assert!(none.contains(&json!("FOREIGN_ACCOUNT")) && !none.contains(&json!("LAND_RES")));
    }

    #[test]
    fn a_wrong_amount_is_named_with_its_box_and_left_out() {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::Annual);
        let mut draft = typed_for(&frame, &annual());
        let land = draft.get_mut("LAND_RES").unwrap();
        land.entries[0].insert("value.amount".into(), "tám trăm linh x".into());
        let composed = compose(&frame, &draft).unwrap();
        assert_eq!(composed.problems.len(), 1);
        let problem = &composed.problems[0];
        assert_eq!((problem.section.as_str(), problem.name.as_str()), ("LAND_RES", "e0.value.amount"));
        assert!(problem.sentence.contains("hướng dẫn số 10"), "{}", problem.sentence);
        assert_eq!(composed.document["assets"][0]["value"].get("amount"), None);
    }

    #[test]
    fn a_value_that_cannot_be_determined_has_no_amount() {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::Annual);
        let mut draft = typed_for(&frame, &annual());
        let land = &mut draft.get_mut("LAND_RES").unwrap().entries[0];
        land.insert("value.kind".into(), UNDETERMINED.into());
        land.insert("value.reason".into(), "Sử dụng từ năm 1975".into());
        let composed = compose(&frame, &draft).unwrap();
        assert_eq!(composed.problems[0].name, "e0.value.amount");
        draft.get_mut("LAND_RES").unwrap().entries[0].remove("value.amount");
        let composed = compose(&frame, &draft).unwrap();
        assert_eq!(composed.problems, []);
        assert_eq!(composed.document["assets"][0]["value"]["reason"], "Sử dụng từ năm 1975");
    }

    #[test]
    fn every_finding_leads_to_a_box() {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::Annual);
        let sections = wizard::sections(frame.form, Kind::Annual);
        let composed = compose(&frame, &typed_for(&frame, &annual())).unwrap();
        let place = |path: &str| composed.box_of(&sections, path).map(|(section, name)| format!("{section} {name}"));
        assert_eq!(place("declarant.full_name").as_deref(), Some("DECLARANT e0.full_name"));
        assert_eq!(place("agency_name").as_deref(), Some("DECLARANT t.agency_name"));
        assert_eq!(place("spouse").as_deref(), Some("SPOUSE e0.full_name"));
        assert_eq!(place("children[1].dob").as_deref(), Some("CHILD e1.dob"));
        assert_eq!(place("assets[0].value.amount").as_deref(), Some("LAND_RES e0.value.amount"));
        assert_eq!(place("assets[0].certificate").as_deref(), Some("LAND_RES e0.certificate.status"));
        assert_eq!(place("assets[FOREST]").as_deref(), Some("FOREST have"));
        assert_eq!(place("income.common").as_deref(), Some("INCOME e0.common"));
        assert_eq!(place("changes[1].value").as_deref(), Some("CHANGES e1.value"));
        assert_eq!(place("changes[2].explanation").as_deref(), Some("CHANGES t.INCOME.explanation"));
        assert_eq!(place("no_change").as_deref(), Some("CHANGES have"));
        assert_eq!(place("completed_on"), None);
    }

    #[test]
    fn what_is_not_answered_is_not_said() {
        let law = LawBook::embedded().unwrap();
        let frame = frame(&law, Kind::First);
        let composed = compose(&frame, &BTreeMap::new()).unwrap();
        assert!(composed.problems.iter().all(|problem| problem.missing));
        let asked: Vec<_> = composed.problems.iter().map(|problem| problem.section.as_str()).collect();
        let sections = wizard::sections(frame.form, Kind::First);
        let asking: Vec<_> = sections.iter().filter(|section| section.asks()).map(|section| section.code).collect();
        assert_eq!(asked, asking);
        assert_eq!(composed.document["none"], json!([]));
        assert_eq!(composed.document["changes"], json!([]));
        assert_eq!(composed.document["income"], Value::Null);
    }
}
