//! After the deaths: is everything acknowledged there, once, whole?
use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sqlx::PgConnection;
use testkit::postgres::As;
use testkit::service::Service;
use uuid::Uuid;

use crate::Acknowledged;

/// Every check; all findings are told before the first error ends the program.
pub async fn everything(service: &mut Service, acknowledged: &[Acknowledged], cut_off: usize) -> Result<()> {
    let mut wrong = Vec::new();
    let (resumed, unnamed);
    {
        let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
        for done in acknowledged.iter().filter(|done| done.obligation.is_some()) {
            submission(&mut owner, done, &mut wrong).await?;
        }
        papers(&mut owner, acknowledged, &mut wrong).await?;
        never(&mut owner, &mut wrong).await?;
        resumed = resumed_jobs(&mut owner).await?;
        unnamed = unnamed_files(&mut owner, service.data(), &mut wrong).await?;
    }
    if resumed == 0 {
        wrong.push("no death met recognition under way: that it resumes was not proven".into());
    }
    // Whoever was cut off left at most one sealed file behind for each time.
    if unnamed > cut_off {
        wrong.push(format!("{unnamed} stored files have no row, and only {cut_off} requests were cut off"));
    }
    left_behind(service, &mut wrong)?;
    service.stop()?;
    if service.postgres()?.is_running()? {
        wrong.push("PostgreSQL still runs after the service was stopped".into());
    }
    let (whole, words) = service.verify_log()?;
    if !whole {
        wrong.push(format!("verify-log does not exit with 0:\n{words}"));
    }
    if unnamed > 0 && !words.contains(&format!("Kho có {unnamed} tệp")) {
        wrong.push(format!("verify-log does not tell of {unnamed} stored files without a row"));
    }
    wrong.iter().for_each(|finding| eprintln!("WRONG: {finding}"));
    ensure!(wrong.is_empty(), "{} findings", wrong.len());
    let submissions = acknowledged.iter().filter(|done| done.obligation.is_some()).count();
    println!(
        "{submissions} submissions and {} papers are there exactly once; {resumed} recognitions were cut off and resumed; \
         {unnamed} sealed files were left without a row and told by verify-log, which exits with 0",
        acknowledged.len() - submissions
    );
    Ok(())
}

fn uuid_in(done: &Acknowledged, key: &str) -> Result<Uuid> {
    let text = done
        .answer
        .get(key)
        .and_then(|v| v.as_str())
        .with_context(|| format!("the answer has no {key}: {}", done.answer))?;
    Ok(text.parse()?)
}

/// The declaration, version, hash, event, leaf, promise and kept answer of one acknowledged submission.
async fn submission(owner: &mut PgConnection, done: &Acknowledged, wrong: &mut Vec<String>) -> Result<()> {
    let (declaration, version, event) =
        (uuid_in(done, "declaration")?, uuid_in(done, "version")?, uuid_in(done, "event")?);
    let sha256 =
        done.answer.get("document_sha256").and_then(|v| v.as_str()).context("the answer has no document_sha256")?;
    let counts: (i64, i64, i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from declaration where obligation_id = $1),
                (select count(*) from declaration where obligation_id = $1 and id = $2),
                (select count(*) from declaration_version where declaration_id = $2 and id = $3 and version = 1
                    and document_hash = decode($4, 'hex') and event_id = $5),
                (select count(*) from obligation where id = $1 and declaration_id = $2 and declared_at is not null),
                (select count(*) from event where id = $5 and name = 'declaration.submitted'),
                (select count(*) from log_leaf l join event e on e.partition_id = l.partition_id and e.id = l.event_id
                    where l.event_id = $5 and l.leaf_hash = e.leaf_hash),
                (select count(*) from log_promise where event_id = $5),
                (select count(*) from idempotency where answer ->> 'declaration' = $2::text)",
    )
    .bind(done.obligation)
    .bind(declaration)
    .bind(version)
    .bind(sha256)
    .bind(event)
    .fetch_one(owner)
    .await?;
    if counts != (1, 1, 1, 1, 1, 1, 1, 1) {
        wrong.push(format!(
            "declaration {declaration}: declarations, this one, version, obligation, event, leaf, promise, answer = {counts:?}, each should be 1"
        ));
    }
    Ok(())
}

/// Every acknowledged paper has its row, its stored original and an end; no page is there twice or missing.
async fn papers(owner: &mut PgConnection, acknowledged: &[Acknowledged], wrong: &mut Vec<String>) -> Result<()> {
    let mut seen = HashSet::new();
    for done in acknowledged.iter().filter(|done| done.obligation.is_none()) {
        let intake = uuid_in(done, "intake")?;
        if !seen.insert(intake) {
            wrong.push(format!("paper {intake} was acknowledged for two uploads"));
        }
        let found: Vec<(String, i64)> = sqlx::query_as(
            "select i.state, (select count(*) from event e where e.name = 'intake.received' and e.body like '%' || i.id::text || '%')
             from intake i join file f on f.partition_id = i.partition_id and f.id = i.file_id where i.id = $1",
        )
        .bind(intake)
        .fetch_all(&mut *owner)
        .await?;
        match found.as_slice() {
            [(state, 1)] if matches!(state.as_str(), "READ" | "REFUSED") => {}
            other => wrong.push(format!("paper {intake}: {other:?}, should be read or refused, and received once")),
        }
    }
    Ok(())
}

/// What must never be seen, whoever caused it.
async fn never(owner: &mut PgConnection, wrong: &mut Vec<String>) -> Result<()> {
    const NEVER: [(&str, &str); 13] = [
        (
            "obligations with two declarations",
            "select count(*) from (select 1 from declaration where obligation_id is not null group by partition_id, obligation_id having count(*) > 1) x",
        ),
        (
            "declarations without a version",
            "select count(*) from declaration d where not exists (select from declaration_version v where v.partition_id = d.partition_id and v.declaration_id = d.id)",
        ),
        (
            "versions whose event has no leaf",
            "select count(*) from declaration_version v where not exists (select from log_leaf l where l.partition_id = v.partition_id and l.event_id = v.event_id)",
        ),
        (
            "declared obligations without their declaration",
            "select count(*) from obligation o where o.declared_at is not null and not exists (select from declaration d where d.partition_id = o.partition_id and d.id = o.declaration_id)",
        ),
        (
            "events with neither leaf nor place in the queue",
            "select count(*) from event e where not exists (select from log_leaf l where l.partition_id = e.partition_id and l.event_id = e.id) and not exists (select from event_queue q where q.partition_id = e.partition_id and q.event_id = e.id)",
        ),
        (
            "originals stored under two papers' names",
            "select count(*) from (select 1 from file where kind = 'SCAN' group by partition_id, original_sha256 having count(*) > 1) x",
        ),
        ("papers that never ended", "select count(*) from intake where state in ('RECEIVED', 'READING')"),
        (
            "papers read whose pages are not all there once",
            "select count(*) from intake i where i.state = 'READ' and i.page_count is distinct from (select count(*) from intake_page p where p.partition_id = i.partition_id and p.intake_id = i.id)",
        ),
        ("jobs given up", "select count(*) from job where state = 'FAILED'"),
        (
            "papers with no job, or two",
            "select count(*) from intake i where (select count(*) from job j where j.partition_id = i.partition_id and j.payload ->> 'intake' = i.id::text) <> 1 and exists (select from event e where e.name = 'intake.received' and e.body like '%' || i.id::text || '%')",
        ),
        (
            "papers refused for a fault of ours",
            "select count(*) from intake i join event e on e.partition_id = i.partition_id and e.name = 'intake.refused' and e.body like '%' || i.id::text || '%' where e.body ~ '\"(FAULT|CRASHED|OUT_OF_MEMORY|STORAGE|TIMEOUT)\"'",
        ),
        (
            "files nothing refers to",
            "select count(*) from file f where not exists (select from intake i where i.partition_id = f.partition_id and i.file_id = f.id) and not exists (select from intake_page p where p.partition_id = f.partition_id and p.image_file_id = f.id)",
        ),
        (
            "declarations answered under two keys",
            "select count(*) from (select 1 from idempotency where answer ? 'declaration' group by answer ->> 'declaration' having count(*) > 1) x",
        ),
    ];
    for (what, query) in NEVER {
        let count: i64 = sqlx::query_scalar(query).fetch_one(&mut *owner).await.with_context(|| what.to_owned())?;
        if count > 0 {
            wrong.push(format!("{count} {what}"));
        }
    }
    Ok(())
}

/// Readers that outlived their service, and opened papers left in the data folder.
fn left_behind(service: &Service, wrong: &mut Vec<String>) -> Result<()> {
    let mine = service.pid().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default();
    let mut readers = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        if command.contains("read-worker") && command.contains(&*service.data().to_string_lossy()) && pid != mine {
            readers.push(pid);
        }
    }
    if !readers.is_empty() {
        wrong.push(format!("readers outlived their service: {readers:?}"));
    }
    let workshops = service.workshops()?;
    if !workshops.iter().any(|folder| folder.exists()) {
        wrong.push(format!("papers were opened in none of {workshops:?}: where are they?"));
    }
    for folder in workshops {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        if !names.is_empty() {
            wrong.push(format!("left under {}: {names:?}", folder.display()));
        }
    }
    Ok(())
}

/// Recognitions that a death cut off and that were begun again.
async fn resumed_jobs(owner: &mut PgConnection) -> Result<i64> {
    let query = "select count(*) from job where kind = 'intake.read' and state = 'DONE' and attempts > failures + 1";
    Ok(sqlx::query_scalar(query).fetch_one(owner).await?)
}

/// How many sealed files stand in the store under a name no row has; every name that a row has must be there.
async fn unnamed_files(owner: &mut PgConnection, data: &Path, wrong: &mut Vec<String>) -> Result<usize> {
    let named: Vec<String> =
        sqlx::query_scalar("select encode(sealed_sha256, 'hex') from file").fetch_all(owner).await?;
    let mut named: HashSet<String> = named.into_iter().collect();
    let (mut folders, mut unnamed) = (vec![data.join("files")], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if name.contains('#') {
                wrong.push(format!("half-written file left in the store: {name}"));
            } else if !named.remove(&name) {
                unnamed += 1;
            }
        }
    }
    if !named.is_empty() {
        wrong.push(format!("{} files the database names are not in the store", named.len()));
    }
    Ok(unnamed)
}
