//! Recognition after receipt, page by page, in a child process. A run that was cut off begins again: its result is put
//! down in one transaction, and only while the paper still waits for it.
use bytes::Bytes;
use paper::read::file::{Progress, Stage};
use paper::read::refusal::Refusal as Unreadable;
use paper::read::result::{PageInfo, ReadDeclaration, Reading};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::model::{FAULT, Intake, PageImage, ReadingCell, refusal_text, refusal_word};
use super::policy::ReadPaper;
use super::reader;
use super::store::{self, NewFile};
use crate::kernel::files::sha256;
use crate::kernel::id::{IntakeId, PartitionId};
use crate::kernel::jobs::{Job, Registry, Run};
use crate::kernel::{Actor, App, Event, Permit, Result, StoredFile, Tx};

/// Read one paper.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ReadIntake {
    pub intake: IntakeId,
    /// 0 at receipt; grows when an officer asks to read again.
    pub round: i64,
}

impl Job for ReadIntake {
    const KIND: &'static str = "intake.read";
    const VERSION: i16 = 1;
}

impl ReadIntake {
    /// One job per paper and round.
    pub fn dedup(&self) -> String {
        format!("{}:{}", self.intake, self.round)
    }
}

/// After so many failures of the child itself they count as a refusal of the paper.
const CHILD_FAILURES: i16 = 3;

/// Says how to read papers, and removes what a killed run may have left on disk.
pub fn register(registry: Registry, app: &App) -> Registry {
    match reader::sweep(app) {
        Ok(0) => {}
        Ok(removed) => tracing::warn!(removed, "removed folders of recognition that was cut off"),
        Err(error) => tracing::error!(error = format!("{error:#}"), "folders of recognition cannot be removed"),
    }
    let app = app.clone();
    registry.on::<ReadIntake>(move |partition, job, run| {
        let app = app.clone();
        Box::pin(async move { read(&app, partition, job, run).await })
    })
}

pub(super) async fn read(app: &App, partition: PartitionId, job: ReadIntake, run: Run) -> Result<()> {
    let actor = Actor::system_in(partition);
    let intake = app.db.read(&actor, "intake.read_begin", async |tx| store::find(tx, job.intake).await).await?;
    if !intake.state.is_under_way() {
        return Ok(());
    }
    if run.is_beyond() {
        return refuse(app, &actor, &intake, &Unreadable::Crashed).await;
    }
    match read_once(app, &actor, &intake, run).await {
        // The queue gives up after this run, and nobody would come back to the paper.
        Err(error) if run.is_last() => {
            tracing::error!(intake = %intake.id, error = format!("{error:#}"), "recognition is given up");
            put_refusal(app, &actor, &intake, FAULT, FAULT).await
        }
        outcome => outcome,
    }
}

/// One run of recognition.
async fn read_once(app: &App, actor: &Actor, intake: &Intake, run: Run) -> Result<()> {
    let original = open_original(app, intake).await?;
    let (steps, listener) = mpsc::unbounded_channel();
    let progress = follow(app, actor, intake, listener);
    let (outcome, ()) = tokio::join!(reader::read(app, original, steps), progress);
    let outcome = outcome?;
    match &outcome.result {
        Ok(reading) => {
            let images = store_images(app, intake.partition, outcome.workshop.path(), &reading.pages).await?;
            finish(app, actor, intake, reading, &images).await
        }
        Err(refusal) if is_ours(refusal) && run.failures_with_this() < CHILD_FAILURES => Err(crate::bug!(
            "recognition of {} ended with {}; it will be tried again",
            intake.id,
            refusal_word(refusal)
        )),
        Err(refusal) => refuse(app, actor, intake, refusal).await,
    }
}

/// Whether another run may end better: the machine was short of something.
fn is_ours(refusal: &Unreadable) -> bool {
    matches!(refusal, Unreadable::Crashed | Unreadable::OutOfMemory | Unreadable::NoRecogniser | Unreadable::Storage)
}

async fn open_original(app: &App, intake: &Intake) -> Result<Vec<u8>> {
    let original = app.open_file(intake.partition, intake.file, &intake.sealed_sha256).await?;
    if sha256(&original) != intake.original()? {
        return Err(crate::bug!("file {} is not the original that was stored", intake.file));
    }
    Ok(original)
}

/// Keeps the count of pages as they are done; a count that cannot be written does not stop the reading.
async fn follow(app: &App, actor: &Actor, intake: &Intake, mut steps: mpsc::UnboundedReceiver<Progress>) {
    let mut known = None;
    while let Some(step) = steps.recv().await {
        let done = match step.stage {
            Stage::Form => step.of,
            // The second recogniser goes over the pages once more; the count never goes back.
            Stage::Second => step.of.saturating_sub(1),
            Stage::Image | Stage::Ocr => step.page.saturating_sub(1),
        };
        let (Ok(done), Ok(of)) = (i16::try_from(done), i16::try_from(step.of)) else { continue };
        if known == Some((done, of)) {
            continue;
        }
        known = Some((done, of));
        let kept = app
            .db
            .housekeep(actor, "intake.progress", async |tx| store::set_progress(tx, intake, done, Some(of)).await)
            .await;
        if let Err(error) = kept {
            tracing::warn!(intake = %intake.id, error = format!("{error:#}"), "progress was not kept");
        }
    }
}

/// A page image in the file store, not yet named by the database.
pub(super) struct StoredImage {
    page: PageImage,
    stored: StoredFile,
}

pub(super) async fn store_images(
    app: &App,
    partition: PartitionId,
    folder: &std::path::Path,
    pages: &[PageInfo],
) -> Result<Vec<StoredImage>> {
    let mut images = Vec::with_capacity(pages.len());
    for info in pages {
        let Some(name) = &info.image else { continue };
        let bytes = tokio::fs::read(folder.join(name)).await.map_err(anyhow::Error::from)?;
        let stored = app.store_file(partition, Bytes::from(bytes)).await?;
        let number = |n: u32| i32::try_from(n).map_err(anyhow::Error::from);
        let page = PageImage {
            page: i16::try_from(info.page).map_err(anyhow::Error::from)?,
            file: stored.id,
            width: number(info.width)?,
            height: number(info.height)?,
            sealed_sha256: stored.sealed.to_vec(),
        };
        images.push(StoredImage { page, stored });
    }
    Ok(images)
}

/// Puts the reading down: images, values, counts, event; a paper for every further declaration of the file.
pub(super) async fn finish(
    app: &App,
    actor: &Actor,
    intake: &Intake,
    reading: &Reading,
    images: &[StoredImage],
) -> Result<()> {
    let id = intake.id;
    app.db
        .write(actor, "intake.read", async |tx| {
            let intake = store::find_locked(tx, id).await?;
            if !intake.state.is_under_way() {
                tx.nothing_done();
                return Ok(());
            }
            let permit = tx.permit::<ReadPaper, _>(intake)?;
            for image in images {
                let file = NewFile {
                    id: image.page.file,
                    partition: permit.on().partition,
                    kind: "PAGE_IMAGE",
                    media_type: "image/jpeg",
                    size_bytes: image.stored.size,
                    original_sha256: image.stored.original,
                    sealed_sha256: image.stored.sealed,
                    name: None,
                };
                store::insert_file(tx, &permit, &file).await?;
                tx.record(
                    Event::new("intake.page_stored", permit.on().partition)
                        .id("intake", id)
                        .id("file", image.page.file)
                        .hash("original", image.stored.original)
                        .hash("sealed", image.stored.sealed)
                        .count("page", i64::from(image.page.page)),
                )?;
            }
            let main = Reading { also: Vec::new(), ..reading.clone() };
            put_down(tx, &permit, id, &main, images).await?;
            for further in &reading.also {
                let sibling = IntakeId::new();
                store::insert_sibling(tx, &permit, sibling).await?;
                let ReadDeclaration { declaration, provenance } = further.clone();
                let part = Reading { declaration, provenance, also: Vec::new(), ..reading.clone() };
                put_down(tx, &permit, sibling, &part, images).await?;
            }
            Ok(())
        })
        .await
}

async fn put_down(
    tx: &mut Tx,
    permit: &Permit<ReadPaper, Intake>,
    id: IntakeId,
    reading: &Reading,
    images: &[StoredImage],
) -> Result<()> {
    let on = permit.on();
    let doubtful = reading.provenance.values().filter(|leaf| leaf.doubtful).count();
    let sealed = tx.keys().seal::<ReadingCell>(on.partition, id.0, reading)?;
    for image in images {
        store::insert_page(tx, permit, id, &image.page).await?;
    }
    let pages = i16::try_from(reading.pages.len()).map_err(anyhow::Error::from)?;
    store::set_read(tx, permit, id, &sealed, pages, i32::try_from(doubtful).map_err(anyhow::Error::from)?).await?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    tx.record(
        Event::new("intake.read", on.partition)
            .id("intake", id)
            .hash("reading", sha256(sealed.as_bytes()))
            .count("pages", i64::from(pages))
            .count("values", count(reading.provenance.len()))
            .count("doubtful", count(doubtful)),
    )?;
    Ok(())
}

async fn refuse(app: &App, actor: &Actor, intake: &Intake, refusal: &Unreadable) -> Result<()> {
    put_refusal(app, actor, intake, &refusal_text(refusal)?, refusal_word(refusal)).await
}

async fn put_refusal(app: &App, actor: &Actor, intake: &Intake, text: &str, word: &'static str) -> Result<()> {
    let id = intake.id;
    app.db
        .write(actor, "intake.refuse", async |tx| {
            let intake = store::find_locked(tx, id).await?;
            if !intake.state.is_under_way() {
                tx.nothing_done();
                return Ok(());
            }
            let permit = tx.permit::<ReadPaper, _>(intake)?;
            store::set_refused(tx, &permit, text).await?;
            tx.record(Event::new("intake.refused", permit.on().partition).id("intake", id).word("code", word))?;
            Ok(())
        })
        .await
}
