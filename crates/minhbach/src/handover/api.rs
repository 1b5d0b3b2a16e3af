//! Hand-overs as JSON: the same verbs as the pages, under the same policies. Ids, days, counts and hashes; no names.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Item, ItemState, State, Summary};
use super::send::{self, HandedOver, HandingOver};
use super::store;
use super::take::{self, Taken, Taking};
use crate::account::Bearer;
use crate::declaration::api::signer;
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, hand_over)).routes(routes!(show)).routes(routes!(take_batch))
}

type Answer<T> = Result<T, ApiError>;

/// Batches in one answer.
const MOST: i64 = 500;

/// Who hands over and who takes.
const SIDES: [Role; 2] = [Role::UnitOfficer, Role::IntakeOfficer];

/// What [`signer`] calls who signs the minutes.
pub(crate) const SIGNER: &str = "người ký biên bản";

/// A batch in the list.
#[derive(Serialize, utoipa::ToSchema)]
struct HandOverLine {
    id: HandOverId,
    agency: PartitionId,
    unit: OrganisationId,
    year: i16,
    number: i32,
    state: State,
    handed_on: NaiveDate,
    taken_on: Option<NaiveDate>,
    declarations: i64,
    /// Handed over after their last day (article 38.3).
    late: i64,
    missing: i64,
}

impl From<Summary> for HandOverLine {
    fn from(s: Summary) -> Self {
        Self {
            id: s.id,
            agency: s.partition,
            unit: s.unit,
            year: s.year,
            number: s.number,
            state: s.state,
            handed_on: s.handed_on,
            taken_on: s.taken_on,
            declarations: s.count,
            late: s.late,
            missing: s.missing,
        }
    }
}

/// Batches the token may see: those that wait, the oldest first; then the newest taken. At most 500.
#[utoipa::path(get, path = "/hand-overs", tag = "hand-over",
    responses((status = 200, body = Vec<HandOverLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<HandOverLine>>> {
    actor.require(&SIDES)?;
    let found = app.db.read(&actor, "hand_over.list", async |tx| store::list(tx, MOST).await).await?;
    Ok(Json(found.into_iter().map(HandOverLine::from).collect()))
}

/// Hands received declarations over to their control agency as one batch, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/hand-overs", tag = "hand-over", request_body = HandingOver,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = HandedOver), (status = 401), (status = 403),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn hand_over(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(mut request): Json<HandingOver>,
) -> Answer<(StatusCode, Json<HandedOver>)> {
    actor.require(&[Role::UnitOfficer])?;
    (request.hander_name, request.hander_position) =
        signer("signer", SIGNER, &request.hander_name, &request.hander_position)?;
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(send::send(&app, &actor, &request, &once).await?)))
}

/// A declaration of a batch.
#[derive(Serialize, utoipa::ToSchema)]
struct HandOverItem {
    declaration: DeclarationId,
    version: VersionId,
    person: PersonId,
    kind: &'static str,
    year: i16,
    received_on: NaiveDate,
    hand_over_due_on: NaiveDate,
    document_sha256: String,
    copies: i16,
    state: ItemState,
}

impl From<Item> for HandOverItem {
    fn from(item: Item) -> Self {
        Self {
            declaration: item.declaration,
            version: item.version,
            person: item.person,
            kind: item.kind.as_str(),
            year: item.year,
            received_on: item.received_on,
            hand_over_due_on: item.due_on,
            document_sha256: hex::encode(item.document_hash),
            copies: item.copies,
            state: item.state,
        }
    }
}

/// A batch with its declarations and the hashes the log has of its record.
#[derive(Serialize, utoipa::ToSchema)]
struct HandOverAnswer {
    id: HandOverId,
    agency: PartitionId,
    unit: OrganisationId,
    year: i16,
    number: i32,
    state: State,
    handed_on: NaiveDate,
    taken_on: Option<NaiveDate>,
    /// SHA-256 over the unit's side of the record.
    sent_sha256: String,
    /// SHA-256 over the agency's side, once taken.
    taken_sha256: Option<String>,
    declarations: Vec<HandOverItem>,
}

/// One batch; nothing under seal is opened.
#[utoipa::path(get, path = "/hand-overs/{id}", tag = "hand-over", params(("id" = HandOverId, Path)),
    responses((status = 200, body = HandOverAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<HandOverId>) -> Answer<Json<HandOverAnswer>> {
    actor.require(&SIDES)?;
    let (batch, items) = app
        .db
        .read(&actor, "hand_over.show", async |tx| {
            let batch = store::find(tx, id).await?;
            let items = store::items(tx, &batch).await?;
            Ok((batch, items))
        })
        .await?;
    Ok(Json(HandOverAnswer {
        id,
        agency: batch.partition,
        unit: batch.unit,
        year: batch.year,
        number: batch.number,
        state: batch.state,
        handed_on: batch.handed_on,
        taken_on: batch.taken_on,
        sent_sha256: hex::encode(&batch.sent_hash),
        taken_sha256: batch.taken_hash.as_ref().map(hex::encode),
        declarations: items.into_iter().map(HandOverItem::from).collect(),
    }))
}

/// Takes a batch for the control agency, once: all that is not named missing was there.
#[utoipa::path(post, path = "/hand-overs/{id}/taking", tag = "hand-over", request_body = Taking,
    params(("id" = HandOverId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Taken), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn take_batch(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<HandOverId>,
    headers: HeaderMap,
    Json(mut request): Json<Taking>,
) -> Answer<(StatusCode, Json<Taken>)> {
    actor.require(&[Role::IntakeOfficer])?;
    (request.taker_name, request.taker_position) =
        signer("signer", SIGNER, &request.taker_name, &request.taker_position)?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(take::take(&app, &actor, id, &request, &once).await?)))
}
