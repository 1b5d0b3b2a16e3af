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
        self.older_acts(tx, logged, found).await?;
        found.extend(
            older::unpaired(tx, self.partition)
                .await?
                .into_iter()
                .map(|intake| Disagreement::OlderScanDiffers { intake: intake.to_string() }),
        );
        Ok(())
    }

    /// What was done to each is what its event says, in its order, nothing after it was taken back.
    async fn older_acts(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let number = |body: &serde_json::Value| body["counts"]["number"].as_i64();
        let named = logged.named(&["older.placed", "older.withdrawn"]);
        let differs = |id: uuid::Uuid| Disagreement::OlderDiffers { older: id.to_string() };
        let mut recorded = BTreeMap::new();
        for (_, body) in named {
            if let (Some(id), Some(number)) = (id_of(body, "older"), number(body))
                && recorded.insert((id, number), body).is_some()
            {
                found.push(differs(id));
            }
        }
        let mut ended = None;
        for one in older::acts(tx, self.partition, None).await? {
            let hash = one.hash()?;
            let is_said = recorded.remove(&(one.older.0, i64::from(one.number))).is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && body["event"].as_str() == Some(one.act.event())
                    && is_whose(body, Some(one.unit.0), Some(one.person.0))
            });
            if !is_said || one.record_hash[..] != hash[..] || ended == Some(one.older) {
                found.push(differs(one.older.0));
            }
            ended = (one.act == older::ActKind::Withdrawn).then_some(one.older);
        }
        found.extend(recorded.into_keys().map(|(id, _)| differs(id)));
        Ok(())
    }
}
