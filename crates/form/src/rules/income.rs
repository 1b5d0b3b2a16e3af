//! I: income between two declarations, changes and their explanation.
use viet::number::group;

use super::case::Entry;
use super::{Case, Report};

const COMPONENTS: [&str; 4] = ["income.declarant", "income.spouse", "income.children", "income.common"];

pub(super) fn income_row<'a>(case: &Case<'a>) -> Option<Entry<'a>> {
    case.changes().into_iter().find(|change| change.code == "INCOME")
}

pub(super) fn asset_rows<'a>(case: &Case<'a>) -> Vec<Entry<'a>> {
    let mut rows = case.changes();
    rows.retain(|change| change.code != "INCOME");
    rows
}

/// '+' or '-' at the start of a quantity; the true minus and the dash count.
pub(super) fn sign(quantity: &str) -> Option<char> {
    match quantity.chars().next()? {
        '+' => Some('+'),
        '-' | '−' | '–' => Some('-'),
        _ => None,
    }
}

/// I01. Note 28: four sums; none is written as 0.
pub fn four_components(case: &Case<'_>, report: &mut Report<'_>) {
    if !case.has("INCOME") {
        return;
    }
    for path in COMPONENTS {
        let is_negative = case.integer(path).is_some_and(|amount| amount < 0);
        if case.is_blank(path) || is_negative {
            report.at(path, &[]);
        }
    }
}

/// I02. The row of section III is the sum of item 10.
pub fn row_equals_sum(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(row) = income_row(case) else { return };
    let stated = case.integer(&row.at("value"));
    let sum = COMPONENTS.iter().map(|path| case.integer(path)).sum::<Option<i64>>();
    if let (Some(stated), Some(sum)) = (stated, sum)
        && stated != sum
    {
        report.at(&row.at("value"), &[("row", &group(stated)), ("sum", &group(sum))]);
    }
}

/// I03. Note 32: each source with its sum; an income of 0 has none.
pub fn itemised_sources(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(row) = income_row(case) else { return };
    let path = row.at("explanation");
    let has_sum = case.text(&path).chars().any(|c| c.is_ascii_digit());
    let is_read = case.is_blank(&path) || !case.text(&path).is_empty();
    if case.integer(&row.at("value")) != Some(0) && is_read && !has_sum {
        report.at(&path, &[]);
    }
}

/// I05. A spouse with a workplace earns; a common income may hold it.
pub fn spouse_income(case: &Case<'_>, report: &mut Report<'_>) {
    let workplace = case.text("spouse.workplace");
    let works = !workplace.is_empty() && !Case::mentions(workplace, &report.rule.words);
    let earns_nothing = case.integer("income.spouse") == Some(0) && case.integer("income.common") == Some(0);
    if works && earns_nothing {
        report.at("income.spouse", &[]);
    }
}

/// A row of section III that tells of a sale.
pub(super) fn is_sale(case: &Case<'_>, change: &Entry<'_>, words: &[String]) -> bool {
    sign(case.text(&change.at("quantity"))) == Some('-') && Case::says(case.text(&change.at("explanation")), words)
}

/// I07. A sale brings in money (note 28 and the decree's example).
pub fn sale_proceeds(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(row) = income_row(case) else { return };
    let sources = case.text(&row.at("explanation"));
    let sold = asset_rows(case).iter().any(|change| is_sale(case, change, &report.rule.words));
    if sold && !sources.is_empty() && !Case::says(sources, &report.rule.words) {
        report.at(&row.at("explanation"), &[]);
    }
}

/// I09. Notes 30 and 31.
pub fn explanations(case: &Case<'_>, report: &mut Report<'_>) {
    for change in asset_rows(case) {
        let path = change.at("explanation");
        if case.is_blank(&path) {
            report.at(&path, &[]);
        }
    }
}

/// I10. Notes 30 and 31: a sign with a quantity, and a value (an account abroad has none).
pub fn signs(case: &Case<'_>, report: &mut Report<'_>) {
    for change in asset_rows(case) {
        let path = change.at("quantity");
        let quantity = case.text(&path);
        if case.is_blank(&path) {
            report.at(&path, &[("fault", "chưa ghi số lượng tăng hoặc giảm")]);
        } else if !quantity.is_empty() && sign(quantity).is_none() {
            report.at(&path, &[("fault", &format!("“{quantity}” chưa có dấu cộng (+) hoặc trừ (-)"))]);
        }
        let value = change.at("value");
        if change.code != "FOREIGN_ACCOUNT" && case.is_blank(&value) {
            report.at(&value, &[("fault", "chưa ghi giá trị")]);
        }
    }
    if let Some(row) = income_row(case).filter(|row| case.is_blank(&row.at("value"))) {
        report.at(&row.at("value"), &[("fault", "chưa ghi tổng thu nhập")]);
    }
}

/// I15. Note 29: "Không có biến động" is about assets; the income row stays.
pub fn no_change_contradicted(case: &Case<'_>, report: &mut Report<'_>) {
    let says_none = case.document.get("no_change").and_then(serde_json::Value::as_bool) == Some(true);
    if !says_none || !case.has("CHANGES") {
        return;
    }
    if !asset_rows(case).is_empty() {
        report.at("no_change", &[("fault", "ghi “Không có biến động” nhưng bảng có tài sản tăng hoặc giảm")]);
    }
    let moved = super::previous::movements(case).iter().filter(|movement| movement.has_row()).count();
    if moved > 0 {
        let fault =
            format!("ghi “Không có biến động” nhưng so với lần kê khai trước có {moved} tài sản tăng hoặc giảm");
        report.at("no_change", &[("fault", &fault)]);
    }
    if income_row(case).is_none() {
        report.at("no_change", &[("fault", "bảng chưa có dòng tổng thu nhập giữa hai lần kê khai")]);
    }
}

/// I19. Explanations that say nothing.
pub fn thin_explanations(case: &Case<'_>, report: &mut Report<'_>) {
    let least = report.rule.min_chars.unwrap_or(0);
    for change in asset_rows(case) {
        let path = change.at("explanation");
        let text = case.text(&path);
        let is_thin = text.chars().count() < least || Case::is_only(text, &report.rule.words);
        if !text.is_empty() && is_thin {
            report.at(&path, &[("text", text)]);
        }
    }
}
