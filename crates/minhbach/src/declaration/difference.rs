//! Two versions of one declaration side by side, in words: "Đất ở, số 12 đường Lê Lợi: Diện tích: 100 m² → 120 m²".
use std::collections::BTreeMap;

use form::compare::compare;
use form::leaves::{Leaf, leaves};
use form::{Form, RuleSet, doc};
use serde_json::Value;

/// What stands at a place of one version.
struct Said<'a> {
    leaf: Leaf<'a>,
    document: &'a Value,
}

/// What the later version says differently, each in one line, in the form's order. Assets are told apart as the rules match
/// them; rows of section III by their kind and order. The day of completion differs by itself and is left out.
pub fn differences(rules: &RuleSet, form: &Form, before: &Value, now: &Value) -> Vec<String> {
    let comparison = compare((rules, before), (rules, now), |_| None);
    let mut now_of: BTreeMap<usize, usize> = comparison.kept.iter().map(|pair| (pair.before, pair.now)).collect();
    now_of.extend(comparison.movements.iter().filter_map(|movement| movement.before.zip(movement.now)));
    let (old, new) = (said(form, before, |index| now_of.get(&index).copied()), said(form, now, Some));
    let of_old: BTreeMap<&str, &Said<'_>> = old.iter().map(|(key, said)| (key.as_str(), said)).collect();
    let of_new: BTreeMap<&str, &Said<'_>> = new.iter().map(|(key, said)| (key.as_str(), said)).collect();
    let mut lines = Vec::new();
    let mut told: Vec<String> = Vec::new();
    // In the order of the later version, then what only the earlier one had.
    let only_old = old.iter().filter(|(key, _)| !of_new.contains_key(key.as_str()));
    for (key, _) in new.iter().chain(only_old) {
        let (was, is) = (of_old.get(key.as_str()), of_new.get(key.as_str()));
        // A whole asset, person or row that came or went is told once.
        let whole = whole_of(key);
        let has = |all: &BTreeMap<&str, &Said<'_>>| all.keys().any(|other| whole_of(other) == whole);
        if let Some(whole) = whole
            && has(&of_old) != has(&of_new)
        {
            if !told.iter().any(|done| done == whole) {
                told.push(whole.to_owned());
                let word = if was.is_some() { "bỏ" } else { "thêm" };
                lines.extend(was.or(is).map(|said| format!("{}: {word}", place(form, said))));
            }
            continue;
        }
        let text = |said: Option<&&Said<'_>>| said.map(|said| shown(form, said)).unwrap_or_default();
        let (was_text, is_text) = (text(was), text(is));
        if was_text != is_text
            && let Some(said) = is.or(was)
        {
            let blank = |text: String| if text.is_empty() { "(trống)".to_owned() } else { text };
            lines.push(format!("{}: {} → {}", label(form, said), blank(was_text), blank(is_text)));
        }
    }
    lines
}

/// Every leaf under a name that both versions give it.
fn said<'a>(form: &Form, document: &'a Value, asset: impl Fn(usize) -> Option<usize>) -> Vec<(String, Said<'a>)> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut all = Vec::new();
    for leaf in leaves(form, document) {
        if matches!(leaf.path.as_str(), "completed_on" | "form" | "none") || leaf.path.starts_with("none[") {
            continue;
        }
        let key = match element(&leaf.path) {
            Some(("assets", index, rest)) => match asset(index) {
                Some(index) => format!("assets[{index}]{rest}"),
                None => format!("gone[{index}]{rest}"),
            },
            Some(("changes", index, rest)) => {
                let code = doc::text(document, &format!("changes[{index}].code")).unwrap_or_default().to_owned();
                let of_code = rows.entry(code.clone()).or_default();
                let at = index.to_string();
                let nth = of_code.iter().position(|known| *known == at).unwrap_or_else(|| {
                    of_code.push(at);
                    of_code.len() - 1
                });
                format!("changes[{code}-{nth}]{rest}")
            }
            _ => leaf.path.clone(),
        };
        all.push((key, Said { leaf, document }));
    }
    all
}

/// "assets[3].value.amount" as list, index and rest.
fn element(path: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = path.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((list, index.parse().ok()?, rest))
}

/// The asset, person or row a name belongs to.
fn whole_of(key: &str) -> Option<&str> {
    key.find(']').map(|end| &key[..=end])
}

fn shown(form: &Form, said: &Said<'_>) -> String {
    match form.field(said.document, &said.leaf.path) {
        Some(found) => form::display(found.field, said.leaf.value),
        None => match said.leaf.value {
            Value::Bool(true) => "Không có biến động".to_owned(),
            Value::Bool(false) => "Có biến động".to_owned(),
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        },
    }
}

/// The item and the name of the thing in it: "Đất ở, số 12 đường Lê Lợi".
fn place(form: &Form, said: &Said<'_>) -> String {
    let heading = match form.field(said.document, &said.leaf.path) {
        Some(found) => match (found.item, found.row) {
            (Some(item), _) => item.heading.clone(),
            (None, Some(row)) => format!("Biến động, {}", row.label),
            (None, None) => "Thông tin chung".to_owned(),
        },
        None if said.leaf.path == "no_change" => "Biến động tài sản, thu nhập".to_owned(),
        None => "Thông tin chung".to_owned(),
    };
    let name = element(&said.leaf.path).and_then(|(list, index, _)| {
        ["full_name", "address", "registration", "name", "account"]
            .into_iter()
            .find_map(|key| doc::text(said.document, &format!("{list}[{index}].{key}")))
    });
    match name {
        Some(name) => format!("{heading}, {name}"),
        None => heading,
    }
}

fn label(form: &Form, said: &Said<'_>) -> String {
    let place = place(form, said);
    match form.field(said.document, &said.leaf.path) {
        Some(found) => match found.whole {
            Some(whole) => format!("{place}: {}: {}", whole.label, found.field.label),
            None => format!("{place}: {}", found.field.label),
        },
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn annual() -> Value {
        crate::declaration::compose::tests::annual()
    }

    fn lines(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let law = form::LawBook::embedded().unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let form = rules.form_for(form::Kind::Annual).unwrap();
        let (before, mut now) = (annual(), annual());
        change(&mut now);
        differences(rules, form, &before, &now)
    }

    #[test]
    fn nothing_differs_but_the_day() {
        assert_eq!(lines(|now| now["completed_on"] = json!("2025-12-20")), Vec::<String>::new());
    }

    #[test]
    fn a_changed_area_is_told_with_both_figures() {
        let said = lines(|now| now["assets"][0]["area_m2"] = json!("120"));
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("m² → 120 m²") && said[0].contains("Diện tích"), "{said:#?}");
    }

    #[test]
    fn an_asset_taken_out_is_told_once_and_those_behind_it_not_at_all() {
        let said = lines(|now| drop(now["assets"].as_array_mut().unwrap().remove(0)));
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].ends_with(": bỏ"), "{said:#?}");
    }

    #[test]
    fn an_asset_put_in_is_told_once() {
        let said = lines(|now| {
            let asset =
                json!({"code": "MONEY", "name": "Sổ tiết kiệm mới", "value": {"kind": "STATED", "amount": 70_000_000}});
            now["assets"].as_array_mut().unwrap().insert(0, asset);
        });
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("Sổ tiết kiệm mới") && said[0].ends_with(": thêm"), "{said:#?}");
    }

    #[test]
    fn a_name_and_an_explanation_are_told() {
        let said = lines(|now| {
            now["declarant"]["position"] = json!("Phó Giám đốc");
            now["changes"][0]["explanation"] = json!("Mua bằng tiền tiết kiệm của gia đình");
        });
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(said[0].contains("→ Phó Giám đốc"), "{said:#?}");
        assert!(said[1].starts_with("Biến động") && said[1].contains("Mua bằng tiền tiết kiệm"), "{said:#?}");
    }
}
