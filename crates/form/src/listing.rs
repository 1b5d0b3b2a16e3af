//! The form, one line per field, for people to compare with the printed appendix.
use std::fmt::Write;

use serde_json::Value;

use crate::ruleset::Needs;
use crate::{Field, Form, LawBook, RuleDef, RuleSet};

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

/// The catalogue of rules as Markdown: for each its severity, what it says, its article, whether it is run on a declaration;
/// then what the rule sets that follow state in its place, and what is pointed out to the control agency.
pub fn rules_table(book: &LawBook, rules: &RuleSet) -> String {
    let mut lines = vec![
        "# Danh mục quy tắc kiểm tra bản kê khai".to_owned(),
        String::new(),
        format!("{} (`{}`). Tệp này do `./dev rules` lập từ `law/`; không sửa tay.", rules.facts.name, rules.id()),
        String::new(),
        "Mức: **B** chặn việc gửi trực tuyến, là thiếu sót được ghi nhận trên bản giấy; **W** cần lý do; **I** để biết; **S** dấu hiệu dành cho cơ quan kiểm soát. Ví dụ đúng và sai của từng quy tắc: `crates/form/tests/rules/`.".to_owned(),
    ];
    for (letter, heading) in GROUPS {
        lines.extend([String::new(), format!("## {letter}. {heading}"), String::new()]);
        lines.extend([HEAD.to_owned(), RULE.to_owned()]);
        lines.extend(rules.rules.iter().filter(|rule| rule.id.starts_with(letter)).map(|rule| row_of(rules, rule)));
    }
    let own = |set: &RuleSet| -> Vec<String> {
        let is_own = |rule: &&RuleDef| {
            rules.rule(&rule.id).is_none_or(|before| crate::hash::of(before) != crate::hash::of(rule))
        };
        set.rules.iter().filter(is_own).map(|rule| row_of(set, rule)).collect()
    };
    let following = book.rule_sets.iter().filter(|set| set.facts.follows.as_deref() == Some(rules.id()));
    for (set, rows) in following.map(|set| (set, own(set))).filter(|(_, rows)| !rows.is_empty()) {
        lines.extend([String::new(), format!("## Riêng của `{}`", set.id()), String::new()]);
        let from = viet::date::format_short(set.facts.from);
        lines.push(format!("Từ ngày {from}, thay cho quy tắc cùng mã ở trên."));
        lines.extend([String::new(), HEAD.to_owned(), RULE.to_owned()]);
        lines.extend(rows);
    }
    lines.extend([String::new(), "## Dấu hiệu cho cơ quan kiểm soát".to_owned(), String::new()]);
    lines.push("Mức **S**, `law/signals.toml`. Tìm vào lúc cơ quan kiểm soát mở bản kê khai, không nói với người kê khai hay đơn vị, không lưu vào bản kê khai; là chênh lệch cần làm rõ, không phải là nhận xét. Mức tiền theo bộ quy tắc của bản kê khai.".to_owned());
    lines.extend([String::new(), "| Mã | Quy tắc | Nói với cơ quan kiểm soát | Căn cứ | Từ ngày |".to_owned()]);
    lines.push("|---|---|---|---|---|".to_owned());
    lines.extend(book.signals.iter().map(|signal| {
        let from = signal.from.map(viet::date::format_short).unwrap_or_default();
        let until = signal.until.map(|day| format!(" đến {}", viet::date::format_short(day))).unwrap_or_default();
        let said = said(signal);
        format!("| {} | {} | {said} | {} | {from}{until} |", signal.id, signal.title, rules.cite(&signal.basis))
    }));
    lines.join("\n") + "\n"
}

const HEAD: &str = "| Mã | Mức | Quy tắc | Nói với người kê khai | Căn cứ | Áp dụng |";
const RULE: &str = "|---|---|---|---|---|---|";

fn said(rule: &RuleDef) -> String {
    [&rule.message, &rule.mend].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn row_of(rules: &RuleSet, rule: &RuleDef) -> String {
    let applied = rule.needs.map_or("bản kê khai", Needs::label);
    format!(
        "| {} | {} | {} | {} | {} | {applied} |",
        rule.id,
        rule.severity.letter(),
        rule.title,
        said(rule),
        rules.cite(&rule.basis)
    )
}
