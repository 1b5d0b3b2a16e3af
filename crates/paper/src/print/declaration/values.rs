//! One answer in the words and figures the form asks for.

use chrono::{Datelike, NaiveDate};
use form::doc::Missing;
use form::{Field, FieldType};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

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
        return Ok(vec![scalar(field, value, path)?]);
    }
    refuse_strangers(value, path, |key| field.part(key).is_some())?;
    match field.field_type {
        FieldType::Certificate => certificate(field, value, path),
        _ => money(field, value, path),
    }
}

/// Refuses an object with an answer under a key that the form does not have.
pub(super) fn refuse_strangers(value: &Value, path: &str, has: impl Fn(&str) -> bool) -> Result<(), PrintError> {
    let mut answers = value.as_object().into_iter().flatten().filter(|(_, answer)| !answer.is_null());
    match answers.find(|(key, _)| !has(key)) {
        Some((key, _)) => Err(PrintError::Unplaced(format!("{path}.{key}"))),
        None => Ok(()),
    }
}

/// A value that is not a compound.
fn scalar(field: &Field, value: &Value, path: &str) -> Result<Piece, PrintError> {
    if Missing::of(value).is_none() && !has_shape(field.field_type, value) {
        return Err(PrintError::Unplaced(path.to_owned()));
    }
    let text = match (field.field_type, value) {
        (FieldType::Enum, Value::String(code)) => option_words(field, code),
        _ => form::display(field, value),
    };
    Ok(if text.trim().is_empty() { Piece::Blank } else { Piece::Text(text) })
}

/// Whether a value is one that the type of field can show in full.
fn has_shape(field_type: FieldType, value: &Value) -> bool {
    match (field_type, value) {
        (_, Value::Null) => true,
        (FieldType::Amount, value) => value.is_i64(),
        (FieldType::Area | FieldType::ForeignAmount, Value::Number(_) | Value::String(_)) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.parse().is_ok_and(|number: Decimal| !number.is_sign_negative())
        }
        (_, value) => value.is_string() || value.is_i64(),
    }
}

/// The phrase the form prints for a choice.
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
    scalar(part, inner, &format!("{path}.{}", part.key))
}

/// "(Ngày {dd} tháng {mm} năm {yyyy})" with the figures of an ISO date, or dots to write on.
pub(super) fn date_words(pattern: &str, iso: Option<&str>) -> String {
    let (day, month, year) = match iso.and_then(|text| text.parse::<NaiveDate>().ok()) {
        Some(date) => (format!("{:02}", date.day()), format!("{:02}", date.month()), format!("{:04}", date.year())),
        None => ("……".to_owned(), "……".to_owned(), "………".to_owned()),
    };
    pattern.replace("{dd}", &day).replace("{mm}", &month).replace("{yyyy}", &year)
}
