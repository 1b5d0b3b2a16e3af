//! What is signed, found by the address of its page: a declaration as it stands, a batch handed over, the minutes of a
//! publication.
use uuid::Uuid;

use super::model::{Side, Signable, Subject};
use crate::declaration::model::Act;
use crate::declaration::publication::State as Published;
use crate::declaration::{self, slip};
use crate::disclosure;
use crate::handover::model::State;
use crate::handover::{self, minutes};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{DeclarationId, DisclosureId, HandOverId};
use crate::kernel::{Actor, App, Error, Result, Tx};

/// What a page or program names: a declaration, a batch or a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Declaration(DeclarationId),
    HandOver(HandOverId),
    Minutes(DisclosureId),
}

/// A side of what a page or program names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub root: Root,
    pub side: Side,
}

impl Seat {
    /// What is signed here.
    pub async fn signable(self, tx: &mut Tx) -> Result<Signable> {
        self.root.signable(tx, self.side).await
    }
}

impl Root {
    pub fn subject(self) -> Subject {
        match self {
            Root::Declaration(_) => Subject::Declaration,
            Root::HandOver(_) => Subject::HandOver,
            Root::Minutes(_) => Subject::Minutes,
        }
    }

    pub fn id(self) -> Uuid {
        match self {
            Root::Declaration(id) => id.0,
            Root::HandOver(id) => id.0,
            Root::Minutes(id) => id.0,
        }
    }

    /// What of it a side signs: of a declaration the version in force.
    ///
    /// # Errors
    /// Not found, when it takes no such side.
    pub async fn signable(self, tx: &mut Tx, side: Side) -> Result<Signable> {
        if !self.subject().sides().contains(&side) {
            return Err(Error::NotFound);
        }
        match self {
            Root::Declaration(id) => declaration_of(tx, id, side).await,
            Root::HandOver(id) => batch_of(tx, id, side).await,
            Root::Minutes(id) => minutes_of(tx, id, side).await,
        }
    }

    /// The PDF as the service prints it, and of which version or batch it is; opening what it says is recorded.
    pub async fn print(self, app: &App, actor: &Actor) -> Result<(Uuid, Vec<u8>)> {
        match self {
            Root::Declaration(id) => {
                let opened = app
                    .db
                    .read(actor, "signature.print", async |tx| {
                        let found = declaration::store::find(tx, id).await?;
                        declaration::open::open(tx, found).await
                    })
                    .await?;
                Ok((opened.version.id.0, slip::declaration_pdf(app, opened).await?))
            }
            Root::HandOver(id) => {
                let opened =
                    app.db.read(actor, "signature.print", async |tx| handover::open::open(tx, id).await).await?;
                Ok((id.0, minutes::pdf(app, opened).await?))
            }
            Root::Minutes(id) => {
                let opened =
                    app.db.read(actor, "signature.print", async |tx| disclosure::open::open(tx, id).await).await?;
                Ok((id.0, disclosure::minutes::pdf(app, opened).await?))
            }
        }
    }

    /// Name and personal number of who is to sign, as the system knows them. Part of an act that is recorded.
    pub async fn signer(self, tx: &mut Tx, on: &Signable) -> Result<Signer> {
        let name = match self {
            Root::Declaration(_) if on.side == Side::Declarant => return declarant(tx, on).await,
            Root::Declaration(id) => {
                let found = declaration::store::find(tx, id).await?;
                match declaration::store::receipts(tx, &found).await?.first() {
                    Some(receipt) => Some(tx.open(found.partition, receipt.id.0, &receipt.receiver_name)?),
                    None => None,
                }
            }
            Root::HandOver(id) => {
                let batch = handover::store::find(tx, id).await?;
                match (on.side, &batch.taker_name) {
                    (Side::Unit, _) => Some(tx.open(batch.partition, id.0, &batch.hander_name)?),
                    (_, Some(taker)) => Some(tx.open(batch.partition, id.0, taker)?),
                    (_, None) => None,
                }
            }
            Root::Minutes(id) => {
                let found = disclosure::store::find(tx, id).await?;
                match (on.side, &found.head_name, &found.union_name) {
                    (Side::Head, Some(name), _) => Some(tx.open(found.partition, id.0, name)?),
                    (_, _, Some(name)) => Some(tx.open(found.partition, id.0, name)?),
                    _ => None,
                }
            }
        };
        let name = name.ok_or_else(|| crate::bug!("nobody is named as {} of {}", on.side.word(), on.root))?;
        Ok(Signer { name, number: None })
    }
}

/// Who is to sign, as the system knows them.
pub struct Signer {
    pub name: String,
    /// The personal identification number, twelve digits. Of officers it is not known.
    pub number: Option<String>,
}

async fn declarant(tx: &mut Tx, on: &Signable) -> Result<Signer> {
    let person = on.person.ok_or_else(|| crate::bug!("a declaration of nobody"))?;
    let person = crate::person::store::find(tx, on.partition, person).await?;
    let number = match &person.id_no {
        Some(number) => Some(tx.open(person.partition, person.id.0, number)?),
        None => None,
    };
    Ok(Signer { name: tx.open(person.partition, person.id.0, &person.name)?, number })
}

async fn declaration_of(tx: &mut Tx, id: DeclarationId, side: Side) -> Result<Signable> {
    let found = declaration::store::find(tx, id).await?;
    let is_receipt = side == Side::Receiver;
    let not_received = "Người nhận ký sau khi đơn vị đã ghi nhận việc tiếp nhận bản kê khai.";
    Ok(Signable {
        subject: Subject::Declaration,
        side,
        id: found.version.0,
        root: id.0,
        partition: found.partition,
        unit: found.unit,
        person: Some(found.person),
        made_on: found.received_on.filter(|_| is_receipt).unwrap_or(found.completed_on),
        takes_key: !matches!(found.act, Act::Intake | Act::TranscriptionAmendment),
        not_yet: (is_receipt && found.received_on.is_none()).then_some(not_received),
        key_not_yet: None,
    })
}

async fn batch_of(tx: &mut Tx, id: HandOverId, side: Side) -> Result<Signable> {
    let found = handover::store::find(tx, id).await?;
    let is_agency = side == Side::Agency;
    let handed_on = date_in_vietnam(found.created_at).min(found.handed_on);
    let not_whole = "Ký số sau khi cơ quan kiểm soát đã nhận: biên bản khi đó mới có đủ nội dung giao và nhận.";
    let not_taken = "Bên nhận ký sau khi cơ quan kiểm soát đã nhận lô bàn giao.";
    Ok(Signable {
        subject: Subject::HandOver,
        side,
        id: id.0,
        root: id.0,
        partition: found.partition,
        unit: found.unit,
        person: None,
        made_on: found.taken_on.filter(|_| is_agency).unwrap_or(handed_on),
        takes_key: true,
        not_yet: (is_agency && found.state != State::Taken).then_some(not_taken),
        key_not_yet: (found.state != State::Taken).then_some(not_whole),
    })
}

async fn minutes_of(tx: &mut Tx, id: DisclosureId, side: Side) -> Result<Signable> {
    let found = disclosure::store::find(tx, id).await?;
    let not_closed = "Biên bản được ký sau khi đơn vị đã kết thúc việc công khai.";
    Ok(Signable {
        subject: Subject::Minutes,
        side,
        id: id.0,
        root: id.0,
        partition: found.partition,
        unit: found.unit,
        person: None,
        made_on: found.closed_on.unwrap_or(found.from_on),
        takes_key: true,
        not_yet: (found.state != Published::Closed).then_some(not_closed),
        key_not_yet: None,
    })
}
