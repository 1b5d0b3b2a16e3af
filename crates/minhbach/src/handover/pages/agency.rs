//! The control agency takes what units hand over.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::model::State as Progress;
use super::super::open::Opened;
use super::super::take::{self, Taking, no_reason};
use super::{BatchLine, Told, Typed, agencies, batch_page, batches, opened, record_pdf};
use crate::account::{Posted, Signed};
use crate::kernel::id::{DeclarationId, HandOverId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};

#[derive(Template)]
#[template(path = "handover/pages/inbox.html")]
struct InboxPage {
    page: Page,
    waiting: Vec<BatchLine>,
    taken: Vec<BatchLine>,
}

/// Batches handed over to the agency: those that wait, the oldest first, and the newest taken. Counts only: nothing under
/// seal is opened.
pub(super) async fn list(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let lines = app
        .db
        .read(&signed.actor, "hand_over.list", async |tx| {
            let agencies = agencies(tx).await?;
            batches(tx, &agencies).await
        })
        .await?;
    let (taken, waiting) = lines.into_iter().partition(|line| !line.taken_on.is_empty());
    html(&InboxPage { page: signed.page("Nhận bàn giao"), waiting, taken })
}

/// What the officer found of each declaration, as chosen and typed.
#[derive(Default)]
struct Counted {
    /// Declarations said to be missing, and every reason typed.
    missing: BTreeMap<String, String>,
    reasons: BTreeMap<String, String>,
}

/// The answer "thiếu" and its reason, named after the declaration.
const VERDICT: &str = "kq.";
const REASON: &str = "ly-do.";

impl Counted {
    fn of(fields: &Fields) -> Self {
        let mut counted = Self::default();
        for (name, value) in &fields.0 {
            if let Some(id) = name.strip_prefix(REASON) {
                counted.reasons.insert(id.to_owned(), viet::text::normalise(value));
            }
        }
        for (name, value) in &fields.0 {
            if let Some(id) = name.strip_prefix(VERDICT).filter(|_| value == "thieu") {
                counted.missing.insert(id.to_owned(), counted.reasons.get(id).cloned().unwrap_or_default());
            }
        }
        counted
    }

    fn reason(&self, declaration: &str) -> &str {
        self.reasons.get(declaration).map_or("", String::as_str)
    }

    fn is_missing(&self, declaration: &str) -> bool {
        self.missing.contains_key(declaration)
    }
}

#[derive(Template)]
#[template(path = "handover/pages/take.html")]
struct TakePage {
    page: Page,
    id: HandOverId,
    record: String,
    told: Told,
    counted: Counted,
    typed: Typed,
    errors: FieldErrors,
}

fn take_page(
    signed: &Signed,
    opened: &Opened,
    counted: Counted,
    typed: Typed,
    errors: FieldErrors,
    told_above: &str,
) -> TakePage {
    let (id, told) = (opened.batch.id, Told::of(opened));
    let page = signed.page(told.title());
    let page = if told_above.is_empty() { page } else { page.flash("wrong", told_above) };
    TakePage { page, id, record: format!("/ban-giao/{id}/bien-ban.pdf"), told, counted, typed, errors }
}

/// A batch: while it waits, with a choice for each declaration, all there proposed. Opening it is recorded.
pub(super) async fn batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let opened = opened(&app, &signed, id).await?;
    if opened.batch.state == Progress::Sent {
        let typed = Typed::proposed(&app, &signed);
        return html(&take_page(&signed, &opened, Counted::default(), typed, FieldErrors::default(), ""));
    }
    batch_page(&signed, &opened, "/ban-giao")
}

/// The agency takes a batch (article 38.3): each declaration is there or missing, with the reason; who took it, when. Two
/// presses of one page take it once.
pub(super) async fn take(
    State(app): State<App>,
    Path(id): Path<HandOverId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let (typed, counted) = (Typed::of(&fields), Counted::of(&fields));
    let mut errors = FieldErrors::default();
    for (declaration, _) in counted.missing.iter().filter(|(_, reason)| reason.is_empty()) {
        errors.add(format!("{REASON}{declaration}"), no_reason().to_string());
    }
    let there = counted.reasons.iter().filter(|(id, reason)| !reason.is_empty() && !counted.is_missing(id));
    for (declaration, _) in there {
        let text = "Đã ghi lý do thiếu nhưng chọn “Đủ”. Đề nghị chọn “Thiếu”, hoặc xóa lý do.";
        errors.add(format!("{VERDICT}{declaration}"), text);
    }
    let day = typed.check("nhận", "người nhận", &mut errors);
    let missing = counted.missing.iter().filter_map(|(id, reason)| Some((id.parse().ok()?, reason.clone())));
    let missing: BTreeMap<DeclarationId, String> = missing.collect();
    let is_fresh = signed.is_fresh(&fields);
    let (status, told) = match day.filter(|_| is_fresh && errors.is_empty()) {
        None if !is_fresh => (StatusCode::CONFLICT, Signed::STALE.to_owned()),
        None => (StatusCode::UNPROCESSABLE_ENTITY, String::new()),
        Some(taken_on) => {
            let (taker_name, taker_position) = (typed.name.clone(), typed.position.clone());
            let asked = Taking { taken_on, taker_name, taker_position, missing };
            let once = Once::of_form(&typed.key, &(id, &asked))?;
            match take::take(&app, &signed.actor, id, &asked, &once).await {
                Ok(_) => return Ok(Redirect::to(&format!("/ban-giao/{id}")).into_response()),
                Err(Error::Refused(refusal)) if refusal.code == "taken_on" => {
                    errors.add("day", refusal.to_string());
                    (refusal.status, String::new())
                }
                Err(Error::Refused(refusal)) if refusal.code == "not_in_batch" => (refusal.status, refusal.to_string()),
                Err(error) => return Err(error),
            }
        }
    };
    let opened = opened(&app, &signed, id).await?;
    let page =
        take_page(&signed, &opened, counted, typed, if is_fresh { errors } else { FieldErrors::default() }, &told);
    Ok(html_with(status, &page)?.into_response())
}

pub(super) async fn record(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    record_pdf(&app, &signed, id).await
}
