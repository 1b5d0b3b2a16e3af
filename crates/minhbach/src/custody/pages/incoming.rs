//! The receiving agency: a file that waits, compared with the list; taken or declined; and what was taken.
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::answer::{self, Declining, Taking, no_reason, not_listed};
use super::super::open::{Candidate, Found, Opened};
use super::{HOME, Row, Signer, opened, rows_of, told};
use crate::account::{Posted, Signed};
use crate::declaration::model::Channel;
use crate::declaration::pages::original;
use crate::kernel::id::{CustodyId, PersonId};
use crate::kernel::web::{FieldErrors, Fields, Page, html_with};
use crate::kernel::{App, Error, Once, Result};
use crate::person::custody::State;
use crate::person::model::title;

/// What was typed; kept when something is to be mended.
pub(super) struct Typed {
    person: String,
    reason: String,
    signer: Signer,
}

impl Typed {
    pub(super) fn proposed(signed: &Signed) -> Self {
        Self { person: String::new(), reason: String::new(), signer: Signer::proposed(signed) }
    }

    fn of(fields: &Fields) -> Self {
        Self {
            person: fields.get("nguoi").to_owned(),
            reason: viet::text::normalise(fields.get("reason")),
            signer: Signer::of(fields),
        }
    }
}

/// One of the list beside the person of the file.
struct Beside {
    id: PersonId,
    name: String,
    dob: String,
    number: String,
    position: String,
    unit: String,
    same_name: bool,
    same_dob: bool,
    /// "khớp", "khác", "chưa có số".
    number_said: &'static str,
}

impl From<&Candidate> for Beside {
    fn from(one: &Candidate) -> Self {
        Self {
            id: one.id,
            name: one.facts.name.clone(),
            dob: one.facts.dob.map(viet::date::format_short).unwrap_or_default(),
            number: one.facts.id_no.clone().unwrap_or_default(),
            position: one.facts.position.clone(),
            unit: one.unit.clone(),
            same_name: one.likeness.name,
            same_dob: one.likeness.dob,
            number_said: match one.likeness.number {
                Some(true) => "khớp",
                Some(false) => "khác",
                None => "chưa đủ số để so",
            },
        }
    }
}

/// A version in the file.
struct InFile {
    title: String,
    number: i32,
    completed_on: String,
    received_on: String,
    channel: &'static str,
}

#[derive(Template)]
#[template(path = "custody/pages/incoming.html")]
struct IncomingPage {
    page: Page,
    id: CustodyId,
    name: String,
    state: &'static str,
    kind: &'static str,
    waits: bool,
    /// Why it cannot be taken.
    fault: String,
    rows: Vec<Row>,
    who: Vec<Row>,
    versions: Vec<InFile>,
    owed: Vec<String>,
    candidates: Vec<Beside>,
    originals: Vec<original::Line>,
    typed: Typed,
    errors: FieldErrors,
}

/// A file as its receiver sees it.
pub(super) fn page(
    signed: &Signed,
    opened: &Opened,
    typed: Typed,
    errors: FieldErrors,
    told_above: &str,
) -> Result<Response> {
    let transfer = &opened.transfer;
    let (state, kind) = transfer.state.label();
    let status = match (errors.is_empty(), told_above.is_empty()) {
        (_, false) => StatusCode::CONFLICT,
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let unit = opened.unit_name.as_deref().unwrap_or_default();
    let mut shown = IncomingPage {
        page: signed.page("Hồ sơ chuyển đến"),
        id: transfer.id,
        name: opened.person.as_ref().map(|person| person.name.clone()).unwrap_or_default(),
        state,
        kind,
        waits: transfer.state == State::Sent,
        fault: String::new(),
        rows: told(opened),
        who: opened.person.as_ref().map(|person| rows_of(person, unit)).unwrap_or_default(),
        versions: Vec::new(),
        owed: Vec::new(),
        candidates: Vec::new(),
        originals: opened.originals.iter().map(original::line).collect(),
        typed,
        errors,
    };
    let day = viet::date::format_short;
    match &opened.found {
        Some(Found::Faulty(refusal)) => shown.fault = refusal.to_string(),
        Some(Found::Whole { file, candidates }) => {
            let person = &file.person;
            shown.name = person.name.clone();
            let said = crate::person::PersonFacts {
                name: person.name.clone(),
                dob: person.dob,
                position: person.position.clone(),
                id_no: person.id_no.clone(),
            };
            shown.who = rows_of(&said, &person.unit);
            shown.candidates = candidates.iter().map(Beside::from).collect();
            shown.versions = file
                .versions
                .iter()
                .map(|version| InFile {
                    title: form::Kind::from_code(&version.kind)
                        .map(|kind| title(kind, version.year))
                        .unwrap_or_default(),
                    number: version.number,
                    completed_on: day(version.completed_on),
                    received_on: version.received_on.map(day).unwrap_or_default(),
                    channel: Channel::label(&version.channel),
                })
                .collect();
            let owed = |kind| file.owed.iter().filter(move |owed| owed.kind == kind);
            shown.owed = ["FIRST", "ANNUAL"]
                .into_iter()
                .flat_map(|kind| owed(kind).map(move |owed| (form::Kind::from_code(kind), owed)))
                .filter_map(|(kind, owed)| Some(format!("{}, hạn {}", title(kind?, owed.year), day(owed.due_on))))
                .collect();
        }
        None => {}
    }
    if !told_above.is_empty() {
        shown.page = shown.page.flash("wrong", told_above);
    }
    Ok(html_with(status, &shown)?.into_response())
}

/// The receiver takes a file or declines it. Two presses of one page do it once.
pub(super) async fn answer(app: &App, id: CustodyId, posted: &Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    let typed = Typed::of(fields);
    let declines = fields.get("viec") == "tra-lai";
    let mut errors = FieldErrors::default();
    typed.signer.check(&mut errors);
    let person: Option<PersonId> = typed.person.parse().ok();
    if declines && typed.reason.is_empty() {
        errors.add("reason", no_reason().to_string());
    }
    if !declines && person.is_none() {
        errors.add("nguoi", not_listed().to_string());
    }
    let told_above = if !signed.is_fresh(fields) {
        Signed::STALE.to_owned()
    } else if !errors.is_empty() {
        String::new()
    } else {
        let (name, position) = (typed.signer.name.clone(), typed.signer.position.clone());
        let key = &typed.signer.key;
        let outcome = match person.filter(|_| !declines) {
            Some(person) => {
                let asked = Taking { person, taker_name: name, taker_position: position };
                let request = serde_json::to_vec(&(key, id, &asked)).map_err(anyhow::Error::from)?;
                answer::take(app, &signed.actor, id, &asked, &Once::new(key, &request)?).await.map(|_| ())
            }
            None => {
                let asked = Declining { reason: typed.reason.clone(), name, position };
                let request = serde_json::to_vec(&(key, id, &asked)).map_err(anyhow::Error::from)?;
                answer::decline(app, &signed.actor, id, &asked, &Once::new(key, &request)?).await.map(|_| ())
            }
        };
        match outcome {
            Ok(()) => return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response()),
            Err(Error::Refused(refusal)) if matches!(refusal.code, "not_listed" | "someone_else" | "other_unit") => {
                errors.add("nguoi", refusal.to_string());
                String::new()
            }
            Err(Error::Refused(refusal)) => refusal.to_string(),
            Err(error) => return Err(error),
        }
    };
    let opened = opened(app, signed, id).await?;
    if opened.is_sender(signed.actor.home) {
        return super::outgoing::page(signed, &opened, Some(told_above));
    }
    page(signed, &opened, typed, errors, &told_above)
}
