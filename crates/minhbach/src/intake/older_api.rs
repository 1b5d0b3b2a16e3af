//! Declarations on older forms for programs: list them, read one, put one on record, move its paper, take it back.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::older::{self, Recorded, Recording};
use super::older_acts::{self, Done};
use crate::account::Bearer;
use crate::declaration::older::{self as records, Older, OlderFacts};
use crate::kernel::id::{IntakeId, OlderId, OrganisationId, PersonId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path, Query};
use crate::kernel::{App, Error, Once, Role};

/// The most one answer lists.
const MOST: i64 = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(record_older))
        .routes(routes!(place_older))
        .routes(routes!(take_back_older))
}

/// A declaration on an older form, without what is under seal.
#[derive(Serialize, utoipa::ToSchema)]
struct OlderAnswer {
    id: OlderId,
    intake: IntakeId,
    unit: OrganisationId,
    person: PersonId,
    /// Code of the form.
    form: String,
    year: i16,
    completed_on: Option<NaiveDate>,
    /// Taken back: it counts for nothing.
    is_withdrawn: bool,
    /// The record of the same scan that was taken back, in whose place it stands.
    follows: Option<OlderId>,
    recorded_at: DateTime<Utc>,
    /// SHA-256 over the record, hex; the log has it.
    record_sha256: String,
}

impl From<&Older> for OlderAnswer {
    fn from(one: &Older) -> Self {
        Self {
            id: one.id,
            intake: one.intake,
            unit: one.unit,
            person: one.person,
            form: one.form.clone(),
            year: one.year,
            completed_on: one.completed_on,
            is_withdrawn: one.is_withdrawn,
            follows: one.follows,
            recorded_at: one.created_at,
            record_sha256: hex::encode(&one.record_hash),
        }
    }
}

/// One with what the paper says of who made it, and where the paper lay and lies.
#[derive(Serialize, utoipa::ToSchema)]
struct OlderWhole {
    #[serde(flatten)]
    older: OlderAnswer,
    facts: OlderFacts,
    /// Where it lies now is the last.
    places: Vec<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Asked {
    intake: Option<IntakeId>,
    /// Pages of 200, from 1.
    page: Option<i64>,
}

/// Declarations on older forms of the token's agency, the newest year first, at most 200; nothing under seal is opened.
#[utoipa::path(get, path = "/older", params(Asked), tag = "intake",
    responses((status = 200, body = Vec<OlderAnswer>), (status = 401), (status = 403)))]
async fn list(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Query(asked): Query<Asked>,
) -> Result<Json<Vec<OlderAnswer>>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let page = asked.page.filter(|page| (1..10_000).contains(page)).unwrap_or(1);
    let found = app
        .db
        .read(&actor, "older.list", async |tx| {
            let partition = Some(tx.actor().agency().ok_or(Error::Forbidden)?);
            let asked = records::Asked {
                partition,
                intake: asked.intake,
                limit: Some(MOST),
                offset: (page - 1) * MOST,
                ..records::Asked::default()
            };
            records::list(tx, asked).await
        })
        .await?;
    Ok(Json(found.iter().map(OlderAnswer::from).collect()))
}

/// One with its basic fields and where its paper lies: a recorded access.
#[utoipa::path(get, path = "/older/{older}", params(("older" = OlderId, Path)), tag = "intake",
    responses((status = 200, body = OlderWhole), (status = 401), (status = 403), (status = 404)))]
async fn show(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<OlderId>,
) -> Result<Json<OlderWhole>, ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let found = app
        .db
        .read(&actor, "older.open", async |tx| {
            let one = records::find(tx, id).await?;
            let acts = records::acts(tx, one.partition, Some(&[id])).await?;
            let (facts, places, _) = records::open(tx, &one, &acts)?;
            Ok(OlderWhole { older: OlderAnswer::from(&one), facts, places })
        })
        .await?;
    Ok(Json(found))
}

/// Puts a scan on record as a declaration on a form of before 20/12/2020: basic fields, and where the paper lies.
#[utoipa::path(post, path = "/intakes/{id}/older", tag = "intake",
    params(("id" = IntakeId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body = Recording,
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "on record already, or the number is another person's"), (status = 422)))]
async fn record_older(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<IntakeId>,
    headers: HeaderMap,
    Json(new): Json<Recording>,
) -> Result<(StatusCode, Json<Recorded>), ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &new))?;
    Ok((StatusCode::CREATED, Json(older::record(&app, &actor, id, &new, Some(&once)).await?)))
}

/// Where the paper of a declaration on an older form lies now.
#[derive(Debug, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Placement {
    /// Store, shelf, box, file; at most 300 characters.
    place: String,
    /// At most 1000 characters.
    reason: String,
}

/// Why a declaration on an older form is taken back.
#[derive(Debug, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TakingBack {
    /// At most 1000 characters.
    reason: String,
}

/// The paper of a declaration on an older form lies elsewhere now.
#[utoipa::path(post, path = "/older/{older}/place", tag = "intake", request_body = Placement,
    params(("older" = OlderId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Done), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn place_older(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<OlderId>,
    headers: HeaderMap,
    Json(asked): Json<Placement>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &asked))?;
    let done = older_acts::place(&app, &actor, id, &asked.place, &asked.reason, &once).await?;
    Ok((StatusCode::CREATED, Json(done)))
}

/// Takes back a declaration on an older form that was put on record by mistake; its scan waits again.
#[utoipa::path(post, path = "/older/{older}/withdrawal", tag = "intake", request_body = TakingBack,
    params(("older" = OlderId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Done), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn take_back_older(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<OlderId>,
    headers: HeaderMap,
    Json(asked): Json<TakingBack>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &asked))?;
    Ok((StatusCode::CREATED, Json(older_acts::take_back(&app, &actor, id, &asked.reason, &once).await?)))
}
