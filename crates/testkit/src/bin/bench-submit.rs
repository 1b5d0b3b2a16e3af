//! How many declarations a second the service takes through HTTP (validate, seal, log, project, commit with fsync),
//! beside bare PostgreSQL writing the same bytes. Last line: `ratio 0.42`.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use testkit::http::Client;
use testkit::median;
use testkit::peer::Peer;
use testkit::postgres::As;
use testkit::service::Service;
use testkit::world::{self, Declarant};
use tokio::sync::Mutex;

#[derive(Parser)]
struct Args {
    /// Submissions in each of the rounds; about as long as the peer writes, so that both meet the same noise
    #[arg(long, default_value_t = 2000)]
    per_round: usize,
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Rounds; service and peer alternate
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds the peer writes in each round
    #[arg(long, default_value_t = 5)]
    peer_seconds: u32,
    /// Go on without measuring the peer, to profile the service
    #[arg(long)]
    no_peer: bool,
}

/// Submitted before anything is measured: connections, statements and caches are warm, and the peer's bytes are known.
const WARM_UP: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut service = Service::prepare("bench")?;
    service.spawn()?;
    service.wait_ready(Duration::from_secs(300)).await?;
    let mut people: VecDeque<Declarant> = world::declarants(&service, WARM_UP + args.per_round * args.rounds)?.into();
    service.wait_quiet(Duration::from_secs(900)).await?;
    submit_all(&service, take(&mut people, WARM_UP), args.clients).await?;
    let peer = Peer::prepare(&service, args.clients, None).await?;
    println!("{}", peer.describe());

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..args.rounds {
        let mut owner = service.postgres()?.connect(As::Owner, "minhbach").await?;
        sqlx::raw_sql("analyze").execute(&mut owner).await?;
        let took = submit_all(&service, take(&mut people, args.per_round), args.clients).await?;
        ours.push(args.per_round as f64 / took.as_secs_f64());
        service.wait_quiet(Duration::from_secs(60)).await?;
        if args.no_peer {
            println!("round {}: service {:.0}/s", round + 1, ours[round]);
            continue;
        }
        theirs.push(peer.run(round, args.peer_seconds)?);
        println!("round {}: service {:.0}/s, bare PostgreSQL {:.0}/s", round + 1, ours[round], theirs[round]);
    }
    service.stop()?;
    if !args.no_peer {
        let (ours, theirs) = (median(&ours), median(&theirs));
        println!("medians: service {ours:.0} declarations/s, bare PostgreSQL {theirs:.0} transactions/s");
        println!("ratio {:.2}", ours / theirs);
    }
    Ok(())
}

fn take(people: &mut VecDeque<Declarant>, count: usize) -> Vec<Declarant> {
    people.drain(..count.min(people.len())).collect()
}

/// Submits every declaration once, `clients` at a time. Every one must be accepted.
async fn submit_all(service: &Service, people: Vec<Declarant>, clients: usize) -> Result<Duration> {
    let requests: VecDeque<_> =
        people.into_iter().map(|d| (d.path(), d.body.to_string().into_bytes(), d.token)).collect();
    let queue = Arc::new(Mutex::new(requests));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let (queue, address) = (queue.clone(), service.address());
        tasks.push(tokio::spawn(async move {
            let mut client = Client::new(address, None);
            loop {
                let Some((path, body, token)) = queue.lock().await.pop_front() else { return anyhow::Ok(()) };
                client.authorise(&token);
                let answer = client.post(&path, "application/json", &uuid::Uuid::new_v4().to_string(), &body).await?;
                ensure!(answer.status == 201, "submission answered {}: {}", answer.status, answer.text());
            }
        }));
    }
    for task in tasks {
        task.await.context("a client panicked")??;
    }
    Ok(begun.elapsed())
}
