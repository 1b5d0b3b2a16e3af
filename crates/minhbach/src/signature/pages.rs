//! The pages of signing: the same for the declarant, the unit and the agency, with what each may do there.
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use sign::{CheckKind, Outcome as CheckOutcome, Report};
use tokio::time::timeout;

use super::hand_out::event_of;
use super::model::{Beside, Channel, Followed, Side, Signable, Signature, Subject, Verdict};
use super::paper::{self, OnPaper};
use super::policy::{Decide, RecordPaper, Sign, SignData, TakeDocument, Withdraw};
use super::sign::{Outcome, accept, is_of, require_signer};
use super::stamp::StampSignature;
use super::subject::{Root, Seat};
use super::{data, follow, hand_out, store, trust};
use crate::account::session::stale_form;
use crate::account::{Posted, Signed};
use crate::intake::uploads::{self, Content, STALL, Sender};
use crate::kernel::clock::{self, date_in_vietnam};
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, DisclosureId, HandOverId, SignatureId};
use crate::kernel::web::extract::Multipart;
use crate::kernel::web::respond::{PDF, PKCS7, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, Path, html_with};
use crate::kernel::{Actor, App, Error, Event, Guarded, Once, Refusal, Result, Role, Tx};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/ke-khai/ban/{declaration}/ky-so", get(own))
        .route("/ke-khai/ban/{declaration}/ky-so/{side}/tep.pdf", get(own_copy))
        .route("/don-vi/ban/{declaration}/ky-so", get(unit))
        .route("/don-vi/ban/{declaration}/ky-so/{side}/tep.pdf", get(unit_copy))
        .route("/don-vi/ban/{declaration}/ky-so/{side}/giay", post(unit_paper))
        .route("/ban-ke-khai/{declaration}/ky-so", get(agency))
        .route("/don-vi/ban-giao/{hand_over}/ky-so", get(batch))
        .route("/don-vi/ban-giao/{hand_over}/ky-so/{side}/tep.pdf", get(batch_copy))
        .route("/don-vi/ban-giao/{hand_over}/ky-so/{side}/giay", post(batch_paper))
        .route("/ban-giao/{hand_over}/ky-so", get(agency_batch))
        .route("/ban-giao/{hand_over}/ky-so/{side}/tep.pdf", get(agency_batch_copy))
        .route("/ban-giao/{hand_over}/ky-so/{side}/giay", post(agency_batch_paper))
        .route("/don-vi/cong-khai/{disclosure}/ky-so", get(minutes))
        .route("/don-vi/cong-khai/{disclosure}/ky-so/{side}/tep.pdf", get(minutes_copy))
        .route("/don-vi/cong-khai/{disclosure}/ky-so/{side}/giay", post(minutes_paper))
        .route("/cong-khai/{disclosure}/ky-so", get(agency_minutes))
        .route("/ky-so/{signature}/tep.pdf", get(signed_file))
        .route("/ky-so/{signature}/du-lieu.json", get(data_document))
        .route("/ky-so/{signature}/du-lieu.p7s", get(data_file))
        .route("/ky-so/{signature}/rut", post(withdraw))
        .route("/ky-so/{signature}/quyet-dinh", post(decide))
}

/// Files come slowly and have places of their own (`intake::uploads`).
pub fn uploads() -> Router<App> {
    let upload = axum::extract::DefaultBodyLimit::disable();
    Router::new()
        .route("/ke-khai/ban/{declaration}/ky-so/{side}", post(sign_own).layer(upload))
        .route("/don-vi/ban/{declaration}/ky-so/{side}", post(sign_unit).layer(upload))
        .route("/don-vi/ban-giao/{hand_over}/ky-so/{side}", post(sign_batch).layer(upload))
        .route("/ban-giao/{hand_over}/ky-so/{side}", post(sign_agency_batch).layer(upload))
        .route("/don-vi/cong-khai/{disclosure}/ky-so/{side}", post(sign_minutes).layer(upload))
        .route("/ky-so/{signature}/du-lieu", post(sign_data).layer(upload))
}

/// Where a page stands.
struct Place {
    root: Root,
    back: String,
    back_text: &'static str,
    here: String,
}

impl Place {
    fn new(root: Root, base: &str) -> Self {
        let back = format!("{base}/{}", root.id());
        let back_text = match root {
            Root::Declaration(_) => "Bản kê khai",
            Root::HandOver(_) => "Biên bản bàn giao",
            Root::Minutes(_) => "Công khai",
        };
        Self { root, here: format!("{back}/ky-so"), back, back_text }
    }

    /// Where a role reads what a signature belongs to.
    fn of(role: Role, one: &Signature) -> Option<Self> {
        let (declaration, batch, minutes) = (DeclarationId(one.root), HandOverId(one.root), DisclosureId(one.root));
        let (root, base) = match (one.subject, role) {
            (Subject::Declaration, Role::Declarant) => (Root::Declaration(declaration), OWN),
            (Subject::Declaration, Role::UnitOfficer) => (Root::Declaration(declaration), UNIT),
            (Subject::Declaration, Role::IntakeOfficer) => (Root::Declaration(declaration), AGENCY),
            (Subject::HandOver, Role::UnitOfficer) => (Root::HandOver(batch), BATCH),
            (Subject::HandOver, Role::IntakeOfficer) => (Root::HandOver(batch), AGENCY_BATCH),
            (Subject::Minutes, Role::UnitOfficer) => (Root::Minutes(minutes), MINUTES),
            (Subject::Minutes, Role::IntakeOfficer) => (Root::Minutes(minutes), AGENCY_MINUTES),
            _ => return None,
        };
        Some(Self::new(root, base))
    }

    /// A side as its address names it.
    fn seat(&self, slug: &str) -> Result<Seat> {
        Ok(Seat { root: self.root, side: Side::from_slug(slug).ok_or(Error::NotFound)? })
    }
}

const OWN: &str = "/ke-khai/ban";
const UNIT: &str = "/don-vi/ban";
const AGENCY: &str = "/ban-ke-khai";
const BATCH: &str = "/don-vi/ban-giao";
const AGENCY_BATCH: &str = "/ban-giao";
const MINUTES: &str = "/don-vi/cong-khai";
const AGENCY_MINUTES: &str = "/cong-khai";

/// A check of a report as a row.
struct CheckLine {
    label: &'static str,
    outcome: &'static str,
    kind: &'static str,
    said: String,
}

/// A report row by row.
#[derive(Default)]
struct Checks(Vec<CheckLine>);

impl Checks {
    fn count(&self) -> usize {
        self.0.len()
    }

    /// All passed: told in one line, to be opened by whoever wants each.
    fn is_whole(&self) -> bool {
        self.0.iter().all(|line| line.kind == "good")
    }
}

fn check_lines(report: &Report) -> Checks {
    let line = |check: &sign::Check| {
        let (outcome, kind) = match check.outcome {
            CheckOutcome::Passed => ("Đạt", "good"),
            CheckOutcome::Failed => ("Không đạt", "wrong"),
            CheckOutcome::NotDecided => ("Chưa kiểm tra được", "wait"),
        };
        CheckLine { label: check.kind.label(), outcome, kind, said: check.said.clone() }
    };
    Checks(report.checks.iter().map(line).collect())
}

/// A row of `ui::summary_list`.
struct Row {
    key: &'static str,
    value: String,
    href: &'static str,
}

fn row(key: &'static str, value: String) -> Row {
    Row { key, value, href: "" }
}

/// What came of a signature, as the page tells of it.
struct ToldAct {
    rows: Vec<Row>,
}

/// The detached signature over the document, as the page tells of it.
struct ToldData {
    state: &'static str,
    kind: &'static str,
    rows: Vec<Row>,
    checks: Checks,
    stamp: Checks,
    no_stamp: String,
    /// Whether the reader may take the document too.
    can_take: bool,
}

/// A signature as the page tells of it.
struct Told {
    id: SignatureId,
    heading: String,
    state: &'static str,
    kind: &'static str,
    /// Nobody knows yet whose certificate it is.
    identity_open: bool,
    rows: Vec<Row>,
    checks: Checks,
    stamp: Checks,
    /// How it is with the time stamp while there is none.
    no_stamp: String,
    file: String,
    acts: Vec<ToldAct>,
    /// The detached signature over the document.
    data: Option<ToldData>,
    can_sign_data: bool,
    /// The field of its file.
    data_name: String,
    can_withdraw: bool,
    can_decide: bool,
    /// The field of the reason, and what was typed into it.
    reason_name: String,
    reason: String,
}

/// A side with its signatures, the oldest first, and what the reader may do there.
struct SideTold {
    label: &'static str,
    told: Vec<Told>,
    copy: String,
    action: String,
    can_sign: bool,
    can_record: bool,
    takes_key: bool,
    not_yet: &'static str,
    file_name: String,
    day_name: String,
    day: String,
}

#[derive(Template)]
#[template(path = "signature/pages/signing.html")]
struct SigningPage {
    page: Page,
    is_officer: bool,
    is_trusting: bool,
    back: String,
    back_text: &'static str,
    sides: Vec<SideTold>,
    key: String,
    limit_bytes: u64,
    hint: String,
    errors: FieldErrors,
    refused: Checks,
    /// How a file that was refused is mended.
    mend: &'static str,
}

/// What a form of the page brought that is to be shown again.
#[derive(Default)]
struct Again {
    errors: FieldErrors,
    refused: Checks,
    mend: &'static str,
    /// The field that was typed into, with its text.
    typed: Option<(String, String)>,
}

impl Again {
    fn typed(&self, name: &str) -> Option<String> {
        self.typed.as_ref().filter(|(field, _)| field == name).map(|(_, text)| text.clone())
    }

    /// One field with what is wrong about it.
    fn wrong(name: String, typed: String, said: String) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(&name, said);
        Self { errors, typed: Some((name, typed)), ..Self::default() }
    }
}

async fn show(app: &App, signed: &Signed, place: Place, status: StatusCode, again: Again) -> Result<Html> {
    let actor = &signed.actor;
    let today = viet::date::format_short(app.clock().today());
    let sides = app
        .db
        .read(actor, "signature.open", async |tx| {
            let mut sides = Vec::new();
            for side in place.root.subject().sides() {
                let on = Seat { root: place.root, side }.signable(tx).await?;
                sides.push(side_told(app, tx, actor, &place, &on, &again, &today).await?);
            }
            let count = sides.iter().map(|side| side.told.len()).sum::<usize>();
            if count > 0 {
                let on = Seat { root: place.root, side: place.root.subject().sides()[0] }.signable(tx).await?;
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                tx.record(event_of(&on, "signature.opened").count("signatures", count))?;
            }
            Ok(sides)
        })
        .await?;
    let limit_mib = app.config.signature.max_file_mib;
    let page = SigningPage {
        page: signed.page("Chữ ký"),
        is_officer: signed.role() != Role::Declarant,
        is_trusting: trust::is_ready(app).await,
        back: place.back,
        back_text: place.back_text,
        sides,
        key: uuid::Uuid::new_v4().to_string(),
        limit_bytes: limit_mib << 20,
        hint: format!("Tệp PDF đã ký bằng phần mềm ký số của người ký, không quá {limit_mib} MB."),
        errors: again.errors,
        refused: again.refused,
        mend: again.mend,
    };
    html_with(status, &page)
}

async fn side_told(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    place: &Place,
    on: &Signable,
    again: &Again,
    today: &str,
) -> Result<SideTold> {
    let mut told = Vec::new();
    let mut is_signed = false;
    for one in store::of_root(tx, on).await?.into_iter().filter(|one| one.signature.side == on.side) {
        is_signed |= is_of(&one.signature, on) && one.stands();
        told.push(tell(app, tx, actor, &one, on, again).await?);
    }
    let slug = on.side.slug();
    let (file_name, day_name) = (format!("tep-{slug}"), format!("day-{slug}"));
    let is_open = !is_signed && on.not_yet.is_none();
    let may_sign = Guarded::<Sign>::allows(on, actor);
    let may_record = Guarded::<RecordPaper>::allows(on, actor);
    Ok(SideTold {
        label: on.side.label(),
        told,
        copy: format!("{}/{slug}/tep.pdf", place.here),
        action: format!("{}/{slug}", place.here),
        can_sign: is_open && on.key_not_yet.is_none() && may_sign,
        can_record: is_open && may_record,
        takes_key: on.takes_key,
        not_yet: on.not_yet.or(on.key_not_yet).filter(|_| !is_signed && (may_sign || may_record)).unwrap_or_default(),
        day: again.typed(&day_name).unwrap_or_else(|| today.to_owned()),
        file_name,
        day_name,
    })
}

async fn tell(app: &App, tx: &mut Tx, actor: &Actor, one: &Followed, on: &Signable, again: &Again) -> Result<Told> {
    let signature = &one.signature;
    let (partition, row_id) = (signature.partition, signature.id.0);
    let mut rows = Vec::new();
    let mut checks = Checks::default();
    let mut identity_open = false;
    if let (Some(certificate), Some(report)) = (&signature.certificate, &signature.report) {
        let certificate = tx.open(partition, row_id, certificate)?;
        rows.push(row("Tên trên chứng thư", certificate.name));
        rows.push(row("Chủ thể", certificate.subject));
        rows.push(row("Nơi cấp", certificate.issuer));
        rows.push(row("Số hiệu chứng thư", certificate.serial));
        let report = tx.open(partition, row_id, report)?;
        identity_open = report.outcome(CheckKind::Subject) != Some(CheckOutcome::Passed);
        checks = check_lines(&report);
    }
    rows.extend(signature.signed_at.map(|at| row("Thời điểm ký (theo người ký)", clock::second(at))));
    rows.extend(signature.paper_on.map(|day| row("Ngày ký trên giấy", viet::date::format_short(day))));
    rows.push(row("Ghi nhận lúc", clock::second(signature.created_at)));
    rows.push(row("Mã băm bản ghi", hex::encode(&signature.record_hash)));
    let mut acts = Vec::new();
    for act in &one.acts {
        acts.push(ToldAct {
            rows: vec![
                row("Tình trạng", act.act.label().0.to_owned()),
                row("Lý do", tx.open(partition, row_id, &act.reason)?),
                row("Ghi nhận lúc", clock::second(act.created_at)),
                row("Mã băm bản ghi", hex::encode(&act.record_hash)),
            ],
        });
    }
    let is_digital = signature.channel == Channel::Digital;
    let data = match &one.data {
        Some(data) => {
            let decided = one.acts.iter().rfind(|act| act.act.ends() || data.verdict == Verdict::NotDecided);
            let (state, kind) = decided.map_or(data.verdict.label(), |act| act.act.label());
            let (stamped_at, stamp, no_stamp) = told_stamp(app, tx, signature, Beside::Data).await?;
            let mut rows = vec![
                row("Mã băm dữ liệu đã ký (SHA-256)", hex::encode(&data.document_hash)),
                row("Ghi nhận lúc", clock::second(data.created_at)),
                row("Mã băm bản ghi", hex::encode(&data.record_hash)),
            ];
            rows.extend(stamped_at);
            let checks = check_lines(&tx.open(partition, row_id, &data.report)?);
            let can_take = Guarded::<TakeDocument>::allows(one, actor);
            Some(ToldData { state, kind, rows, checks, stamp, no_stamp, can_take })
        }
        None => None,
    };
    let (stamped_at, stamp, no_stamp) =
        if is_digital { told_stamp(app, tx, signature, Beside::File).await? } else { Default::default() };
    rows.extend(stamped_at);
    let how = if is_digital { "Ký số" } else { "Ký trên giấy" };
    let earlier = if signature.subject_id == on.id { "" } else { " (bản trước)" };
    let own_state = signature.verdict.map_or(("Đã ghi nhận", "good"), Verdict::label);
    let (state, kind) = one.acts.last().map_or(own_state, |act| act.act.label());
    let reason_name = format!("ly-do-{}", signature.id);
    Ok(Told {
        id: signature.id,
        heading: format!("{how}{earlier}"),
        state,
        kind,
        identity_open,
        rows,
        checks,
        stamp,
        no_stamp,
        file: signature.file.map(|_| format!("/ky-so/{}/tep.pdf", signature.id)).unwrap_or_default(),
        acts,
        can_sign_data: one.data.is_none() && signature.subject_id == on.id && Guarded::<SignData>::allows(one, actor),
        data,
        data_name: format!("tep-du-lieu-{}", signature.id),
        can_withdraw: Guarded::<Withdraw>::allows(one, actor),
        can_decide: Guarded::<Decide>::allows(one, actor),
        reason: again.typed(&reason_name).unwrap_or_default(),
        reason_name,
    })
}

/// The time stamp check by check, or how it is with it.
async fn told_stamp(
    app: &App,
    tx: &mut Tx,
    signature: &Signature,
    beside: Beside,
) -> Result<(Option<Row>, Checks, String)> {
    let stamps = store::stamps(tx, signature.partition, Some(signature.id)).await?;
    if let Some(stamp) = stamps.into_iter().find(|stamp| stamp.beside == beside) {
        let at = row("Dấu thời gian", clock::second(stamp.stamped_at));
        let checks = check_lines(&tx.open(signature.partition, signature.id.0, &stamp.report)?);
        return Ok((Some(at), checks, String::new()));
    }
    let same = "Chữ ký đã được ghi nhận và không phụ thuộc vào dấu thời gian.";
    let said = match store::stamp_job(tx, signature.partition, &StampSignature { signature: signature.id, beside })
        .await?
    {
        Some((true, over)) => {
            let day = over.map(|at| viet::date::format_short(date_in_vietnam(at))).unwrap_or_default();
            format!("Chưa có dấu thời gian: máy chủ dấu thời gian không cấp được, hệ thống đã thôi xin ngày {day}.")
        }
        Some((false, _)) => "Chưa có dấu thời gian: hệ thống đang xin, và xin lại nhiều lần trong vài ngày.".to_owned(),
        None if app.config.signature.tsa.is_none() => {
            "Không có dấu thời gian: hệ thống này chưa được cấu hình máy chủ dấu thời gian.".to_owned()
        }
        None => "Chưa có dấu thời gian: chữ ký được ghi nhận khi chưa cấu hình máy chủ dấu thời gian.".to_owned(),
    };
    Ok((None, Checks::default(), format!("{said} {same}")))
}

async fn opened(app: &App, signed: &Signed, role: Role, place: Place) -> Result<Html> {
    signed.require(&[role])?;
    show(app, signed, place, StatusCode::OK, Again::default()).await
}

async fn own(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    opened(&app, &signed, Role::Declarant, Place::new(Root::Declaration(id), OWN)).await
}

async fn unit(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    opened(&app, &signed, Role::UnitOfficer, Place::new(Root::Declaration(id), UNIT)).await
}

async fn agency(State(app): State<App>, signed: Signed, Path(id): Path<DeclarationId>) -> Result<Html> {
    opened(&app, &signed, Role::IntakeOfficer, Place::new(Root::Declaration(id), AGENCY)).await
}

async fn batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    opened(&app, &signed, Role::UnitOfficer, Place::new(Root::HandOver(id), BATCH)).await
}

async fn agency_batch(State(app): State<App>, signed: Signed, Path(id): Path<HandOverId>) -> Result<Html> {
    opened(&app, &signed, Role::IntakeOfficer, Place::new(Root::HandOver(id), AGENCY_BATCH)).await
}

async fn minutes(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Html> {
    opened(&app, &signed, Role::UnitOfficer, Place::new(Root::Minutes(id), MINUTES)).await
}

async fn agency_minutes(State(app): State<App>, signed: Signed, Path(id): Path<DisclosureId>) -> Result<Html> {
    opened(&app, &signed, Role::IntakeOfficer, Place::new(Root::Minutes(id), AGENCY_MINUTES)).await
}

async fn copy(app: &App, signed: &Signed, role: Role, place: Place, side: &str) -> Result<Response> {
    signed.require(&[role])?;
    let bytes = hand_out::hand_out(app, &signed.actor, place.seat(side)?).await?;
    let name = match place.root {
        Root::Declaration(_) => "ban-ke-khai-de-ky.pdf",
        Root::HandOver(_) => "bien-ban-ban-giao-de-ky.pdf",
        Root::Minutes(_) => "bien-ban-cong-khai-de-ky.pdf",
    };
    Ok(attachment(PDF, name, bytes))
}

/// What is signed, and the side as the address names it.
type InPlace<Id> = Path<(Id, String)>;

async fn own_copy(app: State<App>, signed: Signed, Path((id, side)): InPlace<DeclarationId>) -> Result<Response> {
    copy(&app, &signed, Role::Declarant, Place::new(Root::Declaration(id), OWN), &side).await
}

async fn unit_copy(app: State<App>, signed: Signed, Path((id, side)): InPlace<DeclarationId>) -> Result<Response> {
    copy(&app, &signed, Role::UnitOfficer, Place::new(Root::Declaration(id), UNIT), &side).await
}

async fn batch_copy(app: State<App>, signed: Signed, Path((id, side)): InPlace<HandOverId>) -> Result<Response> {
    copy(&app, &signed, Role::UnitOfficer, Place::new(Root::HandOver(id), BATCH), &side).await
}

async fn agency_batch_copy(app: State<App>, signed: Signed, Path((id, side)): InPlace<HandOverId>) -> Result<Response> {
    copy(&app, &signed, Role::IntakeOfficer, Place::new(Root::HandOver(id), AGENCY_BATCH), &side).await
}

async fn minutes_copy(app: State<App>, signed: Signed, Path((id, side)): InPlace<DisclosureId>) -> Result<Response> {
    copy(&app, &signed, Role::UnitOfficer, Place::new(Root::Minutes(id), MINUTES), &side).await
}

/// The declarant brings their declaration back signed.
async fn sign_own(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path((id, side)): InPlace<DeclarationId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    take(&app, &signed, Role::Declarant, Place::new(Root::Declaration(id), OWN), &side, multipart).await
}

/// Who received a declaration signs the receipt, over the declarant's signature where there is one.
async fn sign_unit(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path((id, side)): InPlace<DeclarationId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    take(&app, &signed, Role::UnitOfficer, Place::new(Root::Declaration(id), UNIT), &side, multipart).await
}

/// The unit brings the record of a hand-over back signed.
async fn sign_batch(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path((id, side)): InPlace<HandOverId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    take(&app, &signed, Role::UnitOfficer, Place::new(Root::HandOver(id), BATCH), &side, multipart).await
}

/// The agency signs the file the unit signed.
async fn sign_agency_batch(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path((id, side)): InPlace<HandOverId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    take(&app, &signed, Role::IntakeOfficer, Place::new(Root::HandOver(id), AGENCY_BATCH), &side, multipart).await
}

/// Both who sign the minutes of a publication, one after the other.
async fn sign_minutes(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path((id, side)): InPlace<DisclosureId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    take(&app, &signed, Role::UnitOfficer, Place::new(Root::Minutes(id), MINUTES), &side, multipart).await
}

async fn take(
    app: &App,
    signed: &Signed,
    role: Role,
    place: Place,
    side: &str,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[role])?;
    let seat = place.seat(side)?;
    // What is not theirs is not there, whatever they sent.
    require_signer(app, &signed.actor, seat).await?;
    let limit_mib = app.config.signature.max_file_mib;
    let wanted = Wanted {
        field: format!("tep-{side}"),
        bytes: usize::try_from(limit_mib << 20).map_err(anyhow::Error::from)?,
        too_large: too_large(limit_mib),
        mend: "Đề nghị tải lại đúng tệp để ký từ trang này, ký một lần bằng phần mềm ký số (PAdES) rồi nộp lại; hoặc ký trên giấy.",
    };
    take_file(app, signed, place, wanted, multipart, async |file, key| {
        let once = Once::of_form(&key, &(seat.root.id(), side, hex::encode(sha256(&file))))?;
        accept(app, &signed.actor, seat, file, &once).await
    })
    .await
}

/// What a form of the page takes: its field, the largest file, what is said of a larger one, and how a refused one is mended.
struct Wanted {
    field: String,
    bytes: usize,
    too_large: Refusal,
    mend: &'static str,
}

/// Hands the one file of a form to `accept`, and goes back to the page with what came of it; the field is where what is wrong
/// with it is told.
async fn take_file(
    app: &App,
    signed: &Signed,
    place: Place,
    wanted: Wanted,
    multipart: Result<Multipart>,
    accept: impl AsyncFnOnce(Bytes, String) -> Result<Outcome>,
) -> Result<Response> {
    let multipart = multipart?;
    let _slot = uploads::slot(signed.actor.account_or_nil()).await?;
    let wrong = |said| Again::wrong(wanted.field.clone(), String::new(), said);
    let outcome = match one_file(signed, multipart, &wanted).await? {
        Sent::File(file, key) => accept(file, key).await,
        Sent::Wrong(sentence) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(show(app, signed, place, status, wrong(sentence)).await?.into_response());
        }
    };
    match outcome {
        Ok(Outcome::Recorded(_)) => Ok(Redirect::to(&place.here).into_response()),
        Ok(Outcome::Refused(report)) => {
            let said =
                "Tệp đã ký chưa được nhận vì có nội dung không đạt. Đề nghị xem nội dung đó trong bảng ở đầu trang.";
            let mut refused = check_lines(&report);
            // What is to be mended stands first.
            refused.0.sort_by_key(|line| ["wrong", "wait"].iter().position(|kind| *kind == line.kind).unwrap_or(2));
            let again = Again { refused, mend: wanted.mend, ..wrong(said.to_owned()) };
            Ok(show(app, signed, place, StatusCode::UNPROCESSABLE_ENTITY, again).await?.into_response())
        }
        Err(Error::Refused(refusal)) => {
            let again = wrong(refusal.to_string());
            Ok(show(app, signed, place, refusal.status, again).await?.into_response())
        }
        Err(error) => Err(error),
    }
}

/// The declarant signs the document itself, beside the file they signed (điểm 2 mục II Quyết định 390/QĐ-TTg: the data in the
/// national database are what was declared). The detached signature is judged over the bytes whose hash stands in the log.
async fn sign_data(
    State(app): State<App>,
    Sender(signed): Sender<Signed>,
    Path(id): Path<SignatureId>,
    multipart: Result<Multipart>,
) -> Result<Response> {
    signed.require(&[Role::Declarant])?;
    // What is not theirs is not there, whatever they sent.
    let found = data::require_signer(&app, &signed.actor, id).await?;
    let place = Place::of(signed.role(), &found).ok_or(Error::NotFound)?;
    let wanted = Wanted {
        field: format!("tep-du-lieu-{id}"),
        bytes: data::LARGEST,
        too_large: data::too_large(),
        mend: "Đề nghị tải lại tệp dữ liệu từ trang này, chỉnh đúng giờ máy ký, ký rời (CMS) bằng chứng thư đã ký bản kê khai rồi nộp lại; nội dung hệ thống chưa kiểm tra được thì nộp lại vào lúc khác. Chữ ký đã ghi nhận không phụ thuộc vào chữ ký rời.",
    };
    take_file(&app, &signed, place, wanted, multipart, async |file, key| {
        let once = Once::of_form(&key, &(id, "du-lieu", hex::encode(sha256(&file))))?;
        data::accept(&app, &signed.actor, id, file, &once).await
    })
    .await
}

/// The document that is signed, byte for byte what was hashed: for its declarant, and for the agency once it is signed.
async fn data_document(State(app): State<App>, signed: Signed, Path(id): Path<SignatureId>) -> Result<Response> {
    signed.require(&[Role::Declarant, Role::IntakeOfficer])?;
    let document = data::document(&app, &signed.actor, id).await?;
    let name = format!("ban-ke-khai-du-lieu-ban-{}.json", document.number);
    Ok(attachment("application/json", &name, document.text))
}

/// The detached signature, for whoever may see the signature it stands beside.
async fn data_file(State(app): State<App>, signed: Signed, Path(id): Path<SignatureId>) -> Result<Response> {
    signed.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let bytes = data::file(&app, &signed.actor, id).await?;
    Ok(attachment(PKCS7, "ban-ke-khai-du-lieu.p7s", bytes))
}

/// What a form with one file brought.
enum Sent {
    File(Bytes, String),
    Wrong(String),
}

async fn one_file(signed: &Signed, Multipart(mut multipart): Multipart, wanted: &Wanted) -> Result<Sent> {
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
            Some(name) if name.starts_with("tep-") && !fresh => return Err(stale_form().into()),
            Some(name) if name.starts_with("tep-") => {
                return Ok(match uploads::collect(field, wanted.bytes, STALL, true).await {
                    Content::Whole(bytes) if bytes.is_empty() => nothing_chosen(),
                    Content::Whole(bytes) => Sent::File(bytes, key),
                    Content::TooLarge => Sent::Wrong(wanted.too_large.to_string()),
                    Content::CutOff => cut_off(),
                });
            }
            _ => {}
        }
    }
    if fresh { Ok(nothing_chosen()) } else { Err(stale_form().into()) }
}

fn nothing_chosen() -> Sent {
    Sent::Wrong("Chưa chọn tệp. Đề nghị chọn tệp đã ký rồi bấm nút nộp.".to_owned())
}

pub(super) fn too_large(limit_mib: u64) -> Refusal {
    Refusal::new(
        "file_too_large",
        format!("Tệp lớn hơn mức {limit_mib} MB nên không được lưu."),
        "Đề nghị ký đúng tệp đã tải từ trang này rồi nộp lại.",
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

/// The unit records that a declaration was signed on paper (note 1 of Phụ lục I): by its declarant, or who received it.
async fn unit_paper(
    app: State<App>,
    Path((id, side)): InPlace<DeclarationId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Role::UnitOfficer, Place::new(Root::Declaration(id), UNIT), &side, &fields).await
}

async fn batch_paper(
    app: State<App>,
    Path((id, side)): InPlace<HandOverId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Role::UnitOfficer, Place::new(Root::HandOver(id), BATCH), &side, &fields).await
}

async fn agency_batch_paper(
    app: State<App>,
    Path((id, side)): InPlace<HandOverId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Role::IntakeOfficer, Place::new(Root::HandOver(id), AGENCY_BATCH), &side, &fields).await
}

async fn minutes_paper(
    app: State<App>,
    Path((id, side)): InPlace<DisclosureId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    on_paper(&app, &signed, Role::UnitOfficer, Place::new(Root::Minutes(id), MINUTES), &side, &fields).await
}

async fn on_paper(
    app: &App,
    signed: &Signed,
    role: Role,
    place: Place,
    side: &str,
    fields: &Fields,
) -> Result<Response> {
    signed.require(&[role])?;
    let seat = place.seat(side)?;
    let name = format!("day-{side}");
    let typed = fields.get(&name).to_owned();
    let (status, said) = match viet::date::parse_date(&typed) {
        _ if !signed.is_fresh(fields) => (StatusCode::CONFLICT, Signed::STALE.to_owned()),
        Err(_) => {
            let said = "Ngày ký chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026.";
            (StatusCode::UNPROCESSABLE_ENTITY, said.to_owned())
        }
        Ok(signed_on) => {
            let asked = OnPaper { signed_on };
            let once = Once::of_form(fields.get("khoa"), &(seat.root.id(), side, asked))?;
            match paper::record(app, &signed.actor, seat, asked, &once).await {
                Ok(_) => return Ok(Redirect::to(&place.here).into_response()),
                Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
                Err(error) => return Err(error),
            }
        }
    };
    Ok(show(app, signed, place, status, Again::wrong(name, typed, said)).await?.into_response())
}

/// Who signed withdraws the signature.
async fn withdraw(
    State(app): State<App>,
    Path(id): Path<SignatureId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    follow_up(&app, &signed, id, &fields, async |reason, once| {
        follow::withdraw(&app, &signed.actor, id, reason, once).await
    })
    .await
}

/// The other side accepts or refuses a signature of which something could not be checked.
async fn decide(
    State(app): State<App>,
    Path(id): Path<SignatureId>,
    Posted { signed, fields }: Posted,
) -> Result<Response> {
    signed.require(&[Role::UnitOfficer, Role::IntakeOfficer])?;
    let accepts = match fields.get("quyet-dinh") {
        "chap-nhan" => true,
        "khong" => false,
        _ => {
            // Whoever may not see it is not told that something is missing.
            app.db.read(&signed.actor, "signature.find", async |tx| store::find(tx, id).await).await?;
            return Err(no_decision().into());
        }
    };
    follow_up(&app, &signed, id, &fields, async |reason, once| {
        follow::decide(&app, &signed.actor, id, accepts, reason, once).await
    })
    .await
}

fn no_decision() -> Refusal {
    Refusal::new(
        "no_decision",
        "Chưa chọn chấp nhận hay không chấp nhận chữ ký.",
        "Đề nghị quay lại trang, chọn một trong hai rồi bấm nút.",
    )
}

async fn follow_up(
    app: &App,
    signed: &Signed,
    id: SignatureId,
    fields: &Fields,
    act: impl AsyncFnOnce(&str, &Once) -> Result<follow::Done>,
) -> Result<Response> {
    let found = app.db.read(&signed.actor, "signature.find", async |tx| store::find(tx, id).await).await?;
    let place = Place::of(signed.role(), &found).ok_or(Error::NotFound)?;
    let name = format!("ly-do-{id}");
    let reason = fields.get(&name).to_owned();
    let (status, said) = if signed.is_fresh(fields) {
        let once = Once::of_form(fields.get("khoa"), &(id, fields.get("quyet-dinh"), &reason))?;
        match act(&reason, &once).await {
            Ok(_) => return Ok(Redirect::to(&place.here).into_response()),
            Err(Error::Refused(refusal)) => (refusal.status, refusal.to_string()),
            Err(error) => return Err(error),
        }
    } else {
        (StatusCode::CONFLICT, Signed::STALE.to_owned())
    };
    Ok(show(app, signed, place, status, Again::wrong(name, reason, said)).await?.into_response())
}

/// A signed file, for whoever may see its signature; that it was taken is recorded.
async fn signed_file(State(app): State<App>, signed: Signed, Path(id): Path<SignatureId>) -> Result<Response> {
    signed.require(&[Role::Declarant, Role::UnitOfficer, Role::IntakeOfficer])?;
    let signature = app
        .db
        .read(&signed.actor, "signature.file", async |tx| {
            let signature = store::find(tx, id).await?;
            if signature.file.is_none() {
                return Err(Error::NotFound);
            }
            tx.record(
                Event::new("signature.file_opened", signature.partition)
                    .unit(signature.unit)
                    .person_if(signature.person)
                    .id("signature", id),
            )?;
            Ok(signature)
        })
        .await?;
    Ok(attachment(PDF, "ban-da-ky.pdf", hand_out::open_signed(&app, &signature).await?))
}
