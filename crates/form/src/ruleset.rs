//! A rule set: what a law and its decree fix for the time they are in force.
use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Form, Kind, hash};

/// One folder of `law/`.
#[derive(Debug, Clone, Serialize)]
pub struct RuleSet {
    pub facts: Facts,
    pub forms: Vec<Form>,
    pub notes: Vec<Note>,
    pub rules: Vec<RuleDef>,
    pub deadlines: Vec<Deadline>,
    /// No part of the hash: no declaration is made under it.
    #[serde(skip)]
    pub publication: Publication,
}

/// `ruleset.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// "R1_ND130"; stands on every document made under it.
    pub id: String,
    pub name: String,
    /// First and last day in force, both included, in Asia/Ho_Chi_Minh.
    pub from: NaiveDate,
    #[serde(default)]
    pub to: Option<NaiveDate>,
    pub law: String,
    pub decree: String,
    /// The rule set that holds where this one says nothing, while its own texts are not loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// What no text was read for; shown to people as such.
    #[serde(default, rename = "unknown", skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<Unknown>,
    /// Files of the forms.
    pub forms: Vec<String>,
    pub thresholds: IndexMap<String, Threshold>,
    #[serde(rename = "aggregation")]
    pub aggregations: Vec<Aggregation>,
    #[serde(rename = "kind")]
    pub kinds: Vec<KindRule>,
    pub persons: Persons,
}

/// A value of the law that could not be confirmed, and what is done meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unknown {
    /// "forms", "thresholds.asset", …
    pub key: String,
    pub what: String,
    /// The sentence people see.
    pub says: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// đồng
    pub amount: i64,
    pub basis: String,
}

/// What is added up before it is compared with the asset threshold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregation {
    pub items: Vec<String>,
    pub mode: ThresholdMode,
    /// The note that says so.
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdMode {
    /// Declared whatever it is worth.
    Always,
    PerAsset,
    PerTypeTotal,
    PerGroupTotal,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    pub code: Kind,
    pub label: String,
    /// Code of the form it is made on.
    pub form: String,
    pub basis: String,
    /// Key of its deadline.
    pub deadline: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persons {
    /// Full years.
    pub minor_under_age: u32,
}

/// A time limit: a number of days from an event, or a day of the year.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    pub key: String,
    pub label: String,
    #[serde(default)]
    pub days: Option<u32>,
    #[serde(default)]
    pub unit: Option<DayUnit>,
    #[serde(default)]
    pub direction: Option<Direction>,
    /// The event the days are counted from, in Vietnamese.
    #[serde(default)]
    pub event: Option<String>,
    #[serde(default)]
    pub by: Option<YearDay>,
    pub basis: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayUnit {
    /// "ngày"
    Calendar,
    /// "ngày làm việc"
    Working,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    After,
    Before,
    Lasting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearDay {
    pub month: u32,
    pub day: u32,
    /// Whether the day itself still counts as in time.
    pub inclusive: bool,
}

/// `publication.toml`: how declarations are published at the workplace (article 39).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    pub basis: String,
    /// Kinds that are published at the workplace.
    pub kinds: Vec<Kind>,
    /// Whether identity numbers are covered on what is posted or read out.
    pub mask_id_numbers: bool,
    pub quorum: Quorum,
    #[serde(rename = "place")]
    pub places: Vec<PublicationPlace>,
}

/// A meeting counts when `present` of every `summoned` are there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    pub present: u32,
    pub summoned: u32,
    pub basis: String,
}

impl Quorum {
    /// How many of `summoned` people have to be there: the share rounded up.
    pub fn needed(&self, summoned: u32) -> u32 {
        let share = u64::from(summoned) * u64::from(self.present);
        u32::try_from(share.div_ceil(u64::from(self.summoned.max(1)))).unwrap_or(u32::MAX)
    }
}

/// Where the declarations of some people are posted, or before whom they are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationPlace {
    pub whose: String,
    pub posting: String,
    pub meeting: String,
}

/// A guidance note of a form's appendix.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub form: String,
    pub number: u32,
    /// Paragraphs are separated by an empty line.
    pub text: String,
    /// False while only the gist is known.
    #[serde(default = "verbatim")]
    pub verbatim: bool,
}

fn verbatim() -> bool {
    true
}

impl Note {
    /// "PL1.8"
    pub fn key(&self) -> String {
        format!("{}.{}", self.form, self.number)
    }
}

/// A rule of the catalogue. Its logic is Rust, found by `id`; its words are here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDef {
    pub id: String,
    pub severity: Severity,
    /// What the rule says, in Vietnamese.
    pub title: String,
    /// Keys of notes ("PL1.9") and articles that are the reason.
    pub basis: Vec<String>,
    /// What it needs beyond the declaration itself.
    #[serde(default)]
    pub needs: Option<Needs>,
    /// What is wrong and where; `{name}` is filled in by the rule.
    #[serde(default)]
    pub message: Option<String>,
    /// How to mend it.
    #[serde(default)]
    pub mend: Option<String>,
    /// Fields ("HOUSE.house_type", "*.id_no") whose absence this rule reports, so that G00 does not.
    #[serde(default)]
    pub covers: Vec<String>,
    /// Texts the rule looks for, compared without marks and case.
    #[serde(default)]
    pub words: Vec<String>,
    /// Texts that take an entry out of what the rule is about, compared with their marks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// A number the rule compares with, in the unit its message names.
    #[serde(default)]
    pub limit: Option<i64>,
    #[serde(default)]
    pub min_chars: Option<usize>,
    /// How many entries it takes before the rule says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<usize>,
    /// First and last day on which a signal is looked for; a rule of a rule set holds as long as its set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

impl RuleDef {
    /// Whether the rule is run: it has a sentence to say. One that needs more than the declaration is run when that is
    /// known.
    pub fn is_active(&self) -> bool {
        self.message.is_some()
    }

    /// Whether a signal is looked for on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_some_and(|from| from <= day) && self.until.is_none_or(|last| day <= last)
    }
}

/// B, W, I, S of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Blocks sending online; a recorded shortcoming on paper.
    #[serde(rename = "B")]
    Block,
    /// Asks for a reason.
    #[serde(rename = "W")]
    Warn,
    #[serde(rename = "I")]
    Info,
    /// For the control agency only.
    #[serde(rename = "S")]
    Signal,
}

impl Severity {
    /// As the catalogue writes it.
    pub fn letter(self) -> char {
        match self {
            Severity::Block => 'B',
            Severity::Warn => 'W',
            Severity::Info => 'I',
            Severity::Signal => 'S',
        }
    }
}

/// What an inactive rule waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// The person's previous declaration.
    Previous,
    /// A national register (population, land, tax, enterprises, vehicles).
    Register,
    /// Personnel data.
    Staff,
    /// What the unit's list of obliged persons says of the declarant.
    List,
    Signature,
    /// Read with the agency's eyes: computed when signals are.
    Signal,
    /// The obligation or the acts of receipt and hand-over.
    Process,
    /// Declarations of other people.
    Others,
    /// The printed or exported form.
    Export,
    /// Another rule set.
    Regime,
}

impl Needs {
    /// Where the rule is, or is to be, applied.
    pub fn label(self) -> &'static str {
        match self {
            Needs::Previous => "so với lần kê khai trước",
            Needs::Register => "chờ dữ liệu đăng ký quốc gia",
            Needs::Staff => "chờ dữ liệu cán bộ",
            Needs::List => "so với danh sách của đơn vị",
            Needs::Signature => "ở bước ký, tiếp nhận, bàn giao",
            Needs::Signal => "dấu hiệu cho cơ quan kiểm soát",
            Needs::Process => "ở từng bước xử lý, không ở bản kê khai",
            Needs::Others => "dấu hiệu cho cơ quan kiểm soát, so với bản của người khác",
            Needs::Export => "khi in, xuất",
            Needs::Regime => "chờ bộ quy tắc khác",
        }
    }
}

impl RuleSet {
    pub fn id(&self) -> &str {
        &self.facts.id
    }

    /// SHA-256 (hex) of the whole rule set, forms included.
    pub fn hash(&self) -> String {
        hash::of(self)
    }

    pub fn holds_on(&self, date: NaiveDate) -> bool {
        self.facts.from <= date && self.facts.to.is_none_or(|last| date <= last)
    }

    /// The form a kind of declaration is made on.
    pub fn form_for(&self, kind: Kind) -> Option<&Form> {
        let rule = self.kind(kind)?;
        self.form(&rule.form)
    }

    pub fn form(&self, code: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.code == code)
    }

    pub fn kind(&self, kind: Kind) -> Option<&KindRule> {
        self.facts.kinds.iter().find(|rule| rule.code == kind)
    }

    pub fn note(&self, key: &str) -> Option<&Note> {
        self.notes.iter().find(|note| note.key() == key)
    }

    /// "hướng dẫn số 9, Phụ lục I Nghị định 130/2020/NĐ-CP"
    pub fn cite_note(&self, key: &str) -> Option<String> {
        let note = self.note(key)?;
        let form = self.form(&note.form)?;
        Some(format!("hướng dẫn số {}, {}", note.number, form.basis))
    }

    /// The reasons as cited to people: notes by number and appendix, articles as they stand.
    pub fn cite(&self, basis: &[String]) -> String {
        let cited: Vec<_> = basis.iter().map(|entry| self.cite_note(entry).unwrap_or_else(|| entry.clone())).collect();
        cited.join("; ")
    }

    /// Whether one of its rules compares a declaration with the unit's list.
    pub fn compares_with_list(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_active() && rule.needs == Some(Needs::List))
    }

    pub fn rule(&self, id: &str) -> Option<&RuleDef> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    pub fn deadline(&self, key: &str) -> Option<&Deadline> {
        self.deadlines.iter().find(|deadline| deadline.key == key)
    }

    /// What is not known about a part of the rule set ("forms"); none when its text was read.
    pub fn unknown(&self, key: &str) -> Option<&Unknown> {
        self.facts.unknowns.iter().find(|unknown| unknown.key == key)
    }

    pub fn threshold(&self, key: &str) -> Option<&Threshold> {
        self.facts.thresholds.get(key)
    }

    pub fn aggregation(&self, item: &str) -> Option<&Aggregation> {
        self.facts.aggregations.iter().find(|aggregation| aggregation.items.iter().any(|code| code == item))
    }
}
