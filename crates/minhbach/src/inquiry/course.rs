//! Making a step of a request: its number, the state it leads to, its hash, its event.
use chrono::NaiveDate;

use super::model::{Attachment, Inquiry, Said, Step, StepKind};
use super::policy::Decide;
use super::{rules, store};
use crate::kernel::id::{InquiryId, InquiryStepId};
use crate::kernel::{Event, Result, Tx};
use crate::person::inquiry::State;

/// What a step brings besides that it is done.
#[derive(Default)]
pub(super) struct Brings<'a> {
    pub due_on: Option<NaiveDate>,
    pub said: Option<&'a Said>,
}

/// One at a time goes on with a request.
pub(super) async fn turn(tx: &mut Tx, inquiry: InquiryId) -> Result<()> {
    tx.take_turn("inquiry", inquiry).await
}

/// The next step of a request, not yet hashed.
pub(super) fn step(tx: &Tx, of: &Inquiry, kind: StepKind, to: State, brings: &Brings<'_>) -> Result<Step> {
    let id = InquiryStepId::new();
    let said = brings.said.map(|said| tx.keys().seal(of.partition, id.0, said)).transpose()?;
    let is_first = kind == StepKind::Issued;
    Ok(Step {
        id,
        inquiry: of.id,
        unit: of.unit,
        person: of.person,
        n: if is_first { 0 } else { of.last + 1 },
        kind,
        from: (!is_first).then_some(of.state),
        to,
        said_on: tx.today(),
        due_on: brings.due_on,
        said,
        files: 0,
        record_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
    })
}

/// Hashes a step with its files and tells it as an event, to which more may be added.
pub(super) fn hashed(of: &Inquiry, step: &mut Step, files: &[Attachment]) -> Result<Event> {
    step.files = i16::try_from(files.len()).map_err(anyhow::Error::from)?;
    let hash = step.hash(files)?;
    step.record_hash = hash.to_vec();
    let event = of
        .event(step.kind.event())
        .id("step", step.id)
        .hash("step", hash)
        .word("state", step.to.word())
        .count("n", i64::from(step.n))
        .count("files", i64::from(step.files));
    Ok(step.due_on.into_iter().fold(event, |event, due_on| event.day("due_on", due_on)))
}

/// The agency goes on with a request.
pub(super) async fn decided(tx: &mut Tx, of: Inquiry, kind: StepKind, brings: &Brings<'_>) -> Result<Step> {
    let to = rules::next(&of, kind)?;
    let mut step = step(tx, &of, kind, to, brings)?;
    let event = hashed(&of, &mut step, &[])?;
    let permit = tx.permit::<Decide, _>(of)?;
    store::insert_decision(tx, &permit, &step).await?;
    tx.record(event)?;
    Ok(step)
}
