//! Who may issue, reissue and close accounts (requirement A1: from above, step by step).
use super::model::{Account, RoleGrant};
use crate::kernel::{Action, Actor, Context, Guarded, Role};

/// Issue an account with a role.
pub struct IssueAccount;
impl Action for IssueAccount {
    const NAME: &'static str = "account.issue";
}

/// Replace an account's one-time code.
pub struct Reissue;
impl Action for Reissue {
    const NAME: &'static str = "account.reissue";
}

/// Close an account.
pub struct DisableAccount;
impl Action for DisableAccount {
    const NAME: &'static str = "account.disable";
}

/// Set one's own password with the one-time code.
pub struct Activate;
impl Action for Activate {
    const NAME: &'static str = "account.activate";
}

/// The console of the server (system) issues the centre's and the agencies' administrators; an agency's administrator
/// issues its officers and the officers of units under it; a unit's officer issues the unit's declarants. Nobody issues
/// upward, sideways, or for themselves.
impl Guarded<IssueAccount> for RoleGrant {
    fn allows(&self, actor: &Actor) -> bool {
        match (actor.role, actor.context) {
            (None, _) => true,
            (Some(Role::AgencyAdmin), Context::Agency { partition }) => {
                partition == self.partition
                    && matches!(self.role, Role::IntakeOfficer | Role::Auditor | Role::UnitOfficer)
            }
            (Some(Role::UnitOfficer), Context::Unit { unit }) => {
                self.role == Role::Declarant && self.unit == Some(unit)
            }
            _ => false,
        }
    }
}

/// Whoever may issue an account of that kind may reissue it, in the same partition or unit.
impl Guarded<Reissue> for Account {
    fn allows(&self, actor: &Actor) -> bool {
        manages(actor, self)
    }
}

impl Guarded<DisableAccount> for Account {
    fn allows(&self, actor: &Actor) -> bool {
        manages(actor, self) && actor.account != Some(self.id)
    }
}

/// The holder, who proves it with the one-time code; the handler checks the code before it asks.
impl Guarded<Activate> for Account {
    fn allows(&self, actor: &Actor) -> bool {
        actor.context == Context::System && self.activation_hash.is_some()
    }
}

fn manages(actor: &Actor, account: &Account) -> bool {
    match (actor.role, actor.context) {
        (None, _) => true,
        (Some(Role::AgencyAdmin), Context::Agency { partition }) => {
            partition == account.partition && account.person.is_none()
        }
        (Some(Role::UnitOfficer), Context::Unit { unit }) => account.unit == Some(unit) && account.person.is_some(),
        _ => false,
    }
}
