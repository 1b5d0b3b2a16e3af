//! The common test vectors (origin and licence: `data/README.md` of the crate).

use serde_json::Value;
use std::cmp::Ordering;
use viet::ident::{CitizenId, Sex, TaxCode};
use viet::{number, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/vn_text_vectors.json")).expect("the vectors are JSON")
}

fn list(vectors: &Value, key: &str) -> Vec<Value> {
    vectors[key].as_array().expect("a list").clone()
}

#[test]
fn collation_is_that_of_icu() {
    let vectors = vectors();
    let sorted: Vec<String> =
        list(&vectors, "collation_vi_sorted").iter().map(|v| v.as_str().expect("text").to_owned()).collect();
    assert_eq!(sorted.len(), 48);
    for pair in sorted.windows(2) {
        assert_eq!(text::compare(&pair[0], &pair[1]), Ordering::Less, "{pair:?}");
    }
    let mut shuffled = sorted.clone();
    shuffled.reverse();
    shuffled.sort_by_cached_key(|word| text::collation_key(word));
    assert_eq!(shuffled, sorted);
}

#[test]
fn numbers_in_words() {
    let vectors = vectors();
    let cases = [list(&vectors, "number_words"), list(&vectors, "number_words_zero_groups")].concat();
    assert_eq!(cases.len(), 44);
    for case in cases {
        let (n, words) = (case["n"].as_u64().expect("a number"), case["words"].as_str().expect("words"));
        assert_eq!(number::to_words(n), words);
        assert_eq!(number::parse_words(words), Ok(n), "{words}");
    }
}

#[test]
fn tax_codes() {
    let cases = list(&vectors(), "mst");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let code = case["code"].as_str().expect("a code");
        assert_eq!(TaxCode::parse(code).is_ok(), case["valid"].as_bool().expect("a flag"), "{code}");
    }
}

#[test]
fn identity_numbers() {
    let cases = list(&vectors(), "cccd");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let id = CitizenId::parse(case["code"].as_str().expect("a number")).expect("12 digits");
        assert_eq!(id.discrepancies(None, None).is_empty(), case["valid"].as_bool().expect("a flag"), "{id}");
        if let Some(year) = case["birth_year"].as_i64() {
            let sex = if case["gender"] == "male" { Sex::Male } else { Sex::Female };
            assert_eq!((id.sex(), i64::from(id.birth_year())), (sex, year), "{id}");
            assert_eq!(id.birth_place_code(), case["province_code"], "{id}");
        }
    }
}
