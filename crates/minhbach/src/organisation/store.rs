//! SQL of bodies, partitions and routing rules: reference tables, the same for every context.
use std::collections::HashMap;

use super::model::{Organisation, Partition, Rank, RoutingRule, Sector};
use crate::kernel::id::{OrganisationId, PartitionId, RoutingRuleId};
use crate::kernel::{Error, Result, Tx};

pub async fn partitions(tx: &mut Tx) -> Result<Vec<Partition>> {
    let rows = sqlx::query_as!(
        Partition,
        r#"select id as "id: PartitionId", code, name, agency_type, province_code, practice_of as "practice_of: PartitionId" from partition
           order by agency_type, name"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

pub async fn organisation(tx: &mut Tx, id: OrganisationId) -> Result<Organisation> {
    let row = sqlx::query_as!(
        Organisation,
        r#"select id as "id: OrganisationId", parent_id as "parent: OrganisationId", code, name, sector as "sector: Sector",
                  province_code, valid_from, valid_to, practice_in as "practice_in: PartitionId" from organisation where id = $1"#,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// What a unit's documents are headed with: its name, its superior's, and the code of its province.
pub async fn letterhead(tx: &mut Tx, id: OrganisationId) -> Result<(String, Option<String>, Option<String>)> {
    let unit = organisation(tx, id).await?;
    let superior = match unit.parent {
        Some(parent) => Some(organisation(tx, parent).await?.name),
        None => None,
    };
    Ok((unit.name, superior, unit.province_code))
}

/// Names of bodies, by id.
pub async fn names(tx: &mut Tx, ids: &[OrganisationId]) -> Result<HashMap<OrganisationId, String>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(r#"select id as "id: OrganisationId", name from organisation where id = any($1)"#, &ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.name)).collect())
}

/// Bodies in force today, by name; invented ones only for who practises with them.
pub async fn organisations(tx: &mut Tx) -> Result<Vec<Organisation>> {
    let (today, home) = (tx.today(), tx.actor().home);
    let rows = sqlx::query_as!(
        Organisation,
        r#"select id as "id: OrganisationId", parent_id as "parent: OrganisationId", code, name, sector as "sector: Sector",
                  province_code, valid_from, valid_to, practice_in as "practice_in: PartitionId"
           from organisation where valid_from <= $1 and (valid_to is null or valid_to > $1)
             and (practice_in is null or practice_in = $2) order by name"#,
        today,
        home.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Every invented body, with the practice partition it belongs to.
pub async fn invented(tx: &mut Tx) -> Result<Vec<(OrganisationId, PartitionId)>> {
    let rows = sqlx::query!(
        r#"select id as "id: OrganisationId", practice_in as "practice!: PartitionId" from organisation where practice_in is not null"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.practice)).collect())
}

/// Who controls whom, ever; rules of a world of practice only for who practises in it.
pub async fn routing_rules(tx: &mut Tx) -> Result<Vec<RoutingRule>> {
    let home = tx.actor().home;
    let rows = sqlx::query_as!(
        RoutingRule,
        r#"select id as "id: RoutingRuleId", partition_id as "partition: PartitionId", precedence, sector as "sector: Sector",
                  province_code, organisation_id as "organisation: OrganisationId", rank as "rank: Rank", party_managed, basis, valid_from, valid_to
           from routing_rule r
           where partition_id = $1 or not exists (select from partition p where p.id = r.partition_id and p.practice_of is not null)"#,
        home.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Adds a control agency with keys of its own.
pub async fn insert_partition(tx: &mut Tx, partition: &Partition) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into partition (id, code, name, agency_type, province_code, created_at, practice_of) values ($1, $2, $3, $4, $5, $6, $7)",
        partition.id.0,
        partition.code,
        partition.name,
        partition.agency_type,
        partition.province_code,
        now,
        partition.practice_of.map(|agency| agency.0)
    )
    .execute(tx.conn())
    .await?;
    let keys = tx.keys().clone();
    keys.provision(tx.conn(), partition.id).await?;
    Ok(())
}

pub async fn insert_organisation(tx: &mut Tx, body: &Organisation, level: &str) -> Result<()> {
    sqlx::query!(
        "insert into organisation (id, parent_id, code, name, level, sector, province_code, valid_from, valid_to, practice_in)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        body.id.0,
        body.parent.map(|p| p.0),
        body.code,
        body.name,
        level,
        body.sector.word(),
        body.province_code,
        body.valid_from,
        body.valid_to,
        body.practice_in.map(|partition| partition.0)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn insert_routing_rule(tx: &mut Tx, rule: &RoutingRule) -> Result<()> {
    sqlx::query!(
        "insert into routing_rule (id, partition_id, precedence, sector, province_code, organisation_id, rank, party_managed, basis, valid_from, valid_to)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        rule.id.0,
        rule.partition.0,
        rule.precedence,
        rule.sector.map(Sector::word),
        rule.province_code,
        rule.organisation.map(|o| o.0),
        rule.rank.map(Rank::word),
        rule.party_managed,
        rule.basis,
        rule.valid_from,
        rule.valid_to
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An administrative unit since 01/07/2025.
pub struct AdminUnitRow {
    pub code: String,
    pub level: &'static str,
    pub kind: String,
    pub name: String,
    pub full_name: String,
    pub province_code: String,
    pub search_key: String,
}

/// Loads the list of provinces and communes; units already there stay as they are.
pub async fn load_admin_units(tx: &mut Tx, valid_from: chrono::NaiveDate, units: &[AdminUnitRow]) -> Result<u64> {
    let column = |pick: fn(&AdminUnitRow) -> &str| units.iter().map(|u| pick(u).to_owned()).collect::<Vec<_>>();
    let done = sqlx::query!(
        "insert into admin_unit (code, valid_from, level, kind, name, full_name, province_code, search_key)
         select c, $2, l, k, n, f, p, s from unnest($1::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
                as u (c, l, k, n, f, p, s)
         on conflict do nothing",
        &column(|u| &u.code),
        valid_from,
        &column(|u| u.level),
        &column(|u| &u.kind),
        &column(|u| &u.name),
        &column(|u| &u.full_name),
        &column(|u| &u.province_code),
        &column(|u| &u.search_key),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
