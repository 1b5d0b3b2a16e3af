//! What a unit plans for a person and has them declare for: personnel work (article 36.4), standing for election (34.4).
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form::Kind;

use super::{STALE, on_the_list};
use crate::account::{Posted, Signed};
use crate::kernel::id::{ObligationId, PersonId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::law;
use crate::person::oblige::{self, Planned};
use crate::person::{self, Obligation, Occasion};

struct Choice {
    value: &'static str,
    label: String,
    hint: &'static str,
}

/// What was planned for the person before.
struct Line {
    title: String,
    due: String,
    state: String,
    kind: &'static str,
    /// Where it is taken back; empty once something was sent or it ended.
    take_back: String,
}

/// How long before the planned day a kind is declared: "ít nhất 10 ngày trước ngày dự kiến bầu, phê chuẩn, bổ nhiệm".
struct Limit {
    text: String,
    basis: String,
}

#[derive(Template)]
#[template(path = "roster/pages/occasion.html")]
struct OccasionPage {
    page: Page,
    person: PersonId,
    name: String,
    limits: Vec<Limit>,
    choices: Vec<Choice>,
    typed: Typed,
    errors: FieldErrors,
    lines: Vec<Line>,
}

struct Typed {
    occasion: String,
    on: String,
    key: String,
}

impl Typed {
    fn new() -> Self {
        Self { occasion: String::new(), on: String::new(), key: uuid::Uuid::new_v4().to_string() }
    }

    fn of(fields: &Fields) -> Self {
        let text = |name: &str| viet::text::normalise(fields.get(name));
        Self { occasion: text("viec"), on: text("ngay"), key: fields.get("khoa").to_owned() }
    }

    fn check(&self, errors: &mut FieldErrors) -> Option<Planned> {
        let occasion = Occasion::from_word(&self.occasion);
        if occasion.is_none() {
            errors.add("viec", "Chưa chọn việc cần kê khai. Đề nghị chọn một việc.");
        }
        let on = viet::date::parse_date(&self.on).ok();
        if on.is_none() {
            errors.add("ngay", "Ngày dự kiến chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
        }
        Some(Planned { occasion: occasion?, on: on? })
    }
}

async fn page_of(
    app: &App,
    signed: &Signed,
    person: PersonId,
    typed: Typed,
    errors: FieldErrors,
) -> Result<OccasionPage> {
    let listed = on_the_list(app, signed, person).await?;
    let owed = app
        .db
        .read(&signed.actor, "obligation.of_person", async |tx| person::store::obligations(tx, Some(person)).await)
        .await?;
    let today = app.clock().today();
    let rules = law::in_force(&app.law, today)?;
    let limit = |kind: Kind| {
        let deadline = rules.deadline(&rules.kind(kind)?.deadline)?;
        let text = format!(
            "{}: chậm nhất {} ngày trước {}",
            person::model::kind_label(kind),
            deadline.days?,
            deadline.event.as_deref()?
        );
        Some(Limit { text, basis: deadline.basis.clone() })
    };
    Ok(OccasionPage {
        page: signed.page("Kê khai phục vụ công tác cán bộ, ứng cử"),
        person,
        name: listed.line.name,
        limits: [Kind::Personnel, Kind::Candidate].into_iter().filter_map(limit).collect(),
        choices: Occasion::ALL.map(choice).into(),
        typed,
        errors,
        lines: owed
            .iter()
            .filter(|obligation| obligation.occasion.is_some())
            .map(|obligation| line(app, obligation, today))
            .collect::<Result<_>>()?,
    })
}

fn choice(occasion: Occasion) -> Choice {
    Choice { value: occasion.word(), label: viet::text::capitalised(occasion.label()), hint: "" }
}

/// "08/12/2025 (hạn của pháp luật là 30/11/2025)" where it was planned later than that.
fn due_of(app: &App, obligation: &Obligation) -> Result<String> {
    let due = viet::date::format_short(obligation.due_on);
    let Some((occasion, on)) = obligation.occasion else { return Ok(due) };
    let rules = law::named(&app.law, &obligation.rule_set)?;
    let by_law = oblige::due_before(&app.law, rules, Planned { occasion, on })?;
    if by_law == obligation.due_on {
        return Ok(due);
    }
    Ok(format!("{due} (hạn của pháp luật là {})", viet::date::format_short(by_law)))
}

fn line(app: &App, obligation: &Obligation, today: chrono::NaiveDate) -> Result<Line> {
    let is_open = obligation.is_open();
    let (state, kind) = match obligation.declared_at {
        Some(_) if obligation.received_on.is_some() => ("Đã tiếp nhận".to_owned(), "good"),
        Some(_) => ("Đã gửi".to_owned(), "wait"),
        None if !is_open => ("Đã hủy".to_owned(), ""),
        None => (law::distance(obligation.due_on, today), if today > obligation.due_on { "wrong" } else { "info" }),
    };
    Ok(Line {
        title: obligation.title(),
        due: due_of(app, obligation)?,
        state,
        kind,
        take_back: if is_open { format!("/don-vi/nghia-vu/{}/thoi", obligation.id) } else { String::new() },
    })
}

pub(super) async fn form(State(app): State<App>, signed: Signed, Path(person): Path<PersonId>) -> Result<Html> {
    html(&page_of(&app, &signed, person, Typed::new(), FieldErrors::default()).await?)
}

/// Has a person declare before the day something is planned for them (article 36.4; candidates, article 34.4). The same plan
/// twice asks once.
pub(super) async fn plan(
    State(app): State<App>,
    Path(person): Path<PersonId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed::of(&fields);
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = page_of(&app, &signed, person, typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, STALE).await;
    }
    let mut errors = FieldErrors::default();
    let Some(planned) = typed.check(&mut errors) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let once = Once::of_form(&typed.key, &(person, planned))?;
    match oblige::plan(&app, &signed.actor, person, planned, &once).await {
        Ok(_) => Ok(Redirect::to(&format!("/don-vi/danh-sach/{person}/dip")).into_response()),
        Err(Error::Refused(refusal)) => {
            let told = refusal.to_string();
            // The key was used up; with a new one the officer can go on from the page they see.
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            if refusal.code == "planned_day" {
                errors.add("ngay", told);
                return again(typed, errors, refusal.status, "").await;
            }
            again(typed, errors, refusal.status, &told).await
        }
        Err(error) => Err(error),
    }
}

/// Ends what was planned and came to nothing, as long as nothing was sent for it.
pub(super) async fn take_back(
    State(app): State<App>,
    Path(id): Path<ObligationId>,
    Posted { signed, fields }: Posted,
) -> Result<Redirect> {
    signed.require(&[Role::UnitOfficer])?;
    signed.require_fresh(&fields)?;
    let person = oblige::take_back(&app, &signed.actor, id).await?;
    Ok(Redirect::to(&format!("/don-vi/danh-sach/{person}/dip")))
}
