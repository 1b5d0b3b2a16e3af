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
/// After so many runs that failed a job is given up.
const MAX_FAILURES: i16 = 6;
/// After so many runs begun, whatever ended them, a job is given up: it takes this process down with it.
const MAX_RUNS: i16 = 20;

/// One run of a job, for handlers that leave something behind when the job is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Runs begun, with this one; those cut off with their process count.
    begun: i16,
    /// Runs before this one that came back with an error.
    failed: i16,
}

impl Run {
    /// Runs that came back with an error, were this one to fail.
    pub fn failures_with_this(self) -> i16 {
        self.failed + 1
    }

    /// Nobody comes back to the job if this run fails.
    pub fn is_last(self) -> bool {
        self.failures_with_this() >= MAX_FAILURES || self.begun >= MAX_RUNS
    }

    /// Run after run was cut off: the work itself is not to be tried again, only its end put down.
    pub fn is_beyond(self) -> bool {
        self.begun > MAX_RUNS
    }

    #[cfg(test)]
    pub fn nth(begun: i16, failed: i16) -> Self {
        Self { begun, failed }
    }
}

/// A kind of work. The payload holds ids only, and its version changes with its shape.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: &'static str;
    const VERSION: i16;
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

type Handler = Arc<dyn Fn(PartitionId, i16, Value, Run) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// The kinds of work this process can do.
#[derive(Clone, Default)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
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
        self.handlers.insert(J::KIND, handler);
        self
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
        let Some(handler) = self.registry.handlers.get(job.kind.as_str()) else {
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
                    kind: r.kind,
                    version: r.payload_version,
                    payload: r.payload,
                    run: Run { begun: r.attempts, failed: r.failures },
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
                let run_at: DateTime<Utc> = now + TimeDelta::seconds(i64::from(failures) * i64::from(failures) * 2);
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
}
