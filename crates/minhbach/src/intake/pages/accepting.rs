//! Before a checked paper stands on record: whose it is, what will be recorded as missing.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::accept::{self, Acceptance, NewPerson, Outcome, Who};
use super::super::desk::{self, Open};
use super::super::model::State;
use super::super::review::{Choice, kind_label};
use crate::account::Signed;
use crate::kernel::id::{DeclarationId, IntakeId, PersonId};
use crate::kernel::web::{Fields, Page, Path, html_with};
use crate::kernel::{App, Error, Event, Refusal, Result, Role, Tx};
use crate::law;
use crate::organisation::rules::controller;
use crate::organisation::{self, Rank};
use crate::person::{self, Person, PersonFacts};

/// Someone on the list the paper may be from.
struct Candidate {
    value: String,
    label: String,
    hint: String,
}

/// What the page needs beyond the paper itself.
struct Prepared {
    /// Found by identity number: decided.
    holder: Option<Candidate>,
    /// Found by name: for the officer to choose from.
    namesakes: Vec<Candidate>,
    units: Vec<Choice>,
}

struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "intake/pages/accept.html")]
struct AcceptPage {
    page: Page,
    id: IntakeId,
    name: String,
    revision: i32,
    rows: Vec<Row>,
    /// What is needed and missing; nothing can be put on record before it is mended.
    problem: String,
    prepared: Prepared,
    chosen: String,
    blocking: Vec<String>,
    warnings: Vec<String>,
    duplicate: String,
}

pub(super) async fn confirm(Part(app): Part<App>, signed: Signed, Path(id): Path<IntakeId>) -> Result<Response> {
    accept_page(&app, &signed, id, StatusCode::OK, None, None).await
}

async fn accept_page(
    app: &App,
    signed: &Signed,
    id: IntakeId,
    status: StatusCode,
    refused: Option<&Refusal>,
    duplicate: Option<DeclarationId>,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let open = desk::open(app, &signed.actor, id).await?;
    open.intake.require(&[State::Read])?;
    let today = app.clock().today();
    let problem = match accept::needed(&open.checked, today) {
        Ok(_) => String::new(),
        Err(Error::Refused(refusal)) => refusal.to_string(),
        Err(error) => return Err(error),
    };
    let prepared = prepare(app, signed, &open).await?;
    let (blocking, warnings) = said(app, &open, today)?;
    let page = signed.page("Ghi nhận bản kê khai");
    let page = match refused {
        Some(refusal) => page.flash("wrong", refusal.to_string()),
        None => page,
    };
    let chosen = match (&prepared.holder, prepared.namesakes.is_empty()) {
        (Some(holder), _) => holder.value.clone(),
        (None, true) => "moi".to_owned(),
        (None, false) => String::new(),
    };
    let page = AcceptPage {
        page,
        id,
        name: open.name.clone(),
        revision: open.intake.revision,
        rows: rows(&open),
        problem,
        prepared,
        chosen,
        blocking,
        warnings,
        duplicate: duplicate.map(|id| id.to_string()).unwrap_or_default(),
    };
    Ok(html_with(status, &page)?.into_response())
}

fn rows(open: &Open) -> Vec<Row> {
    let row = |key: &'static str, value: String| Row { key, value, href: "" };
    let date = |date: Option<chrono::NaiveDate>| date.map(viet::date::format_short).unwrap_or_default();
    let facts = accept::identity(&open.checked).ok();
    let of = |pick: fn(PersonFacts) -> String| facts.clone().map(pick).unwrap_or_default();
    vec![
        row("Phương thức kê khai", kind_label(&open.checked)),
        row("Ngày hoàn thành", date(open.checked.completed_on())),
        row("Họ và tên", of(|f| f.name)),
        row("Ngày sinh", of(|f| f.dob.map(viet::date::format_short).unwrap_or_default())),
        row("Số căn cước", of(|f| f.id_no.unwrap_or_default())),
        row("Chức vụ", of(|f| f.position)),
    ]
}

/// What will be recorded as missing, and what is worth a look, as sentences.
fn said(app: &App, open: &Open, today: chrono::NaiveDate) -> Result<(Vec<String>, Vec<String>)> {
    let Ok(needed) = accept::needed(&open.checked, today) else { return Ok((Vec::new(), Vec::new())) };
    let rules = law::in_force(&app.law, needed.completed_on)?;
    let findings = accept::findings(rules, needed.kind, &open.checked.content, today)?;
    let of = |severity| findings.iter().filter(|f| f.severity == severity).map(form::Finding::sentence).collect();
    Ok((of(form::Severity::Block), of(form::Severity::Warn)))
}

/// Finds whose paper it may be. Names of the agency's own people are opened for it, which is recorded; people of other
/// agencies are not visible here.
async fn prepare(app: &App, signed: &Signed, open: &Open) -> Result<Prepared> {
    let partition = open.intake.partition;
    let facts = accept::identity(&open.checked).ok();
    app.db
        .read(&signed.actor, "intake.match", async |tx| {
            let units = units(tx, open).await?;
            let Some(facts) = &facts else { return Ok(Prepared { holder: None, namesakes: Vec::new(), units }) };
            let holder = accept::holder_of_number(tx, partition, facts).await?;
            let holder_id = holder.as_ref().map(|person| person.id);
            let mut namesakes = Vec::new();
            for person in person::store::candidates(tx, partition, None, &facts.name).await? {
                if Some(person.id) != holder_id {
                    namesakes.push(candidate(tx, &person).await?);
                }
            }
            let holder = match &holder {
                Some(person) => Some(candidate(tx, person).await?),
                None => None,
            };
            let opened = namesakes.len() + usize::from(holder.is_some());
            if opened > 0 {
                let count = i64::try_from(opened).unwrap_or(i64::MAX);
                tx.record(
                    Event::new("person.list_opened", partition).id("intake", open.intake.id).count("people", count),
                )?;
            }
            Ok(Prepared { holder, namesakes, units })
        })
        .await
}

async fn candidate(tx: &mut Tx, person: &Person) -> Result<Candidate> {
    let (partition, row) = (person.partition, person.id.0);
    let name = tx.open(partition, row, &person.name)?;
    let dob: String = tx.open(partition, row, &person.dob)?;
    let position = tx.open(partition, row, &person.position)?;
    let id_no = match &person.id_no {
        Some(sealed) => tx.open(partition, row, sealed)?,
        None => "chưa ghi".to_owned(),
    };
    let unit = organisation::store::organisation(tx, person.unit).await?.name;
    let dob = dob.parse().map(viet::date::format_short).unwrap_or_else(|_| "chưa ghi".to_owned());
    Ok(Candidate {
        value: person.id.to_string(),
        label: name,
        hint: format!("Sinh ngày {dob}, {position}, {unit}; số căn cước {id_no}"),
    })
}

/// The bodies some of whose people this agency controls (article 30).
async fn units(tx: &mut Tx, open: &Open) -> Result<Vec<Choice>> {
    let rules = organisation::store::routing_rules(tx).await?;
    let on = open.checked.completed_on().unwrap_or(tx.today());
    let ours = |body: &organisation::Organisation, rank: Rank, party: bool| {
        controller(&rules, body, rank, party, on.max(body.valid_from))
            .is_ok_and(|rule| rule.partition == open.intake.partition)
    };
    let bodies = organisation::store::organisations(tx).await?;
    let mine = bodies.into_iter().filter(|body| {
        [Rank::DirectorUp, Rank::BelowDirector]
            .into_iter()
            .any(|rank| ours(body, rank, false) || ours(body, rank, true))
    });
    Ok(mine.map(|body| Choice { value: body.id.to_string(), label: body.name }).collect())
}

/// Puts the paper on record. A duplicate is said to be one, with a way to the first.
pub(super) async fn accept(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<IntakeId>,
    fields: Fields,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    signed.require_fresh(&fields)?;
    let acceptance = match acceptance(&fields) {
        Ok(acceptance) => acceptance,
        Err(refusal) => return accept_page(&app, &signed, id, refusal.status, Some(&refusal), None).await,
    };
    match accept::accept(&app, &signed.actor, id, &acceptance, None).await {
        Ok(Outcome::Accepted(accepted)) => {
            Ok(Redirect::to(&format!("/ban-ke-khai/{}?moi=1", accepted.declaration)).into_response())
        }
        Ok(Outcome::Duplicate(before)) => {
            accept_page(&app, &signed, id, StatusCode::CONFLICT, None, Some(before)).await
        }
        Err(Error::Refused(refusal)) if refusal.code != "intake_state" => {
            accept_page(&app, &signed, id, refusal.status, Some(&refusal), None).await
        }
        Err(error) => Err(error),
    }
}

fn acceptance(fields: &Fields) -> std::result::Result<Acceptance, Refusal> {
    let missing = |what: &str| {
        Refusal::new("intake_who", format!("Chưa chọn {what}."), "Đề nghị chọn rồi bấm “Ghi nhận” một lần nữa.")
    };
    let who = match fields.get("who") {
        "moi" => Who::New(NewPerson {
            unit: fields.get("unit").parse().map_err(|_| missing("đơn vị của người kê khai"))?,
            director_up: match fields.get("rank") {
                "DIRECTOR_UP" => true,
                "BELOW_DIRECTOR" => false,
                _ => return Err(missing("cấp chức vụ của người kê khai")),
            },
            party_managed: fields.get("party") == "1",
        }),
        chosen => Who::Known(chosen.parse::<PersonId>().map_err(|_| missing("người kê khai"))?),
    };
    let revision = fields.get("revision").parse().map_err(|_| accept::changed_since())?;
    Ok(Acceptance { revision, who })
}
