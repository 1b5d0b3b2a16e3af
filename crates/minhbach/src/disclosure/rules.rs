//! Every transition of a publication, judged in one place (Nghị định 130/2020/NĐ-CP article 11, rule X04).
use chrono::NaiveDate;

use crate::declaration::publication::{Mode, State};
use crate::kernel::lifecycle::LifeCycle as _;

/// What can be done with a publication that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The minutes are signed: it is published.
    Close,
    /// A posting was taken down early, a meeting does not count: its declarations wait again.
    BreakOff,
}

impl Act {
    /// The write that does it.
    pub fn name(self) -> &'static str {
        match self {
            Act::Close => "disclosure.close",
            Act::BreakOff => "disclosure.break_off",
        }
    }
}

/// What the rules need to know of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub mode: Mode,
    pub state: State,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    /// Of a meeting: who was there, and who had to be.
    pub present: i32,
    pub needed: i32,
}

/// Why an act cannot be done, or not on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It has ended already.
    Ended,
    /// The posting's last day has to be over.
    NotOver { until_on: NaiveDate },
    /// So many more had to be present.
    Short { missing: i32 },
    /// The day is after today.
    Future,
    /// The day is before it began.
    BeforeBegun { from_on: NaiveDate },
    /// It hung for all its days: it was not taken down early.
    Lasted { until_on: NaiveDate },
}

/// The state an act done `on` a day leads to; `today` is the day it is written down.
pub fn after(of: &Facts, act: Act, on: NaiveDate, today: NaiveDate) -> Result<State, Obstacle> {
    if !of.state.takes(act.name()) {
        return Err(Obstacle::Ended);
    }
    if on > today {
        return Err(Obstacle::Future);
    }
    if on < of.from_on {
        return Err(Obstacle::BeforeBegun { from_on: of.from_on });
    }
    let lasted = on > of.until_on;
    match (act, of.mode) {
        (Act::Close, Mode::Posting) if !lasted => Err(Obstacle::NotOver { until_on: of.until_on }),
        (Act::Close, Mode::Meeting) if of.present < of.needed => {
            Err(Obstacle::Short { missing: of.needed - of.present })
        }
        (Act::Close, _) => Ok(State::Closed),
        (Act::BreakOff, Mode::Posting) if lasted => Err(Obstacle::Lasted { until_on: of.until_on }),
        (Act::BreakOff, _) => Ok(State::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const POSTING: fn() -> Facts = || Facts {
        mode: Mode::Posting,
        state: State::Open,
        from_on: on("2025-12-08"),
        until_on: on("2025-12-23"),
        present: 0,
        needed: 0,
    };

    #[test]
    fn a_posting_is_closed_once_its_last_day_is_over() {
        let close = |day: &str, today: &str| after(&POSTING(), Act::Close, on(day), on(today));
        let not_over = Err(Obstacle::NotOver { until_on: on("2025-12-23") });
        assert_eq!(close("2025-12-08", "2025-12-08"), not_over);
        assert_eq!(close("2025-12-23", "2025-12-23"), not_over, "the last day itself is not over");
        assert_eq!(close("2025-12-24", "2025-12-23"), Err(Obstacle::Future));
        assert_eq!(close("2025-12-24", "2025-12-24"), Ok(State::Closed));
        assert_eq!(close("2025-12-07", "2025-12-24"), Err(Obstacle::BeforeBegun { from_on: on("2025-12-08") }));
    }

    #[test]
    fn a_posting_is_taken_down_early_only_on_one_of_its_days() {
        let broken = |day: &str| after(&POSTING(), Act::BreakOff, on(day), on("2026-01-05"));
        assert_eq!(broken("2025-12-08"), Ok(State::Broken));
        assert_eq!(broken("2025-12-23"), Ok(State::Broken));
        assert_eq!(broken("2025-12-24"), Err(Obstacle::Lasted { until_on: on("2025-12-23") }));
    }

    #[test]
    fn a_meeting_counts_with_exactly_its_quorum() {
        let meeting =
            |present| Facts { mode: Mode::Meeting, until_on: on("2025-12-08"), present, needed: 20, ..POSTING() };
        let close = |present| after(&meeting(present), Act::Close, on("2025-12-08"), on("2025-12-08"));
        assert_eq!(close(20), Ok(State::Closed));
        assert_eq!(close(19), Err(Obstacle::Short { missing: 1 }));
        assert_eq!(after(&meeting(19), Act::BreakOff, on("2025-12-09"), on("2025-12-09")), Ok(State::Broken));
    }

    #[test]
    fn what_has_ended_is_never_changed_again() {
        for state in [State::Closed, State::Broken] {
            for act in [Act::Close, Act::BreakOff] {
                let ended = Facts { state, ..POSTING() };
                assert_eq!(after(&ended, act, on("2025-12-24"), on("2025-12-24")), Err(Obstacle::Ended));
            }
        }
    }
}
