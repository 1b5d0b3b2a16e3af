//! S: what the control agency is shown beside a declaration (law.md §12.2, articles 40 and 41.1b). A signal is a difference to
//! explain; what it means is for people to find out. Definitions: `law/signals.toml`.
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use viet::number::group;

use super::case::{Entry, spaced};
use super::income::{asset_rows, income_row, is_sale, sign};
use super::{Case, Report};
use crate::{Kind, RuleDef, doc};

/// What of a declaration may be compared word for word with those of other people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands: an explanation of section III, or the section.
    pub path: String,
    /// The words, or the figures, as they are compared: not for people.
    pub said: String,
}

/// A mark that stands in the declarations of others too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    pub path: String,
    /// How many other people.
    pub people: usize,
}

fn is_increase(case: &Case<'_>, row: &Entry<'_>) -> bool {
    sign(case.text(&row.at("quantity"))) == Some('+')
}

fn value(case: &Case<'_>, row: &Entry<'_>) -> i64 {
    case.integer(&row.at("value")).unwrap_or(0)
}

/// I16. Assets increased by more than what came in: income, and what other assets became less by. Money for something sold
/// stands in the income already (note 28), so that such a row counts once.
pub fn increases_beyond_means(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(income) = income_row(case) else { return };
    let Some(earned) = case.integer(&income.at("value")) else { return };
    let sales_are_income = Case::mentions(case.text(&income.at("explanation")), &report.rule.words);
    let (mut increase, mut means) = (0i64, earned);
    for row in asset_rows(case) {
        if is_increase(case, &row) {
            increase = increase.saturating_add(value(case, &row));
        } else if !(sales_are_income && is_sale(case, &row, &report.rule.words)) {
            means = means.saturating_add(value(case, &row));
        }
    }
    if increase > means {
        let facts = [("increase", group(increase)), ("means", group(means)), ("gap", group(increase - means))];
        let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
        report.at("changes", &facts);
    }
}

/// I17. Since the declaration before, changes of at least the amount of article 36.2, and a year gone by, or much of one, in
/// which neither a yearly nor a supplementary declaration told of any.
pub fn change_without_declaration(case: &Case<'_>, report: &mut Report<'_>) {
    let (Some(record), Some(threshold)) = (case.record, case.rules.threshold("change")) else { return };
    let (Some(before), Some(now)) = (case.context.previous_completed_on, case.date("completed_on")) else { return };
    let tells = |kind: Kind| matches!(kind, Kind::Annual | Kind::Supplement);
    let is_told = |year: i32| {
        record.filed.iter().any(|(kind, of)| tells(*kind) && *of == year)
            || (case.kind.is_some_and(tells) && record.year == year)
    };
    // Of the year of the declaration before only what was left of it could go untold.
    let rest = NaiveDate::from_ymd_opt(before.year(), 12, 31).map_or(0, |last| (last - before).num_days());
    let is_long = report.rule.limit.is_none_or(|days| rest >= days);
    let first = before.year() + i32::from(!is_long);
    let silent: Vec<_> = (first..now.year()).filter(|year| !is_told(*year)).map(|y| y.to_string()).collect();
    let (plus, minus): (Vec<_>, Vec<_>) = asset_rows(case).into_iter().partition(|row| is_increase(case, row));
    let sum = |rows: &[Entry<'_>]| rows.iter().fold(0i64, |sum, row| sum.saturating_add(value(case, row)));
    let changed = sum(&plus).max(sum(&minus));
    if !silent.is_empty() && changed >= threshold.amount {
        let facts = [
            ("before", viet::date::format_short(before)),
            ("changed", group(changed)),
            ("threshold", group(threshold.amount)),
            ("years", silent.join(", ")),
        ];
        let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
        report.at("changes", &facts);
    }
}

/// I18. Explanations and figures that others gave word for word, and figures that are all round.
pub fn like_others(case: &Case<'_>, report: &mut Report<'_>) {
    for alike in case.record.map(|record| record.alike.as_slice()).unwrap_or_default() {
        let what = if alike.path == FIGURES { "các dòng biến động" } else { "giải trình" };
        let fault = format!("{what} giống từng chữ, từng số với bản kê khai của {} người khác", alike.people);
        report.at(&alike.path, &[("fault", &fault)]);
    }
    let (Some(unit), Some(least)) = (report.rule.limit.filter(|unit| *unit > 0), report.rule.least) else { return };
    let declared = case.assets().into_iter().filter_map(|asset| case.integer(&asset.at("value.amount")));
    let changed = asset_rows(case).into_iter().filter_map(|row| case.integer(&row.at("value")));
    let amounts: Vec<_> = declared.chain(changed).filter(|amount| *amount > 0).collect();
    if amounts.len() >= least && amounts.iter().all(|amount| amount % unit == 0) {
        let fault = format!("cả {} giá trị đã ghi đều là bội của {} đồng", amounts.len(), group(unit));
        report.at("assets", &[("fault", &fault)]);
    }
}

/// I21. Increases of one item, each below the amount of article 36.2, that reach it together.
pub fn one_purchase_in_parts(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(threshold) = case.rules.threshold("change") else { return };
    let least = report.rule.least.unwrap_or(2);
    let mut of_item: BTreeMap<&str, Vec<(String, i64)>> = BTreeMap::new();
    for row in asset_rows(case).into_iter().filter(|row| is_increase(case, row)) {
        let value = value(case, &row);
        if (1..threshold.amount).contains(&value) {
            of_item.entry(row.code).or_default().push((row.path, value));
        }
    }
    for rows in of_item.into_values().filter(|rows| rows.len() >= least) {
        let sum = rows.iter().fold(0i64, |sum, (_, value)| sum.saturating_add(*value));
        if sum >= threshold.amount {
            let facts =
                [("count", rows.len().to_string()), ("sum", group(sum)), ("threshold", group(threshold.amount))];
            let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
            report.at(&rows[0].0, &facts);
        }
    }
}

/// Where the figures of section III stand as one mark.
const FIGURES: &str = "changes";

/// What of a declaration is compared with those of others (I18): each explanation of an asset that is long enough to be
/// somebody's own words, and the figures of section III where there are enough of them to be nobody else's. Pure, so that
/// it can be made again and compared.
pub fn marks(signal: &RuleDef, document: &Value) -> Vec<Mark> {
    let rows = document.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let code = |row: &Value| row.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let assets = || rows.iter().enumerate().filter(|(_, row)| !code(row).is_empty() && code(row) != "INCOME");
    let mut marks: Vec<_> = assets()
        .filter_map(|(nth, row)| {
            let said = spaced(doc::text(row, "explanation")?);
            let is_own = signal.min_chars.is_some_and(|least| said.chars().count() >= least);
            is_own.then(|| Mark { path: format!("changes[{nth}].explanation"), said })
        })
        .collect();
    let mut figures: Vec<_> = assets()
        .filter_map(|(_, row)| {
            let value = doc::integer(row, "value").filter(|value| *value > 0)?;
            Some(format!("{} {} {value}", code(row), spaced(doc::text(row, "quantity").unwrap_or_default())))
        })
        .collect();
    if signal.least.is_some_and(|least| figures.len() >= least) {
        figures.sort();
        marks.push(Mark { path: FIGURES.to_owned(), said: figures.join("; ") });
    }
    marks
}
