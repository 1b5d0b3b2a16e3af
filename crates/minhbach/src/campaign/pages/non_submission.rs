//! That someone did not submit after two written reminders: what stands, and putting it down.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::non_submission::{self, Recording};
use super::super::rules::{self, Next};
use super::super::store;
use super::{Row, day, new_key, row};
use crate::account::{Posted, Signed};
use crate::handover::open::who;
use crate::kernel::id::ObligationId;
use crate::kernel::web::{Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role};
use crate::person;
use crate::person::follow_up::{self, Told};

#[derive(Template)]
#[template(path = "campaign/pages/non_submission.html")]
struct NonSubmissionPage {
    page: Page,
    id: ObligationId,
    rows: Vec<Row>,
    /// Why it cannot be put down now; empty when it can, and when it was.
    bar: String,
    is_recorded: bool,
    basis: &'static str,
    explanation: String,
    key: String,
}

async fn page(app: &App, signed: &Signed, id: ObligationId) -> Result<NonSubmissionPage> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let (rows, bar, is_recorded) = app
        .db
        .read(&signed.actor, "non_submission.show", async |tx| {
            let owed = person::store::obligations(tx, None).await?;
            let owed = owed.into_iter().find(|owed| owed.id == id).ok_or(Error::NotFound)?;
            let done = follow_up::of_obligations(tx, Some(owed.person)).await?.remove(&id).unwrap_or_default();
            let person = person::store::find(tx, owed.partition, owed.person).await.ok();
            let who = who(tx, person.as_ref())?;
            let mut rows = vec![
                row("Người kê khai", format!("{}, {}", who.name, who.position)),
                row("Nghĩa vụ", owed.title()),
                row("Hạn của pháp luật", day(owed.due_on)),
                row("Đôn đốc lần 1", done.first.as_ref().map(told).unwrap_or_default()),
                row("Đôn đốc lần 2", done.second.as_ref().map(told).unwrap_or_default()),
            ];
            if let Some(on) = owed.declared_at {
                rows.push(row("Đã nộp", day(crate::kernel::clock::date_in_vietnam(on))));
            }
            let recorded = store::non_submissions(tx, Some(id), 1).await?.pop();
            if let Some(recorded) = &recorded {
                rows.push(row("Ghi nhận không nộp", day(recorded.recorded_on)));
                let said = match &recorded.explanation {
                    Some(sealed) => tx.open(recorded.partition, recorded.id, sealed)?,
                    None => "Không có ý kiến".to_owned(),
                };
                rows.push(row("Ý kiến của người kê khai", said));
                rows.push(row("Mã băm", hex::encode(&recorded.record_hash)));
            }
            let bar = match rules::next(&owed, &done, tx.today()) {
                Ok(Next::Record) if store::left_by(tx, owed.partition, owed.person, owed.due_on).await? => {
                    non_submission::left_before().to_string()
                }
                Ok(Next::Record) => rules::reached_in_time(&done).err().map(|no| no.to_string()).unwrap_or_default(),
                Ok(next) => next.refusal().to_string(),
                Err(bar) => bar.refusal().to_string(),
            };
            tx.record(
                Event::new("non_submission.opened", owed.partition).unit(unit).person(owed.person).id("obligation", id),
            )?;
            Ok((rows, bar, recorded.is_some()))
        })
        .await?;
    Ok(NonSubmissionPage {
        page: signed.page("Không nộp sau 02 lần đôn đốc"),
        id,
        rows,
        bar: if is_recorded { String::new() } else { bar },
        is_recorded,
        basis: rules::BASIS,
        explanation: String::new(),
        key: new_key(),
    })
}

const UNCHECKED: &str = "Chưa ghi: đề nghị kiểm tra đơn vị có giữ hoặc đã chuyển đi số hóa bản giấy của người này không, rồi đánh dấu đã kiểm tra.";

fn told(told: &Told) -> String {
    let delivered = match told.delivered_on {
        Some(on) => format!("đã giao, gửi {}", day(on)),
        None => "chưa ghi đã giao, gửi".to_owned(),
    };
    format!("số {}, hạn {}; {delivered}", told.reference(), day(told.answer_by))
}

/// What stands of an obligation after its last day: both reminders, and whether it can be put down that nothing was
/// submitted. Opening it is recorded.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<ObligationId>) -> Result<Html> {
    html(&page(&app, &signed, id).await?)
}

/// Puts down that nothing was submitted after two written reminders (article 20.2 of the decree), with what the person
/// said to it. Two presses of one page put it down once.
pub(super) async fn record(
    State(app): State<App>,
    Path(id): Path<ObligationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let explanation = fields.get("y-kien").to_owned();
    if fields.get("da-kiem-tra") != "co" {
        let mut page = page(&app, &signed, id).await?;
        page.explanation = explanation;
        page.page = page.page.flash("wrong", UNCHECKED);
        return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
    }
    let asked = Recording { obligation: id, explanation: explanation.clone() };
    let (status, told) = if signed.is_fresh(&fields) {
        let key = fields.get("khoa");
        match non_submission::record(&app, &signed.actor, &asked, &Once::of_form(key, &asked)?).await {
            Ok(_) => return Ok(Redirect::to(&format!("/don-vi/don-doc/khong-nop/{id}")).into_response()),
            Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
            Err(error) => return Err(error),
        }
    } else {
        (StatusCode::CONFLICT, Signed::STALE.to_owned())
    };
    let mut page = page(&app, &signed, id).await?;
    page.explanation = explanation;
    page.page = page.page.flash("wrong", told);
    Ok(html_with(status, &page)?.into_response())
}
