//! A signed file comes back: judged against the bytes handed out, and put on record when no check failed.
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sign::{CheckKind, Report, SignerFacts, pades};

use super::hand_out::{event_of, open_copy};
use super::model::{CertificateFacts, Channel, HandedOut, Signable, Signature, Verdict};
use super::policy::Sign;
use super::stamp::StampSignature;
use super::subject::Root;
use super::{store, trust};
use crate::kernel::files::sha256;
use crate::kernel::id::SignatureId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};

/// A signature put on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    pub signature: SignatureId,
    /// SHA-256 over what the log has of it, hex.
    pub record_sha256: String,
}

/// What came of a signed file.
pub enum Outcome {
    Recorded(Recorded),
    /// At least one check failed; nothing is stored but that it was refused.
    Refused(Report),
}

/// What the judgement needs, read before it.
struct Waiting {
    copy: HandedOut,
    name: String,
    number: Option<String>,
}

/// Turns away whoever may not sign it, before anything of what they sent is looked at.
pub async fn require_signer(app: &App, actor: &Actor, root: Root) -> Result<()> {
    app.db
        .read(actor, "signature.find", async |tx| {
            let on = root.signable(tx).await?;
            tx.permit::<Sign, _>(on).map(|_| ())
        })
        .await
}

/// Takes a signed file. A file that fails a check is not stored; the log has that one was refused, by the hash of its bytes.
pub async fn accept(app: &App, actor: &Actor, root: Root, bytes: Bytes, once: &Once) -> Result<Outcome> {
    let waiting = waiting(app, actor, root).await?;
    let original = open_copy(app, &waiting.copy).await?;
    let sign::Signature { report, signer } = judge(app, bytes.clone(), original, &waiting).await?;
    let (verdict, signer) = match (report.verdict(), signer) {
        (sign::Verdict::Valid, Some(signer)) => (Verdict::Valid, signer),
        (sign::Verdict::NotDecided, Some(signer)) => (Verdict::NotDecided, signer),
        _ => {
            refuse(app, actor, root, &bytes).await?;
            return Ok(Outcome::Refused(report));
        }
    };
    let partition = waiting.copy.partition;
    let file = app.store_file(partition, bytes).await?;
    let outcome = app
        .db
        .write_once(actor, "signature.sign", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok((before, false));
            }
            let on = root.signable(tx).await?;
            refuse_second(tx, &on).await?;
            let copy =
                store::copy(tx, &on).await?.filter(|copy| copy.id == waiting.copy.id).ok_or_else(changed_since)?;
            let id = SignatureId::new();
            let mut new = Signature {
                copy: Some(copy.id),
                file: Some(file.id),
                verdict: Some(verdict),
                signed_at: signer.signing_time,
                value_hash: Some(sha256(&signer.value).to_vec()),
                certificate: Some(tx.keys().seal(partition, id.0, &facts(&signer))?),
                report: Some(tx.keys().seal(partition, id.0, &report)?),
                ..blank(tx, &on, id, Channel::Digital)
            };
            let hash = new.hash()?;
            new.record_hash = hash.to_vec();
            let permit = tx.permit::<Sign, _>(on)?;
            store::insert_digital(tx, &permit, &new, &file).await?;
            tx.record(
                event(&new, hash)
                    .word("verdict", verdict.word())
                    .id("copy", copy.id)
                    .id("file", file.id)
                    .hash("original", file.original)
                    .hash("sealed", file.sealed),
            )?;
            let owner = Owner { partition, unit: Some(on.unit), person: on.person };
            if app.config.signature.tsa.is_some() {
                let job = StampSignature { signature: id };
                tx.enqueue(owner, &job, Some(&id.to_string())).await?;
            }
            let answer = Recorded { signature: id, record_sha256: hex::encode(hash) };
            tx.keep(owner, &answer)?;
            Ok((answer, true))
        })
        .await;
    match outcome {
        Ok((recorded, true)) => Ok(Outcome::Recorded(recorded)),
        Ok((recorded, false)) => {
            app.discard_file(&file).await;
            Ok(Outcome::Recorded(recorded))
        }
        Err(error @ Error::Refused(_)) => {
            app.discard_file(&file).await;
            Err(error)
        }
        // Whether a commit that failed took effect is not known, so its file stays.
        Err(error) => Err(error),
    }
}

/// A signature with nothing in it yet.
pub(super) fn blank(tx: &Tx, on: &Signable, id: SignatureId, channel: Channel) -> Signature {
    Signature {
        partition: on.partition,
        id,
        unit: on.unit,
        person: on.person,
        subject: on.subject,
        subject_id: on.id,
        root: on.root,
        side: on.subject.side(),
        channel,
        copy: None,
        file: None,
        verdict: None,
        signed_at: None,
        value_hash: None,
        certificate: None,
        report: None,
        paper_on: None,
        record_hash: Vec::new(),
        created_at: tx.now(),
    }
}

/// What the log has of a signature put on record.
pub(super) fn event(new: &Signature, hash: [u8; 32]) -> Event {
    Event::new("signature.recorded", new.partition)
        .unit(new.unit)
        .person_if(new.person)
        .id("signature", new.id)
        .id("subject", new.subject_id)
        .id("root", new.root)
        .word("subject", new.subject.word())
        .word("side", new.side.word())
        .word("channel", new.channel.word())
        .hash("record", hash)
}

/// One signature of each side.
pub(super) async fn refuse_second(tx: &mut Tx, on: &Signable) -> Result<()> {
    tx.take_turn("signature.of", format!("{} {}", on.partition, on.id)).await?;
    if store::of(tx, on).await?.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        "already_signed",
        "Văn bản này đã có chữ ký được ghi nhận.",
        "Đề nghị tải lại trang để xem chữ ký đã ghi nhận.",
    )
    .status(StatusCode::CONFLICT)
    .into())
}

pub(super) fn changed_since() -> Error {
    Refusal::new(
        "changed_since",
        "Văn bản đã có bản mới sau khi Ông/Bà tải tệp về để ký.",
        "Đề nghị tải lại trang, tải tệp mới và ký lại.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}

async fn waiting(app: &App, actor: &Actor, root: Root) -> Result<Waiting> {
    app.db
        .read(actor, "signature.waiting", async |tx| {
            let on = root.signable(tx).await?;
            tx.permit::<Sign, _>(on)?;
            let copy = store::copy(tx, &on).await?.ok_or_else(not_handed_out)?;
            let (name, number) = root.signer(tx, &on).await?;
            tx.record(event_of(&on, "signature.signer_compared"))?;
            Ok(Waiting { copy, name, number })
        })
        .await
}

fn not_handed_out() -> Error {
    Refusal::new(
        "not_handed_out",
        "Chưa có tệp nào được tải về từ trang này để ký.",
        "Đề nghị bấm “Tải tệp để ký”, ký đúng tệp đó rồi nộp lại.",
    )
    .into()
}

/// Reads and judges a hostile file off the async threads; a reader that gives up on it has refused it.
async fn judge(app: &App, signed: Bytes, original: Vec<u8>, waiting: &Waiting) -> Result<sign::Signature> {
    let (app, at) = (app.clone(), app.clock().now());
    let judged = tokio::task::spawn_blocking(move || {
        let trust = trust::load(&app)?;
        Ok::<_, Error>(pades::verify(&signed, &original, &trust, at).single())
    })
    .await;
    let mut judged = match judged {
        Ok(judged) => judged?,
        Err(_) => {
            let mut report = Report::default();
            report.failed(CheckKind::Structure, "Không đọc được tệp PDF.");
            sign::Signature { report, signer: None }
        }
    };
    if let Some(signer) = &judged.signer {
        compare(&mut judged.report, signer, &waiting.name, waiting.number.as_deref());
    }
    Ok(judged)
}

/// The personal number decides where the certificate has one; without it the name is compared, and a difference is left
/// to people.
fn compare(report: &mut Report, signer: &SignerFacts, name: &str, number: Option<&str>) {
    let kind = CheckKind::Subject;
    let identity = &signer.identity;
    match (identity.personal_number.as_deref(), number) {
        (Some(theirs), Some(ours)) if theirs == ours => {
            report.passed(kind, "Số định danh cá nhân trên chứng thư là của người ký.");
        }
        (Some(_), Some(_)) => report.failed(kind, "Số định danh cá nhân trên chứng thư là của người khác."),
        _ if spelled(&identity.name) == spelled(name) => {
            report.passed(kind, "Tên trên chứng thư trùng với tên người ký.");
        }
        _ => report.not_decided(
            kind,
            format!("Tên trên chứng thư khác: “{}”. Đề nghị đối chiếu với người ký.", identity.name),
        ),
    }
}

/// A name as it is compared: its marks tell people apart (Sơn Hà, Sơn Hạ), its capitals do not.
fn spelled(name: &str) -> String {
    viet::text::normalise(name).to_lowercase()
}

fn facts(signer: &SignerFacts) -> CertificateFacts {
    let identity = &signer.identity;
    CertificateFacts {
        name: identity.name.clone(),
        subject: identity.subject.clone(),
        issuer: identity.issuer.clone(),
        serial: identity.serial.clone(),
        der: STANDARD.encode(&signer.certificate),
    }
}

async fn refuse(app: &App, actor: &Actor, root: Root, bytes: &[u8]) -> Result<()> {
    let hash = sha256(bytes);
    app.db
        .write(actor, "signature.refuse", async |tx| {
            let on = root.signable(tx).await?;
            let event = event_of(&on, "signature.refused").id("subject", on.id).word("subject", on.subject.word());
            tx.record(event.hash("file", hash))?;
            Ok(())
        })
        .await
}
