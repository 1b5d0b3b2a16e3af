//! Workbooks as the intake officer sees them: the empty ones to give out, bringing one in, how far it is, what is wrong.
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::timeout;

use super::super::receive::too_large;
use super::super::uploads::{self, Content, STALL, Sender};
use super::look::{self, Asked, Line, Opened, Progress};
use super::model::{State, Workbook};
use super::{receive, write};
use crate::account::Signed;
use crate::account::session::stale_form;
use crate::kernel::id::{IntakeId, WorkbookId};
use crate::kernel::web::respond::{XLSX, attachment};
use crate::kernel::web::{Fields, Html, Multipart, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Refusal, Result, Role, press};
use crate::law;

const PER_PAGE: usize = 50;
/// The form with its file; one that is somewhat too large is read to its end, so that it can be told so.
const MAX_FORM: usize = 128 << 20;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/tiep-nhan/bang-tinh", get(list))
        .route("/tiep-nhan/bang-tinh/mau", get(template))
        .route("/tiep-nhan/bang-tinh/{workbook}", get(show))
        // What the page asks for by itself while rows are taken in: an open page is not a person at work.
        .route("/tiep-nhan/bang-tinh/{workbook}/tien-do", get(show_progress))
        .route("/tiep-nhan/bang-tinh/{workbook}/tep", get(original))
        .route("/tiep-nhan/bang-tinh/{workbook}/nhap-tiep", post(resume))
}

/// Files come slowly and have places of their own (`uploads.rs`).
pub fn uploads() -> Router<App> {
    Router::new().route("/tiep-nhan/bang-tinh", post(upload).layer(DefaultBodyLimit::max(MAX_FORM)))
}

/// An empty workbook to give out.
struct Blank {
    href: String,
    label: String,
}

struct Entry {
    href: String,
    name: String,
    received: String,
    label: &'static str,
    sign: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "intake/workbook/pages/workbooks.html")]
struct ListPage {
    page: Page,
    blanks: Vec<Blank>,
    limit_bytes: u64,
    hint: String,
    error: String,
    entries: Vec<Entry>,
    next: String,
}

#[derive(Deserialize, Default)]
struct Before {
    truoc: Option<WorkbookId>,
}

/// Workbooks that came in, the newest first, and the empty ones to give out (điểm 2 mục II Quyết định 390/QĐ-TTg). Names of files
/// are under seal, so looking is one recorded access.
async fn list(Part(app): Part<App>, signed: Signed, Query(asked): Query<Before>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    html(&list_page(&app, &signed, asked.truoc, String::new()).await?)
}

async fn list_page(app: &App, signed: &Signed, before: Option<WorkbookId>, error: String) -> Result<ListPage> {
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut listed = look::list(app, &signed.actor, before, limit).await?;
    let has_more = listed.len() > PER_PAGE;
    listed.truncate(PER_PAGE);
    let next = match listed.last() {
        Some(last) if has_more => format!("/tiep-nhan/bang-tinh?truoc={}", last.workbook.id),
        _ => String::new(),
    };
    let now = app.clock().now();
    let entry = |one: &look::Listed| Entry {
        href: format!("/tiep-nhan/bang-tinh/{}", one.workbook.id),
        name: one.name.clone(),
        received: super::super::pages::clock_text(one.workbook.created_at),
        label: one.workbook.state.label(),
        sign: one.workbook.state.sign(),
        text: look::told(&one.workbook, now),
    };
    let rules = law::in_force(&app.law, app.clock().today())?;
    let blank = |form: &form::Form| Blank {
        href: format!("/tiep-nhan/bang-tinh/mau?mau={}", form.code),
        label: format!("{} ({})", form.name, form.basis),
    };
    let limit_mib = app.config.intake.max_file_mib;
    Ok(ListPage {
        page: signed.page("Nhập từ bảng tính Excel"),
        blanks: rules.forms.iter().map(blank).collect(),
        limit_bytes: limit_mib << 20,
        hint: format!(
            "Tệp .xlsx lập từ mẫu tải ở trang này, không quá {limit_mib} MB, {} dòng. Bản gốc được lưu nguyên vẹn, ghi mã băm trước khi nhập.",
            viet::number::group(i64::try_from(super::cells::MAX_ROWS).unwrap_or(i64::MAX))
        ),
        error,
        entries: listed.iter().map(entry).collect(),
        next,
    })
}

#[derive(Deserialize)]
struct Which {
    /// Code of the form; the first without.
    mau: Option<String>,
}

/// The empty workbook of a form in force today, made from the form's definition. Units give it out too: it holds nobody.
async fn template(Part(app): Part<App>, signed: Signed, Query(which): Query<Which>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer, Role::UnitOfficer])?;
    let mark = if signed.is_practice() { press::TITLE } else { "" };
    let made = tokio::task::spawn_blocking(move || {
        let rules = law::in_force(&app.law, app.clock().today())?;
        let form = which.mau.as_deref().map_or_else(|| rules.forms.first(), |code| rules.form(code));
        let form = form.ok_or(Error::NotFound)?;
        Ok::<_, Error>((form.code.to_ascii_lowercase(), write::write(rules, form, &[], mark)?))
    });
    let (code, bytes) = made.await.map_err(|error| crate::bug!("making a workbook: {error}"))??;
    Ok(attachment(XLSX, &signed.file(&format!("bang-tinh-{code}.xlsx")), bytes))
}

/// Takes one workbook in: stored, hashed and in the log before anything of it is read (as a scan is); its rows are then taken in
/// behind the page. The same file twice changes nothing.
async fn upload(
    Part(app): Part<App>,
    Sender(signed): Sender<Signed>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let Multipart(multipart) = multipart?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let (name, bytes) = match file_of(&app, &signed, multipart).await {
        Ok(file) => file,
        Err(Error::Refused(refusal)) if ["workbook_file", "file_too_large"].contains(&refusal.code) => {
            let page = list_page(&app, &signed, None, refusal.to_string()).await?;
            return Ok(html_with(refusal.status, &page)?.into_response());
        }
        Err(error) => return Err(error),
    };
    let received = receive(&app, &signed.actor, &name, bytes, None).await?;
    let told = if received.duplicate { "?trung=1" } else { "" };
    Ok(Redirect::to(&format!("/tiep-nhan/bang-tinh/{}{told}", received.workbook)).into_response())
}

/// Name and bytes of the one file of the form.
async fn file_of(app: &App, signed: &Signed, mut multipart: axum::extract::Multipart) -> Result<(String, Bytes)> {
    let limit_mib = app.config.intake.max_file_mib;
    let limit = usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?;
    let unsent = |sentence: &str, mend: &str| Refusal::new("workbook_file", sentence, mend);
    let cut_off =
        || unsent("Việc tải lên bị ngắt hoặc đứng quá lâu giữa chừng; tệp chưa được lưu.", "Đề nghị tải lên lại.");
    let mut fresh = false;
    loop {
        let field = match timeout(STALL, multipart.next_field()).await {
            Ok(Ok(Some(field))) => field,
            Ok(Ok(None)) => {
                return Err(unsent("Chưa chọn tệp nào.", "Đề nghị chọn bảng tính rồi bấm “Nhập”.").into());
            }
            Ok(Err(_)) | Err(_) => return Err(cut_off().into()),
        };
        match field.name() {
            Some("csrf") => {
                let Ok(Ok(token)) = timeout(STALL, field.text()).await else { return Err(cut_off().into()) };
                fresh = signed.is_fresh(&Fields(vec![("csrf".to_owned(), token)]));
            }
            // The token stands before the file in our form; without it nothing is stored.
            Some("file") if !fresh => return Err(stale_form().into()),
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                match uploads::collect(field, limit, STALL, true).await {
                    Content::Whole(bytes) if bytes.is_empty() => {}
                    Content::Whole(bytes) => return Ok((name, bytes)),
                    Content::TooLarge => return Err(too_large(limit_mib).into()),
                    Content::CutOff => return Err(cut_off().into()),
                }
            }
            _ => {}
        }
    }
}

/// A row as it is shown.
struct Row {
    title: String,
    href: String,
    state: &'static str,
    sign: &'static str,
    note: &'static str,
    faults: Vec<super::model::Fault>,
}

#[derive(Template)]
#[template(path = "intake/workbook/pages/workbook.html")]
struct WorkbookPage {
    page: Page,
    id: WorkbookId,
    name: String,
    received: String,
    sha256: String,
    label: &'static str,
    sign: &'static str,
    under_way: bool,
    done: u64,
    total: u64,
    text: String,
    may_resume: bool,
    is_done: bool,
    has_faults: bool,
    with_faults: bool,
    rows: Vec<Row>,
    next: String,
}

#[derive(Deserialize, Default)]
struct View {
    /// "tat-ca": every row, and not only those with something wrong.
    xem: Option<String>,
    /// "0-54": after this sheet and row.
    sau: Option<String>,
    trung: Option<String>,
}

impl View {
    fn after(&self) -> (i16, i32) {
        let parts = self.sau.as_deref().and_then(|sau| sau.split_once('-'));
        parts.and_then(|(sheet, row)| Some((sheet.parse().ok()?, row.parse().ok()?))).unwrap_or((-1, 0))
    }
}

/// A workbook: how far it is, and once every row was looked at what came of each and what is wrong in which cell. What stands in
/// cells is under seal, so looking is one recorded access; while it is under way nothing is opened.
async fn show(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<WorkbookId>,
    Query(view): Query<View>,
) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let progress = look::progress(&app, &signed.actor, id).await?;
    let with_faults = view.xem.as_deref() != Some("tat-ca") && progress.workbook.faults > 0;
    let mut shown = if progress.workbook.state.is_under_way() {
        workbook_page(&app, &signed, progress)
    } else {
        let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
        let asked = Asked { with_faults, after: view.after(), limit };
        opened_page(&app, &signed, look::open(&app, &signed.actor, id, asked).await?, with_faults)
    };
    if view.trung.is_some() {
        let told = "Tệp giống hệt đã được nhập trước đây nên không có gì thay đổi; dưới đây là kết quả lần đó.";
        shown.page = shown.page.flash("info", told);
    }
    html(&shown)
}

/// How far it is, asked every two seconds while rows are taken in.
async fn show_progress(part: Part<App>, signed: Signed, path: Path<WorkbookId>) -> Result<Html> {
    show(part, signed, path, Query(View::default())).await
}

fn workbook_page(app: &App, signed: &Signed, progress: Progress) -> WorkbookPage {
    let Progress { workbook, is_stalled } = progress;
    let count = |n: i32| u64::try_from(n).unwrap_or(0);
    let text = match is_stalled {
        true => "Việc nhập đã dừng vì sự cố; những người đã nhập vẫn còn. Đề nghị bấm “Nhập tiếp”.".to_owned(),
        false => look::told(&workbook, app.clock().now()),
    };
    let may_resume = is_stalled || workbook.is_our_fault();
    let Workbook { state, .. } = workbook;
    WorkbookPage {
        page: signed.page("Bảng tính đã tải lên"),
        id: workbook.id,
        name: String::new(),
        received: super::super::pages::clock_text(workbook.created_at),
        sha256: hex::encode(&workbook.original_sha256),
        label: state.label(),
        sign: if is_stalled { "wrong" } else { state.sign() },
        under_way: state.is_under_way() && !is_stalled,
        done: count(workbook.people_done),
        total: workbook.people.map_or(0, count),
        text,
        may_resume,
        is_done: state == State::Done,
        has_faults: workbook.faults > 0,
        with_faults: false,
        rows: Vec::new(),
        next: String::new(),
    }
}

fn opened_page(app: &App, signed: &Signed, opened: Opened, with_faults: bool) -> WorkbookPage {
    let Opened { progress, name, mut lines } = opened;
    let has_more = lines.len() > PER_PAGE;
    lines.truncate(PER_PAGE);
    let mut page = workbook_page(app, signed, progress);
    page.next = match lines.last() {
        Some(last) if has_more => {
            let all = if with_faults { "loi" } else { "tat-ca" };
            format!("/tiep-nhan/bang-tinh/{}?xem={all}&sau={}-{}", page.id, last.place.0, last.place.1)
        }
        _ => String::new(),
    };
    (page.name, page.with_faults) = (name, with_faults);
    page.rows = lines.into_iter().map(row).collect();
    page
}

fn row(line: Line) -> Row {
    let href = |id: IntakeId| format!("/tiep-nhan/{id}");
    Row {
        title: format!("{}, dòng {}", line.sheet, line.place.1),
        href: line.intake.map(href).unwrap_or_default(),
        state: line.paper.map_or("Chưa lập bản kê khai", super::super::State::label),
        sign: line.paper.map_or("wrong", super::super::State::sign),
        note: if line.is_same {
            "Nội dung giống hệt dòng đã nhập trước; không lập thêm."
        } else {
            ""
        },
        faults: line.faults,
    }
}

/// The workbook as it came, byte for byte; taking it out is recorded.
async fn original(Part(app): Part<App>, signed: Signed, Path(id): Path<WorkbookId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let (_, bytes) = look::original(&app, &signed.actor, id).await?;
    Ok(attachment(XLSX, &signed.file("bang-tinh-goc.xlsx"), bytes))
}

/// Goes on with a workbook that stopped by a fault of the system: after the last person that was put down, nobody twice.
async fn resume(Part(app): Part<App>, signed: Signed, Path(id): Path<WorkbookId>, fields: Fields) -> Result<Redirect> {
    signed.require(&[Role::IntakeOfficer])?;
    signed.require_fresh(&fields)?;
    super::receive::resume(&app, &signed.actor, id).await?;
    Ok(Redirect::to(&format!("/tiep-nhan/bang-tinh/{id}")))
}
