//! Working days and the legal clock.
use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use form::calendar::Day;
use form::lawbook::embedded_files;
use form::ruleset::{DayUnit, Deadline, Direction, YearDay};
use form::{Calendar, CannotCount, Clock, LawBook, NoCalendar, Standing, due};
use proptest::prelude::*;

fn on(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn calendar() -> Calendar {
    Calendar::embedded().expect("the calendar that is built in")
}

fn deadline(key: &str) -> Deadline {
    let law = LawBook::embedded().expect("the law that is built in");
    law.get("R1_ND130").and_then(|rules| rules.deadline(key)).expect("a deadline of the rule set").clone()
}

#[test]
fn holidays_and_saturdays_worked_in_exchange_are_what_the_decisions_say() {
    let calendar = calendar();
    assert_eq!(calendar.day(on("2025-09-01")), Ok(Day::Off("Quốc khánh")));
    assert_eq!(calendar.day(on("2025-04-26")), Ok(Day::Worked("làm bù cho ngày 02/5/2025")));
    assert_eq!(calendar.day(on("2025-04-27")), Ok(Day::Weekend));
    assert_eq!(calendar.day(on("2025-12-24")), Ok(Day::Working));
    // Eleven days of Điều 112 Bộ luật Lao động a year (twelve from 2026), those on a weekend made up for, and days
    // exchanged for Saturdays.
    let working = |year: i32| {
        calendar.count_working_days(
            NaiveDate::from_ymd_opt(year - 1, 12, 31).unwrap(),
            NaiveDate::from_ymd_opt(year, 12, 31).unwrap(),
        )
    };
    assert_eq!(working(2025), Ok(261 - 12 + 1));
    assert_eq!(working(2026), Ok(261 - 14 + 2));
}

#[test]
fn a_year_without_a_calendar_is_an_error_and_not_a_guess() {
    let calendar = calendar();
    assert_eq!(calendar.day(on("2031-03-03")), Err(NoCalendar { year: 2031 }));
    // Twenty days from the last day of 2030 are in 2031.
    let error = due(&deadline("check_and_hand_over"), on("2030-12-28"), &calendar).unwrap_err();
    assert_eq!(error, CannotCount::NoCalendar(NoCalendar { year: 2031 }));
    assert_eq!(error.to_string(), "chưa nạp lịch ngày làm việc của năm 2031");
    // What needs no calendar is counted all the same.
    assert_eq!(due(&deadline("annual"), on("2031-06-01"), &calendar).unwrap().on, on("2031-12-31"));
}

#[test]
fn a_limit_that_ends_on_a_day_of_rest_ends_with_the_next_working_day() {
    let calendar = calendar();
    // Received on Friday 12 December 2025: twenty days later is New Year's Day, the 2nd was exchanged, then a weekend.
    let clock = Clock::start(&deadline("check_and_hand_over"), on("2025-12-12"), None, &calendar).unwrap();
    assert_eq!((clock.due.on, clock.due.moved_from), (on("2026-01-05"), Some(on("2026-01-01"))));
    assert_eq!(
        clock.moved_because(&calendar).unwrap(),
        "hạn rơi vào ngày nghỉ (Tết Dương lịch), 01/01/2026, nên kết thúc vào ngày làm việc tiếp theo (khoản 5 Điều 148 Bộ luật Dân sự 2015)"
    );
    assert_eq!(clock.basis, "khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018");
    // Seven days that end on a Saturday worked in exchange are not moved.
    assert_eq!(
        due(&deadline("redeclare"), on("2025-04-19"), &calendar).unwrap(),
        form::Due { on: on("2025-04-26"), moved_from: None }
    );
    let sunday = Clock::start(&deadline("redeclare"), on("2025-11-16"), None, &calendar).unwrap();
    assert!(sunday.moved_because(&calendar).unwrap().starts_with("hạn rơi vào Chủ nhật, 23/11/2025"));
}

#[test]
fn working_days_skip_holidays_and_count_saturdays_worked() {
    let calendar = calendar();
    let five = deadline("information_answer");
    // Over Tết of Bính Ngọ: nine days without work.
    assert_eq!(due(&five, on("2026-02-13"), &calendar).unwrap().on, on("2026-02-27"));
    // Friday, Saturday worked, Monday; then 30 April, 1 and 2 May off and a weekend.
    assert_eq!(due(&deadline("send_decision"), on("2025-04-24"), &calendar).unwrap().on, on("2025-04-28"));
    assert_eq!(due(&five, on("2025-04-24"), &calendar).unwrap().on, on("2025-05-05"));
}

#[test]
fn what_comes_before_an_event_or_must_last_is_never_moved() {
    let calendar = calendar();
    // Ten days before Wednesday 14 January 2026 is a Sunday; a later day would be too late.
    assert_eq!(
        due(&deadline("personnel"), on("2026-01-14"), &calendar).unwrap(),
        form::Due { on: on("2026-01-04"), moved_from: None }
    );
    // Posted on 12 December, still there on the 27th, a Saturday: fifteen days.
    assert_eq!(due(&deadline("posting"), on("2025-12-12"), &calendar).unwrap().on, on("2025-12-27"));
    // "Before 31 December", with the day itself in time or not.
    let mut annual = deadline("annual");
    assert_eq!(due(&annual, on("2025-02-03"), &calendar).unwrap().on, on("2025-12-31"));
    annual.by = Some(YearDay { month: 12, day: 31, inclusive: false });
    assert_eq!(due(&annual, on("2025-02-03"), &calendar).unwrap().on, on("2025-12-30"));
}

#[test]
fn a_clock_says_where_it_stands() {
    let calendar = calendar();
    let at = |done: Option<&str>, today: &str| {
        Clock::start(&deadline("check_and_hand_over"), on("2025-12-01"), done.map(on), &calendar)
            .unwrap()
            .standing(on(today))
    };
    assert_eq!(at(None, "2025-12-01"), Standing::Running { days_left: 21 }, "21 December is a Sunday");
    assert_eq!(at(None, "2025-12-22"), Standing::LastDay);
    assert_eq!(at(None, "2025-12-25"), Standing::Overdue { days: 3 });
    assert_eq!(at(Some("2025-12-22"), "2026-01-30"), Standing::InTime);
    assert_eq!(at(Some("2025-12-23"), "2026-01-30"), Standing::Late { days: 1 });
    assert!(at(None, "2025-12-25").is_late() && !at(None, "2025-12-22").is_late());
}

#[test]
fn a_calendar_with_a_slip_of_the_pen_is_not_loaded() {
    let with = |from: &str, to: &str| {
        let mut files: BTreeMap<String, String> = embedded_files();
        let text = files.get_mut("calendar/2025.toml").unwrap();
        assert!(text.contains(from));
        *text = text.replacen(from, to, 1);
        Calendar::from_files(&files).unwrap_err().to_string()
    };
    assert_eq!(with("year = 2025", "year = 2024"), "tệp calendar/2025.toml: tên tệp không phải năm 2024");
    assert_eq!(
        with("2025-01-31", "2025-02-01"),
        "tệp calendar/2025.toml: ngày 2025-02-01 (Tết Âm lịch) không đúng loại ngày trong tuần"
    );
    assert_eq!(with("\"2025-01-28\"", "\"2025-01-27\""), "tệp calendar/2025.toml: ngày 2025-01-27 ghi hai lần");
    assert_eq!(
        with("\"2025-04-07\"", "\"2026-04-07\""),
        "tệp calendar/2025.toml: ngày 2026-04-07 không thuộc năm 2025"
    );
    assert!(with("[[worked]]", "[[work]]").contains("không đọc được"));
}

fn counted(days: u32, unit: DayUnit) -> Deadline {
    Deadline {
        key: "test".into(),
        label: "Thử".into(),
        days: Some(days),
        unit: Some(unit),
        direction: Some(Direction::After),
        event: None,
        by: None,
        basis: "thử".into(),
    }
}

proptest! {
    /// Whatever the limit, it ends on a working day, not before it was counted, with no working day skipped.
    #[test]
    fn a_limit_ends_on_a_working_day(start in 0u64..600, days in 1u32..90) {
        let calendar = calendar();
        let event = on("2025-01-01") + Days::new(start);
        let by_day = due(&counted(days, DayUnit::Calendar), event, &calendar).unwrap();
        prop_assert!(calendar.is_working(by_day.on).unwrap());
        let counted_to = event + Days::new(u64::from(days));
        prop_assert!(by_day.on >= counted_to);
        prop_assert_eq!(calendar.count_working_days(counted_to, by_day.on).unwrap(), u32::from(by_day.on != counted_to));
        let by_work = due(&counted(days.min(40), DayUnit::Working), event, &calendar).unwrap();
        prop_assert_eq!(calendar.count_working_days(event, by_work.on).unwrap(), days.min(40));
        prop_assert!(!matches!(by_work.on.weekday(), Weekday::Sun));
    }
}
