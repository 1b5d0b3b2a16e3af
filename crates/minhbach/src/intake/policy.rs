//! Who may take in paper: an intake officer, in their own control agency's partition. Recognition itself is the system's.
use super::model::{Intake, State};
use crate::declaration::older::Older;
use crate::kernel::id::PartitionId;
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Store a scan.
pub struct ReceivePaper;
impl Action for ReceivePaper {
    const NAME: &'static str = "intake.receive";
}

/// Put the result of recognition on a paper.
pub struct ReadPaper;
impl Action for ReadPaper {
    const NAME: &'static str = "intake.read";
}

/// Correct what was read and put it on record.
pub struct CheckPaper;
impl Action for CheckPaper {
    const NAME: &'static str = "intake.check";
}

/// Put a paper on record as a declaration on an older form.
pub struct RecordOlder;
impl Action for RecordOlder {
    const NAME: &'static str = "intake.record_older";
}

/// Take back what was put on record as a declaration on an older form.
pub struct TakeBackOlder;
impl Action for TakeBackOlder {
    const NAME: &'static str = "older.take_back";
}

/// Say where the paper of a declaration on an older form lies now.
pub struct MovePaper;
impl Action for MovePaper {
    const NAME: &'static str = "older.place";
}

/// Put a paper away.
pub struct SetAside;
impl Action for SetAside {
    const NAME: &'static str = "intake.set_aside";
}

/// Take a paper up again: read it anew, or bring it back from where it was put.
pub struct Resume;
impl Action for Resume {
    const NAME: &'static str = "intake.resume";
}

/// Where papers of a control agency arrive.
#[derive(Debug, Clone, Copy)]
pub struct Inbox(pub PartitionId);

pub(super) fn is_officer(actor: &Actor, partition: PartitionId) -> bool {
    actor.is(Role::IntakeOfficer) && actor.context == Context::Agency { partition }
}

impl Guarded<ReceivePaper> for Inbox {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.0)
    }
}

impl Guarded<ReadPaper> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        actor.role.is_none()
            && actor.context == (Context::Agency { partition: self.partition })
            && self.state.is_under_way()
    }
}

impl Guarded<CheckPaper> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition) && self.state == State::Read
    }
}

/// Also of a paper that could not be read: only basic fields are kept of it.
impl Guarded<RecordOlder> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        let is_paper = match self.state {
            State::Read => true,
            State::Refused => self.may_be_a_sheet(),
            _ => false,
        };
        is_officer(actor, self.partition) && is_paper
    }
}

impl Guarded<TakeBackOlder> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition) && self.state == State::Older
    }
}

impl Guarded<MovePaper> for Older {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition) && !self.is_withdrawn
    }
}

impl Guarded<SetAside> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition) && matches!(self.state, State::Read | State::Refused)
    }
}

impl Guarded<Resume> for Intake {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition) && !matches!(self.state, State::Read | State::Accepted | State::Older)
    }
}
