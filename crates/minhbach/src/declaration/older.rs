//! Declarations on forms of before Nghị định 130/2020/NĐ-CP (bản kê khai theo mẫu cũ; requirement B8): basic fields, the scan,
//! and where the paper lies. Put on record by the intake desk, read in the person's history.
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cells;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{AccountId, EventId, FileId, IntakeId, OlderId, OrganisationId, PartitionId, PersonId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Action, Error, Event, Permit, Result, Tx};

cells! {
    /// What the paper says of who made it.
    FactsCell = "older_declaration"."facts_sealed" -> OlderFacts;
    /// Where the paper lies: store, shelf, box, file.
    PlaceCell = "older_declaration"."place_sealed" -> String;
    /// Where it lies from then on.
    PlaceNow = "older_act"."place_sealed" -> String;
    /// Why it was moved or taken back.
    Why = "older_act"."reason_sealed" -> String;
}

/// Who made a declaration, as the paper has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OlderFacts {
    pub name: String,
    #[serde(default)]
    pub dob: Option<NaiveDate>,
    /// As the paper has it: an identity card of the time, a passport, today's number.
    #[serde(default)]
    pub id_no: Option<String>,
    #[serde(default)]
    pub position: String,
    /// The body they worked for, by its name then.
    pub unit_name: String,
}

/// A declaration on an older form, on record.
#[derive(Debug, Clone)]
pub struct Older {
    pub partition: PartitionId,
    pub id: OlderId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub intake: IntakeId,
    pub file: FileId,
    /// Code of `law/older-forms.toml`.
    pub form: String,
    pub year: i16,
    pub completed_on: Option<NaiveDate>,
    pub facts: Sealed<FactsCell>,
    pub place: Sealed<PlaceCell>,
    /// The record of the same scan, taken back, in whose place it stands.
    pub follows: Option<OlderId>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
    /// Taken back: it stays to be seen by the agency, and counts for nothing.
    pub is_withdrawn: bool,
}

/// What was done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActKind {
    /// Its paper lies elsewhere.
    Placed,
    /// Taken back.
    Withdrawn,
}

impl ActKind {
    pub fn word(self) -> &'static str {
        match self {
            ActKind::Placed => "PLACED",
            ActKind::Withdrawn => "WITHDRAWN",
        }
    }

    pub fn event(self) -> &'static str {
        match self {
            ActKind::Placed => "older.placed",
            ActKind::Withdrawn => "older.withdrawn",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            ActKind::Placed => "Ghi lại nơi lưu bản giấy",
            ActKind::Withdrawn => "Rút ghi nhận",
        }
    }
}

/// An act on a record, beside it.
#[derive(Debug, Clone)]
pub struct OlderAct {
    pub older: OlderId,
    /// Of one record, from 1.
    pub number: i16,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub act: ActKind,
    pub place: Option<Sealed<PlaceNow>>,
    pub reason: Sealed<Why>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

impl OlderAct {
    /// SHA-256 over what stands there.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "older": self.older,
            "number": self.number,
            "unit": self.unit,
            "person": self.person,
            "act": self.act.word(),
            "place_sealed": self.place.as_ref().map(|place| hex::encode(sha256(place.as_bytes()))),
            "reason_sealed": hex::encode(sha256(self.reason.as_bytes())),
            "at": self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "by": self.created_by,
        }))
    }
}

impl Older {
    /// SHA-256 over what is on record. What people wrote goes in by the hash of its sealed bytes, which are random.
    pub fn hash(&self) -> Result<[u8; 32]> {
        let mut facts = json!({
            "older": self.id,
            "partition": self.partition,
            "unit": self.unit,
            "person": self.person,
            "intake": self.intake,
            "file": self.file,
            "form": self.form,
            "year": self.year,
            "completed_on": self.completed_on,
            "facts_sealed": hex::encode(sha256(self.facts.as_bytes())),
            "place_sealed": hex::encode(sha256(self.place.as_bytes())),
            "at": self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "by": self.created_by,
        });
        if let Some(follows) = self.follows {
            facts["follows"] = json!(follows);
        }
        canonical_hash(&facts)
    }
}

/// Which to list; without any of it all there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    pub partition: Option<PartitionId>,
    pub people: Option<&'a [PersonId]>,
    pub id: Option<OlderId>,
    pub intake: Option<IntakeId>,
    pub limit: Option<i64>,
    pub offset: i64,
}

/// Those within what the context shows, the newest year first.
pub async fn list(tx: &mut Tx, asked: Asked<'_>) -> Result<Vec<Older>> {
    let people = asked.people.map(|people| people.iter().map(|person| person.0).collect::<Vec<_>>());
    let rows = sqlx::query_as!(
        Older,
        r#"select partition_id as "partition: PartitionId", id as "id: OlderId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", intake_id as "intake: IntakeId", file_id as "file: FileId", form, year, completed_on,
                  facts_sealed as "facts: Sealed<FactsCell>", place_sealed as "place: Sealed<PlaceCell>", follows_id as "follows: OlderId",
                  record_hash, created_at, created_by as "created_by: AccountId",
                  exists (select from older_act a where a.partition_id = o.partition_id and a.withdrawn_id = o.id) as "is_withdrawn!"
           from older_declaration o
           where ($1::uuid is null or partition_id = $1) and ($2::uuid[] is null or person_id = any($2))
             and ($3::uuid is null or id = $3) and ($4::uuid is null or intake_id = $4)
           order by year desc, created_at desc, id desc limit $5 offset $6"#,
        asked.partition.map(|partition| partition.0),
        people.as_deref(),
        asked.id.map(|id| id.0),
        asked.intake.map(|intake| intake.0),
        asked.limit,
        asked.offset
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One by its id, within what the context shows.
///
/// # Errors
/// Not found.
pub async fn find(tx: &mut Tx, id: OlderId) -> Result<Older> {
    list(tx, Asked { id: Some(id), ..Asked::default() }).await?.pop().ok_or(Error::NotFound)
}

/// The facts of a record, and where its paper lay and lies, the last now. Opening them is a recorded access.
pub fn open(tx: &mut Tx, one: &Older, acts: &[OlderAct]) -> Result<(OlderFacts, Vec<String>, EventId)> {
    let facts = tx.open(one.partition, one.id.0, &one.facts)?;
    let mut place = vec![tx.open(one.partition, one.id.0, &one.place)?];
    for moved in acts.iter().filter_map(|act| act.place.as_ref()) {
        place.push(tx.open(one.partition, one.id.0, moved)?);
    }
    let event = Event::new("older.opened", one.partition).unit(one.unit).person(one.person).id("older", one.id);
    Ok((facts, place, tx.record(event)?.id))
}

/// What was done to records of a partition, or to these, in its order.
pub async fn acts(tx: &mut Tx, partition: PartitionId, of: Option<&[OlderId]>) -> Result<Vec<OlderAct>> {
    let of = of.map(|ids| ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows = sqlx::query_as!(
        OlderAct,
        r#"select older_id as "older: OlderId", number, unit_id as "unit: OrganisationId", person_id as "person: PersonId",
                  act as "act: ActKind", place_sealed as "place: Sealed<PlaceNow>", reason_sealed as "reason: Sealed<Why>", record_hash,
                  created_at, created_by as "created_by: AccountId"
           from older_act where partition_id = $1 and ($2::uuid[] is null or older_id = any($2)) order by older_id, number"#,
        partition.0,
        of.as_deref()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Puts down what was done to a record.
pub async fn insert_act<A: Action, R>(
    tx: &mut Tx,
    _permit: &Permit<A, R>,
    partition: PartitionId,
    new: &OlderAct,
) -> Result<()> {
    sqlx::query!(
        "insert into older_act (partition_id, older_id, number, unit_id, person_id, act, place_sealed, reason_sealed, record_hash,
                                created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        partition.0,
        new.older.0,
        new.number,
        new.unit.0,
        new.person.0,
        new.act.word(),
        new.place.as_ref().map(Sealed::as_bytes),
        new.reason.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Papers that are said to be on record as one and are not, or are and are not said to be; and those put on record in the place of
/// another paper's.
pub async fn unpaired(tx: &mut Tx, partition: PartitionId) -> Result<Vec<IntakeId>> {
    let rows = sqlx::query!(
        r#"select i.id as "id: IntakeId" from intake i
           where i.partition_id = $1
             and ((i.state = 'OLDER') <> exists (
                      select from older_declaration o where o.partition_id = $1 and o.intake_id = i.id
                         and not exists (select from older_act a where a.partition_id = $1 and a.withdrawn_id = o.id))
                  or exists (select from older_declaration o
                             where o.partition_id = $1 and o.intake_id = i.id and o.file_id <> i.file_id)
                  or exists (select from older_declaration o
                             join older_declaration before on before.partition_id = $1 and before.id = o.follows_id
                             where o.partition_id = $1 and o.intake_id = i.id and before.intake_id <> i.id))"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Puts one on record.
pub async fn insert<A: Action, R>(tx: &mut Tx, _permit: &Permit<A, R>, new: &Older) -> Result<()> {
    sqlx::query!(
        "insert into older_declaration (partition_id, id, unit_id, person_id, intake_id, file_id, form, year, completed_on, facts_sealed,
                                        place_sealed, record_hash, created_at, created_by, follows_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.partition.0,
        new.id.0,
        new.unit.0,
        new.person.0,
        new.intake.0,
        new.file.0,
        new.form,
        new.year,
        new.completed_on,
        new.facts.as_bytes(),
        new.place.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0,
        new.follows.map(|id| id.0)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
