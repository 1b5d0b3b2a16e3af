//! Reads the logs as they grow and owes messages to those there is news for.
use chrono::{DateTime, TimeDelta, Utc};

use super::store::{self, Audience, Leaf};
use crate::account::news;
use crate::kernel::id::PartitionId;
use crate::kernel::{Actor, Db, Result, Role};

/// Leaves read in one transaction.
const BATCH: i64 = 2000;
/// Where messages were switched off for a time, what is older is not told any more.
const OLDEST: TimeDelta = TimeDelta::days(7);

/// Reads what was added to every log since the last time. Returns to how many accounts a message is owed now that was not.
pub async fn follow(db: &Db) -> Result<u64> {
    let grown = db.read(&Actor::SYSTEM, "news.grown", async |tx| store::grown(tx).await).await?;
    let mut owed = 0;
    for partition in grown {
        match follow_whole(db, partition).await {
            Ok(more) => owed += more,
            // One log's fault must not keep the others waiting.
            Err(error) => tracing::error!(%partition, error = format!("{error:#}"), "a log cannot be read for news"),
        }
    }
    Ok(owed)
}

async fn follow_whole(db: &Db, partition: PartitionId) -> Result<u64> {
    let mut owed = 0;
    while let Some(more) = follow_one(db, partition).await? {
        owed += more;
    }
    Ok(owed)
}

/// One batch of one log; none when there is nothing more. Not an act: what is read is on record, and what is owed by it is
/// recorded when it is sent.
async fn follow_one(db: &Db, partition: PartitionId) -> Result<Option<u64>> {
    db.housekeep(&Actor::SYSTEM, "news.follow", async |tx| {
        let Some(from) = store::lock_mark(tx, partition).await? else { return Ok(None) };
        let leaves = store::leaves(tx, partition, from, BATCH).await?;
        let Some(last) = leaves.last() else { return Ok(None) };
        store::set_mark(tx, partition, last.index + 1).await?;
        let audience = audience(&leaves, tx.now() - OLDEST);
        if audience.people.is_empty() && audience.units.is_empty() && !audience.is_agency {
            return Ok(Some(0));
        }
        store::owe(tx, partition, &audience).await.map(Some)
    })
    .await
}

fn audience(leaves: &[Leaf], oldest: DateTime<Utc>) -> Audience {
    let mut to = Audience::default();
    for leaf in leaves.iter().filter(|leaf| leaf.at >= oldest) {
        let is_news = |role| news::of(role, &leaf.name).is_some();
        if let Some(person) = leaf.person.filter(|_| is_news(Role::Declarant) && !leaf.is_self) {
            to.people.insert(person);
        }
        if let Some(unit) = leaf.unit.filter(|_| is_news(Role::UnitOfficer)) {
            to.units.insert(unit);
        }
        to.is_agency |= is_news(Role::IntakeOfficer) && !leaf.is_own;
    }
    to
}
