//! Pages of the campaign: the unit follows up, keeps its logbook and gives notice; the agency plans and sees how far units are.
mod agency;
mod issue;
mod log;
mod non_submission;
mod notice;
mod remind;

use axum::Router;
use axum::routing::get;
use chrono::NaiveDate;
use serde::Deserialize;

use crate::account::Signed;
use crate::kernel::App;
use crate::kernel::web::{FieldErrors, Fields};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/don-vi/don-doc", get(remind::list).post(remind::send))
        .route("/don-vi/don-doc/cong-van/{issue}", get(issue::show).post(issue::deliver))
        .route("/don-vi/don-doc/cong-van/{issue}/cong-van.pdf", get(issue::letters))
        .route("/don-vi/don-doc/khong-nop/{obligation}", get(non_submission::show).post(non_submission::record))
        .route("/don-vi/so-theo-doi", get(log::show))
        .route("/don-vi/so-theo-doi/excel", get(log::workbook))
        .route("/don-vi/thong-bao", get(notice::form).post(notice::print))
        .route("/dot-ke-khai", get(agency::show).post(agency::plan))
        .route("/dot-ke-khai/excel", get(agency::workbook))
        .route("/dot-ke-khai/don-vi/{unit}", get(agency::unit))
}

/// Which year is asked for.
#[derive(Deserialize)]
struct Asked {
    nam: Option<i16>,
}

/// A line of the left column.
struct Work {
    label: String,
    count: String,
    href: String,
    current: bool,
}

/// A row of `ui::summary_list`.
struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

fn row(key: &'static str, value: String) -> Row {
    Row { key, value, href: "" }
}

fn day(day: NaiveDate) -> String {
    viet::date::format_short(day)
}

/// Reads a day or says what is to be mended; `what` as in "Ngày văn bản".
fn read_day(field: &str, what: &str, typed: &str, errors: &mut FieldErrors) -> Option<NaiveDate> {
    let read = viet::date::parse_date(typed).ok();
    if read.is_none() {
        errors.add(field, format!("{what} chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026."));
    }
    read
}

/// Who signs a document, its number and day, as typed; kept when something is to be mended.
struct Signing {
    document_no: String,
    day: String,
    name: String,
    position: String,
    /// Idempotency key, made with the page.
    key: String,
}

impl Signing {
    /// The officer's own name and position and today: to be changed where another signs.
    fn proposed(app: &App, signed: &Signed) -> Self {
        Self {
            document_no: String::new(),
            day: day(app.clock().today()),
            name: signed.badge.name.clone(),
            position: signed.badge.position.clone(),
            key: new_key(),
        }
    }

    fn of(fields: &Fields) -> Self {
        Self {
            document_no: fields.get("so").to_owned(),
            day: fields.get("day").to_owned(),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            key: fields.get("khoa").to_owned(),
        }
    }

    /// Number and day, or what is to be mended.
    fn check(&self, errors: &mut FieldErrors) -> Option<(String, NaiveDate)> {
        let number = super::rules::document_no(&self.document_no);
        if number.is_none() {
            errors.add("so", super::rules::DOCUMENT_NO);
        }
        let day = read_day("day", "Ngày văn bản", &self.day, errors);
        if self.name.is_empty() {
            errors.add("name", "Chưa ghi họ tên người ký. Đề nghị ghi rõ họ tên người ký văn bản.");
        }
        if self.position.is_empty() {
            errors.add("position", "Chưa ghi chức vụ người ký. Đề nghị ghi chức vụ như trên văn bản.");
        }
        number.zip(day)
    }

    /// With a new key, after the old one was used up by a request that was refused.
    fn renewed(self) -> Self {
        Self { key: new_key(), ..self }
    }
}

fn new_key() -> String {
    uuid::Uuid::new_v4().to_string()
}
