//! A declarant as unit and agency know them.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use crate::cells;
use crate::kernel::id::{
    CorrectionId, DeclarationId, DemandId, ObligationId, OrganisationId, PartitionId, PersonId, RoutingRuleId,
};
use crate::kernel::keys::Sealed;
use crate::organisation::Rank;

cells! {
    /// Full name.
    PersonName = "person"."name_sealed" -> String;
    /// Date of birth, ISO.
    PersonDob = "person"."dob_sealed" -> String;
    /// Position and workplace as the unit keeps it.
    PersonPosition = "person"."position_sealed" -> String;
    /// Citizen identity number.
    PersonIdNo = "person"."id_no_sealed" -> String;
}

/// A person, names still under seal.
#[derive(Debug, Clone)]
pub struct Person {
    pub partition: PartitionId,
    pub id: PersonId,
    pub unit: OrganisationId,
    pub rank: Rank,
    pub party_managed: bool,
    pub name: Sealed<PersonName>,
    pub dob: Sealed<PersonDob>,
    pub position: Sealed<PersonPosition>,
    pub id_no: Option<Sealed<PersonIdNo>>,
    pub routing_rule: Option<RoutingRuleId>,
}

/// What identifies a person, in the clear; never logged, never in an event.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonFacts {
    pub name: String,
    pub dob: Option<NaiveDate>,
    pub position: String,
    pub id_no: Option<String>,
}

impl std::fmt::Debug for PersonFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonFacts(..)")
    }
}

impl PersonFacts {
    /// The name as the blind index compares it: search fold, so that spelling variants of tone marks meet.
    pub fn name_key(name: &str) -> String {
        viet::text::fold(name)
    }

    /// The number as the blind index compares it: digits and letters only.
    pub fn id_key(id_no: &str) -> String {
        id_no.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    }
}

/// What one person owes in one year, and how far it is.
#[derive(Debug, Clone)]
pub struct Obligation {
    pub partition: PartitionId,
    pub id: ObligationId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub kind: Kind,
    pub year: i16,
    pub rule_set: String,
    pub due_on: NaiveDate,
    pub channel: Option<String>,
    pub declared_at: Option<DateTime<Utc>>,
    pub received_on: Option<NaiveDate>,
    pub digitised_at: Option<DateTime<Utc>>,
    pub declaration: Option<DeclarationId>,
    /// When it ended unfulfilled, because the person left the list.
    pub ended_on: Option<NaiveDate>,
    /// What is demanded of the declaration that fulfilled it (article 38.2), and the last day for it.
    pub demand: Option<DemandId>,
    pub demand_due_on: Option<NaiveDate>,
    /// The correction its draft is being written for; only the declarant sees it.
    pub correcting: Option<CorrectionId>,
}

impl Obligation {
    /// Its draft takes text: nothing was declared, what was is to be completed or made again, or a correction of it is being
    /// written.
    pub fn takes_text(&self) -> bool {
        self.declared_at.is_none() || self.demand.is_some() || self.correcting.is_some()
    }

    /// The correction that is being written; a demand goes before it.
    pub fn corrects(&self) -> Option<CorrectionId> {
        self.correcting.filter(|_| self.demand.is_none())
    }

    /// Nothing was declared, and it is still owed.
    pub fn is_open(&self) -> bool {
        self.declared_at.is_none() && self.ended_on.is_none()
    }

    /// Counts among those that must be fulfilled.
    pub fn counts(&self) -> bool {
        self.declared_at.is_some() || self.ended_on.is_none()
    }

    /// The kind as people say it.
    pub fn kind_label(&self) -> &'static str {
        kind_label(self.kind)
    }

    pub fn title(&self) -> String {
        title(self.kind, self.year)
    }
}

/// "Kê khai hằng năm, năm 2025"; without the comma "năm" would stand twice in a row.
pub fn title(kind: Kind, year: i16) -> String {
    format!("{}, năm {year}", kind_label(kind))
}

/// The law's name of a kind (article 36).
pub fn kind_label(kind: Kind) -> &'static str {
    match kind {
        Kind::First => "Kê khai lần đầu",
        Kind::Annual => "Kê khai hằng năm",
        Kind::Supplement => "Kê khai bổ sung",
        Kind::Personnel => "Kê khai phục vụ công tác cán bộ",
        Kind::Candidate => "Kê khai của người ứng cử",
    }
}
