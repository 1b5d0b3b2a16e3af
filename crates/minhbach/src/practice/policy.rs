//! Who may have a world to practise in, and begin it anew.
use super::model::{Round, State};
use crate::kernel::id::PartitionId;
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Begin a round, which ends the one before.
pub struct Begin;
impl Action for Begin {
    const NAME: &'static str = "practice.begin";
}

/// Close a round.
pub struct Close;
impl Action for Close {
    const NAME: &'static str = "practice.close";
}

/// Put down how far building it is.
pub struct Build;
impl Action for Build {
    const NAME: &'static str = "practice.build";
}

/// The practice of one agency.
#[derive(Debug, Clone, Copy)]
pub struct Practice {
    pub agency: PartitionId,
    /// Whether that is itself a practice partition: in there nobody founds another.
    pub is_practice: bool,
}

fn is_administrator(actor: &Actor, agency: PartitionId) -> bool {
    actor.is(Role::AgencyAdmin) && actor.context == Context::Agency { partition: agency }
}

/// The agency's administrator, who also issues its accounts.
impl Guarded<Begin> for Practice {
    fn allows(&self, actor: &Actor) -> bool {
        !self.is_practice && is_administrator(actor, self.agency)
    }
}

impl Guarded<Close> for Round {
    fn allows(&self, actor: &Actor) -> bool {
        is_administrator(actor, self.partition) && self.state == State::Open
    }
}

/// The job, for the agency, while it is not done.
impl Guarded<Build> for Round {
    fn allows(&self, actor: &Actor) -> bool {
        actor.role.is_none()
            && actor.context == Context::Agency { partition: self.partition }
            && self.state == State::Building
    }
}
