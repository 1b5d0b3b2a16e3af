//! Who may bring a workbook in: an intake officer, in their own control agency's partition. Making papers of its rows is the
//! system's.
use super::super::policy::{Inbox, is_officer};
use super::model::Workbook;
use crate::kernel::{Action, Actor, Context, Guarded};

/// Store a workbook.
pub struct ReceiveWorkbook;
impl Action for ReceiveWorkbook {
    const NAME: &'static str = "workbook.receive";
}

/// Make papers of its rows.
pub struct ImportWorkbook;
impl Action for ImportWorkbook {
    const NAME: &'static str = "workbook.import";
}

/// Go on with one that stopped by a fault of ours.
pub struct ResumeWorkbook;
impl Action for ResumeWorkbook {
    const NAME: &'static str = "workbook.resume";
}

impl Guarded<ReceiveWorkbook> for Inbox {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.0)
    }
}

impl Guarded<ImportWorkbook> for Workbook {
    fn allows(&self, actor: &Actor) -> bool {
        actor.role.is_none()
            && actor.context == (Context::Agency { partition: self.partition })
            && self.state.is_under_way()
    }
}

impl Guarded<ResumeWorkbook> for Workbook {
    fn allows(&self, actor: &Actor) -> bool {
        is_officer(actor, self.partition)
    }
}
