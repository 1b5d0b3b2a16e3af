//! M: precious things, money, securities, vehicles and other movables.
use chrono::Datelike;
use viet::number::group;

use super::case::{Entry, spaced};
use super::land::report_blank;
use super::{Case, Report};
use crate::doc::Answer;
use crate::ruleset::{Aggregation, ThresholdMode};

/// M01. Groups whose total is compared with the asset threshold (notes 20, 21).
pub fn group_below_threshold(case: &Case<'_>, report: &mut Report<'_>) {
    below_threshold(case, report, ThresholdMode::PerGroupTotal);
}

/// Totals of one mode that stay below the asset threshold; a group with an undetermined or missing value has none.
pub(super) fn below_threshold(case: &Case<'_>, report: &mut Report<'_>, mode: ThresholdMode) {
    let Some(threshold) = case.rules.threshold("asset").map(|threshold| threshold.amount) else { return };
    for aggregation in case.rules.facts.aggregations.iter().filter(|aggregation| aggregation.mode == mode) {
        for group_of in totals(case, aggregation) {
            let total = group_of.iter().map(|asset| case.integer(&asset.at("value.amount"))).sum::<Option<i64>>();
            let first = group_of.first().map(|asset| asset.at("value.amount"));
            if let (Some(total), Some(path)) = (total.filter(|total| *total < threshold), first) {
                report.at(&path, &[("total", &group(total)), ("threshold", &group(threshold))]);
            }
        }
    }
}

/// The assets that are added up together: all items of a group, or one item's assets of the same name.
fn totals<'a>(case: &Case<'a>, aggregation: &Aggregation) -> Vec<Vec<Entry<'a>>> {
    let codes: Vec<_> = aggregation.items.iter().map(String::as_str).collect();
    let assets = case.assets_of(&codes);
    if aggregation.mode == ThresholdMode::PerGroupTotal {
        return vec![assets];
    }
    let mut groups: Vec<(String, Vec<Entry<'a>>)> = Vec::new();
    for asset in assets {
        let key = format!("{} {}", asset.code, spaced(case.text(&asset.at("name"))));
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, members)) => members.push(asset),
            None => groups.push((key, vec![asset])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// M02. Note 21: foreign money has its amount, its currency and what it is worth in đồng.
pub fn foreign_currency(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["MONEY"]) {
        let is_told = ["foreign_amount", "currency"].iter().any(|key| !case.is_blank(&asset.at(key)));
        if !is_told && !Case::mentions(case.text(&asset.at("name")), &report.rule.words) {
            continue;
        }
        let parts = [
            ("foreign_amount", "số lượng ngoại tệ"),
            ("currency", "loại ngoại tệ"),
            ("value.amount", "số tiền quy đổi ra đồng Việt Nam"),
        ];
        for (key, lacking) in parts.into_iter().filter(|(key, _)| case.is_blank(&asset.at(key))) {
            report.at(&asset.at(key), &[("lacking", lacking)]);
        }
    }
}

/// M03. Lent or prepaid money says nothing about the other side.
pub fn counterparty(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["MONEY"]) {
        if Case::is_only(case.text(&asset.at("name")), &report.rule.words) {
            report.at(&asset.at("name"), &[]);
        }
    }
}

/// M04. Shares and bonds: name and quantity.
pub fn shares_and_bonds(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["SHARE", "BOND"], &["name", "quantity"]);
}

/// M05. Note 22.
pub fn capital_form(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["CAPITAL"], &["name"]);
}

/// M07. Note 24.
pub fn registration(case: &Case<'_>, report: &mut Report<'_>) {
    report_blank(case, report, &["REGISTERED"], &["registration"]);
}

/// M09. A year, not after this one.
pub fn first_year(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets_of(&["OTHER"]) {
        let path = asset.at("first_year");
        let this_year = i64::from(case.context.today.year());
        match case.answer(&path) {
            Answer::Known(value) if value.as_i64().is_some_and(|year| year <= this_year) => (),
            Answer::Known(value) => {
                report.at(&path, &[("fault", &format!("năm {value} sau năm nay hoặc không phải là một năm"))]);
            }
            _ if case.is_blank(&path) => report.at(&path, &[("fault", "chưa ghi năm bắt đầu sở hữu")]),
            _ => (),
        }
    }
}

/// M10. The form has no item for debts.
pub fn debts(case: &Case<'_>, report: &mut Report<'_>) {
    for asset in case.assets() {
        if Case::mentions(case.text(&asset.at("name")), &report.rule.words) {
            report.at(&asset.at("name"), &[]);
        }
    }
}
