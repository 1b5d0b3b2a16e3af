//! The sending agency: the form, and the file it sent.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::model::Transfer;
use super::super::open::Opened;
use super::super::package::facts;
use super::super::policy::Holding;
use super::super::send::{self, Sending};
use super::super::store;
use super::{HOME, Row, Signer, opened, rows_of, told};
use crate::account::{Posted, Signed};
use crate::kernel::id::{CustodyId, PersonId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role};
use crate::person::custody::{Reason, State};
use crate::{organisation, person};

/// A choice of `ui::select` and `ui::radios`.
struct Choice {
    value: String,
    label: String,
    hint: &'static str,
}

/// What was typed; kept when something is to be mended.
struct Typed {
    to: String,
    reason: String,
    document_no: String,
    document_on: String,
    signer: Signer,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        Self {
            to: fields.get("den").to_owned(),
            reason: fields.get("ly-do").to_owned(),
            document_no: viet::text::normalise(fields.get("document_no")),
            document_on: fields.get("document_on").to_owned(),
            signer: Signer::of(fields),
        }
    }
}

#[derive(Template)]
#[template(path = "custody/pages/send.html")]
struct SendPage {
    page: Page,
    person: PersonId,
    rows: Vec<Row>,
    declarations: usize,
    owed: usize,
    choices: Vec<Choice>,
    reasons: Vec<Choice>,
    typed: Typed,
    errors: FieldErrors,
}

/// Sending a person's file: who it is, what is in it, to whom, why. Looking is a recorded access.
pub(super) async fn form(Part(app): Part<App>, signed: Signed, Path(id): Path<PersonId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed {
        to: String::new(),
        reason: String::new(),
        document_no: String::new(),
        document_on: viet::date::format_short(app.clock().today()),
        signer: Signer::proposed(&signed),
    };
    html(&form_page(&app, &signed, id, typed, FieldErrors::default(), "").await?)
}

async fn form_page(
    app: &App,
    signed: &Signed,
    id: PersonId,
    mut typed: Typed,
    errors: FieldErrors,
    told_above: &str,
) -> Result<SendPage> {
    let from = signed.actor.home;
    let (rows, left_on, declarations, owed, agencies) = app
        .db
        .read(&signed.actor, "custody.form", async |tx| {
            let person = person::store::find(tx, from, id).await?;
            let left_on = store::standing(tx, &person).await?.left_on;
            let unit = organisation::store::organisation(tx, person.unit).await?.name;
            let mut rows = rows_of(&facts(tx, &person)?, &unit);
            let list = left_on.map_or_else(
                || "Còn trong danh sách của đơn vị".to_owned(),
                |on| format!("Đã ra khỏi danh sách từ ngày {}", viet::date::format_short(on)),
            );
            rows.push(Row { key: "Danh sách", value: list, href: "" });
            tx.record(Event::new("person.opened", from).unit(person.unit).person(id))?;
            let on = Holding { partition: from, person: id };
            let known: std::collections::BTreeSet<_> =
                store::versions(tx, on).await?.into_iter().map(|version| version.declaration).collect();
            let today = tx.today();
            let owed = store::owed(tx, on, today).await?.len();
            Ok((rows, left_on, known.len(), owed, organisation::store::partitions(tx).await?))
        })
        .await?;
    if typed.reason.is_empty() && typed.to.is_empty() {
        // Who is still on the list has not moved; only rank or management can have changed.
        let likely = if left_on.is_some() { Reason::Moved } else { Reason::RankChanged };
        typed.reason = likely.word().to_owned();
    }
    let choices = agencies.into_iter().filter(|agency| agency.is_agency() && agency.id != from);
    let hint = |reason| match reason {
        Reason::Moved => "Đơn vị cũ đã đưa ra khỏi danh sách.",
        Reason::RankChanged => "Vẫn ở đơn vị; sau khi gửi, đơn vị ghi lại dòng của người này với căn cứ mới.",
        Reason::Reorganised => "Đơn vị cũ đã đưa ra khỏi danh sách.",
    };
    let reason = |reason: Reason| Choice {
        value: reason.word().to_owned(),
        label: reason.label().to_owned(),
        hint: hint(reason),
    };
    let page = signed.page("Chuyển hồ sơ cho cơ quan kiểm soát khác");
    Ok(SendPage {
        page: if told_above.is_empty() { page } else { page.flash("wrong", told_above) },
        person: id,
        rows,
        declarations,
        owed,
        choices: choices.map(|agency| Choice { value: agency.id.to_string(), label: agency.name, hint: "" }).collect(),
        reasons: Reason::ALL.into_iter().map(reason).collect(),
        typed,
        errors,
    })
}

/// Sends the file. Two presses of one page send it once.
pub(super) async fn send(
    Part(app): Part<App>,
    Path(id): Path<PersonId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed::of(&fields);
    let mut errors = FieldErrors::default();
    typed.signer.check(&mut errors);
    let to = typed.to.parse().ok();
    if to.is_none() {
        errors.add("den", "Chưa chọn cơ quan kiểm soát nhận hồ sơ.");
    }
    let reason = Reason::ALL.into_iter().find(|reason| reason.word() == typed.reason);
    if reason.is_none() {
        errors.add("ly-do", "Chưa chọn lý do chuyển hồ sơ.");
    }
    let document_on = viet::date::parse_date(&typed.document_on).ok();
    if document_on.is_none() {
        errors.add("document_on", "Ngày văn bản chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
    }
    if typed.document_no.is_empty() {
        errors.add("document_no", "Chưa ghi số văn bản. Đề nghị ghi số, ký hiệu, ví dụ “12/TTT-KSTS”.");
    }
    let is_fresh = signed.is_fresh(&fields);
    let complete = to.zip(reason).zip(document_on).filter(|_| is_fresh && errors.is_empty());
    let (status, told) = match complete {
        None if !is_fresh => (StatusCode::CONFLICT, Signed::STALE.to_owned()),
        None => (StatusCode::UNPROCESSABLE_ENTITY, String::new()),
        Some(((to, reason), document_on)) => {
            let asked = Sending {
                person: id,
                to,
                reason,
                document_no: typed.document_no.clone(),
                document_on,
                signer_name: typed.signer.name.clone(),
                signer_position: typed.signer.position.clone(),
            };
            let request = serde_json::to_vec(&(&typed.signer.key, &asked)).map_err(anyhow::Error::from)?;
            let once = Once::new(&typed.signer.key, &request)?;
            match send::send(&app, &signed.actor, &asked, &once).await {
                Ok(sent) => return Ok(Redirect::to(&format!("{HOME}/{}", sent.transfer)).into_response()),
                Err(Error::Refused(refusal)) => {
                    let field = match refusal.code {
                        "to" => Some("den"),
                        "still_listed" => Some("ly-do"),
                        "document_no" | "document_on" => Some(refusal.code),
                        _ => None,
                    };
                    match field {
                        Some(field) => {
                            errors.add(field, refusal.to_string());
                            (refusal.status, String::new())
                        }
                        None => (refusal.status, refusal.to_string()),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    };
    let errors = if is_fresh { errors } else { FieldErrors::default() };
    let page = form_page(&app, &signed, id, typed, errors, &told).await?;
    Ok(html_with(status, &page)?.into_response())
}

#[derive(Template)]
#[template(path = "custody/pages/sent.html")]
struct SentPage {
    page: Page,
    id: CustodyId,
    name: String,
    state: &'static str,
    kind: &'static str,
    waits: bool,
    note: String,
    rows: Vec<Row>,
    who: Vec<Row>,
    key: String,
}

/// A file as its sender sees it.
pub(super) fn page(signed: &Signed, opened: &Opened, told_above: Option<String>) -> Result<Response> {
    let transfer = &opened.transfer;
    let (state, kind) = transfer.state.label();
    let name = opened.person.as_ref().map(|person| person.name.clone()).unwrap_or_default();
    let page = signed.page(format!("Hồ sơ của {name}"));
    let status = if told_above.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = match &told_above {
        Some(told) => page.flash("wrong", told.as_str()),
        None => page,
    };
    let unit = opened.unit_name.as_deref().unwrap_or_default();
    let shown = SentPage {
        page,
        id: transfer.id,
        name,
        state,
        kind,
        waits: transfer.state == State::Sent,
        note: note(transfer, &opened.to_name),
        rows: told(opened),
        who: opened.person.as_ref().map(|person| rows_of(person, unit)).unwrap_or_default(),
        key: uuid::Uuid::new_v4().to_string(),
    };
    Ok(html_with(status, &shown)?.into_response())
}

fn note(transfer: &Transfer, to: &str) -> String {
    match (transfer.state, transfer.ended_on) {
        (State::Sent, _) if transfer.was_listed => format!(
            "Người này còn trong danh sách của đơn vị. Đề nghị đơn vị ghi lại dòng của người này với căn cứ mới; khi đó người này sang {to} và cơ quan đó nhận được hồ sơ."
        ),
        (State::Sent, _) => "Bản gốc vẫn ở cơ quan. Đến khi bên nhận trả lời, có thể rút lại.".to_owned(),
        (State::Taken, Some(on)) => format!(
            "Hồ sơ đã chuyển ngày {} cho {to}. Bản gốc vẫn ở cơ quan và đọc được như trước; nghĩa vụ chưa đến hạn chuyển sang bên nhận, nghĩa vụ đã quá hạn vẫn do cơ quan theo dõi.",
            viet::date::format_short(on)
        ),
        (State::Declined, _) => "Bên nhận đã trả lại. Gói hồ sơ gửi đi đã bị xóa nội dung; có thể gửi lại.".to_owned(),
        _ => "Đã rút lại. Gói hồ sơ gửi đi đã bị xóa nội dung.".to_owned(),
    }
}

/// The sender takes a file back.
pub(super) async fn withdraw(app: &App, id: CustodyId, posted: &Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    signed.require_fresh(fields)?;
    let key = fields.get("khoa");
    let request = serde_json::to_vec(&(key, id)).map_err(anyhow::Error::from)?;
    let told_above = match send::withdraw(app, &signed.actor, id, &Once::new(key, &request)?).await {
        Ok(_) => return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response()),
        Err(Error::Refused(refusal)) => refusal.to_string(),
        Err(error) => return Err(error),
    };
    let opened = opened(app, signed, id).await?;
    if opened.is_sender(signed.actor.home) {
        return page(signed, &opened, Some(told_above));
    }
    let typed = super::incoming::Typed::proposed(signed);
    super::incoming::page(signed, &opened, typed, FieldErrors::default(), &told_above)
}
