//! Reminders and non-submissions as JSON: the same verbs as the pages, under the same policies. Ids, numbers of documents,
//! days and hashes; no names.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::{Reminder, Way};
use super::non_submission::{self, Recorded, Recording};
use super::remind::{self, Delivered, Delivering, Issued, Reminding};
use super::store::{self, NotSubmitted};
use crate::account::Bearer;
use crate::declaration::api::signer;
use crate::kernel::id::{IssueId, ObligationId, OrganisationId, PartitionId, PersonId, ReminderId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::web::respond::Problem;
use crate::kernel::{App, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, issue))
        .routes(routes!(deliver))
        .routes(routes!(non_submissions))
        .routes(routes!(record_non_submission))
}

type Answer<T> = Result<T, ApiError>;

/// Rows in one answer.
const MOST: i64 = 500;

/// Who follows up, and who sees it.
const SIDES: [Role; 2] = [Role::UnitOfficer, Role::IntakeOfficer];

/// A reminder.
#[derive(Serialize, utoipa::ToSchema)]
struct ReminderLine {
    id: ReminderId,
    /// The document it was issued with.
    issue: IssueId,
    agency: PartitionId,
    unit: OrganisationId,
    person: PersonId,
    obligation: ObligationId,
    number: i16,
    document_no: String,
    /// The law's last day.
    due_on: NaiveDate,
    issued_on: NaiveDate,
    answer_by: NaiveDate,
    way: Option<Way>,
    delivered_on: Option<NaiveDate>,
    record_sha256: String,
}

impl From<Reminder> for ReminderLine {
    fn from(r: Reminder) -> Self {
        Self {
            id: r.id,
            issue: r.issue,
            agency: r.partition,
            unit: r.unit,
            person: r.person,
            obligation: r.obligation,
            number: r.round.number(),
            document_no: r.document_no,
            due_on: r.due_on,
            issued_on: r.issued_on,
            answer_by: r.answer_by,
            way: r.delivered.map(|(way, _)| way),
            delivered_on: r.delivered.map(|(_, on)| on),
            record_sha256: hex::encode(r.record_hash),
        }
    }
}

/// Written reminders the token may see, newest first; at most 500.
#[utoipa::path(get, path = "/reminders", tag = "campaign",
    responses((status = 200, body = Vec<ReminderLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<ReminderLine>>> {
    actor.require(&SIDES)?;
    let unit = actor.unit();
    let found = app.db.read(&actor, "reminder.list", async |tx| store::reminders(tx, unit, None, MOST).await).await?;
    Ok(Json(found.into_iter().map(ReminderLine::from).collect()))
}

/// Reminds people in writing, all of `obligations` or none, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/reminders", tag = "campaign", request_body = Reminding,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Issued), (status = 401), (status = 403), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn issue(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(mut request): Json<Reminding>,
) -> Answer<(StatusCode, Json<Issued>)> {
    actor.require(&[Role::UnitOfficer])?;
    (request.signer_name, request.signer_position) =
        signer("signer", "người ký văn bản", &request.signer_name, &request.signer_position)?;
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(remind::remind(&app, &actor, &request, &once).await?)))
}

/// Records how the named reminders of one document reached their people, once each.
#[utoipa::path(post, path = "/reminders/{issue}/delivery", tag = "campaign", request_body = Delivering,
    params(("issue" = IssueId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Delivered), (status = 401), (status = 403), (status = 404),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn deliver(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(issue): Path<IssueId>,
    headers: HeaderMap,
    Json(request): Json<Delivering>,
) -> Answer<(StatusCode, Json<Delivered>)> {
    actor.require(&[Role::UnitOfficer])?;
    let once = Once::of_request(&headers, &(issue, &request))?;
    Ok((StatusCode::CREATED, Json(remind::deliver(&app, &actor, issue, &request, &once).await?)))
}

/// That somebody did not submit.
#[derive(Serialize, utoipa::ToSchema)]
struct NonSubmissionLine {
    id: uuid::Uuid,
    agency: PartitionId,
    unit: OrganisationId,
    person: PersonId,
    obligation: ObligationId,
    recorded_on: NaiveDate,
    /// Whether the person said something to it.
    has_explanation: bool,
    record_sha256: String,
}

impl From<NotSubmitted> for NonSubmissionLine {
    fn from(n: NotSubmitted) -> Self {
        Self {
            id: n.id,
            agency: n.partition,
            unit: n.unit,
            person: n.person,
            obligation: n.obligation,
            recorded_on: n.recorded_on,
            has_explanation: n.explanation.is_some(),
            record_sha256: hex::encode(n.record_hash),
        }
    }
}

/// Non-submissions after two written reminders the token may see, newest first; at most 500.
#[utoipa::path(get, path = "/non-submissions", tag = "campaign",
    responses((status = 200, body = Vec<NonSubmissionLine>), (status = 401), (status = 403)))]
async fn non_submissions(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<NonSubmissionLine>>> {
    actor.require(&SIDES)?;
    let found =
        app.db.read(&actor, "non_submission.list", async |tx| store::non_submissions(tx, None, MOST).await).await?;
    Ok(Json(found.into_iter().map(NonSubmissionLine::from).collect()))
}

/// What the person said to it.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NonSubmissionRequest {
    /// May be left out.
    #[serde(default)]
    explanation: String,
}

/// Records that a person did not submit after two written reminders, once.
#[utoipa::path(post, path = "/obligations/{id}/non-submission", tag = "campaign", request_body = NonSubmissionRequest,
    params(("id" = ObligationId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn record_non_submission(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(obligation): Path<ObligationId>,
    headers: HeaderMap,
    Json(request): Json<NonSubmissionRequest>,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::UnitOfficer])?;
    let request = Recording { obligation, explanation: request.explanation };
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(non_submission::record(&app, &actor, &request, &once).await?)))
}
