//! A signed file comes back: judged against the bytes handed out, and put on record when no check failed.
use axum::http::StatusCode;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sign::Report;
use uuid::Uuid;

use super::hand_out::event_of;
use super::model::{Beside, Channel, HandedOut, Signable, Signature};
use super::policy::Sign;
use super::stamp::{self, StampSignature};
use super::subject::{Seat, Signer};
use super::{hand_out, judge, store};
use crate::kernel::files::sha256;
use crate::kernel::id::{PartitionId, SignatureId};
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
pub(super) struct Waiting {
    pub copy: HandedOut,
    /// The other side's signature over whose file this one is made.
    pub over: Option<Signature>,
    pub signer: Signer,
}

/// Turns away whoever may not sign it, before anything of what they sent is looked at.
pub async fn require_signer(app: &App, actor: &Actor, place: Seat) -> Result<()> {
    app.db
        .read(actor, "signature.find", async |tx| {
            let on = place.signable(tx).await?;
            let partition = on.partition;
            tx.permit::<Sign, _>(on).map(|_| ())?;
            // A true signature over an invented document would be one, and its hash would reach the authority of time stamps.
            if tx.is_practice(partition).await? { Err(for_practice().into()) } else { Ok(()) }
        })
        .await
}

fn for_practice() -> Refusal {
    Refusal::new(
        "practice",
        "Bản thực hành không nhận chữ ký số: chữ ký thật trên văn bản giả định vẫn là chữ ký thật.",
        "Đề nghị thực hành bằng cách ghi nhận chữ ký trên giấy.",
    )
}

/// Takes a signed file. A file that fails a check is not stored; the log has that one was refused, by the hash of its bytes.
pub async fn accept(app: &App, actor: &Actor, place: Seat, bytes: Bytes, once: &Once) -> Result<Outcome> {
    let waiting = waiting(app, actor, place).await?;
    let original = hand_out::open_base(app, &waiting.copy, waiting.over.as_ref()).await?;
    let judged = judge::judge(app, bytes.clone(), original, &waiting).await?;
    let Some((verdict, signer)) = judge::acceptable(&judged) else {
        refuse(app, actor, place, &bytes).await?;
        return Ok(Outcome::Refused(judged.report));
    };
    let partition = waiting.copy.partition;
    let file = app.store_file(partition, bytes).await?;
    let over = waiting.over.as_ref().map(|over| over.id);
    let outcome = app
        .db
        .write_once(actor, "signature.sign", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok((before, false));
            }
            let on = place.signable(tx).await?;
            let follows = place_to_take(tx, &on).await?;
            let value_hash = sha256(&signer.value);
            if store::of_root(tx, &on)
                .await?
                .iter()
                .any(|one| one.signature.value_hash.as_deref() == Some(&value_hash[..]))
            {
                return Err(known_already());
            }
            let base = hand_out::base(tx, &on).await?;
            let is_same = |base: &hand_out::Base| {
                (base.copy.as_ref().map(|copy| copy.id), base.over.as_ref().map(|over| over.id))
                    == (Some(waiting.copy.id), over)
            };
            if !is_same(&base) {
                return Err(changed_since());
            }
            let id = SignatureId::new();
            let mut new = Signature {
                copy: Some(waiting.copy.id),
                file: Some(file.id),
                verdict: Some(verdict),
                signed_at: signer.signing_time,
                value_hash: Some(value_hash.to_vec()),
                certificate: Some(tx.keys().seal(partition, id.0, &judge::facts(signer))?),
                report: Some(tx.keys().seal(partition, id.0, &judged.report)?),
                follows,
                over,
                ..blank(tx, &on, id, Channel::Digital)
            };
            let hash = new.hash()?;
            new.record_hash = hash.to_vec();
            let permit = tx.permit::<Sign, _>(on)?;
            store::insert_digital(tx, &permit, &new, &file).await?;
            tx.record(
                event(&new, hash)
                    .word("verdict", verdict.word())
                    .id("copy", waiting.copy.id)
                    .id("file", file.id)
                    .hash("original", file.original)
                    .hash("sealed", file.sealed),
            )?;
            let owner = Owner { partition, unit: Some(on.unit), person: on.person };
            stamp::ask_for(app, tx, owner, StampSignature { signature: id, beside: Beside::File }).await?;
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
        side: on.side,
        channel,
        copy: None,
        file: None,
        verdict: None,
        signed_at: None,
        value_hash: None,
        certificate: None,
        report: None,
        paper_on: None,
        follows: None,
        over: None,
        record_version: 2,
        record_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
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

/// One signature of each side at a time: nothing is followed by the first one, and an ended one by the next.
pub(super) async fn place_to_take(tx: &mut Tx, on: &Signable) -> Result<Option<SignatureId>> {
    turn(tx, on.partition, on.id).await?;
    require_turn(on)?;
    let all = store::of_root(tx, on).await?;
    let last = all.into_iter().rfind(|one| is_of(&one.signature, on));
    match last {
        None => Ok(None),
        Some(last) if !last.stands() => Ok(Some(last.signature.id)),
        Some(_) => Err(Refusal::new(
            "already_signed",
            "Văn bản này đã có chữ ký được ghi nhận.",
            "Đề nghị tải lại trang để xem chữ ký đã ghi nhận. Ký lại chỉ được sau khi chữ ký đó được rút.",
        )
        .status(StatusCode::CONFLICT)
        .into()),
    }
}

/// All sides of one thing take turns, also at withdrawing: each signs over what the other signed.
pub(super) async fn turn(tx: &mut Tx, partition: PartitionId, subject: Uuid) -> Result<()> {
    tx.take_turn("signature.of", format!("{partition} {subject}")).await
}

/// A file once withdrawn or refused does not come back, nor for another side.
fn known_already() -> Error {
    Refusal::new(
        "signature_known",
        "Chữ ký trong tệp này đã được nộp trước đây nên không nộp lại được.",
        "Đề nghị ký một lần mới trên tệp tải về từ trang này rồi nộp tệp đó.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}

/// Refuses a side whose turn has not come.
pub(super) fn require_turn(on: &Signable) -> Result<()> {
    not_kept_by(on.not_yet)
}

/// The same for signing with a key.
pub(super) fn require_key_turn(on: &Signable) -> Result<()> {
    not_kept_by(on.not_yet.or(on.key_not_yet))
}

fn not_kept_by(step: Option<&'static str>) -> Result<()> {
    match step {
        Some(sentence) => Err(Refusal::new("not_yet", sentence, "Đề nghị thực hiện bước đó trước.").into()),
        None => Ok(()),
    }
}

/// Whether a signature is of this side of this very thing.
pub(super) fn is_of(one: &Signature, on: &Signable) -> bool {
    (one.subject, one.subject_id, one.side) == (on.subject, on.id, on.side)
}

pub(super) fn changed_since() -> Error {
    Refusal::new(
        "changed_since",
        "Văn bản đã có bản mới, hoặc bên kia đã ký, sau khi Ông/Bà tải tệp về để ký.",
        "Đề nghị tải lại trang, tải tệp mới và ký lại.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}

async fn waiting(app: &App, actor: &Actor, place: Seat) -> Result<Waiting> {
    app.db
        .read(actor, "signature.waiting", async |tx| {
            let on = place.signable(tx).await?;
            tx.permit::<Sign, _>(on)?;
            require_key_turn(&on)?;
            let base = hand_out::base(tx, &on).await?;
            hand_out::require_below(&on, &base)?;
            let copy = base.copy.ok_or_else(not_handed_out)?;
            let signer = place.root.signer(tx, &on).await?;
            tx.record(event_of(&on, "signature.signer_compared"))?;
            Ok(Waiting { copy, over: base.over, signer })
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

async fn refuse(app: &App, actor: &Actor, place: Seat, bytes: &[u8]) -> Result<()> {
    let hash = sha256(bytes);
    app.db
        .write(actor, "signature.refuse", async |tx| {
            let on = place.signable(tx).await?;
            let event = event_of(&on, "signature.refused").id("subject", on.id).word("subject", on.subject.word());
            tx.record(event.word("side", on.side.word()).hash("file", hash))?;
            Ok(())
        })
        .await
}
