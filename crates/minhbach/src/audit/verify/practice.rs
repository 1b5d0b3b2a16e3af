//! Whether a partition and the bodies in it are real or for practice: the marks on prints, the nation's figures and where files
//! may pass hang on it.
use std::collections::BTreeMap;

use super::{Check, Disagreement, Logged, id_of};
use crate::kernel::Tx;
use crate::kernel::id::PartitionId;
use crate::organisation::store;

impl Check<'_> {
    /// The partition is for practice exactly if its own log says so; in the centre's, every body likewise.
    pub(super) async fn practice(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said = logged.named(&["partition.added"]).find_map(|(_, body)| id_of(body, "practice_of"));
        if tx.practice_of(self.partition).await?.map(|agency| agency.0) != said {
            found.push(Disagreement::PracticeDiffers { id: self.partition.to_string() });
        }
        if self.partition != PartitionId::CENTRE {
            return Ok(());
        }
        let mut said: BTreeMap<_, _> = logged
            .named(&["organisation.added"])
            .filter_map(|(_, body)| Some((id_of(body, "organisation")?, id_of(body, "practice_in")?)))
            .collect();
        for (body, practice) in store::invented(tx).await? {
            if said.remove(&body.0) != Some(practice.0) {
                found.push(Disagreement::PracticeDiffers { id: body.to_string() });
            }
        }
        found.extend(said.into_keys().map(|id| Disagreement::PracticeDiffers { id: id.to_string() }));
        Ok(())
    }
}
