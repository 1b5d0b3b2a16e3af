//! Reading a request: what cannot be read is refused in Vietnamese, as a page here and as [`Problem`] JSON in [`api`].
//!
//! [`Problem`]: super::respond::Problem
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::kernel::error::{Error, Refusal, Result};

/// Parts of the address. An address that cannot be read names nothing.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::NotFound),
        }
    }
}

/// What stands behind the question mark.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(_) => Err(unreadable_query().into()),
        }
    }
}

/// A form with files, read piece by piece.
pub struct Multipart(pub axum::extract::Multipart);

impl<S: Send + Sync> FromRequest<S> for Multipart {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        axum::extract::Multipart::from_request(request, state).await.map(Self).map_err(|_| {
            Refusal::new(
                "unreadable_upload",
                "Nội dung gửi lên không phải biểu mẫu có tệp.",
                "Đề nghị mở lại trang và chọn tệp bằng ô chọn tệp trên trang.",
            )
            .status(StatusCode::BAD_REQUEST)
            .into()
        })
    }
}

/// The body of a form could not be read: too large, or cut off.
pub(super) fn unreadable_body(status: StatusCode) -> Refusal {
    let (sentence, mend) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (
            "Nội dung gửi lên lớn hơn giới hạn của trang này.",
            "Nội dung chưa được lưu. Đề nghị quay lại trang trước, rút gọn hoặc chia nhỏ rồi gửi lại.",
        ),
        _ => (
            "Nội dung gửi lên bị ngắt giữa chừng hoặc không đọc được.",
            "Nội dung chưa được lưu. Đề nghị quay lại trang trước và gửi lại.",
        ),
    };
    Refusal::new("unreadable_body", sentence, mend).status(status)
}

/// The address is known, the way of asking is not (RFC 9110 §15.5.6).
pub fn method_not_allowed() -> Refusal {
    Refusal::new(
        "method_not_allowed",
        "Địa chỉ này không nhận yêu cầu gửi theo cách vừa dùng.",
        "Đề nghị mở lại trang và dùng liên kết hoặc nút trên trang.",
    )
    .status(StatusCode::METHOD_NOT_ALLOWED)
}

fn unreadable_query() -> Refusal {
    Refusal::new(
        "unreadable_query",
        "Phần sau dấu hỏi của địa chỉ không đúng dạng.",
        "Đề nghị quay lại trang trước và chọn lại, không sửa tay địa chỉ.",
    )
    .status(StatusCode::BAD_REQUEST)
}

/// The same for programs.
pub mod api {
    use super::*;
    use crate::kernel::web::ApiError;

    #[derive(Debug, Clone, Copy)]
    pub struct Path<T>(pub T);

    impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
        type Rejection = ApiError;

        async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
            let super::Path(value) = super::Path::from_request_parts(parts, state).await?;
            Ok(Self(value))
        }
    }

    #[derive(Debug, Clone, Copy)]
    pub struct Query<T>(pub T);

    impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
        type Rejection = ApiError;

        async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
            match axum::extract::Query::from_request_parts(parts, state).await {
                Ok(axum::extract::Query(value)) => Ok(Self(value)),
                Err(rejection) => Err(unreadable("unreadable_query", "Tham số của yêu cầu", &rejection).into()),
            }
        }
    }

    /// A JSON body, sent or answered.
    #[derive(Debug, Clone, Copy)]
    pub struct Json<T>(pub T);

    impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
        type Rejection = ApiError;

        async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
            match axum::Json::from_request(request, state).await {
                Ok(axum::Json(value)) => Ok(Self(value)),
                Err(rejection) => {
                    let status = rejection.status();
                    Err(unreadable("unreadable_json", "Nội dung JSON", &rejection).status(status).into())
                }
            }
        }
    }

    impl<T: serde::Serialize> IntoResponse for Json<T> {
        fn into_response(self) -> Response {
            axum::Json(self.0).into_response()
        }
    }

    /// What is wrong is quoted for the program's author; the parser's own words are English.
    fn unreadable(code: &'static str, what: &str, why: &dyn std::fmt::Display) -> Refusal {
        Refusal::new(
            code,
            format!("{what} không đúng dạng quy định."),
            format!("Đề nghị đối chiếu với mô tả tại /api/openapi.json. Chi tiết kỹ thuật: {why}"),
        )
        .status(StatusCode::BAD_REQUEST)
    }
}
