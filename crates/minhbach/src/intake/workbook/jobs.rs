//! Papers from the rows of a workbook, in portions: the papers of a portion, what came of its rows and how far the workbook is
//! stand in one transaction, so that a run that was cut off goes on after the last portion and doubles nobody.
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::model::{CheckedCell, FAULT, ReadingCell};
use super::book::Book;
use super::layout::Layout;
use super::model::{Fault, FaultsCell, Unfit, Workbook};
use super::policy::ImportWorkbook;
use super::store::{self, NewPapers, NewRows, Sums};
use super::{cells, read};
use crate::kernel::files::sha256;
use crate::kernel::id::{IntakeId, PartitionId, WorkbookId};
use crate::kernel::jobs::{Job, Registry, Run};
use crate::kernel::{Actor, App, Event, Result};

/// Make papers of one workbook's rows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ImportRows {
    pub workbook: WorkbookId,
    /// 0 at receipt; grows when an officer asks to go on.
    pub round: i64,
}

impl Job for ImportRows {
    const KIND: &'static str = "workbook.import";
    const VERSION: i16 = 1;
}

impl ImportRows {
    /// One job per workbook and round.
    pub fn dedup(&self) -> String {
        format!("{}:{}", self.workbook, self.round)
    }
}

/// People of one transaction.
pub const PORTION: usize = 200;
/// Rows of nobody in one transaction.
const STRAYS: usize = 2000;

/// Says how to import workbooks.
pub fn register(registry: Registry, app: &App) -> Registry {
    let app = app.clone();
    registry.on::<ImportRows>(move |partition, job, run| {
        let app = app.clone();
        Box::pin(async move { import(&app, partition, job, run).await })
    })
}

pub(super) async fn import(app: &App, partition: PartitionId, job: ImportRows, run: Run) -> Result<()> {
    let actor = Actor::system_in(partition);
    let workbook = app.db.read(&actor, "workbook.begin", async |tx| store::find(tx, job.workbook).await).await?;
    if !workbook.state.is_under_way() {
        return Ok(());
    }
    if run.is_beyond() {
        return refuse(app, &actor, &workbook, &Unfit::Crashed).await;
    }
    match import_once(app, &actor, &workbook, usize::MAX).await {
        // The queue gives up after this run, and nobody would come back to the workbook.
        Err(error) if run.is_last() => {
            tracing::error!(workbook = %workbook.id, error = format!("{error:#}"), "an import is given up");
            put_refusal(app, &actor, &workbook, FAULT, FAULT).await
        }
        outcome => outcome,
    }
}

/// One run: reads the original and puts down what was not put down before, `most` portions of it.
pub(super) async fn import_once(app: &App, actor: &Actor, workbook: &Workbook, most: usize) -> Result<()> {
    let book = match open(app, actor, workbook).await? {
        Ok(book) => Arc::new(book),
        Err(unfit) => return refuse(app, actor, workbook, &unfit).await,
    };
    let number = |n: usize| i32::try_from(n).map_err(anyhow::Error::from);
    let people = &book.sheets.first().ok_or_else(|| crate::bug!("a workbook without sheets"))?.rows;
    let all = number(book.sheets.iter().map(|sheet| sheet.rows.len()).sum())?;
    let count = number(people.len())?;
    app.db
        .housekeep(actor, "workbook.progress", async |tx| store::set_begun(tx, workbook, &book.form, count, all).await)
        .await?;
    let last = u32::try_from(workbook.last_row).unwrap_or(0);
    let mut next = people.partition_point(|row| row.number <= last);
    let mut put_down = workbook.last_row;
    for _ in 0..most {
        if next >= people.len() {
            return finish(app, actor, workbook, &book).await;
        }
        let until = people.len().min(next + PORTION);
        let portion = prepare(app, workbook, &book, next, until).await?;
        if !take_in(app, actor, workbook, &portion, put_down).await? {
            // Somebody else goes on with it, or it was refused meanwhile.
            return Ok(());
        }
        (next, put_down) = (until, portion.last_row);
    }
    Ok(())
}

/// The cells of the original, read off the async threads. A panic on the way is the file's, not the service's.
async fn open(app: &App, actor: &Actor, workbook: &Workbook) -> Result<std::result::Result<Book, Unfit>> {
    let original = app.open_file(workbook.partition, workbook.file, &workbook.sealed_sha256).await?;
    if sha256(&original)[..] != workbook.original_sha256[..] {
        return Err(crate::bug!("file {} is not the original that was stored", workbook.file));
    }
    let partition = workbook.partition;
    let is_practice =
        app.practice || app.db.read(actor, "workbook.practice", async |tx| tx.is_practice(partition).await).await?;
    let held = app.clone();
    let read = tokio::task::spawn_blocking(move || cells::read(&held.law, &original, is_practice));
    match read.await {
        Ok(outcome) => Ok(outcome),
        Err(error) if error.is_panic() => Ok(Err(Unfit::Crashed)),
        Err(error) => Err(crate::bug!("reading a workbook: {error}")),
    }
}

/// The layout a book was read by.
fn layout<'l>(law: &'l form::LawBook, book: &Book) -> Result<Layout<'l>> {
    let rules = law.rule_sets.iter().find(|set| set.id() == book.rules);
    let of = rules.and_then(|rules| Some((rules, rules.form(&book.form)?)));
    let (rules, form) = of.ok_or_else(|| crate::bug!("a workbook was read by a form that is not there"))?;
    Ok(Layout::of(rules, form))
}

/// A paper ready to be put down.
struct Paper {
    id: IntakeId,
    reading: Vec<u8>,
    checked: Option<Vec<u8>>,
    unfit: i32,
    values: i64,
    tag: Vec<u8>,
}

struct Line {
    row: i32,
    paper: Option<Paper>,
    faults: i32,
    faults_sealed: Option<Vec<u8>>,
}

struct Portion {
    lines: Vec<Line>,
    last_row: i32,
}

/// Reads, checks and seals the people of a portion, off the async threads.
async fn prepare(app: &App, workbook: &Workbook, book: &Arc<Book>, from: usize, until: usize) -> Result<Portion> {
    let (app, workbook, book) = (app.clone(), workbook.clone(), book.clone());
    let work = tokio::task::spawn_blocking(move || -> Result<Portion> {
        let layout = layout(&app.law, &book)?;
        let mut lines = Vec::with_capacity(until - from);
        for index in from..until {
            let person = read::person(&book, &layout, index).ok_or_else(|| crate::bug!("a row of people is gone"))?;
            let row = i32::try_from(person.row).map_err(anyhow::Error::from)?;
            let paper = person.found.map(|found| paper(&app, &workbook, found)).transpose()?;
            let (faults, faults_sealed) = seal_faults(&app, &workbook, 0, row, &person.faults)?;
            lines.push(Line { row, paper, faults, faults_sealed });
        }
        let last_row = lines.last().map_or(workbook.last_row, |line| line.row);
        Ok(Portion { lines, last_row })
    });
    work.await.map_err(|error| crate::bug!("reading a portion: {error}"))?
}

fn paper(app: &App, workbook: &Workbook, found: read::Found) -> Result<Paper> {
    let (partition, id) = (workbook.partition, IntakeId::new());
    let keys = app.db.keys();
    let said = ledger::jcs::canonical(&json!({"content": &found.content, "raw": &found.raw}));
    let tag = keys.tag(partition, "workbook_row", &said.map_err(anyhow::Error::from)?)?.to_vec();
    let unfit = i32::try_from(found.raw.len()).map_err(anyhow::Error::from)?;
    let values = i64::try_from(found.cells.len()).unwrap_or(i64::MAX);
    let (reading, checked) = found.into_paper(&app.law)?;
    let reading = keys.seal::<ReadingCell>(partition, id.0, &reading)?.as_bytes().to_vec();
    // Checking begins with the reading; only texts that do not fit have to be kept beside it.
    let checked = match unfit {
        0 => None,
        _ => Some(keys.seal::<CheckedCell>(partition, id.0, &checked)?.as_bytes().to_vec()),
    };
    Ok(Paper { id, reading, checked, unfit, values, tag })
}

/// The row's own name under seal: rows have no identifier, and what is wrong in one must not pass for another's.
pub(super) fn seal_name(workbook: WorkbookId, sheet: i16, row: i32) -> Uuid {
    let place = (u128::from(sheet.unsigned_abs()) << 32) | u128::from(row.unsigned_abs());
    Uuid::from_u128(workbook.0.as_u128() ^ place)
}

fn seal_faults(
    app: &App,
    workbook: &Workbook,
    sheet: i16,
    row: i32,
    faults: &[Fault],
) -> Result<(i32, Option<Vec<u8>>)> {
    if faults.is_empty() {
        return Ok((0, None));
    }
    let name = seal_name(workbook.id, sheet, row);
    let sealed = app.db.keys().seal::<FaultsCell>(workbook.partition, name, &faults.to_vec())?;
    Ok((i32::try_from(faults.len()).map_err(anyhow::Error::from)?, Some(sealed.as_bytes().to_vec())))
}

/// Puts a portion down, if the workbook still stands after row `expected`. Returns whether it did.
async fn take_in(app: &App, actor: &Actor, workbook: &Workbook, portion: &Portion, expected: i32) -> Result<bool> {
    let (id, partition) = (workbook.id, workbook.partition);
    app.db
        .write(actor, "workbook.import", async |tx| {
            let workbook = store::find_locked(tx, id).await?;
            if !workbook.state.is_under_way() || workbook.last_row != expected {
                tx.nothing_done();
                return Ok(false);
            }
            let permit = tx.permit::<ImportWorkbook, _>(workbook)?;
            // Two workbooks that say the same of a person wait for each other.
            tx.take_turn("workbook.import", partition).await?;
            let tags: Vec<_> = portion.lines.iter().filter_map(|line| Some(line.paper.as_ref()?.tag.clone())).collect();
            let mut known: HashMap<Vec<u8>, IntakeId> =
                store::taken_before(tx, partition, &tags).await?.into_iter().collect();
            let (mut papers, mut rows, mut sums) = (NewPapers::default(), NewRows::default(), Sums::default());
            for line in &portion.lines {
                let mut intake = None;
                let mut tag = None;
                sums.people += 1;
                sums.faults += line.faults;
                match &line.paper {
                    None => sums.left_out += 1,
                    Some(paper) => match known.get(&paper.tag) {
                        Some(before) => {
                            sums.same += 1;
                            intake = Some(*before);
                        }
                        None => {
                            known.insert(paper.tag.clone(), paper.id);
                            sums.papers += 1;
                            (intake, tag) = (Some(paper.id), Some(paper.tag.clone()));
                            papers.id.push(paper.id.0);
                            papers.unfit.push(paper.unfit);
                            papers.reading.push(paper.reading.clone());
                            papers.checked.push(paper.checked.clone());
                            tx.record(
                                Event::new("workbook.entered", partition)
                                    .id("workbook", id)
                                    .id("intake", paper.id)
                                    .hash("reading", sha256(&paper.reading))
                                    .count("row", i64::from(line.row))
                                    .count("values", paper.values)
                                    .count("unfit", i64::from(paper.unfit)),
                            )?;
                        }
                    },
                }
                rows.sheet.push(0);
                rows.row.push(line.row);
                rows.is_same.push(intake.is_some() && tag.is_none());
                rows.intake.push(intake.map(|id| id.0));
                rows.tag.push(tag);
                rows.faults.push(line.faults);
                rows.faults_sealed.push(line.faults_sealed.clone());
            }
            store::insert_papers(tx, &permit, &papers).await?;
            store::insert_rows(tx, &permit, &rows).await?;
            store::set_progress(tx, &permit, portion.last_row, sums).await?;
            tx.record(
                Event::new("workbook.portion_taken", partition)
                    .id("workbook", id)
                    .count("last_row", i64::from(portion.last_row))
                    .count("people", i64::from(sums.people))
                    .count("papers", i64::from(sums.papers))
                    .count("same", i64::from(sums.same))
                    .count("faults", i64::from(sums.faults)),
            )?;
            Ok(true)
        })
        .await
}

/// All people are put down: the rows of nobody are told, and the workbook is done.
async fn finish(app: &App, actor: &Actor, workbook: &Workbook, book: &Book) -> Result<()> {
    let (id, partition) = (workbook.id, workbook.partition);
    let strays = read::strays(book, &layout(&app.law, book)?);
    let mut lines = Vec::with_capacity(strays.len());
    for (sheet, row, fault) in &strays {
        let sheet = i16::try_from(*sheet).map_err(anyhow::Error::from)?;
        let row = i32::try_from(*row).map_err(anyhow::Error::from)?;
        let (faults, sealed) = seal_faults(app, workbook, sheet, row, std::slice::from_ref(fault))?;
        lines.push((sheet, row, faults, sealed));
    }
    app.db
        .write(actor, "workbook.finish", async |tx| {
            let workbook = store::find_locked(tx, id).await?;
            if !workbook.state.is_under_way() {
                tx.nothing_done();
                return Ok(());
            }
            let (papers, same, faults) = (workbook.papers, workbook.same, workbook.faults);
            let permit = tx.permit::<ImportWorkbook, _>(workbook)?;
            for portion in lines.chunks(STRAYS) {
                let mut rows = NewRows::default();
                for (sheet, row, faults, sealed) in portion {
                    rows.sheet.push(*sheet);
                    rows.row.push(*row);
                    rows.intake.push(None);
                    rows.is_same.push(false);
                    rows.tag.push(None);
                    rows.faults.push(*faults);
                    rows.faults_sealed.push(sealed.clone());
                }
                store::insert_rows(tx, &permit, &rows).await?;
            }
            let more = i32::try_from(lines.len()).map_err(anyhow::Error::from)?;
            store::set_done(tx, &permit, more).await?;
            tx.record(
                Event::new("workbook.imported", partition)
                    .id("workbook", id)
                    .count("papers", i64::from(papers))
                    .count("same", i64::from(same))
                    .count("strays", i64::from(more))
                    .count("faults", i64::from(faults) + i64::from(more)),
            )?;
            Ok(())
        })
        .await
}

async fn refuse(app: &App, actor: &Actor, workbook: &Workbook, unfit: &Unfit) -> Result<()> {
    let kept = serde_json::to_string(unfit).map_err(anyhow::Error::from)?;
    put_refusal(app, actor, workbook, &kept, unfit.word()).await
}

async fn put_refusal(app: &App, actor: &Actor, workbook: &Workbook, kept: &str, word: &'static str) -> Result<()> {
    let (id, partition) = (workbook.id, workbook.partition);
    app.db
        .write(actor, "workbook.refuse", async |tx| {
            let workbook = store::find_locked(tx, id).await?;
            if !workbook.state.is_under_way() {
                tx.nothing_done();
                return Ok(());
            }
            let permit = tx.permit::<ImportWorkbook, _>(workbook)?;
            store::set_refused(tx, &permit, kept).await?;
            tx.record(Event::new("workbook.refused", partition).id("workbook", id).word("code", word))?;
            Ok(())
        })
        .await
}
