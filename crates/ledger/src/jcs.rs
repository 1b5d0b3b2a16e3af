//! Canonical JSON: RFC 8785 (JCS) narrowed to what our records hold. Numbers are integers within ±(2⁵³ − 1), so no
//! float formatting is involved; every string and key is in Unicode NFC; member names are sorted by UTF-16 code units.

use serde_json::{Map, Value};
use unicode_normalization::is_nfc;

/// Largest integer JSON readers agree on, 2⁵³ − 1 (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why a value has no canonical form in our profile. Says where (a JSON Pointer, RFC 6901), never the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JcsError {
    #[error("số tại {at:?} không phải số nguyên trong khoảng ±(2^53 − 1)")]
    NotAnInteger { at: String },
    #[error("chuỗi hoặc tên trường tại {at:?} không ở dạng chuẩn Unicode NFC")]
    NotNfc { at: String },
}

/// Canonical bytes of a value.
pub fn canonical(value: &Value) -> Result<Vec<u8>, JcsError> {
    let mut writer = Writer { out: Vec::new(), path: Vec::new() };
    writer.value(value)?;
    Ok(writer.out)
}

/// Whether `bytes` are JSON and already canonical (a duplicate key, a space or another order is not).
pub fn is_canonical(bytes: &[u8]) -> bool {
    let value = serde_json::from_slice::<Value>(bytes).ok();
    value.and_then(|value| canonical(&value).ok()).is_some_and(|canonical| canonical == bytes)
}

struct Writer {
    out: Vec<u8>,
    path: Vec<String>,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), JcsError> {
        match value {
            Value::Null => self.out.extend(b"null"),
            Value::Bool(true) => self.out.extend(b"true"),
            Value::Bool(false) => self.out.extend(b"false"),
            Value::Number(number) => {
                let integer = number.as_i64().filter(|n| (-MAX_INTEGER..=MAX_INTEGER).contains(n));
                let integer = integer.ok_or_else(|| JcsError::NotAnInteger { at: self.at() })?;
                self.out.extend(integer.to_string().bytes());
            }
            Value::String(text) => self.string(text)?,
            Value::Array(items) => self.array(items)?,
            Value::Object(members) => self.object(members)?,
        }
        Ok(())
    }

    fn array(&mut self, items: &[Value]) -> Result<(), JcsError> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(index.to_string());
            self.value(item)?;
            self.path.pop();
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, members: &Map<String, Value>) -> Result<(), JcsError> {
        self.out.push(b'{');
        for (index, (name, value)) in sorted(members).into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(name.replace('~', "~0").replace('/', "~1"));
            self.string(name)?;
            self.out.push(b':');
            self.value(value)?;
            self.path.pop();
        }
        self.out.push(b'}');
        Ok(())
    }

    /// RFC 8785 §3.2.2.2: two-character escapes where JSON has them, `\u00xx` for other controls, all else as it is.
    fn string(&mut self, text: &str) -> Result<(), JcsError> {
        if !is_nfc(text) {
            return Err(JcsError::NotNfc { at: self.at() });
        }
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' => self.out.extend(b"\\\""),
                b'\\' => self.out.extend(b"\\\\"),
                0x08 => self.out.extend(b"\\b"),
                b'\t' => self.out.extend(b"\\t"),
                b'\n' => self.out.extend(b"\\n"),
                0x0c => self.out.extend(b"\\f"),
                b'\r' => self.out.extend(b"\\r"),
                0x00..0x20 => self.out.extend(format!("\\u{byte:04x}").bytes()),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
        Ok(())
    }

    fn at(&self) -> String {
        self.path.iter().map(|step| format!("/{step}")).collect()
    }
}

/// Members in the order of RFC 8785 §3.2.3. (The map itself keeps the order of insertion.)
fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    members
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(canonical(value).unwrap()).unwrap()
    }

    #[test]
    fn order_of_rfc_8785_3_2_3() {
        // The RFC's sample. U+FB33 is not NFC, so the order is tested apart from the profile.
        let members = json!({"\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small O Umlaut"});
        let order: Vec<_> = sorted(members.as_object().unwrap()).iter().map(|(_, v)| v.as_str().unwrap()).collect();
        assert_eq!(
            order,
            [
                "Carriage Return",
                "One",
                "Control",
                "Latin Small O Umlaut",
                "Euro Sign",
                "Emoji: Grinning Face",
                "Hebrew Letter Dalet"
            ]
        );
    }

    #[test]
    fn utf16_order_differs_from_code_point_order() {
        assert_eq!(text(&json!({"\u{e000}": 1, "\u{1f600}": 2})), "{\"\u{1f600}\":2,\"\u{e000}\":1}");
    }

    #[test]
    fn strings_and_literals_of_rfc_8785_3_2_2() {
        let value: Value = serde_json::from_str(
            r#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#,
        )
        .unwrap();
        let want = "{\"literals\":[null,true,false],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(text(&value), want);
        assert_eq!(text(&json!("\u{8}\u{c}\t\r\u{1f}\u{7f}\u{2028}")), "\"\\b\\f\\t\\r\\u001f\u{7f}\u{2028}\"");
    }

    #[test]
    fn vietnamese_record() {
        let value = json!({"họ_tên": "Nguyễn Thị Hường", "giá": 1_250_000_000i64, "con": [], "đất": {}});
        let want = "{\"con\":[],\"giá\":1250000000,\"họ_tên\":\"Nguyễn Thị Hường\",\"đất\":{}}";
        assert_eq!(text(&value), want);
    }

    #[test]
    fn numbers_outside_the_profile_are_refused() {
        assert_eq!(text(&json!([MAX_INTEGER, -MAX_INTEGER, 0])), "[9007199254740991,-9007199254740991,0]");
        let outside = [json!(MAX_INTEGER + 1), json!(-MAX_INTEGER - 1), json!(u64::MAX), json!(1.5), json!(1.0)];
        for number in outside.into_iter().chain([serde_json::from_str("-0").unwrap()]) {
            let error = canonical(&json!({"a/b": [0, number]})).unwrap_err();
            assert_eq!(error, JcsError::NotAnInteger { at: "/a~1b/1".into() });
        }
    }

    #[test]
    fn decomposed_vietnamese_is_refused_in_values_and_names() {
        let decomposed = "Nguye\u{302}\u{303}n";
        assert_eq!(canonical(&json!({"tên": decomposed})).unwrap_err(), JcsError::NotNfc { at: "/tên".into() });
        assert!(matches!(canonical(&json!({ decomposed: 1 })), Err(JcsError::NotNfc { .. })));
        let shown = canonical(&json!(["x", decomposed])).unwrap_err().to_string();
        assert!(!shown.contains(decomposed) && shown.contains("/1"), "an error names the place, not the text: {shown}");
    }

    #[test]
    fn only_canonical_bytes_are_canonical() {
        assert!(is_canonical(br#"{"a":1,"b":[]}"#));
        for bytes in [&br#"{"b":[],"a":1}"#[..], br#"{"a":1,"a":1}"#, br#"{"a": 1}"#, br#"{"a":1.0}"#, b"{", b"\xff"] {
            assert!(!is_canonical(bytes));
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        use unicode_normalization::UnicodeNormalization;
        let string = any::<String>().prop_map(|s| s.nfc().collect::<String>());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            string.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((string.clone(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_form_is_the_same_value_and_a_fixed_point(value in any_value()) {
            let bytes = canonical(&value).unwrap();
            let again: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(canonical(&again).unwrap(), bytes.clone());
            prop_assert!(is_canonical(&bytes));
        }
    }
}
