//! Corrections as JSON: the same verbs as the pages, under the same policies.
use std::collections::BTreeMap;

use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::acts::{self, Opened, Outcome, Proposed, Proposing};
use super::decide::{self, Decided, Deciding};
use super::model::{Correction, DecidedBy, Stage};
use super::store::{self, Which};
use crate::account::Bearer;
use crate::declaration::api::NotYet;
use crate::kernel::id::{CorrectionId, DeclarationId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Error, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(propose))
        .routes(routes!(show))
        .routes(routes!(put_down))
        .routes(routes!(withdraw))
}

type Answer<T> = Result<T, ApiError>;

/// Corrections in one answer.
const MOST: i64 = 500;

const READERS: [Role; 3] = [Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer];

/// A correction. Ids, days and words; no names or texts.
#[derive(Serialize, utoipa::ToSchema)]
struct CorrectionLine {
    id: CorrectionId,
    declaration: DeclarationId,
    person: PersonId,
    /// What is to be changed.
    version: VersionId,
    stage: Stage,
    proposed_on: NaiveDate,
    /// The legal last day: a proposal not decided by then lapses.
    due_on: NaiveDate,
    /// How many differences, and how many of them were approved.
    items: i16,
    approved: Option<i16>,
    decided_on: Option<NaiveDate>,
    decided_by: Option<DecidedBy>,
    /// The version that came of it.
    result: Option<VersionId>,
    withdrawn_on: Option<NaiveDate>,
    proposal_sha256: String,
}

impl CorrectionLine {
    fn of(one: &Correction, today: NaiveDate) -> Self {
        Self {
            id: one.id,
            declaration: one.declaration,
            person: one.person,
            version: one.version,
            stage: one.stage(today),
            proposed_on: one.proposed_on,
            due_on: one.due_on,
            items: one.items,
            approved: one.approved,
            decided_on: one.decided_on,
            decided_by: one.decided_by,
            result: one.result,
            withdrawn_on: one.withdrawn_on,
            proposal_sha256: hex::encode(&one.proposal_hash),
        }
    }
}

/// Corrections the token may see: those that wait first, then the newest. At most 500.
#[utoipa::path(get, path = "/corrections", tag = "declaration",
    responses((status = 200, body = Vec<CorrectionLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<CorrectionLine>>> {
    actor.require(&READERS)?;
    let found =
        app.db.read(&actor, "correction.list", async |tx| store::list(tx, Which::default(), MOST).await).await?;
    let today = app.clock().today();
    Ok(Json(found.iter().map(|one| CorrectionLine::of(one, today)).collect()))
}

/// What a declarant proposes.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposalRequest {
    /// The version that was read (`version_id`); another may have come since.
    version: VersionId,
    /// The declaration as it should be, in the shape of the form's JSON schema. Its day of completion stays as it was.
    #[schema(value_type = Object)]
    content: Value,
    /// Why, and on what the new content rests.
    explanation: String,
    /// Reasons for warnings, by `reason_key` of the finding; those on record need not be given again.
    #[serde(default)]
    reasons: BTreeMap<String, String>,
}

/// Proposes to correct one's own received declaration, once per `Idempotency-Key`. Nothing on record changes.
#[utoipa::path(post, path = "/declarations/{id}/corrections", tag = "declaration", request_body = ProposalRequest,
    params(("id" = DeclarationId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Proposed), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = NotYet)))]
async fn propose(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    headers: HeaderMap,
    Json(request): Json<ProposalRequest>,
) -> Answer<Response> {
    actor.require(&[Role::Declarant])?;
    let once = once(&headers, &(id, &request))?;
    let ProposalRequest { version, content, explanation, reasons } = request;
    let asked = Proposing { version, content, explanation, reasons, decisions: BTreeMap::new() };
    match acts::propose(&app, &actor, id, &asked, &once).await? {
        Outcome::Proposed(proposed) => Ok((StatusCode::CREATED, Json(proposed)).into_response()),
        Outcome::NotYet(findings) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(NotYet::of(&findings))).into_response())
        }
    }
}

/// The key is the client's secret and stays out of the database; with it in the request's hash, the hash gives nobody a text
/// to guess at.
fn once(headers: &HeaderMap, request: &impl Serialize) -> Result<Once, Error> {
    let key = headers.get("idempotency-key").map(|key| key.as_bytes());
    let asked = serde_json::to_vec(&(key, request)).map_err(|error| Error::Bug(error.into()))?;
    Once::from_headers(headers, &asked)
}

/// One difference and what was decided of it.
#[derive(Serialize, utoipa::ToSchema)]
struct ItemAnswer {
    /// In words: "Đất ở, số 12: Diện tích: 100 m² → 120 m²".
    lines: Vec<String>,
    /// What an asset, person or row that comes or goes says.
    details: Vec<String>,
    approved: Option<bool>,
    /// Why it was refused.
    reason: String,
}

/// A correction with its text.
#[derive(Serialize, utoipa::ToSchema)]
struct CorrectionAnswer {
    #[serde(flatten)]
    line: CorrectionLine,
    explanation: String,
    /// In the order in which they are decided.
    differences: Vec<ItemAnswer>,
    approver_name: String,
    approver_position: String,
}

impl CorrectionAnswer {
    fn of(opened: Opened, today: NaiveDate) -> Self {
        let verdict = |index: usize| opened.verdicts.get(index);
        let differences = opened.proposal.differences.list.iter().enumerate().map(|(index, one)| ItemAnswer {
            lines: one.lines.clone(),
            details: one.details.clone(),
            approved: verdict(index).map(|verdict| verdict.approved),
            reason: verdict(index).map(|verdict| verdict.reason.clone()).unwrap_or_default(),
        });
        Self {
            line: CorrectionLine::of(&opened.correction, today),
            differences: differences.collect(),
            explanation: opened.explanation,
            approver_name: opened.approver_name,
            approver_position: opened.approver_position,
        }
    }
}

/// One correction. Opening it is recorded.
#[utoipa::path(get, path = "/corrections/{id}", tag = "declaration", params(("id" = CorrectionId, Path)),
    responses((status = 200, body = CorrectionAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<CorrectionId>,
) -> Answer<Json<CorrectionAnswer>> {
    actor.require(&READERS)?;
    let opened = app.db.read(&actor, "correction.open", async |tx| acts::open_one(tx, id).await).await?;
    Ok(Json(CorrectionAnswer::of(opened, app.clock().today())))
}

/// Puts down what the competent person decided of every difference, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/corrections/{id}/decision", tag = "declaration", request_body = Deciding,
    params(("id" = CorrectionId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Decided), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn put_down(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<CorrectionId>,
    headers: HeaderMap,
    Json(mut request): Json<Deciding>,
) -> Answer<(StatusCode, Json<Decided>)> {
    actor.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    request.approver_name = viet::text::normalise(&request.approver_name);
    request.approver_position = viet::text::normalise(&request.approver_position);
    let once = once(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(decide::decide(&app, &actor, id, &request, &once).await?)))
}

/// Withdraws a proposal that was not decided.
#[utoipa::path(post, path = "/corrections/{id}/withdrawal", tag = "declaration", params(("id" = CorrectionId, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem)))]
async fn withdraw(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<CorrectionId>) -> Answer<StatusCode> {
    actor.require(&[Role::Declarant])?;
    acts::withdraw(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
