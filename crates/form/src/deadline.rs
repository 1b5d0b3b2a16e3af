//! The legal clock: when a time limit ends, and where it stands on a day.
use chrono::{Datelike, Days, NaiveDate};

use crate::calendar::{Calendar, Day, NoCalendar};
use crate::ruleset::{DayUnit, Deadline, Direction};

/// When a limit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last day on which the act is in time.
    pub on: NaiveDate,
    /// The last day as counted, when it was a day of rest and the limit ends later.
    pub moved_from: Option<NaiveDate>,
}

/// Why the end of a limit cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotCount {
    #[error(transparent)]
    NoCalendar(#[from] NoCalendar),
    /// The definition gives neither days nor a day of the year, or a day no calendar has.
    #[error("thời hạn {0} không đếm được")]
    Undefined(String),
}

/// When `deadline` ends, counted from `event`; of a limit by a day of the year, the one in the year of `event`.
///
/// The day of the event is not counted (khoản 2 Điều 147 Bộ luật Dân sự 2015). A limit after an event that ends on a day of
/// rest ends with the next working day, where the calendar says so; a limit before an event, a period that must last and
/// a day of the year are not moved.
pub fn due(deadline: &Deadline, event: NaiveDate, calendar: &Calendar) -> Result<Due, CannotCount> {
    let undefined = || CannotCount::Undefined(deadline.key.clone());
    let fixed = |on| Ok(Due { on, moved_from: None });
    if let Some(by) = deadline.by {
        let day = NaiveDate::from_ymd_opt(event.year(), by.month, by.day).ok_or_else(undefined)?;
        return fixed(if by.inclusive { day } else { day.pred_opt().ok_or_else(undefined)? });
    }
    let (Some(count), Some(unit), Some(direction)) = (deadline.days, deadline.unit, deadline.direction) else {
        return Err(undefined());
    };
    let days = Days::new(u64::from(count));
    match (direction, unit) {
        (Direction::After, DayUnit::Working) => fixed(calendar.working_days_after(event, count)?),
        (Direction::After, DayUnit::Calendar) => {
            let counted = event.checked_add_days(days).ok_or_else(undefined)?;
            let on = if calendar.counting.move_to_working_day { calendar.working_day_from(counted)? } else { counted };
            Ok(Due { on, moved_from: (on != counted).then_some(counted) })
        }
        (Direction::Lasting, DayUnit::Calendar) => fixed(event.checked_add_days(days).ok_or_else(undefined)?),
        (Direction::Before, DayUnit::Calendar) => fixed(event.checked_sub_days(days).ok_or_else(undefined)?),
        (Direction::Before | Direction::Lasting, DayUnit::Working) => Err(undefined()),
    }
}

/// A limit that runs, or ran, on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What is to be done, as the rule set words it.
    pub label: String,
    /// The article.
    pub basis: String,
    pub started_on: NaiveDate,
    pub due: Due,
    pub done_on: Option<NaiveDate>,
}

/// Where a clock stands. Days are calendar days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Running {
        days_left: i64,
    },
    /// Today is the last day.
    LastDay,
    Overdue {
        days: i64,
    },
    InTime,
    Late {
        days: i64,
    },
}

impl Standing {
    pub fn is_late(self) -> bool {
        matches!(self, Standing::Overdue { .. } | Standing::Late { .. })
    }
}

impl Clock {
    /// The clock of `deadline` from `started_on`.
    pub fn start(
        deadline: &Deadline,
        started_on: NaiveDate,
        done_on: Option<NaiveDate>,
        calendar: &Calendar,
    ) -> Result<Self, CannotCount> {
        let due = due(deadline, started_on, calendar)?;
        Ok(Self { label: deadline.label.clone(), basis: deadline.basis.clone(), started_on, due, done_on })
    }

    pub fn standing(&self, today: NaiveDate) -> Standing {
        let days_past = |on: NaiveDate| (on - self.due.on).num_days();
        match self.done_on {
            Some(done) if done <= self.due.on => Standing::InTime,
            Some(done) => Standing::Late { days: days_past(done) },
            None => match days_past(today) {
                0 => Standing::LastDay,
                past if past > 0 => Standing::Overdue { days: past },
                ahead => Standing::Running { days_left: -ahead },
            },
        }
    }

    /// Why the last day is later than counted, if it is: "hạn rơi vào Chủ nhật 01/02/2026 nên chuyển sang ngày làm việc
    /// tiếp theo".
    pub fn moved_because(&self, calendar: &Calendar) -> Option<String> {
        let counted = self.due.moved_from?;
        let what = match calendar.day(counted) {
            Ok(Day::Off(name)) => format!("ngày nghỉ ({name})"),
            _ if counted.weekday() == chrono::Weekday::Sun => "Chủ nhật".to_owned(),
            _ => "thứ Bảy".to_owned(),
        };
        let day = viet::date::format_short(counted);
        Some(format!(
            "hạn rơi vào {what}, {day}, nên kết thúc vào ngày làm việc tiếp theo ({})",
            calendar.counting.basis
        ))
    }
}
