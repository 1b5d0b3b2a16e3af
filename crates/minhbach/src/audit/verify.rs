//! `verify-log` and `export-log`: is the log whole, and does every document, file and projection agree with its leaf?
mod asset;
mod custody;
mod inquiry;
mod older;
pub(super) mod once;
mod practice;
mod signature;

use std::collections::{BTreeMap, BTreeSet, HashSet};
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
use crate::account;
use crate::campaign::record::plan_hash;
use crate::cli::configure;
use crate::declaration;
use crate::declaration::correction::store as corrections;
use crate::declaration::model::Act;
use crate::disclosure::State;
use crate::kernel::files::{Files, sha256};
use crate::kernel::id::PartitionId;
use crate::kernel::keys::Keys;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, Clock, Db, Tx};
use crate::organisation;
use crate::person::oblige::RULE_SET;
use crate::person::{course, follow_up};
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
    /// A log someone holds a key or checkpoint of has no partition here.
    LogMissing { origin: String },
    /// A leaf whose event row is gone.
    EventMissing { leaf: u64 },
    /// An event whose columns, which people are shown, say something else than what was hashed.
    EventRelabelled { leaf: u64 },
    /// Papers the figures count as something else than they are.
    PapersMiscounted { count: i64 },
    /// An event that is neither in the log nor waiting for it.
    EventKeptOut { event: String },
    /// The log promised a place within a time and did not give it.
    PromiseBroken { event: String },
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
    /// Shortcomings, reasons or a demand that are not those recorded with the declaration.
    FindingsDiffer { declaration: String },
    /// Marks by which a version is compared with those of others that are not those recorded with it.
    MarksDiffer { version: String },
    /// Facts that belong to no version.
    FactsOrphaned { count: i64 },
    /// A file that is missing, changed, or not the one the log names.
    FileDiffers { file: String, what: &'static str },
    /// A receipt the log does not know, or one it knows and the table does not have.
    ReceiptDiffers { declaration: String },
    /// A demand to complete or declare again, or what came of it, that is not what the log says.
    DemandDiffers { demand: String },
    /// A correction that was proposed, or what was decided of it, that is not what the log says.
    CorrectionDiffers { correction: String },
    /// A hand-over, or what was taken of it, that is not what the log says.
    HandOverDiffers { hand_over: String },
    /// A publication, or how it ended, that is not what the log says.
    DisclosureDiffers { disclosure: String },
    /// A plan, a reminder, its delivery or a non-submission that is not what the log says.
    CampaignDiffers { what: &'static str, id: String },
    /// A file that passed between agencies, or how it ended, that is not what the log says.
    CustodyDiffers { custody: String },
    /// A signature, its time stamp or the copy it is over that is not what the log says.
    SignatureDiffers { signature: String },
    /// A request for information, a step of it or a file that came with one that is not what the log says.
    InquiryDiffers { inquiry: String },
    /// A partition or body that is for practice by its row and not by the log, or the other way.
    PracticeDiffers { id: String },
    /// An event that says anew what is said once of one thing.
    ToldTwice { event: String, name: String, id: String },
    /// A declaration on an older form that is not what the log says.
    OlderDiffers { older: String },
    /// A scan is on record as one on an older form and no record stands for it, or a record is of another scan.
    OlderScanDiffers { intake: String },
    /// What an officer stated of two assets is not what the log says.
    AssetStatementDiffers { statement: String },
    /// A copy of a declaration of another agency that is not what was taken, or not what that agency's log held.
    OriginalDiffers { original: String },
    /// Rows that let someone in and that the service did not write.
    AccessForged { table: &'static str, count: usize },
    /// An obligation that says it was declared by something the log does not know.
    ObligationDiffers { obligation: String },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogMissing { origin } => write!(f, "Nhật ký {origin} không còn phân vùng nào trong cơ sở dữ liệu."),
            Self::EventKeptOut { event } => {
                write!(f, "Sự kiện {event} không có trong nhật ký và không chờ vào nhật ký.")
            }
            Self::PromiseBroken { event } => write!(f, "Sự kiện {event}: quá hạn đã hứa mà chưa có chỗ trong nhật ký."),
            Self::EventRelabelled { leaf } => {
                write!(f, "Lá {leaf}: tên, thời điểm hoặc người liên quan của sự kiện khác với nội dung đã băm.")
            }
            Self::PapersMiscounted { count } => {
                write!(f, "Có {count} bản giấy được đếm khác với tình trạng thật của chúng.")
            }
            Self::EventMissing { leaf } => write!(f, "Lá {leaf}: sự kiện không còn trong cơ sở dữ liệu."),
            Self::VersionMissing { event, version } => {
                write!(f, "Bản ghi {version} có trong nhật ký (sự kiện {event}) nhưng không có trong cơ sở dữ liệu.")
            }
            Self::VersionDiffers { version, what } => write!(f, "Bản ghi {version}: {what} khác với nhật ký."),
            Self::VersionUnlogged { version } => write!(f, "Bản ghi {version} không có trong nhật ký."),
            Self::DocumentDiffers { version } => {
                write!(f, "Bản ghi {version}: văn bản niêm phong không mở được hoặc khác nội dung đã băm.")
            }
            Self::FactsDiffer { version } => write!(f, "Bản ghi {version}: số liệu thống kê khác với văn bản."),
            Self::FindingsDiffer { declaration } => write!(
                f,
                "Bản kê khai {declaration}: thiếu sót, lý do giải trình hoặc yêu cầu bổ sung khác với nhật ký."
            ),
            Self::MarksDiffer { version } => {
                write!(f, "Bản ghi {version}: dấu để so với bản của người khác khác với nhật ký.")
            }
            Self::FactsOrphaned { count } => write!(f, "Có {count} dòng số liệu thống kê không thuộc bản ghi nào."),
            Self::FileDiffers { file, what } => write!(f, "Tệp {file}: {what}."),
            Self::ReceiptDiffers { declaration } => {
                write!(f, "Việc tiếp nhận bản kê khai {declaration} khác với nhật ký.")
            }
            Self::DemandDiffers { demand } => write!(f, "Yêu cầu hoàn thiện {demand} khác với nhật ký."),
            Self::CorrectionDiffers { correction } => write!(f, "Đề nghị sửa đổi {correction} khác với nhật ký."),
            Self::HandOverDiffers { hand_over } => write!(f, "Biên bản bàn giao {hand_over} khác với nhật ký."),
            Self::DisclosureDiffers { disclosure } => write!(f, "Lần công khai {disclosure} khác với nhật ký."),
            Self::CampaignDiffers { what, id } => write!(f, "{what} {id} khác với nhật ký."),
            Self::CustodyDiffers { custody } => write!(f, "Lần chuyển hồ sơ {custody} khác với nhật ký."),
            Self::InquiryDiffers { inquiry } => {
                write!(f, "Yêu cầu cung cấp thông tin {inquiry} khác với nhật ký.")
            }
            Self::PracticeDiffers { id } => {
                write!(f, "Phân vùng hoặc đơn vị {id}: là thật hay để thực hành, cơ sở dữ liệu nói khác với nhật ký.")
            }
            Self::AssetStatementDiffers { statement } => {
                write!(f, "Ghi nhận về tài sản {statement} khác với nhật ký.")
            }
            Self::ToldTwice { event, name, id } => {
                write!(f, "Sự kiện {event} ({name}) ghi lần thứ hai về {id}, là điều chỉ được ghi một lần.")
            }
            Self::OlderScanDiffers { intake } => {
                write!(f, "Bản quét {intake}: tình trạng theo mẫu cũ khác với nhật ký.")
            }
            Self::OlderDiffers { older } => write!(f, "Bản kê khai theo mẫu cũ {older} khác với nhật ký."),
            Self::SignatureDiffers { signature } => write!(f, "Chữ ký {signature} khác với nhật ký."),
            Self::OriginalDiffers { original } => {
                write!(f, "Bản sao chuyển đến {original} khác với bản đã nhận hoặc với nhật ký nơi có bản gốc.")
            }
            Self::AccessForged { table, count } => write!(
                f,
                "Bảng {table}: {count} dòng cho phép đăng nhập không do hệ thống ghi (thiếu hoặc sai mã xác thực)."
            ),
            Self::ObligationDiffers { obligation } => {
                write!(f, "Nghĩa vụ {obligation}: tình trạng kê khai, tiếp nhận khác với nhật ký.")
            }
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
    /// Copies from logs no trusted key is given of.
    pub unproved: usize,
    pub versions: usize,
    /// The names in the store of the partition's files.
    pub files: BTreeSet<[u8; 32]>,
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
        writeln!(f, "Đã đối chiếu: {} bản ghi, {} tệp", self.versions, self.files.len())?;
        self.disagreements.iter().try_for_each(|d| writeln!(f, "Sai lệch: {d}"))?;
        if self.waiting > 0 {
            writeln!(f, "Chưa chứng minh được: {} sự kiện đang chờ chỗ trong nhật ký.", self.waiting)?;
        }
        if self.unproved > 0 {
            writeln!(
                f,
                "Chưa chứng minh được: {} bản sao chuyển đến, vì không có khóa công khai của nhật ký nơi có bản gốc.",
                self.unproved
            )?;
        }
        if !self.opened {
            writeln!(
                f,
                "Chưa chứng minh được: không có tệp khóa nên văn bản không được mở; chỉ đối chiếu mã băm của bản niêm phong."
            )?;
        }
        Ok(())
    }
}

/// Signed checkpoints kept outside, by the log they belong to.
fn outside_checkpoints(file: Option<&Path>) -> Result<BTreeMap<String, Vec<String>>> {
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
    let mut by_origin: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for note in notes {
        // A blank line may part two notes; a note itself ends with its last signature line.
        by_origin.entry(origin(&note)).or_default().push(format!("{}\n", note.trim_end()));
    }
    Ok(by_origin)
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
    let (verdicts, unnamed) = outcome?;
    let mut whole = true;
    for verdict in verdicts {
        println!("{verdict}");
        whole &= verdict.is_whole();
    }
    if unnamed > 0 {
        println!(
            "Kho có {unnamed} tệp niêm phong không bản ghi nào nhắc tới: phần còn lại của lần tải lên bị cắt ngang trước khi được xác nhận."
        );
    }
    println!(
        "{}",
        if whole {
            "KẾT LUẬN: nhật ký, văn bản, tệp và số liệu khớp nhau."
        } else {
            "KẾT LUẬN: có sai lệch, xem các dòng trên."
        }
    );
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify_export(export: &Path, keys: &[VerifierKey], since: &BTreeMap<String, Vec<String>>) -> Result<ExitCode> {
    let open = || -> Result<_> {
        Ok(std::io::BufReader::new(std::fs::File::open(export).with_context(|| format!("đọc {}", export.display()))?))
    };
    let mut first = String::new();
    open()?.read_line(&mut first)?;
    let origin = match serde_json::from_str(&first) {
        Ok(Record::Header { origin, .. }) => origin,
        _ => anyhow::bail!("tệp {} không phải tệp xuất nhật ký", export.display()),
    };
    let since: Vec<&str> = since.get(&origin).into_iter().flatten().map(String::as_str).collect();
    let report = ledger::verify_export_since(open()?, &origin, keys, &since)?;
    println!("{report}");
    println!("Tệp xuất chỉ chứa nhật ký; văn bản và tệp được đối chiếu trên thư mục dữ liệu.");
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify_database(
    config: &crate::kernel::config::Config,
    database: &Database,
    trusted: &[VerifierKey],
    since: &BTreeMap<String, Vec<String>>,
) -> Result<(Vec<Verdict>, usize)> {
    let keys = Arc::new(Keys::open_existing(&config.keys_folder(), &database.app_options()).await?);
    let db = Db::connect(database.app_options(), 2, Clock::system(), keys).await?;
    let files = Files::local(&config.files_folder())?;
    let partitions =
        db.read(&Actor::SYSTEM, "verify.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    let installed = db.keys().verifiers();
    let mut verdicts = Vec::new();
    let mut unseen: BTreeSet<&str> =
        since.keys().map(String::as_str).chain(trusted.iter().map(VerifierKey::name)).collect();
    for partition in partitions {
        let origin = log_origin(&partition.id);
        unseen.remove(origin.as_str());
        let outside: Vec<&str> = since.get(&origin).into_iter().flatten().map(String::as_str).collect();
        // A world of practice is founded and begun anew at will: nobody keeps its key outside, so it is held against its own.
        // That it is one stands in its log, and in the row, and both are compared.
        let is_held = trusted.iter().any(|key| key.name() == origin);
        let keys = if partition.practice_of.is_some() && !is_held {
            println!("{}: {origin}, đối chiếu bằng khóa của chính hệ thống này.", partition.name);
            &installed
        } else {
            trusted
        };
        verdicts.push(verify_partition(&db, &files, partition.id, keys, &outside).await?);
    }
    db.close().await;
    let named: BTreeSet<_> = verdicts.iter().flat_map(|verdict| &verdict.files).collect();
    let unnamed = files.names().await?.iter().filter(|name| !named.contains(name)).count();
    // A log that someone holds a key or a checkpoint of, and whose partition is gone, is the greatest loss of all.
    for origin in unseen {
        verdicts.push(Verdict::of_missing_log(origin, trusted, since.get(origin)));
    }
    Ok((verdicts, unnamed))
}

/// Verifies one partition as it was at one moment: log, documents, projections, receipts, hand-overs, publications,
/// the campaign, files passed between agencies, signatures, requests for information, obligations, files.
pub async fn verify_partition(
    db: &Db,
    files: &Files,
    partition: PartitionId,
    trusted: &[VerifierKey],
    since: &[&str],
) -> Result<Verdict> {
    let actor = Actor::system_in(partition);
    let check = Check { partition, actor, files, trusted, since };
    Ok(db.snapshot(&actor, "verify.partition", async |tx| check.run(tx).await).await?)
}

impl Verdict {
    /// The verdict on a log of which only a key or a checkpoint outside is left.
    fn of_missing_log(origin: &str, trusted: &[VerifierKey], since: Option<&Vec<String>>) -> Self {
        let outside = since.into_iter().flatten().map(String::as_str);
        Self {
            log: LogVerifier::with_outside(origin, trusted, [], outside).finish(),
            disagreements: vec![Disagreement::LogMissing { origin: origin.to_owned() }],
            waiting: 0,
            unproved: 0,
            versions: 0,
            files: BTreeSet::new(),
            opened: false,
        }
    }
}

/// One partition's verification.
struct Check<'a> {
    partition: PartitionId,
    actor: Actor,
    files: &'a Files,
    trusted: &'a [VerifierKey],
    since: &'a [&'a str],
}

/// What was recorded, by event id: events in the log, and committed ones that wait for their leaf.
struct Logged {
    by_id: BTreeMap<uuid::Uuid, Value>,
    waiting: i64,
}

impl Logged {
    fn named<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a uuid::Uuid, &'a Value)> {
        self.by_id.iter().filter(move |(_, body)| body["event"].as_str().is_some_and(|name| names.contains(&name)))
    }
}

/// A first version; a further one.
const FILED: [&str; 2] = ["declaration.submitted", "declaration.digitised"];
const REVISED: &str = "declaration.revised";
const CORRECTED: &str = "declaration.corrected";
const RECEIVED: &str = "declaration.received";

/// What is told of an obligation before it is fulfilled.
const COURSE: [&str; 5] =
    ["obligation.added", "obligation.redated", "obligation.ended", "obligation.reopened", "obligation.taken_back"];

/// An obligation as its events leave it.
#[derive(Default)]
struct Course<'b> {
    added: Option<&'b Value>,
    /// As a number: 20251231. Unknown of obligations added before their events said it; so are year and rule set.
    due_on: Option<i64>,
    year: Option<i64>,
    /// The rule set's hash, until a declaration stands for it: then it is that of the version.
    rule_set: Option<[u8; 32]>,
    /// The last day told on which it ended.
    ended_on: Option<i64>,
    has_ended: bool,
    is_taken_back: bool,
    /// How far it is, since it was added.
    state: Option<course::State>,
    /// Something was told of it that could not be done then.
    is_unlawful: bool,
}

impl<'b> Course<'b> {
    fn go_on(&mut self, body: &'b Value) {
        let event = body["event"].as_str().unwrap_or_default();
        self.has_ended = matches!(event, "obligation.ended" | "obligation.taken_back");
        self.is_taken_back |= event == "obligation.taken_back";
        self.due_on = body["counts"]["due_on"].as_i64().filter(|day| *day != 0).or(self.due_on);
        self.year = body["counts"]["year"].as_i64().or(self.year);
        self.rule_set = hash_of(body, RULE_SET).or(self.rule_set);
        self.ended_on = body["counts"]["ended_on"].as_i64();
        if event == "obligation.added" {
            self.added = Some(body);
            // What had ended was told as added when its year was opened again, before that was told as reopened.
            self.is_unlawful |= !matches!(self.state, None | Some(course::State::Ended));
            self.state = Some(course::State::Open);
        } else {
            self.step(event);
        }
    }

    /// Goes one step on by what an event tells.
    fn step(&mut self, event: &str) {
        let Some(state) = self.state else { return };
        match state.after(event) {
            Some(next) => self.state = Some(next),
            None => self.is_unlawful = true,
        }
    }

    fn is_of(&self, state: &store::ObligationState) -> bool {
        // One that nobody told of was put there past the service.
        let Some(added) = self.added else { return false };
        let is_open = matches!(self.state, Some(course::State::Open | course::State::Ended));
        let rule_set = self.rule_set.filter(|_| is_open);
        let has = |told: &Value, kept: Value| told.is_null() || *told == kept;
        let number = |day: chrono::NaiveDate| Value::from(crate::kernel::event::day_number(day));
        !self.is_unlawful
            && is_whose(added, Some(state.unit.0), Some(state.person.0))
            && self.year.is_none_or(|year| year == i64::from(state.year))
            && rule_set.is_none_or(|hash| hash == sha256(state.rule_set.as_bytes()))
            && self.ended_on.is_none_or(|day| state.ended_on.map(number) == Some(Value::from(day)))
            && self.state.is_none_or(|is| is.word() == state.state)
            && self.due_on.is_none_or(|due| number(state.due_on) == due)
            && (self.has_ended, self.is_taken_back) == (state.ended_on.is_some(), state.taken_back)
            && has(&added["words"]["kind"], state.kind.as_str().into())
            && has(&added["counts"]["nth"], state.nth.into())
            && added["words"]["occasion"].as_str() == state.occasion.as_deref()
            && has(&added["counts"]["occasion_on"], state.occasion_on.map_or(Value::Null, number))
    }
}

fn id_of(body: &Value, key: &str) -> Option<uuid::Uuid> {
    body["ids"][key].as_str()?.parse().ok()
}

fn hash_of(body: &Value, key: &str) -> Option<[u8; 32]> {
    hex::decode(body["hashes"][key].as_str()?).ok()?.try_into().ok()
}

/// Whether an event names just these: it is seen by who it names, and a row moved under another unit or person would be
/// hidden from its own.
fn is_whose(body: &Value, unit: Option<uuid::Uuid>, person: Option<uuid::Uuid>) -> bool {
    let named = |key: &str| body[key].as_str().and_then(|id| id.parse::<uuid::Uuid>().ok());
    (named("unit"), named("person")) == (unit, person)
}

/// Leaves read at a time.
const CHUNK: i64 = 5000;

impl Check<'_> {
    async fn run(&self, tx: &mut Tx) -> crate::kernel::Result<Verdict> {
        let mut found = Vec::new();
        let (log, logged) = self.leaves(tx, &mut found).await?;
        let versions = self.versions(tx, &logged, &mut found).await?;
        self.receipts(tx, &logged, &mut found).await?;
        self.demands(tx, &logged, &mut found).await?;
        self.corrections(tx, &logged, &mut found).await?;
        self.hand_overs(tx, &logged, &mut found).await?;
        self.campaign(tx, &logged, &mut found).await?;
        self.disclosures(tx, &logged, &mut found).await?;
        let unproved = self.custodies(tx, &logged, &mut found).await?;
        self.signatures(tx, &logged, &mut found).await?;
        self.inquiries(tx, &logged, &mut found).await?;
        self.told_once(&logged, &mut found);
        self.older(tx, &logged, &mut found).await?;
        self.assets(tx, &logged, &mut found).await?;
        self.practice(tx, &logged, &mut found).await?;
        self.obligations(tx, &logged, &mut found).await?;
        let files = self.files(tx, &logged, &mut found).await?;
        let miscounted = store::papers_miscounted(tx, self.partition).await?;
        if miscounted > 0 {
            found.push(Disagreement::PapersMiscounted { count: miscounted });
        }
        if self.partition == PartitionId::CENTRE && tx.keys().can_open() {
            tx.look_as(&Actor::SYSTEM).await?;
            for (table, count) in account::store::forged_rows(tx).await? {
                found.push(Disagreement::AccessForged { table, count });
            }
            tx.look_as(&self.actor).await?;
        }
        Ok(Verdict {
            log,
            disagreements: found,
            waiting: logged.waiting,
            unproved,
            versions,
            files,
            opened: tx.keys().can_open(),
        })
    }

    /// The log itself, events that were kept out of it, and promises not kept.
    async fn leaves(
        &self,
        tx: &mut Tx,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<(ledger::Report, Logged)> {
        let checkpoints = store::checkpoints(tx, self.partition).await?;
        let notes = checkpoints.iter().map(String::as_str);
        let mut verifier =
            LogVerifier::with_outside(&log_origin(&self.partition), self.trusted, notes, self.since.iter().copied());
        let mut logged = Logged { by_id: BTreeMap::new(), waiting: 0 };
        let mut from = 0;
        loop {
            let chunk: Vec<LoggedEvent> = store::leaves(tx, self.partition, from, CHUNK).await?;
            let Some(last) = chunk.last() else { break };
            from = last.leaf_index + 1;
            for row in &chunk {
                let index = u64::try_from(row.leaf_index).unwrap_or(0);
                let (Some(nonce), Some(body)) = (&row.nonce, &row.body) else {
                    found.push(Disagreement::EventMissing { leaf: index });
                    continue;
                };
                verifier.leaf(&ledger::Leaf {
                    index,
                    leaf_hash: ledger::Hash(bytes32(&row.leaf_hash)?),
                    nonce: bytes32(nonce)?,
                    event: body.clone(),
                });
                if let Ok(body) = serde_json::from_str::<Value>(body) {
                    if !row.says_what_was_hashed(&body) {
                        found.push(Disagreement::EventRelabelled { leaf: index });
                    }
                    logged.by_id.insert(row.event.0, body);
                }
            }
        }
        tx.look_as(&Actor::SYSTEM).await?;
        let unplaced = store::unplaced_events(tx, self.partition).await?;
        tx.look_as(&self.actor).await?;
        for event in unplaced {
            if !event.queued {
                found.push(Disagreement::EventKeptOut { event: event.id.to_string() });
            }
            logged.waiting += i64::from(event.queued);
            if let Ok(body) = serde_json::from_str::<Value>(&event.body) {
                logged.by_id.insert(event.id.0, body);
            }
        }
        for event in store::broken_promises(tx, self.partition).await? {
            found.push(Disagreement::PromiseBroken { event: event.to_string() });
        }
        Ok((verifier.finish(), logged))
    }

    async fn versions(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<usize> {
        let versions = store::versions(tx, self.partition).await?;
        let known: HashSet<uuid::Uuid> = versions.iter().map(|v| v.id.0).collect();
        let mut beside = store::findings(tx, self.partition).await?;
        let mut marks = store::marks(tx, self.partition).await?;
        for (event, body) in logged.named(&[FILED[0], FILED[1], REVISED, CORRECTED]) {
            let version = id_of(body, "version").unwrap_or_default();
            if !known.contains(&version) {
                found.push(Disagreement::VersionMissing { event: event.to_string(), version: version.to_string() });
            }
        }
        // By declaration and number: each but the first names the one before it.
        let by_number: BTreeMap<_, _> = versions.iter().map(|v| ((v.declaration, v.number), v)).collect();
        let mut replaced = store::facts_replaced(tx, self.partition).await?;
        let mut tags = Vec::new();
        for version in &versions {
            let name = version.id.to_string();
            let Some(body) = logged.by_id.get(&version.event.0) else {
                found.push(Disagreement::VersionUnlogged { version: name });
                continue;
            };
            let mut differs = |what| found.push(Disagreement::VersionDiffers { version: name.clone(), what });
            for (key, stored, what) in [
                ("document", &version.document_hash, "mã băm văn bản"),
                ("sealed", &version.sealed_hash, "mã băm bản niêm phong"),
                ("facts", &version.facts_hash, "mã băm số liệu thống kê"),
                ("form", &version.form_hash, "mã băm biểu mẫu"),
                ("rule_set", &version.rule_set_hash, "mã băm bộ quy tắc"),
            ] {
                if hash_of(body, key).as_ref().map(|h| &h[..]) != Some(&stored[..]) {
                    differs(what);
                }
            }
            if id_of(body, "version") != Some(version.id.0) || id_of(body, "declaration") != Some(version.declaration.0)
            {
                differs("mã bản ghi");
            }
            let said = |key: &str| body[key].as_str().map(str::to_owned);
            for (unit, person) in [(version.unit, version.person), (version.head_unit, version.head_person)] {
                if said("unit") != Some(unit.to_string()) || said("person") != Some(person.to_string()) {
                    differs("đơn vị hoặc người kê khai");
                }
            }
            let is_first = version.number == 1;
            let channel_differs = is_first && body["words"]["channel"] != version.channel.as_str();
            if body["words"]["kind"] != version.kind.as_str() || channel_differs {
                differs("phương thức kê khai hoặc kênh");
            }
            let is_further = body["event"] == REVISED || body["event"] == CORRECTED;
            let is_corrected = (body["event"] == CORRECTED) == (version.act == Act::Correction);
            if !is_first && body["words"]["by"] != version.act.word() || is_further == is_first || !is_corrected {
                differs("việc tạo ra bản ghi");
            }
            if is_first && version.head_completed_on != version.completed_on {
                differs("ngày hoàn thành");
            }
            let before = by_number.get(&(version.declaration, version.number - 1));
            if id_of(body, "replaces") != before.map(|before| before.id.0)
                || version.previous_hash.as_ref() != before.map(|before| &before.document_hash)
                || (before.is_none() && !is_first)
            {
                differs("bản ghi trước đó");
            }
            if id_of(body, "obligation") != version.obligation.map(|o| o.0) {
                differs("nghĩa vụ kê khai");
            }
            if id_of(body, "file") != version.source_file.map(|f| f.0) {
                differs("tệp bản quét");
            }
            if sha256(version.document.as_bytes())[..] != version.sealed_hash[..] {
                differs("bản niêm phong");
            }
            let findings = beside.remove(&version.id.0).unwrap_or_default();
            // Declarations filed before findings were hashed have nothing to compare with.
            let is_hashed = !body["hashes"]["findings"].is_null();
            if is_hashed && hash_of(body, "findings") != Some(findings.hash()?) {
                found.push(Disagreement::FindingsDiffer { declaration: version.declaration.to_string() });
            }
            let marks = marks.remove(&version.id.0).unwrap_or_default();
            let (unit, person) = (version.unit.0, version.person.0);
            let is_theirs = marks.iter().all(|(of, _)| *of == (unit, person));
            let marks: Vec<_> = marks.into_iter().map(|(_, mark)| mark).collect();
            // Nor have those filed before there were marks; then there are none.
            let is_marked = !body["hashes"]["marks"].is_null();
            let is_said = match is_marked {
                true => hash_of(body, "marks") == Some(declaration::signals::marks_hash(&marks)?),
                false => marks.is_empty(),
            };
            if !is_said || !is_theirs {
                found.push(Disagreement::MarksDiffer { version: name.clone() });
            }
            if tx.keys().can_open() {
                let tag = tx.keys().tag(self.partition, "asset_fact", version.id.0.as_bytes())?.to_vec();
                self.document(tx, version, &tag, found).await?;
                let is_replaced = by_number.contains_key(&(version.declaration, version.number + 1));
                if replaced.remove(&tag) != is_replaced {
                    found.push(Disagreement::FactsDiffer { version: name });
                }
                tags.push(tag);
            }
        }
        // A foreign key holds findings to their version; what is left belongs to one the log does not know.
        for version in beside.keys() {
            found.push(Disagreement::FindingsDiffer { declaration: version.to_string() });
        }
        for version in marks.keys() {
            found.push(Disagreement::MarksDiffer { version: version.to_string() });
        }
        if tx.keys().can_open() {
            let orphaned = store::orphaned_facts(tx, self.partition, &tags).await?;
            let orphaned = orphaned + i64::try_from(replaced.len()).unwrap_or(i64::MAX);
            if orphaned > 0 {
                found.push(Disagreement::FactsOrphaned { count: orphaned });
            }
        }
        Ok(versions.len())
    }

    /// The auditor's own opening: on the console of the server, with the key file at hand, nothing shown.
    async fn document(
        &self,
        tx: &mut Tx,
        version: &store::StoredVersion,
        tag: &[u8],
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let name = version.id.to_string();
        let text: String = match tx.keys().open_cell(self.partition, version.id.0, &version.document) {
            Ok(text) if sha256(text.as_bytes())[..] == version.document_hash[..] => text,
            _ => {
                found.push(Disagreement::DocumentDiffers { version: name });
                return Ok(());
            }
        };
        let document: Value = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
        let facts = declaration::projection::facts(&document["content"]);
        let hash = declaration::projection::facts_hash(&facts)?;
        let stored = store::facts(tx, self.partition, tag).await?;
        if hash[..] != version.facts_hash[..] || stored != facts {
            found.push(Disagreement::FactsDiffer { version: name.clone() });
        }
        // A paper whose declarant left the date out has none in its document.
        let completed_on = document["content"]["completed_on"].as_str();
        if completed_on.is_some_and(|day| day != version.completed_on.to_string()) {
            found.push(Disagreement::VersionDiffers { version: name.clone(), what: "ngày hoàn thành" });
        }
        let previous = version.previous_hash.as_ref().map(hex::encode);
        if document["previous"].as_str() != previous.as_deref() || document["version"] != version.number {
            found.push(Disagreement::VersionDiffers { version: name, what: "bản ghi trước đó" });
        }
        Ok(())
    }

    async fn receipts(&self, tx: &mut Tx, logged: &Logged, found: &mut Vec<Disagreement>) -> crate::kernel::Result<()> {
        let mut said: BTreeMap<uuid::Uuid, ([u8; 32], uuid::Uuid, Option<uuid::Uuid>)> = logged
            .named(&[RECEIVED])
            .filter_map(|(_, body)| {
                let version = id_of(body, "version");
                Some((id_of(body, "receipt")?, (hash_of(body, "receipt")?, id_of(body, "declaration")?, version)))
            })
            .collect();
        for receipt in store::receipts(tx, self.partition).await? {
            let hash = declaration::receive::receipt_hash(
                receipt.received_on,
                receipt.hand_over_due_on,
                receipt.name.as_bytes(),
                receipt.position.as_bytes(),
            )?;
            // A receipt of before there were further versions does not name its own.
            let agrees = said.remove(&receipt.id.0).is_some_and(|(said_hash, declaration, version)| {
                (said_hash, declaration) == (hash, receipt.declaration.0)
                    && version.is_none_or(|version| version == receipt.version.0)
            });
            if !agrees {
                found.push(Disagreement::ReceiptDiffers { declaration: receipt.declaration.to_string() });
            }
        }
        for (_, declaration, _) in said.values() {
            found.push(Disagreement::ReceiptDiffers { declaration: declaration.to_string() });
        }
        Ok(())
    }

    /// Every demand as it was issued, and as the last event of its course left it.
    async fn demands(&self, tx: &mut Tx, logged: &Logged, found: &mut Vec<Disagreement>) -> crate::kernel::Result<()> {
        const COURSE: [&str; 3] = ["demand.reached", "demand.answered", "demand.withdrawn"];
        let said = |names: &[&str], hash: &str| -> BTreeMap<uuid::Uuid, Option<[u8; 32]>> {
            // In the order they happened: the last one stands.
            logged.named(names).filter_map(|(_, body)| Some((id_of(body, "demand")?, hash_of(body, hash)))).collect()
        };
        let (mut issued, mut course) = (said(&["demand.issued"], "demand"), said(&COURSE, "course"));
        let text = |body: &Value, key: &str| body[key].as_str().map(str::to_owned);
        let whose: BTreeMap<uuid::Uuid, (String, String)> = logged
            .named(&["demand.issued"])
            .filter_map(|(_, body)| Some((id_of(body, "demand")?, (text(body, "unit")?, text(body, "person")?))))
            .collect();
        // A further version is there only because it was demanded.
        let mut revised: BTreeMap<uuid::Uuid, uuid::Uuid> =
            logged.named(&[REVISED]).filter_map(|(id, body)| Some((id_of(body, "version")?, *id))).collect();
        for demand in store::demands(tx, self.partition).await? {
            let issue = demand.issue().hash()?;
            demand.answer.and_then(|version| revised.remove(&version.0));
            let is_issued = issued.remove(&demand.id.0) == Some(Some(issue)) && demand.issue_hash[..] == issue[..];
            // Whose it is stands in the event only.
            let is_whose = whose.get(&demand.id.0) == Some(&(demand.unit.to_string(), demand.person.to_string()));
            let is_course = match course.remove(&demand.id.0) {
                Some(said) => said == Some(demand.course_hash()?),
                None => demand.is_untouched(),
            };
            if !is_issued || !is_whose || !is_course {
                found.push(Disagreement::DemandDiffers { demand: demand.id.to_string() });
            }
        }
        for version in revised.keys() {
            found
                .push(Disagreement::VersionDiffers { version: version.to_string(), what: "việc tạo ra bản ghi" });
        }
        for demand in issued.keys().chain(course.keys()).collect::<BTreeSet<_>>() {
            found.push(Disagreement::DemandDiffers { demand: demand.to_string() });
        }
        Ok(())
    }

    /// Every correction as it was proposed, and as it was decided or withdrawn; a corrected version came of one that was decided.
    async fn corrections(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said = |names: &[&str], hash: &str| -> BTreeMap<uuid::Uuid, Option<[u8; 32]>> {
            let named = logged.named(names);
            named.filter_map(|(_, body)| Some((id_of(body, "correction")?, hash_of(body, hash)))).collect()
        };
        let mut proposed = said(&["correction.proposed"], "proposal");
        let mut course = said(&["correction.decided", "correction.withdrawn"], "course");
        // Whose it is stands in the event only.
        let whose: BTreeMap<uuid::Uuid, (Option<&str>, Option<&str>)> = logged
            .named(&["correction.proposed"])
            .filter_map(|(_, body)| {
                Some((id_of(body, "correction")?, (body["unit"].as_str(), body["person"].as_str())))
            })
            .collect();
        let mut corrected: BTreeMap<uuid::Uuid, Option<uuid::Uuid>> = logged
            .named(&[CORRECTED])
            .filter_map(|(_, body)| Some((id_of(body, "version")?, id_of(body, "correction"))))
            .collect();
        // Neither proposed nor decided after the day the law gives, as the log dates it.
        let day = |body: &Value| -> Option<chrono::NaiveDate> {
            let at = chrono::DateTime::parse_from_rfc3339(body["at"].as_str()?).ok()?;
            Some(crate::kernel::clock::date_in_vietnam(at.to_utc()))
        };
        let mut acted: BTreeMap<uuid::Uuid, chrono::NaiveDate> = BTreeMap::new();
        for (_, body) in logged.named(&["correction.proposed", "correction.decided"]) {
            if let (Some(id), Some(on)) = (id_of(body, "correction"), day(body)) {
                acted.entry(id).and_modify(|last| *last = on.max(*last)).or_insert(on);
            }
        }
        let misdated = store::corrections_misdated(tx, self.partition).await?;
        for one in corrections::list(tx, corrections::Which::default(), i64::MAX).await? {
            let (id, made) = (one.id.0, one.made().hash()?);
            let (unit, person) = (one.unit.to_string(), one.person.to_string());
            let is_made = proposed.remove(&id) == Some(Some(made)) && one.proposal_hash[..] == made[..];
            let is_whose = whose.get(&id) == Some(&(Some(unit.as_str()), Some(person.as_str())));
            let is_course = match course.remove(&id) {
                Some(said) => said == Some(one.course_hash()?),
                None => one.is_untouched(),
            };
            let is_result = one.result.is_none_or(|version| corrected.remove(&version.0) == Some(Some(id)));
            let is_in_time = !misdated.contains(&id) && acted.get(&id).is_none_or(|last| *last <= one.due_on);
            if !is_made || !is_whose || !is_course || !is_result || !is_in_time {
                found.push(Disagreement::CorrectionDiffers { correction: one.id.to_string() });
            }
        }
        for version in corrected.keys() {
            found
                .push(Disagreement::VersionDiffers { version: version.to_string(), what: "việc tạo ra bản ghi" });
        }
        for correction in proposed.keys().chain(course.keys()).collect::<BTreeSet<_>>() {
            found.push(Disagreement::CorrectionDiffers { correction: correction.to_string() });
        }
        Ok(())
    }

    /// Both sides of every record: as the unit handed over, and what the agency took.
    async fn hand_overs(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said = |name: &'static str| -> BTreeMap<uuid::Uuid, Option<[u8; 32]>> {
            let bodies = logged.by_id.values().filter(|body| body["event"] == name);
            bodies.filter_map(|body| Some((id_of(body, "hand_over")?, hash_of(body, "record")))).collect()
        };
        let (mut sent, mut taken) = (said("hand_over.sent"), said("hand_over.taken"));
        let mut items = store::hand_over_items(tx, self.partition).await?;
        for batch in store::hand_overs(tx, self.partition).await? {
            let (lines, verdicts) = items.remove(&batch.id).unwrap_or_default();
            let record = batch.sent_record(&lines).hash()?;
            let stored = sent.remove(&batch.id.0) == Some(Some(record)) && batch.sent_hash[..] == record[..];
            let end = match batch.taken_record(&verdicts) {
                Some(record) => Some(record.hash()?),
                // While it waits, nothing is said of its declarations either.
                None if verdicts.is_empty() => None,
                None => Some([0; 32]),
            };
            let is_whole = stored && taken.remove(&batch.id.0).flatten() == end;
            if !is_whole || batch.taken_hash.as_deref() != end.as_ref().map(|hash| &hash[..]) {
                found.push(Disagreement::HandOverDiffers { hand_over: batch.id.to_string() });
            }
        }
        for hand_over in sent.keys().chain(taken.keys()).collect::<BTreeSet<_>>() {
            found.push(Disagreement::HandOverDiffers { hand_over: hand_over.to_string() });
        }
        Ok(())
    }

    /// Plans, reminders, deliveries and non-submissions: each row is what its event hashed, and none is missing.
    async fn campaign(&self, tx: &mut Tx, logged: &Logged, found: &mut Vec<Disagreement>) -> crate::kernel::Result<()> {
        type Rows = Vec<(uuid::Uuid, [u8; 32], Vec<u8>)>;
        let plans = follow_up::plans(tx, &[self.partition], None).await?;
        let plans = plans.into_iter().map(|plan| Ok((plan.id.0, plan_hash(&plan)?, plan.record_hash)));
        let reminders = store::reminders(tx, self.partition).await?;
        let reminders = reminders.into_iter().map(|(row, stored)| Ok((row.id.0, row.hash()?, stored)));
        let deliveries = store::deliveries(tx, self.partition).await?;
        let deliveries = deliveries.into_iter().map(|(row, stored)| Ok((row.id, row.hash()?, stored)));
        let facts = store::non_submissions(tx, self.partition).await?;
        let facts = facts.into_iter().map(|(row, stored)| Ok((row.id, row.hash()?, stored)));
        let sets: [(&str, &str, &'static str, crate::kernel::Result<Rows>); 4] = [
            ("campaign.planned", "plan", "Kế hoạch đợt kê khai", plans.collect()),
            ("reminder.issued", "reminder", "Văn bản đôn đốc", reminders.collect()),
            ("reminder.delivered", "delivery", "Việc giao, gửi văn bản đôn đốc", deliveries.collect()),
            ("non_submission.recorded", "non_submission", "Việc không nộp sau 02 lần đôn đốc", facts.collect()),
        ];
        for (event, key, what, rows) in sets {
            let mut said: BTreeMap<uuid::Uuid, Option<[u8; 32]>> = logged
                .by_id
                .values()
                .filter(|body| body["event"] == event)
                .filter_map(|body| Some((id_of(body, key)?, hash_of(body, "record"))))
                .collect();
            let mut differs = |id: uuid::Uuid| found.push(Disagreement::CampaignDiffers { what, id: id.to_string() });
            for (id, hash, stored) in rows? {
                if said.remove(&id) != Some(Some(hash)) || stored[..] != hash[..] {
                    differs(id);
                }
            }
            said.keys().copied().for_each(differs);
        }
        Ok(())
    }

    /// How every publication began and how it ended.
    async fn disclosures(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said = |names: &'static [&'static str]| -> BTreeMap<uuid::Uuid, Option<[u8; 32]>> {
            logged
                .named(names)
                .filter_map(|(_, body)| Some((id_of(body, "disclosure")?, hash_of(body, "record"))))
                .collect()
        };
        let mut begun = said(&["disclosure.posted", "disclosure.meeting_held"]);
        let mut closed = said(&["disclosure.closed"]);
        let mut broken = said(&["disclosure.broken_off"]);
        let mut items = store::disclosure_items(tx, self.partition).await?;
        for disclosure in store::disclosures(tx, self.partition).await? {
            let id = disclosure.id;
            let published = items.remove(&id).unwrap_or_default();
            let agree = published.iter().all(|item| item.agrees);
            let lines: Vec<_> = published.into_iter().map(|item| item.line).collect();
            let start = disclosure.begun(&lines).map(|record| record.hash()).transpose()?;
            let end = disclosure.ended().map(|record| record.hash(id, &disclosure.begun_hash)).transpose()?;
            let (close, break_off) = match disclosure.state {
                State::Open => (None, None),
                State::Closed => (end, None),
                State::Broken => (None, end),
            };
            let as_begun = start.is_some_and(|start| disclosure.begun_hash[..] == start[..])
                && begun.remove(&id.0).flatten() == start;
            let as_ended = closed.remove(&id.0).flatten() == close && broken.remove(&id.0).flatten() == break_off;
            let end_kept = disclosure.end_hash.as_deref() == end.as_ref().map(|hash| &hash[..]);
            if !agree || !as_begun || !as_ended || !end_kept {
                found.push(Disagreement::DisclosureDiffers { disclosure: id.to_string() });
            }
        }
        for disclosure in begun.keys().chain(closed.keys()).chain(broken.keys()).collect::<BTreeSet<_>>() {
            found.push(Disagreement::DisclosureDiffers { disclosure: disclosure.to_string() });
        }
        Ok(())
    }

    async fn obligations(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<()> {
        let said: BTreeMap<uuid::Uuid, (uuid::Uuid, &str)> = logged
            .named(&FILED)
            .filter_map(|(_, body)| {
                Some((id_of(body, "obligation")?, (id_of(body, "declaration")?, body["words"]["channel"].as_str()?)))
            })
            .collect();
        let states = store::obligation_states(tx, self.partition).await?;
        let mut courses: BTreeMap<uuid::Uuid, Course<'_>> = BTreeMap::new();
        let mut of_declaration: BTreeMap<uuid::Uuid, uuid::Uuid> = BTreeMap::new();
        for body in logged.by_id.values() {
            let event = body["event"].as_str().unwrap_or_default();
            let declaration = id_of(body, "declaration");
            if COURSE.contains(&event) {
                if let Some(obligation) = id_of(body, "obligation") {
                    courses.entry(obligation).or_default().go_on(body);
                }
            } else if FILED.contains(&event) || [REVISED, CORRECTED, RECEIVED].contains(&event) {
                let obligation = id_of(body, "obligation").or_else(|| of_declaration.get(&declaration?).copied());
                if let Some(obligation) = obligation {
                    of_declaration.extend(declaration.map(|declaration| (declaration, obligation)));
                    courses.entry(obligation).or_default().step(event);
                }
            }
        }
        for state in &states {
            let have = state.declaration.zip(state.channel.as_deref()).map(|(d, channel)| (d.0, channel));
            let is_as_logged = courses.get(&state.id.0).is_some_and(|course| course.is_of(state));
            if have != said.get(&state.id.0).copied() || state.received_on != state.receipt_on || !is_as_logged {
                found.push(Disagreement::ObligationDiffers { obligation: state.id.to_string() });
            }
        }
        let have: HashSet<_> = states.iter().map(|state| state.id.0).collect();
        let added = logged.named(&["obligation.added"]).filter_map(|(_, body)| id_of(body, "obligation"));
        for obligation in said.keys().copied().chain(added).filter(|o| !have.contains(o)).collect::<BTreeSet<_>>() {
            found.push(Disagreement::ObligationDiffers { obligation: obligation.to_string() });
        }
        Ok(())
    }

    async fn files(
        &self,
        tx: &mut Tx,
        logged: &Logged,
        found: &mut Vec<Disagreement>,
    ) -> crate::kernel::Result<BTreeSet<[u8; 32]>> {
        let mut names = BTreeSet::new();
        let rows = store::files(tx, self.partition).await?;
        let said: BTreeMap<uuid::Uuid, &Value> = logged
            .named(&[
                "intake.received",
                "intake.page_stored",
                "workbook.received",
                "signature.handed_out",
                "signature.recorded",
                "inquiry.file_stored",
            ])
            .filter_map(|(_, body)| Some((id_of(body, "file")?, body)))
            .collect();
        for row in &rows {
            let mut differs = |what| found.push(Disagreement::FileDiffers { file: row.id.to_string(), what });
            match said.get(&row.id.0) {
                None => differs("không có trong nhật ký"),
                Some(body) => {
                    if hash_of(body, "original").as_ref().map(|h| &h[..]) != Some(&row.original_sha256[..]) {
                        differs("mã băm bản gốc khác với nhật ký");
                    }
                    if hash_of(body, "sealed").as_ref().map(|h| &h[..]) != Some(&row.sealed_sha256[..]) {
                        differs("mã băm bản niêm phong khác với nhật ký");
                    }
                }
            }
            names.insert(bytes32(&row.sealed_sha256)?);
            let Ok(sealed) = self.files.get(&bytes32(&row.sealed_sha256)?).await else {
                differs("không còn hoặc đã bị thay đổi trong kho");
                continue;
            };
            if tx.keys().can_open() {
                match tx.keys().open_file(self.partition, row.id.0, &sealed) {
                    Ok(original) if sha256(&original)[..] == row.original_sha256[..] => {}
                    _ => differs("bản gốc mở ra khác với mã băm đã ghi"),
                }
            }
        }
        let known: HashSet<_> = rows.iter().map(|row| row.id.0).collect();
        for file in said.keys().filter(|id| !known.contains(*id)) {
            found.push(Disagreement::FileDiffers {
                file: file.to_string(),
                what: "có trong nhật ký nhưng không có trong cơ sở dữ liệu",
            });
        }
        Ok(names)
    }
}

fn bytes32(bytes: &[u8]) -> crate::kernel::Result<[u8; 32]> {
    bytes.try_into().map_err(|_| crate::bug!("a hash of {} bytes", bytes.len()))
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
    let partitions =
        db.read(&Actor::SYSTEM, "export.partitions", async |tx| organisation::store::partitions(tx).await).await?;
    let partition =
        partitions.iter().find(|p| p.code == code).with_context(|| format!("không có phân vùng mã {code}"))?.id;
    let actor = Actor::system_in(partition);
    let mut file =
        std::io::BufWriter::new(std::fs::File::create(out).with_context(|| format!("tạo {}", out.display()))?);
    file.write_all(Record::header(&log_origin(&partition)).to_line()?.as_bytes())?;
    let checkpoints = db.read(&actor, "export.checkpoints", async |tx| store::checkpoints(tx, partition).await).await?;
    for note in checkpoints {
        file.write_all(Record::Checkpoint { note }.to_line()?.as_bytes())?;
    }
    let (mut from, mut count) = (0, 0);
    loop {
        let chunk: Vec<LoggedEvent> =
            db.read(&actor, "export.leaves", async |tx| store::leaves(tx, partition, from, CHUNK).await).await?;
        let Some(last) = chunk.last() else { break };
        from = last.leaf_index + 1;
        for row in &chunk {
            let (Some(nonce), Some(body)) = (&row.nonce, &row.body) else {
                anyhow::bail!("lá {} không còn sự kiện; chạy verify-log", row.leaf_index)
            };
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
