//! SQL of papers, their pages and their files.
use super::model::{CheckedCell, FileName, Intake, PageImage, ReadingCell, SealedPapers, State};
use super::policy::{CheckPaper, Inbox, ReadPaper, ReceivePaper, RecordOlder, Resume, SetAside, TakeBackOlder};
use crate::kernel::id::{DeclarationId, FileId, IntakeId, PartitionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Action, Error, Permit, Result, Tx};

/// A file to be inserted; its sealed bytes are in the file store already.
pub struct NewFile<'a> {
    pub id: FileId,
    pub partition: PartitionId,
    /// SCAN or PAGE_IMAGE.
    pub kind: &'static str,
    pub media_type: &'a str,
    pub size_bytes: usize,
    pub original_sha256: [u8; 32],
    pub sealed_sha256: [u8; 32],
    pub name: Option<&'a str>,
}

pub async fn insert_file<A: Action, R>(tx: &mut Tx, _permit: &Permit<A, R>, file: &NewFile<'_>) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    let size = i64::try_from(file.size_bytes).map_err(anyhow::Error::from)?;
    let name = match file.name {
        Some(name) => Some(tx.keys().seal::<FileName>(file.partition, file.id.0, &name.to_owned())?),
        None => None,
    };
    sqlx::query!(
        "insert into file (partition_id, id, kind, media_type, size_bytes, original_sha256, sealed_sha256, name_sealed, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        file.partition.0,
        file.id.0,
        file.kind,
        file.media_type,
        size,
        &file.original_sha256[..],
        &file.sealed_sha256[..],
        name.as_ref().map(Sealed::as_bytes),
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The first paper made from the same original, if there is one.
pub async fn by_original(tx: &mut Tx, partition: PartitionId, original: &[u8; 32]) -> Result<Option<IntakeId>> {
    let row = sqlx::query!(
        r#"select i.id as "id: IntakeId" from intake i join file f on f.partition_id = i.partition_id and f.id = i.file_id
           where f.partition_id = $1 and f.original_sha256 = $2 order by i.id limit 1"#,
        partition.0,
        &original[..]
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.id))
}

/// Carries a paper's state over to what the nation may count; in the transaction that changed it. What it counts as is
/// compared with the paper itself when the log is verified.
async fn follow(tx: &mut Tx, partition: PartitionId, id: IntakeId, state: State) -> Result<()> {
    sqlx::query!(
        "insert into paper_progress (partition_id, id, state) values ($1, $2, $3)
         on conflict (partition_id, id) do update set state = excluded.state",
        partition.0,
        id.0,
        state.counted_as()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn insert(tx: &mut Tx, permit: &Permit<ReceivePaper, Inbox>, id: IntakeId, file: FileId) -> Result<()> {
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into intake (partition_id, id, file_id, state, created_at, created_by, updated_at, updated_by)
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
    follow(tx, permit.on().0, id, State::Received).await
}

/// A paper within what the context shows.
pub async fn find(tx: &mut Tx, id: IntakeId) -> Result<Intake> {
    let agency = tx.actor().agency().map(|p| p.0);
    let row = sqlx::query_as!(
        Intake,
        r#"select i.partition_id as "partition: PartitionId", i.id as "id: IntakeId", i.state as "state: State", i.file_id as "file: FileId",
                  f.name_sealed as "name: Sealed<FileName>", f.size_bytes, f.media_type, f.original_sha256, f.sealed_sha256,
                  i.page_count, i.pages_done, i.refusal, i.doubtful_count as doubtful, i.revision,
                  i.declaration_id as "declaration: DeclarationId", i.created_at
           from intake i join file f on f.partition_id = i.partition_id and f.id = i.file_id
           where i.id = $1 and ($2::uuid is null or i.partition_id = $2)"#,
        id.0,
        agency
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// The same, and nobody else changes it until commit.
pub async fn find_locked(tx: &mut Tx, id: IntakeId) -> Result<Intake> {
    sqlx::query!("select id from intake where id = $1 for update", id.0).fetch_optional(tx.conn()).await?;
    find(tx, id).await
}

/// Papers in a state, oldest first, after a given one.
pub async fn list(tx: &mut Tx, state: Option<State>, after: Option<IntakeId>, limit: i64) -> Result<Vec<Intake>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query_as!(
        Intake,
        r#"select i.partition_id as "partition: PartitionId", i.id as "id: IntakeId", i.state as "state: State", i.file_id as "file: FileId",
                  f.name_sealed as "name: Sealed<FileName>", f.size_bytes, f.media_type, f.original_sha256, f.sealed_sha256,
                  i.page_count, i.pages_done, i.refusal, i.doubtful_count as doubtful, i.revision,
                  i.declaration_id as "declaration: DeclarationId", i.created_at
           from intake i join file f on f.partition_id = i.partition_id and f.id = i.file_id
           where ($1::uuid is null or i.partition_id = $1) and ($2::text is null or i.state = $2) and ($3::uuid is null or i.id > $3)
           order by i.id limit $4"#,
        agency,
        state.map(State::word),
        after.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// How many papers stand in each state.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(State, i64)>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query!(
        r#"select state as "state: State", count(*) as "n!" from intake where ($1::uuid is null or partition_id = $1) group by state"#,
        agency
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| (r.state, r.n)).collect())
}

pub async fn papers(tx: &mut Tx, intake: &Intake) -> Result<SealedPapers> {
    let row = sqlx::query_as!(
        SealedPapers,
        r#"select reading_sealed as "reading: Sealed<ReadingCell>", checked_sealed as "checked: Sealed<CheckedCell>"
           from intake where partition_id = $1 and id = $2"#,
        intake.partition.0,
        intake.id.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row)
}

pub async fn pages(tx: &mut Tx, intake: &Intake) -> Result<Vec<PageImage>> {
    let rows = sqlx::query_as!(
        PageImage,
        r#"select p.page, p.image_file_id as "file: FileId", p.width, p.height, f.sealed_sha256
           from intake_page p join file f on f.partition_id = p.partition_id and f.id = p.image_file_id
           where p.partition_id = $1 and p.intake_id = $2 order by p.page"#,
        intake.partition.0,
        intake.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Whether a job still waits or runs for this paper. Without one, a paper under way has stopped for good.
pub async fn is_queued(tx: &mut Tx, intake: &Intake, kind: &str) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from job where partition_id = $1 and kind = $2 and payload ->> 'intake' = $3
                          and state in ('WAITING', 'RUNNING')) as "queued!""#,
        intake.partition.0,
        kind,
        intake.id.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.queued)
}

/// How far recognition is. Housekeeping: the result is what the log keeps.
pub async fn set_progress(tx: &mut Tx, intake: &Intake, pages_done: i16, page_count: Option<i16>) -> Result<()> {
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'READING', pages_done = $3, page_count = coalesce($4, page_count), updated_at = $5, updated_by = $6
         where partition_id = $1 and id = $2 and state in ('RECEIVED', 'READING')",
        intake.partition.0,
        intake.id.0,
        pages_done,
        page_count,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn insert_page(
    tx: &mut Tx,
    permit: &Permit<ReadPaper, Intake>,
    of: IntakeId,
    page: &PageImage,
) -> Result<()> {
    sqlx::query!(
        "insert into intake_page (partition_id, intake_id, page, image_file_id, width, height) values ($1, $2, $3, $4, $5, $6)
         on conflict (partition_id, intake_id, page) do nothing",
        permit.on().partition.0,
        of.0,
        page.page,
        page.file.0,
        page.width,
        page.height
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A further declaration of the same file: a paper of its own with the same original.
pub async fn insert_sibling(tx: &mut Tx, permit: &Permit<ReadPaper, Intake>, id: IntakeId) -> Result<()> {
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into intake (partition_id, id, file_id, state, created_at, created_by, updated_at, updated_by)
         values ($1, $2, $3, 'READING', $4, $5, $4, $6)",
        permit.on().partition.0,
        id.0,
        permit.on().file.0,
        now,
        by.0,
        act
    )
    .execute(tx.conn())
    .await?;
    follow(tx, permit.on().partition, id, State::Reading).await
}

pub async fn set_read(
    tx: &mut Tx,
    permit: &Permit<ReadPaper, Intake>,
    id: IntakeId,
    reading: &Sealed<ReadingCell>,
    pages: i16,
    doubtful: i32,
) -> Result<()> {
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'READ', reading_sealed = $3, page_count = $4, pages_done = $4, doubtful_count = $5, refusal = null,
                updated_at = $6, updated_by = $7
         where partition_id = $1 and id = $2",
        permit.on().partition.0,
        id.0,
        reading.as_bytes(),
        pages,
        doubtful,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_refused(tx: &mut Tx, permit: &Permit<ReadPaper, Intake>, refusal: &str) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'REFUSED', refusal = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
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

/// Keeps what was checked if nobody saved since `expected`. Returns whether it was kept.
pub async fn set_checked(
    tx: &mut Tx,
    permit: &Permit<CheckPaper, Intake>,
    checked: &Sealed<CheckedCell>,
    expected: i32,
) -> Result<bool> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update intake set checked_sealed = $3, revision = revision + 1, updated_at = $4, updated_by = $5
         where partition_id = $1 and id = $2 and revision = $6 and state = 'READ'",
        on.partition.0,
        on.id.0,
        checked.as_bytes(),
        now,
        act,
        expected
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The declaration stands.
pub async fn set_accepted(tx: &mut Tx, permit: &Permit<CheckPaper, Intake>, declaration: DeclarationId) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'ACCEPTED', declaration_id = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        declaration.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    follow(tx, on.partition, on.id, State::Accepted).await
}

/// On record as a declaration on an older form.
pub async fn set_older(tx: &mut Tx, permit: &Permit<RecordOlder, Intake>) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'OLDER', revision = revision + 1, updated_at = $3, updated_by = $4 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    follow(tx, on.partition, on.id, State::Older).await
}

/// Taken back: the paper waits again as it did, to be read by an officer or as one that could not be read.
pub async fn take_back_older(tx: &mut Tx, permit: &Permit<TakeBackOlder, Intake>) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let row = sqlx::query!(
        r#"update intake set state = case when refusal is null then 'READ' else 'REFUSED' end, revision = revision + 1, updated_at = $3, updated_by = $4
           where partition_id = $1 and id = $2 and state = 'OLDER' returning state as "state: State""#,
        on.partition.0,
        on.id.0,
        now,
        act
    )
    .fetch_one(tx.conn())
    .await?;
    follow(tx, on.partition, on.id, row.state).await
}

pub async fn set_aside(tx: &mut Tx, permit: &Permit<SetAside, Intake>, reason: &str) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update intake set state = 'SET_ASIDE', refusal = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        reason,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    follow(tx, on.partition, on.id, State::SetAside).await
}

/// Takes a paper up again: to an officer's desk when it has been read or is to be typed by hand, to recognition
/// otherwise. Returns the new state.
pub async fn resume(tx: &mut Tx, permit: &Permit<Resume, Intake>, by_hand: bool) -> Result<State> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let row = sqlx::query!(
        r#"update intake set state = case when reading_sealed is null and not $5 then 'RECEIVED' else 'READ' end, refusal = null, pages_done = 0,
                  updated_at = $3, updated_by = $4
           where partition_id = $1 and id = $2 returning state as "state: State""#,
        on.partition.0,
        on.id.0,
        now,
        act,
        by_hand
    )
    .fetch_one(tx.conn())
    .await?;
    follow(tx, on.partition, on.id, row.state).await?;
    Ok(row.state)
}

/// The paper a declaration was read from; of one file there may be many.
pub async fn of_file(
    tx: &mut Tx,
    partition: PartitionId,
    file: FileId,
    declaration: DeclarationId,
) -> Result<Option<IntakeId>> {
    let row = sqlx::query!(
        r#"select id as "id: IntakeId" from intake where partition_id = $1 and file_id = $2 and declaration_id = $3
           order by id desc limit 1"#,
        partition.0,
        file.0,
        declaration.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.id))
}
