//! SQL of drafts, declarations, versions, facts, shortcomings and receipts.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use super::carry::Source;
use super::model::{
    Act, AssetFact, Channel, Declaration, DocumentCell, DraftCell, Findings, ReceiverName, ReceiverPosition,
    Shortcoming, ShortcomingReason, Version,
};
use super::policy::{FileDeclaration, Filing, Receive, WriteDraft};
use super::publication::{Mode, Publication, PublishedPlace, State, ToPublish, Unended};
use super::signals::Mark;
use crate::kernel::id::{
    DeclarationId, DemandId, DraftId, EventId, FileId, ObligationId, OrganisationId, PartitionId, PersonId, ReceiptId,
    VersionId,
};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};
use crate::person::Obligation;

/// The draft of an obligation, made when there is none. Returns its id and whether it was made now.
pub async fn open_draft(tx: &mut Tx, permit: &Permit<WriteDraft, Obligation>) -> Result<(DraftId, bool)> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let made = sqlx::query!(
        r#"insert into draft (partition_id, id, unit_id, person_id, obligation_id, state, created_at, updated_at, updated_by)
           values ($1, $2, $3, $4, $5, 'OPEN', $6, $6, $7)
           on conflict (partition_id, obligation_id) do nothing returning id as "id: DraftId""#,
        on.partition.0,
        DraftId::new().0,
        on.unit.0,
        on.person.0,
        on.id.0,
        now,
        act
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(row) = made {
        return Ok((row.id, true));
    }
    Ok((draft_of(tx, on.partition, on.id).await?.ok_or(Error::NotFound)?, false))
}

/// The draft of an obligation, if it was opened. Only its author sees it.
pub async fn draft_of(tx: &mut Tx, partition: PartitionId, obligation: ObligationId) -> Result<Option<DraftId>> {
    let row = sqlx::query!(
        r#"select id as "id: DraftId" from draft where partition_id = $1 and obligation_id = $2"#,
        partition.0,
        obligation.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.id))
}

/// A section of a draft, still sealed.
#[derive(Debug, Clone)]
pub struct DraftSection {
    pub section: String,
    pub revision: i32,
    pub content: Sealed<DraftCell>,
    pub updated_at: DateTime<Utc>,
}

pub async fn draft_sections(tx: &mut Tx, partition: PartitionId, draft: DraftId) -> Result<Vec<DraftSection>> {
    let rows = sqlx::query_as!(
        DraftSection,
        r#"select section, revision, content_sealed as "content: Sealed<DraftCell>", updated_at
           from draft_section where partition_id = $1 and draft_id = $2"#,
        partition.0,
        draft.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One section of a draft, if it is there.
pub async fn draft_section(
    tx: &mut Tx,
    partition: PartitionId,
    draft: DraftId,
    section: &str,
) -> Result<Option<DraftSection>> {
    let row = sqlx::query_as!(
        DraftSection,
        r#"select section, revision, content_sealed as "content: Sealed<DraftCell>", updated_at
           from draft_section where partition_id = $1 and draft_id = $2 and section = $3"#,
        partition.0,
        draft.0,
        section
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// Saves a section if nobody saved it since `expected` (0: it was not there). Returns the new revision, or `None` when
/// another tab or device was first.
pub async fn save_section(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: DraftId,
    section: &str,
    content: &Sealed<DraftCell>,
    expected: i32,
) -> Result<Option<i32>> {
    let on = permit.on();
    let now = tx.now();
    let row = sqlx::query!(
        "insert into draft_section (partition_id, draft_id, section, person_id, revision, content_sealed, updated_at)
         values ($1, $2, $3, $4, 1, $5, $6)
         on conflict (partition_id, draft_id, section) do update
            set revision = draft_section.revision + 1, content_sealed = excluded.content_sealed, updated_at = excluded.updated_at
            where draft_section.revision = $7
         returning revision",
        on.partition.0,
        draft.0,
        section,
        on.person.0,
        content.as_bytes(),
        now,
        expected
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.revision).filter(|revision| *revision == expected + 1))
}

/// A version with everything that stands beside it; the first one with its declaration.
pub struct NewDeclaration<'a> {
    pub id: DeclarationId,
    pub kind: Kind,
    pub year: i16,
    pub completed_on: NaiveDate,
    pub channel: Channel,
    /// The version this one replaces; none for a new declaration.
    pub replaces: Option<Replaced>,
    pub version: NewVersion<'a>,
    /// Names the facts instead of an id: HMAC(version) under the partition's key.
    pub facts_tag: [u8; 32],
    pub facts: &'a [AssetFact],
    pub marks: &'a [Mark],
    pub findings: &'a Findings,
}

/// A version that another takes the place of. It stays as it is.
pub struct Replaced {
    pub version: i32,
    pub document_hash: Vec<u8>,
    pub facts_tag: [u8; 32],
}

/// A version to be inserted.
pub struct NewVersion<'a> {
    pub id: VersionId,
    pub act: Act,
    pub document_hash: [u8; 32],
    pub sealed_hash: [u8; 32],
    pub sealed: Sealed<DocumentCell>,
    pub rule_set: &'a str,
    pub rule_set_hash: [u8; 32],
    pub form_hash: [u8; 32],
    pub facts_hash: [u8; 32],
    pub source_file: Option<FileId>,
    pub event: EventId,
}

/// Inserts a declaration whole, in one statement and one round trip: the obligation it is for is fulfilled by it, and the
/// draft it was sent from takes no more changes (it stays readable to its author, and only its author's context sees it).
/// A version that replaces another is not received yet, unless it is a correction; the facts of the other count no more.
/// False when the obligation had been fulfilled before, by another declaration than the one that is replaced: then what was
/// inserted must not be committed.
pub async fn insert_declaration(
    tx: &mut Tx,
    permit: &Permit<FileDeclaration, Filing>,
    new: &NewDeclaration<'_>,
) -> Result<bool> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let (version, facts, findings) = (&new.version, new.facts, new.findings);
    let positions: Vec<i16> = facts.iter().map(|f| f.position).collect();
    let codes: Vec<String> = facts.iter().map(|f| f.code.clone()).collect();
    let kinds: Vec<Option<String>> = facts.iter().map(|f| f.value_kind.clone()).collect();
    let amounts: Vec<Option<i64>> = facts.iter().map(|f| f.amount).collect();
    let areas: Vec<Option<String>> = facts.iter().map(|f| f.area_m2.clone()).collect();
    let provinces: Vec<Option<String>> = facts.iter().map(|f| f.province_code.clone()).collect();
    let ids: Vec<uuid::Uuid> = findings.shortcomings.iter().map(|s| s.id).collect();
    let rules: Vec<String> = findings.shortcomings.iter().map(|s| s.rule.clone()).collect();
    let severities: Vec<String> = findings.shortcomings.iter().map(|s| s.severity.clone()).collect();
    let paths: Vec<String> = findings.shortcomings.iter().map(|s| s.path.clone()).collect();
    let reasons: Vec<Option<Vec<u8>>> =
        findings.shortcomings.iter().map(|s| s.reason.as_ref().map(|r| r.as_bytes().to_vec())).collect();
    let demand = findings.demand.as_ref();
    let marked: Vec<String> = new.marks.iter().map(|mark| mark.path.clone()).collect();
    let marks: Vec<Vec<u8>> = new.marks.iter().map(|mark| mark.mark.clone()).collect();
    let row = sqlx::query!(
        r#"with declared as (
            insert into declaration (partition_id, id, unit_id, person_id, obligation_id, kind, year, completed_on, channel, created_at)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where $38::integer = 1),
         versioned as (
            insert into declaration_version (partition_id, id, declaration_id, version, unit_id, person_id, act, document_hash, sealed_hash,
                                             document_sealed, rule_set, rule_set_hash, form_hash, facts_hash, source_file_id, event_id,
                                             created_at, created_by, previous_hash, completed_on)
            values ($1, $11, $2, $38, $3, $4, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $10, $22, $39::bytea, $8)),
         replaced as (
            insert into asset_fact_replaced (partition_id, tag) select $1, $40::bytea where $40::bytea is not null),
         counted as (
            insert into asset_fact (partition_id, tag, year, position, code, value_kind, amount, area_m2, province_code)
            select $1, $23, $7, p, c, k, a, m::numeric, v
            from unnest($24::smallint[], $25::text[], $26::text[], $27::bigint[], $28::text[], $29::text[]) as u (p, c, k, a, m, v)),
         marked as (
            insert into declaration_mark (partition_id, version_id, unit_id, person_id, path, mark)
            select $1, $11, $3, $4, h, b from unnest($41::text[], $42::bytea[]) as u (h, b)),
         found as (
            insert into shortcoming (partition_id, id, declaration_id, version_id, unit_id, person_id, rule, severity, path, reason_sealed)
            select $1, i, $2, $11, $3, $4, r, s, p, x
            from unnest($30::uuid[], $31::text[], $32::text[], $33::text[], $34::bytea[]) as u (i, r, s, p, x)),
         demanded as (
            insert into completion_demand (partition_id, id, declaration_id, version_id, unit_id, person_id, state, rules, created_at, created_by)
            select $1, $35::uuid, $2, $11, $3, $4, 'PROPOSED', $36::text[], $10, $22 where $35 is not null),
         sent as (
            update draft set state = 'SENT', correction_id = null, updated_at = $10, updated_by = $37 where partition_id = $1 and obligation_id = $5),
         fulfilled as (
            update obligation set channel = coalesce(channel, $9), declared_at = coalesce(declared_at, $10),
                   digitised_at = coalesce(digitised_at, $10), declaration_id = $2, received_on = case $12 when 'CORRECTION' then received_on end, rule_set = $16,
                   updated_at = $10, updated_by = $37
            where partition_id = $1 and id = $5
              and case $38 when 1 then declared_at is null and not taken_back else declaration_id = $2 end returning id)
         select $5 is null or exists (select from fulfilled) as "was_open!""#,
        on.partition.0,
        new.id.0,
        on.unit.0,
        on.person.0,
        on.obligation.map(|o| o.0),
        new.kind.as_str(),
        new.year,
        new.completed_on,
        new.channel.word(),
        now,
        version.id.0,
        version.act.word(),
        &version.document_hash[..],
        &version.sealed_hash[..],
        version.sealed.as_bytes(),
        version.rule_set,
        &version.rule_set_hash[..],
        &version.form_hash[..],
        &version.facts_hash[..],
        version.source_file.map(|f| f.0),
        version.event.0,
        by.0,
        &new.facts_tag[..],
        &positions,
        &codes,
        &kinds as &[Option<String>],
        &amounts as &[Option<i64>],
        &areas as &[Option<String>],
        &provinces as &[Option<String>],
        &ids,
        &rules,
        &severities,
        &paths,
        &reasons as &[Option<Vec<u8>>],
        demand.map(|d| d.id),
        demand.map(|d| &d.rules[..]),
        act,
        new.replaces.as_ref().map_or(1, |replaced| replaced.version + 1),
        new.replaces.as_ref().map(|replaced| &replaced.document_hash[..]),
        new.replaces.as_ref().map(|replaced| &replaced.facts_tag[..]),
        &marked,
        &marks
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.was_open)
}

struct DeclarationRow {
    partition: PartitionId,
    id: DeclarationId,
    unit: OrganisationId,
    person: PersonId,
    obligation: Option<ObligationId>,
    kind: String,
    year: i16,
    channel: String,
    created_at: DateTime<Utc>,
    version: VersionId,
    act: Act,
    completed_on: NaiveDate,
    version_at: DateTime<Utc>,
    received_on: Option<NaiveDate>,
    hand_over_due_on: Option<NaiveDate>,
    handed_over_on: Option<NaiveDate>,
    demand: Option<DemandId>,
    demand_due_on: Option<NaiveDate>,
}

impl TryFrom<DeclarationRow> for Declaration {
    type Error = Error;
    fn try_from(r: DeclarationRow) -> Result<Self> {
        let kind = Kind::from_code(&r.kind).ok_or_else(|| crate::bug!("declaration kind {} is not known", r.kind))?;
        Ok(Declaration {
            partition: r.partition,
            id: r.id,
            unit: r.unit,
            person: r.person,
            obligation: r.obligation,
            kind,
            year: r.year,
            channel: r.channel,
            created_at: r.created_at,
            version: r.version,
            act: r.act,
            completed_on: r.completed_on,
            version_at: r.version_at,
            received_on: r.received_on,
            hand_over_due_on: r.hand_over_due_on,
            handed_over_on: r.handed_over_on,
            demand: r.demand,
            demand_due_on: r.demand_due_on,
        })
    }
}

/// A declaration within what the context shows.
pub async fn find(tx: &mut Tx, id: DeclarationId) -> Result<Declaration> {
    let actor = *tx.actor();
    let row = sqlx::query_as!(
        DeclarationRow,
        r#"select d.partition_id as "partition!: PartitionId", d.id as "id!: DeclarationId", d.unit_id as "unit!: OrganisationId",
                  d.person_id as "person!: PersonId", d.obligation_id as "obligation: ObligationId", d.kind as "kind!", d.year as "year!",
                  d.channel as "channel!", d.created_at as "created_at!", d.version_id as "version!: VersionId", d.version_act as "act!: Act",
                  d.completed_on as "completed_on!", d.version_created_at as "version_at!", d.received_on, d.hand_over_due_on,
                  d.handed_over_on, d.demand_id as "demand: DemandId", d.demand_due_on
           from declaration_now d
           where d.id = $1 and ($2::uuid is null or d.partition_id = $2) and ($3::uuid is null or d.unit_id = $3)
             and ($4::uuid is null or d.person_id = $4)"#,
        id.0,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        actor.person().map(|p| p.0)
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)?.try_into()
}

/// Declarations within what the context shows, newest first.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Declaration>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        DeclarationRow,
        r#"select d.partition_id as "partition!: PartitionId", d.id as "id!: DeclarationId", d.unit_id as "unit!: OrganisationId",
                  d.person_id as "person!: PersonId", d.obligation_id as "obligation: ObligationId", d.kind as "kind!", d.year as "year!",
                  d.channel as "channel!", d.created_at as "created_at!", d.version_id as "version!: VersionId", d.version_act as "act!: Act",
                  d.completed_on as "completed_on!", d.version_created_at as "version_at!", d.received_on, d.hand_over_due_on,
                  d.handed_over_on, d.demand_id as "demand: DemandId", d.demand_due_on
           from declaration_now d
           where ($1::uuid is null or d.partition_id = $1) and ($2::uuid is null or d.unit_id = $2) and ($3::uuid is null or d.person_id = $3)
           order by d.id desc limit $4"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        actor.person().map(|p| p.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Declaration::try_from).collect()
}

/// Declarations of one year within what the context shows: those that answer an obligation of the year, and those of the
/// year that answer none.
pub async fn of_year(tx: &mut Tx, year: i16) -> Result<Vec<Declaration>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        DeclarationRow,
        r#"select d.partition_id as "partition!: PartitionId", d.id as "id!: DeclarationId", d.unit_id as "unit!: OrganisationId",
                  d.person_id as "person!: PersonId", d.obligation_id as "obligation: ObligationId", d.kind as "kind!", d.year as "year!",
                  d.channel as "channel!", d.created_at as "created_at!", d.version_id as "version!: VersionId", d.version_act as "act!: Act",
                  d.completed_on as "completed_on!", d.version_created_at as "version_at!", d.received_on, d.hand_over_due_on,
                  d.handed_over_on, d.demand_id as "demand: DemandId", d.demand_due_on
           from declaration_now d
                left join obligation o on o.partition_id = d.partition_id and o.id = d.obligation_id
           where ($1::uuid is null or d.partition_id = $1) and ($2::uuid is null or d.unit_id = $2)
             and coalesce(o.year, d.year) = $3
           order by d.id"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        year
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Declaration::try_from).collect()
}

/// A unit's declarations that it received, whose copy is not handed over and of which nothing is demanded; the earliest
/// last day first.
pub async fn to_hand_over(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Declaration>> {
    let rows = sqlx::query_as!(
        DeclarationRow,
        r#"select d.partition_id as "partition!: PartitionId", d.id as "id!: DeclarationId", d.unit_id as "unit!: OrganisationId",
                  d.person_id as "person!: PersonId", d.obligation_id as "obligation: ObligationId", d.kind as "kind!", d.year as "year!",
                  d.channel as "channel!", d.created_at as "created_at!", d.version_id as "version!: VersionId", d.version_act as "act!: Act",
                  d.completed_on as "completed_on!", d.version_created_at as "version_at!", d.received_on, d.hand_over_due_on,
                  d.handed_over_on, d.demand_id as "demand: DemandId", d.demand_due_on
           from declaration_now d
           where d.unit_id = $1 and d.received_on is not null and d.handed_over_on is null and d.demand_id is null
           order by d.hand_over_due_on, d.id"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Declaration::try_from).collect()
}

/// A declaration of the same person, kind and date, if one is already on record; a version that another replaced counts too.
pub async fn same(
    tx: &mut Tx,
    partition: PartitionId,
    person: PersonId,
    kind: Kind,
    completed_on: NaiveDate,
) -> Result<Option<DeclarationId>> {
    let row = sqlx::query!(
        r#"select d.id as "id: DeclarationId" from declaration d
                join declaration_version v on v.partition_id = d.partition_id and v.declaration_id = d.id
           where d.partition_id = $1 and d.person_id = $2 and d.kind = $3 and v.completed_on = $4 order by d.id limit 1"#,
        partition.0,
        person.0,
        kind.as_str(),
        completed_on
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| r.id))
}

/// What is on record of a person before a new declaration, here or as a copy from the agency of before.
#[derive(Debug, Clone)]
pub struct Latest {
    /// The latest day any declaration was completed on.
    pub completed_on: Option<NaiveDate>,
    /// The latest that describes everything, and its version in force: a supplementary one describes only what is new.
    pub declared: Option<DeclarationId>,
    pub version: Option<VersionId>,
    /// Supplementary ones since, oldest first, and their versions in force.
    pub supplements: Vec<DeclarationId>,
    pub supplement_versions: Vec<VersionId>,
}

impl Latest {
    /// What a copy made now is made from.
    pub fn source(&self) -> Source {
        Source { version: self.version, supplements: self.supplement_versions.clone() }
    }
}

/// The latest before a declaration that is there already, as both were first completed, or of all.
pub async fn latest(
    tx: &mut Tx,
    partition: PartitionId,
    person: PersonId,
    before: Option<DeclarationId>,
) -> Result<Latest> {
    let row = sqlx::query!(
        r#"with told as materialized (
               select n.id, n.version_id, n.kind, n.completed_on as last_completed_on, n.begun_on as completed_on, n.begun_at as created_at
               from declaration_known n
               where n.partition_id = $1 and n.person_id = $2
                 and ($3::uuid is null or (n.begun_on, n.begun_at) < (
                     select o.completed_on, o.created_at from declaration o where o.partition_id = $1 and o.id = $3))),
           whole as (
               select * from told where kind <> 'SUPPLEMENT' order by completed_on desc, created_at desc limit 1),
           since as (
               select t.* from told t join whole w on (t.completed_on, t.created_at) > (w.completed_on, w.created_at)
               where t.kind = 'SUPPLEMENT')
           select (select max(last_completed_on) from told) as completed_on, (select id from whole) as "declared: DeclarationId",
                  (select version_id from whole) as "version: VersionId",
                  coalesce((select array_agg(id order by completed_on, created_at) from since), '{}') as "supplements!: Vec<DeclarationId>",
                  coalesce((select array_agg(version_id order by completed_on, created_at) from since), '{}') as "supplement_versions!: Vec<VersionId>""#,
        partition.0,
        person.0,
        before.map(|d| d.0)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Latest {
        completed_on: row.completed_on,
        declared: row.declared,
        version: row.version,
        supplements: row.supplements,
        supplement_versions: row.supplement_versions,
    })
}

/// The version in force: the last one.
pub async fn latest_version(tx: &mut Tx, declaration: &Declaration) -> Result<Version> {
    version(tx, declaration, None).await
}

/// A version by its number, or the one in force.
pub async fn version(tx: &mut Tx, declaration: &Declaration, number: Option<i32>) -> Result<Version> {
    last_version(tx, declaration, Which { number, ..Which::default() }).await?.ok_or(Error::NotFound)
}

/// Which of a declaration's versions; of several, the last.
#[derive(Default)]
struct Which {
    number: Option<i32>,
    id: Option<VersionId>,
    before: Option<i32>,
}

async fn last_version(tx: &mut Tx, declaration: &Declaration, which: Which) -> Result<Option<Version>> {
    let row = sqlx::query_as!(
        Version,
        r#"select partition_id as "partition: PartitionId", id as "id: VersionId", declaration_id as "declaration: DeclarationId",
                  version, act as "act: Act", document_hash, sealed_hash, document_sealed as "document: Sealed<DocumentCell>", rule_set, form_hash,
                  facts_hash, source_file_id as "source_file: FileId", event_id as "event: EventId", created_at
           from declaration_version
           where partition_id = $1 and declaration_id = $2 and ($3::integer is null or version = $3)
             and ($4::uuid is null or id = $4) and ($5::integer is null or version < $5)
           order by version desc limit 1"#,
        declaration.partition.0,
        declaration.id.0,
        which.number,
        which.id.map(|id| id.0),
        which.before
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}

/// A version of a declaration by its id.
pub async fn version_with_id(tx: &mut Tx, declaration: &Declaration, id: VersionId) -> Result<Version> {
    last_version(tx, declaration, Which { id: Some(id), ..Which::default() }).await?.ok_or(Error::NotFound)
}

/// Whether a declaration hangs, was read out, or has its minutes; a publication that was broken off does not count.
pub async fn is_published(tx: &mut Tx, declaration: &Declaration) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from disclosure_item where partition_id = $1 and declaration_id = $2 and state <> 'BROKEN') as "is!""#,
        declaration.partition.0,
        declaration.id.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.is)
}

/// A version as a list shows it, with its receipt.
pub struct VersionLine {
    pub number: i32,
    pub act: Act,
    pub created_at: DateTime<Utc>,
    pub completed_on: NaiveDate,
    pub received_on: Option<NaiveDate>,
    pub hand_over_due_on: Option<NaiveDate>,
}

/// Every version of a declaration, the first one first.
pub async fn versions(tx: &mut Tx, declaration: &Declaration) -> Result<Vec<VersionLine>> {
    let rows = sqlx::query_as!(
        VersionLine,
        r#"select v.version as number, v.act as "act: Act", v.created_at, v.completed_on, r.received_on as "received_on?", r.hand_over_due_on as "hand_over_due_on?"
           from declaration_version v left join receipt r on r.partition_id = v.partition_id and r.version_id = v.id
           where v.partition_id = $1 and v.declaration_id = $2 order by v.version"#,
        declaration.partition.0,
        declaration.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The version before another.
pub async fn version_before(tx: &mut Tx, declaration: &Declaration, number: i32) -> Result<Option<Version>> {
    last_version(tx, declaration, Which { before: Some(number), ..Which::default() }).await
}

/// What a version leaves open, reasons still sealed.
pub async fn shortcomings(tx: &mut Tx, partition: PartitionId, version: VersionId) -> Result<Vec<Shortcoming>> {
    let rows = sqlx::query_as!(
        Shortcoming,
        r#"select id, rule, severity, path, reason_sealed as "reason: Sealed<ShortcomingReason>"
           from shortcoming where partition_id = $1 and version_id = $2 order by id"#,
        partition.0,
        version.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Kind and year of everything a person declared that is on record here, also as a copy.
pub async fn filed(tx: &mut Tx, partition: PartitionId, person: PersonId) -> Result<Vec<(Kind, i32)>> {
    let rows = sqlx::query!(
        r#"select kind as "kind!", year as "year!" from declaration where partition_id = $1 and person_id = $2
           union select kind, year from custody_original where partition_id = $1 and person_id = $2"#,
        partition.0,
        person.0
    )
    .fetch_all(tx.conn())
    .await?;
    let known = |kind: &str| Kind::from_code(kind).ok_or_else(|| crate::bug!("kind {kind}"));
    rows.into_iter().map(|row| Ok((known(&row.kind)?, i32::from(row.year)))).collect()
}

/// What of a version stands in the versions in force of other people too: where, of how many people, and some of their
/// declarations. People with one of the identity numbers count as the declarant's family, or as the declarant; `left_out` are
/// told of to nobody.
pub async fn alike(
    tx: &mut Tx,
    version: &Version,
    family: &[Vec<u8>],
    left_out: &[PersonId],
) -> Result<Vec<(String, i64, Vec<DeclarationId>)>> {
    const SHOWN: i64 = 5;
    let left_out: Vec<_> = left_out.iter().map(|person| person.0).collect();
    let rows = sqlx::query!(
        r#"select m.path, count(distinct v.person_id) as "people!",
                  (array_agg(distinct v.declaration_id))[1:$5] as "declarations!: Vec<DeclarationId>"
           from declaration_mark m
           join declaration_mark o on o.partition_id = m.partition_id and o.mark = m.mark and o.version_id <> m.version_id
           join declaration_version v on v.partition_id = o.partition_id and v.id = o.version_id
           join person p on p.partition_id = v.partition_id and p.id = v.person_id
           where m.partition_id = $1 and m.version_id = $2 and v.person_id <> all($3)
             and (p.id_no_index is null or not p.id_no_index = any($4))
             and not exists (select from declaration_version later where later.partition_id = v.partition_id
                             and later.declaration_id = v.declaration_id and later.version > v.version)
           group by m.path order by m.path"#,
        version.partition.0,
        version.id.0,
        &left_out,
        family,
        SHOWN as _
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.path, row.people, row.declarations)).collect())
}

/// A receipt to be inserted.
pub struct NewReceipt {
    pub received_on: NaiveDate,
    pub hand_over_due_on: NaiveDate,
    pub receiver_name: String,
    pub receiver_position: String,
}

pub async fn insert_receipt(
    tx: &mut Tx,
    permit: &Permit<Receive, Declaration>,
    new: &NewReceipt,
) -> Result<(ReceiptId, [u8; 32])> {
    let on = permit.on();
    let id = ReceiptId::new();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    let name = tx.keys().seal::<ReceiverName>(on.partition, id.0, &new.receiver_name)?;
    let position = tx.keys().seal::<ReceiverPosition>(on.partition, id.0, &new.receiver_position)?;
    sqlx::query!(
        "insert into receipt (partition_id, id, declaration_id, unit_id, person_id, received_on, hand_over_due_on,
                              receiver_name_sealed, receiver_position_sealed, created_at, created_by, version_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        on.partition.0,
        id.0,
        on.id.0,
        on.unit.0,
        on.person.0,
        new.received_on,
        new.hand_over_due_on,
        name.as_bytes(),
        position.as_bytes(),
        now,
        by.0,
        on.version.0
    )
    .execute(tx.conn())
    .await?;
    let hash =
        super::receive::receipt_hash(new.received_on, new.hand_over_due_on, name.as_bytes(), position.as_bytes())?;
    Ok((id, hash))
}

/// A receipt, who received still sealed.
#[derive(Debug, Clone)]
pub struct StoredReceipt {
    pub id: ReceiptId,
    pub received_on: NaiveDate,
    pub hand_over_due_on: NaiveDate,
    pub receiver_name: Sealed<ReceiverName>,
    pub receiver_position: Sealed<ReceiverPosition>,
}

/// Every receipt of a declaration, the newest first; the first of them stands unless it was declared again since.
pub async fn receipts(tx: &mut Tx, declaration: &Declaration) -> Result<Vec<StoredReceipt>> {
    let rows = sqlx::query_as!(
        StoredReceipt,
        r#"select id as "id: ReceiptId", received_on, hand_over_due_on, receiver_name_sealed as "receiver_name: Sealed<ReceiverName>",
                  receiver_position_sealed as "receiver_position: Sealed<ReceiverPosition>"
           from receipt where partition_id = $1 and declaration_id = $2 order by id desc"#,
        declaration.partition.0,
        declaration.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

struct ToPublishRow {
    partition: PartitionId,
    declaration: DeclarationId,
    person: PersonId,
    kind: String,
    year: i16,
    version: VersionId,
    document_hash: Vec<u8>,
    rule_set: String,
    handed_on: NaiveDate,
    broken_on: Option<NaiveDate>,
}

impl TryFrom<ToPublishRow> for ToPublish {
    type Error = Error;
    fn try_from(r: ToPublishRow) -> Result<Self> {
        let kind = Kind::from_code(&r.kind).ok_or_else(|| crate::bug!("declaration kind {} is not known", r.kind))?;
        Ok(ToPublish {
            partition: r.partition,
            declaration: r.declaration,
            person: r.person,
            kind,
            year: r.year,
            version: r.version,
            document_hash: r.document_hash,
            rule_set: r.rule_set,
            handed_on: r.handed_on,
            broken_on: r.broken_on,
        })
    }
}

/// A unit's declarations that were handed over, were not missing there, and are neither published nor being published;
/// handed over first, first.
pub async fn to_publish(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<ToPublish>> {
    let rows = sqlx::query_as!(
        ToPublishRow,
        r#"select d.partition_id as "partition: PartitionId", d.id as "declaration: DeclarationId", d.person_id as "person: PersonId",
                  d.kind, d.year, v.id as "version: VersionId", v.document_hash, v.rule_set, h.handed_on,
                  (select max(b.broken_on) from disclosure_item b
                   where b.partition_id = d.partition_id and b.declaration_id = d.id and b.unit_id = $1) as broken_on
           from hand_over_item i
                join hand_over h on h.partition_id = i.partition_id and h.id = i.hand_over_id
                join declaration d on d.partition_id = i.partition_id and d.id = i.declaration_id and d.unit_id = i.unit_id
                join lateral (select id, document_hash, rule_set from declaration_version n
                              where n.partition_id = d.partition_id and n.declaration_id = d.id order by version desc limit 1) v on true
           where h.unit_id = $1 and i.unit_id = $1 and i.state <> 'MISSING'
             and not exists (select from disclosure_item p
                             where p.partition_id = d.partition_id and p.declaration_id = d.id and p.state <> 'BROKEN')
           order by h.handed_on, d.id"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(ToPublish::try_from).collect()
}

/// A unit's publications that have no end yet.
pub async fn unended_publications(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Unended>> {
    let rows = sqlx::query_as!(
        Unended,
        r#"select unit_id as "unit: OrganisationId", mode as "mode: Mode", until_on from disclosure where unit_id = $1 and state = 'OPEN'"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Every publication of a declaration, the newest first.
pub async fn publications(tx: &mut Tx, declaration: &Declaration) -> Result<Vec<Publication>> {
    let rows = sqlx::query_as!(
        Publication,
        r#"select partition_id as "partition: PartitionId", id as item, declaration_id as "declaration: DeclarationId", mode as "mode: Mode",
                  state as "state: State", from_on, until_on, due_on, broken_on, minutes_year, minutes_number,
                  place_sealed as "place: Sealed<PublishedPlace>"
           from disclosure_item where partition_id = $1 and declaration_id = $2 order by id desc"#,
        declaration.partition.0,
        declaration.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The publications of a unit's declarations of one year that were not broken off: at most one for each.
pub async fn publications_of_year(tx: &mut Tx, unit: OrganisationId, year: i16) -> Result<Vec<Publication>> {
    let rows = sqlx::query_as!(
        Publication,
        r#"select p.partition_id as "partition: PartitionId", p.id as item, p.declaration_id as "declaration: DeclarationId",
                  p.mode as "mode: Mode", p.state as "state: State", p.from_on, p.until_on, p.due_on, p.broken_on, p.minutes_year,
                  p.minutes_number, p.place_sealed as "place: Sealed<PublishedPlace>"
           from disclosure_item p
                join declaration d on d.partition_id = p.partition_id and d.id = p.declaration_id
                left join obligation o on o.partition_id = d.partition_id and o.id = d.obligation_id
           where p.unit_id = $1 and p.state <> 'BROKEN' and coalesce(o.year, d.year) = $2"#,
        unit.0,
        year
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
