//! Who may say where messages go.
use crate::account::news;
use crate::kernel::id::{AccountId, PartitionId};
use crate::kernel::{Action, Actor, Error, Guarded, Result};

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

/// Only roles there is news for have a page of it.
pub fn require_told(actor: &Actor) -> Result<()> {
    let is_told = actor.role.is_some_and(news::is_told);
    if is_told { Ok(()) } else { Err(Error::Forbidden) }
}
