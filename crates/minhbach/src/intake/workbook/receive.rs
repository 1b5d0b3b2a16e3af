//! A workbook arrives: hashed, sealed, on disk and in the log before anything of it is read, as a scan is.
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::policy::Inbox;
use super::super::receive::file_name;
use super::super::store::{NewFile, insert_file};
use super::jobs::ImportRows;
use super::model::{MEDIA_TYPE, STALLED, Workbook};
use super::policy::{ReceiveWorkbook, ResumeWorkbook};
use super::store;
use crate::kernel::files::sha256;
use crate::kernel::id::WorkbookId;
use crate::kernel::jobs::{Job, Owner};
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Role, Tx};

/// What came of an upload.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = WorkbookReceived)]
pub struct Received {
    /// The workbook; when the same file had arrived before, that one.
    pub workbook: WorkbookId,
    /// The same bytes had arrived before: nothing was stored again, nothing is imported again.
    pub duplicate: bool,
}

/// Stores a workbook of the actor's control agency and queues its import. The same bytes twice are one workbook: the second
/// time the first is named, and the log has that it was asked.
pub async fn receive(app: &App, actor: &Actor, name: &str, bytes: Bytes, once: Option<&Once>) -> Result<Received> {
    let partition = actor.agency().filter(|_| actor.is(Role::IntakeOfficer)).ok_or(Error::Forbidden)?;
    let (original, size) = (sha256(&bytes), bytes.len());
    let known = app
        .db
        .read(actor, "workbook.by_original", async |tx| store::by_original(tx, partition, &original).await)
        .await?;
    let stored = match known {
        Some(_) => None,
        None => Some(app.store_file(partition, bytes).await?),
    };
    let name = file_name(name, "bảng tính");
    let owner = Owner { partition, unit: None, person: None };
    let outcome = app
        .db
        .write_once(actor, "workbook.receive", once, async |tx| {
            if let Some(before) = tx.replay::<Received>()? {
                return Ok((before, None));
            }
            // Two uploads of the same bytes wait for each other.
            tx.take_turn("workbook.original", format!("{partition} {}", hex::encode(original))).await?;
            let received = match (store::by_original(tx, partition, &original).await?, &stored) {
                (Some(first), _) => {
                    let event = Event::new("workbook.duplicate_found", partition);
                    tx.record(event.id("workbook", first).hash("original", original))?;
                    (Received { workbook: first, duplicate: true }, None)
                }
                (None, Some(stored)) => {
                    let workbook = WorkbookId::new();
                    let permit = tx.permit::<ReceiveWorkbook, _>(Inbox(partition))?;
                    let file = NewFile {
                        id: stored.id,
                        partition,
                        kind: "WORKBOOK",
                        media_type: MEDIA_TYPE,
                        size_bytes: size,
                        original_sha256: original,
                        sealed_sha256: stored.sealed,
                        name: Some(&name),
                    };
                    insert_file(tx, &permit, &file).await?;
                    store::insert(tx, &permit, workbook, stored.id).await?;
                    let job = ImportRows { workbook, round: 0 };
                    tx.enqueue(owner, &job, Some(&job.dedup())).await?;
                    tx.record(
                        Event::new("workbook.received", partition)
                            .id("workbook", workbook)
                            .id("file", stored.id)
                            .hash("original", original)
                            .hash("sealed", stored.sealed)
                            .count("bytes", i64::try_from(size).unwrap_or(i64::MAX)),
                    )?;
                    (Received { workbook, duplicate: false }, Some(stored.id))
                }
                (None, None) => return Err(crate::bug!("a workbook that was there is gone")),
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

/// Whether it is under way by its state, but no job is left to do it.
pub async fn is_stalled(tx: &mut Tx, workbook: &Workbook) -> Result<bool> {
    Ok(workbook.state.is_under_way() && !store::is_queued(tx, workbook, ImportRows::KIND).await?)
}

/// Goes on with a workbook that stopped by a fault of ours, after the last row that was put down.
pub async fn resume(app: &App, actor: &Actor, id: WorkbookId) -> Result<()> {
    app.db
        .write(actor, "workbook.resume", async |tx| {
            let workbook = store::find_locked(tx, id).await?;
            let act = if is_stalled(tx, &workbook).await? { STALLED } else { tx.name() };
            let may = crate::kernel::lifecycle::LifeCycle::takes(workbook.state, act);
            let partition = workbook.partition;
            let is_worth = act == STALLED || workbook.is_our_fault();
            let permit = tx.permit::<ResumeWorkbook, _>(workbook)?;
            if !may || !is_worth {
                return Err(Refusal::new(
                    "workbook_state",
                    "Bảng tính này không có việc nhập nào bị dừng vì sự cố.",
                    "Đề nghị tải lại trang để xem trạng thái mới nhất; tệp không nhập được thì sửa rồi tải lên lại.",
                )
                .status(axum::http::StatusCode::CONFLICT)
                .into());
            }
            store::resume(tx, &permit).await?;
            let job = ImportRows { workbook: id, round: tx.now().timestamp_micros() };
            tx.enqueue(Owner { partition, unit: None, person: None }, &job, Some(&job.dedup())).await?;
            tx.record(Event::new("workbook.resumed", partition).id("workbook", id))?;
            Ok(())
        })
        .await
}
