//! Who may issue, reissue and close accounts (requirement A1: from above, step by step).
use super::model::{Account, Managed, RoleGrant};
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

/// Whoever could issue the whole account may reissue it.
impl Guarded<Reissue> for Managed {
    fn allows(&self, actor: &Actor) -> bool {
        manages(actor, self)
    }
}

impl Guarded<DisableAccount> for Managed {
    fn allows(&self, actor: &Actor) -> bool {
        manages(actor, self)
    }
}

/// The holder, who proves it with the one-time code; the handler checks the code before it asks.
impl Guarded<Activate> for Account {
    fn allows(&self, actor: &Actor) -> bool {
        actor.context == Context::System && self.activation_hash.is_some()
    }
}

/// Every live grant is one the actor could give: a code for an account is a way to act in all of its roles, so nobody
/// gets one for an account that also reaches upward, sideways or elsewhere. Never for oneself.
fn manages(actor: &Actor, managed: &Managed) -> bool {
    if actor.role.is_none() {
        return true;
    }
    let own = actor.account == Some(managed.account.id);
    !own && !managed.grants.is_empty()
        && managed.grants.iter().all(|grant| Guarded::<IssueAccount>::allows(grant, actor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::{AccountId, OrganisationId, PartitionId, PersonId};
    use crate::kernel::keys::Sealed;

    fn managed(grants: &[RoleGrant]) -> Managed {
        let first = grants[0];
        let account = Account {
            id: AccountId::new(),
            login: "thu".into(),
            partition: first.partition,
            unit: first.unit,
            person: first.person,
            state: "ACTIVE".into(),
            password_hash: None,
            activation_hash: None,
            activation_expires_at: None,
            failed_attempts: 0,
            locked_until: None,
            badge: Sealed::from(Vec::new()),
            vouch: None,
        };
        Managed { account, grants: grants.to_vec() }
    }

    #[test]
    fn nobody_takes_over_an_account_that_reaches_further_than_they_could_give() {
        let (own, other, unit) = (PartitionId::new(), PartitionId::new(), OrganisationId::new());
        let grant = |role, partition| RoleGrant { role, partition, unit: None, person: None };
        let officer = |unit| RoleGrant { role: Role::UnitOfficer, partition: own, unit: Some(unit), person: None };
        let declarant =
            |unit| RoleGrant { role: Role::Declarant, partition: own, unit: Some(unit), person: Some(PersonId::new()) };
        let admin = grant(Role::AgencyAdmin, own).actor(AccountId::new(), None);
        assert!(manages(&admin, &managed(&[grant(Role::IntakeOfficer, own), grant(Role::Auditor, own)])));
        assert!(manages(&admin, &managed(&[officer(unit)])));
        assert!(!manages(&admin, &managed(&[grant(Role::AgencyAdmin, own)])), "sideways");
        assert!(!manages(&admin, &managed(&[grant(Role::CentreAnalyst, own)])), "upward");
        assert!(
            !manages(&admin, &managed(&[grant(Role::IntakeOfficer, own), grant(Role::AgencyAdmin, other)])),
            "in part"
        );
        assert!(!manages(&admin, &managed(&[declarant(unit)])), "declarants are the unit's");
        let of_unit = officer(unit).actor(AccountId::new(), None);
        assert!(manages(&of_unit, &managed(&[declarant(unit)])));
        assert!(!manages(&of_unit, &managed(&[declarant(OrganisationId::new())])));
        assert!(!manages(&of_unit, &managed(&[officer(unit)])), "a colleague");
        assert!(!manages(&of_unit, &managed(&[declarant(unit), grant(Role::AgencyAdmin, own)])), "upward, in part");
        let mut own_account = managed(&[grant(Role::IntakeOfficer, own)]);
        own_account.account.id = admin.account_or_nil();
        assert!(!manages(&admin, &own_account), "oneself");
    }
}
