//! SQL of people and obligations.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use form::Kind;

use super::model::{Obligation, Occasion, Person, PersonDob, PersonFacts, PersonIdNo, PersonName, PersonPosition};
use super::oblige::Terms;
use super::policy::{AddPerson, Advance, Oblige, ObligeOnOccasion, Place, TakeBack};
use crate::kernel::id::{
    CorrectionId, DeclarationId, DemandId, ObligationId, OrganisationId, PartitionId, PersonId, RoutingRuleId,
};
use crate::kernel::keys::{Keys, Sealed};
use crate::kernel::{Error, Permit, Result, Tx};
use crate::organisation::Rank;

/// A person within what the context shows.
pub async fn find(tx: &mut Tx, partition: PartitionId, id: PersonId) -> Result<Person> {
    let row = sqlx::query_as!(
        Person,
        r#"select partition_id as "partition: PartitionId", id as "id: PersonId", unit_id as "unit: OrganisationId", rank as "rank: Rank",
                  party_managed, name_sealed as "name: Sealed<PersonName>", dob_sealed as "dob: Sealed<PersonDob>",
                  position_sealed as "position: Sealed<PersonPosition>", id_no_sealed as "id_no: Sealed<PersonIdNo>",
                  routing_rule_id as "routing_rule: RoutingRuleId"
           from person where partition_id = $1 and id = $2"#,
        partition.0,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// People within what the context shows, by id.
pub async fn find_all(tx: &mut Tx, ids: &[PersonId]) -> Result<HashMap<PersonId, Person>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Person,
        r#"select partition_id as "partition: PartitionId", id as "id: PersonId", unit_id as "unit: OrganisationId", rank as "rank: Rank",
                  party_managed, name_sealed as "name: Sealed<PersonName>", dob_sealed as "dob: Sealed<PersonDob>",
                  position_sealed as "position: Sealed<PersonPosition>", id_no_sealed as "id_no: Sealed<PersonIdNo>",
                  routing_rule_id as "routing_rule: RoutingRuleId"
           from person where ($1::uuid is null or partition_id = $1) and id = any($2)"#,
        tx.actor().agency().map(|p| p.0),
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|person| (person.id, person)).collect())
}

/// The same, and nobody else files for this person until commit: two papers of one person are told apart one by one.
pub async fn find_locked(tx: &mut Tx, partition: PartitionId, id: PersonId) -> Result<Person> {
    sqlx::query!("select id from person where partition_id = $1 and id = $2 for update", partition.0, id.0)
        .fetch_optional(tx.conn())
        .await?;
    find(tx, partition, id).await
}

/// The person on a list of the partition with this identity number.
pub async fn by_id_no(tx: &mut Tx, partition: PartitionId, id_no: &str) -> Result<Option<Person>> {
    let index = tx.keys().index(partition, "person.id_no", PersonFacts::id_key(id_no).as_bytes())?;
    let row = sqlx::query!(
        r#"select id as "id: PersonId" from person where partition_id = $1 and id_no_index = $2
             and left_on is null"#,
        partition.0,
        &index
    )
    .fetch_optional(tx.conn())
    .await?;
    match row {
        Some(row) => find(tx, partition, row.id).await.map(Some),
        None => Ok(None),
    }
}

/// Whether this person has the number, also when they have left their unit's list.
pub async fn has_number(tx: &mut Tx, partition: PartitionId, id: PersonId, id_no: &str) -> Result<bool> {
    let index = tx.keys().index(partition, "person.id_no", PersonFacts::id_key(id_no).as_bytes())?;
    let row = sqlx::query!(
        r#"select exists (select from person where partition_id = $1 and id = $2 and id_no_index = $3) as "has!""#,
        partition.0,
        id.0,
        &index
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.has)
}

/// The people of a unit, whichever agency controls each of them.
pub async fn of_unit(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Person>> {
    let rows = sqlx::query_as!(
        Person,
        r#"select partition_id as "partition: PartitionId", id as "id: PersonId", unit_id as "unit: OrganisationId", rank as "rank: Rank",
                  party_managed, name_sealed as "name: Sealed<PersonName>", dob_sealed as "dob: Sealed<PersonDob>",
                  position_sealed as "position: Sealed<PersonPosition>", id_no_sealed as "id_no: Sealed<PersonIdNo>",
                  routing_rule_id as "routing_rule: RoutingRuleId"
           from person where unit_id = $1 order by id"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// People of a unit who only ever had a declaration on an older form: they stand on no list and owe nothing.
pub async fn never_listed(tx: &mut Tx, unit: OrganisationId) -> Result<HashSet<PersonId>> {
    let rows = sqlx::query!(
        r#"select id as "id: PersonId" from person where unit_id = $1 and left_reason = 'OLDER_PAPER'"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// People of the partition with this identity number (at most one), or, without a number, with this name.
pub async fn candidates(tx: &mut Tx, partition: PartitionId, id_no: Option<&str>, name: &str) -> Result<Vec<Person>> {
    let id_index = match id_no {
        Some(id_no) => Some(tx.keys().index(partition, "person.id_no", PersonFacts::id_key(id_no).as_bytes())?),
        None => None,
    };
    let name_index = tx.keys().index(partition, "person.name", PersonFacts::name_key(name).as_bytes())?;
    let rows = sqlx::query_as!(
        Person,
        r#"select partition_id as "partition: PartitionId", id as "id: PersonId", unit_id as "unit: OrganisationId", rank as "rank: Rank",
                  party_managed, name_sealed as "name: Sealed<PersonName>", dob_sealed as "dob: Sealed<PersonDob>",
                  position_sealed as "position: Sealed<PersonPosition>", id_no_sealed as "id_no: Sealed<PersonIdNo>",
                  routing_rule_id as "routing_rule: RoutingRuleId"
           from person where partition_id = $1 and (id_no_index = $2 or name_index = $3) order by (id_no_index = $2) desc nulls last, id"#,
        partition.0,
        id_index.as_deref(),
        &name_index
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What of a person is sealed, and the indexes exact search goes through.
pub struct Cells {
    pub name: Sealed<PersonName>,
    pub dob: Sealed<PersonDob>,
    pub position: Sealed<PersonPosition>,
    pub id_no: Option<Sealed<PersonIdNo>>,
    pub id_index: Option<Vec<u8>>,
    pub name_index: Vec<u8>,
}

pub fn cells(keys: &Keys, partition: PartitionId, id: PersonId, facts: &PersonFacts) -> Result<Cells> {
    let dob = facts.dob.map(|d| d.to_string()).unwrap_or_default();
    let id_index = |number: &String| keys.index(partition, "person.id_no", PersonFacts::id_key(number).as_bytes());
    Ok(Cells {
        name: keys.seal::<PersonName>(partition, id.0, &facts.name)?,
        dob: keys.seal::<PersonDob>(partition, id.0, &dob)?,
        position: keys.seal::<PersonPosition>(partition, id.0, &facts.position)?,
        id_no: facts.id_no.as_ref().map(|n| keys.seal::<PersonIdNo>(partition, id.0, n)).transpose()?,
        id_index: facts.id_no.as_ref().map(id_index).transpose()?,
        name_index: keys.index(partition, "person.name", PersonFacts::name_key(&facts.name).as_bytes())?,
    })
}

/// Someone to be added to a list.
pub struct NewPerson<'a> {
    pub facts: &'a PersonFacts,
    pub rank: Rank,
    pub party_managed: bool,
    /// Why the agency controls them.
    pub rule: Option<RoutingRuleId>,
    pub post: Post,
}

/// What obliges a person; nothing, where a paper alone is known of them.
#[derive(Debug, Clone, Default)]
pub struct Post {
    /// A code of law/grounds.toml.
    pub ground: Option<String>,
    pub in_post_since: Option<NaiveDate>,
    /// Before they came on this list.
    pub has_declared_first: bool,
}

/// Somebody just added, who is known from an older paper alone, stands on no list of today.
pub async fn keep_off_list(tx: &mut Tx, permit: &Permit<AddPerson, Place>, id: PersonId) -> Result<()> {
    let (today, now, act) = (tx.today(), tx.now(), tx.name());
    sqlx::query!(
        "update person set left_on = $3, left_reason = 'OLDER_PAPER', updated_at = $4, updated_by = $5
         where partition_id = $1 and id = $2",
        permit.on().partition.0,
        id.0,
        today,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds a person to the list of the permitted place. False when somebody else of the partition has the number, also where
/// the context does not show them.
pub async fn insert(tx: &mut Tx, permit: &Permit<AddPerson, Place>, id: PersonId, new: &NewPerson<'_>) -> Result<bool> {
    let Place { partition, unit } = *permit.on();
    let cells = cells(tx.keys(), partition, id, new.facts)?;
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "insert into person (partition_id, id, person_id, unit_id, rank, party_managed, name_sealed, dob_sealed, position_sealed,
                             id_no_sealed, id_no_index, name_index, routing_rule_id, ground, in_post_since, has_declared_first,
                             created_at, updated_at, updated_by)
         values ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
         on conflict (partition_id, id_no_index) where left_on is null do nothing",
        partition.0,
        id.0,
        unit.0,
        new.rank.word(),
        new.party_managed,
        cells.name.as_bytes(),
        cells.dob.as_bytes(),
        cells.position.as_bytes(),
        cells.id_no.as_ref().map(|s| s.as_bytes()),
        cells.id_index.as_deref(),
        &cells.name_index,
        new.rule.map(|r| r.0),
        new.post.ground,
        new.post.in_post_since,
        new.post.has_declared_first,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

struct ObligationRow {
    partition: PartitionId,
    id: ObligationId,
    unit: OrganisationId,
    person: PersonId,
    kind: String,
    year: i16,
    rule_set: String,
    due_on: NaiveDate,
    channel: Option<String>,
    declared_at: Option<DateTime<Utc>>,
    received_on: Option<NaiveDate>,
    digitised_at: Option<DateTime<Utc>>,
    declaration: Option<DeclarationId>,
    ended_on: Option<NaiveDate>,
    taken_back: bool,
    nth: i16,
    occasion: Option<Occasion>,
    occasion_on: Option<NaiveDate>,
    demand: Option<DemandId>,
    demand_due_on: Option<NaiveDate>,
    correcting: Option<CorrectionId>,
}

impl TryFrom<ObligationRow> for Obligation {
    type Error = Error;
    fn try_from(r: ObligationRow) -> Result<Self> {
        let kind = Kind::from_code(&r.kind).ok_or_else(|| crate::bug!("obligation kind {} is not known", r.kind))?;
        Ok(Obligation {
            partition: r.partition,
            id: r.id,
            unit: r.unit,
            person: r.person,
            kind,
            year: r.year,
            rule_set: r.rule_set,
            due_on: r.due_on,
            channel: r.channel,
            declared_at: r.declared_at,
            received_on: r.received_on,
            digitised_at: r.digitised_at,
            declaration: r.declaration,
            ended_on: r.ended_on,
            taken_back: r.taken_back,
            nth: r.nth,
            occasion: r.occasion.zip(r.occasion_on),
            demand: r.demand,
            demand_due_on: r.demand_due_on,
            correcting: r.correcting,
        })
    }
}

/// Obligations within what the context shows, optionally of one person, newest year first.
pub async fn obligations(tx: &mut Tx, person: Option<PersonId>) -> Result<Vec<Obligation>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        ObligationRow,
        r#"select o.partition_id as "partition: PartitionId", o.id as "id: ObligationId", o.unit_id as "unit: OrganisationId",
                  o.person_id as "person: PersonId", o.kind, o.year, o.rule_set, o.due_on, o.channel, o.declared_at, o.received_on,
                  o.digitised_at, o.declaration_id as "declaration: DeclarationId", o.ended_on, o.taken_back, o.nth,
                  o.occasion as "occasion: Occasion", o.occasion_on, m.id as "demand?: DemandId",
                  m.due_on as "demand_due_on?",
                  (select c.correction_id from draft c where c.partition_id = o.partition_id and c.obligation_id = o.id) as "correcting: CorrectionId"
           from obligation o
                left join demand m on m.partition_id = o.partition_id and m.declaration_id = o.declaration_id and m.state = 'ISSUED'
           where ($1::uuid is null or o.partition_id = $1) and ($2::uuid is null or o.unit_id = $2) and ($3::uuid is null or o.person_id = $3)
           order by o.year desc, o.id"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        person.map(|p| p.0)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Obligation::try_from).collect()
}

/// Obligations of a unit by id; nobody declares or changes one of them until commit.
pub async fn obligations_locked(
    tx: &mut Tx,
    unit: OrganisationId,
    ids: impl IntoIterator<Item = ObligationId>,
) -> Result<Vec<Obligation>> {
    let ids: Vec<uuid::Uuid> = ids.into_iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        ObligationRow,
        r#"select o.partition_id as "partition: PartitionId", o.id as "id: ObligationId", o.unit_id as "unit: OrganisationId",
                  o.person_id as "person: PersonId", o.kind, o.year, o.rule_set, o.due_on, o.channel, o.declared_at, o.received_on,
                  o.digitised_at, o.declaration_id as "declaration: DeclarationId", o.ended_on, o.taken_back, o.nth,
                  o.occasion as "occasion: Occasion", o.occasion_on, m.id as "demand?: DemandId",
                  m.due_on as "demand_due_on?",
                  (select c.correction_id from draft c where c.partition_id = o.partition_id and c.obligation_id = o.id) as "correcting: CorrectionId"
           from obligation o
                left join demand m on m.partition_id = o.partition_id and m.declaration_id = o.declaration_id and m.state = 'ISSUED'
           where o.unit_id = $1 and o.id = any($2) order by o.id for update of o"#,
        unit.0,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Obligation::try_from).collect()
}

/// Holds an obligation until the transaction ends.
pub async fn lock_obligation(tx: &mut Tx, partition: PartitionId, id: ObligationId) -> Result<()> {
    sqlx::query!("select from obligation where partition_id = $1 and id = $2 for update", partition.0, id.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(())
}

pub async fn obligation(tx: &mut Tx, partition: PartitionId, id: ObligationId) -> Result<Obligation> {
    let row = sqlx::query_as!(
        ObligationRow,
        r#"select o.partition_id as "partition: PartitionId", o.id as "id: ObligationId", o.unit_id as "unit: OrganisationId",
                  o.person_id as "person: PersonId", o.kind, o.year, o.rule_set, o.due_on, o.channel, o.declared_at, o.received_on,
                  o.digitised_at, o.declaration_id as "declaration: DeclarationId", o.ended_on, o.taken_back, o.nth,
                  o.occasion as "occasion: Occasion", o.occasion_on, m.id as "demand?: DemandId",
                  m.due_on as "demand_due_on?",
                  (select c.correction_id from draft c where c.partition_id = o.partition_id and c.obligation_id = o.id) as "correcting: CorrectionId"
           from obligation o
                left join demand m on m.partition_id = o.partition_id and m.declaration_id = o.declaration_id and m.state = 'ISSUED'
           where o.partition_id = $1 and o.id = $2"#,
        partition.0,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)?.try_into()
}

/// The obligation a declaration of this person and kind, filed under a day, is for; one whose declaration is demanded again
/// goes first, of whichever year, then a late one its person was reminded of in writing, then one not yet fulfilled; one
/// that is late and open still waits, also in a later year. A first declaration is owed once, whichever the year. The
/// others are owed by 31 December of their year (article 36), so one of January may be a late one of the year before; what is
/// planned for a day is owed before it, in whichever year, and the first due is answered first.
pub async fn obligation_for(
    tx: &mut Tx,
    partition: PartitionId,
    person: PersonId,
    kind: Kind,
    filed_on: NaiveDate,
) -> Result<Option<Obligation>> {
    let year = i16::try_from(filed_on.year()).map_err(|_| crate::bug!("a declaration of year {}", filed_on.year()))?;
    let years = match (kind, filed_on.month()) {
        (Kind::First | Kind::Personnel | Kind::Candidate, _) => None,
        (Kind::Annual | Kind::Supplement, 1) => Some(vec![year, year - 1]),
        _ => Some(vec![year]),
    };
    let row = sqlx::query_as!(
        ObligationRow,
        r#"select o.partition_id as "partition: PartitionId", o.id as "id: ObligationId", o.unit_id as "unit: OrganisationId",
                  o.person_id as "person: PersonId", o.kind, o.year, o.rule_set, o.due_on, o.channel, o.declared_at, o.received_on,
                  o.digitised_at, o.declaration_id as "declaration: DeclarationId", o.ended_on, o.taken_back, o.nth,
                  o.occasion as "occasion: Occasion", o.occasion_on, m.id as "demand?: DemandId",
                  m.due_on as "demand_due_on?",
                  (select c.correction_id from draft c where c.partition_id = o.partition_id and c.obligation_id = o.id) as "correcting: CorrectionId"
           from obligation o
                left join demand m on m.partition_id = o.partition_id and m.declaration_id = o.declaration_id and m.state = 'ISSUED'
           where o.partition_id = $1 and o.person_id = $2 and o.kind = $3 and not o.taken_back and ($4::smallint[] is null or o.year = any($4) or m.id is not null
                  or (o.declaration_id is null and o.ended_on is null and o.due_on < $5))
             and (o.occasion is null or o.declaration_id is null or m.id is not null)
           order by (m.id is not null) desc,
                    (o.declaration_id is null and exists (select from reminder r where r.partition_id = o.partition_id and r.obligation_id = o.id)) desc,
                    (o.declaration_id is null) desc, (o.ended_on is null) desc, case when o.occasion is not null then o.due_on end,
                    o.year desc, o.nth limit 1"#,
        partition.0,
        person.0,
        kind.as_str(),
        years.as_deref(),
        filed_on
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Obligation::try_from).transpose()
}

pub async fn insert_obligation(
    tx: &mut Tx,
    permit: &Permit<Oblige, Place>,
    person: PersonId,
    terms: &Terms<'_>,
) -> Result<ObligationId> {
    let Place { partition, unit } = *permit.on();
    let id = ObligationId::new();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "insert into obligation (partition_id, id, unit_id, person_id, kind, year, rule_set, due_on, created_at, updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
        partition.0,
        id.0,
        unit.0,
        person.0,
        terms.kind.as_str(),
        terms.year,
        terms.rule_set,
        terms.due_on,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

pub async fn set_received(tx: &mut Tx, permit: &Permit<Advance, Obligation>, received_on: NaiveDate) -> Result<()> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update obligation set received_on = $3, updated_at = $4, updated_by = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        received_on,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A declaration owed on an occasion, as it is added.
pub struct NewOccasion<'a> {
    pub kind: Kind,
    pub year: i16,
    pub rule_set: &'a str,
    pub due_on: NaiveDate,
    pub occasion: Option<(Occasion, NaiveDate)>,
}

/// Obliges a person on an occasion: the next of its kind in the year.
pub async fn insert_occasion(
    tx: &mut Tx,
    permit: &Permit<ObligeOnOccasion, Person>,
    new: &NewOccasion<'_>,
) -> Result<(ObligationId, i16)> {
    let on = permit.on();
    let id = ObligationId::new();
    let (now, act) = (tx.now(), tx.name());
    let row = sqlx::query!(
        "insert into obligation (partition_id, id, unit_id, person_id, kind, year, nth, rule_set, due_on, occasion, occasion_on,
                                 created_at, updated_at, updated_by)
         select $1, $2, $3, $4, $5, $6, 1 + coalesce(max(o.nth), 0), $7, $8, $9, $10, $11, $11, $12
         from obligation o where o.partition_id = $1 and o.person_id = $4 and o.kind = $5 and o.year = $6
         returning nth",
        on.partition.0,
        id.0,
        on.unit.0,
        on.id.0,
        new.kind.as_str(),
        new.year,
        new.rule_set,
        new.due_on,
        new.occasion.map(|(occasion, _)| occasion.word()),
        new.occasion.map(|(_, day)| day),
        now,
        act
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((id, row.nth))
}

/// Ends an obligation for good: it was opened by mistake, or its occasion came to nothing. False when something was sent for
/// it, it had ended, or its person was reminded of it in writing.
pub async fn take_back(tx: &mut Tx, permit: &Permit<TakeBack, Obligation>) -> Result<bool> {
    let on = permit.on();
    let (now, today, act) = (tx.now(), tx.today(), tx.name());
    let done = sqlx::query!(
        "update obligation o set ended_on = $3, taken_back = true, updated_at = $4, updated_by = $5
         where o.partition_id = $1 and o.id = $2 and o.declared_at is null and o.ended_on is null
           and not exists (select from reminder r where r.partition_id = o.partition_id and r.obligation_id = o.id)",
        on.partition.0,
        on.id.0,
        today,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a person is on a list today.
pub async fn is_listed(tx: &mut Tx, person: &Person) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from person where partition_id = $1 and id = $2 and left_on is null) as "is!""#,
        person.partition.0,
        person.id.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.is)
}

/// Whether a person declared annually for a year, also on a paper that answered no obligation.
pub async fn has_declared_annually(tx: &mut Tx, person: &Person, year: i16) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from declaration where partition_id = $1 and person_id = $2 and kind = 'ANNUAL' and year = $3)
               or exists (select from custody_original where partition_id = $1 and person_id = $2 and kind = 'ANNUAL' and year = $3) as "has!""#,
        person.partition.0,
        person.id.0,
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.has)
}
