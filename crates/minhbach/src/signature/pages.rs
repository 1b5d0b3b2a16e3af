//! The pages of signing: the same for the declarant, the unit and the agency, with what each may do there.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sign::{Outcome as CheckOutcome, Report};
use tokio::time::timeout;

use super::hand_out::event_of;
use super::model::{Channel, Signable, Signature, Stamp};
use super::paper::{self, OnPaper};
use super::policy::{RecordPaper, Sign};
use super::sign::{Outcome, accept, require_signer};
use super::subject::Root;
use super::{hand_out, store};
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::intake::uploads::{self, Content, STALL, Sender};
use crate::kernel::clock::vietnam;
use crate::kernel::id::{DeclarationId, HandOverId, SignatureId};
use crate::kernel::web::extract::Multipart;
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html_with};
use crate::kernel::{App, Error, Event, Guarded, Once, Refusal, Result, Role, Tx};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/ke-khai/ban/{declaration}/ky-so", get(own))
        .route("/ke-khai/ban/{declaration}/ky-so/tep.pdf", get(own_copy))
        .route("/don-vi/ban/{declaration}/ky-so", get(unit))
        .route("/don-vi/ban/{declaration}/ky-so/giay", post(unit_paper))
        .route("/ban-ke-khai/{declaration}/ky-so", get(agency))
        .route("/don-vi/ban-giao/{hand_over}/ky-so", get(batch))
        .route("/don-vi/ban-giao/{hand_over}/ky-so/tep.pdf", get(batch_copy))
        .route("/don-vi/ban-giao/{hand_over}/ky-so/giay", post(batch_paper))
        .route("/ban-giao/{hand_over}/ky-so", get(agency_batch))
        .route("/ky-so/{signature}/tep.pdf", get(signed_file))
}

/// Files come slowly and have places of their own (`intake::uploads`).
pub fn uploads() -> Router<App> {
    let upload = axum::extract::DefaultBodyLimit::disable();
    Router::new()
        .route("/ke-khai/ban/{declaration}/ky-so", post(sign_own).layer(upload))
        .route("/don-vi/ban-giao/{hand_over}/ky-so", post(sign_batch).layer(upload))
}

/// A check of a report as a row.
struct CheckLine {
    label: &'static str,
    outcome: &'static str,
    kind: &'static str,
    said: String,
}

fn check_lines(report: &Report) -> Vec<CheckLine> {
    let line = |check: &sign::Check| {
        let (outcome, kind) = match check.outcome {
            CheckOutcome::Passed => ("Đạt", "good"),
            CheckOutcome::Failed => ("Không đạt", "wrong"),
            CheckOutcome::NotDecided => ("Chưa kiểm tra được", "wait"),
        };
        CheckLine { label: check.kind.label(), outcome, kind, said: check.said.clone() }
    };
    report.checks.iter().map(line).collect()
}

/// A row of `ui::summary_list`.
struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

/// A signature as the page tells of it.
struct Told {
    heading: String,
    state: &'static str,
    kind: &'static str,
    rows: Vec<Row>,
    checks: Vec<CheckLine>,
    stamp: Vec<CheckLine>,
    waits_for_stamp: bool,
    file: String,
}

#[derive(Template)]
#[template(path = "signature/pages/signing.html")]
struct SigningPage {
    page: Page,
    is_officer: bool,
    back: String,
    back_text: &'static str,
    /// Where the forms of this page go.
    here: String,
    /// Where the file to sign is taken.
    copy: String,
    told: Vec<Told>,
    can_sign: bool,
    can_record: bool,
    takes_key: bool,
    key: String,
    limit_bytes: u64,
    hint: String,
    day: String,
    errors: FieldErrors,
    refused: Vec<CheckLine>,
}

/// Where a page stands.
struct Place {
    root: Root,
    back: String,
    back_text: &'static str,
    here: String,
}

impl Place {
    fn declaration(id: DeclarationId, base: &str) -> Self {
        let back = format!("{base}/{id}");
        Self { root: Root::Declaration(id), here: format!("{back}/ky-so"), back, back_text: "Bản kê khai" }
    }

    fn batch(id: HandOverId, base: &str) -> Self {
        let back = format!("{base}/{id}");
        Self { root: Root::HandOver(id), here: format!("{back}/ky-so"), back, back_text: "Biên bản bàn giao" }
    }
}

const OWN: &str = "/ke-khai/ban";
const UNIT: &str = "/don-vi/ban";
const AGENCY: &str = "/ban-ke-khai";
const BATCH: &str = "/don-vi/ban-giao";
const AGENCY_BATCH: &str = "/ban-giao";

/// What a form of the page brought that is to be shown again.
#[derive(Default)]
struct Again {
    errors: FieldErrors,
    refused: Vec<CheckLine>,
    day: Option<String>,
}

async fn show(app: &App, signed: &Signed, place: Place, status: StatusCode, again: Again) -> Result<Html> {
    let (on, told) = app
        .db
        .read(&signed.actor, "signature.open", async |tx| {
            let on = place.root.signable(tx).await?;
            let told = told(tx, &on).await?;
            Ok((on, told))
        })
        .await?;
    let is_signed = told.iter().any(|(of, _)| *of == on.id);
    let actor = &signed.actor;
    let limit_mib = app.config.signature.max_file_mib;
    let page = SigningPage {
        page: signed.page("Chữ ký"),
        is_officer: signed.role() != Role::Declarant,
        back: place.back,
        back_text: place.back_text,
        copy: format!("{}/tep.pdf", place.here),
        here: place.here,
        told: told.into_iter().map(|(_, told)| told).collect(),
        can_sign: !is_signed && Guarded::<Sign>::allows(&on, actor),
        can_record: !is_signed && Guarded::<RecordPaper>::allows(&on, actor),
        takes_key: on.takes_key,
        key: uuid::Uuid::new_v4().to_string(),
        limit_bytes: limit_mib << 20,
        hint: format!("Tệp PDF đã ký bằng phần mềm ký số của Ông/Bà, không quá {limit_mib} MB."),
        day: again.day.unwrap_or_else(|| viet::date::format_short(app.clock().today())),
        errors: again.errors,
        refused: again.refused,
    };
    html_with(status, &page)
}

/// Every signature of a declaration or batch, opened; who looks is recorded.
async fn told(tx: &mut Tx, on: &Signable) -> Result<Vec<(uuid::Uuid, Told)>> {
    let asked = store::Asked { root: Some(on.root), partition: Some(on.partition), ..Default::default() };
    let mut all = Vec::new();
    for signature in store::list(tx, asked).await? {
        let stamp = store::stamps(tx, signature.partition, Some(signature.id)).await?.pop();
        let of = signature.subject_id;
        all.push((of, tell(tx, &signature, stamp, of != on.id)?));
    }
    if !all.is_empty() {
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        tx.record(event_of(on, "signature.opened").count("signatures", count))?;
    }
    Ok(all)
}

fn tell(tx: &mut Tx, signature: &Signature, stamp: Option<Stamp>, is_of_earlier: bool) -> Result<Told> {
    let (partition, row_id) = (signature.partition, signature.id.0);
    let row = |key, value| Row { key, value, href: "" };
    let instant =
        |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&vietnam()).format("%H:%M:%S ngày %d/%m/%Y").to_string();
    let mut rows = Vec::new();
    let mut checks = Vec::new();
    if let (Some(certificate), Some(report)) = (&signature.certificate, &signature.report) {
        let certificate = tx.open(partition, row_id, certificate)?;
        rows.push(row("Tên trên chứng thư", certificate.name));
        rows.push(row("Chủ thể", certificate.subject));
        rows.push(row("Nơi cấp", certificate.issuer));
        rows.push(row("Số hiệu chứng thư", certificate.serial));
        checks = check_lines(&tx.open(partition, row_id, report)?);
    }
    rows.extend(signature.signed_at.map(|at| row("Thời điểm ký (theo người ký)", instant(at))));
    rows.extend(signature.paper_on.map(|day| row("Ngày ký trên giấy", viet::date::format_short(day))));
    rows.push(row("Ghi nhận lúc", instant(signature.created_at)));
    rows.push(row("Mã băm bản ghi", hex::encode(&signature.record_hash)));
    let waits_for_stamp = signature.channel == Channel::Digital && stamp.is_none();
    let stamp = match stamp {
        Some(stamp) => check_lines(&tx.open(partition, row_id, &stamp.report)?),
        None => Vec::new(),
    };
    let how = if signature.channel == Channel::Digital { "ký số" } else { "ký trên giấy" };
    let earlier = if is_of_earlier { " (bản trước)" } else { "" };
    let (state, kind) = signature.verdict.map_or(("Đã ghi nhận", "good"), super::model::Verdict::label);
    Ok(Told {
        heading: format!("{} {how}{earlier}", signature.side.label()),
        state,
        kind,
        rows,
        checks,
        stamp,
        waits_for_stamp,
        file: signature.file.map(|_| format!("/ky-so/{}/tep.pdf", signature.id)).unwrap_or_default(),
    })
}

async fn own(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    show(&app, &signed, Place::declaration(id, OWN), StatusCode::OK, Again::default()).await
}

async fn unit(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    show(&app, &signed, Place::declaration(id, UNIT), StatusCode::OK, Again::default()).await
}

async fn agency(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    show(&app, &signed, Place::declaration(id, AGENCY), StatusCode::OK, Again::default()).await
}

async fn batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    signed.require(&[Role::UnitOfficer])?;
    show(&app, &signed, Place::batch(id, BATCH), StatusCode::OK, Again::default()).await
}

async fn agency_batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    signed.require(&[Role::IntakeOfficer])?;
    show(&app, &signed, Place::batch(id, AGENCY_BATCH), StatusCode::OK, Again::default()).await
}

async fn own_copy(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    let bytes = hand_out::hand_out(&app, &signed.actor, Root::Declaration(id)).await?;
    Ok(attachment(PDF, "ban-ke-khai-de-ky.pdf", bytes))
}

async fn batch_copy(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let bytes = hand_out::hand_out(&app, &signed.actor, Root::HandOver(id)).await?;
    Ok(attachment(PDF, "bien-ban-ban-giao-de-ky.pdf", bytes))
}

/// The declarant brings their declaration back signed.
async fn sign_own(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path(id): Path<DeclarationId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    take(&app, &signed, Place::declaration(id, OWN), multipart).await
}

/// The unit brings the record of a hand-over back signed.
async fn sign_batch(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path(id): Path<HandOverId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    take(&app, &signed, Place::batch(id, BATCH), multipart).await
}

async fn take(app: &App, signed: &Signed, place: Place, multipart: Result<Multipart>) -> Result<Response> {
    // What is not theirs is not there, whatever they sent.
    require_signer(app, &signed.actor, place.root).await?;
    let multipart = multipart?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let mut errors = FieldErrors::default();
    let (file, key) = match one_file(app, signed, multipart).await? {
        Sent::File(file, key) => (file, key),
        Sent::Wrong(sentence) => {
            errors.add("tep", sentence);
            let again = Again { errors, ..Again::default() };
            return Ok(show(app, signed, place, StatusCode::UNPROCESSABLE_ENTITY, again).await?.into_response());
        }
    };
    let once = Once::of_form(&key, &hex::encode(crate::kernel::files::sha256(&file)))?;
    let here = place.here.clone();
    match accept(app, &signed.actor, place.root, file, &once).await {
        Ok(Outcome::Recorded(_)) => Ok(Redirect::to(&here).into_response()),
        Ok(Outcome::Refused(report)) => {
            errors.add("tep", "Tệp đã ký chưa được nhận vì có nội dung không đạt. Đề nghị xem từng nội dung dưới đây.");
            let again = Again { errors, refused: check_lines(&report), ..Again::default() };
            Ok(show(app, signed, place, StatusCode::UNPROCESSABLE_ENTITY, again).await?.into_response())
        }
        Err(Error::Refused(refusal)) => {
            errors.add("tep", refusal.to_string());
            let again = Again { errors, ..Again::default() };
            Ok(show(app, signed, place, refusal.status, again).await?.into_response())
        }
        Err(error) => Err(error),
    }
}

/// What a form with one file brought.
enum Sent {
    File(bytes::Bytes, String),
    Wrong(String),
}

async fn one_file(app: &App, signed: &Signed, Multipart(mut multipart): Multipart) -> Result<Sent> {
    let limit_mib = app.config.signature.max_file_mib;
    let limit = usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?;
    let (mut fresh, mut key) = (false, String::new());
    let cut_off = || Sent::Wrong("Việc tải lên bị ngắt giữa chừng; tệp chưa được lưu. Đề nghị nộp lại.".to_owned());
    loop {
        let field = match timeout(STALL, multipart.next_field()).await {
            Ok(Ok(Some(field))) => field,
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) => return Ok(cut_off()),
        };
        match field.name() {
            Some("csrf") => {
                let Ok(Ok(token)) = timeout(STALL, field.text()).await else { return Ok(cut_off()) };
                fresh = signed.is_fresh(&Fields(vec![("csrf".to_owned(), token)]));
            }
            Some("khoa") => {
                let Ok(Ok(given)) = timeout(STALL, field.text()).await else { return Ok(cut_off()) };
                key = given;
            }
            // Token and key stand before the file in our form; without them nothing is looked at.
            Some("tep") if !fresh => return Err(stale_form().into()),
            Some("tep") => {
                return Ok(match uploads::collect(field, limit, STALL, true).await {
                    Content::Whole(bytes) if bytes.is_empty() => nothing_chosen(),
                    Content::Whole(bytes) => Sent::File(bytes, key),
                    Content::TooLarge => Sent::Wrong(too_large(limit_mib).to_string()),
                    Content::CutOff => cut_off(),
                });
            }
            _ => {}
        }
    }
    if fresh { Ok(nothing_chosen()) } else { Err(stale_form().into()) }
}

fn nothing_chosen() -> Sent {
    Sent::Wrong("Chưa chọn tệp. Đề nghị chọn tệp PDF đã ký rồi bấm “Nộp tệp đã ký”.".to_owned())
}

pub(super) fn too_large(limit_mib: u64) -> Refusal {
    Refusal::new(
        "file_too_large",
        format!("Tệp lớn hơn mức {limit_mib} MB nên không được lưu."),
        "Đề nghị ký đúng tệp đã tải từ trang này rồi nộp lại.",
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

/// The unit records that a declaration was signed on paper (note 1 of Phụ lục I).
async fn unit_paper(
    State(app): State<App>,
    Path(id): Path<DeclarationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Place::declaration(id, UNIT), &fields).await
}

async fn batch_paper(
    State(app): State<App>,
    Path(id): Path<HandOverId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Place::batch(id, BATCH), &fields).await
}

async fn on_paper(app: &App, signed: &Signed, place: Place, fields: &Fields) -> Result<Response> {
    signed.require(&[Role::UnitOfficer])?;
    let typed = fields.get("day").to_owned();
    let mut errors = FieldErrors::default();
    let status = match viet::date::parse_date(&typed) {
        _ if !signed.is_fresh(fields) => {
            errors.add("day", Signed::STALE);
            StatusCode::CONFLICT
        }
        Err(_) => {
            errors.add("day", "Ngày ký chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Ok(signed_on) => {
            let asked = OnPaper { signed_on };
            let once = Once::of_form(fields.get("khoa"), &(place.root.id(), asked))?;
            match paper::record(app, &signed.actor, place.root, asked, &once).await {
                Ok(_) => return Ok(Redirect::to(&place.here).into_response()),
                Err(Error::Refused(refusal)) => {
                    errors.add("day", refusal.to_string());
                    refusal.status
                }
                Err(error) => return Err(error),
            }
        }
    };
    let again = Again { errors, day: Some(typed), ..Again::default() };
    Ok(show(app, signed, place, status, again).await?.into_response())
}

/// A signed file, for whoever may see its signature; that it was taken is recorded.
async fn signed_file(State(app): State<App>, signed: Signed, Path(id): Path<SignatureId>) -> Result<Response> {
    signed.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let (partition, file, sealed) = app
        .db
        .read(&signed.actor, "signature.file", async |tx| {
            let signature = store::find(tx, id).await?;
            let file = signature.file.ok_or(Error::NotFound)?;
            let sealed = store::sealed_name(tx, signature.partition, file).await?;
            tx.record(
                Event::new("signature.file_opened", signature.partition)
                    .unit(signature.unit)
                    .person_if(signature.person)
                    .id("signature", id),
            )?;
            Ok((signature.partition, file, sealed))
        })
        .await?;
    let bytes = app.open_file(partition, file, &sealed).await?;
    Ok(attachment(PDF, "ban-da-ky.pdf", bytes))
}
