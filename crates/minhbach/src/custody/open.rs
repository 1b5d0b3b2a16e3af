//! Opening a file that passes, as either agency sees it; whoever opens it, the log has it.
use form::LawBook;

use super::model::{Answer, Package, Statement, Transfer};
use super::package::{self, facts};
use super::rules::{Likeness, faults};
use super::store;
use crate::declaration::original::{self, Asked, Original};
use crate::handover::open::agency_name;
use crate::kernel::id::{CustodyId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Actor, App, Error, Event, Refusal, Result, Tx};
use crate::organisation;
use crate::person::custody::State;
use crate::person::{self, PersonFacts};

/// Someone on a list of the receiving agency who may be the person of the file.
pub struct Candidate {
    pub id: PersonId,
    pub facts: PersonFacts,
    pub unit: String,
    pub likeness: Likeness,
}

/// What the receiving agency finds in a file while it waits: what is in it, or why it cannot be taken.
pub enum Found {
    Whole { file: Box<Package>, candidates: Vec<Candidate> },
    Faulty(Refusal),
}

/// A file that passes, as one of its two agencies reads it.
pub struct Opened {
    pub transfer: Transfer,
    pub from_name: String,
    pub to_name: String,
    /// The person as this agency knows them: the sender always, the receiver once it took the file.
    pub person: Option<PersonFacts>,
    pub unit_name: Option<String>,
    pub statement: Option<Statement>,
    pub answer: Option<Answer>,
    /// At the receiver, while it waits.
    pub found: Option<Found>,
    /// At the receiver, once taken.
    pub originals: Vec<Original>,
}

impl Opened {
    pub fn is_sender(&self, agency: PartitionId) -> bool {
        self.transfer.partition == agency
    }
}

/// Opens a file for the agency that sent it or was sent it. What waits is opened whole at the receiver: who it is about must
/// be compared with the list. What was declined or taken back is empty.
pub async fn open(app: &App, actor: &Actor, id: CustodyId) -> Result<Opened> {
    package::take_up_keys(app, actor).await?;
    app.db.read(actor, "custody.open", async |tx| opened(tx, &app.law, id).await).await
}

async fn opened(tx: &mut Tx, law: &LawBook, id: CustodyId) -> Result<Opened> {
    let agency = tx.actor().agency().ok_or(Error::Forbidden)?;
    let transfer = store::find(tx, agency, id).await?;
    let event = Event::new("custody.opened", agency).id("custody", id).word("state", transfer.state.word());
    // The sender knows whom it is about, and that person may know who opened it.
    let is_own = transfer.partition == agency;
    tx.record(if is_own { event.unit(transfer.unit).person(transfer.person) } else { event })?;
    let row = id.0;
    let (from_name, to_name) = (agency_name(tx, transfer.partition).await?, agency_name(tx, transfer.to).await?);
    let mut opened = Opened {
        from_name,
        to_name,
        person: None,
        unit_name: None,
        statement: None,
        answer: None,
        found: None,
        originals: Vec::new(),
        transfer,
    };
    let transfer = opened.transfer.clone();
    if transfer.partition == agency {
        opened.statement = Some(tx.open(agency, row, &transfer.statement)?);
        opened.answer = transfer.answer.as_ref().map(|cell| tx.open(agency, row, cell)).transpose()?;
        (opened.person, opened.unit_name) = known(tx, agency, transfer.person, transfer.unit).await?;
        return Ok(opened);
    }
    opened.answer = transfer.own_answer.as_ref().map(|cell| tx.open(agency, row, cell)).transpose()?;
    match transfer.state {
        State::Sent => {
            let found = found(tx, law, &transfer).await?;
            if let Found::Whole { file, .. } = &found {
                opened.statement = Some(file.statement.clone());
            }
            opened.found = Some(found);
        }
        State::Taken => {
            if let Ok(file) = package::open(tx, &transfer).await {
                opened.statement = Some(file.statement);
            }
            if let (Some(person), Some(unit)) = (transfer.to_person, transfer.to_unit) {
                (opened.person, opened.unit_name) = known(tx, agency, person, unit).await?;
            }
            let asked = Asked { person: transfer.to_person, ..Asked::default() };
            opened.originals = original::list(tx, asked).await?;
            opened.originals.retain(|original| original.transfer == id);
        }
        State::Declined | State::Withdrawn => {}
    }
    Ok(opened)
}

async fn known(
    tx: &mut Tx,
    agency: PartitionId,
    person: PersonId,
    unit: OrganisationId,
) -> Result<(Option<PersonFacts>, Option<String>)> {
    let person = person::store::find(tx, agency, person).await?;
    let (unit_name, ..) = organisation::store::letterhead(tx, unit).await?;
    Ok((Some(facts(tx, &person)?), Some(unit_name)))
}

async fn found(tx: &mut Tx, law: &LawBook, transfer: &Transfer) -> Result<Found> {
    let file = match package::open(tx, transfer).await {
        Err(Error::Refused(refusal)) => return Ok(Found::Faulty(*refusal)),
        file => file?,
    };
    if let Some(fault) = faults(&file, law, &tx.keys().verifiers()).first() {
        return Ok(Found::Faulty(package::not_what_was_sent(&format!("{fault}."))));
    }
    let people = person::store::candidates(tx, transfer.to, file.person.id_no.as_deref(), &file.person.name).await?;
    let mut candidates = Vec::new();
    for person in people {
        if store::standing(tx, &person).await?.left_on.is_some() {
            continue;
        }
        let listed = facts(tx, &person)?;
        let likeness = Likeness::of(&file.person, &listed);
        if likeness.may_be_one() {
            let unit = organisation::store::organisation(tx, person.unit).await?.name;
            candidates.push(Candidate { id: person.id, facts: listed, unit, likeness });
        }
    }
    Ok(Found::Whole { file: Box::new(file), candidates })
}
