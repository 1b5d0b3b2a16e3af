//! Every transition of a request and every day of it, judged in one place (Nghị định 130/2020/NĐ-CP articles 6, 7).
use axum::http::StatusCode;
use chrono::NaiveDate;
use form::{LawBook, RuleSet};

use super::model::{Inquiry, StepKind};
use crate::kernel::lifecycle::{LifeCycle, Step};
use crate::kernel::{Error, Refusal, Result};
use crate::law;
use crate::person::inquiry::State;

pub const BASIS: &str = "Điều 31 Luật Phòng, chống tham nhũng 2018; Điều 6, Điều 7 Nghị định 130/2020/NĐ-CP";

/// Each step is told by its event; migration 0019 has the same pairs.
impl LifeCycle for State {
    const TITLE: &'static str = "Yêu cầu cung cấp thông tin";
    const TABLE: &'static str = "inquiry_step";
    const COLUMN: &'static str = "to_state";
    const BASIS: &'static str = BASIS;
    const STATES: &'static [Self] = &State::ALL;
    const STEPS: &'static [Step<Self>] = &[
        Step {
            acts: &["inquiry.issued"], says: "cơ quan kiểm soát gửi yêu cầu", from: &[], to: State::Waiting
        },
        Step {
            acts: &["inquiry.received"],
            says: "người được yêu cầu nhận: tính hạn từ đó",
            from: &[State::Waiting],
            to: State::Waiting,
        },
        Step {
            acts: &["inquiry.answered"],
            says: "cung cấp, bổ sung thông tin",
            from: &[State::Waiting, State::Pleaded, State::Answered],
            to: State::Answered,
        },
        Step {
            acts: &["inquiry.pleaded"],
            says: "đề nghị xem xét vì không cung cấp được hoặc không đúng hạn",
            from: &[State::Waiting, State::Pleaded],
            to: State::Pleaded,
        },
        Step {
            acts: &["inquiry.kept"],
            says: "giữ yêu cầu, ấn định hạn",
            from: &[State::Waiting, State::Pleaded],
            to: State::Waiting,
        },
        // From waiting with what came on paper, which is said.
        Step {
            acts: &["inquiry.closed"],
            says: "kết thúc",
            from: &[State::Waiting, State::Answered, State::Pleaded],
            to: State::Closed,
        },
        Step {
            acts: &["inquiry.followed"],
            says: "yêu cầu bổ sung bằng văn bản mới",
            from: &[State::Answered],
            to: State::Followed,
        },
        Step {
            acts: &["inquiry.withdrawn"],
            says: "rút, kèm lý do",
            from: &[State::Waiting, State::Pleaded, State::Answered],
            to: State::Withdrawn,
        },
    ];

    fn word(self) -> &'static str {
        State::word(self)
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

/// The state a step leads to from another; `None` where it cannot be done.
pub fn after(from: State, kind: StepKind) -> Option<State> {
    from.after(kind.event())
}

/// The state a step of a request leads to, or why it cannot be done now.
pub fn next(inquiry: &Inquiry, kind: StepKind) -> Result<State> {
    after(inquiry.state, kind).ok_or_else(|| obstacle(inquiry.state, kind).into())
}

fn obstacle(state: State, kind: StepKind) -> Refusal {
    let conflict = |code, sentence: String, mend: &'static str| {
        Refusal::new(code, sentence, mend).basis(BASIS).status(StatusCode::CONFLICT)
    };
    if !state.is_open() {
        let sentence = format!("Yêu cầu này đã ở trạng thái “{}” nên không thay đổi được nữa.", state.label().0);
        return conflict("inquiry_ended", sentence, "Đề nghị tải lại trang để xem diễn biến của yêu cầu.");
    }
    match kind {
        StepKind::Followed => conflict(
            "not_answered",
            "Yêu cầu chưa được trả lời nên chưa yêu cầu bổ sung được.".to_owned(),
            "Đề nghị chờ trả lời; nếu không còn cần thông tin thì rút yêu cầu và ghi lý do.",
        ),
        _ => conflict(
            "already_answered",
            "Yêu cầu đã được trả lời, đang chờ cơ quan kiểm soát xem xét.".to_owned(),
            "Đề nghị tải lại trang; người được yêu cầu vẫn bổ sung được thông tin, cơ quan kiểm soát kết thúc hoặc yêu cầu bổ sung.",
        ),
    }
}

/// The refusal of [`require_seen`].
pub const CHANGED: &str = "changed_meanwhile";

/// An officer decides on what they read: a step that came meanwhile is read first.
pub fn require_seen(inquiry: &Inquiry, seen: i32) -> Result<()> {
    if inquiry.last == seen {
        return Ok(());
    }
    Err(Refusal::new(
        CHANGED,
        "Yêu cầu này vừa có diễn biến mới sau khi trang được mở.",
        "Diễn biến mới hiện trên trang; nội dung vừa nhập vẫn còn. Đề nghị xem lại rồi bấm lần nữa nếu vẫn cần.",
    )
    .status(StatusCode::CONFLICT)
    .into())
}

/// The deadline by which a request is answered (article 7.1).
pub fn term(complex: bool) -> &'static str {
    if complex { "information_answer_complex" } else { "information_answer" }
}

/// The earliest and the latest last day a document may give that is sent `on` a day, with the article of the earliest.
pub struct Terms {
    pub least: NaiveDate,
    pub most: NaiveDate,
    pub basis: String,
}

pub fn terms(law: &LawBook, complex: bool, on: NaiveDate) -> Result<Terms> {
    let rules = law::in_force(law, on)?;
    let least = law::limit(law, rules, term(complex), on)?.due.on;
    Ok(Terms { least, most: most(law, on)?.max(least), basis: basis(rules, term(complex))? })
}

/// The latest last day that can be set on a day.
pub fn most(law: &LawBook, on: NaiveDate) -> Result<NaiveDate> {
    Ok(law::own_term(law, "information_term_most", on)?.due.on)
}

/// Days and article a request is answered by: "05 ngày làm việc, Điều 7 …", by the rule set it names.
pub fn basis_named(law: &LawBook, inquiry: &Inquiry) -> Result<String> {
    basis(law::named(law, &inquiry.rule_set)?, inquiry.term())
}

fn basis(rules: &RuleSet, key: &str) -> Result<String> {
    let deadline = rules.deadline(key).ok_or_else(|| crate::bug!("deadline {key} is missing"))?;
    Ok(format!("{:02} ngày làm việc, {}", deadline.days.unwrap_or_default(), deadline.basis))
}

/// The last day of an answer that was received `on` a day: the days of article 7.1 run from there, and a longer term the
/// agency gave stands. Where they cannot be counted (no calendar of that year), the agency's stands.
pub fn due_after_receipt(law: &LawBook, inquiry: &Inquiry, on: NaiveDate) -> Result<NaiveDate> {
    match law::limit(law, law::named(law, &inquiry.rule_set)?, inquiry.term(), on) {
        Ok(limit) => Ok(limit.due.on.max(inquiry.due_on)),
        Err(Error::Refused(_)) => Ok(inquiry.due_on),
        Err(error) => Err(error),
    }
}

/// Checks the last day a document sent `today` gives: a working day within the terms.
pub fn check_due(law: &LawBook, terms: &Terms, due_on: NaiveDate) -> Result<()> {
    let day = viet::date::format_short;
    if due_on < terms.least {
        let sentence = format!("Hạn cung cấp {} sớm hơn thời hạn của pháp luật ({}).", day(due_on), terms.basis);
        return Err(
            Refusal::new("due_on", sentence, format!("Đề nghị ghi từ ngày {} trở đi.", day(terms.least))).into()
        );
    }
    if due_on > terms.most {
        return Err(too_far(due_on, terms.most));
    }
    check_working(law, due_on)
}

/// On a day of rest nobody can hand anything in.
fn check_working(law: &LawBook, due_on: NaiveDate) -> Result<()> {
    let next = law::working_day_from(law, due_on)?;
    if next == due_on {
        return Ok(());
    }
    let day = viet::date::format_short;
    let sentence = format!("Hạn cung cấp {} là ngày nghỉ.", day(due_on));
    let mend = format!("Đề nghị ghi ngày làm việc; ngày làm việc tiếp theo là {}.", day(next));
    Err(Refusal::new("due_on", sentence, mend).into())
}

fn too_far(due_on: NaiveDate, most: NaiveDate) -> Error {
    let day = viet::date::format_short;
    let sentence = format!("Hạn cung cấp {} xa hơn mức tối đa.", day(due_on));
    let mend = format!("Văn bản đã ghi không sửa được; đề nghị ghi hạn không sau ngày {}.", day(most));
    Refusal::new("due_on", sentence, mend).into()
}

/// The first day a request can be kept until: a working day, where the calendar of its year is loaded.
pub fn least_kept(law: &LawBook, inquiry: &Inquiry, today: NaiveDate) -> NaiveDate {
    let least = today.max(inquiry.due_on);
    law.calendar.working_day_from(least).unwrap_or(least)
}

/// Checks the last day a request is kept until: not past, not before the one that stands, not too far, a working day.
pub fn check_kept(law: &LawBook, inquiry: &Inquiry, due_on: NaiveDate, today: NaiveDate) -> Result<()> {
    let day = viet::date::format_short;
    let least = least_kept(law, inquiry, today);
    if due_on < today.max(inquiry.due_on) {
        let sentence = format!("Hạn cung cấp {} đã qua hoặc sớm hơn hạn đang có.", day(due_on));
        return Err(Refusal::new("due_on", sentence, format!("Đề nghị ghi từ ngày {} trở đi.", day(least))).into());
    }
    let most = most(law, today)?.max(least);
    if due_on > most {
        return Err(too_far(due_on, most));
    }
    check_working(law, due_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// What the code allows is what the database allows, word for word.
    #[test]
    fn the_database_knows_the_same_course() {
        let migration = include_str!("../../../../migrations/0019_inquiry.sql");
        let (_, migration) = migration.split_once("constraint inquiry_step_course").unwrap();
        let (migration, _) = migration.split_once("check ((due_on").unwrap();
        for kind in StepKind::ALL {
            for from in State::ALL {
                for to in State::ALL {
                    let pair = format!("('{}', '{}', '{}')", kind.word(), from.word(), to.word());
                    assert_eq!(migration.contains(&pair), after(from, kind) == Some(to), "{pair}");
                }
            }
        }
    }

    #[test]
    fn what_has_ended_is_never_changed_again() {
        for state in [State::Closed, State::Followed, State::Withdrawn] {
            assert!(StepKind::ALL.iter().all(|kind| after(state, *kind).is_none()), "{state:?}");
        }
    }

    #[test]
    fn the_days_of_article_7_are_working_days() {
        let law = LawBook::embedded().unwrap();
        let terms = |complex| terms(&law, complex, on("2025-12-08")).unwrap();
        // Five working days after a Monday end on the next Monday; fifteen pass the holiday of 1 January.
        assert_eq!((terms(false).least, terms(true).least), (on("2025-12-15"), on("2025-12-29")));
        assert!(terms(false).basis.contains("05 ngày làm việc, Điều 7 Nghị định 130/2020"), "{}", terms(false).basis);
        let check = |due_on: &str| check_due(&law, &terms(false), on(due_on));
        assert!(check("2025-12-12").is_err() && check("2025-12-15").is_ok());
        assert!(check("2026-03-10").is_err(), "more than the most");
        // A Saturday; the first day of the year.
        for (rest, next) in [("2025-12-20", "22/12/2025"), ("2026-01-01", "05/01/2026")] {
            let told = check(rest).unwrap_err().to_string();
            assert!(told.contains("là ngày nghỉ") && told.contains(next), "{told}");
        }
    }
}
