//! SHA-256 over canonical JSON, so that a definition used by a document can be named and frozen.
use serde::Serialize;
use serde_json::Value;

/// Hex form of [`bytes_of`].
pub fn of<T: Serialize>(value: &T) -> String {
    hex::encode(bytes_of(value))
}

/// SHA-256 of the value's JSON with sorted keys and no white space (RFC 8785 for the integers, strings, lists and
/// objects that definitions are made of; they hold no fractions).
pub fn bytes_of<T: Serialize>(value: &T) -> [u8; 32] {
    let json = serde_json::to_value(value).expect("definitions are maps with string keys");
    let mut text = String::new();
    write(&json, &mut text);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, entry)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(entry, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (index, entry) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(entry, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
