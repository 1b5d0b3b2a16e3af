//! The declarant's pages: what is owed, the wizard, checking and sending, what was sent; and the unit's pages.
mod assets;
mod check;
pub(crate) mod correction;
pub(crate) mod deciding;
mod demand;
pub(crate) mod original;
mod section;
pub(crate) mod sent;
mod since;
mod supplement;
mod unit;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::NaiveDate;

use super::correction as corrections;
use super::correction::Correction;
use super::draft::{self, Draft};
use super::model::{Channel, Declaration};
use super::older::{self, Older};
use super::review::{Review, State as Progress};
use super::store;
use super::wizard;
use crate::account::Signed;
use crate::kernel::id::{DeclarationId, InquiryId, ObligationId};
use crate::kernel::web::{Fields, Page, Path, html};
use crate::kernel::{App, Error, Result, Role};
use crate::law;
use crate::person::follow_up::{self, FollowUp, Plan};
use crate::person::{self, Obligation, inquiry};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/ke-khai", get(owed))
        .route("/ke-khai/ban/{declaration}", get(sent::declaration))
        .route("/ke-khai/ho-so/{original}", get(original::show))
        .route("/ke-khai/ban/{declaration}/phieu", get(sent::slip))
        .route("/ke-khai/ban/{declaration}/phieu.pdf", get(sent::slip_pdf))
        .route("/ke-khai/ban/{declaration}/ban-ke-khai.pdf", get(sent::declaration_pdf))
        .route("/ke-khai/ban/{declaration}/sua-doi", post(correction::begin))
        .route("/ke-khai/sua-doi/{correction}", get(correction::own).post(correction::withdraw))
        .route("/ke-khai/yeu-cau/{demand}", get(demand::own))
        .route("/ke-khai/yeu-cau/{demand}/sua", post(demand::mend))
        .route("/ke-khai/yeu-cau/{demand}/yeu-cau.pdf", get(demand::own_letter))
        .route("/ke-khai/bo-sung", get(supplement::show).post(supplement::open))
        .route("/ke-khai/{obligation}", get(tasks))
        .route("/ke-khai/{obligation}/bat-dau", post(start))
        .route("/ke-khai/{obligation}/thoi", post(supplement::take_back))
        .route("/ke-khai/{obligation}/tu-lan-truoc", get(since::show).post(since::save))
        .route("/ke-khai/{obligation}/{section}", post(section::save))
        .route("/ke-khai/{obligation}/{section}/hai-ban", get(section::both).post(section::decide))
        .route("/ke-khai/tai-san", get(assets::own))
        .route("/ban-ke-khai/nguoi/{person}/tai-san", get(assets::show).post(assets::state))
        .route("/don-vi", get(unit::board))
        .route("/don-vi/ban/{declaration}", get(unit::declaration))
        .route("/don-vi/ban/{declaration}/tiep-nhan", get(unit::receipt_form).post(unit::receive))
        .route("/don-vi/ban/{declaration}/yeu-cau", get(demand::form).post(demand::issue))
        .route("/don-vi/sua-doi/{correction}", get(deciding::unit_show).post(deciding::unit_decide))
        .route("/ban-ke-khai/sua-doi/{correction}", get(deciding::agency_show).post(deciding::agency_decide))
        .route("/don-vi/yeu-cau/{demand}", get(demand::show).post(demand::follow))
        .route("/don-vi/yeu-cau/{demand}/yeu-cau.pdf", get(demand::letter))
}

/// What pages save by themselves ([`crate::kernel::load::Class::Autosave`]), and the page they save from: who cannot open a
/// section cannot fill it.
pub fn autosave_routes() -> Router<App> {
    Router::new()
        .route("/ke-khai/{obligation}/{section}", get(section::show))
        .route("/ke-khai/{obligation}/{section}/tu-luu", post(section::autosave))
}

/// Sending, with the pages around it ([`crate::kernel::load::Class::Act`]): the check that has the button, and the word
/// that it arrived.
pub fn sending_routes() -> Router<App> {
    Router::new()
        .route("/ke-khai/{obligation}/kiem-tra", get(check::show).post(check::send))
        .route("/ke-khai/ban/{declaration}/da-gui", get(sent::confirmation))
}

/// One obligation in the list.
struct OwedLine {
    title: String,
    basis: String,
    due: String,
    /// The day the agency's plan asks for, where it is still open.
    asked_by: String,
    /// Written reminders with the new last day, and what was recorded.
    follow_up: Vec<String>,
    state: &'static str,
    kind: &'static str,
    next: String,
    next_href: String,
    sent: Option<DeclarationId>,
}

#[derive(Template)]
#[template(path = "declaration/pages/owed.html")]
struct OwedPage {
    page: Page,
    lines: Vec<OwedLine>,
    /// Declarations on record that answer no obligation of the list.
    others: Vec<SentLine>,
    /// Where the person's file came from or went, and what they declared there.
    passed: Vec<String>,
    originals: Vec<original::Line>,
    /// Declarations of earlier years, on older forms.
    older: Vec<OlderLine>,
    /// What the control agency asks of the person.
    asked: Vec<AskedLine>,
    has_declared: bool,
}

/// A declaration on an older form, as its declarant reads of it.
struct OlderLine {
    year: i16,
    form: String,
    completed_on: String,
}

/// A request for information by the control agency.
struct AskedLine {
    id: InquiryId,
    document_no: String,
    issued_on: String,
    due: String,
    distance: String,
    state: &'static str,
    kind: &'static str,
}

fn asked_line(one: inquiry::Asked, today: NaiveDate) -> AskedLine {
    let (state, kind, distance) = inquiry::told(one.state, one.due_on, today);
    AskedLine {
        id: one.id,
        document_no: one.document_no,
        issued_on: viet::date::format_short(one.issued_on),
        due: viet::date::format_short(one.due_on),
        distance,
        state,
        kind,
    }
}

struct SentLine {
    id: DeclarationId,
    title: String,
    sent_on: String,
}

async fn owed(State(app): State<App>, signed: Signed) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligations, opened, declarations, follow_ups, plans, (corrections, (passed, originals), asked, older)) = app
        .db
        .read(&signed.actor, "declaration.owed", async |tx| {
            let person = tx.actor().person();
            let obligations = person::store::obligations(tx, person).await?;
            let mut opened = BTreeMap::new();
            for obligation in &obligations {
                let draft = store::draft_of(tx, obligation.partition, obligation.id).await?;
                opened.insert(obligation.id, draft.is_some());
            }
            let follow_ups = follow_up::of_obligations(tx, person).await?;
            let plans = follow_up::plans_in_force(tx, &[tx.actor().home], None).await?;
            let history = original::history(tx, person.ok_or(Error::Forbidden)?).await?;
            let older = older::Asked { people: person.as_ref().map(std::slice::from_ref), ..older::Asked::default() };
            let older = older::list(tx, older).await?;
            let beside = (corrections::store::waiting(tx).await?, history, inquiry::asked(tx).await?, older);
            Ok((obligations, opened, store::list(tx, 200).await?, follow_ups, plans, beside))
        })
        .await?;
    let today = app.clock().today();
    let waiting = correction::by_declaration(&corrections, today);
    let lines = obligations
        .iter()
        .map(|o| {
            let declaration = declarations.iter().find(|declaration| Some(declaration.id) == o.declaration);
            let is_opened = opened.get(&o.id) == Some(&true);
            let proposed = o.declaration.and_then(|id| waiting.get(&id).copied());
            owed_line(&app, o, (declaration, proposed), is_opened, (follow_ups.get(&o.id), &plans), today)
        })
        .collect::<Result<_>>()?;
    let others = declarations
        .iter()
        .filter(|d| !obligations.iter().any(|o| o.declaration == Some(d.id)))
        .map(sent_line)
        .collect();
    let page = signed.page("Kê khai của tôi");
    let asked = asked.into_iter().map(|one| asked_line(one, today)).collect();
    let older = older.into_iter().filter(|one| !one.is_withdrawn).map(|one| older_line(&app, one)).collect();
    let has_declared = !declarations.is_empty() || !originals.is_empty();
    Ok(html(&OwedPage { page, lines, others, passed, originals, older, asked, has_declared })?.into_response())
}

fn older_line(app: &App, one: Older) -> OlderLine {
    OlderLine {
        year: one.year,
        form: app.law.older_form(&one.form).map_or(one.form, |form| form.title.clone()),
        completed_on: one.completed_on.map(viet::date::format_short).unwrap_or_default(),
    }
}

/// `declaration`: what fulfils the obligation, as it stands, and the correction of it that waits.
fn owed_line(
    app: &App,
    obligation: &Obligation,
    (declaration, proposed): (Option<&Declaration>, Option<&Correction>),
    is_opened: bool,
    (follow_up, plans): (Option<&FollowUp>, &[Plan]),
    today: NaiveDate,
) -> Result<OwedLine> {
    let (rules, _) = draft::law_of(app, obligation)?;
    let is_paper = match declaration {
        Some(declaration) => correction::is_of_paper(declaration),
        None => obligation.channel.as_deref() == Some(Channel::Paper.word()),
    };
    let (state, kind) = match (obligation.received_on, obligation.declared_at, is_opened) {
        _ if obligation.demand.is_some() && obligation.demand_due_on.is_some_and(|due| today > due) => {
            ("Quá hạn hoàn thiện", "wrong")
        }
        _ if obligation.demand.is_some() => ("Cần hoàn thiện, kê khai lại", "wrong"),
        _ if proposed.is_some() => ("Chờ quyết định sửa đổi", "wait"),
        _ if obligation.correcting.is_some() => ("Đang soạn đề nghị sửa đổi", "info"),
        _ if is_paper => ("Đã số hóa bản giấy", "good"),
        (Some(_), ..) => ("Đã tiếp nhận", "good"),
        (None, Some(_), _) => ("Đã gửi, chờ tiếp nhận", "wait"),
        (None, None, _) if obligation.taken_back => ("Đã hủy", ""),
        (None, None, _) if obligation.ended_on.is_some() => ("Không còn phải nộp", ""),
        (None, None, _) if today > obligation.due_on => ("Quá hạn", "wrong"),
        (None, None, true) => ("Đang làm", "info"),
        (None, None, false) => ("Chưa bắt đầu", ""),
    };
    let demand = obligation.demand.map(|demand| format!("/ke-khai/yeu-cau/{demand}"));
    let (next, next_href) = match obligation.declaration {
        Some(_) if let Some(demand) = demand => ("Đọc yêu cầu của đơn vị".to_owned(), demand),
        Some(_) if let Some(proposed) = proposed => {
            ("Xem đề nghị sửa đổi".to_owned(), format!("{}/{}", correction::OWN, proposed.id))
        }
        Some(_) if obligation.correcting.is_some() => {
            ("Viết tiếp đề nghị sửa đổi".to_owned(), format!("/ke-khai/{}", obligation.id))
        }
        Some(id) if is_paper => ("Xem bản kê khai".to_owned(), format!("/ke-khai/ban/{id}")),
        Some(id) => ("Xem phiếu xác nhận đã gửi".to_owned(), format!("/ke-khai/ban/{id}/phieu")),
        None if obligation.taken_back => (String::new(), String::new()),
        None if is_opened => ("Tiếp tục kê khai".to_owned(), format!("/ke-khai/{}", obligation.id)),
        None => ("Bắt đầu kê khai".to_owned(), format!("/ke-khai/{}", obligation.id)),
    };
    Ok(OwedLine {
        title: obligation.title(),
        basis: rules.kind(obligation.kind).map(|kind| kind.basis.clone()).unwrap_or_default(),
        // The last day that holds now; a demand that was not read has none yet.
        due: match (obligation.demand, obligation.demand_due_on) {
            (Some(_), None) => "Tính từ ngày nhận được yêu cầu".to_owned(),
            (_, due) => viet::date::format_short(due.unwrap_or(obligation.due_on)),
        },
        asked_by: plans.iter().find_map(|plan| plan.asks(obligation)).map(viet::date::format_short).unwrap_or_default(),
        follow_up: follow_up.map(|done| done.sentences(obligation.is_open())).unwrap_or_default(),
        state,
        kind,
        next,
        next_href,
        sent: obligation.declaration.filter(|_| !is_paper || obligation.correcting.is_some() || proposed.is_some()),
    })
}

fn sent_line(declaration: &Declaration) -> SentLine {
    SentLine {
        id: declaration.id,
        title: crate::person::model::title(declaration.kind, declaration.year),
        sent_on: viet::date::format_short(crate::kernel::clock::date_in_vietnam(declaration.created_at)),
    }
}

/// A line of `ui::task_list`.
struct Task {
    label: String,
    hint: String,
    href: String,
    kind: &'static str,
    state: &'static str,
}

/// The tasks of one printed part.
struct Part {
    /// Tells the lists of the page apart.
    id: String,
    heading: String,
    tasks: Vec<Task>,
}

#[derive(Template)]
#[template(path = "declaration/pages/tasks.html")]
struct TasksPage {
    page: Page,
    title: String,
    due: String,
    is_late: bool,
    notices: Vec<String>,
    /// The demand that is being answered.
    demand: String,
    /// The declaration on record that a correction is being written of.
    corrects: String,
    /// Address of the page that checks everything.
    check: String,
    /// Where the questions about the time since the last declaration are answered; empty when nothing was carried.
    since: String,
    /// "bản kê khai ngày 05/12/2024"
    carried_from: String,
    parts: Vec<Part>,
    done: usize,
    total: usize,
    /// Where a supplementary declaration that was opened by mistake is taken back.
    take_back: String,
}

#[derive(Template)]
#[template(path = "declaration/pages/start.html")]
struct StartPage {
    page: Page,
    title: String,
    due: String,
    is_late: bool,
    basis: String,
    notices: Vec<String>,
    obligation: ObligationId,
    is_supplement: bool,
    take_back: String,
}

/// The task list; before the draft is opened, the page that says what lies ahead; after sending, what was sent.
async fn tasks(State(app): State<App>, signed: Signed, Path(id): Path<ObligationId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let (obligation, draft) = draft::current(&app, &signed.actor, id).await?;
    if let Some(sent) = sent_instead(&obligation) {
        return Ok(sent);
    }
    // A demand begins to run when it is read, and it says what is to be mended.
    if let (Some(demand), None) = (obligation.demand, obligation.demand_due_on) {
        return Ok(Redirect::to(&format!("/ke-khai/yeu-cau/{demand}")).into_response());
    }
    let title = obligation.title();
    let last_day = obligation.demand_due_on.unwrap_or(obligation.due_on);
    let due = viet::date::format_short(last_day);
    let today = app.clock().today();
    let is_late = obligation.ended_on.is_none() && today > last_day;
    let demand = obligation.demand.map(|demand| format!("/ke-khai/yeu-cau/{demand}")).unwrap_or_default();
    let corrected = obligation.declaration.filter(|_| obligation.corrects().is_some());
    let corrects = corrected.map(|id| format!("/ke-khai/ban/{id}")).unwrap_or_default();
    let page = signed.page(title.clone());
    let (rules, _) = draft::law_of(&app, &obligation)?;
    let mut notices = law::notices(&app.law, rules);
    notices.extend(asked_of(&app, &signed, &obligation).await?);
    let take_back = supplement::take_back_at(&obligation);
    let Some(draft) = draft else {
        let basis = rules.kind(obligation.kind).map(|kind| kind.basis.clone()).unwrap_or_default();
        let is_supplement = obligation.kind == form::Kind::Supplement;
        let start = StartPage { page, title, due, is_late, basis, notices, obligation: id, is_supplement, take_back };
        return Ok(html(&start)?.into_response());
    };
    let review = Review::of(&app, &obligation, &draft, today)?;
    let parts = parts(&app, &obligation, &draft, &review)?;
    let (done, total) = (review.done(), review.sections.len());
    let check = format!("/ke-khai/{id}/kiem-tra");
    let carried_from = draft.previous.as_ref().map_or_else(String::new, |carried| {
        format!("bản kê khai ngày {}", viet::date::format_short(carried.completed_on))
    });
    let since = if draft.previous.is_some() { format!("/ke-khai/{id}/tu-lan-truoc") } else { String::new() };
    let page = TasksPage {
        page,
        title,
        due,
        is_late,
        notices,
        demand,
        corrects,
        check,
        since,
        carried_from,
        parts,
        done,
        total,
        take_back,
    };
    Ok(html(&page)?.into_response())
}

/// What was asked of the person about this obligation: the day of the agency's plan, written reminders.
async fn asked_of(app: &App, signed: &Signed, obligation: &Obligation) -> Result<Vec<String>> {
    let (follow_up, plans) = app
        .db
        .read(&signed.actor, "declaration.asked_of", async |tx| {
            let follow_up = follow_up::of_obligations(tx, Some(obligation.person)).await?.remove(&obligation.id);
            let plans = follow_up::plans_in_force(tx, &[obligation.partition], Some(obligation.year)).await?;
            Ok((follow_up, plans))
        })
        .await?;
    let asked_by = plans.iter().find_map(|plan| plan.asks(obligation)).map(viet::date::format_short);
    let mut said: Vec<String> = Vec::new();
    said.extend(asked_by.map(|day| format!("Kế hoạch của cơ quan kiểm soát đề nghị nộp chậm nhất {day}.")));
    said.extend(follow_up.iter().flat_map(|done| done.sentences(obligation.is_open())));
    Ok(said)
}

/// Once sent, the declaration is read, not drafted, unless it is to be completed or made again; what was taken back is
/// neither.
fn sent_instead(obligation: &Obligation) -> Option<Response> {
    if obligation.taken_back && obligation.declaration.is_none() {
        return Some(Redirect::to("/ke-khai").into_response());
    }
    let id = obligation.declaration.filter(|_| !obligation.takes_text())?;
    Some(Redirect::to(&format!("/ke-khai/ban/{id}")).into_response())
}

fn parts(app: &App, obligation: &Obligation, draft: &Draft, review: &Review<'_>) -> Result<Vec<Part>> {
    let (_, form) = draft::law_of(app, obligation)?;
    let mut parts: Vec<Part> = Vec::new();
    for section in &review.sections {
        let id = section.part.to_lowercase();
        if parts.last().is_none_or(|part| part.id != id) {
            let heading = form
                .section(section.part)
                .map_or_else(String::new, |part| format!("{}. {}", part.number, wizard::sentence_case(&part.heading)));
            parts.push(Part { id, heading, tasks: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.tasks.push(task(obligation.id, draft, review, section));
        }
    }
    Ok(parts)
}

fn task(obligation: ObligationId, draft: &Draft, review: &Review<'_>, section: &wizard::Section<'_>) -> Task {
    let state = review.state_of(section.code);
    let typed = draft.sections.get(section.code).map(|saved| &saved.typed);
    let count = typed.map_or(0, |typed| typed.entries.len());
    let has_two = draft.asides.get(section.code).is_some_and(|asides| asides.undecided().is_some());
    let hint = match (state, typed.and_then(|typed| typed.have)) {
        _ if has_two => "Có hai bản nhập khác nhau, cần chọn".to_owned(),
        (Progress::ToMend, _) => format!("{} nội dung cần sửa", review.faults_of(section.code).list().len()),
        (_, Some(super::typed::Have::Khong)) => {
            section.table.map_or("Không có", |table| table.no_change_label.as_str()).to_owned()
        }
        (_, Some(super::typed::Have::Co)) if count > 1 => format!("{count} mục đã ghi"),
        _ => String::new(),
    };
    let state = if has_two { Progress::ToMend } else { state };
    Task {
        label: section.title(),
        hint,
        href: format!("/ke-khai/{obligation}/{}", section.slug),
        kind: state.kind(),
        state: state.label(),
    }
}

/// Opens the draft with what the system knows of the person.
async fn start(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<ObligationId>,
    fields: Fields,
) -> Result<Redirect> {
    signed.require(&[Role::Declarant])?;
    signed.require_fresh(&fields)?;
    draft::open(&app, &signed.actor, id).await?;
    let (_, draft) = draft::current(&app, &signed.actor, id).await?;
    // What was carried is asked about first.
    let first = if draft.is_some_and(|draft| draft.previous.is_some()) { "/tu-lan-truoc" } else { "" };
    Ok(Redirect::to(&format!("/ke-khai/{id}{first}")))
}
