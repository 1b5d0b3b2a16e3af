//! Who is signed in. A handler that takes [`Signed`] or [`Bearer`] cannot be reached by anyone else.
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::TimeDelta;

use super::model::Badge;
use super::{news, store, vouch};
use crate::kernel::files::sha256;
use crate::kernel::id::{AccountId, AccountRoleId};
use crate::kernel::web::{Fields, Page, UserBadge, csrf, help};
use crate::kernel::{Actor, App, Error, Refusal, Result, Role, press};

/// A signed-in person: who acts, and the frame of their pages.
#[derive(Debug, Clone)]
pub struct Signed {
    pub actor: Actor,
    pub token_hash: [u8; 32],
    pub badge: Badge,
    csrf_secret: Vec<u8>,
    place: String,
    practice: bool,
    path: String,
    role_id: AccountRoleId,
    new: i64,
}

impl Signed {
    /// The frame of a page for this person.
    pub fn page(&self, title: impl Into<String>) -> Page {
        let role = self.role();
        Page {
            title: title.into(),
            user: Some(UserBadge {
                name: self.badge.name.clone(),
                role_label: role.label().to_owned(),
                place_label: self.place.clone(),
            }),
            nav: super::pages::navigation(role, &self.path, self.new),
            csrf: csrf::token(&self.csrf_secret),
            flash: None,
            practice: self.practice,
            help: help::beside(role, &self.path),
            trace_id: uuid::Uuid::now_v7().to_string(),
        }
    }

    /// The agency or unit the person acts for.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The title of a table the person exports; for who practises it says so.
    pub fn title(&self, title: &str) -> String {
        if self.practice { format!("{}{title}", press::TITLE) } else { title.to_owned() }
    }

    /// The name of a file the person exports; the same.
    pub fn file(&self, name: &str) -> String {
        if self.practice { format!("{}{name}", press::FILE) } else { name.to_owned() }
    }

    /// Whether what the person sees is invented.
    pub fn is_practice(&self) -> bool {
        self.practice
    }

    /// The role the session acts in, as it was granted.
    pub fn role_id(&self) -> AccountRoleId {
        self.role_id
    }

    pub fn role(&self) -> Role {
        self.actor.role.expect("a session always acts in a role")
    }

    /// What a page says of a form made for another session ([`Signed::is_fresh`]) that is shown again: nothing was
    /// done, everything typed is still there.
    pub const STALE: &str = "Trang này được mở trong một phiên làm việc khác nên chưa ghi. Nội dung vừa nhập vẫn còn; đề nghị xem lại rồi bấm một lần nữa.";

    /// Whether the form was made for this session.
    pub fn is_fresh(&self, fields: &Fields) -> bool {
        csrf::is_fresh(&self.csrf_secret, fields.get("csrf"))
    }

    /// A proof that this server gave something to this session; the browser cannot make one.
    pub fn mark(&self, content: &[u8]) -> String {
        csrf::mark(&self.csrf_secret, content)
    }

    /// Whether `given` is this session's [`Signed::mark`] of `content`.
    pub fn is_mark(&self, content: &[u8], given: &str) -> bool {
        csrf::is_mark(&self.csrf_secret, content, given)
    }

    /// Refuses a form that was not made for this session. Handlers of forms people type into show the form again with
    /// what was typed instead.
    pub fn require_fresh(&self, fields: &Fields) -> Result<()> {
        if self.is_fresh(fields) { Ok(()) } else { Err(stale_form().into()) }
    }

    /// Refuses everyone but the given roles.
    pub fn require(&self, roles: &[Role]) -> Result<()> {
        self.actor.require(roles)
    }
}

/// The sentence for a form of another session that is not shown again.
pub fn stale_form() -> Refusal {
    Refusal::new(
        "stale_form",
        "Biểu mẫu này được mở trong một phiên làm việc khác nên chưa được nhận.",
        "Chưa có nội dung nào được lưu. Đề nghị quay lại trang trước, tải lại trang rồi nhập và bấm nút một lần nữa.",
    )
    .status(axum::http::StatusCode::CONFLICT)
}

impl FromRequestParts<App> for Signed {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(cookie_name(app)).map(|c| c.value().to_owned()).ok_or(Error::NotSignedIn)?;
        if csrf::is_cross_site(&parts.method, &parts.headers, &app.config.web.public_url) {
            return Err(stale_form().into());
        }
        let is_person = !parts.uri.path().ends_with(POLLED);
        let found = match find(app, &token, is_person).await {
            Err(Error::KeysMissing(partition)) => {
                app.db.take_up_keys(partition).await?;
                find(app, &token, is_person).await
            }
            found => found,
        };
        let mut signed = found?.ok_or(Error::NotSignedIn)?;
        signed.path = parts.uri.path().to_owned();
        if is_person && parts.method == Method::GET && shows_page(&parts.headers) && news::is_told(signed.role()) {
            // A number that cannot be had keeps nobody from their page.
            signed.new = store::count_news(&app.db, &signed.actor, signed.role_id).await.unwrap_or_else(|error| {
                tracing::warn!(error = format!("{error:#}"), "news cannot be counted");
                0
            });
        }
        Ok(signed)
    }
}

/// How addresses end that pages ask for by themselves: an open page is not a person at work.
const POLLED: &str = "/tien-do";

/// Whether the answer may be a page: pictures and files have no bar to show a number in.
fn shows_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    accepts.is_none_or(|accepts| accepts.contains("text/html"))
}

/// The session behind a token, if it lives. Looking it up is not an act; its use by a person moves `last_seen_at` at
/// most once a minute.
async fn find(app: &App, token: &str, is_person: bool) -> Result<Option<Signed>> {
    let token_hash = sha256(token.as_bytes());
    let Some(found) = store::find_session(&app.db, &token_hash).await? else { return Ok(None) };
    if let Some(table) = found.forged(app.db.keys(), &token_hash)? {
        report_forgery(app, found.account, table).await?;
        return Ok(None);
    }
    let (now, idle) = (app.db.clock().now(), TimeDelta::minutes(app.config.session.idle_minutes));
    if now >= found.expires_at || now - found.last_seen_at > idle {
        app.db.housekeep(&Actor::SYSTEM, "session.use", async |tx| store::end_session(tx, &token_hash).await).await?;
        return Ok(None);
    }
    if is_person && now - found.last_seen_at > TimeDelta::seconds(60) {
        app.db.housekeep(&Actor::SYSTEM, "session.use", async |tx| store::touch_session(tx, &token_hash).await).await?;
    }
    let grant = found.grant();
    // Showing people their own name is not an access to be recorded.
    let badge = app.db.keys().open_cell(found.account_partition, found.account.0, &found.badge)?;
    let place = match found.role {
        Role::CentreAnalyst => "Thanh tra Chính phủ".to_owned(),
        _ => found.unit_name.unwrap_or(found.partition_name),
    };
    Ok(Some(Signed {
        actor: grant.actor(found.account, found.purpose),
        token_hash,
        badge,
        csrf_secret: found.csrf_secret,
        place,
        practice: app.practice || found.practises,
        path: String::new(),
        role_id: found.role_id,
        new: 0,
    }))
}

/// A program that acts with a bearer token made by `minhbach admin token`.
#[derive(Debug, Clone, Copy)]
pub struct Bearer(pub Actor);

impl FromRequestParts<App> for Bearer {
    type Rejection = crate::kernel::web::ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Self::Rejection> {
        let token = bearer_token(&parts.headers).ok_or(Error::NotSignedIn)?;
        let token_hash = sha256(token.as_bytes());
        let found = store::find_token(&app.db, &token_hash).await?.ok_or(Error::NotSignedIn)?;
        if let Some(table) = found.forged {
            report_forgery(app, found.account, table).await?;
            return Err(Error::NotSignedIn.into());
        }
        Ok(Bearer(found.grant.actor(found.account, None)))
    }
}

async fn report_forgery(app: &App, account: AccountId, table: &'static str) -> Result<()> {
    app.db.read(&Actor::SYSTEM, "account.report_forgery", async |tx| vouch::record_forgery(tx, account, table)).await
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value: &HeaderValue = headers.get(header::AUTHORIZATION)?;
    value.to_str().ok()?.strip_prefix("Bearer ")
}

/// The cookie's name: bound to the host and to https where the public address is https.
pub fn cookie_name(app: &App) -> &'static str {
    if is_https(app) { "__Host-minhbach" } else { "minhbach" }
}

fn is_https(app: &App) -> bool {
    app.config.web.public_url.starts_with("https://")
}

/// The cookie that carries a session's token.
pub fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build((cookie_name(app), token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https(app))
        .build()
}

/// 32 bytes nobody can guess.
pub fn new_secret() -> Result<[u8; 32]> {
    let mut bytes = [0u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| crate::bug!("no randomness from the system"))?;
    Ok(bytes)
}

/// A new secret token and its hash, which is all the database keeps.
pub fn new_token() -> Result<(String, [u8; 32])> {
    let token = hex::encode(new_secret()?);
    let hash = sha256(token.as_bytes());
    Ok((token, hash))
}
