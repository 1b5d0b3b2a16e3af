//! What the log keeps: a hash over each request and each step. Texts and names go in by the hash of their sealed bytes, which
//! are random, so that it gives nobody a text to guess at.
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::model::{Attachment, Inquiry, Step};
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};

fn sealed_hash(sealed: &[u8]) -> String {
    hex::encode(sha256(sealed))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Inquiry {
    /// SHA-256 over the request as it was made; how far it is, is its steps'.
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "inquiry": self.id,
            "partition": self.partition,
            "asked": self.asked.word(),
            "unit": self.unit,
            "person": self.person,
            "subject": self.subject,
            "declaration": self.declaration,
            "after": self.after,
            "document_no": self.document_no,
            "issued_on": self.issued_on,
            "complex": self.complex,
            "rule_set": self.rule_set,
            "due_on": self.first_due_on,
            "signatory": self.signatory.word(),
            "statement_sealed": sealed_hash(self.statement.as_bytes()),
            "at": instant(self.created_at),
            "by": self.created_by,
        }))
    }
}

impl Step {
    /// SHA-256 over the step with its files, which are given in their order.
    pub fn hash(&self, files: &[Attachment]) -> Result<[u8; 32]> {
        let files: Vec<_> = files
            .iter()
            .map(|file| {
                json!({
                    "file": file.file,
                    "unit": file.unit,
                    "person": file.person,
                    "place": file.place,
                    "inquiry": file.inquiry,
                    "name_sealed": sealed_hash(file.name.as_bytes()),
                    "media_type": file.media_type,
                    "bytes": file.size,
                    "original": hex::encode(&file.original),
                    "sealed": hex::encode(&file.sealed),
                })
            })
            .collect();
        canonical_hash(&json!({
            "step": self.id,
            "inquiry": self.inquiry,
            "unit": self.unit,
            "person": self.person,
            "n": self.n,
            "kind": self.kind.word(),
            "from": self.from.map(crate::person::inquiry::State::word),
            "to": self.to.word(),
            "said_on": self.said_on,
            "due_on": self.due_on,
            "said_sealed": self.said.as_ref().map(|said| sealed_hash(said.as_bytes())),
            "files": files,
            "count": self.files,
            "at": instant(self.created_at),
            "by": self.created_by,
        }))
    }
}
