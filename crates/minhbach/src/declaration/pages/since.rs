//! "Từ lần kê khai trước": what was carried, and whether anything changed since; only what changed is opened.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::sent_instead;
use crate::account::{Posted, Signed};
use crate::declaration::carry::{self, YEAR};
use crate::declaration::draft::{self, Draft, Saving, Turn, UNCHANGED};
use crate::declaration::review::{Review, State as Progress};
use crate::declaration::typed::Typed;
use crate::declaration::wizard::{self, Section};
use crate::kernel::id::ObligationId;
use crate::kernel::web::{FieldErrors, Page, Path, html_with};
use crate::kernel::{App, Error, Result, Role};
use crate::person::Obligation;

/// A question with what was carried for its items.
struct Asked {
    name: String,
    title: String,
    text: String,
    hint: String,
    value: String,
    error: String,
    /// What stands in the draft now, which is what "Không" confirms. "Đất ở: số 12, đường Lê Lợi: 805.000.000 đồng"
    carried: Vec<String>,
}

/// An answer of `ui::radios`.
struct Answer {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

#[derive(Template)]
#[template(path = "declaration/pages/since.html")]
struct SincePage {
    page: Page,
    back: String,
    action: String,
    title: String,
    completed_on: String,
    turn: Turn,
    errors: FieldErrors,
    questions: Vec<Asked>,
    answers: [Answer; 2],
}

pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<ObligationId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    if let Some(sent) = sent_instead(&obligation) {
        return Ok(sent);
    }
    let Some(draft) = draft.filter(|draft| draft.previous.is_some()) else {
        return Ok(Redirect::to(&format!("/ke-khai/{id}")).into_response());
    };
    let typed = draft.year.as_ref().map(|saved| saved.typed.clone()).unwrap_or_default();
    let page = page_of(&app, &signed, &obligation, &draft, &typed, FieldErrors::default())?;
    Ok(html_with(StatusCode::OK, &page)?.into_response())
}

fn page_of(
    app: &App,
    signed: &Signed,
    obligation: &Obligation,
    draft: &Draft,
    typed: &Typed,
    errors: FieldErrors,
) -> Result<SincePage> {
    let (_, form) = draft::law_of(app, obligation)?;
    let carried = draft.previous.as_ref().ok_or(Error::NotFound)?;
    let sections = wizard::sections(form, obligation.kind);
    let questions = app.law.questions.iter().map(|question| Asked {
        name: format!("t.{}", question.code),
        title: question.title.clone(),
        text: question.text.clone(),
        hint: question.hint.clone(),
        value: typed.text(&format!("t.{}", question.code)).to_owned(),
        error: errors.on(&format!("t.{}", question.code)).to_owned(),
        carried: sections
            .iter()
            .filter(|section| question.items.iter().any(|item| item == section.code))
            .map(|section| lines(section, draft.sections.get(section.code).map(|saved| &saved.typed)))
            .collect(),
    });
    Ok(SincePage {
        page: signed.page("Từ lần kê khai trước"),
        back: format!("/ke-khai/{}", obligation.id),
        action: format!("/ke-khai/{}/tu-lan-truoc", obligation.id),
        title: obligation.title(),
        completed_on: viet::date::format_short(carried.completed_on),
        turn: Turn {
            tab: uuid::Uuid::now_v7().to_string(),
            revision: draft.year.as_ref().map_or(0, |saved| saved.revision),
            number: 0,
        },
        questions: questions.collect(),
        answers: [Answer { value: UNCHANGED, label: "Không", hint: "" }, Answer { value: "co", label: "Có", hint: "" }],
        errors,
    })
}

/// "Đất ở: số 12, đường Lê Lợi: 805.000.000 đồng; thôn 3 …", "Nhà ở: không có".
fn lines(section: &Section<'_>, typed: Option<&Typed>) -> String {
    let lines: Vec<_> = typed
        .map(|typed| {
            let there = (0..typed.entries.len()).filter(|entry| carry::is_there(typed, *entry));
            there.map(|entry| carry::line_of(section, typed, entry)).collect()
        })
        .unwrap_or_default();
    let said = match (typed.is_some_and(|typed| !typed.is_blank()), lines.is_empty()) {
        (false, _) => "chưa ghi".to_owned(),
        (true, true) => "không có".to_owned(),
        (true, false) => lines.join("; "),
    };
    format!("{}: {said}", section.short_heading())
}

/// Keeps the answers. "Không" confirms what was carried for the items of the question; the rest is opened one by one.
pub(super) async fn save(
    State(app): State<App>,
    Path(id): Path<ObligationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    if let Some(sent) = sent_instead(&obligation) {
        return Ok(sent);
    }
    let Some(draft) = draft.filter(|draft| draft.previous.is_some()) else {
        return Ok(Redirect::to(&format!("/ke-khai/{id}")).into_response());
    };
    let typed = Typed::from_fields(&fields);
    let again = |draft: &Draft, status: StatusCode, errors: FieldErrors, told: &str| -> Result<Response> {
        let mut page = page_of(&app, &signed, &obligation, draft, &typed, errors)?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        let told = "Trang này được mở trong một phiên làm việc khác nên chưa lưu. Các câu trả lời vẫn còn; đề nghị bấm lại nút lưu.";
        return again(&draft, StatusCode::CONFLICT, FieldErrors::default(), told);
    }
    let turn =
        Turn { tab: fields.get("tab").to_owned(), revision: fields.get("version").parse().unwrap_or(0), number: 0 };
    let saving = draft::save(&app, &signed.actor, id, YEAR, &typed, &turn, true).await?;
    if saving == Saving::Closed {
        let (obligation, _) = draft::current(&app, &signed.actor, id).await?;
        return sent_instead(&obligation).ok_or(Error::NotFound);
    }
    if saving == Saving::Conflict {
        let (_, now) = draft::current(&app, &signed.actor, id).await?;
        let told = "Các câu trả lời vừa được lưu ở một thẻ hoặc máy khác. Dưới đây là lựa chọn Ông/Bà vừa bấm, chưa được lưu; đề nghị xem lại rồi bấm lưu một lần nữa.";
        return again(&now.unwrap_or(draft), StatusCode::CONFLICT, FieldErrors::default(), told);
    }
    let mut errors = FieldErrors::default();
    for question in app.law.questions.iter() {
        let name = format!("t.{}", question.code);
        if typed.text(&name).is_empty() {
            errors.add(name, format!("Chưa trả lời: {} Đề nghị Ông/Bà chọn Có hoặc Không.", question.text));
        }
    }
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    let draft = draft.ok_or(Error::NotFound)?;
    if !errors.is_empty() {
        let mut page = page_of(&app, &signed, &obligation, &draft, &typed, errors)?;
        page.page = page.page.flash("info", "Các câu đã trả lời đã được lưu. Còn câu chưa trả lời.");
        return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
    }
    let review = Review::of(&app, &obligation, &draft, app.clock().today())?;
    let all = wizard::in_walking_order(&review.sections);
    let next = all.iter().find(|section| review.state_of(section.code) != Progress::Done);
    let next = next.map_or("kiem-tra", |section| section.slug.as_str());
    Ok(Redirect::to(&format!("/ke-khai/{id}/{next}")).into_response())
}
