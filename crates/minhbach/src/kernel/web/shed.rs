//! The door of the service for requests ([`Gate`]): every route passes it, in the class its method tells or the one it was
//! declared with. What a form holds is read before ([`Budget`]), and what was typed into a form that is turned away is shown
//! again. Whoever shows neither a session nor a token only looks, whatever they send.
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;

use super::arriving::{Budget, Held, NotRead, SMALL_BODY};
use super::extract::unreadable_body;
use super::respond::{html_with, panicked, problem_json, problem_page};
use super::{Fields, Page, csrf};
use crate::kernel::load::{Class, Gate, TooMany};
use crate::kernel::{App, Error, Refusal};

/// Puts the door before routes.
#[derive(Clone)]
pub struct Door {
    app: App,
    gate: Gate,
    budget: Budget,
    /// Of those who come in, apart from what they then need.
    arrivals: Arc<Semaphore>,
    /// The name of the session's cookie.
    cookie: &'static str,
    /// Of all routes behind it; otherwise the method tells.
    class: Option<Class>,
    is_entrance: bool,
}

impl Door {
    pub fn new(app: App, gate: Gate, cookie: &'static str) -> Self {
        let arrivals = Arc::new(Semaphore::new(gate.arrivals()));
        Self { app, gate, budget: Budget::default(), arrivals, cookie, class: None, is_entrance: false }
    }

    /// The same door for routes of one class.
    pub fn of(&self, class: Class) -> Self {
        Self { class: Some(class), ..self.clone() }
    }

    /// The same door for the way in. Passwords are hashed there: few at a time, who wait before they take a place.
    pub fn entrance(&self) -> Self {
        Self { is_entrance: true, ..self.of(Class::Browse) }
    }

    pub fn before(&self, routes: Router<App>) -> Router<App> {
        routes.route_layer(from_fn_with_state(self.clone(), pass))
    }

    pub fn before_api(&self, routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
        routes.route_layer(from_fn_with_state(self.clone(), pass))
    }

    fn class(&self, method: &Method, is_known: bool) -> Class {
        match self.class {
            _ if !is_known => Class::Browse,
            Some(class) => class,
            None if csrf::only_looks(method) => Class::Browse,
            None => Class::Act,
        }
    }

    /// Whether the request shows a session or a token. Which one is for the handler to say.
    fn knows(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(header::AUTHORIZATION) || CookieJar::from_headers(headers).get(self.cookie).is_some()
    }

    /// The turn of somebody who comes in; nothing for everyone else.
    async fn arrival(&self, only_looks: bool) -> Result<Option<OwnedSemaphorePermit>, TooMany> {
        if !self.is_entrance || only_looks {
            return Ok(None);
        }
        let patience = self.gate.longest_wait(Class::Browse);
        match timeout(patience, self.arrivals.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            _ => Err(TooMany),
        }
    }
}

async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let is_known = door.knows(request.headers());
    let class = door.class(request.method(), is_known);
    let mut asked = Asked::of(&request, &door, class);
    let may_show = asked.may_show(&request, &door, is_known);
    let read =
        if asked.only_looks { Ok((request, Held::default())) } else { door.budget.read(request, is_known).await };
    let (request, held) = match read {
        Ok(read) => read,
        Err(NotRead::TooLong) => return asked.told(&unreadable_body(StatusCode::PAYLOAD_TOO_LARGE).into()),
        Err(NotRead::Spent) => {
            metrics::counter!("load_bodies_refused_total").increment(1);
            return asked.turned_away();
        }
    };
    asked.form = Some(held.whole.clone()).filter(|whole| may_show && whole.len() <= SMALL_BODY);
    let admitted = async { Ok((door.arrival(asked.only_looks).await?, door.gate.admit(class).await?)) };
    let places = match admitted.await {
        Ok(places) => places,
        Err(TooMany) => return asked.turned_away(),
    };
    // Apart from the connection: when the client goes away the work goes on, and so its place stays taken.
    let work = tokio::spawn(async move {
        let _until_done = (places, held);
        next.run(request).await
    });
    work.await.unwrap_or_else(|_panicked| asked.told(&panicked()))
}

/// What a refusal needs to know of the request.
struct Asked {
    /// Whether a program or a script asked, which wants no page.
    wants_json: bool,
    only_looks: bool,
    is_entrance: bool,
    class: Class,
    /// As the client wrote it.
    address: String,
    /// The form that was sent; nothing when it cannot or must not be shown again.
    form: Option<Bytes>,
}

impl Asked {
    fn of(request: &Request, door: &Door, class: Class) -> Self {
        // Routes of the API see an address without their prefix.
        let uri: &Uri = request.extensions().get().map_or(request.uri(), |OriginalUri(uri)| uri);
        Self {
            wants_json: uri.path().starts_with("/api/") || says(request, header::ACCEPT, "application/json"),
            only_looks: csrf::only_looks(request.method()),
            is_entrance: door.is_entrance,
            class,
            address: uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned(),
            form: None,
        }
    }

    /// Whether what was typed may stand in the answer: what another site made a browser send is not given an address of
    /// ours to be sent from, and who shows no session is shown only what they typed to come in.
    fn may_show(&self, request: &Request, door: &Door, is_known: bool) -> bool {
        says(request, header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            && (is_known || door.is_entrance)
            && !csrf::is_cross_site(request.method(), request.headers(), &door.app.config.web.public_url)
    }

    fn turned_away(&self) -> Response {
        let mut answer = if self.wants_json {
            self.told(&self.busy().into())
        } else {
            let page = self.page();
            html_with(StatusCode::SERVICE_UNAVAILABLE, &page).into_response()
        };
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        answer
    }

    fn told(&self, error: &Error) -> Response {
        if self.wants_json { problem_json(error) } else { problem_page(error, Page::default()) }
    }

    fn busy(&self) -> Refusal {
        let what = match self.class {
            _ if self.only_looks => "Nội dung này chưa mở được",
            Class::Autosave => "Bản nháp chưa kịp lưu",
            _ => "Việc vừa gửi chưa được thực hiện và chưa có gì được ghi",
        };
        let mend = format!(
            "Những gì đã lưu trước đó vẫn còn, nội dung vừa nhập vẫn còn ở phía Ông/Bà. Đề nghị gửi lại sau khoảng {RETRY_AFTER_SECONDS} giây."
        );
        Refusal::new("busy", format!("{BUSY}. {what}."), mend).status(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn page(&self) -> BusyPage<'_> {
        let fields = self.form.as_ref().map(|form| Fields::parse(form).0).unwrap_or_default();
        let (secrets, kept): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| self.is_secret(name));
        BusyPage {
            page: Page::default().title(BUSY),
            address: &self.address,
            is_get: self.only_looks,
            seconds: RETRY_AFTER_SECONDS,
            kept,
            secrets: secrets.into_iter().map(|(name, _)| Secret::of(name)).collect(),
        }
    }

    /// Passwords, and the one-time code of an activation.
    fn is_secret(&self, name: &str) -> bool {
        name.starts_with("password") || (self.is_entrance && name == "code")
    }
}

fn says(request: &Request, name: HeaderName, word: &str) -> bool {
    request.headers().get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(word))
}

/// When to ask again.
const RETRY_AFTER_SECONDS: u16 = 10;
const BUSY: &str = "Hệ thống đang có quá nhiều người dùng cùng lúc";

#[derive(Template)]
#[template(path = "kernel/web/busy.html")]
struct BusyPage<'a> {
    page: Page,
    address: &'a str,
    is_get: bool,
    seconds: u16,
    /// What was typed, to be sent again.
    kept: Vec<(String, String)>,
    /// Boxes to be filled again: a secret is not shown, nor hidden in a page.
    secrets: Vec<Secret>,
}

struct Secret {
    name: String,
    label: &'static str,
    kind: &'static str,
}

impl Secret {
    fn of(name: String) -> Self {
        let (label, kind) = match name.as_str() {
            "code" => ("Mã kích hoạt", "text"),
            "password_again" => ("Nhập lại mật khẩu", "password"),
            _ => ("Mật khẩu", "password"),
        };
        Self { name, label, kind }
    }
}
