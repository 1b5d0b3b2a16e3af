//! Who acts, as what, and which rows the database will show them.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{Error, Result};
use super::id::{AccountId, OrganisationId, PartitionId, PersonId, PurposeId};

/// What a holder of an account may act as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    CentreAnalyst,
    AgencyAdmin,
    IntakeOfficer,
    UnitOfficer,
    Declarant,
    Auditor,
}

impl Role {
    pub const ALL: [Role; 6] = [
        Role::CentreAnalyst,
        Role::AgencyAdmin,
        Role::IntakeOfficer,
        Role::UnitOfficer,
        Role::Declarant,
        Role::Auditor,
    ];

    /// The word the database keeps.
    pub fn word(self) -> &'static str {
        match self {
            Role::CentreAnalyst => "CENTRE_ANALYST",
            Role::AgencyAdmin => "AGENCY_ADMIN",
            Role::IntakeOfficer => "INTAKE_OFFICER",
            Role::UnitOfficer => "UNIT_OFFICER",
            Role::Declarant => "DECLARANT",
            Role::Auditor => "AUDITOR",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Role::CentreAnalyst => "Chuyên viên tổng hợp",
            Role::AgencyAdmin => "Quản trị cơ quan kiểm soát",
            Role::IntakeOfficer => "Cán bộ tiếp nhận bản giấy",
            Role::UnitOfficer => "Cán bộ đầu mối của đơn vị",
            Role::Declarant => "Người có nghĩa vụ kê khai",
            Role::Auditor => "Kiểm toán nhật ký",
        }
    }
}

/// The rows a transaction may see (docs/SECURITY-MODEL.md). Set with `SET LOCAL`, enforced by the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A control agency: its own partition.
    Agency { partition: PartitionId },
    /// An employing unit: its own people, whichever agency controls each of them.
    Unit { unit: OrganisationId },
    /// A declarant: their own records.
    Person { partition: PartitionId, person: PersonId },
    /// An officer of the centre: de-identified rows, for a recorded purpose.
    Nation { purpose: PurposeId },
    /// Sign-in, job dispatch, sequencing: content-free tables.
    System,
}

impl Context {
    /// The word the policies compare.
    pub fn word(&self) -> &'static str {
        match self {
            Context::Agency { .. } => "agency",
            Context::Unit { .. } => "unit",
            Context::Person { .. } => "person",
            Context::Nation { .. } => "nation",
            Context::System => "system",
        }
    }
}

/// Who acts. `account` is absent only for the system itself (jobs, sequencing, commands on the server's console).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub account: Option<AccountId>,
    pub role: Option<Role>,
    pub context: Context,
    /// The partition whose keys and log the actor's own acts use when no record names another.
    pub home: PartitionId,
}

impl Actor {
    /// The system itself.
    pub const SYSTEM: Actor = Actor { account: None, role: None, context: Context::System, home: PartitionId::CENTRE };

    /// The system working inside one agency's partition, for jobs and start-up.
    pub fn system_in(partition: PartitionId) -> Actor {
        Actor { account: None, role: None, context: Context::Agency { partition }, home: partition }
    }

    /// The account that acts, or the nil account for the system.
    pub fn account_or_nil(&self) -> AccountId {
        self.account.unwrap_or(AccountId(Uuid::nil()))
    }

    /// Whether the actor acts as `role`.
    pub fn is(&self, role: Role) -> bool {
        self.role == Some(role)
    }

    /// Refuses everyone but the given roles.
    pub fn require(&self, roles: &[Role]) -> Result<()> {
        if self.role.is_some_and(|role| roles.contains(&role)) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// The employing unit, when acting for one.
    pub fn unit(&self) -> Option<OrganisationId> {
        match self.context {
            Context::Unit { unit } => Some(unit),
            _ => None,
        }
    }

    /// The declarant, when acting as one.
    pub fn person(&self) -> Option<PersonId> {
        match self.context {
            Context::Person { person, .. } => Some(person),
            _ => None,
        }
    }

    /// The control agency's partition, when acting for one.
    pub fn agency(&self) -> Option<PartitionId> {
        match self.context {
            Context::Agency { partition } => Some(partition),
            _ => None,
        }
    }
}
