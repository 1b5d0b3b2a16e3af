//! Who follows up, and who plans.
use crate::kernel::id::PartitionId;
use crate::kernel::{Action, Actor, Context, Guarded, Role};
use crate::person::Obligation;
use crate::person::policy::Place;

/// Remind someone in writing, and say how the reminder reached them.
pub struct Remind;
impl Action for Remind {
    const NAME: &'static str = "reminder.issue";
}

/// Record that nothing was submitted after two written reminders.
pub struct RecordNonSubmission;
impl Action for RecordNonSubmission {
    const NAME: &'static str = "non_submission.record";
}

/// Plan the year's campaign of an agency.
pub struct PlanCampaign;
impl Action for PlanCampaign {
    const NAME: &'static str = "campaign.plan";
}

/// The agency that plans.
#[derive(Debug, Clone, Copy)]
pub struct Agency(pub PartitionId);

/// The employing unit organises the declaration of its own people (article 37.1).
impl Guarded<Remind> for Place {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

impl Guarded<RecordNonSubmission> for Obligation {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

/// An officer of the agency, for its own partition.
impl Guarded<PlanCampaign> for Agency {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::IntakeOfficer) && actor.context == Context::Agency { partition: self.0 }
    }
}
