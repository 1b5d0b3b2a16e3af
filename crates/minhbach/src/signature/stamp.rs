//! The time stamp over a signature (RFC 3161): asked for by a job after the signature is on record, and never waited for.
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use sign::{Verdict, pades, tsp};
use tokio::net::TcpStream;

use super::model::{Beside, Followed, Signature, Stamp};
use super::policy::PutStamp;
use super::{store, trust};
use crate::kernel::files::sha256;
use crate::kernel::id::{PartitionId, SignatureId};
use crate::kernel::jobs::{self, Job, Owner, Registry, Retry};
use crate::kernel::{Actor, App, Error, Event, Result, Tx};

/// Ask for a time stamp over one signature: the one in the file, or the detached one beside it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct StampSignature {
    pub signature: SignatureId,
    #[serde(default)]
    pub beside: Beside,
}

impl StampSignature {
    /// What tells it from others in the queue.
    pub(super) fn name(&self) -> String {
        match self.beside {
            Beside::File => self.signature.to_string(),
            Beside::Data => format!("{} {}", self.signature, self.beside.word()),
        }
    }
}

/// Has a time stamp asked for, where an authority is named.
pub(super) async fn ask_for(app: &App, tx: &mut Tx, owner: Owner, job: StampSignature) -> Result<()> {
    if app.config.signature.tsa.is_some() {
        tx.enqueue(owner, &job, Some(&job.name())).await?;
    }
    Ok(())
}

impl Job for StampSignature {
    const KIND: &'static str = "signature.timestamp";
    const VERSION: i16 = 1;
    const RETRY: Retry = Retry::DAYS;
}

/// How long an authority may take, and the largest answer.
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST: usize = 256 << 10;

/// Says how to ask for time stamps.
pub fn register(registry: Registry, app: &App) -> Registry {
    let app = app.clone();
    registry.on::<StampSignature>(move |partition, job, _| {
        let app = app.clone();
        Box::pin(async move { stamp(&app, partition, job).await })
    })
}

/// At the start of the service: what was given up is asked for again, and what was signed while no authority was named.
pub async fn resume(app: &App) -> Result<()> {
    if app.config.signature.tsa.is_none() {
        return Ok(());
    }
    // A place in the queue is not an act: nothing of a signature changes by it.
    app.db
        .housekeep(&Actor::SYSTEM, "signature.stamp_again", async |tx| jobs::revive::<StampSignature>(tx).await)
        .await?;
    for partition in app.db.keys().partitions() {
        app.db
            .housekeep(&Actor::system_in(partition), "signature.stamp_later", async |tx| {
                for (job, owner) in store::unstamped(tx, partition).await? {
                    ask_for(app, tx, owner, job).await?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// One run: a signature that has its stamp is left alone. An authority that cannot be reached, or whose answer does not
/// hold, leaves the job to be run again.
pub(super) async fn stamp(app: &App, partition: PartitionId, job: StampSignature) -> Result<()> {
    // Switched off for a time: asked for again when it is there.
    let Some(address) = app.config.signature.tsa.clone() else {
        return Err(crate::bug!("no time stamp authority is set"));
    };
    let actor = Actor::system_in(partition);
    let id = job.signature;
    let (found, has_stamp) = app
        .db
        .read(&actor, "signature.stamp_begin", async |tx| {
            Ok((store::followed(tx, id).await?, has_stamp(tx, partition, job).await?))
        })
        .await?;
    if has_stamp {
        return Ok(());
    }
    // Reading what is signed leaves a mark in the log: not for an authority that is not there.
    let place = Authority::of(&address)?;
    let stream = place.reach().await?;
    let value = match job.beside {
        Beside::File => value_of(app, &actor, &found.signature).await?,
        Beside::Data => value_of_data(app, &actor, &found).await?,
    };
    let mut nonce = [0u8; 16];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| crate::bug!("no randomness from the system"))?;
    let request = tsp::request(&value, nonce).map_err(anyhow::Error::from)?;
    let answer = place.ask(stream, request).await?;
    let (of_task, at) = (app.clone(), app.clock().now());
    let stamp = tokio::task::spawn_blocking(move || {
        let trust = trust::load(&of_task)?;
        Ok::<_, Error>(tsp::verify_answer(&answer, &value, nonce, &trust, at))
    })
    .await
    .map_err(|error| crate::bug!("judging a time stamp: {error}"))??;
    let (Some(token), Some(stamped_at)) =
        (&stamp.token, stamp.at.filter(|_| stamp.report.verdict() != Verdict::Invalid))
    else {
        let failed: Vec<_> = stamp.report.failures().map(|check| check.kind).collect();
        return Err(crate::bug!("the time stamp of signature {id} does not hold: {failed:?}"));
    };
    put(app, &actor, (found.signature, job), &stamp.report, token, stamped_at).await
}

async fn has_stamp(tx: &mut Tx, partition: PartitionId, job: StampSignature) -> Result<bool> {
    let stamps = store::stamps(tx, partition, Some(job.signature)).await?;
    Ok(stamps.iter().any(|stamp| stamp.beside == job.beside))
}

async fn put(
    app: &App,
    actor: &Actor,
    (signature, job): (Signature, StampSignature),
    report: &sign::Report,
    token: &[u8],
    stamped_at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    app.db
        .write(actor, "signature.stamp", async |tx| {
            let (partition, id) = (signature.partition, signature.id);
            if has_stamp(tx, partition, job).await? {
                // Another run of the job came first.
                tx.record(Event::new("signature.stamp_known", partition).id("signature", id))?;
                return Ok(());
            }
            let mut new = Stamp {
                signature: id,
                beside: job.beside,
                stamped_at,
                token: tx.keys().seal(partition, id.0, &STANDARD.encode(token))?,
                report: tx.keys().seal(partition, id.0, report)?,
                record_hash: Vec::new(),
            };
            let hash = new.hash()?;
            new.record_hash = hash.to_vec();
            let event = Event::new(job.beside.event(), partition)
                .unit(signature.unit)
                .person_if(signature.person)
                .id("signature", id)
                .id("root", signature.root)
                .hash("record", hash);
            let permit = tx.permit::<PutStamp, _>(signature.clone())?;
            store::insert_stamp(tx, &permit, &new).await?;
            tx.record(event)?;
            Ok(())
        })
        .await
}

/// The signature's value, out of the stored file: what the stamp is over.
async fn value_of(app: &App, actor: &Actor, signature: &Signature) -> Result<Vec<u8>> {
    let file = signature.file.ok_or_else(|| crate::bug!("signature {} has no file", signature.id))?;
    let sealed = app
        .db
        .read(actor, "signature.stamp_file", async |tx| store::sealed_name(tx, signature.partition, file).await)
        .await?;
    let signed = app.open_file(signature.partition, file, &sealed).await?;
    let values = tokio::task::spawn_blocking(move || pades::values(&signed))
        .await
        .map_err(|error| crate::bug!("reading a signed file: {error}"))?;
    let is_ours = |value: &Vec<u8>| signature.value_hash.as_deref() == Some(&sha256(value)[..]);
    values
        .into_iter()
        .find(is_ours)
        .ok_or_else(|| crate::bug!("the stored file of signature {} holds another signature", signature.id))
}

/// The detached signature's value.
async fn value_of_data(app: &App, actor: &Actor, found: &Followed) -> Result<Vec<u8>> {
    let on = &found.signature;
    let data = found.data.as_ref().ok_or_else(|| crate::bug!("nothing is detached beside signature {}", on.id))?;
    let cms = app
        .db
        .read(actor, "signature.stamp_data", async |tx| {
            let event = Event::new("signature.data_stamp_asked", on.partition).unit(on.unit).person_if(on.person);
            tx.record(event.id("signature", on.id))?;
            tx.open(on.partition, on.id.0, &data.cms)
        })
        .await?;
    let der = STANDARD.decode(cms).map_err(anyhow::Error::from)?;
    let value = sign::cms::value(&der).filter(|value| sha256(value)[..] == data.value_hash[..]);
    value.ok_or_else(|| crate::bug!("the detached signature beside {} is another than was recorded", on.id))
}

/// The authority the settings name, and no other.
struct Authority {
    url: url::Url,
}

impl Authority {
    fn of(address: &str) -> Result<Self> {
        Ok(Self { url: address.parse().map_err(anyhow::Error::from)? })
    }

    async fn reach(&self) -> Result<TcpStream> {
        let host = self.url.host_str().ok_or_else(|| crate::bug!("signature.tsa has no host"))?;
        let place = (host.trim_matches(['[', ']']), self.url.port_or_known_default().unwrap_or(80));
        let reached = tokio::time::timeout(PATIENCE, TcpStream::connect(place)).await;
        Ok(reached.map_err(|_| silent())?.map_err(anyhow::Error::from)?)
    }

    async fn ask(&self, stream: TcpStream, request: Vec<u8>) -> Result<Vec<u8>> {
        let asked = async {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(anyhow::Error::from)?;
            let connection = tokio::spawn(connection);
            let query = self.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let request = hyper::Request::post(format!("{}{query}", self.url.path()))
                .header(header::HOST, self.url.authority())
                .header(header::CONTENT_TYPE, "application/timestamp-query")
                .body(Full::new(Bytes::from(request)))
                .map_err(anyhow::Error::from)?;
            let answer = sender.send_request(request).await.map_err(anyhow::Error::from)?;
            if !answer.status().is_success() {
                return Err(crate::bug!("the time stamp authority answered {}", answer.status()));
            }
            let body = Limited::new(answer.into_body(), LARGEST).collect().await;
            connection.abort();
            Ok(body.map_err(|error| crate::bug!("the time stamp authority's answer: {error}"))?.to_bytes().to_vec())
        };
        tokio::time::timeout(PATIENCE, asked).await.map_err(|_| silent())?
    }
}

fn silent() -> Error {
    crate::bug!("the time stamp authority does not answer")
}
