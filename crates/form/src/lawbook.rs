//! All rule sets, embedded in the program from `law/`.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;

use crate::calendar::Calendar;
use crate::hash;
use crate::model::Item;
use crate::ruleset::{Deadline, Facts, Note, RuleDef};
use crate::source;
use crate::{Kind, RuleSet};

static LAW: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../law");

/// The rule sets, oldest first.
#[derive(Debug, Clone)]
pub struct LawBook {
    pub rule_sets: Vec<RuleSet>,
    /// What is asked first when the last declaration is carried forward.
    pub questions: Vec<Question>,
    /// The sheet on which income is added up by source.
    pub income: IncomeSheet,
    pub calendar: Calendar,
    /// Why a person of a body must declare.
    pub grounds: Vec<Ground>,
    /// Terms the system sets where the law gives none.
    pub terms: Vec<Deadline>,
    /// Forms of before Nghị định 130/2020/NĐ-CP, of which basic fields are kept.
    pub older_forms: Vec<OlderForm>,
    /// What is pointed out to the control agency beside a declaration, and to nobody else (severity S). Not of a rule set:
    /// what a declarant declared under stays as it was, however the agency reads it later.
    pub signals: Vec<RuleDef>,
    hashes: BTreeMap<String, Hashes>,
}

/// The hashes of a rule set and its forms as they were loaded. Every record names them; making them walks the whole
/// definition, so they are made once.
#[derive(Debug, Clone)]
pub struct Hashes {
    /// SHA-256 of the whole rule set, forms included.
    pub rule_set: [u8; 32],
    forms: BTreeMap<String, [u8; 32]>,
}

impl Hashes {
    fn of(rules: &RuleSet) -> Self {
        let forms = rules.forms.iter().map(|form| (form.code.clone(), hash::bytes_of(form))).collect();
        Self { rule_set: hash::bytes_of(rules), forms }
    }

    /// SHA-256 of a form by its code.
    pub fn form(&self, code: &str) -> Option<[u8; 32]> {
        self.forms.get(code).copied()
    }
}

/// A question about the time since the last declaration ("Có mua, bán đất không?") and the items its answer is about.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub code: String,
    /// What it is about, in a word or two.
    pub title: String,
    pub text: String,
    #[serde(default)]
    pub hint: String,
    pub items: Vec<String>,
}

/// How a person adds up their income: an item of no form, asked like one (notes 28 and 32 of Phụ lục I).
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeSheet {
    /// The source under which money for something sold is put.
    pub sale: String,
    /// Items of which nothing is sold.
    #[serde(default)]
    pub not_sold: Vec<String>,
    pub item: Item,
}

/// Why a person of a body must declare (articles 34, 36; Nghị định 130/2020 article 10), and which kinds follow from it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    pub code: String,
    pub title: String,
    /// The article, as people cite it.
    pub basis: String,
    pub kinds: Vec<Kind>,
    /// What article 30 asks of the person's rank: DIRECTOR_UP or BELOW_DIRECTOR.
    pub rank: String,
    pub from: NaiveDate,
    /// Titles that say so by themselves.
    #[serde(default)]
    pub words: Vec<String>,
}

/// A form that was in use before the forms of the rule sets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderForm {
    pub code: String,
    pub title: String,
    /// The decrees, as people cite them.
    pub basis: String,
    /// First and last day on which a declaration on it can have been completed.
    pub from: NaiveDate,
    pub until: NaiveDate,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Signals {
    signal: Vec<RuleDef>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OlderForms {
    form: Vec<OlderForm>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Grounds {
    ground: Vec<Ground>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    question: Vec<Question>,
}

/// A definition that cannot be loaded. Texts are for the person who maintains `law/`.
#[derive(Debug, thiserror::Error)]
pub enum LawError {
    #[error("thiếu tệp {0}")]
    MissingFile(String),
    #[error("tệp {file} không đọc được: {cause}")]
    Unreadable { file: String, cause: String },
    #[error("tệp {file}: {what}")]
    Inconsistent { file: String, what: String },
    #[error("không có bộ quy tắc nào trong law/")]
    Empty,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    note: Vec<Note>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rule: Vec<RuleDef>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadlines {
    deadline: Vec<Deadline>,
}

impl LawBook {
    /// The book that was built into this program.
    pub fn embedded() -> Result<Self, LawError> {
        Self::from_files(&embedded_files())
    }

    /// A book from file texts by path ("r1-nd130/ruleset.toml").
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, LawError> {
        let folders = folders_by_id(files)?;
        let mut rule_sets =
            folders.values().map(|folder| load_rule_set(files, &folders, folder)).collect::<Result<Vec<_>, _>>()?;
        if rule_sets.is_empty() {
            return Err(LawError::Empty);
        }
        rule_sets.sort_by_key(|set| set.facts.from);
        let hashes = rule_sets.iter().map(|rules| (rules.id().to_owned(), Hashes::of(rules))).collect();
        let Questions { question: questions } = read_path(files, "questions.toml")?;
        let income = read_path(files, "income.toml")?;
        let Grounds { ground: grounds } = read_path(files, "grounds.toml")?;
        let Deadlines { deadline: terms } = read_path(files, "terms.toml")?;
        let OlderForms { form: older_forms } = read_path(files, "older-forms.toml")?;
        let Signals { signal: signals } = read_path(files, "signals.toml")?;
        let calendar = Calendar::from_files(files)?;
        Ok(Self { rule_sets, questions, income, calendar, grounds, terms, older_forms, signals, hashes })
    }

    /// The rule set that holds on a date; none before the first and after the last.
    pub fn in_force(&self, date: NaiveDate) -> Option<&RuleSet> {
        self.rule_sets.iter().find(|set| set.holds_on(date))
    }

    pub fn get(&self, id: &str) -> Option<&RuleSet> {
        self.rule_sets.iter().find(|set| set.id() == id)
    }

    /// The question an item belongs to.
    pub fn question_of(&self, item: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.items.iter().any(|code| code == item))
    }

    /// A term of the system's own.
    pub fn term(&self, key: &str) -> Option<&Deadline> {
        self.terms.iter().find(|term| term.key == key)
    }

    /// A form of before the rule sets.
    pub fn older_form(&self, code: &str) -> Option<&OlderForm> {
        self.older_forms.iter().find(|form| form.code == code)
    }

    /// The signals that are looked for on a day.
    pub fn signals_on(&self, day: NaiveDate) -> impl Iterator<Item = &RuleDef> {
        self.signals.iter().filter(move |signal| signal.holds_on(day))
    }

    pub fn ground(&self, code: &str) -> Option<&Ground> {
        self.grounds.iter().find(|ground| ground.code == code)
    }

    /// The grounds a position names by itself, the longest title first: "Kế toán viên chính, Phòng Tài vụ" is an accountant's,
    /// "Giám đốc Sở Tài chính" a director's; "Thư ký Bộ trưởng" is no minister's. A proposal: what a title means is for a
    /// person to say.
    pub fn grounds_of(&self, position: &str) -> Vec<&Ground> {
        let folded = viet::text::fold(position).replace(" kiem ", ",");
        let titles: Vec<_> = folded.split([',', ';', '(']).map(|title| crate::rules::spaced(title) + " ").collect();
        let bears = |word: &String| titles.iter().any(|title| title.starts_with(&format!("{word} ")));
        let longest = |ground: &Ground| {
            let words = ground.words.iter().map(|word| crate::rules::spaced(word));
            words.filter(bears).map(|word| word.len()).max()
        };
        let mut found: Vec<_> = self.grounds.iter().filter_map(|ground| Some((longest(ground)?, ground))).collect();
        found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        found.into_iter().map(|(_, ground)| ground).collect()
    }

    /// The hashes of a rule set by its id.
    pub fn hashes(&self, id: &str) -> Option<&Hashes> {
        self.hashes.get(id)
    }
}

/// The texts of `law/` as built into this program, by path.
pub fn embedded_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(&LAW, &mut files);
    files
}

fn collect(dir: &Dir<'_>, files: &mut BTreeMap<String, String>) {
    for file in dir.files() {
        if let Some(text) = file.contents_utf8() {
            files.insert(file.path().to_string_lossy().into_owned(), text.to_owned());
        }
    }
    dir.dirs().for_each(|inner| collect(inner, files));
}

/// The folder of each rule set by its id. Two folders with one id would be two laws of one name.
fn folders_by_id(files: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, LawError> {
    let mut folders = BTreeMap::new();
    for folder in files.keys().filter_map(|path| path.strip_suffix("/ruleset.toml")) {
        let facts = table(files, folder)?;
        let id = facts.get("id").and_then(toml::Value::as_str).unwrap_or(folder).to_owned();
        if let Some(other) = folders.insert(id.clone(), folder.to_owned()) {
            return Err(inconsistent(folder, format!("mã bộ quy tắc {id} bị trùng với {other}")));
        }
    }
    Ok(folders)
}

fn load_rule_set(
    files: &BTreeMap<String, String>,
    folders: &BTreeMap<String, String>,
    folder: &str,
) -> Result<RuleSet, LawError> {
    let (facts, chain) = follow(files, folders, folder)?;
    let mut forms = Vec::new();
    for name in &facts.forms {
        let form = read(files, &chain, name)?;
        let form = source::resolve(form, &forms).map_err(|what| inconsistent(&format!("{folder}/{name}"), what))?;
        forms.push(form);
    }
    let Notes { note: notes } = read(files, &chain, "notes.toml")?;
    let rules = rules_of(files, &chain)?;
    let Deadlines { deadline: deadlines } = read(files, &chain, "deadlines.toml")?;
    let publication = read(files, &chain, "publication.toml")?;
    Ok(RuleSet { facts, forms, notes, rules, deadlines, publication })
}

/// The rules of a rule set and of those it follows: one it states itself stands in place of the one with its id.
fn rules_of(files: &BTreeMap<String, String>, chain: &[&str]) -> Result<Vec<RuleDef>, LawError> {
    let mut rules: Vec<RuleDef> = Vec::new();
    for folder in chain.iter().rev() {
        let path = format!("{folder}/rules.toml");
        if !files.contains_key(&path) {
            continue;
        }
        let Rules { rule: own } = read_path(files, &path)?;
        // What stands twice in one file stays twice: the check of the definitions finds it.
        let mut inherited: Vec<_> = rules.iter().map(|rule| Some(rule.id.clone())).collect();
        for rule in own {
            match inherited.iter().position(|id| id.as_ref() == Some(&rule.id)) {
                Some(place) => {
                    inherited[place] = None;
                    rules[place] = rule;
                }
                None => rules.push(rule),
            }
        }
    }
    if rules.is_empty() {
        return Err(LawError::MissingFile(format!("{}/rules.toml", chain.first().copied().unwrap_or_default())));
    }
    Ok(rules)
}

/// The facts of a rule set, completed from the one it follows, and the folders its files are looked for in, its own
/// first. When it holds and what is unknown about it is its own affair.
fn follow<'f>(
    files: &BTreeMap<String, String>,
    folders: &'f BTreeMap<String, String>,
    folder: &'f str,
) -> Result<(Facts, Vec<&'f str>), LawError> {
    const OWN: [&str; 3] = ["to", "follows", "unknown"];
    let mut facts = table(files, folder)?;
    let mut chain = vec![folder];
    let mut next = facts.get("follows").and_then(toml::Value::as_str).map(str::to_owned);
    while let Some(id) = next {
        let base = folders.get(&id).ok_or_else(|| inconsistent(folder, format!("không có bộ quy tắc {id} để theo")))?;
        if chain.contains(&base.as_str()) {
            return Err(inconsistent(folder, format!("bộ quy tắc {id} theo vòng tròn")));
        }
        chain.push(base);
        let mut followed = table(files, base)?;
        next = followed.remove("follows").and_then(|id| id.as_str().map(str::to_owned));
        for (key, value) in followed {
            if !OWN.contains(&key.as_str()) {
                facts.entry(key).or_insert(value);
            }
        }
    }
    let path = format!("{folder}/ruleset.toml");
    let facts = facts.try_into().map_err(|error: toml::de::Error| unreadable(&path, &error))?;
    Ok((facts, chain))
}

fn table(files: &BTreeMap<String, String>, folder: &str) -> Result<toml::Table, LawError> {
    read(files, &[folder], "ruleset.toml")
}

/// A file of the first of `folders` that has it.
fn read<T: DeserializeOwned>(files: &BTreeMap<String, String>, folders: &[&str], name: &str) -> Result<T, LawError> {
    for folder in folders {
        let path = format!("{folder}/{name}");
        if files.contains_key(&path) {
            return read_path(files, &path);
        }
    }
    Err(LawError::MissingFile(format!("{}/{name}", folders.first().copied().unwrap_or_default())))
}

fn read_path<T: DeserializeOwned>(files: &BTreeMap<String, String>, path: &str) -> Result<T, LawError> {
    let text = files.get(path).ok_or_else(|| LawError::MissingFile(path.to_owned()))?;
    toml::from_str(text).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &toml::de::Error) -> LawError {
    LawError::Unreadable { file: path.to_owned(), cause: error.to_string() }
}

fn inconsistent(file: &str, what: String) -> LawError {
    LawError::Inconsistent { file: file.to_owned(), what }
}
