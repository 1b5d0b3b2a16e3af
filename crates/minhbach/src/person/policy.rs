//! Who keeps the list of obliged persons (article 37.1: the employing unit makes it, the control agency holds it).
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

/// The employing unit, by receiving (note 1; article 38).
impl Guarded<Advance> for Obligation {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}
