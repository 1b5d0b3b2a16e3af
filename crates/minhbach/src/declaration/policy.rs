//! Who may draft, submit, digitise, demand and receive.
use super::demand::{self, Demand};
use super::model::Declaration;
use crate::kernel::id::{CorrectionId, ObligationId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Action, Actor, Context, Guarded, Role};
use crate::person::{Obligation, Person};

/// Write a draft.
pub struct WriteDraft;
impl Action for WriteDraft {
    const NAME: &'static str = "declaration.draft";
}

/// Put a declaration on record: online by its declarant, from paper by an intake officer.
pub struct FileDeclaration;
impl Action for FileDeclaration {
    const NAME: &'static str = "declaration.file";
}

/// Receive a declaration (note 1; article 38).
pub struct Receive;
impl Action for Receive {
    const NAME: &'static str = "declaration.receive";
}

/// Demand that a declaration be completed or made again (article 38.2).
pub struct IssueDemand;
impl Action for IssueDemand {
    const NAME: &'static str = "demand.issue";
}

/// Say that a demand was handed over, or withdraw it.
pub struct FollowDemand;
impl Action for FollowDemand {
    const NAME: &'static str = "demand.follow";
}

/// Open a demand as the one it is for.
pub struct OpenDemand;
impl Action for OpenDemand {
    const NAME: &'static str = "demand.open";
}

/// Answer a demand with a further version.
pub struct AnswerDemand;
impl Action for AnswerDemand {
    const NAME: &'static str = "demand.answer";
}

/// State which assets of a person are one.
pub struct StateAssets;
impl Action for StateAssets {
    const NAME: &'static str = "asset.state";
}

/// Whose declaration is to be put on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filing {
    pub partition: PartitionId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: Option<ObligationId>,
    /// The approved correction it comes of.
    pub correction: Option<CorrectionId>,
}

/// Only its author: the declarant, for their own obligation, while nothing has been sent for it, or what was sent is to be
/// completed or made again (article 38.2).
impl Guarded<WriteDraft> for Obligation {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::Declarant)
            && actor.context == Context::Person { partition: self.partition, person: self.person }
            && self.takes_text()
    }
}

/// The declarant for themselves; an intake officer for any person of their agency's partition.
impl Filing {
    /// To fulfil an obligation.
    pub fn of(obligation: &Obligation) -> Self {
        Self {
            partition: obligation.partition,
            unit: obligation.unit,
            person: obligation.person,
            obligation: Some(obligation.id),
            correction: None,
        }
    }
}

/// A correction is put on record by whoever puts the decision down: the unit, or the agency; never by the declarant.
impl Guarded<FileDeclaration> for Filing {
    fn allows(&self, actor: &Actor) -> bool {
        match (actor.role, actor.context) {
            (Some(Role::Declarant), Context::Person { partition, person }) => {
                (partition, person) == (self.partition, self.person) && self.correction.is_none()
            }
            (Some(Role::UnitOfficer), Context::Unit { unit }) => unit == self.unit && self.correction.is_some(),
            (Some(Role::IntakeOfficer), Context::Agency { partition }) => partition == self.partition,
            _ => false,
        }
    }
}

/// A person of the employing unit that manages the declarant, once for what was handed in.
impl Guarded<Receive> for Declaration {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit) && self.received_on.is_none()
    }
}

/// An officer of the control agency, which keeps what was declared together.
impl Guarded<StateAssets> for Person {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::IntakeOfficer) && actor.context == Context::Agency { partition: self.partition }
    }
}

/// The employing unit (article 38.2), until its copy is handed over; one demand at a time.
impl Guarded<IssueDemand> for Declaration {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer)
            && actor.unit() == Some(self.unit)
            && self.handed_over_on.is_none()
            && self.demand.is_none()
    }
}

/// The unit that issued it, while it waits.
impl Guarded<FollowDemand> for Demand {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit) && self.state == demand::State::Issued
    }
}

/// Whom it is for.
impl Guarded<OpenDemand> for Demand {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::Declarant) && actor.context == Context::Person { partition: self.partition, person: self.person }
    }
}

/// Whom it is for, or the intake officer who puts their paper on record.
impl Guarded<AnswerDemand> for Demand {
    fn allows(&self, actor: &Actor) -> bool {
        match (actor.role, actor.context) {
            (Some(Role::Declarant), Context::Person { partition, person }) => {
                (partition, person) == (self.partition, self.person)
            }
            (Some(Role::IntakeOfficer), Context::Agency { partition }) => partition == self.partition,
            _ => false,
        }
    }
}
