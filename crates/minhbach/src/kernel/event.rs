//! What happened, in ids and hashes only. Every write leaves at least one event; the log's leaves are made from them.
use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::actor::Actor;
use super::error::Result;
use super::id::{ActId, EventId, OrganisationId, PartitionId, PersonId};

/// A day as the number its digits make.
pub fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// The day a [`day_number`] means.
pub fn day_of_number(number: i64) -> Option<NaiveDate> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// An event to be recorded with the transaction. Holds ids, hashes, enum words and counts: never text people wrote.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) name: &'static str,
    pub(super) partition: PartitionId,
    pub(super) unit: Option<OrganisationId>,
    pub(super) person: Option<PersonId>,
    ids: BTreeMap<&'static str, Uuid>,
    hashes: BTreeMap<&'static str, [u8; 32]>,
    words: BTreeMap<&'static str, &'static str>,
    counts: BTreeMap<&'static str, i64>,
}

impl Event {
    /// `name` is `noun.verb` in the past tense, e.g. `declaration.submitted`.
    pub fn new(name: &'static str, partition: PartitionId) -> Self {
        Self {
            name,
            partition,
            unit: None,
            person: None,
            ids: BTreeMap::new(),
            hashes: BTreeMap::new(),
            words: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    pub fn unit(mut self, unit: OrganisationId) -> Self {
        self.unit = Some(unit);
        self
    }

    pub fn person(mut self, person: PersonId) -> Self {
        self.person = Some(person);
        self
    }

    /// The person whose act or record it is, where it has one.
    pub fn person_if(mut self, person: Option<PersonId>) -> Self {
        self.person = person;
        self
    }

    pub fn id(mut self, key: &'static str, id: impl Into<Uuid>) -> Self {
        self.ids.insert(key, id.into());
        self
    }

    pub fn hash(mut self, key: &'static str, hash: [u8; 32]) -> Self {
        self.hashes.insert(key, hash);
        self
    }

    /// An enum word, a rule set's name: never free text.
    pub fn word(mut self, key: &'static str, word: &'static str) -> Self {
        self.words.insert(key, word);
        self
    }

    pub fn count(mut self, key: &'static str, count: i64) -> Self {
        self.counts.insert(key, count);
        self
    }

    /// A day, as the number its digits make: 2025-12-08 as 20251208.
    pub fn day(self, key: &'static str, day: NaiveDate) -> Self {
        self.count(key, day_number(day))
    }

    /// The canonical body (RFC 8785) of this event as done by `actor` at `at`.
    fn body(&self, id: EventId, act: ActId, actor: &Actor, at: DateTime<Utc>) -> Result<String> {
        let mut body = Map::new();
        body.insert("v".into(), json!(1));
        body.insert("id".into(), json!(id));
        body.insert("act".into(), json!(act));
        body.insert("event".into(), json!(self.name));
        body.insert("at".into(), json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)));
        body.insert("partition".into(), json!(self.partition));
        body.insert(
            "actor".into(),
            json!({"account": actor.account, "role": actor.role.map(|r| r.word()), "context": actor.context.word()}),
        );
        if let Some(unit) = self.unit {
            body.insert("unit".into(), json!(unit));
        }
        if let Some(person) = self.person {
            body.insert("person".into(), json!(person));
        }
        if !self.ids.is_empty() {
            body.insert("ids".into(), json!(self.ids));
        }
        if !self.hashes.is_empty() {
            let hex: BTreeMap<_, _> = self.hashes.iter().map(|(key, hash)| (*key, hex::encode(hash))).collect();
            body.insert("hashes".into(), json!(hex));
        }
        if !self.words.is_empty() {
            body.insert("words".into(), json!(self.words));
        }
        if !self.counts.is_empty() {
            body.insert("counts".into(), json!(self.counts));
        }
        let canonical = ledger::jcs::canonical(&Value::Object(body)).context("event body is canonical JSON")?;
        Ok(String::from_utf8(canonical).context("canonical JSON is UTF-8")?)
    }

    /// Fixes the event: gives it an id, a nonce and its leaf hash.
    pub(super) fn record(self, act: ActId, actor: &Actor, at: DateTime<Utc>) -> Result<Recorded> {
        let id = EventId::new();
        let body = self.body(id, act, actor, at)?;
        let mut nonce = [0u8; 32];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| anyhow::anyhow!("no randomness from the system"))?;
        let leaf_hash = ledger::event_leaf(&nonce, body.as_bytes());
        Ok(Recorded {
            partition: self.partition,
            id,
            unit: self.unit,
            person: self.person,
            name: self.name,
            at,
            nonce,
            body,
            leaf_hash,
        })
    }
}

/// An event as it will stand in the database and, hashed, in the log.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub partition: PartitionId,
    pub id: EventId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub name: &'static str,
    pub at: DateTime<Utc>,
    pub nonce: [u8; 32],
    pub body: String,
    pub leaf_hash: ledger::Hash,
}
