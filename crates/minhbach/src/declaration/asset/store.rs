//! SQL of what is stated about assets, and of everything on record of one person.
use super::model::{AssetPlace, ReasonCell, Statement};
use crate::declaration::policy::StateAssets;
use crate::kernel::id::{AccountId, AssetStatementId, DeclarationId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};
use crate::person::Person;

/// Everything a person declared that is on record here, also as a copy, what was begun first first.
pub async fn declared(tx: &mut Tx, partition: PartitionId, person: PersonId) -> Result<Vec<DeclarationId>> {
    let rows = sqlx::query!(
        r#"select id as "id!: DeclarationId" from declaration_known
           where partition_id = $1 and person_id = $2 order by begun_on, begun_at, id"#,
        partition.0,
        person.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

struct StatementRow {
    partition: PartitionId,
    id: AssetStatementId,
    unit: OrganisationId,
    person: PersonId,
    number: i32,
    one_version: VersionId,
    one_asset: i16,
    other_version: VersionId,
    other_asset: i16,
    is_same: bool,
    reason: Sealed<ReasonCell>,
    record_hash: Vec<u8>,
    created_at: chrono::DateTime<chrono::Utc>,
    created_by: AccountId,
}

impl TryFrom<StatementRow> for Statement {
    type Error = Error;
    fn try_from(r: StatementRow) -> Result<Self> {
        let asset = |asset: i16| u16::try_from(asset).map_err(|_| crate::bug!("asset {asset}"));
        Ok(Statement {
            partition: r.partition,
            id: r.id,
            unit: r.unit,
            person: r.person,
            number: r.number,
            one: AssetPlace { version: r.one_version, asset: asset(r.one_asset)? },
            other: AssetPlace { version: r.other_version, asset: asset(r.other_asset)? },
            is_same: r.is_same,
            reason: r.reason,
            record_hash: r.record_hash,
            created_at: r.created_at,
            created_by: r.created_by,
        })
    }
}

/// What was stated within the partition, of one person or of all, in the order in which it was.
pub async fn statements(tx: &mut Tx, partition: PartitionId, person: Option<PersonId>) -> Result<Vec<Statement>> {
    let rows = sqlx::query_as!(
        StatementRow,
        r#"select partition_id as "partition: PartitionId", id as "id: AssetStatementId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", number, one_version_id as "one_version: VersionId", one_asset,
                  other_version_id as "other_version: VersionId", other_asset, is_same,
                  reason_sealed as "reason: Sealed<ReasonCell>", record_hash, created_at, created_by as "created_by: AccountId"
           from asset_statement where partition_id = $1 and ($2::uuid is null or person_id = $2) order by person_id, number"#,
        partition.0,
        person.map(|person| person.0)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Statement::try_from).collect()
}

/// Statements that name a version which is on record of nobody, or of somebody else.
pub async fn misplaced(tx: &mut Tx, partition: PartitionId) -> Result<Vec<AssetStatementId>> {
    let rows = sqlx::query!(
        r#"select distinct s.id as "id: AssetStatementId"
           from asset_statement s cross join lateral (values (s.one_version_id), (s.other_version_id)) as named (version)
           where s.partition_id = $1
             and not exists (select from declaration_version v
                             where v.partition_id = $1 and v.id = named.version and v.person_id = s.person_id)
             and not exists (select from custody_original o
                             where o.partition_id = $1 and o.version_id = named.version and o.person_id = s.person_id)"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Puts a statement on record.
pub async fn insert(tx: &mut Tx, _permit: &Permit<StateAssets, Person>, new: &Statement) -> Result<()> {
    let asset = |asset: u16| i16::try_from(asset).map_err(|_| crate::bug!("asset {asset}"));
    sqlx::query!(
        "insert into asset_statement (partition_id, id, unit_id, person_id, number, one_version_id, one_asset, other_version_id,
                                      other_asset, is_same, reason_sealed, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        new.partition.0,
        new.id.0,
        new.unit.0,
        new.person.0,
        new.number,
        new.one.version.0,
        asset(new.one.asset)?,
        new.other.version.0,
        asset(new.other.asset)?,
        new.is_same,
        new.reason.as_bytes(),
        &new.record_hash,
        new.created_at,
        new.created_by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
