//! Sign-in, activation, choosing a role, stating a purpose; lists of accounts for those who issue them.
mod issuing;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;

use super::model::{Account, Granted, activation_digest};
use super::policy::Activate;
use super::session::{Signed, cookie_name, new_secret, new_token, session_cookie, stale_form};
use super::{news, password, store};
use crate::kernel::id::{AccountId, AccountRoleId};
use crate::kernel::web::NavItem;
use crate::kernel::web::{FieldErrors, Fields, Html, Page, csrf, help, html, html_with};
use crate::kernel::{Actor, App, Error, Event, Refusal, Result, Role};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/dang-xuat", post(sign_out))
        .route("/vai-tro", get(roles_form).post(switch_role))
        .route("/muc-dich", get(purpose_form).post(state_purpose))
        .merge(issuing::routes())
}

/// The way in. When there is too much, whoever is at work goes before whoever comes
/// ([`crate::kernel::load::Class::Browse`]).
pub fn entrance() -> Router<App> {
    Router::new()
        .route("/dang-nhap", get(sign_in_form).post(sign_in))
        .route("/kich-hoat", get(activation_form).post(activate))
}

/// What is new for a role (`account::news`).
const NEWS: (&str, &str) = ("Thông báo", "/thong-bao");

/// What each role finds in the bar on top; `new` is how many acts of others it has not seen.
pub fn navigation(role: Role, path: &str, new: i64) -> Vec<NavItem> {
    let items: &[(&'static str, &'static str)] = match role {
        Role::Declarant => &[("Kê khai của tôi", "/ke-khai"), NEWS],
        Role::UnitOfficer => &[
            ("Bản kê khai của đơn vị", "/don-vi"),
            ("Danh sách người kê khai", "/don-vi/danh-sach"),
            ("Bàn giao", "/don-vi/ban-giao"),
            ("Đôn đốc", "/don-vi/don-doc"),
            ("Sổ theo dõi", "/don-vi/so-theo-doi"),
            ("Công khai", "/don-vi/cong-khai"),
            ("Yêu cầu thông tin", "/don-vi/yeu-cau-thong-tin"),
            ("Tài khoản", "/tai-khoan"),
            NEWS,
        ],
        Role::IntakeOfficer => &[
            ("Tiếp nhận bản giấy", "/tiep-nhan"),
            ("Nhận bàn giao", "/ban-giao"),
            ("Đợt kê khai", "/dot-ke-khai"),
            ("Công khai", "/cong-khai"),
            ("Yêu cầu thông tin", "/yeu-cau-thong-tin"),
            ("Chuyển hồ sơ", "/chuyen-ho-so"),
            ("Bản kê khai", "/ban-ke-khai"),
            NEWS,
        ],
        Role::AgencyAdmin => {
            &[("Tình hình kê khai", "/tong-hop"), ("Tài khoản", "/tai-khoan"), ("Thực hành", "/thuc-hanh")]
        }
        Role::CentreAnalyst => &[("Tổng hợp toàn quốc", "/toan-quoc")],
        Role::Auditor => &[("Nhật ký", "/nhat-ky")],
    };
    // One entry may lie under another: the longer one is where the person is.
    let here = items.iter().map(|(_, href)| *href).filter(|href| path.starts_with(href)).max_by_key(|href| href.len());
    let new = match new {
        0 => String::new(),
        news::MOST.. => format!("trên {}", news::MOST - 1),
        few => few.to_string(),
    };
    let item = |&(label, href): &(&'static str, &'static str)| NavItem {
        label,
        href,
        current: here == Some(href),
        new: if href == NEWS.1 { new.clone() } else { String::new() },
    };
    items.iter().map(item).collect()
}

/// Where each role begins.
fn start_of(role: Role) -> &'static str {
    match role {
        Role::Declarant => "/ke-khai",
        Role::UnitOfficer => "/don-vi",
        Role::IntakeOfficer => "/tiep-nhan",
        Role::AgencyAdmin => "/tong-hop",
        Role::CentreAnalyst => "/toan-quoc",
        Role::Auditor => "/nhat-ky",
    }
}

async fn home(signed: Signed) -> Redirect {
    Redirect::to(start_of(signed.role()))
}

/// The frame of a page for whoever is not signed in.
pub fn anonymous(app: &App, title: &str) -> Page {
    Page {
        title: title.to_owned(),
        practice: app.practice,
        help: help::HOME.to_owned(),
        trace_id: uuid::Uuid::now_v7().to_string(),
        ..Page::default()
    }
}

/// What a person had typed when the session ended, carried through sign-in so that nothing is lost.
#[derive(Default)]
struct Carried {
    to: String,
    fields: Vec<(String, String)>,
}

impl Carried {
    /// Only forms of our own, by local address.
    fn from(fields: &Fields) -> Self {
        let to = fields.get("carried_to");
        if !is_local(to) {
            return Self::default();
        }
        let fields = fields
            .0
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("carried.")?.to_owned(), value.clone())))
            .filter(|(key, _)| key != "csrf")
            .collect();
        Self { to: to.to_owned(), fields }
    }
}

fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r'])
}

#[derive(Template)]
#[template(path = "account/pages/sign_in.html")]
struct SignInPage {
    page: Page,
    login: String,
    errors: FieldErrors,
    carried: Carried,
}

#[derive(Template)]
#[template(path = "account/pages/carry_on.html")]
struct CarryOnPage {
    page: Page,
    carried: Carried,
}

async fn sign_in_form(State(app): State<App>) -> Result<Html> {
    let page = anonymous(&app, "Đăng nhập");
    html(&SignInPage { page, login: String::new(), errors: FieldErrors::default(), carried: Carried::default() })
}

/// The sign-in page for a form that arrived after the session had ended: what was typed rides along.
pub fn sign_in_again(app: &App, action: &str, fields: &Fields) -> Response {
    let page = anonymous(app, "Đăng nhập")
        .flash("info", "Phiên làm việc đã hết. Nội dung Ông/Bà vừa nhập vẫn còn; đăng nhập lại để lưu tiếp.");
    let carried =
        Carried { to: action.to_owned(), fields: fields.0.iter().filter(|(key, _)| key != "csrf").cloned().collect() };
    match html_with(
        StatusCode::UNAUTHORIZED,
        &SignInPage { page, login: String::new(), errors: FieldErrors::default(), carried },
    ) {
        Ok(page) => page.into_response(),
        Err(error) => error.into_response(),
    }
}

/// A form that someone signed in sent. When the session ended meanwhile, the answer carries what was typed through sign-in.
pub struct Posted {
    pub signed: Signed,
    pub fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let action = parts.uri.path().to_owned();
        let signed = Signed::from_request_parts(&mut parts, app).await;
        let fields = Fields::from_request(Request::from_parts(parts, body), app).await;
        let fields = fields.map_err(IntoResponse::into_response)?;
        match signed {
            Ok(signed) => Ok(Self { signed, fields }),
            Err(Error::NotSignedIn) => Err(sign_in_again(app, &action, &fields)),
            Err(error) => Err(error.into_response()),
        }
    }
}

enum Outcome {
    Opened { token: String, account: AccountId },
    Wrong,
    Locked,
}

/// Signs in with a login name and a password. A wrong name and a wrong password look the same. After as many failures
/// as the settings allow the account is locked for a time (TCVN 14423:2026, govit.md §5.2), and the log has each.
async fn sign_in(
    State(app): State<App>,
    headers: axum::http::HeaderMap,
    jar: CookieJar,
    fields: Fields,
) -> Result<Response> {
    if csrf::is_cross_site(&axum::http::Method::POST, &headers, &app.config.web.public_url) {
        return Err(stale_form().into());
    }
    let login = fields.get("login").to_lowercase();
    let carried = Carried::from(&fields);
    let secret = fields.0.iter().find(|(key, _)| key == "password").map(|(_, v)| v.clone()).unwrap_or_default();
    match try_sign_in(&app, &login, secret).await? {
        Outcome::Opened { token, account } => {
            tracing::info!(%account, "signed in");
            let jar = jar.add(session_cookie(&app, token));
            if carried.to.is_empty() {
                return Ok((jar, Redirect::to("/")).into_response());
            }
            carry_on(&app, carried, (jar, Redirect::to("/")).into_response())
        }
        outcome => {
            let mut errors = FieldErrors::default();
            let text = match outcome {
                Outcome::Locked => format!(
                    "Tài khoản tạm khóa vì nhập sai nhiều lần. Đề nghị thử lại sau {} phút, hoặc nhờ người cấp tài khoản cấp lại mã.",
                    app.config.session.lock_minutes
                ),
                _ => "Tên đăng nhập hoặc mật khẩu chưa đúng. Đề nghị kiểm tra phím Caps Lock, bộ gõ tiếng Việt và nhập lại.".into(),
            };
            errors.add("login", text);
            let page = anonymous(&app, "Đăng nhập");
            Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &SignInPage { page, login, errors, carried })?
                .into_response())
        }
    }
}

/// After signing in again: one button sends what was typed, now with the new session's token.
fn carry_on(app: &App, carried: Carried, signed_in: Response) -> Result<Response> {
    let page = anonymous(app, "Tiếp tục lưu nội dung đã nhập");
    let mut response = html(&CarryOnPage { page, carried })?.into_response();
    for cookie in signed_in.headers().get_all(axum::http::header::SET_COOKIE) {
        response.headers_mut().append(axum::http::header::SET_COOKIE, cookie.clone());
    }
    Ok(response)
}

async fn try_sign_in(app: &App, login: &str, secret: String) -> Result<Outcome> {
    let found = app.db.read(&Actor::SYSTEM, "account.find", async |tx| store::by_login(tx, login).await).await?;
    let now = app.clock().now();
    let locked = found.as_ref().and_then(|a| a.locked_until).is_some_and(|until| now < until);
    let hash = found.as_ref().filter(|a| a.state == "ACTIVE" && !locked).and_then(|a| a.password_hash.clone());
    let right = password::verify(hash.clone(), secret).await?;
    let Some(account) = found else { return Ok(Outcome::Wrong) };
    if locked {
        return Ok(Outcome::Locked);
    }
    if !right {
        return count_failure(app, &account).await;
    }
    let verified_hash = hash.unwrap_or_default();
    let (token, token_hash) = new_token()?;
    let csrf_secret = new_secret()?;
    let hours = app.config.session.absolute_hours;
    let opened = app
        .db
        .write(&Actor { account: Some(account.id), ..Actor::SYSTEM }, "session.open", async |tx| {
            let Some(role) = store::grants(tx, account.id).await?.into_iter().next() else {
                return Err(Error::Forbidden);
            };
            if !store::may_open_session(tx, account.id, &verified_hash).await? {
                return Err(Error::Forbidden);
            }
            store::forget_failures(tx, account.id).await?;
            let expires_at = tx.now() + TimeDelta::hours(hours);
            store::insert_session(tx, &token_hash, account.id, role.id, &csrf_secret, expires_at).await?;
            tx.record(Event::new("account.signed_in", account.partition).id("account", account.id))?;
            Ok(())
        })
        .await;
    match opened {
        Ok(()) => Ok(Outcome::Opened { token, account: account.id }),
        Err(Error::Forbidden) => Ok(Outcome::Wrong),
        Err(error) => Err(error),
    }
}

/// How long an account of a world of practice is locked.
const PRACTICE_LOCK_MINUTES: i64 = 1;

async fn count_failure(app: &App, account: &Account) -> Result<Outcome> {
    let session = &app.config.session;
    let (max, minutes) = (session.max_failures, session.lock_minutes);
    let locked = app
        .db
        .write(&Actor::SYSTEM, "account.count_failure", async |tx| {
            // A class shares the accounts of a world of practice, and nobody in there could give a new code.
            let minutes = if tx.is_practice(account.partition).await? { PRACTICE_LOCK_MINUTES } else { minutes };
            let until = tx.now() + TimeDelta::minutes(minutes);
            let locked = store::count_failure(tx, account.id, max, until).await?;
            let name = if locked { "account.locked" } else { "account.sign_in_failed" };
            tx.record(Event::new(name, account.partition).id("account", account.id))?;
            Ok(locked)
        })
        .await?;
    Ok(if locked { Outcome::Locked } else { Outcome::Wrong })
}

async fn sign_out(State(app): State<App>, signed: Signed, jar: CookieJar, fields: Fields) -> Result<Response> {
    signed.require_fresh(&fields)?;
    let account = signed.actor.account_or_nil();
    app.db
        .write(&Actor { account: Some(account), ..Actor::SYSTEM }, "session.close", async |tx| {
            store::end_session(tx, &signed.token_hash).await?;
            tx.record(Event::new("account.signed_out", signed.actor.home).id("account", account))?;
            Ok(())
        })
        .await?;
    let mut gone = session_cookie(&app, String::new());
    gone.make_removal();
    Ok((jar.add(gone), Redirect::to("/dang-nhap")).into_response())
}

#[derive(Template)]
#[template(path = "account/pages/activate.html")]
struct ActivatePage {
    page: Page,
    login: String,
    code: String,
    errors: FieldErrors,
    password_hint: String,
}

fn password_hint(min: usize) -> String {
    format!("Từ {min} ký tự, có chữ hoa, chữ thường, chữ số và dấu. Một câu dễ nhớ có dấu cách là cách tốt.")
}

async fn activation_form(State(app): State<App>) -> Result<Html> {
    let page = anonymous(&app, "Kích hoạt tài khoản");
    let password_hint = password_hint(app.config.session.min_password);
    html(&ActivatePage {
        page,
        login: String::new(),
        code: String::new(),
        errors: FieldErrors::default(),
        password_hint,
    })
}

/// The holder proves the one-time code from their slip and chooses a password of their own; the code then stops working.
async fn activate(State(app): State<App>, headers: axum::http::HeaderMap, fields: Fields) -> Result<Response> {
    if csrf::is_cross_site(&axum::http::Method::POST, &headers, &app.config.web.public_url) {
        return Err(stale_form().into());
    }
    let login = fields.get("login").to_lowercase();
    let code = fields.get("code").to_owned();
    let raw = |name: &str| fields.0.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let (first, second) = (raw("password"), raw("password_again"));
    let min = app.config.session.min_password;
    let mut errors = FieldErrors::default();
    if let Err(Error::Refused(refusal)) = password::check_strength(&first, &login, min) {
        errors.add("password", refusal.to_string());
    } else if first != second {
        errors.add("password_again", "Hai lần nhập mật khẩu chưa giống nhau. Đề nghị nhập lại cả hai ô.");
    }
    if errors.is_empty() {
        match set_password(&app, &login, &code, first).await {
            Ok(()) => {
                let page = anonymous(&app, "Đăng nhập")
                    .flash("success", "Tài khoản đã kích hoạt. Đề nghị đăng nhập bằng mật khẩu vừa đặt.");
                return Ok(html(&SignInPage { page, login, errors, carried: Carried::default() })?.into_response());
            }
            Err(Error::Refused(refusal)) => errors.add("code", refusal.to_string()),
            Err(error) => return Err(error),
        }
    }
    let page = anonymous(&app, "Kích hoạt tài khoản");
    Ok(html_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        &ActivatePage { page, login, code, errors, password_hint: password_hint(min) },
    )?
    .into_response())
}

fn wrong_code() -> Error {
    Refusal::new(
        "wrong_activation",
        "Tên đăng nhập hoặc mã kích hoạt chưa đúng, hoặc mã đã hết hạn hay đã dùng.",
        "Đề nghị đối chiếu phiếu cấp tài khoản; nếu phiếu cũ, xin người cấp tài khoản cấp lại.",
    )
    .into()
}

async fn set_password(app: &App, login: &str, code: &str, new_password: String) -> Result<()> {
    let found = app.db.read(&Actor::SYSTEM, "account.find", async |tx| store::by_login(tx, login).await).await?;
    let account = found.ok_or_else(wrong_code)?;
    let now = app.clock().now();
    if account.locked_until.is_some_and(|until| now < until) {
        return Err(wrong_code());
    }
    let given = activation_digest(code);
    let right = account.state == "ISSUED"
        && account.activation_expires_at.is_some_and(|at| now < at)
        && account
            .activation_hash
            .as_deref()
            .is_some_and(|hash| aws_lc_rs::constant_time::verify_slices_are_equal(hash, &given).is_ok());
    if !right {
        count_failure(app, &account).await?;
        return Err(wrong_code());
    }
    let hash = password::hash(new_password).await?;
    app.db
        .write(&Actor { account: Some(account.id), ..Actor::SYSTEM }, "account.activate", async |tx| {
            // Read again inside the transaction, locked: the code works once, and what is signed is what was judged.
            let account = store::by_id(tx, account.id).await.map_err(|_| wrong_code())?;
            if account.activation_hash.as_deref() != Some(&given[..]) {
                return Err(wrong_code());
            }
            let (partition, id) = (account.partition, account.id);
            let permit = tx.permit::<Activate, _>(account)?;
            store::activate(tx, &permit, &hash).await?;
            store::end_sessions_of(tx, id).await?;
            tx.record(Event::new("account.activated", partition).id("account", id))?;
            Ok(())
        })
        .await
}

#[derive(Template)]
#[template(path = "account/pages/roles.html")]
struct RolesPage {
    page: Page,
    grants: Vec<Granted>,
}

async fn roles_form(State(app): State<App>, signed: Signed) -> Result<Html> {
    let account = signed.actor.account_or_nil();
    let grants = app.db.read(&Actor::SYSTEM, "account.roles", async |tx| store::grants(tx, account).await).await?;
    html(&RolesPage { page: signed.page("Chọn vai trò làm việc"), grants })
}

/// A holder of several roles chooses the one to act in; the log has the change.
async fn switch_role(State(app): State<App>, signed: Signed, fields: Fields) -> Result<Redirect> {
    signed.require_fresh(&fields)?;
    let role: AccountRoleId = fields.get("role").parse().map_err(|_| Error::NotFound)?;
    let account = signed.actor.account_or_nil();
    app.db
        .write(&Actor { account: Some(account), ..Actor::SYSTEM }, "session.switch_role", async |tx| {
            if !store::switch_role(tx, &signed.token_hash, role).await? {
                return Err(Error::NotFound);
            }
            tx.record(Event::new("account.role_switched", signed.actor.home).id("account", account).id("role", role))?;
            Ok(())
        })
        .await?;
    Ok(Redirect::to("/"))
}

/// Purposes for which the centre may look at national figures (law 36/2018 article 53.1; Nghị định 130/2020 article 5).
pub const PURPOSES: [(&str, &str); 3] = [
    ("STATISTICS", "Thống kê, tổng hợp, báo cáo (Điều 53 Luật Phòng, chống tham nhũng)"),
    ("MILESTONES", "Theo dõi tiến độ số hóa theo Quyết định 390/QĐ-TTg"),
    ("GUIDANCE", "Hướng dẫn, đôn đốc cơ quan kiểm soát (Điều 53 Luật Phòng, chống tham nhũng)"),
];

#[derive(Template)]
#[template(path = "account/pages/purpose.html")]
struct PurposePage {
    page: Page,
    purposes: [(&'static str, &'static str); 3],
    errors: FieldErrors,
    reference: String,
}

async fn purpose_form(signed: Signed) -> Result<Html> {
    signed.require(&[Role::CentreAnalyst])?;
    let page = signed.page("Mục đích tra cứu");
    html(&PurposePage { page, purposes: PURPOSES, errors: FieldErrors::default(), reference: String::new() })
}

/// Before figures of the nation open, the officer of the centre states why; the purpose stands in the log.
async fn state_purpose(State(app): State<App>, signed: Signed, fields: Fields) -> Result<Response> {
    signed.require(&[Role::CentreAnalyst])?;
    signed.require_fresh(&fields)?;
    let reference = fields.get("reference").to_owned();
    let Some((code, _)) = PURPOSES.iter().find(|(code, _)| *code == fields.get("purpose")) else {
        let mut errors = FieldErrors::default();
        errors.add("purpose", "Chưa chọn mục đích tra cứu. Đề nghị chọn một mục đích trong danh sách.");
        let page = signed.page("Mục đích tra cứu");
        let page = PurposePage { page, purposes: PURPOSES, errors, reference };
        return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
    };
    let account = signed.actor.account_or_nil();
    app.db
        .write(&Actor { account: Some(account), ..Actor::SYSTEM }, "purpose.state", async |tx| {
            let reference = (!reference.is_empty()).then_some(reference.as_str());
            let id = store::state_purpose(tx, &signed.token_hash, account, code, reference).await?;
            tx.record(
                Event::new("purpose.stated", crate::kernel::id::PartitionId::CENTRE)
                    .id("account", account)
                    .id("purpose", id)
                    .word("code", code),
            )?;
            Ok(())
        })
        .await?;
    Ok(Redirect::to("/toan-quoc").into_response())
}

/// The name of the cookie, for the layer that notices a form posted after the session ended.
pub fn has_session_cookie(app: &App, jar: &CookieJar) -> bool {
    jar.get(cookie_name(app)).is_some()
}
