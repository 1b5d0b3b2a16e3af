//! Paper intake for programs: hand a scan in, follow it, read what was recognised, put it on record.
use axum::body::Body;
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accept::{self, Acceptance, Accepted, Outcome};
use super::desk;
use super::model::{Intake, State};
use super::receive::{Received, receive_once, too_large};
use super::store;
use super::uploads::{self, Content, STALL, Sender};
use crate::account::Bearer;
use crate::kernel::id::{DeclarationId, IntakeId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path, Query};
use crate::kernel::{App, Once, Refusal, Result, Role};

/// The most papers one answer lists.
const MOST: i64 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(acceptance))
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

/// Hands a scan in: the body is the file itself (PDF, TIFF, JPEG, PNG). The same bytes twice are one paper.
#[utoipa::path(post, path = "/intakes", params(Sent, ("Idempotency-Key" = String, Header, description = "8–100 characters")),
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
    let received = receive_once(&app, &actor, sent.name.as_deref().unwrap_or_default(), bytes, Some(&once)).await?;
    let status = if received.duplicate { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(received)))
}

/// A paper as programs see it.
#[derive(Serialize, utoipa::ToSchema)]
struct IntakeAnswer {
    id: IntakeId,
    state: State,
    /// SHA-256 of the original, hex.
    original_sha256: String,
    media_type: String,
    size_bytes: i64,
    pages_done: i16,
    page_count: Option<i16>,
    /// How many values the machine was not sure of.
    doubtful: Option<i32>,
    /// Why it was refused or set aside, a sentence.
    reason: Option<String>,
    /// Counts saves of the checked text; an acceptance names it.
    revision: i32,
    declaration: Option<DeclarationId>,
    received_at: DateTime<Utc>,
}

impl From<&Intake> for IntakeAnswer {
    fn from(intake: &Intake) -> Self {
        Self {
            id: intake.id,
            state: intake.state,
            original_sha256: hex::encode(&intake.original_sha256),
            media_type: intake.media_type.clone(),
            size_bytes: intake.size_bytes,
            pages_done: intake.pages_done,
            page_count: intake.page_count,
            doubtful: intake.doubtful,
            reason: Some(intake.why()).filter(|why| !why.is_empty()),
            revision: intake.revision,
            declaration: intake.declaration,
            received_at: intake.created_at,
        }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Asked {
    state: Option<State>,
    /// Papers after this one.
    after: Option<IntakeId>,
}

/// Papers of the token's agency, oldest first, at most 200; nothing under seal is opened.
#[utoipa::path(get, path = "/intakes", params(Asked), tag = "intake",
    responses((status = 200, body = Vec<IntakeAnswer>), (status = 401), (status = 403)))]
async fn list(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<IntakeAnswer>>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let papers =
        app.db.read(&actor, "intake.list", async |tx| store::list(tx, asked.state, asked.after, MOST).await).await?;
    Ok(Json(papers.iter().map(IntakeAnswer::from).collect()))
}

/// A paper with what was read and what was checked.
#[derive(Serialize, utoipa::ToSchema)]
struct OpenAnswer {
    #[serde(flatten)]
    intake: IntakeAnswer,
    /// What the machine read, in the shape of `minhbach intake read`.
    declaration_read: Value,
    /// Where every value was read, and how surely.
    provenance: Value,
    /// What an officer made of it, in the record's shape.
    declaration_checked: Value,
}

/// One paper. Opening it is a recorded access.
#[utoipa::path(get, path = "/intakes/{id}", params(("id" = IntakeId, Path)), tag = "intake",
    responses((status = 200, body = OpenAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<IntakeId>,
) -> Result<Json<OpenAnswer>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let open = desk::open(&app, &actor, id).await?;
    let provenance = serde_json::to_value(&open.reading.provenance).map_err(anyhow::Error::from)?;
    Ok(Json(OpenAnswer {
        intake: IntakeAnswer::from(&open.intake),
        declaration_read: open.reading.declaration,
        provenance,
        declaration_checked: open.checked.content,
    }))
}

/// Puts a checked paper on record.
#[utoipa::path(post, path = "/intakes/{id}/acceptance", tag = "intake",
    params(("id" = IntakeId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body = Acceptance,
    responses((status = 201, body = Accepted), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "changed meanwhile, or a duplicate"), (status = 422)))]
async fn acceptance(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<IntakeId>,
    headers: HeaderMap,
    Json(acceptance): Json<Acceptance>,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &acceptance))?;
    match accept::accept(&app, &actor, id, &acceptance, Some(&once)).await? {
        Outcome::Accepted(accepted) => Ok((StatusCode::CREATED, Json(accepted))),
        Outcome::Duplicate(before) => Err(duplicate(before).into()),
    }
}

fn duplicate(before: DeclarationId) -> Refusal {
    Refusal::new(
        "duplicate_declaration",
        format!("Bản kê khai cùng người, cùng phương thức, cùng ngày hoàn thành đã có trong hệ thống ({before})."),
        "Đề nghị để riêng bản giấy này.",
    )
    .status(StatusCode::CONFLICT)
}
