//! The agency's requests: the list, one with its course, what is decided of it.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::decide::{self, Deciding, Keeping};
use super::super::model::{Asked, Inquiry, StepKind};
use super::super::store::{self, Wanted};
use super::super::{letter, open, rules};
use super::new::require_ours;
use super::{AGENCY, Told, beside_field, day, new_key};
use crate::account::{Posted, Signed};
use crate::handover::pages::Work;
use crate::kernel::id::{InquiryId, PersonId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Result, Role};
use crate::person::inquiry::{State, told};
use crate::{organisation, person};

/// Lines shown at once.
const NEWEST: i64 = 300;

/// Which requests are shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Filter {
    #[serde(rename = "trang-thai")]
    state: Option<String>,
}

/// A filter by its word in the address, its name, and what it asks for.
const LATE: &str = "qua-han";
const OPEN: &str = "dang-mo";

struct Line {
    id: InquiryId,
    document_no: String,
    issued_on: String,
    to: String,
    is_person: bool,
    due: String,
    distance: String,
    state: &'static str,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "inquiry/pages/list.html")]
struct ListPage {
    page: Page,
    works: Vec<Work>,
    is_filtered: bool,
    /// There may be older ones.
    is_cut: bool,
    lines: Vec<Line>,
}

/// The requests of the agency with their states, those that are open first. Names of declarants are under seal, so the list is
/// a recorded access when one is shown.
pub(super) async fn list(Part(app): Part<App>, signed: Signed, Query(filter): Query<Filter>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let partition = signed.actor.agency().ok_or(Error::Forbidden)?;
    let today = app.clock().today();
    let word = filter.state.unwrap_or_default();
    let wanted = match &*word {
        LATE => Wanted { late_on: Some(today), ..Wanted::default() },
        OPEN => Wanted { open: true, ..Wanted::default() },
        other => Wanted { state: State::ALL.into_iter().find(|state| state.word() == other), ..Wanted::default() },
    };
    let (found, names, units) = app
        .db
        .read(&signed.actor, "inquiry.list", async |tx| {
            let found = store::list(tx, wanted, NEWEST).await?;
            let ids: Vec<PersonId> = found.iter().filter_map(|inquiry| inquiry.person).collect();
            let mut names = std::collections::BTreeMap::new();
            for (id, person) in person::store::find_all(tx, &ids).await? {
                names.insert(id, tx.open(partition, id.0, &person.name)?);
            }
            if !names.is_empty() {
                let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
                tx.record(Event::new("inquiry.list_opened", partition).count("people", count))?;
            }
            let units: Vec<_> = found.iter().filter_map(|inquiry| inquiry.unit).collect();
            let units = organisation::store::names(tx, &units).await?;
            Ok((found, names, units))
        })
        .await?;
    let line = |inquiry: &Inquiry| {
        let (state, kind, distance) = told(inquiry.state, inquiry.due_on, today);
        let name = inquiry.person.and_then(|id| names.get(&id)).or(inquiry.unit.and_then(|id| units.get(&id)));
        Line {
            id: inquiry.id,
            document_no: inquiry.document_no.clone(),
            issued_on: day(inquiry.issued_on),
            to: name.cloned().unwrap_or_default(),
            is_person: inquiry.asked == Asked::Person,
            due: day(inquiry.due_on),
            distance,
            state,
            kind,
        }
    };
    let work = |label: &str, of: &str| Work {
        label: label.to_owned(),
        count: String::new(),
        href: if of.is_empty() { AGENCY.to_owned() } else { format!("{AGENCY}?trang-thai={of}") },
        current: word == of,
    };
    let mut works = vec![work("Tất cả", ""), work("Chưa kết thúc", OPEN), work("Quá hạn trả lời", LATE)];
    works.extend(State::ALL.iter().map(|state| work(state.label().0, state.word())));
    html(&ListPage {
        page: signed.page("Yêu cầu cung cấp thông tin"),
        works,
        is_filtered: !word.is_empty(),
        is_cut: i64::try_from(found.len()).is_ok_and(|count| count == NEWEST),
        lines: found.iter().map(line).collect(),
    })
}

/// What was typed into the forms under a request.
#[derive(Default)]
struct Typed {
    due_on: String,
    keep_reason: String,
    close_reason: String,
    withdraw_reason: String,
    /// The step that was read when the form was filled in; none of a form that is shown for the first time.
    seen: Option<i32>,
    key: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            due_on: text("due_on"),
            keep_reason: text("keep_reason"),
            close_reason: text("close_reason"),
            withdraw_reason: text("withdraw_reason"),
            seen: Some(fields.get("seen").parse().unwrap_or(-1)),
            key: text("khoa"),
        }
    }
}

#[derive(Template)]
#[template(path = "inquiry/pages/inquiry.html")]
struct InquiryPage {
    page: Page,
    told: Told,
    /// Where more is asked.
    follow: String,
    can_close: bool,
    close_label: &'static str,
    close_button: &'static str,
    /// What the forms say was read.
    seen: i32,
    can_follow: bool,
    can_keep: bool,
    can_withdraw: bool,
    keep_hint: String,
    typed: Typed,
    errors: FieldErrors,
}

async fn page(app: &App, signed: &Signed, id: InquiryId, typed: Typed, errors: FieldErrors) -> Result<InquiryPage> {
    let opened = app.db.read(&signed.actor, "inquiry.open", async |tx| open::open(tx, id).await).await?;
    let told = Told::of(app, &opened, AGENCY)?;
    let (inquiry, today) = (&opened.inquiry, app.clock().today());
    let can = |kind| rules::after(inquiry.state, kind).is_some();
    let least = rules::least_kept(&app.law, inquiry, today);
    let (close_label, close_button) = match inquiry.state {
        State::Waiting => ("Văn bản trả lời đã nhận", "Đã nhận bằng giấy, kết thúc yêu cầu"),
        State::Pleaded => ("Lý do chấp nhận", "Chấp nhận lý do, kết thúc yêu cầu"),
        _ => ("Ghi chú (nếu có)", "Thông tin đã đủ, kết thúc yêu cầu"),
    };
    Ok(InquiryPage {
        page: signed.page(told.title()),
        seen: typed.seen.unwrap_or(told.last),
        told,
        follow: format!("{AGENCY}/{id}/bo-sung"),
        can_close: can(StepKind::Closed),
        close_label,
        close_button,
        can_follow: can(StepKind::Followed),
        can_keep: can(StepKind::Kept),
        can_withdraw: can(StepKind::Withdrawn),
        keep_hint: format!("Từ ngày {} trở đi. Ví dụ 05/02/2026", day(least)),
        typed,
        errors,
    })
}

/// A request of the agency with its course; opening it is recorded.
pub(super) async fn show(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed { key: new_key(), ..Typed::default() };
    html(&page(&app, &signed, id, typed, FieldErrors::default()).await?)
}

/// Closes a request as sufficiently answered, keeps it until a day, or withdraws it. Each says why, except that closing what was
/// answered may be silent; none is done over an answer the officer has not seen.
pub(super) async fn decide(
    Part(app): Part<App>,
    Path(id): Path<InquiryId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    require_ours(&app, &signed, id).await?;
    let mut typed = Typed::of(&fields);
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, above: &str| -> Result<Response> {
        let mut page = page(&app, &signed, id, Typed { key: new_key(), ..typed }, errors).await?;
        if !above.is_empty() {
            page.page = page.page.flash("wrong", above);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let seen = typed.seen.unwrap_or(-1);
    let act = fields.get("viec");
    let once = Once::of_form(&typed.key, &(id, act, seen, &typed.due_on, reason(&typed, act)))?;
    let mut errors = FieldErrors::default();
    let (field, done) = match act {
        "giu" => {
            let Ok(due_on) = viet::date::parse_date(&typed.due_on) else {
                errors.add("due_on", "Hạn cung cấp chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
                return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
            };
            let asked = Keeping { seen, due_on, reason: typed.keep_reason.clone() };
            ("keep_reason", decide::keep(&app, &signed.actor, id, &asked, &once).await)
        }
        "rut" => {
            let asked = Deciding { seen, reason: typed.withdraw_reason.clone() };
            ("withdraw_reason", decide::withdraw(&app, &signed.actor, id, &asked, &once).await)
        }
        "dong" => {
            let asked = Deciding { seen, reason: typed.close_reason.clone() };
            ("close_reason", decide::close(&app, &signed.actor, id, &asked, &once).await)
        }
        _ => return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, NO_ACT).await,
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("{AGENCY}/{id}")).into_response()),
        Err(Error::Refused(refusal)) => {
            let known = beside_field(&refusal, &[("no_reason", field), ("due_on", "due_on")], &mut errors);
            let above = if known { String::new() } else { refusal.to_string() };
            // What came meanwhile is on the page that is shown now.
            if refusal.code == rules::CHANGED {
                typed.seen = None;
            }
            again(typed, errors, refusal.status, &above).await
        }
        Err(error) => Err(error),
    }
}

const NO_ACT: &str =
    "Chưa rõ việc cần làm nên chưa ghi gì. Đề nghị bấm một trong các nút kết thúc, giữ hoặc rút yêu cầu trên trang.";

fn reason<'t>(typed: &'t Typed, act: &str) -> &'t str {
    match act {
        "giu" => &typed.keep_reason,
        "rut" => &typed.withdraw_reason,
        _ => &typed.close_reason,
    }
}

/// The request as a letter in the layout of Nghị định 30/2020/NĐ-CP.
pub(super) async fn letter(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    printed(&app, &signed, id).await
}

pub(super) async fn printed(app: &App, signed: &Signed, id: InquiryId) -> Result<Response> {
    let letter = app.db.read(&signed.actor, "inquiry.letter", async |tx| letter::of(app, tx, id).await).await?;
    Ok(attachment(PDF, "yeu-cau-cung-cap-thong-tin.pdf", letter::pdf(app, signed.actor.home, letter).await?))
}
