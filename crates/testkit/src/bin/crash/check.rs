//! After the deaths: is everything acknowledged there, once, whole?
use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use sqlx::PgConnection;
use testkit::postgres::As;
use testkit::service::Service;
use uuid::Uuid;

use crate::Acknowledged;

/// Every check; all findings are told before the first error ends the program.
pub async fn everything(service: &mut Service, acknowledged: &[Acknowledged]) -> Result<()> {
    let mut wrong = Vec::new();
    {
        let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
        for done in acknowledged.iter().filter(|done| done.obligation.is_some()) {
            submission(&mut owner, done, &mut wrong).await?;
        }
        papers(&mut owner, acknowledged, &mut wrong).await?;
        never(&mut owner, &mut wrong).await?;
    }
    left_behind(service, &mut wrong)?;
    service.stop()?;
    let (whole, words) = service.verify_log()?;
    if !whole {
        wrong.push(format!("verify-log does not exit with 0:\n{words}"));
    }
    wrong.iter().for_each(|finding| eprintln!("WRONG: {finding}"));
    ensure!(wrong.is_empty(), "{} findings", wrong.len());
    let submissions = acknowledged.iter().filter(|done| done.obligation.is_some()).count();
    println!(
        "{submissions} submissions and {} papers are there exactly once; verify-log exits with 0",
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
    const NEVER: [(&str, &str); 9] = [
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
    for folder in ["tmp", "reading"] {
        let Ok(entries) = std::fs::read_dir(service.data().join(folder)) else { continue };
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        if !names.is_empty() {
            wrong.push(format!("left in the data folder under {folder}: {names:?}"));
        }
    }
    Ok(())
}
