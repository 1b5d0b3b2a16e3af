//! Requests for information as JSON: the same verbs as the pages, under the same policies.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Answering, Brought};
use super::ask::{self, Asking, Further, Issued};
use super::decide::{self, Deciding, Keeping, Stepped};
use super::model::{Asked, Inquiry, Signatory, StepKind};
use super::open::{self, OpenStep, Opened};
use super::store::{self, Wanted};
use crate::account::Bearer;
use crate::kernel::id::{DeclarationId, FileId, InquiryId, OrganisationId, PartitionId, PersonId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Once, Refusal, Role};
use crate::person::inquiry::State;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(show))
        .routes(routes!(ask_more))
        .routes(routes!(answer))
        .routes(routes!(keep))
        .routes(routes!(close))
        .routes(routes!(withdraw))
}

type Answer<T> = Result<T, ApiError>;

/// Requests in one answer.
const MOST: i64 = 500;

const READERS: [Role; 3] = [Role::IntakeOfficer, Role::UnitOfficer, Role::Declarant];

/// A request. Ids, days and words; no names or texts.
#[derive(Serialize, utoipa::ToSchema)]
struct InquiryLine {
    id: InquiryId,
    agency: PartitionId,
    asked: Asked,
    /// Who is asked: one of the two.
    unit: Option<OrganisationId>,
    person: Option<PersonId>,
    /// Whose matter it is. Who is asked has this, `declaration` and `complex` once they received the request.
    subject: Option<PersonId>,
    declaration: Option<DeclarationId>,
    /// The request this one asks more about, and the one that asks more about it.
    after: Option<InquiryId>,
    next: Option<InquiryId>,
    document_no: String,
    issued_on: NaiveDate,
    complex: Option<bool>,
    signatory: Signatory,
    state: State,
    /// The number of its last step; what is decided names it as `seen`.
    last: i32,
    received_on: Option<NaiveDate>,
    /// The last day to answer as it stands.
    due_on: NaiveDate,
    record_sha256: String,
}

impl InquiryLine {
    /// Before they received it, who is asked learns nothing of what is asked.
    fn of(one: &Inquiry, is_unread: bool) -> Self {
        Self {
            id: one.id,
            agency: one.partition,
            asked: one.asked,
            unit: one.unit,
            person: one.person,
            subject: one.subject.filter(|_| !is_unread),
            declaration: one.declaration.filter(|_| !is_unread),
            after: one.after,
            next: one.next,
            document_no: one.document_no.clone(),
            issued_on: one.issued_on,
            complex: (!is_unread).then_some(one.complex),
            signatory: one.signatory,
            state: one.state,
            last: one.last,
            received_on: one.received_on,
            due_on: one.due_on,
            record_sha256: hex::encode(&one.record_hash),
        }
    }
}

/// Requests the token may see: those that are open first, the first due of them on top. At most 500.
#[utoipa::path(get, path = "/inquiries", tag = "inquiry",
    responses((status = 200, body = Vec<InquiryLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<InquiryLine>>> {
    actor.require(&READERS)?;
    let found = app.db.read(&actor, "inquiry.list", async |tx| store::list(tx, Wanted::default(), MOST).await).await?;
    Ok(Json(found.iter().map(|one| InquiryLine::of(one, one.is_unread_by(&actor))).collect()))
}

/// Asks a unit or a declarant for information, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/inquiries", tag = "inquiry", request_body = Asking,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Issued), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn ask(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(request): Json<Asking>,
) -> Answer<(StatusCode, Json<Issued>)> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(ask::ask(&app, &actor, &request, &once).await?)))
}

/// A file of a step.
#[derive(Serialize, utoipa::ToSchema)]
struct FileAnswer {
    id: FileId,
    name: String,
    bytes: i64,
    sha256: String,
}

/// A step with what was said.
#[derive(Serialize, utoipa::ToSchema)]
struct StepAnswer {
    n: i32,
    kind: StepKind,
    said_on: NaiveDate,
    due_on: Option<NaiveDate>,
    text: String,
    /// Who answers for a unit.
    name: Option<String>,
    position: Option<String>,
    files: Vec<FileAnswer>,
    record_sha256: String,
}

impl From<&OpenStep> for StepAnswer {
    fn from(one: &OpenStep) -> Self {
        let by = one.said.as_ref().and_then(|said| said.by.as_ref());
        Self {
            n: one.step.n,
            kind: one.step.kind,
            said_on: one.step.said_on,
            due_on: one.step.due_on,
            text: one.said.as_ref().map(|said| said.text.clone()).unwrap_or_default(),
            name: by.map(|by| by.name.clone()),
            position: by.map(|by| by.position.clone()),
            files: one
                .files
                .iter()
                .map(|file| FileAnswer {
                    id: file.file,
                    name: file.name.clone(),
                    bytes: file.size,
                    sha256: file.sha256.clone(),
                })
                .collect(),
            record_sha256: hex::encode(&one.step.record_hash),
        }
    }
}

/// A request with its texts and its course.
#[derive(Serialize, utoipa::ToSchema)]
struct InquiryAnswer {
    #[serde(flatten)]
    line: InquiryLine,
    /// Who is asked has neither texts nor steps of a request that was withdrawn before they received it.
    purpose: Option<String>,
    information: Option<String>,
    guidance: Option<String>,
    other: Option<String>,
    signer_name: Option<String>,
    signer_position: Option<String>,
    steps: Vec<StepAnswer>,
}

impl From<Opened> for InquiryAnswer {
    fn from(opened: Opened) -> Self {
        let line = InquiryLine::of(&opened.inquiry, opened.statement.is_none());
        let steps = opened.steps.iter().map(StepAnswer::from).collect();
        let statement = opened.statement.as_ref();
        Self {
            line,
            purpose: statement.map(|one| one.purpose.clone()),
            information: statement.map(|one| one.information.clone()),
            guidance: statement.map(|one| one.guidance.clone()),
            other: statement.map(|one| one.other.clone()),
            signer_name: statement.map(|one| one.signer.name.clone()),
            signer_position: statement.map(|one| one.signer.position.clone()),
            steps,
        }
    }
}

/// One request with its course. Opening it is recorded; who is asked has received it with that, if they had not before.
#[utoipa::path(get, path = "/inquiries/{inquiry}", tag = "inquiry", params(("inquiry" = InquiryId, Path)),
    responses((status = 200, body = InquiryAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<InquiryId>) -> Answer<Json<InquiryAnswer>> {
    actor.require(&READERS)?;
    let opened = match actor.role {
        Some(Role::IntakeOfficer) => app.db.read(&actor, "inquiry.open", async |tx| open::open(tx, id).await).await?,
        _ => open::open_asked(&app, &actor, id).await?,
    };
    Ok(Json(opened.into()))
}

/// Asks who answered for more: a further request, which ends the first.
#[utoipa::path(post, path = "/inquiries/{inquiry}/further", tag = "inquiry", request_body = Further,
    params(("inquiry" = InquiryId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Issued), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn ask_more(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<InquiryId>,
    headers: HeaderMap,
    Json(request): Json<Further>,
) -> Answer<(StatusCode, Json<Issued>)> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(ask::ask_more(&app, &actor, id, &request, &once).await?)))
}

/// A file of an answer; the whole request is held to the size of a JSON body, larger files come through the page.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FileRequest {
    name: String,
    /// Base64; PDF, JPEG, PNG or TIFF.
    content: String,
}

/// An answer with its files.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerRequest {
    answer: Answering,
    #[serde(default)]
    files: Vec<FileRequest>,
}

/// Answers a request, or puts forward why it cannot be answered, once per `Idempotency-Key`; again as often as there is more.
#[utoipa::path(post, path = "/inquiries/{inquiry}/answers", tag = "inquiry", request_body = AnswerRequest,
    params(("inquiry" = InquiryId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Stepped), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn answer(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<InquiryId>,
    headers: HeaderMap,
    Json(request): Json<AnswerRequest>,
) -> Answer<(StatusCode, Json<Stepped>)> {
    actor.require(&[Role::UnitOfficer, Role::Declarant])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    let mut files = Vec::with_capacity(request.files.len());
    for file in request.files {
        let bytes = STANDARD.decode(&file.content).map_err(|_| not_base64())?;
        files.push(Brought { name: file.name, bytes: bytes.into() });
    }
    Ok((StatusCode::CREATED, Json(answer::answer(&app, &actor, id, &request.answer, files, &once).await?)))
}

fn not_base64() -> Refusal {
    Refusal::new(
        "file_content",
        "Nội dung tệp không phải là Base64.",
        "Đề nghị mã hóa nội dung tệp bằng Base64 chuẩn (RFC 4648) rồi gửi lại.",
    )
}

/// Keeps a request until a day, having considered what was put forward (article 7.2), or with a longer term.
#[utoipa::path(post, path = "/inquiries/{inquiry}/keeping", tag = "inquiry", request_body = Keeping,
    params(("inquiry" = InquiryId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Stepped), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn keep(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<InquiryId>,
    headers: HeaderMap,
    Json(request): Json<Keeping>,
) -> Answer<(StatusCode, Json<Stepped>)> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(decide::keep(&app, &actor, id, &request, &once).await?)))
}

/// Closes a request as sufficiently answered.
#[utoipa::path(post, path = "/inquiries/{inquiry}/closing", tag = "inquiry", request_body = Deciding,
    params(("inquiry" = InquiryId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Stepped), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn close(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<InquiryId>,
    headers: HeaderMap,
    Json(request): Json<Deciding>,
) -> Answer<(StatusCode, Json<Stepped>)> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(decide::close(&app, &actor, id, &request, &once).await?)))
}

/// Withdraws a request with the reason.
#[utoipa::path(post, path = "/inquiries/{inquiry}/withdrawal", tag = "inquiry", request_body = Deciding,
    params(("inquiry" = InquiryId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Stepped), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn withdraw(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<InquiryId>,
    headers: HeaderMap,
    Json(request): Json<Deciding>,
) -> Answer<(StatusCode, Json<Stepped>)> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(decide::withdraw(&app, &actor, id, &request, &once).await?)))
}
