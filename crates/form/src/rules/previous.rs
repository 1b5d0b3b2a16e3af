//! What only the previous declaration can show: people who left the family's scope, assets that came, went or changed.
use viet::number::{format_dong, group};

use super::case::Entry;
use super::income::{asset_rows, sign};
use super::{Case, Report};
use crate::compare::{Cause, Gone, Movement, assets, compare, row};
use crate::doc;

/// What became of the assets since the previous declaration; nothing when there is none to compare with, or this
/// declaration has no section II of its own to compare (a supplementary one describes only what is new).
pub(super) fn movements<'c>(case: &'c Case<'_>) -> &'c [Movement] {
    case.movements.get_or_init(|| match &case.context.previous {
        Some(previous) if describes_everything(case) => {
            let decided = |index| previous.decisions.get(&index).copied();
            compare((previous.rules, previous.document), (case.rules, case.document), decided).movements
        }
        _ => Vec::new(),
    })
}

fn describes_everything(case: &Case<'_>) -> bool {
    case.kind != Some(crate::Kind::Supplement) && case.has("CHANGES")
}

fn says_none(case: &Case<'_>) -> bool {
    case.document.get("no_change").and_then(serde_json::Value::as_bool) == Some(true)
}

/// How many asset rows of section III have this code and sign.
fn count_rows(case: &Case<'_>, code: &str, plus: bool) -> usize {
    let has_sign = |quantity: &str| sign(quantity) == Some(if plus { '+' } else { '-' });
    asset_rows(case).iter().filter(|row| row.code == code && has_sign(case.text(&row.at("quantity")))).count()
}

/// The row of section III a movement asks for: its code, and whether it is an increase.
fn wanted(case: &Case<'_>, movement: &Movement) -> Option<(String, bool)> {
    let previous = case.context.previous.as_ref()?;
    let row = row(case.form, previous.document, case.document, movement)?;
    Some((row.code, row.quantity.starts_with('+')))
}

/// Movements beyond the rows that tell them, in the order of the declaration.
fn untold<'m>(case: &Case<'_>, movements: &'m [Movement]) -> Vec<&'m Movement> {
    let mut told: Vec<((String, bool), usize)> = Vec::new();
    let mut left = Vec::new();
    for movement in movements {
        let Some(wanted) = wanted(case, movement) else { continue };
        let at = told.iter().position(|(known, _)| *known == wanted).unwrap_or_else(|| {
            told.push((wanted.clone(), count_rows(case, &wanted.0, wanted.1)));
            told.len() - 1
        });
        match told[at].1.checked_sub(1) {
            Some(rest) => told[at].1 = rest,
            None => left.push(movement),
        }
    }
    left
}

/// "“Thửa đất số 5, thôn Đông”": what an asset is called, as far as it has a name.
fn named(case: &Case<'_>, index: usize) -> String {
    let previous = case.context.previous.as_ref().map(|previous| previous.document);
    let asset = previous.and_then(|document| assets(document).get(index));
    let name = asset.and_then(|asset| {
        ["address", "registration", "name", "account"].into_iter().find_map(|key| doc::text(asset, key))
    });
    name.map_or_else(|| format!("tài sản thứ {}", index + 1), |name| format!("“{name}”"))
}

/// P07. Article 33.1: a minor child of last time is a minor child still.
pub fn missing_child(case: &Case<'_>, report: &mut Report<'_>) {
    tell_children(case, report, false);
}

/// P09. Note 5: who came of age left the scope; so did what is theirs.
pub fn child_of_age(case: &Case<'_>, report: &mut Report<'_>) {
    tell_children(case, report, true);
}

/// All of them in one sentence: a reason is given once for a place.
fn tell_children(case: &Case<'_>, report: &mut Report<'_>, of_age: bool) {
    let limit = case.rules.facts.persons.minor_under_age.to_string();
    let gone = children_gone(case);
    let names: Vec<_> =
        gone.iter().filter(|child| child.is_of_age == of_age).map(|child| child.name.as_str()).collect();
    if !names.is_empty() {
        report.at("children", &[("name", &names.join(", ")), ("age", &limit)]);
    }
}

struct ChildGone {
    name: String,
    is_of_age: bool,
}

/// Children of the previous declaration that are not in this one, told by number, or by name and date of birth.
fn children_gone(case: &Case<'_>) -> Vec<ChildGone> {
    let Some(previous) = &case.context.previous else { return Vec::new() };
    let list = |document: &serde_json::Value| {
        document.get("children").and_then(serde_json::Value::as_array).cloned().unwrap_or_default()
    };
    let text = |child: &serde_json::Value, key| doc::text(child, key).unwrap_or_default().to_owned();
    let now = list(case.document);
    let is_same = |old: &serde_json::Value, new: &serde_json::Value| {
        let number = text(old, "id_no");
        let by_number = !number.is_empty() && number == text(new, "id_no");
        // A name or a date that was misread on paper and put right is no other child.
        let name = |child| super::spaced(&text(child, "full_name"));
        let dob = text(old, "dob");
        by_number || name(old) == name(new) || (!dob.is_empty() && dob == text(new, "dob"))
    };
    let limit = case.rules.facts.persons.minor_under_age;
    let on = case.date("completed_on");
    let gone = list(previous.document).into_iter().filter(|old| !now.iter().any(|new| is_same(old, new)));
    gone.map(|child| ChildGone {
        is_of_age: on
            .zip(text(&child, "dob").parse().ok())
            .and_then(|(on, born)| on.years_since(born))
            .is_some_and(|age| age >= limit),
        name: text(&child, "full_name"),
    })
    .collect()
}

/// P10. A spouse who came, went, or is another.
pub fn marriage(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(previous) = &case.context.previous else { return };
    let of = |document, key| doc::text(document, &format!("spouse.{key}")).unwrap_or_default().to_owned();
    let (before, now) = (of(previous.document, "full_name"), of(case.document, "full_name"));
    let numbers = (of(previous.document, "id_no"), of(case.document, "id_no"));
    let is_other = super::spaced(&before) != super::spaced(&now)
        && (numbers.0.is_empty() || numbers.1.is_empty() || numbers.0 != numbers.1);
    let fault = match (before.is_empty(), now.is_empty()) {
        (true, false) => format!("lần trước chưa khai vợ hoặc chồng, lần này khai {now}"),
        (false, true) => format!("lần trước khai vợ hoặc chồng là {before}, lần này không có"),
        (false, false) if is_other => format!("lần trước khai vợ hoặc chồng là {before}, lần này là {now}"),
        _ => return,
    };
    report.at("spouse", &[("fault", &fault)]);
}

/// I08. The decree's example: what was sold goes out at the value it was declared with. Judged where one row and one
/// asset stand against each other; otherwise the row may be several assets' together.
pub fn decrease_at_declared_value(case: &Case<'_>, report: &mut Report<'_>) {
    let movements = movements(case);
    for entry in asset_rows(case).iter().filter(|row| sign(case.text(&row.at("quantity"))) == Some('-')) {
        let wanting: Vec<_> = movements
            .iter()
            .filter(|movement| wanted(case, movement).is_some_and(|(code, plus)| code == entry.code && !plus))
            .collect();
        let ([movement], 1) = (&wanting[..], count_rows(case, entry.code, false)) else { continue };
        if !matches!(movement.cause, Cause::Gone(_)) {
            continue; // I11 compares what is less of the same thing
        }
        let declared =
            case.context.previous.as_ref().and_then(|previous| {
                row(case.form, previous.document, case.document, movement).and_then(|row| row.value)
            });
        let path = entry.at("value");
        if let (Some(declared), Some(row)) = (declared, case.integer(&path))
            && declared != row
        {
            report.at(&path, &[("row", &group(row)), ("declared", &group(declared))]);
        }
    }
}

/// I11. A row without a difference, and a difference in one asset without a row.
pub fn rows_match_differences(case: &Case<'_>, report: &mut Report<'_>) {
    if case.context.previous.is_none() || !describes_everything(case) {
        return;
    }
    let movements = movements(case);
    let asked = |code: &str, plus: bool| {
        movements.iter().filter_map(|movement| wanted(case, movement)).filter(|(c, p)| c == code && *p == plus).count()
    };
    for entry in asset_rows(case) {
        let Some(sign) = sign(case.text(&entry.at("quantity"))) else { continue };
        if asked(entry.code, sign == '+') == 0 {
            let way = if sign == '+' { "tăng" } else { "giảm" };
            let fault = format!("bảng có dòng {way} nhưng so với lần kê khai trước không có tài sản {way} tương ứng");
            report.at(&entry.at("quantity"), &[("fault", &fault)]);
        } else {
            other_value(case, report, movements, &entry, sign == '+');
        }
    }
    for movement in untold_unless_none(case, movements) {
        if let (Cause::Altered { .. }, Some(now)) = (&movement.cause, movement.now) {
            let fault = "khác lần kê khai trước nhưng bảng biến động không có dòng tương ứng";
            report.at(&format!("assets[{now}]"), &[("fault", fault)]);
        }
    }
}

/// A row and the difference it tells have one value; judged where one stands against one.
fn other_value(case: &Case<'_>, report: &mut Report<'_>, movements: &[Movement], entry: &Entry<'_>, plus: bool) {
    let is_wanted = |movement: &&Movement| {
        wanted(case, movement).is_some_and(|(code, increase)| code == entry.code && increase == plus)
    };
    let wanting: Vec<_> = movements.iter().filter(is_wanted).collect();
    let ([movement], 1) = (&wanting[..], count_rows(case, entry.code, plus)) else { return };
    if matches!(movement.cause, Cause::Gone(_)) {
        return; // I08
    }
    let previous = case.context.previous.as_ref().map(|previous| previous.document);
    let derived = previous.and_then(|before| row(case.form, before, case.document, movement)).and_then(|row| row.value);
    let path = entry.at("value");
    if let (Some(derived), Some(row)) = (derived, case.integer(&path))
        && derived != row
    {
        let fault =
            format!("bảng ghi {} đồng, chênh lệch so với lần kê khai trước là {} đồng", group(row), group(derived));
        report.at(&path, &[("fault", &fault)]);
    }
}

/// [`untold`], unless the declaration says that nothing changed: then I15 says so once.
fn untold_unless_none<'m>(case: &Case<'_>, movements: &'m [Movement]) -> Vec<&'m Movement> {
    if says_none(case) { Vec::new() } else { untold(case, movements) }
}

/// I12. An asset of last time that is not there and has no row. What left the family's scope has none either, and wants
/// its reason: nobody else could tell later why it went.
pub fn gone_without_row(case: &Case<'_>, report: &mut Report<'_>) {
    let movements = movements(case);
    let out_of_scope = movements.iter().filter(|movement| movement.cause == Cause::Gone(Gone::LeftScope));
    let gone: Vec<_> = untold_unless_none(case, movements)
        .into_iter()
        .filter(|movement| matches!(movement.cause, Cause::Gone(_)))
        .chain(out_of_scope)
        .collect();
    tell_gone(case, report, &gone, &[]);
}

/// The assets that are gone, those of one item in one sentence: a reason is given once for a place.
fn tell_gone(case: &Case<'_>, report: &mut Report<'_>, gone: &[&Movement], facts: &[(&str, &str)]) {
    let mut items: Vec<&str> = Vec::new();
    for movement in gone.iter().filter(|movement| movement.before.is_some()) {
        if items.contains(&movement.item.as_str()) {
            continue;
        }
        items.push(&movement.item);
        let of_item = gone.iter().filter(|other| other.item == movement.item);
        let names: Vec<_> = of_item.filter_map(|other| Some(named(case, other.before?))).collect();
        let names = names.join(", ");
        let facts: Vec<_> = [("asset", names.as_str())].into_iter().chain(facts.iter().copied()).collect();
        report.at(&format!("assets[{}]", movement.item), &facts);
    }
}

/// I13. An asset of now that was not there and has no row.
pub fn new_without_row(case: &Case<'_>, report: &mut Report<'_>) {
    let movements = movements(case);
    for movement in untold_unless_none(case, movements) {
        if let (Cause::New, Some(now)) = (&movement.cause, movement.now) {
            report.at(&format!("assets[{now}]"), &[]);
        }
    }
}

/// I14. Historic cost does not change (note 10).
pub fn value_of_unchanged_asset(case: &Case<'_>, report: &mut Report<'_>) {
    let words = |amount: Option<i64>| amount.map_or_else(|| "không có số tiền".to_owned(), format_dong);
    for movement in movements(case) {
        // An amount that was illegible or not known, and is written now, is no other amount.
        if let (Cause::Revalued { before: before @ Some(_), now }, Some(index)) = (&movement.cause, movement.now) {
            let facts = [("before", words(*before)), ("now", words(*now))];
            let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
            report.at(&format!("assets[{index}].value.amount"), &facts);
        }
    }
}

/// I20. The amount was raised, nothing was sold.
pub fn spared_by_raised_amount(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(threshold) = case.rules.threshold("asset") else { return };
    let movements = movements(case);
    let spared: Vec<_> =
        movements.iter().filter(|movement| movement.cause == Cause::Gone(Gone::BelowThreshold)).collect();
    tell_gone(case, report, &spared, &[("threshold", &group(threshold.amount))]);
}
