//! What changes from one rule set to the next, in words for the people it changes something for.
use std::collections::BTreeSet;

use crate::ruleset::{DayUnit, Deadline, Direction, ThresholdMode};
use crate::{Form, Kind, RuleSet, Severity, hash};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whom it concerns.
    pub whom: String,
    /// What it is about.
    pub what: String,
    pub before: String,
    pub after: String,
    /// Why the new value is doubtful, when no text was read for it.
    pub doubt: Option<String>,
}

/// The changes from `before` to `after`, in the order people ask: what is to be declared, when, on which form, by which
/// rules.
pub fn diff(before: &RuleSet, after: &RuleSet) -> Vec<Difference> {
    let mut found = Found { after, all: Vec::new() };
    thresholds(before, after, &mut found);
    aggregations(before, after, &mut found);
    kinds(before, after, &mut found);
    deadlines(before, after, &mut found);
    forms(before, after, &mut found);
    rules(before, after, &mut found);
    let quorum = |rules: &RuleSet| {
        let quorum = &rules.publication.quorum;
        format!("ít nhất {}/{} số người được triệu tập", quorum.present, quorum.summoned)
    };
    found.add(
        "đơn vị công khai bản kê khai",
        "Số người phải có mặt tại cuộc họp",
        "deadlines",
        quorum(before),
        quorum(after),
    );
    let age = |rules: &RuleSet| format!("dưới {} tuổi", rules.facts.persons.minor_under_age);
    found.add("người có con", "Con chưa thành niên", "", age(before), age(after));
    found.all
}

struct Found<'a> {
    after: &'a RuleSet,
    all: Vec<Difference>,
}

impl Found<'_> {
    /// A change, if it is one. `key` names the part of the rule set whose doubts go with it.
    fn add(&mut self, whom: &str, what: &str, key: &str, before: String, after: String) {
        if before != after {
            let doubt = self.after.unknown(key).map(|unknown| unknown.says.clone());
            self.all.push(Difference { whom: whom.to_owned(), what: what.to_owned(), before, after, doubt });
        }
    }
}

const NONE: &str = "không có";
const ALL: &str = "mọi người có nghĩa vụ kê khai";

fn thresholds(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    let words = |rules: &RuleSet, key: &str| {
        rules.threshold(key).map_or(NONE.to_owned(), |threshold| viet::number::format_dong(threshold.amount))
    };
    for (key, whom, what) in [
        ("asset", "người kê khai lần đầu, hằng năm, phục vụ công tác cán bộ", "Mức giá trị tài sản phải kê khai"),
        ("change", "người kê khai bổ sung; cơ quan kiểm soát", "Mức biến động phải kê khai bổ sung, giải trình"),
    ] {
        found.add(whom, what, &format!("thresholds.{key}"), words(before, key), words(after, key));
    }
}

fn aggregations(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    let words = |rules: &RuleSet, code: &str| match rules.aggregation(code).map(|aggregation| aggregation.mode) {
        None => NONE,
        Some(ThresholdMode::Always) => "kê khai không phụ thuộc giá trị",
        Some(ThresholdMode::PerAsset) => "xét từng tài sản",
        Some(ThresholdMode::PerTypeTotal) => "cộng theo từng loại",
        Some(ThresholdMode::PerGroupTotal) => "cộng cả nhóm",
    };
    let mut seen = BTreeSet::new();
    for item in after.forms.iter().flat_map(Form::asset_items).filter(|item| seen.insert(item.code())) {
        let code = item.code();
        let what = format!("Cách so với mức giá trị: {}", item.heading);
        found.add(ALL, &what, "aggregation", words(before, code).to_owned(), words(after, code).to_owned());
    }
}

fn kinds(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    for kind in Kind::ALL {
        let form = |rules: &RuleSet| {
            rules.kind(kind).and_then(|rule| rules.form(&rule.form)).map_or(NONE.to_owned(), |form| form.basis.clone())
        };
        let label = after.kind(kind).or(before.kind(kind)).map_or(kind.as_str(), |rule| rule.label.as_str());
        found.add(label, "Mẫu", "forms", form(before), form(after));
    }
}

fn deadlines(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    let words = |rules: &RuleSet, key: &str| rules.deadline(key).map_or(NONE.to_owned(), limit);
    let keys = before.deadlines.iter().chain(&after.deadlines).map(|deadline| deadline.key.as_str());
    let mut seen = BTreeSet::new();
    for key in keys.filter(|key| seen.insert(*key)) {
        let label = after.deadline(key).or(before.deadline(key)).map_or(key, |deadline| deadline.label.as_str());
        found.add(ALL, &format!("Thời hạn: {label}"), "deadlines", words(before, key), words(after, key));
    }
}

/// "20 ngày sau ngày nhận bản kê khai"; "trước hoặc trong ngày 31/12".
pub fn limit(deadline: &Deadline) -> String {
    if let Some(by) = deadline.by {
        let how = if by.inclusive { "chậm nhất ngày" } else { "trước ngày" };
        return format!("{how} {:02}/{:02}", by.day, by.month);
    }
    let days = deadline.days.unwrap_or_default();
    let unit = if deadline.unit == Some(DayUnit::Working) { "ngày làm việc" } else { "ngày" };
    let event = deadline.event.as_deref().unwrap_or("ngày bắt đầu");
    match deadline.direction {
        Some(Direction::Before) => format!("chậm nhất {days} {unit} trước {event}"),
        Some(Direction::Lasting) => format!("đủ {days} {unit} từ {event}"),
        _ => format!("{days} {unit} từ {event}"),
    }
}

fn forms(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    let words = |rules: &RuleSet, code: &str| {
        rules.form(code).map_or(NONE.to_owned(), |form| format!("{} ({})", form.basis, &hash::of(form)[..12]))
    };
    let codes: BTreeSet<_> = before.forms.iter().chain(&after.forms).map(|form| form.code.as_str()).collect();
    for code in codes {
        found.add(ALL, &format!("Nội dung mẫu {code}"), "forms", words(before, code), words(after, code));
    }
}

fn rules(before: &RuleSet, after: &RuleSet, found: &mut Found<'_>) {
    let words = |rules: &RuleSet, id: &str| {
        rules.rule(id).map_or(NONE.to_owned(), |rule| {
            let severity = match rule.severity {
                Severity::Block => "chặn",
                Severity::Warn => "hỏi lý do",
                Severity::Info => "báo cho biết",
                Severity::Signal => "dấu hiệu cho cơ quan kiểm soát",
            };
            let waits = if rule.is_active() { "" } else { "; chưa đối chiếu ở bản kê khai" };
            format!("{} ({severity}; {}{waits})", rule.title, rules.cite(&rule.basis))
        })
    };
    let ids: BTreeSet<_> = before.rules.iter().chain(&after.rules).map(|rule| rule.id.as_str()).collect();
    for id in ids {
        found.add(ALL, &format!("Quy tắc {id}"), "rules", words(before, id), words(after, id));
    }
}
