//! What can be done about an obligation on a day, which numbers documents may have, and which dates a plan may set.
use chrono::{Datelike, Months, NaiveDate};
use form::{Kind, LawBook};

use crate::kernel::{Refusal, Result};
use crate::law;
use crate::person::Obligation;
use crate::person::follow_up::{FollowUp, Round};

/// Two written reminders, and what may follow.
pub const BASIS: &str = crate::person::follow_up::REMINDED_TWICE;

/// What is next about an obligation that is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Remind(Round),
    /// The time a reminder gave runs to the end of this day.
    Wait(Round, NaiveDate),
    /// Both terms have passed: it can be recorded that nothing was submitted.
    Record,
    Recorded(NaiveDate),
}

/// Why nothing can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    Declared,
    /// Owed no more: the person left before the last day, or it was never owed.
    Ended,
    /// The law's last day has not passed.
    NotLate(NaiveDate),
}

/// The one place that says what follows what: open and late, first reminder, its term, second reminder, its term, record.
pub fn next(obligation: &Obligation, follow_up: &FollowUp, on: NaiveDate) -> std::result::Result<Next, Bar> {
    if obligation.declared_at.is_some() {
        return Err(Bar::Declared);
    }
    if obligation.ended_on.is_some() {
        return Err(Bar::Ended);
    }
    if on <= obligation.due_on {
        return Err(Bar::NotLate(obligation.due_on));
    }
    Ok(match (follow_up.not_submitted_on, follow_up.last()) {
        (Some(recorded_on), _) => Next::Recorded(recorded_on),
        (None, None) => Next::Remind(Round::First),
        (None, Some((round, told))) if on <= told.answer_by => Next::Wait(round, told.answer_by),
        (None, Some((Round::First, _))) => Next::Remind(Round::Second),
        (None, Some((Round::Second, _))) => Next::Record,
    })
}

/// Both reminders reached the person, as far as the unit says, before the term each gave had passed. One that nobody
/// received reminded nobody (article 20.2: "đã được đôn đốc bằng văn bản").
pub fn reached_in_time(follow_up: &FollowUp) -> std::result::Result<(), Refusal> {
    let reached = |told: &Option<crate::person::follow_up::Told>| {
        told.as_ref().is_some_and(|told| told.delivered_on.is_some_and(|day| day <= told.answer_by))
    };
    let which = match (reached(&follow_up.first), reached(&follow_up.second)) {
        (true, true) => return Ok(()),
        (false, true) => "lần 1",
        (true, false) => "lần 2",
        (false, false) => "lần 1, lần 2",
    };
    Err(Refusal::new(
        "not_delivered",
        format!("Văn bản đôn đốc {which} chưa ghi đã giao, gửi cho người kê khai trong thời hạn của văn bản."),
        "Chỉ ghi nhận không nộp khi cả hai văn bản đã đến người kê khai; đề nghị mở văn bản và ghi ngày giao, gửi.",
    )
    .basis(BASIS)
    .status(axum::http::StatusCode::CONFLICT))
}

impl Bar {
    pub fn refusal(self) -> Refusal {
        match self {
            Bar::Declared => Refusal::new(
                "declared",
                "Có người được chọn đã nộp bản kê khai.",
                "Đề nghị tải lại danh sách; không đôn đốc, không ghi nhận không nộp với người đã nộp.",
            )
            .status(axum::http::StatusCode::CONFLICT),
            Bar::Ended => Refusal::new(
                "ended",
                "Có người được chọn không còn phải nộp bản kê khai này.",
                "Đề nghị tải lại danh sách rồi chọn những người còn nghĩa vụ.",
            )
            .status(axum::http::StatusCode::CONFLICT),
            Bar::NotLate(due_on) => Refusal::new(
                "not_late",
                format!("Hạn nộp đến hết ngày {} mới qua.", viet::date::format_short(due_on)),
                "Văn bản đôn đốc chỉ có ngày sau hạn của pháp luật; đề nghị ghi lại ngày hoặc chờ qua hạn.",
            ),
        }
        .basis(BASIS)
    }
}

impl Next {
    /// Why this is not the moment for what was asked.
    pub fn refusal(self) -> Refusal {
        let day = viet::date::format_short;
        match self {
            Next::Remind(Round::First) => Refusal::new(
                "first_reminder_missing",
                "Có người được chọn chưa được đôn đốc bằng văn bản lần 1.",
                "Đề nghị ban hành văn bản đôn đốc lần 1 trước.",
            ),
            Next::Remind(Round::Second) => Refusal::new(
                "second_reminder_missing",
                "Có người được chọn đã được đôn đốc lần 1, chưa được đôn đốc lần 2.",
                "Đề nghị ban hành văn bản đôn đốc lần 2.",
            ),
            Next::Wait(round, until) => Refusal::new(
                "term_runs",
                format!("Thời hạn trong văn bản đôn đốc lần {} còn đến hết ngày {}.", round.number(), day(until)),
                "Việc tiếp theo chỉ thực hiện, và văn bản chỉ ghi ngày, sau thời hạn đó.",
            ),
            Next::Record => Refusal::new(
                "reminded_twice",
                "Có người được chọn đã được đôn đốc đủ 02 lần.",
                "Không đôn đốc thêm; đề nghị xem mục “Đủ 02 lần đôn đốc”.",
            ),
            Next::Recorded(on) => Refusal::new(
                "already_recorded",
                format!("Đã ghi nhận không nộp ngày {}.", day(on)),
                "Mỗi nghĩa vụ ghi nhận một lần; đề nghị tải lại danh sách.",
            )
            .status(axum::http::StatusCode::CONFLICT),
        }
        .basis(BASIS)
    }
}

/// The earliest last day a reminder of `issued_on` may give.
pub fn least_answer_by(law: &LawBook, issued_on: NaiveDate) -> Result<NaiveDate> {
    Ok(law::own_term(law, "reminder_term", issued_on)?.due.on)
}

/// And the latest.
pub fn most_answer_by(law: &LawBook, issued_on: NaiveDate) -> Result<NaiveDate> {
    Ok(law::own_term(law, "reminder_term_most", issued_on)?.due.on)
}

/// Number and sign of a document, as Nghị định 30/2020/NĐ-CP writes them: "12/STC-VP", "05/2025/KH-TTT", "7a/KH-UBND". A
/// code, so that it can stand in the clear: capitals and digits in short groups.
pub fn document_no(typed: &str) -> Option<String> {
    let text: String = viet::text::normalise(typed).replace(['–', '—'], "-").replace(' ', "");
    let (number, signs) = text.split_once('/')?;
    let digits = number.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_number = (1..=6).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && number.len() - digits.len() <= 1;
    let signs = match signs.split_once('/') {
        Some((year, rest)) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => signs,
    };
    let groups: Vec<&str> = signs.split(['-', '.', '&']).collect();
    let is_sign = |group: &&str| {
        (1..=10).contains(&group.chars().count())
            && group.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "ĐƠƯ".contains(c))
    };
    (is_number && groups.len() <= 5 && groups.iter().all(is_sign)).then_some(text)
}

/// What to say of one that is none.
pub const DOCUMENT_NO: &str = "Số, ký hiệu văn bản chưa đúng. Đề nghị ghi như trên văn bản, ví dụ 12/STC-VP: số, dấu “/”, rồi chữ viết tắt bằng chữ in hoa.";

/// The last days the law gives for a year's annual declarations: to declare, and to hand over what came on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDays {
    pub declare: NaiveDate,
    pub hand_over: NaiveDate,
}

pub fn last_days(law: &LawBook, year: i16) -> Result<LastDays> {
    let end = NaiveDate::from_ymd_opt(year.into(), 12, 31).ok_or_else(|| crate::bug!("year {year}"))?;
    let rules = law::in_force(law, end)?;
    let declare = law::due_on(law, rules, Kind::Annual, year.into(), None)?;
    Ok(LastDays { declare, hand_over: law::limit(law, rules, "check_and_hand_over", declare)?.due.on })
}

/// Article of a last day of [`last_days`].
pub fn basis_of(law: &LawBook, year: i16, key: &str) -> Result<String> {
    let end = NaiveDate::from_ymd_opt(year.into(), 12, 31).ok_or_else(|| crate::bug!("year {year}"))?;
    let rules = law::in_force(law, end)?;
    Ok(rules.deadline(key).map(|deadline| deadline.basis.clone()).unwrap_or_default())
}

/// The years a campaign can be planned or shown for: the running one and, until its declarations are handed over, the
/// one before.
pub fn campaign_year(today: NaiveDate) -> Result<i16> {
    let day = if today.month() <= 2 { today.checked_sub_months(Months::new(2)).unwrap_or(today) } else { today };
    i16::try_from(day.year()).map_err(|_| crate::bug!("today is in year {}", day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::*;
    use crate::person::follow_up::Told;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn obligation() -> Obligation {
        Obligation {
            partition: PartitionId::new(),
            id: ObligationId::new(),
            unit: OrganisationId::new(),
            person: PersonId::new(),
            kind: Kind::Annual,
            year: 2025,
            rule_set: "R1_ND130".into(),
            due_on: on("2025-12-31"),
            channel: None,
            declared_at: None,
            received_on: None,
            digitised_at: None,
            declaration: None,
            ended_on: None,
            taken_back: false,
            nth: 1,
            occasion: None,
            demand: None,
            demand_due_on: None,
            correcting: None,
        }
    }

    fn told(issued_on: &str, answer_by: &str) -> Option<Told> {
        Some(Told {
            reminder: ReminderId::new(),
            issue: IssueId::new(),
            document_no: "1/STC".into(),
            issued_on: on(issued_on),
            answer_by: on(answer_by),
            delivered_on: None,
        })
    }

    #[test]
    fn one_step_follows_the_other_the_day_after_each_last_day() {
        let owed = obligation();
        let mut done = FollowUp::default();
        assert_eq!(next(&owed, &done, on("2025-12-31")), Err(Bar::NotLate(on("2025-12-31"))), "on the last day");
        assert_eq!(next(&owed, &done, on("2026-01-01")), Ok(Next::Remind(Round::First)), "the day after");
        done.first = told("2026-01-05", "2026-01-12");
        assert_eq!(next(&owed, &done, on("2026-01-12")), Ok(Next::Wait(Round::First, on("2026-01-12"))));
        assert_eq!(next(&owed, &done, on("2026-01-13")), Ok(Next::Remind(Round::Second)));
        done.second = told("2026-01-13", "2026-01-20");
        assert_eq!(next(&owed, &done, on("2026-01-20")), Ok(Next::Wait(Round::Second, on("2026-01-20"))));
        assert_eq!(next(&owed, &done, on("2026-01-21")), Ok(Next::Record));
        done.not_submitted_on = Some(on("2026-01-21"));
        assert_eq!(next(&owed, &done, on("2026-02-01")), Ok(Next::Recorded(on("2026-01-21"))));
        let sent = Obligation { declared_at: Some(chrono::DateTime::UNIX_EPOCH), ..owed.clone() };
        assert_eq!(next(&sent, &done, on("2026-02-01")), Err(Bar::Declared));
        let ended = Obligation { ended_on: Some(on("2025-12-20")), ..owed };
        assert_eq!(next(&ended, &FollowUp::default(), on("2026-02-01")), Err(Bar::Ended));
    }

    #[test]
    fn numbers_of_documents_are_codes() {
        for (typed, read) in [
            ("12/STC-VP", "12/STC-VP"),
            (" 05 / KH-TTT ", "05/KH-TTT"),
            ("7a/2025/QĐ-UBND", "7a/2025/QĐ-UBND"),
            ("3400/KH–UBND", "3400/KH-UBND"),
        ] {
            assert_eq!(document_no(typed).as_deref(), Some(read), "{typed}");
        }
        for typed in ["", "12", "12/", "STC-VP", "12/Nguyễn Văn An", "12/stc", "1234567/A", "12/A-", "12/2025/"] {
            assert_eq!(document_no(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_law_gives_the_days_a_plan_may_not_pass() {
        let law = LawBook::embedded().unwrap();
        let days = last_days(&law, 2025).unwrap();
        assert_eq!((days.declare, days.hand_over), (on("2025-12-31"), on("2026-01-20")));
        assert!(basis_of(&law, 2025, "annual").unwrap().contains("Điều 36"));
        // Seven days from Sunday 4 January end on the Sunday after, and so with Monday.
        assert_eq!(least_answer_by(&law, on("2026-01-04")).unwrap(), on("2026-01-12"));
        assert_eq!((campaign_year(on("2026-01-15")).unwrap(), campaign_year(on("2026-03-01")).unwrap()), (2025, 2026));
    }
}
