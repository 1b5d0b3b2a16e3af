//! Obligations, drafts, declarations and receipts as JSON: the same verbs as the pages, under the same policies.
use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use form::rules::{Effect, Finding};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::draft::{self, Saving, Turn};
use super::model::Declaration;
use super::receive::{self, Receipt};
use super::submit::{self, Outcome, Submission, Submitted, reason_key};
use super::typed::Typed;
use super::{open, store, wizard};
use crate::account::Bearer;
use crate::audit;
use crate::kernel::id::{DeclarationId, DemandId, EventId, ObligationId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path, Query};
use crate::kernel::{App, Error, Once, Refusal, Role};
use crate::person::{self, Obligation, Occasion};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(obligations))
        .routes(routes!(draft_section))
        .routes(routes!(submit_declaration))
        .routes(routes!(declarations))
        .routes(routes!(declaration))
        .routes(routes!(proof))
        .routes(routes!(receive_declaration))
}

/// A draft saved by a program, as pages save theirs ([`crate::kernel::load::Class::Autosave`]).
pub fn autosave_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(save_draft_section))
}

type Answer<T> = Result<T, ApiError>;

/// Name and position of who signs, normalised; both are needed. `who` as in "người ký biên bản".
pub(crate) fn signer(code: &'static str, who: &str, name: &str, position: &str) -> Result<(String, String), Refusal> {
    let (name, position) = (viet::text::normalise(name), viet::text::normalise(position));
    if name.is_empty() || position.is_empty() {
        let told = format!("Chưa ghi họ tên hoặc chức vụ {who}.");
        return Err(Refusal::new(code, told, "Đề nghị ghi đủ cả hai."));
    }
    Ok((name, position))
}

/// Who may read declarations: of themselves, of their unit, of their agency.
const READERS: [Role; 3] = [Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer];

/// What one person owes in one year. Ids and words; no names.
#[derive(Serialize, utoipa::ToSchema)]
struct ObligationAnswer {
    id: ObligationId,
    person: PersonId,
    /// FIRST, ANNUAL, SUPPLEMENT, PERSONNEL or CANDIDATE.
    kind: &'static str,
    year: i16,
    /// Of its kind in the year.
    nth: i16,
    /// What a declaration for personnel work or of a candidate is asked for, and the day that is planned for.
    occasion: Option<Occasion>,
    occasion_on: Option<NaiveDate>,
    rule_set: String,
    due_on: NaiveDate,
    /// ONLINE or PAPER, once declared.
    channel: Option<String>,
    declared_at: Option<DateTime<Utc>>,
    received_on: Option<NaiveDate>,
    declaration: Option<DeclarationId>,
    /// When it ended unfulfilled: the person left the list, or it was taken back.
    ended_on: Option<NaiveDate>,
    /// The demand to complete or declare again that waits for an answer: what was sent may be sent again.
    demand: Option<DemandId>,
    demand_due_on: Option<NaiveDate>,
}

impl From<Obligation> for ObligationAnswer {
    fn from(o: Obligation) -> Self {
        Self {
            id: o.id,
            person: o.person,
            kind: o.kind.as_str(),
            year: o.year,
            nth: o.nth,
            occasion: o.occasion.map(|(occasion, _)| occasion),
            occasion_on: o.occasion.map(|(_, on)| on),
            rule_set: o.rule_set,
            due_on: o.due_on,
            channel: o.channel,
            declared_at: o.declared_at,
            received_on: o.received_on,
            declaration: o.declaration,
            ended_on: o.ended_on,
            demand: o.demand,
            demand_due_on: o.demand_due_on,
        }
    }
}

/// Obligations the token may see: a declarant's own, or those of a unit's people.
#[utoipa::path(get, path = "/obligations", tag = "declaration",
    responses((status = 200, body = Vec<ObligationAnswer>), (status = 401), (status = 403)))]
async fn obligations(State(app): State<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<ObligationAnswer>>> {
    actor.require(&[Role::Declarant, Role::UnitOfficer])?;
    let person = actor.person();
    let found = app.db.read(&actor, "obligation.list", async |tx| person::store::obligations(tx, person).await).await?;
    Ok(Json(found.into_iter().map(ObligationAnswer::from).collect()))
}

/// A section of a draft with its revision.
#[derive(Serialize, utoipa::ToSchema)]
struct DraftAnswer {
    /// 0 while nothing was saved.
    version: i32,
    content: Typed,
    /// Texts kept aside because another page or device saved first.
    others: Vec<Typed>,
}

/// A section to be saved.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftRequest {
    /// The revision the text was made from; 0 when there was none.
    version: i32,
    content: Typed,
}

/// The section of the obligation's form, or nothing.
fn section_code(app: &App, obligation: &Obligation, code: &str) -> Result<String, Error> {
    let (_, form) = draft::law_of(app, obligation)?;
    let sections = wizard::sections(form, obligation.kind);
    let found = sections.iter().find(|section| section.code == code).ok_or(Error::NotFound)?;
    Ok(found.code.to_owned())
}

/// A section of one's own draft, as typed. `section` is an item's code ("LAND_RES") or "CHANGES".
#[utoipa::path(get, path = "/obligations/{id}/draft/{section}", tag = "declaration",
    params(("id" = ObligationId, Path), ("section" = String, Path)),
    responses((status = 200, body = DraftAnswer), (status = 401), (status = 403), (status = 404)))]
async fn draft_section(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path((id, section)): Path<(ObligationId, String)>,
) -> Answer<Json<DraftAnswer>> {
    actor.require(&[Role::Declarant])?;
    let (obligation, draft) = app.db.read(&actor, "draft.read", async |tx| draft::load(tx, id).await).await?;
    let code = section_code(&app, &obligation, &section)?;
    let draft = draft.ok_or(Error::NotFound)?;
    let saved = draft.sections.get(&code);
    let asides = draft.asides.get(&code).map(|asides| asides.list.as_slice()).unwrap_or_default();
    Ok(Json(DraftAnswer {
        version: saved.map_or(0, |saved| saved.revision),
        content: saved.map(|saved| saved.typed.clone()).unwrap_or_default(),
        others: asides.iter().map(|aside| aside.typed.clone()).collect(),
    }))
}

/// Saves a section of one's own draft, opening the draft when there is none. With an old version nothing is overwritten:
/// 409, and both texts are kept.
#[utoipa::path(put, path = "/obligations/{id}/draft/{section}", tag = "declaration", request_body = DraftRequest,
    params(("id" = ObligationId, Path), ("section" = String, Path)),
    responses((status = 200, body = DraftAnswer), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem)))]
async fn save_draft_section(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path((id, section)): Path<(ObligationId, String)>,
    Json(request): Json<DraftRequest>,
) -> Answer<Json<DraftAnswer>> {
    actor.require(&[Role::Declarant])?;
    draft::open(&app, &actor, id).await?;
    let (obligation, _) = app.db.read(&actor, "draft.read", async |tx| draft::load(tx, id).await).await?;
    let code = section_code(&app, &obligation, &section)?;
    let turn = Turn { tab: uuid::Uuid::now_v7().to_string(), revision: request.version, number: 0 };
    match draft::save(&app, &actor, id, &code, &request.content, &turn, true).await? {
        Saving::Saved { revision } => {
            Ok(Json(DraftAnswer { version: revision, content: request.content, others: Vec::new() }))
        }
        Saving::Closed => Err(Error::from(submit::already_sent(obligation.year)).into()),
        Saving::Conflict => Err(Error::from(
            Refusal::new(
                "draft_conflict",
                "Mục này đã được lưu ở nơi khác sau phiên bản gửi kèm.",
                "Cả hai bản đều được giữ; đề nghị đọc lại mục, chọn nội dung rồi lưu với phiên bản mới.",
            )
            .status(StatusCode::CONFLICT),
        )
        .into()),
    }
}

/// A declaration to be sent.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SubmitRequest {
    /// The declaration in the shape of the form's JSON schema.
    #[schema(value_type = Object)]
    content: Value,
    /// Reasons for warnings, by `reason_key` of the finding.
    #[serde(default)]
    reasons: BTreeMap<String, String>,
}

/// What stands in the way.
#[derive(Serialize, utoipa::ToSchema)]
struct FindingAnswer {
    rule: String,
    /// Whether a reason lets it pass; otherwise it must be mended.
    wants_reason: bool,
    /// Under which key the reason is sent.
    reason_key: String,
    path: String,
    message: String,
    mend: String,
    basis: String,
}

impl From<&Finding> for FindingAnswer {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            wants_reason: finding.effect == Effect::AskReason,
            reason_key: reason_key(finding),
            path: finding.path.clone(),
            message: finding.message_vi.clone(),
            mend: finding.how_to_mend.clone(),
            basis: finding.basis.clone(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NotYet {
    findings: Vec<FindingAnswer>,
}

impl NotYet {
    pub(super) fn of(findings: &[Finding]) -> Self {
        Self { findings: findings.iter().map(FindingAnswer::from).collect() }
    }
}

/// Sends a declaration for one's own obligation, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/obligations/{id}/declaration", tag = "declaration", request_body = SubmitRequest,
    params(("id" = ObligationId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Submitted), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = NotYet)))]
async fn submit_declaration(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path(id): Path<ObligationId>,
    headers: HeaderMap,
    Json(request): Json<SubmitRequest>,
) -> Answer<Response> {
    actor.require(&[Role::Declarant])?;
    let once = Once::of_request(&headers, &(id, &request))?;
    let submission =
        Submission { content: request.content, reasons: request.reasons, said: None, holdings: None, draft: None };
    match submit::submit(&app, &actor, id, submission, &once).await? {
        Outcome::Submitted(submitted) => Ok((StatusCode::CREATED, Json(submitted)).into_response()),
        Outcome::NotYet(findings) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(NotYet::of(&findings))).into_response())
        }
    }
}

/// A declaration on record. Ids and words; no names.
#[derive(Serialize, utoipa::ToSchema)]
struct DeclarationLine {
    id: DeclarationId,
    person: PersonId,
    obligation: Option<ObligationId>,
    kind: &'static str,
    year: i16,
    completed_on: NaiveDate,
    channel: String,
    recorded_at: DateTime<Utc>,
    received_on: Option<NaiveDate>,
    hand_over_due_on: Option<NaiveDate>,
    /// To the control agency, unless it was missing there.
    handed_over_on: Option<NaiveDate>,
    /// The demand to complete or declare again that waits for an answer.
    demand: Option<DemandId>,
    /// Its last day, once it reached the declarant.
    demand_due_on: Option<NaiveDate>,
}

impl From<Declaration> for DeclarationLine {
    fn from(d: Declaration) -> Self {
        Self {
            id: d.id,
            person: d.person,
            obligation: d.obligation,
            kind: d.kind.as_str(),
            year: d.year,
            completed_on: d.completed_on,
            channel: d.channel,
            recorded_at: d.created_at,
            received_on: d.received_on,
            hand_over_due_on: d.hand_over_due_on,
            handed_over_on: d.handed_over_on,
            demand: d.demand,
            demand_due_on: d.demand_due_on,
        }
    }
}

/// The newest declarations the token may see, at most 500.
#[utoipa::path(get, path = "/declarations", tag = "declaration",
    responses((status = 200, body = Vec<DeclarationLine>), (status = 401), (status = 403)))]
async fn declarations(State(app): State<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<DeclarationLine>>> {
    actor.require(&READERS)?;
    let found = app.db.read(&actor, "declaration.list", async |tx| store::list(tx, 500).await).await?;
    Ok(Json(found.into_iter().map(DeclarationLine::from).collect()))
}

/// A declaration with its content.
#[derive(Serialize, utoipa::ToSchema)]
struct DeclarationAnswer {
    #[serde(flatten)]
    line: DeclarationLine,
    version: i32,
    version_id: VersionId,
    rule_set: String,
    document_sha256: String,
    #[schema(value_type = Object)]
    content: Value,
}

/// One declaration, by default its version in force. Opening it is recorded in the log.
#[utoipa::path(get, path = "/declarations/{id}", tag = "declaration",
    params(("id" = DeclarationId, Path), ("version" = Option<i32>, Query, description = "its number; the one in force without")),
    responses((status = 200, body = DeclarationAnswer), (status = 401), (status = 403), (status = 404)))]
async fn declaration(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<VersionAsked>,
) -> Answer<Json<DeclarationAnswer>> {
    actor.require(&READERS)?;
    let opened = app
        .db
        .read(&actor, "declaration.open", async |tx| {
            let declaration = store::find(tx, id).await?;
            open::open_version(tx, declaration, asked.version).await
        })
        .await?;
    Ok(Json(DeclarationAnswer {
        line: opened.declaration.into(),
        version: opened.version.version,
        version_id: opened.version.id,
        rule_set: opened.version.rule_set,
        document_sha256: hex::encode(opened.version.document_hash),
        content: opened.content,
    }))
}

/// Where a declaration stands in its log.
#[derive(Serialize, utoipa::ToSchema)]
struct ProofAnswer {
    event: EventId,
    document_sha256: String,
    /// The log's signed promise (docs/API.md).
    promise: Option<String>,
    /// Once the log has given the event its place.
    inclusion: Option<InclusionAnswer>,
}

/// RFC 9162 §2.1.3.
#[derive(Serialize, utoipa::ToSchema)]
struct InclusionAnswer {
    index: u64,
    size: u64,
    /// Hashes from the leaf up, hex.
    path: Vec<String>,
    /// C2SP signed note.
    checkpoint: String,
}

/// Which version is asked for; without one, the one in force.
#[derive(Deserialize)]
struct VersionAsked {
    version: Option<i32>,
}

/// The promise of a declaration's event and, once it has one, its place with the proof.
#[utoipa::path(get, path = "/declarations/{id}/proof", tag = "declaration",
    params(("id" = DeclarationId, Path), ("version" = Option<i32>, Query, description = "its number; the one in force without")),
    responses((status = 200, body = ProofAnswer), (status = 401), (status = 403), (status = 404)))]
async fn proof(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    Query(asked): Query<VersionAsked>,
) -> Answer<Json<ProofAnswer>> {
    actor.require(&READERS)?;
    let (version, place) = app
        .db
        .read(&actor, "declaration.proof", async |tx| {
            let declaration = store::find(tx, id).await?;
            let version = store::version(tx, &declaration, asked.version).await?;
            let place = audit::place_of(tx, declaration.partition, version.event).await?;
            Ok((version, place))
        })
        .await?;
    let inclusion = place.proof.map(|(proof, checkpoint)| InclusionAnswer {
        index: proof.index,
        size: proof.size,
        path: proof.path.iter().map(ToString::to_string).collect(),
        checkpoint,
    });
    Ok(Json(ProofAnswer {
        event: version.event,
        document_sha256: hex::encode(version.document_hash),
        promise: place.promise,
        inclusion,
    }))
}

/// Who received a declaration, in which position, on which day.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceiptRequest {
    /// The version that was read (`version_id`); refused when another has come since.
    #[serde(default)]
    version: Option<VersionId>,
    received_on: NaiveDate,
    receiver_name: String,
    receiver_position: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct ReceiptAnswer {
    received_on: NaiveDate,
    /// Last day of the hand-over to the control agency (article 38.3).
    hand_over_due_on: NaiveDate,
}

/// Receives a declaration of one of the unit's people, once.
#[utoipa::path(post, path = "/declarations/{id}/receipt", tag = "declaration", request_body = ReceiptRequest,
    params(("id" = DeclarationId, Path)),
    responses((status = 201, body = ReceiptAnswer), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn receive_declaration(
    State(app): State<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    Json(request): Json<ReceiptRequest>,
) -> Answer<(StatusCode, Json<ReceiptAnswer>)> {
    actor.require(&[Role::UnitOfficer])?;
    let (receiver_name, receiver_position) =
        signer("receiver", "người nhận", &request.receiver_name, &request.receiver_position)
            .map_err(|refusal| refusal.basis("hướng dẫn số 1 Phụ lục I Nghị định 130/2020/NĐ-CP"))?;
    let receipt =
        Receipt { version: request.version, received_on: request.received_on, receiver_name, receiver_position };
    let hand_over_due_on = receive::receive(&app, &actor, id, &receipt).await?;
    Ok((StatusCode::CREATED, Json(ReceiptAnswer { received_on: request.received_on, hand_over_due_on })))
}
