//! What officers stated of people's assets, each against its event.
use std::collections::BTreeMap;

use super::{Check, Disagreement, Logged, hash_of, id_of, is_whose};
use crate::declaration::asset::store;
use crate::kernel::Tx;

impl Check<'_> {
    /// Every statement is what its event says, of whom it says, and about versions of theirs; none is missing, none is more.
    pub(super) async fn assets(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let named = logged.named(&["asset.stated"]);
        let mut recorded: BTreeMap<_, _> =
            named.filter_map(|(_, body)| Some((id_of(body, "statement")?, body))).collect();
        let differs = |id: uuid::Uuid| Disagreement::AssetStatementDiffers { statement: id.to_string() };
        for one in store::statements(tx, self.partition, None).await? {
            let hash = one.hash()?;
            let is_said = recorded.remove(&one.id.0).is_some_and(|body| {
                hash_of(body, "record") == Some(hash) && is_whose(body, Some(one.unit.0), Some(one.person.0))
            });
            if !is_said || one.record_hash[..] != hash[..] {
                found.push(differs(one.id.0));
            }
        }
        found.extend(recorded.into_keys().map(differs));
        found.extend(store::misplaced(tx, self.partition).await?.into_iter().map(|one| differs(one.0)));
        Ok(())
    }
}
