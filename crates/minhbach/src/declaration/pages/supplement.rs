//! "Kê khai bổ sung": the declarant says that they had a change, and takes back what was opened by mistake.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::account::{Posted, Signed};
use crate::kernel::id::ObligationId;
use crate::kernel::web::{FieldErrors, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::law;
use crate::person::Obligation;
use crate::person::oblige::{self, years_of_change};

/// An answer of `ui::radios`.
struct Year {
    value: String,
    label: String,
    hint: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/supplement.html")]
struct SupplementPage {
    page: Page,
    /// From which a change is declared.
    amount: String,
    /// "31/12"
    due: String,
    basis: String,
    notices: Vec<String>,
    years: Vec<Year>,
    year: String,
    key: String,
    errors: FieldErrors,
}

fn page_of(app: &App, signed: &Signed, year: &str, errors: FieldErrors) -> Result<SupplementPage> {
    let today = app.clock().today();
    let [this, last] = years_of_change(today);
    let rules = law::in_force(&app.law, today)?;
    let threshold = rules.threshold("change").ok_or_else(|| crate::bug!("{} has no change threshold", rules.id()))?;
    let due = law::due_on(&app.law, rules, form::Kind::Supplement, this, None)?;
    let choice =
        |year: i32, hint: &str| Year { value: year.to_string(), label: year.to_string(), hint: hint.to_owned() };
    Ok(SupplementPage {
        page: signed.page("Kê khai bổ sung"),
        amount: viet::number::format_dong(threshold.amount),
        due: due.format("%d/%m").to_string(),
        basis: threshold.basis.clone(),
        notices: rules.unknown("thresholds.change").map(|unknown| unknown.says.clone()).into_iter().collect(),
        years: vec![choice(this, ""), choice(last, "Đã quá hạn; vẫn kê khai được và cần ghi lý do")],
        year: year.to_owned(),
        key: uuid::Uuid::new_v4().to_string(),
        errors,
    })
}

pub(super) async fn show(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    html(&page_of(&app, &signed, "", FieldErrors::default())?)
}

/// A declarant whose assets or income changed within the year by the amount of the law or more opens a supplementary
/// declaration of that year (article 36.2). One that is open is gone on with.
pub(super) async fn open(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let typed = fields.get("nam").to_owned();
    let again = |errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = page_of(&app, &signed, &typed, errors)?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        let told = "Trang này được mở trong một phiên làm việc khác nên chưa mở được. Đề nghị bấm lại nút.";
        return again(FieldErrors::default(), StatusCode::CONFLICT, told);
    }
    let Ok(year) = typed.parse::<i32>() else {
        let mut errors = FieldErrors::default();
        errors.add("nam", "Chưa chọn năm có biến động. Đề nghị chọn một năm.");
        return again(errors, StatusCode::UNPROCESSABLE_ENTITY, "");
    };
    let once = Once::of_form(fields.get("khoa"), &year)?;
    match oblige::supplement(&app, &signed.actor, year, &once).await {
        Ok(owed) => Ok(Redirect::to(&format!("/ke-khai/{}", owed.obligation)).into_response()),
        Err(Error::Refused(refusal)) => again(FieldErrors::default(), refusal.status, &refusal.to_string()),
        Err(error) => Err(error),
    }
}

/// Ends a supplementary declaration that was opened and not sent.
pub(super) async fn take_back(
    State(app): State<App>,
    Path(id): Path<ObligationId>,
    Posted { signed, fields }: Posted,
) -> Result<Redirect> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    oblige::take_back(&app, &signed.actor, id).await?;
    Ok(Redirect::to("/ke-khai"))
}

/// Where it is taken back; empty for what is owed by the calendar or was sent.
pub(super) fn take_back_at(obligation: &Obligation) -> String {
    let may = obligation.kind == form::Kind::Supplement && obligation.is_open();
    if may { format!("/ke-khai/{}/thoi", obligation.id) } else { String::new() }
}
