//! Answers: a page, or an error as a sentence with a number to quote.
use askama::Template;
use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use uuid::Uuid;

use super::super::error::{Error, Refusal};
use super::Page;

/// A rendered page.
pub struct Html(pub StatusCode, pub String);

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        (self.0, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], self.1).into_response()
    }
}

/// Renders a page with status 200.
///
/// # Errors
/// A template that cannot be rendered is a bug.
pub fn html(template: &impl Template) -> Result<Html, Error> {
    html_with(StatusCode::OK, template)
}

/// Renders a page with another status, e.g. 422 for a form to mend.
pub fn html_with(status: StatusCode, template: &impl Template) -> Result<Html, Error> {
    template.render().map(|text| Html(status, text)).map_err(|error| Error::Bug(error.into()))
}

#[derive(Template)]
#[template(path = "kernel/web/error.html")]
struct ErrorPage {
    page: Page,
    heading: String,
    text: String,
}

/// The JSON of an error (RFC 9457 in spirit): a stable code, the sentence, how to mend it, the article, the number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    pub code: &'static str,
    pub sentence: String,
    pub mend: String,
    pub basis: Option<&'static str>,
    pub trace_id: String,
}

/// What an error is called for people: status, code, heading, sentence, what to do, article.
struct Told {
    status: StatusCode,
    code: &'static str,
    heading: &'static str,
    sentence: String,
    mend: String,
    basis: Option<&'static str>,
}

fn tell(error: &Error) -> Told {
    let told = |status, code, heading, sentence: &str, mend: &str| Told {
        status,
        code,
        heading,
        sentence: sentence.into(),
        mend: mend.into(),
        basis: None,
    };
    match error {
        Error::NotFound => told(
            StatusCode::NOT_FOUND,
            "not_found",
            "Không tìm thấy trang",
            "Địa chỉ này không có, hoặc không thuộc phạm vi Ông/Bà được xem.",
            "Đề nghị kiểm tra lại địa chỉ hoặc quay về trang đầu.",
        ),
        Error::Forbidden => told(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Không thuộc quyền của Ông/Bà",
            "Vai trò Ông/Bà đang dùng không được thực hiện việc này.",
            "Nếu công việc thuộc nhiệm vụ của Ông/Bà, đề nghị liên hệ quản trị của cơ quan kiểm soát.",
        ),
        Error::NotSignedIn => told(
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "Cần đăng nhập",
            "Phiên làm việc đã hết hoặc chưa đăng nhập.",
            "Đề nghị đăng nhập lại để tiếp tục.",
        ),
        Error::Refused(refusal) => {
            let Refusal { code, sentence, mend, basis, status } = refusal.as_ref().clone();
            Told { status, code, heading: "Chưa thực hiện được", sentence, mend, basis }
        }
        Error::Database(_) | Error::Bug(_) | Error::KeysMissing(_) => told(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "Hệ thống gặp lỗi",
            "Việc vừa rồi chưa hoàn thành do lỗi của hệ thống, không phải do Ông/Bà.",
            "Nội dung đã lưu trước đó vẫn còn. Đề nghị thử lại; nếu vẫn lỗi, báo mã trang ở cuối màn hình.",
        ),
    }
}

fn log(error: &Error, trace_id: Uuid) {
    if matches!(error, Error::Database(_) | Error::Bug(_) | Error::KeysMissing(_)) {
        // A database error names tables and constraints, not values: log_parameter_max_length_on_error is 0 and the
        // detail line, which may quote a row, is not part of its Display.
        tracing::error!(%trace_id, error = format!("{error:#}"), "a request failed");
        metrics::counter!("faults_total").increment(1);
    }
}

/// What a handler that panicked is called.
pub fn panicked() -> Error {
    Error::Bug(anyhow::anyhow!("a handler panicked"))
}

/// The error as a page. `page` is the frame of whoever is signed in.
pub fn problem_page(error: &Error, page: Page) -> Response {
    let trace_id = Uuid::now_v7();
    log(error, trace_id);
    let told = tell(error);
    let page = Page { title: told.heading.to_owned(), trace_id: trace_id.to_string(), ..page };
    let template = ErrorPage {
        page,
        heading: told.heading.to_owned(),
        text: match told.basis {
            Some(basis) => format!("{} {} ({basis})", told.sentence, told.mend),
            None => format!("{} {}", told.sentence, told.mend),
        },
    };
    match html_with(told.status, &template) {
        Ok(page) => page.into_response(),
        Err(_) => (told.status, told.heading).into_response(),
    }
}

/// The error as JSON.
pub fn problem_json(error: &Error) -> Response {
    let trace_id = Uuid::now_v7();
    log(error, trace_id);
    let told = tell(error);
    let body = Problem {
        code: told.code,
        sentence: told.sentence,
        mend: told.mend,
        basis: told.basis,
        trace_id: trace_id.to_string(),
    };
    (told.status, Json(body)).into_response()
}

/// An error of a page's handler. Nobody signed in: to the sign-in page.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Error::NotSignedIn => Redirect::to("/dang-nhap").into_response(),
            error => problem_page(&error, Page::default()),
        }
    }
}

/// An error of an API handler.
pub struct ApiError(pub Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        problem_json(&self.0)
    }
}

pub const TEXT: &str = "text/plain; charset=utf-8";
pub const PDF: &str = "application/pdf";
pub const PKCS7: &str = "application/pkcs7-signature";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A file to be saved under `name`, which is plain ASCII without quotation marks.
pub fn attachment(media_type: &'static str, name: &str, content: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, content.into()).into_response()
}

/// Whether htmx asked for a fragment rather than a page.
pub fn is_htmx(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}
