//! Bodies, ranks, routing rules.
use chrono::NaiveDate;

use crate::kernel::id::{OrganisationId, PartitionId, RoutingRuleId};

/// A control agency and its partition.
#[derive(Debug, Clone)]
pub struct Partition {
    pub id: PartitionId,
    pub code: String,
    pub name: String,
    /// law.md §1.1, rows 1–8; 0 for the centre's own operations.
    pub agency_type: i16,
    pub province_code: Option<String>,
    /// The agency whose practice partition it is; none of a real one.
    pub practice_of: Option<PartitionId>,
}

impl Partition {
    /// Whether it is a control agency that takes files of people: not the centre's own operations, not for practice.
    pub fn is_agency(&self) -> bool {
        self.agency_type > 0 && self.practice_of.is_none()
    }
}

/// Which row of article 30 a body's people fall under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sector {
    LocalGovernment,
    Ministry,
    GovernmentInspectorate,
    NationalAssembly,
    NaOffice,
    PresidentOffice,
    Court,
    Procuracy,
    StateAudit,
    Party,
    MassOrganisation,
}

impl Sector {
    pub fn word(self) -> &'static str {
        match self {
            Sector::LocalGovernment => "LOCAL_GOVERNMENT",
            Sector::Ministry => "MINISTRY",
            Sector::GovernmentInspectorate => "GOVERNMENT_INSPECTORATE",
            Sector::NationalAssembly => "NATIONAL_ASSEMBLY",
            Sector::NaOffice => "NA_OFFICE",
            Sector::PresidentOffice => "PRESIDENT_OFFICE",
            Sector::Court => "COURT",
            Sector::Procuracy => "PROCURACY",
            Sector::StateAudit => "STATE_AUDIT",
            Sector::Party => "PARTY",
            Sector::MassOrganisation => "MASS_ORGANISATION",
        }
    }
}

/// A person's rank as far as article 30 asks: from Giám đốc sở and equivalent upward, or below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rank {
    DirectorUp,
    BelowDirector,
}

impl Rank {
    pub fn word(self) -> &'static str {
        match self {
            Rank::DirectorUp => "DIRECTOR_UP",
            Rank::BelowDirector => "BELOW_DIRECTOR",
        }
    }
}

/// A body as it was on a date.
#[derive(Debug, Clone)]
pub struct Organisation {
    pub id: OrganisationId,
    pub parent: Option<OrganisationId>,
    pub code: String,
    pub name: String,
    pub sector: Sector,
    pub province_code: Option<String>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    /// The practice partition an invented body belongs to.
    pub practice_in: Option<PartitionId>,
}

/// Who controls whom between two dates. `None` means any.
#[derive(Debug, Clone)]
pub struct RoutingRule {
    pub id: RoutingRuleId,
    pub partition: PartitionId,
    /// The matching rule with the highest precedence decides.
    pub precedence: i32,
    pub sector: Option<Sector>,
    pub province_code: Option<String>,
    pub organisation: Option<OrganisationId>,
    pub rank: Option<Rank>,
    pub party_managed: Option<bool>,
    pub basis: String,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
}
