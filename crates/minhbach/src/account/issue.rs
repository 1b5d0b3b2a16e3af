//! Issuing accounts, from whichever surface: pages, the console, the demonstration.
use chrono::TimeDelta;

use super::model::{NewAccount, RoleGrant, activation_code, activation_digest};
use super::policy::IssueAccount;
use super::store::{self, Issued};
use crate::kernel::id::AccountId;
use crate::kernel::{Event, Result, Tx};

/// An account that waits for its holder, with the one-time code that only this answer holds.
#[derive(Debug, Clone)]
pub struct Slip {
    pub account: AccountId,
    pub code: String,
    pub expires_at: chrono::DateTime<chrono::Utc>,
}

/// Issues an account with its roles; each role is asked of the policy.
pub async fn issue(tx: &mut Tx, new: &NewAccount, valid_days: i64) -> Result<Slip> {
    let first: RoleGrant =
        *new.grants.first().ok_or_else(|| crate::bug!("an account is issued with at least one role"))?;
    let code = activation_code()?;
    let account = AccountId::new();
    let expires_at = tx.now() + TimeDelta::days(valid_days);
    let issued = Issued {
        id: account,
        login: &new.login,
        badge: tx.keys().seal(first.partition, account.0, &new.badge)?,
        activation_hash: activation_digest(&code),
        activation_expires_at: expires_at,
    };
    let permit = tx.permit::<IssueAccount, _>(first)?;
    store::insert(tx, &permit, &issued).await?;
    for grant in &new.grants {
        let permit = tx.permit::<IssueAccount, _>(*grant)?;
        store::insert_grant(tx, &permit, account).await?;
        let mut event =
            Event::new("account.issued", grant.partition).id("account", account).word("role", grant.role.word());
        if let Some(unit) = grant.unit {
            event = event.unit(unit);
        }
        if let Some(person) = grant.person {
            event = event.person(person);
        }
        tx.record(event)?;
    }
    Ok(Slip { account, code, expires_at })
}

/// A login name for a declarant: a code that says nothing about the person.
pub fn declarant_login() -> Result<String> {
    let code = activation_code()?.to_lowercase().replace('-', "");
    Ok(format!("kk-{}", &code[..8]))
}
