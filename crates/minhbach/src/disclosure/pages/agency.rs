//! The control agency looks whether units publish what they handed over.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use form::Kind;

use super::super::model::Tally;
use super::super::{State as Progress, store};
use super::{SummaryLine, disclosure_page, opened, record_pdf, summaries};
use crate::account::Signed;
use crate::declaration::publication;
use crate::handover::pages::agencies;
use crate::kernel::id::{DisclosureId, OrganisationId};
use crate::kernel::web::{Html, Page, Path, html};
use crate::kernel::{App, Error, Result, Role};
use crate::organisation;

/// How far a unit is with what it handed over.
#[derive(Default)]
struct UnitLine {
    name: String,
    handed: i64,
    published: i64,
    open: i64,
    waiting: i64,
    /// Waiting past their last day, or begun after it.
    late: i64,
}

#[derive(Template)]
#[template(path = "disclosure/pages/agency.html")]
struct AgencyPage {
    page: Page,
    total: UnitLine,
    units: Vec<UnitLine>,
    /// Under their captions.
    publications: [(&'static str, Vec<SummaryLine>); 2],
}

fn add(line: &mut UnitLine, tally: &Tally, is_overdue: bool) {
    line.handed += tally.count;
    match tally.state {
        Some(Progress::Closed) => line.published += tally.count,
        Some(_) => line.open += tally.count,
        None => line.waiting += tally.count,
    }
    if is_overdue || tally.is_late {
        line.late += tally.count;
    }
}

/// How many of the declarations handed over to the agency each unit has published, is publishing, has yet to publish, and
/// how many are late (khoản 3 Điều 11 Nghị định 130/2020/NĐ-CP); the publications with their minutes. Counts only: nothing
/// under seal is opened.
pub(super) async fn list(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let partition = signed.actor.agency().ok_or(Error::Forbidden)?;
    let today = app.clock().today();
    let (tallies, names, (open, ended)) = app
        .db
        .read(&signed.actor, "disclosure.list", async |tx| {
            let agencies = agencies(tx).await?;
            let tallies = store::tally(tx, partition).await?;
            let units: Vec<OrganisationId> = tallies.iter().map(|tally| tally.unit).collect();
            let names = organisation::store::names(tx, &units).await?;
            Ok((tallies, names, summaries(tx, &agencies).await?))
        })
        .await?;
    let mut units: BTreeMap<OrganisationId, UnitLine> = BTreeMap::new();
    let mut total = UnitLine::default();
    for tally in &tallies {
        let kind = Kind::from_code(&tally.kind).ok_or_else(|| crate::bug!("kind {} is not known", tally.kind))?;
        if !publication::is_for_workplace(&app.law, &tally.rule_set, kind)? {
            continue;
        }
        let is_overdue = tally.state.is_none() && is_over(&app, tally, today)?;
        let line = units.entry(tally.unit).or_default();
        add(line, tally, is_overdue);
        add(&mut total, tally, is_overdue);
    }
    for (unit, line) in &mut units {
        line.name = names.get(unit).cloned().unwrap_or_default();
    }
    let mut units: Vec<UnitLine> = units.into_values().collect();
    units.sort_by_key(|line| (std::cmp::Reverse(line.late), viet::text::fold(&line.name)));
    let publications = [("Đang công khai", open), ("Đã kết thúc", ended)];
    html(&AgencyPage { page: signed.page("Công khai bản kê khai"), total, units, publications })
}

fn is_over(app: &App, tally: &Tally, today: NaiveDate) -> Result<bool> {
    Ok(today > publication::due_on(&app.law, &tally.rule_set, tally.handed_on)?)
}

/// A publication of a unit; opening it is recorded.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    disclosure_page(&app, &signed, &opened(&app, &signed, id).await?, "/cong-khai", None)
}

pub(super) async fn record(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    record_pdf(&app, &signed, id).await
}
