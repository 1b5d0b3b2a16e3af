//! The truth of the sample scans: it fits the schema, its leaves are all known to the form, and it comes back unchanged.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use form::{Channel, Context, Effect, Kind, LawBook, RuleSet, doc, json_schema, leaves, validate};
use serde_json::Value;

fn rules() -> RuleSet {
    LawBook::embedded().unwrap().rule_sets.remove(0)
}

/// Name and content of every truth file; none, said aloud, where the shared samples are not beside the repository.
fn truths() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: ../shared/samples/paper is not beside the repository");
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json"))
    {
        let mut truth: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for key in ["pages", "class", "dpi"] {
            truth.as_object_mut().unwrap().remove(key);
        }
        found.push((path.file_stem().unwrap().to_string_lossy().into_owned(), truth));
    }
    assert_eq!(found.len(), 20, "twenty truth files");
    found
}

#[test]
fn truths_fit_the_schema_and_come_back_unchanged() {
    let rules = rules();
    for (name, truth) in truths() {
        let kind = Kind::from_code(truth["kind"].as_str().unwrap()).unwrap();
        let form = rules.form_for(kind).unwrap();
        let record = leaves::to_record(form, truth.clone()).unwrap();
        let validator = jsonschema::validator_for(&json_schema(form)).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&record).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        // A reading is not a record: an area is a number there.
        let has_area = truth["assets"].to_string().contains("area_m2");
        assert_eq!(validator.is_valid(&truth), !has_area, "{name}");
        assert_eq!(leaves::to_reading(form, record).unwrap(), truth, "{name}");
    }
}

#[test]
fn every_leaf_of_a_truth_is_a_field_of_the_form() {
    let rules = rules();
    for (name, truth) in truths() {
        let form = rules.form(truth["form"].as_str().unwrap()).unwrap();
        let found = leaves::leaves(form, &truth);
        assert_eq!(found.len(), count_leaves(&truth), "{name}: {found:#?}");
        for leaf in found {
            assert_eq!(doc::get(&truth, &leaf.path), Some(leaf.value));
        }
    }
}

/// Scalars, with lists of objects opened; independent of the form.
fn count_leaves(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(count_leaves).sum(),
        Value::Array(list) => list.iter().map(count_leaves).sum(),
        _ => 1,
    }
}

/// The samples are lawful papers: nothing is refused, and what rules find is listed here for review.
#[test]
fn rules_on_the_samples() {
    let rules = rules();
    let mut lines: Vec<String> = Vec::new();
    for (name, truth) in truths() {
        let form = rules.form(truth["form"].as_str().unwrap()).unwrap();
        let record = leaves::to_record(form, truth).unwrap();
        let context = Context {
            today: "2026-01-31".parse().unwrap(),
            channel: Channel::Paper,
            previous_completed_on: None,
            previous: None,
            last_day: None,
            listed: None,
        };
        for finding in validate(&rules, form, &record, &context) {
            assert_ne!(finding.effect, Effect::Refuse, "paper is never refused");
            lines.push(format!("{name} {} {} {}", finding.rule, finding.path, finding.message_vi));
        }
    }
    lines.sort();
    if !lines.is_empty() {
        insta::assert_snapshot!(lines.join("\n"));
    }
}
