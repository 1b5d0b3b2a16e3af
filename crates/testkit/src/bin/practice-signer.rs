//! What stands beside a practice installation in the place of cards, clients and authorities: a root, an issuing authority
//! with its list of revocations, a time stamp authority (RFC 3161 over http), and a page that signs a PDF, or the
//! data of a declaration (detached), with the certificate of a practice person. On the loopback address only; nothing of it has legal value, and every name says so.
//!
//! `practice-signer --folder F --data D --port P` writes `F/trust/` and `F/minhbach.toml` (`[signature]`), prints its
//! address, and serves until it is stopped. `D` is the practice installation's data folder: its clock, and who its people are.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use clap::Parser;
use serde::Deserialize;
use sign::certificate::to_pem;
use sign::cms::{self, Signer};
use sign::pades::{self, Ask};
use sign::practice::{self, COMMON_NAME, Holder, ORGANISATION, TIME_STAMPING, USER_ID, Wanted};
use x509_cert::der::Encode as _;
use x509_cert::ext::pkix::KeyUsages;

const NO_VALUE: &str = "THỰC HÀNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ";
const LARGEST: usize = 32 << 20;

#[derive(Parser)]
struct Args {
    /// Where trust and settings are written.
    #[arg(long)]
    folder: PathBuf,
    /// The data folder of the practice installation.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// A person of the practice world.
#[derive(Clone, Deserialize)]
struct Person {
    login: String,
    name: String,
    id_no: Option<String>,
}

struct World {
    data: PathBuf,
    issuer: Holder,
    stamps: Holder,
    serial: AtomicU64,
    /// By login: a card is made once, as a person has one.
    cards: Mutex<BTreeMap<String, Arc<Holder>>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let root = root()?;
    let world = Arc::new(World {
        issuer: issuer(&root)?,
        stamps: stamps(&root)?,
        data: args.data,
        serial: AtomicU64::new(1),
        cards: Mutex::default(),
    });
    anyhow::ensure!(
        !args.folder.join("minhbach.toml").exists() && !args.folder.join("trust").exists(),
        "{} holds settings or certificates already: name a folder of its own",
        args.folder.display()
    );
    let trust = args.folder.join("trust");
    std::fs::create_dir_all(&trust).with_context(|| format!("{}", trust.display()))?;
    write_trust(&trust, &root, &world)?;
    let settings = format!("[signature]\ntrust = {:?}\ntsa = \"{address}/tsa\"\n", std::path::absolute(&trust)?);
    std::fs::write(args.folder.join("minhbach.toml"), settings)?;
    println!("{address}");
    let lists = world.clone();
    tokio::spawn(async move {
        // The practice world's clock may begin only after this: its lists are current by it from then on.
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            if let Err(error) = write_trust(&trust, &root, &lists) {
                eprintln!("lists of revocations: {error:#}");
            }
        }
    });
    let router = Router::new()
        .route("/", get(page).post(sign))
        .route("/tsa", post(stamp))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(world);
    axum::serve(listener, router).await?;
    Ok(())
}

impl World {
    /// The practice installation's clock; before it has one, the hour its world begins.
    fn now(&self) -> DateTime<Utc> {
        let offset = std::fs::read(self.data.join("practice.json"))
            .ok()
            .and_then(|file| serde_json::from_slice::<serde_json::Value>(&file).ok())
            .and_then(|practice| practice["clock_offset_seconds"].as_i64());
        offset.map_or_else(beginning, |offset| machine_time() + TimeDelta::seconds(offset))
    }

    fn card(&self, person: &Person) -> Result<Arc<Holder>> {
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(card) = cards.get(&person.login) {
            return Ok(card.clone());
        }
        let number = person.id_no.as_ref().map(|number| format!("CCCD:{number}"));
        let mut subject = vec![(ORGANISATION, NO_VALUE), (COMMON_NAME, person.name.as_str())];
        subject.extend(number.as_deref().map(|number| (USER_ID, number)));
        let card = Arc::new(self.issuer.issue(&wanted(&subject))?);
        cards.insert(person.login.clone(), card.clone());
        Ok(card)
    }

    fn people(&self) -> Vec<Person> {
        let file = std::fs::read(self.data.join("practice-signers.json")).unwrap_or_default();
        serde_json::from_slice(&file).unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "the practice world's clock is the machine's, moved")]
fn machine_time() -> DateTime<Utc> {
    Utc::now()
}

fn beginning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 12, 8, 1, 30, 0).single().unwrap_or_default()
}

type Subject<'a> = [(x509_cert::der::asn1::ObjectIdentifier, &'a str)];

fn wanted<'a>(subject: &'a Subject<'a>) -> Wanted<'a> {
    let (from, to) = (beginning() - TimeDelta::days(400), beginning() + TimeDelta::days(3650));
    Wanted { subject, from, to, usage: KeyUsages::DigitalSignature.into(), issues: None, extended: &[] }
}

fn root() -> Result<Holder> {
    let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let subject = [(ORGANISATION, NO_VALUE), (COMMON_NAME, "CA gốc THỰC HÀNH")];
    Ok(Holder::root(&Wanted { issues: Some(1), usage, ..wanted(&subject) })?)
}

fn issuer(root: &Holder) -> Result<Holder> {
    let usage = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let subject = [(ORGANISATION, NO_VALUE), (COMMON_NAME, "CA cấp chứng thư THỰC HÀNH")];
    Ok(root.issue(&Wanted { issues: Some(0), usage, ..wanted(&subject) })?)
}

fn stamps(root: &Holder) -> Result<Holder> {
    let subject = [(ORGANISATION, NO_VALUE), (COMMON_NAME, "Máy chủ dấu thời gian THỰC HÀNH")];
    Ok(root.issue(&Wanted { extended: &[TIME_STAMPING], ..wanted(&subject) })?)
}

/// Root, issuing authority, and the list of each; every file is there whole or as it was.
fn write_trust(trust: &Path, root: &Holder, world: &World) -> Result<()> {
    let at = world.now() - TimeDelta::hours(1);
    for (name, holder) in [("ca-goc", root), ("ca-cap", &world.issuer)] {
        let certificate = to_pem("CERTIFICATE", &holder.certificate.to_der()?);
        let list = to_pem("X509 CRL", &holder.revocations(&[], at)?.to_der()?);
        let being_written = trust.join(format!("{name}.part"));
        std::fs::write(&being_written, certificate + &list)?;
        std::fs::rename(being_written, trust.join(format!("{name}.pem")))?;
    }
    Ok(())
}

async fn stamp(State(world): State<Arc<World>>, request: Bytes) -> Response {
    match practice::stamp(&request, &world.stamps, world.serial.fetch_add(1, Ordering::Relaxed), world.now()) {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/timestamp-reply")], answer).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn page(State(world): State<Arc<World>>) -> Html<String> {
    shown(&world, "")
}

fn shown(world: &World, wrong: &str) -> Html<String> {
    let option = |person: &Person| {
        let number = person.id_no.as_deref().unwrap_or("không có số định danh");
        format!("<option value=\"{0}\">{0} – {1} ({number})</option>", escaped(&person.login), escaped(&person.name))
    };
    let people: String = world.people().iter().map(option).collect();
    let wrong = if wrong.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>", escaped(wrong)) };
    Html(format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Ký số thực hành</title><style>body{{font:19px/1.5 sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem}}\
         strong,[role=alert]{{display:block;border-left:8px solid #b3261e;padding:.5rem 1rem}}label{{display:block;margin-top:1rem;font-weight:600}}\
         select,input,button{{font:inherit;max-width:100%;min-height:48px}}button{{margin-top:1.5rem;padding:0 1.5rem}}</style>\
         <h1>Ký số thực hành</h1><strong>{NO_VALUE}. Trang này đóng vai thẻ ký số hoặc phần mềm ký trên máy của người ký.</strong>{wrong}\
         <form method=\"post\" enctype=\"multipart/form-data\"><label for=\"nguoi\">Người ký</label><select id=\"nguoi\" name=\"nguoi\">{people}</select>\
         <label for=\"tep\">Tệp tải từ trang Chữ ký: PDF được ký trong tệp, dữ liệu (JSON) được ký rời</label><input type=\"file\" id=\"tep\" name=\"tep\" accept=\".pdf,.json\">\
         <button>Ký và tải tệp đã ký</button></form></html>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Signs the file for the person chosen, as their client would: a PDF in itself (PAdES), anything else detached (CMS).
async fn sign(State(world): State<Arc<World>>, form: Multipart) -> Response {
    match signed(&world, form).await {
        Ok((bytes, media_type, name)) => {
            let name = format!("attachment; filename=\"{name}\"");
            ([(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
                .into_response()
        }
        Err(error) => {
            (StatusCode::UNPROCESSABLE_ENTITY, shown(&world, &format!("Chưa ký được: {error:#}"))).into_response()
        }
    }
}

/// The signature, its media type, and the name of its file.
type Made = (Vec<u8>, &'static str, &'static str);

async fn signed(world: &World, mut form: Multipart) -> Result<Made> {
    let (mut login, mut file) = (String::new(), Bytes::new());
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("nguoi") => login = field.text().await?,
            Some("tep") => file = field.bytes().await?,
            _ => {}
        }
    }
    let person = world.people().into_iter().find(|one| one.login == login).context("không có người này")?;
    anyhow::ensure!(!file.is_empty(), "chưa chọn tệp");
    let card = world.card(&person)?;
    let between = [world.issuer.certificate.clone()];
    let at = world.now();
    let signer = Signer { key: &card.key, certificate: &card.certificate, between: &between, at };
    if file.starts_with(b"%PDF-") {
        let pdf = pades::sign(&file, &signer, &Ask { signer_name: &person.name, reason: "Ký thực hành", at })?;
        return Ok((pdf, "application/pdf", "da-ky.pdf"));
    }
    Ok((cms::sign_detached(&signer, &[&file], true)?, "application/pkcs7-signature", "du-lieu.p7s"))
}
