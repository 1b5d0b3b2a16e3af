//! Declarations on older forms, each against its event. The scans are compared as files.
use std::collections::BTreeMap;

use super::{Check, Disagreement, Logged, hash_of, id_of};
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
        for one in older::list(tx, asked, i64::MAX).await? {
            let hash = one.hash()?;
            let (unit, person) = (one.unit.to_string(), one.person.to_string());
            let is_said = recorded.remove(&one.id.0).is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && id_of(body, "file") == Some(one.file.0)
                    && (body["unit"].as_str(), body["person"].as_str()) == (Some(unit.as_str()), Some(person.as_str()))
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
