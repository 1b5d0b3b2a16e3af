//! What an account is.
use serde::{Deserialize, Serialize};

use super::vouch::Secrets;
use crate::cells;
use crate::kernel::id::{AccountId, AccountRoleId, OrganisationId, PartitionId, PersonId, PurposeId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Actor, Context, Role};

/// Name and position of the holder, as shown in the page header and in lists of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Badge {
    pub name: String,
    pub position: String,
}

cells! {
    /// The holder's badge.
    BadgeCell = "account"."badge_sealed" -> Badge;
    /// What was given as the reference of a purpose; sealed with the centre's key.
    ReferenceCell = "purpose"."reference_sealed" -> String;
    /// What a token is for; sealed with the key of its role's partition, in the row its hash names.
    LabelCell = "api_token"."label_sealed" -> String;
}

/// One thing a holder may act as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleGrant {
    pub role: Role,
    pub partition: PartitionId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
}

impl RoleGrant {
    /// The actor a session of this grant is. The centre's analyst sees the nation only once a purpose is recorded.
    pub fn actor(&self, account: AccountId, purpose: Option<PurposeId>) -> Actor {
        let context = match (self.role, self.unit, self.person, purpose) {
            (Role::Declarant, _, Some(person), _) => Context::Person { partition: self.partition, person },
            (Role::UnitOfficer, Some(unit), _, _) => Context::Unit { unit },
            (Role::CentreAnalyst, _, _, Some(purpose)) => Context::Nation { purpose },
            (Role::CentreAnalyst, ..) | (Role::Declarant, ..) | (Role::UnitOfficer, ..) => Context::System,
            (Role::AgencyAdmin | Role::IntakeOfficer | Role::Auditor, ..) => {
                Context::Agency { partition: self.partition }
            }
        };
        Actor { account: Some(account), role: Some(self.role), context, home: self.partition }
    }
}

/// An account to be issued.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub login: String,
    pub badge: Badge,
    /// The first grant decides partition, unit and person of the account itself.
    pub grants: Vec<RoleGrant>,
}

/// An account as sign-in sees it.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub login: String,
    pub partition: PartitionId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub state: String,
    pub password_hash: Option<String>,
    pub activation_hash: Option<Vec<u8>>,
    pub activation_expires_at: Option<chrono::DateTime<chrono::Utc>>,
    pub failed_attempts: i16,
    pub locked_until: Option<chrono::DateTime<chrono::Utc>>,
    pub badge: Sealed<BadgeCell>,
    /// The service's MAC over what the account is let in by (`vouch`).
    pub vouch: Option<Vec<u8>>,
}

impl Account {
    /// What the account is let in by.
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets {
            id: self.id,
            login: &self.login,
            partition: self.partition,
            unit: self.unit,
            person: self.person,
            state: &self.state,
            password_hash: self.password_hash.as_deref(),
            activation_hash: self.activation_hash.as_deref(),
            activation_expires_at: self.activation_expires_at,
        }
    }
}

/// An account with all its live grants, in whichever partition or unit each of them is.
#[derive(Debug, Clone)]
pub struct Managed {
    pub account: Account,
    pub grants: Vec<RoleGrant>,
}

/// A grant with its id.
#[derive(Debug, Clone)]
pub struct Granted {
    pub id: AccountRoleId,
    pub grant: RoleGrant,
    pub partition_name: String,
    pub unit_name: Option<String>,
}

impl Granted {
    /// Where the holder acts, in words.
    pub fn place(&self) -> &str {
        match self.grant.role {
            Role::CentreAnalyst => "Thanh tra Chính phủ",
            _ => self.unit_name.as_deref().unwrap_or(&self.partition_name),
        }
    }
}

/// Whether a text can be the name of an account: what the database's check says.
pub fn is_login(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=41).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || matches!(c, '.' | '-'))
}

/// So many letters and digits nobody mistakes for one another, five bits each.
pub fn letters(count: usize) -> anyhow::Result<String> {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut bytes = vec![0u8; count];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness from the system"))?;
    Ok(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect())
}

/// A code people copy from paper: 20 characters without look-alikes in groups of five, 100 bits.
pub fn activation_code() -> anyhow::Result<String> {
    let letters: Vec<char> = letters(20)?.chars().collect();
    Ok(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// The code as typed by a person: without separators and case.
pub fn activation_digest(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    crate::kernel::files::sha256(format!("minhbach activation v1\n{plain}").as_bytes())
}
