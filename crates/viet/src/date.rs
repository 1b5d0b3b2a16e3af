//! Dates as forms write them. A date is a calendar date in Vietnam; there is no clock here.

use crate::text::fold;
use chrono::{Datelike, NaiveDate};
use std::fmt;
use thiserror::Error;

/// A date of which the day or the month may be unknown, as for births and acquisitions.
/// Displays as forms print it: "2010", "05/2010", "08/05/2010".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartialDate {
    Year(i32),
    Month { year: i32, month: u32 },
    Day(NaiveDate),
}

impl PartialDate {
    pub fn year(self) -> i32 {
        match self {
            Self::Year(year) | Self::Month { year, .. } => year,
            Self::Day(date) => date.year(),
        }
    }

    /// ISO 8601 with the precision known: "2010", "2010-05", "2010-05-08".
    pub fn canonical(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Month { year, month } => format!("{year:04}-{month:02}"),
            Self::Day(date) => date.format("%Y-%m-%d").to_string(),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month { year, month } => write!(f, "{month:02}/{year:04}"),
            Self::Day(date) => f.write_str(&format_short(*date)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DateError {
    #[error("Chưa có ngày")]
    Empty,
    #[error("Không đọc được ngày: “{0}”. Đề nghị ghi như 05/02/2026")]
    NotADate(String),
    #[error("Không có ngày này trong lịch: “{0}”")]
    NotInCalendar(String),
    #[error("Năm phải ghi đủ bốn chữ số: “{0}”")]
    ShortYear(String),
    #[error("Cần ghi đủ ngày, tháng, năm: “{0}”")]
    Incomplete(String),
}

/// "05/02/2026".
pub fn format_short(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// "ngày 05 tháng 02 năm 2026": days below 10 and months 1 and 2 have a zero before them
/// (Nghị định 30/2020/NĐ-CP, Phụ lục I).
pub fn format_long(date: NaiveDate) -> String {
    let zero = if date.month() <= 2 { "0" } else { "" };
    format!("ngày {:02} tháng {zero}{} năm {:04}", date.day(), date.month(), date.year())
}

/// Reads a full date: "05/02/2026", "5-2-2026", "2026-02-05", "Hà Nội, ngày 05 tháng 02 năm 2026".
///
/// # Errors
/// See [`DateError`]; a year or month alone is [`DateError::Incomplete`].
pub fn parse_date(text: &str) -> Result<NaiveDate, DateError> {
    match parse_partial_date(text)? {
        PartialDate::Day(date) => Ok(date),
        _ => Err(DateError::Incomplete(text.trim().to_owned())),
    }
}

/// Reads a date of any precision: besides full dates "2010", "05/2010", "năm 2010", "tháng 5 năm 2010".
/// Years have four digits and start at 1000.
///
/// # Errors
/// See [`DateError`].
pub fn parse_partial_date(text: &str) -> Result<PartialDate, DateError> {
    let folded = fold(text);
    if folded.is_empty() {
        return Err(DateError::Empty);
    }
    let unreadable = || DateError::NotADate(text.trim().to_owned());
    let parts = words_parts(&folded).or_else(|| signs_parts(&folded)).ok_or_else(unreadable)?;
    if parts.year < 1_000 {
        return Err(DateError::ShortYear(text.trim().to_owned()));
    }
    parts.date().ok_or_else(|| DateError::NotInCalendar(text.trim().to_owned()))
}

struct Parts {
    day: Option<u32>,
    month: Option<u32>,
    year: i32,
}

impl Parts {
    fn date(&self) -> Option<PartialDate> {
        match (self.day, self.month) {
            (Some(day), Some(month)) => NaiveDate::from_ymd_opt(self.year, month, day).map(PartialDate::Day),
            (None, Some(month @ 1..=12)) => Some(PartialDate::Month { year: self.year, month }),
            (None, None) => Some(PartialDate::Year(self.year)),
            _ => None,
        }
    }
}

/// "[place,] ngày 05 tháng 02 năm 2026" and its ends.
fn words_parts(folded: &str) -> Option<Parts> {
    let text = match folded.rsplit_once(',') {
        Some((_, dated)) if dated.trim_start().starts_with("ngay") => dated,
        _ => folded,
    };
    let words: Vec<&str> = text.split([' ', '.', ',', ';']).filter(|word| !word.is_empty()).collect();
    let (day, month, year) = match words.as_slice() {
        ["ngay", day, "thang", month, "nam", year] => (Some(number(day)?), Some(number(month)?), year),
        ["thang", month, "nam", year] => (None, Some(number(month)?), year),
        ["nam", year] => (None, None, year),
        _ => return None,
    };
    Some(Parts { day, month, year: i32::try_from(number(year)?).ok()? })
}

/// Digits between '/', '-', '.' or blanks: day first, or ISO with the year first.
fn signs_parts(folded: &str) -> Option<Parts> {
    let text = folded.trim_start_matches("ngay ").trim_end_matches(['.', ',', ';']);
    let fields: Vec<&str> = text.split(['/', '-', '.', ' ']).filter(|field| !field.is_empty()).collect();
    let (day, month, year) = match fields.as_slice() {
        [year] if year.len() == 4 => (None, None, year),
        [year, month, day] if year.len() == 4 => (Some(number(day)?), Some(number(month)?), year),
        [day, month, year] => (Some(number(day)?), Some(number(month)?), year),
        [year, month] if year.len() == 4 => (None, Some(number(month)?), year),
        [month, year] if year.len() == 4 => (None, Some(number(month)?), year),
        _ => return None,
    };
    Some(Parts { day, month, year: i32::try_from(number(year)?).ok()? })
}

/// One to four plain digits.
fn number(text: &str) -> Option<u32> {
    let plain = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date of the calendar")
    }

    #[test]
    fn full_dates() {
        for text in [
            "05/02/2026",
            "5-2-2026",
            "5.2.2026",
            " 05 / 02 / 2026 ",
            "2026-02-05",
            "ngày 05 tháng 02 năm 2026",
            "Ngày 5 tháng 2 năm 2026.",
            "Hà Nội, ngày 05 tháng 02 năm 2026",
            "ngày 05/02/2026",
        ] {
            assert_eq!(parse_date(text), Ok(ymd(2026, 2, 5)), "{text}");
        }
        assert_eq!(parse_date("Ngày 08 tháng 12 năm 2024"), Ok(ymd(2024, 12, 8)));
    }

    #[test]
    fn partial_dates() {
        for (text, date, canonical, shown) in [
            ("2010", PartialDate::Year(2010), "2010", "2010"),
            ("năm 2010", PartialDate::Year(2010), "2010", "2010"),
            ("5/2010", PartialDate::Month { year: 2010, month: 5 }, "2010-05", "05/2010"),
            ("tháng 5 năm 2010", PartialDate::Month { year: 2010, month: 5 }, "2010-05", "05/2010"),
            ("08/05/2010", PartialDate::Day(ymd(2010, 5, 8)), "2010-05-08", "08/05/2010"),
        ] {
            assert_eq!(parse_partial_date(text), Ok(date), "{text}");
            assert_eq!((date.canonical().as_str(), date.to_string().as_str()), (canonical, shown));
            assert_eq!(parse_partial_date(canonical), Ok(date));
        }
    }

    #[test]
    fn refusals_say_why() {
        let text = |error: DateError| error.to_string();
        assert_eq!(parse_date(""), Err(DateError::Empty));
        assert!(matches!(parse_date("31/02/2026"), Err(DateError::NotInCalendar(_))));
        assert!(matches!(parse_date("13/2026"), Err(DateError::NotInCalendar(_))));
        assert!(matches!(parse_date("05/02/26"), Err(DateError::ShortYear(_))));
        assert!(matches!(parse_date("05/2026"), Err(DateError::Incomplete(_))));
        for wrong in ["mai", "5", "1/2/3/2026", "ngày tháng năm", "05/02/20266", "٠٥/02/2026"] {
            assert!(matches!(parse_date(wrong), Err(DateError::NotADate(_))), "{wrong}");
        }
        assert_eq!(
            text(parse_date("xx").expect_err("no date")),
            "Không đọc được ngày: “xx”. Đề nghị ghi như 05/02/2026"
        );
    }

    #[test]
    fn long_form_pads_as_the_decree_says() {
        assert_eq!(format_long(ymd(2026, 2, 5)), "ngày 05 tháng 02 năm 2026");
        assert_eq!(format_long(ymd(2026, 3, 15)), "ngày 15 tháng 3 năm 2026");
        assert_eq!(format_short(ymd(2026, 2, 5)), "05/02/2026");
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_it_back(days in 400_000..1_000_000_i32) {
            let date = NaiveDate::from_num_days_from_ce_opt(days).expect("year 1096 to 2738");
            prop_assert_eq!(parse_date(&format_short(date)), Ok(date));
            prop_assert_eq!(parse_date(&format_long(date)), Ok(date));
            prop_assert_eq!(parse_date(&PartialDate::Day(date).canonical()), Ok(date));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_partial_date(&text);
        }
    }
}
