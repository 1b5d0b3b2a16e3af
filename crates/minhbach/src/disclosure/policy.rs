//! Who may publish, and who may end a publication.
use super::model::Disclosure;
use crate::declaration::publication::State;
use crate::kernel::{Action, Actor, Guarded, Role};

pub use crate::handover::policy::Lot;

/// Post declarations, or put a meeting down at which they were read (article 39).
pub struct Begin;
impl Action for Begin {
    const NAME: &'static str = "disclosure.begin";
}

/// Close a publication with its minutes.
pub struct Close;
impl Action for Close {
    const NAME: &'static str = "disclosure.close";
}

/// Break a publication off.
pub struct BreakOff;
impl Action for BreakOff {
    const NAME: &'static str = "disclosure.break_off";
}

/// A person of the employing unit, for its own declarations.
impl Guarded<Begin> for Lot {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

/// A person of the unit that began it, once.
impl Guarded<Close> for Disclosure {
    fn allows(&self, actor: &Actor) -> bool {
        ends(self, actor)
    }
}

impl Guarded<BreakOff> for Disclosure {
    fn allows(&self, actor: &Actor) -> bool {
        ends(self, actor)
    }
}

fn ends(disclosure: &Disclosure, actor: &Actor) -> bool {
    actor.is(Role::UnitOfficer) && actor.unit() == Some(disclosure.unit) && disclosure.state == State::Open
}
