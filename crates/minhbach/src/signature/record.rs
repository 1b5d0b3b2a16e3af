//! What the log keeps of a signature: one hash over its facts. What is under seal goes in by the hash of its sealed bytes.
use serde_json::json;

use super::model::{Signature, Stamp};
use crate::kernel::Result;
use crate::kernel::event::day_number;
use crate::kernel::files::{canonical_hash, sha256};

impl Signature {
    /// The hash of everything the row says.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
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
        }))
    }
}

impl Stamp {
    /// The hash of everything the row says.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "signature": self.signature,
            "stamped_at": self.stamped_at.timestamp(),
            "token_sealed": hex::encode(sha256(self.token.as_bytes())),
            "report_sealed": hex::encode(sha256(self.report.as_bytes())),
        }))
    }
}
