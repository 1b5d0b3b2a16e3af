//! Identity numbers on what is posted or read out. The form prints them, and no text says whether they may be covered:
//! `mask_id_numbers` of the rule set's `publication.toml` decides, and is off.
use form::{FieldType, Form};
use serde_json::Value;

/// Digits that stay, to tell people of one name apart.
const KEPT: usize = 3;

/// Covers every identity number of a document, in the fields the form says are such. What stands for a missing one stays.
pub fn id_numbers(form: &Form, content: &mut Value) {
    let fields = form.items().flat_map(|item| &item.fields).filter(|field| field.field_type == FieldType::IdNo);
    let keys: Vec<&str> = fields.map(|field| field.key.as_str()).collect();
    cover(&keys, content);
}

fn cover(keys: &[&str], value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| cover(keys, value)),
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(number) if keys.contains(&key.as_str()) => *number = covered(number),
                    value => cover(keys, value),
                }
            }
        }
        _ => {}
    }
}

fn covered(number: &str) -> String {
    let length = number.chars().count();
    number.chars().enumerate().map(|(at, c)| if at + KEPT < length { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_identity_number_is_covered_and_nothing_else() {
        let law = crate::law::load(None).unwrap();
        let rules = law.get("R1_ND130").unwrap();
        assert!(!rules.publication.mask_id_numbers, "off until Thanh tra Chính phủ decides");
        let form = rules.form_for(form::Kind::Annual).unwrap();
        let mut content = json!({
            "declarant": {"full_name": "Nguyễn Văn An", "id_no": "051080000123", "residence": "số 051080000123"},
            "spouse": {"id_no": {"missing": "illegible"}},
            "children": [{"id_no": "066312000045", "dob": "2012-11-14"}, {"id_no": "12"}],
        });
        id_numbers(form, &mut content);
        assert_eq!(
            content,
            json!({
                "declarant": {"full_name": "Nguyễn Văn An", "id_no": "*********123", "residence": "số 051080000123"},
                "spouse": {"id_no": {"missing": "illegible"}},
                "children": [{"id_no": "*********045", "dob": "2012-11-14"}, {"id_no": "12"}],
            })
        );
    }
}
