//! Which days are working days. Public holidays and Saturdays worked in exchange are data per year with their decision
//! (`law/calendar/`); a year without data is an error, never a guess.
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use crate::lawbook::{LawError, embedded_files};

/// The working days of the years that were loaded, in Asia/Ho_Chi_Minh.
#[derive(Debug, Clone)]
pub struct Calendar {
    years: BTreeMap<i32, Year>,
    pub counting: Counting,
}

/// How limits are counted where the law on assets is silent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// A limit whose last day is a day of rest ends with the next working day.
    pub move_to_working_day: bool,
    pub basis: String,
}

#[derive(Debug, Clone)]
struct Year {
    basis: Vec<String>,
    off: BTreeMap<NaiveDate, String>,
    worked: BTreeMap<NaiveDate, String>,
}

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day<'a> {
    Working,
    /// Saturday or Sunday.
    Weekend,
    /// A holiday or a day exchanged for a Saturday, by its name.
    Off(&'a str),
    /// A Saturday worked in exchange, by what for.
    Worked(&'a str),
}

impl Day<'_> {
    pub fn is_working(self) -> bool {
        matches!(self, Day::Working | Day::Worked(_))
    }
}

/// The calendar of a year has not been loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("chưa nạp lịch ngày làm việc của năm {year}")]
pub struct NoCalendar {
    pub year: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: i32,
    basis: Vec<String>,
    #[serde(default)]
    off: Vec<NamedDay>,
    #[serde(default)]
    worked: Vec<NamedDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedDay {
    on: NaiveDate,
    name: String,
}

impl Calendar {
    /// The calendar built into this program.
    pub fn embedded() -> Result<Self, LawError> {
        Self::from_files(&embedded_files())
    }

    /// A calendar from file texts by path ("calendar/2025.toml").
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, LawError> {
        let mut years = BTreeMap::new();
        let mut counting = None;
        for (path, text) in files {
            let Some(name) = path.strip_prefix("calendar/") else { continue };
            let unreadable =
                |error: toml::de::Error| LawError::Unreadable { file: path.clone(), cause: error.to_string() };
            if name == "counting.toml" {
                counting = Some(toml::from_str(text).map_err(unreadable)?);
                continue;
            }
            let file: YearFile = toml::from_str(text).map_err(unreadable)?;
            let wrong = |what: String| LawError::Inconsistent { file: path.clone(), what };
            if name != format!("{}.toml", file.year) {
                return Err(wrong(format!("tên tệp không phải năm {}", file.year)));
            }
            let year = file.year;
            years.insert(year, Year::new(file).map_err(wrong)?);
        }
        let counting = counting.ok_or_else(|| LawError::MissingFile("calendar/counting.toml".to_owned()))?;
        Ok(Self { years, counting })
    }

    /// What a day is.
    pub fn day(&self, on: NaiveDate) -> Result<Day<'_>, NoCalendar> {
        let year = self.years.get(&on.year()).ok_or(NoCalendar { year: on.year() })?;
        Ok(if let Some(name) = year.off.get(&on) {
            Day::Off(name)
        } else if let Some(name) = year.worked.get(&on) {
            Day::Worked(name)
        } else if is_weekend(on) {
            Day::Weekend
        } else {
            Day::Working
        })
    }

    pub fn is_working(&self, on: NaiveDate) -> Result<bool, NoCalendar> {
        Ok(self.day(on)?.is_working())
    }

    /// `on` itself when it is a working day, otherwise the next one.
    pub fn working_day_from(&self, on: NaiveDate) -> Result<NaiveDate, NoCalendar> {
        let mut day = on;
        while !self.is_working(day)? {
            day = next(day)?;
        }
        Ok(day)
    }

    /// The `count`th working day after `from`, whose own day is not counted.
    pub fn working_days_after(&self, from: NaiveDate, count: u32) -> Result<NaiveDate, NoCalendar> {
        let mut day = from;
        for _ in 0..count {
            day = self.working_day_from(next(day)?)?;
        }
        Ok(day)
    }

    /// The working days after `from` up to and including `to`; none when `to` is not later.
    pub fn count_working_days(&self, from: NaiveDate, to: NaiveDate) -> Result<u32, NoCalendar> {
        let mut count = 0;
        let mut day = from;
        while day < to {
            day = next(day)?;
            count += u32::from(self.is_working(day)?);
        }
        Ok(count)
    }

    /// The decisions a year's calendar rests on.
    pub fn basis(&self, year: i32) -> Result<&[String], NoCalendar> {
        self.years.get(&year).map(|year| year.basis.as_slice()).ok_or(NoCalendar { year })
    }

    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.keys().copied()
    }
}

impl Year {
    /// A day off must be a weekday and a day worked a Saturday or Sunday: anything else is a slip of the pen.
    fn new(file: YearFile) -> Result<Self, String> {
        let take = |days: Vec<NamedDay>, weekend: bool| {
            let mut taken = BTreeMap::new();
            for day in days {
                if day.on.year() != file.year {
                    return Err(format!("ngày {} không thuộc năm {}", day.on, file.year));
                }
                if is_weekend(day.on) != weekend {
                    return Err(format!("ngày {} ({}) không đúng loại ngày trong tuần", day.on, day.name));
                }
                if taken.insert(day.on, day.name).is_some() {
                    return Err(format!("ngày {} ghi hai lần", day.on));
                }
            }
            Ok(taken)
        };
        if file.basis.is_empty() {
            return Err("thiếu căn cứ".to_owned());
        }
        Ok(Self { off: take(file.off, false)?, worked: take(file.worked, true)?, basis: file.basis })
    }
}

fn is_weekend(on: NaiveDate) -> bool {
    matches!(on.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The day after; the end of the calendar's own range has no year of data either.
fn next(day: NaiveDate) -> Result<NaiveDate, NoCalendar> {
    day.succ_opt().ok_or(NoCalendar { year: day.year() })
}
