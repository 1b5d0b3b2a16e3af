//! SQL of corrections.
use chrono::NaiveDate;

use super::model::{
    ApproverName, ApproverPosition, Correction, DecidedBy, Explanation, Made, ProposalCell, State, VerdictsCell,
};
use super::policy::{Decide, Propose, ToDecide, Withdraw};
use crate::declaration::Declaration;
use crate::declaration::policy::WriteDraft;
use crate::kernel::id::{CorrectionId, DeclarationId, DraftId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};
use crate::person::Obligation;

pub async fn insert(tx: &mut Tx, permit: &Permit<Propose, Declaration>, new: &Made<'_>) -> Result<()> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into correction (partition_id, id, unit_id, person_id, declaration_id, version_id, proposed_on, due_on, items,
                                 proposal_sealed, explanation_sealed, proposal_hash, created_at, created_by, state, updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'WAITING', $13, $15)",
        on.partition.0,
        new.id.0,
        on.unit.0,
        on.person.0,
        on.id.0,
        new.version.0,
        new.proposed_on,
        new.due_on,
        new.items,
        new.proposal_sealed,
        new.explanation_sealed,
        &new.hash()?[..],
        now,
        by.0,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A correction within what the context shows.
pub async fn find(tx: &mut Tx, id: CorrectionId) -> Result<Correction> {
    let found = list(tx, Which { id: Some(id), ..Which::default() }, 1).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Which corrections are asked for; all the context shows without a limit.
#[derive(Default)]
pub struct Which {
    pub id: Option<CorrectionId>,
    pub declaration: Option<DeclarationId>,
    /// Only those not yet decided or withdrawn, also after their last day.
    pub waiting: bool,
}

/// Corrections of one declaration, the newest first.
pub async fn of_declaration(tx: &mut Tx, declaration: DeclarationId) -> Result<Vec<Correction>> {
    list(tx, Which { declaration: Some(declaration), ..Which::default() }, i64::MAX).await
}

/// Those that wait, within what the context shows.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Correction>> {
    list(tx, Which { waiting: true, ..Which::default() }, i64::MAX).await
}

/// Corrections within what the context shows: those that wait first, then the newest.
pub async fn list(tx: &mut Tx, which: Which, limit: i64) -> Result<Vec<Correction>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Correction,
        r#"select partition_id as "partition: PartitionId", id as "id: CorrectionId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", declaration_id as "declaration: DeclarationId", version_id as "version: VersionId",
                  proposed_on, due_on, items, proposal_sealed as "proposal: Sealed<ProposalCell>",
                  explanation_sealed as "explanation: Sealed<Explanation>", proposal_hash, created_at, state as "state: State", decided_on,
                  decided_by as "decided_by: DecidedBy", approved, verdicts_sealed as "verdicts: Sealed<VerdictsCell>",
                  approver_name_sealed as "approver_name: Sealed<ApproverName>",
                  approver_position_sealed as "approver_position: Sealed<ApproverPosition>",
                  result_version_id as "result: VersionId", withdrawn_on
           from correction
           where ($1::uuid is null or id = $1) and ($2::uuid is null or declaration_id = $2) and (not $3 or state = 'WAITING')
             and ($4::uuid is null or partition_id = $4) and ($5::uuid is null or unit_id = $5) and ($6::uuid is null or person_id = $6)
           order by (state = 'WAITING') desc, created_at desc, id limit $7"#,
        which.id.map(|c| c.0),
        which.declaration.map(|d| d.0),
        which.waiting,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        actor.person().map(|p| p.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The draft is for this correction from now on; `None`: for nothing.
pub async fn set_correcting(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: DraftId,
    correction: Option<CorrectionId>,
) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update draft set correction_id = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        draft.0,
        correction.map(|c| c.0),
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A decision to be put down.
pub struct NewDecision<'a> {
    pub decided_on: NaiveDate,
    pub decided_by: DecidedBy,
    pub approved: i16,
    pub verdicts: &'a Sealed<VerdictsCell>,
    pub name: &'a Sealed<ApproverName>,
    pub position: &'a Sealed<ApproverPosition>,
    pub result: Option<VersionId>,
}

/// False when it no longer waits.
pub async fn set_decided(tx: &mut Tx, permit: &Permit<Decide, ToDecide>, new: &NewDecision<'_>) -> Result<bool> {
    let on = &permit.on().correction;
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update correction set state = 'DECIDED', decided_on = $3, decided_by = $4, approved = $5, verdicts_sealed = $6,
                approver_name_sealed = $7, approver_position_sealed = $8, result_version_id = $9, updated_at = $10, updated_by = $11
         where partition_id = $1 and id = $2 and state = 'WAITING'",
        on.partition.0,
        on.id.0,
        new.decided_on,
        new.decided_by.word(),
        new.approved,
        new.verdicts.as_bytes(),
        new.name.as_bytes(),
        new.position.as_bytes(),
        new.result.map(|version| version.0),
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// False when it no longer waits.
pub async fn set_withdrawn(tx: &mut Tx, permit: &Permit<Withdraw, Correction>, day: NaiveDate) -> Result<bool> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update correction set state = 'WITHDRAWN', withdrawn_on = $3, updated_at = $4, updated_by = $5
         where partition_id = $1 and id = $2 and state = 'WAITING'",
        on.partition.0,
        on.id.0,
        day,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
