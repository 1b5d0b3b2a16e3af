//! What is signed, found by the address of its page: a declaration as it stands, a batch handed over.
use uuid::Uuid;

use super::model::{Signable, Subject};
use crate::declaration::model::Act;
use crate::declaration::{self, slip};
use crate::handover::{self, minutes};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{DeclarationId, HandOverId};
use crate::kernel::{Actor, App, Result, Tx};

/// What a page or program names: a declaration or a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Declaration(DeclarationId),
    HandOver(HandOverId),
}

impl Root {
    /// What of it is signed: of a declaration the version in force.
    pub async fn signable(self, tx: &mut Tx) -> Result<Signable> {
        match self {
            Root::Declaration(id) => {
                let found = declaration::store::find(tx, id).await?;
                Ok(Signable {
                    subject: Subject::Declaration,
                    id: found.version.0,
                    root: id.0,
                    partition: found.partition,
                    unit: found.unit,
                    person: Some(found.person),
                    made_on: found.completed_on,
                    takes_key: !matches!(found.act, Act::Intake | Act::TranscriptionAmendment),
                })
            }
            Root::HandOver(id) => {
                let found = handover::store::find(tx, id).await?;
                Ok(Signable {
                    subject: Subject::HandOver,
                    id: id.0,
                    root: id.0,
                    partition: found.partition,
                    unit: found.unit,
                    person: None,
                    made_on: date_in_vietnam(found.created_at).min(found.handed_on),
                    takes_key: true,
                })
            }
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
        }
    }

    /// Name and personal number of who is to sign, as the system knows them. Part of an act that is recorded.
    pub async fn signer(self, tx: &mut Tx, on: &Signable) -> Result<(String, Option<String>)> {
        match (self, on.person) {
            (Root::HandOver(id), _) => {
                let batch = handover::store::find(tx, id).await?;
                Ok((tx.open(batch.partition, id.0, &batch.hander_name)?, None))
            }
            (Root::Declaration(_), Some(person)) => {
                let person = crate::person::store::find(tx, on.partition, person).await?;
                let number = match &person.id_no {
                    Some(number) => Some(tx.open(person.partition, person.id.0, number)?),
                    None => None,
                };
                Ok((tx.open(person.partition, person.id.0, &person.name)?, number))
            }
            (Root::Declaration(_), None) => Err(crate::bug!("a declaration of nobody")),
        }
    }

    pub fn id(self) -> Uuid {
        match self {
            Root::Declaration(id) => id.0,
            Root::HandOver(id) => id.0,
        }
    }
}
