//! Who may propose, withdraw and decide a correction.
use super::model::{Correction, State};
use crate::declaration::Declaration;
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Propose a correction of what was received.
pub struct Propose;
impl Action for Propose {
    const NAME: &'static str = "correction.propose";
}

/// Withdraw a proposal that waits.
pub struct Withdraw;
impl Action for Withdraw {
    const NAME: &'static str = "correction.withdraw";
}

/// Put down what the competent person decided.
pub struct Decide;
impl Action for Decide {
    const NAME: &'static str = "correction.decide";
}

/// Whose it is, once it was received.
impl Guarded<Propose> for Declaration {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::Declarant)
            && actor.context == Context::Person { partition: self.partition, person: self.person }
            && self.received_on.is_some()
            && self.obligation.is_some()
    }
}

/// Whose it is, while nothing was decided.
impl Guarded<Withdraw> for Correction {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::Declarant)
            && actor.context == Context::Person { partition: self.partition, person: self.person }
            && self.state == State::Waiting
    }
}

/// A proposal, and where the declaration's copy is.
#[derive(Debug, Clone)]
pub struct ToDecide {
    pub correction: Correction,
    pub is_handed_over: bool,
    /// The officer is the declarant.
    pub is_own: bool,
}

/// The unit until the copy is handed over, then the agency that holds it; nobody on their own declaration.
impl Guarded<Decide> for ToDecide {
    fn allows(&self, actor: &Actor) -> bool {
        let correction = &self.correction;
        let holds = match actor.role {
            Some(Role::UnitOfficer) => actor.unit() == Some(correction.unit) && !self.is_handed_over,
            Some(Role::IntakeOfficer) => {
                actor.context == Context::Agency { partition: correction.partition } && self.is_handed_over
            }
            _ => false,
        };
        holds && !self.is_own && correction.state == State::Waiting
    }
}
