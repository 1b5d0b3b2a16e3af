//! Opening a request with its course: what the agency and who is asked read.
use chrono::NaiveDate;

use super::answer::receive;
use super::course::turn;
use super::model::{Attachment, Inquiry, Said, Statement, Step};
use super::policy::Answer;
use super::store;
use crate::kernel::files::sha256;
use crate::kernel::id::{FileId, InquiryId};
use crate::kernel::{Actor, App, Error, Event, Result, Tx};
use crate::organisation;
use crate::person::inquiry::State;

/// A file of a step, its name opened.
pub struct OpenFile {
    pub file: FileId,
    pub name: String,
    pub size: i64,
    /// SHA-256 of the file as it came, hex.
    pub sha256: String,
}

/// A step as people read it.
pub struct OpenStep {
    pub step: Step,
    pub said: Option<Said>,
    pub files: Vec<OpenFile>,
}

/// A request as people read it.
pub struct Opened {
    pub inquiry: Inquiry,
    /// `None` for who is asked, of a request that was withdrawn before they received it: they read its number and day, and
    /// that it was withdrawn.
    pub statement: Option<Statement>,
    pub steps: Vec<OpenStep>,
    pub agency: String,
    /// The unit that is asked, if one is.
    pub unit: Option<String>,
    /// The request this one asks more about, and the one that asks more about it.
    pub first: Option<Linked>,
    pub next: Option<Linked>,
}

/// Another request, by its document.
pub struct Linked {
    pub id: InquiryId,
    pub document_no: String,
    pub issued_on: NaiveDate,
}

/// Opens a request within what the context shows; whoever opens it, the log has it.
pub async fn open(tx: &mut Tx, id: InquiryId) -> Result<Opened> {
    let inquiry = store::find(tx, id).await?;
    let partition = inquiry.partition;
    tx.record(inquiry.event("inquiry.opened"))?;
    let partitions = organisation::store::partitions(tx).await?;
    let agency = partitions.into_iter().find(|one| one.id == partition).map(|one| one.name).unwrap_or_default();
    let unit = match inquiry.unit {
        Some(unit) => Some(organisation::store::organisation(tx, unit).await?.name),
        None => None,
    };
    if inquiry.state == State::Withdrawn && inquiry.is_unread_by(tx.actor()) {
        return Ok(Opened { inquiry, statement: None, steps: Vec::new(), agency, unit, first: None, next: None });
    }
    let statement = Some(tx.open(partition, id.0, &inquiry.statement)?);
    let mut files = store::files(tx, partition, Some(id)).await?;
    let mut steps = Vec::new();
    for step in store::steps(tx, partition, Some(id)).await? {
        let said = match &step.said {
            Some(said) => Some(tx.open(partition, step.id.0, said)?),
            None => None,
        };
        let (own, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.step == step.id);
        files = others;
        let own = own.iter().map(|file| open_file(tx, file)).collect::<Result<_>>()?;
        steps.push(OpenStep { step, said, files: own });
    }
    let (first, next) = (numbered(tx, inquiry.after).await?, numbered(tx, inquiry.next).await?);
    Ok(Opened { inquiry, statement, steps, agency, unit, first, next })
}

fn open_file(tx: &mut Tx, file: &Attachment) -> Result<OpenFile> {
    let name = tx.open(file.partition, file.file.0, &file.name)?;
    Ok(OpenFile { file: file.file, name, size: file.size, sha256: hex::encode(&file.original) })
}

async fn numbered(tx: &mut Tx, id: Option<InquiryId>) -> Result<Option<Linked>> {
    match id {
        Some(id) => {
            let found = store::find(tx, id).await?;
            Ok(Some(Linked { id, document_no: found.document_no, issued_on: found.issued_on }))
        }
        None => Ok(None),
    }
}

/// Who is asked opens the request. The first time, they have received it: the days of article 7.1 run from today.
pub async fn open_asked(app: &App, actor: &Actor, id: InquiryId) -> Result<Opened> {
    app.db
        .write(actor, "inquiry.open", async |tx| {
            turn(tx, id).await?;
            let inquiry = store::find(tx, id).await?;
            let inquiry = tx.permit::<Answer, _>(inquiry)?.on().clone();
            receive(app, tx, inquiry).await?;
            open(tx, id).await
        })
        .await
}

/// A file of an answer, for the agency that asked and for who sent it; that it was taken is recorded.
pub async fn file(app: &App, actor: &Actor, file: FileId) -> Result<(String, Vec<u8>)> {
    let found = app
        .db
        .read(actor, "inquiry.file", async |tx| {
            let id = store::of_file(tx, file).await?;
            let inquiry = store::find(tx, id).await?;
            let files = store::files(tx, inquiry.partition, Some(id)).await?;
            let found = files.into_iter().find(|one| one.file == file).ok_or(Error::NotFound)?;
            let event: Event = inquiry.event("inquiry.file_opened");
            tx.record(event.id("file", file))?;
            Ok(found)
        })
        .await?;
    let bytes = app.open_file(found.partition, file, &found.sealed).await?;
    if sha256(&bytes)[..] != found.original[..] {
        return Err(crate::bug!("the file {file} is not what was stored"));
    }
    Ok((found.media_type, bytes))
}
