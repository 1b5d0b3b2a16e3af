//! The unit's logbook, on a page and as Excel.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::super::logbook::{self, COLUMNS, Entry, State as Progress};
use super::super::sheet::{self, Cell, Table};
use super::super::store;
use super::{Asked, Work, day};
use crate::account::Signed;
use crate::kernel::web::respond::{XLSX, attachment};
use crate::kernel::web::{Html, Page, Query, html};
use crate::kernel::{App, Error, Result, Role};
use crate::person::model::year_shown;

/// A line of the page.
pub(super) struct Line {
    pub entry: Entry,
    pub state: &'static str,
    pub kind: &'static str,
    pub handed_in: String,
    pub is_late: bool,
    pub given: String,
    pub due: String,
    pub received: String,
    pub received_again: String,
    pub handed_over: String,
    /// "biên bản số 05/2025; nhận 08/12/2025"
    pub record: String,
    /// "từ 08/12/2025 đến hết 23/12/2025, biên bản số 01/2025"
    pub published: String,
    pub reminders: Vec<String>,
}

impl Line {
    pub(super) fn of(entry: Entry) -> Self {
        let (state, kind) = entry.state.label();
        let on = |on: Option<chrono::NaiveDate>| on.map(day).unwrap_or_default();
        let told = |n: u8, told: &crate::person::follow_up::Told| format!("Lần {n}: {}", told.reference());
        let mut reminders = Vec::new();
        reminders.extend(entry.follow_up.first.as_ref().map(|first| told(1, first)));
        reminders.extend(entry.follow_up.second.as_ref().map(|second| told(2, second)));
        // What was recorded stays, also when the declaration came after all.
        reminders.extend(entry.follow_up.not_submitted_on.map(|on| format!("Ghi nhận không nộp: {}", day(on))));
        let taken = entry.taken_on.map(|on| format!("; nhận {}", day(on))).unwrap_or_default();
        Self {
            state,
            kind,
            handed_in: on(entry.handed_in_on),
            is_late: entry.is_handed_in_late(),
            given: on(entry.given_on),
            due: on(entry.due_on),
            received: on(entry.received_on),
            received_again: on(entry.received_again_on),
            handed_over: on(entry.handed_over_on),
            record: format!("biên bản số {}{taken}", entry.record_no),
            published: match &entry.published {
                Some(one) => match one.minutes() {
                    Some(minutes) => format!("{}, biên bản số {minutes}", one.days()),
                    None => one.days(),
                },
                None => String::new(),
            },
            reminders,
            entry,
        }
    }
}

#[derive(Template)]
#[template(path = "campaign/pages/log.html")]
struct LogPage {
    page: Page,
    year: i16,
    other_years: Vec<i16>,
    works: Vec<Work>,
    heading: &'static str,
    lines: Vec<Line>,
    is_empty: bool,
}

#[derive(Deserialize)]
pub(super) struct Filter {
    nam: Option<i16>,
    tt: Option<String>,
}

/// What the page can be narrowed to besides a state.
const HANDED_IN_LATE: &str = "nop-muon";

async fn read(
    app: &App,
    signed: &Signed,
    year: Option<i16>,
    event: &'static str,
) -> Result<(i16, Vec<i16>, Vec<Entry>)> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .read(&signed.actor, "logbook.read", async |tx| {
            let years = store::years(tx).await?;
            let year = year.unwrap_or_else(|| year_shown(&years, tx.today()));
            let entries = logbook::entries(tx, unit, year, event).await?;
            Ok((year, years, entries))
        })
        .await
}

/// The logbook of a year (article 37.1): what was given, handed in, received, handed over, and how late ones were followed
/// up; by name, all or those of one state. Looking is one recorded access.
pub(super) async fn show(State(app): State<App>, signed: Signed, Query(filter): Query<Filter>) -> Result<Html> {
    let (year, mut years, mut entries) = read(&app, &signed, filter.nam, "logbook.opened").await?;
    years.retain(|other| *other != year);
    let asked = filter.tt.as_deref().unwrap_or_default();
    let state = Progress::ALL.into_iter().find(|state| state.slug() == asked);
    let is_late_asked = asked == HANDED_IN_LATE;
    let work = |label: &str, slug: &str, count: usize, current: bool| Work {
        label: label.to_owned(),
        count: count.to_string(),
        href: format!("/don-vi/so-theo-doi?nam={year}{}{slug}", if slug.is_empty() { "" } else { "&tt=" }),
        current,
    };
    let mut works = vec![work("Tất cả", "", entries.len(), state.is_none() && !is_late_asked)];
    for one in Progress::ALL {
        let count = entries.iter().filter(|entry| entry.state == one).count();
        if count > 0 || state == Some(one) {
            works.push(work(one.label().0, one.slug(), count, state == Some(one)));
        }
    }
    let late = entries.iter().filter(|entry| entry.is_handed_in_late()).count();
    if late > 0 || is_late_asked {
        works.push(work("Nộp muộn", HANDED_IN_LATE, late, is_late_asked));
    }
    let is_empty = entries.is_empty();
    entries.retain(|entry| match state {
        Some(state) => entry.state == state,
        None => !is_late_asked || entry.is_handed_in_late(),
    });
    html(&LogPage {
        page: signed.page("Sổ theo dõi kê khai"),
        year,
        other_years: years,
        works,
        heading: state.map_or(if is_late_asked { "Nộp muộn" } else { "Tất cả" }, |state| state.label().0),
        lines: entries.into_iter().map(Line::of).collect(),
        is_empty,
    })
}

/// The whole logbook of a year as Excel. Taking names out of the system is recorded as such.
pub(super) async fn workbook(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let (year, _, entries) = read(&app, &signed, asked.nam, "logbook.exported").await?;
    let table = Table {
        name: "Sổ theo dõi",
        title: signed.title(&format!("Sổ theo dõi kê khai, giao, nhận bản kê khai tài sản, thu nhập năm {year}")),
        note: format!(
            "{}; lập ngày {} (khoản 1 Điều 37 Luật Phòng, chống tham nhũng 2018).",
            signed.place(),
            day(app.clock().today())
        ),
        columns: COLUMNS.iter().map(|(name, width, _)| (*name, *width)).collect(),
        rows: entries
            .iter()
            .map(|entry| COLUMNS.iter().map(|(_, _, text)| Cell::Text(text(entry))).collect())
            .collect(),
        frozen: 2,
    };
    Ok(attachment(XLSX, &signed.file(&format!("so-theo-doi-{year}.xlsx")), sheet::write(&table)?))
}
