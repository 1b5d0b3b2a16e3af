//! The intake desk: uploading, the list of papers, and their state while they are read.
mod accepting;
mod older;
mod records;
mod reviewing;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State as Part};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::time::timeout;

use super::model::{Intake, State};
use super::receive::{receive, too_large};
use super::uploads::{self, Content, STALL, Sender};
use super::{desk, store};
use crate::account::Signed;
use crate::account::session::stale_form;
use crate::kernel::clock::vietnam;
use crate::kernel::id::IntakeId;
use crate::kernel::web::{Fields, Html, Multipart, Page, Path, Query, html, html_with};
use crate::kernel::{App, Event, Result, Role};

/// Bytes of one upload, all its files together.
const MAX_UPLOAD: usize = 2 << 30;
const PER_PAGE: usize = 50;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/tiep-nhan", get(inbox))
        .route("/tiep-nhan/{id}", get(reviewing::show).post(reviewing::submit))
        .route("/tiep-nhan/{id}/tien-do", get(progress))
        .route("/tiep-nhan/{id}/trang/{page}", get(reviewing::image))
        .route("/tiep-nhan/{id}/ghi-nhan", get(accepting::confirm).post(accepting::accept))
        .route("/tiep-nhan/{id}/mau-cu", get(older::form).post(older::record))
        .route("/tiep-nhan/{id}/de-rieng", post(reviewing::set_aside))
        .route("/tiep-nhan/{id}/lam-lai", post(reviewing::resume))
        .route("/ban-ke-khai", get(records::list))
        .route("/ban-ke-khai/mau-cu", get(older::list))
        .route("/ban-ke-khai/mau-cu/{older}", get(older::show))
        .route("/ban-ke-khai/mau-cu/{older}/noi-luu", post(older::place))
        .route("/ban-ke-khai/mau-cu/{older}/rut", post(older::take_back))
        .route("/ban-ke-khai/{id}", get(records::show))
}

/// Files come slowly and have places of their own (`uploads.rs`).
pub fn uploads() -> Router<App> {
    Router::new().route("/tiep-nhan", post(upload).layer(DefaultBodyLimit::max(MAX_UPLOAD)))
}

/// An instant as people in Vietnam read it.
pub(super) fn clock_text(instant: chrono::DateTime<chrono::Utc>) -> String {
    instant.with_timezone(&vietnam()).format("%H:%M %d/%m/%Y").to_string()
}

/// A paper in the list.
struct Line {
    id: IntakeId,
    name: String,
    received: String,
    progress: ProgressCell,
}

/// How far a paper is; polled while recognition is under way.
#[derive(Template)]
#[template(path = "intake/pages/progress.html")]
struct ProgressCell {
    id: IntakeId,
    label: &'static str,
    sign: &'static str,
    done: u64,
    total: u64,
    text: String,
    under_way: bool,
}

impl ProgressCell {
    fn of(intake: &Intake) -> Self {
        let count = |n: i16| u64::try_from(n).unwrap_or(0);
        let (done, total) = (count(intake.pages_done), intake.page_count.map_or(0, count));
        let text = match intake.state {
            State::Received => "Bản gốc đã lưu; đang chờ đến lượt nhận dạng.".to_owned(),
            State::Reading if total == 0 => "Đang mở tệp.".to_owned(),
            State::Reading => format!("Đã đọc {done} trên {total} trang. Có thể rời trang này."),
            State::Read if intake.is_typed() => {
                format!("Từ bảng tính, {} nội dung cần sửa.", intake.doubtful.unwrap_or(0))
            }
            State::Read => format!("{total} trang, {} nội dung cần đối chiếu.", intake.doubtful.unwrap_or(0)),
            State::Accepted => "Đã thành bản kê khai.".to_owned(),
            State::Older => "Đã ghi nội dung cơ bản và nơi lưu bản giấy.".to_owned(),
            State::Refused | State::SetAside => intake.why(),
        };
        Self {
            id: intake.id,
            label: intake.state.label(),
            sign: intake.state.sign(),
            done,
            total,
            text,
            under_way: intake.state.is_under_way(),
        }
    }

    /// For a paper under way whose job was given up.
    fn stopped(intake: &Intake) -> Self {
        let text = "Việc nhận dạng đã dừng vì sự cố. Đề nghị mở bản quét này rồi bấm “Đọc lại”.".to_owned();
        Self { sign: "wrong", text, under_way: false, ..Self::of(intake) }
    }
}

/// A line of the left column.
struct Work {
    label: &'static str,
    count: String,
    href: String,
    current: bool,
}

/// What became of one file of an upload.
struct Taken {
    name: String,
    kept: bool,
    text: String,
    href: String,
}

#[derive(Template)]
#[template(path = "intake/pages/inbox.html")]
struct InboxPage {
    page: Page,
    works: Vec<Work>,
    taken: Vec<Taken>,
    error: String,
    limit_bytes: u64,
    hint: String,
    heading: &'static str,
    lines: Vec<Line>,
    next: String,
}

#[derive(Deserialize, Default)]
struct Asked {
    #[serde(rename = "trang-thai")]
    state: Option<String>,
    sau: Option<IntakeId>,
}

async fn inbox(Part(app): Part<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    html(&inbox_page(&app, &signed, &asked, Vec::new(), String::new()).await?)
}

/// The list with names of files. Names are under seal, so showing them is one recorded access.
async fn inbox_page(app: &App, signed: &Signed, asked: &Asked, taken: Vec<Taken>, error: String) -> Result<InboxPage> {
    let state = asked.state.as_deref().and_then(State::from_word);
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let (mut lines, counts) = app
        .db
        .read(&signed.actor, "intake.list", async |tx| {
            let counts = store::counts(tx).await?;
            let mut lines = Vec::new();
            for intake in store::list(tx, state, asked.sau, limit).await? {
                let name = desk::open_name(tx, &intake)?;
                let received = clock_text(intake.created_at);
                lines.push(Line { id: intake.id, name, received, progress: ProgressCell::of(&intake) });
            }
            if !lines.is_empty() {
                let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
                tx.record(Event::new("intake.list_opened", signed.actor.home).count("papers", count))?;
            }
            Ok((lines, counts))
        })
        .await?;
    let has_more = lines.len() > PER_PAGE;
    lines.truncate(PER_PAGE);
    let word = state.map_or("", State::word);
    let next = match lines.last() {
        Some(last) if has_more => format!("/tiep-nhan?trang-thai={word}&sau={}", last.id),
        _ => String::new(),
    };
    let limit_mib = app.config.intake.max_file_mib;
    Ok(InboxPage {
        page: signed.page("Tiếp nhận bản giấy"),
        works: works(&counts, state),
        taken,
        error,
        limit_bytes: limit_mib << 20,
        hint: format!(
            "PDF, TIFF, JPEG hoặc PNG; mỗi tệp không quá {limit_mib} MB, {} trang. Bản gốc được lưu nguyên vẹn, ghi mã băm trước khi nhận dạng.",
            app.config.intake.max_pages
        ),
        heading: state.map_or("Tất cả bản quét, cũ nhất trước", State::label),
        lines,
        next,
    })
}

fn works(counts: &[(State, i64)], current: Option<State>) -> Vec<Work> {
    let of = |state: State| counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n);
    let all = counts.iter().map(|(_, n)| n).sum();
    let mut works = vec![Work {
        label: "Tất cả",
        count: viet::number::group(all),
        href: "/tiep-nhan".into(),
        current: current.is_none(),
    }];
    works.extend(State::ALL.into_iter().map(|state| Work {
        label: state.label(),
        count: viet::number::group(of(state)),
        href: format!("/tiep-nhan?trang-thai={}", state.word()),
        current: current == Some(state),
    }));
    works
}

/// The state of one paper, asked every two seconds while it is read. Nothing under seal is opened.
async fn progress(Part(app): Part<App>, signed: Signed, Path(id): Path<IntakeId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let (intake, is_stalled) = app
        .db
        .read(&signed.actor, "intake.progress_view", async |tx| {
            let intake = store::find(tx, id).await?;
            let is_stalled = desk::is_stalled(tx, &intake).await?;
            Ok((intake, is_stalled))
        })
        .await?;
    html(&if is_stalled { ProgressCell::stopped(&intake) } else { ProgressCell::of(&intake) })
}

/// Takes several files, one after the other: each is stored, hashed and in the log before the next is looked at. A file
/// beyond the limit is refused; the others of the same upload are kept.
async fn upload(
    Part(app): Part<App>,
    Sender(signed): Sender<Signed>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let Multipart(multipart) = multipart?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let (taken, error) = take_all(&app, &signed, multipart).await?;
    let status = if taken.iter().any(|taken| taken.kept) { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = inbox_page(&app, &signed, &Asked::default(), taken, error).await?;
    Ok(html_with(status, &page)?.into_response())
}

async fn take_all(app: &App, signed: &Signed, mut multipart: axum::extract::Multipart) -> Result<(Vec<Taken>, String)> {
    let mut taken = Vec::new();
    let mut fresh = false;
    let limit = usize::try_from(app.config.intake.max_file_mib << 20).map_err(anyhow::Error::from)?;
    loop {
        let field = match timeout(STALL, multipart.next_field()).await {
            Ok(Ok(Some(field))) => field,
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) => return Ok((taken, cut_off())),
        };
        match field.name() {
            Some("csrf") => {
                let Ok(Ok(token)) = timeout(STALL, field.text()).await else { return Ok((taken, cut_off())) };
                fresh = signed.is_fresh(&Fields(vec![("csrf".to_owned(), token)]));
            }
            Some("files") => {
                // The token stands before the files in our form; without it nothing is stored.
                if !fresh {
                    return Err(stale_form().into());
                }
                let name = field.file_name().unwrap_or_default().to_owned();
                match uploads::collect(field, limit, STALL, true).await {
                    Content::CutOff => return Ok((taken, cut_off())),
                    // A browser whose form was sent without choosing a file.
                    Content::Whole(bytes) if name.is_empty() && bytes.is_empty() => {}
                    content => taken.push(take(app, signed, name, content).await?),
                }
            }
            _ => {}
        }
    }
    let error = if taken.is_empty() {
        "Chưa chọn tệp nào. Đề nghị chọn bản quét rồi bấm “Tiếp nhận”.".to_owned()
    } else {
        String::new()
    };
    Ok((taken, error))
}

fn cut_off() -> String {
    "Việc tải lên bị ngắt hoặc đứng quá lâu giữa chừng; các tệp có trong bảng dưới đây đã được lưu. Đề nghị tải lại những tệp còn thiếu."
        .to_owned()
}

async fn take(app: &App, signed: &Signed, name: String, content: Content) -> Result<Taken> {
    let Content::Whole(content) = content else {
        let refusal = too_large(app.config.intake.max_file_mib);
        return Ok(Taken { name, kept: false, text: refusal.to_string(), href: String::new() });
    };
    let received = receive(app, &signed.actor, &name, content).await?;
    let (href, text) = (
        format!("/tiep-nhan/{}", received.intake),
        match received.duplicate {
            true => "Bản trùng: tệp giống hệt đã được tiếp nhận trước đây nên không lưu thêm.",
            false => "Đã lưu bản gốc, ghi mã băm; chờ nhận dạng.",
        },
    );
    Ok(Taken { name, kept: true, text: text.to_owned(), href })
}
