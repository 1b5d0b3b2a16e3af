//! Who may sign, record a signature on paper, and put a time stamp beside one.
use super::model::{Side, Signable, Signature};
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Take the file and bring it back signed.
pub struct Sign;
impl Action for Sign {
    const NAME: &'static str = "signature.sign";
}

/// Record that it was signed on paper.
pub struct RecordPaper;
impl Action for RecordPaper {
    const NAME: &'static str = "signature.record_paper";
}

/// Put the authority's time stamp beside a signature.
pub struct PutStamp;
impl Action for PutStamp {
    const NAME: &'static str = "signature.stamp";
}

/// Only who signs: the declarant their own declaration, the unit its side of a hand-over. What came in on paper has its
/// signature there.
impl Guarded<Sign> for Signable {
    fn allows(&self, actor: &Actor) -> bool {
        let is_theirs = match self.subject.side() {
            Side::Declarant => match (actor.context, self.person) {
                (Context::Person { partition, person }, Some(own)) => {
                    actor.is(Role::Declarant) && (partition, person) == (self.partition, own)
                }
                _ => false,
            },
            Side::Unit => actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit),
        };
        is_theirs && self.takes_key
    }
}

/// An officer of the unit where the paper lies.
impl Guarded<RecordPaper> for Signable {
    fn allows(&self, actor: &Actor) -> bool {
        actor.is(Role::UnitOfficer) && actor.unit() == Some(self.unit)
    }
}

/// The job, in the agency's partition.
impl Guarded<PutStamp> for Signature {
    fn allows(&self, actor: &Actor) -> bool {
        actor.role.is_none() && actor.context == Context::Agency { partition: self.partition }
    }
}
