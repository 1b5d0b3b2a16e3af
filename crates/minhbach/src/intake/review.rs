//! The review screen's form, generated from the form's definition: every field with what stands in it now, what was
//! read, how sure the machine was, and where on which page it stands.
use form::doc::{self, Missing};
use form::{Field, FieldType, Form, Item, Kind, LawBook, RuleSet, input_text, leaves, parse_input};
use indexmap::IndexMap;
use paper::read::result::{Leaf, Reading};
use serde_json::{Value, json};

use super::check::{Checked, form_of};
use crate::kernel::Result;
use crate::kernel::web::{FieldErrors, Fields};

/// The whole screen's form.
#[derive(Debug, Default)]
pub struct Review {
    pub groups: Vec<Group>,
    /// How many fields still want an officer's eye, and how many hold a text that does not fit.
    pub doubtful: usize,
    pub wrong: usize,
    /// Only one recogniser read the paper.
    pub read_once: bool,
}

/// Fields under one heading: the header, an item, an entry of an item, a row of the table.
#[derive(Debug, Default)]
pub struct Group {
    pub heading: String,
    /// Which of several entries; empty for the only one.
    pub entry: String,
    pub lines: Vec<Line>,
    /// Value of the button that removes the entry; empty when it cannot be removed.
    pub remove: String,
    /// Buttons that add an entry here.
    pub add: Vec<Choice>,
    /// The choice of a row to add, for the table of changes.
    pub rows: Vec<Choice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Widget {
    Text,
    Long,
    Money,
    Area,
    Select,
}

#[derive(Debug)]
pub struct Line {
    /// Place in the declaration; the input's name.
    pub path: String,
    pub label: String,
    pub widget: Widget,
    pub choices: Vec<Choice>,
    pub value: String,
    pub hint: String,
    pub error: String,
    pub doubtful: bool,
    pub confidence: Option<f64>,
    pub spot: Option<Spot>,
}

/// Where a value stands: page from 1; x, y, width, height as fractions of the upright page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub page: usize,
    pub bounds: [f64; 4],
}

impl Review {
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.groups.iter().flat_map(|group| &group.lines)
    }

    /// What does not fit, each with the path of its box.
    pub fn faults(&self) -> FieldErrors {
        let mut faults = FieldErrors::default();
        for line in self.lines().filter(|line| !line.error.is_empty()) {
            faults.add(&line.path, format!("{}: {}", line.label, line.error));
        }
        faults
    }

    /// The path of the first box still in doubt.
    pub fn first_doubtful(&self) -> &str {
        self.lines().find(|line| line.doubtful).map_or("", |line| &line.path)
    }
}

/// Lays the review out.
///
/// # Errors
/// A bug when no form is loaded, or the reading does not have the shape of its form.
pub fn review(law: &LawBook, reading: &Reading, checked: &Checked) -> Result<Review> {
    let (rules, form) = form_of(law, &checked.content)?;
    let read = match &reading.declaration {
        Value::Object(_) => {
            let (_, form) = form_of(law, &reading.declaration)?;
            leaves::to_record(form, reading.declaration.clone()).map_err(anyhow::Error::from)?
        }
        _ => Value::Null,
    };
    let mut builder =
        Builder { rules, form, read: &read, provenance: &reading.provenance, checked, review: Review::default() };
    builder.header();
    for section in &form.sections {
        for item in section.items.iter().filter(|item| item.code.is_some()) {
            builder.item(&section.number, item);
        }
        builder.table(&section.number, section.table.as_ref());
    }
    builder.receipt();
    let mut review = builder.review;
    review.read_once = reading.declaration.is_object() && !reading.second_reader;
    review.doubtful = review.lines().filter(|line| line.doubtful).count();
    review.wrong = review.lines().filter(|line| !line.error.is_empty()).count();
    Ok(review)
}

struct Builder<'a> {
    rules: &'a RuleSet,
    form: &'a Form,
    /// The reading in the record's shape.
    read: &'a Value,
    provenance: &'a IndexMap<String, Leaf>,
    checked: &'a Checked,
    review: Review,
}

impl Builder<'_> {
    fn header(&mut self) {
        let lines = self.form.header.fields.iter().map(|field| self.line(field, field.key.clone(), "")).collect();
        self.review.groups.push(Group { heading: "Đầu bản kê khai".into(), lines, ..Group::default() });
    }

    fn item(&mut self, section: &str, item: &Item) {
        let heading = format!("{section}.{}. {}", item.number, item.heading);
        match item.path.strip_suffix("[]") {
            Some(list) => self.entries(&heading, list, item),
            None => self.part(heading, item),
        }
    }

    /// A part that stands there once ("declarant") or not at all ("spouse", "income").
    fn part(&mut self, heading: String, item: &Item) {
        let there =
            self.checked.content.get(&item.path).is_some_and(|value| value.is_object() && Missing::of(value).is_none());
        let kind = self.checked.kind();
        if !there && kind.is_some_and(|kind| !self.form.has(kind, item.code())) {
            return;
        }
        let is_always = item.path == "declarant";
        let mut group = Group { heading, ..Group::default() };
        if there || is_always {
            group.lines = self.lines(&item.fields, &item.path);
            group.remove = if is_always { String::new() } else { item.path.clone() };
        } else {
            group.add = vec![Choice {
                value: format!("{}:{}", item.path, item.code()),
                label: "Bản giấy có ghi mục này".into(),
            }];
        }
        self.review.groups.push(group);
    }

    fn entries(&mut self, heading: &str, list: &str, item: &Item) {
        let all = self.checked.content.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let code_of = |entry: &Value| entry.get("code").and_then(Value::as_str).map(str::to_owned);
        let is_mine = |entry: &Value| list != "assets" || code_of(entry).as_deref() == Some(item.code());
        let mine: Vec<usize> =
            all.iter().enumerate().filter(|(_, entry)| is_mine(entry)).map(|(index, _)| index).collect();
        let word = item.repeat.as_deref().unwrap_or("Mục");
        for (nth, index) in mine.iter().enumerate() {
            let path = format!("{list}[{index}]");
            let lines = self.lines(&item.fields, &path);
            let entry = format!("{word} thứ {}", form::find::ordinal(nth + 1));
            self.review.groups.push(Group {
                heading: heading.to_owned(),
                entry,
                lines,
                remove: path,
                ..Group::default()
            });
        }
        let add = Choice { value: format!("{list}:{}", item.code()), label: format!("Thêm: {}", word.to_lowercase()) };
        self.review.groups.push(Group { heading: heading.to_owned(), add: vec![add], ..Group::default() });
    }

    fn table(&mut self, section: &str, table: Option<&form::ChangeTable>) {
        let Some(table) = table else { return };
        let kind = self.checked.kind();
        let changes =
            self.checked.content.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if changes.is_empty() && kind.is_some_and(|kind| !self.form.has(kind, "CHANGES")) {
            return;
        }
        let heading = format!("{section}. Biến động tài sản, thu nhập");
        let stated = self.no_change(table);
        self.review.groups.push(Group { heading: heading.clone(), lines: vec![stated], ..Group::default() });
        for (index, change) in changes.iter().enumerate() {
            let path = format!("changes[{index}]");
            let row = change.get("code").and_then(Value::as_str).and_then(|code| self.form.change_row(code));
            let entry =
                row.map_or_else(|| format!("Dòng {}", index + 1), |row| format!("{}. {}", row.number, row.label));
            let lines = self.lines(&table.columns, &path);
            self.review.groups.push(Group { heading: heading.clone(), entry, lines, remove: path, ..Group::default() });
        }
        let rows = table.rows.iter().filter_map(|row| {
            Some(Choice { value: row.code.clone()?, label: format!("{}. {}", row.number, row.label) })
        });
        self.review.groups.push(Group { heading, rows: rows.collect(), ..Group::default() });
    }

    fn no_change(&self, table: &form::ChangeTable) -> Line {
        let path = table.no_change_path.clone();
        let word = |document: &Value| {
            doc::get(document, &path).and_then(Value::as_bool).map(|b| b.to_string()).unwrap_or_default()
        };
        let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
        let (value, was) = (word(&self.checked.content), word(self.read));
        let choices = vec![choice("true", &table.no_change_label), choice("false", "Có biến động")];
        self.placed(Line {
            label: "Bản giấy ghi".into(),
            widget: Widget::Select,
            choices,
            doubtful: value == was,
            value,
            ..blank(path)
        })
    }

    /// What the receiver wrote at the foot.
    fn receipt(&mut self) {
        let Some(signature) =
            self.form.signatures.iter().find(|signature| signature.path.as_deref() == Some("receipt"))
        else {
            return;
        };
        let heading = "Người nhận bản kê khai".to_owned();
        let there = self.checked.content.get("receipt").is_some_and(Value::is_object);
        let mut group = Group { heading, ..Group::default() };
        if there {
            group.lines = self.lines(&signature.fields, "receipt");
            group.remove = "receipt".into();
        } else {
            group.add = vec![Choice { value: "receipt:".into(), label: "Bản giấy có phần ký nhận".into() }];
        }
        self.review.groups.push(group);
    }

    fn lines(&self, fields: &[Field], parent: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        for field in fields.iter().filter(|field| field.on_paper) {
            let path = format!("{parent}.{}", field.key);
            if field.is_compound() {
                lines.extend(
                    field.parts.iter().map(|part| self.line(part, format!("{path}.{}", part.key), &field.label)),
                );
            } else {
                lines.push(self.line(field, path, ""));
            }
        }
        lines
    }

    fn line(&self, field: &Field, path: String, whole: &str) -> Line {
        let now = shown(field, &self.checked.content, &path);
        let raw = self.checked.raw.get(&path);
        let origin = self.checked.read_path(&path);
        let was = origin.as_deref().map(|origin| shown(field, self.read, origin)).unwrap_or_default();
        let is_changed = raw.is_some() || now != was;
        let hint = if is_changed && !was.is_empty() { format!("Máy đọc: {was}") } else { String::new() };
        let error = raw
            .and_then(|text| parse_input(field, text).err())
            .map(|error| {
                format!(
                    "{} Nếu bản giấy ghi đúng như vậy, đề nghị ghi “{}”.",
                    error.sentence(self.rules),
                    Missing::Illegible.label()
                )
            })
            .unwrap_or_default();
        let label =
            if whole.is_empty() { field.label.clone() } else { format!("{whole}: {}", lower_first(&field.label)) };
        self.placed(Line {
            label,
            widget: widget(field),
            choices: self.choices(field),
            value: raw.cloned().unwrap_or(now),
            hint,
            error,
            doubtful: !is_changed,
            ..blank(path)
        })
    }

    /// Adds where the value was read and how surely; a value the officer changed is no longer in doubt.
    fn placed(&self, line: Line) -> Line {
        let origin = self.checked.read_path(&line.path);
        let leaf = origin.as_deref().and_then(|origin| {
            let whole = || origin.rsplit_once('.').and_then(|(parent, _)| self.provenance.get(parent));
            self.provenance.get(origin).or_else(whole)
        });
        let spot = leaf.and_then(|leaf| Some(Spot { page: leaf.page?, bounds: leaf.bounds? }));
        let doubtful = line.doubtful && leaf.is_some_and(|leaf| leaf.doubtful);
        let Some(cell) = leaf.and_then(|leaf| leaf.cell.as_deref()) else {
            return Line { doubtful, confidence: leaf.map(|leaf| leaf.confidence), spot, ..line };
        };
        // Typed and not recognised: there is nothing to be sure of.
        let read = line.hint.replace("Máy đọc:", "Bảng tính ghi:");
        let hint = if read.is_empty() { format!("Ô {cell}.") } else { format!("{read} (ô {cell}).") };
        Line { doubtful, hint, ..line }
    }

    fn choices(&self, field: &Field) -> Vec<Choice> {
        match field.field_type {
            FieldType::Enum => field
                .options
                .iter()
                .filter(|option| option.channel != Some(form::Channel::Online))
                .map(|option| Choice { value: option.code.clone(), label: option.label.clone() })
                .collect(),
            FieldType::Kind => self
                .rules
                .facts
                .kinds
                .iter()
                .map(|kind| Choice { value: kind.code.as_str().to_owned(), label: kind.label.clone() })
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn blank(path: String) -> Line {
    Line {
        path,
        label: String::new(),
        widget: Widget::Text,
        choices: Vec::new(),
        value: String::new(),
        hint: String::new(),
        error: String::new(),
        doubtful: false,
        confidence: None,
        spot: None,
    }
}

fn widget(field: &Field) -> Widget {
    match field.field_type {
        FieldType::Enum | FieldType::Kind => Widget::Select,
        FieldType::Amount => Widget::Money,
        FieldType::Area => Widget::Area,
        FieldType::LongText => Widget::Long,
        _ => Widget::Text,
    }
}

fn shown(field: &Field, document: &Value, path: &str) -> String {
    doc::get(document, path).map(|value| input_text(field, value)).unwrap_or_default()
}

pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Lays typed texts over what was checked. A text that does not fit its field is kept as typed, with null in its place;
/// a text nobody touched changes nothing.
///
/// # Errors
/// As [`review`].
pub fn apply(law: &LawBook, reading: &Reading, checked: &Checked, typed: &Fields) -> Result<Checked> {
    let (_, form) = form_of(law, &checked.content)?;
    let mut next = checked.clone();
    for line in review(law, reading, checked)?.lines().filter(|line| typed.has(&line.path)) {
        let text = leaves::normalise_text(typed.get(&line.path));
        if text == leaves::normalise_text(&line.value) {
            continue;
        }
        next.raw.remove(&line.path);
        let value = if line.path == "no_change" {
            text.parse::<bool>().map_or(Value::Null, |stated| json!(stated))
        } else {
            let Some(found) = form.field(&checked.content, &line.path) else { continue };
            parse_input(found.field, &text).unwrap_or_else(|_| {
                next.raw.insert(line.path.clone(), text.clone());
                Value::Null
            })
        };
        next.put(&line.path, value)?;
    }
    if let Some(kind) = next.kind() {
        let (rules, _) = form_of(law, &next.content)?;
        let form = rules.form_for(kind).ok_or_else(|| crate::bug!("rule set {} has no form for {kind}", rules.id()))?;
        next.put("form", json!(form.code))?;
    }
    Ok(next)
}

/// What two versions of a declaration say differently: label, first, second. For showing a conflict.
pub fn differences(mine: &Review, theirs: &Review) -> Vec<(String, String, String)> {
    mine.lines()
        .filter_map(|line| {
            let other = theirs.lines().find(|other| other.path == line.path).map_or("", |other| &other.value);
            (other != line.value).then(|| (line.label.clone(), line.value.clone(), other.to_owned()))
        })
        .collect()
}

/// The law's name of the kind, if it is known.
pub fn kind_label(checked: &Checked) -> String {
    checked.kind().map_or_else(
        || "chưa rõ phương thức kê khai".to_owned(),
        |kind: Kind| crate::person::model::kind_label(kind).to_owned(),
    )
}
