//! The form, one line per field, for people to compare with the printed appendix.
use std::fmt::Write;

use serde_json::Value;

use crate::ruleset::Needs;
use crate::{Field, Form, RuleDef, RuleSet};

/// `path | printed label | type | required | note`, with the numbered headings between. In paths of assets the item
/// code stands where a document has an index: `assets[LAND_RES].value.amount`.
pub fn listing(form: &Form) -> String {
    let mut lines = Lines(String::new());
    lines.heading(&form.code, &form.name);
    form.header.fields.iter().for_each(|field| lines.field("", field));
    for section in &form.sections {
        lines.heading(&section.number, &with_note(&section.heading, section.note));
        for item in &section.items {
            lines.heading(&item.number, &with_note(&item.heading, item.note));
            let path = item.path.replace("[]", &format!("[{}]", item.code()));
            item.fields.iter().for_each(|field| lines.field(&path, field));
        }
        if let Some(table) = &section.table {
            lines.text(&table.no_change_path, &table.no_change_label);
            for row in &table.rows {
                let code = row.code.as_deref().unwrap_or("-");
                lines.heading(&row.number, &format!("{} [{code}]", row.label));
            }
            table.columns.iter().for_each(|column| lines.field(&table.path, column));
        }
    }
    form.extras.iter().for_each(|extra| lines.field("", &extra.field));
    for signature in &form.signatures {
        lines.heading(&signature.code, &signature.heading);
        signature.fields.iter().for_each(|field| lines.field(signature.path.as_deref().unwrap_or(""), field));
    }
    lines.0
}

struct Lines(String);

impl Lines {
    fn heading(&mut self, number: &str, text: &str) {
        self.line(&format!("# {number}. {text}"));
    }

    fn text(&mut self, path: &str, label: &str) {
        self.line(&format!("{path} | {label} | boolean | |"));
    }

    fn field(&mut self, parent: &str, field: &Field) {
        let path = if parent.is_empty() { field.key.clone() } else { format!("{parent}.{}", field.key) };
        let label = field.printed_label();
        let note = field.help.as_deref().unwrap_or("");
        let required = field.required.describe();
        self.line(&format!("{path} | {label} | {} | {required} | {note}", type_name(field)));
        field.parts.iter().for_each(|part| self.field(&path, part));
    }

    fn line(&mut self, text: &str) {
        writeln!(self.0, "{text}").expect("writing to a String cannot fail");
    }
}

fn with_note(heading: &str, note: Option<u32>) -> String {
    note.map_or_else(|| heading.to_owned(), |number| format!("{heading} ({number})"))
}

fn type_name(field: &Field) -> String {
    let name = match serde_json::to_value(field.field_type) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    let codes: Vec<_> = field.options.iter().map(|option| option.code.as_str()).collect();
    if codes.is_empty() { name } else { format!("{name}: {}", codes.join(", ")) }
}

/// Headings of the catalogue's groups, by the letter its rules begin with (law.md §12.2).
const GROUPS: [(char, &str); 7] = [
    ('G', "Chung"),
    ('P', "Bản thân và gia đình"),
    ('R', "Nhà, đất, công trình"),
    ('M', "Động sản"),
    ('A', "Tài sản, tài khoản ở nước ngoài"),
    ('I', "Thu nhập và biến động"),
    ('X', "Quy trình"),
];

/// The catalogue of rules as Markdown: for each its severity, what it says, its article, whether it is run on a declaration.
pub fn rules_table(rules: &RuleSet) -> String {
    let mut lines = vec![
        "# Danh mục quy tắc kiểm tra bản kê khai".to_owned(),
        String::new(),
        format!("{} (`{}`). Tệp này do `./dev rules` lập từ `law/`; không sửa tay.", rules.facts.name, rules.id()),
        String::new(),
        "Mức: **B** chặn việc gửi trực tuyến, là thiếu sót được ghi nhận trên bản giấy; **W** cần lý do; **I** để biết; **S** dấu hiệu dành cho cơ quan kiểm soát. Ví dụ đúng và sai của từng quy tắc: `crates/form/tests/rules/`.".to_owned(),
    ];
    for (letter, heading) in GROUPS {
        lines.extend([String::new(), format!("## {letter}. {heading}"), String::new()]);
        lines.push("| Mã | Mức | Quy tắc | Nói với người kê khai | Căn cứ | Áp dụng |".to_owned());
        lines.push("|---|---|---|---|---|---|".to_owned());
        lines.extend(rules.rules.iter().filter(|rule| rule.id.starts_with(letter)).map(|rule| row_of(rules, rule)));
    }
    lines.join("\n") + "\n"
}

fn row_of(rules: &RuleSet, rule: &RuleDef) -> String {
    let said: Vec<_> = [&rule.message, &rule.mend].into_iter().flatten().map(String::as_str).collect();
    let applied = rule.needs.map_or("bản kê khai", Needs::label);
    format!(
        "| {} | {} | {} | {} | {} | {applied} |",
        rule.id,
        rule.severity.letter(),
        rule.title,
        said.join(" "),
        rules.cite(&rule.basis)
    )
}
