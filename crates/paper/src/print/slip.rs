//! "Phiếu xác nhận đã gửi bản kê khai": what the system hands the declarant at once. It is not the receipt, which is a
//! signed and dated act of the employing unit (note 1 of Phụ lục I, Nghị định 130/2020/NĐ-CP).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::engine::{Job, print};
use super::words::{day_long, groups, hash_groups, instant_long};
use super::{Fonts, PrintError};

/// Longest line of the checkpoint block, in characters of the slip's small type.
const NOTE_WIDTH: usize = 88;
/// Longest line of a key or signature beside its label.
const VALUE_WIDTH: usize = 68;

/// One submission, as the slip states it.
#[derive(Debug, Clone)]
pub struct SlipData {
    /// Number of the slip, shown to quote.
    pub reference: String,
    /// Superior of the unit, first line of the letterhead.
    pub superior_name: Option<String>,
    pub unit_name: String,
    pub full_name: String,
    /// "Bản kê khai tài sản, thu nhập hằng năm".
    pub kind_label: String,
    /// "Năm 2025".
    pub period: String,
    /// Version of the record, from 1.
    pub version: u32,
    /// When the submission was fully received; the date of the slip.
    pub received_at: DateTime<Utc>,
    /// SHA-256 of the canonical JSON document (RFC 8785).
    pub document_sha256: [u8; 32],
    pub promise: Promise,
    /// `None` until the first checkpoint that covers the submission.
    pub inclusion: Option<Inclusion>,
    /// Check and hand-over by the unit (article 38, clause 3, Luật Phòng, chống tham nhũng 2018), from the rule set.
    pub hand_over: StatutoryPeriod,
    /// Completing or declaring anew on demand (article 38, clause 2), from the rule set.
    pub redeclare: StatutoryPeriod,
    /// Command that checks this slip against the log, without the system.
    pub verify_command: String,
    /// Address of the system, where the slip can be fetched again.
    pub address: String,
}

/// A period of the law in force for this declaration.
#[derive(Debug, Clone, Serialize)]
pub struct StatutoryPeriod {
    pub days: u32,
    /// "khoản 3 Điều 38 Luật Phòng, chống tham nhũng năm 2018".
    pub basis: String,
}

/// The log's signed promise to include the submission before a deadline.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Origin line of the log.
    pub origin: String,
    pub leaf_hash: [u8; 32],
    pub promised_at: DateTime<Utc>,
    /// The leaf is in a published tree before this instant.
    pub deadline: DateTime<Utc>,
    /// Public key of the log as a C2SP verifier key (`name+hash+base64`).
    pub verifier_key: String,
    /// Ed25519 signature.
    pub signature: Vec<u8>,
}

/// Place of the submission in the log and the proof of it (RFC 9162, section 2.1.3).
#[derive(Debug, Clone)]
pub struct Inclusion {
    /// From 0.
    pub leaf_index: u64,
    pub tree_size: u64,
    pub root: [u8; 32],
    /// Signed checkpoint (C2SP tlog-checkpoint), as text.
    pub checkpoint: String,
    /// Sibling hashes from the leaf to the root.
    pub proof: Vec<[u8; 32]>,
}

/// Prints the slip: A4, one page.
///
/// # Errors
/// [`PrintError`] when the template or the date is at fault.
pub fn slip_pdf(fonts: &Fonts, slip: &SlipData) -> Result<Vec<u8>, PrintError> {
    let ident = format!("slip {} {}", slip.reference, hex::encode(slip.document_sha256));
    let data = SlipText::new(slip);
    print(fonts, Job { template: include_str!("slip.typ"), data: &data, dated: slip.received_at, ident })
}

/// The slip as the template reads it: text only.
#[derive(Serialize)]
struct SlipText<'a> {
    reference: &'a str,
    superior_name: Option<&'a str>,
    unit_name: &'a str,
    day: String,
    full_name: &'a str,
    kind_label: &'a str,
    period: &'a str,
    version: u32,
    received_at: String,
    document_sha256: String,
    promise: PromiseText<'a>,
    inclusion: Option<InclusionText>,
    hand_over: &'a StatutoryPeriod,
    redeclare: &'a StatutoryPeriod,
    verify_command: &'a str,
    address: &'a str,
}

#[derive(Serialize)]
struct PromiseText<'a> {
    origin: &'a str,
    leaf_hash: String,
    promised_at: String,
    deadline: String,
    verifier_key: Vec<String>,
    signature: Vec<String>,
}

#[derive(Serialize)]
struct InclusionText {
    leaf_index: String,
    tree_size: String,
    root: String,
    checkpoint: Vec<String>,
    proof: Vec<String>,
}

impl<'a> SlipText<'a> {
    fn new(slip: &'a SlipData) -> Self {
        Self {
            reference: &slip.reference,
            superior_name: slip.superior_name.as_deref(),
            unit_name: &slip.unit_name,
            day: day_long(slip.received_at),
            full_name: &slip.full_name,
            kind_label: &slip.kind_label,
            period: &slip.period,
            version: slip.version,
            received_at: instant_long(slip.received_at),
            document_sha256: hash_groups(&slip.document_sha256),
            promise: PromiseText::new(&slip.promise),
            inclusion: slip.inclusion.as_ref().map(InclusionText::new),
            hand_over: &slip.hand_over,
            redeclare: &slip.redeclare,
            verify_command: &slip.verify_command,
            address: &slip.address,
        }
    }
}

impl<'a> PromiseText<'a> {
    fn new(promise: &'a Promise) -> Self {
        Self {
            origin: &promise.origin,
            leaf_hash: hash_groups(&promise.leaf_hash),
            promised_at: instant_long(promise.promised_at),
            deadline: instant_long(promise.deadline),
            verifier_key: lines(&promise.verifier_key, VALUE_WIDTH),
            signature: lines(&STANDARD.encode(&promise.signature), VALUE_WIDTH),
        }
    }
}

impl InclusionText {
    fn new(inclusion: &Inclusion) -> Self {
        Self {
            leaf_index: inclusion.leaf_index.to_string(),
            tree_size: inclusion.tree_size.to_string(),
            root: hash_groups(&inclusion.root),
            checkpoint: inclusion.checkpoint.lines().flat_map(wrap).collect(),
            proof: inclusion.proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
        }
    }
}

/// A line of the note in pieces that fit the page; a continued piece starts with two spaces.
fn wrap(line: &str) -> Vec<String> {
    let mut pieces = lines(line, NOTE_WIDTH);
    pieces.iter_mut().skip(1).for_each(|piece| piece.insert_str(0, "  "));
    pieces
}

/// `text` in lines of at most `width` characters; an empty text is one empty line.
fn lines(text: &str, width: usize) -> Vec<String> {
    groups(text, width, "\n").split('\n').map(str::to_owned).collect()
}
