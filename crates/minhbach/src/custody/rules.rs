//! Whether a file is what the log of its agency held, and whether two people may be one; pure.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use form::{Kind, LawBook};
use ledger::VerifierKey;
use serde_json::Value;

use super::model::{FileOwed, FilePerson, FileVersion, Package, SCHEMA};
use crate::declaration::model::Act;
use crate::kernel::files::sha256;
use crate::kernel::id::{DeclarationId, PartitionId};
use crate::person::PersonFacts;
use crate::person::model::title;

/// What is wrong with a file: with which declaration, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub of: String,
    pub what: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.of, self.what)
    }
}

const NOT_IN_LOG: &str = "không chứng minh được là có trong nhật ký của cơ quan đã ghi nhận";
const OTHER_EVENT: &str = "sự kiện trong nhật ký là của một bản khác";
const OTHER_DOCUMENT: &str = "nội dung khác với mã băm trong nhật ký";
const OTHER_FACTS: &str = "thông tin kèm theo khác với văn bản đã băm";
const OTHER_PERSON: &str = "là của một người khác với các bản cùng nơi ghi nhận";
const OTHER_YEAR: &str = "năm hoặc bộ quy định hệ thống không biết";
const BROKEN_CHAIN: &str = "chuỗi các bản không liền nhau";

/// Everything that is wrong with a file. A file without faults holds, of every declaration in it, all versions from the first
/// one on, each exactly as the log of the agency that recorded it has it: what the sender recorded itself names the person of
/// the file, and the copies from each agency name one person there. That none was left out is not proved.
pub fn faults(package: &Package, law: &LawBook, keys: &[VerifierKey]) -> Vec<Fault> {
    let mut found = Vec::new();
    if package.schema != SCHEMA || package.versions.is_empty() {
        found.push(Fault { of: "Hồ sơ".to_owned(), what: "không đúng dạng hồ sơ chuyển" });
    }
    let mut chains: BTreeMap<(PartitionId, DeclarationId), Vec<&FileVersion>> = BTreeMap::new();
    let mut copied_of: BTreeMap<PartitionId, BTreeSet<String>> = BTreeMap::new();
    for version in &package.versions {
        let is_own = version.origin == package.from && !version.copied;
        let whose = is_own.then(|| package.person.id.to_string());
        if let Some(what) = fault_of(version, whose.as_deref(), keys) {
            found.push(Fault { of: name_of(version), what });
        } else if !is_year(version.year) || law.get(&version.rule_set).is_none() {
            found.push(Fault { of: name_of(version), what: OTHER_YEAR });
        } else if !is_own {
            let people = copied_of.entry(version.origin).or_default();
            people.extend(person_of(version));
            if people.len() != 1 {
                found.push(Fault { of: name_of(version), what: OTHER_PERSON });
            }
        }
        chains.entry((version.origin, version.declaration)).or_default().push(version);
    }
    for chain in chains.into_values() {
        if !is_chain(&chain) {
            found.push(Fault { of: name_of(chain[0]), what: BROKEN_CHAIN });
        }
    }
    found.extend(package.owed.iter().filter(|owed| !can_pass(owed, law)).map(|owed| {
        let of = Kind::from_code(&owed.kind).map_or_else(|| "Nghĩa vụ".to_owned(), |kind| title(kind, owed.year));
        Fault { of, what: "không phải nghĩa vụ chuyển theo hồ sơ" }
    }));
    found
}

/// Years a declaration can be of.
fn is_year(year: i16) -> bool {
    (2000..=2200).contains(&year)
}

/// A first or an annual declaration, under rules the system knows.
fn can_pass(owed: &FileOwed, law: &LawBook) -> bool {
    matches!(Kind::from_code(&owed.kind), Some(Kind::First | Kind::Annual))
        && is_year(owed.year)
        && law.get(&owed.rule_set).is_some()
}

/// Whom the log a version is proved by names.
fn person_of(version: &FileVersion) -> Option<String> {
    let event: Value = serde_json::from_str(&version.evidence.event).ok()?;
    event["person"].as_str().map(str::to_owned)
}

/// "Kê khai hằng năm, năm 2024, bản 1".
fn name_of(version: &FileVersion) -> String {
    let title = Kind::from_code(&version.kind).map_or_else(String::new, |kind| title(kind, version.year));
    format!("{title}, bản {}", version.number)
}

/// What is wrong with one version by itself. `whose`: the person its agency's log must name.
pub fn fault_of(version: &FileVersion, whose: Option<&str>, keys: &[VerifierKey]) -> Option<&'static str> {
    let Some(event) = version.evidence.proved(version.origin, keys) else { return Some(NOT_IN_LOG) };
    let said = |key: &str| event[key].as_str();
    let id = |key: &str| event["ids"][key].as_str();
    let is_event = said("event").is_some_and(|name| name.starts_with("declaration."))
        && said("partition") == Some(&version.origin.to_string())
        && id("version") == Some(&version.version.to_string())
        && id("declaration") == Some(&version.declaration.to_string())
        && event["words"]["kind"] == version.kind.as_str()
        && whose.is_none_or(|whose| said("person") == Some(whose));
    if !is_event {
        return Some(OTHER_EVENT);
    }
    if event["hashes"]["document"] != hex::encode(sha256(version.document.as_bytes())) {
        return Some(OTHER_DOCUMENT);
    }
    let Ok(document) = serde_json::from_str::<Value>(&version.document) else { return Some(OTHER_DOCUMENT) };
    let text = |key: &str| document[key].as_str();
    let recorded_at = text("recorded_at").and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let completed_on = document["content"]["completed_on"].as_str().and_then(|day| day.parse::<NaiveDate>().ok());
    let act = if document["version"] == 1 { first_act(said("event")) } else { event["words"]["by"].as_str() };
    let is_said = text("partition") == Some(&version.origin.to_string())
        && text("declaration") == Some(&version.declaration.to_string())
        && text("person") == said("person")
        && text("unit") == said("unit")
        && document["version"] == version.number
        && text("channel") == Some(version.channel.as_str())
        && text("rule_set") == Some(version.rule_set.as_str())
        && text("rule_set_hash") == event["hashes"]["rule_set"].as_str()
        && text("form_hash") == event["hashes"]["form"].as_str()
        && recorded_at.map(|at| at.timestamp_micros()) == Some(version.recorded_at.timestamp_micros())
        // A paper whose declarant left the date out has none in its document.
        && completed_on.is_none_or(|day| day == version.completed_on)
        && act == Some(version.act.as_str());
    (!is_said).then_some(OTHER_FACTS)
}

fn first_act(event: Option<&str>) -> Option<&'static str> {
    match event {
        Some("declaration.submitted") => Some(Act::Submit.word()),
        Some("declaration.digitised") => Some(Act::Intake.word()),
        _ => None,
    }
}

/// From the first version on, one after the other, each naming the hash of the one before.
fn is_chain(versions: &[&FileVersion]) -> bool {
    let mut chain = versions.to_vec();
    chain.sort_by_key(|version| version.number);
    let mut before: Option<String> = None;
    (1..).zip(chain).all(|(number, version)| {
        let document: Value = serde_json::from_str(&version.document).unwrap_or_default();
        let is_next = version.number == number
            && document["previous"].as_str() == before.as_deref()
            && (version.kind.as_str(), version.year) == (versions[0].kind.as_str(), versions[0].year);
        before = Some(hex::encode(sha256(version.document.as_bytes())));
        is_next
    })
}

/// How much someone on the list is like the person of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likeness {
    pub name: bool,
    pub dob: bool,
    /// None where either has no number.
    pub number: Option<bool>,
    /// Both have a personal identification number (12 digits), which nobody changes, and not the same one.
    pub is_other: bool,
}

impl Likeness {
    pub fn of(file: &FilePerson, listed: &PersonFacts) -> Self {
        let number = |number: &Option<String>| number.as_deref().map(PersonFacts::id_key).filter(|key| !key.is_empty());
        let numbers = number(&file.id_no).zip(number(&listed.id_no));
        let is_for_life = |key: &str| key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            name: PersonFacts::name_key(&file.name) == PersonFacts::name_key(&listed.name),
            dob: file.dob.is_some() && file.dob == listed.dob,
            number: numbers.as_ref().map(|(a, b)| a == b),
            is_other: numbers.is_some_and(|(a, b)| a != b && is_for_life(&a) && is_for_life(&b)),
        }
    }

    /// May be the same person: the number is the same, or name and birthday are (a number changes from the old card to the
    /// new one, but not from one of 12 digits to another). An officer who compared says so.
    pub fn may_be_one(self) -> bool {
        self.number == Some(true) || (self.name && self.dob && !self.is_other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::PersonId;

    fn file(name: &str, id_no: Option<&str>) -> FilePerson {
        FilePerson {
            id: PersonId::new(),
            name: name.to_owned(),
            dob: NaiveDate::from_ymd_opt(1980, 5, 2),
            id_no: id_no.map(str::to_owned),
            position: String::new(),
            unit: String::new(),
        }
    }

    fn listed(name: &str, dob: &str, id_no: Option<&str>) -> PersonFacts {
        let id_no = id_no.map(str::to_owned);
        PersonFacts { name: name.to_owned(), dob: dob.parse().ok(), position: String::new(), id_no }
    }

    #[test]
    fn the_number_or_name_and_birthday_may_make_one_person_of_two() {
        let an = file("Nguyễn Văn An", Some("051080000123"));
        let like = |other: &PersonFacts| Likeness::of(&an, other).may_be_one();
        assert!(like(&listed("Nguyễn Văn Ân", "1980-05-02", Some("051 080 000 123"))), "a name that was mistyped");
        assert!(like(&listed("Nguyễn Văn An", "1980-05-02", Some("191080123"))), "a number of the old card");
        assert!(like(&listed("Nguyễn Văn An", "1980-05-02", None)));
        assert!(!like(&listed("Nguyễn Văn An", "1981-05-02", None)), "a namesake");
        assert!(!like(&listed("Nguyễn Văn An", "", Some("051080000999"))));
        assert!(!like(&listed("Nguyễn Văn An", "1980-05-02", Some("051080000999"))), "a namesake born on the same day");
        assert!(!like(&listed("Lê Văn Bình", "1980-05-02", None)));
    }
}
