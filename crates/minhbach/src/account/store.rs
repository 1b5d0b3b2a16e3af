//! SQL of accounts, roles, sessions and tokens.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::model::{Account, BadgeCell, Granted, LabelCell, Managed, ReferenceCell, RoleGrant, is_login};
use super::news;
use super::policy::{Activate, DisableAccount, IssueAccount, Reissue};
use super::vouch::{self, Row, Secrets};
use crate::kernel::id::{AccountId, AccountRoleId, OrganisationId, PartitionId, PersonId, PurposeId};
use crate::kernel::keys::{Keys, Sealed};
use crate::kernel::{Actor, Db, Error, Permit, Result, Role, Tx};

/// The account as it was read, unless somebody changed what it is let in by behind the service's back: such an account
/// is none, for signing in and for everyone who would give it a new code, and the log has that it was met.
fn vouched(tx: &mut Tx, account: Account) -> Result<Option<Account>> {
    if Row::Account(account.secrets()).is_vouched(tx.keys(), account.vouch.as_deref())? {
        return Ok(Some(account));
    }
    vouch::record_forgery(tx, account.id, "account")?;
    Ok(None)
}

/// The account behind a login name. One that nobody vouches for is none.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<Account>> {
    // What cannot be a login name names nobody; a zero byte in it would even be an error of the database.
    if !is_login(login) {
        return Ok(None);
    }
    let row = sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", login, partition_id as "partition: PartitionId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", state, password_hash, activation_hash, activation_expires_at,
                  failed_attempts, locked_until, badge_sealed as "badge: Sealed<BadgeCell>", vouch
           from account where login = $1"#,
        login
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map_or(Ok(None), |account| vouched(tx, account))
}

/// An account by its id, within what the context shows; locked until commit, so that what is
/// written over it is what was judged. One that nobody vouches for is not found.
pub async fn by_id(tx: &mut Tx, id: AccountId) -> Result<Account> {
    let row = sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", login, partition_id as "partition: PartitionId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", state, password_hash, activation_hash, activation_expires_at,
                  failed_attempts, locked_until, badge_sealed as "badge: Sealed<BadgeCell>", vouch
           from account where id = $1 for update"#,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let account = row.ok_or(Error::NotFound)?;
    vouched(tx, account)?.ok_or(Error::NotFound)
}

/// The accounts of the context's agency (its officers) or unit, in the order of their login names. One that nobody
/// vouches for is not among them: it may have been moved here so that its holder's name is shown.
pub async fn list(tx: &mut Tx) -> Result<Vec<Account>> {
    let rows = sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", login, partition_id as "partition: PartitionId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", state, password_hash, activation_hash, activation_expires_at,
                  failed_attempts, locked_until, badge_sealed as "badge: Sealed<BadgeCell>", vouch
           from account where ($1::uuid is null or (partition_id = $1 and kind = 'OFFICER')) and ($2::uuid is null or unit_id = $2)
           order by login"#,
        tx.actor().agency().map(|p| p.0),
        tx.actor().unit().map(|u| u.0),
    )
    .fetch_all(tx.conn())
    .await?;
    // Told in the service's log only: an agency's or unit's context does not write the centre's.
    let mut accounts = Vec::with_capacity(rows.len());
    for account in rows {
        if Row::Account(account.secrets()).is_vouched(tx.keys(), account.vouch.as_deref())? {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

/// What an account may act as, now. Roles nobody vouches for are none, and the log has that one was met.
pub async fn grants(tx: &mut Tx, account: AccountId) -> Result<Vec<Granted>> {
    let rows = sqlx::query!(
        r#"select r.id as "id: AccountRoleId", r.role as "role: Role", r.partition_id as "partition: PartitionId",
                  r.unit_id as "unit: OrganisationId", r.person_id as "person: PersonId", p.name as partition_name, o.name as "unit_name?", r.vouch
           from account_role r join partition p on p.id = r.partition_id left join organisation o on o.id = r.unit_id
           where r.account_id = $1 and r.revoked_at is null and is_entered(r.partition_id) order by r.valid_from, r.id"#,
        account.0
    )
    .fetch_all(tx.conn())
    .await?;
    let mut granted = Vec::with_capacity(rows.len());
    for r in rows {
        let grant = RoleGrant { role: r.role, partition: r.partition, unit: r.unit, person: r.person };
        if (Row::Role { id: r.id, account, grant: &grant }).is_vouched(tx.keys(), r.vouch.as_deref())? {
            granted.push(Granted { id: r.id, grant, partition_name: r.partition_name, unit_name: r.unit_name });
        } else {
            vouch::record_forgery(tx, account, "account_role")?;
        }
    }
    Ok(granted)
}

/// The people whoever acts now is, in the partition that is open: whom the account declares as or ever did, and every line of
/// the list with the same identity number (a person who left and came back, or is listed by two units).
pub async fn own_people(tx: &mut Tx) -> Result<Vec<PersonId>> {
    let account = tx.actor().account_or_nil();
    let ids = sqlx::query_scalar!(
        r#"with mine as (
               select person_id from account where id = $1 and person_id is not null
               union select person_id from account_role where account_id = $1 and person_id is not null)
           select person_id as "id!: PersonId" from mine
           union
           select p.id from mine join person own on own.id = mine.person_id
           join person p on p.partition_id = own.partition_id and p.id_no_index = own.id_no_index"#,
        account.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids)
}

/// Whether whoever acts now is this person: nobody decides, states or is told what the agency asks of themselves.
pub async fn is_own(tx: &mut Tx, person: PersonId) -> Result<bool> {
    Ok(own_people(tx).await?.contains(&person))
}

/// Every grant several accounts ever had. Asked in the system's context: elsewhere a grant of another agency would stay
/// unseen, and with it what the account reaches. A role taken away still counts: who may give a new code must not depend
/// on a date in a column. An account with a grant nobody vouches for is left out: what it truly reaches is not known, so
/// only the console gives it a new code.
pub async fn grants_of(tx: &mut Tx, accounts: &[AccountId]) -> Result<BTreeMap<AccountId, Vec<RoleGrant>>> {
    let ids: Vec<uuid::Uuid> = accounts.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select id as "id: AccountRoleId", account_id as "account: AccountId", role as "role: Role", partition_id as "partition: PartitionId",
                  unit_id as "unit: OrganisationId", person_id as "person: PersonId", vouch
           from account_role where account_id = any($1) order by valid_from, id"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let mut grants: BTreeMap<AccountId, Vec<RoleGrant>> = BTreeMap::new();
    let mut doubted = BTreeSet::new();
    for r in rows {
        let grant = RoleGrant { role: r.role, partition: r.partition, unit: r.unit, person: r.person };
        let row = Row::Role { id: r.id, account: r.account, grant: &grant };
        if !row.is_vouched(tx.keys(), r.vouch.as_deref())? {
            doubted.insert(r.account);
        }
        grants.entry(r.account).or_default().push(grant);
    }
    grants.retain(|account, _| !doubted.contains(account));
    Ok(grants)
}

/// The people of a unit who have an account, closed ones too: a closed account is opened again, not doubled.
pub async fn people_with_account(tx: &mut Tx, unit: OrganisationId) -> Result<BTreeSet<PersonId>> {
    let rows = sqlx::query!(
        r#"select person_id as "person!: PersonId" from account where unit_id = $1 and person_id is not null
           union
           select person_id from account_role where unit_id = $1 and person_id is not null and revoked_at is null"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|r| r.person).collect())
}

/// A row of `account` to be inserted.
pub struct Issued<'a> {
    pub id: AccountId,
    pub login: &'a str,
    pub badge: Sealed<BadgeCell>,
    pub activation_hash: [u8; 32],
    pub activation_expires_at: DateTime<Utc>,
}

pub async fn insert(tx: &mut Tx, permit: &Permit<IssueAccount, RoleGrant>, issued: &Issued<'_>) -> Result<()> {
    let grant = permit.on();
    let (now, name, by) = (tx.now(), tx.name(), tx.actor().account);
    let secrets = Secrets {
        id: issued.id,
        login: issued.login,
        partition: grant.partition,
        unit: grant.unit,
        person: grant.person,
        state: "ISSUED",
        password_hash: None,
        activation_hash: Some(&issued.activation_hash),
        activation_expires_at: Some(issued.activation_expires_at),
    };
    let vouch = Row::Account(secrets).vouch(tx.keys())?;
    sqlx::query!(
        "insert into account (id, login, partition_id, unit_id, person_id, kind, state, activation_hash, activation_expires_at,
                              badge_sealed, created_at, created_by, updated_at, updated_by, vouch)
         values ($1, $2, $3, $4, $5, $6, 'ISSUED', $7, $8, $9, $10, $11, $10, $12, $13)",
        issued.id.0,
        issued.login,
        grant.partition.0,
        grant.unit.map(|u| u.0),
        grant.person.map(|p| p.0),
        if grant.role == Role::Declarant { "DECLARANT" } else { "OFFICER" },
        &issued.activation_hash[..],
        issued.activation_expires_at,
        issued.badge.as_bytes(),
        now,
        by.map(|a| a.0),
        name,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn insert_grant(
    tx: &mut Tx,
    permit: &Permit<IssueAccount, RoleGrant>,
    account: AccountId,
) -> Result<AccountRoleId> {
    let grant = permit.on();
    let id = AccountRoleId::new();
    let now = tx.now();
    let vouch = Row::Role { id, account, grant }.vouch(tx.keys())?;
    sqlx::query!(
        "insert into account_role (id, account_id, role, partition_id, unit_id, person_id, valid_from, vouch)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        account.0,
        grant.role.word(),
        grant.partition.0,
        grant.unit.map(|u| u.0),
        grant.person.map(|p| p.0),
        now,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Replaces the activation code; the old code and the old password stop working.
pub async fn reissue(
    tx: &mut Tx,
    permit: &Permit<Reissue, Managed>,
    hash: [u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    let after = Secrets {
        state: "ISSUED",
        activation_hash: Some(&hash),
        activation_expires_at: Some(expires_at),
        password_hash: None,
        ..permit.on().account.secrets()
    };
    let vouch = Row::Account(after).vouch(tx.keys())?;
    sqlx::query!(
        "update account set state = 'ISSUED', activation_hash = $2, activation_expires_at = $3, password_hash = null,
                            failed_attempts = 0, locked_until = null, updated_at = $4, updated_by = $5, vouch = $6
         where id = $1",
        after.id.0,
        &hash[..],
        expires_at,
        now,
        name,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn disable(tx: &mut Tx, permit: &Permit<DisableAccount, Managed>) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    let after = Secrets { state: "DISABLED", activation_hash: None, ..permit.on().account.secrets() };
    let vouch = Row::Account(after).vouch(tx.keys())?;
    sqlx::query!(
        "update account set state = 'DISABLED', activation_hash = null, updated_at = $2, updated_by = $3, vouch = $4 where id = $1",
        after.id.0,
        now,
        name,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn activate(tx: &mut Tx, permit: &Permit<Activate, Account>, password_hash: &str) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    let after = Secrets {
        state: "ACTIVE",
        password_hash: Some(password_hash),
        activation_hash: None,
        activation_expires_at: None,
        ..permit.on().secrets()
    };
    let vouch = Row::Account(after).vouch(tx.keys())?;
    sqlx::query!(
        "update account set state = 'ACTIVE', password_hash = $2, activation_hash = null, activation_expires_at = null,
                            failed_attempts = 0, locked_until = null, updated_at = $3, updated_by = $4, vouch = $5
         where id = $1",
        after.id.0,
        password_hash,
        now,
        name,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    // A new code may be for a new holder: messages to the one before end.
    forget_address(tx, after.id).await
}

/// Where messages went is forgotten, with whatever was to be sent there. Whose act it may be is the caller's permit.
pub async fn forget_address(tx: &mut Tx, account: AccountId) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "update notification_address set address_sealed = null, confirmed_at = null, refused_at = null, code_sealed = null,
                code_expires_at = null, code_owed_at = null, news_owed_at = null, try_at = null, mailed_at = null, updated_at = $2,
                updated_by = $3
         where account_id = $1",
        account.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Counts a failed sign-in; locks when `locked_until` is given. One statement, so that guesses made at the same moment
/// are all counted.
pub async fn count_failure(
    tx: &mut Tx,
    account: AccountId,
    max_failures: i16,
    locked_until: DateTime<Utc>,
) -> Result<bool> {
    let (now, name) = (tx.now(), tx.name());
    let row = sqlx::query!(
        r#"update account set failed_attempts = n.attempts,
                  locked_until = case when n.attempts >= $2 then $3::timestamptz else null end,
                  updated_at = $4, updated_by = $5
           from (select case when locked_until <= $4 then 1::smallint else (failed_attempts + 1)::smallint end as attempts
                 from account where id = $1 for update) n
           where id = $1 returning n.attempts >= $2 as "locked!""#,
        account.0,
        max_failures,
        locked_until,
        now,
        name,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.locked)
}

/// Whether the account may open a session now, with the password hash that was verified; locks the row so that guesses
/// made at the same moment are counted first.
pub async fn may_open_session(tx: &mut Tx, account: AccountId, password_hash: &str) -> Result<bool> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select state = 'ACTIVE' and password_hash = $2 and (locked_until is null or locked_until <= $3) as "may!"
           from account where id = $1 for update"#,
        account.0,
        password_hash,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.is_some_and(|r| r.may))
}

pub async fn forget_failures(tx: &mut Tx, account: AccountId) -> Result<()> {
    sqlx::query!(
        "update account set failed_attempts = 0, locked_until = null where id = $1 and failed_attempts > 0",
        account.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A session as found by its token.
#[derive(Debug)]
pub struct FoundSession {
    pub account: AccountId,
    pub csrf_secret: Vec<u8>,
    pub purpose: Option<PurposeId>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub role: Role,
    pub partition: PartitionId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub partition_name: String,
    pub unit_name: Option<String>,
    /// Whether the role is one of a practice partition.
    pub practises: bool,
    pub account_partition: PartitionId,
    pub badge: Sealed<BadgeCell>,
    pub role_id: AccountRoleId,
    pub role_vouch: Option<Vec<u8>>,
    pub session_vouch: Option<Vec<u8>>,
    pub login: String,
    pub account_unit: Option<OrganisationId>,
    pub account_person: Option<PersonId>,
    pub state: String,
    pub password_hash: Option<String>,
    pub activation_hash: Option<Vec<u8>>,
    pub activation_expires_at: Option<DateTime<Utc>>,
    pub account_vouch: Option<Vec<u8>>,
}

impl FoundSession {
    pub fn grant(&self) -> RoleGrant {
        RoleGrant { role: self.role, partition: self.partition, unit: self.unit, person: self.person }
    }

    /// The table of the row nobody vouches for, if one of the three that let the person in is forged.
    pub fn forged(&self, keys: &Keys, token_hash: &[u8; 32]) -> Result<Option<&'static str>> {
        let (account, expires_at) = (self.account, self.expires_at);
        // A role of another account opens nothing: the session's own account is what the role must be vouched for.
        let (id, grant) = (self.role_id, self.grant());
        let secrets = Secrets {
            id: account,
            login: &self.login,
            partition: self.account_partition,
            unit: self.account_unit,
            person: self.account_person,
            state: &self.state,
            password_hash: self.password_hash.as_deref(),
            activation_hash: self.activation_hash.as_deref(),
            activation_expires_at: self.activation_expires_at,
        };
        let session = Row::Session { token_hash, account, csrf_secret: &self.csrf_secret, expires_at };
        vouch::first_forged(
            keys,
            &[
                (session, self.session_vouch.as_deref()),
                (Row::Role { id, account, grant: &grant }, self.role_vouch.as_deref()),
                (Row::Account(secrets), self.account_vouch.as_deref()),
            ],
        )
    }
}

/// Asked on every request, of a function that carries its own context: one round trip and no transaction.
pub async fn find_session(db: &Db, token_hash: &[u8; 32]) -> Result<Option<FoundSession>> {
    let row = sqlx::query_as!(
        FoundSession,
        r#"select account_id as "account!: AccountId", csrf_secret as "csrf_secret!", purpose_id as "purpose: PurposeId",
                  last_seen_at as "last_seen_at!", expires_at as "expires_at!", role as "role!: Role",
                  partition_id as "partition!: PartitionId", unit_id as "unit: OrganisationId", person_id as "person: PersonId",
                  partition_name as "partition_name!", unit_name, practises as "practises!",
                  account_partition as "account_partition!: PartitionId",
                  badge_sealed as "badge!: Sealed<BadgeCell>", role_id as "role_id!: AccountRoleId", role_vouch, session_vouch,
                  login as "login!", account_unit as "account_unit: OrganisationId", account_person as "account_person: PersonId",
                  state as "state!", password_hash, activation_hash, activation_expires_at, account_vouch
           from session_holder($1)"#,
        &token_hash[..]
    )
    .fetch_optional(&mut *db.without_context().await?)
    .await?;
    Ok(row)
}

/// How much is new for a role (`news`), asked as [`find_session`] is.
pub async fn count_news(db: &Db, actor: &Actor, role_id: AccountRoleId) -> Result<i64> {
    let Some(role) = actor.role else { return Ok(0) };
    let row = sqlx::query!(
        r#"select news_count($1, $2, $3, $4, $5, $6, $7, $8, $9) as "new!""#,
        role_id.0,
        role.word(),
        actor.home.0,
        actor.unit().map(|unit| unit.0),
        actor.person().map(|person| person.0),
        actor.account_or_nil().0,
        &news::names(role),
        news::since().0,
        news::MOST
    )
    .fetch_one(&mut *db.without_context().await?)
    .await?;
    Ok(row.new)
}

pub async fn insert_session(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    account: AccountId,
    role: AccountRoleId,
    csrf_secret: &[u8; 32],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.now();
    let vouch = Row::Session { token_hash, account, csrf_secret, expires_at }.vouch(tx.keys())?;
    sqlx::query!(
        "insert into session (token_hash, account_id, account_role_id, csrf_secret, created_at, last_seen_at, expires_at, vouch)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        &token_hash[..],
        account.0,
        role.0,
        &csrf_secret[..],
        now,
        expires_at,
        &vouch[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn touch_session(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update session set last_seen_at = $2 where token_hash = $1", &token_hash[..], now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub async fn end_session(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update session set ended_at = $2 where token_hash = $1 and ended_at is null", &token_hash[..], now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Ends every session of an account: after a new code, a new password, or when it is disabled.
pub async fn end_sessions_of(tx: &mut Tx, account: AccountId) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update session set ended_at = $2 where account_id = $1 and ended_at is null", account.0, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Lets the session act in another of the account's roles. Returns false when the role is not theirs.
pub async fn switch_role(tx: &mut Tx, token_hash: &[u8; 32], role: AccountRoleId) -> Result<bool> {
    let done = sqlx::query!(
        "update session s set account_role_id = r.id, purpose_id = null from account_role r
         where s.token_hash = $1 and r.id = $2 and r.account_id = s.account_id and r.revoked_at is null",
        &token_hash[..],
        role.0
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records why the centre looks at the nation, and lets the session do so.
pub async fn state_purpose(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    account: AccountId,
    code: &str,
    reference: Option<&str>,
) -> Result<PurposeId> {
    let id = PurposeId::new();
    let now = tx.now();
    let reference = match reference {
        Some(text) => Some(tx.keys().seal::<ReferenceCell>(PartitionId::CENTRE, id.0, &text.to_owned())?),
        None => None,
    };
    sqlx::query!(
        "insert into purpose (id, account_id, code, reference_sealed, created_at) values ($1, $2, $3, $4, $5)",
        id.0,
        account.0,
        code,
        reference.as_ref().map(Sealed::as_bytes),
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("update session set purpose_id = $2 where token_hash = $1", &token_hash[..], id.0)
        .execute(tx.conn())
        .await?;
    Ok(id)
}

/// A token as found by its hash.
pub struct FoundToken {
    pub account: AccountId,
    pub grant: RoleGrant,
    /// The table of the row nobody vouches for, if the token or its role is forged.
    pub forged: Option<&'static str>,
}

/// The grant behind an API token that is neither expired nor revoked; asked as [`find_session`] is.
pub async fn find_token(db: &Db, token_hash: &[u8; 32]) -> Result<Option<FoundToken>> {
    let row = sqlx::query!(
        r#"select account_id as "account!: AccountId", role as "role!: Role", partition_id as "partition!: PartitionId",
                  unit_id as "unit: OrganisationId", person_id as "person: PersonId", role_id as "role_id!: AccountRoleId",
                  expires_at as "expires_at!", token_vouch, role_vouch, login as "login!",
                  account_partition as "account_partition!: PartitionId", account_unit as "account_unit: OrganisationId",
                  account_person as "account_person: PersonId", state as "state!", password_hash, activation_hash,
                  activation_expires_at, account_vouch
           from api_token_holder($1, $2)"#,
        &token_hash[..],
        db.clock().now()
    )
    .fetch_optional(&mut *db.without_context().await?)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let grant = RoleGrant { role: r.role, partition: r.partition, unit: r.unit, person: r.person };
    let secrets = Secrets {
        id: r.account,
        login: &r.login,
        partition: r.account_partition,
        unit: r.account_unit,
        person: r.account_person,
        state: &r.state,
        password_hash: r.password_hash.as_deref(),
        activation_hash: r.activation_hash.as_deref(),
        activation_expires_at: r.activation_expires_at,
    };
    let token = Row::Token { token_hash, role: r.role_id, expires_at: r.expires_at };
    let role = Row::Role { id: r.role_id, account: r.account, grant: &grant };
    let rows = [
        (token, r.token_vouch.as_deref()),
        (role, r.role_vouch.as_deref()),
        (Row::Account(secrets), r.account_vouch.as_deref()),
    ];
    let forged = vouch::first_forged(db.keys(), &rows)?;
    Ok(Some(FoundToken { account: r.account, grant, forged }))
}

pub async fn insert_token(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    granted: &Granted,
    label: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.now();
    let vouch = Row::Token { token_hash, role: granted.id, expires_at }.vouch(tx.keys())?;
    let row = uuid::Uuid::from_slice(&token_hash[..16]).map_err(anyhow::Error::from)?;
    let label = tx.keys().seal::<LabelCell>(granted.grant.partition, row, &label.to_owned())?;
    sqlx::query!(
        "insert into api_token (token_hash, account_role_id, label_sealed, created_at, expires_at, vouch) values ($1, $2, $3, $4, $5, $6)",
        &token_hash[..],
        granted.id.0,
        label.as_bytes(),
        now,
        expires_at,
        &vouch[..]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether an event of a name was ever recorded in a partition.
pub async fn was_recorded(tx: &mut Tx, partition: PartitionId, name: &str) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from event where partition_id = $1 and name = $2) as "recorded!""#,
        partition.0,
        name
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.recorded)
}

/// A row that lets someone in: where it stands, the MAC it must have and the one it has.
struct Presented {
    table: &'static str,
    key: Vec<u8>,
    expected: [u8; 32],
    given: Option<Vec<u8>>,
}

impl Presented {
    fn new(keys: &Keys, row: &Row<'_>, key: &[u8], given: Option<Vec<u8>>) -> Result<Self> {
        Ok(Self { table: row.table(), key: key.to_vec(), expected: row.vouch(keys)?, given })
    }
}

/// Every row that lets someone in, ended sessions aside: those let nobody in. Roles and tokens taken away count: a date
/// in a column takes them away, and its absence would bring them back.
async fn presented(tx: &mut Tx) -> Result<Vec<Presented>> {
    let mut rows = Vec::new();
    let accounts = sqlx::query_as!(
        Account,
        r#"select id as "id: AccountId", login, partition_id as "partition: PartitionId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", state, password_hash, activation_hash, activation_expires_at,
                  failed_attempts, locked_until, badge_sealed as "badge: Sealed<BadgeCell>", vouch
           from account"#
    )
    .fetch_all(tx.conn())
    .await?;
    for a in accounts {
        rows.push(Presented::new(tx.keys(), &Row::Account(a.secrets()), a.id.0.as_bytes(), a.vouch.clone())?);
    }
    let roles = sqlx::query!(
        r#"select id as "id: AccountRoleId", account_id as "account: AccountId", role as "role: Role", partition_id as "partition: PartitionId",
                  unit_id as "unit: OrganisationId", person_id as "person: PersonId", vouch
           from account_role"#
    )
    .fetch_all(tx.conn())
    .await?;
    for r in roles {
        let grant = RoleGrant { role: r.role, partition: r.partition, unit: r.unit, person: r.person };
        let row = Row::Role { id: r.id, account: r.account, grant: &grant };
        rows.push(Presented::new(tx.keys(), &row, r.id.0.as_bytes(), r.vouch)?);
    }
    let tokens = sqlx::query!(
        r#"select token_hash, account_role_id as "role: AccountRoleId", expires_at, vouch from api_token"#
    )
    .fetch_all(tx.conn())
    .await?;
    for t in tokens {
        let row = Row::Token { token_hash: &t.token_hash, role: t.role, expires_at: t.expires_at };
        rows.push(Presented::new(tx.keys(), &row, &t.token_hash, t.vouch)?);
    }
    let sessions = sqlx::query!(
        r#"select token_hash, account_id as "account: AccountId", csrf_secret, expires_at, vouch from session where ended_at is null"#
    )
    .fetch_all(tx.conn())
    .await?;
    for s in sessions {
        let (account, expires_at) = (s.account, s.expires_at);
        let row = Row::Session { token_hash: &s.token_hash, account, csrf_secret: &s.csrf_secret, expires_at };
        rows.push(Presented::new(tx.keys(), &row, &s.token_hash, s.vouch)?);
    }
    Ok(rows)
}

/// Vouches for accounts, roles and tokens that have no MAC. Returns how many there were. Sessions are ended instead:
/// their holders sign in again.
pub async fn vouch_for_unvouched(tx: &mut Tx) -> Result<i64> {
    let now = tx.now();
    sqlx::query!("update session set ended_at = $1 where vouch is null and ended_at is null", now)
        .execute(tx.conn())
        .await?;
    let mut count = 0;
    for row in presented(tx).await?.iter().filter(|row| row.given.is_none()) {
        let mac = &row.expected[..];
        let id = || uuid::Uuid::from_slice(&row.key).map_err(anyhow::Error::from);
        match row.table {
            "account" => {
                sqlx::query!("update account set vouch = $2 where id = $1", id()?, mac).execute(tx.conn()).await
            }
            "account_role" => {
                sqlx::query!("update account_role set vouch = $2 where id = $1", id()?, mac).execute(tx.conn()).await
            }
            _ => {
                sqlx::query!("update api_token set vouch = $2 where token_hash = $1", row.key, mac)
                    .execute(tx.conn())
                    .await
            }
        }?;
        count += 1;
    }
    Ok(count)
}

/// Rows that let someone in and that nobody vouches for: how many of each table.
pub async fn forged_rows(tx: &mut Tx) -> Result<BTreeMap<&'static str, usize>> {
    let mut forged = BTreeMap::new();
    for row in presented(tx).await? {
        if row.given.as_deref() != Some(&row.expected[..]) {
            *forged.entry(row.table).or_default() += 1;
        }
    }
    Ok(forged)
}
