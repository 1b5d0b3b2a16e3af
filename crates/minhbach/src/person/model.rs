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
    /// When it ended unfulfilled: the person left the list, or it was taken back.
    pub ended_on: Option<NaiveDate>,
    /// Opened by mistake, or its occasion came to nothing: nothing is sent for it any more.
    pub taken_back: bool,
    /// Of its kind in the year; 1 for what is owed once a year.
    pub nth: i16,
    /// What a declaration for personnel work or of a candidate is asked for, and the day that is planned for.
    pub occasion: Option<(Occasion, NaiveDate)>,
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
        (self.declared_at.is_none() && !self.taken_back) || self.demand.is_some() || self.correcting.is_some()
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

    /// The day whose law it is judged by, where that is not the law it was added under: what is owed on an occasion is
    /// judged as of the day it is declared; a change, no later than by the law of its year.
    pub fn law_day(&self, today: NaiveDate) -> Option<NaiveDate> {
        let last = NaiveDate::from_ymd_opt(self.year.into(), 12, 31)?;
        match self.kind {
            _ if self.declared_at.is_some() => None,
            Kind::Supplement => Some(today.min(last)),
            Kind::Personnel | Kind::Candidate => Some(today),
            Kind::First | Kind::Annual => None,
        }
    }

    /// The kind as people say it.
    pub fn kind_label(&self) -> &'static str {
        kind_label(self.kind)
    }

    /// "Kê khai phục vụ công tác cán bộ (bổ nhiệm, dự kiến 15/12/2025), năm 2025".
    pub fn title(&self) -> String {
        match self.occasion {
            Some((occasion, on)) => {
                let (kind, asked_for) = (self.kind_label(), occasion.label());
                let day = if self.kind == Kind::Candidate { "bầu cử ngày" } else { "dự kiến" };
                format!("{kind} ({asked_for}, {day} {}), năm {}", viet::date::format_short(on), self.year)
            }
            None if self.nth > 1 => format!("{} lần {}, năm {}", self.kind_label(), self.nth, self.year),
            None => title(self.kind, self.year),
        }
    }
}

/// What a declaration for personnel work (article 36.4), or of a candidate (article 34.4), is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Occasion {
    Election,
    Approval,
    Appointment,
    Reappointment,
    OtherPost,
    NationalAssembly,
    PeoplesCouncil,
}

impl Occasion {
    pub const ALL: [Occasion; 7] = [
        Occasion::Appointment,
        Occasion::Reappointment,
        Occasion::Election,
        Occasion::Approval,
        Occasion::OtherPost,
        Occasion::NationalAssembly,
        Occasion::PeoplesCouncil,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Occasion::Election => "ELECTION",
            Occasion::Approval => "APPROVAL",
            Occasion::Appointment => "APPOINTMENT",
            Occasion::Reappointment => "REAPPOINTMENT",
            Occasion::OtherPost => "OTHER_POST",
            Occasion::NationalAssembly => "NATIONAL_ASSEMBLY",
            Occasion::PeoplesCouncil => "PEOPLES_COUNCIL",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|occasion| occasion.word() == word)
    }

    /// The law's words for it.
    pub fn label(self) -> &'static str {
        match self {
            Occasion::Election => "bầu",
            Occasion::Approval => "phê chuẩn",
            Occasion::Appointment => "bổ nhiệm",
            Occasion::Reappointment => "bổ nhiệm lại",
            Occasion::OtherPost => "cử giữ chức vụ khác",
            Occasion::NationalAssembly => "ứng cử đại biểu Quốc hội",
            Occasion::PeoplesCouncil => "ứng cử đại biểu Hội đồng nhân dân",
        }
    }

    /// The kind of declaration it asks for.
    pub fn kind(self) -> Kind {
        match self {
            Occasion::NationalAssembly | Occasion::PeoplesCouncil => Kind::Candidate,
            _ => Kind::Personnel,
        }
    }
}

/// Which of the years that have obligations, newest first, is shown when none is asked for: the latest that has begun.
pub fn year_shown(years: &[i16], today: NaiveDate) -> i16 {
    let has_begun = |year: &&i16| i32::from(**year) <= chrono::Datelike::year(&today);
    let this_year = i16::try_from(chrono::Datelike::year(&today)).unwrap_or(i16::MAX);
    years.iter().find(has_begun).or(years.first()).copied().unwrap_or(this_year)
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
