//! Two versions of one declaration side by side, in words: "Đất ở, số 12 đường Lê Lợi: Diện tích: 100 m² → 120 m²". Each
//! difference can be applied by itself to the earlier version.
use std::collections::{BTreeMap, BTreeSet};

use form::compare::compare;
use form::doc::Missing;
use form::leaves::{Leaf, leaves};
use form::{Form, RuleSet, doc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod family;
mod merge;

/// A difference as people read it, with what it takes to apply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// One line for each thing said differently: the parts of a value or a certificate belong together.
    pub lines: Vec<String>,
    /// What an asset, person or row that came or went says.
    pub details: Vec<String>,
    place: Place,
}

/// What a difference changes. Indices are of the list named: `before` of the earlier version, `now` of the later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// An element that only the later version has.
    Added { list: String, now: usize },
    /// An element that only the earlier version has.
    Gone { list: String, before: usize },
    /// A member of an element that both have.
    Element { list: String, before: usize, now: usize, key: String },
    /// A member of an object both have.
    Member { object: String, key: String },
    /// A value of the document itself.
    Root { key: String },
    /// Whether an item without assets is said to have none.
    Nothing { item: String },
}

/// Of each list, which element of the earlier version is which of the later.
type Pairs = BTreeMap<String, Vec<(usize, usize)>>;

/// Everything a later version says differently, in the form's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    pub list: Vec<Difference>,
    pairs: Pairs,
}

impl Differences {
    /// Compares two versions. Assets are told apart as the rules match them, children by name and then in their order, rows of
    /// section III by what they say and then by their kind and order. The day of completion differs by itself and is left out.
    pub fn of(rules: &RuleSet, form: &Form, before: &Value, now: &Value) -> Self {
        let pairs = pairs(rules, before, now);
        let wholes = came_or_went(before, now);
        // Whose an asset is, is told by who it is: the numbers of children shift when one comes or goes.
        let (called, is_called) = family::called(&pairs, before, now);
        let side = |document, of_now| Side::of(form, document, (&pairs, &wholes), of_now);
        let (old, new) = (side(&called, false), side(&is_called, true));
        let mut list: Vec<Difference> = Vec::new();
        let mut told = BTreeSet::new();
        // In the order of the later version, then what only the earlier one had.
        for group in new.order.iter().chain(&old.order) {
            if !told.insert(group.clone()) {
                continue;
            }
            let (was, is) = (old.groups.get(group), new.groups.get(group));
            let lines = match (element(group), was, is) {
                (Some(_), None, Some(said)) if !old.wholes.contains(whole_of(group)) => {
                    list.extend(whole(form, &new, whole_of(group), said, "thêm", &mut told));
                    continue;
                }
                (Some(_), Some(said), None) if !new.wholes.contains(whole_of(group)) => {
                    list.extend(whole(form, &old, whole_of(group), said, "bỏ", &mut told));
                    continue;
                }
                _ => lines(form, was.map_or(&[][..], Vec::as_slice), is.map_or(&[][..], Vec::as_slice)),
            };
            if !lines.is_empty() {
                list.push(Difference { lines, details: Vec::new(), place: place_of(group, &pairs) });
            }
        }
        list.extend(nothings(form, before, now));
        Self { list, pairs }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The earlier version with only the differences that `is_approved` names by their index. What no difference tells stays
    /// as it was: nothing changes unseen. All of them give the later version, none the earlier one.
    pub fn apply(&self, form: &Form, before: &Value, now: &Value, is_approved: impl Fn(usize) -> bool) -> Value {
        let approved: Vec<&Place> =
            self.list.iter().enumerate().filter(|(index, _)| is_approved(*index)).map(|(_, one)| &one.place).collect();
        let (known, is_known) = family::marked(&self.pairs, before, now);
        family::counted(merge::merge(form, &self.pairs, &approved, &known, &is_known))
    }
}

/// What the later version says differently, each in one line.
pub fn differences(rules: &RuleSet, form: &Form, before: &Value, now: &Value) -> Vec<String> {
    Differences::of(rules, form, before, now).list.into_iter().flat_map(|one| one.lines).collect()
}

fn elements<'a>(document: &'a Value, list: &str) -> &'a [Value] {
    document.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Which element of each list is which.
fn pairs(rules: &RuleSet, before: &Value, now: &Value) -> Pairs {
    let comparison = compare((rules, before), (rules, now), |_| None);
    let moved = comparison.movements.iter().filter_map(|movement| movement.before.zip(movement.now));
    let mut assets: Vec<_> = comparison.kept.iter().map(|pair| (pair.before, pair.now)).chain(moved).collect();
    assets.sort_unstable();
    let mut pairs = BTreeMap::from([("assets".to_owned(), assets)]);
    let roots = [before, now].into_iter().filter_map(Value::as_object).flatten();
    for (list, _) in roots.filter(|(key, value)| value.is_array() && !matches!(key.as_str(), "assets" | "none")) {
        let (old, new) = (elements(before, list), elements(now, list));
        let text = |value: &Value, key: &str| doc::text(value, key).map(viet::text::fold);
        let paired = match list.as_str() {
            "changes" => paired(old, new, &[&|a, b| a == b, &|a, b| text(a, "code") == text(b, "code")]),
            // Nobody is made of two people: whoever shares neither name nor birthday with another is another.
            _ => paired(
                old,
                new,
                &[&|a, b| text(a, "full_name") == text(b, "full_name"), &|a, b| {
                    text(a, "dob").is_some_and(|dob| !dob.is_empty() && Some(dob) == text(b, "dob"))
                }],
            ),
        };
        pairs.insert(list.clone(), paired);
    }
    pairs
}

type Same<'a> = &'a dyn Fn(&Value, &Value) -> bool;

/// Pairs what is the same, the surest sign first; equal things in their order.
fn paired(old: &[Value], new: &[Value], signs: &[Same<'_>]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for same in signs {
        for (before, element) in old.iter().enumerate() {
            if pairs.iter().any(|(taken, _)| *taken == before) {
                continue;
            }
            let is_free = |now: &usize| pairs.iter().all(|(_, taken)| taken != now);
            if let Some(now) = (0..new.len()).filter(is_free).find(|now| same(element, &new[*now])) {
                pairs.push((before, now));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Objects that only one version has, or that are about another person (a spouse): decided as a whole.
fn came_or_went(before: &Value, now: &Value) -> BTreeSet<String> {
    let is_there = |document: &Value, key: &str| {
        document.get(key).is_some_and(|value| value.is_object() && Missing::of(value).is_none())
    };
    let keys = [before, now].into_iter().filter_map(Value::as_object).flat_map(|root| root.keys());
    let is_another = |key: &str| {
        let differs = |field: &str| {
            let text = |document: &Value| doc::text(document, &format!("{key}.{field}")).map(viet::text::fold);
            text(before) != text(now)
        };
        is_there(before, key) && differs("full_name") && differs("dob")
    };
    keys.filter(|key| is_there(before, key) != is_there(now, key) || is_another(key)).cloned().collect()
}

/// A leaf with the document it stands in.
struct Said<'a> {
    leaf: Leaf<'a>,
    document: &'a Value,
    /// Under which name both versions know it.
    key: String,
}

/// What one version says, in groups that are decided together, under names that both versions give them.
struct Side<'a> {
    groups: BTreeMap<String, Vec<Said<'a>>>,
    order: Vec<String>,
    /// The elements it has.
    wholes: BTreeSet<String>,
}

impl<'a> Side<'a> {
    fn of(form: &Form, document: &'a Value, (pairs, wholes): (&Pairs, &BTreeSet<String>), of_now: bool) -> Self {
        let mut side = Self { groups: BTreeMap::new(), order: Vec::new(), wholes: BTreeSet::new() };
        for leaf in leaves(form, document) {
            if matches!(leaf.path.as_str(), "completed_on" | "form" | "none") || leaf.path.starts_with("none[") {
                continue;
            }
            let key = match element(&leaf.path) {
                Some((list, index, rest)) => {
                    let of_list = pairs.get(list).map_or(&[][..], Vec::as_slice);
                    let pair = of_list.iter().find(|(before, now)| if of_now { *now } else { *before } == index);
                    match pair {
                        Some((_, now)) => format!("{list}[{now}]{rest}"),
                        None if of_now => format!("{list}[{index}]{rest}"),
                        None => format!("-{list}[{index}]{rest}"),
                    }
                }
                None => leaf.path.clone(),
            };
            if element(&key).is_some() {
                side.wholes.insert(whole_of(&key).to_owned());
            }
            let group = group_of(&key, wholes);
            if !side.groups.contains_key(&group) {
                side.order.push(group.clone());
            }
            side.groups.entry(group).or_default().push(Said { leaf, document, key });
        }
        side
    }
}

/// "assets[3].value.amount" as list, index and rest.
fn element(path: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = path.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((list, index.parse().ok()?, rest))
}

/// The asset, person or row a name belongs to.
fn whole_of(key: &str) -> &str {
    key.find(']').map_or(key, |end| &key[..=end])
}

/// What is decided together: a member of an element or of an object with all its parts, or the whole object.
fn group_of(key: &str, wholes: &BTreeSet<String>) -> String {
    let members = |text: &str, depth: usize| text.split('.').take(depth).collect::<Vec<_>>().join(".");
    match key.find(']') {
        // ".value.amount" behind the element.
        Some(end) => format!("{}{}", &key[..=end], members(&key[end + 1..], 2)),
        None => members(key, if wholes.contains(&members(key, 1)) { 1 } else { 2 }),
    }
}

fn place_of(group: &str, pairs: &Pairs) -> Place {
    if let Some((list, now, rest)) = element(group) {
        let of_list = pairs.get(list).map_or(&[][..], Vec::as_slice);
        let before = of_list.iter().find(|(_, of_now)| *of_now == now).map_or(now, |(before, _)| *before);
        let key = rest.trim_start_matches('.').to_owned();
        return Place::Element { list: list.to_owned(), before, now, key };
    }
    match group.split_once('.') {
        Some((object, key)) => Place::Member { object: object.to_owned(), key: key.to_owned() },
        None => Place::Root { key: group.to_owned() },
    }
}

/// An element that came or went, told once, with what it says.
fn whole(
    form: &Form,
    side: &Side<'_>,
    whole: &str,
    first: &[Said<'_>],
    word: &str,
    told: &mut BTreeSet<String>,
) -> Option<Difference> {
    let first = first.first()?;
    let mut details = Vec::new();
    let mut named = None;
    for group in side.order.iter().filter(|group| whole_of(group) == whole) {
        told.insert(group.clone());
        for said in side.groups.get(group).into_iter().flatten() {
            let text = shown(form, said);
            let Some(name) = name(form, said) else { continue };
            named.get_or_insert(said);
            if !text.is_empty() {
                details.push(format!("{name}: {text}"));
            }
        }
    }
    let (list, index, _) = element(&first.leaf.path)?;
    let place = match word {
        "bỏ" => Place::Gone { list: list.to_owned(), before: index },
        _ => Place::Added { list: list.to_owned(), now: index },
    };
    Some(Difference {
        lines: vec![format!("{}: {word}", place_in_words(form, named.unwrap_or(first)))],
        details,
        place,
    })
}

/// What a group says differently.
fn lines(form: &Form, was: &[Said<'_>], is: &[Said<'_>]) -> Vec<String> {
    let find = |all: &[Said<'_>], key: &str| all.iter().position(|said| said.key == key);
    let only_old = was.iter().filter(|said| find(is, &said.key).is_none());
    let mut lines = Vec::new();
    for said in is.iter().chain(only_old) {
        let text = |all: &[Said<'_>]| find(all, &said.key).map(|at| shown(form, &all[at])).unwrap_or_default();
        let (was_text, is_text) = (text(was), text(is));
        if was_text != is_text {
            let blank = |text: String| if text.is_empty() { "(trống)".to_owned() } else { text };
            lines.push(format!("{}: {} → {}", label(form, said), blank(was_text), blank(is_text)));
        }
    }
    lines
}

fn has_none(document: &Value, code: &str) -> bool {
    elements(document, "none").iter().any(|said| said == code)
}

fn has_assets(document: &Value, code: &str) -> bool {
    elements(document, "assets").iter().any(|asset| asset.get("code").and_then(Value::as_str) == Some(code))
}

/// An item left blank on paper, and now said to have nothing.
fn nothings(form: &Form, before: &Value, now: &Value) -> Vec<Difference> {
    let mut list = Vec::new();
    for item in form.asset_items() {
        let code = item.code();
        if !has_assets(before, code) && !has_assets(now, code) && has_none(before, code) != has_none(now, code) {
            let word = |document: &Value| if has_none(document, code) { "Không có" } else { "(chưa ghi)" };
            let lines = vec![format!("{}: {} → {}", item.heading, word(before), word(now))];
            list.push(Difference { lines, details: Vec::new(), place: Place::Nothing { item: code.to_owned() } });
        }
    }
    list
}

fn shown(form: &Form, said: &Said<'_>) -> String {
    match form.field(said.document, &said.leaf.path) {
        Some(found) => form::display(found.field, said.leaf.value),
        None => match said.leaf.value {
            Value::Bool(true) => "Không có biến động".to_owned(),
            Value::Bool(false) => "Có biến động".to_owned(),
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => Missing::of(other).map_or_else(|| other.to_string(), |missing| missing.label().to_owned()),
        },
    }
}

/// The item and the name of the thing in it: "Đất ở, số 12 đường Lê Lợi".
fn place_in_words(form: &Form, said: &Said<'_>) -> String {
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

/// The field, with the whole it is a part of.
fn name(form: &Form, said: &Said<'_>) -> Option<String> {
    let found = form.field(said.document, &said.leaf.path)?;
    Some(match found.whole {
        Some(whole) => format!("{}: {}", whole.label, found.field.label),
        None => found.field.label.clone(),
    })
}

fn label(form: &Form, said: &Said<'_>) -> String {
    let place = place_in_words(form, said);
    match name(form, said) {
        Some(name) => format!("{place}: {name}"),
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

    fn law() -> &'static form::LawBook {
        static LAW: std::sync::LazyLock<form::LawBook> =
            std::sync::LazyLock::new(|| form::LawBook::embedded().unwrap());
        &LAW
    }

    fn of(law: &form::LawBook, before: &Value, now: &Value) -> Differences {
        let rules = law.get("R1_ND130").unwrap();
        Differences::of(rules, rules.form_for(form::Kind::Annual).unwrap(), before, now)
    }

    fn apply(law: &form::LawBook, before: &Value, now: &Value, is_approved: impl Fn(usize) -> bool) -> Value {
        let form = law.get("R1_ND130").unwrap().form_for(form::Kind::Annual).unwrap();
        of(law, before, now).apply(form, before, now, is_approved)
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
        assert!(!said[0].contains("Thông tin chung"), "under its item: {said:#?}");
    }

    #[test]
    fn an_item_that_was_left_blank_is_told_when_it_has_nothing() {
        let said = lines(|now| now["none"].as_array_mut().unwrap().retain(|code| code != "FOREIGN_ACCOUNT"));
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].ends_with("Không có → (chưa ghi)"), "{said:#?}");
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

    #[test]
    fn the_parts_of_a_value_are_decided_together_and_a_spouse_as_a_whole() {
        let (law, before, mut now) = (law(), annual(), annual());
        now["assets"][0]["value"] = json!({"kind": "GIFT_INHERIT_ESTIMATE", "amount": 900_000_000});
        now["spouse"] = Value::Null;
        let found = of(law, &before, &now);
        assert_eq!(found.list.len(), 2, "{found:#?}");
        assert_eq!(found.list[1].lines.len(), 2, "kind and amount: {found:#?}");
        let only_value = apply(law, &before, &now, |index| index == 1);
        assert_eq!(only_value["assets"][0]["value"]["amount"], 900_000_000);
        assert_eq!(only_value["spouse"], before["spouse"]);
        let only_spouse = apply(law, &before, &now, |index| index == 0);
        assert_eq!((&only_spouse["spouse"], &only_spouse["assets"]), (&Value::Null, &before["assets"]));
    }

    #[test]
    fn what_is_put_in_says_what_it_is_and_ends_that_the_item_has_nothing() {
        let (law, before, mut now) = (law(), annual(), annual());
        let account = json!({"code": "FOREIGN_ACCOUNT", "holder": "Đặng Hữu Cường", "account": "CH93 0076"});
        now["assets"].as_array_mut().unwrap().push(account.clone());
        now["none"].as_array_mut().unwrap().retain(|code| code != "FOREIGN_ACCOUNT");
        let found = of(law, &before, &now);
        assert_eq!(found.list.len(), 1, "{found:#?}");
        assert!(found.list[0].details.iter().any(|line| line.contains("CH93 0076")), "{found:#?}");
        assert_eq!(apply(law, &before, &now, |_| true), now);
        // Refused beside another that is approved: the item still has nothing.
        now["declarant"]["position"] = json!("Phó Giám đốc");
        let mixed = apply(law, &before, &now, |index| index == 0);
        assert_eq!((&mixed["none"], &mixed["assets"]), (&before["none"], &before["assets"]));
        assert_eq!(mixed["declarant"]["position"], "Phó Giám đốc");
    }

    #[test]
    fn what_was_refused_to_go_stays_where_it_stood() {
        let (law, before, mut now) = (law(), annual(), annual());
        now["assets"].as_array_mut().unwrap().remove(3);
        now["declarant"]["position"] = json!("Phó Giám đốc");
        let refused = apply(law, &before, &now, |index| index == 0);
        assert_eq!(refused["assets"], before["assets"]);
        now["children"].as_array_mut().unwrap().remove(0);
        let found = of(law, &before, &now);
        let told: Vec<&String> = found.list.iter().flat_map(|one| &one.lines).collect();
        assert!(told.iter().any(|line| line.contains("Đặng Hữu Lộc") && line.ends_with(": bỏ")), "{told:#?}");
        assert!(!told.iter().any(|line| line.contains("Đặng Ngọc Mai")), "the other child is the same: {told:#?}");
    }

    /// What people change: a box, an asset or row that comes or goes, an item that has nothing.
    #[derive(Debug, Clone)]
    enum Change {
        Text(usize, String),
        Amount(usize, i64),
        Area(usize, u32),
        Remove(usize),
        Add(usize, u32),
        Position(String),
        Spouse,
        Row(usize, String),
        RowGone(usize),
        Child(usize),
    }

    fn change() -> impl proptest::strategy::Strategy<Value = Change> {
        use proptest::prelude::*;
        let text = || "[a-zđ]{1,8}( [a-zđ]{1,8})?";
        prop_oneof![
            (0..16usize, text()).prop_map(|(at, text)| Change::Text(at, text)),
            (0..16usize, 1..9_000_000_000i64).prop_map(|(at, amount)| Change::Amount(at, amount)),
            (0..16usize, 1..5000u32).prop_map(|(at, area)| Change::Area(at, area)),
            (0..16usize).prop_map(Change::Remove),
            (0..16usize, 0..999u32).prop_map(|(at, number)| Change::Add(at, number)),
            text().prop_map(Change::Position),
            Just(Change::Spouse),
            (0..3usize, text()).prop_map(|(at, text)| Change::Row(at, text)),
            (0..3usize).prop_map(Change::RowGone),
            (0..2usize).prop_map(Change::Child),
        ]
    }

    fn make(document: &mut Value, change: &Change) {
        let list = |document: &mut Value, key: &str| document[key].as_array().map_or(0, Vec::len);
        let (assets, rows, children) =
            (list(document, "assets"), list(document, "changes"), list(document, "children"));
        match change {
            Change::Text(at, text) if *at < assets => document["assets"][*at]["other"] = json!(text),
            Change::Amount(at, amount) if *at < assets => {
                document["assets"][*at]["value"] = json!({"kind": "PURCHASE", "amount": amount})
            }
            Change::Area(at, area) if *at < assets && !document["assets"][*at]["area_m2"].is_null() => {
                document["assets"][*at]["area_m2"] = json!(area.to_string())
            }
            Change::Remove(at) if *at < assets => drop(document["assets"].as_array_mut().unwrap().remove(*at)),
            Change::Add(at, number) => {
                let asset = json!({"code": "MONEY", "name": format!("Sổ tiết kiệm {number}"),
                    "value": {"kind": "PURCHASE", "amount": 70_000_000}});
                document["assets"].as_array_mut().unwrap().insert((*at).min(assets), asset);
            }
            Change::Position(text) => document["declarant"]["position"] = json!(text),
            Change::Spouse => document["spouse"] = Value::Null,
            Change::Row(at, text) if *at < rows => document["changes"][*at]["explanation"] = json!(text),
            Change::RowGone(at) if *at < rows => drop(document["changes"].as_array_mut().unwrap().remove(*at)),
            Change::Child(at) if *at < children => drop(document["children"].as_array_mut().unwrap().remove(*at)),
            _ => {}
        }
    }

    /// Without boxes a form's item does not have: nobody can fill those in, and nothing tells them.
    fn tidied(law: &form::LawBook, document: &Value) -> Value {
        let form = law.get("R1_ND130").unwrap().form_for(form::Kind::Annual).unwrap();
        let mut tidy = document.clone();
        for asset in tidy["assets"].as_array_mut().unwrap() {
            let item = form.item(asset["code"].as_str().unwrap()).unwrap();
            asset.as_object_mut().unwrap().retain(|key, _| key == "code" || item.field(key).is_some());
        }
        tidy
    }

    fn in_any_order(document: &Value) -> Value {
        let mut sorted = document.clone();
        for list in ["assets", "changes", "children"] {
            sorted[list].as_array_mut().unwrap().sort_by_cached_key(Value::to_string);
        }
        sorted
    }

    /// A child that is no longer there and another that is: two things to decide, never one child made of both.
    #[test]
    fn another_person_is_not_mixed_with_one_of_before() {
        let law = law();
        let rules = law.get("R1_ND130").unwrap();
        let form = rules.form_for(form::Kind::Annual).unwrap();
        let before = annual();
        let mut now = before.clone();
        now["children"][1] = serde_json::json!({
            "full_name": "Đặng Bảo Ngân", "dob": "2024-02-02", "residence": "số 12, đường Lê Lợi", "id_no": "051324000777"
        });
        now["spouse"]["full_name"] = serde_json::json!("Lê Thu Hằng");
        now["spouse"]["dob"] = serde_json::json!("1990-01-01");
        let found = Differences::of(rules, form, &before, &now);
        assert_eq!(found.list.len(), 3, "one child goes, one comes, the spouse is another: {:#?}", found.list);
        for only in 0..3 {
            let some = found.apply(form, &before, &now, |index| index == only);
            for child in some["children"].as_array().unwrap() {
                let known = [&before, &now].into_iter().flat_map(|d| d["children"].as_array().unwrap());
                assert!(known.into_iter().any(|other| other == child), "{child}");
            }
            assert!([&before["spouse"], &now["spouse"]].contains(&&some["spouse"]), "{}", some["spouse"]);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
        #[test]
        fn all_of_them_give_the_later_version_and_none_the_earlier(
            earlier in proptest::collection::vec(change(), 0..4),
            later in proptest::collection::vec(change(), 0..8),
            chosen in proptest::collection::vec(proptest::prelude::any::<bool>(), 40),
        ) {
            let law = law();
            let mut before = annual();
            earlier.iter().for_each(|change| make(&mut before, change));
            let mut now = before.clone();
            later.iter().for_each(|change| make(&mut now, change));
            let (before, now) = (tidied(law, &before), tidied(law, &now));
            let all = apply(law, &before, &now, |_| true);
            proptest::prop_assert_eq!(in_any_order(&all), in_any_order(&now));
            proptest::prop_assert_eq!(apply(law, &before, &now, |_| false), before.clone());
            // With some of them, each asset is one of before or one of now, changed by what was approved only.
            let some = apply(law, &before, &now, |index| chosen[index % chosen.len()]);
            let known: Vec<&Value> = [&before, &now].into_iter().flat_map(|d| d["assets"].as_array().unwrap()).collect();
            for asset in some["assets"].as_array().unwrap() {
                for (key, value) in asset.as_object().unwrap() {
                    proptest::prop_assert!(known.iter().any(|other| other.get(key) == Some(value)), "{key}: {value}");
                }
            }
            // What is left to approve, approved afterwards, gives the later version too.
            let rest = apply(law, &some, &now, |_| true);
            proptest::prop_assert_eq!(in_any_order(&rest), in_any_order(&now));
        }
    }
}
