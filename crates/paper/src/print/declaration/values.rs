//! One answer in the words and figures the form asks for.

use chrono::{Datelike, NaiveDate};
use form::doc::Missing;
use form::{Field, FieldType};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use viet::area::Area;

use crate::print::PrintError;

/// A stretch of a printed value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Piece {
    Text(String),
    /// Not answered: nothing in a filled form, dots in an empty one.
    Blank,
}

impl Piece {
    pub(super) fn is_blank(&self) -> bool {
        *self == Self::Blank
    }
}

/// The printed value of `field`, whose answer is `value` and stands at `path` (named in errors only).
pub(super) fn pieces(field: &Field, value: &Value, path: &str) -> Result<Vec<Piece>, PrintError> {
    if !field.is_compound() || !value.is_object() || Missing::of(value).is_some() {
        return Ok(vec![scalar(Some(field), value, path)?]);
    }
    match field.field_type {
        FieldType::Certificate => certificate(field, value, path),
        _ => money(field, value, path),
    }
}

/// A value that is not a compound.
pub(super) fn scalar(field: Option<&Field>, value: &Value, path: &str) -> Result<Piece, PrintError> {
    if let Some(missing) = Missing::of(value) {
        return Ok(Piece::Text(missing_word(field, missing)));
    }
    match value {
        Value::Null => Ok(Piece::Blank),
        Value::String(text) if text.trim().is_empty() => Ok(Piece::Blank),
        value => Ok(Piece::Text(known(field, value, path)?)),
    }
}

fn missing_word(field: Option<&Field>, missing: Missing) -> String {
    let printed = field.filter(|_| missing == Missing::None).and_then(|field| field.absent_words.first());
    printed.map_or_else(|| missing.label().to_owned(), String::clone)
}

fn known(field: Option<&Field>, value: &Value, path: &str) -> Result<String, PrintError> {
    let unplaced = || PrintError::Unplaced(path.to_owned());
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err(unplaced()),
    };
    let Some(field) = field else { return Ok(text) };
    Ok(match field.field_type {
        FieldType::Amount => viet::number::format_dong(value.as_i64().ok_or_else(unplaced)?),
        FieldType::Area => {
            let m2: Decimal = text.parse().map_err(|_| unplaced())?;
            Area::from_m2(m2).ok_or_else(unplaced)?.to_string()
        }
        FieldType::ForeignAmount => decimal(&text).ok_or_else(unplaced)?,
        FieldType::Date => iso_date(&text).map_or(text, viet::date::format_short),
        FieldType::Enum => option_words(field, &text),
        _ => text,
    })
}

/// "12345.5" as "12.345,5".
fn decimal(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = viet::number::group(whole.parse().ok()?);
    match fraction.trim_end_matches('0') {
        "" => Some(whole),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(format!("{whole},{digits}")),
        _ => None,
    }
}

fn option_words(field: &Field, code: &str) -> String {
    let printed = field.option(code).and_then(|option| option.printed.as_deref());
    printed.unwrap_or(code).to_owned()
}

/// Note 10: "805.000.000 đồng", "… đồng (giá trị ước tính)", "không xác định được giá trị, lý do: …".
fn money(field: &Field, value: &Value, path: &str) -> Result<Vec<Piece>, PrintError> {
    let mut pieces = answers(field, value, path)?;
    if let Some(phrase) = chosen_phrase(field, value) {
        // The reason follows its phrase; an amount goes before it.
        let amounts = field.parts.iter().filter(|part| part.field_type == FieldType::Amount);
        let answered = amounts.filter(|part| value.get(&part.key).is_some_and(|v| !v.is_null())).count();
        pieces.insert(answered.min(pieces.len()), phrase);
    }
    Ok(if pieces.is_empty() { vec![Piece::Blank] } else { pieces.into_iter().map(Piece::Text).collect() })
}

/// Note 11: "số DA 687609, tên người được cấp: …" or "chưa được cấp giấy chứng nhận quyền sử dụng đất".
fn certificate(field: &Field, value: &Value, path: &str) -> Result<Vec<Piece>, PrintError> {
    let phrase = chosen_phrase(field, value);
    let words: Vec<String> = phrase.into_iter().chain(answers(field, value, path)?).collect();
    Ok(vec![if words.is_empty() { Piece::Blank } else { Piece::Text(words.join(", ")) }])
}

/// The phrase the form prints for the chosen kind or status, if it has one.
fn chosen_phrase(field: &Field, value: &Value) -> Option<String> {
    let choice = field.parts.iter().find(|part| part.field_type == FieldType::Enum)?;
    let code = value.get(&choice.key).and_then(Value::as_str)?;
    choice.option(code)?.printed.clone()
}

/// The answered parts of a compound besides its choice, each after its printed label if it has one of its own.
fn answers(field: &Field, value: &Value, path: &str) -> Result<Vec<String>, PrintError> {
    let mut answers = Vec::new();
    for part in field.parts.iter().filter(|part| part.field_type != FieldType::Enum) {
        if let Piece::Text(text) = part_piece(part, value, path)? {
            answers.push(part.printed.as_ref().map_or_else(|| text.clone(), |label| format!("{label} {text}")));
        }
    }
    Ok(answers)
}

fn part_piece(part: &Field, value: &Value, path: &str) -> Result<Piece, PrintError> {
    let inner = value.get(&part.key).unwrap_or(&Value::Null);
    scalar(Some(part), inner, &format!("{path}.{}", part.key))
}

fn iso_date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// "(Ngày {dd} tháng {mm} năm {yyyy})" with the figures of an ISO date, or dots to write on.
pub(super) fn date_words(pattern: &str, iso: Option<&str>) -> String {
    let (day, month, year) = match iso.and_then(iso_date) {
        Some(date) => (format!("{:02}", date.day()), format!("{:02}", date.month()), format!("{:04}", date.year())),
        None => ("……".to_owned(), "……".to_owned(), "………".to_owned()),
    };
    pattern.replace("{dd}", &day).replace("{mm}", &month).replace("{yyyy}", &year)
}
