//! SQL of copies handed out, signatures and time stamps.
use chrono::{DateTime, Utc};

use super::model::{
    ActKind, ActReason, Beside, CertificateCell, Channel, CmsCell, DataReportCell, DataSignature, Followed, HandedOut,
    ReportCell, Side, Signable, Signature, SignatureAct, Stamp, StampReportCell, Subject, TokenCell, Verdict,
};
use super::policy::{PutStamp, RecordPaper, Sign, SignData};
use super::stamp::StampSignature;
use crate::kernel::id::{AccountId, FileId, OrganisationId, PartitionId, PersonId, SignatureId, SigningCopyId};
use crate::kernel::jobs::Owner;
use crate::kernel::keys::Sealed;
use crate::kernel::{Action, Error, Permit, Result, StoredFile, Tx};

async fn insert_file(tx: &mut Tx, on: &Signable, file: &StoredFile) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    let size = i64::try_from(file.size).map_err(anyhow::Error::from)?;
    sqlx::query!(
        "insert into file (partition_id, id, unit_id, person_id, kind, media_type, size_bytes, original_sha256, sealed_sha256, created_at, created_by)
         values ($1, $2, $3, $4, $5, 'application/pdf', $6, $7, $8, $9, $10)",
        on.partition.0,
        file.id.0,
        on.unit.0,
        on.person.map(|person| person.0),
        if on.subject == Subject::Declaration { "DECLARATION_PDF" } else { "OTHER" },
        size,
        &file.original[..],
        &file.sealed[..],
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The copy handed out of one thing, if it was.
pub async fn copy(tx: &mut Tx, on: &Signable) -> Result<Option<HandedOut>> {
    Ok(copies(tx, on.partition, Some(on.id)).await?.into_iter().find(|copy| copy.subject == on.subject))
}

/// The copies of a partition, or those of one thing.
pub async fn copies(tx: &mut Tx, partition: PartitionId, of: Option<uuid::Uuid>) -> Result<Vec<HandedOut>> {
    let rows = sqlx::query_as!(
        HandedOut,
        r#"select c.partition_id as "partition: PartitionId", c.id as "id: SigningCopyId", c.unit_id as "unit: OrganisationId",
                  c.person_id as "person: PersonId", c.subject as "subject: Subject", c.subject_id, c.root_id as root,
                  c.file_id as "file: FileId", f.sealed_sha256, c.pdf_hash, c.created_at
           from signing_copy c join file f on f.partition_id = c.partition_id and f.id = c.file_id
           where c.partition_id = $1 and ($2::uuid is null or c.subject_id = $2) order by c.id"#,
        partition.0,
        of
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Puts down what is handed out; `false` when a copy was handed out meanwhile, and nothing is put down.
pub async fn insert_copy(
    tx: &mut Tx,
    permit: &Permit<Sign, Signable>,
    id: SigningCopyId,
    file: &StoredFile,
) -> Result<bool> {
    let on = *permit.on();
    tx.take_turn("signature.copy", format!("{} {}", on.partition, on.id)).await?;
    if copy(tx, &on).await?.is_some() {
        return Ok(false);
    }
    insert_file(tx, &on, file).await?;
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    sqlx::query!(
        "insert into signing_copy (partition_id, id, unit_id, person_id, subject, subject_id, root_id, file_id, pdf_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        on.partition.0,
        id.0,
        on.unit.0,
        on.person.map(|person| person.0),
        on.subject.word(),
        on.id,
        on.root,
        file.id.0,
        &file.original[..],
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// Inserts an electronic signature with its file.
pub async fn insert_digital(
    tx: &mut Tx,
    permit: &Permit<Sign, Signable>,
    new: &Signature,
    file: &StoredFile,
) -> Result<()> {
    insert_file(tx, permit.on(), file).await?;
    insert(tx, permit, new).await
}

/// Inserts a signature on paper.
pub async fn insert_paper(tx: &mut Tx, permit: &Permit<RecordPaper, Signable>, new: &Signature) -> Result<()> {
    insert(tx, permit, new).await
}

async fn insert<A: Action>(tx: &mut Tx, _permit: &Permit<A, Signable>, new: &Signature) -> Result<()> {
    sqlx::query!(
        "insert into signature (partition_id, id, unit_id, person_id, subject, subject_id, root_id, side, channel, copy_id, file_id,
                                verdict, signed_at, value_hash, certificate_sealed, report_sealed, paper_on, record_hash, created_at, created_by,
                                record_version, follows_id, over_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        new.partition.0,
        new.id.0,
        new.unit.0,
        new.person.map(|person| person.0),
        new.subject.word(),
        new.subject_id,
        new.root,
        new.side.word(),
        new.channel.word(),
        new.copy.map(|copy| copy.0),
        new.file.map(|file| file.0),
        new.verdict.map(Verdict::word),
        new.signed_at,
        new.value_hash.as_deref(),
        new.certificate.as_ref().map(Sealed::as_bytes),
        new.report.as_ref().map(Sealed::as_bytes),
        new.paper_on,
        &new.record_hash,
        new.created_at,
        new.created_by.0,
        new.record_version,
        new.follows.map(|id| id.0),
        new.over.map(|id| id.0)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which signatures are asked for, within what the context shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    pub id: Option<SignatureId>,
    pub root: Option<uuid::Uuid>,
    pub partition: Option<PartitionId>,
}

/// Signatures, the oldest first.
pub async fn list(tx: &mut Tx, asked: Asked) -> Result<Vec<Signature>> {
    let rows = sqlx::query_as!(
        Signature,
        r#"select partition_id as "partition: PartitionId", id as "id: SignatureId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", subject as "subject: Subject", subject_id, root_id as root, side as "side: Side",
                  channel as "channel: Channel", copy_id as "copy: SigningCopyId", file_id as "file: FileId",
                  verdict as "verdict: Verdict", signed_at, value_hash,
                  certificate_sealed as "certificate: Sealed<CertificateCell>", report_sealed as "report: Sealed<ReportCell>",
                  paper_on, follows_id as "follows: SignatureId", over_id as "over: SignatureId", record_version, record_hash,
                  created_at, created_by as "created_by: AccountId"
           from signature
           where ($1::uuid is null or id = $1) and ($2::uuid is null or root_id = $2) and ($3::uuid is null or partition_id = $3)
           order by id"#,
        asked.id.map(|id| id.0),
        asked.root,
        asked.partition.map(|partition| partition.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One signature within what the context shows.
pub async fn find(tx: &mut Tx, id: SignatureId) -> Result<Signature> {
    let partition = tx.actor().agency();
    list(tx, Asked { id: Some(id), partition, ..Asked::default() }).await?.pop().ok_or(Error::NotFound)
}

/// Every signature of a declaration, batch or publication with what came of it, the oldest first.
pub async fn of_root(tx: &mut Tx, on: &Signable) -> Result<Vec<Followed>> {
    let all = list(tx, Asked { root: Some(on.root), partition: Some(on.partition), ..Asked::default() }).await?;
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let mut acts = acts(tx, on.partition, Some(&ids)).await?;
    let mut data = data(tx, on.partition, Some(&ids)).await?;
    let mut followed = Vec::with_capacity(all.len());
    for signature in all {
        let (own, others) = acts.into_iter().partition(|act| act.signature == signature.id);
        acts = others;
        let beside = data.iter().position(|one| one.signature == signature.id).map(|at| data.swap_remove(at));
        followed.push(Followed { signature, acts: own, data: beside });
    }
    Ok(followed)
}

/// What came of signatures: of a whole partition, or of these.
pub async fn acts(tx: &mut Tx, partition: PartitionId, of: Option<&[SignatureId]>) -> Result<Vec<SignatureAct>> {
    let of: Option<Vec<uuid::Uuid>> = of.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query_as!(
        SignatureAct,
        r#"select signature_id as "signature: SignatureId", act as "act: ActKind", reason_sealed as "reason: Sealed<ActReason>",
                  record_hash, created_at, created_by as "created_by: AccountId"
           from signature_act where partition_id = $1 and ($2::uuid[] is null or signature_id = any($2))
           order by created_at, act"#,
        partition.0,
        of.as_deref()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Under whom what came of a signature stands.
pub struct Place {
    pub table: String,
    pub signature: SignatureId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
}

/// Under whom acts, time stamps and detached signatures of a partition's signatures stand.
pub async fn places(tx: &mut Tx, partition: PartitionId) -> Result<Vec<Place>> {
    let rows = sqlx::query_as!(
        Place,
        r#"select 'signature_act' as "table!", signature_id as "signature!: SignatureId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId" from signature_act where partition_id = $1
           union all
           select 'signature_stamp', signature_id, unit_id, person_id from signature_stamp where partition_id = $1
           union all
           select 'signature_data', signature_id, unit_id, person_id from signature_data where partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One signature with what came of it, within what the context shows.
pub async fn followed(tx: &mut Tx, id: SignatureId) -> Result<Followed> {
    let signature = find(tx, id).await?;
    let acts = acts(tx, signature.partition, Some(&[id])).await?;
    let data = data(tx, signature.partition, Some(&[id])).await?.pop();
    Ok(Followed { signature, acts, data })
}

/// Puts down what came of a signature.
pub async fn insert_act<A: Action>(tx: &mut Tx, permit: &Permit<A, Followed>, new: &SignatureAct) -> Result<()> {
    let on = &permit.on().signature;
    sqlx::query!(
        "insert into signature_act (partition_id, signature_id, unit_id, person_id, act, reason_sealed, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        on.partition.0,
        on.id.0,
        on.unit.0,
        on.person.map(|person| person.0),
        new.act.word(),
        new.reason.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How far the queue is with the time stamp of a signature: whether it was given up, and when it was last at it.
pub async fn stamp_job(
    tx: &mut Tx,
    partition: PartitionId,
    job: &StampSignature,
) -> Result<Option<(bool, Option<DateTime<Utc>>)>> {
    let row = sqlx::query!(
        "select state = 'FAILED' as \"is_over!\", finished_at from job where partition_id = $1 and kind = 'signature.timestamp' and dedup_key = $2",
        partition.0,
        job.name()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.is_over, row.finished_at)))
}

/// Digital signatures of a partition, in files and detached, that have no time stamp; and whose they are.
pub async fn unstamped(tx: &mut Tx, partition: PartitionId) -> Result<Vec<(StampSignature, Owner)>> {
    let rows = sqlx::query!(
        r#"select s.id as "id!: SignatureId", s.beside as "beside!: Beside", s.unit_id as "unit!: OrganisationId",
                  s.person_id as "person: PersonId"
           from (select id, 'FILE' as beside, unit_id, person_id from signature where partition_id = $1 and channel = 'DIGITAL'
                 union all
                 select signature_id, 'DATA', unit_id, person_id from signature_data where partition_id = $1) s
           where not exists (select from signature_stamp t
                             where t.partition_id = $1 and t.signature_id = s.id and t.beside = s.beside)
           order by s.id, s.beside"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    let asked = rows.into_iter().map(|row| {
        let owner = Owner { partition, unit: Some(row.unit), person: row.person };
        (StampSignature { signature: row.id, beside: row.beside }, owner)
    });
    Ok(asked.collect())
}

/// The name in the store of a signature's file.
pub async fn sealed_name(tx: &mut Tx, partition: PartitionId, file: FileId) -> Result<Vec<u8>> {
    let row = sqlx::query!("select sealed_sha256 from file where partition_id = $1 and id = $2", partition.0, file.0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(|row| row.sealed_sha256).ok_or(Error::NotFound)
}

/// The time stamps of a partition, or of one signature.
pub async fn stamps(tx: &mut Tx, partition: PartitionId, of: Option<SignatureId>) -> Result<Vec<Stamp>> {
    let rows = sqlx::query_as!(
        Stamp,
        r#"select signature_id as "signature: SignatureId", beside as "beside: Beside", stamped_at, token_sealed as "token: Sealed<TokenCell>",
                  report_sealed as "report: Sealed<StampReportCell>", record_hash
           from signature_stamp where partition_id = $1 and ($2::uuid is null or signature_id = $2)
           order by signature_id, beside"#,
        partition.0,
        of.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Puts a time stamp beside its signature.
pub async fn insert_stamp(tx: &mut Tx, permit: &Permit<PutStamp, Signature>, stamp: &Stamp) -> Result<()> {
    let (on, now) = (permit.on(), tx.now());
    sqlx::query!(
        "insert into signature_stamp (partition_id, signature_id, beside, unit_id, person_id, stamped_at, token_sealed, report_sealed, record_hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        on.partition.0,
        on.id.0,
        stamp.beside.word(),
        on.unit.0,
        on.person.map(|person| person.0),
        stamp.stamped_at,
        stamp.token.as_bytes(),
        stamp.report.as_bytes(),
        &stamp.record_hash,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Detached signatures over documents: of a whole partition, or beside these.
pub async fn data(tx: &mut Tx, partition: PartitionId, of: Option<&[SignatureId]>) -> Result<Vec<DataSignature>> {
    let of: Option<Vec<uuid::Uuid>> = of.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query_as!(
        DataSignature,
        r#"select signature_id as "signature: SignatureId", document_hash, verdict as "verdict: Verdict", value_hash,
                  cms_sealed as "cms: Sealed<CmsCell>", report_sealed as "report: Sealed<DataReportCell>", record_hash, created_at,
                  created_by as "created_by: AccountId"
           from signature_data where partition_id = $1 and ($2::uuid[] is null or signature_id = any($2)) order by signature_id"#,
        partition.0,
        of.as_deref()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Puts a detached signature beside the one in the file.
pub async fn insert_data(tx: &mut Tx, permit: &Permit<SignData, Followed>, new: &DataSignature) -> Result<()> {
    let on = &permit.on().signature;
    sqlx::query!(
        "insert into signature_data (partition_id, signature_id, unit_id, person_id, document_hash, verdict, value_hash, cms_sealed,
                                     report_sealed, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        on.partition.0,
        on.id.0,
        on.unit.0,
        on.person.map(|person| person.0),
        &new.document_hash,
        new.verdict.word(),
        &new.value_hash,
        new.cms.as_bytes(),
        new.report.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
