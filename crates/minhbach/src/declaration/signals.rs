//! What is pointed out to the control agency when it opens a declaration (severity S of law.md §12.2; article 40): worked out from what
//! is on record when it is looked at, kept nowhere, told to nobody else. Definitions: `law/signals.toml`.
use chrono::NaiveDate;
use form::{Alike, Finding, LawBook, OnRecord, doc};
use serde_json::{Value, json};

use super::open::Opened;
use super::store;
use crate::kernel::files::canonical_hash;
use crate::kernel::id::{DeclarationId, PartitionId};
use crate::kernel::{App, Result, Tx};
use crate::person::model::PersonFacts;
use crate::{account, law};

/// The signal that compares with the declarations of others.
const LIKE_OTHERS: &str = "I18";

/// A place of a version and its blind index: it tells that two are alike, not what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub path: String,
    pub mark: Vec<u8>,
}

/// A difference to explain, with other declarations that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    pub sentence: String,
    pub others: Vec<DeclarationId>,
}

/// The marks of what is put on record now, under the key of its partition.
pub fn marks(tx: &Tx, law: &LawBook, partition: PartitionId, content: &Value) -> Result<Vec<Mark>> {
    let signal = law.signals_on(tx.today()).find(|signal| signal.id == LIKE_OTHERS);
    let marks = signal.map(|signal| form::marks(signal, content)).unwrap_or_default();
    let sealed = |mark: form::Mark| {
        let index = tx.keys().index(partition, "declaration_mark.mark", mark.said.as_bytes())?;
        Ok(Mark { path: mark.path, mark: index })
    };
    marks.into_iter().map(sealed).collect()
}

/// SHA-256 of the marks in canonical JSON, by their places; stands in the event of the version.
pub fn marks_hash(marks: &[Mark]) -> Result<[u8; 32]> {
    let mut marks: Vec<_> = marks.iter().map(|mark| json!([mark.path, hex::encode(&mark.mark)])).collect();
    marks.sort_by_key(ToString::to_string);
    canonical_hash(&json!(marks))
}

/// The signals of a declaration as it was opened. Whoever opened it is recorded with it; only the context of an agency sees
/// the marks of others, and nobody is shown what is pointed out of themselves.
pub async fn pointed(app: &App, tx: &mut Tx, opened: &Opened) -> Result<Vec<Pointed>> {
    let Opened { declaration, version, content, .. } = opened;
    let rules = law::named(&app.law, &version.rule_set)?;
    let form = rules.form_for(declaration.kind).ok_or_else(|| crate::bug!("no form for {}", declaration.kind))?;
    let (partition, person) = (declaration.partition, declaration.person);
    let own = account::store::own_people(tx).await?;
    if own.contains(&person) {
        return Ok(Vec::new());
    }
    let before = store::latest(tx, partition, person, Some(declaration.id)).await?;
    let family = family(tx, partition, content)?;
    // What is alike is pointed out of both sides: whoever looks is not told of themselves by way of the other either.
    let left_out = [own, vec![person]].concat();
    let alike = store::alike(tx, version, &family, &left_out).await?;
    let record = OnRecord {
        year: i32::from(declaration.year),
        filed: store::filed(tx, partition, person).await?,
        alike: alike
            .iter()
            .map(|(path, people, _)| Alike {
                path: path.clone(),
                people: usize::try_from(*people).unwrap_or(usize::MAX),
            })
            .collect(),
        ..OnRecord::default()
    };
    let context = context(tx.today(), before.completed_on);
    let others = |finding: &Finding| {
        let found = alike.iter().find(|(path, ..)| finding.rule == LIKE_OTHERS && *path == finding.path);
        found.map(|(_, _, others)| others.clone()).unwrap_or_default()
    };
    let found = form::signals(&app.law, (rules, form, content), &context, &record);
    Ok(found.iter().map(|finding| Pointed { sentence: finding.sentence(), others: others(finding) }).collect())
}

fn context(today: NaiveDate, previous_completed_on: Option<NaiveDate>) -> form::Context<'static> {
    let channel = form::Channel::Online;
    form::Context { today, channel, previous_completed_on, previous: None, last_day: None, listed: None }
}

/// The identity numbers of the declarant and the spouse as the list of people knows them: what a family declares twice is one
/// fact, not two people's.
fn family(tx: &Tx, partition: PartitionId, content: &Value) -> Result<Vec<Vec<u8>>> {
    let numbers = ["declarant.id_no", "spouse.id_no"].into_iter().filter_map(|path| doc::text(content, path));
    numbers.map(|number| tx.keys().index(partition, "person.id_no", PersonFacts::id_key(number).as_bytes())).collect()
}
