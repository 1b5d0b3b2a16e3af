//! Who may send a person's file, take it back, take it over.
use super::model::Transfer;
use crate::kernel::id::{PartitionId, PersonId};
use crate::kernel::{Action, Actor, Context, Guarded, Role};
use crate::person::custody::State;

/// Send a person's file to another agency.
pub struct SendFile;
impl Action for SendFile {
    const NAME: &'static str = "custody.send";
}

/// Take back what was sent, while it waits.
pub struct WithdrawFile;
impl Action for WithdrawFile {
    const NAME: &'static str = "custody.withdraw";
}

/// Open what was sent, take it or decline it.
pub struct AnswerFile;
impl Action for AnswerFile {
    const NAME: &'static str = "custody.answer";
}

/// A person's file, where it is held.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub partition: PartitionId,
    pub person: PersonId,
}

fn is_officer_of(actor: &Actor, partition: PartitionId) -> bool {
    actor.is(Role::IntakeOfficer) && actor.context == Context::Agency { partition }
}

/// An intake officer of the agency that holds it: who may read the declarations.
impl Guarded<SendFile> for Holding {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer_of(actor, self.partition)
    }
}

/// An intake officer of the agency that sent it.
impl Guarded<WithdrawFile> for Transfer {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer_of(actor, self.partition) && self.state == State::Sent
    }
}

/// An intake officer of the agency it was sent to.
impl Guarded<AnswerFile> for Transfer {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer_of(actor, self.to) && self.state == State::Sent
    }
}
