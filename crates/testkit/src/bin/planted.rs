//! Types a text of its own into every box a person can fill, through the pages, the API, the command line and on paper;
//! then looks for each of them in what a thief of the disk would have: the data folder with cluster, file store and logs,
//! and a dump, but not the key file. Once after a clean stop and once after a death in the middle of work.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use testkit::needles::{Found, Needles};
use testkit::postgres::As;
use testkit::service::Service;

#[path = "planted/garden.rs"]
mod garden;
#[path = "planted/places.rs"]
mod places;

use garden::Garden;

#[derive(Parser)]
struct Args {
    /// Repeats the texts of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// Files in which nobody may look: the key file's folder. Everything else is what a thief gets.
fn is_key(path: &Path) -> bool {
    path.ends_with("keys")
}

#[tokio::main]
async fn main() -> Result<()> {
    let seed = Args::parse().seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let begun = Instant::now();
    let mut garden = Garden::new(seed);
    let mut service = Service::prepare("planted")?;
    service.spawn()?;
    service.wait_ready(Duration::from_secs(300)).await?;
    service.wait_quiet(Duration::from_secs(900)).await?;
    places::plant_everywhere(&mut service, &mut garden).await?;
    // Nobody sealed this one: were it not found, the search would be blind.
    let control = garden.text("control");
    let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
    sqlx::query("update organisation set name = name || ' ' || $1 where code = 'H48.02'")
        .bind(&control)
        .execute(&mut owner)
        .await?;
    drop(owner);

    let dump = tempfile::tempdir()?;
    service.postgres()?.dump("minhbach", &dump.path().join("minhbach.sql"))?;
    service.stop()?;
    judge(&service, dump.path(), &garden, &control, "a clean stop")?;

    service.spawn()?;
    service.wait_ready(Duration::from_secs(120)).await?;
    places::plant_and_die(&mut service, &mut garden).await?;
    judge(&service, dump.path(), &garden, &control, "a death in the middle of work")?;
    // What the death left opened in memory goes with the next start.
    let opened = |service: &Service| -> Result<usize> {
        Ok(service.workshops()?.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().count())
    };
    ensure!(opened(&service)? > 0, "the death met no recognition under way: nothing was proven");
    service.spawn()?;
    service.wait_ready(Duration::from_secs(120)).await?;
    service.wait_quiet(Duration::from_secs(600)).await?;
    ensure!(opened(&service)? == 0, "opened scans are left in {:?}", service.workshops()?);
    println!("planted: nothing found after {} s", begun.elapsed().as_secs());
    Ok(())
}

/// Every text but the control must be nowhere, and no opened scan may lie about.
fn judge(service: &Service, dump: &Path, garden: &Garden, control: &str, when: &str) -> Result<()> {
    let needles = Needles::new(garden.texts())?;
    let (mut found, data) = needles.search_folder(service.data(), &is_key)?;
    let (in_dump, dumped) = needles.search_folder(dump, &is_key)?;
    found.extend(in_dump);
    let (controls, leaks): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|found| found.text == control);
    for leak in &leaks {
        eprintln!("LEAK: {:?} ({}) in {} at {}", leak.text, garden.place(&leak.text), leak.file, leak.offset);
    }
    let opened = opened_scans(service.data())?;
    opened.iter().for_each(|file| eprintln!("LEAK: {file} is a scan that is not sealed"));
    let in_cluster = controls.iter().any(|found| found.file.contains("/postgres/"));
    let in_dump = controls.iter().any(|found| found.file.ends_with(".sql"));
    ensure!(in_cluster && in_dump, "the control was not found in cluster and dump: the search is blind");
    ensure!(leaks.is_empty() && opened.is_empty(), "after {when}: {} leaks", leaks.len() + opened.len());
    println!(
        "after {when}: none of {} texts in {} MB of data folder and {} MB of dump; the control was found in {} files",
        needles.texts().len() - 1,
        data >> 20,
        dumped >> 20,
        controls.len()
    );
    Ok(())
}

/// Files that begin as a PDF or a picture does.
fn opened_scans(data: &Path) -> Result<Vec<String>> {
    const BEGINNINGS: [&[u8]; 5] = [b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*"];
    let (mut found, mut folders) = (Vec::new(), vec![data.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                let bytes = std::fs::read(entry.path()).context("reading the data folder")?;
                if BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning)) {
                    found.push(entry.path().display().to_string());
                }
            }
        }
    }
    Ok(found)
}
