//! Files that pass between agencies as JSON: the same verbs as the pages, under the same policies. Ids, days, counts and
//! hashes; of who a file is about, only what the receiver must compare.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Declining, Taken, Taking};
use super::model::Transfer;
use super::open::{self, Candidate, Found};
use super::send::{self, Sending, Sent};
use super::store;
use crate::account::Bearer;
use crate::declaration::api::signer;
use crate::handover::api::SIGNER;
use crate::kernel::id::{CustodyId, OriginalId, PartitionId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Error, Once, Role};
use crate::person::custody::{Reason, State};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, send_file))
        .routes(routes!(show))
        .routes(routes!(take))
        .routes(routes!(decline))
        .routes(routes!(withdraw))
}

type Answer<T> = Result<T, ApiError>;

/// Files in one answer.
const MOST: i64 = 500;

/// A file sent or received.
#[derive(Serialize, utoipa::ToSchema)]
struct CustodyLine {
    id: CustodyId,
    from: PartitionId,
    to: PartitionId,
    /// As this agency knows them: the receiver once it took the file.
    person: Option<PersonId>,
    reason: Reason,
    state: State,
    sent_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    declarations: i32,
    versions: i32,
    /// SHA-256 of the sealed package.
    package_sha256: String,
    sent_sha256: String,
    ended_sha256: Option<String>,
}

impl CustodyLine {
    fn of(transfer: &Transfer, agency: PartitionId) -> Self {
        let is_sender = transfer.partition == agency;
        Self {
            id: transfer.id,
            from: transfer.partition,
            to: transfer.to,
            person: if is_sender { Some(transfer.person) } else { transfer.to_person },
            reason: transfer.reason,
            state: transfer.state,
            sent_on: transfer.sent_on,
            ended_on: transfer.ended_on,
            declarations: transfer.declarations,
            versions: transfer.versions,
            package_sha256: hex::encode(&transfer.package_hash),
            sent_sha256: hex::encode(&transfer.sent_hash),
            ended_sha256: transfer.end_hash.as_ref().map(hex::encode),
        }
    }
}

/// Files of the agency, in and out: those that wait first. At most 500; nothing under seal is opened.
#[utoipa::path(get, path = "/custody-transfers", tag = "custody",
    responses((status = 200, body = Vec<CustodyLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<CustodyLine>>> {
    actor.require(&[Role::IntakeOfficer])?;
    let agency = actor.agency().ok_or(Error::Forbidden)?;
    let found = app.db.read(&actor, "custody.list", async |tx| store::list(tx, agency, MOST).await).await?;
    Ok(Json(found.iter().map(|transfer| CustodyLine::of(transfer, agency)).collect()))
}

/// Sends the file of a person to the agency that controls them from now on, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/custody-transfers", tag = "custody", request_body = Sending,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Sent), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn send_file(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(mut request): Json<Sending>,
) -> Answer<(StatusCode, Json<Sent>)> {
    actor.require(&[Role::IntakeOfficer])?;
    (request.signer_name, request.signer_position) =
        signer("signer", SIGNER, &request.signer_name, &request.signer_position)?;
    request.document_no = viet::text::normalise(&request.document_no);
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(send::send(&app, &actor, &request, &once).await?)))
}

/// Who a file is about, or who of the list may be that person.
#[derive(Serialize, utoipa::ToSchema)]
struct Someone {
    /// On the receiver's list; absent for the person of the file.
    person: Option<PersonId>,
    name: String,
    birthday: Option<NaiveDate>,
    id_no: Option<String>,
    position: String,
    unit: String,
}

impl From<&Candidate> for Someone {
    fn from(one: &Candidate) -> Self {
        Self {
            person: Some(one.id),
            name: one.facts.name.clone(),
            birthday: one.facts.dob,
            id_no: one.facts.id_no.clone(),
            position: one.facts.position.clone(),
            unit: one.unit.clone(),
        }
    }
}

/// A copy that came with a file.
#[derive(Serialize, utoipa::ToSchema)]
struct OriginalAnswer {
    id: OriginalId,
    origin: PartitionId,
    version: VersionId,
    number: i32,
    kind: &'static str,
    year: i16,
    completed_on: NaiveDate,
    received_on: Option<NaiveDate>,
    document_sha256: String,
    /// Event, nonce, inclusion proof and checkpoint of the log it is on record in.
    evidence: serde_json::Value,
}

/// A file. To its receiver, while it waits: who it is about and who of the list may be that person, or what is wrong with it;
/// once taken, the copies with their proofs.
#[derive(Serialize, utoipa::ToSchema)]
struct CustodyAnswer {
    #[serde(flatten)]
    line: CustodyLine,
    about: Option<Someone>,
    candidates: Vec<Someone>,
    fault: Option<String>,
    originals: Vec<OriginalAnswer>,
}

/// One file; opening it is a recorded access.
#[utoipa::path(get, path = "/custody-transfers/{custody}", tag = "custody", params(("custody" = CustodyId, Path)),
    responses((status = 200, body = CustodyAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(Part(app): Part<App>, Bearer(actor): Bearer, Path(id): Path<CustodyId>) -> Answer<Json<CustodyAnswer>> {
    actor.require(&[Role::IntakeOfficer])?;
    let agency = actor.agency().ok_or(Error::Forbidden)?;
    let opened = open::open(&app, &actor, id).await?;
    let (about, candidates, fault) = match &opened.found {
        None => (None, Vec::new(), None),
        Some(Found::Faulty(refusal)) => (None, Vec::new(), Some(refusal.to_string())),
        Some(Found::Whole { file, candidates }) => {
            let about = Someone {
                person: None,
                name: file.person.name.clone(),
                birthday: file.person.dob,
                id_no: file.person.id_no.clone(),
                position: file.person.position.clone(),
                unit: file.person.unit.clone(),
            };
            (Some(about), candidates.iter().map(Someone::from).collect(), None)
        }
    };
    let originals = opened.originals.iter().map(|original| OriginalAnswer {
        id: original.id,
        origin: original.origin,
        version: original.version,
        number: original.number,
        kind: original.kind.as_str(),
        year: original.year,
        completed_on: original.completed_on,
        received_on: original.received_on,
        document_sha256: hex::encode(&original.document_hash),
        evidence: serde_json::from_str(&original.evidence).unwrap_or_default(),
    });
    let originals = originals.collect();
    Ok(Json(CustodyAnswer { line: CustodyLine::of(&opened.transfer, agency), about, candidates, fault, originals }))
}

/// Takes a file, once: `person` is on the agency's list and is who the file is about.
#[utoipa::path(post, path = "/custody-transfers/{custody}/taking", tag = "custody", request_body = Taking,
    params(("custody" = CustodyId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Taken), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn take(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<CustodyId>,
    headers: HeaderMap,
    Json(mut request): Json<Taking>,
) -> Answer<(StatusCode, Json<Taken>)> {
    actor.require(&[Role::IntakeOfficer])?;
    (request.taker_name, request.taker_position) =
        signer("signer", SIGNER, &request.taker_name, &request.taker_position)?;
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(answer::take(&app, &actor, id, &request, &once).await?)))
}

/// Declines a file with the reason; its content is emptied.
#[utoipa::path(post, path = "/custody-transfers/{custody}/declining", tag = "custody", request_body = Declining,
    params(("custody" = CustodyId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn decline(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<CustodyId>,
    headers: HeaderMap,
    Json(mut request): Json<Declining>,
) -> Answer<StatusCode> {
    actor.require(&[Role::IntakeOfficer])?;
    (request.name, request.position) = signer("signer", SIGNER, &request.name, &request.position)?;
    request.reason = viet::text::normalise(&request.reason);
    let once = Once::of_request(&headers, &(id, &request))?;
    answer::decline(&app, &actor, id, &request, &once).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back a file that waits; its content is emptied.
#[utoipa::path(post, path = "/custody-transfers/{custody}/withdrawal", tag = "custody",
    params(("custody" = CustodyId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 204), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem)))]
async fn withdraw(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<CustodyId>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    actor.require(&[Role::IntakeOfficer])?;
    let once = Once::of_request(&headers, &id)?;
    send::withdraw(&app, &actor, id, &once).await?;
    Ok(StatusCode::NO_CONTENT)
}
