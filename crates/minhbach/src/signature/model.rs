//! What can be signed, the copy handed out, and a signature.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sign::Report;

use crate::cells;
use crate::kernel::id::{AccountId, FileId, OrganisationId, PartitionId, PersonId, SignatureId, SigningCopyId};
use crate::kernel::keys::Sealed;

cells! {
    /// Whom the certificate names.
    CertificateCell = "signature"."certificate_sealed" -> CertificateFacts;
    /// The judgement, check by check.
    ReportCell = "signature"."report_sealed" -> Report;
    /// A time stamp, DER in base64.
    TokenCell = "signature_stamp"."token_sealed" -> String;
    /// Why a signature was withdrawn, or how it was decided.
    ActReason = "signature_act"."reason_sealed" -> String;
    /// Its judgement.
    StampReportCell = "signature_stamp"."report_sealed" -> Report;
    /// A detached signature over the document, DER in base64.
    CmsCell = "signature_data"."cms_sealed" -> String;
    /// Its judgement.
    DataReportCell = "signature_data"."report_sealed" -> Report;
}

/// Whom a certificate names, as it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFacts {
    pub name: String,
    pub subject: String,
    pub issuer: String,
    /// Hex.
    pub serial: String,
    /// The certificate itself, DER in base64.
    pub der: String,
}

/// Which act is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Subject {
    /// A version of a declaration: by its declarant, and by who received it for the unit.
    Declaration,
    /// The record of a batch handed over: by the unit, then by the agency.
    HandOver,
    /// The minutes of a publication: by the head of the unit (or who chaired) and the trade union's representative.
    Minutes,
}

impl Subject {
    pub fn word(self) -> &'static str {
        match self {
            Subject::Declaration => "DECLARATION",
            Subject::HandOver => "HAND_OVER",
            Subject::Minutes => "MINUTES",
        }
    }

    /// Whose signatures it takes, in the order of the paper.
    pub fn sides(self) -> [Side; 2] {
        match self {
            Subject::Declaration => [Side::Declarant, Side::Receiver],
            Subject::HandOver => [Side::Unit, Side::Agency],
            Subject::Minutes => [Side::Head, Side::Union],
        }
    }
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    Declarant,
    Receiver,
    Unit,
    Agency,
    Head,
    Union,
}

/// Whose account puts a side's signature on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    Person,
    Unit,
    Agency,
}

impl Side {
    pub const ALL: [Side; 6] = [Side::Declarant, Side::Receiver, Side::Unit, Side::Agency, Side::Head, Side::Union];

    pub fn word(self) -> &'static str {
        match self {
            Side::Declarant => "DECLARANT",
            Side::Receiver => "RECEIVER",
            Side::Unit => "UNIT",
            Side::Agency => "AGENCY",
            Side::Head => "HEAD",
            Side::Union => "UNION",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Side::Declarant => "Người kê khai",
            Side::Receiver => "Người nhận bản kê khai",
            Side::Unit => "Bên giao",
            Side::Agency => "Bên nhận",
            Side::Head => "Người đứng đầu hoặc người chủ trì",
            Side::Union => "Đại diện công đoàn",
        }
    }

    /// How an address names it.
    pub fn slug(self) -> &'static str {
        match self {
            Side::Declarant => "nguoi-ke-khai",
            Side::Receiver => "nguoi-nhan",
            Side::Unit => "ben-giao",
            Side::Agency => "ben-nhan",
            Side::Head => "nguoi-dung-dau",
            Side::Union => "cong-doan",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.slug() == slug)
    }

    pub fn party(self) -> Party {
        match self {
            Side::Declarant => Party::Person,
            Side::Receiver | Side::Unit | Side::Head | Side::Union => Party::Unit,
            Side::Agency => Party::Agency,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Digital,
    Paper,
}

impl Channel {
    pub fn word(self) -> &'static str {
        match self {
            Channel::Digital => "DIGITAL",
            Channel::Paper => "PAPER",
        }
    }
}

/// What the judgement of a stored signature came to; one that failed a check is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    Valid,
    NotDecided,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Valid => "VALID",
            Verdict::NotDecided => "NOT_DECIDED",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Verdict::Valid => ("Chữ ký hợp lệ", "good"),
            Verdict::NotDecided => ("Có nội dung chưa kiểm tra được", "wait"),
        }
    }
}

/// The one thing that is signed, by whom, and whose it is as of the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signable {
    pub subject: Subject,
    pub side: Side,
    /// The version, or the batch.
    pub id: uuid::Uuid,
    /// The declaration, or the batch.
    pub root: uuid::Uuid,
    pub partition: PartitionId,
    pub unit: OrganisationId,
    pub person: Option<PersonId>,
    /// Not before: when it came on record.
    pub made_on: NaiveDate,
    /// Whether it can be signed with a key: a scan carries its signature on paper.
    pub takes_key: bool,
    /// What is to happen before this side signs, in a sentence; nothing when its turn has come.
    pub not_yet: Option<&'static str>,
    /// What is to happen before it is signed with a key: the bytes handed out stay the same from then on.
    pub key_not_yet: Option<&'static str>,
}

/// The bytes handed out.
#[derive(Debug, Clone)]
pub struct HandedOut {
    pub partition: PartitionId,
    pub id: SigningCopyId,
    pub unit: OrganisationId,
    pub person: Option<PersonId>,
    pub subject: Subject,
    pub subject_id: uuid::Uuid,
    pub root: uuid::Uuid,
    pub file: FileId,
    pub sealed_sha256: Vec<u8>,
    pub pdf_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

/// A signature, names still under seal.
#[derive(Debug, Clone)]
pub struct Signature {
    pub partition: PartitionId,
    pub id: SignatureId,
    pub unit: OrganisationId,
    pub person: Option<PersonId>,
    pub subject: Subject,
    pub subject_id: uuid::Uuid,
    pub root: uuid::Uuid,
    pub side: Side,
    pub channel: Channel,
    pub copy: Option<SigningCopyId>,
    pub file: Option<FileId>,
    pub verdict: Option<Verdict>,
    pub signed_at: Option<DateTime<Utc>>,
    pub value_hash: Option<Vec<u8>>,
    pub certificate: Option<Sealed<CertificateCell>>,
    pub report: Option<Sealed<ReportCell>>,
    pub paper_on: Option<NaiveDate>,
    /// The ended signature in whose place it stands.
    pub follows: Option<SignatureId>,
    /// The other side's signature over whose file it was made.
    pub over: Option<SignatureId>,
    /// Which shape the record's hash has: 1 or 2.
    pub record_version: i16,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

impl Signature {
    /// Of a declaration, by its declarant, with a key: what a detached signature can stand beside.
    pub fn is_of_declarant_with_key(&self) -> bool {
        (self.subject, self.side, self.channel) == (Subject::Declaration, Side::Declarant, Channel::Digital)
    }
}

/// What came of a signature after it was put on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActKind {
    Withdrawn,
    Accepted,
    Refused,
}

impl ActKind {
    pub fn word(self) -> &'static str {
        match self {
            ActKind::Withdrawn => "WITHDRAWN",
            ActKind::Accepted => "ACCEPTED",
            ActKind::Refused => "REFUSED",
        }
    }

    /// The signature stands no more.
    pub fn ends(self) -> bool {
        self != ActKind::Accepted
    }

    /// The event of the act.
    pub fn event(self) -> &'static str {
        match self {
            ActKind::Withdrawn => "signature.withdrawn",
            ActKind::Accepted => "signature.accepted",
            ActKind::Refused => "signature.turned_down",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            ActKind::Withdrawn => ("Đã rút", "wrong"),
            ActKind::Accepted => ("Được chấp nhận sau khi đối chiếu", "good"),
            ActKind::Refused => ("Không được chấp nhận", "wrong"),
        }
    }
}

/// An act on a signature, its reason under seal.
#[derive(Debug, Clone)]
pub struct SignatureAct {
    pub signature: SignatureId,
    pub act: ActKind,
    pub reason: Sealed<ActReason>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

/// A signature with what came of it.
#[derive(Debug, Clone)]
pub struct Followed {
    pub signature: Signature,
    pub acts: Vec<SignatureAct>,
    /// The detached signature beside it.
    pub data: Option<DataSignature>,
}

impl Followed {
    /// Neither withdrawn nor refused.
    pub fn stands(&self) -> bool {
        !self.acts.iter().any(|one| one.act.ends())
    }

    /// Something of it could not be checked, and nobody has decided yet. Of the detached one beside it nothing else is open.
    pub fn waits_for_decision(&self) -> bool {
        self.signature.verdict == Some(Verdict::NotDecided) && self.acts.is_empty()
    }
}

/// A detached signature over the document, beside the one in the file.
#[derive(Debug, Clone)]
pub struct DataSignature {
    pub signature: SignatureId,
    /// SHA-256 of the document it is over.
    pub document_hash: Vec<u8>,
    pub verdict: Verdict,
    pub value_hash: Vec<u8>,
    pub cms: Sealed<CmsCell>,
    pub report: Sealed<DataReportCell>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

/// Which signature a time stamp is over: the one in the file, or the detached one beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Beside {
    #[default]
    File,
    Data,
}

impl Beside {
    pub fn word(self) -> &'static str {
        match self {
            Beside::File => "FILE",
            Beside::Data => "DATA",
        }
    }

    /// The event of a stamp put beside it.
    pub fn event(self) -> &'static str {
        match self {
            Beside::File => "signature.stamped",
            Beside::Data => "signature.data_stamped",
        }
    }
}

/// A time stamp over a signature's value.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub signature: SignatureId,
    pub beside: Beside,
    pub stamped_at: DateTime<Utc>,
    pub token: Sealed<TokenCell>,
    pub report: Sealed<StampReportCell>,
    pub record_hash: Vec<u8>,
}
