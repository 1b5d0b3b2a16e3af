//! Who may hand over, and who may take.
use super::model::{HandOver, State};
use crate::kernel::id::{OrganisationId, PartitionId};
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Hand declarations over to a control agency (article 38.3).
pub struct SendBatch;
impl Action for SendBatch {
    const NAME: &'static str = "hand_over.send";
}

/// Count and take what was handed over.
pub struct TakeBatch;
impl Action for TakeBatch {
    const NAME: &'static str = "hand_over.take";
}

/// What a unit received for one agency.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    pub partition: PartitionId,
    pub unit: OrganisationId,
}

/// A person of the employing unit, for its own declarations.
impl Guarded<SendBatch> for Lot {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

/// An intake officer of the agency it was handed over to, once.
impl Guarded<TakeBatch> for HandOver {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::IntakeOfficer)
            && actor.context == Context::Agency { partition: self.partition }
            && self.state == State::Sent
    }
}
