//! G: the form as a whole.
use serde_json::Value;
use viet::date::format_short;

use super::{Case, Report};
use crate::{Channel, Kind, Required};

/// G00. Required fields without an answer, unless a rule of their own says so.
pub fn required_fields(case: &Case<'_>, report: &mut Report<'_>) {
    for field in case.form.header.fields.iter().filter(|field| field.required == Required::Always) {
        if case.is_blank(&field.key) {
            report.at(&field.key, &[]);
        }
    }
    for (item, path) in case.filled_items() {
        for field in item.fields.iter().filter(|field| field.required == Required::Always) {
            let at = format!("{path}.{}", field.key);
            if case.is_blank(&at) && !case.is_covered(item.code(), field) {
                report.at(&at, &[]);
            }
        }
    }
}

/// G02. Điều 9 names the form of each kind.
pub fn form_fits_kind(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(kind) = case.kind else { return };
    if case.text("form") != case.form.code || case.form.kind(kind).is_none() {
        report.at("kind", &[("form", &case.form.code)]);
    }
}

/// G03. Notes 1 and 28: a first declaration has no section III and no item 10.
pub fn first_has_no_changes(case: &Case<'_>, report: &mut Report<'_>) {
    if case.kind != Some(Kind::First) {
        return;
    }
    if !case.is_blank("income") {
        report.at("income", &[]);
    }
    if !case.changes().is_empty() {
        report.at("changes", &[]);
    }
}

/// G13. Article 36.2: a supplementary declaration is made because something changed.
pub fn supplement_tells_a_change(case: &Case<'_>, report: &mut Report<'_>) {
    let says_none = case.document.get("no_change").and_then(Value::as_bool) == Some(true);
    if case.kind == Some(crate::Kind::Supplement) && says_none && super::income::asset_rows(case).is_empty() {
        report.at("no_change", &[]);
    }
}

/// G04. Note 29: rows, or "Không có biến động".
pub fn changes_are_stated(case: &Case<'_>, report: &mut Report<'_>) {
    let says_none = case.document.get("no_change").and_then(Value::as_bool) == Some(true);
    if case.has("CHANGES") && !says_none && case.changes().is_empty() {
        report.at("no_change", &[]);
    }
}

/// G05. Not after today, not before the previous declaration.
pub fn completion_date(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(date) = case.date("completed_on") else { return };
    let shown = format_short(date);
    if date > case.context.today {
        report.at("completed_on", &[("date", &shown), ("fault", "sau ngày hôm nay")]);
    }
    if let Some(previous) = case.context.previous_completed_on.filter(|previous| date < *previous) {
        let fault = format!("trước lần kê khai trước ({})", format_short(previous));
        report.at("completed_on", &[("date", &shown), ("fault", &fault)]);
    }
}

/// G06. Article 36: completed after the last day of the obligation.
pub fn late(case: &Case<'_>, report: &mut Report<'_>) {
    tell_late(case, report, false);
}

/// X02. Article 38.2: completed after the last day of a demand to complete or declare again.
pub fn late_answer(case: &Case<'_>, report: &mut Report<'_>) {
    tell_late(case, report, true);
}

fn tell_late(case: &Case<'_>, report: &mut Report<'_>, is_demanded: bool) {
    let last_day = case.context.last_day.filter(|last_day| last_day.is_demanded == is_demanded);
    let (Some(date), Some(last_day)) = (case.date("completed_on"), last_day) else { return };
    if date > last_day.on {
        report.at("completed_on", &[("date", &format_short(date)), ("last_day", &format_short(last_day.on))]);
    }
}

/// G12. Each item has assets or an explicit "không có". Paper prints the word; a record made before the reader noted
/// it (no `none` list) says nothing about it.
pub fn items_are_answered(case: &Case<'_>, report: &mut Report<'_>) {
    let none = case.document.get("none").and_then(serde_json::Value::as_array);
    if none.is_none() && case.context.channel == Channel::Paper {
        return;
    }
    for item in case.form.asset_items().filter(|item| case.has(item.code())) {
        let says_none = none.is_some_and(|codes| codes.iter().any(|code| code == item.code()));
        if !says_none && case.assets_of(&[item.code()]).is_empty() {
            report.at(&format!("assets[{}]", item.code()), &[]);
        }
    }
}
