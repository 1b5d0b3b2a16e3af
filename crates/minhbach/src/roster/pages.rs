//! The list as the unit's officer sees it: looking, adding, changing, taking off, Excel out and in, opening a year.
mod occasion;

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{Datelike, NaiveDate};
use form::{Ground, Kind};
use tokio::time::timeout;

use super::keep::{self, LEFT, Listed, Opened, Put, left_label};
use super::rules::{self, Line, Typed};
use super::sheet;
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::intake::uploads::{self, Content, STALL, Sender};
use crate::kernel::id::{PartitionId, PersonId};
use crate::kernel::web::respond::{XLSX, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Multipart, Page, Path, html, html_with};
use crate::kernel::{App, Error, Event, Once, Refusal, Result, Role};
use crate::person::custody::{Passage, passages};
use crate::person::follow_up;
use crate::{law, organisation};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/don-vi/danh-sach", get(list))
        .route("/don-vi/danh-sach/them", get(add_form).post(add))
        .route("/don-vi/danh-sach/excel", get(take_out))
        .route("/don-vi/danh-sach/mo-dot", get(year_form).post(open_year))
        .route("/don-vi/danh-sach/{person}", get(line_form).post(change))
        .route("/don-vi/danh-sach/{person}/roi", post(leave))
        .route("/don-vi/danh-sach/{person}/dip", get(occasion::form).post(occasion::plan))
        .route("/don-vi/nghia-vu/{obligation}/thoi", post(occasion::take_back))
}

/// Sheets come slowly and have places among the uploads.
pub fn uploads() -> Router<App> {
    Router::new().route("/don-vi/danh-sach/excel", post(bring_in).layer(DefaultBodyLimit::max(MAX_FORM)))
}

/// A line of the table.
struct Entry {
    id: PersonId,
    name: String,
    dob: String,
    position: String,
    ground: String,
    basis: String,
    agency: String,
    kinds: String,
    left: String,
    /// Where their file went or came from.
    file: Vec<String>,
}

#[derive(Template)]
#[template(path = "roster/pages/list.html")]
struct ListPage {
    page: Page,
    entries: Vec<Entry>,
    gone: Vec<Entry>,
    without_ground: usize,
    limit: u64,
    hint: String,
    error: String,
    /// What the plans of the control agencies ask for this year's campaign.
    plans: Vec<String>,
}

/// One sheet is small; whole archives do not come this way.
const MAX_SHEET: usize = 8 << 20;
/// The form with its sheet; one that is somewhat too large is read to its end, so that it can be told so.
const MAX_FORM: usize = 2 * MAX_SHEET;

struct Shown {
    listed: Vec<Listed>,
    agencies: HashMap<PartitionId, String>,
    plans: Vec<String>,
    passages: Vec<Passage>,
}

async fn look(app: &App, signed: &Signed) -> Result<Shown> {
    signed.require(&[Role::UnitOfficer])?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .read(&signed.actor, "roster.list", async |tx| {
            let listed = keep::lines(tx, unit).await?;
            let agencies = organisation::store::partitions(tx).await?;
            let of: Vec<_> = listed.iter().map(|l| l.person.partition).chain([tx.actor().home]).collect();
            let year = i16::try_from(tx.today().year()).map_err(anyhow::Error::from)?;
            let plans = follow_up::plan_sentences(tx, of, year).await?;
            let agencies = agencies.into_iter().map(|agency| (agency.id, agency.name)).collect();
            let passages = passages(tx, None).await?;
            Ok(Shown { listed, agencies, plans, passages })
        })
        .await
}

fn ground<'a>(app: &'a App, line: &Line) -> Option<&'a Ground> {
    line.ground.as_deref().and_then(|code| app.law.ground(code))
}

/// "Lần đầu (nếu chưa), hằng năm": what a ground obliges to, in the words of article 36.
fn kinds_of(ground: Option<&Ground>) -> String {
    let Some(ground) = ground else { return String::new() };
    let word = |kind: &Kind| match kind {
        Kind::First => "lần đầu",
        Kind::Annual => "hằng năm",
        _ => "khi phát sinh",
    };
    let words: Vec<_> = ground.kinds.iter().map(word).collect();
    viet::text::capitalised(&words.join(", "))
}

fn entry(app: &App, listed: &Listed, shown: &Shown) -> Entry {
    let (line, ground) = (&listed.line, ground(app, &listed.line));
    let id = listed.person.id;
    Entry {
        id,
        name: line.name.clone(),
        dob: day(line.dob),
        position: line.position.clone(),
        ground: ground.map(|ground| ground.title.clone()).unwrap_or_default(),
        basis: ground.map(|ground| ground.basis.clone()).unwrap_or_default(),
        agency: shown.agencies.get(&listed.person.partition).cloned().unwrap_or_default(),
        kinds: kinds_of(ground),
        left: left(listed),
        file: shown.passages.iter().filter_map(|passage| passage.told(id, &shown.agencies)).collect(),
    }
}

/// "Nghỉ hưu, từ ngày 01/12/2025"; empty for who is on the list.
fn left(listed: &Listed) -> String {
    let Some((on, reason)) = &listed.left else { return String::new() };
    format!("{}, từ ngày {}", left_label(reason), viet::date::format_short(*on))
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(viet::date::format_short).unwrap_or_default()
}

/// The unit's list (article 37.1): who must declare, on which ground, which kinds follow from it and which agency controls
/// them. Looking is one recorded access.
async fn list(State(app): State<App>, signed: Signed) -> Result<Html> {
    html(&list_page(&app, &signed, String::new()).await?)
}

async fn list_page(app: &App, signed: &Signed, error: String) -> Result<ListPage> {
    let shown = look(app, signed).await?;
    let entries = shown.listed.iter().map(|listed| entry(app, listed, &shown));
    let (entries, gone): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.left.is_empty());
    Ok(ListPage {
        page: signed.page("Danh sách người có nghĩa vụ kê khai"),
        without_ground: entries.iter().filter(|entry| entry.ground.is_empty()).count(),
        entries,
        gone,
        limit: MAX_SHEET as u64,
        hint: format!(
            "Tệp .xlsx theo mẫu tải từ trang này, tối đa {} người. Dòng sai được chỉ rõ từng ô; dòng đúng vẫn được ghi.",
            sheet::MAX_LINES
        ),
        error,
        plans: shown.plans,
    })
}

/// A choice of a list.
struct Choice {
    value: &'static str,
    label: String,
    hint: &'static str,
    checked: bool,
}

struct GroundChoice {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "roster/pages/line.html")]
struct LinePage {
    page: Page,
    title: &'static str,
    action: String,
    typed: Typed,
    errors: FieldErrors,
    grounds: Vec<GroundChoice>,
    marks: Vec<Choice>,
    /// Of a person on the list.
    leave: String,
    left: String,
    left_on: String,
    reasons: Vec<Choice>,
    reason: String,
}

fn line_page(app: &App, signed: &Signed, person: Option<PersonId>, typed: Typed, errors: FieldErrors) -> LinePage {
    let mark = |value, label: &str, checked| Choice { value, label: label.to_owned(), hint: "", checked };
    let title = if person.is_some() { "Sửa dòng danh sách" } else { "Thêm người vào danh sách" };
    LinePage {
        page: signed.page(title),
        title,
        action: person.map_or_else(|| "/don-vi/danh-sach/them".to_owned(), |id| format!("/don-vi/danh-sach/{id}")),
        grounds: app
            .law
            .grounds
            .iter()
            .map(|ground| GroundChoice {
                value: ground.code.clone(),
                label: format!("{} ({})", ground.title, ground.basis),
            })
            .collect(),
        marks: vec![
            mark("first", "Đã kê khai lần đầu trước khi vào danh sách này", typed.has_declared_first),
            mark("party", "Thuộc diện cấp ủy, tổ chức đảng quản lý", typed.party_managed),
        ],
        leave: person.map(|id| format!("/don-vi/danh-sach/{id}/roi")).unwrap_or_default(),
        left: String::new(),
        left_on: viet::date::format_short(app.clock().today()),
        reasons: LEFT.iter().map(|(value, label)| mark(value, label, false)).collect(),
        reason: String::new(),
        typed,
        errors,
    }
}

fn typed_of(fields: &Fields) -> Typed {
    let text = |name: &str| viet::text::normalise(fields.get(name));
    Typed {
        name: text("name"),
        dob: text("dob"),
        id_no: text("id_no"),
        position: text("position"),
        ground: text("ground"),
        in_post_since: text("in_post_since"),
        has_declared_first: fields.all("marks").any(|mark| mark == "first"),
        party_managed: fields.all("marks").any(|mark| mark == "party"),
    }
}

async fn add_form(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    html(&line_page(&app, &signed, None, Typed::default(), FieldErrors::default()))
}

/// Adds a person (article 37.1), under the agency that article 30 gives for the ground. Someone newly in post owes a first
/// declaration from that day (article 36.1b).
async fn add(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    write_line(&app, &signed, None, &fields).await
}

/// Changes a person's line; what it said before is kept.
async fn change(
    State(app): State<App>,
    Path(person): Path<PersonId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    // Before anything else is said: somebody of another unit is not there.
    on_the_list(&app, &signed, person).await?;
    write_line(&app, &signed, Some(person), &fields).await
}

async fn write_line(app: &App, signed: &Signed, person: Option<PersonId>, fields: &Fields) -> Result<Response> {
    let typed = typed_of(fields);
    if !signed.is_fresh(fields) {
        let mut page = line_page(app, signed, person, typed, FieldErrors::default());
        page.page = page.page.flash("wrong", STALE);
        return Ok(html_with(StatusCode::CONFLICT, &page)?.into_response());
    }
    let errors = match rules::read(&app.law, &typed, app.clock().today()) {
        Ok(line) => {
            let put = match person {
                Some(person) => {
                    keep::change_one(app, &signed.actor, person, &line, !fields.get("gone").is_empty()).await?
                }
                None => keep::add_one(app, &signed.actor, &line).await?,
            };
            match put {
                Put::Refused(errors) => errors,
                _ => return Ok(Redirect::to("/don-vi/danh-sach").into_response()),
            }
        }
        Err(errors) => errors,
    };
    let mut page = line_page(app, signed, person, typed, errors);
    if let Some(person) = person {
        page.left = left(&on_the_list(app, signed, person).await?);
    }
    Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response())
}

const STALE: &str =
    "Trang này được mở trong một phiên làm việc khác nên chưa ghi. Nội dung vừa nhập vẫn còn; đề nghị bấm lại nút ghi.";

async fn on_the_list(app: &App, signed: &Signed, person: PersonId) -> Result<Listed> {
    let shown = look(app, signed).await?;
    shown.listed.into_iter().find(|listed| listed.person.id == person).ok_or(Error::NotFound)
}

async fn line_form(State(app): State<App>, signed: Signed, Path(person): Path<PersonId>) -> Result<Html> {
    let listed = on_the_list(&app, &signed, person).await?;
    html(&kept_page(&app, &signed, &listed))
}

fn kept_page(app: &App, signed: &Signed, listed: &Listed) -> LinePage {
    let line = &listed.line;
    let typed = Typed {
        name: line.name.clone(),
        dob: day(line.dob),
        id_no: line.id_no.clone().unwrap_or_default(),
        position: line.position.clone(),
        ground: line.ground.clone().unwrap_or_default(),
        in_post_since: day(line.in_post_since),
        has_declared_first: line.has_declared_first,
        party_managed: line.party_managed,
    };
    let mut page = line_page(app, signed, Some(listed.person.id), typed, FieldErrors::default());
    page.left = left(listed);
    page
}

/// Takes a person off the list: retired, moved, left service, died, or in a post that no longer obliges. What they owed and
/// was not yet due ends; what was due before stays owed.
async fn leave(
    State(app): State<App>,
    Path(person): Path<PersonId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    let listed = on_the_list(&app, &signed, person).await?;
    let mut errors = FieldErrors::default();
    let reason = LEFT.iter().find(|(word, _)| *word == fields.get("reason"));
    if reason.is_none() {
        errors.add("reason", "Chưa chọn lý do ra khỏi danh sách. Đề nghị chọn một lý do.");
    }
    let today = app.clock().today();
    let on = viet::date::parse_date(fields.get("left_on"));
    match on {
        Ok(on) if on > today => {
            errors.add("left_on", "Ngày ra khỏi danh sách ở sau hôm nay. Đề nghị ghi lại khi việc đã xảy ra.")
        }
        Ok(_) => {}
        Err(_) => errors
            .add("left_on", "Ngày ra khỏi danh sách chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026."),
    }
    let fresh = signed.is_fresh(&fields);
    if let (Ok(on), Some((reason, _)), true, true) = (on, reason, errors.is_empty(), fresh) {
        keep::leave(&app, &signed.actor, person, on, reason).await?;
        return Ok(Redirect::to("/don-vi/danh-sach").into_response());
    }
    let mut page = kept_page(&app, &signed, &listed);
    (page.errors, page.reason) = (errors, fields.get("reason").to_owned());
    page.left_on = fields.get("left_on").to_owned();
    if !fresh {
        page.page = page.page.flash("wrong", STALE);
    }
    let status = if fresh { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
    Ok(html_with(status, &page)?.into_response())
}

/// The list as Excel, which is also the form to fill in. Taking names out of the system is recorded as such.
async fn take_out(State(app): State<App>, signed: Signed) -> Result<Response> {
    let shown = look(&app, &signed).await?;
    let unit = signed.actor.unit().ok_or(Error::Forbidden)?;
    let lines: Vec<_> = shown
        .listed
        .iter()
        .filter(|listed| listed.left.is_none())
        .map(|listed| sheet::Out {
            line: &listed.line,
            agency: shown.agencies.get(&listed.person.partition).map_or("", String::as_str),
            kinds: kinds_of(ground(&app, &listed.line)),
        })
        .collect();
    let bytes = sheet::write(&app.law, &signed.title(signed.place()), app.clock().today(), &lines)?;
    let mut counts: BTreeMap<PartitionId, i64> = BTreeMap::from([(signed.actor.home, 0)]);
    for listed in shown.listed.iter().filter(|listed| listed.left.is_none()) {
        *counts.entry(listed.person.partition).or_default() += 1;
    }
    app.db
        .write(&signed.actor, "roster.take_out", async |tx| {
            for (partition, count) in &counts {
                tx.record(Event::new("roster.exported", *partition).unit(unit).count("people", *count))?;
            }
            Ok(())
        })
        .await?;
    Ok(attachment(XLSX, &signed.file("danh-sach-ke-khai.xlsx"), bytes))
}

/// A cell that wants mending.
struct Fault {
    cell: String,
    name: String,
    text: String,
}

#[derive(Template)]
#[template(path = "roster/pages/brought_in.html")]
struct BroughtInPage {
    page: Page,
    added: usize,
    changed: usize,
    unchanged: usize,
    refused: usize,
    faults: Vec<Fault>,
}

/// Puts the lines of a sheet on the list: who is not on it is added, who is on it is changed where the sheet says something
/// else, and nobody is taken off. A wrong line is told by cell and stops no other; the same sheet twice changes nothing.
async fn bring_in(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let Multipart(multipart) = multipart?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let sheet = match sheet_of(&signed, multipart).await {
        Ok(bytes) => {
            let is_practice = signed.is_practice();
            tokio::task::spawn_blocking(move || sheet::read(&bytes, is_practice)).await
        }
        .map_err(anyhow::Error::from)?,
        Err(error) => Err(error),
    };
    let sheet = match sheet {
        Ok(sheet) => sheet,
        Err(Error::Refused(refusal)) if refusal.code.starts_with("sheet") => {
            let page = list_page(&app, &signed, refusal.to_string()).await?;
            return Ok(html_with(StatusCode::UNPROCESSABLE_ENTITY, &page)?.into_response());
        }
        Err(error) => return Err(error),
    };
    let today = app.clock().today();
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    let mut refused = 0;
    let mut tell = |row: &sheet::Row, errors: &FieldErrors| {
        refused += 1;
        faults.extend(errors.list().iter().map(|error| Fault {
            cell: sheet.cell(row.number, &error.field),
            name: row.typed.name.clone(),
            text: error.text.clone(),
        }));
    };
    for row in &sheet.rows {
        match rules::read(&app.law, &row.typed, today) {
            _ if !row.faults.is_empty() => tell(row, &row.faults),
            Ok(line) => good.push((row, line)),
            Err(errors) => tell(row, &errors),
        }
    }
    let lines: Vec<Line> = good.iter().map(|(_, line)| line.clone()).collect();
    let done = keep::put_all(&app, &signed.actor, &lines).await?;
    for ((row, _), put) in good.iter().zip(&done) {
        if let Put::Refused(errors) = put {
            tell(row, errors);
        }
    }
    let count = |put: Put| done.iter().filter(|one| **one == put).count();
    let page = BroughtInPage {
        page: signed.page("Kết quả nhập danh sách từ Excel"),
        added: count(Put::Added),
        changed: count(Put::Changed),
        unchanged: count(Put::Unchanged),
        refused,
        faults,
    };
    Ok(html(&page)?.into_response())
}

/// The bytes of the one file of the form.
async fn sheet_of(signed: &Signed, mut multipart: axum::extract::Multipart) -> Result<bytes::Bytes> {
    let cut_off = || {
        Refusal::new(
            "sheet_cut_off",
            "Việc tải lên bị ngắt hoặc đứng quá lâu giữa chừng.",
            "Đề nghị tải lên lại. Danh sách chưa thay đổi.",
        )
    };
    let mut fresh = false;
    loop {
        let field = match timeout(STALL, multipart.next_field()).await {
            Ok(Ok(Some(field))) => field,
            Ok(Ok(None)) => {
                return Err(Refusal::new(
                    "sheet_missing",
                    "Chưa chọn tệp nào.",
                    "Đề nghị chọn tệp Excel rồi bấm “Nhập”.",
                )
                .into());
            }
            Ok(Err(_)) | Err(_) => return Err(cut_off().into()),
        };
        match field.name() {
            Some("csrf") => {
                let Ok(Ok(token)) = timeout(STALL, field.text()).await else { return Err(cut_off().into()) };
                fresh = signed.is_fresh(&Fields(vec![("csrf".to_owned(), token)]));
            }
            Some("sheet") if !fresh => return Err(stale_form().into()),
            Some("sheet") => match uploads::collect(field, MAX_SHEET, STALL, true).await {
                Content::Whole(bytes) if !bytes.is_empty() => return Ok(bytes),
                Content::Whole(_) => {}
                Content::CutOff => return Err(cut_off().into()),
                Content::TooLarge => {
                    return Err(Refusal::new(
                        "sheet_too_large",
                        format!("Tệp lớn hơn {} MB.", MAX_SHEET >> 20),
                        "Đề nghị chia thành nhiều tệp. Danh sách chưa thay đổi.",
                    )
                    .into());
                }
            },
            _ => {}
        }
    }
}

#[derive(Template)]
#[template(path = "roster/pages/year.html")]
struct YearPage {
    page: Page,
    year: String,
    due: String,
    basis: String,
    notices: Vec<String>,
    key: String,
    errors: FieldErrors,
    opened: Option<Opened>,
}

/// Which year is proposed: this one.
async fn year_form(State(app): State<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let year = i16::try_from(app.clock().today().year()).map_err(anyhow::Error::from)?;
    html(&year_page(&app, &signed, year.to_string(), Some(year), FieldErrors::default(), None)?)
}

fn year_page(
    app: &App,
    signed: &Signed,
    typed: String,
    year: Option<i16>,
    errors: FieldErrors,
    opened: Option<Opened>,
) -> Result<YearPage> {
    let last = year.and_then(|year| NaiveDate::from_ymd_opt(year.into(), 12, 31));
    let rules = last.and_then(|last| app.law.in_force(last));
    let (due, basis) = match (rules, year) {
        (Some(rules), Some(year)) => {
            let due = law::due_on(&app.law, rules, Kind::Annual, year.into(), None)?;
            let deadline = rules.kind(Kind::Annual).and_then(|kind| rules.deadline(&kind.deadline));
            (viet::date::format_short(due), deadline.map(|deadline| deadline.basis.clone()).unwrap_or_default())
        }
        _ => (String::new(), String::new()),
    };
    Ok(YearPage {
        page: signed.page("Mở đợt kê khai hằng năm"),
        year: typed,
        due,
        basis,
        notices: rules.map(|rules| law::notices(&app.law, rules)).unwrap_or_default(),
        key: uuid::Uuid::new_v4().to_string(),
        errors,
        opened,
    })
}

/// Opens the annual declaration of a year for everyone on the list whose ground obliges to it (article 36.3; article 37.1:
/// the unit organises the declaration). Opened again it obliges only who was added since.
async fn open_year(State(app): State<App>, Posted { signed, fields }: Posted) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = fields.get("year").to_owned();
    let this_year = i16::try_from(app.clock().today().year()).map_err(anyhow::Error::from)?;
    // A past year is opened for what was forgotten; a later one has no rules yet.
    let year = typed.parse::<i16>().ok().filter(|year| (this_year - 5..=this_year).contains(year));
    let known =
        year.and_then(|year| NaiveDate::from_ymd_opt(year.into(), 12, 31)).and_then(|last| app.law.in_force(last));
    let mut errors = FieldErrors::default();
    if year.is_none() {
        errors.add(
            "year",
            format!("Năm kê khai “{typed}” không mở được. Đề nghị ghi một năm từ {} đến {this_year}.", this_year - 5),
        );
    } else if known.is_none() {
        errors.add("year", format!("Chưa nạp bộ quy tắc và biểu mẫu có hiệu lực ngày 31/12/{typed}. Đề nghị quản trị hệ thống nạp bộ quy tắc của thời kỳ đó."));
    }
    let fresh = signed.is_fresh(&fields);
    let opened = match (year, errors.is_empty(), fresh) {
        (Some(year), true, true) => {
            let once = Once::new(fields.get("khoa"), format!("{year}").as_bytes())?;
            Some(keep::open_year(&app, &signed.actor, year, &once).await?)
        }
        _ => None,
    };
    let status = match (&opened, fresh) {
        (Some(_), _) => StatusCode::OK,
        (None, false) => StatusCode::CONFLICT,
        (None, true) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut page = year_page(&app, &signed, typed, year, errors, opened)?;
    if !fresh {
        page.page = page.page.flash("wrong", STALE);
    }
    Ok(html_with(status, &page)?.into_response())
}
