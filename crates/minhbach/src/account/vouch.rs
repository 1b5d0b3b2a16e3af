//! What lets someone in is vouched for: the secrets of an account, a role, a session and a token each carry a MAC under
//! the centre's key, which is not in the database. Whoever can write to the tables and does not hold the key file can
//! lock people out, and cannot let anyone in (docs/SECURITY-MODEL.md).
use std::path::Path;

use chrono::{DateTime, Utc};

use super::model::RoleGrant;
use super::store;
use crate::kernel::id::{AccountId, AccountRoleId, OrganisationId, PartitionId, PersonId};
use crate::kernel::keys::Keys;
use crate::kernel::{Actor, Db, Event, Result, Tx};

/// A row that lets someone in, by what of it must not be changed behind the service's back.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    Account(Secrets<'a>),
    Role { id: AccountRoleId, account: AccountId, grant: &'a RoleGrant },
    Session { token_hash: &'a [u8], account: AccountId, csrf_secret: &'a [u8], expires_at: DateTime<Utc> },
    Token { token_hash: &'a [u8], role: AccountRoleId, expires_at: DateTime<Utc> },
}

/// Everything a password or activation code is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Secrets<'a> {
    pub id: AccountId,
    pub login: &'a str,
    pub partition: PartitionId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub state: &'a str,
    pub password_hash: Option<&'a str>,
    pub activation_hash: Option<&'a [u8]>,
    pub activation_expires_at: Option<DateTime<Utc>>,
}

/// The table of the first row nobody vouches for, among those that together let someone in.
pub fn first_forged(keys: &Keys, rows: &[(Row<'_>, Option<&[u8]>)]) -> Result<Option<&'static str>> {
    for (row, given) in rows {
        if !row.is_vouched(keys, *given)? {
            return Ok(Some(row.table()));
        }
    }
    Ok(None)
}

impl Row<'_> {
    pub fn table(&self) -> &'static str {
        match self {
            Row::Account(_) => "account",
            Row::Role { .. } => "account_role",
            Row::Session { .. } => "session",
            Row::Token { .. } => "api_token",
        }
    }

    /// The MAC of the row: HMAC over its parts, each with its length, under a key of its own for each table.
    ///
    /// # Errors
    /// The centre's keys are not open in this process.
    pub fn vouch(&self, keys: &Keys) -> Result<[u8; 32]> {
        let mut parts = Parts::default();
        match *self {
            Row::Account(a) => parts
                .add(Some(a.id.0.as_bytes()))
                .add(Some(a.login.as_bytes()))
                .add(Some(a.partition.0.as_bytes()))
                .add(a.unit.map(|u| u.0).as_ref().map(|u| &u.as_bytes()[..]))
                .add(a.person.map(|p| p.0).as_ref().map(|p| &p.as_bytes()[..]))
                .add(Some(a.state.as_bytes()))
                .add(a.password_hash.map(str::as_bytes))
                .add(a.activation_hash)
                .at(a.activation_expires_at),
            Row::Role { id, account, grant } => parts
                .add(Some(id.0.as_bytes()))
                .add(Some(account.0.as_bytes()))
                .add(Some(grant.role.word().as_bytes()))
                .add(Some(grant.partition.0.as_bytes()))
                .add(grant.unit.map(|u| u.0).as_ref().map(|u| &u.as_bytes()[..]))
                .add(grant.person.map(|p| p.0).as_ref().map(|p| &p.as_bytes()[..])),
            Row::Session { token_hash, account, csrf_secret, expires_at } => {
                parts.add(Some(token_hash)).add(Some(account.0.as_bytes())).add(Some(csrf_secret)).at(Some(expires_at))
            }
            Row::Token { token_hash, role, expires_at } => {
                parts.add(Some(token_hash)).add(Some(role.0.as_bytes())).at(Some(expires_at))
            }
        };
        keys.tag(PartitionId::CENTRE, &format!("vouch.{}", self.table()), &parts.0)
    }

    /// Whether `given` vouches for the row. A row without a MAC, or with another's, was not written by the service.
    pub fn is_vouched(&self, keys: &Keys, given: Option<&[u8]>) -> Result<bool> {
        let expected = self.vouch(keys)?;
        let holds = given.is_some_and(|g| aws_lc_rs::constant_time::verify_slices_are_equal(g, &expected).is_ok());
        if !holds {
            metrics::counter!("forged_access_total", "table" => self.table()).increment(1);
            tracing::error!(table = self.table(), "a row that lets someone in was not written by this service");
        }
        Ok(holds)
    }
}

/// Parts of a record, so that no two lists of parts give the same bytes: an absent part differs from an empty one.
#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, part: Option<&[u8]>) -> &mut Self {
        let length = part.map_or(u64::MAX, |p| p.len() as u64);
        self.0.extend(length.to_be_bytes());
        self.0.extend(part.unwrap_or_default());
        self
    }

    /// Whole microseconds, which is what the database keeps.
    fn at(&mut self, at: Option<DateTime<Utc>>) -> &mut Self {
        let micros = at.map(|at| at.timestamp_micros().to_be_bytes());
        self.add(micros.as_ref().map(|m| &m[..]))
    }
}

/// Records that a row nobody vouches for was used to get in.
pub fn record_forgery(tx: &mut Tx, account: AccountId, table: &'static str) -> Result<()> {
    tx.record(Event::new("account.forgery_found", PartitionId::CENTRE).id("account", account).word("table", table))?;
    Ok(())
}

/// In the keys' folder: rows from before were vouched for. Not in the database, where its owner could take it back.
const DONE: &str = "rows-vouched";

/// Vouches once for the rows that were there before rows were vouched for. The event says how many, and that it was
/// done: rows without a MAC that turn up later are forged.
pub async fn vouch_for_existing(db: &Db, keys_folder: &Path) -> anyhow::Result<()> {
    let done = keys_folder.join(DONE);
    if done.exists() {
        return Ok(());
    }
    db.write(&Actor::SYSTEM, "account.vouch_for_existing", async |tx| {
        // The marker is missing and the event is there: the folder came back from an older backup.
        if store::was_recorded(tx, PartitionId::CENTRE, "account.rows_vouched").await? {
            tx.nothing_done();
            return Ok(());
        }
        let rows = store::vouch_for_unvouched(tx).await?;
        tx.record(Event::new("account.rows_vouched", PartitionId::CENTRE).count("rows", rows))?;
        Ok(())
    })
    .await?;
    std::fs::File::create(&done)?.sync_all()?;
    std::fs::File::open(keys_folder)?.sync_all()?;
    Ok(())
}
