//! Rule sets in force on a date. The definitions are data in `law/`, read and checked by crate `form`.
pub mod acts;
pub mod command;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{Datelike, NaiveDate};
use form::ruleset::{DayUnit, Deadline};
use form::{CannotCount, Due, Hashes, Kind, LawBook, RuleSet};

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

/// The last day on which a kind of declaration for `year` is in time (article 36), given for a kind whose days
/// are counted the day they are counted from: that the post was taken up, that is planned, of the election. A limit of days
/// after a day that ends on a day of rest ends with the next working day.
///
/// # Errors
/// A bug when the rule set has no deadline for the kind.
pub fn due_on(
    law: &LawBook,
    rules: &RuleSet,
    kind: Kind,
    year: i32,
    counted_from: Option<NaiveDate>,
) -> Result<NaiveDate> {
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
    let from =
        counted_from.ok_or_else(|| crate::bug!("deadline {} needs the day it is counted from", rule.deadline))?;
    Ok(limit(law, rules, &rule.deadline, from)?.due.on)
}

/// When a time limit ends that began on `from`.
///
/// Where the calendar of the year it ends in is not loaded, a limit in calendar days ends on the day it counts to, and
/// `uncertain` says so: the law's number is never a guess, only whether that day is one of rest. A limit in working days
/// cannot be counted at all.
///
/// # Errors
/// A refusal that names the missing calendar; a bug when the rule set has no such deadline.
pub fn limit(law: &LawBook, rules: &RuleSet, key: &str, from: NaiveDate) -> Result<Limit> {
    count(law, rules.deadline(key).ok_or_else(|| crate::bug!("deadline {key} is missing"))?, from)
}

/// When a term of the system's own ends that began on `from` (`law/terms.toml`); counted as [`limit`] is.
///
/// # Errors
/// As of [`limit`].
pub fn own_term(law: &LawBook, key: &str, from: NaiveDate) -> Result<Limit> {
    count(law, law.term(key).ok_or_else(|| crate::bug!("term {key} is missing"))?, from)
}

fn count(law: &LawBook, deadline: &Deadline, from: NaiveDate) -> Result<Limit> {
    match form::due(deadline, from, &law.calendar) {
        Ok(due) => Ok(Limit { due, uncertain: None }),
        Err(CannotCount::NoCalendar(missing)) => match (deadline.days, deadline.unit) {
            (Some(days), Some(DayUnit::Calendar)) => {
                let on = from + chrono::Days::new(u64::from(days));
                Ok(Limit { due: Due { on, moved_from: None }, uncertain: Some(missing.year) })
            }
            _ => Err(no_calendar(missing.year).into()),
        },
        Err(error @ CannotCount::Undefined(_)) => Err(crate::bug!("{error}")),
    }
}

fn no_calendar(year: i32) -> Refusal {
    Refusal::new(
        "no_calendar",
        format!("Chưa nạp lịch ngày làm việc của năm {year} nên chưa tính được thời hạn."),
        "Đề nghị quản trị hệ thống nạp lịch của năm đó (tài liệu vận hành, mục Lịch ngày làm việc).",
    )
}

/// `on` itself when it is a working day, otherwise the next one.
///
/// # Errors
/// A refusal that names the missing calendar.
pub fn working_day_from(law: &LawBook, on: NaiveDate) -> Result<NaiveDate> {
    law.calendar.working_day_from(on).map_err(|missing| no_calendar(missing.year).into())
}

/// The end of a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub due: Due,
    /// The year whose calendar is not loaded: the last day may turn out to be a day of rest and move.
    pub uncertain: Option<i32>,
}

/// How far a last day is, in the words of a list: "còn 3 ngày", "hôm nay là ngày cuối", "quá hạn 2 ngày".
pub fn distance(last_day: NaiveDate, today: NaiveDate) -> String {
    match (last_day - today).num_days() {
        0 => "hôm nay là ngày cuối".to_owned(),
        ahead if ahead > 0 => format!("còn {ahead} ngày"),
        past => format!("quá hạn {} ngày", -past),
    }
}

/// "05/2025": how a document numbered within a year is called.
pub fn document_number(number: i32, year: i16) -> String {
    format!("{number:02}/{year}")
}

/// The rule sets, questions and calendars of this installation: those built in, with the files of the folder the settings
/// name in place of or beside them.
///
/// # Errors
/// A file that cannot be read, or definitions that contradict each other: the service does not start on a law it cannot
/// apply.
pub fn load(folder: Option<&Path>) -> anyhow::Result<LawBook> {
    let mut files = form::lawbook::embedded_files();
    if let Some(folder) = folder {
        collect(folder, folder, &mut files)?;
    }
    let law = LawBook::from_files(&files).context("bộ quy tắc")?;
    let problems = form::check(&law);
    let told: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect();
    anyhow::ensure!(told.is_empty(), "bộ quy tắc có lỗi: {}", told.join("; "));
    Ok(law)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("đọc thư mục {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|kind| kind == "toml") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("đọc tệp {}", path.display()))?;
            files.insert(path.strip_prefix(root)?.to_string_lossy().into_owned(), text);
        }
    }
    Ok(())
}

/// The year, among those a limit begun today may end in, whose calendar is not loaded.
pub fn calendar_missing(law: &LawBook, today: NaiveDate) -> Option<i32> {
    const AHEAD: u64 = 60;
    [today, today + chrono::Days::new(AHEAD)].into_iter().find_map(|day| law.calendar.day(day).err()).map(|no| no.year)
}

/// The year a declaration belongs to.
pub fn year_of(completed_on: NaiveDate) -> i32 {
    completed_on.year()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_limit_into_a_year_without_calendar_says_that_it_may_move() {
        let law = load(None).unwrap();
        let rules = law.get("R1_ND130").unwrap();
        let known = limit(&law, rules, "check_and_hand_over", on("2025-12-08")).unwrap();
        assert_eq!(
            (known.due.on, known.due.moved_from, known.uncertain),
            (on("2025-12-29"), Some(on("2025-12-28")), None)
        );
        let open = limit(&law, rules, "check_and_hand_over", on("2030-12-20")).unwrap();
        assert_eq!((open.due.on, open.due.moved_from, open.uncertain), (on("2031-01-09"), None, Some(2031)));
        let refused = limit(&law, rules, "send_decision", on("2030-12-20")).unwrap_err().to_string();
        assert!(refused.contains("Chưa nạp lịch ngày làm việc của năm 2030"), "{refused}");
        assert_eq!(calendar_missing(&law, on("2025-12-08")), None);
        assert_eq!(calendar_missing(&law, on("2030-06-01")), Some(2030));
    }

    /// An installation adds the calendar of a year, or the forms of a decree, without a new program.
    #[test]
    fn files_of_the_folder_stand_beside_and_in_place_of_those_built_in() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("calendar")).unwrap();
        let year = "year = 2031\nbasis = [\"thử\"]\n[[off]]\non = \"2031-01-09\"\nname = \"ngày thử\"\n";
        std::fs::write(folder.path().join("calendar/2031.toml"), year).unwrap();
        std::fs::write(folder.path().join("README.md"), "not a definition").unwrap();
        let law = load(Some(folder.path())).unwrap();
        let due = limit(&law, law.get("R1_ND130").unwrap(), "check_and_hand_over", on("2030-12-20"));
        assert_eq!(due.unwrap().due.on, on("2031-01-10"));
        std::fs::write(folder.path().join("calendar/2031.toml"), year.replace("2031-01-09", "2031-01-11")).unwrap();
        let error = format!("{:#}", load(Some(folder.path())).unwrap_err());
        assert!(error.contains("calendar/2031.toml") && error.contains("không đúng loại ngày"), "{error}");
        std::fs::remove_file(folder.path().join("calendar/2031.toml")).unwrap();
        std::fs::write(folder.path().join("questions.toml"), "question = []").unwrap();
        let error = format!("{:#}", load(Some(folder.path())).unwrap_err());
        assert!(error.contains("chưa hỏi về mục HOUSE"), "{error}");
    }

    #[test]
    fn a_last_day_is_told_by_its_distance() {
        let told = |today: &str| distance(on("2025-12-29"), on(today));
        assert_eq!(told("2025-12-26"), "còn 3 ngày");
        assert_eq!(told("2025-12-29"), "hôm nay là ngày cuối");
        assert_eq!(told("2026-01-02"), "quá hạn 4 ngày");
    }
}
