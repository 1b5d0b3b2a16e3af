//! SQL of rounds of practice.
use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use super::model::{PasswordCell, Round, State};
use super::policy::{Begin, Build, Close, Practice};
use crate::kernel::id::{AccountId, PartitionId, PracticeId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Action, Error, Permit, Refusal, Result, Tx};

/// The agency's rounds, one of them or all, the newest first.
async fn list(tx: &mut Tx, agency: PartitionId, one: Option<PracticeId>, limit: i64) -> Result<Vec<Round>> {
    let rows = sqlx::query_as!(
        Round,
        r#"select partition_id as "partition: PartitionId", id as "id: PracticeId", state as "state: State", built,
                  practice_id as "practice: PartitionId", prefix, password_sealed as "password: Sealed<PasswordCell>", created_at,
                  updated_at as moved_at
           from practice_round where partition_id = $1 and ($2::uuid is null or id = $2)
           order by created_at desc, id desc limit $3"#,
        agency.0,
        one.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One round of the agency.
///
/// # Errors
/// Not found.
pub async fn find(tx: &mut Tx, agency: PartitionId, id: PracticeId) -> Result<Round> {
    list(tx, agency, Some(id), 1).await?.pop().ok_or(Error::NotFound)
}

/// The agency's newest round.
pub async fn newest(tx: &mut Tx, agency: PartitionId) -> Result<Option<Round>> {
    Ok(list(tx, agency, None, 1).await?.pop())
}

/// Rounds the agency began since an instant.
pub async fn begun_since(tx: &mut Tx, agency: PartitionId, since: DateTime<Utc>) -> Result<i64> {
    let row = sqlx::query!(
        r#"select count(*) as "count!" from practice_round where partition_id = $1 and created_at >= $2"#,
        agency.0,
        since
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.count)
}

pub async fn insert(tx: &mut Tx, permit: &Permit<Begin, Practice>, id: PracticeId) -> Result<()> {
    let (now, name, by) = (tx.now(), tx.name(), tx.actor().account_or_nil());
    sqlx::query!(
        "insert into practice_round (partition_id, id, state, created_at, created_by, updated_at, updated_by)
         values ($1, $2, 'BUILDING', $3, $4, $3, $5)",
        permit.on().agency.0,
        id.0,
        now,
        by.0,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whoever knew the password, it opens nothing any more.
pub async fn close(tx: &mut Tx, permit: &Permit<Close, Round>) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    let done = sqlx::query!(
        "update practice_round set state = 'CLOSED', password_sealed = null, updated_at = $3, updated_by = $4
         where partition_id = $1 and id = $2 and state = 'OPEN'",
        on.partition.0,
        on.id.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    moved(done.rows_affected())
}

/// So many parts are built.
pub async fn advance(tx: &mut Tx, permit: &Permit<Build, Round>, built: i16) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    let done = sqlx::query!(
        "update practice_round set built = $3, updated_at = $4, updated_by = $5
         where partition_id = $1 and id = $2 and state = 'BUILDING'",
        on.partition.0,
        on.id.0,
        built,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    moved(done.rows_affected())
}

/// The world is whole.
pub async fn open(
    tx: &mut Tx,
    permit: &Permit<Build, Round>,
    practice: PartitionId,
    prefix: &str,
    password: &Sealed<PasswordCell>,
) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    let done = sqlx::query!(
        "update practice_round set state = 'OPEN', practice_id = $3, prefix = $4, password_sealed = $5, updated_at = $6, updated_by = $7
         where partition_id = $1 and id = $2 and state = 'BUILDING'",
        on.partition.0,
        on.id.0,
        practice.0,
        prefix,
        password.as_bytes(),
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    moved(done.rows_affected())
}

/// Nobody builds it any more: its job gave up, or was not seen for long by who begins another.
pub async fn fail<A: Action, R>(tx: &mut Tx, _permit: &Permit<A, R>, round: &Round) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update practice_round set state = 'FAILED', updated_at = $3, updated_by = $4
         where partition_id = $1 and id = $2 and state = 'BUILDING'",
        round.partition.0,
        round.id.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    moved(done.rows_affected())
}

/// Accounts of a partition that still open something.
pub async fn live_accounts(tx: &mut Tx, partition: PartitionId) -> Result<Vec<AccountId>> {
    let rows = sqlx::query!(
        r#"select id as "id: AccountId" from account where partition_id = $1 and state <> 'DISABLED' order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Somebody else moved the round on since it was read.
fn moved(rows: u64) -> Result<()> {
    match rows {
        1 => Ok(()),
        _ => Err(Refusal::new(
            "round_moved",
            "Bản thực hành vừa được người khác đóng hoặc làm lại.",
            "Đề nghị tải lại trang để xem trạng thái mới nhất.",
        )
        .status(StatusCode::CONFLICT)
        .into()),
    }
}
