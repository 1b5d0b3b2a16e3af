//! The administrator's page of the agency's practice.
use askama::Template;
use axum::Router;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::acts;
use super::build::login;
use super::model::{PARTS, Round, SEATS, State};
use crate::account::{Posted, Signed};
use crate::kernel::clock;
use crate::kernel::id::PracticeId;
use crate::kernel::web::{FieldErrors, Fields, Html, Page, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/thuc-hanh", get(show).post(begin))
        // What the page asks for by itself while a world is built: an open page is not a person at work.
        .route("/thuc-hanh/tien-do", get(show))
        .route("/thuc-hanh/dong", post(close))
}

/// A seat to sign in to.
struct SeatLine {
    role: &'static str,
    says: &'static str,
    login: String,
}

#[derive(Template)]
#[template(path = "practice/pages/practice.html")]
struct PracticePage {
    page: Page,
    state: Option<State>,
    label: &'static str,
    sign: &'static str,
    built: u64,
    parts: u64,
    doing: &'static str,
    begun_at: String,
    round: String,
    password: String,
    seats: Vec<SeatLine>,
    address: String,
    /// Made with the page: a button pressed twice acts once.
    key: String,
    errors: FieldErrors,
}

/// What is being built, by how many parts are.
const DOING: [&str; PARTS as usize] = [
    "Đang lập cơ quan, đơn vị giả định.",
    "Đang lập danh sách người kê khai giả định.",
    "Đang ghi các bản kê khai giả định.",
    "Đang lập tài khoản thực hành.",
    "Đang đưa một bản quét vào danh sách tiếp nhận.",
];

/// The agency's world to practise in: how far it is, and who to sign in as.
async fn show(Part(app): Part<App>, signed: Signed) -> Result<Html> {
    html(&page(&app, &signed, FieldErrors::default()).await?)
}

async fn page(app: &App, signed: &Signed, errors: FieldErrors) -> Result<PracticePage> {
    signed.require(&[Role::AgencyAdmin])?;
    let (round, password) = match acts::newest(app, &signed.actor).await? {
        Some((round, password)) => (Some(round), password),
        None => (None, None),
    };
    let (label, sign) = round.as_ref().map_or(("", ""), |round| round.state.label());
    let parts_built = round.as_ref().map_or(0, |round| round.built);
    let doing = usize::try_from(parts_built).ok().and_then(|built| DOING.get(built)).copied();
    Ok(PracticePage {
        page: signed.page("Thực hành"),
        state: round.as_ref().map(|round| round.state),
        label,
        sign,
        built: u64::try_from(parts_built).unwrap_or_default(),
        parts: PARTS.unsigned_abs().into(),
        doing: doing.unwrap_or("Sắp xong."),
        begun_at: round.as_ref().map(|round| clock::minute(round.created_at)).unwrap_or_default(),
        round: round.as_ref().map(|round| round.id.to_string()).unwrap_or_default(),
        seats: round.as_ref().map(seats).unwrap_or_default(),
        password: password.unwrap_or_default(),
        address: format!("{}/dang-nhap", app.config.web.public_url.trim_end_matches('/')),
        key: uuid::Uuid::new_v4().to_string(),
        errors,
    })
}

fn seats(round: &Round) -> Vec<SeatLine> {
    let Some(prefix) = round.prefix.as_deref().filter(|_| round.state == State::Open) else { return Vec::new() };
    SEATS.iter().map(|seat| SeatLine { role: seat.role.label(), says: seat.says, login: login(prefix, seat) }).collect()
}

/// The name of the box that says what beginning anew takes away.
const AGREED: &str = "dong-y";

/// Begins the agency's practice, or begins it anew.
async fn begin(Part(app): Part<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::AgencyAdmin])?;
    if !signed.is_fresh(&fields) {
        return refused(&app, &signed, StatusCode::CONFLICT, Signed::STALE).await;
    }
    if !fields.get("vong").is_empty() && fields.get(AGREED).is_empty() {
        let said = "Chưa đánh dấu đồng ý. Làm lại từ đầu thì nội dung đang thực hành không dùng tiếp được; nếu vẫn muốn, đề nghị đánh dấu rồi bấm lại.";
        let mut errors = FieldErrors::default();
        errors.add(AGREED, said);
        let page = page(&app, &signed, errors).await?;
        return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
    }
    let once = once(&fields)?;
    let seen = fields.get("vong").parse().ok();
    told(&app, &signed, acts::begin(&app, &signed.actor, seen, &once).await.map(|_| ())).await
}

/// Ends the agency's practice.
async fn close(Part(app): Part<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::AgencyAdmin])?;
    if !signed.is_fresh(&fields) {
        return refused(&app, &signed, StatusCode::CONFLICT, Signed::STALE).await;
    }
    let round: PracticeId = fields.get("vong").parse().map_err(|_| Error::NotFound)?;
    told(&app, &signed, acts::close(&app, &signed.actor, round).await).await
}

fn once(fields: &Fields) -> Result<Once> {
    Once::of_form(fields.get("khoa"), &[&fields.get("vong").to_owned()])
}

async fn told(app: &App, signed: &Signed, outcome: Result<()>) -> Result<Response> {
    match outcome {
        Ok(()) => Ok(Redirect::to("/thuc-hanh").into_response()),
        Err(Error::Refused(refusal)) => refused(app, signed, refusal.status, &refusal.to_string()).await,
        Err(error) => Err(error),
    }
}

/// The page again, with why nothing was done.
async fn refused(app: &App, signed: &Signed, status: StatusCode, said: &str) -> Result<Response> {
    let mut page = page(app, signed, FieldErrors::default()).await?;
    page.page = page.page.flash("wrong", said);
    Ok(html_with(status, &page)?.into_response())
}
