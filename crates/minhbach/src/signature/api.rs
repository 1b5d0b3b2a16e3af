//! Signing as JSON: the same acts as the pages, under the same policies. Ids, words, days and hashes; no names.
use axum::body::Body;
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::follow::Done;
use super::model::{ActKind, Channel, DataSignature, Followed, Side, Verdict};
use super::pages::too_large;
use super::paper::{self, OnPaper};
use super::sign::{Outcome, Recorded, accept, require_signer};
use super::subject::{Root, Seat};
use super::{data, follow, hand_out, store};
use crate::account::Bearer;
use crate::intake::uploads::{self, Content, STALL, Sender};
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, HandOverId, SignatureId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::web::respond::{PDF, PKCS7, attachment};
use crate::kernel::{Actor, App, Once, Refusal, Result, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_declaration))
        .routes(routes!(copy_of_declaration))
        .routes(routes!(declaration_on_paper))
        .routes(routes!(of_batch))
        .routes(routes!(copy_of_batch))
        .routes(routes!(batch_on_paper))
        .routes(routes!(document))
        .routes(routes!(detached))
        .routes(routes!(withdraw))
        .routes(routes!(decide))
}

/// Files come slowly and have places of their own (`intake::uploads`).
pub fn uploads() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_declaration)).routes(routes!(sign_batch)).routes(routes!(sign_document))
}

type Answer<T> = Result<T, ApiError>;

/// A signature on record.
#[derive(Serialize, utoipa::ToSchema)]
struct SignatureAnswer {
    id: SignatureId,
    side: Side,
    channel: Channel,
    /// Of a digital one, when it was received: no check failed.
    verdict: Option<Verdict>,
    signed_at: Option<DateTime<Utc>>,
    paper_on: Option<NaiveDate>,
    /// What came of it: withdrawn, accepted, refused.
    acts: Vec<ActKind>,
    recorded_at: DateTime<Utc>,
    /// SHA-256 over what the log has of it, hex.
    record_sha256: String,
    /// The detached signature over the document itself.
    detached: Option<DetachedAnswer>,
}

/// A detached signature on record: CMS over the canonical JSON of the declaration.
#[derive(Serialize, utoipa::ToSchema)]
struct DetachedAnswer {
    verdict: Verdict,
    /// SHA-256 of the document it is over, hex.
    document_sha256: String,
    recorded_at: DateTime<Utc>,
    /// SHA-256 over what the log has of it, hex.
    record_sha256: String,
}

impl From<DataSignature> for DetachedAnswer {
    fn from(one: DataSignature) -> Self {
        Self {
            verdict: one.verdict,
            document_sha256: hex::encode(one.document_hash),
            recorded_at: one.created_at,
            record_sha256: hex::encode(one.record_hash),
        }
    }
}

impl From<Followed> for SignatureAnswer {
    fn from(one: Followed) -> Self {
        let detached = one.data.map(DetachedAnswer::from);
        let acts = one.acts.iter().map(|act| act.act).collect();
        let one = one.signature;
        Self {
            acts,
            id: one.id,
            side: one.side,
            channel: one.channel,
            verdict: one.verdict,
            signed_at: one.signed_at,
            paper_on: one.paper_on,
            recorded_at: one.created_at,
            record_sha256: hex::encode(one.record_hash),
            detached,
        }
    }
}

async fn list(app: &App, actor: &Actor, root: Root) -> Answer<Json<Vec<SignatureAnswer>>> {
    let found = app
        .db
        .read(actor, "signature.list", async |tx| {
            let on = root.signable(tx, root.subject().sides()[0]).await?;
            store::of_root(tx, &on).await
        })
        .await?;
    Ok(Json(found.into_iter().map(SignatureAnswer::from).collect()))
}

/// The body is the signed PDF itself.
async fn take(
    app: &App,
    actor: &Actor,
    seat: Seat,
    headers: &HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Recorded>)> {
    require_signer(app, actor, seat).await?;
    let limit_mib = app.config.signature.max_file_mib;
    let limit = usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?;
    let _slot = uploads::slot(actor.account_or_nil()).await?;
    let bytes = whole(body, limit, || too_large(limit_mib)).await?;
    let once = Once::of_request(headers, &(seat.root.id(), seat.side, hex::encode(sha256(&bytes))))?;
    told(accept(app, actor, seat, bytes, &once).await?)
}

async fn whole(body: Body, limit: usize, too_large: impl Fn() -> Refusal) -> Answer<Bytes> {
    match uploads::collect(body.into_data_stream(), limit, STALL, false).await {
        Content::Whole(bytes) => Ok(bytes),
        Content::TooLarge => Err(too_large().into()),
        Content::CutOff => Err(uploads::cut_off().into()),
    }
}

fn told(outcome: Outcome) -> Answer<(StatusCode, Json<Recorded>)> {
    match outcome {
        Outcome::Recorded(recorded) => Ok((StatusCode::CREATED, Json(recorded))),
        Outcome::Refused(report) => {
            let failed: Vec<_> = report.failures().map(|check| check.said.as_str()).collect();
            Err(Refusal::new("signature_invalid", failed.join(" "), "Đề nghị ký lại đúng tệp đã tải về rồi gửi lại.")
                .into())
        }
    }
}

/// The side a role signs for: the declarant and who received the declaration, the unit and the agency of a hand-over.
fn of_role(actor: &Actor, root: Root) -> Seat {
    let [first, second] = root.subject().sides();
    let is_first = match root {
        Root::Declaration(_) => actor.is(Role::Declarant),
        Root::HandOver(_) | Root::Minutes(_) => actor.is(Role::UnitOfficer),
    };
    Seat { root, side: if is_first { first } else { second } }
}

/// Signatures of a declaration the token may see.
#[utoipa::path(get, path = "/declarations/{id}/signatures", tag = "signature", params(("id" = DeclarationId, Path)),
    responses((status = 200, body = Vec<SignatureAnswer>), (status = 401), (status = 403), (status = 404)))]
async fn of_declaration(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
) -> Answer<Json<Vec<SignatureAnswer>>> {
    actor.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    list(&app, &actor, Root::Declaration(id)).await
}

/// Brings a declaration back signed, by its declarant or by who received it: the body is the PDF handed out, signed as PAdES.
#[utoipa::path(post, path = "/declarations/{id}/signatures", tag = "signature",
    params(("id" = DeclarationId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn sign_declaration(
    Part(app): Part<App>,
    Sender(Bearer(actor)): Sender<Bearer>,
    Path(id): Path<DeclarationId>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::Declarant, Role::UnitOfficer])?;
    take(&app, &actor, of_role(&actor, Root::Declaration(id)), &headers, body).await
}

/// The PDF of a declaration to be signed; the same bytes each time, until the other side signs.
#[utoipa::path(get, path = "/declarations/{id}/signing-copy", tag = "signature", params(("id" = DeclarationId, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 401), (status = 403), (status = 404)))]
async fn copy_of_declaration(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
) -> Answer<Response> {
    actor.require(&[Role::Declarant, Role::UnitOfficer])?;
    let bytes = hand_out::hand_out(&app, &actor, of_role(&actor, Root::Declaration(id))).await?;
    Ok(attachment(PDF, "ban-ke-khai-de-ky.pdf", bytes))
}

/// Records that a declaration was signed on paper.
#[utoipa::path(post, path = "/declarations/{id}/paper-signature", tag = "signature", request_body = OnPaper,
    params(("id" = DeclarationId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn declaration_on_paper(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DeclarationId>,
    headers: HeaderMap,
    Json(asked): Json<OnPaper>,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::UnitOfficer])?;
    let once = Once::of_request(&headers, &(id, asked))?;
    Ok((
        StatusCode::CREATED,
        Json(
            paper::record(&app, &actor, Seat { root: Root::Declaration(id), side: Side::Declarant }, asked, &once)
                .await?,
        ),
    ))
}

/// Signatures of a batch the token may see.
#[utoipa::path(get, path = "/hand-overs/{id}/signatures", tag = "signature", params(("id" = HandOverId, Path)),
    responses((status = 200, body = Vec<SignatureAnswer>), (status = 401), (status = 403), (status = 404)))]
async fn of_batch(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<HandOverId>,
) -> Answer<Json<Vec<SignatureAnswer>>> {
    actor.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    list(&app, &actor, Root::HandOver(id)).await
}

/// Brings the record of a hand-over back signed for the unit, or for the agency over the unit's file: the body is the PDF handed out, signed as PAdES.
#[utoipa::path(post, path = "/hand-overs/{id}/signatures", tag = "signature",
    params(("id" = HandOverId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body(content = Vec<u8>, content_type = "application/pdf"),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn sign_batch(
    Part(app): Part<App>,
    Sender(Bearer(actor)): Sender<Bearer>,
    Path(id): Path<HandOverId>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    take(&app, &actor, of_role(&actor, Root::HandOver(id)), &headers, body).await
}

/// The PDF of a record of hand-over to be signed; the agency's is the file the unit signed.
#[utoipa::path(get, path = "/hand-overs/{id}/signing-copy", tag = "signature", params(("id" = HandOverId, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 401), (status = 403), (status = 404)))]
async fn copy_of_batch(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<HandOverId>) -> Answer<Response> {
    actor.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    let bytes = hand_out::hand_out(&app, &actor, of_role(&actor, Root::HandOver(id))).await?;
    Ok(attachment(PDF, "bien-ban-ban-giao-de-ky.pdf", bytes))
}

/// Records that the unit signed the record of a hand-over on paper.
#[utoipa::path(post, path = "/hand-overs/{id}/paper-signature", tag = "signature", request_body = OnPaper,
    params(("id" = HandOverId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn batch_on_paper(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<HandOverId>,
    headers: HeaderMap,
    Json(asked): Json<OnPaper>,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::UnitOfficer])?;
    let once = Once::of_request(&headers, &(id, asked))?;
    Ok((
        StatusCode::CREATED,
        Json(paper::record(&app, &actor, Seat { root: Root::HandOver(id), side: Side::Unit }, asked, &once).await?),
    ))
}

/// The document itself, byte for byte what was hashed: for its declarant, and for the agency once it is signed.
#[utoipa::path(get, path = "/signatures/{id}/document", tag = "signature", params(("id" = SignatureId, Path)),
    responses((status = 200, content_type = "application/json"), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn document(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<SignatureId>) -> Answer<Response> {
    actor.require(&[Role::Declarant, Role::IntakeOfficer])?;
    let document = data::document(&app, &actor, id).await?;
    Ok(attachment("application/json", "ban-ke-khai-du-lieu.json", document.text))
}

/// The detached signature over the document, DER.
#[utoipa::path(get, path = "/signatures/{id}/detached", tag = "signature", params(("id" = SignatureId, Path)),
    responses((status = 200, content_type = "application/pkcs7-signature"), (status = 401), (status = 403), (status = 404)))]
async fn detached(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<SignatureId>) -> Answer<Response> {
    actor.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let bytes = data::file(&app, &actor, id).await?;
    Ok(attachment(PKCS7, "ban-ke-khai-du-lieu.p7s", bytes))
}

/// The declarant signs the document itself, beside the file they signed: the body is a detached CMS over it, DER, made with the same certificate.
#[utoipa::path(post, path = "/signatures/{id}/detached", tag = "signature",
    params(("id" = SignatureId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    request_body(content = Vec<u8>, content_type = "application/pkcs7-signature"),
    responses((status = 201, body = Recorded), (status = 401), (status = 403), (status = 404), (status = 409), (status = 413),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn sign_document(
    Part(app): Part<App>,
    Sender(Bearer(actor)): Sender<Bearer>,
    Path(id): Path<SignatureId>,
    headers: HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Recorded>)> {
    actor.require(&[Role::Declarant])?;
    data::require_signer(&app, &actor, id).await?;
    let _slot = uploads::slot(actor.account_or_nil()).await?;
    let bytes = whole(body, data::LARGEST, data::too_large).await?;
    let once = Once::of_request(&headers, &(id, "detached", hex::encode(sha256(&bytes))))?;
    told(data::accept(&app, &actor, id, bytes, &once).await?)
}

/// Why a signature is withdrawn.
#[derive(Debug, serde::Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    /// At most 1000 characters.
    reason: String,
}

/// How a signature is decided of which something could not be checked.
#[derive(Debug, serde::Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    accepts: bool,
    /// At most 1000 characters.
    reason: String,
}

/// Withdraws a signature: by who signed, or who recorded it on paper.
#[utoipa::path(post, path = "/signatures/{id}/withdrawal", tag = "signature", request_body = Withdrawal,
    params(("id" = SignatureId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Done), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn withdraw(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<SignatureId>,
    headers: HeaderMap,
    Json(asked): Json<Withdrawal>,
) -> Answer<(StatusCode, Json<Done>)> {
    actor.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &asked))?;
    Ok((StatusCode::CREATED, Json(follow::withdraw(&app, &actor, id, &asked.reason, &once).await?)))
}

/// Accepts or refuses a signature of which something could not be checked: the other side.
#[utoipa::path(post, path = "/signatures/{id}/decision", tag = "signature", request_body = Decision,
    params(("id" = SignatureId, Path), ("Idempotency-Key" = String, Header, description = "8–100 characters")),
    responses((status = 201, body = Done), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn decide(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<SignatureId>,
    headers: HeaderMap,
    Json(asked): Json<Decision>,
) -> Answer<(StatusCode, Json<Done>)> {
    actor.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &(id, &asked))?;
    let done = follow::decide(&app, &actor, id, asked.accepts, &asked.reason, &once).await?;
    Ok((StatusCode::CREATED, Json(done)))
}
