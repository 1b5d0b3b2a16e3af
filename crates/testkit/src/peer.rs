//! Bare PostgreSQL: pgbench in prepared mode on the same cluster, schema, role and settings, one transaction with one
//! multi-row INSERT per table and the bytes of a real submission.
//!
//! It has every advantage bare PostgreSQL can have: its own database (the log's sequencer does not touch it), the
//! context set once per connection, ids that grow like UUIDv7, no replay check, nothing read.
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use include_dir::{Dir, include_dir};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::postgres::{As, Postgres, newest_bin};
use crate::service::Service;

/// The service's own, built in: the peer writes to the same schema.
static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations");

const DATABASE: &str = "peer";
/// Obligations each client goes round in.
const PEOPLE_PER_CLIENT: usize = 500;
const PARTITION: &str = "01990000-0000-7000-8000-0000000000aa";
const UNIT: &str = "01990000-0000-7000-8000-0000000000bb";

/// What one submission wrote, as read back from the service's database.
struct Written {
    document: String,
    body: String,
    promise: String,
    answer: String,
    /// Rows for `values (…)`: position, code, kind, amount, area, province.
    facts: Vec<String>,
    /// Rule, severity, path, hex of the sealed reason.
    shortcomings: Vec<(String, String, String, Option<String>)>,
}

pub struct Peer {
    postgres: Postgres,
    clients: usize,
    written: Written,
    script: tempfile::NamedTempFile,
    /// Draft texts saved for each submission, if any: how many, the script, the bytes of one.
    saves: Option<(usize, tempfile::NamedTempFile, String)>,
}

impl Peer {
    /// Makes the peer's database from the same migrations and fills it with people, obligations and drafts. `saves`: how
    /// many texts of drafts are saved for each submission; without, it submits only.
    pub async fn prepare(service: &Service, clients: usize, saves: Option<usize>) -> Result<Self> {
        let postgres = service.postgres()?;
        let mut owner = postgres.connect(As::Owner, "minhbach").await?;
        let written = last_submission(&mut owner).await?;
        make_database(&postgres, clients).await?;
        let script = tempfile::NamedTempFile::new()?;
        std::fs::write(script.path(), transaction(&written))?;
        let saves = match saves {
            Some(count) => {
                let (script, text) = (tempfile::NamedTempFile::new()?, last_text(&mut owner).await?);
                std::fs::write(script.path(), save())?;
                Some((count, script, text))
            }
            None => None,
        };
        Ok(Self { postgres, clients, written, script, saves })
    }

    pub fn describe(&self) -> String {
        let w = &self.written;
        format!(
            "one submission: sealed document {} bytes, event {} bytes, promise {} bytes, answer {} bytes, {} facts, {} reasons",
            w.document.len() / 2,
            w.body.len(),
            w.promise.len(),
            w.answer.len(),
            w.facts.len(),
            w.shortcomings.len()
        )
    }

    /// Transactions a second over `seconds`.
    pub fn run(&self, round: usize, seconds: u32) -> Result<f64> {
        let (role, password) = self.postgres.login(As::App);
        let number = |n: usize| n.to_string();
        let mut scripts = vec!["-f".to_owned(), self.script.path().to_string_lossy().into_owned()];
        if let Some((count, script, text)) = &self.saves {
            let save = format!("{}@{count}", script.path().to_string_lossy());
            scripts.extend(["-f".to_owned(), save, "-D".to_owned(), format!("text={text}")]);
        }
        let mut command = Command::new(newest_bin()?.join("pgbench"));
        command
            .env("PGPASSWORD", password)
            .env("PGOPTIONS", format!("-c app.context=agency -c app.partition_id={PARTITION}"))
            .args(["-h", &self.postgres.socket().to_string_lossy(), "-U", role, "-M", "prepared", "-n", "-j", "2"])
            .args(["-c", &number(self.clients), "-T", &seconds.to_string()])
            .args(scripts)
            .args(["-D", "i=0", "-D", &format!("base={}", (round + 1) * 10_000_000)])
            .args(["-D", &format!("document={}", self.written.document), "-D", &format!("body={}", self.written.body)])
            .args([
                "-D",
                &format!("promise={}", self.written.promise),
                "-D",
                &format!("answer={}", self.written.answer),
            ])
            .arg(DATABASE);
        let out = command.output().context("starting pgbench")?;
        let words = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        ensure!(out.status.success() && !words.contains("aborted"), "pgbench: {words}");
        let tps = words.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.with_context(|| format!("pgbench printed no rate: {words}"))
    }
}

async fn last_submission(owner: &mut PgConnection) -> Result<Written> {
    let row = sqlx::query(
        "select encode(v.document_sealed, 'hex'), e.body, p.promise, i.answer::text, v.id, d.created_at
         from declaration d
         join declaration_version v on (v.partition_id, v.declaration_id) = (d.partition_id, d.id)
         join event e on (e.partition_id, e.id) = (v.partition_id, v.event_id)
         join log_promise p on (p.partition_id, p.event_id) = (e.partition_id, e.id)
         join idempotency i on i.partition_id = d.partition_id and i.person_id = d.person_id
         where d.channel = 'ONLINE' order by d.created_at desc limit 1",
    )
    .fetch_one(&mut *owner)
    .await
    .context("the warm-up left no submission")?;
    let version: uuid::Uuid = row.try_get(4)?;
    // Facts carry a tag instead of an id; those of the last submission are the ones written last.
    let facts: Vec<String> = sqlx::query_scalar(
        "select format('(%s::smallint, %L::text, %L::text, %L::bigint, %L::numeric, %L::text)', position, code, value_kind, amount, area_m2, province_code)
         from asset_fact where tag = (select tag from asset_fact order by xmin::text::bigint desc limit 1) order by position",
    )
    .fetch_all(&mut *owner)
    .await?;
    let shortcomings = sqlx::query_as(
        "select rule, severity, path, encode(reason_sealed, 'hex') from shortcoming where version_id = $1",
    )
    .bind(version)
    .fetch_all(&mut *owner)
    .await?;
    Ok(Written {
        document: row.try_get(0)?,
        body: row.try_get(1)?,
        promise: row.try_get(2)?,
        answer: row.try_get(3)?,
        facts,
        shortcomings,
    })
}

/// The bytes of the text of a draft that was saved last.
async fn last_text(owner: &mut PgConnection) -> Result<String> {
    let query = "select encode(content_sealed, 'hex') from draft_section order by updated_at desc limit 1";
    sqlx::query_scalar(query).fetch_one(owner).await.context("the warm-up saved no draft")
}

/// One transaction: the row an autosave writes. A draft is its author's alone, so this one sets their context, as the
/// service does.
fn save() -> String {
    let person = id(":p");
    format!(
        "\\set p :client_id * {PEOPLE_PER_CLIENT} + random(0, {})\n\
         begin;\n\
         select set_config('app.context', 'person', true), set_config('app.person_id', {person}::text, true);\n\
         update draft_section set revision = revision + 1, content_sealed = decode(:text, 'hex'), updated_at = now() \
         where partition_id = '{PARTITION}' and draft_id = {person} and section = 'DECLARANT';\n\
         commit;\n",
        PEOPLE_PER_CLIENT - 1
    )
}

async fn make_database(postgres: &Postgres, clients: usize) -> Result<()> {
    let mut superuser = postgres.connect(As::Superuser, "postgres").await?;
    sqlx::raw_sql("create database peer owner minhbach_owner").execute(&mut superuser).await?;
    let mut owner = postgres.connect(As::Owner, DATABASE).await?;
    let mut files: Vec<_> = MIGRATIONS.files().collect();
    files.sort_by_key(|file| file.path());
    for file in files {
        sqlx::raw_sql(file.contents_utf8().context("a migration is text")?)
            .execute(&mut owner)
            .await
            .context("migrating the peer")?;
    }
    sqlx::raw_sql(AssertSqlSafe(people(clients))).execute(&mut owner).await.context("the peer's people")?;
    sqlx::raw_sql("vacuum analyze").execute(&mut owner).await?;
    Ok(())
}

/// The id of number `n`, growing like a UUIDv7.
fn id(n: &str) -> String {
    format!("('01990000-0000-7000-8000-' || lpad(to_hex({n}::bigint), 12, '0'))::uuid")
}

fn people(clients: usize) -> String {
    let (id, sealed) = (id("n"), "decode(repeat('5a', 60), 'hex')");
    format!(
        "insert into partition (id, code, name, agency_type, created_at) values ('{PARTITION}', 'PEER', 'Peer', 2, now());
         insert into organisation (id, code, name, level, sector, valid_from)
         values ('{UNIT}', 'PEER', 'Peer', 'PROVINCE', 'LOCAL_GOVERNMENT', '2025-07-01');
         insert into person (partition_id, id, person_id, unit_id, rank, party_managed, name_sealed, dob_sealed, position_sealed, name_index,
                             created_at, updated_at, updated_by)
         select '{PARTITION}', {id}, {id}, '{UNIT}', 'BELOW_DIRECTOR', false, {sealed}, {sealed}, {sealed}, decode(md5(n::text), 'hex'), now(), now(), 'peer'
         from generate_series(0, {last}) n;
         insert into obligation (partition_id, id, unit_id, person_id, kind, year, rule_set, due_on, created_at, updated_at, updated_by)
         select '{PARTITION}', {id}, '{UNIT}', {id}, 'ANNUAL', 2025, 'R1_ND130', '2025-12-31', now(), now(), 'peer'
         from generate_series(0, {last}) n;
         insert into draft (partition_id, id, unit_id, person_id, obligation_id, state, created_at, updated_at, updated_by)
         select '{PARTITION}', {id}, '{UNIT}', {id}, {id}, 'OPEN', now(), now(), 'peer' from generate_series(0, {last}) n;
         insert into draft_section (partition_id, draft_id, section, person_id, revision, content_sealed, updated_at)
         select '{PARTITION}', {id}, 'DECLARANT', {id}, 1, {sealed}, now() from generate_series(0, {last}) n;",
        last = clients * PEOPLE_PER_CLIENT - 1,
    )
}

/// One transaction: every row a submission writes, one INSERT per table, one UPDATE.
fn transaction(written: &Written) -> String {
    let (id, person) = (id(":n"), id(":p"));
    let hash = "sha256(convert_to(:n::text, 'UTF8'))";
    let facts = written.facts.join(", ");
    let mut script = format!(
        "\\set i :i + 1\n\
         \\set n (:base + :i) * 64 + :client_id\n\
         \\set p :client_id * {PEOPLE_PER_CLIENT} + :i % {PEOPLE_PER_CLIENT}\n\
         begin;\n\
         insert into declaration (partition_id, id, unit_id, person_id, obligation_id, kind, year, completed_on, channel, created_at) \
         values ('{PARTITION}', {id}, '{UNIT}', {person}, {person}, 'ANNUAL', 2025, '2025-12-08', 'ONLINE', now());\n\
         insert into declaration_version (partition_id, id, declaration_id, version, unit_id, person_id, act, document_hash, sealed_hash, \
         document_sealed, rule_set, rule_set_hash, form_hash, facts_hash, event_id, created_at, created_by, completed_on) \
         values ('{PARTITION}', {id}, {id}, 1, '{UNIT}', {person}, 'SUBMIT', {hash}, {hash}, decode(:document, 'hex'), 'R1_ND130', {hash}, \
         {hash}, {hash}, {id}, now(), {person}, '2025-12-08');\n\
         insert into asset_fact (partition_id, tag, year, position, code, value_kind, amount, area_m2, province_code) \
         select '{PARTITION}', {hash}, 2025, f.* from (values {facts}) f;\n"
    );
    if !written.shortcomings.is_empty() {
        let rows = written.shortcomings.iter().map(|(rule, severity, path, reason)| {
            let reason = reason.as_ref().map_or("null".to_owned(), |hex| format!("decode('{hex}', 'hex')"));
            format!("('{rule}', '{severity}', '{path}', {reason})")
        });
        let rows: Vec<String> = rows.collect();
        let _ = writeln!(
            script,
            "insert into shortcoming (partition_id, id, declaration_id, version_id, unit_id, person_id, rule, severity, path, reason_sealed) \
             select '{PARTITION}', gen_random_uuid(), {id}, {id}, '{UNIT}', {person}, s.* from (values {}) s;",
            rows.join(", ")
        );
    }
    script += &format!(
        "update obligation set channel = 'ONLINE', declared_at = now(), digitised_at = now(), declaration_id = {id}, updated_at = now(), \
         updated_by = 'peer' where partition_id = '{PARTITION}' and id = {person};\n\
         insert into event (partition_id, id, unit_id, person_id, act_id, name, account_id, occurred_at, nonce, body, leaf_hash) \
         values ('{PARTITION}', {id}, '{UNIT}', {person}, {id}, 'declaration.submitted', {person}, now(), {hash}, :body, {hash});\n\
         insert into event_queue (partition_id, event_id) values ('{PARTITION}', {id});\n\
         insert into log_promise (partition_id, event_id, unit_id, person_id, promise, due_at) \
         values ('{PARTITION}', {id}, '{UNIT}', {person}, :promise, now());\n\
         insert into idempotency (partition_id, account_id, key, unit_id, person_id, request_hash, answer, created_at) \
         values ('{PARTITION}', {person}, {id}::text, '{UNIT}', {person}, {hash}, :answer::jsonb, now());\n\
         commit;\n"
    );
    script
}
