//! What is new, where messages go, and who looked at one's file.
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use super::address::{self, Standing};
use super::model::Item;
use super::{access, policy, store};
use crate::account::{Posted, Signed, news};
use crate::kernel::clock;
use crate::kernel::event::day_of_number;
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
const UNDER_WAY: Duration = Duration::from_secs(60);
/// The names of the page's two fields.
const ADDRESS: &str = "dia-chi";
const CODE: &str = "ma";

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
    typed_address: String,
    typed_code: String,
    errors: FieldErrors,
}

/// A form shown again: which field, what was typed into it, what is wrong with it.
struct Again<'a> {
    field: &'static str,
    typed: &'a str,
    says: String,
}

/// What others did that the person is told of, the newest first. Who has looked at all that is new, page by page, finds it
/// without the mark "Mới" the next time.
async fn show(State(app): State<App>, signed: Signed, Query(older): Query<Older>) -> Result<Html> {
    page(&app, &signed, older, StatusCode::OK, None).await
}

/// With the form shown again nothing counts as looked at.
async fn page(app: &App, signed: &Signed, older: Older, status: StatusCode, again: Option<Again<'_>>) -> Result<Html> {
    let before = older.truoc;
    policy::require_told(&signed.actor)?;
    let account = account_of(&signed.actor)?;
    let looked_at = older.moi.filter(|_| before.is_some()).unwrap_or_else(|| EventId::made_ago(UNDER_WAY));
    // Sign-in's own rows are the system's; what is new the person reads as themselves.
    let role = signed.role_id();
    let home = signed.actor.home;
    let (seen, is_practice) = app
        .db
        .read(&Actor::SYSTEM, "news.seen", async |tx| Ok((store::seen(tx, role).await?, tx.is_practice(home).await?)))
        .await?;
    let mut items = app.db.read(&signed.actor, "news.list", async |tx| items(tx, before, seen).await).await?;
    let last = last_of_more(&mut items);
    let is_whole = last.is_none_or(|last| !last.is_new);
    let older = last.map(|last| format!("/thong-bao?truoc={}&moi={looked_at}", last.event));
    let standing = address::standing(app, account).await?;
    if is_whole && again.is_none() {
        // Where somebody looked last is not an act.
        app.db.housekeep(&Actor::SYSTEM, "news.look", async |tx| store::set_seen(tx, role, looked_at).await).await?;
    }
    let (state, state_kind) = told(standing.as_ref());
    let typed = |field| again.as_ref().filter(|again| again.field == field).map_or("", |again| again.typed).to_owned();
    let (typed_address, typed_code) = (typed(ADDRESS), typed(CODE));
    let mut errors = FieldErrors::default();
    if let Some(again) = again {
        errors.add(again.field, again.says);
    }
    let page = NewsPage {
        page: signed.page("Thông báo"),
        lines: items.into_iter().map(line).collect(),
        older: older.unwrap_or_default(),
        is_first: before.is_none(),
        is_declarant: signed.role() == Role::Declarant,
        has_mail: app.config.mail.server.is_some() && !is_practice,
        waits_for_code: standing.as_ref().is_some_and(|standing| standing.waits_for_code),
        is_given: standing.is_some(),
        label: if standing.is_some() { "Địa chỉ khác" } else { "Địa chỉ thư điện tử" },
        button: if standing.is_some() { "secondary" } else { "" },
        typed_address,
        typed_code,
        address: standing.map(|standing| standing.address).unwrap_or_default(),
        state,
        state_kind,
        errors,
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

/// The last that is shown, when there is more than a page.
fn last_of_more<T>(found: &mut Vec<T>) -> Option<&T> {
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    if found.len() <= shown {
        return None;
    }
    found.truncate(shown);
    found.last()
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
    let due = item.news.due(&item.body).and_then(day_of_number);
    Line {
        at: clock::minute(item.at),
        says: item.news.says,
        due: due.map(viet::date::format_short).unwrap_or_default(),
        href: item.news.href(&item.body),
        is_new: item.is_new,
    }
}

const BACK: &str = "/thong-bao#thu-dien-tu";

/// Gives the address for messages; a code is sent to it.
async fn give(State(app): State<App>, posted: Posted) -> Result<Response> {
    filed(&app, posted, ADDRESS, async |account, typed| address::give(&app, account, typed).await).await
}

/// Confirms the address with the code from the message.
async fn confirm(State(app): State<App>, posted: Posted) -> Result<Response> {
    filed(&app, posted, CODE, async |account, typed| address::confirm(&app, account, typed).await).await
}

/// One field sent: done, or the page again with what was typed in its place and what is wrong with it.
async fn filed(
    app: &App,
    posted: Posted,
    field: &'static str,
    act: impl AsyncFnOnce(AccountId, &str) -> Result<()>,
) -> Result<Response> {
    let Posted { signed, fields } = posted;
    policy::require_told(&signed.actor)?;
    let typed = fields.get(field);
    let (status, says) = if signed.is_fresh(&fields) {
        match act(account_of(&signed.actor)?, typed).await {
            Ok(()) => return Ok(Redirect::to(BACK).into_response()),
            Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
            Err(error) => return Err(error),
        }
    } else {
        (StatusCode::CONFLICT, Signed::STALE.to_owned())
    };
    let again = Again { field, typed, says };
    Ok(page(app, &signed, Older::default(), status, Some(again)).await?.into_response())
}

/// Takes the address back: no more messages.
async fn take_back(State(app): State<App>, posted: Posted) -> Result<Response> {
    let Posted { signed, fields } = posted;
    policy::require_told(&signed.actor)?;
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
    let older = last_of_more(&mut found).map(|last| format!("/ke-khai/ai-da-xem?truoc={}", last.event));
    let line = |one: access::Access| AccessLine { at: clock::minute(one.at), what: one.what, by: one.by };
    html(&AccessPage {
        page: signed.page("Ai đã xem hồ sơ"),
        lines: found.into_iter().map(line).collect(),
        older: older.unwrap_or_default(),
    })
}
