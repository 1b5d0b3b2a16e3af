//! The record: one canonical JSON document, hashed, sealed, chained, with its projections, in one transaction.
use anyhow::Context as _;
use chrono::{NaiveDate, SecondsFormat};
use form::{Kind, LawBook, RuleSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::asset::{Became, Held};
use super::carry::Source;
use super::findings::NewFindings;
use super::model::{Act, Channel, DocumentCell, Version};
use super::policy::{FileDeclaration, Filing};
use super::projection;
use super::signals;
use super::store::{self, NewDeclaration, NewVersion, Replaced};
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, FileId, VersionId};
use crate::kernel::keys::SignedPromise;
use crate::kernel::{Event, Permit, Recorded, Result, Tx};
use crate::law;
use crate::person;

/// Names the shape of the document, so that another program can read it in forty years.
pub const SCHEMA: &str = "minhbach-declaration/1";

/// What is to be recorded: a new declaration, or a further version of one.
pub struct NewRecord<'a> {
    pub kind: Kind,
    /// The year it is for: its obligation's when there is one.
    pub year: i16,
    pub completed_on: NaiveDate,
    pub channel: Channel,
    pub rules: &'a RuleSet,
    /// Where the rule set and its hashes stand, and what is marked to be compared with others.
    pub law: &'a LawBook,
    /// The declaration in the shape of the form's definition, NFC.
    pub content: Value,
    /// The scan it was read from: id and SHA-256 of the original.
    pub source: Option<(FileId, [u8; 32])>,
    /// Beside a supplementary declaration made here: what the family has since, as its declarant said of each asset.
    pub holdings: Option<Holdings>,
    /// What its declarant says became of the assets declared before.
    pub became: Vec<Became>,
    pub findings: NewFindings,
    /// The version in force of the declaration it is a further version of.
    pub replaces: Option<&'a Version>,
    /// How long the log may take to give the event its place.
    pub max_merge: chrono::TimeDelta,
}

/// All a family has after a supplementary declaration, which itself describes only what changed (Phụ lục II, note 6). It is
/// part of the hashed document and stands on no printed form; the next declaration begins with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdings {
    /// What had been declared before.
    pub since: Source,
    pub assets: Vec<Value>,
    /// Where each of them is declared; nothing where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub are: Vec<Option<Held>>,
}

/// What was recorded.
#[derive(Debug, Clone)]
pub struct Filed {
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub document_hash: [u8; 32],
    pub event: Recorded,
    pub promise: SignedPromise,
}

/// Records a declaration: document, hash, seal, projections, event and promise, or nothing at all. The obligation it is
/// for stands as declared from then on, and digitised, since both channels give data. A further version names the hash
/// of the one before it, which stays, and waits to be received again, unless it is an approved correction: the receipt
/// stands then. `None` when another declaration had fulfilled the
/// obligation meanwhile: the caller refuses, and nothing of this one stays.
pub async fn file(tx: &mut Tx, permit: &Permit<FileDeclaration, Filing>, new: NewRecord<'_>) -> Result<Option<Filed>> {
    let filing = permit.on();
    let declaration = new.replaces.map_or_else(DeclarationId::new, |before| before.declaration);
    let version = VersionId::new();
    let number = new.replaces.map_or(1, |before| before.version + 1);
    let act = match (new.channel, new.replaces) {
        _ if filing.correction.is_some() => Act::Correction,
        (Channel::Paper, _) => Act::Intake,
        (Channel::Online, None) => Act::Submit,
        (Channel::Online, Some(_)) => Act::Redeclare,
    };
    let form = new
        .rules
        .form_for(new.kind)
        .ok_or_else(|| crate::bug!("rule set {} has no form for {}", new.rules.id(), new.kind))?;
    let hashes = law::hashes(new.law, new.rules)?;
    let rule_set_hash = hashes.rule_set;
    let form_hash = hashes.form(&form.code).ok_or_else(|| crate::bug!("form {} was not loaded", form.code))?;
    let mut nonce = [0u8; 16];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| crate::bug!("no randomness from the system"))?;
    let facts = projection::facts(&new.content);
    let facts_hash = projection::facts_hash(&facts)?;
    let marks = signals::marks(tx, new.law, filing.partition, &new.content)?;
    let mut document = json!({
        "schema": SCHEMA,
        "partition": filing.partition,
        "declaration": declaration,
        "version": number,
        "person": filing.person,
        "unit": filing.unit,
        "channel": new.channel.word(),
        "rule_set": new.rules.id(),
        "rule_set_hash": hex::encode(rule_set_hash),
        "form_hash": hex::encode(form_hash),
        "previous": new.replaces.map(|before| hex::encode(&before.document_hash)),
        "source_sha256": new.source.map(|(_, hash)| hex::encode(hash)),
        "recorded_at": tx.now().to_rfc3339_opts(SecondsFormat::Micros, true),
        "nonce": hex::encode(nonce),
        "content": new.content,
    });
    if let Some(holdings) = &new.holdings {
        document["holdings"] = serde_json::to_value(holdings).context("holdings as JSON")?;
    }
    if !new.became.is_empty() {
        document["became"] = serde_json::to_value(&new.became).context("what became of the assets as JSON")?;
    }
    let canonical = ledger::jcs::canonical(&document).context("a declaration in canonical JSON")?;
    let document_hash = sha256(&canonical);
    let text = String::from_utf8(canonical).context("canonical JSON is UTF-8")?;
    let sealed = tx.keys().seal::<DocumentCell>(filing.partition, version.0, &text)?;
    let sealed_hash = sha256(sealed.as_bytes());

    let name = match (new.channel, new.replaces) {
        _ if filing.correction.is_some() => "declaration.corrected",
        (_, Some(_)) => "declaration.revised",
        (Channel::Online, None) => "declaration.submitted",
        (Channel::Paper, None) => "declaration.digitised",
    };
    let mut event = Event::new(name, filing.partition)
        .unit(filing.unit)
        .person(filing.person)
        .id("declaration", declaration)
        .id("version", version)
        .hash("document", document_hash)
        .hash("sealed", sealed_hash)
        .hash("facts", facts_hash)
        .hash("marks", signals::marks_hash(&marks)?)
        .hash("form", form_hash)
        .hash("rule_set", rule_set_hash)
        .word("kind", new.kind.as_str())
        .word("channel", new.channel.word());
    if let Some(before) = new.replaces {
        event = event.id("replaces", before.id).word("by", act.word());
    }
    if let Some(obligation) = filing.obligation {
        event = event.id("obligation", obligation);
    }
    if let Some(correction) = filing.correction {
        event = event.id("correction", correction);
    }
    if let Some((file, original)) = new.source {
        event = event.id("file", file).hash("original", original);
    }
    let findings = new.findings.seal(tx, filing.partition)?;
    // Events of one obligation have the order of what was done: nobody ends it between this event and its row.
    if let Some(obligation) = filing.obligation {
        person::store::lock_obligation(tx, filing.partition, obligation).await?;
    }
    let event = tx.record(event.hash("findings", findings.hash()?))?;
    let promise = tx.promise(&event, new.max_merge)?;

    let tag = |version: VersionId| tx.keys().tag(filing.partition, "asset_fact", version.0.as_bytes());
    let facts_tag = tag(version)?;
    let replaces = match new.replaces {
        Some(before) => Some(Replaced {
            version: before.version,
            document_hash: before.document_hash.clone(),
            facts_tag: tag(before.id)?,
        }),
        None => None,
    };
    let row = NewDeclaration {
        id: declaration,
        kind: new.kind,
        year: new.year,
        completed_on: new.completed_on,
        channel: new.channel,
        replaces,
        version: NewVersion {
            id: version,
            act,
            document_hash,
            sealed_hash,
            sealed,
            rule_set: new.rules.id(),
            rule_set_hash,
            form_hash,
            facts_hash,
            source_file: new.source.map(|(file, _)| file),
            event: event.id,
        },
        facts_tag,
        facts: &facts,
        marks: &marks,
        findings: &findings,
    };
    let was_open = store::insert_declaration(tx, permit, &row).await?;
    Ok(was_open.then_some(Filed { declaration, version, document_hash, event, promise }))
}
