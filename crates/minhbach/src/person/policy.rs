//! Who keeps the list of obliged persons (article 37.1: the employing unit makes it, the control agency holds it).
use form::Kind;

use super::model::{Obligation, Person};
use crate::kernel::id::{OrganisationId, PartitionId};
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Add a person to the list.
pub struct AddPerson;
impl Action for AddPerson {
    const NAME: &'static str = "person.add";
}

/// Change a line of the list, or take it off.
pub struct KeepPerson;
impl Action for KeepPerson {
    const NAME: &'static str = "person.keep";
}

/// Oblige a person to declare.
pub struct Oblige;
impl Action for Oblige {
    const NAME: &'static str = "obligation.add";
}

/// Oblige a person on an occasion, not by the calendar: a change in the year (article 36.2), personnel work (article 36.4),
/// standing for election (article 34.4).
pub struct ObligeOnOccasion;
impl Action for ObligeOnOccasion {
    const NAME: &'static str = "obligation.occasion";
}

/// End an obligation that arose on an occasion: opened by mistake, or nothing came of the occasion.
pub struct TakeBack;
impl Action for TakeBack {
    const NAME: &'static str = "obligation.take_back";
}

/// Move an obligation on: received. That it is declared comes with the declaration itself (`declaration::record::file`).
pub struct Advance;
impl Action for Advance {
    const NAME: &'static str = "obligation.advance";
}

/// A place on the list: which partition, which unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub partition: PartitionId,
    pub unit: OrganisationId,
}

fn may_keep_list(actor: &Actor, place: &Place) -> bool {
    match (actor.role, actor.context) {
        (None, _) => true,
        (Some(Role::UnitOfficer), Context::Unit { unit }) => unit == place.unit,
        // A paper from someone the unit had not listed: the officer who accepts it adds the person.
        (Some(Role::IntakeOfficer | Role::AgencyAdmin), Context::Agency { partition }) => partition == place.partition,
        _ => false,
    }
}

impl Guarded<AddPerson> for Place {
    fn allows(&self, actor: &Actor) -> bool {
        may_keep_list(actor, self)
    }
}

impl Guarded<Oblige> for Place {
    fn allows(&self, actor: &Actor) -> bool {
        may_keep_list(actor, self)
    }
}

/// The employing unit keeps its own list (article 37.1).
impl Guarded<KeepPerson> for Person {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

/// Who had a change tells it: the declarant, for themselves. What the unit plans for its people, the unit.
impl Guarded<ObligeOnOccasion> for Person {
    fn allows(&self, actor: &Actor) -> bool {
        let is_self = actor.is(Role::Declarant)
            && actor.context == Context::Person { partition: self.partition, person: self.id };
        is_self || (actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit))
    }
}

/// Whoever said that it is owed, as long as nothing was sent for it.
impl Guarded<TakeBack> for Obligation {
    fn allows(&self, actor: &Actor) -> bool {
        match self.kind {
            Kind::Supplement => {
                actor.is(Role::Declarant)
                    && actor.context == Context::Person { partition: self.partition, person: self.person }
            }
            Kind::Personnel | Kind::Candidate => actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit),
            Kind::First | Kind::Annual => false,
        }
    }
}

/// The employing unit, by receiving (note 1; article 38).
impl Guarded<Advance> for Obligation {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}
