//! Time is injected. Instants are UTC; legal dates are dates in Asia/Ho_Chi_Minh.
use std::sync::{Arc, Mutex};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};

/// Where the service takes the time from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock, moved by a constant (zero outside the demonstration, whose world lives in 2025).
    System { offset: TimeDelta },
    /// A clock that stands still until moved; for tests.
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

/// Vietnam keeps UTC+7 without daylight saving since 1975-06-13.
pub fn vietnam() -> FixedOffset {
    FixedOffset::east_opt(7 * 3600).expect("seven hours is a valid offset")
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Clock::System { offset: TimeDelta::zero() }
    }

    /// A clock that runs at the machine's speed and shows `start` now.
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        Clock::System { offset: start - machine_now() }
    }

    /// A clock that stands still at `instant`.
    pub fn fixed(instant: DateTime<Utc>) -> Self {
        Clock::Fixed(Arc::new(Mutex::new(instant)))
    }

    /// Moves a fixed clock forward.
    ///
    /// # Panics
    /// On a running clock: only tests move time.
    pub fn advance(&self, by: TimeDelta) {
        match self {
            Clock::Fixed(instant) => *instant.lock().expect("no code panics while holding the clock") += by,
            Clock::System { .. } => panic!("only a fixed clock can be moved"),
        }
    }

    /// The present instant, cut to the microsecond PostgreSQL keeps, so that what was hashed is what is read back.
    pub fn now(&self) -> DateTime<Utc> {
        let instant = match self {
            Clock::System { offset } => machine_now() + *offset,
            Clock::Fixed(instant) => *instant.lock().expect("no code panics while holding the clock"),
        };
        Utc.timestamp_micros(instant.timestamp_micros()).single().expect("an instant of this era fits microseconds")
    }

    /// Today's date in Vietnam.
    pub fn today(&self) -> NaiveDate {
        date_in_vietnam(self.now())
    }
}

/// The legal date of an instant.
pub fn date_in_vietnam(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&vietnam()).date_naive()
}

/// When a legal day begins.
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    let begins = day.and_time(NaiveTime::MIN).and_local_timezone(vietnam());
    begins.single().expect("an offset that never changes names each instant once").to_utc()
}

/// An instant as it is told: hour and minute, then the day, in Vietnam.
pub fn minute(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&vietnam()).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// The same to the second, where a difference of seconds may matter.
pub fn second(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&vietnam()).format("%H:%M:%S ngày %d/%m/%Y").to_string()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn machine_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legal_day_begins_at_seventeen_hours_utc() {
        let before = Utc.with_ymd_and_hms(2025, 12, 30, 16, 59, 59).unwrap();
        let clock = Clock::fixed(before);
        assert_eq!(clock.today(), NaiveDate::from_ymd_opt(2025, 12, 30).unwrap());
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(clock.today(), NaiveDate::from_ymd_opt(2025, 12, 31).unwrap());
        assert_eq!(midnight(clock.today()), clock.now());
    }
}
