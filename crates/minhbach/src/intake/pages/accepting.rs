//! Before a checked paper stands on record: whose it is, what will be recorded as missing.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use form::Kind;

use super::super::accept::{self, Acceptance, Needed, NewPerson, Outcome, Who};
use super::super::check::form_of;
use super::super::desk::{self, Open};
use super::super::model::Intake;
use super::super::review::{Choice, kind_label};
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::kernel::id::{DeclarationId, IntakeId, PartitionId, PersonId};
use crate::kernel::web::{Fields, Page, Path, html_with};
use crate::kernel::{App, Error, Event, Refusal, Result, Role, Tx};
use crate::law;
use crate::organisation::rules::controller;
use crate::organisation::{self, Rank};
use crate::person::model::kind_label as kind_of;
use crate::person::{self, Person, PersonFacts};

/// What the officer chose, kept while the page is shown again.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) who: String,
    pub(super) unit: String,
    pub(super) rank: String,
    pub(super) is_party: bool,
    pub(super) kind: String,
}

impl Chosen {
    pub(super) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        let is_party = fields.get("party") == "1";
        Self { who: text("who"), unit: text("unit"), rank: text("rank"), is_party, kind: text("kind") }
    }
}

/// Someone on the list the paper may be from.
pub(super) struct Candidate {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: String,
}

/// What a page that asks whose paper it is needs beyond the paper itself.
pub(super) struct Prepared {
    /// Found by identity number: decided.
    pub(super) holder: Option<Candidate>,
    /// Found by name: for the officer to choose from.
    pub(super) namesakes: Vec<Candidate>,
    pub(super) units: Vec<Choice>,
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
    /// To choose from when the paper does not state its kind.
    kinds: Vec<Choice>,
    chosen: Chosen,
    blocking: Vec<String>,
    warnings: Vec<String>,
    duplicate: String,
}

pub(super) async fn confirm(Part(app): Part<App>, signed: Signed, Path(id): Path<IntakeId>) -> Result<Response> {
    accept_page(&app, &signed, id, Chosen::default(), Said::default()).await
}

fn before_any_rules(day: NaiveDate) -> String {
    let day = viet::date::format_short(day);
    format!(
        "Ngày hoàn thành {day} ở trước khi Nghị định 130/2020/NĐ-CP có hiệu lực. Đề nghị đối chiếu lại ngày; nếu đúng, quay lại và chọn “Ghi nhận theo mẫu cũ”."
    )
}

/// What the page says about an attempt that did not end on record.
#[derive(Default)]
struct Said {
    refused: Option<Refusal>,
    duplicate: Option<DeclarationId>,
}

async fn accept_page(
    app: &App,
    signed: &Signed,
    id: IntakeId,
    mut chosen: Chosen,
    Said { refused, duplicate }: Said,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let open = desk::open(app, &signed.actor, id).await?;
    open.intake.require("intake.accept")?;
    let today = app.clock().today();
    let (needed, problem) = match accept::needed(&open.checked, accept::uploaded_on(&open.intake), today) {
        Ok(needed) if app.law.in_force(needed.filed_on).is_none() => (None, before_any_rules(needed.filed_on)),
        Ok(needed) => (Some(needed), String::new()),
        Err(Error::Refused(refusal)) => (None, refusal.to_string()),
        Err(error) => return Err(error),
    };
    let on = open.checked.completed_on().unwrap_or(today);
    let facts = accept::identity(&open.checked).ok();
    let prepared = prepare(app, signed, &open.intake, facts.as_ref(), on).await?;
    let kinds = kinds(app, &open)?;
    let (blocking, warnings) = match needed {
        Some(needed) => said(app, &open, needed, &kinds, today)?,
        None => Default::default(),
    };
    let status = match (&refused, duplicate) {
        (Some(refusal), _) => refusal.status,
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    let page = signed.page("Ghi nhận bản kê khai");
    let page = match refused {
        Some(refusal) => page.flash("wrong", refusal.to_string()),
        None => page,
    };
    prepared.propose(&mut chosen);
    let page = AcceptPage {
        page,
        id,
        name: open.name.clone(),
        revision: open.intake.revision,
        rows: rows(&open, needed),
        problem,
        prepared,
        kinds,
        chosen,
        blocking,
        warnings,
        duplicate: duplicate.map(|id| id.to_string()).unwrap_or_default(),
    };
    Ok(html_with(status, &page)?.into_response())
}

impl Prepared {
    /// Who is decided, or nobody else, is chosen already; among namesakes the officer chooses.
    pub(super) fn propose(&self, chosen: &mut Chosen) {
        if chosen.who.is_empty() {
            chosen.who = match (&self.holder, self.namesakes.is_empty()) {
                (Some(holder), _) => holder.value.clone(),
                (None, true) => "moi".to_owned(),
                (None, false) => String::new(),
            };
        }
    }
}

/// The kinds an officer chooses from when the paper states none.
fn kinds(app: &App, open: &Open) -> Result<Vec<Choice>> {
    if open.checked.kind().is_some() {
        return Ok(Vec::new());
    }
    let (rules, form) = form_of(&app.law, &open.checked.content)?;
    let choice = |kind: Kind| Choice { value: kind.as_str().to_owned(), label: kind_of(kind).to_owned() };
    Ok(accept::kinds_of(rules, form).into_iter().map(choice).collect())
}

fn rows(open: &Open, needed: Option<Needed>) -> Vec<Row> {
    let row = |key: &'static str, value: String| Row { key, value, href: "" };
    let completed = match needed {
        Some(needed) if !needed.is_dated => format!(
            "Bản giấy không ghi; bản kê khai được ghi nhận theo ngày tiếp nhận {}",
            viet::date::format_short(needed.filed_on)
        ),
        _ => open.checked.completed_on().map(viet::date::format_short).unwrap_or_default(),
    };
    let facts = accept::identity(&open.checked).ok();
    let of = |pick: fn(PersonFacts) -> String| facts.clone().map(pick).unwrap_or_default();
    vec![
        row("Phương thức kê khai", kind_label(&open.checked)),
        row("Ngày hoàn thành", completed),
        row("Họ và tên", of(|f| f.name)),
        row("Ngày sinh", of(|f| f.dob.map(viet::date::format_short).unwrap_or_default())),
        row("Số căn cước", of(|f| f.id_no.unwrap_or_default())),
        row("Chức vụ", of(|f| f.position)),
    ]
}

/// What will be recorded as missing, and what is worth a look, as sentences.
fn said(
    app: &App,
    open: &Open,
    needed: Needed,
    kinds: &[Choice],
    today: NaiveDate,
) -> Result<(Vec<String>, Vec<String>)> {
    // The rules look at the kind in the document, which stays missing: which one is chosen makes no difference.
    let Some(kind) = needed.kind.or_else(|| Kind::from_code(&kinds.first()?.value)) else {
        return Ok(Default::default());
    };
    let rules = law::in_force(&app.law, needed.filed_on)?;
    let findings = accept::findings(rules, kind, &open.checked.content, today)?;
    let of = |severity| findings.iter().filter(|f| f.severity == severity).map(form::Finding::sentence).collect();
    Ok((of(form::Severity::Block), of(form::Severity::Warn)))
}

/// Finds whose paper it may be. Names of the agency's own people are opened for it, each recorded; people of other
/// agencies are not visible here.
pub(super) async fn prepare(
    app: &App,
    signed: &Signed,
    intake: &Intake,
    facts: Option<&PersonFacts>,
    on: NaiveDate,
) -> Result<Prepared> {
    let partition = intake.partition;
    app.db
        .read(&signed.actor, "intake.match", async |tx| {
            let units = units(tx, partition, on).await?;
            let Some(facts) = facts else { return Ok(Prepared { holder: None, namesakes: Vec::new(), units }) };
            let holder = accept::holder_of_number(tx, partition, facts).await?;
            let holder_id = holder.as_ref().map(|person| person.id);
            let mut namesakes = Vec::new();
            let number = facts.id_no.as_deref();
            for person in person::store::candidates(tx, partition, number, &facts.name).await? {
                if Some(person.id) == holder_id {
                    continue;
                }
                let mut candidate = candidate(tx, intake.id, &person).await?;
                // Who has left the list is not decided by the number, but the officer is told that it is the same.
                if let Some(number) = number
                    && person::store::has_number(tx, partition, person.id, number).await?
                {
                    candidate.hint.push_str(", trùng số giấy tờ với bản giấy, không còn trong danh sách phải kê khai");
                }
                namesakes.push(candidate);
            }
            let holder = match &holder {
                Some(person) => Some(candidate(tx, intake.id, person).await?),
                None => None,
            };
            Ok(Prepared { holder, namesakes, units })
        })
        .await
}

/// Opens a person of the list, which is an access to that person.
async fn candidate(tx: &mut Tx, intake: IntakeId, person: &Person) -> Result<Candidate> {
    tx.record(Event::new("person.opened", person.partition).unit(person.unit).person(person.id).id("intake", intake))?;
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
async fn units(tx: &mut Tx, partition: PartitionId, on: NaiveDate) -> Result<Vec<Choice>> {
    let rules = organisation::store::routing_rules(tx).await?;
    let ours = |body: &organisation::Organisation, rank: Rank, party: bool| {
        controller(&rules, body, rank, party, on.max(body.valid_from)).is_ok_and(|rule| rule.partition == partition)
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
    Path(id): Path<IntakeId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let chosen = Chosen::of(&fields);
    let said = |refusal: Refusal| Said { refused: Some(refusal), duplicate: None };
    if !signed.is_fresh(&fields) {
        let kept = Refusal {
            mend: "Các lựa chọn vẫn còn dưới đây; đề nghị xem lại rồi bấm “Ghi nhận”.".into(),
            ..stale_form()
        };
        return accept_page(&app, &signed, id, chosen, said(kept)).await;
    }
    let acceptance = match acceptance(&fields) {
        Ok(acceptance) => acceptance,
        Err(refusal) => return accept_page(&app, &signed, id, chosen, said(refusal)).await,
    };
    match accept::accept(&app, &signed.actor, id, &acceptance, None).await {
        Ok(Outcome::Accepted(accepted)) => {
            let how = match (accepted.beside, accepted.answers) {
                (Some(_), _) => "&cung-ky=1",
                (None, Some(_)) => "&theo-yeu-cau=1",
                (None, None) => "",
            };
            Ok(Redirect::to(&format!("/ban-ke-khai/{}?moi=1{how}", accepted.declaration)).into_response())
        }
        Ok(Outcome::Duplicate(before)) => {
            accept_page(&app, &signed, id, chosen, Said { refused: None, duplicate: Some(before) }).await
        }
        Err(Error::Refused(refusal)) if refusal.code != "intake_state" => {
            accept_page(&app, &signed, id, chosen, said(*refusal)).await
        }
        Err(error) => Err(error),
    }
}

/// Whose paper the officer says it is.
pub(super) fn who(fields: &Fields) -> std::result::Result<Who, Refusal> {
    let missing = |what: &str| {
        Refusal::new("intake_who", format!("Chưa chọn {what}."), "Đề nghị chọn rồi bấm “Ghi nhận” một lần nữa.")
    };
    match fields.get("who") {
        "moi" => Ok(Who::New(NewPerson {
            unit: fields.get("unit").parse().map_err(|_| missing("đơn vị của người kê khai"))?,
            director_up: match fields.get("rank") {
                "DIRECTOR_UP" => true,
                "BELOW_DIRECTOR" => false,
                _ => return Err(missing("cấp chức vụ của người kê khai")),
            },
            party_managed: fields.get("party") == "1",
        })),
        chosen => Ok(Who::Known(chosen.parse::<PersonId>().map_err(|_| missing("người kê khai"))?)),
    }
}

fn acceptance(fields: &Fields) -> std::result::Result<Acceptance, Refusal> {
    let who = who(fields)?;
    let revision = fields.get("revision").parse().map_err(|_| accept::changed_since())?;
    Ok(Acceptance { revision, who, kind: Kind::from_code(fields.get("kind")) })
}
