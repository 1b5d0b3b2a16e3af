//! SQL of workbooks and their rows.
use super::super::policy::Inbox;
use super::model::{FaultsCell, State, Taken, Workbook};
use super::policy::{ImportWorkbook, ReceiveWorkbook, ResumeWorkbook};
use crate::intake;
use crate::intake::model::FileName;
use crate::kernel::id::{FileId, IntakeId, PartitionId, WorkbookId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};

/// The workbook made from the same original, if there is one.
pub async fn by_original(tx: &mut Tx, partition: PartitionId, original: &[u8; 32]) -> Result<Option<WorkbookId>> {
    let row = sqlx::query!(
        r#"select w.id as "id: WorkbookId" from workbook w join file f on f.partition_id = w.partition_id and f.id = w.file_id
           where f.partition_id = $1 and f.original_sha256 = $2 order by w.id limit 1"#,
        partition.0,
        &original[..]
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.id))
}

pub async fn insert(tx: &mut Tx, permit: &Permit<ReceiveWorkbook, Inbox>, id: WorkbookId, file: FileId) -> Result<()> {
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into workbook (partition_id, id, file_id, state, created_at, created_by, updated_at, updated_by)
         values ($1, $2, $3, 'RECEIVED', $4, $5, $4, $6)",
        permit.on().0.0,
        id.0,
        file.0,
        now,
        by.0,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A workbook within what the context shows.
pub async fn find(tx: &mut Tx, id: WorkbookId) -> Result<Workbook> {
    let agency = tx.actor().agency().map(|p| p.0);
    let row = sqlx::query_as!(
        Workbook,
        r#"select w.partition_id as "partition: PartitionId", w.id as "id: WorkbookId", w.state as "state: State", w.file_id as "file: FileId",
                  f.name_sealed as "name: Sealed<FileName>", f.size_bytes, f.original_sha256, f.sealed_sha256, w.refusal, w.form, w.people,
                  w.people_done, w.row_count, w.last_row, w.papers, w.same, w.left_out, w.faults, w.started_at, w.created_at, w.updated_at
           from workbook w join file f on f.partition_id = w.partition_id and f.id = w.file_id
           where w.id = $1 and ($2::uuid is null or w.partition_id = $2)"#,
        id.0,
        agency
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// The same, and nobody else changes it until commit.
pub async fn find_locked(tx: &mut Tx, id: WorkbookId) -> Result<Workbook> {
    sqlx::query!("select id from workbook where id = $1 for update", id.0).fetch_optional(tx.conn()).await?;
    find(tx, id).await
}

/// The newest workbooks, before a given one.
pub async fn list(tx: &mut Tx, before: Option<WorkbookId>, limit: i64) -> Result<Vec<Workbook>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query_as!(
        Workbook,
        r#"select w.partition_id as "partition: PartitionId", w.id as "id: WorkbookId", w.state as "state: State", w.file_id as "file: FileId",
                  f.name_sealed as "name: Sealed<FileName>", f.size_bytes, f.original_sha256, f.sealed_sha256, w.refusal, w.form, w.people,
                  w.people_done, w.row_count, w.last_row, w.papers, w.same, w.left_out, w.faults, w.started_at, w.created_at, w.updated_at
           from workbook w join file f on f.partition_id = w.partition_id and f.id = w.file_id
           where ($1::uuid is null or w.partition_id = $1) and ($2::uuid is null or w.id < $2)
           order by w.id desc limit $3"#,
        agency,
        before.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Whether a job still waits or runs for this workbook. Without one, a workbook under way has stopped for good.
pub async fn is_queued(tx: &mut Tx, workbook: &Workbook, kind: &str) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from job where partition_id = $1 and kind = $2 and payload ->> 'workbook' = $3
                          and state in ('WAITING', 'RUNNING')) as "queued!""#,
        workbook.partition.0,
        kind,
        workbook.id.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.queued)
}

/// How much there is to do. Housekeeping: what comes of the rows is what the log keeps.
pub async fn set_begun(tx: &mut Tx, workbook: &Workbook, form: &str, people: i32, row_count: i32) -> Result<()> {
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update workbook set state = 'IMPORTING', form = $3, people = $4, row_count = $5, started_at = coalesce(started_at, $6),
                updated_at = $6, updated_by = $7
         where partition_id = $1 and id = $2 and state in ('RECEIVED', 'IMPORTING')",
        workbook.partition.0,
        workbook.id.0,
        form,
        people,
        row_count,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a portion of rows came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    pub people: i32,
    pub papers: i32,
    pub same: i32,
    pub left_out: i32,
    pub faults: i32,
}

/// Notes how far the workbook is; with the papers of the portion, in their transaction.
pub async fn set_progress(
    tx: &mut Tx,
    permit: &Permit<ImportWorkbook, Workbook>,
    last_row: i32,
    sums: Sums,
) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update workbook set state = 'IMPORTING', last_row = $3, people_done = people_done + $4, papers = papers + $5, same = same + $6,
                left_out = left_out + $7, faults = faults + $8, updated_at = $9, updated_by = $10
         where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        last_row,
        sums.people,
        sums.papers,
        sums.same,
        sums.left_out,
        sums.faults,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Papers of a portion, ready for an officer, in columns.
#[derive(Debug, Default)]
pub struct NewPapers {
    pub id: Vec<uuid::Uuid>,
    pub unfit: Vec<i32>,
    pub reading: Vec<Vec<u8>>,
    /// Only where something has to be mended: checking begins with the reading otherwise.
    pub checked: Vec<Option<Vec<u8>>>,
}

pub async fn insert_papers(tx: &mut Tx, permit: &Permit<ImportWorkbook, Workbook>, papers: &NewPapers) -> Result<()> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into intake (partition_id, id, file_id, state, doubtful_count, reading_sealed, checked_sealed, created_at, created_by, updated_at, updated_by)
         select $1, p.id, $2, 'READ', p.unfit, p.reading, p.checked, $3, $4, $3, $5
         from unnest($6::uuid[], $7::integer[], $8::bytea[], $9::bytea[]) p (id, unfit, reading, checked)",
        on.partition.0,
        on.file.0,
        now,
        by.0,
        act,
        &papers.id,
        &papers.unfit,
        &papers.reading,
        &papers.checked as &[Option<Vec<u8>>]
    )
    .execute(tx.conn())
    .await?;
    // What the nation may count of them, as for every paper (`intake::store`).
    sqlx::query!(
        "insert into paper_progress (partition_id, id, state) select $1, p.id, $2 from unnest($3::uuid[]) p (id)",
        on.partition.0,
        intake::State::Read.counted_as(),
        &papers.id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What came of rows, in columns.
#[derive(Debug, Default)]
pub struct NewRows {
    pub sheet: Vec<i16>,
    pub row: Vec<i32>,
    pub intake: Vec<Option<uuid::Uuid>>,
    pub is_same: Vec<bool>,
    pub tag: Vec<Option<Vec<u8>>>,
    pub faults: Vec<i32>,
    pub faults_sealed: Vec<Option<Vec<u8>>>,
}

pub async fn insert_rows(tx: &mut Tx, permit: &Permit<ImportWorkbook, Workbook>, rows: &NewRows) -> Result<()> {
    let on = permit.on();
    sqlx::query!(
        "insert into workbook_row (partition_id, workbook_id, sheet, row_number, intake_id, is_same, tag, faults, faults_sealed)
         select $1, $2, r.* from unnest($3::smallint[], $4::integer[], $5::uuid[], $6::boolean[], $7::bytea[], $8::integer[], $9::bytea[]) r",
        on.partition.0,
        on.id.0,
        &rows.sheet,
        &rows.row,
        &rows.intake as &[Option<uuid::Uuid>],
        &rows.is_same,
        &rows.tag as &[Option<Vec<u8>>],
        &rows.faults,
        &rows.faults_sealed as &[Option<Vec<u8>>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Papers made before of rows that said the same.
pub async fn taken_before(tx: &mut Tx, partition: PartitionId, tags: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, IntakeId)>> {
    let rows = sqlx::query!(
        r#"select tag as "tag!", intake_id as "intake!: IntakeId" from workbook_row where partition_id = $1 and tag = any($2)"#,
        partition.0,
        tags
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.tag, r.intake)).collect())
}

pub async fn set_done(tx: &mut Tx, permit: &Permit<ImportWorkbook, Workbook>, faults: i32) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update workbook set state = 'DONE', faults = faults + $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        faults,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_refused(tx: &mut Tx, permit: &Permit<ImportWorkbook, Workbook>, refusal: &str) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update workbook set state = 'REFUSED', refusal = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        refusal,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn resume(tx: &mut Tx, permit: &Permit<ResumeWorkbook, Workbook>) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update workbook set state = 'RECEIVED', refusal = null, updated_at = $3, updated_by = $4 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What came of rows, by place in the workbook, after a given place; those with something wrong only, or all.
pub async fn rows(
    tx: &mut Tx,
    workbook: &Workbook,
    with_faults: bool,
    after: (i16, i32),
    limit: i64,
) -> Result<Vec<Taken>> {
    let rows = sqlx::query_as!(
        Taken,
        r#"select r.sheet, r.row_number as "row", r.intake_id as "intake: IntakeId", r.is_same, r.faults,
                  r.faults_sealed as "faults_sealed: Sealed<FaultsCell>", i.state as "paper?: intake::State"
           from workbook_row r left join intake i on i.partition_id = r.partition_id and i.id = r.intake_id
           where r.partition_id = $1 and r.workbook_id = $2 and (r.faults > 0 or not $3)
             and (r.sheet, r.row_number) > ($4::smallint, $5::integer)
           order by r.sheet, r.row_number limit $6"#,
        workbook.partition.0,
        workbook.id.0,
        with_faults,
        after.0,
        after.1,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
