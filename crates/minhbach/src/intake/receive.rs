//! A scan arrives: hashed, sealed, on disk and in the log before anything else is done with it.
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::jobs::ReadIntake;
use super::model::media_type;
use super::policy::{Inbox, ReceivePaper};
use super::store::{self, NewFile};
use crate::kernel::files::sha256;
use crate::kernel::id::IntakeId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Role};

/// What came of an upload.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Received {
    /// The paper; when the same file had arrived before, the first one made from it.
    pub intake: IntakeId,
    /// The same bytes had arrived before: nothing was stored again.
    pub duplicate: bool,
}

/// Stores a scan of the actor's control agency and queues its recognition. The same bytes twice are one paper: the
/// second time the first is named, and the log has that it was asked.
pub async fn receive(app: &App, actor: &Actor, name: &str, bytes: Bytes) -> Result<Received> {
    receive_once(app, actor, name, bytes, None).await
}

/// The same for a request that carries an idempotency key.
pub async fn receive_once(app: &App, actor: &Actor, name: &str, bytes: Bytes, once: Option<&Once>) -> Result<Received> {
    let partition = actor.agency().filter(|_| actor.is(Role::IntakeOfficer)).ok_or(Error::Forbidden)?;
    let (original, size, media) = (sha256(&bytes), bytes.len(), media_type(&bytes));
    let known =
        app.db.read(actor, "intake.by_original", async |tx| store::by_original(tx, partition, &original).await).await?;
    let stored = match known {
        Some(_) => None,
        None => Some(app.store_file(partition, bytes).await?),
    };
    let name = file_name(name, "bản quét");
    let owner = Owner { partition, unit: None, person: None };
    let outcome = app
        .db
        .write_once(actor, "intake.receive", once, async |tx| {
            if let Some(before) = tx.replay::<Received>()? {
                return Ok((before, None));
            }
            // Two uploads of the same bytes wait for each other.
            tx.take_turn("intake.original", format!("{partition} {}", hex::encode(original))).await?;
            let received = match (store::by_original(tx, partition, &original).await?, &stored) {
                (Some(first), _) => {
                    tx.record(
                        Event::new("intake.duplicate_found", partition).id("intake", first).hash("original", original),
                    )?;
                    (Received { intake: first, duplicate: true }, None)
                }
                (None, Some(stored)) => {
                    let intake = IntakeId::new();
                    let permit = tx.permit::<ReceivePaper, _>(Inbox(partition))?;
                    let file = NewFile {
                        id: stored.id,
                        partition,
                        kind: "SCAN",
                        media_type: media,
                        size_bytes: size,
                        original_sha256: original,
                        sealed_sha256: stored.sealed,
                        name: Some(&name),
                    };
                    store::insert_file(tx, &permit, &file).await?;
                    store::insert(tx, &permit, intake, stored.id).await?;
                    let job = ReadIntake { intake, round: 0 };
                    tx.enqueue(owner, &job, Some(&job.dedup())).await?;
                    tx.record(
                        Event::new("intake.received", partition)
                            .id("intake", intake)
                            .id("file", stored.id)
                            .hash("original", original)
                            .hash("sealed", stored.sealed)
                            .count("bytes", i64::try_from(size).unwrap_or(i64::MAX)),
                    )?;
                    (Received { intake, duplicate: false }, Some(stored.id))
                }
                (None, None) => return Err(crate::bug!("a paper that was there is gone")),
            };
            tx.keep(owner, &received.0)?;
            Ok(received)
        })
        .await;
    // Stored for nothing when the request was answered before, or another upload of the same bytes came first.
    let named = match &outcome {
        Ok((_, named)) => *named,
        // Whether a commit that failed took effect is not known, so its file stays.
        Err(_) => return outcome.map(|(received, _)| received),
    };
    if let Some(stored) = &stored
        && named != Some(stored.id)
    {
        app.discard_file(stored).await;
    }
    outcome.map(|(received, _)| received)
}

/// The last part of the sender's file name in NFC, at most 200 characters; `unnamed` where there is none.
pub(super) fn file_name(name: &str, unnamed: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = viet::text::normalise(last).chars().filter(|c| !c.is_control()).take(200).collect();
    if clean.is_empty() { unnamed.to_owned() } else { clean }
}

/// The sentence for a file beyond the settings' limit; it is not stored.
pub fn too_large(limit_mib: u64) -> Refusal {
    Refusal::new(
        "file_too_large",
        format!("Tệp lớn hơn mức {limit_mib} MB cho một tệp nên không được lưu."),
        "Đề nghị quét với độ phân giải 300 dpi hoặc tách thành nhiều tệp rồi tải lên lại.",
    )
    .status(axum::http::StatusCode::PAYLOAD_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_last_part_of_its_name() {
        assert_eq!(file_name("C:\\quet\\bản kê khai.pdf", "bản quét"), "bản kê khai.pdf");
        assert_eq!(file_name("../../etc/passwd", "bản quét"), "passwd");
        assert_eq!(file_name("a\u{0}\n", "bản quét"), "a");
        assert_eq!(file_name("", "bản quét"), "bản quét");
    }
}
