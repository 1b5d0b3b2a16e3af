//! Demands as JSON: the same verbs as the pages, under the same policies.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::acts::{self, Demanded, Issued, Opened};
use super::model::{Asks, Demand, Reached, State};
use super::store;
use crate::account::Bearer;
use crate::declaration::api::signer;
use crate::kernel::id::{DeclarationId, DemandId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(issue))
        .routes(routes!(show))
        .routes(routes!(hand))
        .routes(routes!(withdraw))
}

type Answer<T> = Result<T, ApiError>;

/// Demands in one answer.
const MOST: i64 = 500;

/// A demand. Ids, days and words; no names or texts.
#[derive(Serialize, utoipa::ToSchema)]
struct DemandLine {
    id: DemandId,
    declaration: DeclarationId,
    person: PersonId,
    /// What was found wanting.
    version: VersionId,
    year: i16,
    number: i32,
    asks: Asks,
    state: State,
    issued_on: NaiveDate,
    /// When and how it reached the declarant; the days of article 38.2 run from then.
    reached_on: Option<NaiveDate>,
    reached_by: Option<Reached>,
    due_on: Option<NaiveDate>,
    answered_on: Option<NaiveDate>,
    answer: Option<VersionId>,
    withdrawn_on: Option<NaiveDate>,
    demand_sha256: String,
}

impl From<&Demand> for DemandLine {
    fn from(d: &Demand) -> Self {
        Self {
            id: d.id,
            declaration: d.declaration,
            person: d.person,
            version: d.version,
            year: d.year,
            number: d.number,
            asks: d.asks,
            state: d.state,
            issued_on: d.issued_on,
            reached_on: d.reached_on,
            reached_by: d.reached_by,
            due_on: d.due_on,
            answered_on: d.answered_on,
            answer: d.answer,
            withdrawn_on: d.withdrawn_on,
            demand_sha256: hex::encode(&d.issue_hash),
        }
    }
}

/// Demands the token may see: those that wait first, then the newest. At most 500.
#[utoipa::path(get, path = "/demands", tag = "declaration",
    responses((status = 200, body = Vec<DemandLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<DemandLine>>> {
    actor.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let found = app.db.read(&actor, "demand.list", async |tx| store::list(tx, None, MOST).await).await?;
    Ok(Json(found.iter().map(DemandLine::from).collect()))
}

/// Demands that a declaration be completed or made again, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/declarations/{id}/demands", tag = "declaration", request_body = Demanded,
    params(("id" = DeclarationId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Issued), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn issue(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    headers: HeaderMap,
    Json(mut request): Json<Demanded>,
) -> Answer<(StatusCode, Json<Issued>)> {
    actor.require(&[Role::UnitOfficer])?;
    request.reasons = viet::text::normalise_lines(&request.reasons);
    (request.signer_name, request.signer_position) =
        signer("signer", "người ký yêu cầu", &request.signer_name, &request.signer_position)?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(acts::issue(&app, &actor, id, &request, &once).await?)))
}

/// A demand with its text.
#[derive(Serialize, utoipa::ToSchema)]
struct DemandAnswer {
    #[serde(flatten)]
    line: DemandLine,
    /// A point a line.
    reasons: String,
    signer_name: String,
    signer_position: String,
}

impl From<Opened> for DemandAnswer {
    fn from(opened: Opened) -> Self {
        Self {
            line: DemandLine::from(&opened.demand),
            reasons: opened.reasons,
            signer_name: opened.signer_name,
            signer_position: opened.signer_position,
        }
    }
}

/// One demand. Opening it is recorded; for the declarant it has reached them with that, if it had not before.
#[utoipa::path(get, path = "/demands/{id}", tag = "declaration", params(("id" = DemandId, Path)),
    responses((status = 200, body = DemandAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<DemandId>) -> Answer<Json<DemandAnswer>> {
    actor.require(&[Role::Declarant, Role::UnitOfficer])?;
    let opened = match actor.role {
        Some(Role::Declarant) => acts::open_own(&app, &actor, id).await?,
        _ => app.db.read(&actor, "demand.open", async |tx| acts::open(tx, id).await).await?,
    };
    Ok(Json(opened.into()))
}

/// The day a demand was handed to the declarant.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct HandingRequest {
    handed_on: NaiveDate,
}

/// The last day to answer.
#[derive(Serialize, utoipa::ToSchema)]
struct HandedAnswer {
    due_on: NaiveDate,
}

/// Says on which day a demand was handed to the declarant, once.
#[utoipa::path(post, path = "/demands/{id}/delivery", tag = "declaration", request_body = HandingRequest, params(("id" = DemandId, Path)),
    responses((status = 201, body = HandedAnswer), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn hand(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DemandId>,
    Json(request): Json<HandingRequest>,
) -> Answer<(StatusCode, Json<HandedAnswer>)> {
    actor.require(&[Role::UnitOfficer])?;
    let due_on = acts::hand(&app, &actor, id, request.handed_on).await?;
    Ok((StatusCode::CREATED, Json(HandedAnswer { due_on })))
}

/// Why a demand is withdrawn.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WithdrawalRequest {
    reason: String,
}

/// Withdraws a demand that was not answered.
#[utoipa::path(post, path = "/demands/{id}/withdrawal", tag = "declaration", request_body = WithdrawalRequest, params(("id" = DemandId, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn withdraw(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DemandId>,
    Json(request): Json<WithdrawalRequest>,
) -> Answer<StatusCode> {
    actor.require(&[Role::UnitOfficer])?;
    acts::withdraw(&app, &actor, id, &request.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
