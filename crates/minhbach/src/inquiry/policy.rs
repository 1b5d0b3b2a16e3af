//! Who asks, who answers, who decides.
use super::model::{Asked, Inquiry};
use crate::campaign::policy::Agency;
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Ask for information.
pub struct Ask;
impl Action for Ask {
    const NAME: &'static str = "inquiry.ask";
}

/// Receive a request, answer it, ask that it be considered.
pub struct Answer;
impl Action for Answer {
    const NAME: &'static str = "inquiry.answer";
}

/// Keep a request, close it, withdraw it, ask more.
pub struct Decide;
impl Action for Decide {
    const NAME: &'static str = "inquiry.decide";
}

/// An officer of the agency, for its own partition: who may read the declarations.
impl Guarded<Ask> for Agency {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::IntakeOfficer) && actor.context == Context::Agency { partition: self.0 }
    }
}

/// Only who is asked: an officer of that unit, or that declarant.
impl Guarded<Answer> for Inquiry {
    fn allows(&self, actor: &Actor) -> bool {
        match (self.asked, actor.context) {
            (Asked::Unit, Context::Unit { unit }) => actor.is(Role::UnitOfficer) && self.unit == Some(unit),
            (Asked::Person, Context::Person { partition, person }) => {
                actor.is(Role::Declarant) && partition == self.partition && self.person == Some(person)
            }
            _ => false,
        }
    }
}

impl Inquiry {
    /// Whether it is this actor who is asked, and they have not received it.
    pub fn is_unread_by(&self, actor: &Actor) -> bool {
        self.received_on.is_none() && Guarded::<Answer>::allows(self, actor)
    }
}

/// An officer of the agency that asked.
impl Guarded<Decide> for Inquiry {
    fn allows(&self, actor: &Actor) -> bool {
        Guarded::<Ask>::allows(&Agency(self.partition), actor)
    }
}
