//! What is new, where messages go, and who looked at one's file.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::{NoContext, Timestamp, Uuid};

use super::address::{self, Standing};
use super::model::Item;
use super::{access, store};
use crate::account::{Posted, Signed, news};
use crate::kernel::clock::vietnam;
use crate::kernel::id::{AccountId, EventId};
use crate::kernel::web::{FieldErrors, Html, Page, Query, html, html_with};
use crate::kernel::{Actor, App, Error, Result, Role, Tx};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/thong-bao", get(show))
        .route("/thong-bao/thu-dien-tu", post(give))
        .route("/thong-bao/thu-dien-tu/xac-nhan", post(confirm))
        .route("/thong-bao/thu-dien-tu/bo", post(take_back))
        .route("/ke-khai/ai-da-xem", get(accesses))
}

/// Lines on one page.
const SHOWN: i64 = 50;
/// What was being committed while the page was made is new the next time too.
const UNDER_WAY_SECONDS: u64 = 60;

/// Older than which event, and up to which one the first page of them was made.
#[derive(Clone, Copy, Default, Deserialize)]
struct Older {
    truoc: Option<EventId>,
    moi: Option<EventId>,
}

struct Line {
    at: String,
    says: &'static str,
    due: String,
    href: String,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "notification/pages/news.html")]
struct NewsPage {
    page: Page,
    lines: Vec<Line>,
    older: String,
    is_first: bool,
    is_declarant: bool,
    has_mail: bool,
    address: String,
    state: &'static str,
    state_kind: &'static str,
    waits_for_code: bool,
    is_given: bool,
    label: &'static str,
    button: &'static str,
    typed: String,
    errors: FieldErrors,
}

/// What of a form is shown again.
#[derive(Default)]
struct Again {
    typed: Option<String>,
    errors: FieldErrors,
}

/// What others did that the person is told of, the newest first. Who has looked at all that is new, page by page, finds it
/// without the mark "Mới" the next time.
async fn show(State(app): State<App>, signed: Signed, Query(older): Query<Older>) -> Result<Html> {
    page(&app, &signed, older, StatusCode::OK, None).await
}

/// With the form shown again nothing counts as looked at.
async fn page(app: &App, signed: &Signed, older: Older, status: StatusCode, again: Option<Again>) -> Result<Html> {
    let before = older.truoc;
    store::require_told(&signed.actor)?;
    let account = account_of(&signed.actor)?;
    let looked_at = older.moi.filter(|_| before.is_some()).unwrap_or_else(newest_possible);
    // Sign-in's own rows are the system's; what is new the person reads as themselves.
    let role = signed.role_id();
    let seen = app.db.read(&Actor::SYSTEM, "news.seen", async |tx| store::seen(tx, role).await).await?;
    let mut items = app.db.read(&signed.actor, "news.list", async |tx| items(tx, before, seen).await).await?;
    let more = items.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let is_whole = !more || items.last().is_some_and(|last| !last.is_new);
    let older = items.last().filter(|_| more).map(|last| format!("/thong-bao?truoc={}&moi={looked_at}", last.event));
    let standing = address::standing(app, account).await?;
    if is_whole && again.is_none() {
        // Where somebody looked last is not an act.
        app.db.housekeep(&Actor::SYSTEM, "news.look", async |tx| store::set_seen(tx, role, looked_at).await).await?;
    }
    let (state, state_kind) = told(standing.as_ref());
    let again = again.unwrap_or_default();
    let page = NewsPage {
        page: signed.page("Thông báo"),
        lines: items.into_iter().map(line).collect(),
        older: older.unwrap_or_default(),
        is_first: before.is_none(),
        is_declarant: signed.role() == Role::Declarant,
        has_mail: app.config.mail.server.is_some(),
        waits_for_code: standing.as_ref().is_some_and(|standing| standing.waits_for_code),
        is_given: standing.is_some(),
        label: if standing.is_some() { "Địa chỉ khác" } else { "Địa chỉ thư điện tử" },
        button: if standing.is_some() { "secondary" } else { "" },
        typed: again.typed.unwrap_or_default(),
        address: standing.map(|standing| standing.address).unwrap_or_default(),
        state,
        state_kind,
        errors: again.errors,
    };
    html_with(status, &page)
}

fn told(standing: Option<&Standing>) -> (&'static str, &'static str) {
    match standing {
        None => ("Chưa ghi", ""),
        Some(standing) if standing.refused_at.is_some() => ("Máy chủ thư không nhận địa chỉ này", "wrong"),
        Some(standing) if standing.confirmed_at.is_some() => ("Đã xác nhận", "good"),
        Some(standing) if standing.waits_for_code => ("Chờ xác nhận", "wait"),
        Some(_) => ("Mã đã hết hạn", "wait"),
    }
}

fn account_of(actor: &Actor) -> Result<AccountId> {
    actor.account.ok_or(Error::Forbidden)
}

/// The largest id an event can have whose act was finished by now.
fn newest_possible() -> EventId {
    let now = Timestamp::now(NoContext);
    let (seconds, nanos) = now.to_unix();
    EventId(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds.saturating_sub(UNDER_WAY_SECONDS), nanos)))
}

async fn items(tx: &mut Tx, before: Option<EventId>, seen: Option<EventId>) -> Result<Vec<Item>> {
    let actor = *tx.actor();
    let role = actor.role.ok_or(Error::Forbidden)?;
    let told = store::told(tx, &actor, before, SHOWN + 1).await?;
    let item = |told: super::model::Told| {
        let news = news::of(role, &told.name)?;
        let body: Value = serde_json::from_str(&told.body).ok()?;
        let is_new = seen.is_none_or(|seen| told.event > seen);
        Some(Item { event: told.event, at: told.at, news, body, is_new })
    };
    Ok(told.into_iter().filter_map(item).collect())
}

fn line(item: Item) -> Line {
    let due = item.news.due(&item.body).and_then(day);
    Line {
        at: moment(item.at),
        says: item.news.says,
        due: due.map(viet::date::format_short).unwrap_or_default(),
        href: item.news.href(&item.body),
        is_new: item.is_new,
    }
}

/// A day from the number its digits make.
fn day(number: i64) -> Option<NaiveDate> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&vietnam()).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// The form again, with what was typed and what is wrong with it.
async fn refused(app: &App, signed: &Signed, field: &str, typed: &str, error: Error) -> Result<Response> {
    let Error::Refused(refusal) = error else { return Err(error) };
    let mut errors = FieldErrors::default();
    errors.add(field, refusal.to_string());
    let again = Again { typed: Some(typed.to_owned()), errors };
    Ok(page(app, signed, Older::default(), refusal.status, Some(again)).await?.into_response())
}

fn stale(app: &App, signed: &Signed, field: &str, typed: &str) -> impl Future<Output = Result<Response>> {
    let (app, signed, field, typed) = (app.clone(), signed.clone(), field.to_owned(), typed.to_owned());
    async move {
        let mut errors = FieldErrors::default();
        errors.add(field, Signed::STALE);
        let again = Again { typed: Some(typed), errors };
        Ok(page(&app, &signed, Older::default(), StatusCode::CONFLICT, Some(again)).await?.into_response())
    }
}

const BACK: &str = "/thong-bao#thu-dien-tu";

/// Gives the address for messages; a code is sent to it.
async fn give(State(app): State<App>, posted: Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    store::require_told(&signed.actor)?;
    let typed = fields.get("dia-chi");
    if !signed.is_fresh(&fields) {
        return stale(&app, &signed, "dia-chi", typed).await;
    }
    match address::give(&app, account_of(&signed.actor)?, typed).await {
        Ok(()) => Ok(Redirect::to(BACK).into_response()),
        Err(error) => refused(&app, &signed, "dia-chi", typed, error).await,
    }
}

/// Confirms the address with the code from the message.
async fn confirm(State(app): State<App>, posted: Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    store::require_told(&signed.actor)?;
    let typed = fields.get("ma");
    if !signed.is_fresh(&fields) {
        return stale(&app, &signed, "ma", typed).await;
    }
    match address::confirm(&app, account_of(&signed.actor)?, typed).await {
        Ok(()) => Ok(Redirect::to(BACK).into_response()),
        Err(error) => refused(&app, &signed, "ma", typed, error).await,
    }
}

/// Takes the address back: no more messages.
async fn take_back(State(app): State<App>, posted: Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    store::require_told(&signed.actor)?;
    signed.require_fresh(&fields)?;
    address::take_back(&app, account_of(&signed.actor)?).await?;
    Ok(Redirect::to(BACK).into_response())
}

struct AccessLine {
    at: String,
    what: &'static str,
    by: String,
}

#[derive(Template)]
#[template(path = "notification/pages/access.html")]
struct AccessPage {
    page: Page,
    lines: Vec<AccessLine>,
    older: String,
}

/// Who else opened the person's own file: when, in which role, for which body, and what (Luật Bảo vệ dữ liệu cá nhân
/// 91/2025/QH15: whom the data is about may know how it is used). From the log, which nobody can change in secret.
async fn accesses(State(app): State<App>, signed: Signed, Query(older): Query<Older>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    let mut found =
        app.db.read(&signed.actor, "access.list", async |tx| access::of_own(tx, older.truoc, SHOWN + 1).await).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let older = found.last().filter(|_| more).map(|last| format!("/ke-khai/ai-da-xem?truoc={}", last.event));
    let line = |one: access::Access| AccessLine { at: moment(one.at), what: one.what, by: one.by };
    html(&AccessPage {
        page: signed.page("Ai đã xem hồ sơ"),
        lines: found.into_iter().map(line).collect(),
        older: older.unwrap_or_default(),
    })
}
