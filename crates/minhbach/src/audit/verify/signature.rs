//! Signatures and time stamps, each against its event. The copies handed out and the signed files are compared as files.
use std::collections::BTreeMap;

use super::{CORRECTED, Check, Disagreement, FILED, Logged, REVISED, hash_of, id_of, is_whose};
use crate::kernel::Tx;
use crate::kernel::files::sha256;
use crate::kernel::id::{PartitionId, SignatureId};
use crate::signature::model::{ActKind, Beside, DataSignature};
use crate::signature::store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl Check<'_> {
    /// Every signature, what came of it, and every stamp is what its event says; none is missing, none is more.
    pub(super) async fn signatures(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said = |names: &'static [&'static str], key: &'static str| -> BTreeMap<uuid::Uuid, &serde_json::Value> {
            logged.named(names).filter_map(|(_, body)| Some((id_of(body, key)?, body))).collect()
        };
        let mut recorded = said(&["signature.recorded"], "signature");
        let documents: BTreeMap<uuid::Uuid, [u8; 32]> = logged
            .named(&[FILED[0], FILED[1], REVISED, CORRECTED])
            .filter_map(|(_, body)| Some((id_of(body, "version")?, hash_of(body, "document")?)))
            .collect();
        let mut handed_out = said(&["signature.handed_out"], "copy");
        let differs = |id: uuid::Uuid| Disagreement::SignatureDiffers { signature: id.to_string() };
        let copies = store::copies(tx, self.partition, None).await?;
        for copy in &copies {
            let is_said = handed_out.remove(&copy.id.0).is_some_and(|body| {
                id_of(body, "file") == Some(copy.file.0)
                    && id_of(body, "subject") == Some(copy.subject_id)
                    && id_of(body, "root") == Some(copy.root)
                    && hash_of(body, "original").is_some_and(|hash| hash[..] == copy.pdf_hash[..])
                    && body["words"]["subject"].as_str() == Some(copy.subject.word())
                    && is_whose(body, Some(copy.unit.0), copy.person.map(|person| person.0))
            });
            if !is_said {
                found.push(differs(copy.id.0));
            }
        }
        let asked = store::Asked { partition: Some(self.partition), ..Default::default() };
        let all = store::list(tx, asked).await?;
        for one in &all {
            let hash = one.hash()?;
            let is_said = recorded.remove(&one.id.0).is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && id_of(body, "file") == one.file.map(|file| file.0)
                    && is_whose(body, Some(one.unit.0), one.person.map(|person| person.0))
            });
            if !is_said || one.record_hash[..] != hash[..] {
                found.push(differs(one.id.0));
            }
        }
        let mut places: BTreeMap<(String, SignatureId), Vec<store::Place>> = BTreeMap::new();
        for place in store::places(tx, self.partition).await? {
            places.entry((place.table.clone(), place.signature)).or_default().push(place);
        }
        let is_placed = |table: &'static str, signature: SignatureId, body: &serde_json::Value| {
            let of = places.get(&(table.to_owned(), signature)).into_iter().flatten();
            of.into_iter()
                .all(|place| is_whose(body, place.unit.map(|unit| unit.0), place.person.map(|person| person.0)))
        };
        let mut stamped = [(Beside::File, &["signature.stamped"]), (Beside::Data, &["signature.data_stamped"])]
            .map(|(beside, name)| (beside, said(name, "signature")));
        for stamp in store::stamps(tx, self.partition, None).await? {
            let hash = stamp.hash()?;
            let body = stamped
                .iter_mut()
                .find(|(beside, _)| *beside == stamp.beside)
                .and_then(|(_, said)| said.remove(&stamp.signature.0));
            let is_said = body.is_some_and(|body| {
                hash_of(body, "record") == Some(hash) && is_placed("signature_stamp", stamp.signature, body)
            });
            if !is_said || stamp.record_hash[..] != hash[..] {
                found.push(differs(stamp.signature.0));
            }
        }
        let mut over_data = said(&["signature.data_signed"], "signature");
        for data in store::data(tx, self.partition, None).await? {
            let hash = data.hash()?;
            let body = over_data.remove(&data.signature.0);
            // Beside whose signature it stands, and over which version's document, the log says by itself.
            let of_declarant =
                all.iter().find(|one| one.id == data.signature).filter(|one| one.is_of_declarant_with_key());
            let document = of_declarant.and_then(|one| documents.get(&one.subject_id)).copied();
            let is_said = body.is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && hash_of(body, "document") == document
                    && id_of(body, "root") == of_declarant.map(|one| one.root)
                    && is_placed("signature_data", data.signature, body)
            });
            if !is_said
                || data.record_hash[..] != hash[..]
                || document.map(|hash| hash[..] == data.document_hash[..]) != Some(true)
                || !holds_its_value(tx, self.partition, &data)
            {
                found.push(differs(data.signature.0));
            }
        }
        found.extend(over_data.into_keys().map(differs));
        let mut followed = said(&["signature.withdrawn"], "signature");
        let mut decided = said(&["signature.accepted", "signature.turned_down"], "signature");
        for act in store::acts(tx, self.partition, None).await? {
            let hash = act.hash()?;
            let said = if act.act == ActKind::Withdrawn { &mut followed } else { &mut decided };
            let body = said.remove(&act.signature.0);
            let is_said = body.is_some_and(|body| {
                hash_of(body, "record") == Some(hash)
                    && body["event"].as_str() == Some(act.act.event())
                    && is_placed("signature_act", act.signature, body)
            });
            if !is_said || act.record_hash[..] != hash[..] {
                found.push(differs(act.signature.0));
            }
        }
        found.extend(followed.into_keys().chain(decided.into_keys()).map(differs));
        let stamped = stamped.into_iter().flat_map(|(_, said)| said.into_keys());
        found.extend(recorded.into_keys().chain(stamped).chain(handed_out.into_keys()).map(differs));
        Ok(())
    }
}

/// Whether what is under seal is the signature whose value was recorded; without the keys it is not looked into.
fn holds_its_value(tx: &Tx, partition: PartitionId, data: &DataSignature) -> bool {
    if !tx.keys().can_open() {
        return true;
    }
    let cms = tx.keys().open_cell(partition, data.signature.0, &data.cms).ok();
    let value = cms.and_then(|cms| STANDARD.decode(cms).ok()).and_then(|der| sign::cms::value(&der));
    value.is_some_and(|value| sha256(&value)[..] == data.value_hash[..])
}
