//! SQL of the figures `--once` prints.
use crate::kernel::id::PartitionId;
use crate::kernel::{Result, Tx};

/// People, obligations, declarations, scans read, scans waiting of a partition.
pub async fn counts(tx: &mut Tx, partition: PartitionId) -> Result<(i64, i64, i64, i64, i64)> {
    let row = sqlx::query!(
        r#"select (select count(*) from person where partition_id = $1) as "people!",
                  (select count(*) from obligation where partition_id = $1) as "obligations!",
                  (select count(*) from declaration where partition_id = $1) as "declarations!",
                  (select count(*) from intake where partition_id = $1 and state in ('READ', 'ACCEPTED')) as "read!",
                  (select count(*) from intake where partition_id = $1 and state in ('RECEIVED', 'READING')) as "waiting!""#,
        partition.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.people, row.obligations, row.declarations, row.read, row.waiting))
}

/// Provinces and communes loaded.
pub async fn places(tx: &mut Tx) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) filter (where level = 'PROVINCE') as "provinces!", count(*) filter (where level = 'COMMUNE') as "communes!" from admin_unit"#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.provinces, row.communes))
}
