//! Requests for information: each request and each step of it against its event, with the files that came. The files
//! themselves are compared as files.
use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Disagreement, Logged, hash_of, id_of, is_whose};
use crate::inquiry::model::{Attachment, StepKind};
use crate::inquiry::store::{self, Wanted};
use crate::kernel::Tx;
use crate::kernel::id::InquiryStepId;

impl Check<'_> {
    /// Every request and step is what its event says, of whom it says; none is missing, none is more.
    pub(super) async fn inquiries(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let names: Vec<&str> = StepKind::ALL.iter().map(|kind| kind.event()).collect();
        let mut issued = BTreeMap::new();
        let mut stepped = BTreeMap::new();
        let mut differing = BTreeSet::new();
        for (_, body) in logged.named(&names) {
            let is_again =
                body["event"] == StepKind::Issued.event() && issued.insert(id_of(body, "inquiry"), body).is_some();
            // Each request is issued once, and each step is told once.
            if stepped.insert(id_of(body, "step"), body).is_some() || is_again {
                differing.extend(id_of(body, "inquiry"));
            }
        }
        // One whose steps are gone has no state, and is found by its bare row.
        let mut bare: BTreeSet<_> = store::all_ids(tx, self.partition).await?.into_iter().map(|id| id.0).collect();
        for inquiry in store::list(tx, Wanted::default(), i64::MAX).await? {
            bare.remove(&inquiry.id.0);
            let hash = inquiry.hash()?;
            let said = issued.remove(&Some(inquiry.id.0));
            let is_said = said.is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && is_whose(body, inquiry.unit.map(|unit| unit.0), inquiry.person.map(|person| person.0))
            });
            if !is_said || inquiry.record_hash[..] != hash[..] {
                differing.insert(inquiry.id.0);
            }
        }
        differing.extend(bare);
        differing.extend(issued.into_keys().flatten());
        let mut files: BTreeMap<InquiryStepId, Vec<Attachment>> = BTreeMap::new();
        for file in store::files(tx, self.partition, None).await? {
            files.entry(file.step).or_default().push(file);
        }
        for step in store::steps(tx, self.partition, None).await? {
            let hash = step.hash(&files.remove(&step.id).unwrap_or_default())?;
            let said = stepped.remove(&Some(step.id.0));
            let is_said = said.is_some_and(|body| {
                body["event"] == step.kind.event()
                    && hash_of(body, "step") == Some(hash)
                    && id_of(body, "inquiry") == Some(step.inquiry.0)
                    && is_whose(body, step.unit.map(|unit| unit.0), step.person.map(|person| person.0))
            });
            if !is_said || step.record_hash[..] != hash[..] {
                differing.insert(step.inquiry.0);
            }
        }
        differing.extend(stepped.into_values().filter_map(|body| id_of(body, "inquiry")));
        differing.extend(files.into_values().flatten().map(|file| file.inquiry.0));
        found.extend(differing.into_iter().map(|id| Disagreement::InquiryDiffers { inquiry: id.to_string() }));
        Ok(())
    }
}
