//! Rule sets in force on a date. The definitions are data in `law/`, read and checked by crate `form`.
pub mod command;

use chrono::{Datelike, NaiveDate};
use form::{Hashes, Kind, LawBook, RuleSet};

use crate::kernel::{Refusal, Result};

/// The rule set in force on `date`.
///
/// # Errors
/// None is loaded for that date: said so, never guessed.
pub fn in_force(law: &LawBook, date: NaiveDate) -> Result<&RuleSet> {
    law.in_force(date).ok_or_else(|| {
        Refusal::new(
            "no_rule_set",
            format!("Chưa nạp bộ quy tắc và biểu mẫu có hiệu lực vào ngày {}.", viet::date::format_short(date)),
            "Đề nghị quản trị hệ thống nạp bộ quy tắc của thời kỳ đó.",
        )
        .into()
    })
}

/// The rule set a record names: what was accepted under it is shown and received under it, also after its last day.
///
/// # Errors
/// A bug when a record names one that is not loaded.
pub fn named<'l>(law: &'l LawBook, rule_set: &str) -> Result<&'l RuleSet> {
    law.get(rule_set).ok_or_else(|| crate::bug!("rule set {rule_set} is not loaded"))
}

/// The hashes a record names: of its rule set and forms, as loaded.
///
/// # Errors
/// A bug when the rule set is not of this book.
pub fn hashes<'l>(law: &'l LawBook, rules: &RuleSet) -> Result<&'l Hashes> {
    law.hashes(rules.id()).ok_or_else(|| crate::bug!("rule set {} is not loaded", rules.id()))
}

/// What people must know who declare under `rules` while its own forms are not loaded: that, and the amounts that hold
/// instead of those the form of before prints.
pub fn notices(law: &LawBook, rules: &RuleSet) -> Vec<String> {
    let forms = rules.unknown("forms").map(|unknown| unknown.says.clone());
    forms.into_iter().chain(amount_notice(law, rules)).collect()
}

/// "Mẫu ghi mức 50.000.000 đồng; mức đang áp dụng là 150.000.000 đồng": the form that is used meanwhile prints the
/// amount of its own time.
pub fn amount_notice(law: &LawBook, rules: &RuleSet) -> Option<String> {
    let printed = law.get(rules.facts.follows.as_deref()?)?.threshold("asset")?;
    let held = rules.threshold("asset")?;
    (printed.amount != held.amount).then(|| {
        format!(
            "Mẫu và hướng dẫn ghi mức {}; mức đang áp dụng là {} ({}).",
            viet::number::format_dong(printed.amount),
            viet::number::format_dong(held.amount),
            held.basis
        )
    })
}

/// [`amount_notice`] beside an item whose declaration depends on the amount.
pub fn amount_notice_for(law: &LawBook, rules: &RuleSet, item: &str) -> Option<String> {
    let mode = rules.aggregation(item)?.mode;
    (mode != form::ruleset::ThresholdMode::Always).then(|| amount_notice(law, rules)).flatten()
}

/// The last day on which a kind of declaration for `year` is in time (article 36), given for FIRST the day the post was
/// taken up.
///
/// # Errors
/// A bug when the rule set has no deadline for the kind.
pub fn due_on(rules: &RuleSet, kind: Kind, year: i32, taken_up_on: Option<NaiveDate>) -> Result<NaiveDate> {
    let rule = rules.kind(kind).ok_or_else(|| crate::bug!("rule set {} does not know {kind}", rules.id()))?;
    let deadline =
        rules.deadline(&rule.deadline).ok_or_else(|| crate::bug!("deadline {} is missing", rule.deadline))?;
    if let Some(day) = deadline.by {
        let last = NaiveDate::from_ymd_opt(year, day.month, day.day)
            .ok_or_else(|| crate::bug!("deadline {} is no date", rule.deadline))?;
        return if day.inclusive {
            Ok(last)
        } else {
            last.pred_opt().ok_or_else(|| crate::bug!("deadline before time began"))
        };
    }
    let (Some(days), Some(from)) = (deadline.days, taken_up_on) else {
        return Err(crate::bug!("deadline {} needs the day it is counted from", rule.deadline));
    };
    Ok(from + chrono::Days::new(u64::from(days)))
}

/// The last day of a time limit counted in calendar days from `from` (its day not counted).
///
/// # Errors
/// A bug when the rule set has no such deadline in calendar days.
pub fn calendar_limit(rules: &RuleSet, key: &str, from: NaiveDate) -> Result<NaiveDate> {
    let deadline = rules.deadline(key).ok_or_else(|| crate::bug!("deadline {key} is missing"))?;
    match (deadline.days, deadline.unit) {
        (Some(days), Some(form::ruleset::DayUnit::Calendar)) => Ok(from + chrono::Days::new(u64::from(days))),
        _ => Err(crate::bug!("deadline {key} is not a number of calendar days")),
    }
}

/// The year a declaration belongs to.
pub fn year_of(completed_on: NaiveDate) -> i32 {
    completed_on.year()
}
