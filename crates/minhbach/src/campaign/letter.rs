//! The letters of a document: opened, and on paper.
use std::collections::BTreeMap;

use paper::print::{self, Party, ReminderIssue, ReminderLetter};

use super::model::Reminder;
use super::remind::count;
use super::rules::BASIS;
use super::store;
use crate::handover::open::Who;
use crate::kernel::id::{IssueId, OrganisationId, PartitionId};
use crate::kernel::{App, Error, Event, Result, Tx};
use crate::law;
use crate::organisation::{self, places::province_name};
use crate::person::model::kind_label;

/// A reminder with its person.
pub struct OpenReminder {
    pub reminder: Reminder,
    pub who: Who,
}

/// A document as people read it.
pub struct OpenIssue {
    pub unit_name: String,
    pub superior_name: Option<String>,
    pub province_code: Option<String>,
    pub signer: Who,
    /// Not empty; of one number, day and signer.
    pub reminders: Vec<OpenReminder>,
}

impl OpenIssue {
    pub fn first(&self) -> Result<&Reminder> {
        self.reminders.first().map(|open| &open.reminder).ok_or(Error::NotFound)
    }
}

/// Opens a document of the unit; whoever opens it, the log has it.
pub async fn open(tx: &mut Tx, unit: OrganisationId, issue: IssueId) -> Result<OpenIssue> {
    let found = store::reminders(tx, Some(unit), Some(issue), i64::MAX).await?;
    let Some(first) = found.first() else { return Err(Error::NotFound) };
    let signer = Who {
        name: tx.open(first.partition, first.id.0, &first.signer_name)?,
        position: tx.open(first.partition, first.id.0, &first.signer_position)?,
    };
    let mut counts: BTreeMap<PartitionId, usize> = BTreeMap::new();
    let mut reminders = Vec::with_capacity(found.len());
    for reminder in found {
        *counts.entry(reminder.partition).or_default() += 1;
        let who = Who {
            name: tx.open(reminder.partition, reminder.id.0, &reminder.name)?,
            position: tx.open(reminder.partition, reminder.id.0, &reminder.position)?,
        };
        reminders.push(OpenReminder { reminder, who });
    }
    for (partition, people) in counts {
        tx.record(
            Event::new("reminder.opened", partition).unit(unit).id("issue", issue).count("reminders", count(people)),
        )?;
    }
    reminders.sort_by_cached_key(|open| viet::text::name_sort_key(&open.who.name));
    let (unit_name, superior_name, province_code) = organisation::store::letterhead(tx, unit).await?;
    Ok(OpenIssue { unit_name, superior_name, province_code, signer, reminders })
}

/// The letters as PDF/A, made off the async threads.
pub async fn pdf(app: &App, opened: OpenIssue) -> Result<Vec<u8>> {
    let (partition, data) = (opened.first()?.partition, data(app, &opened)?);
    app.print(partition, move |fonts| Ok(print::reminders_pdf(fonts, &data)?)).await
}

fn data(app: &App, opened: &OpenIssue) -> Result<ReminderIssue> {
    let first = opened.first()?;
    let letters = opened.reminders.iter().map(|open| {
        let reminder = &open.reminder;
        let rules = law::named(&app.law, &reminder.rule_set)?;
        Ok(ReminderLetter {
            full_name: open.who.name.clone(),
            position: open.who.position.clone(),
            kind: kind_label(reminder.kind).to_owned(),
            year: reminder.year,
            due_on: reminder.due_on,
            due_basis: rules.kind(reminder.kind).map(|kind| kind.basis.clone()).unwrap_or_default(),
            after: reminder.after.clone(),
            record_sha256: reminder
                .record_hash
                .as_slice()
                .try_into()
                .map_err(|_| crate::bug!("a hash of {} bytes", reminder.record_hash.len()))?,
        })
    });
    Ok(ReminderIssue {
        document_no: first.document_no.clone(),
        number: first.round.number(),
        superior_name: opened.superior_name.clone(),
        unit_name: opened.unit_name.clone(),
        place: opened.province_code.as_deref().and_then(province_name),
        issued_on: first.issued_on,
        answer_by: first.answer_by,
        signer: Party { name: opened.signer.name.clone(), position: opened.signer.position.clone() },
        basis: BASIS.to_owned(),
        letters: letters.collect::<Result<_>>()?,
        made_at: first.created_at,
    })
}
