//! A declaration as JSON: reading and writing by path, order of leaves, text normalisation, and the conversion between
//! a record (areas are decimal strings) and a reading (areas are numbers).
use serde_json::{Map, Value, json};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Key(String),
    Index(usize),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("đường dẫn không hợp lệ: {0}")]
    Malformed(String),
    #[error("đường dẫn {0} không khớp cấu trúc bản kê khai")]
    Mismatch(String),
}

/// Why a value is not there. Each differs from the others and from an absent key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is none (no card issued, no other information).
    None,
    /// The declarant does not know it.
    Unknown,
    /// It stands on paper and cannot be read.
    Illegible,
    /// The declarant refuses to say.
    Refused,
}

impl Missing {
    pub const ALL: [Self; 4] = [Self::None, Self::Unknown, Self::Illegible, Self::Refused];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Illegible => "illegible",
            Self::Refused => "refused",
        }
    }

    /// The word shown in place of the value.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "không có",
            Self::Unknown => "không biết",
            Self::Illegible => "không đọc được",
            Self::Refused => "từ chối khai",
        }
    }

    pub fn to_value(self) -> Value {
        json!({ "missing": self.as_str() })
    }

    /// The reason, when the value is one.
    pub fn of(value: &Value) -> Option<Self> {
        let object = value.as_object().filter(|object| object.len() == 1)?;
        let word = object.get("missing")?.as_str()?;
        Self::ALL.into_iter().find(|missing| missing.as_str() == word)
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer<'a> {
    /// No key, null or white space only.
    Absent,
    Missing(Missing),
    Known(&'a Value),
}

/// What stands at a path of the document.
pub fn answer<'a>(document: &'a Value, path: &str) -> Answer<'a> {
    match get(document, path) {
        None | Some(Value::Null) => Answer::Absent,
        Some(Value::String(text)) if text.trim().is_empty() => Answer::Absent,
        Some(value) => Missing::of(value).map_or(Answer::Known(value), Answer::Missing),
    }
}

/// The known text at a path, trimmed.
pub fn text<'a>(document: &'a Value, path: &str) -> Option<&'a str> {
    match answer(document, path) {
        Answer::Known(value) => value.as_str().map(str::trim),
        _ => None,
    }
}

/// The known integer at a path.
pub fn integer(document: &Value, path: &str) -> Option<i64> {
    match answer(document, path) {
        Answer::Known(value) => value.as_i64(),
        _ => None,
    }
}

/// `assets[0].value.amount` as its steps.
pub fn parse_path(path: &str) -> Result<Vec<Segment>, PathError> {
    let malformed = || PathError::Malformed(path.to_owned());
    let mut segments = Vec::new();
    for part in path.split('.') {
        let (key, mut indices) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word {
            return Err(malformed());
        }
        segments.push(Segment::Key(key.to_owned()));
        while !indices.is_empty() {
            let inner = indices.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(malformed)?;
            let is_number = !inner.0.is_empty() && inner.0.bytes().all(|byte| byte.is_ascii_digit());
            let index = inner.0.parse().ok().filter(|_| is_number).ok_or_else(malformed)?;
            segments.push(Segment::Index(index));
            indices = inner.1;
        }
    }
    Ok(segments)
}

/// The value at a path, if every step exists.
pub fn get<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    parse_path(path).ok()?.iter().try_fold(document, |value, segment| match segment {
        Segment::Key(key) => value.get(key.as_str()),
        Segment::Index(index) => value.get(*index),
    })
}

/// Puts a value at a path, making the objects on the way. A list grows by one element at a time: an index may at most
/// be the list's length.
pub fn set(document: &mut Value, path: &str, value: Value) -> Result<(), PathError> {
    let mismatch = || PathError::Mismatch(path.to_owned());
    let mut place = document;
    for segment in parse_path(path)? {
        place = match segment {
            Segment::Key(key) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut().ok_or_else(mismatch)?.entry(key).or_insert(Value::Null)
            }
            Segment::Index(index) => {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let list = place.as_array_mut().ok_or_else(mismatch)?;
                if index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(index).ok_or_else(mismatch)?
            }
        };
    }
    *place = value;
    Ok(())
}
