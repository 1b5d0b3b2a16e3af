//! Who is asked: the unit's list, a request as the unit and as the declarant read it, and their answer.
use std::time::Duration;

use askama::Template;
use axum::extract::{FromRequest, Request, State as Part};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use tokio::time::timeout;

use super::super::answer::{self, Answering, Brought, KINDS, MOST_FILES, Way};
use super::super::model::StepKind;
use super::super::{open, rules};
use super::agency::printed;
use super::{Choice, OWN, Told, UNIT, beside_field, day, new_key};
use crate::account::Signed;
use crate::account::pages::sign_in_again;
use crate::handover::pages::agencies;
use crate::intake::uploads::{self, Content, STALL, Sender};
use crate::kernel::files::sha256;
use crate::kernel::id::{AccountId, FileId, InquiryId};
use crate::kernel::web::extract::Multipart;
use crate::kernel::web::respond::attachment;
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html, html_with};
use crate::kernel::{App, Error, Once, Result, Role};
use crate::person::inquiry::{self as requests, told};

struct Line {
    id: InquiryId,
    agency: String,
    document_no: String,
    issued_on: String,
    due: String,
    distance: String,
    state: &'static str,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "inquiry/pages/unit.html")]
struct UnitPage {
    page: Page,
    lines: Vec<Line>,
}

/// What control agencies ask of the unit: numbers, days, states; nothing under seal is opened.
pub(super) async fn unit_list(Part(app): Part<App>, signed: Signed) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    let today = app.clock().today();
    let (found, agencies) = app
        .db
        .read(&signed.actor, "inquiry.list", async |tx| Ok((requests::asked(tx).await?, agencies(tx).await?)))
        .await?;
    let line = |one: requests::Asked| {
        let (state, kind, distance) = told(one.state, one.due_on, today);
        Line {
            id: one.id,
            agency: agencies.get(&one.partition).cloned().unwrap_or_default(),
            document_no: one.document_no,
            issued_on: day(one.issued_on),
            due: day(one.due_on),
            distance,
            state,
            kind,
        }
    };
    let lines = found.into_iter().map(line).collect();
    html(&UnitPage { page: signed.page("Yêu cầu cung cấp thông tin"), lines })
}

/// What was typed of an answer; kept when something is to be mended.
struct Typed {
    way: String,
    text: String,
    name: String,
    position: String,
    key: String,
}

impl Typed {
    fn proposed(signed: &Signed) -> Self {
        Self {
            way: Way::Provide.word().to_owned(),
            text: String::new(),
            name: signed.badge.name.clone(),
            position: signed.badge.position.clone(),
            key: new_key(),
        }
    }

    fn of(fields: &Fields) -> Self {
        Self {
            way: fields.get("way").to_owned(),
            text: fields.get("text").to_owned(),
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            key: fields.get("khoa").to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "inquiry/pages/asked.html")]
struct AskedPage {
    page: Page,
    told: Told,
    is_unit: bool,
    can_answer: bool,
    /// It was answered: what is sent now is added.
    is_more: bool,
    ways: Vec<Choice>,
    limit_bytes: u64,
    hint: String,
    /// Who reads what is written.
    text_hint: String,
    typed: Typed,
    errors: FieldErrors,
}

async fn page(app: &App, signed: &Signed, id: InquiryId, typed: Typed, errors: FieldErrors) -> Result<AskedPage> {
    let is_unit = signed.role() == Role::UnitOfficer;
    let opened = open::open_asked(app, &signed.actor, id).await?;
    let told = Told::of(app, &opened, if is_unit { UNIT } else { OWN })?;
    let state = opened.inquiry.state;
    let can = |kind| rules::after(state, kind).is_some();
    let mut ways = vec![Choice::new(Way::Provide.word(), "Cung cấp thông tin", "")];
    if can(StepKind::Pleaded) {
        let hint = "Vì lý do khách quan không cung cấp được hoặc không kịp hạn; cơ quan kiểm soát xem xét, quyết định (khoản 2 Điều 7 Nghị định 130/2020/NĐ-CP).";
        ways.push(Choice::new(Way::Plead.word(), "Đề nghị xem xét, nêu lý do", hint));
    }
    let limit_mib = app.config.inquiry.max_answer_mib;
    let readers = if is_unit {
        "Cơ quan kiểm soát đã yêu cầu và mọi cán bộ đầu mối của đơn vị trên hệ thống đọc được."
    } else {
        "Chỉ cơ quan kiểm soát đã yêu cầu đọc được."
    };
    Ok(AskedPage {
        page: signed.page(told.title()),
        told,
        is_unit,
        can_answer: can(StepKind::Answered),
        is_more: state == requests::State::Answered,
        ways,
        limit_bytes: limit_mib << 20,
        hint: format!("Tệp {KINDS}; tối đa {MOST_FILES} tệp, cộng lại không quá {limit_mib} MB. Không bắt buộc."),
        text_hint: format!("Thông tin được cung cấp, hoặc lý do và đề nghị. {readers}"),
        typed,
        errors,
    })
}

async fn show(app: &App, signed: &Signed, id: InquiryId) -> Result<Html> {
    html(&page(app, signed, id, Typed::proposed(signed), FieldErrors::default()).await?)
}

/// A request to the unit. Opened by the unit for the first time, it has received it.
pub(super) async fn unit_show(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    show(&app, &signed, id).await
}

/// A request to the declarant. Opened by them for the first time, they have received it.
pub(super) async fn own_show(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    show(&app, &signed, id).await
}

pub(super) async fn unit_letter(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    open::open_asked(&app, &signed.actor, id).await?;
    printed(&app, &signed, id).await
}

pub(super) async fn own_letter(Part(app): Part<App>, signed: Signed, Path(id): Path<InquiryId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    open::open_asked(&app, &signed.actor, id).await?;
    printed(&app, &signed, id).await
}

/// The unit answers, with files or without, again as often as there is more to say; or puts forward why it cannot (article 7).
pub(super) async fn unit_answer(
    Part(app): Part<App>,
    sender: Result<Sender<Signed>>,
    Path(id): Path<InquiryId>,
    request: Request,
) -> Result<Response> {
    take(&app, (sender, Role::UnitOfficer), id, request).await
}

/// The same for the declarant.
pub(super) async fn own_answer(
    Part(app): Part<App>,
    sender: Result<Sender<Signed>>,
    Path(id): Path<InquiryId>,
    request: Request,
) -> Result<Response> {
    take(&app, (sender, Role::Declarant), id, request).await
}

async fn take(
    app: &App,
    (sender, role): (Result<Sender<Signed>>, Role),
    id: InquiryId,
    request: Request,
) -> Result<Response> {
    let signed = match sender {
        Ok(Sender(signed)) => signed,
        // What was typed when the session ended rides along through signing in; files cannot.
        Err(Error::NotSignedIn) => {
            let _slot = uploads::slot(AccountId(uuid::Uuid::nil())).await?;
            let action = request.uri().path().to_owned();
            let sent = read_request(app, None, request).await?;
            return Ok(sign_in_again(app, &action, &sent.fields));
        }
        Err(error) => return Err(error),
    };
    let signed = &signed;
    signed.require(&[role])?;
    // What is not theirs is not there, whatever they sent.
    answer::require_asked(app, &signed.actor, id).await?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let Sent { fields, files, trouble } = read_request(app, Some(signed), request).await?;
    let mut typed = Typed::of(&fields);
    let mut errors = FieldErrors::default();
    let again = async |typed: Typed, mut errors: FieldErrors, status: StatusCode, above: &str| -> Result<Response> {
        if !files.is_empty() && errors.on("tep").is_empty() {
            errors.add("tep", "Trình duyệt không giữ tệp đã chọn. Đề nghị chọn lại tệp trước khi gửi.");
        }
        let mut page = page(app, signed, id, Typed { key: new_key(), ..typed }, errors).await?;
        if !above.is_empty() {
            page.page = page.page.flash("wrong", above);
        }
        Ok(html_with(status, &page)?.into_response())
    };
    if !signed.is_fresh(&fields) {
        return again(typed, errors, StatusCode::CONFLICT, Signed::STALE).await;
    }
    if let Some(sentence) = trouble {
        errors.add("tep", sentence);
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    }
    let Some(way) = Way::from_word(&typed.way) else {
        errors.add("way", "Chưa chọn cách trả lời. Đề nghị chọn cung cấp thông tin hoặc đề nghị xem xét.");
        return again(typed, errors, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let asked = Answering { way, text: typed.text.clone(), name: typed.name.clone(), position: typed.position.clone() };
    let hashes: Vec<_> = files.iter().map(|file| (&file.name, hex::encode(sha256(&file.bytes)))).collect();
    let once = Once::of_form(&typed.key, &(id, &asked, hashes))?;
    match answer::answer(app, &signed.actor, id, &asked, files.clone(), &once).await {
        Ok(_) => {
            let base = if signed.role() == Role::UnitOfficer { UNIT } else { OWN };
            Ok(Redirect::to(&format!("{base}/{id}")).into_response())
        }
        Err(Error::Refused(refusal)) => {
            let fields = [("text", "text"), ("signer", "name"), ("file_kind", "tep"), ("too_many_files", "tep")];
            let known = beside_field(&refusal, &fields, &mut errors);
            typed.key = String::new();
            let above = if known { String::new() } else { refusal.to_string() };
            again(typed, errors, refusal.status, &above).await
        }
        Err(error) => Err(error),
    }
}

/// What a form with files brought.
#[derive(Default)]
struct Sent {
    fields: Fields,
    files: Vec<Brought>,
    /// Why not all of it is here.
    trouble: Option<String>,
}

/// A form with files; or what was typed into one and came through signing in, which is shown again so that its files can be
/// chosen again. However slowly it comes, it is not waited for longer than [`WHOLE`]; what came until then is kept.
async fn read_request(app: &App, signed: Option<&Signed>, request: Request) -> Result<Sent> {
    let mut sent = Sent::default();
    let read = timeout(WHOLE, read_into(app, signed, request, &mut sent)).await;
    match read {
        Ok(read) => read?,
        Err(_) => sent.trouble = Some(CUT_OFF.to_owned()),
    }
    Ok(sent)
}

async fn read_into(app: &App, signed: Option<&Signed>, request: Request, sent: &mut Sent) -> Result<()> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return read_form(app, signed, Multipart::from_request(request, app).await?, sent).await;
    }
    let (fields, trouble) =
        match uploads::collect(request.into_body().into_data_stream(), MOST_TYPED, STALL, false).await {
            Content::Whole(bytes) => (Fields::parse(&bytes), CHOOSE_AGAIN),
            Content::TooLarge => (Fields::default(), TOO_LONG),
            Content::CutOff => (Fields::default(), CUT_OFF),
        };
    sent.fields = fields;
    sent.trouble = Some(trouble.to_owned());
    Ok(())
}

const CHOOSE_AGAIN: &str =
    "Nội dung vừa nhập vẫn còn và chưa gửi. Đề nghị chọn lại tệp kèm theo (nếu có) rồi bấm “Gửi trả lời”.";
const TOO_LONG: &str = "Nội dung trả lời quá dài. Đề nghị rút gọn hoặc gửi thành tệp.";
const CUT_OFF: &str = "Việc gửi bị ngắt giữa chừng nên chưa lưu. Đề nghị gửi lại.";
const TOO_MANY_FIELDS: &str =
    "Nội dung gửi lên có nhiều mục hơn trang này nên chưa lưu. Đề nghị tải lại trang rồi gửi lại.";

/// Bytes of all that was typed, names of fields included; the longest answer is well below.
const MOST_TYPED: usize = 1 << 20;
/// Fields and files of one form; ours has half of it.
const MOST_FIELDS: usize = 32;
/// How long one answer may take to come.
const WHOLE: Duration = Duration::from_secs(600);

/// Texts stand before the files in our form. Of a form of another session no file is read.
async fn read_form(
    app: &App,
    signed: Option<&Signed>,
    Multipart(mut multipart): Multipart,
    sent: &mut Sent,
) -> Result<()> {
    let limit_mib = app.config.inquiry.max_answer_mib;
    let mut left = usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?;
    let mut left_typed = MOST_TYPED;
    let mut count = 0;
    loop {
        let Ok(Ok(field)) = timeout(STALL, multipart.next_field()).await else {
            sent.trouble = Some(CUT_OFF.to_owned());
            return Ok(());
        };
        let Some(field) = field else { return Ok(()) };
        count += 1;
        if count > MOST_FIELDS {
            sent.trouble = Some(TOO_MANY_FIELDS.to_owned());
            return Ok(());
        }
        let name = field.name().unwrap_or_default().to_owned();
        if name != "tep" {
            // A field costs its name, also when it is empty.
            let Some(rest) = left_typed.checked_sub(name.len()) else {
                sent.trouble = Some(TOO_LONG.to_owned());
                return Ok(());
            };
            left_typed = rest;
            match uploads::collect(field, left_typed, STALL, true).await {
                Content::Whole(bytes) => {
                    left_typed = left_typed.saturating_sub(bytes.len());
                    sent.fields.0.push((name, String::from_utf8_lossy(&bytes).into_owned()));
                }
                Content::TooLarge => sent.trouble = Some(TOO_LONG.to_owned()),
                Content::CutOff => {
                    sent.trouble = Some(CUT_OFF.to_owned());
                    return Ok(());
                }
            }
            continue;
        }
        if !signed.is_some_and(|signed| signed.is_fresh(&sent.fields)) {
            return Ok(());
        }
        let file_name = field.file_name().unwrap_or_default().to_owned();
        match uploads::collect(field, left, STALL, true).await {
            // A form without a chosen file sends an empty one.
            Content::Whole(bytes) if bytes.is_empty() => {}
            Content::Whole(_) if sent.files.len() == MOST_FILES => {
                sent.trouble = Some(answer::too_many().to_string());
                return Ok(());
            }
            Content::Whole(bytes) => {
                left -= bytes.len();
                sent.files.push(Brought { name: file_name, bytes });
            }
            Content::TooLarge => sent.trouble = Some(answer::too_large(limit_mib).to_string()),
            Content::CutOff => {
                sent.trouble = Some(CUT_OFF.to_owned());
                return Ok(());
            }
        }
    }
}

/// A file of an answer, for the agency that asked and who sent it; that it was taken is recorded.
pub(super) async fn file(Part(app): Part<App>, signed: Signed, Path(id): Path<FileId>) -> Result<Response> {
    signed.require(&[Role::IntakeOfficer, Role::UnitOfficer, Role::Declarant])?;
    let (media, bytes) = open::file(&app, &signed.actor, id).await?;
    let (kind, name) = match &*media {
        "application/pdf" => ("application/pdf", "tep-kem-theo.pdf"),
        "image/jpeg" => ("image/jpeg", "tep-kem-theo.jpg"),
        "image/png" => ("image/png", "tep-kem-theo.png"),
        "image/tiff" => ("image/tiff", "tep-kem-theo.tif"),
        _ => ("application/octet-stream", "tep-kem-theo"),
    };
    Ok(attachment(kind, name, bytes))
}
