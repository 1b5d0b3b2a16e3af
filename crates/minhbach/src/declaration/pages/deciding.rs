//! Deciding a correction: the unit until the copy is handed over, then the control agency; one page for both.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::correction::Told;
use crate::account::{Posted, Signed};
use crate::declaration::correction::acts;
use crate::declaration::correction::decide::{self, Deciding};
use crate::declaration::correction::model::Verdict;
use crate::declaration::correction::rules::no_reason;
use crate::declaration::store;
use crate::kernel::id::CorrectionId;
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::person;
use crate::person::model::title;

/// Where the unit's corrections are, and the agency's.
pub(crate) const UNIT: &str = "/don-vi/sua-doi";
pub(crate) const AGENCY: &str = "/ban-ke-khai/sua-doi";

/// The answer to a difference and the reason of a refusal, named after its index.
const VERDICT: &str = "kq.";
const REASON: &str = "ly-do.";

/// What the officer chose and typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    verdicts: BTreeMap<usize, String>,
    reasons: BTreeMap<usize, String>,
    day: String,
    name: String,
    position: String,
    /// Idempotency key, made with the page.
    key: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let indexed = |prefix: &str| -> BTreeMap<usize, String> {
            let named = fields.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
            named.filter_map(|(index, value)| Some((index.parse().ok()?, viet::text::normalise(value)))).collect()
        };
        Self {
            verdicts: indexed(VERDICT),
            reasons: indexed(REASON),
            day: fields.get("day").to_owned(),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            key: fields.get("khoa").to_owned(),
        }
    }

    fn is(&self, index: &usize, word: &str) -> bool {
        self.verdicts.get(index).is_some_and(|said| said == word)
    }

    fn reason(&self, index: &usize) -> &str {
        self.reasons.get(index).map_or("", String::as_str)
    }

    /// The decision, or what is to be mended.
    fn check(&self, items: usize, errors: &mut FieldErrors) -> Option<Deciding> {
        let mut verdicts = Vec::new();
        for index in 0..items {
            let reason = self.reason(&index).to_owned();
            match self.verdicts.get(&index).map(String::as_str) {
                Some("duyet") if !reason.is_empty() => {
                    let text = "Đã ghi lý do từ chối nhưng chọn “Duyệt”. Đề nghị chọn “Từ chối”, hoặc xóa lý do.";
                    errors.add(format!("{VERDICT}{index}"), text);
                }
                Some("duyet") => verdicts.push(Verdict { approved: true, reason }),
                Some("tu-choi") if reason.is_empty() => {
                    errors.add(format!("{REASON}{index}"), no_reason().to_string());
                }
                Some("tu-choi") => verdicts.push(Verdict { approved: false, reason }),
                _ => {
                    let text = format!("Điểm {}: chưa chọn. Đề nghị chọn “Duyệt” hoặc “Từ chối”.", index + 1);
                    errors.add(format!("{VERDICT}{index}"), text);
                }
            }
        }
        let decided_on = viet::date::parse_date(&self.day).ok();
        if decided_on.is_none() {
            errors.add("day", "Ngày quyết định chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
        }
        if self.name.is_empty() {
            errors.add("name", "Chưa ghi họ tên người quyết định. Đề nghị ghi rõ họ tên người có thẩm quyền.");
        }
        if self.position.is_empty() {
            errors.add("position", "Chưa ghi chức vụ người quyết định. Đề nghị ghi chức vụ của người có thẩm quyền.");
        }
        let decided_on = decided_on.filter(|_| errors.is_empty())?;
        let (approver_name, approver_position) = (self.name.clone(), self.position.clone());
        Some(Deciding { verdicts, decided_on, approver_name, approver_position })
    }
}

#[derive(Template)]
#[template(path = "declaration/pages/correction.html")]
struct DecidePage {
    page: Page,
    /// Where the declaration is read, and where the form is sent.
    declaration: String,
    action: String,
    name: String,
    title: String,
    told: Told,
    typed: Typed,
    errors: FieldErrors,
}

async fn page_of(
    app: &App,
    signed: &Signed,
    base: &str,
    id: CorrectionId,
    typed: Typed,
    errors: FieldErrors,
) -> Result<DecidePage> {
    let (told, title, name) = app
        .db
        .read(&signed.actor, "correction.open", async |tx| {
            let opened = acts::open_one(tx, id).await?;
            let declaration = store::find(tx, opened.correction.declaration).await?;
            let person = person::store::find(tx, declaration.partition, declaration.person).await?;
            let name = tx.open(person.partition, person.id.0, &person.name)?;
            Ok((Told::of(&opened, base, tx.today()), title(declaration.kind, declaration.year), name))
        })
        .await?;
    let records = if base == UNIT { "/don-vi/ban" } else { "/ban-ke-khai" };
    Ok(DecidePage {
        page: signed.page("Đề nghị sửa đổi bản kê khai"),
        declaration: format!("{records}/{}", told.declaration),
        action: format!("{base}/{id}"),
        name,
        title,
        told,
        typed,
        errors,
    })
}

async fn show(app: &App, signed: &Signed, base: &str, id: CorrectionId) -> Result<Html> {
    let typed = Typed {
        day: viet::date::format_short(app.clock().today()),
        key: uuid::Uuid::new_v4().to_string(),
        ..Typed::default()
    };
    html(&page_of(app, signed, base, id, typed, FieldErrors::default()).await?)
}

async fn decide(app: &App, signed: &Signed, base: &str, id: CorrectionId, fields: &Fields) -> Result<Response> {
    let typed = Typed::of(fields);
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = page_of(app, signed, base, id, typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let items = app
        .db
        .read(&signed.actor, "correction.items", async |tx| {
            Ok(crate::declaration::correction::store::find(tx, id).await?.items)
        })
        .await?;
    let mut errors = FieldErrors::default();
    let Some(asked) = typed.check(usize::try_from(items).unwrap_or_default(), &mut errors) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    // The key is random and stays out of the database, so the request's hash gives nobody a text to guess at.
    let request = serde_json::to_vec(&(&typed.key, id, &asked)).map_err(anyhow::Error::from)?;
    let once = Once::new(&typed.key, &request)?;
    match decide::decide(app, &signed.actor, id, &asked, &once).await {
        Ok(_) => Ok(Redirect::to(&format!("{base}/{id}")).into_response()),
        Err(Error::Refused(refusal)) => {
            // The key was used up; with a new one the officer can go on from the page they see.
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            let field = match refusal.code {
                "decided_on" => "day",
                "approver_is_declarant" => "name",
                _ => return again(typed, errors, refusal.status, &refusal.to_string()).await,
            };
            errors.add(field, refusal.to_string());
            again(typed, errors, refusal.status, "").await
        }
        Err(error) => Err(error),
    }
}

/// A proposal of the unit's people with its differences; opening it is recorded.
pub(super) async fn unit_show(State(app): State<App>, signed: Signed, Path(id): Path<CorrectionId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    show(&app, &signed, UNIT, id).await
}

/// The unit puts down what the competent person decided of each difference (Quyết định 390/QĐ-TTg, điểm 2 mục II), until the
/// copy is handed over. Two presses of one page decide once.
pub(super) async fn unit_decide(
    State(app): State<App>,
    Path(id): Path<CorrectionId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    decide(&app, &signed, UNIT, id, &fields).await
}

/// The same of a declaration whose copy the agency holds.
pub(super) async fn agency_show(State(app): State<App>, signed: Signed, Path(id): Path<CorrectionId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    show(&app, &signed, AGENCY, id).await
}

/// The agency puts the decision down once the copy was handed over to it.
pub(super) async fn agency_decide(
    State(app): State<App>,
    Path(id): Path<CorrectionId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    decide(&app, &signed, AGENCY, id, &fields).await
}
