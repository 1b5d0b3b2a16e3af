//! What is recorded beside a declaration: shortcomings, reasons given for warnings, the proposed demand to complete.
//! One hash over all of it stands in the event that files the declaration, so that nobody can add, drop or change one
//! later.
use form::{Kind, RuleSet};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Findings, ProposedDemand, Shortcoming, ShortcomingReason};
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::PartitionId;
use crate::kernel::{Result, Tx};

/// A rule's finding to be recorded.
pub struct NewShortcoming {
    pub rule: String,
    /// B, W or I (law.md §12).
    pub severity: &'static str,
    pub path: String,
    /// What the declarant says to a warning.
    pub reason: Option<String>,
}

/// Everything found, and the rules a demand to complete (article 38.2) is proposed for; none: no demand.
#[derive(Default)]
pub struct NewFindings {
    pub shortcomings: Vec<NewShortcoming>,
    pub demanded: Vec<String>,
}

impl NewFindings {
    /// Gives every finding its id and puts the reasons under seal.
    pub fn seal(self, tx: &Tx, partition: PartitionId) -> Result<Findings> {
        let seal = |found: NewShortcoming| {
            let id = Uuid::now_v7();
            let reason = found.reason.map(|r| tx.keys().seal::<ShortcomingReason>(partition, id, &r)).transpose()?;
            Ok(Shortcoming { id, rule: found.rule, severity: found.severity.to_owned(), path: found.path, reason })
        };
        let shortcomings = self.shortcomings.into_iter().map(seal).collect::<Result<_>>()?;
        let demand = (!self.demanded.is_empty()).then(|| ProposedDemand { id: Uuid::now_v7(), rules: self.demanded });
        Ok(Findings { shortcomings, demand })
    }
}

/// A recorded finding as people read it: where, what the rule asks, by which article. Its own words are not kept; they would
/// repeat what the declarant wrote.
pub fn told(rules: &RuleSet, kind: Kind, content: &Value, found: &Shortcoming) -> String {
    let form = rules.form_for(kind);
    let field = form.and_then(|form| form.field(content, &found.path));
    let code = found.path.strip_prefix("assets[").map(|rest| rest.trim_end_matches(']'));
    let item = field.as_ref().and_then(|field| field.item).or_else(|| form?.item(code?));
    let place = match (form, item) {
        (Some(form), Some(item)) => format!("{} ({}): ", item.heading, form.place_of(item)),
        _ => String::new(),
    };
    let Some(rule) = rules.rule(&found.rule) else { return format!("{place}{}", found.rule) };
    format!("{place}{} ({})", rule.title, rules.cite(&rule.basis))
}

impl Findings {
    /// SHA-256 of the findings in canonical JSON, in the order of their ids; reasons by the hash of their sealed bytes,
    /// so that it can be checked without a key.
    pub fn hash(&self) -> Result<[u8; 32]> {
        let mut shortcomings: Vec<&Shortcoming> = self.shortcomings.iter().collect();
        shortcomings.sort_by_key(|s| s.id);
        let shortcomings: Vec<_> = shortcomings
            .into_iter()
            .map(|s| {
                let reason = s.reason.as_ref().map(|r| hex::encode(sha256(r.as_bytes())));
                json!({"id": s.id, "rule": s.rule, "severity": s.severity, "path": s.path, "reason_sealed": reason})
            })
            .collect();
        let demand = self.demand.as_ref().map(|d| json!({"id": d.id, "rules": d.rules}));
        canonical_hash(&json!({"shortcomings": shortcomings, "demand": demand}))
    }
}
