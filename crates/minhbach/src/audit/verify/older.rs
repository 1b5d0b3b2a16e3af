//! Declarations on older forms, each against its event. The scans are compared as files.
use std::collections::BTreeMap;

use super::{Check, Disagreement, Logged, hash_of, id_of, is_whose};
use crate::declaration::older::{self, Asked};
use crate::kernel::Tx;

impl Check<'_> {
    /// Every one is what its event says, of whom it says; none is missing, none is more.
    pub(super) async fn older(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let mut recorded: BTreeMap<_, _> =
            logged.named(&["older.recorded"]).filter_map(|(_, body)| Some((id_of(body, "older")?, body))).collect();
        let differs = |id: uuid::Uuid| Disagreement::OlderDiffers { older: id.to_string() };
        let asked = Asked { partition: Some(self.partition), ..Asked::default() };
        for one in older::list(tx, asked).await? {
            let hash = one.hash()?;
            let is_said = recorded.remove(&one.id.0).is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && id_of(body, "file") == Some(one.file.0)
                    && is_whose(body, Some(one.unit.0), Some(one.person.0))
            });
            if !is_said || one.record_hash[..] != hash[..] {
                found.push(differs(one.id.0));
            }
        }
        found.extend(recorded.into_keys().map(differs));
        found.extend(older::unpaired(tx, self.partition).await?.into_iter().map(|intake| differs(intake.0)));
        Ok(())
    }
}
