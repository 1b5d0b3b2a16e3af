//! Kills the service and, separately, PostgreSQL with SIGKILL at random moments while declarations and papers arrive over
//! HTTP, and both at once as a power cut would; then asks whether everything acknowledged is there, exactly once, whole,
//! and whether the log verifies. A killed service is started again, as a supervisor would; a killed PostgreSQL is not:
//! that is the service's own duty.
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use testkit::http::Client;
use testkit::service::Service;
use testkit::world;
use tokio::sync::{Mutex, Semaphore};

#[path = "crash/check.rs"]
mod check;
#[path = "crash/paper.rs"]
mod paper;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 200)]
    submissions: usize,
    #[arg(long, default_value_t = 50)]
    papers: usize,
    /// Deaths of the service, and as many of PostgreSQL; half as many of both at once
    #[arg(long, default_value_t = 10)]
    kills: usize,
    #[arg(long, default_value_t = 6)]
    clients: usize,
    /// Repeats the moments of an earlier run
    #[arg(long)]
    seed: Option<u64>,
    /// A shorter run for every change: 60 submissions, 12 papers, 3 + 3 + 1 deaths
    #[arg(long)]
    short: bool,
}

/// One request that must be carried out exactly once.
struct Request {
    path: String,
    token: String,
    media_type: &'static str,
    body: Vec<u8>,
    key: String,
    /// The obligation a declaration fulfils; none for a paper.
    obligation: Option<uuid::Uuid>,
}

/// What the service acknowledged.
pub struct Acknowledged {
    pub obligation: Option<uuid::Uuid>,
    pub answer: serde_json::Value,
}

/// Requests on their way: clients take them, the killer lets them go in portions so that every death meets traffic.
struct Traffic {
    waiting: Mutex<VecDeque<Request>>,
    released: Semaphore,
    acknowledged: Mutex<Vec<Acknowledged>>,
    /// Requests that had reached the service and got no answer, or a fault: nobody knows whether they were saved.
    cut_off: AtomicUsize,
    total: usize,
}

#[derive(Debug, Clone, Copy)]
enum Victim {
    Service,
    Postgres,
    Both,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = Args::parse();
    if args.short {
        (args.submissions, args.papers, args.kills) = (60, 12, 3);
    }
    let seed = args.seed.unwrap_or_else(rand::random);
    println!(
        "seed {seed}: {} submissions, {} papers, {} + {} + {} deaths",
        args.submissions,
        args.papers,
        args.kills,
        args.kills,
        args.kills / 2
    );
    let mut random = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let mut service = Service::prepare("crash")?;
    service.spawn()?;
    service.wait_ready(Duration::from_secs(300)).await?;
    let traffic = Arc::new(prepare(&service, &args, &mut random)?);

    let mut clients = Vec::new();
    for _ in 0..args.clients {
        clients.push(tokio::spawn(carry_out(traffic.clone(), service.address())));
    }
    kill_often(&mut service, &traffic, &args, &mut random).await?;
    for client in clients {
        client.await.context("a client panicked")??;
    }
    let cut_off = traffic.cut_off.load(Ordering::Relaxed);
    println!("{} requests acknowledged; {cut_off} times one was cut off and asked again", traffic.total);
    ensure!(cut_off > 0, "no death met a request under way: nothing was proven");

    service.spawn()?;
    service.wait_ready(Duration::from_secs(120)).await?;
    service.wait_quiet(Duration::from_secs(900)).await?;
    let acknowledged = std::mem::take(&mut *traffic.acknowledged.lock().await);
    check::everything(&mut service, &acknowledged, cut_off).await?;
    println!("crash: whole after {} s", begun.elapsed().as_secs());
    Ok(())
}

fn prepare(service: &Service, args: &Args, random: &mut StdRng) -> Result<Traffic> {
    let mut requests: Vec<Request> = world::declarants(service, args.submissions)?
        .into_iter()
        .map(|d| Request {
            path: d.path(),
            media_type: "application/json",
            body: d.body.to_string().into_bytes(),
            token: d.token,
            key: format!("crash-{}", d.obligation),
            obligation: Some(d.obligation),
        })
        .collect();
    if args.papers > 0 {
        let officer = service.token("qn.tiepnhan", "INTAKE_OFFICER")?;
        requests.extend((0..args.papers).map(|n| paper::request(n, &officer)));
    }
    requests.shuffle(random);
    Ok(Traffic {
        total: requests.len(),
        waiting: Mutex::new(requests.into()),
        released: Semaphore::new(0),
        acknowledged: Mutex::new(Vec::new()),
        cut_off: AtomicUsize::new(0),
    })
}

/// A client: sends what is released, and again with the same key until it is acknowledged.
async fn carry_out(traffic: Arc<Traffic>, address: std::net::SocketAddr) -> Result<()> {
    let mut client = Client::new(address, None);
    loop {
        traffic.released.acquire().await?.forget();
        let Some(request) = traffic.waiting.lock().await.pop_front() else { return Ok(()) };
        client.authorise(&request.token);
        let deadline = Instant::now() + Duration::from_secs(240);
        loop {
            match client.post(&request.path, request.media_type, &request.key, &request.body).await {
                Ok(answer) if matches!(answer.status, 200..=202) => {
                    let done = Acknowledged { obligation: request.obligation, answer: answer.json()? };
                    traffic.acknowledged.lock().await.push(done);
                    break;
                }
                // A fault of the moment: whether it was saved is not known. Asking again must not do it twice.
                // One account uploads one file at a time, and only few at once.
                Ok(answer) if matches!(answer.status, 429 | 503) => {}
                Ok(answer) if answer.status >= 500 => count(&traffic.cut_off),
                Ok(answer) => anyhow::bail!("{} refused with {}: {}", request.path, answer.status, answer.text()),
                Err(error) if is_refused(&error) => {}
                Err(_) => count(&traffic.cut_off),
            }
            ensure!(Instant::now() < deadline, "{} was not acknowledged in four minutes", request.path);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Nobody listened: the request never left.
fn is_refused(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// Lets a portion of the requests go, waits a random moment, kills; then restarts as an operator would, and again.
async fn kill_often(service: &mut Service, traffic: &Traffic, args: &Args, random: &mut StdRng) -> Result<()> {
    let both = vec![Victim::Both; args.kills / 2];
    let mut victims = [vec![Victim::Service; args.kills], vec![Victim::Postgres; args.kills], both].concat();
    victims.shuffle(random);
    let portion = traffic.total.div_ceil(victims.len().max(1));
    for victim in victims {
        traffic.released.add_permits(portion);
        let moment = Duration::from_millis(random.random_range(10..900));
        tokio::time::sleep(moment).await;
        println!("after {} ms: SIGKILL to {victim:?}", moment.as_millis());
        match victim {
            Victim::Service => service.kill()?,
            Victim::Postgres => service.postgres()?.kill()?,
            Victim::Both => {
                let database = service.postgres()?;
                service.kill()?;
                database.kill()?;
            }
        }
        // A supervisor starts what has ended; the next death may come before everything is up.
        service.spawn()?;
        let patience = Duration::from_millis(random.random_range(500..6000));
        let _ = service.wait_ready(patience).await;
        service.spawn()?;
    }
    // The last ones, and one permit for each client to see that nothing is left.
    traffic.released.add_permits(traffic.total + args.clients);
    service.wait_ready(Duration::from_secs(120)).await
}
