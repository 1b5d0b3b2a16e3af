//! What the log keeps of a signature: one hash over its facts. What is under seal goes in by the hash of its sealed bytes.
use serde_json::json;

use super::model::{Beside, DataSignature, Signature, SignatureAct, Stamp};
use crate::kernel::Result;
use crate::kernel::event::day_number;
use crate::kernel::files::{canonical_hash, sha256};

impl Signature {
    /// The hash of everything the row says; of the first shape without when and by whom it was put down.
    pub fn hash(&self) -> Result<[u8; 32]> {
        let mut facts = json!({
            "signature": self.id,
            "unit": self.unit,
            "person": self.person,
            "subject": self.subject.word(),
            "subject_id": self.subject_id,
            "root": self.root,
            "side": self.side.word(),
            "channel": self.channel.word(),
            "copy": self.copy,
            "file": self.file,
            "verdict": self.verdict.map(super::model::Verdict::word),
            "signed_at": self.signed_at.map(|at| at.timestamp()),
            "value": self.value_hash.as_ref().map(hex::encode),
            "certificate_sealed": self.certificate.as_ref().map(|cell| hex::encode(sha256(cell.as_bytes()))),
            "report_sealed": self.report.as_ref().map(|cell| hex::encode(sha256(cell.as_bytes()))),
            "paper_on": self.paper_on.map(day_number),
        });
        if self.record_version > 1 {
            facts["v"] = json!(self.record_version);
            facts["follows"] = json!(self.follows);
            facts["over"] = json!(self.over);
            facts["created_at"] = json!(self.created_at.timestamp_micros());
            facts["created_by"] = json!(self.created_by);
        }
        canonical_hash(&facts)
    }
}

impl SignatureAct {
    /// The hash of everything the row says.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "signature": self.signature,
            "act": self.act.word(),
            "reason_sealed": hex::encode(sha256(self.reason.as_bytes())),
            "created_at": self.created_at.timestamp_micros(),
            "created_by": self.created_by,
        }))
    }
}

impl DataSignature {
    /// The hash of everything the row says.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "signature": self.signature,
            "document": hex::encode(&self.document_hash),
            "verdict": self.verdict.word(),
            "value": hex::encode(&self.value_hash),
            "cms_sealed": hex::encode(sha256(self.cms.as_bytes())),
            "report_sealed": hex::encode(sha256(self.report.as_bytes())),
            "created_at": self.created_at.timestamp_micros(),
            "created_by": self.created_by,
        }))
    }
}

impl Stamp {
    /// The hash of everything the row says.
    pub fn hash(&self) -> Result<[u8; 32]> {
        let mut facts = json!({
            "signature": self.signature,
            "stamped_at": self.stamped_at.timestamp(),
            "token_sealed": hex::encode(sha256(self.token.as_bytes())),
            "report_sealed": hex::encode(sha256(self.report.as_bytes())),
        });
        if self.beside == Beside::Data {
            facts["beside"] = json!(self.beside.word());
        }
        canonical_hash(&facts)
    }
}
