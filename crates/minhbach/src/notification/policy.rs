//! Who may say where messages go.
use crate::kernel::id::{AccountId, PartitionId};
use crate::kernel::{Action, Actor, Guarded};

/// Give, confirm or take back an address.
pub struct KeepAddress;
impl Action for KeepAddress {
    const NAME: &'static str = "notification.keep_address";
}

/// The messages of one account.
#[derive(Debug, Clone, Copy)]
pub struct OwnMessages {
    /// The account's, whose key seals the address.
    pub partition: PartitionId,
    pub account: AccountId,
}

/// Only whoever holds the account.
impl Guarded<KeepAddress> for OwnMessages {
    fn allows(&self, actor: &Actor) -> bool {
        actor.account == Some(self.account)
    }
}
