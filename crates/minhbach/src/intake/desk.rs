//! What an officer does with a paper before it is on record: open, save, set aside, take up again.
use paper::read::result::Reading;
use serde_json::Value;

use super::check::Checked;
use super::jobs::ReadIntake;
use super::model::{Aside, CheckedCell, Intake, PageImage, STALLED, SealedPapers, State};
use super::policy::{CheckPaper, Resume, SetAside};
use super::store;
use crate::declaration::{self, older};
use crate::kernel::files::sha256;
use crate::kernel::id::{EventId, IntakeId, OlderId};
use crate::kernel::jobs::{Job, Owner};
use crate::kernel::{Actor, App, Event, Result, Tx};

/// A paper open on an officer's desk.
#[derive(Debug)]
pub struct Open {
    pub intake: Intake,
    pub name: String,
    pub reading: Reading,
    pub checked: Checked,
    pub pages: Vec<PageImage>,
    /// Recognition is under way by the paper's state, but no job is left to do it.
    pub is_stalled: bool,
    /// The record it became, on an older form.
    pub older: Option<OlderId>,
    /// Those that were taken back, the newest year first.
    pub taken_back: Vec<OlderId>,
    /// The recorded access; page images are shown under it.
    pub event: EventId,
}

/// Opens a paper: what was read, what was checked, the pages. One recorded access, however many pages are then shown.
pub async fn open(app: &App, actor: &Actor, id: IntakeId) -> Result<Open> {
    app.db
        .read(actor, "intake.open", async |tx| {
            let intake = store::find(tx, id).await?;
            let pages = store::pages(tx, &intake).await?;
            let (reading, checked) = unseal(app, tx, &intake).await?;
            let name = open_name(tx, &intake)?;
            let is_stalled = is_stalled(tx, &intake).await?;
            let asked = older::Asked { intake: Some(id), ..older::Asked::default() };
            let all = older::list(tx, asked).await?;
            let standing = all.iter().find(|older| !older.is_withdrawn);
            let older = standing.map(|older| older.id);
            let taken_back = all.iter().filter(|older| older.is_withdrawn).map(|older| older.id).collect();
            // Once it is on record, whose it is sees who looks at it.
            let of = match (standing, intake.declaration) {
                (Some(older), _) => Some((older.unit, older.person)),
                (None, Some(declaration)) => {
                    let declaration = declaration::store::find(tx, declaration).await?;
                    Some((declaration.unit, declaration.person))
                }
                (None, None) => None,
            };
            let event = Event::new("intake.opened", intake.partition).id("intake", id);
            let event = tx.record(match of {
                Some((unit, person)) => event.unit(unit).person(person),
                None => event,
            })?;
            Ok(Open { intake, name, reading, checked, pages, is_stalled, older, taken_back, event: event.id })
        })
        .await
}

/// Whether recognition is under way by the paper's state, but no job is left to do it.
pub async fn is_stalled(tx: &mut Tx, intake: &Intake) -> Result<bool> {
    Ok(intake.state.is_under_way() && !store::is_queued(tx, intake, ReadIntake::KIND).await?)
}

/// The name the file came with. The caller records the access.
pub fn open_name(tx: &mut Tx, intake: &Intake) -> Result<String> {
    match &intake.name {
        Some(name) => tx.open(intake.partition, intake.file.0, name),
        None => Ok("bản quét".to_owned()),
    }
}

/// Reading and checked text of a paper. The caller records the access.
pub async fn unseal(app: &App, tx: &mut Tx, intake: &Intake) -> Result<(Reading, Checked)> {
    let SealedPapers { reading, checked } = store::papers(tx, intake).await?;
    let reading = match &reading {
        Some(sealed) => tx.open(intake.partition, intake.id.0, sealed)?,
        None => Reading {
            declaration: Value::Null,
            provenance: Default::default(),
            also: Vec::new(),
            pages: Vec::new(),
            second_reader: true,
        },
    };
    let checked = match &checked {
        Some(sealed) => tx.open(intake.partition, intake.id.0, sealed)?,
        None => Checked::begin(&app.law, &reading)?,
    };
    Ok((reading, checked))
}

/// Keeps what an officer checked, if nobody saved since `expected`; otherwise nothing is changed and false is returned.
pub async fn save(app: &App, actor: &Actor, id: IntakeId, checked: &Checked, expected: i32) -> Result<bool> {
    app.db
        .write(actor, "intake.check", async |tx| {
            let intake = store::find_locked(tx, id).await?;
            intake.require(tx.name())?;
            let partition = intake.partition;
            let sealed = tx.keys().seal::<CheckedCell>(partition, id.0, checked)?;
            let permit = tx.permit::<CheckPaper, _>(intake)?;
            if !store::set_checked(tx, &permit, &sealed, expected).await? {
                tx.nothing_done();
                return Ok(false);
            }
            tx.record(
                Event::new("intake.checked", partition)
                    .id("intake", id)
                    .hash("checked", sha256(sealed.as_bytes()))
                    .count("revision", i64::from(expected) + 1),
            )?;
            Ok(true)
        })
        .await
}

/// Puts a paper away for a reason; it can be taken up again.
pub async fn set_aside(app: &App, actor: &Actor, id: IntakeId, reason: Aside) -> Result<()> {
    app.db
        .write(actor, "intake.set_aside", async |tx| {
            let intake = store::find_locked(tx, id).await?;
            intake.require(tx.name())?;
            let permit = tx.permit::<SetAside, _>(intake)?;
            store::set_aside(tx, &permit, reason.word()).await?;
            tx.record(
                Event::new("intake.set_aside", permit.on().partition).id("intake", id).word("reason", reason.word()),
            )?;
            Ok(())
        })
        .await
}

/// Takes a paper up again: back to the desk when it was read or shall be typed by hand, read anew otherwise.
pub async fn resume(app: &App, actor: &Actor, id: IntakeId, by_hand: bool) -> Result<State> {
    app.db
        .write(actor, "intake.resume", async |tx| {
            let intake = store::find_locked(tx, id).await?;
            intake.require(if is_stalled(tx, &intake).await? { STALLED } else { tx.name() })?;
            let partition = intake.partition;
            let permit = tx.permit::<Resume, _>(intake)?;
            let state = store::resume(tx, &permit, by_hand).await?;
            if state == State::Received {
                let job = ReadIntake { intake: id, round: tx.now().timestamp_micros() };
                tx.enqueue(Owner { partition, unit: None, person: None }, &job, Some(&job.dedup())).await?;
            }
            tx.record(Event::new("intake.resumed", partition).id("intake", id).word("state", state.word()))?;
            Ok(state)
        })
        .await
}
