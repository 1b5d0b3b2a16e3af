//! What people type into a field, and how a stored value is shown. Reading never guesses: a text with two meanings is
//! an error that says both.
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use viet::area::{AreaReading, parse_area};
use viet::date::{format_short, parse_date};
use viet::ident::{PersonalId, recognise_personal_id};
use viet::number::{Amount, group, parse_amount};
use viet::text::fold;

use crate::doc::Missing;
use crate::leaves::normalise_text;
use crate::{Field, FieldType, Kind, RuleSet};

/// Why a typed text cannot be stored: what is wrong, where, how to mend it, and the note that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// "không đọc được số tiền “12 x”", without the place.
    pub what: String,
    /// Label of the field.
    pub place: String,
    /// A whole sentence.
    pub mend: String,
    /// Key of the guidance note, if there is one.
    pub note: Option<String>,
}

impl InputError {
    fn new(field: &Field, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), place: field.label.clone(), mend: mend.into(), note: field.help.clone() }
    }

    /// The sentence shown beside the field: "Diện tích: không đọc được … Đề nghị Ông/Bà … (hướng dẫn số 9, …)."
    pub fn sentence(&self, rules: &RuleSet) -> String {
        let cited = self.note.as_deref().and_then(|key| rules.cite_note(key));
        let basis = cited.map_or(String::new(), |cited| format!(" ({cited})"));
        format!("{}: {}. {}{basis}.", self.place, self.what, self.mend)
    }
}

/// Reads a typed text. Empty text is null: whether that is allowed is the rules' business.
pub fn parse_input(field: &Field, text: &str) -> Result<Value, InputError> {
    let text = normalise_text(text);
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if let Some(missing) = absence(field, &text) {
        return Ok(missing.to_value());
    }
    match field.field_type {
        FieldType::Amount => amount(field, &text),
        FieldType::Area => area(field, &text),
        FieldType::ForeignAmount => decimal(field, &text),
        FieldType::Date => date(field, &text),
        FieldType::Year => year(field, &text),
        FieldType::IdNo => id_no(field, &text),
        FieldType::Enum => option(field, &text),
        FieldType::Kind => kind(field, &text),
        FieldType::Holder => holder(field, &text),
        FieldType::Currency => Ok(Value::String(normalise_text(&text.to_uppercase()))),
        FieldType::LongText => Ok(Value::String(text)),
        FieldType::Value | FieldType::Certificate | FieldType::ItemCodes => {
            Err(InputError::new(field, "trường này gồm nhiều phần", "Đề nghị nhập từng phần"))
        }
        FieldType::Text
        | FieldType::Name
        | FieldType::Address
        | FieldType::Org
        | FieldType::Position
        | FieldType::CertificateNo
        | FieldType::Quantity
        | FieldType::SignedQuantity
        | FieldType::Registration
        | FieldType::AccountNo
        | FieldType::Country => Ok(Value::String(text.replace('\n', " "))),
    }
}

fn absence(field: &Field, text: &str) -> Option<Missing> {
    let folded = fold(text);
    if field.absent_words.iter().any(|word| fold(word) == folded) {
        return Some(Missing::None);
    }
    // A text field keeps its words: "không có" is an answer there.
    let is_typed = !matches!(field.field_type, FieldType::LongText | FieldType::Text | FieldType::Enum);
    Missing::ALL.into_iter().find(|missing| is_typed && fold(missing.label()) == folded)
}

fn amount(field: &Field, text: &str) -> Result<Value, InputError> {
    let mend = "Đề nghị Ông/Bà ghi bằng đồng Việt Nam, ví dụ 1.234.567.890 hoặc 5,2 tỷ";
    match parse_amount(text) {
        Ok(Amount::Certain(dong)) => Ok(json!(dong)),
        Ok(Amount::Ambiguous { candidates, .. }) => {
            let meanings: Vec<_> =
                candidates.into_iter().filter_map(|dong| i64::try_from(dong).ok()).map(money).collect();
            let what = format!("“{text}” có thể hiểu là {}", meanings.join(" hoặc "));
            Err(InputError::new(field, what, "Đề nghị Ông/Bà ghi đủ các chữ số của số tiền"))
        }
        Err(error) => Err(InputError::new(field, lower_first(&error.to_string()), mend)),
    }
}

fn area(field: &Field, text: &str) -> Result<Value, InputError> {
    // The label says m², so a bare number is m².
    let is_bare = text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    let with_unit = if is_bare { format!("{text} m2") } else { text.to_owned() };
    match parse_area(&with_unit) {
        Ok(AreaReading::Certain(area)) => Ok(Value::String(area.canonical())),
        Ok(AreaReading::Ambiguous { candidates, .. }) => {
            let meanings: Vec<_> = candidates.into_iter().map(|(area, _)| area.to_string()).collect();
            let what = format!("“{text}” có thể hiểu là {}", meanings.join(" hoặc "));
            Err(InputError::new(field, what, "Đề nghị Ông/Bà ghi diện tích bằng m², dấu phẩy trước phần lẻ"))
        }
        Err(error) => Err(InputError::new(
            field,
            lower_first(&error.to_string()),
            "Đề nghị Ông/Bà ghi diện tích bằng m², ví dụ 250,5",
        )),
    }
}

fn decimal(field: &Field, text: &str) -> Result<Value, InputError> {
    let error = || {
        let what = format!("không đọc được số lượng “{text}”");
        InputError::new(field, what, "Đề nghị Ông/Bà ghi bằng chữ số, dấu phẩy trước phần lẻ, ví dụ 12.000,50")
    };
    let (whole, fraction) = text.split_once(',').unwrap_or((text, ""));
    let groups: Vec<_> = whole.split('.').collect();
    let is_grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_grouped || groups[0].is_empty() || !groups.iter().all(|group| is_digits(group)) || !is_digits(fraction) {
        return Err(error());
    }
    let plain = if fraction.is_empty() { groups.concat() } else { format!("{}.{fraction}", groups.concat()) };
    let number = Decimal::from_str(&plain).map_err(|_| error())?;
    Ok(Value::String(number.normalize().to_string()))
}

fn date(field: &Field, text: &str) -> Result<Value, InputError> {
    match parse_date(text) {
        Ok(date) => Ok(Value::String(date.to_string())),
        Err(_) => {
            let what = format!("“{text}” không phải là một ngày");
            Err(InputError::new(field, what, "Đề nghị Ông/Bà ghi đủ ngày, tháng, năm, ví dụ 05/02/2026"))
        }
    }
}

fn year(field: &Field, text: &str) -> Result<Value, InputError> {
    match text.parse::<u32>() {
        Ok(year) if (1900..=9999).contains(&year) => Ok(json!(year)),
        _ => {
            let what = format!("“{text}” không phải là một năm");
            Err(InputError::new(field, what, "Đề nghị Ông/Bà ghi năm bằng bốn chữ số, ví dụ 2018"))
        }
    }
}

fn id_no(field: &Field, text: &str) -> Result<Value, InputError> {
    match recognise_personal_id(text) {
        Some(PersonalId::Citizen(id)) => Ok(Value::String(id.as_str().to_owned())),
        Some(PersonalId::OldCard(number) | PersonalId::Military(number)) => Ok(Value::String(number)),
        Some(PersonalId::Passport(_)) | None => Err(InputError::new(
            field,
            format!("“{text}” không phải là số căn cước công dân hay số chứng minh thư"),
            "Đề nghị Ông/Bà ghi 12 chữ số của căn cước công dân, hoặc số chứng minh thư nếu chưa có căn cước",
        )),
    }
}

fn option(field: &Field, text: &str) -> Result<Value, InputError> {
    let folded = fold(text);
    let chosen = field.options.iter().find(|option| option.code == text || fold(&option.label) == folded);
    chosen.map(|option| json!(option.code)).ok_or_else(|| {
        let labels: Vec<_> = field.options.iter().map(|option| format!("“{}”", option.label)).collect();
        let mend = format!("Đề nghị Ông/Bà chọn một trong: {}", labels.join(", "));
        InputError::new(field, format!("không có lựa chọn “{text}”"), mend)
    })
}

fn kind(field: &Field, text: &str) -> Result<Value, InputError> {
    Kind::from_code(text).map(|kind| json!(kind.as_str())).ok_or_else(|| {
        InputError::new(field, format!("không có phương thức “{text}”"), "Đề nghị Ông/Bà chọn phương thức kê khai")
    })
}

fn holder(field: &Field, text: &str) -> Result<Value, InputError> {
    if is_holder(text) {
        return Ok(json!(text));
    }
    let what = format!("không rõ “{text}” là ai trong gia đình kê khai");
    Err(InputError::new(field, what, "Đề nghị Ông/Bà chọn bản thân, vợ hoặc chồng, con, hoặc chung"))
}

/// SELF, SPOUSE, JOINT, UNSTATED or CHILD(n) with n from 1.
pub fn is_holder(text: &str) -> bool {
    let child = text.strip_prefix("CHILD(").and_then(|rest| rest.strip_suffix(')'));
    matches!(text, "SELF" | "SPOUSE" | "JOINT" | "UNSTATED")
        || child.is_some_and(|nth| nth.parse::<u8>().is_ok_and(|nth| nth > 0))
}

/// A stored value as shown to people: "1.234.567.890 đồng", "250,5 m²", "05/02/2026"; empty when there is none.
pub fn display(field: &Field, value: &Value) -> String {
    let text = input_text(field, value);
    let is_known = !text.is_empty() && Missing::of(value).is_none();
    match field.field_type {
        FieldType::Amount if is_known => format!("{text} đồng"),
        FieldType::Area if is_known => format!("{text} m²"),
        FieldType::Enum => {
            let chosen = value.as_str().and_then(|code| field.option(code));
            chosen.map_or(text, |option| option.label.clone())
        }
        FieldType::Holder => holder_label(&text),
        _ => text,
    }
}

/// A stored value as it stands in an input box: like [`display`] without units; the code of a choice.
pub fn input_text(field: &Field, value: &Value) -> String {
    if let Some(missing) = Missing::of(value) {
        return field
            .absent_words
            .first()
            .cloned()
            .filter(|_| missing == Missing::None)
            .unwrap_or_else(|| missing.label().into());
    }
    match (field.field_type, value) {
        (_, Value::Null) => String::new(),
        (FieldType::Amount, Value::Number(number)) => number.as_i64().map(group).unwrap_or_default(),
        (FieldType::Area | FieldType::ForeignAmount, Value::String(text)) => with_comma(text),
        (FieldType::Area | FieldType::ForeignAmount, Value::Number(number)) => with_comma(&number.to_string()),
        (FieldType::Date, Value::String(text)) => text.parse().map(format_short).unwrap_or_else(|_| text.clone()),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// "3099.5" as "3.099,5".
fn with_comma(canonical: &str) -> String {
    let (whole, fraction) = canonical.split_once('.').unwrap_or((canonical, ""));
    let whole = whole.parse().map(group).unwrap_or_else(|_| whole.to_owned());
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole } else { format!("{whole},{fraction}") }
}

fn holder_label(code: &str) -> String {
    let child = code.strip_prefix("CHILD(").and_then(|rest| rest.strip_suffix(')'));
    match (code, child) {
        ("SELF", _) => "Người kê khai".into(),
        ("SPOUSE", _) => "Vợ hoặc chồng".into(),
        ("JOINT", _) => "Chung".into(),
        ("UNSTATED", _) => "Không nêu".into(),
        (_, Some(nth)) => format!("Con thứ {}", nth.parse().map_or_else(|_| nth.into(), crate::find::ordinal)),
        _ => code.to_owned(),
    }
}

fn money(dong: i64) -> String {
    format!("{} đồng", group(dong))
}

fn lower_first(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
