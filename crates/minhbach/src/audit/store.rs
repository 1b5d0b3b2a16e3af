//! SQL of the log. Only the sequencer inserts leaves, nodes and checkpoints.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use ledger::{Frontier, Hash, NodeId};

use crate::campaign::model::Way;
use crate::campaign::record::{DeliveryRecord, NonSubmissionRecord, ReminderRecord};
use crate::declaration::demand::model::{Asks, Reached, Reasons, SignerName, SignerPosition, Withdrawal};
use crate::declaration::demand::{self, Demand};
use crate::declaration::model::{
    Act, AssetFact, DocumentCell, Findings, ProposedDemand, ReceiverName, ReceiverPosition, Shortcoming,
    ShortcomingReason,
};
use crate::declaration::publication::Mode;
use crate::declaration::signals::Mark;
use crate::disclosure::model::{
    ChairName, ChairPosition, HeadName, HeadPosition, Place, Questions, Reading, Reason, UnionName, UnionPosition,
};
use crate::disclosure::{self, Disclosure};
use crate::handover::model::{HanderName, HanderPosition, ItemState, TakerName, TakerPosition};
use crate::handover::record::{Line, Verdict};
use crate::handover::{self, HandOver};
use crate::kernel::id::{
    DeclarationId, DemandId, DisclosureId, EventId, FileId, HandOverId, IssueId, ObligationId, OrganisationId,
    PartitionId, PersonId, ReceiptId, ReminderId, VersionId,
};
use crate::kernel::keys::Sealed;
use crate::kernel::{Result, Tx};

/// Partitions with events that wait for their place.
pub async fn partitions_waiting(tx: &mut Tx) -> Result<Vec<PartitionId>> {
    let rows = sqlx::query!(r#"select distinct partition_id as "id: PartitionId" from event_queue"#)
        .fetch_all(tx.conn())
        .await?;
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
    let row = sqlx::query!(
        r#"select coalesce(max(leaf_index) + 1, 0) as "size!" from log_leaf where partition_id = $1"#,
        partition.0
    )
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
pub async fn append(
    tx: &mut Tx,
    partition: PartitionId,
    first: u64,
    leaves: &[Waiting],
    nodes: &[(NodeId, Hash)],
) -> Result<()> {
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
    sqlx::query!("delete from event_queue where partition_id = $1 and event_id = any($2)", partition.0, &events)
        .execute(tx.conn())
        .await?;
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
    let row =
        sqlx::query!("select leaf_index from log_leaf where partition_id = $1 and event_id = $2", partition.0, event.0)
            .fetch_optional(tx.conn())
            .await?;
    Ok(row.map(|r| r.leaf_index as u64))
}

/// The promise given with an event.
pub async fn promise_of(tx: &mut Tx, partition: PartitionId, event: EventId) -> Result<Option<String>> {
    let row =
        sqlx::query!("select promise from log_promise where partition_id = $1 and event_id = $2", partition.0, event.0)
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

/// All signed checkpoints of a partition in the order they were made.
pub async fn checkpoints(tx: &mut Tx, partition: PartitionId) -> Result<Vec<String>> {
    let rows = sqlx::query!("select note from log_checkpoint where partition_id = $1 order by tree_size", partition.0)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| r.note).collect())
}

/// A leaf with its event, if the event is still there.
pub struct LoggedEvent {
    pub leaf_index: i64,
    pub leaf_hash: Vec<u8>,
    pub event: EventId,
    pub nonce: Option<Vec<u8>>,
    pub body: Option<String>,
    pub name: Option<String>,
    pub act: Option<uuid::Uuid>,
    pub account: Option<uuid::Uuid>,
    pub unit: Option<uuid::Uuid>,
    pub person: Option<uuid::Uuid>,
    pub occurred_at: Option<DateTime<Utc>>,
}

impl LoggedEvent {
    /// Whether the columns people are shown say what the hashed body says.
    pub fn says_what_was_hashed(&self, body: &serde_json::Value) -> bool {
        let id = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse::<uuid::Uuid>().ok());
        let at = body["at"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        self.name.as_deref() == body["event"].as_str()
            && Some(self.event.0) == id(&body["id"])
            && self.act == id(&body["act"])
            && self.account == id(&body["actor"]["account"])
            && self.unit == id(&body["unit"])
            && self.person == id(&body["person"])
            && self.occurred_at.map(|at| at.timestamp_micros()) == at.map(|at| at.timestamp_micros())
    }
}

/// Leaves from `from` on, at most `limit`.
pub async fn leaves(tx: &mut Tx, partition: PartitionId, from: i64, limit: i64) -> Result<Vec<LoggedEvent>> {
    let rows = sqlx::query_as!(
        LoggedEvent,
        r#"select l.leaf_index, l.leaf_hash, l.event_id as "event: EventId", e.nonce as "nonce?", e.body as "body?",
                  e.name as "name?", e.act_id as "act?", e.account_id as account, e.unit_id as unit, e.person_id as person, e.occurred_at as "occurred_at?"
           from log_leaf l left join event e on e.partition_id = l.partition_id and e.id = l.event_id
           where l.partition_id = $1 and l.leaf_index >= $2 order by l.leaf_index limit $3"#,
        partition.0,
        from,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

pub async fn waiting_count(tx: &mut Tx, partition: PartitionId) -> Result<i64> {
    let row = sqlx::query!(r#"select count(*) as "count!" from event_queue where partition_id = $1"#, partition.0)
        .fetch_one(tx.conn())
        .await?;
    Ok(row.count)
}

/// An event without a leaf, and whether it waits for one.
pub struct Unplaced {
    pub id: EventId,
    pub body: String,
    pub queued: bool,
}

pub async fn unplaced_events(tx: &mut Tx, partition: PartitionId) -> Result<Vec<Unplaced>> {
    let rows = sqlx::query_as!(
        Unplaced,
        r#"select e.id as "id: EventId", e.body, q.event_id is not null as "queued!"
           from event e left join log_leaf l on l.partition_id = e.partition_id and l.event_id = e.id
                left join event_queue q on q.partition_id = e.partition_id and q.event_id = e.id
           where e.partition_id = $1 and l.event_id is null"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Events whose promised time has passed without a leaf.
pub async fn broken_promises(tx: &mut Tx, partition: PartitionId) -> Result<Vec<EventId>> {
    let now = tx.now();
    let rows = sqlx::query!(
        r#"select p.event_id as "id: EventId" from log_promise p
           left join log_leaf l on l.partition_id = p.partition_id and l.event_id = p.event_id
           where p.partition_id = $1 and p.due_at < $2 and l.event_id is null"#,
        partition.0,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// A version with everything its event speaks of.
pub struct StoredVersion {
    pub id: VersionId,
    pub declaration: DeclarationId,
    pub event: EventId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub head_unit: OrganisationId,
    pub head_person: PersonId,
    pub obligation: Option<ObligationId>,
    pub kind: String,
    /// How the first version came.
    pub channel: String,
    pub head_completed_on: NaiveDate,
    pub number: i32,
    pub act: Act,
    pub completed_on: NaiveDate,
    pub previous_hash: Option<Vec<u8>>,
    pub document_hash: Vec<u8>,
    pub sealed_hash: Vec<u8>,
    pub facts_hash: Vec<u8>,
    pub form_hash: Vec<u8>,
    pub rule_set_hash: Vec<u8>,
    pub document: Sealed<DocumentCell>,
    pub source_file: Option<FileId>,
}

pub async fn versions(tx: &mut Tx, partition: PartitionId) -> Result<Vec<StoredVersion>> {
    let rows = sqlx::query_as!(
        StoredVersion,
        r#"select v.id as "id: VersionId", v.declaration_id as "declaration: DeclarationId", v.event_id as "event: EventId",
                  v.unit_id as "unit: OrganisationId", v.person_id as "person: PersonId", d.unit_id as "head_unit: OrganisationId",
                  d.person_id as "head_person: PersonId", d.obligation_id as "obligation: ObligationId", d.kind, d.channel, d.completed_on as head_completed_on,
                  v.version as number, v.act as "act: Act", v.completed_on, v.previous_hash, v.document_hash, v.sealed_hash, v.facts_hash, v.form_hash, v.rule_set_hash,
                  v.document_sealed as "document: Sealed<DocumentCell>", v.source_file_id as "source_file: FileId"
           from declaration_version v join declaration d on d.partition_id = v.partition_id and d.id = v.declaration_id
           where v.partition_id = $1 order by v.id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Shortcomings, reasons and proposed demands of a partition by version.
pub async fn findings(tx: &mut Tx, partition: PartitionId) -> Result<BTreeMap<uuid::Uuid, Findings>> {
    let mut by_version: BTreeMap<uuid::Uuid, Findings> = BTreeMap::new();
    let rows = sqlx::query!(
        r#"select version_id, id, rule, severity, path, reason_sealed as "reason: Sealed<ShortcomingReason>"
           from shortcoming where partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    for r in rows {
        let found = Shortcoming { id: r.id, rule: r.rule, severity: r.severity, path: r.path, reason: r.reason };
        by_version.entry(r.version_id).or_default().shortcomings.push(found);
    }
    let demands = sqlx::query!(
        "select version_id, id, rules from completion_demand where partition_id = $1 order by id",
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    for r in demands {
        let findings = by_version.entry(r.version_id).or_default();
        // One is proposed with a version; a second beside it must not hide behind the first.
        match &mut findings.demand {
            Some(first) => first.rules.extend(r.rules),
            none => *none = Some(ProposedDemand { id: r.id, rules: r.rules }),
        }
    }
    Ok(by_version)
}

type Marked = ((uuid::Uuid, uuid::Uuid), Mark);

/// The marks of the partition's versions, each with the unit and person its row names.
pub async fn marks(tx: &mut Tx, partition: PartitionId) -> Result<BTreeMap<uuid::Uuid, Vec<Marked>>> {
    let rows = sqlx::query!(
        "select version_id, unit_id, person_id, path, mark from declaration_mark where partition_id = $1",
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    let mut by_version: BTreeMap<uuid::Uuid, Vec<Marked>> = BTreeMap::new();
    for r in rows {
        let marked = ((r.unit_id, r.person_id), Mark { path: r.path, mark: r.mark });
        by_version.entry(r.version_id).or_default().push(marked);
    }
    Ok(by_version)
}

/// The facts stored under a tag, in the shape they were made.
pub async fn facts(tx: &mut Tx, partition: PartitionId, tag: &[u8]) -> Result<Vec<AssetFact>> {
    let rows = sqlx::query!(
        r#"select position, code, value_kind, amount, trim_scale(area_m2)::text as area_m2, province_code
           from asset_fact where partition_id = $1 and tag = $2 order by position"#,
        partition.0,
        tag
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| AssetFact {
            position: r.position,
            code: r.code,
            value_kind: r.value_kind,
            amount: r.amount,
            area_m2: r.area_m2,
            province_code: r.province_code,
        })
        .collect())
}

/// Papers whose state the nation counts as another than it is.
pub async fn papers_miscounted(tx: &mut Tx, partition: PartitionId) -> Result<i64> {
    let row = sqlx::query!(
        r#"select count(*) as "count!" from intake i
           left join paper_progress p on p.partition_id = i.partition_id and p.id = i.id
           where i.partition_id = $1
             and p.state is distinct from case i.state when 'ACCEPTED' then 'RECORDED' when 'OLDER' then 'RECORDED' when 'SET_ASIDE' then 'PUT_AWAY' else 'WAITING' end"#,
        partition.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.count)
}

/// Facts under none of the tags.
pub async fn orphaned_facts(tx: &mut Tx, partition: PartitionId, tags: &[Vec<u8>]) -> Result<i64> {
    let row = sqlx::query!(
        r#"select count(*) as "count!" from asset_fact where partition_id = $1 and not tag = any($2)"#,
        partition.0,
        tags
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.count)
}

/// Tags of facts that count no more.
pub async fn facts_replaced(tx: &mut Tx, partition: PartitionId) -> Result<BTreeSet<Vec<u8>>> {
    let rows = sqlx::query!("select tag from asset_fact_replaced where partition_id = $1", partition.0)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| r.tag).collect())
}

/// Every demand of a partition, with everything its events speak of.
pub async fn demands(tx: &mut Tx, partition: PartitionId) -> Result<Vec<Demand>> {
    let rows = sqlx::query_as!(
        Demand,
        r#"select partition_id as "partition: PartitionId", id as "id: DemandId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", declaration_id as "declaration: DeclarationId", version_id as "version: VersionId",
                  year, number, asks as "asks: Asks", issued_on, reasons_sealed as "reasons: Sealed<Reasons>",
                  signer_name_sealed as "signer_name: Sealed<SignerName>", signer_position_sealed as "signer_position: Sealed<SignerPosition>",
                  issue_hash, created_at, state as "state: demand::State", reached_on, reached_by as "reached_by: Reached", due_on,
                  answered_on, answer_version_id as "answer: VersionId", withdrawn_on, withdrawal_sealed as "withdrawal: Sealed<Withdrawal>"
           from demand where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A receipt with everything its event speaks of.
pub struct StoredReceipt {
    pub id: ReceiptId,
    pub version: VersionId,
    pub declaration: DeclarationId,
    pub received_on: NaiveDate,
    pub hand_over_due_on: NaiveDate,
    pub name: Sealed<ReceiverName>,
    pub position: Sealed<ReceiverPosition>,
}

pub async fn receipts(tx: &mut Tx, partition: PartitionId) -> Result<Vec<StoredReceipt>> {
    let rows = sqlx::query_as!(
        StoredReceipt,
        r#"select id as "id: ReceiptId", version_id as "version: VersionId", declaration_id as "declaration: DeclarationId", received_on,
                  hand_over_due_on, receiver_name_sealed as "name: Sealed<ReceiverName>", receiver_position_sealed as "position: Sealed<ReceiverPosition>"
           from receipt where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Batches handed over, with everything their events speak of.
pub async fn hand_overs(tx: &mut Tx, partition: PartitionId) -> Result<Vec<HandOver>> {
    let rows = sqlx::query_as!(
        HandOver,
        r#"select partition_id as "partition: PartitionId", id as "id: HandOverId", unit_id as "unit: OrganisationId", year, number,
                  state as "state: handover::State", handed_on, hander_name_sealed as "hander_name: Sealed<HanderName>",
                  hander_position_sealed as "hander_position: Sealed<HanderPosition>", sent_hash, created_at, taken_on,
                  taker_name_sealed as "taker_name: Sealed<TakerName>", taker_position_sealed as "taker_position: Sealed<TakerPosition>",
                  taken_hash
           from hand_over where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What stands in the batches, and what was said of each when it was taken. A row under another unit than its batch counts
/// twice, so that no hash fits: the service would take it for handed over.
pub async fn hand_over_items(
    tx: &mut Tx,
    partition: PartitionId,
) -> Result<HashMap<HandOverId, (Vec<Line>, Vec<Verdict>)>> {
    let rows = sqlx::query!(
        r#"select i.id, i.hand_over_id as "batch: HandOverId", i.name_sealed, i.position_sealed, i.declaration_id as "declaration: DeclarationId", i.version_id as "version: VersionId",
                  i.document_hash, i.copies, i.state as "state: ItemState", i.reason_sealed,
                  exists (select from hand_over h where h.partition_id = i.partition_id and h.id = i.hand_over_id and h.unit_id = i.unit_id) as "is_units!"
           from hand_over_item i where i.partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    let mut items: HashMap<HandOverId, (Vec<Line>, Vec<Verdict>)> = HashMap::new();
    for row in rows {
        let (lines, verdicts) = items.entry(row.batch).or_default();
        let (declaration, version) = (row.declaration, row.version);
        let line = Line {
            id: row.id,
            declaration,
            version,
            name_sealed: row.name_sealed,
            position_sealed: row.position_sealed,
            document_hash: row.document_hash,
            copies: row.copies,
        };
        if !row.is_units {
            lines.push(line.clone());
        }
        lines.push(line);
        if row.state != ItemState::Listed {
            verdicts.push(Verdict { declaration, missing_reason_sealed: row.reason_sealed });
        }
    }
    Ok(items)
}

/// Reminders with the hash their row has.
pub async fn reminders(tx: &mut Tx, partition: PartitionId) -> Result<Vec<(ReminderRecord, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select id as "id: ReminderId", unit_id as "unit: OrganisationId", person_id as "person: PersonId",
                  obligation_id as "obligation: ObligationId", issue_id as "issue: IssueId", number, due_on, document_no, issued_on, answer_by,
                  after_id as "after: ReminderId", after_answer_by, signer_name_sealed, signer_position_sealed, name_sealed, position_sealed,
                  record_hash
           from reminder where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let reminder = ReminderRecord {
                id: r.id,
                unit: r.unit,
                person: r.person,
                obligation: r.obligation,
                issue: r.issue,
                number: r.number,
                due_on: r.due_on,
                document_no: r.document_no,
                issued_on: r.issued_on,
                answer_by: r.answer_by,
                after: r.after.zip(r.after_answer_by),
                signer_name_sealed: r.signer_name_sealed,
                signer_position_sealed: r.signer_position_sealed,
                name_sealed: r.name_sealed,
                position_sealed: r.position_sealed,
            };
            (reminder, r.record_hash)
        })
        .collect())
}

/// How reminders reached their people, with the hash the row has.
pub async fn deliveries(tx: &mut Tx, partition: PartitionId) -> Result<Vec<(DeliveryRecord, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select id, unit_id as "unit: OrganisationId", person_id as "person: PersonId", reminder_id as "reminder: ReminderId",
                  way as "way: Way", delivered_on, record_hash
           from reminder_delivery where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let (unit, person, reminder) = (r.unit, r.person, r.reminder);
            let delivery =
                DeliveryRecord { id: r.id, unit, person, reminder, way: r.way, delivered_on: r.delivered_on };
            (delivery, r.record_hash)
        })
        .collect())
}

/// Non-submissions with the hash their row has.
pub async fn non_submissions(tx: &mut Tx, partition: PartitionId) -> Result<Vec<(NonSubmissionRecord, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select id, unit_id as "unit: OrganisationId", person_id as "person: PersonId", obligation_id as "obligation: ObligationId",
                  due_on, second_id as "second: ReminderId", second_answer_by, recorded_on, explanation_sealed, record_hash
           from non_submission where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| {
            let record = NonSubmissionRecord {
                id: r.id,
                unit: r.unit,
                person: r.person,
                obligation: r.obligation,
                due_on: r.due_on,
                second: r.second,
                second_answer_by: r.second_answer_by,
                recorded_on: r.recorded_on,
                explanation_sealed: r.explanation_sealed,
            };
            (record, r.record_hash)
        })
        .collect())
}

/// Publications, with everything their events speak of.
pub async fn disclosures(tx: &mut Tx, partition: PartitionId) -> Result<Vec<Disclosure>> {
    let rows = sqlx::query_as!(
        Disclosure,
        r#"select partition_id as "partition: PartitionId", id as "id: DisclosureId", unit_id as "unit: OrganisationId", mode as "mode: Mode",
                  state as "state: disclosure::State", rule_set, from_on, until_on, place_sealed as "place: Sealed<Place>", summoned, present,
                  needed, reading as "reading: Reading", chair_name_sealed as "chair_name: Sealed<ChairName>",
                  chair_position_sealed as "chair_position: Sealed<ChairPosition>", questions_sealed as "questions: Sealed<Questions>",
                  begun_hash, created_at, closed_on, minutes_year, minutes_number, head_name_sealed as "head_name: Sealed<HeadName>",
                  head_position_sealed as "head_position: Sealed<HeadPosition>", union_name_sealed as "union_name: Sealed<UnionName>",
                  union_position_sealed as "union_position: Sealed<UnionPosition>", broken_on, reason_sealed as "reason: Sealed<Reason>", end_hash
           from disclosure where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A declaration of a publication, and whether its row says of itself what its publication and its declaration say.
pub struct PublishedLine {
    pub line: disclosure::record::Line,
    pub agrees: bool,
}

/// What stands in the publications. A row under another unit or person than its declaration, or with another end than its
/// publication, does not agree: people would read it so.
pub async fn disclosure_items(
    tx: &mut Tx,
    partition: PartitionId,
) -> Result<HashMap<DisclosureId, Vec<PublishedLine>>> {
    let rows = sqlx::query!(
        r#"select i.id, i.disclosure_id as "disclosure: DisclosureId", i.declaration_id as "declaration: DeclarationId",
                  i.version_id as "version: VersionId", i.person_id as "person: PersonId", i.handed_on, i.due_on, i.name_sealed,
                  i.position_sealed, i.place_sealed, i.document_hash,
                  exists (select from disclosure s join declaration d on d.partition_id = s.partition_id
                          where s.partition_id = i.partition_id and s.id = i.disclosure_id and d.id = i.declaration_id
                            and s.unit_id = i.unit_id and d.unit_id = i.unit_id and d.person_id = i.person_id
                            and (s.mode, s.from_on, s.until_on, s.state) = (i.mode, i.from_on, i.until_on, i.state)
                            and s.broken_on is not distinct from i.broken_on and s.minutes_year is not distinct from i.minutes_year
                            and s.minutes_number is not distinct from i.minutes_number) as "agrees!"
           from disclosure_item i where i.partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    let mut items: HashMap<DisclosureId, Vec<PublishedLine>> = HashMap::new();
    for row in rows {
        let line = disclosure::record::Line {
            id: row.id,
            declaration: row.declaration,
            version: row.version,
            person: row.person,
            handed_on: row.handed_on,
            due_on: row.due_on,
            name_sealed: row.name_sealed,
            position_sealed: row.position_sealed,
            place_sealed: row.place_sealed,
            document_hash: row.document_hash,
        };
        items.entry(row.disclosure).or_default().push(PublishedLine { line, agrees: row.agrees });
    }
    Ok(items)
}

/// An obligation as the log is asked about it.
pub struct ObligationState {
    pub id: ObligationId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub declaration: Option<DeclarationId>,
    pub channel: Option<String>,
    pub received_on: Option<NaiveDate>,
    /// The day on the receipt of what was last handed in.
    pub receipt_on: Option<NaiveDate>,
    pub kind: String,
    pub year: i16,
    pub rule_set: String,
    pub nth: i16,
    pub due_on: NaiveDate,
    pub ended_on: Option<NaiveDate>,
    pub taken_back: bool,
    pub occasion: Option<String>,
    pub occasion_on: Option<NaiveDate>,
    /// The word of `person::course::State`.
    pub state: String,
}

pub async fn obligation_states(tx: &mut Tx, partition: PartitionId) -> Result<Vec<ObligationState>> {
    let rows = sqlx::query_as!(
        ObligationState,
        r#"select o.id as "id: ObligationId", o.unit_id as "unit: OrganisationId", o.person_id as "person: PersonId", o.year, o.rule_set, o.declaration_id as "declaration: DeclarationId", o.channel, o.received_on, r.received_on as receipt_on,
                  o.kind, o.nth, o.due_on, o.ended_on, o.taken_back, o.occasion, o.occasion_on, o.state as "state!"
           from obligation o left join declaration_now r on r.partition_id = o.partition_id and r.id = o.declaration_id
           where o.partition_id = $1"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A stored file.
pub struct StoredFile {
    pub id: FileId,
    pub original_sha256: Vec<u8>,
    pub sealed_sha256: Vec<u8>,
}

pub async fn files(tx: &mut Tx, partition: PartitionId) -> Result<Vec<StoredFile>> {
    let rows = sqlx::query_as!(
        StoredFile,
        r#"select id as "id: FileId", original_sha256, sealed_sha256 from file where partition_id = $1 order by id"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Corrections that rely on another last day than their obligation has, or on none.
pub async fn corrections_misdated(tx: &mut Tx, partition: PartitionId) -> Result<Vec<uuid::Uuid>> {
    let rows = sqlx::query!(
        "select c.id from correction c join declaration d on d.partition_id = c.partition_id and d.id = c.declaration_id
                left join obligation o on o.partition_id = d.partition_id and o.id = d.obligation_id
         where c.partition_id = $1 and o.due_on is distinct from c.due_on",
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
