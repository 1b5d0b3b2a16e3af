//! A section as its page shows it: boxes with label, hint, the law's note, the raw text and its error.
use askama::Template;
use form::{Channel, Field, FieldType, Required, RuleSet};
use serde_json::Value;

use super::carry::{self, Fate};
use super::holder::{self, Child};
use super::typed::{MARK, Typed};
use super::wizard::{ISSUED, Section, Shape, Slot, UNDETERMINED};
use crate::kernel::web::FieldErrors;

/// The law's note beside a box.
#[derive(Debug, Clone)]
pub struct Note {
    pub text: String,
    pub source: String,
}

impl Note {
    pub fn find(rules: &RuleSet, key: Option<&str>) -> Option<Self> {
        let key = key?;
        Some(Self { text: rules.note(key)?.text.trim().to_owned(), source: rules.cite_note(key)? })
    }
}

/// One answer to choose; what it opens stands below it.
#[derive(Debug, Clone)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub opens: Vec<Question>,
}

/// Which box a question is answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Widget {
    Line,
    Lines,
    Money,
    Area,
    Select,
    Radios,
}

/// One question of a section's page.
#[derive(Debug, Clone, Template)]
#[template(path = "declaration/pages/question.html")]
pub struct Question {
    pub name: String,
    pub label: String,
    pub hint: String,
    pub value: String,
    pub error: String,
    pub widget: Widget,
    pub choices: Vec<Choice>,
    /// "numeric" where digits are typed.
    pub mode: &'static str,
    /// Width in characters, as the macros know it; empty for the whole line.
    pub width: &'static str,
    pub note: Option<Note>,
}

/// One entry of a section, or what stands beside the entries.
#[derive(Debug, Clone)]
pub struct Entry {
    /// "Thửa thứ hai"; empty where there is only one.
    pub label: String,
    pub index: usize,
    pub questions: Vec<Question>,
    /// Names and values the page carries along unseen.
    pub hidden: Vec<(String, String)>,
}

/// What a page needs to know beside the section itself.
pub struct Facts<'a> {
    pub rules: &'a RuleSet,
    pub errors: &'a FieldErrors,
    /// The children the draft names: whoever may hold an asset.
    pub children: Vec<Child>,
    /// The sum of the income's parts, where it is known.
    pub income: Option<i64>,
}

/// The entries of a section, at least one to write in.
pub fn entries(section: &Section<'_>, typed: &Typed, facts: &Facts<'_>, one_more: bool) -> Vec<Entry> {
    let is_single = matches!(section.shape, Shape::Once | Shape::Optional);
    let count = if is_single { 1 } else { (typed.entries.len() + usize::from(one_more)).max(1) };
    (0..count)
        .map(|index| Entry {
            label: if is_single { String::new() } else { section.entry_label(index + 1) },
            index,
            questions: match fate(section, index, typed) {
                // What is gone need not be looked through: its boxes open below "Vẫn còn".
                Some(mut fate) => {
                    if let Some(kept) = fate.choices.first_mut() {
                        kept.opens = questions(section, index, typed, facts);
                    }
                    vec![fate]
                }
                None => questions(section, index, typed, facts),
            },
            hidden: hidden(section, index, typed),
        })
        .collect()
}

/// What the page carries along unseen for an entry; a new asset gets its mark here.
fn hidden(section: &Section<'_>, index: usize, typed: &Typed) -> Vec<(String, String)> {
    let named = carry::HIDDEN.iter().map(|key| format!("e{index}.{key}"));
    let mut hidden: Vec<_> =
        named.map(|name| (name.clone(), typed.text(&name).to_owned())).filter(|(_, value)| !value.is_empty()).collect();
    // Of a child the mark is what assets name it by.
    let is_new = match section.path {
        "assets[]" => hidden.is_empty(),
        "children[]" => typed.text(&format!("e{index}.{MARK}")).is_empty(),
        _ => false,
    };
    if is_new {
        let known = if section.path == "children[]" { holder::marks(typed).into_iter().nth(index) } else { None };
        let mark = known.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        hidden.push((format!("e{index}.{MARK}"), mark));
    }
    hidden
}

/// What became of an asset that was declared last time.
fn fate(section: &Section<'_>, index: usize, typed: &Typed) -> Option<Question> {
    let is_asset = section.path == "assets[]" && carry::is_carried(typed, index);
    is_asset.then(|| {
        let name = carry::fate_name(index);
        let said = typed.text(&name).to_owned();
        let choice = |fate: Fate| Choice { value: fate.word().into(), label: fate.label().into(), opens: Vec::new() };
        Question {
            label: "Đã khai lần trước. Đến nay".to_owned(),
            hint: String::new(),
            value: if said.is_empty() { Fate::Kept.word().to_owned() } else { said },
            error: String::new(),
            widget: Widget::Radios,
            choices: Fate::ALL.into_iter().map(choice).collect(),
            mode: "",
            width: "",
            note: None,
            name,
        }
    })
}

/// The questions asked once, beside the entries.
pub fn tops(section: &Section<'_>, typed: &Typed, facts: &Facts<'_>) -> Vec<Question> {
    let mut asked: Vec<_> =
        section.tops.iter().map(|slot| question(slot, format!("t.{}", slot.path), typed, facts)).collect();
    if let Some(sum) = facts.income.filter(|_| section.table.is_some()) {
        let sum = format!("Tổng bốn khoản đã ghi ở mục tổng thu nhập là {} đồng.", viet::number::group(sum));
        asked
            .iter_mut()
            .filter(|question| question.widget == Widget::Money)
            .for_each(|question| question.hint = sum.clone());
    }
    asked
}

fn questions(section: &Section<'_>, index: usize, typed: &Typed, facts: &Facts<'_>) -> Vec<Question> {
    let name = |slot: &Slot<'_>| format!("e{index}.{}", slot.path);
    let mut asked: Vec<Question> =
        section.table.map(|table| row_question(table, index, typed, facts)).into_iter().collect();
    let mut slots = section.slots.iter().peekable();
    while let Some(slot) = slots.next() {
        let Some(whole) = slot.whole else {
            asked.push(question(slot, name(slot), typed, facts));
            continue;
        };
        // A compound: its first part chooses; the parts that hang on one answer open below that answer.
        let mut first = question(slot, name(slot), typed, facts);
        first.label = whole.label.clone();
        first.note = Note::find(facts.rules, whole.help.as_deref());
        let mut after = Vec::new();
        while let Some(part) = slots.next_if(|next| next.whole.is_some_and(|other| other.key == whole.key)) {
            let mut shown = question(part, name(part), typed, facts);
            shown.note = None; // the whole's own note stands above
            let opened_by = [ISSUED, UNDETERMINED]
                .into_iter()
                .find(|code| Section::applies(part, code) && !Section::applies(part, ""));
            match opened_by.and_then(|code| first.choices.iter_mut().find(|choice| choice.value == code)) {
                Some(choice) => choice.opens.push(shown),
                None => after.push(shown),
            }
        }
        asked.push(first);
        asked.extend(after);
    }
    asked
}

/// Which row of the table a change stands in.
fn row_question(table: &form::ChangeTable, index: usize, typed: &Typed, facts: &Facts<'_>) -> Question {
    let name = format!("e{index}.code");
    let rows = table.rows.iter().filter_map(|row| Some((row.code.as_ref()?, format!("{}. {}", row.number, row.label))));
    Question {
        label: table.row_heading.clone(),
        hint: String::new(),
        value: typed.text(&name).to_owned(),
        error: facts.errors.on(&name).to_owned(),
        widget: Widget::Select,
        choices: rows.map(|(code, label)| Choice { value: code.clone(), label, opens: Vec::new() }).collect(),
        mode: "",
        width: "",
        note: None,
        name,
    }
}

fn question(slot: &Slot<'_>, name: String, typed: &Typed, facts: &Facts<'_>) -> Question {
    let field = slot.field;
    let (widget, mode, width) = widget(field);
    Question {
        label: label(field),
        hint: hint(field),
        value: match field.field_type {
            FieldType::Holder => holder::chosen(typed.text(&name), &facts.children),
            _ => typed.text(&name).to_owned(),
        },
        error: facts.errors.on(&name).to_owned(),
        widget,
        choices: choices(field, &facts.children),
        mode,
        width,
        note: Note::find(facts.rules, field.help.as_deref()),
        name,
    }
}

/// More answers than these are chosen from a list.
const RADIOS: usize = 6;

fn widget(field: &Field) -> (Widget, &'static str, &'static str) {
    match field.field_type {
        FieldType::Amount => (Widget::Money, "", ""),
        FieldType::Area => (Widget::Area, "", ""),
        FieldType::LongText | FieldType::Address => (Widget::Lines, "", ""),
        FieldType::Enum if field.options.len() > RADIOS => (Widget::Select, "", ""),
        FieldType::Enum => (Widget::Radios, "", ""),
        FieldType::Holder => (Widget::Select, "", ""),
        FieldType::Date => (Widget::Line, "numeric", "10"),
        FieldType::Year => (Widget::Line, "numeric", "5"),
        FieldType::IdNo | FieldType::ForeignAmount => (Widget::Line, "", "20"),
        FieldType::Currency => (Widget::Line, "", "5"),
        FieldType::Quantity | FieldType::SignedQuantity | FieldType::Registration | FieldType::AccountNo => {
            (Widget::Line, "", "20")
        }
        FieldType::Text
        | FieldType::Name
        | FieldType::Org
        | FieldType::Position
        | FieldType::Value
        | FieldType::Certificate
        | FieldType::CertificateNo
        | FieldType::Country
        | FieldType::Kind
        | FieldType::ItemCodes => (Widget::Line, "", ""),
    }
}

/// The label, with the word for what may be left empty.
fn label(field: &Field) -> String {
    let says_so = field.label.contains("(nếu có)");
    match field.required {
        Required::No if !says_so => format!("{} (không bắt buộc)", field.label),
        _ => field.label.clone(),
    }
}

fn hint(field: &Field) -> String {
    let example = match field.field_type {
        FieldType::Date => "Ví dụ 05/02/2016",
        FieldType::Amount => "Ví dụ 1.234.567.890 hoặc 5,2 tỷ",
        FieldType::Area => "Ví dụ 250,5",
        FieldType::Year => "Ví dụ 2018",
        FieldType::ForeignAmount => "Ví dụ 12.000,50",
        FieldType::Currency => "Ví dụ USD",
        FieldType::Quantity => "Ghi cả đơn vị, ví dụ 1.900 cây",
        FieldType::SignedQuantity => "Ghi dấu cộng (+) khi tăng, dấu trừ (-) khi giảm, ví dụ + 1 thửa",
        _ => "",
    };
    let condition = match field.required {
        Required::Always | Required::No | Required::OnReceipt | Required::UnlessIncomeRow => String::new(),
        condition => format!("Ghi {}", condition.describe()),
    };
    let example = field.example.as_ref().map_or(example.to_owned(), |example| format!("Ví dụ {example}"));
    let absent = field.absent_words.first().map_or_else(String::new, |word| format!("Nếu không có thì ghi “{word}”"));
    let parts: Vec<_> = [condition, example, absent].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(". ")
}

fn choices(field: &Field, children: &[Child]) -> Vec<Choice> {
    let choice = |value: String, label: String| Choice { value, label, opens: Vec::new() };
    match field.field_type {
        FieldType::Enum => {
            let online = field.options.iter().filter(|option| option.channel != Some(Channel::Paper));
            online.map(|option| choice(option.code.clone(), option.label.clone())).collect()
        }
        FieldType::Holder => {
            let label = |code: String| form::display(field, &Value::String(code));
            let family = ["SELF", "SPOUSE", "JOINT"].map(|code| choice(code.to_owned(), label(code.to_owned())));
            let child = |(index, child): (usize, &Child)| {
                let nth = label(format!("CHILD({})", index + 1));
                let label = if child.name.is_empty() { nth } else { format!("{nth}: {}", child.name) };
                choice(holder::choice(child), label)
            };
            family.into_iter().chain(children.iter().enumerate().map(child)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::wizard;
    use form::{Kind, LawBook};

    fn shown(code: &str, names: &[(&str, &str)], errors: &FieldErrors) -> Vec<Entry> {
        let law = LawBook::embedded().unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let form = rules.form_for(Kind::Annual).unwrap();
        let sections = wizard::sections(form, Kind::Annual);
        let section = sections.iter().find(|section| section.code == code).unwrap();
        let child = |name: &str| Child { mark: name.to_lowercase(), name: name.to_owned() };
        let facts = Facts { rules, errors, children: vec![child(""), child("Lê An")], income: None };
        entries(section, &Typed::from_names(names.iter().copied()), &facts, false)
    }

    #[test]
    fn every_box_of_a_plot_is_on_its_page_once() {
        let entries = shown("LAND_RES", &[("e0.area_m2", "x")], &FieldErrors::default());
        let mut names = Vec::new();
        for question in &entries[0].questions {
            names.push(question.name.as_str());
            names.extend(question.choices.iter().flat_map(|choice| &choice.opens).map(|opened| opened.name.as_str()));
        }
        names.sort_unstable();
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        let sections = wizard::sections(form, Kind::Annual);
        let land = sections.iter().find(|section| section.code == "LAND_RES").unwrap();
        let mut wanted: Vec<_> = land.slots.iter().map(|slot| format!("e0.{}", slot.path)).collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
    }

    #[test]
    fn parts_that_hang_on_an_answer_open_below_it_and_paper_only_answers_are_not_offered() {
        let entries = shown("LAND_RES", &[], &FieldErrors::default());
        let value = entries[0].questions.iter().find(|question| question.name == "e0.value.kind").unwrap();
        let codes: Vec<_> = value.choices.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(codes, ["PURCHASE", "BUILD", "GIFT_INHERIT_ESTIMATE", "UNDETERMINED"]);
        assert_eq!(value.choices[3].opens[0].name, "e0.value.reason");
        assert_eq!(value.label, "Giá trị");
        let holder = entries[0].questions.iter().find(|question| question.name == "e0.holder").unwrap();
        assert_eq!(holder.choices.len(), 5);
        assert_eq!(holder.choices[3].label, "Con thứ nhất");
        assert_eq!(holder.choices[4].label, "Con thứ hai: Lê An");
    }

    #[test]
    fn a_wrong_text_is_shown_with_its_error_and_the_law() {
        let mut errors = FieldErrors::default();
        errors.add("e0.area_m2", "Diện tích: sai.");
        let entries = shown("LAND_RES", &[("e0.area_m2", "<b>hai trăm"), ("e0.address", "x")], &errors);
        let area = entries[0].questions.iter().find(|question| question.name == "e0.area_m2").unwrap();
        assert_eq!(area.value, "<b>hai trăm");
        let html = area.render().unwrap();
        assert!(html.contains("&#60;b&#62;hai trăm") && !html.contains("<b>hai"), "{html}");
        assert!(html.contains("Diện tích: sai.") && html.contains("hướng dẫn số 9"), "{html}");
    }
}
