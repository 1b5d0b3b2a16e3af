//! The review screen: page images beside the form the machine filled, corrected field by field.
use askama::Template;
use axum::extract::State as Part;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::check::{Checked, form_of};
use super::super::desk::{self, Open};
use super::super::model::{Aside, PageImage, State};
use super::super::review::{Choice, Review, Widget, apply, differences, kind_label, review};
use super::super::store;
use super::ProgressCell;
use crate::account::{Posted, Signed};
use crate::kernel::id::{EventId, IntakeId, OlderId};
use crate::kernel::web::{Fields, Html, Page, Path, Query, html, html_with};
use crate::kernel::{App, Error, Result, Role};

/// A page image with the boxes of its fields.
pub(super) struct Sheet {
    pub(super) number: i16,
    pub(super) src: String,
    pub(super) width: i32,
    pub(super) height: i32,
    boxes: Vec<Area>,
}

struct Area {
    field: String,
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    doubtful: bool,
}

struct Key {
    key: &'static str,
    label: &'static str,
}

/// Shown above the form when somebody else saved first: label, what was typed here, what stands now.
pub(super) struct Conflict {
    pub(super) label: String,
    pub(super) mine: String,
    pub(super) theirs: String,
}

#[derive(Template)]
#[template(path = "intake/pages/review.html")]
struct ReviewPage {
    page: Page,
    id: IntakeId,
    name: String,
    kind: String,
    revision: i32,
    review: Review,
    /// From a workbook: there is no picture, and every value has its cell.
    is_typed: bool,
    sheets: Vec<Sheet>,
    conflicts: Vec<Conflict>,
    keys: [Key; 2],
    reasons: Vec<Choice>,
}

/// A paper that is not on the desk: under way, refused, set aside or on record.
#[derive(Template)]
#[template(path = "intake/pages/paper.html")]
pub(super) struct PaperPage {
    page: Page,
    id: IntakeId,
    name: String,
    received: String,
    sha256: String,
    progress: ProgressCell,
    declaration: String,
    older: String,
    /// Records on an older form that were taken back.
    taken_back: Vec<OlderId>,
    may_resume: bool,
    resume_label: &'static str,
    is_refused: bool,
    /// Whether it may be put on record on an older form.
    is_sheet: bool,
    /// Whether reading it once more may end otherwise.
    is_worth_again: bool,
    reasons: Vec<Choice>,
    conflicts: Vec<Conflict>,
}

/// Under which recorded access the images of a paper are shown to a session.
fn viewing(id: IntakeId, opened: EventId) -> Vec<u8> {
    format!("page images\n{id}\n{opened}").into_bytes()
}

/// The pages of a paper, shown under the recorded access `event`.
pub(super) fn sheets(
    id: IntakeId,
    event: EventId,
    pages: &[PageImage],
    review: Option<&Review>,
    signed: &Signed,
) -> Vec<Sheet> {
    let mark = signed.mark(&viewing(id, event));
    pages
        .iter()
        .map(|page| {
            let spots = review.into_iter().flat_map(Review::lines).filter_map(|line| {
                Some((line, line.spot.filter(|spot| spot.page == usize::from(page.page.unsigned_abs()))?))
            });
            let boxes = spots
                .map(|(line, spot)| {
                    let [x, y, w, h] = spot.bounds;
                    Area { field: line.path.clone(), x, y, w, h, doubtful: line.doubtful }
                })
                .collect();
            Sheet {
                number: page.page,
                src: format!("/tiep-nhan/{id}/trang/{}?luot={}&dau={mark}", page.page, event),
                width: page.width,
                height: page.height,
                boxes,
            }
        })
        .collect()
}

fn reasons() -> Vec<Choice> {
    Aside::ALL
        .into_iter()
        .map(|reason| Choice { value: reason.word().to_owned(), label: reason.label().to_owned() })
        .collect()
}

/// The screen for `open`, holding `shown`.
fn review_page(signed: &Signed, page: Page, open: &Open, shown: Review, conflicts: Vec<Conflict>) -> ReviewPage {
    ReviewPage {
        sheets: sheets(open.intake.id, open.event, &open.pages, Some(&shown), signed),
        page,
        id: open.intake.id,
        name: open.name.clone(),
        kind: kind_label(&open.checked),
        revision: open.intake.revision,
        review: shown,
        is_typed: open.intake.is_typed(),
        conflicts,
        keys: [
            Key { key: "F8", label: "nội dung cần đối chiếu tiếp theo" },
            Key { key: "Shift + F8", label: "nội dung trước đó" },
        ],
        reasons: reasons(),
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "da-luu")]
    saved: Option<String>,
}

pub(super) async fn show(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<IntakeId>,
    Query(asked): Query<Asked>,
) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    let open = desk::open(&app, &signed.actor, id).await?;
    if open.intake.state != State::Read {
        return html(&paper_page(&signed, &open, Vec::new()));
    }
    let page = signed.page("Đối chiếu bản quét");
    let page = if asked.saved.is_some() { page.flash("success", "Đã lưu nội dung đối chiếu.") } else { page };
    let shown = review(&app.law, &open.reading, &open.checked)?;
    html(&review_page(&signed, page, &open, shown, Vec::new()))
}

pub(super) fn paper_page(signed: &Signed, open: &Open, conflicts: Vec<Conflict>) -> PaperPage {
    let intake = &open.intake;
    let is_refused = intake.state == State::Refused;
    let is_unread = is_refused || open.is_stalled;
    PaperPage {
        page: signed.page("Bản quét"),
        id: intake.id,
        name: open.name.clone(),
        received: super::clock_text(intake.created_at),
        sha256: hex::encode(&intake.original_sha256),
        progress: if open.is_stalled { ProgressCell::stopped(intake) } else { ProgressCell::of(intake) },
        declaration: intake.declaration.map(|id| id.to_string()).unwrap_or_default(),
        older: open.older.map(|id| id.to_string()).unwrap_or_default(),
        taken_back: open.taken_back.clone(),
        may_resume: is_unread || intake.state == State::SetAside,
        resume_label: if is_unread { "Đọc lại" } else { "Đưa lại vào danh sách" },
        is_refused,
        is_sheet: is_refused && intake.may_be_a_sheet(),
        is_worth_again: !is_refused || intake.is_worth_again(),
        reasons: reasons(),
        conflicts,
    }
}

/// Saves what the officer typed, adds or removes an entry, or goes on to put the paper on record. When somebody else
/// saved first, or the form belongs to another session, nothing is saved and nothing typed is lost.
pub(super) async fn submit(
    Part(app): Part<App>,
    Path(id): Path<IntakeId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let open = desk::open(&app, &signed.actor, id).await?;
    let mut typed = apply(&app.law, &open.reading, &open.checked, &fields)?;
    // Before anything else: a page made from another revision, shown again with the newest one, would overwrite it.
    let expected = open.intake.revision;
    if open.intake.state != State::Read || fields.get("revision").parse::<i32>() != Ok(expected) {
        return conflict(&app, &signed, &open, &typed, &fields);
    }
    if !signed.is_fresh(&fields) {
        let page = signed.page("Đối chiếu bản quét").flash(
            "wrong",
            "Biểu mẫu này được mở trong một phiên làm việc khác nên chưa được lưu. Nội dung vừa nhập vẫn còn dưới đây; đề nghị bấm nút một lần nữa.",
        );
        let shown = review(&app.law, &open.reading, &typed)?;
        let shown = review_page(&signed, page, &open, shown, Vec::new());
        return Ok(html_with(StatusCode::CONFLICT, &shown)?.into_response());
    }
    let (_, form) = form_of(&app.law, &typed.content)?;
    let act = fields.get("act");
    let mut to = format!("/tiep-nhan/{id}?da-luu=1");
    if let Some((place, code)) = act.strip_prefix("add:").and_then(|rest| rest.split_once(':')) {
        let code = if place == "changes" { fields.get("new_change") } else { code };
        if let Some(added) = typed.add(form, place, code) {
            to = format!("{to}#{added}");
        }
    } else if let Some(path) = act.strip_prefix("remove:") {
        typed.remove(path);
    } else if act == "accept" {
        to = format!("/tiep-nhan/{id}/ghi-nhan");
    }
    let is_new = typed != open.checked || expected == 0;
    if is_new && !saved(&app, &signed, id, &typed, expected).await? {
        let open = desk::open(&app, &signed.actor, id).await?;
        return conflict(&app, &signed, &open, &typed, &fields);
    }
    Ok(Redirect::to(&to).into_response())
}

/// Saves; false when somebody else saved, accepted or set the paper aside meanwhile.
async fn saved(app: &App, signed: &Signed, id: IntakeId, typed: &Checked, expected: i32) -> Result<bool> {
    match desk::save(app, &signed.actor, id, typed, expected).await {
        Err(Error::Refused(refusal)) if refusal.code == "intake_state" => Ok(false),
        outcome => outcome,
    }
}

/// What stands now, with what was typed here and differs: the form again, or the paper when it left the desk.
fn conflict(app: &App, signed: &Signed, open: &Open, typed: &Checked, fields: &Fields) -> Result<Response> {
    let (mine, theirs) = (review(&app.law, &open.reading, typed)?, review(&app.law, &open.reading, &open.checked)?);
    let mut conflicts: Vec<Conflict> =
        differences(&mine, &theirs).into_iter().map(|(label, mine, theirs)| Conflict { label, mine, theirs }).collect();
    conflicts.extend(without_place(fields, &theirs));
    let told = "Một cán bộ hoặc một thẻ khác vừa lưu hoặc xử lý bản quét này, nên nội dung Ông/Bà vừa nhập chưa được lưu. Nội dung đó có trong bảng dưới đây để đối chiếu, nhập lại.";
    if open.intake.state != State::Read {
        let mut page = paper_page(signed, open, conflicts);
        page.page = page.page.flash("wrong", told);
        return Ok(html_with(StatusCode::CONFLICT, &page)?.into_response());
    }
    let page = signed.page("Đối chiếu bản quét").flash("wrong", told);
    Ok(html_with(StatusCode::CONFLICT, &review_page(signed, page, open, theirs, conflicts))?.into_response())
}

/// Texts typed in an entry that somebody removed meanwhile.
fn without_place(fields: &Fields, now: &Review) -> Vec<Conflict> {
    let is_text = |name: &str| name.contains('.') || name.contains('[');
    let texts = fields.0.iter().filter(|(name, text)| is_text(name) && !text.trim().is_empty());
    texts
        .filter(|(name, _)| !now.lines().any(|line| line.path == *name))
        .map(|(_, text)| Conflict {
            label: "Nội dung của một phần vừa bị xóa".to_owned(),
            mine: text.trim().to_owned(),
            theirs: String::new(),
        })
        .collect()
}

#[derive(Deserialize)]
pub(super) struct Viewing {
    luot: EventId,
    dau: String,
}

/// A page image. It is shown only under an opening of the review by the same session, which is the recorded access.
pub(super) async fn image(
    Part(app): Part<App>,
    signed: Signed,
    Path((id, number)): Path<(IntakeId, i16)>,
    asked: Result<Query<Viewing>>,
) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer])?;
    let Query(asked) = asked?;
    if !signed.is_mark(&viewing(id, asked.luot), &asked.dau) {
        return Err(Error::NotFound);
    }
    let (partition, page) = app
        .db
        .read(&signed.actor, "intake.page_image", async |tx| {
            let intake = store::find(tx, id).await?;
            let pages = store::pages(tx, &intake).await?;
            let page = pages.into_iter().find(|page| page.page == number).ok_or(Error::NotFound)?;
            Ok((intake.partition, page))
        })
        .await?;
    let bytes = app.open_file(partition, page.file, &page.sealed_sha256).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "no-store")], bytes).into_response())
}

/// Puts the paper away for the chosen reason.
pub(super) async fn set_aside(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<IntakeId>,
    fields: Fields,
) -> Result<Redirect> {
    signed.require(&[Role::IntakeOfficer])?;
    signed.require_fresh(&fields)?;
    let reason = Aside::from_word(fields.get("reason")).ok_or_else(|| {
        crate::kernel::Refusal::new(
            "reason",
            "Chưa chọn lý do để riêng bản quét.",
            "Đề nghị quay lại, chọn một lý do trong danh sách.",
        )
    })?;
    desk::set_aside(&app, &signed.actor, id, reason).await?;
    Ok(Redirect::to("/tiep-nhan?trang-thai=READ"))
}

/// Takes a refused or set aside paper up again.
pub(super) async fn resume(
    Part(app): Part<App>,
    signed: Signed,
    Path(id): Path<IntakeId>,
    fields: Fields,
) -> Result<Redirect> {
    signed.require(&[Role::IntakeOfficer])?;
    signed.require_fresh(&fields)?;
    desk::resume(&app, &signed.actor, id, fields.get("act") == "by_hand").await?;
    Ok(Redirect::to(&format!("/tiep-nhan/{id}")))
}
