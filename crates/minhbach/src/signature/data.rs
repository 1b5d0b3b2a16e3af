//! The detached signature (CMS) of a declarant over the document itself: the canonical bytes whose hash stands in the log.
//! The signature in the printed file shows that its signer saw the page; this one holds without the page.
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sign::Outcome::{Failed, NotDecided};
use sign::{CheckKind, Report, Trust, cms};

use super::judge::{acceptable, judge_time, read_apart};
use super::model::{Beside, DataSignature, Followed, Signature};
use super::policy::{SignData, TakeDocument};
use super::sign::{Outcome, Recorded, changed_since, turn};
use super::stamp::{self, StampSignature};
use super::store;
use crate::declaration::{self, open};
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, SignatureId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};

/// The largest detached signature: a chain of certificates, and nothing of the document.
pub const LARGEST: usize = 256 << 10;

/// A document as it is signed.
pub struct Document {
    /// Byte for byte what was hashed.
    pub text: String,
    /// Which version of the declaration it is.
    pub number: i32,
    put_down_at: DateTime<Utc>,
}

/// The document a signature is about, for its declarant; and for the agency once it is signed, since with the signature it
/// proves what was declared. Opening it is recorded.
pub async fn document(app: &App, actor: &Actor, id: SignatureId) -> Result<Document> {
    app.db
        .read(actor, "signature.data", async |tx| {
            let found = store::followed(tx, id).await?;
            let permit = tx.permit::<TakeDocument, _>(found)?;
            let document = opened(tx, permit.on()).await?;
            let hash = sha256(document.text.as_bytes());
            tx.record(event(permit.on(), "signature.document_taken").hash("document", hash))?;
            Ok(document)
        })
        .await
}

async fn opened(tx: &mut Tx, found: &Followed) -> Result<Document> {
    let one = &found.signature;
    let declaration = declaration::store::find(tx, DeclarationId(one.root)).await?;
    let version = declaration::store::version_with_id(tx, &declaration, VersionId(one.subject_id)).await?;
    // Of a version another has replaced nothing more is signed.
    if found.data.is_none() && declaration.version != version.id {
        return Err(changed_since());
    }
    let text = open::text(tx, &declaration, &version)?;
    Ok(Document { text, number: version.version, put_down_at: version.created_at })
}

/// Turns away whoever may not sign it, before anything of what they sent is looked at.
pub async fn require_signer(app: &App, actor: &Actor, id: SignatureId) -> Result<Signature> {
    app.db
        .read(actor, "signature.find", async |tx| {
            let found = store::followed(tx, id).await?;
            let permit = tx.permit::<SignData, _>(found)?;
            Ok(permit.on().signature.clone())
        })
        .await
}

/// Takes the detached signature. One that fails a check is not stored; the log has that one was refused, by its hash.
pub async fn accept(app: &App, actor: &Actor, id: SignatureId, bytes: Bytes, once: &Once) -> Result<Outcome> {
    if bytes.len() > LARGEST {
        return Err(too_large().into());
    }
    let (found, document, in_file) = app
        .db
        .read(actor, "signature.data_waiting", async |tx| {
            let found = store::followed(tx, id).await?;
            let permit = tx.permit::<SignData, _>(found)?;
            let (found, one) = (permit.on(), &permit.on().signature);
            let sealed = one.certificate.as_ref().ok_or(Error::NotFound)?;
            let certificate = tx.open(one.partition, one.id.0, sealed)?.der;
            let sealed = one.report.as_ref().ok_or(Error::NotFound)?;
            let report = tx.open(one.partition, one.id.0, sealed)?;
            Ok((found.clone(), opened(tx, found).await?, InFile { certificate, report }))
        })
        .await?;
    let document_hash = sha256(document.text.as_bytes());
    let judged = judge(app, bytes.clone(), document, &in_file).await?;
    let Some((verdict, signer)) = acceptable(&judged) else {
        refuse(app, actor, &found, &bytes).await?;
        return Ok(Outcome::Refused(judged.report));
    };
    let recorded = app
        .db
        .write_once(actor, "signature.sign_data", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok(before);
            }
            let on = &found.signature;
            turn(tx, on.partition, on.subject_id).await?;
            // One beside each signature, and none that was beside another: what was withdrawn does not come back.
            let asked = store::Asked { root: Some(on.root), partition: Some(on.partition), ..Default::default() };
            let beside: Vec<_> = store::list(tx, asked).await?.iter().map(|one| one.id).collect();
            let value_hash = sha256(&signer.value);
            let known = store::data(tx, on.partition, Some(&beside)).await?;
            if known.iter().any(|one| one.signature == id) {
                return Err(signed_already());
            }
            if known.iter().any(|one| one.value_hash == value_hash) {
                return Err(known_already());
            }
            let found_now = store::followed(tx, id).await?;
            let permit = tx.permit::<SignData, _>(found_now)?;
            let declaration = declaration::store::find(tx, DeclarationId(on.root)).await?;
            if declaration.version.0 != on.subject_id {
                return Err(changed_since());
            }
            let mut new = DataSignature {
                signature: id,
                document_hash: document_hash.to_vec(),
                verdict,
                value_hash: value_hash.to_vec(),
                cms: tx.keys().seal(on.partition, id.0, &STANDARD.encode(&bytes))?,
                report: tx.keys().seal(on.partition, id.0, &judged.report)?,
                record_hash: Vec::new(),
                created_at: tx.now(),
                created_by: tx.actor().account_or_nil(),
            };
            let hash = new.hash()?;
            new.record_hash = hash.to_vec();
            store::insert_data(tx, &permit, &new).await?;
            tx.record(
                event(&found, "signature.data_signed")
                    .word("verdict", verdict.word())
                    .hash("document", document_hash)
                    .hash("record", hash),
            )?;
            let owner = Owner { partition: on.partition, unit: Some(on.unit), person: on.person };
            stamp::ask_for(app, tx, owner, StampSignature { signature: id, beside: Beside::Data }).await?;
            let answer = Recorded { signature: id, record_sha256: hex::encode(hash) };
            tx.keep(owner, &answer)?;
            Ok(answer)
        })
        .await?;
    Ok(Outcome::Recorded(recorded))
}

/// The signature in the file, as it was judged.
struct InFile {
    /// DER in base64.
    certificate: String,
    report: Report,
}

/// The crate's checks, then that it is the certificate of the signature it stands beside, and when it says it signed.
async fn judge(app: &App, der: Bytes, document: Document, in_file: &InFile) -> Result<sign::Signature> {
    let (at, Document { text, put_down_at, .. }) = (app.clock().now(), document);
    let verify = move |trust: &Trust, at| cms::verify_detached(&der, &[text.as_bytes()], trust, at);
    let mut judged = read_apart(app, at, "Không đọc được tệp chữ ký.", verify).await?;
    if let Some(signer) = &judged.signer {
        if STANDARD.encode(&signer.certificate) == in_file.certificate {
            judged.report.passed(CheckKind::SigningCertificate, "Chứng thư là chứng thư đã ký bản kê khai.");
        } else {
            judged.report.failed(CheckKind::SigningCertificate, "Chứng thư khác với chứng thư đã ký bản kê khai.");
        }
        judge_time(&mut judged.report, signer.signing_time, (put_down_at, "trước khi bản kê khai được ghi nhận"), at);
        as_in_file(&mut judged.report, &in_file.report);
    }
    Ok(judged)
}

/// Whose certificate it is was judged with the file. What is open of the certificate there is open here, and decided with it.
/// Anything else that is open refuses a signature nobody has to give: it can be brought again, and nothing depends on it.
fn as_in_file(report: &mut Report, in_file: &Report) {
    report.checks.extend(in_file.checks.iter().filter(|check| check.kind == CheckKind::Subject).cloned());
    for check in report.checks.iter_mut().filter(|check| check.outcome == NotDecided) {
        if check.kind == CheckKind::SigningTime || in_file.outcome(check.kind) != Some(NotDecided) {
            check.outcome = Failed;
        }
    }
}

/// The detached signature as it came, DER; that it was taken is recorded.
pub async fn file(app: &App, actor: &Actor, id: SignatureId) -> Result<Vec<u8>> {
    app.db
        .read(actor, "signature.data_file", async |tx| {
            let found = store::followed(tx, id).await?;
            let data = found.data.as_ref().ok_or(Error::NotFound)?;
            let cms = tx.open(found.signature.partition, id.0, &data.cms)?;
            tx.record(event(&found, "signature.data_opened"))?;
            STANDARD.decode(cms).map_err(|_| crate::bug!("the detached signature of {id} is not base64"))
        })
        .await
}

fn event(found: &Followed, name: &'static str) -> Event {
    let on = &found.signature;
    let event = Event::new(name, on.partition).unit(on.unit).person_if(on.person);
    event.id("signature", on.id).id("root", on.root)
}

async fn refuse(app: &App, actor: &Actor, found: &Followed, bytes: &[u8]) -> Result<()> {
    let hash = sha256(bytes);
    app.db
        .write(actor, "signature.refuse_data", async |tx| {
            tx.record(event(found, "signature.data_refused").hash("file", hash))?;
            Ok(())
        })
        .await
}

fn known_already() -> Error {
    Refusal::new(
        "data_known",
        "Chữ ký rời này đã được nộp trước đây nên không nộp lại được.",
        "Đề nghị ký rời một lần mới trên tệp dữ liệu rồi nộp tệp đó. Chữ ký đã ghi nhận vẫn giữ nguyên.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}

fn signed_already() -> Error {
    Refusal::new(
        "data_signed",
        "Chữ ký này đã có chữ ký trên dữ liệu đi kèm.",
        "Đề nghị tải lại trang để xem. Ký lại chỉ được sau khi rút chữ ký này và ký một lần mới.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}

pub(super) fn too_large() -> Refusal {
    Refusal::new(
        "file_too_large",
        format!("Tệp lớn hơn mức {} KB nên không được lưu.", LARGEST >> 10),
        "Đề nghị ký rời (detached), không đính kèm dữ liệu vào tệp chữ ký, rồi nộp lại.",
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}
