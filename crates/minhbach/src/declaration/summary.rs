//! What a declaration says, section by section, for reading: before sending, after sending, at the unit.
use form::doc::{self, Answer};
use form::{Form, Kind, Required, display};
use serde_json::Value;

use super::wizard::{self, Section, Shape, Slot};

/// A line of `ui::summary_list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    pub value: String,
    /// Where it is changed; empty where it is not.
    pub href: String,
}

/// A section, or one entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Printed part it begins ("II. Thông tin mô tả về tài sản"); empty when the part goes on.
    pub part: String,
    /// Empty when the section goes on with another entry.
    pub title: String,
    pub slug: String,
    /// "Thửa thứ hai".
    pub label: String,
    /// Said in place of rows: "Không có", "Chưa ghi".
    pub said: String,
    pub rows: Vec<Row>,
}

/// The whole document in the form's order. `base`: address under which sections are changed; empty for a record.
pub fn blocks(form: &Form, kind: Kind, document: &Value, base: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut part = "";
    for section in wizard::sections(form, kind) {
        let mut of_section = section_blocks(form, kind, &section, document, base);
        if section.part != part
            && let Some(first) = of_section.first_mut()
        {
            part = section.part;
            first.part = form
                .section(part)
                .map_or_else(String::new, |s| format!("{}. {}", s.number, wizard::sentence_case(&s.heading)));
        }
        blocks.extend(of_section);
    }
    blocks
}

fn section_blocks(form: &Form, kind: Kind, section: &Section<'_>, document: &Value, base: &str) -> Vec<Block> {
    let href = |name: &str| if base.is_empty() { String::new() } else { format!("{base}/{}#{name}", section.slug) };
    let block = |title: String, label: String, said: &str, rows: Vec<Row>| Block {
        part: String::new(),
        title,
        slug: section.slug.clone(),
        label,
        said: said.to_owned(),
        rows,
    };
    let root = section.path.trim_end_matches("[]");
    let tops = |prefix: &str| rows(&section.tops, document, prefix, |slot| href(&format!("t.{}", slot.path)));
    match section.shape {
        Shape::Once | Shape::Optional => {
            let is_there = document.get(root).is_some_and(Value::is_object);
            let mut all = tops("");
            if is_there {
                all.extend(rows(&section.slots, document, &format!("{root}."), |slot| {
                    href(&format!("e0.{}", slot.path))
                }));
            }
            let said = if is_there { "" } else { absence(section, document) };
            vec![block(section.title(), String::new(), said, all)]
        }
        Shape::Many => {
            let found = elements(section, document);
            if found.is_empty() {
                return vec![block(section.title(), String::new(), absence(section, document), Vec::new())];
            }
            let of_entry = |(nth, path): (usize, String)| {
                let title = if nth == 0 { section.title() } else { String::new() };
                let rows =
                    rows(&section.slots, document, &format!("{path}."), |slot| href(&format!("e{nth}.{}", slot.path)));
                block(title, section.entry_label(nth + 1), "", rows)
            };
            found.into_iter().enumerate().map(of_entry).collect()
        }
        Shape::Changes => changes(form, kind, section, document, &href, &block),
        Shape::Sheet => Vec::new(),
    }
}

fn changes(
    form: &Form,
    kind: Kind,
    section: &Section<'_>,
    document: &Value,
    href: &impl Fn(&str) -> String,
    block: &impl Fn(String, String, &str, Vec<Row>) -> Block,
) -> Vec<Block> {
    let Some(table) = section.table else { return Vec::new() };
    let standing = wizard::standing_rows(form, kind, table);
    let says_none = doc::get(document, &table.no_change_path).and_then(Value::as_bool);
    let said = match says_none {
        Some(true) => table.no_change_label.as_str(),
        Some(false) => "",
        None => NOT_WRITTEN,
    };
    let mut blocks = vec![block(section.title(), String::new(), said, Vec::new())];
    let mut entry = 0;
    for path in elements(section, document) {
        let code = doc::text(document, &format!("{path}.code")).unwrap_or_default().to_owned();
        let is_standing = standing.contains(&code.as_str());
        let prefix = if is_standing { format!("t.{code}") } else { format!("e{entry}") };
        entry += usize::from(!is_standing);
        let label = form.change_row(&code).map_or_else(String::new, |row| format!("{}. {}", row.number, row.label));
        let slots: Vec<_> = section
            .slots
            .iter()
            .filter(|slot| !(is_standing && slot.field.required == Required::UnlessIncomeRow))
            .cloned()
            .collect();
        let rows = rows(&slots, document, &format!("{path}."), |slot| href(&format!("{prefix}.{}", slot.path)));
        blocks.push(block(String::new(), label, "", rows));
    }
    blocks
}

/// The paths of a section's objects in the document.
fn elements(section: &Section<'_>, document: &Value) -> Vec<String> {
    let root = section.path.trim_end_matches("[]");
    let list = document.get(root).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_mine = |value: &Value| root != "assets" || value.get("code").and_then(Value::as_str) == Some(section.code);
    let mine = list.iter().enumerate().filter(|(_, value)| is_mine(value));
    mine.map(|(index, _)| format!("{root}[{index}]")).collect()
}

const NOT_WRITTEN: &str = "Chưa ghi";

/// An item said not to exist, or not spoken of.
fn absence(section: &Section<'_>, document: &Value) -> &'static str {
    let none = document.get("none").and_then(Value::as_array);
    let says_none = none.is_some_and(|codes| codes.iter().any(|code| code == section.code));
    let is_asset = section.path == "assets[]";
    if says_none || (!is_asset && section.asks()) { "Không có" } else { NOT_WRITTEN }
}

/// Lines for what was answered, and for what every such entry must answer.
fn rows(slots: &[Slot<'_>], document: &Value, prefix: &str, href: impl Fn(&Slot<'_>) -> String) -> Vec<Row> {
    let shown = |slot: &Slot<'_>| match doc::answer(document, &format!("{prefix}{}", slot.path)) {
        Answer::Known(value) => Some(display(slot.field, value)),
        Answer::Missing(missing) => Some(display(slot.field, &missing.to_value())),
        Answer::Absent if slot.field.required == Required::Always => Some(String::new()),
        Answer::Absent => None,
    };
    let key = |slot: &Slot<'_>| match slot.whole {
        Some(whole) if whole.parts.first().is_some_and(|first| first.key == slot.field.key) => whole.label.clone(),
        _ => slot.field.label.clone(),
    };
    slots.iter().filter_map(|slot| Some(Row { key: key(slot), value: shown(slot)?, href: href(slot) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use form::LawBook;

    fn annual() -> Value {
        serde_json::from_str(include_str!("../../../form/tests/data/annual.json")).unwrap()
    }

    #[test]
    fn a_record_reads_in_the_forms_order_with_units_and_words() {
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        let blocks = blocks(form, Kind::Annual, &annual(), "");
        let land = blocks.iter().find(|block| block.title == "1.1. Đất ở").unwrap();
        let value = |key: &str| land.rows.iter().find(|row| row.key == key).map(|row| row.value.as_str());
        assert_eq!(value("Diện tích"), Some("250,5 m²"));
        assert_eq!(value("Số tiền"), Some("805.000.000 đồng"));
        assert_eq!(value("Giá trị"), Some("Giá mua, nhận chuyển nhượng cộng thuế, phí"));
        assert_eq!(value("Lý do không xác định được giá trị"), None);
        assert!(land.rows.iter().all(|row| row.href.is_empty()));
        let abroad = blocks.iter().find(|block| block.title.starts_with("8. ")).unwrap();
        assert_eq!(abroad.said, "Không có");
        let parts: Vec<_> =
            blocks.iter().filter(|block| !block.part.is_empty()).map(|block| block.part.as_str()).collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], "I. Thông tin chung");
    }

    #[test]
    fn before_sending_every_line_leads_to_its_box() {
        let law = LawBook::embedded().unwrap();
        let form = law.get("R1_ND130").unwrap().form_for(Kind::Annual).unwrap();
        let blocks = blocks(form, Kind::Annual, &annual(), "/ke-khai/x");
        let money = blocks.iter().filter(|block| block.slug == "ii-5").nth(1).unwrap();
        assert_eq!(money.label, "Mục thứ hai");
        let amount = money.rows.iter().find(|row| row.key == "Số tiền").unwrap();
        assert_eq!(amount.href, "/ke-khai/x/ii-5#e1.value.amount");
        let income_row = blocks.last().unwrap();
        assert_eq!(income_row.rows[0].href, "/ke-khai/x/iii#t.INCOME.value");
    }
}
