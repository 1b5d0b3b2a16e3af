//! Turns committed events into leaves within a second and signs checkpoints. Several may run; each partition has one at
//! a time.
use std::time::Duration;

use futures::FutureExt;
use ledger::{Checkpoint, log_origin};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::store;
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, Db, Error, Result};

/// Leaves appended in one transaction.
const BATCH: i64 = 2000;
const PAUSE: Duration = Duration::from_millis(200);
/// How often the promises are watched; they are given in seconds.
const WATCH: Duration = Duration::from_secs(2);

pub struct Sequencer {
    db: Db,
    /// Promises older than this many seconds without a leaf raise the alarm.
    max_merge_seconds: i64,
}

impl Sequencer {
    pub fn new(db: Db, max_merge_seconds: i64) -> Self {
        Self { db, max_merge_seconds }
    }

    /// Runs until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut watch = tokio::time::interval(WATCH);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            if let Err(error) = self.run_once().await {
                tracing::error!(error = format!("{error:#}"), "the log cannot be extended");
            }
            if watch.tick().now_or_never().is_some() {
                self.watch_promises().await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Gives every waiting event its place. Returns how many leaves were added.
    pub async fn run_once(&self) -> Result<usize> {
        let waiting =
            self.db.read(&Actor::SYSTEM, "log.waiting", async |tx| store::partitions_waiting(tx).await).await?;
        let (mut added, mut failed) = (0, None);
        for partition in waiting {
            match self.extend_whole(partition).await {
                Ok(leaves) => added += leaves,
                // One partition's fault must not keep the others waiting.
                Err(error) => {
                    tracing::error!(%partition, error = format!("{error:#}"), "a log cannot be extended");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(added), Err)
    }

    async fn extend_whole(&self, partition: PartitionId) -> Result<usize> {
        self.db.take_up_keys(partition).await?;
        let mut added = 0;
        loop {
            let batch = self.extend(partition).await?;
            added += batch;
            if batch < BATCH as usize {
                return Ok(added);
            }
        }
    }

    /// One batch of one partition: leaves, completed subtrees and a signed checkpoint in one transaction. The log's own
    /// growth is not itself an event.
    async fn extend(&self, partition: PartitionId) -> Result<usize> {
        self.db
            .housekeep(&Actor::SYSTEM, "log.extend", async |tx| {
                if !store::lock_log(tx, partition).await? {
                    return Ok(0);
                }
                let leaves = store::take_waiting(tx, partition, BATCH).await?;
                if leaves.is_empty() {
                    return Ok(0);
                }
                let mut frontier = store::frontier(tx, partition).await?;
                let first = frontier.size();
                let mut completed = Vec::with_capacity(leaves.len() * 2);
                for leaf in &leaves {
                    let hash: [u8; 32] =
                        leaf.leaf_hash.as_slice().try_into().map_err(|_| crate::bug!("a leaf hash is not 32 bytes"))?;
                    frontier.append(ledger::Hash(hash), |id, hash| completed.push((id, hash)));
                }
                store::append(tx, partition, first, &leaves, &completed).await?;
                let root = frontier.root();
                let checkpoint =
                    Checkpoint { origin: log_origin(&partition), size: frontier.size(), root, extensions: vec![] };
                let note = tx.keys().sign_checkpoint(partition, &checkpoint)?;
                store::insert_checkpoint(tx, partition, frontier.size(), &root, &note).await?;
                metrics::counter!("log_leaves_total").increment(leaves.len() as u64);
                Ok(leaves.len())
            })
            .await
    }

    async fn watch_promises(&self) {
        let waited = self.db.read(&Actor::SYSTEM, "log.watch", async |tx| store::oldest_wait(tx).await).await;
        match waited {
            Ok(seconds) => {
                let seconds = seconds.unwrap_or(0.0);
                metrics::gauge!("log_oldest_wait_seconds").set(seconds);
                if seconds > self.max_merge_seconds as f64 {
                    tracing::error!(seconds, "a promise of the log is not kept");
                }
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the log cannot be watched"),
        }
    }
}

/// Waits until an event has its leaf, at most `limit`; for tests and for `demo --once`.
pub async fn wait_for(
    db: &Db,
    partition: PartitionId,
    event: crate::kernel::id::EventId,
    limit: Duration,
) -> Result<u64> {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        let found = db.read(&Actor::SYSTEM, "log.place", async |tx| store::leaf_of(tx, partition, event).await).await?;
        match found {
            Some(index) => return Ok(index),
            None if tokio::time::Instant::now() >= deadline => return Err(Error::NotFound),
            None => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
