//! What the logs of both agencies keep of a file that passes: a hash over the record as it was sent, one over how it ended,
//! and, at the receiver, one over the copies. Texts go in by the hash of their sealed bytes.
use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::model::Transfer;
use crate::declaration::original::Original;
use crate::kernel::Result;
use crate::kernel::files::canonical_hash;
use crate::kernel::files::sha256;

fn sealed_hash(sealed: &[u8]) -> String {
    hex::encode(sha256(sealed))
}

impl Transfer {
    /// SHA-256 over the record as the sender made it.
    pub fn sent_record(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "custody": self.id,
            "from": self.partition,
            "to": self.to,
            "unit": self.unit,
            "person": self.person,
            "reason": self.reason.word(),
            "was_listed": self.was_listed,
            "sent_on": self.sent_on,
            "sent_by": self.created_by,
            "statement_sealed": sealed_hash(self.statement.as_bytes()),
            "declarations": self.declarations,
            "versions": self.versions,
            "declared": self.declared,
            "package": hex::encode(&self.package_hash),
        }))
    }

    /// SHA-256 over how it ended; none while it waits.
    pub fn end_record(&self) -> Result<Option<[u8; 32]>> {
        let Some(ended_on) = self.ended_on else { return Ok(None) };
        canonical_hash(&json!({
            "custody": self.id,
            "sent": hex::encode(&self.sent_hash),
            "state": self.state.word(),
            "ended_on": ended_on,
            "ended_by": self.ended_by,
            "unit": self.to_unit,
            "person": self.to_person,
            "answer_sealed": self.answer.as_ref().map(|answer| sealed_hash(answer.as_bytes())),
            "answer_own_sealed": self.own_answer.as_ref().map(|answer| sealed_hash(answer.as_bytes())),
        }))
        .map(Some)
    }
}

/// SHA-256 over the copies a file came to.
pub fn originals_hash(originals: &[Original]) -> Result<[u8; 32]> {
    let lines: BTreeMap<String, Value> = originals
        .iter()
        .map(|original| {
            let said = json!({
                "id": original.id,
                "unit": original.unit,
                "person": original.person,
                "origin": original.origin,
                "declaration": original.declaration,
                "number": original.number,
                "kind": original.kind.as_str(),
                "year": original.year,
                "completed_on": original.completed_on,
                "channel": original.channel,
                "act": original.act.word(),
                "rule_set": original.rule_set,
                "recorded_at": original.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
                "received_on": original.received_on,
                "document": hex::encode(&original.document_hash),
                "sealed": hex::encode(&original.sealed_hash),
                "evidence": sealed_hash(original.evidence.as_bytes()),
            });
            (original.version.to_string(), said)
        })
        .collect();
    canonical_hash(&json!({ "originals": lines }))
}
