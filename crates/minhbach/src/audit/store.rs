//! SQL of the log. Only the sequencer inserts leaves, nodes and checkpoints.
use chrono::{DateTime, Utc};
use ledger::{Frontier, Hash, NodeId};

use crate::kernel::id::{EventId, PartitionId};
use crate::kernel::{Result, Tx};

/// Partitions with events that wait for their place.
pub async fn partitions_waiting(tx: &mut Tx) -> Result<Vec<PartitionId>> {
    let rows = sqlx::query!(r#"select distinct partition_id as "id: PartitionId" from event_queue"#).fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// Makes this transaction the partition's only sequencer until it ends. False when another one is at work.
pub async fn lock_log(tx: &mut Tx, partition: PartitionId) -> Result<bool> {
    // Two 32-bit numbers out of the partition's id; a collision only makes two partitions take turns.
    let (high, low) = partition.0.as_u64_pair();
    let key = (high ^ low.rotate_left(17)) as i64;
    let row = sqlx::query!(r#"select pg_try_advisory_xact_lock($1) as "locked!""#, key).fetch_one(tx.conn()).await?;
    Ok(row.locked)
}

/// An event that waits.
pub struct Waiting {
    pub event: EventId,
    pub leaf_hash: Vec<u8>,
    pub occurred_at: DateTime<Utc>,
}

/// The next events of a partition in the order they were made, at most `limit`.
pub async fn take_waiting(tx: &mut Tx, partition: PartitionId, limit: i64) -> Result<Vec<Waiting>> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"select e.id as "event: EventId", e.leaf_hash, e.occurred_at
           from event_queue q join event e on e.partition_id = q.partition_id and e.id = q.event_id
           where q.partition_id = $1 order by e.id limit $2"#,
        partition.0,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The number of leaves of a partition's log.
pub async fn tree_size(tx: &mut Tx, partition: PartitionId) -> Result<u64> {
    let row = sqlx::query!(r#"select coalesce(max(leaf_index) + 1, 0) as "size!" from log_leaf where partition_id = $1"#, partition.0)
        .fetch_one(tx.conn())
        .await?;
    u64::try_from(row.size).map_err(|_| crate::bug!("a log has {} leaves", row.size))
}

/// What is needed to go on appending.
pub async fn frontier(tx: &mut Tx, partition: PartitionId) -> Result<Frontier> {
    let size = tree_size(tx, partition).await?;
    let plan = ledger::plan_root(size);
    let ids: Vec<NodeId> = plan.nodes().collect();
    let hashes = nodes(tx, partition, &ids).await?;
    Frontier::new(size, hashes).map_err(|error| crate::bug!("the log's stored nodes: {error}"))
}

/// The hashes of complete subtrees, in the order asked. Level 0 is a leaf.
pub async fn nodes(tx: &mut Tx, partition: PartitionId, ids: &[NodeId]) -> Result<Vec<Hash>> {
    let levels: Vec<i16> = ids.iter().map(|id| i16::from(id.level)).collect();
    let indexes: Vec<i64> = ids.iter().map(|id| i64::try_from(id.index).unwrap_or(i64::MAX)).collect();
    let rows = sqlx::query!(
        r#"select coalesce(l.leaf_hash, n.hash) as hash
           from unnest($2::smallint[], $3::bigint[]) with ordinality as w (level, index, position)
           left join log_leaf l on w.level = 0 and l.partition_id = $1 and l.leaf_index = w.index
           left join log_node n on w.level > 0 and n.partition_id = $1 and n.level = w.level and n.node_index = w.index
           order by w.position"#,
        partition.0,
        &levels,
        &indexes
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| to_hash(row.hash.as_deref())).collect()
}

fn to_hash(bytes: Option<&[u8]>) -> Result<Hash> {
    let bytes = bytes.ok_or_else(|| crate::bug!("a node of the log is missing"))?;
    Ok(Hash(bytes.try_into().map_err(|_| crate::bug!("a node of the log is not 32 bytes"))?))
}

/// Gives events their leaves, stores the subtrees they complete, and takes them off the queue.
pub async fn append(tx: &mut Tx, partition: PartitionId, first: u64, leaves: &[Waiting], nodes: &[(NodeId, Hash)]) -> Result<()> {
    let events: Vec<uuid::Uuid> = leaves.iter().map(|l| l.event.0).collect();
    let indexes: Vec<i64> = (first..).take(leaves.len()).map(|i| i as i64).collect();
    let hashes: Vec<Vec<u8>> = leaves.iter().map(|l| l.leaf_hash.clone()).collect();
    sqlx::query!(
        "insert into log_leaf (partition_id, leaf_index, event_id, leaf_hash) select $1, * from unnest($2::bigint[], $3::uuid[], $4::bytea[])",
        partition.0,
        &indexes,
        &events,
        &hashes
    )
    .execute(tx.conn())
    .await?;
    let upper: Vec<&(NodeId, Hash)> = nodes.iter().filter(|(id, _)| id.level > 0).collect();
    let levels: Vec<i16> = upper.iter().map(|(id, _)| i16::from(id.level)).collect();
    let places: Vec<i64> = upper.iter().map(|(id, _)| id.index as i64).collect();
    let hashes: Vec<Vec<u8>> = upper.iter().map(|(_, hash)| hash.as_bytes().to_vec()).collect();
    sqlx::query!(
        "insert into log_node (partition_id, level, node_index, hash) select $1, * from unnest($2::smallint[], $3::bigint[], $4::bytea[])",
        partition.0,
        &levels,
        &places,
        &hashes
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("delete from event_queue where partition_id = $1 and event_id = any($2)", partition.0, &events).execute(tx.conn()).await?;
    Ok(())
}

pub async fn insert_checkpoint(tx: &mut Tx, partition: PartitionId, size: u64, root: &Hash, note: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into log_checkpoint (partition_id, tree_size, root, note, created_at) values ($1, $2, $3, $4, $5)",
        partition.0,
        size as i64,
        &root.as_bytes()[..],
        note,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A signed checkpoint.
#[derive(Debug, Clone)]
pub struct StoredCheckpoint {
    pub tree_size: i64,
    pub note: String,
    pub created_at: DateTime<Utc>,
}

pub async fn latest_checkpoint(tx: &mut Tx, partition: PartitionId) -> Result<Option<StoredCheckpoint>> {
    let row = sqlx::query_as!(
        StoredCheckpoint,
        "select tree_size, note, created_at from log_checkpoint where partition_id = $1 order by tree_size desc limit 1",
        partition.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// The leaf of an event, once it has one.
pub async fn leaf_of(tx: &mut Tx, partition: PartitionId, event: EventId) -> Result<Option<u64>> {
    let row = sqlx::query!("select leaf_index from log_leaf where partition_id = $1 and event_id = $2", partition.0, event.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|r| r.leaf_index as u64))
}

/// The promise given with an event.
pub async fn promise_of(tx: &mut Tx, partition: PartitionId, event: EventId) -> Result<Option<String>> {
    let row = sqlx::query!("select promise from log_promise where partition_id = $1 and event_id = $2", partition.0, event.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|r| r.promise))
}

/// How long the oldest waiting event has waited, in seconds; for the monitor.
pub async fn oldest_wait(tx: &mut Tx) -> Result<Option<f64>> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select extract(epoch from $1 - min(e.occurred_at))::float8 as seconds
           from event_queue q join event e on e.partition_id = q.partition_id and e.id = q.event_id"#,
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.seconds)
}

/// A line of the log as its viewer shows it.
pub struct LogLine {
    pub leaf_index: Option<i64>,
    pub name: String,
    pub occurred_at: DateTime<Utc>,
    pub body: String,
}

/// The newest events of the context's partition.
pub async fn newest(tx: &mut Tx, partition: PartitionId, limit: i64) -> Result<Vec<LogLine>> {
    let rows = sqlx::query_as!(
        LogLine,
        r#"select l.leaf_index as "leaf_index?", e.name, e.occurred_at, e.body
           from event e left join log_leaf l on l.partition_id = e.partition_id and l.event_id = e.id
           where e.partition_id = $1 order by e.id desc limit $2"#,
        partition.0,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
