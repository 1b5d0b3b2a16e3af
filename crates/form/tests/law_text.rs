//! The definition against the tables it was written from (law-4.2-4.5.md), field by field.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use form::{Field, FieldType, Form, Item, LawBook, Required};
use viet::text::fold;

const TEXT: &str = include_str!("data/law-4.2-4.5.md");

fn forms() -> (Form, Form) {
    let mut rules = LawBook::embedded().unwrap().rule_sets.remove(0);
    let second = rules.forms.remove(1);
    (rules.forms.remove(0), second)
}

/// The cells of a section's table rows, without heading and rule lines.
fn rows(section: &str) -> Vec<Vec<String>> {
    let start = TEXT.find(&format!("### {section} ")).unwrap();
    let part = &TEXT[start + 4..];
    let part = &part[..part.find("\n### ").unwrap_or(part.len())];
    let first_table = part.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    first_table
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace("**", "")).collect())
        .collect()
}

fn backticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// "7–12" and "14, 15": the numbers a text starts with, until it turns to words.
fn numbers(text: &str) -> Vec<u32> {
    let lead: String = text.chars().take_while(|c| c.is_ascii_digit() || " ,–()".contains(*c)).collect();
    let mut found = Vec::new();
    for part in lead.split([',', '(', ')', ' ']).filter(|part| !part.is_empty()) {
        match part.split_once('–') {
            Some((from, to)) => found.extend(from.parse::<u32>().unwrap()..=to.parse::<u32>().unwrap()),
            None => found.extend(part.parse::<u32>()),
        }
    }
    found
}

/// One label names the other, marks and case aside.
fn names(law: &str, field: &Field) -> bool {
    let law = fold(law);
    let labels = [Some(&field.label), field.printed.as_ref()].into_iter().flatten().chain(&field.also);
    labels.map(|label| fold(label)).any(|label| !label.is_empty() && (label.contains(&law) || law.contains(&label)))
}

/// The document paths of a cell such as "`s.full_name`, `s.dob`" or "`c.id_no/_date/_place`".
fn paths(cell: &str) -> Vec<String> {
    let expand = |path: &str| match path.split_once('/') {
        Some((first, _)) => {
            let stem = first.strip_suffix("_no").unwrap();
            ["_no", "_date", "_place"].map(|end| format!("{stem}{end}")).to_vec()
        }
        None => vec![path.to_owned()],
    };
    backticked(cell).into_iter().flat_map(expand).collect()
}

fn field_of<'a>(form: &'a Form, path: &str) -> &'a Field {
    let (item, key) = match path.split_once('.') {
        Some(("d", key)) => ("DECLARANT", key),
        Some(("s", key)) => ("SPOUSE", key),
        Some(("c", key)) => ("CHILD", key),
        _ => return form.header.fields.iter().find(|field| field.key == path).unwrap_or_else(|| panic!("{path}")),
    };
    form.item(item).and_then(|item| item.field(key)).unwrap_or_else(|| panic!("{path}"))
}

#[test]
fn header_and_section_one() {
    let (form, _) = forms();
    let mut seen = BTreeSet::new();
    for row in rows("4.2") {
        let [path, label, types, required, note] = &row[..] else { panic!("{row:?}") };
        let paths = paths(path);
        let labels: Vec<_> = label.split([';', ',']).map(str::trim).collect();
        let types: Vec<_> = types.split('/').map(str::trim).collect();
        for (at, path) in paths.iter().enumerate() {
            let field = field_of(&form, path);
            assert!(seen.insert(path.clone()), "{path} twice");
            let label = if labels.len() == paths.len() { labels[at] } else { label };
            assert!(is_label(label, field), "{path}: “{label}” or “{}”", field.label);
            if types.len() == paths.len() && !types[at].is_empty() {
                assert!(is_type(types[at], field.field_type), "{path}: {} or {:?}", types[at], field.field_type);
            }
            assert!(is_required(required, path, field.required), "{path}: {required} or {:?}", field.required);
            for number in numbers(note) {
                assert_eq!(field.help, Some(format!("PL1.{number}")), "{path}");
            }
        }
    }
    let persons = [("DECLARANT", "d"), ("SPOUSE", "s"), ("CHILD", "c")];
    let person_paths = persons.into_iter().flat_map(|(code, letter)| {
        form.item(code).unwrap().fields.iter().map(move |field| format!("{letter}.{}", field.key))
    });
    let all: BTreeSet<_> = form.header.fields.iter().map(|field| field.key.clone()).chain(person_paths).collect();
    assert_eq!(seen, all, "a field stands on one side only");
}

fn is_label(law: &str, field: &Field) -> bool {
    match (law, field.field_type) {
        ("CCCD/CMND" | "CCCD", _) => field.key.starts_with("id_"),
        (_, FieldType::Kind) => law.starts_with("BẢN KÊ KHAI TÀI SẢN, THU NHẬP"),
        ("(Ngày … tháng … năm …)", _) => field.printed.as_deref() == Some("(Ngày {dd} tháng {mm} năm {yyyy})"),
        _ => names(law.trim_matches(['(', ')']), field) || (law == "ngày sinh" && field.key == "dob"),
    }
}

fn is_type(law: &str, found: FieldType) -> bool {
    match law {
        "ref org" => found == FieldType::Org,
        "enum" => found == FieldType::Kind,
        "date" => found == FieldType::Date,
        "address" => found == FieldType::Address,
        "text+code" => found == FieldType::Position,
        // A workplace is a body or words such as "nội trợ"; a number has its own check.
        "text" => matches!(found, FieldType::Text | FieldType::Name | FieldType::IdNo | FieldType::Org),
        other => panic!("{other}"),
    }
}

/// Note 3 asks date and place only of a CMND; the spouse's item is there only for the married.
fn is_required(law: &str, path: &str, found: Required) -> bool {
    match law {
        "if issued" => found == Required::IfCardIssued,
        "yes" if path.ends_with("id_date") || path.ends_with("id_place") => found == Required::IfOldIdentityCard,
        "yes" | "yes if married" => found == Required::Always,
        // The row of the children's names and residence leaves it open.
        "" | "text" => found == Required::Always,
        other => panic!("{other}"),
    }
}

#[test]
fn section_two() {
    let (form, _) = forms();
    let mut seen = Vec::new();
    for row in rows("4.3") {
        let [number, heading, _, fields, _, notes] = &row[..] else {
            // Item 3 and 7 leave a cell out; they are headings.
            compare_heading(&form, &row);
            continue;
        };
        for (number, heading) in number.split(" / ").zip(heading.split(" / ")) {
            let item = item_numbered(&form, number);
            compare_name(item, heading);
            let helps = helps(item);
            for note in numbers(notes) {
                assert!(helps.contains(&note), "{number}: note {note} in {helps:?}");
            }
            if item.code.is_some() {
                compare_fields(item, fields);
                seen.push(item.code().to_owned());
            }
        }
    }
    let all: Vec<_> = form.section("ASSETS").unwrap().items.iter().filter_map(|item| item.code.clone()).collect();
    assert_eq!(seen, all, "an item stands on one side only, or the order differs");
}

fn compare_heading(form: &Form, row: &[String]) {
    let item = item_numbered(form, &row[0]);
    assert!(item.code.is_none(), "{row:?}");
    compare_name(item, &row[1]);
}

fn item_numbered<'a>(form: &'a Form, number: &str) -> &'a Item {
    let items = &form.section("ASSETS").unwrap().items;
    items.iter().find(|item| item.number == number).unwrap_or_else(|| panic!("no item {number}"))
}

/// Each part of the law's heading stands in the printed one, which has more words.
fn compare_name(item: &Item, law: &str) {
    for name in law.split(['(', ':']).next().unwrap().split(',') {
        assert!(fold(&item.heading).contains(&fold(name)), "{}: “{name}” or “{}”", item.number, item.heading);
    }
}

fn helps(item: &Item) -> BTreeSet<u32> {
    let fields = item.fields.iter().filter_map(|field| field.help.as_ref());
    item.help.iter().chain(fields).map(|key| key.strip_prefix("PL1.").unwrap().parse().unwrap()).collect()
}

/// The chunks of a sub-field cell with the keys they mean where the words differ from the printed label.
fn keys_of(chunk: &str) -> Option<&'static [&'static str]> {
    match chunk {
        "if foreign: currency, amount + converted VND" => Some(&["foreign_amount", "currency"]),
        "same structure as 1–7 + quốc gia" => Some(&["name", "country", "value"]),
        "free list: loại" | "loại/nơi gửi" | "Tên" => Some(&["name"]),
        "(số lượng)" => Some(&["quantity"]),
        _ => None,
    }
}

fn compare_fields(item: &Item, cell: &str) {
    let cell = cell.replace("các khoản thu nhập chung → VND", "các khoản thu nhập chung");
    let mut seen = BTreeSet::new();
    for chunk in cell.split("; ") {
        if let Some(keys) = keys_of(chunk) {
            seen.extend(keys.iter().map(|key| (*key).to_owned()));
            continue;
        }
        let (label, type_name) = chunk.split_once(" → ").unwrap_or((chunk, ""));
        let mut open = item.fields.iter().filter(|field| field.on_paper && !seen.contains(&field.key));
        let field = open.find(|field| names(label, field)).unwrap_or_else(|| panic!("{}: no “{label}”", item.number));
        assert!(is_asset_type(type_name, field), "{} {label}: {type_name} or {:?}", item.number, field.field_type);
        seen.insert(field.key.clone());
    }
    let all: BTreeSet<_> = item.fields.iter().filter(|field| field.on_paper).map(|field| field.key.clone()).collect();
    assert_eq!(seen, all, "{}: a field stands on one side only", item.number);
}

fn is_asset_type(law: &str, field: &Field) -> bool {
    match law {
        "" => true,
        "address" => field.field_type == FieldType::Address,
        "VND or flag" => field.field_type == FieldType::Value,
        "text" => field.field_type == FieldType::LongText,
        _ if law.starts_with("m²") => field.field_type == FieldType::Area,
        _ if law.starts_with("number") || law.starts_with("no.") => field.field_type == FieldType::Certificate,
        _ => {
            let inner = law.strip_prefix("enum {").and_then(|rest| rest.strip_suffix('}'));
            let codes: Vec<_> = field.options.iter().map(|option| option.code.as_str()).collect();
            inner.is_some_and(|inner| inner.split(", ").collect::<Vec<_>>() == codes)
        }
    }
}

#[test]
fn value_and_certificate_have_the_parts_of_note_10_and_11() {
    let (form, _) = forms();
    let land = form.item("LAND_RES").unwrap();
    let codes = |key: &str, part: &str| -> Vec<String> {
        let field = land.field(key).and_then(|field| field.part(part)).unwrap();
        field.options.iter().map(|option| option.code.clone()).collect()
    };
    let kinds = backticked(TEXT.split("**Value type**").nth(1).unwrap())[0];
    let kinds = kinds.split("kind: ").nth(1).unwrap().split(',').next().unwrap();
    let ours = codes("value", "kind");
    for kind in kinds.split(" | ").map(str::trim) {
        assert!(ours.iter().any(|code| code == kind), "{kind}");
    }
    let statuses = backticked(TEXT.split("**Certificate type**").nth(1).unwrap())[0];
    let statuses = statuses.split("status: ").nth(1).unwrap().split(',').next().unwrap();
    assert_eq!(codes("certificate", "status"), statuses.split(" | ").map(str::trim).collect::<Vec<_>>());
}

#[test]
fn section_three() {
    let (form, _) = forms();
    let table = form.table().unwrap();
    let columns = TEXT.lines().find(|line| line.starts_with("Columns:")).unwrap();
    let mut ours = vec![table.row_heading.clone()];
    ours.extend(table.columns.iter().map(|column| match &column.over {
        // Both columns stand under the spanning heading; the table of the law names it once.
        Some(_) if column.key == "quantity" => format!("Tăng/giảm – {}", column.label),
        _ => column.label.clone(),
    }));
    assert_eq!(backticked(columns), ours);

    let mut seen = Vec::new();
    for row in rows("4.4") {
        let labels: Vec<_> = row[1].split([';', '/']).map(str::trim).collect();
        for (number, label) in row_numbers(&row[0]).iter().zip(labels) {
            let ours = table.rows.iter().find(|row| row.number == *number).unwrap_or_else(|| panic!("row {number}"));
            let code = ours.code.as_deref().unwrap();
            let is_same = match label {
                "registered" => code == "REGISTERED",
                "other" => code == "OTHER",
                _ => fold(&ours.label).contains(&fold(label.trim_end_matches('…').trim_end_matches("(merged)").trim())),
            };
            assert!(is_same, "{number}: “{label}” or “{}”", ours.label);
            seen.push(code.to_owned());
        }
    }
    let all: Vec<_> = table.rows.iter().filter_map(|row| row.code.clone()).collect();
    assert_eq!(seen, all);
}

/// "1.1 / 1.2", "4, 5" and "6.1–6.4".
fn row_numbers(cell: &str) -> Vec<String> {
    if let Some((first, last)) = cell.split_once('–') {
        let (group, from) = first.split_once('.').unwrap();
        let to: u32 = last.rsplit('.').next().unwrap().parse().unwrap();
        return (from.parse::<u32>().unwrap()..=to).map(|nth| format!("{group}.{nth}")).collect();
    }
    cell.split(['/', ',']).map(|number| number.trim().to_owned()).collect()
}

#[test]
fn supplementary_form() {
    let (_, form) = forms();
    let law = rows("4.5");
    let completed_on = form.header.fields.iter().find(|field| field.key == "completed_on").unwrap();
    assert_eq!(numbers(&law[0][2]), [completed_on.note.unwrap()]);
    for (row, section) in law[1..].iter().zip(&form.sections) {
        let (number, heading) = row[0].split_once(". ").unwrap();
        assert_eq!(section.number, number);
        assert!(fold(&section.heading).starts_with(&fold(heading)), "{heading}");
        let columns = section.table.iter().flat_map(|table| &table.columns);
        let helps: Vec<_> = columns.filter_map(|column| column.help.clone()).chain(section.help.clone()).collect();
        let expected: Vec<_> = numbers(&row[2]).into_iter().map(|number| format!("PL2.{number}")).collect();
        assert_eq!(helps, expected, "section {number}");
    }
    assert_eq!(law.len() - 1, form.sections.len());
}
