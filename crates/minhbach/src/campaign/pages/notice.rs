//! The unit's notice of a year.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use paper::print::Party;

use super::super::notice::{self, Noticing};
use super::super::rules::campaign_year;
use super::Signing;
use crate::account::{Posted, Signed};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Html, Page, html, html_with};
use crate::kernel::{App, Error, Result, Role};

#[derive(Template)]
#[template(path = "campaign/pages/notice.html")]
struct NoticePage {
    page: Page,
    year: String,
    typed: Signing,
    errors: FieldErrors,
}

fn page(signed: &Signed, year: String, typed: Signing, errors: FieldErrors) -> NoticePage {
    NoticePage { page: signed.page("Thông báo kê khai"), year, typed, errors }
}

pub(super) async fn form(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let year = campaign_year(app.clock().today())?.to_string();
    html(&page(&signed, year, Signing::proposed(&app, &signed), FieldErrors::default()))
}

/// Prints the notice of a year: who of the unit declares what by when (article 37.1), under the number and day of the
/// document. Printing changes nothing and is recorded.
pub(super) async fn print(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let (typed, year) = (Signing::of(&fields), fields.get("year").to_owned());
    if !signed.is_fresh(&fields) {
        let mut page = page(&signed, year, typed, FieldErrors::default());
        page.page = page.page.flash("wrong", Signed::STALE);
        return Ok(html_with(StatusCode::CONFLICT, &page)?.into_response());
    }
    let mut errors = FieldErrors::default();
    let asked_year = year.parse::<i16>().ok().filter(|year| (2000..=2200).contains(year));
    if asked_year.is_none() {
        errors.add("year", format!("Năm “{year}” chưa đúng. Đề nghị ghi năm kê khai, ví dụ 2025."));
    }
    let document = typed.check(&mut errors);
    if document.as_ref().is_some_and(|(_, day)| *day > app.clock().today()) {
        errors.add("day", "Ngày văn bản ở sau hôm nay. Đề nghị ghi đúng ngày của thông báo.");
    }
    if let (Some(year), Some((document_no, issued_on)), true) = (asked_year, document, errors.is_empty()) {
        let signer = Party { name: typed.name.clone(), position: typed.position.clone() };
        match notice::pdf(&app, &signed.actor, Noticing { year, document_no, issued_on, signer }).await {
            Ok(bytes) => return Ok(attachment(PDF, &format!("thong-bao-ke-khai-{year}.pdf"), bytes)),
            Err(Error::Refused(refusal)) => errors.add("year", refusal.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed, year, typed, errors))?.into_response())
}
