//! Work after an act, enqueued in the act's own transaction: SKIP LOCKED, lease, heartbeat, versioned payloads of ids.
//! Jobs are idempotent: one that was cut off runs again.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::actor::Actor;
use super::db::{Db, Tx};
use super::error::{Error, Result};
use super::id::{JobId, OrganisationId, PartitionId, PersonId};

/// How long a worker holds a job before another may take it; renewed by the heartbeat while the job runs.
const LEASE: TimeDelta = TimeDelta::seconds(30);
const HEARTBEAT: Duration = Duration::from_secs(8);
/// Runs that may be cut off, beyond those that may fail, before a job is given up: it takes this process down with it.
const MOST_CUT_OFF: i16 = 14;

/// How often a kind of work is tried again, and after which pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// After so many runs that failed a job is given up.
    failures: i16,
    /// Seconds before the run after the first failure; twice as many after each further one.
    first: i64,
    longest: i64,
}

impl Retry {
    /// For work on this machine: given up after some minutes.
    pub const MINUTES: Retry = Retry { failures: 6, first: 2, longest: 50 };
    /// For work that waits for somebody else's server: asked for again for about a week, in the end every six hours.
    pub const DAYS: Retry = Retry { failures: 40, first: 60, longest: 6 * 3600 };

    /// How long a job rests after so many failures.
    fn pause(self, failures: i16) -> TimeDelta {
        pause(self.first, self.longest, failures)
    }
}

/// How long work rests after so many failures: `first` seconds after one, twice as many after each further one, `longest`
/// at most.
pub fn pause(first: i64, longest: i64, failures: i16) -> TimeDelta {
    let doubled = u32::try_from(failures - 1).ok().and_then(|times| 2i64.checked_pow(times));
    let seconds = doubled.and_then(|times| first.checked_mul(times)).unwrap_or(longest);
    TimeDelta::seconds(seconds.min(longest))
}

/// One run of a job, for handlers that leave something behind when the job is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Runs begun, with this one; those cut off with their process count.
    begun: i16,
    /// Runs before this one that came back with an error.
    failed: i16,
    retry: Retry,
}

impl Run {
    /// Runs that came back with an error, were this one to fail.
    pub fn failures_with_this(self) -> i16 {
        self.failed + 1
    }

    /// Nobody comes back to the job if this run fails.
    pub fn is_last(self) -> bool {
        self.failures_with_this() >= self.retry.failures || self.begun >= self.most_begun()
    }

    /// Run after run was cut off: the work itself is not to be tried again, only its end put down.
    pub fn is_beyond(self) -> bool {
        self.begun > self.most_begun()
    }

    fn most_begun(self) -> i16 {
        self.retry.failures + MOST_CUT_OFF
    }

    #[cfg(test)]
    pub fn nth(begun: i16, failed: i16) -> Self {
        Self { begun, failed, retry: Retry::MINUTES }
    }
}

/// A kind of work. The payload holds ids only, and its version changes with its shape.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: &'static str;
    const VERSION: i16;
    const RETRY: Retry = Retry::MINUTES;
}

/// Whose rows the job belongs to, copied from the act that caused it.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub partition: PartitionId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
}

impl Tx {
    /// Enqueues work to be done after this transaction commits. With a `dedup` key the same work is enqueued once.
    pub async fn enqueue<J: Job>(&mut self, owner: Owner, job: &J, dedup: Option<&str>) -> Result<()> {
        let payload = serde_json::to_value(job).map_err(anyhow::Error::from)?;
        let now = self.now();
        sqlx::query!(
            "insert into job (partition_id, id, unit_id, person_id, kind, payload_version, payload, state, run_at, dedup_key, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, 'WAITING', $8, $9, $8)
             on conflict (partition_id, kind, dedup_key) do nothing",
            owner.partition.0,
            JobId::new().0,
            owner.unit.map(|u| u.0),
            owner.person.map(|p| p.0),
            J::KIND,
            J::VERSION,
            payload,
            now,
            dedup,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

/// Puts jobs of kind `J` that were given up back into the queue, as if they were new. To be called from housekeeping.
pub async fn revive<J: Job>(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    let revived = sqlx::query!(
        "update job set state = 'WAITING', attempts = 0, failures = 0, run_at = $1, finished_at = null, last_error = null
         where kind = $2 and state = 'FAILED'",
        now,
        J::KIND
    )
    .execute(tx.conn())
    .await?;
    Ok(revived.rows_affected())
}

type Handler = Arc<dyn Fn(PartitionId, i16, Value, Run) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// The kinds of work this process can do.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: HashMap<&'static str, (Handler, Retry)>,
}

impl Registry {
    /// Says how to do jobs of kind `J`.
    pub fn on<J: Job>(
        mut self,
        handle: impl Fn(PartitionId, J, Run) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        let handler: Handler = Arc::new(move |partition, version, payload, run| {
            if version != J::VERSION {
                return Box::pin(
                    async move { Err(crate::bug!("{}: payload version {version} is not known", J::KIND)) },
                );
            }
            match serde_json::from_value::<J>(payload) {
                Ok(job) => handle(partition, job, run),
                Err(error) => Box::pin(async move { Err(Error::Bug(error.into())) }),
            }
        });
        self.handlers.insert(J::KIND, (handler, J::RETRY));
        self
    }

    fn retry(&self, kind: &str) -> Retry {
        self.handlers.get(kind).map_or(Retry::MINUTES, |(_, retry)| *retry)
    }

    fn kinds(&self) -> Vec<String> {
        self.handlers.keys().map(|k| (*k).to_owned()).collect()
    }
}

struct Leased {
    partition: PartitionId,
    id: JobId,
    kind: String,
    version: i16,
    payload: Value,
    run: Run,
}

/// Takes jobs one at a time until told to stop. Several workers, here and elsewhere, share the queue.
pub struct Worker {
    db: Db,
    registry: Registry,
    name: Uuid,
}

impl Worker {
    pub fn new(db: Db, registry: Registry) -> Self {
        Self { db, registry, name: Uuid::now_v7() }
    }

    /// Works until `stop`; a job under way is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.run_one().await {
                Ok(true) => continue,
                Ok(false) => Duration::from_millis(250),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the job queue cannot be read");
                    Duration::from_secs(2)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does everything that is due; for tests and for `demo --once`. Fails on the first job that failed for good.
    pub async fn run_all(&self) -> Result<usize> {
        let mut done = 0;
        while self.run_one().await? {
            done += 1;
        }
        Ok(done)
    }

    /// Does one job, if one is due.
    pub async fn run_one(&self) -> Result<bool> {
        let Some(job) = self.lease().await? else { return Ok(false) };
        let Some((handler, _)) = self.registry.handlers.get(job.kind.as_str()) else {
            return Err(crate::bug!("job kind {} has no handler here", job.kind));
        };
        let outcome = {
            let work = handler(job.partition, job.version, job.payload.clone(), job.run);
            tokio::pin!(work);
            loop {
                tokio::select! {
                    outcome = &mut work => break outcome,
                    () = tokio::time::sleep(HEARTBEAT) => {
                        // A busy pool must not throw an hour's work away; whoever lost the lease cannot finish anyway.
                        if let Err(error) = self.heartbeat(&job).await {
                            tracing::warn!(job = %job.id, error = format!("{error:#}"), "a lease was not renewed");
                        }
                    }
                }
            }
        };
        self.finish(&job, outcome).await?;
        Ok(true)
    }

    async fn lease(&self) -> Result<Option<Leased>> {
        let kinds = self.registry.kinds();
        let name = self.name;
        // A lease is not an act: it is renewed and given back many times and changes nothing anyone declared.
        self.db
            .housekeep(&Actor::SYSTEM, "job.lease", async |tx| {
                let now = tx.now();
                let row = sqlx::query!(
                    r#"update job set state = 'RUNNING', attempts = attempts + 1, leased_until = $1, leased_by = $2
                       where (partition_id, id) = (
                           select partition_id, id from job
                           where kind = any($3) and run_at <= $4
                             and (state = 'WAITING' or (state = 'RUNNING' and leased_until < $4))
                           order by run_at, id for update skip locked limit 1)
                       returning partition_id as "partition: PartitionId", id as "id: JobId", kind, payload_version, payload, attempts, failures"#,
                    now + LEASE,
                    name,
                    &kinds,
                    now,
                )
                .fetch_optional(tx.conn())
                .await?;
                Ok(row.map(|r| Leased {
                    partition: r.partition,
                    id: r.id,
                    run: Run { begun: r.attempts, failed: r.failures, retry: self.registry.retry(&r.kind) },
                    kind: r.kind,
                    version: r.payload_version,
                    payload: r.payload,
                }))
            })
            .await
    }

    async fn heartbeat(&self, job: &Leased) -> Result<()> {
        let name = self.name;
        let (partition, id) = (job.partition, job.id);
        self.db
            .housekeep(&Actor::SYSTEM, "job.heartbeat", async |tx| {
                let until = tx.now() + LEASE;
                sqlx::query!(
                    "update job set leased_until = $1 where partition_id = $2 and id = $3 and leased_by = $4",
                    until,
                    partition.0,
                    id.0,
                    name,
                )
                .execute(tx.conn())
                .await?;
                Ok(())
            })
            .await
    }

    async fn finish(&self, job: &Leased, outcome: Result<()>) -> Result<()> {
        let failures = job.run.failed + i16::from(outcome.is_err());
        let (state, error): (&str, Option<String>) = match &outcome {
            Ok(()) => ("DONE", None),
            Err(error) => {
                tracing::warn!(job = %job.id, kind = %job.kind, run = job.run.begun, failures, error = format!("{error:#}"), "a job failed");
                (if job.run.is_last() { "FAILED" } else { "WAITING" }, Some(error_class(error)))
            }
        };
        metrics::counter!("jobs_total", "kind" => job.kind.clone(), "state" => state).increment(1);
        let name = self.name;
        let (partition, id) = (job.partition, job.id);
        self.db
            .housekeep(&Actor::SYSTEM, "job.finish", async |tx| {
                let now = tx.now();
                let run_at: DateTime<Utc> = now + job.run.retry.pause(failures);
                sqlx::query!(
                    "update job set state = $1, last_error = $2, run_at = case when $1 = 'WAITING' then $3 else run_at end,
                            finished_at = case when $1 = 'WAITING' then null else $4::timestamptz end, leased_until = null, failures = $8
                     where partition_id = $5 and id = $6 and leased_by = $7",
                    state,
                    error.as_deref(),
                    run_at,
                    now,
                    partition.0,
                    id.0,
                    name,
                    failures,
                )
                .execute(tx.conn())
                .await?;
                Ok(())
            })
            .await
    }
}

/// What the queue keeps of an error: its kind, never its text, which could quote what someone wrote.
fn error_class(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => format!("refused:{}", refusal.code),
        Error::Database(_) => "database".into(),
        Error::NotFound => "not_found".into(),
        Error::Forbidden => "forbidden".into(),
        Error::NotSignedIn => "not_signed_in".into(),
        Error::Bug(_) | Error::KeysMissing(_) => "bug".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_cut_off_is_not_one_that_failed() {
        assert!(!Run::nth(10, 0).is_last(), "ten power cuts are no fault of the work");
        assert!(!Run::nth(5, 4).is_last());
        assert!(Run::nth(6, 5).is_last());
        assert!(Run::nth(20, 0).is_last() && !Run::nth(20, 0).is_beyond());
        assert!(Run::nth(21, 0).is_beyond());
    }

    #[test]
    fn pauses_grow_to_the_longest_and_last_days_where_somebody_else_is_waited_for() {
        let pauses = |retry: Retry| (1..retry.failures).map(|n| retry.pause(n)).collect::<Vec<_>>();
        for retry in [Retry::MINUTES, Retry::DAYS] {
            assert!(pauses(retry).windows(2).all(|pair| pair[0] <= pair[1]));
        }
        let sum = |retry| pauses(retry).iter().sum::<TimeDelta>();
        assert!(sum(Retry::MINUTES) < TimeDelta::minutes(5), "{}", sum(Retry::MINUTES));
        assert!((6..9).contains(&sum(Retry::DAYS).num_days()), "{}", sum(Retry::DAYS));
    }
}
