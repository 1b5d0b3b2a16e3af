//! The unit publishes what it handed over.
use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use form::ruleset::PublicationPlace;
use serde::Deserialize;

use super::super::begin::{self, Beginning, Meeting};
use super::super::end::{self, BreakingOff, Minutes};
use super::super::model::Reading;
use super::super::open::Opened;
use super::super::rules::{self, Act};
use super::super::{Mode, State as Progress, mask, store};
use super::{Acts, SummaryLine, Told, disclosure_page, head_of, not_yet, opened, record_pdf, summaries};
use crate::account::{Posted, Signed};
use crate::declaration::publication::{self, ToPublish};
use crate::declaration::{self, slip};
use crate::handover::open::{Who, who};
use crate::handover::pages::{Work, agencies, by_agency};
use crate::handover::send::count;
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PartitionId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Refusal, Result, Role, Tx};
use crate::law;
use crate::person::{self, model::title};

const HOME: &str = "/don-vi/cong-khai";

/// A declaration that waits to be published.
struct Line {
    id: DeclarationId,
    name: String,
    position: String,
    title: String,
    handed_on: String,
    due: String,
    distance: String,
    is_late: bool,
    /// Its publication was broken off before.
    is_again: bool,
    checked: bool,
}

/// What waits of one agency.
struct Group {
    agency: PartitionId,
    name: String,
    late: usize,
    lines: Vec<Line>,
}

/// What the rule set in force says of publication, in words.
struct Limits {
    publish_days: u32,
    publish_basis: String,
    posting_days: u32,
    posting_basis: String,
    quorum: String,
    quorum_basis: String,
    basis: String,
    places: Vec<PublicationPlace>,
}

impl Limits {
    fn of(app: &App) -> Result<Self> {
        let rules = law::in_force(&app.law, app.clock().today())?;
        let limit = |key: &str| rules.deadline(key).ok_or_else(|| crate::bug!("deadline {key} is missing"));
        let (publish, posting) = (limit("publish")?, limit("posting")?);
        let publication = &rules.publication;
        Ok(Self {
            publish_days: publish.days.unwrap_or_default(),
            publish_basis: publish.basis.clone(),
            posting_days: posting.days.unwrap_or_default(),
            posting_basis: posting.basis.clone(),
            quorum: format!("{}/{}", publication.quorum.present, publication.quorum.summoned),
            quorum_basis: publication.quorum.basis.clone(),
            basis: publication.basis.clone(),
            places: publication.places.clone(),
        })
    }
}

/// Which agency's declarations are asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "co-quan")]
    agency: Option<PartitionId>,
}

/// What waits, by agency, and the agency that is shown.
struct Desk {
    works: Vec<Work>,
    group: Option<Group>,
    elsewhere: usize,
}

/// The unit's declarations that wait to be published; of the agency asked for, or of the one with the earliest hand-over.
/// Names are opened, so looking is one recorded access. `ticked`: what was chosen before; everything is, when nothing was.
async fn desk(
    app: &App,
    tx: &mut Tx,
    unit: OrganisationId,
    page: &str,
    asked: Option<PartitionId>,
    ticked: Option<&BTreeSet<DeclarationId>>,
    agencies: &HashMap<PartitionId, String>,
) -> Result<Desk> {
    let waiting = begin::waiting(app, tx, unit).await?;
    let (works, current) = by_agency(waiting.here, |declaration| declaration.partition, asked, page, agencies);
    let group = match current {
        Some((partition, waiting)) => Some(group(app, tx, unit, partition, &waiting, agencies, ticked).await?),
        None => None,
    };
    Ok(Desk { works, group, elsewhere: waiting.elsewhere })
}

async fn group(
    app: &App,
    tx: &mut Tx,
    unit: OrganisationId,
    agency: PartitionId,
    waiting: &[ToPublish],
    agencies: &HashMap<PartitionId, String>,
    ticked: Option<&BTreeSet<DeclarationId>>,
) -> Result<Group> {
    let today = tx.today();
    let people: Vec<_> = waiting.iter().map(|declaration| declaration.person).collect();
    let people = person::store::find_all(tx, &people).await?;
    let mut lines = Vec::with_capacity(waiting.len());
    for declaration in waiting {
        let who = who(tx, people.get(&declaration.person))?;
        lines.push(line(app, declaration, who, ticked, today)?);
    }
    tx.record(Event::new("disclosure.list_opened", agency).unit(unit).count("declarations", count(lines.len())))?;
    Ok(Group {
        agency,
        name: agencies.get(&agency).cloned().unwrap_or_default(),
        late: lines.iter().filter(|line| line.is_late).count(),
        lines,
    })
}

fn line(
    app: &App,
    declaration: &ToPublish,
    who: Who,
    ticked: Option<&BTreeSet<DeclarationId>>,
    today: NaiveDate,
) -> Result<Line> {
    let due = publication::due_on(&app.law, &declaration.rule_set, declaration.handed_on)?;
    Ok(Line {
        id: declaration.declaration,
        name: who.name,
        position: who.position,
        title: title(declaration.kind, declaration.year),
        handed_on: viet::date::format_short(declaration.handed_on),
        due: viet::date::format_short(due),
        distance: law::distance(due, today),
        is_late: today > due,
        is_again: declaration.broken_on.is_some(),
        checked: ticked.is_none_or(|ticked| ticked.contains(&declaration.declaration)),
    })
}

#[derive(Template)]
#[template(path = "disclosure/pages/waiting.html")]
struct WaitingPage {
    page: Page,
    desk: Desk,
    limits: Limits,
    open: Vec<SummaryLine>,
    ended: Vec<SummaryLine>,
}

/// What the unit handed over and has not published, what is being published and what was: each with its last day and what
/// to do next (article 39). One agency's at a time; the late ones stand first.
pub(super) async fn waiting(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let (desk, (open, ended)) = app
        .db
        .read(&signed.actor, "disclosure.waiting", async |tx| {
            let agencies = agencies(tx).await?;
            let desk = desk(&app, tx, unit, HOME, asked.agency, None, &agencies).await?;
            Ok((desk, summaries(tx, &agencies).await?))
        })
        .await?;
    html(&WaitingPage { page: signed.page("Công khai bản kê khai"), desk, limits: Limits::of(&app)?, open, ended })
}

/// What was typed of a publication; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    day: String,
    place: String,
    summoned: String,
    present: String,
    chair_name: String,
    chair_position: String,
    reading: String,
    questions: String,
    /// Idempotency key, made with the page.
    key: String,
}

impl Typed {
    fn proposed(app: &App) -> Self {
        Self {
            day: viet::date::format_short(app.clock().today()),
            key: uuid::Uuid::new_v4().to_string(),
            ..Self::default()
        }
    }

    fn of(fields: &Fields) -> Self {
        let text = |name: &str| viet::text::normalise(fields.get(name));
        Self {
            day: fields.get("day").to_owned(),
            place: text("place"),
            summoned: fields.get("summoned").to_owned(),
            present: fields.get("present").to_owned(),
            chair_name: text("chair_name"),
            chair_position: text("chair_position"),
            reading: fields.get("reading").to_owned(),
            questions: begin::paragraphs(fields.get("questions")),
            key: fields.get("khoa").to_owned(),
        }
    }

    /// The day and, of a meeting, who was there; or what is to be mended.
    fn check(&self, mode: Mode, errors: &mut FieldErrors) -> Option<(NaiveDate, Option<Meeting>)> {
        let what = match mode {
            Mode::Posting => "niêm yết",
            Mode::Meeting => "họp",
        };
        let day = viet::date::parse_date(&self.day).ok();
        if day.is_none() {
            errors.add("day", format!("Ngày {what} chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026."));
        }
        if self.place.is_empty() {
            errors.add("place", begin::no_place().to_string());
        }
        let meeting = match mode {
            Mode::Posting => None,
            Mode::Meeting => self.meeting(errors),
        };
        day.filter(|_| errors.is_empty()).map(|day| (day, meeting))
    }

    fn meeting(&self, errors: &mut FieldErrors) -> Option<Meeting> {
        let people = |typed: &str| typed.replace(['.', ' '], "").parse::<u32>().ok();
        let (summoned, present) = (people(&self.summoned).filter(|n| *n > 0), people(&self.present));
        if summoned.is_none() {
            errors.add("summoned", "Số người được triệu tập chưa đúng. Đề nghị ghi số nguyên lớn hơn 0, ví dụ 30.");
        }
        if present.is_none() || summoned.zip(present).is_some_and(|(summoned, present)| present > summoned) {
            errors.add("present", begin::attendance().to_string());
        }
        if self.chair_name.is_empty() {
            errors.add("chair_name", "Chưa ghi họ tên người chủ trì. Đề nghị ghi rõ họ tên.");
        }
        if self.chair_position.is_empty() {
            errors.add("chair_position", "Chưa ghi chức vụ người chủ trì. Đề nghị ghi chức vụ, chức danh.");
        }
        let reading = Reading::from_word(&self.reading);
        if reading.is_none() {
            errors.add("reading", "Chưa chọn cách đọc bản kê khai. Đề nghị chọn một trong ba cách.");
        }
        Some(Meeting {
            summoned: summoned?,
            present: present?,
            chair_name: self.chair_name.clone(),
            chair_position: self.chair_position.clone(),
            reading: reading?,
            questions: self.questions.clone(),
        })
    }
}

/// A choice of `ui::radios`.
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
}

#[derive(Template)]
#[template(path = "disclosure/pages/begin.html")]
struct BeginPage {
    page: Page,
    is_meeting: bool,
    action: &'static str,
    desk: Desk,
    limits: Limits,
    readings: Vec<Choice>,
    typed: Typed,
    errors: FieldErrors,
}

fn address(mode: Mode) -> &'static str {
    match mode {
        Mode::Posting => "/don-vi/cong-khai/niem-yet",
        Mode::Meeting => "/don-vi/cong-khai/cuoc-hop",
    }
}

async fn begin_page(
    app: &App,
    signed: &Signed,
    mode: Mode,
    asked: Option<PartitionId>,
    ticked: Option<&BTreeSet<DeclarationId>>,
    typed: Typed,
    errors: FieldErrors,
) -> Result<BeginPage> {
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let action = address(mode);
    let desk = app
        .db
        .read(&signed.actor, "disclosure.choose", async |tx| {
            let agencies = agencies(tx).await?;
            desk(app, tx, unit, action, asked, ticked, &agencies).await
        })
        .await?;
    let (is_meeting, title) = match mode {
        Mode::Posting => (false, "Niêm yết bản kê khai"),
        Mode::Meeting => (true, "Công bố bản kê khai tại cuộc họp"),
    };
    let readings =
        Reading::ALL.map(|reading| Choice { value: reading.word(), label: reading.label(), hint: "" }).into();
    Ok(BeginPage {
        page: signed.page(title),
        is_meeting,
        action,
        desk,
        limits: Limits::of(app)?,
        readings,
        typed,
        errors,
    })
}

/// Which declarations hang where from which day; the last day follows from the rule set.
pub(super) async fn posting_form(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed::proposed(&app);
    html(&begin_page(&app, &signed, Mode::Posting, asked.agency, None, typed, FieldErrors::default()).await?)
}

/// Which declarations were read at which meeting, who was there, who chaired, what was asked.
pub(super) async fn meeting_form(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = Typed::proposed(&app);
    html(&begin_page(&app, &signed, Mode::Meeting, asked.agency, None, typed, FieldErrors::default()).await?)
}

pub(super) async fn post(State(app): State<App>, posted: Posted) -> Result<Response> {
    publish(app, Mode::Posting, posted).await
}

pub(super) async fn hold(State(app): State<App>, posted: Posted) -> Result<Response> {
    publish(app, Mode::Meeting, posted).await
}

/// Begins a posting, or puts a meeting down, of the chosen declarations of one agency (article 39). Two presses of one page
/// begin one.
async fn publish(app: App, mode: Mode, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let (typed, agency) = (Typed::of(&fields), fields.get("co-quan").parse::<PartitionId>().ok());
    let ticked: BTreeSet<DeclarationId> = fields.all("ban").filter_map(|id| id.parse().ok()).collect();
    let again = async |typed: Typed, errors: FieldErrors, status: StatusCode, told: &str| -> Result<Response> {
        let mut page = begin_page(&app, &signed, mode, agency, Some(&ticked), typed, errors).await?;
        if !told.is_empty() {
            page.page = page.page.flash("wrong", told);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, FieldErrors::default(), StatusCode::CONFLICT, Signed::STALE).await;
    }
    let mut errors = FieldErrors::default();
    if ticked.is_empty() {
        errors.add("ban", begin::nothing_chosen().to_string());
    }
    let checked = typed.check(mode, &mut errors);
    let (Some(agency), Some((from_on, meeting)), true) = (agency, checked, errors.is_empty()) else {
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let asked = Beginning { agency, declarations: ticked.clone(), from_on, place: typed.place.clone(), meeting };
    let once = Once::of_form(&typed.key, &asked)?;
    match begin::begin(&app, &signed.actor, &asked, &once).await {
        Ok(started) => Ok(Redirect::to(&format!("{HOME}/{}", started.disclosure)).into_response()),
        Err(Error::Refused(refusal)) if refusal.code == "from_on" => {
            errors.add("day", refusal.to_string());
            again(typed, errors, refusal.status, "").await
        }
        // The key was used up by another request; with a new one the officer can go on from the page they see.
        Err(Error::Refused(refusal)) => {
            let typed = Typed { key: uuid::Uuid::new_v4().to_string(), ..typed };
            again(typed, errors, refusal.status, &refusal.to_string()).await
        }
        Err(error) => Err(error),
    }
}

/// A publication of the unit with what is to be done next; opening it is recorded.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let opened = opened(&app, &signed, id).await?;
    let (disclosure, today) = (&opened.disclosure, app.clock().today());
    let is_open = disclosure.state == Progress::Open;
    // Yesterday's taking down may still be written down today: the last day it could be is asked about.
    let last = today.min(disclosure.until_on);
    let can_break = match disclosure.mode {
        Mode::Posting => rules::after(&disclosure.facts(), Act::BreakOff, last, today).is_ok(),
        Mode::Meeting => is_open,
    };
    let acts = Acts {
        is_open,
        can_close: rules::after(&disclosure.facts(), Act::Close, today, today).is_ok(),
        not_yet: if is_open { not_yet(&opened, today) } else { String::new() },
        break_label: match (can_break, disclosure.mode) {
            (false, _) => "",
            (true, Mode::Posting) => "Gỡ sớm",
            (true, Mode::Meeting) => "Dừng công khai",
        },
        print: format!("{HOME}/{id}/ban-ke-khai.pdf"),
    };
    disclosure_page(&app, &signed, &opened, HOME, Some(acts))
}

pub(super) async fn record(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    record_pdf(&app, &signed, id).await
}

/// Bundles being printed at once.
pub static PRINTING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);

fn printing() -> Refusal {
    Refusal::new(
        "printing",
        "Đang in một tập khác nên chưa in được tập này.",
        "Đề nghị thử lại sau ít phút; bản công khai không thay đổi.",
    )
    .status(StatusCode::SERVICE_UNAVAILABLE)
}

/// The declarations of a publication as the form prints them, in one file to post or to read out. Each one's opening is
/// recorded.
pub(super) async fn declarations(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DisclosureId>,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let (disclosure, mut documents, _turn) = app
        .db
        .read(&signed.actor, "disclosure.print", async |tx| {
            let disclosure = store::find(tx, id).await?;
            // One at a time: a bundle of hundreds is a large document. Nobody waits for it with a place at work taken.
            let turn = PRINTING.try_acquire().map_err(|_| printing())?;
            let mut documents = Vec::new();
            for item in store::items(tx, &disclosure).await? {
                let found = declaration::store::find(tx, item.declaration).await?;
                // What was published, whichever version is in force since.
                documents.push(declaration::open::open_exactly(tx, found, item.version).await?);
            }
            tx.record(
                Event::new("disclosure.printed", disclosure.partition)
                    .unit(disclosure.unit)
                    .id("disclosure", id)
                    .count("declarations", count(documents.len())),
            )?;
            Ok((disclosure, documents, turn))
        })
        .await?;
    if law::named(&app.law, &disclosure.rule_set)?.publication.mask_id_numbers {
        for opened in &mut documents {
            let rules = law::named(&app.law, &opened.version.rule_set)?;
            let kind = opened.declaration.kind;
            let form = rules.form_for(kind).ok_or_else(|| crate::bug!("no form for {kind}"))?;
            mask::id_numbers(form, &mut opened.content);
        }
    }
    let ident = format!("published {id} {}", hex::encode(&disclosure.begun_hash));
    let title = "Bản kê khai tài sản, thu nhập được công khai";
    let bytes =
        slip::declarations_pdf(&app, disclosure.partition, documents, title, disclosure.created_at, ident).await?;
    Ok(attachment(PDF, &format!("ban-ke-khai-cong-khai-{}.pdf", disclosure.from_on), bytes))
}

/// What was typed about the minutes.
struct TypedMinutes {
    day: String,
    head_name: String,
    head_position: String,
    union_name: String,
    union_position: String,
    key: String,
}

#[derive(Template)]
#[template(path = "disclosure/pages/close.html")]
struct ClosePage {
    page: Page,
    told: Told,
    head: &'static str,
    not_yet: String,
    typed: TypedMinutes,
    errors: FieldErrors,
}

fn close_page(
    app: &App,
    signed: &Signed,
    opened: &Opened,
    typed: TypedMinutes,
    errors: FieldErrors,
    told_above: &str,
) -> Result<ClosePage> {
    let told = Told::of(app, opened)?;
    let page = signed.page("Lập biên bản công khai");
    let page = if told_above.is_empty() { page } else { page.flash("wrong", told_above) };
    let not_yet = not_yet(opened, app.clock().today());
    Ok(ClosePage { page, told, head: head_of(opened.disclosure.mode), not_yet, typed, errors })
}

/// The minutes of a publication: number, day, both signatories. Of a meeting, who chaired is proposed.
pub(super) async fn minutes_form(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DisclosureId>,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let opened = opened(&app, &signed, id).await?;
    if opened.disclosure.state != Progress::Open {
        return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response());
    }
    let chair = opened.meeting.as_ref().map(|meeting| meeting.chair.clone()).unwrap_or_default();
    let typed = TypedMinutes {
        day: viet::date::format_short(app.clock().today()),
        head_name: chair.name,
        head_position: chair.position,
        union_name: String::new(),
        union_position: String::new(),
        key: uuid::Uuid::new_v4().to_string(),
    };
    Ok(html(&close_page(&app, &signed, &opened, typed, FieldErrors::default(), "")?)?.into_response())
}

/// Closes a publication with its minutes (rule X04): a posting after its last day has passed in full, a meeting with its
/// quorum, both with the head's (or chair's) and the trade union's names. Two presses of one page close it once.
pub(super) async fn close(
    State(app): State<App>,
    Path(id): Path<DisclosureId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let text = |name: &str| viet::text::normalise(fields.get(name));
    let typed = TypedMinutes {
        day: fields.get("day").to_owned(),
        head_name: text("head_name"),
        head_position: text("head_position"),
        union_name: text("union_name"),
        union_position: text("union_position"),
        key: fields.get("khoa").to_owned(),
    };
    let mut errors = FieldErrors::default();
    let day = viet::date::parse_date(&typed.day).ok();
    if day.is_none() {
        errors.add("day", "Ngày lập biên bản chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
    }
    for (field, value, what) in [
        ("head_name", &typed.head_name, "họ tên người ký cho đơn vị"),
        ("head_position", &typed.head_position, "chức vụ người ký cho đơn vị"),
        ("union_name", &typed.union_name, "họ tên đại diện công đoàn"),
        ("union_position", &typed.union_position, "chức vụ đại diện công đoàn"),
    ] {
        if value.is_empty() {
            errors.add(field, format!("Chưa ghi {what}. Biên bản phải có chữ ký của cả hai; đề nghị ghi đủ."));
        }
    }
    let is_fresh = signed.is_fresh(&fields);
    let (status, told) = match day.filter(|_| is_fresh && errors.is_empty()) {
        None if !is_fresh => (StatusCode::CONFLICT, Signed::STALE.to_owned()),
        None => (StatusCode::UNPROCESSABLE_ENTITY, String::new()),
        Some(closed_on) => {
            let asked = Minutes {
                closed_on,
                head_name: typed.head_name.clone(),
                head_position: typed.head_position.clone(),
                union_name: typed.union_name.clone(),
                union_position: typed.union_position.clone(),
            };
            let once = Once::of_form(&typed.key, &(id, &asked))?;
            match end::close(&app, &signed.actor, id, &asked, &once).await {
                Ok(_) => return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response()),
                Err(Error::Refused(refusal)) if ["closed_on", "not_over"].contains(&refusal.code) => {
                    errors.add("day", refusal.to_string());
                    (refusal.status, String::new())
                }
                Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
                Err(error) => return Err(error),
            }
        }
    };
    let opened = opened(&app, &signed, id).await?;
    let typed = TypedMinutes { key: uuid::Uuid::new_v4().to_string(), ..typed };
    Ok(html_with(status, &close_page(&app, &signed, &opened, typed, errors, &told)?)?.into_response())
}

/// What was typed about breaking off.
struct TypedBreak {
    day: String,
    reason: String,
    key: String,
}

#[derive(Template)]
#[template(path = "disclosure/pages/break.html")]
struct BreakPage {
    page: Page,
    told: Told,
    is_meeting: bool,
    typed: TypedBreak,
    errors: FieldErrors,
}

fn break_page(
    app: &App,
    signed: &Signed,
    opened: &Opened,
    typed: TypedBreak,
    errors: FieldErrors,
    told_above: &str,
) -> Result<BreakPage> {
    let told = Told::of(app, opened)?;
    let is_meeting = opened.disclosure.mode == Mode::Meeting;
    let page = signed.page(if is_meeting { "Dừng công khai" } else { "Gỡ niêm yết sớm" });
    let page = if told_above.is_empty() { page } else { page.flash("wrong", told_above) };
    Ok(BreakPage { page, told, is_meeting, typed, errors })
}

/// Why and when a posting was taken down early, or why a meeting does not count.
pub(super) async fn break_form(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<DisclosureId>,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let opened = opened(&app, &signed, id).await?;
    if opened.disclosure.state != Progress::Open {
        return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response());
    }
    let typed = TypedBreak {
        day: viet::date::format_short(app.clock().today()),
        reason: String::new(),
        key: uuid::Uuid::new_v4().to_string(),
    };
    Ok(html(&break_page(&app, &signed, &opened, typed, FieldErrors::default(), "")?)?.into_response())
}

/// Breaks a publication off with the reason; its declarations wait again. Two presses of one page break it off once.
pub(super) async fn break_off(
    State(app): State<App>,
    Path(id): Path<DisclosureId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = TypedBreak {
        day: fields.get("day").to_owned(),
        reason: viet::text::normalise(fields.get("reason")),
        key: fields.get("khoa").to_owned(),
    };
    let mut errors = FieldErrors::default();
    let day = viet::date::parse_date(&typed.day).ok();
    if day.is_none() {
        errors.add("day", "Ngày dừng công khai chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
    }
    if typed.reason.is_empty() {
        errors.add("reason", end::no_reason().to_string());
    }
    let is_fresh = signed.is_fresh(&fields);
    let (status, told) = match day.filter(|_| is_fresh && errors.is_empty()) {
        None if !is_fresh => (StatusCode::CONFLICT, Signed::STALE.to_owned()),
        None => (StatusCode::UNPROCESSABLE_ENTITY, String::new()),
        Some(broken_on) => {
            let asked = BreakingOff { broken_on, reason: typed.reason.clone() };
            let once = Once::of_form(&typed.key, &(id, &asked))?;
            match end::break_off(&app, &signed.actor, id, &asked, &once).await {
                Ok(_) => return Ok(Redirect::to(&format!("{HOME}/{id}")).into_response()),
                Err(Error::Refused(refusal)) if refusal.code == "broken_on" => {
                    errors.add("day", refusal.to_string());
                    (refusal.status, String::new())
                }
                Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
                Err(error) => return Err(error),
            }
        }
    };
    let opened = opened(&app, &signed, id).await?;
    let typed = TypedBreak { key: uuid::Uuid::new_v4().to_string(), ..typed };
    Ok(html_with(status, &break_page(&app, &signed, &opened, typed, errors, &told)?)?.into_response())
}
