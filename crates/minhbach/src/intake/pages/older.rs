//! A scan on an older form: recording it, the list, and one of them.
use askama::Template;
use axum::extract::State as Part;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use form::doc;
use serde::Deserialize;

use super::super::accept::Who;
use super::super::desk::{self, Open};
use super::super::model::State;
use super::super::older::{self as act, Recording};
use super::super::older_acts;
use super::super::review::Choice;
use super::super::store;
use super::accepting::{Chosen, Prepared, prepare, who};
use super::reviewing::{Conflict, Sheet, paper_page, sheets};
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::declaration::older::{self, Asked, Older, OlderAct, OlderFacts};
use crate::kernel::clock;
use crate::kernel::id::{IntakeId, OlderId, PersonId};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Event, Once, Refusal, Result, Role, Tx};
use crate::{organisation, person};

/// What the officer typed; kept when something is to be mended.
#[derive(Default)]
struct Typed {
    form: String,
    year: String,
    completed_on: String,
    name: String,
    dob: String,
    id_no: String,
    position: String,
    unit_name: String,
    place: String,
    /// Of the paper this was written from.
    revision: String,
    /// The record taken back that it was taken from.
    follows: Option<OlderId>,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| viet::text::normalise(fields.get(name));
        Self {
            form: text("form"),
            year: text("year"),
            completed_on: text("completed_on"),
            name: text("name"),
            dob: text("dob"),
            id_no: text("id_no"),
            position: text("position"),
            unit_name: text("unit_name"),
            place: text("place"),
            revision: text("revision"),
            follows: fields.get("follows").parse().ok(),
        }
    }

    /// What recognition or an officer made out of the scan already.
    fn read(open: &Open) -> Self {
        let text = |path: &str| doc::text(&open.checked.content, path).map(str::to_owned).unwrap_or_default();
        let day = |path: &str| text(path).parse().map(viet::date::format_short).unwrap_or_default();
        Self {
            name: text("declarant.full_name"),
            dob: day("declarant.dob"),
            id_no: text("declarant.id_no"),
            position: text("declarant.position"),
            unit_name: text("declarant.unit"),
            completed_on: day("completed_on"),
            revision: open.intake.revision.to_string(),
            ..Self::default()
        }
    }

    /// What stood in a record that was taken back: only what was wrong is to be typed again.
    fn recorded(one: &Older, facts: OlderFacts, place: String, revision: i32) -> Self {
        let day = |day: Option<NaiveDate>| day.map(viet::date::format_short).unwrap_or_default();
        Self {
            form: one.form.clone(),
            year: one.year.to_string(),
            completed_on: day(one.completed_on),
            name: facts.name,
            dob: day(facts.dob),
            id_no: facts.id_no.unwrap_or_default(),
            position: facts.position,
            unit_name: facts.unit_name,
            place,
            revision: revision.to_string(),
            follows: Some(one.id),
        }
    }

    fn facts(&self) -> OlderFacts {
        OlderFacts {
            name: self.name.clone(),
            dob: viet::date::parse_date(&self.dob).ok(),
            id_no: Some(self.id_no.clone()).filter(|number| !number.is_empty()),
            position: self.position.clone(),
            unit_name: self.unit_name.clone(),
        }
    }

    /// What is to be put on record, or what is to be mended.
    fn recording(&self, app: &App, who: Who, errors: &mut FieldErrors) -> Option<Recording> {
        for (field, what, typed) in
            [("completed_on", "Ngày hoàn thành", &self.completed_on), ("dob", "Ngày sinh", &self.dob)]
        {
            if !typed.is_empty() && viet::date::parse_date(typed).is_err() {
                errors.add(field, format!("{what} chưa đúng. Đề nghị ghi đủ ngày, tháng, năm như trên bản giấy, hoặc để trống nếu bản giấy không ghi."));
            }
        }
        let year = self.year.parse().ok();
        if year.is_none() {
            errors.add("year", "Chưa ghi năm kê khai. Đề nghị ghi bốn chữ số, ví dụ 2016.");
        }
        // Without a year, the day alone is judged.
        let of_day = viet::date::parse_date(&self.completed_on).ok().and_then(|day| i16::try_from(day.year()).ok());
        let new = Recording {
            form: self.form.clone(),
            year: year.or(of_day).unwrap_or_default(),
            completed_on: viet::date::parse_date(&self.completed_on).ok(),
            facts: self.facts(),
            place: self.place.clone(),
            who,
            revision: self.revision.parse().ok(),
        };
        for (field, said) in act::faults(&app.law, &new, app.clock().today()) {
            if errors.on(field).is_empty() {
                errors.add(field, said);
            }
        }
        errors.is_empty().then_some(new)
    }
}

#[derive(Template)]
#[template(path = "intake/pages/older.html")]
struct OlderPage {
    page: Page,
    id: IntakeId,
    name: String,
    sheets: Vec<Sheet>,
    forms: Vec<Choice>,
    typed: Typed,
    prepared: Prepared,
    chosen: Chosen,
    errors: FieldErrors,
}

/// Before a scan on an older form stands on record: its basic fields, whose it is, where the paper lies.
pub(super) async fn form(Part(app): Part<App>, signed: Signed, Path(id): Path<IntakeId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let open = desk::open(&app, &signed.actor, id).await?;
    let typed = taken_back(&app, &signed, &open).await?.unwrap_or_else(|| Typed::read(&open));
    shown(&app, &signed, open, typed, Chosen::default(), Said::default()).await
}

/// What stood in the record of this scan that was taken back last: a recorded access.
async fn taken_back(app: &App, signed: &Signed, open: &Open) -> Result<Option<Typed>> {
    app.db
        .read(&signed.actor, "older.open", async |tx| {
            let asked = Asked { intake: Some(open.intake.id), ..Asked::default() };
            let Some(one) = older_acts::to_follow(tx, asked).await? else { return Ok(None) };
            let acts = older::acts(tx, one.partition, Some(&[one.id])).await?;
            let (facts, mut place, _) = older::open(tx, &one, &acts)?;
            Ok(Some(Typed::recorded(&one, facts, place.pop().unwrap_or_default(), open.intake.revision)))
        })
        .await
}

/// What the page says about an attempt that did not end on record.
#[derive(Default)]
struct Said {
    errors: FieldErrors,
    refused: Option<Refusal>,
}

async fn shown(
    app: &App,
    signed: &Signed,
    open: Open,
    typed: Typed,
    mut chosen: Chosen,
    Said { errors, refused }: Said,
) -> Result<Response> {
    open.intake.require("intake.record_older")?;
    if open.intake.state == State::Refused && !open.intake.may_be_a_sheet() {
        // Its page says why, and what to do.
        return Ok(html_with(StatusCode::CONFLICT, &paper_page(signed, &open, Vec::new()))?.into_response());
    }
    let facts = Some(act::sought(&typed.facts())).filter(|facts| !facts.name.is_empty());
    let prepared = prepare(app, signed, &open.intake, facts.as_ref(), app.clock().today()).await?;
    // Nobody is added by default: the desk looks for them first. After a record that was of somebody else, nobody is chosen.
    if chosen.who.is_empty()
        && typed.follows.is_none()
        && let Some(holder) = &prepared.holder
    {
        chosen.who = holder.value.clone();
    }
    let page = signed.page("Bản kê khai theo mẫu cũ");
    let (page, status) = match refused {
        Some(refusal) => (page.flash("wrong", refusal.to_string()), refusal.status),
        None if errors.is_empty() => (page, StatusCode::OK),
        None => (page, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let choice = |form: &form::OlderForm| Choice { value: form.code.clone(), label: form.title.clone() };
    let page = OlderPage {
        page,
        id: open.intake.id,
        sheets: sheets(open.intake.id, open.event, &open.pages, None, signed),
        name: open.name,
        forms: app.law.older_forms.iter().map(choice).collect(),
        typed,
        prepared,
        chosen,
        errors,
    };
    Ok(html_with(status, &page)?.into_response())
}

/// Puts a scan on record as a declaration on an older form.
pub(super) async fn record(
    Part(app): Part<App>,
    Path(id): Path<IntakeId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Typed::of(&fields);
    let open = desk::open(&app, &signed.actor, id).await?;
    if !matches!(open.intake.state, State::Read | State::Refused) {
        return gone(&signed, &open, &typed);
    }
    let mut errors = FieldErrors::default();
    let recording = recording(&app, &signed, &fields, &typed, &mut errors);
    let refused = match recording {
        Ok(Some(new)) => {
            match act::record(&app, &signed.actor, id, &new, None).await {
                Ok(done) => return Ok(Redirect::to(&format!("/ban-ke-khai/mau-cu/{}", done.older)).into_response()),
                Err(Error::Refused(refusal)) if refusal.code == "intake_state" => {
                    // A colleague was first after all.
                    return gone(&signed, &desk::open(&app, &signed.actor, id).await?, &typed);
                }
                Err(Error::Refused(refusal)) if refusal.code == "intake_changed" => {
                    // What was typed stays, to be read against the paper as it is now.
                    let again = Typed { revision: open.intake.revision.to_string(), ..typed };
                    let mend = "Nội dung vừa nhập vẫn còn dưới đây; đề nghị mở lại bản quét để xem thay đổi, rồi bấm “Ghi nhận”.".into();
                    let said = Said { errors, refused: Some(Refusal { mend, ..*refusal }) };
                    return shown(&app, &signed, open, again, Chosen::of(&fields), said).await;
                }
                Err(Error::Refused(refusal)) => Some(*refusal),
                Err(error) => return Err(error),
            }
        }
        Ok(None) => None,
        Err(refusal) => Some(refusal),
    };
    // Another list of people than the one chosen from: nobody of it is chosen yet.
    let is_anew = fields.get("act") == "tim" || refused.as_ref().is_some_and(|refusal| refusal.code == "looked_anew");
    let chosen = if is_anew { Chosen::default() } else { Chosen::of(&fields) };
    shown(&app, &signed, open, typed, chosen, Said { errors, refused }).await
}

/// A colleague was first: the paper as it stands now, with what was typed here beside it.
fn gone(signed: &Signed, open: &Open, typed: &Typed) -> Result<Response> {
    let boxes = [
        ("Năm kê khai", &typed.year),
        ("Ngày hoàn thành", &typed.completed_on),
        ("Họ và tên", &typed.name),
        ("Ngày sinh", &typed.dob),
        ("Số giấy tờ", &typed.id_no),
        ("Chức vụ", &typed.position),
        ("Cơ quan, đơn vị khi đó", &typed.unit_name),
        ("Nơi lưu bản giấy", &typed.place),
    ];
    let typed = boxes.into_iter().filter(|(_, typed)| !typed.is_empty());
    let conflict = |(label, typed): (&str, &String)| Conflict {
        label: label.to_owned(),
        mine: typed.clone(),
        theirs: String::new(),
    };
    let page = paper_page(signed, open, typed.map(conflict).collect());
    Ok(html_with(StatusCode::CONFLICT, &page)?.into_response())
}

/// What is to be put on record; none while something is to be mended, or only the person is looked for anew.
fn recording(
    app: &App,
    signed: &Signed,
    fields: &Fields,
    typed: &Typed,
    errors: &mut FieldErrors,
) -> std::result::Result<Option<Recording>, Refusal> {
    if !signed.is_fresh(fields) {
        let mend = "Nội dung vừa nhập vẫn còn dưới đây; đề nghị xem lại rồi bấm “Ghi nhận”.".into();
        return Err(Refusal { mend, ..stale_form() });
    }
    if fields.get("act") == "tim" {
        return Ok(None);
    }
    let is_looked_for =
        |name: &str, shown: &str| viet::text::normalise(fields.get(shown)) == viet::text::normalise(fields.get(name));
    if !(is_looked_for("name", "looked_name") && is_looked_for("id_no", "looked_id_no")) {
        return Err(Refusal::new(
            "looked_anew",
            "Họ tên hoặc số giấy tờ vừa được sửa nên người kê khai được tìm lại.",
            "Đề nghị đối chiếu danh sách người bên dưới, chọn rồi bấm “Ghi nhận”.",
        ));
    }
    // Whose it is is asked last: what is wrong in the boxes is told first.
    let nobody = Who::Known(PersonId(uuid::Uuid::nil()));
    let Some(new) = typed.recording(app, nobody, errors) else { return Ok(None) };
    Ok(Some(Recording { who: who(fields)?, ..new }))
}

/// One in the list.
struct Line {
    id: OlderId,
    name: String,
    unit: String,
    form: String,
    year: i16,
    completed_on: String,
    is_withdrawn: bool,
}

#[derive(Template)]
#[template(path = "intake/pages/older_records.html")]
struct ListPage {
    page: Page,
    lines: Vec<Line>,
    name: String,
    is_searched: bool,
    before: String,
    next: String,
}

/// Lines of one page.
const A_PAGE: i64 = 100;

#[derive(Deserialize, Default)]
pub(super) struct Looking {
    /// Of somebody of this name.
    #[serde(default)]
    ten: String,
    trang: Option<i64>,
}

fn title(app: &App, code: &str) -> String {
    app.law.older_form(code).map_or_else(|| code.to_owned(), |form| form.title.clone())
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "bản giấy không ghi".to_owned(), viet::date::format_short)
}

/// The agency's declarations on older forms, the newest year first, or those of people of one name. Names are under seal, so
/// the list is one recorded access.
pub(super) async fn list(Part(app): Part<App>, signed: Signed, Query(looking): Query<Looking>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let name = viet::text::normalise(&looking.ten);
    let number = looking.trang.filter(|number| (1..10_000).contains(number)).unwrap_or(1);
    let mut lines = app
        .db
        .read(&signed.actor, "older.list", async |tx| {
            let agency = tx.actor().agency().ok_or(Error::Forbidden)?;
            let people: Option<Vec<_>> = match name.is_empty() {
                true => None,
                false => Some(person::store::candidates(tx, agency, None, &name).await?.iter().map(|p| p.id).collect()),
            };
            let asked = Asked {
                partition: Some(agency),
                people: people.as_deref(),
                limit: Some(A_PAGE + 1),
                offset: (number - 1) * A_PAGE,
                ..Asked::default()
            };
            let found = older::list(tx, asked).await?;
            let units: Vec<_> = found.iter().map(|one| one.unit).collect();
            let units = organisation::store::names(tx, &units).await?;
            let mut lines = Vec::with_capacity(found.len());
            for one in &found {
                let facts: OlderFacts = tx.open(one.partition, one.id.0, &one.facts)?;
                lines.push(Line {
                    id: one.id,
                    name: facts.name,
                    unit: units.get(&one.unit).cloned().unwrap_or_default(),
                    form: title(&app, &one.form),
                    year: one.year,
                    completed_on: day(one.completed_on),
                    is_withdrawn: one.is_withdrawn,
                });
            }
            if !lines.is_empty() {
                let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
                tx.record(Event::new("older.list_opened", tx.actor().home).count("declarations", count))?;
            }
            Ok(lines)
        })
        .await?;
    let has_more = i64::try_from(lines.len()).is_ok_and(|count| count > A_PAGE);
    lines.truncate(usize::try_from(A_PAGE).unwrap_or(usize::MAX));
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("ten", &name).finish();
    let href = |number: i64| format!("/ban-ke-khai/mau-cu?{query}&trang={number}");
    html(&ListPage {
        page: signed.page("Bản kê khai theo mẫu cũ"),
        lines,
        is_searched: !name.is_empty(),
        name,
        next: if has_more { href(number + 1) } else { String::new() },
        before: if number > 1 { href(number - 1) } else { String::new() },
    })
}

struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

#[derive(Template)]
#[template(path = "intake/pages/older_record.html")]
struct RecordPage {
    page: Page,
    /// What became of the scan of a record that was taken back.
    scan: &'static str,
    follows: Option<OlderId>,
    followed_by: Option<OlderId>,
    unit: String,
    name: String,
    year: i16,
    rows: Vec<Row>,
    sheets: Vec<Sheet>,
    intake: IntakeId,
    id: OlderId,
    is_withdrawn: bool,
    acts: Vec<ToldAct>,
    key: String,
    typed: Following,
    errors: FieldErrors,
}

/// What was done to the record, as the page tells of it.
struct ToldAct {
    heading: &'static str,
    rows: Vec<Row>,
}

/// What was typed to move the paper or take the record back; kept when something is to be mended.
#[derive(Default)]
struct Following {
    place: String,
    place_why: String,
    why: String,
}

impl Following {
    fn of(fields: &Fields) -> Self {
        let text = |name: &str| viet::text::normalise(fields.get(name));
        Self { place: text("place"), place_why: text(PLACE_WHY), why: text(WHY) }
    }
}

/// Boxes of why the paper was moved, and why the record is taken back.
const PLACE_WHY: &str = "place-why";
const WHY: &str = "why";

/// One declaration on an older form: basic fields, the scan, where the paper lies. Opening it is a recorded access.
pub(super) async fn show(Part(app): Part<App>, signed: Signed, Path(id): Path<OlderId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    html(&record_page(&app, &signed, id, Following::default(), FieldErrors::default()).await?)
}

async fn record_page(
    app: &App,
    signed: &Signed,
    id: OlderId,
    typed: Following,
    errors: FieldErrors,
) -> Result<RecordPage> {
    let (one, facts, place, acts, unit, (pages, event), (scan, followed_by)) = app
        .db
        .read(&signed.actor, "older.open", async |tx| {
            let one = older::find(tx, id).await?;
            let acts = older::acts(tx, one.partition, Some(&[id])).await?;
            let (facts, place, event) = older::open(tx, &one, &acts)?;
            let mut told = Vec::new();
            for act in &acts {
                told.push(told_act(tx, &one, act)?);
            }
            let unit = organisation::store::organisation(tx, one.unit).await?.name;
            let intake = store::find(tx, one.intake).await?;
            let of_scan = Asked { intake: Some(one.intake), ..Asked::default() };
            let followed_by = older::list(tx, of_scan).await?.into_iter().find(|next| next.follows == Some(id));
            let became = (after_taking_back(intake.state), followed_by.map(|next| next.id));
            // The scan is somebody else's now: it is looked at where that is recorded.
            let is_another = one.is_withdrawn && matches!(intake.state, State::Older | State::Accepted);
            let pages = if is_another { Vec::new() } else { store::pages(tx, &intake).await? };
            Ok((one, facts, place, told, unit, (pages, event), became))
        })
        .await?;
    Ok(RecordPage {
        page: signed.page("Bản kê khai theo mẫu cũ"),
        unit,
        name: facts.name.clone(),
        year: one.year,
        sheets: sheets(one.intake, event, &pages, None, signed),
        intake: one.intake,
        id,
        is_withdrawn: one.is_withdrawn,
        scan,
        follows: one.follows,
        followed_by,
        rows: rows(app, &one, facts, &place),
        acts,
        key: uuid::Uuid::new_v4().to_string(),
        typed,
        errors,
    })
}

/// Where the scan of a record that was taken back is.
fn after_taking_back(state: State) -> &'static str {
    match state {
        State::Received | State::Reading => "Bản quét đang được nhận dạng lại.",
        State::Read => "Bản quét đang chờ đối chiếu ở trang tiếp nhận bản giấy.",
        State::Refused => "Bản quét ở danh sách không đọc được của trang tiếp nhận bản giấy.",
        State::SetAside => "Bản quét đã được để riêng.",
        State::Older => "Bản quét đã được ghi nhận lại theo mẫu cũ.",
        State::Accepted => "Bản quét đã được nhận là bản kê khai theo mẫu hiện hành.",
    }
}

fn told_act(tx: &mut Tx, one: &Older, act: &OlderAct) -> Result<ToldAct> {
    let row = |key: &'static str, value: String| Row { key, value, href: "" };
    let place = act.place.as_ref().map(|place| tx.open(one.partition, one.id.0, place)).transpose()?;
    let mut rows: Vec<Row> = place.into_iter().map(|place| row("Nơi lưu mới", place)).collect();
    rows.push(row("Lý do", tx.open(one.partition, one.id.0, &act.reason)?));
    rows.push(row("Ghi nhận lúc", clock::second(act.created_at)));
    rows.push(row("Mã băm của bản ghi", hex::encode(&act.record_hash)));
    Ok(ToldAct { heading: act.act.label(), rows })
}

/// The paper of a declaration on an older form lies elsewhere now (điểm 1 mục II Quyết định 390/QĐ-TTg: the agency keeps what was
/// declared). Where it lay stays to be read.
pub(super) async fn place(
    Part(app): Part<App>,
    Path(id): Path<OlderId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Following::of(&fields);
    let once = Once::of_form(fields.get("khoa"), &(id, "noi-luu", &typed.place, &typed.place_why))?;
    let done = older_acts::place(&app, &signed.actor, id, &typed.place, &typed.place_why, &once);
    followed(&app, &signed, &fields, id, PLACE_WHY, done).await
}

/// A declaration on an older form that was put on record by mistake is taken back: the scan waits again, the record stays to be
/// seen with the reason.
pub(super) async fn take_back(
    Part(app): Part<App>,
    Path(id): Path<OlderId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let typed = Following::of(&fields);
    let once = Once::of_form(fields.get("khoa"), &(id, "rut", &typed.why))?;
    let done = older_acts::take_back(&app, &signed.actor, id, &typed.why, &once);
    followed(&app, &signed, &fields, id, WHY, done).await
}

/// Back to the record, with what came of it; `why` is the box of the reason.
async fn followed(
    app: &App,
    signed: &Signed,
    fields: &Fields,
    id: OlderId,
    why: &str,
    act: impl Future<Output = Result<older_acts::Done>>,
) -> Result<Response> {
    let (status, field, said) = if !signed.is_fresh(fields) {
        (StatusCode::CONFLICT, why, Signed::STALE.to_owned())
    } else {
        match act.await {
            Ok(_) => return Ok(Redirect::to(&format!("/ban-ke-khai/mau-cu/{id}")).into_response()),
            Err(Error::Refused(refusal)) if refusal.code == "idempotency_key_reused" => {
                let said =
                    "Trang này đã được dùng để ghi. Nội dung vừa nhập vẫn còn; đề nghị xem lại rồi bấm một lần nữa.";
                (refusal.status, why, said.to_owned())
            }
            Err(Error::Refused(refusal)) => {
                let field = if refusal.code.ends_with("_place") { "place" } else { why };
                (refusal.status, field, refusal.to_string())
            }
            Err(error) => return Err(error),
        }
    };
    let mut errors = FieldErrors::default();
    errors.add(field, said);
    Ok(html_with(status, &record_page(app, signed, id, Following::of(fields), errors).await?)?.into_response())
}

fn rows(app: &App, one: &Older, facts: OlderFacts, place: &[String]) -> Vec<Row> {
    let row = |key: &'static str, value: String| Row { key, value, href: "" };
    let stated = |text: String| if text.is_empty() { "bản giấy không ghi".to_owned() } else { text };
    let mut rows = vec![
        row("Mẫu", title(app, &one.form)),
        row("Năm kê khai", one.year.to_string()),
        row("Ngày hoàn thành", day(one.completed_on)),
        row("Họ và tên", facts.name),
        row("Ngày sinh", day(facts.dob)),
        row("Số giấy tờ", stated(facts.id_no.unwrap_or_default())),
        row("Chức vụ", stated(facts.position)),
        row("Cơ quan, đơn vị khi đó", facts.unit_name),
        row("Nơi lưu bản giấy", place.last().cloned().unwrap_or_default()),
    ];
    if let [first, _, ..] = place {
        rows.push(row("Nơi lưu khi ghi nhận", first.clone()));
    }
    rows.push(row("Mã băm của bản ghi", hex::encode(&one.record_hash)));
    rows
}
