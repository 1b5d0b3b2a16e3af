//! The only ways to a transaction. A transaction knows who acts, in which context, and what it is called;
//! a write that leaves no event is a bug.
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::actor::{Actor, Context};
use super::clock::Clock;
use super::error::{Error, Result};
use super::event::{Event, Recorded};
use super::id::{ActId, PartitionId};
use super::idempotency::{self, Kept};
use super::keys::{Cell, Keys, Sealed, SignedPromise};

/// A snapshot may think for long between two questions (it reads files): the server must not end it for idleness.
const SNAPSHOT: &str =
    "begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0";

/// How often a write is tried again after a serialization failure or a deadlock.
const RETRIES: u32 = 4;

/// How long a connection may lie idle and still be taken for alive.
const IDLE_UNTESTED: Duration = Duration::from_millis(500);

/// The database as the service sees it: role `minhbach_app`, which owns nothing and cannot bypass row-level security.
#[derive(Clone)]
pub struct Db {
    pool: PgPool,
    clock: Clock,
    keys: Arc<Keys>,
}

/// One unit of work.
pub struct Tx {
    raw: Transaction<'static, Postgres>,
    actor: Actor,
    name: &'static str,
    act: ActId,
    now: DateTime<Utc>,
    keys: Arc<Keys>,
    events: Vec<Recorded>,
    /// Events of an act of two agencies, for the other one's log.
    elsewhere: Vec<Recorded>,
    promises: Vec<(usize, String, DateTime<Utc>)>,
    /// The request's idempotency key, whose turn this transaction has; the answer given before, and the one to keep with it.
    once: Option<idempotency::Once>,
    before: Option<idempotency::Before>,
    kept: Option<Kept>,
    /// Cells opened from under seal, and whether the request was answered before: what the commit judges.
    opened: usize,
    replayed: bool,
}

/// What [`Db::read`] runs. Every `async |tx| …` whose future can be sent between threads is one; the trait exists because
/// `AsyncFnOnce` alone cannot say "and its future is `Send`", which a web server must know.
pub trait Once<'t, T> {
    type Running: Future<Output = Result<T>> + Send;
    fn run(self, tx: &'t mut Tx) -> Self::Running;
}

impl<'t, T, F, R> Once<'t, T> for F
where
    F: FnOnce(&'t mut Tx) -> R,
    R: Future<Output = Result<T>> + Send,
{
    type Running = R;
    fn run(self, tx: &'t mut Tx) -> R {
        self(tx)
    }
}

/// What [`Db::write`] runs, perhaps more than once.
pub trait Many<'t, T> {
    type Running: Future<Output = Result<T>> + Send;
    fn run(&self, tx: &'t mut Tx) -> Self::Running;
}

impl<'t, T, F, R> Many<'t, T> for F
where
    F: Fn(&'t mut Tx) -> R,
    R: Future<Output = Result<T>> + Send,
{
    type Running = R;
    fn run(&self, tx: &'t mut Tx) -> R {
        self(tx)
    }
}

impl Db {
    /// Connects as the application's role.
    ///
    /// # Errors
    /// When the server cannot be reached, is read-only, or the role could bypass row-level security.
    pub async fn connect(
        options: PgConnectOptions,
        max_connections: u32,
        clock: Clock,
        keys: Arc<Keys>,
    ) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(20))
            // A connection is tested when it comes back; testing it again on its way out would cost every request a round
            // trip. One that lay idle may have lost its server meanwhile.
            .test_before_acquire(false)
            .before_acquire(|conn, meta| {
                Box::pin(async move {
                    if meta.idle_for > IDLE_UNTESTED {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|conn, _| Box::pin(refuse_unsafe_session(conn)))
            .connect_with(options)
            .await?;
        Ok(Self { pool, clock, keys })
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Reads. What is opened from under seal on the way is recorded, so even a read may commit events.
    pub fn read<'s, T, F>(&'s self, actor: &'s Actor, name: &'static str, work: F) -> BoxFuture<'s, Result<T>>
    where
        T: Send + 's,
        F: AsyncFnOnce(&mut Tx) -> Result<T> + for<'t> Once<'t, T> + Send + 's,
    {
        Box::pin(async move {
            let mut tx = self.begin(actor, name).await?;
            let out = Once::run(work, &mut tx).await?;
            tx.commit().await?;
            Ok(out)
        })
    }

    /// Changes data. `work` may run again after a serialization failure, so it must not act outside the database.
    ///
    /// # Panics
    /// In debug builds, when nothing was recorded: a change without an event is a bug.
    pub fn write<'s, T, F>(&'s self, actor: &'s Actor, name: &'static str, work: F) -> BoxFuture<'s, Result<T>>
    where
        T: Send + 's,
        F: AsyncFn(&mut Tx) -> Result<T> + for<'t> Many<'t, T> + Send + Sync + 's,
    {
        self.write_once(actor, name, None, work)
    }

    /// The same for a request with an idempotency key: two with one key take turns, and [`Tx::replay`] shows the second
    /// what the first was answered. The turn is the first thing the transaction takes.
    pub fn write_once<'s, T, F>(
        &'s self,
        actor: &'s Actor,
        name: &'static str,
        once: Option<&'s idempotency::Once>,
        work: F,
    ) -> BoxFuture<'s, Result<T>>
    where
        T: Send + 's,
        F: AsyncFn(&mut Tx) -> Result<T> + for<'t> Many<'t, T> + Send + Sync + 's,
    {
        Box::pin(async move {
            let mut attempt = 0;
            loop {
                match self.try_write(actor, name, once, &work).await {
                    Err(error) if error.is_transient() && attempt < RETRIES => {
                        attempt += 1;
                        metrics::counter!("db_retries_total", "act" => name).increment(1);
                        tokio::time::sleep(Duration::from_millis((1 << attempt) * 5 + jitter())).await;
                    }
                    outcome => return outcome,
                }
            }
        })
    }

    async fn try_write<T, F: for<'t> Many<'t, T>>(
        &self,
        actor: &Actor,
        name: &'static str,
        once: Option<&idempotency::Once>,
        work: &F,
    ) -> Result<T> {
        let mut tx = self.begin_with("begin", actor, name, once).await?;
        let out = Many::run(work, &mut tx).await?;
        let silent = tx.events.is_empty() && !tx.replayed;
        debug_assert!(!silent, "{name}: a write must leave an event");
        if silent {
            return Err(crate::bug!("{name}: a write must leave an event"));
        }
        tx.commit().await?;
        Ok(out)
    }

    /// Changes that are not acts and leave no event: drafts' keystrokes, a session's last use, a job's lease.
    /// The house plan names them one by one; each caller says why in a comment.
    pub fn housekeep<'s, T, F>(&'s self, actor: &'s Actor, name: &'static str, work: F) -> BoxFuture<'s, Result<T>>
    where
        T: Send + 's,
        F: AsyncFnOnce(&mut Tx) -> Result<T> + for<'t> Once<'t, T> + Send + 's,
    {
        self.read(actor, name, work)
    }

    /// Reads everything as it was at one moment (REPEATABLE READ, read-only); for verification beside the running
    /// service. The transaction may look from several contexts with [`Tx::look_as`].
    pub fn snapshot<'s, T, F>(&'s self, actor: &'s Actor, name: &'static str, work: F) -> BoxFuture<'s, Result<T>>
    where
        T: Send + 's,
        F: AsyncFnOnce(&mut Tx) -> Result<T> + for<'t> Once<'t, T> + Send + 's,
    {
        Box::pin(async move {
            let mut tx = self.begin_with(SNAPSHOT, actor, name, None).await?;
            let out = Once::run(work, &mut tx).await?;
            tx.raw.rollback().await?;
            Ok(out)
        })
    }

    async fn begin(&self, actor: &Actor, name: &'static str) -> Result<Tx> {
        self.begin_with("begin", actor, name, None).await
    }

    async fn begin_with(
        &self,
        begin: &'static str,
        actor: &Actor,
        name: &'static str,
        once: Option<&idempotency::Once>,
    ) -> Result<Tx> {
        self.take_up_keys(actor.home).await?;
        // A write finds and inserts rows by their keys: one plan serves every call, and planning again cost more than running.
        let plans = if once.is_some() { "; set local plan_cache_mode = force_generic_plan" } else { "" };
        let statement = format!("{begin}; {}{plans}", context_statement(actor, name));
        let pool = self.pool.clone();
        // BEGIN in its own task: a dropped request must not cancel it half-way (sqlx 4393).
        let raw = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(statement)).await })
            .await
            .map_err(|error| crate::bug!("begin task: {error}"))??;
        metrics::counter!("db_transactions_total", "act" => name).increment(1);
        let mut raw = raw;
        // Not in the statement that opens the transaction: if it failed there (a timeout), the connection would go back to
        // the pool inside a dead transaction that nobody rolls back.
        let before = match once {
            Some(once) => once.take_turn(&mut raw, actor).await?,
            None => None,
        };
        Ok(Tx {
            raw,
            actor: *actor,
            name,
            act: ActId::new(),
            now: self.clock.now(),
            keys: self.keys.clone(),
            events: Vec::new(),
            elsewhere: Vec::new(),
            promises: Vec::new(),
            once: once.cloned(),
            before,
            kept: None,
            opened: 0,
            replayed: false,
        })
    }

    /// Takes up the keys of a partition another process has added since this one started.
    pub async fn take_up_keys(&self, partition: PartitionId) -> Result<()> {
        if !self.keys.knows(partition) {
            let mut conn = self.pool.acquire().await?;
            self.keys.refresh(&mut conn).await?;
        }
        Ok(())
    }

    /// Whether the database answers; for readiness.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes the pool; connections in use finish first.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A connection outside any transaction and without a context, to which row-level security shows nothing: only for
    /// functions of the database that carry their own (migration 0008).
    pub async fn without_context(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// The pool, for tests that must go behind the service's back.
    #[cfg(test)]
    pub fn raw_pool(&self) -> &PgPool {
        &self.pool
    }
}

/// One round trip that opens the transaction and sets its context. Every value is a UUID, or a word from our own code,
/// never text from outside; `SET LOCAL` and not `set_config()`, because only the former reaches Citus workers.
fn context_statement(actor: &Actor, name: &'static str) -> String {
    debug_assert!(
        name.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_'),
        "an act is named in plain words"
    );
    let mut sql = format!("set local app.context = '{}'; set local app.act = '{name}'", actor.context.word());
    match actor.context {
        Context::Agency { partition } => sql += &format!("; set local app.partition_id = '{partition}'"),
        Context::Unit { unit } => sql += &format!("; set local app.unit_id = '{unit}'"),
        Context::Person { partition, person } => {
            sql += &format!("; set local app.partition_id = '{partition}'; set local app.person_id = '{person}'");
        }
        Context::Nation { purpose } => sql += &format!("; set local app.purpose_id = '{purpose}'"),
        Context::System => {}
    }
    sql
}

/// Up to ten milliseconds, so that two transactions that met do not meet again.
fn jitter() -> u64 {
    let mut byte = [0u8; 1];
    // Without randomness the retries merely lose their jitter.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    u64::from(byte[0]) % 10
}

/// A session on a standby or as a role that escapes row-level security is refused before anyone uses it.
async fn refuse_unsafe_session(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (standby, bypass, synchronous): (bool, bool, String) = sqlx::query_as(
        "select pg_is_in_recovery(), r.rolbypassrls or r.rolsuper, current_setting('synchronous_commit')
         from pg_roles r where r.rolname = current_user",
    )
    .fetch_one(&mut *conn)
    .await?;
    let complaint = if standby {
        "the server is a standby"
    } else if bypass {
        "the application's role can bypass row-level security"
    } else if synchronous == "off" {
        "synchronous_commit is off: acknowledged records could be lost"
    } else {
        return Ok(());
    };
    Err(sqlx::Error::Configuration(complaint.into()))
}

impl Tx {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The instant of the act; the same throughout the transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The legal date of the act.
    pub fn today(&self) -> chrono::NaiveDate {
        super::clock::date_in_vietnam(self.now)
    }

    /// The transaction's name, stamped into `updated_by`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The connection, for `store.rs`.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.raw
    }

    /// Waits for the turn of `what` in the matter of `name`, and has it until the transaction ends. Two names that meet by
    /// chance merely wait for each other.
    pub async fn take_turn(&mut self, what: &'static str, name: impl std::fmt::Display) -> Result<()> {
        let turn = format!("{what} {name}");
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn).execute(&mut *self.raw).await?;
        Ok(())
    }

    /// Looks from another context for the rest of a snapshot.
    pub async fn look_as(&mut self, actor: &Actor) -> Result<()> {
        let statement = context_statement(actor, self.name);
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *self.raw).await?;
        self.actor = *actor;
        Ok(())
    }

    /// Records what happened; committed with the change. Returns the event with its leaf hash.
    pub fn record(&mut self, event: Event) -> Result<Recorded> {
        let recorded = event.record(self.act, &self.actor, self.now)?;
        self.events.push(recorded.clone());
        Ok(recorded)
    }

    /// Records an act of two agencies in the other one's log too. The context may not write there; the event goes in last,
    /// in the system's, which may add events to any log and sees nothing of what they are about.
    ///
    /// # Errors
    /// A bug when the log is the actor's own: there the context itself may write, and must.
    pub fn record_elsewhere(&mut self, event: Event) -> Result<Recorded> {
        if event.partition == self.actor.home {
            return Err(crate::bug!("{} is recorded elsewhere and is of the actor's own log", event.name));
        }
        let recorded = event.record(self.act, &self.actor, self.now)?;
        self.elsewhere.push(recorded.clone());
        Ok(recorded)
    }

    /// Opens a cell from under seal. The transaction must record why: a commit that opened something and recorded nothing
    /// is a bug.
    pub fn open<C: Cell>(&mut self, partition: PartitionId, row: Uuid, sealed: &Sealed<C>) -> Result<C::Value> {
        self.opened += 1;
        self.keys.open_cell(partition, row, sealed)
    }

    pub(super) fn answered(&self) -> Option<(&idempotency::Once, &idempotency::Before)> {
        self.once.as_ref().zip(self.before.as_ref())
    }

    pub(super) fn set_kept(&mut self, kept: Kept) {
        self.kept = Some(kept);
    }

    /// The request had been answered before; nothing is changed and nothing recorded.
    pub(super) fn answered_before(&mut self) {
        self.replayed = true;
    }

    /// The act was judged and not done; nothing is changed and nothing recorded.
    pub fn nothing_done(&mut self) {
        self.replayed = true;
    }

    /// Signs the log's promise for an event recorded in this transaction: its leaf will have a place within
    /// `max_delay`.
    pub fn promise(&mut self, event: &Recorded, max_delay: TimeDelta) -> Result<SignedPromise> {
        let position = self
            .events
            .iter()
            .position(|e| e.id == event.id)
            .ok_or_else(|| crate::bug!("a promise is given for an event of the same transaction"))?;
        let promise = self.keys.sign_promise(event.partition, event.leaf_hash, self.now, max_delay)?;
        self.promises.push((position, promise.note.clone(), self.now + max_delay));
        Ok(promise)
    }

    async fn commit(mut self) -> Result<()> {
        let unrecorded = self.opened > 0 && self.events.is_empty();
        debug_assert!(!unrecorded, "{}: opening sealed cells must be recorded", self.name);
        if unrecorded {
            return Err(crate::bug!("{}: opening sealed cells must be recorded", self.name));
        }
        self.insert_events().await?;
        self.insert_elsewhere().await?;
        let raw = self.raw;
        // COMMIT in its own task, for the same reason as BEGIN.
        tokio::spawn(async move { raw.commit().await })
            .await
            .map_err(|error| crate::bug!("commit task: {error}"))??;
        Ok(())
    }

    async fn insert_elsewhere(&mut self) -> Result<()> {
        if self.elsewhere.is_empty() {
            return Ok(());
        }
        sqlx::raw_sql(AssertSqlSafe(context_statement(&Actor::SYSTEM, self.name))).execute(&mut *self.raw).await?;
        self.events = std::mem::take(&mut self.elsewhere);
        self.promises.clear();
        self.insert_events().await
    }

    /// Events, their places in the sequencer's queue, promises and the request's answer, in one statement: what belongs
    /// together travels together, and once.
    async fn insert_events(&mut self) -> Result<()> {
        let kept = self.once.take().zip(self.kept.take());
        if self.events.is_empty() && kept.is_none() {
            return Ok(());
        }
        let n = self.events.len();
        let (mut partition, mut id, mut unit, mut person) =
            (Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut name, mut nonce, mut body, mut leaf) =
            (Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n), Vec::with_capacity(n));
        for event in &self.events {
            partition.push(event.partition.0);
            id.push(event.id.0);
            unit.push(event.unit.map(|u| u.0));
            person.push(event.person.map(|p| p.0));
            name.push(event.name.to_owned());
            nonce.push(event.nonce.to_vec());
            body.push(event.body.clone());
            leaf.push(event.leaf_hash.as_bytes().to_vec());
        }
        let (mut promised, mut promise, mut due_at) = (Vec::new(), Vec::new(), Vec::new());
        for (position, text, due) in &self.promises {
            promised.push(self.events[*position].id.0);
            promise.push(text.clone());
            due_at.push(*due);
        }
        sqlx::query!(
            r#"with queued as (
                insert into event_queue (partition_id, event_id)
                select * from unnest($1::uuid[], $2::uuid[])),
            given as (
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::text[], $8::bytea[])
                    q (partition_id, id, unit_id, person_id, name, nonce, body, leaf_hash)),
            promised as (
                insert into log_promise (partition_id, event_id, unit_id, person_id, promise, due_at)
                select g.partition_id, g.id, g.unit_id, g.person_id, p.promise, p.due_at
                from unnest($12::uuid[], $13::text[], $14::timestamptz[]) p (id, promise, due_at) join given g on g.id = p.id),
            kept as (
                insert into idempotency (partition_id, account_id, key, unit_id, person_id, request_hash, answer, created_at)
                select $15::uuid, $16::uuid, $17::text, $18::uuid, $19::uuid, $20::bytea, $21::jsonb, $11::timestamptz
                where $17 is not null)
            insert into event (partition_id, id, unit_id, person_id, name, nonce, body, leaf_hash, act_id, account_id, occurred_at)
            select g.*, $9::uuid, $10::uuid, $11::timestamptz from given g"#,
            &partition,
            &id,
            &unit as &[Option<uuid::Uuid>],
            &person as &[Option<uuid::Uuid>],
            &name,
            &nonce,
            &body,
            &leaf,
            self.act.0,
            self.actor.account.map(|a| a.0),
            self.now,
            &promised,
            &promise,
            &due_at,
            self.actor.home.0,
            self.actor.account_or_nil().0,
            kept.as_ref().map(|(once, _)| once.key.as_str()),
            kept.as_ref().and_then(|(_, kept)| kept.owner.unit).map(|u| u.0),
            kept.as_ref().and_then(|(_, kept)| kept.owner.person).map(|p| p.0),
            kept.as_ref().map(|(once, _)| &once.request_hash[..]),
            kept.as_ref().map(|(_, kept)| &kept.answer),
        )
        .execute(&mut *self.raw)
        .await?;
        Ok(())
    }

    /// Rolls back and forgets; used where an attempt is judged without being kept.
    pub async fn abandon(self) -> Result<()> {
        self.raw.rollback().await.map_err(Error::from)
    }
}
