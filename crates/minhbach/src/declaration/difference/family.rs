//! Children in two versions of a declaration. A version counts its children, and says of an asset that it is the second's; what
//! is compared and merged is whose it is, whatever the number.
use form::doc;
use serde_json::Value;

use super::{Pairs, elements};
use crate::declaration::holder::HOLDER;

/// In a child while versions are merged: what it goes by. No field of any form.
const MARK: &str = "@";

/// The number in CHILD(n), from 0.
fn index_of(text: &str) -> Option<usize> {
    text.strip_prefix("CHILD(")?.strip_suffix(')')?.parse::<usize>().ok()?.checked_sub(1)
}

/// A document with what every child-held asset says of its holder replaced.
fn with_holders(document: &Value, word: impl Fn(usize) -> Option<String>) -> Value {
    let mut document = document.clone();
    for asset in document.get_mut("assets").and_then(Value::as_array_mut).into_iter().flatten() {
        let word = asset.get(HOLDER).and_then(Value::as_str).and_then(index_of).and_then(&word);
        if let Some(word) = word {
            asset[HOLDER] = Value::from(word);
        }
    }
    document
}

/// Which child of the later version a child of the earlier one is.
fn later(pairs: &Pairs, before: usize) -> Option<usize> {
    pairs.get("children")?.iter().find(|(old, _)| *old == before).map(|(_, now)| *now)
}

/// Both versions with the holders by name: "Con: Lê An, sinh ngày 02/01/2010"; one child is called as the later version calls it.
pub(super) fn called(pairs: &Pairs, before: &Value, now: &Value) -> (Value, Value) {
    let name = |document: &Value, index: usize| {
        let child = elements(document, "children").get(index)?;
        let name = doc::text(child, "full_name").filter(|name| !name.is_empty())?;
        let born = doc::text(child, "dob").and_then(|day| day.parse().ok()).map(viet::date::format_short);
        Some(born.map_or_else(|| format!("Con: {name}"), |born| format!("Con: {name}, sinh ngày {born}")))
    };
    let was = |index: usize| match later(pairs, index) {
        Some(index) => name(now, index),
        None => name(before, index),
    };
    (with_holders(before, was), with_holders(now, |index| name(now, index)))
}

/// Both versions with each child, and each asset it holds, under one mark.
pub(super) fn marked(pairs: &Pairs, before: &Value, now: &Value) -> (Value, Value) {
    let mark = |document: &Value, word: &dyn Fn(usize) -> String| {
        let count = elements(document, "children").len();
        let mut document = with_holders(document, |index| (index < count).then(|| word(index)));
        let children = document.get_mut("children").and_then(Value::as_array_mut).into_iter().flatten();
        for (index, child) in children.enumerate() {
            if let Some(child) = child.as_object_mut() {
                child.insert(MARK.to_owned(), Value::from(word(index)));
            }
        }
        document
    };
    let is = |index: usize| format!("CHILD(@{index})");
    let was = |index: usize| later(pairs, index).map_or_else(|| format!("CHILD(@-{index})"), is);
    (mark(before, &was), mark(now, &is))
}

/// A merged version with its children counted again. An asset of a child that is not there any more is of CHILD(0), which nobody is.
pub(super) fn counted(mut merged: Value) -> Value {
    let mut marks: Vec<String> = Vec::new();
    for child in merged.get_mut("children").and_then(Value::as_array_mut).into_iter().flatten() {
        let mark = child.as_object_mut().and_then(|child| child.remove(MARK));
        marks.push(mark.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned());
    }
    for asset in merged.get_mut("assets").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(holder) = asset.get(HOLDER).and_then(Value::as_str).filter(|text| text.starts_with("CHILD(@")) else {
            continue;
        };
        let number = marks.iter().position(|mark| mark == holder).map_or(0, |index| index + 1);
        asset[HOLDER] = Value::from(format!("CHILD({number})"));
    }
    merged
}

#[cfg(test)]
mod tests {
    use form::{Kind, LawBook};
    use serde_json::json;

    use super::super::Differences;
    use super::*;

    /// An asset stays its child's whichever part of a proposal is approved.
    #[test]
    fn an_asset_stays_its_childs_whatever_is_approved() {
        let law = LawBook::embedded().unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let form = rules.form_for(Kind::Annual).unwrap();
        let mut before: Value = serde_json::from_str(include_str!("../../../../form/tests/data/annual.json")).unwrap();
        before["assets"][0]["holder"] = json!("CHILD(2)");
        let mai = before["children"][1].clone();
        // The first child is left out; the asset is the second's still.
        let mut now = before.clone();
        now["children"] = json!([mai]);
        now["assets"][0]["holder"] = json!("CHILD(1)");
        let differences = Differences::of(rules, form, &before, &now);
        assert_eq!(differences.list.len(), 1, "{differences:#?}");
        assert_eq!(differences.apply(form, &before, &now, |_| true), now);
        assert_eq!(differences.apply(form, &before, &now, |_| false), before);
        // It passes to the other child, who is left out besides.
        let mut moved = before.clone();
        moved["assets"][0]["holder"] = json!("CHILD(1)");
        let differences = Differences::of(rules, form, &before, &moved);
        let [told] = &differences.list[..] else { panic!("{differences:#?}") };
        assert!(told.lines[0].contains("Đặng Ngọc Mai") && told.lines[0].contains("Đặng Hữu Lộc"), "{told:?}");
        // The children in another order, and something else of the second: only that is told, and the asset stays.
        let mut other = before.clone();
        other["children"] = json!([before["children"][1], before["children"][0]]);
        other["children"][0]["residence"] = json!("số 1, đường Khác");
        other["assets"][0]["holder"] = json!("CHILD(1)");
        let differences = Differences::of(rules, form, &before, &other);
        assert_eq!(differences.list.len(), 1, "{differences:#?}");
        assert_eq!(differences.apply(form, &before, &other, |_| true), other);
        // Its own child is left out and it is left: it is nobody's, and that is refused.
        let mut gone = before.clone();
        gone["children"] = json!([before["children"][0]]);
        gone["assets"][0]["holder"] = json!("SELF");
        let differences = Differences::of(rules, form, &before, &gone);
        let is_child = |index: usize| {
            differences.list[index].lines[0].contains("Mai") && !differences.list[index].details.is_empty()
        };
        let torn = differences.apply(form, &before, &gone, is_child);
        assert_eq!(torn["assets"][0]["holder"], "CHILD(0)");
        assert_eq!(crate::declaration::holder::unnamed(form, &torn), ["assets[0].holder"]);
    }
}
