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

/// I16. Assets increased by more than what came in: income, and what other assets brought in. Money for something sold
/// stands in the income already (note 28), so that such a row counts once; what was given away or lost brought in nothing. A
/// row without a sign is neither, and that is said.
pub fn increases_beyond_means(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(income) = income_row(case) else { return };
    let Some(earned) = case.integer(&income.at("value")) else { return };
    let (sold, lost) = (&report.rule.words, &report.rule.except);
    let sales_are_income = Case::says(case.text(&income.at("explanation")), sold);
    let (mut increase, mut means, mut unsigned) = (0i64, earned, 0);
    for row in asset_rows(case) {
        match sign(case.text(&row.at("quantity"))) {
            Some('+') => increase = increase.saturating_add(value(case, &row)),
            Some(_) => {
                let is_sale = is_sale(case, &row, sold);
                let brings_in =
                    if is_sale { !sales_are_income } else { !Case::says(case.text(&row.at("explanation")), lost) };
                if brings_in {
                    means = means.saturating_add(value(case, &row));
                }
            }
            None => unsigned += 1,
        }
    }
    if increase > means {
        let open = match unsigned {
            0 => String::new(),
            rows => format!("; chưa tính {rows} dòng không có dấu (+) hoặc (-)"),
        };
        let facts =
            [("increase", group(increase)), ("means", group(means)), ("gap", group(increase - means)), ("open", open)];
        let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
        report.at("changes", &facts);
    }
}

/// I17. Since the declaration before, changes of at least the amount of article 36.2, and a year gone by, or much of one, in
/// which neither a yearly nor a supplementary declaration told of any. The amount is the one that held in that year.
pub fn change_without_declaration(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(record) = case.record else { return };
    let (Some(before), Some(now)) = (case.context.previous_completed_on, case.date("completed_on")) else { return };
    // Of the year of the declaration before, what came after it: a supplement of then could not tell of that.
    let tells = |kind: Kind, year: i32| kind == Kind::Annual || (kind == Kind::Supplement && year != before.year());
    let is_told = |year: i32| {
        let own = matches!(case.kind, Some(Kind::Annual | Kind::Supplement)) && record.year == year;
        own || record.filed.iter().any(|(kind, of)| *of == year && tells(*kind, year))
    };
    let last_day = |year: i32| NaiveDate::from_ymd_opt(year, 12, 31);
    let rest = last_day(before.year()).map_or(0, |last| (last - before).num_days());
    let is_long = report.rule.limit.is_none_or(|days| rest >= days);
    let first = before.year() + i32::from(!is_long);
    let sum = |wanted: char| {
        let rows = asset_rows(case).into_iter().filter(|row| sign(case.text(&row.at("quantity"))) == Some(wanted));
        rows.fold(0i64, |sum, row| sum.saturating_add(value(case, &row)))
    };
    let changed = sum('+').max(sum('-'));
    let amount_of = |year: i32| record.thresholds.get(&year).copied();
    let silent: Vec<(i32, i64)> = (first..now.year())
        .filter(|year| !is_told(*year))
        .filter_map(|year| Some((year, amount_of(year).filter(|amount| changed >= *amount)?)))
        .collect();
    if let Some(threshold) = silent.iter().map(|(_, amount)| *amount).min() {
        let years: Vec<_> = silent.iter().map(|(year, _)| year.to_string()).collect();
        let facts = [
            ("before", viet::date::format_short(before)),
            ("changed", group(changed)),
            ("threshold", group(threshold)),
            ("years", years.join(", ")),
        ];
        let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
        report.at("changes", &facts);
    }
}

/// I18. Explanations and figures that others gave too, and values of section II that are all round (a change repeats the value
/// of its asset, and would count it twice).
pub fn like_others(case: &Case<'_>, report: &mut Report<'_>) {
    for alike in case.record.map(|record| record.alike.as_slice()).unwrap_or_default() {
        let what = if alike.path == FIGURES {
            "các dòng biến động giống nhau về mục, dấu, số lượng và giá trị"
        } else {
            "giải trình giống nhau (không xét dấu thanh, chữ hoa, dấu câu)"
        };
        let fault = format!("{what} với bản kê khai của {} người khác", alike.people);
        report.at(&alike.path, &[("fault", &fault)]);
    }
    let (Some(unit), Some(least)) = (report.rule.limit.filter(|unit| *unit > 0), report.rule.least) else { return };
    let declared = case.assets().into_iter().filter_map(|asset| case.integer(&asset.at("value.amount")));
    let amounts: Vec<_> = declared.filter(|amount| *amount > 0).collect();
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
            let letters = said.chars().filter(|letter| *letter != ' ').count();
            let is_own = signal.min_chars.is_some_and(|least| letters >= least);
            is_own.then(|| Mark { path: format!("changes[{nth}].explanation"), said })
        })
        .collect();
    let mut figures: Vec<_> = assets()
        .filter_map(|(_, row)| {
            let value = doc::integer(row, "value").filter(|value| *value > 0)?;
            let quantity = doc::text(row, "quantity").unwrap_or_default();
            let sign = sign(quantity).map(String::from).unwrap_or_default();
            Some(format!("{} {sign}{} {value}", code(row), spaced(quantity)))
        })
        .collect();
    if signal.least.is_some_and(|least| figures.len() >= least) {
        figures.sort();
        marks.push(Mark { path: FIGURES.to_owned(), said: figures.join("; ") });
    }
    marks
}
