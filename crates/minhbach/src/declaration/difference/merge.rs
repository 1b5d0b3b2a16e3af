//! One version with some of the differences of another.
use form::Form;
use serde_json::{Map, Value};

use super::{Pairs, Place, elements, has_assets, has_none};

/// `before` with the approved differences of `now`.
pub(super) fn merge(form: &Form, pairs: &Pairs, approved: &[&Place], before: &Value, now: &Value) -> Value {
    let mut merged = before.clone();
    for place in approved {
        match place {
            Place::Member { object, key } => {
                if let Some(member) = merged.get_mut(object).and_then(Value::as_object_mut) {
                    put(member, key, now.get(object).and_then(|other| other.get(key)));
                }
            }
            Place::Root { key } => {
                if let Some(root) = merged.as_object_mut() {
                    put(root, key, now.get(key));
                }
            }
            Place::Added { .. } | Place::Gone { .. } | Place::Element { .. } | Place::Nothing { .. } => {}
        }
    }
    for (list, pairs) in pairs {
        let of_list: Vec<&Place> = approved.iter().copied().filter(|place| list_of(place) == Some(list)).collect();
        if !of_list.is_empty() {
            merged[list] = Value::Array(merge_list(&of_list, pairs, elements(before, list), elements(now, list)));
        }
    }
    if !approved.is_empty() {
        merge_none(form, approved, &mut merged, before, now);
    }
    merged
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => object.insert(key.to_owned(), value.clone()),
        None => object.remove(key),
    };
}

fn list_of(place: &Place) -> Option<&String> {
    match place {
        Place::Added { list, .. } | Place::Gone { list, .. } | Place::Element { list, .. } => Some(list),
        Place::Member { .. } | Place::Root { .. } | Place::Nothing { .. } => None,
    }
}

/// The later version's order; what stays although it left it out stands behind its neighbour of before.
fn merge_list(approved: &[&Place], pairs: &[(usize, usize)], before: &[Value], now: &[Value]) -> Vec<Value> {
    // Each element with its index in the earlier version, if it has one.
    let mut list: Vec<(Option<usize>, Value)> = Vec::new();
    for (n, element) in now.iter().enumerate() {
        match pairs.iter().find(|(_, of_now)| *of_now == n) {
            Some((b, _)) => {
                let mut merged = before[*b].clone();
                for place in approved {
                    if let Place::Element { now: at, key, .. } = place
                        && *at == n
                        && let Some(members) = merged.as_object_mut()
                    {
                        put(members, key, element.get(key));
                    }
                }
                list.push((Some(*b), merged));
            }
            None if approved.iter().any(|place| matches!(place, Place::Added { now: at, .. } if *at == n)) => {
                list.push((None, element.clone()));
            }
            None => {}
        }
    }
    for (b, element) in before.iter().enumerate() {
        let is_paired = pairs.iter().any(|(of_before, _)| *of_before == b);
        let is_gone = approved.iter().any(|place| matches!(place, Place::Gone { before: at, .. } if *at == b));
        if is_paired || is_gone {
            continue;
        }
        let neighbour = list
            .iter()
            .enumerate()
            .filter_map(|(at, (of_before, _))| Some((of_before.filter(|other| *other < b)?, at)))
            .max();
        let at = neighbour.map_or(0, |(_, at)| at + 1);
        list.insert(at, (Some(b), element.clone()));
    }
    list.into_iter().map(|(_, element)| element).collect()
}

/// The items said to have nothing follow the assets that are there; one without assets in both follows its own difference.
fn merge_none(form: &Form, approved: &[&Place], merged: &mut Value, before: &Value, now: &Value) {
    let says_none = |code: &str| {
        let (was_there, is_there) = (has_assets(before, code), has_assets(now, code));
        let takes_now = match has_assets(merged, code) {
            true => is_there,
            false if was_there || is_there => !is_there,
            false => approved.iter().any(|place| matches!(place, Place::Nothing { item } if item == code)),
        };
        has_none(if takes_now { now } else { before }, code)
    };
    let is_item = |code: &Value| code.as_str().is_some_and(|code| form.asset_items().any(|item| item.code() == code));
    let codes = elements(now, "none").iter().filter(|code| is_item(code)).chain(elements(before, "none"));
    let mut none: Vec<Value> = Vec::new();
    for code in codes {
        let says = code.as_str().is_some_and(says_none) || !is_item(code);
        if says && !none.contains(code) {
            none.push(code.clone());
        }
    }
    if none.len() != elements(before, "none").len() || none.iter().any(|code| !elements(before, "none").contains(code))
    {
        merged["none"] = Value::Array(none);
    }
}
