//! `verify-log` and `export-log`: is the log whole, and does every document, file and projection agree with its leaf?
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use ledger::{LogVerifier, Record, VerifierKey, log_origin};
use serde_json::Value;

use super::store::{self, LoggedEvent};
use crate::cli::configure;
use crate::declaration;
use crate::kernel::files::{Files, sha256};
use crate::kernel::id::PartitionId;
use crate::kernel::keys::Keys;
use crate::kernel::{Actor, Clock, Db};
use crate::organisation;
use crate::serve::Database;

#[derive(Args)]
pub struct VerifyArgs {
    /// Thư mục dữ liệu của hệ thống
    #[arg(long)]
    data: Option<PathBuf>,
    /// Kiểm tra một tệp xuất nhật ký thay cho thư mục dữ liệu
    #[arg(long, conflicts_with = "data")]
    export: Option<PathBuf>,
    /// Tệp khóa công khai của nhật ký, mỗi dòng một khóa (lấy từ `admin public-keys`, giữ ở bên ngoài)
    #[arg(long)]
    key: PathBuf,
    /// Tệp chứa các điểm niêm phong đã giữ ở bên ngoài
    #[arg(long)]
    since: Option<PathBuf>,
}

#[derive(Args)]
pub struct ExportArgs {
    /// Thư mục dữ liệu của hệ thống
    #[arg(long)]
    data: Option<PathBuf>,
    /// Mã phân vùng
    #[arg(long)]
    partition: String,
    /// Tệp xuất
    #[arg(long)]
    out: PathBuf,
}

/// What does not agree outside the log itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disagreement {
    /// A leaf whose event row is gone.
    EventMissing { leaf: u64 },
    /// The log says this version was recorded; the table does not have it.
    VersionMissing { event: String, version: String },
    /// A column of a version is not what its event says.
    VersionDiffers { version: String, what: &'static str },
    /// A version no event of the log speaks of.
    VersionUnlogged { version: String },
    /// A sealed document that does not open, or opens to other content than was hashed.
    DocumentDiffers { version: String },
    /// Facts for statistics that are not those of the document.
    FactsDiffer { version: String },
    /// Facts that belong to no version.
    FactsOrphaned { count: i64 },
    /// A file that is missing, changed, or not the one the log names.
    FileDiffers { file: String, what: &'static str },
    /// A receipt the log does not know, or one it knows and the table does not have.
    ReceiptDiffers { declaration: String },
    /// An obligation that says it was declared by something the log does not know.
    ObligationDiffers { obligation: String },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventMissing { leaf } => write!(f, "Lá {leaf}: sự kiện không còn trong cơ sở dữ liệu."),
            Self::VersionMissing { event, version } => write!(f, "Bản ghi {version} có trong nhật ký (sự kiện {event}) nhưng không có trong cơ sở dữ liệu."),
            Self::VersionDiffers { version, what } => write!(f, "Bản ghi {version}: {what} khác với nhật ký."),
            Self::VersionUnlogged { version } => write!(f, "Bản ghi {version} không có trong nhật ký."),
            Self::DocumentDiffers { version } => write!(f, "Bản ghi {version}: văn bản niêm phong không mở được hoặc khác nội dung đã băm."),
            Self::FactsDiffer { version } => write!(f, "Bản ghi {version}: số liệu thống kê khác với văn bản."),
            Self::FactsOrphaned { count } => write!(f, "Có {count} dòng số liệu thống kê không thuộc bản ghi nào."),
            Self::FileDiffers { file, what } => write!(f, "Tệp {file}: {what}."),
            Self::ReceiptDiffers { declaration } => write!(f, "Việc tiếp nhận bản kê khai {declaration} khác với nhật ký."),
            Self::ObligationDiffers { obligation } => write!(f, "Nghĩa vụ {obligation}: tình trạng kê khai, tiếp nhận khác với nhật ký."),
        }
    }
}

/// The verdict on one partition.
#[derive(Debug)]
pub struct Verdict {
    pub log: ledger::Report,
    pub disagreements: Vec<Disagreement>,
    /// Committed events that still wait for their leaf.
    pub waiting: i64,
    pub versions: usize,
    pub files: usize,
    /// Whether documents were opened and facts recomputed (needs the key file).
    pub opened: bool,
}

impl Verdict {
    pub fn is_whole(&self) -> bool {
        self.log.is_whole() && self.disagreements.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.log)?;
        writeln!(f, "Đã đối chiếu: {} bản ghi, {} tệp", self.versions, self.files)?;
        self.disagreements.iter().try_for_each(|d| writeln!(f, "Sai lệch: {d}"))?;
        if self.waiting > 0 {
            writeln!(f, "Chưa chứng minh được: {} sự kiện đang chờ chỗ trong nhật ký.", self.waiting)?;
        }
        if !self.opened {
            writeln!(f, "Chưa chứng minh được: không có tệp khóa nên văn bản không được mở; chỉ đối chiếu mã băm của bản niêm phong.")?;
        }
        Ok(())
    }
}

/// Signed checkpoints kept outside, by the log they belong to.
fn outside_checkpoints(file: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let Some(file) = file else { return Ok(BTreeMap::new()) };
    let text = std::fs::read_to_string(file).with_context(|| format!("đọc {}", file.display()))?;
    // Several notes may stand one after the other: each begins with its origin.
    let mut notes: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("minhbach/") {
            notes.push(String::new());
        }
        if let Some(note) = notes.last_mut() {
            note.push_str(line);
            note.push('\n');
        }
    }
    ensure!(!notes.is_empty(), "tệp {} không có điểm niêm phong nào", file.display());
    let origin = |note: &str| note.lines().next().unwrap_or_default().to_owned();
    // A blank line may part two notes; a note itself ends with its last signature line.
    Ok(notes.into_iter().map(|note| (origin(&note), format!("{}\n", note.trim_end()))).collect())
}

fn read_keys(file: &Path) -> Result<Vec<VerifierKey>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("đọc {}", file.display()))?;
    let keys: Vec<VerifierKey> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.parse().map_err(|error| anyhow::anyhow!("khóa công khai {line:?}: {error}")))
        .collect::<Result<_>>()?;
    ensure!(!keys.is_empty(), "tệp {} không có khóa công khai nào", file.display());
    Ok(keys)
}

/// Says whether the log is whole, and exactly where it is not; exit code 0 when whole, 1 when not.
pub async fn verify_command(config: Option<&Path>, args: VerifyArgs) -> Result<ExitCode> {
    let keys = read_keys(&args.key)?;
    let since = outside_checkpoints(args.since.as_deref())?;
    if let Some(export) = &args.export {
        return verify_export(export, &keys, &since);
    }
    let config = configure(config, args.data)?;
    let database = Database::reach(&config).await?;
    let outcome = verify_database(&config, &database, &keys, &since).await;
    database.leave()?;
    let mut whole = true;
    for verdict in outcome? {
        println!("{verdict}");
        whole &= verdict.is_whole();
    }
    println!("{}", if whole { "KẾT LUẬN: nhật ký, văn bản, tệp và số liệu khớp nhau." } else { "KẾT LUẬN: có sai lệch, xem các dòng trên." });
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify_export(export: &Path, keys: &[VerifierKey], since: &BTreeMap<String, String>) -> Result<ExitCode> {
    let open = || -> Result<_> { Ok(std::io::BufReader::new(std::fs::File::open(export).with_context(|| format!("đọc {}", export.display()))?)) };
    let mut first = String::new();
    open()?.read_line(&mut first)?;
    let origin = match serde_json::from_str(&first) {
        Ok(Record::Header { origin, .. }) => origin,
        _ => anyhow::bail!("tệp {} không phải tệp xuất nhật ký", export.display()),
    };
    let report = ledger::verify_export(open()?, &origin, keys, since.get(&origin).map(String::as_str))?;
    println!("{report}");
    println!("Tệp xuất chỉ chứa nhật ký; văn bản và tệp được đối chiếu trên thư mục dữ liệu.");
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_database(
    config: &crate::kernel::config::Config,
    database: &Database,
    trusted: &[VerifierKey],
    since: &BTreeMap<String, String>,
) -> Result<Vec<Verdict>> {
    let keys = Arc::new(Keys::open_existing(&config.keys_folder(), &database.app_options()).await?);
    let db = Db::connect(database.app_options(), 2, Clock::system(), keys).await?;
    let files = Files::local(&config.files_folder())?;
    let partitions = db.read(&Actor::SYSTEM, "verify.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    let mut verdicts = Vec::new();
    for partition in partitions {
        let origin = log_origin(&partition.id);
        verdicts.push(verify_partition(&db, &files, partition.id, trusted, since.get(&origin).map(String::as_str)).await?);
    }
    db.close().await;
    Ok(verdicts)
}

/// Verifies one partition: log, documents, projections, receipts, obligations, files.
pub async fn verify_partition(db: &Db, files: &Files, partition: PartitionId, trusted: &[VerifierKey], since: Option<&str>) -> Result<Verdict> {
    let actor = Actor::system_in(partition);
    let mut found = Vec::new();
    let (log, events, waiting) = verify_leaves(db, &actor, partition, trusted, since, &mut found).await?;
    let versions = verify_versions(db, &actor, partition, &events, &mut found).await?;
    verify_receipts(db, &actor, partition, &events, &mut found).await?;
    verify_obligations(db, &actor, partition, &events, &mut found).await?;
    let file_count = verify_files(db, files, &actor, partition, &events, &mut found).await?;
    Ok(Verdict { log, disagreements: found, waiting, versions, files: file_count, opened: db.keys().can_open() })
}

/// What the log says happened, as far as tables are compared with it: bodies by event id.
struct Logged {
    by_id: BTreeMap<uuid::Uuid, Value>,
}

impl Logged {
    fn named<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a uuid::Uuid, &'a Value)> {
        self.by_id.iter().filter(move |(_, body)| body["event"].as_str().is_some_and(|name| names.contains(&name)))
    }
}

fn id_of(body: &Value, key: &str) -> Option<uuid::Uuid> {
    body["ids"][key].as_str()?.parse().ok()
}

fn hash_of(body: &Value, key: &str) -> Option<[u8; 32]> {
    hex::decode(body["hashes"][key].as_str()?).ok()?.try_into().ok()
}

/// Leaves read in one transaction at a time, in memory that does not grow with the log.
const CHUNK: i64 = 5000;

async fn verify_leaves(
    db: &Db,
    actor: &Actor,
    partition: PartitionId,
    trusted: &[VerifierKey],
    since: Option<&str>,
    found: &mut Vec<Disagreement>,
) -> Result<(ledger::Report, Logged, i64)> {
    let checkpoints = db.read(actor, "verify.checkpoints", async |tx| store::checkpoints(tx, partition).await).await?;
    let mut verifier = LogVerifier::new(&log_origin(&partition), trusted, checkpoints.iter().map(String::as_str), since);
    let mut logged = Logged { by_id: BTreeMap::new() };
    let mut from = 0;
    loop {
        let chunk: Vec<LoggedEvent> = db.read(actor, "verify.leaves", async |tx| store::leaves(tx, partition, from, CHUNK).await).await?;
        let Some(last) = chunk.last() else { break };
        from = last.leaf_index + 1;
        for row in &chunk {
            let index = u64::try_from(row.leaf_index).unwrap_or(0);
            let (Some(nonce), Some(body)) = (&row.nonce, &row.body) else {
                found.push(Disagreement::EventMissing { leaf: index });
                continue;
            };
            let nonce: [u8; 32] = nonce.as_slice().try_into().context("a nonce is 32 bytes")?;
            let leaf_hash: [u8; 32] = row.leaf_hash.as_slice().try_into().context("a leaf hash is 32 bytes")?;
            verifier.leaf(&ledger::Leaf { index, leaf_hash: ledger::Hash(leaf_hash), nonce, event: body.clone() });
            if let Ok(body) = serde_json::from_str::<Value>(body) {
                logged.by_id.insert(row.event.0, body);
            }
        }
    }
    let waiting = db.read(&Actor::SYSTEM, "verify.waiting", async |tx| store::waiting_count(tx, partition).await).await?;
    Ok((verifier.finish(), logged, waiting))
}

async fn verify_versions(db: &Db, actor: &Actor, partition: PartitionId, logged: &Logged, found: &mut Vec<Disagreement>) -> Result<usize> {
    let versions = db.read(actor, "verify.versions", async |tx| store::versions(tx, partition).await).await?;
    let unsequenced = db.read(&Actor::SYSTEM, "verify.unsequenced", async |tx| store::waiting_ids(tx, partition).await).await?;
    let unsequenced: HashSet<_> = unsequenced.into_iter().map(|e| e.0).collect();
    let known: HashSet<uuid::Uuid> = versions.iter().map(|v| v.id.0).collect();
    for (event, body) in logged.named(&["declaration.submitted", "declaration.digitised"]) {
        let version = id_of(body, "version").unwrap_or_default();
        if !known.contains(&version) {
            found.push(Disagreement::VersionMissing { event: event.to_string(), version: version.to_string() });
        }
    }
    let mut tags = HashSet::new();
    for version in &versions {
        let name = version.id.to_string();
        let Some(body) = logged.by_id.get(&version.event.0) else {
            if !unsequenced.contains(&version.event.0) {
                found.push(Disagreement::VersionUnlogged { version: name });
            }
            continue;
        };
        let compare = [
            ("document", &version.document_hash, "mã băm văn bản"),
            ("sealed", &version.sealed_hash, "mã băm bản niêm phong"),
            ("facts", &version.facts_hash, "mã băm số liệu thống kê"),
            ("form", &version.form_hash, "mã băm biểu mẫu"),
            ("rule_set", &version.rule_set_hash, "mã băm bộ quy tắc"),
        ];
        for (key, stored, what) in compare {
            if hash_of(body, key).as_ref().map(|h| &h[..]) != Some(&stored[..]) {
                found.push(Disagreement::VersionDiffers { version: name.clone(), what });
            }
        }
        if id_of(body, "version") != Some(version.id.0) || id_of(body, "declaration") != Some(version.declaration.0) {
            found.push(Disagreement::VersionDiffers { version: name.clone(), what: "mã bản ghi" });
        }
        if sha256(version.document.as_bytes())[..] != version.sealed_hash[..] {
            found.push(Disagreement::VersionDiffers { version: name.clone(), what: "bản niêm phong" });
        }
        if db.keys().can_open() {
            verify_document(db, actor, partition, version, found, &mut tags).await?;
        }
    }
    if db.keys().can_open() {
        let orphaned = db.read(actor, "verify.orphans", async |tx| store::orphaned_facts(tx, partition, &tags.iter().cloned().collect::<Vec<_>>()).await).await?;
        if orphaned > 0 {
            found.push(Disagreement::FactsOrphaned { count: orphaned });
        }
    }
    Ok(versions.len())
}

async fn verify_document(
    db: &Db,
    actor: &Actor,
    partition: PartitionId,
    version: &store::StoredVersion,
    found: &mut Vec<Disagreement>,
    tags: &mut HashSet<Vec<u8>>,
) -> Result<()> {
    let name = version.id.to_string();
    let tag = db.keys().tag(partition, "asset_fact", version.id.0.as_bytes())?.to_vec();
    tags.insert(tag.clone());
    // The auditor's own opening: on the console of the server, with the key file at hand, nothing shown.
    let text: String = match db.keys().open_cell(partition, version.id.0, &version.document) {
        Ok(text) if sha256(text.as_bytes())[..] == version.document_hash[..] => text,
        _ => {
            found.push(Disagreement::DocumentDiffers { version: name });
            return Ok(());
        }
    };
    let document: Value = serde_json::from_str(&text).context("a sealed document is JSON")?;
    let facts = declaration::projection::facts(&document["content"]);
    let hash = declaration::projection::facts_hash(&facts)?;
    let stored = db.read(actor, "verify.facts", async |tx| store::facts(tx, partition, &tag).await).await?;
    if hash[..] != version.facts_hash[..] || stored != facts {
        found.push(Disagreement::FactsDiffer { version: name });
    }
    Ok(())
}

async fn verify_receipts(db: &Db, actor: &Actor, partition: PartitionId, logged: &Logged, found: &mut Vec<Disagreement>) -> Result<()> {
    let receipts = db.read(actor, "verify.receipts", async |tx| store::receipts(tx, partition).await).await?;
    let mut said: BTreeMap<uuid::Uuid, [u8; 32]> =
        logged.named(&["declaration.received"]).filter_map(|(_, body)| Some((id_of(body, "receipt")?, hash_of(body, "receipt")?))).collect();
    let unsequenced = db.read(&Actor::SYSTEM, "verify.unsequenced", async |tx| store::waiting_count(tx, partition).await).await?;
    for receipt in receipts {
        let hash = declaration::receive::receipt_hash(receipt.received_on, receipt.hand_over_due_on, receipt.name.as_bytes(), receipt.position.as_bytes())?;
        match said.remove(&receipt.id.0) {
            Some(logged) if logged == hash => {}
            None if unsequenced > 0 => {}
            _ => found.push(Disagreement::ReceiptDiffers { declaration: receipt.declaration.to_string() }),
        }
    }
    for receipt in said.keys() {
        found.push(Disagreement::ReceiptDiffers { declaration: format!("(phiếu {receipt})") });
    }
    Ok(())
}

async fn verify_obligations(db: &Db, actor: &Actor, partition: PartitionId, logged: &Logged, found: &mut Vec<Disagreement>) -> Result<()> {
    let states = db.read(actor, "verify.obligations", async |tx| store::obligation_states(tx, partition).await).await?;
    let said: BTreeMap<uuid::Uuid, uuid::Uuid> = logged
        .named(&["declaration.submitted", "declaration.digitised"])
        .filter_map(|(_, body)| Some((id_of(body, "obligation")?, id_of(body, "declaration")?)))
        .collect();
    let waiting = db.read(&Actor::SYSTEM, "verify.unsequenced", async |tx| store::waiting_count(tx, partition).await).await?;
    for state in &states {
        let agrees = match (state.declaration, said.get(&state.id.0)) {
            (Some(declaration), Some(logged)) => declaration.0 == *logged,
            (None, None) => true,
            (Some(_), None) => waiting > 0,
            (None, Some(_)) => false,
        };
        if !agrees || state.received_on != state.receipt_on {
            found.push(Disagreement::ObligationDiffers { obligation: state.id.to_string() });
        }
    }
    let have: HashSet<_> = states.iter().map(|state| state.id.0).collect();
    for obligation in said.keys().filter(|o| !have.contains(*o)) {
        found.push(Disagreement::ObligationDiffers { obligation: obligation.to_string() });
    }
    Ok(())
}

async fn verify_files(db: &Db, files: &Files, actor: &Actor, partition: PartitionId, logged: &Logged, found: &mut Vec<Disagreement>) -> Result<usize> {
    let rows = db.read(actor, "verify.files", async |tx| store::files(tx, partition).await).await?;
    let said: BTreeMap<uuid::Uuid, &Value> = logged.by_id.values().filter_map(|body| Some((id_of(body, "file")?, body))).collect();
    for row in &rows {
        let name = row.id.to_string();
        let sealed_hash: [u8; 32] = row.sealed_sha256.as_slice().try_into().context("a hash is 32 bytes")?;
        let sealed = match files.get(&sealed_hash).await {
            Ok(sealed) => sealed,
            Err(_) => {
                found.push(Disagreement::FileDiffers { file: name, what: "không còn hoặc đã bị thay đổi trong kho" });
                continue;
            }
        };
        if db.keys().can_open() {
            match db.keys().open_file(partition, row.id.0, &sealed) {
                Ok(original) if sha256(&original)[..] == row.original_sha256[..] => {}
                _ => found.push(Disagreement::FileDiffers { file: name.clone(), what: "bản gốc mở ra khác với mã băm đã ghi" }),
            }
        }
        if let Some(original) = said.get(&row.id.0).and_then(|body| hash_of(body, "original"))
            && original[..] != row.original_sha256[..]
        {
            found.push(Disagreement::FileDiffers { file: name, what: "mã băm bản gốc khác với nhật ký" });
        }
    }
    let known: HashSet<_> = rows.iter().map(|row| row.id.0).collect();
    for file in said.keys().filter(|id| !known.contains(id)) {
        found.push(Disagreement::FileDiffers { file: file.to_string(), what: "có trong nhật ký nhưng không có trong cơ sở dữ liệu" });
    }
    Ok(rows.len())
}

/// Writes one partition's log as lines another machine can verify with the public key alone.
pub async fn export_command(config: Option<&Path>, args: ExportArgs) -> Result<ExitCode> {
    let config = configure(config, args.data)?;
    let database = Database::reach(&config).await?;
    let outcome = export(&config, &database, &args.partition, &args.out).await;
    database.leave()?;
    let leaves = outcome?;
    println!("Đã xuất {leaves} lá vào {}.", args.out.display());
    Ok(ExitCode::SUCCESS)
}

async fn export(config: &crate::kernel::config::Config, database: &Database, code: &str, out: &Path) -> Result<usize> {
    let keys = Arc::new(Keys::open_existing(&config.keys_folder(), &database.app_options()).await?);
    let db = Db::connect(database.app_options(), 2, Clock::system(), keys).await?;
    let partitions = db.read(&Actor::SYSTEM, "export.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    let partition = partitions.iter().find(|p| p.code == code).with_context(|| format!("không có phân vùng mã {code}"))?.id;
    let actor = Actor::system_in(partition);
    let mut file = std::io::BufWriter::new(std::fs::File::create(out).with_context(|| format!("tạo {}", out.display()))?);
    file.write_all(Record::header(&log_origin(&partition)).to_line()?.as_bytes())?;
    let checkpoints = db.read(&actor, "export.checkpoints", async |tx| store::checkpoints(tx, partition).await).await?;
    for note in checkpoints {
        file.write_all(Record::Checkpoint { note }.to_line()?.as_bytes())?;
    }
    let (mut from, mut count) = (0, 0);
    loop {
        let chunk: Vec<LoggedEvent> = db.read(&actor, "export.leaves", async |tx| store::leaves(tx, partition, from, CHUNK).await).await?;
        let Some(last) = chunk.last() else { break };
        from = last.leaf_index + 1;
        for row in &chunk {
            let (Some(nonce), Some(body)) = (&row.nonce, &row.body) else { anyhow::bail!("lá {} không còn sự kiện; chạy verify-log", row.leaf_index) };
            let leaf = ledger::Leaf {
                index: u64::try_from(row.leaf_index)?,
                leaf_hash: ledger::Hash(row.leaf_hash.as_slice().try_into()?),
                nonce: nonce.as_slice().try_into()?,
                event: body.clone(),
            };
            file.write_all(Record::Leaf(leaf).to_line()?.as_bytes())?;
            count += 1;
        }
    }
    file.into_inner()?.sync_all()?;
    db.close().await;
    Ok(count)
}
