//! Everybody at once, as on the last day: what people wait, what the machine can do, and what happens when it is too much.
//!
//! *The day*: declarants of a session each, autosave every five seconds, a page now and then, a submission each. Nothing
//! may fail or be turned away (in the shorter run, behind a narrow door, a few pages may).
//! *The peer*: the day's load is fixed by its people, so its rate says nothing of the machine. Service and bare PostgreSQL
//! are driven by as many clients as they can use, with the day's mix of writes (twelve autosaves a submission); `ratio` is
//! the service's writes a second through HTTP to PostgreSQL's transactions a second that leave the same rows and bytes.
//! *The flood*: more and more people until a hundredth of the autosaves wait longer than a second, then three times as
//! many. Pages must be turned away before autosaves and those before submissions. In the middle of it the service is
//! killed and started again, and everything it had acknowledged must be there, asked of it as each person.
//!
//! Autosave goes where the page's script sends it, with the session's cookie; submissions go through the API, whose act is
//! the page's. Nobody signs in while anything is measured: hashing passwords is not what is asked about. Exit 1 when
//! something acknowledged is missing, something failed, or the order of what was turned away is another.
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use testkit::median;
use testkit::peer::Peer;
use testkit::postgres::As;
use testkit::service::Service;
use testkit::world::{self, Declarant};

use crowd::{Dying, Rhythm, together};
use figures::{Deed, Figures};
use person::{Outcome, Person};

#[path = "surge/crowd.rs"]
mod crowd;
#[path = "surge/figures.rs"]
mod figures;
#[path = "surge/person.rs"]
mod person;

#[derive(Parser)]
struct Args {
    /// Declarants of the day
    #[arg(long, default_value_t = 200)]
    people: usize,
    /// Seconds of the day
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// Seconds from one autosave to the next
    #[arg(long, default_value_t = 5.0)]
    every: f64,
    /// Rounds beside PostgreSQL; 0: none
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds PostgreSQL writes in each round
    #[arg(long, default_value_t = 8)]
    peer_seconds: u32,
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Seconds of the flood; 0: none
    #[arg(long, default_value_t = 45)]
    flood_seconds: u32,
    /// Declarants of the flood; without, it is found out how many are too many
    #[arg(long)]
    flood_people: Option<usize>,
    /// A shorter run for every change: it shows that nothing is lost, and measures little
    #[arg(long)]
    short: bool,
}

/// Autosaves for each submission: every five seconds until a moment of two minutes.
const SAVES_PER_SUBMISSION: usize = 12;
/// Declarants whose writes are one round beside PostgreSQL.
const PER_ROUND: usize = 160;
/// The most the flood is tried with.
const MOST_PEOPLE: usize = 9000;
/// How long a step on the way to the flood takes.
const STEP: Duration = Duration::from_secs(12);

/// In the shorter run few people must be too many on any machine: a narrow door, and little patience with who looks.
const NARROW: &str = "[load]\nin_work = 6\nbrowse_ms = 15\n";
/// Of a hundred pages of the shorter run's day, those that may be turned away at that door.
const SHED_OF_SHORT_DAY: f64 = 10.0;

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = Args::parse();
    let mut service = Service::prepare("surge")?;
    if args.short {
        (args.people, args.seconds, args.rounds, args.flood_seconds) = (20, 10, 0, 6);
        (args.every, args.flood_people) = (1.0, Some(240));
        service.configure(NARROW)?;
    }
    service.spawn()?;
    service.wait_ready(Duration::from_secs(300)).await?;
    service.wait_quiet(Duration::from_secs(900)).await?;
    let cores = std::thread::available_parallelism()?;
    println!("{cores} cores for service, PostgreSQL and the people together");
    let mut everyone = Vec::new();
    everyone.extend(day(&service, &args).await?);
    if args.rounds > 0 {
        everyone.extend(beside_peer(&service, &args).await?);
    }
    if args.flood_seconds > 0 {
        everyone.extend(flood(&mut service, &args).await?);
    }
    service.wait_quiet(Duration::from_secs(900)).await?;
    check(&service, &mut everyone).await?;
    service.stop()
}

impl Args {
    fn rhythm(&self, seconds: f64) -> Rhythm {
        let submit_within = self.every * 2.0 * SAVES_PER_SUBMISSION as f64;
        Rhythm { seconds, save_every: self.every, browse_every: self.every * 2.0, submit_within, patience: 10.0 }
    }
}

/// People made so far.
static SEATED: AtomicUsize = AtomicUsize::new(0);

/// People with an open draft each, the section's page before them.
async fn seated(service: &Service, count: usize) -> Result<Vec<Person>> {
    let mut waiting = world::signed_in(service, SEATED.fetch_add(count, Ordering::Relaxed), count)?;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let part: Vec<Declarant> = waiting.split_off(waiting.len() - waiting.len().min(count.div_ceil(8)));
        tasks.push(tokio::spawn(sit_down(service.address(), part)));
    }
    let mut people = Vec::new();
    for task in tasks {
        people.extend(task.await.context("a person panicked")??);
    }
    ensure!(waiting.is_empty() && people.len() == count, "{} of {count} sat down", people.len());
    analyze(service).await?;
    Ok(people)
}

async fn sit_down(address: SocketAddr, declarants: Vec<Declarant>) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for declarant in declarants {
        people.push(Person::sit_down(address, declarant).await?);
    }
    Ok(people)
}

async fn analyze(service: &Service) -> Result<()> {
    let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
    sqlx::raw_sql("analyze").execute(&mut owner).await?;
    Ok(())
}

/// The two minutes the system is made for.
async fn day(service: &Service, args: &Args) -> Result<Vec<Person>> {
    let people = seated(service, args.people).await?;
    let seconds = f64::from(args.seconds);
    let rhythm = Rhythm { submit_within: seconds * 0.95, ..args.rhythm(seconds) };
    let (people, figures) = together(people, rhythm, &Dying::default()).await?;
    println!(
        "the day: {} declarants, {seconds} s, autosave every {} s\n{}",
        args.people,
        args.every,
        figures.table(seconds)
    );
    no_errors(&figures)?;
    let browse = if args.short { figures.shed_percent(Deed::Browse) } else { 0.0 };
    ensure!(browse <= SHED_OF_SHORT_DAY, "{browse:.1} of a hundred pages of the day were turned away");
    let shed = figures.shed_count() - if args.short { figures.shed_of(Deed::Browse) } else { 0 };
    ensure!(shed == 0, "{shed} requests of the day were turned away");
    ensure!(figures.count(Deed::Submit) == args.people, "{} of {} submitted", figures.count(Deed::Submit), args.people);
    Ok(people)
}

fn no_errors(figures: &Figures) -> Result<()> {
    figures.errors.iter().take(10).for_each(|error| eprintln!("WRONG: {error}"));
    ensure!(figures.errors.is_empty(), "{} requests failed", figures.errors.len());
    Ok(())
}

/// What the machine can do, beside bare PostgreSQL leaving the same rows.
async fn beside_peer(service: &Service, args: &Args) -> Result<Vec<Person>> {
    let mut people = seated(service, PER_ROUND * (args.rounds + 1)).await?;
    let (mut everyone, mut peer, mut ours, mut theirs) = (Vec::new(), None, Vec::new(), Vec::new());
    for round in 0..=args.rounds {
        service.wait_quiet(Duration::from_secs(120)).await?;
        let part = people.split_off(people.len() - PER_ROUND);
        let begun = Instant::now();
        everyone.extend(write_all(part, args.clients).await?);
        let rate = (PER_ROUND * (SAVES_PER_SUBMISSION + 1)) as f64 / begun.elapsed().as_secs_f64();
        service.wait_quiet(Duration::from_secs(120)).await?;
        // The first round warms up, and shows the peer which bytes to write.
        let Some(peer) = &peer else {
            peer = Some(Peer::prepare(service, args.clients, Some(SAVES_PER_SUBMISSION)).await?);
            continue;
        };
        ours.push(rate);
        theirs.push(peer.run(round, args.peer_seconds)?);
        println!("round {round}: service {rate:.0} writes/s, bare PostgreSQL {:.0}/s", theirs[round - 1]);
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    println!(
        "medians: service {ours:.0} writes/s, bare PostgreSQL {theirs:.0}/s, {SAVES_PER_SUBMISSION} autosaves a submission"
    );
    println!("ratio {:.2}", ours / theirs);
    Ok(everyone)
}

/// Every person saves and then submits, `clients` of them at a time, each as fast as it is answered.
async fn write_all(people: Vec<Person>, clients: usize) -> Result<Vec<Person>> {
    let queue = Arc::new(tokio::sync::Mutex::new(people));
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let queue = queue.clone();
        tasks.push(tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                let Some(mut person) = queue.lock().await.pop() else { return anyhow::Ok(done) };
                for _ in 0..SAVES_PER_SUBMISSION {
                    ensure!(person.save().await? == Outcome::Done, "an autosave was turned away");
                }
                ensure!(person.submit().await? == Outcome::Done, "a submission was turned away");
                done.push(person);
            }
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.extend(task.await.context("a client panicked")??);
    }
    Ok(done)
}

/// Three times what is too much, with a death of the service in the middle of it.
async fn flood(service: &mut Service, args: &Args) -> Result<Vec<Person>> {
    let mut everyone = Vec::new();
    let people = match args.flood_people {
        Some(count) => seated(service, count).await?,
        None => {
            let (limit, tried) = too_many(service, args).await?;
            everyone.extend(tried);
            seated(service, limit * 3).await?
        }
    };
    let (count, seconds) = (people.len(), f64::from(args.flood_seconds));
    let mut rhythm = args.rhythm(seconds + 5.0);
    if args.flood_people.is_some() {
        // A few for many: each does what five do, and submits while it lasts.
        rhythm = Rhythm {
            save_every: args.every / 5.0,
            browse_every: args.every / 5.0,
            submit_within: seconds,
            patience: 1.0,
            ..rhythm
        };
    }
    let dying = Dying::default();
    let told = dying.clone();
    let rushing = tokio::spawn(async move { together(people, rhythm, &told).await });
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    dying.store(true, Ordering::Relaxed);
    service.kill()?;
    let (people, figures) = rushing.await.context("the crowd panicked")??;
    println!("the flood: {count} declarants, {seconds} s, then SIGKILL to the service\n{}", figures.table(seconds));
    no_errors(&figures)?;
    ensure!(figures.count(Deed::Autosave) > 0, "nothing was saved");
    let [browse, autosave, submit] = Deed::ALL.map(|deed| figures.shed_percent(deed));
    ensure!(browse >= autosave && autosave >= submit, "turned away in another order than browse, autosave, submit");
    ensure!(browse > 0.0, "nothing was turned away: that was no flood");
    ensure!(figures.count(Deed::Submit) > 0, "nobody could submit");
    service.spawn()?;
    service.wait_ready(Duration::from_secs(120)).await?;
    everyone.extend(people);
    Ok(everyone)
}

/// How many declarants are too many: of their autosaves more than one in a hundred waits longer than a second.
async fn too_many(service: &Service, args: &Args) -> Result<(usize, Vec<Person>)> {
    let (mut count, mut people, mut sent) = (args.people * 2, Vec::new(), Vec::new());
    loop {
        let more = seated(service, count - people.len()).await?;
        people.extend(more);
        service.wait_quiet(Duration::from_secs(300)).await?;
        let seconds = STEP.as_secs_f64();
        let (back, figures) = together(people, args.rhythm(seconds), &Dying::default()).await?;
        no_errors(&figures)?;
        let p99 = figures.within(Deed::Autosave, 0.99);
        println!("{count} declarants: autosave p99 {p99:.0} ms (turned away counts as never), {:.0} done/s", {
            Deed::ALL.iter().map(|deed| figures.count(*deed)).sum::<usize>() as f64 / seconds
        });
        let (done, left): (Vec<_>, Vec<_>) = back.into_iter().partition(|person| person.submitted.is_some());
        sent.extend(done);
        people = left;
        if p99 > 1000.0 {
            sent.extend(people);
            return Ok((count, sent));
        }
        count = count * 3 / 2;
        ensure!(count <= MOST_PEOPLE, "{MOST_PEOPLE} declarants are not too many for this machine");
    }
}

/// Whether everything acknowledged is there, once.
async fn check(service: &Service, everyone: &mut [Person]) -> Result<()> {
    let mut missing = Vec::new();
    for person in everyone.iter_mut() {
        missing.extend(person.missing().await?);
    }
    let sent: Vec<uuid::Uuid> =
        everyone.iter().filter(|one| one.submitted.is_some()).map(|one| one.declarant.obligation).collect();
    let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
    let twice: i64 = sqlx::query_scalar(
        "select count(*) from (select 1 from declaration where obligation_id = any($1) group by obligation_id having count(*) > 1) x",
    )
    .bind(&sent)
    .fetch_one(&mut owner)
    .await?;
    missing.iter().take(20).for_each(|line| eprintln!("MISSING: {line}"));
    ensure!(
        missing.is_empty() && twice == 0,
        "{} acknowledged writes are missing, {twice} are there twice",
        missing.len()
    );
    let saved = everyone.iter().filter(|one| one.saved.is_some()).count();
    println!("surge: of {saved} drafts the text acknowledged last is there, and {} submissions, once each", sent.len());
    Ok(())
}
