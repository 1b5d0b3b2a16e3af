//! SQL of requests, steps and files.
use super::model::{Attachment, FileName, Inquiry, SaidCell, Signatory, StatementCell, Step, StepKind};
use super::policy::{Answer, Ask, Decide};
use crate::campaign::policy::Agency;
use crate::inquiry::model::Asked;
use crate::kernel::id::{
    AccountId, DeclarationId, FileId, InquiryId, InquiryStepId, OrganisationId, PartitionId, PersonId,
};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, StoredFile, Tx};
use crate::person::inquiry::State;

/// Which requests are asked for, within what the context shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub id: Option<InquiryId>,
    pub state: Option<State>,
    /// Waiting, and the last day before this one.
    pub late_on: Option<chrono::NaiveDate>,
    /// Not ended.
    pub open: bool,
}

/// Requests, those that are open first, the first due of them on top; then the newest.
pub async fn list(tx: &mut Tx, wanted: Wanted, limit: i64) -> Result<Vec<Inquiry>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Inquiry,
        r#"select i.partition_id as "partition: PartitionId", i.id as "id: InquiryId", i.asked as "asked: Asked",
                  i.unit_id as "unit: OrganisationId", i.person_id as "person: PersonId", i.subject_id as "subject: PersonId",
                  i.declaration_id as "declaration: DeclarationId", i.after_id as "after: InquiryId", i.document_no, i.issued_on,
                  i.complex, i.rule_set, i.due_on as first_due_on, i.signatory as "signatory: Signatory",
                  i.statement_sealed as "statement: Sealed<StatementCell>", i.record_hash, i.created_at,
                  i.created_by as "created_by: AccountId", last.to_state as "state: State", last.n as last, due.due_on as "due_on!",
                  received.said_on as "received_on?", next.id as "next?: InquiryId"
           from inquiry i
                join lateral (select s.n, s.to_state from inquiry_step s where s.partition_id = i.partition_id and s.inquiry_id = i.id
                              order by s.n desc limit 1) last on true
                join lateral (select s.due_on from inquiry_step s where s.partition_id = i.partition_id and s.inquiry_id = i.id
                                and s.due_on is not null order by s.n desc limit 1) due on true
                left join inquiry_step received on received.partition_id = i.partition_id and received.inquiry_id = i.id
                                               and received.kind = 'RECEIVED'
                left join inquiry next on next.partition_id = i.partition_id and next.after_id = i.id
           where ($1::uuid is null or i.id = $1) and ($2::uuid is null or i.partition_id = $2)
             and ($3::uuid is null or i.unit_id = $3) and ($4::uuid is null or i.person_id = $4)
             and ($5::text is null or last.to_state = $5)
             and ($6::date is null or (last.to_state = 'WAITING' and due.due_on < $6))
             and (not $7::bool or last.to_state in ('WAITING', 'ANSWERED', 'PLEADED'))
           order by last.to_state in ('WAITING', 'ANSWERED', 'PLEADED') desc,
                    case when last.to_state in ('WAITING', 'ANSWERED', 'PLEADED') then due.due_on end, i.id desc
           limit $8"#,
        wanted.id.map(|id| id.0),
        actor.agency().map(|partition| partition.0),
        actor.unit().map(|unit| unit.0),
        actor.person().map(|person| person.0),
        wanted.state.map(State::word),
        wanted.late_on,
        wanted.open,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One request within what the context shows.
pub async fn find(tx: &mut Tx, id: InquiryId) -> Result<Inquiry> {
    list(tx, Wanted { id: Some(id), ..Wanted::default() }, 1).await?.pop().ok_or(Error::NotFound)
}

/// The steps of a request, or of all of a partition, in their order.
pub async fn steps(tx: &mut Tx, partition: PartitionId, of: Option<InquiryId>) -> Result<Vec<Step>> {
    let rows = sqlx::query_as!(
        Step,
        r#"select id as "id: InquiryStepId", inquiry_id as "inquiry: InquiryId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", n, kind as "kind: StepKind", from_state as "from: State", to_state as "to: State",
                  said_on, due_on, said_sealed as "said: Sealed<SaidCell>", files, record_hash, created_at,
                  created_by as "created_by: AccountId"
           from inquiry_step where partition_id = $1 and ($2::uuid is null or inquiry_id = $2) order by inquiry_id, n"#,
        partition.0,
        of.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The files of a request, or of all of a partition, in their order.
pub async fn files(tx: &mut Tx, partition: PartitionId, of: Option<InquiryId>) -> Result<Vec<Attachment>> {
    let rows = sqlx::query_as!(
        Attachment,
        r#"select a.partition_id as "partition: PartitionId", a.file_id as "file: FileId", a.step_id as "step: InquiryStepId",
                  a.inquiry_id as "inquiry: InquiryId", a.unit_id as "unit: OrganisationId", a.person_id as "person: PersonId",
                  a.place, a.name_sealed as "name: Sealed<FileName>", f.media_type, f.size_bytes as size,
                  f.original_sha256 as original, f.sealed_sha256 as sealed
           from inquiry_file a join file f on f.partition_id = a.partition_id and f.id = a.file_id
           where a.partition_id = $1 and ($2::uuid is null or a.inquiry_id = $2) order by a.step_id, a.place"#,
        partition.0,
        of.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Every request of a partition as it was made, also one whose steps are gone.
pub async fn all_ids(tx: &mut Tx, partition: PartitionId) -> Result<Vec<InquiryId>> {
    let rows =
        sqlx::query!(r#"select id as "id: InquiryId" from inquiry where partition_id = $1 order by id"#, partition.0)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The request a file belongs to, within what the context shows.
pub async fn of_file(tx: &mut Tx, file: FileId) -> Result<InquiryId> {
    let actor = *tx.actor();
    let row = sqlx::query!(
        r#"select inquiry_id as "inquiry: InquiryId" from inquiry_file
           where file_id = $1 and ($2::uuid is null or partition_id = $2) and ($3::uuid is null or unit_id = $3)
             and ($4::uuid is null or person_id = $4)"#,
        file.0,
        actor.agency().map(|partition| partition.0),
        actor.unit().map(|unit| unit.0),
        actor.person().map(|person| person.0)
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| row.inquiry).ok_or(Error::NotFound)
}

/// Units that have people under the agency.
pub async fn units_with_people(tx: &mut Tx, partition: PartitionId) -> Result<Vec<OrganisationId>> {
    let rows = sqlx::query!(
        r#"select distinct unit_id as "unit: OrganisationId" from person where partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.unit).collect())
}

/// Puts a request down.
pub async fn insert(tx: &mut Tx, _permit: &Permit<Ask, Agency>, new: &Inquiry) -> Result<()> {
    let year = i16::try_from(chrono::Datelike::year(&new.issued_on)).map_err(anyhow::Error::from)?;
    sqlx::query!(
        "insert into inquiry (partition_id, id, asked, unit_id, person_id, subject_id, declaration_id, after_id, document_no, year, issued_on,
                              complex, rule_set, due_on, signatory, statement_sealed, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        new.partition.0,
        new.id.0,
        new.asked.word(),
        new.unit.map(|unit| unit.0),
        new.person.map(|person| person.0),
        new.subject.map(|person| person.0),
        new.declaration.map(|declaration| declaration.0),
        new.after.map(|inquiry| inquiry.0),
        new.document_no,
        year,
        new.issued_on,
        new.complex,
        new.rule_set,
        new.first_due_on,
        new.signatory.word(),
        new.statement.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts down the step of the agency that begins a request.
pub async fn insert_first(tx: &mut Tx, _permit: &Permit<Ask, Agency>, of: &Inquiry, step: &Step) -> Result<()> {
    insert_step(tx, of, step).await
}

/// Puts down a step by which the agency decides.
pub async fn insert_decision(tx: &mut Tx, permit: &Permit<Decide, Inquiry>, step: &Step) -> Result<()> {
    insert_step(tx, permit.on(), step).await
}

/// Puts down a step of who is asked, with its files.
pub async fn insert_answer(
    tx: &mut Tx,
    permit: &Permit<Answer, Inquiry>,
    step: &Step,
    files: &[(StoredFile, Attachment)],
) -> Result<()> {
    for (stored, attachment) in files {
        insert_file(tx, permit.on(), stored, attachment).await?;
    }
    insert_step(tx, permit.on(), step).await?;
    for (_, attachment) in files {
        insert_attachment(tx, permit.on(), attachment).await?;
    }
    Ok(())
}

async fn insert_step(tx: &mut Tx, of: &Inquiry, step: &Step) -> Result<()> {
    sqlx::query!(
        "insert into inquiry_step (partition_id, id, inquiry_id, asked, unit_id, person_id, n, kind, from_state, to_state, said_on, due_on,
                                   said_sealed, files, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        of.partition.0,
        step.id.0,
        of.id.0,
        of.asked.word(),
        of.unit.map(|unit| unit.0),
        of.person.map(|person| person.0),
        step.n,
        step.kind.word(),
        step.from.map(State::word),
        step.to.word(),
        step.said_on,
        step.due_on,
        step.said.as_ref().map(Sealed::as_bytes),
        step.files,
        &step.record_hash,
        step.created_at,
        step.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_file(tx: &mut Tx, of: &Inquiry, stored: &StoredFile, attachment: &Attachment) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    sqlx::query!(
        "insert into file (partition_id, id, unit_id, person_id, kind, media_type, size_bytes, original_sha256, sealed_sha256, created_at, created_by)
         values ($1, $2, $3, $4, 'OTHER', $5, $6, $7, $8, $9, $10)",
        of.partition.0,
        stored.id.0,
        of.unit.map(|unit| unit.0),
        of.person.map(|person| person.0),
        attachment.media_type,
        attachment.size,
        &stored.original[..],
        &stored.sealed[..],
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn insert_attachment(tx: &mut Tx, of: &Inquiry, attachment: &Attachment) -> Result<()> {
    sqlx::query!(
        "insert into inquiry_file (partition_id, file_id, step_id, inquiry_id, asked, unit_id, person_id, place, name_sealed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        of.partition.0,
        attachment.file.0,
        attachment.step.0,
        of.id.0,
        of.asked.word(),
        of.unit.map(|unit| unit.0),
        of.person.map(|person| person.0),
        attachment.place,
        attachment.name.as_bytes()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
