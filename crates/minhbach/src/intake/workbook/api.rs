//! Workbooks for programs: hand one in, follow it, read what came of its rows.
use axum::body::Body;
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::receive::too_large;
use super::super::uploads::{self, Content, STALL, Sender};
use super::look::{self, Asked};
use super::model::{Fault, State, Workbook};
use super::receive::{Received, receive};
use super::store;
use crate::account::Bearer;
use crate::kernel::id::{IntakeId, WorkbookId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path, Query};
use crate::kernel::{App, Once, Result, Role};

/// The most one answer lists.
const MOST: i64 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Files come slowly and have places of their own (`uploads.rs`).
pub fn uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Sent {
    /// Name of the file.
    name: Option<String>,
}

/// Hands a workbook in: the body is the file itself (.xlsx). The same bytes twice are one workbook.
#[utoipa::path(post, path = "/workbooks", operation_id = "create_workbook", params(Sent, ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), tag = "intake",
    responses((status = 201, body = Received), (status = 200, body = Received, description = "the same file had arrived before"),
        (status = 401), (status = 403), (status = 408), (status = 413),
        (status = 429, description = "this account has an upload under way"), (status = 503, description = "too many uploads")))]
async fn create(
    Part(app): Part<App>,
    Sender(Bearer(actor)): Sender<Bearer>,
    Query(sent): Query<Sent>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Received>), ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let _slot = uploads::slot(actor.account_or_nil()).await?;
    let limit_mib = app.config.intake.max_file_mib;
    let limit = usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?;
    let bytes = match uploads::collect(body.into_data_stream(), limit, STALL, false).await {
        Content::Whole(bytes) => bytes,
        Content::TooLarge => return Err(too_large(limit_mib).into()),
        Content::CutOff => return Err(uploads::cut_off().into()),
    };
    let once = Once::from_headers(&headers, &bytes)?;
    let received = receive(&app, &actor, sent.name.as_deref().unwrap_or_default(), bytes, Some(&once)).await?;
    let status = if received.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(received)))
}

/// A workbook as programs see it.
#[derive(Serialize, utoipa::ToSchema)]
struct WorkbookAnswer {
    id: WorkbookId,
    state: State,
    /// SHA-256 of the original, hex.
    original_sha256: String,
    size_bytes: i64,
    /// Code of the form, once the file was read.
    form: Option<String>,
    /// Rows of people, and how many were looked at.
    people: Option<i32>,
    people_done: i32,
    /// All rows of all sheets.
    rows: Option<i32>,
    /// Papers made; rows taken before word for word; rows no paper was made of; cells with something wrong.
    papers: i32,
    same: i32,
    left_out: i32,
    faults: i32,
    /// Why it was refused, as a sentence.
    refusal: Option<String>,
    received_at: DateTime<Utc>,
}

impl From<&Workbook> for WorkbookAnswer {
    fn from(one: &Workbook) -> Self {
        Self {
            id: one.id,
            state: one.state,
            original_sha256: hex::encode(&one.original_sha256),
            size_bytes: one.size_bytes,
            form: one.form.clone(),
            people: one.people,
            people_done: one.people_done,
            rows: one.row_count,
            papers: one.papers,
            same: one.same,
            left_out: one.left_out,
            faults: one.faults,
            refusal: Some(one.why()).filter(|why| !why.is_empty()),
            received_at: one.created_at,
        }
    }
}

/// What came of a row.
#[derive(Serialize, utoipa::ToSchema)]
struct RowAnswer {
    sheet: String,
    row: i32,
    /// What to give as `after` to go on behind this row.
    place: String,
    intake: Option<IntakeId>,
    /// The paper was made before, of a row that said the same.
    same: bool,
    faults: Vec<Fault>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct WorkbookWhole {
    #[serde(flatten)]
    workbook: WorkbookAnswer,
    outcome: Vec<RowAnswer>,
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Before {
    before: Option<WorkbookId>,
}

/// Workbooks of the token's agency, the newest first, at most 200; nothing under seal is opened.
#[utoipa::path(get, path = "/workbooks", operation_id = "list_workbooks", params(Before), tag = "intake",
    responses((status = 200, body = Vec<WorkbookAnswer>), (status = 401), (status = 403)))]
async fn list(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Query(asked): Query<Before>,
) -> Result<Json<Vec<WorkbookAnswer>>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let found = app.db.read(&actor, "workbook.list", async |tx| store::list(tx, asked.before, MOST).await).await?;
    Ok(Json(found.iter().map(WorkbookAnswer::from).collect()))
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Rows {
    /// Only rows with something wrong.
    faults: Option<bool>,
    /// After this place ("0-54": sheet and row).
    after: Option<String>,
}

/// How far a workbook is, and what came of its rows with what is wrong in which cell, at most 200 (a recorded access).
#[utoipa::path(get, path = "/workbooks/{id}", operation_id = "show_workbook", params(("id" = WorkbookId, Path), Rows), tag = "intake",
    responses((status = 200, body = WorkbookWhole), (status = 401), (status = 403), (status = 404)))]
async fn show(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<WorkbookId>,
    Query(asked): Query<Rows>,
) -> Result<Json<WorkbookWhole>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let parts = asked.after.as_deref().and_then(|after| after.split_once('-'));
    let after = parts.and_then(|(sheet, row)| Some((sheet.parse().ok()?, row.parse().ok()?))).unwrap_or((-1, 0));
    let asked = Asked { with_faults: asked.faults.unwrap_or(false), after, limit: MOST };
    let opened = look::open(&app, &actor, id, asked).await?;
    let outcome = opened.lines.into_iter().map(|line| RowAnswer {
        sheet: line.sheet,
        row: line.place.1,
        place: format!("{}-{}", line.place.0, line.place.1),
        intake: line.intake,
        same: line.is_same,
        faults: line.faults,
    });
    Ok(Json(WorkbookWhole { workbook: WorkbookAnswer::from(&opened.progress.workbook), outcome: outcome.collect() }))
}
