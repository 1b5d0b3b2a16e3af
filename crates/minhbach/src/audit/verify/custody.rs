//! Files that passed between agencies, each side against its own log, and the copies against the logs they are from.
use std::collections::{BTreeMap, BTreeSet};

use ledger::log_origin;

use super::{Check, Disagreement, Logged, hash_of, id_of};
use crate::custody::model::FileVersion;
use crate::custody::record::originals_hash;
use crate::custody::rules::fault_of;
use crate::custody::{Transfer, store};
use crate::declaration::original::{self, Asked, Original};
use crate::kernel::Tx;
use crate::kernel::files::sha256;
use crate::kernel::id::PartitionId;
use crate::person::custody::State;

/// How a file ended, by the event both logs have of it.
fn event_of(state: State) -> Option<&'static str> {
    match state {
        State::Sent => None,
        State::Taken => Some("custody.taken"),
        State::Declined => Some("custody.declined"),
        State::Withdrawn => Some("custody.withdrawn"),
    }
}

const ENDS: [&str; 3] = ["custody.taken", "custody.declined", "custody.withdrawn"];

/// What a log says of a file: by which event it ended, the hashes of its record and, at the receiver, of the copies.
struct Said {
    event: String,
    record: Option<[u8; 32]>,
    package: Option<[u8; 32]>,
    originals: Option<[u8; 32]>,
}

fn said(logged: &Logged, names: &[&str]) -> BTreeMap<uuid::Uuid, Said> {
    logged
        .named(names)
        .filter_map(|(_, body)| {
            let said = Said {
                event: body["event"].as_str()?.to_owned(),
                record: hash_of(body, "record"),
                package: hash_of(body, "package"),
                originals: hash_of(body, "originals"),
            };
            Some((id_of(body, "custody")?, said))
        })
        .collect()
}

impl Check<'_> {
    /// Both halves of every file that was sent or received, its package, and the copies. Returns how many copies are not
    /// proved, for want of a trusted key of the log they are from.
    pub(super) async fn custodies(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<usize> {
        let mut unproved = 0;
        let (mut sent, mut ended) = (said(logged, &["custody.sent"]), said(logged, &ENDS));
        let mut copies: BTreeMap<uuid::Uuid, Vec<Original>> = BTreeMap::new();
        for original in original::list(tx, Asked::default()).await? {
            copies.entry(original.transfer.0).or_default().push(original);
        }
        for transfer in store::list(tx, self.partition, i64::MAX).await? {
            let originals = copies.remove(&transfer.id.0).unwrap_or_default();
            let package = store::package(tx, &transfer).await?.map(|sealed| sha256(sealed.as_bytes()));
            let (begun, end) = (sent.remove(&transfer.id.0), ended.remove(&transfer.id.0));
            if !self.is_transfer(&transfer, begun, end, package, &originals)? {
                found.push(Disagreement::CustodyDiffers { custody: transfer.id.to_string() });
            }
            for original in &originals {
                if !self.is_original(tx, original)? {
                    found.push(Disagreement::OriginalDiffers { original: original.id.to_string() });
                } else if !self.trusts(original.origin) {
                    unproved += 1;
                }
            }
        }
        for custody in sent.keys().chain(ended.keys()).chain(copies.keys()).collect::<BTreeSet<_>>() {
            found.push(Disagreement::CustodyDiffers { custody: custody.to_string() });
        }
        Ok(unproved)
    }

    fn trusts(&self, origin: PartitionId) -> bool {
        let origin = log_origin(&origin);
        self.trusted.iter().any(|key| key.name() == origin)
    }

    fn is_transfer(
        &self,
        transfer: &Transfer,
        begun: Option<Said>,
        end: Option<Said>,
        package: Option<[u8; 32]>,
        originals: &[Original],
    ) -> crate::kernel::Result<bool> {
        let (record, end_record) = (transfer.sent_record()?, transfer.end_record()?);
        let is_begun = transfer.sent_hash[..] == record[..]
            && begun.is_some_and(|said| {
                said.record == Some(record) && said.package.is_some_and(|hash| hash[..] == transfer.package_hash[..])
            });
        let is_ended = transfer.end_hash.as_deref() == end_record.as_ref().map(|hash| &hash[..])
            && match &end {
                None => transfer.state == State::Sent,
                Some(said) => Some(said.event.as_str()) == event_of(transfer.state) && said.record == end_record,
            };
        // What was declined or taken back is empty; what waits or was taken is what was sent.
        let is_packed = match transfer.state {
            State::Sent | State::Taken => package.is_some_and(|hash| hash[..] == transfer.package_hash[..]),
            State::Declined | State::Withdrawn => package.is_none(),
        };
        let takes = transfer.to == self.partition && transfer.state == State::Taken;
        let said = end.and_then(|said| said.originals);
        let is_copied = if takes {
            said == Some(originals_hash(originals)?)
                && originals
                    .iter()
                    .all(|one| (Some(one.person), Some(one.unit)) == (transfer.to_person, transfer.to_unit))
        } else {
            said.is_none() && originals.is_empty()
        };
        Ok(is_begun && is_ended && is_packed && is_copied)
    }

    /// The copy is what was sealed, opens to what was hashed, and its proof holds where a key is trusted for the log it is from.
    fn is_original(&self, tx: &Tx, original: &Original) -> crate::kernel::Result<bool> {
        if sha256(original.document.as_bytes())[..] != original.sealed_hash[..] {
            return Ok(false);
        }
        if !tx.keys().can_open() {
            return Ok(true);
        }
        let Ok(document) = tx.keys().open_cell(self.partition, original.id.0, &original.document) else {
            return Ok(false);
        };
        if sha256(document.as_bytes())[..] != original.document_hash[..] {
            return Ok(false);
        }
        if !self.trusts(original.origin) {
            return Ok(true);
        }
        let Ok(evidence) = serde_json::from_str(&original.evidence) else { return Ok(false) };
        let version = FileVersion {
            origin: original.origin,
            declaration: original.declaration,
            version: original.version,
            number: original.number,
            kind: original.kind.as_str().to_owned(),
            year: original.year,
            channel: original.channel.clone(),
            act: original.act.word().to_owned(),
            completed_on: original.completed_on,
            recorded_at: original.recorded_at,
            received_on: original.received_on,
            rule_set: original.rule_set.clone(),
            document,
            evidence,
            copied: true,
        };
        Ok(fault_of(&version, None, self.trusted).is_none())
    }
}
