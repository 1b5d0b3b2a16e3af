//! Publications as JSON: the same verbs as the pages, under the same policies. Ids, days, counts and hashes; no names.
use axum::extract::State as Part;
use axum::http::{HeaderMap, StatusCode};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::begin::{self, Beginning, Started};
use super::end::{self, BreakingOff, Broken, Closed, Minutes};
use super::model::{Item, Reading, Summary};
use super::store;
use super::{Mode, State};
use crate::account::Bearer;
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::web::ApiError;
use crate::kernel::web::api::{Json, Path};
use crate::kernel::{App, Once, Role};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, publish))
        .routes(routes!(show))
        .routes(routes!(close))
        .routes(routes!(break_off))
}

type Answer<T> = Result<T, ApiError>;

/// Publications in one answer.
const MOST: i64 = 500;

/// Who publishes and who looks whether it was done.
const SIDES: [Role; 2] = [Role::UnitOfficer, Role::IntakeOfficer];

/// A publication in the list.
#[derive(Serialize, utoipa::ToSchema)]
struct DisclosureLine {
    id: DisclosureId,
    agency: PartitionId,
    unit: OrganisationId,
    mode: Mode,
    state: State,
    from_on: NaiveDate,
    /// The last day of the posting; of a meeting its day.
    until_on: NaiveDate,
    broken_on: Option<NaiveDate>,
    minutes_year: Option<i16>,
    minutes_number: Option<i32>,
    declarations: i64,
    /// Begun after their last day (khoản 3 Điều 11 Nghị định 130/2020/NĐ-CP).
    late: i64,
}

impl From<Summary> for DisclosureLine {
    fn from(s: Summary) -> Self {
        Self {
            id: s.id,
            agency: s.partition,
            unit: s.unit,
            mode: s.mode,
            state: s.state,
            from_on: s.from_on,
            until_on: s.until_on,
            broken_on: s.broken_on,
            minutes_year: s.minutes_year,
            minutes_number: s.minutes_number,
            declarations: s.count,
            late: s.late,
        }
    }
}

/// Publications the token may see: those without an end, the first to end first; then the newest. At most 500.
#[utoipa::path(get, path = "/disclosures", tag = "disclosure",
    responses((status = 200, body = Vec<DisclosureLine>), (status = 401), (status = 403)))]
async fn list(Part(app): Part<App>, Bearer(actor): Bearer) -> Answer<Json<Vec<DisclosureLine>>> {
    actor.require(&SIDES)?;
    let found = app.db.read(&actor, "disclosure.list", async |tx| store::list(tx, MOST).await).await?;
    Ok(Json(found.into_iter().map(DisclosureLine::from).collect()))
}

/// Posts declarations that were handed over, or puts down the meeting at which they were read, once per `Idempotency-Key`.
#[utoipa::path(post, path = "/disclosures", tag = "disclosure", request_body = Beginning,
    params(("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Started), (status = 401), (status = 403),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn publish(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    headers: HeaderMap,
    Json(mut request): Json<Beginning>,
) -> Answer<(StatusCode, Json<Started>)> {
    actor.require(&[Role::UnitOfficer])?;
    request.place = viet::text::normalise(&request.place);
    if let Some(meeting) = &mut request.meeting {
        meeting.chair_name = viet::text::normalise(&meeting.chair_name);
        meeting.chair_position = viet::text::normalise(&meeting.chair_position);
        meeting.questions = begin::paragraphs(&meeting.questions);
    }
    let once = Once::of_request(&headers, &request)?;
    Ok((StatusCode::CREATED, Json(begin::begin(&app, &actor, &request, &once).await?)))
}

/// A declaration of a publication.
#[derive(Serialize, utoipa::ToSchema)]
struct DisclosureItem {
    declaration: DeclarationId,
    version: VersionId,
    person: PersonId,
    kind: &'static str,
    year: i16,
    handed_on: NaiveDate,
    /// The last day to begin to publish it.
    publish_due_on: NaiveDate,
    document_sha256: String,
}

impl From<Item> for DisclosureItem {
    fn from(item: Item) -> Self {
        Self {
            declaration: item.declaration,
            version: item.version,
            person: item.person,
            kind: item.kind.as_str(),
            year: item.year,
            handed_on: item.handed_on,
            publish_due_on: item.due_on,
            document_sha256: hex::encode(item.document_hash),
        }
    }
}

/// A publication with its declarations and the hashes the log has of it.
#[derive(Serialize, utoipa::ToSchema)]
struct DisclosureAnswer {
    id: DisclosureId,
    agency: PartitionId,
    unit: OrganisationId,
    mode: Mode,
    state: State,
    rule_set: String,
    from_on: NaiveDate,
    until_on: NaiveDate,
    summoned: Option<i32>,
    present: Option<i32>,
    /// How many of those summoned had to be there.
    needed: Option<i32>,
    reading: Option<Reading>,
    closed_on: Option<NaiveDate>,
    minutes_year: Option<i16>,
    minutes_number: Option<i32>,
    broken_on: Option<NaiveDate>,
    /// SHA-256 over how it began.
    begun_sha256: String,
    /// SHA-256 over how it ended, once it did.
    end_sha256: Option<String>,
    declarations: Vec<DisclosureItem>,
}

/// One publication; nothing under seal is opened.
#[utoipa::path(get, path = "/disclosures/{id}", tag = "disclosure", params(("id" = DisclosureId, Path)),
    responses((status = 200, body = DisclosureAnswer), (status = 401), (status = 403), (status = 404)))]
async fn show(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DisclosureId>,
) -> Answer<Json<DisclosureAnswer>> {
    actor.require(&SIDES)?;
    let (disclosure, items) = app
        .db
        .read(&actor, "disclosure.show", async |tx| {
            let disclosure = store::find(tx, id).await?;
            let items = store::items(tx, &disclosure).await?;
            Ok((disclosure, items))
        })
        .await?;
    Ok(Json(DisclosureAnswer {
        id,
        agency: disclosure.partition,
        unit: disclosure.unit,
        mode: disclosure.mode,
        state: disclosure.state,
        rule_set: disclosure.rule_set,
        from_on: disclosure.from_on,
        until_on: disclosure.until_on,
        summoned: disclosure.summoned,
        present: disclosure.present,
        needed: disclosure.needed,
        reading: disclosure.reading,
        closed_on: disclosure.closed_on,
        minutes_year: disclosure.minutes_year,
        minutes_number: disclosure.minutes_number,
        broken_on: disclosure.broken_on,
        begun_sha256: hex::encode(&disclosure.begun_hash),
        end_sha256: disclosure.end_hash.as_ref().map(hex::encode),
        declarations: items.into_iter().map(DisclosureItem::from).collect(),
    }))
}

/// Closes a publication with its minutes, once.
#[utoipa::path(post, path = "/disclosures/{id}/minutes", tag = "disclosure", request_body = Minutes,
    params(("id" = DisclosureId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Closed), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn close(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DisclosureId>,
    headers: HeaderMap,
    Json(mut request): Json<Minutes>,
) -> Answer<(StatusCode, Json<Closed>)> {
    actor.require(&[Role::UnitOfficer])?;
    for text in
        [&mut request.head_name, &mut request.head_position, &mut request.union_name, &mut request.union_position]
    {
        *text = viet::text::normalise(text);
    }
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(end::close(&app, &actor, id, &request, &once).await?)))
}

/// Breaks a publication off, once; its declarations wait to be published again.
#[utoipa::path(post, path = "/disclosures/{id}/breaking-off", tag = "disclosure", request_body = BreakingOff,
    params(("id" = DisclosureId, Path), ("Idempotency-Key" = String, Header, description = "8 to 100 characters; the same for the same request")),
    responses((status = 201, body = Broken), (status = 401), (status = 403), (status = 404),
        (status = 409, body = crate::kernel::web::respond::Problem), (status = 422, body = crate::kernel::web::respond::Problem)))]
async fn break_off(
    Part(app): Part<App>,
    Bearer(actor): Bearer,
    Path(id): Path<DisclosureId>,
    headers: HeaderMap,
    Json(mut request): Json<BreakingOff>,
) -> Answer<(StatusCode, Json<Broken>)> {
    actor.require(&[Role::UnitOfficer])?;
    request.reason = viet::text::normalise(&request.reason);
    let once = Once::of_request(&headers, &(id, &request))?;
    Ok((StatusCode::CREATED, Json(end::break_off(&app, &actor, id, &request, &once).await?)))
}
