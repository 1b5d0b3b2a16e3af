//! Where an event stands in the log, with the proof, for slips and receipts.
use ledger::InclusionProof;

use super::store;
use crate::kernel::id::{EventId, PartitionId};
use crate::kernel::{Result, Tx};

/// The promise given at once and, when the sequencer has been there, place, checkpoint and proof.
#[derive(Debug, Clone)]
pub struct Place {
    pub promise: Option<String>,
    pub proof: Option<(InclusionProof, String)>,
}

/// The place of an event in its partition's log.
pub async fn place_of(tx: &mut Tx, partition: PartitionId, event: EventId) -> Result<Place> {
    let promise = store::promise_of(tx, partition, event).await?;
    let Some(index) = store::leaf_of(tx, partition, event).await? else { return Ok(Place { promise, proof: None }) };
    let Some(checkpoint) = store::latest_checkpoint(tx, partition).await? else {
        return Ok(Place { promise, proof: None });
    };
    let size = checkpoint.tree_size as u64;
    let plan = ledger::plan_inclusion(index, size).map_err(|error| crate::bug!("a leaf outside its log: {error}"))?;
    let ids: Vec<_> = plan.nodes().collect();
    let hashes = store::nodes(tx, partition, &ids).await?;
    let mut found = ids.iter().zip(hashes);
    let path = plan.resolve(|_| {
        found.next().map(|(_, hash)| hash).ok_or_else(|| crate::bug!("the plan asks for more nodes than it named"))
    })?;
    Ok(Place { promise, proof: Some((InclusionProof { index, size, path }, checkpoint.note)) })
}
