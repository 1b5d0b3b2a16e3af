//! Pages of files that pass: the agency's list, sending one, one as either side sees it, and the copies for reading.
mod incoming;
mod outgoing;

use askama::Template;
use axum::Router;
use axum::extract::State as Part;
use axum::response::Response;
use axum::routing::get;

use super::model::Transfer;
use super::open::{self, Opened};
use super::store;
use crate::account::{Posted, Signed};
use crate::declaration::pages::original;
use crate::handover::pages::{Row, agencies};
use crate::handover::send::count;
use crate::kernel::id::{CustodyId, OriginalId, PersonId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html};
use crate::kernel::{App, Error, Event, Result, Role};
use crate::person;
use crate::person::PersonFacts;
use crate::person::custody::State;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/chuyen-ho-so", get(list))
        .route("/chuyen-ho-so/nguoi/{person}", get(outgoing::form).post(outgoing::send))
        .route("/chuyen-ho-so/ban/{original}", get(read))
        .route("/chuyen-ho-so/{custody}", get(show).post(act))
}

/// Lines shown at once.
const NEWEST: i64 = 200;

/// Where the list is.
const HOME: &str = "/chuyen-ho-so";

/// A file in the list.
struct Line {
    id: CustodyId,
    /// The agency on the other side.
    other: String,
    sent_on: String,
    ended_on: String,
    reason: &'static str,
    declarations: i32,
    state: &'static str,
    kind: &'static str,
}

/// Someone who moved and whose file is still here.
struct Moved {
    id: PersonId,
    name: String,
    left_on: String,
}

#[derive(Template)]
#[template(path = "custody/pages/list.html")]
struct ListPage {
    page: Page,
    waiting: Vec<Line>,
    sent: Vec<Line>,
    moved: Vec<Moved>,
    past_in: Vec<Line>,
    past_out: Vec<Line>,
}

/// Files other agencies sent, files sent to them, and people who left a list for another unit and whose file is still here.
/// Their names are under seal, so the list is a recorded access when there are any.
async fn list(Part(app): Part<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let agency = signed.actor.agency().ok_or(Error::Forbidden)?;
    let (transfers, moved, agencies) = app
        .db
        .read(&signed.actor, "custody.list", async |tx| {
            let transfers = store::list(tx, agency, NEWEST).await?;
            let gone = store::moved(tx, agency, NEWEST).await?;
            let ids: Vec<_> = gone.iter().map(|(id, _)| *id).collect();
            let people = person::store::find_all(tx, &ids).await?;
            let mut moved = Vec::new();
            for (id, left_on) in gone {
                let person = people.get(&id).ok_or(Error::NotFound)?;
                let name = tx.open(agency, id.0, &person.name)?;
                moved.push(Moved { id, name, left_on: viet::date::format_short(left_on) });
            }
            if !moved.is_empty() {
                tx.record(Event::new("custody.list_opened", agency).count("people", count(moved.len())))?;
            }
            Ok((transfers, moved, agencies(tx).await?))
        })
        .await?;
    let line = |transfer: &Transfer| {
        let other = if transfer.partition == agency { transfer.to } else { transfer.partition };
        let (state, kind) = transfer.state.label();
        Line {
            id: transfer.id,
            other: agencies.get(&other).cloned().unwrap_or_default(),
            sent_on: viet::date::format_short(transfer.sent_on),
            ended_on: transfer.ended_on.map(viet::date::format_short).unwrap_or_default(),
            reason: transfer.reason.label(),
            declarations: transfer.declarations,
            state,
            kind,
        }
    };
    let lines = |is_out: bool, waits: bool| -> Vec<Line> {
        let of =
            |transfer: &&Transfer| (transfer.partition == agency) == is_out && (transfer.state == State::Sent) == waits;
        transfers.iter().filter(of).map(line).collect()
    };
    html(&ListPage {
        page: signed.page("Chuyển hồ sơ"),
        waiting: lines(false, true),
        sent: lines(true, true),
        moved,
        past_in: lines(false, false),
        past_out: lines(true, false),
    })
}

fn row(key: &'static str, value: impl Into<String>) -> Row {
    Row { key, value: value.into(), href: "" }
}

/// Who a person is, as rows.
fn rows_of(facts: &PersonFacts, unit: &str) -> Vec<Row> {
    vec![
        row("Họ và tên", facts.name.as_str()),
        row("Ngày sinh", facts.dob.map(viet::date::format_short).unwrap_or_default()),
        row("Số định danh cá nhân", facts.id_no.clone().unwrap_or_default()),
        row("Chức vụ, chức danh", facts.position.as_str()),
        row("Đơn vị", unit),
    ]
}

/// What both sides read of a file.
fn told(opened: &Opened) -> Vec<Row> {
    let transfer = &opened.transfer;
    let day = viet::date::format_short;
    let mut rows = vec![
        row("Cơ quan gửi", opened.from_name.as_str()),
        row("Cơ quan nhận", opened.to_name.as_str()),
        row("Lý do", transfer.reason.label()),
        row("Ngày gửi", day(transfer.sent_on)),
    ];
    if let Some(statement) = &opened.statement {
        let document = format!("{}, ngày {}", statement.document_no, day(statement.document_on));
        rows.push(row("Văn bản chuyển hồ sơ", document));
        rows.push(row("Người ký", format!("{}, {}", statement.signer_name, statement.signer_position)));
    }
    rows.push(row("Trong hồ sơ", format!("{} bản kê khai, {} lần ghi nhận", transfer.declarations, transfer.versions)));
    if let Some(on) = transfer.ended_on {
        rows.push(row("Ngày kết thúc", day(on)));
    }
    if let Some(answer) = &opened.answer {
        rows.push(row("Người trả lời", format!("{}, {}", answer.name, answer.position)));
        if let Some(reason) = &answer.reason {
            rows.push(row("Lý do trả lại", reason.as_str()));
        }
    }
    rows.push(row("Mã băm hồ sơ", hex::encode(&transfer.package_hash)));
    rows.push(row("Mã băm lần gửi", hex::encode(&transfer.sent_hash)));
    if let Some(hash) = &transfer.end_hash {
        rows.push(row("Mã băm kết quả", hex::encode(hash)));
    }
    rows
}

/// A file, as either side sees it. Opening it is recorded.
async fn show(Part(app): Part<App>, signed: Signed, Path(id): Path<CustodyId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let opened = opened(&app, &signed, id).await?;
    if opened.is_sender(signed.actor.home) {
        outgoing::page(&signed, &opened, None)
    } else {
        incoming::page(&signed, &opened, incoming::Typed::proposed(&signed), FieldErrors::default(), "")
    }
}

/// What an agency does with a file that waits: the sender takes it back, the receiver takes it or declines it.
async fn act(Part(app): Part<App>, Path(id): Path<CustodyId>, posted: Posted) -> Result<Response> {
    posted.signed.require(&[Role::IntakeOfficer])?;
    match posted.fields.get("viec") {
        "rut" => outgoing::withdraw(&app, id, &posted).await,
        _ => incoming::answer(&app, id, &posted).await,
    }
}

async fn opened(app: &App, signed: &Signed, id: CustodyId) -> Result<Opened> {
    open::open(app, &signed.actor, id).await
}

/// A copy of a declaration that is on record with another agency, read-only. Opening it is a recorded access.
async fn read(Part(app): Part<App>, signed: Signed, Path(id): Path<OriginalId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let opened = app.db.read(&signed.actor, "custody.read", async |tx| original::open(tx, id).await).await?;
    opened.page(&app, &signed, format!("{HOME}/{}", opened.transfer()))
}

/// Name and position of who signs or answers, and the page's idempotency key.
struct Signer {
    name: String,
    position: String,
    key: String,
}

impl Signer {
    /// The officer's own: the usual answer.
    fn proposed(signed: &Signed) -> Self {
        let key = uuid::Uuid::new_v4().to_string();
        Self { name: signed.badge.name.clone(), position: signed.badge.position.clone(), key }
    }

    fn of(fields: &Fields) -> Self {
        let text = |name: &str| viet::text::normalise(fields.get(name));
        Self { name: text("name"), position: text("position"), key: fields.get("khoa").to_owned() }
    }

    fn check(&self, errors: &mut FieldErrors) {
        if self.name.is_empty() {
            errors.add("name", "Chưa ghi họ và tên. Đề nghị ghi rõ họ tên người ký.");
        }
        if self.position.is_empty() {
            errors.add("position", "Chưa ghi chức vụ. Đề nghị ghi chức vụ của người ký.");
        }
    }
}
