//! The door of the service for requests ([`Gate`]): every route passes it, in the class its method tells or the one it was
//! declared with. What a form holds is read before, so that a slow line takes nobody's place, and what was typed into a
//! form that is turned away is shown again.
use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use utoipa_axum::router::OpenApiRouter;

use super::respond::{html_with, problem_json};
use super::{Fields, Page, csrf};
use crate::kernel::load::{Class, Gate, TooMany};
use crate::kernel::{App, Error, Refusal};

/// The largest body of a request that is not an upload.
pub const BODY_LIMIT: usize = 2 << 20;

/// Puts the door before routes.
#[derive(Clone)]
pub struct Door {
    app: App,
    gate: Gate,
    /// Of all routes behind it; otherwise the method tells.
    class: Option<Class>,
}

impl Door {
    pub fn new(app: App, gate: Gate) -> Self {
        Self { app, gate, class: None }
    }

    /// The same door for routes of one class.
    pub fn of(&self, class: Class) -> Self {
        Self { class: Some(class), ..self.clone() }
    }

    pub fn before(&self, routes: Router<App>) -> Router<App> {
        routes.route_layer(from_fn_with_state(self.clone(), pass))
    }

    pub fn before_api(&self, routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
        routes.route_layer(from_fn_with_state(self.clone(), pass))
    }

    fn class(&self, method: &Method) -> Class {
        let only_looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        self.class.unwrap_or(if only_looks { Class::Browse } else { Class::Act })
    }
}

async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let class = door.class(request.method());
    let (request, form) = match class {
        Class::Browse if request.method() != Method::POST => (request, Bytes::new()),
        _ => read_whole(request).await,
    };
    let asked = Asked::of(&request, form, &door.app.config.web.public_url);
    match door.gate.admit(class).await {
        Ok(_place) => next.run(request).await,
        Err(TooMany) => asked.turned_away(class),
    }
}

/// The request with its body in memory, and that body. One that is too long, or breaks off, is left to the handler, which
/// says so in its own words.
async fn read_whole(request: Request) -> (Request, Bytes) {
    let (parts, body) = request.into_parts();
    let mut arriving = body.into_data_stream();
    let (mut read, mut length) = (Vec::new(), 0);
    while let Some(piece) = arriving.next().await {
        length += piece.as_ref().map_or(0, Bytes::len);
        let is_over = piece.is_err() || length > BODY_LIMIT;
        read.push(piece);
        if is_over {
            let body = Body::from_stream(stream::iter(read).chain(arriving));
            return (Request::from_parts(parts, body), Bytes::new());
        }
    }
    let mut pieces: Vec<Bytes> = read.into_iter().flatten().collect();
    let whole = if pieces.len() == 1 { pieces.remove(0) } else { pieces.concat().into() };
    (Request::from_parts(parts, Body::from(whole.clone())), whole)
}

/// What a refusal needs to know of the request.
struct Asked {
    /// Whether a program or a script asked, which wants no page.
    wants_json: bool,
    is_get: bool,
    address: String,
    /// The form that was sent; nothing when it cannot or must not be shown again.
    form: Option<Bytes>,
}

impl Asked {
    fn of(request: &Request, form: Bytes, public_url: &str) -> Self {
        let says = |name, word: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
        };
        let is_form = says(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        // What another site made a browser send is not given an address of ours to be sent from.
        let may_show = is_form && !csrf::is_cross_site(request.method(), request.headers(), public_url);
        Self {
            wants_json: request.uri().path().starts_with("/api/") || says(header::ACCEPT, "application/json"),
            is_get: request.method() == Method::GET,
            address: request.uri().path_and_query().map_or("/", |whole| whole.as_str()).to_owned(),
            form: may_show.then_some(form),
        }
    }

    fn turned_away(&self, class: Class) -> Response {
        let mut answer = if self.wants_json {
            problem_json(&Error::from(busy(class)))
        } else {
            let page = self.page();
            html_with(StatusCode::SERVICE_UNAVAILABLE, &page)
                .map_or_else(IntoResponse::into_response, IntoResponse::into_response)
        };
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        answer
    }

    fn page(&self) -> BusyPage<'_> {
        let fields = self.form.as_ref().map(|form| Fields::parse(form).0).unwrap_or_default();
        let (passwords, kept): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(name, _)| name.starts_with("password"));
        let label = |name: &str| if name == "password_again" { "Nhập lại mật khẩu" } else { "Mật khẩu" };
        BusyPage {
            page: Page::default().title(BUSY),
            address: &self.address,
            is_get: self.is_get,
            seconds: RETRY_AFTER_SECONDS,
            kept,
            passwords: passwords.into_iter().map(|(name, _)| Password { label: label(&name), name }).collect(),
        }
    }
}

/// When to ask again.
const RETRY_AFTER_SECONDS: u16 = 10;
const BUSY: &str = "Hệ thống đang có quá nhiều người dùng cùng lúc";

fn busy(class: Class) -> Refusal {
    let what = match class {
        Class::Browse => "Nội dung này chưa mở được",
        Class::Autosave => "Bản nháp chưa kịp lưu",
        Class::Act => "Việc vừa gửi chưa được thực hiện và chưa có gì được ghi",
    };
    let mend = format!(
        "Những gì đã lưu trước đó vẫn còn, nội dung vừa nhập vẫn còn ở phía Ông/Bà. Đề nghị gửi lại sau khoảng {RETRY_AFTER_SECONDS} giây."
    );
    Refusal::new("busy", format!("{BUSY}. {what}."), mend).status(StatusCode::SERVICE_UNAVAILABLE)
}

#[derive(Template)]
#[template(path = "kernel/web/busy.html")]
struct BusyPage<'a> {
    page: Page,
    address: &'a str,
    is_get: bool,
    seconds: u16,
    /// What was typed, to be sent again.
    kept: Vec<(String, String)>,
    /// Boxes to be filled again: a password is not shown, nor hidden in a page.
    passwords: Vec<Password>,
}

struct Password {
    name: String,
    label: &'static str,
}
