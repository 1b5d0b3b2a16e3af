//! What can be signed, the copy handed out, and a signature.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sign::Report;

use crate::cells;
use crate::kernel::id::{FileId, OrganisationId, PartitionId, PersonId, SignatureId, SigningCopyId};
use crate::kernel::keys::Sealed;

cells! {
    /// Whom the certificate names.
    CertificateCell = "signature"."certificate_sealed" -> CertificateFacts;
    /// The judgement, check by check.
    ReportCell = "signature"."report_sealed" -> Report;
    /// A time stamp, DER in base64.
    TokenCell = "signature_stamp"."token_sealed" -> String;
    /// Its judgement.
    StampReportCell = "signature_stamp"."report_sealed" -> Report;
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
    /// A version of a declaration.
    Declaration,
    /// The unit's side of a batch handed over.
    HandOver,
}

impl Subject {
    pub fn word(self) -> &'static str {
        match self {
            Subject::Declaration => "DECLARATION",
            Subject::HandOver => "HAND_OVER",
        }
    }

    /// Whose signature it is in the act.
    pub fn side(self) -> Side {
        match self {
            Subject::Declaration => Side::Declarant,
            Subject::HandOver => Side::Unit,
        }
    }
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    Declarant,
    Unit,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Side::Declarant => "DECLARANT",
            Side::Unit => "UNIT",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Side::Declarant => "Người kê khai",
            Side::Unit => "Bên giao",
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

/// The one thing that is signed, and whose it is as of the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signable {
    pub subject: Subject,
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
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

/// A time stamp over a signature's value.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub signature: SignatureId,
    pub stamped_at: DateTime<Utc>,
    pub token: Sealed<TokenCell>,
    pub report: Sealed<StampReportCell>,
    pub record_hash: Vec<u8>,
}
