//! Declarations owed on an occasion as JSON: the same verbs as the pages, under the same policies.
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::oblige::{self, Owed, Planned};
use crate::account::Bearer;
use crate::kernel::id::{ObligationId, PersonId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(supplement)).routes(routes!(plan)).routes(routes!(take_back))
}

type Answer<T> = Result<T, ApiError>;

/// The year in which assets or income changed.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SupplementRequest {
    year: i32,
}

/// A declarant says that they owe a supplementary declaration (article 36.2); one that is begun is gone on with.
#[utoipa::path(post, path = "/obligations/supplement", tag = "declaration", request_body = SupplementRequest,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Owed), (status = 401), (status = 403),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn supplement(
    State(app): State<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(request): Json<SupplementRequest>,
) -> Answer<(StatusCode, Json<Owed>)> {
    actor.require(&[Role::Declarant])?;
    let once = Once::of_request(&headers, &request)?;
    let owed = oblige::supplement(&app, &actor, request.year, &once).await?;
    Ok((StatusCode::CREATED, Json(owed)))
}

/// A unit says what it plans for a person of its list (article 36.4; candidates, article 34.4).
#[utoipa::path(post, path = "/people/{id}/occasions", tag = "declaration", request_body = Planned,
    params(("id" = PersonId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Owed), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn plan(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path(id): Path<PersonId>,
    headers: HeaderMap,
    Json(request): Json<Planned>,
) -> Answer<(StatusCode, Json<Owed>)> {
    actor.require(&[Role::UnitOfficer])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    let owed = oblige::plan(&app, &actor, id, request, &once).await?;
    Ok((StatusCode::CREATED, Json(owed)))
}

/// Ends what is owed on an occasion and was not sent: a supplementary one by its declarant, others by the unit.
#[utoipa::path(post, path = "/obligations/{id}/take-back", tag = "declaration", params(("id" = ObligationId, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem)))]
async fn take_back(State(app): State<App>, Bearer(actor): Bearer, Path(id): Path<ObligationId>) -> Answer<StatusCode> {
    actor.require(&[Role::Declarant, Role::UnitOfficer])?;
    oblige::take_back(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
