//! Drafts: opened from what the system knows, saved section by section, never overwritten by an older page.
//!
//! A save carries the revision its page was made from. When another tab or device was first, the saved text stays, the
//! newcomer's is set aside under the same seal, and a page shows both until the person chooses. What was not chosen
//! stays there too. A page is no other page to itself: when the answer to its save was lost on a bad line, or the page was
//! left while a save was under way, its next text replaces its own earlier one.
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use form::{Form, LawBook, RuleSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::carry::{self, Carried};
use super::compose::{self, Frame};
use super::income;
use super::model::DraftCell;
use super::policy::WriteDraft;
use super::store::{self, DraftSection};
use super::typed::{self, Typed};
use super::wizard;
use crate::kernel::files::sha256;
use crate::kernel::id::{DraftId, ObligationId, PartitionId};
use crate::kernel::{Actor, App, Error, Event, Permit, Refusal, Result, Tx};
use crate::organisation;
use crate::person::{self, Obligation};

/// A section as it is saved.
#[derive(Debug, Clone)]
pub struct Saved {
    pub typed: Typed,
    pub revision: i32,
    pub updated_at: DateTime<Utc>,
    /// Carried from the previous declaration, and not saved by the person since.
    pub is_carried: bool,
    /// Where the text came from; unknown when the system wrote it.
    turn: Option<Turn>,
}

/// What a text was typed into: which page, made from which revision, and the how manieth text of that page it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub tab: String,
    pub revision: i32,
    /// Counted by the page's script; 0 without one.
    pub number: u32,
}

impl Turn {
    /// Of what the system put into a section: no page's later text follows it, so a page that shows what stood there before
    /// is told, and its text is kept aside.
    fn of_no_page() -> Self {
        Self { tab: Uuid::now_v7().to_string(), revision: 0, number: 0 }
    }

    /// Whether this text and `other` are one page's, typed one after the other.
    fn is_of_same_page(&self, other: &Self) -> bool {
        (&self.tab, self.revision) == (&other.tab, other.revision) && self.number.min(other.number) > 0
    }

    /// Whether `standing` is this page's own earlier text. Its answer may have been lost while another came through, so
    /// this one may be made from a later revision than that.
    fn follows(&self, standing: &Self) -> bool {
        self.tab == standing.tab
            && 0 < standing.number
            && standing.number < self.number
            && standing.revision <= self.revision
    }
}

/// A text that lost against another tab or device, or was not chosen later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Tells the pages apart that texts came from.
    pub tab: String,
    pub typed: Typed,
    pub at: DateTime<Utc>,
    /// Whether the person has chosen since.
    pub decided: bool,
}

/// The texts set aside for a section, with the revision of that list.
#[derive(Debug, Clone, Default)]
pub struct Asides {
    pub list: Vec<Aside>,
    revision: i32,
}

impl Asides {
    pub fn undecided(&self) -> Option<&Aside> {
        self.list.iter().find(|aside| !aside.decided)
    }

    pub fn from_tab(&self, tab: &str) -> Option<&Aside> {
        self.list.iter().find(|aside| aside.tab == tab)
    }
}

/// A draft as its author sees it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub id: DraftId,
    pub sections: BTreeMap<String, Saved>,
    pub asides: BTreeMap<String, Asides>,
    /// `completed_on` of the person's latest declaration before this one.
    pub previous_completed_on: Option<NaiveDate>,
    /// The declaration the draft was opened from, with what it said, and the revision of that copy.
    pub previous: Option<Carried>,
    pub previous_revision: i32,
    /// A later declaration than that copy is on record ([`current`]).
    pub is_behind: bool,
    /// Answers about the time since, by the code of the question.
    pub year: Option<Saved>,
    /// The day of completion of the declaration that is being corrected: it stays.
    pub completed_on: Option<NaiveDate>,
    /// What the unit's list says of the person today; given by [`to_send`].
    pub listed: Option<form::Listed>,
    /// For what the draft is to take up what is on record (a demand; a correction and the version it is of), and for what it
    /// did.
    to_mend: Option<String>,
    taken_up: Option<String>,
    taken_up_revision: i32,
}

impl Draft {
    /// Grows with every save; tells whether anything was saved since a page was made.
    pub fn revision(&self) -> i64 {
        let sections: i64 = self.sections.values().chain(&self.year).map(|saved| i64::from(saved.revision)).sum();
        sections + i64::from(self.previous_revision)
    }

    /// What was declared before, as the draft was opened from it.
    pub fn content_before(&self) -> Option<&Value> {
        self.previous.as_ref().map(|carried| &carried.content)
    }

    /// What the person answered to the question a section belongs to.
    pub fn answer_about(&self, law: &LawBook, section: &str) -> Option<&str> {
        let question = law.question_of(section)?;
        self.year.as_ref()?.typed.top.get(&question.code).map(String::as_str)
    }

    /// Whether a section is still only what was carried: neither confirmed by an answer nor saved by the person.
    pub fn awaits(&self, law: &LawBook, section: &str) -> bool {
        let is_carried = self.sections.get(section).is_some_and(|saved| saved.is_carried);
        is_carried && self.answer_about(law, section) != Some(UNCHANGED)
    }

    /// It is to be mended and has not taken up what is on record.
    fn waits_for_record(&self) -> bool {
        self.to_mend.is_some() && self.to_mend != self.taken_up
    }

    pub fn typed(&self) -> BTreeMap<String, Typed> {
        self.sections.iter().map(|(code, saved)| (code.clone(), saved.typed.clone())).collect()
    }
}

/// The answer "Không" to a question about the time since the last declaration.
pub const UNCHANGED: &str = "khong";

/// What came of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saving {
    Saved {
        revision: i32,
    },
    /// Another tab or device was first; both texts are kept.
    Conflict,
    /// The declaration was sent meanwhile, or is owed no more: nothing was written.
    Closed,
}

/// The rule set and form an obligation is judged under: its own; what is owed on an occasion and not yet declared, under
/// those in force on the day it would be declared, of a change no later than the year's end.
pub fn law_of<'a>(app: &'a App, obligation: &Obligation) -> Result<(&'a RuleSet, &'a Form)> {
    let rules = match obligation.law_day(app.clock().today()) {
        Some(day) => crate::law::in_force(&app.law, day)?,
        None => crate::law::named(&app.law, &obligation.rule_set)?,
    };
    let form = rules.form_for(obligation.kind).ok_or_else(|| crate::bug!("no form for {}", obligation.kind))?;
    Ok((rules, form))
}

/// Opens the draft of an obligation with what the system knows of the person: an access that is recorded. Opening it
/// again changes nothing.
pub async fn open(app: &App, actor: &Actor, obligation: ObligationId) -> Result<DraftId> {
    app.db
        .write(actor, "draft.open", async |tx| {
            let obligation = person::store::obligation(tx, actor.home, obligation).await?;
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            let (draft, made) = opened(app, tx, &permit).await?;
            if !made {
                tx.nothing_done();
            }
            Ok(draft)
        })
        .await
}

/// The draft, and whether it was made now.
pub(super) async fn opened(app: &App, tx: &mut Tx, permit: &Permit<WriteDraft, Obligation>) -> Result<(DraftId, bool)> {
    let obligation = permit.on();
    let (draft, made) = store::open_draft(tx, permit).await?;
    if made {
        let latest = before(tx, obligation).await?;
        let carried = carry::latest(tx, &app.law, &latest).await?;
        prefill(app, tx, permit, draft, carried.as_ref()).await?;
        tx.record(
            Event::new("draft.opened", obligation.partition)
                .unit(obligation.unit)
                .person(obligation.person)
                .id("draft", draft)
                .id("obligation", obligation.id),
        )?;
    }
    Ok((draft, made))
}

/// The draft goes on with the text it holds, for what it is open for now.
pub(super) async fn go_on(tx: &mut Tx, permit: &Permit<WriteDraft, Obligation>) -> Result<()> {
    let (_, draft) = load(tx, permit.on().id).await?;
    if let Some(draft) = draft.filter(Draft::waits_for_record) {
        let taken_up = write(tx, permit, draft.id, REOPENED, &draft.to_mend, draft.taken_up_revision).await?;
        taken_up.ok_or_else(changed_again)?;
    }
    Ok(())
}

/// What is on record of the person before the declaration this draft is of, also when that one is there already and is to
/// be completed or made again.
async fn before(tx: &mut Tx, obligation: &Obligation) -> Result<store::Latest> {
    store::latest(tx, obligation.partition, obligation.person, obligation.declaration).await
}

/// What is on record goes into the draft it is to be mended in, once for each demand (article 38.2) or correction, unless the draft says
/// just that: a declaration that was sent online still stands there as typed. What stood there instead is kept aside.
async fn take_up(app: &App, actor: &Actor, obligation: ObligationId) -> Result<()> {
    app.db
        .write(actor, "draft.reopen", async |tx| {
            let (obligation, draft) = load(tx, obligation).await?;
            let Some(draft) = draft.filter(Draft::waits_for_record) else {
                tx.nothing_done();
                return Ok(());
            };
            let (demand, correction) = (obligation.demand, obligation.corrects());
            let id = obligation.declaration.ok_or(Error::NotFound)?;
            let on_record = carry::open(tx, id).await?;
            let (rules, form) = law_of(app, &obligation)?;
            let kind = obligation.kind;
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            // One that cannot be opened is told to the log, and nobody is kept from mending by it.
            if let Some(record) = on_record.as_ref() {
                let frame =
                    Frame { rules, form, kind, completed_on: record.completed_on, before: draft.content_before() };
                let now = compose::compose(&frame, &draft.typed()).map_err(anyhow::Error::from)?;
                if now.document != record.content {
                    replace(tx, &permit, &draft, &carry::typed_again(form, kind, record), form).await?;
                }
            }
            if write(tx, &permit, draft.id, REOPENED, &draft.to_mend, draft.taken_up_revision).await?.is_none() {
                return Err(changed_again().into());
            }
            let on = permit.on();
            let mut event = Event::new("draft.reopened", on.partition)
                .unit(on.unit)
                .person(on.person)
                .id("draft", draft.id)
                .id("declaration", id);
            if let Some(demand) = demand {
                event = event.id("demand", demand);
            }
            if let Some(correction) = correction {
                event = event.id("correction", correction);
            }
            tx.record(event)?;
            Ok(())
        })
        .await
}

/// Puts other text into every section; what stood there is kept aside.
async fn replace(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: &Draft,
    said: &BTreeMap<String, Typed>,
    form: &Form,
) -> Result<()> {
    for section in wizard::sections(form, permit.on().kind) {
        let saved = draft.sections.get(section.code);
        let typed = said.get(section.code).cloned().unwrap_or_default();
        if saved.is_none() && typed.is_blank() {
            continue;
        }
        if let Some(before) = saved.map(|saved| &saved.typed).filter(|before| **before != typed && !before.is_blank()) {
            let tab = Uuid::now_v7().to_string();
            let kept = Aside { tab, typed: before.clone(), at: tx.now(), decided: true };
            set_aside(tx, permit, draft, section.code, vec![kept]).await?;
        }
        let revision = saved.map_or(0, |saved| saved.revision);
        if write(tx, permit, draft.id, section.code, &sealable(&typed, None)?, revision).await?.is_none() {
            return Err(changed_again().into());
        }
    }
    Ok(())
}

/// What the last declaration said goes into every section; the declarant's own facts, as their unit keeps them now, over
/// the first one. They check and mend both.
async fn prefill(
    app: &App,
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: DraftId,
    carried: Option<&Carried>,
) -> Result<()> {
    let on = permit.on();
    let (_, form) = law_of(app, on)?;
    let Some(first) = wizard::sections(form, on.kind).into_iter().next() else { return Ok(()) };
    let mut sections = carried.map(|carried| carry::typed_of(form, on.kind, carried)).unwrap_or_default();
    let before = sections.remove(first.code).unwrap_or_default();
    for (code, typed) in &sections {
        write(tx, permit, draft, code, &carried_text(typed)?, 0).await?;
    }
    if let Some(carried) = carried {
        write(tx, permit, draft, carry::PREVIOUS, carried, 0).await?;
    }
    let person = person::store::find(tx, on.partition, on.person).await?;
    let unit = organisation::store::organisation(tx, on.unit).await?.name;
    let row = person.id.0;
    let dob = tx.open(on.partition, row, &person.dob)?;
    let id_no = match &person.id_no {
        Some(sealed) => tx.open(on.partition, row, sealed)?,
        None => String::new(),
    };
    let known = [
        ("full_name", tx.open(on.partition, row, &person.name)?),
        ("dob", dob.parse().map(viet::date::format_short).unwrap_or(dob)),
        ("position", tx.open(on.partition, row, &person.position)?),
        ("unit", unit.clone()),
        ("id_no", id_no),
    ];
    let entry =
        known.into_iter().filter(|(key, text)| !text.is_empty() && first.slots.iter().any(|slot| slot.path == *key));
    let mut facts = before.entries.into_iter().next().unwrap_or_default();
    facts.extend(entry.map(|(key, text)| (key.to_owned(), text)));
    let typed = Typed {
        have: None,
        top: first.tops.iter().map(|slot| (slot.path.clone(), unit.clone())).collect(),
        entries: vec![facts],
    };
    let content = if carried.is_some() { carried_text(&typed)? } else { sealable(&typed, None)? };
    write(tx, permit, draft, first.code, &content, 0).await?;
    tx.record(Event::new("person.opened", on.partition).unit(on.unit).person(on.person).id("draft", draft))?;
    Ok(())
}

/// What the unit's list says of the person (article 37.1), where the rules of the obligation compare with it. A correction
/// says what should have been said then; the list is of now.
pub async fn listed(app: &App, tx: &mut Tx, on: &Obligation) -> Result<Option<form::Listed>> {
    if on.corrects().is_some() || !law_of(app, on)?.0.compares_with_list() {
        return Ok(None);
    }
    let person = person::store::find(tx, on.partition, on.person).await?;
    let unit = organisation::store::organisation(tx, on.unit).await?.name;
    tx.record(Event::new("person.opened", on.partition).unit(on.unit).person(on.person).id("obligation", on.id))?;
    Ok(Some(form::Listed { position: tx.open(on.partition, person.id.0, &person.position)?, unit }))
}

/// For what a draft is to take up what is on record: a demand; a correction and the version it is of.
async fn to_mend(tx: &mut Tx, obligation: &Obligation) -> Result<Option<String>> {
    Ok(match (obligation.corrects(), obligation.declaration) {
        (Some(correction), Some(declaration)) => {
            Some(format!("{correction} {}", store::find(tx, declaration).await?.version))
        }
        _ => obligation.demand.map(|demand| demand.to_string()),
    })
}

/// Saving and sending one draft wait for each other: what is saved is either in what is sent, or not saved and said so.
pub async fn turn(tx: &mut Tx, obligation: ObligationId) -> Result<()> {
    tx.take_turn("draft", obligation).await
}

/// The obligation and its draft, if one was opened.
pub async fn load(tx: &mut Tx, obligation: ObligationId) -> Result<(Obligation, Option<Draft>)> {
    let partition = tx.actor().home;
    let obligation = person::store::obligation(tx, partition, obligation).await?;
    let Some(id) = store::draft_of(tx, partition, obligation.id).await? else { return Ok((obligation, None)) };
    let latest = before(tx, &obligation).await?;
    let mut draft = Draft {
        id,
        sections: BTreeMap::new(),
        asides: BTreeMap::new(),
        previous_completed_on: latest.completed_on,
        previous: None,
        previous_revision: 0,
        is_behind: false,
        year: None,
        completed_on: None,
        listed: None,
        to_mend: to_mend(tx, &obligation).await?,
        taken_up: None,
        taken_up_revision: 0,
    };
    if let (Some(_), Some(declaration)) = (obligation.corrects(), obligation.declaration) {
        let declaration = store::find(tx, declaration).await?;
        draft.completed_on = Some(declaration.completed_on);
    }
    for row in store::draft_sections(tx, partition, id).await? {
        if row.section == carry::PREVIOUS {
            draft.previous_revision = row.revision;
            draft.previous = Some(unseal(tx, partition, id, &row)?);
            continue;
        }
        if row.section == REOPENED {
            draft.taken_up_revision = row.revision;
            draft.taken_up = Some(unseal(tx, partition, id, &row)?);
            continue;
        }
        match row.section.strip_suffix(ASIDE) {
            Some(section) => {
                let asides = Asides { list: unseal(tx, partition, id, &row)?, revision: row.revision };
                draft.asides.insert(section.to_owned(), asides);
            }
            None => {
                let (typed, turn, is_carried) = unsealed(unseal(tx, partition, id, &row)?)?;
                let saved = Saved { typed, revision: row.revision, updated_at: row.updated_at, is_carried, turn };
                if row.section == carry::YEAR {
                    draft.year = Some(saved);
                } else {
                    draft.sections.insert(row.section, saved);
                }
            }
        }
    }
    let copy = draft.previous.as_ref().map(|carried| (carried.declaration, carried.source()));
    draft.is_behind = copy != latest.declared.map(|declared| (declared, latest.source()));
    Ok((obligation, Some(draft)))
}

/// [`current`] with all that is compared with before it is sent: opening the person's line of the list is a recorded access.
pub async fn to_send(app: &App, actor: &Actor, obligation: ObligationId) -> Result<(Obligation, Option<Draft>)> {
    let (obligation, mut draft) = current(app, actor, obligation).await?;
    if let Some(draft) = draft.as_mut().filter(|_| obligation.takes_text()) {
        draft.listed = app.db.read(actor, "draft.to_send", async |tx| listed(app, tx, &obligation).await).await?;
    }
    Ok((obligation, draft))
}

/// The obligation and its draft, compared with the latest declaration on record: when one was recorded after the draft was
/// opened (a paper, another obligation's), the draft takes up a copy of it, and its entries point at the assets there.
pub async fn current(app: &App, actor: &Actor, obligation: ObligationId) -> Result<(Obligation, Option<Draft>)> {
    let read = async || app.db.read(actor, "draft.read", async |tx| load(tx, obligation).await).await;
    let (mut found, mut draft) = read().await?;
    if draft.as_ref().is_some_and(Draft::waits_for_record) {
        take_up(app, actor, obligation).await?;
        (found, draft) = read().await?;
    }
    if !found.takes_text() || draft.as_ref().is_none_or(|draft| !draft.is_behind) {
        return Ok((found, draft));
    }
    app.db
        .write(actor, "draft.carry", async |tx| {
            let (obligation, draft) = load(tx, obligation).await?;
            let latest = before(tx, &obligation).await?;
            let (Some(draft), Some(_)) = (draft.filter(|draft| draft.is_behind), latest.declared) else {
                tx.nothing_done();
                return Ok(());
            };
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            let Some(carried) = carry::latest(tx, &app.law, &latest).await? else { return Ok(()) };
            if let Some(before) = &draft.previous {
                follow(app, tx, &permit, &draft, before, &carried).await?;
            }
            if write(tx, &permit, draft.id, carry::PREVIOUS, &carried, draft.previous_revision).await?.is_none() {
                return Err(changed_again().into());
            }
            let on = permit.on();
            tx.record(
                Event::new("draft.carried", on.partition)
                    .unit(on.unit)
                    .person(on.person)
                    .id("draft", draft.id)
                    .id("declaration", carried.declaration),
            )?;
            Ok(())
        })
        .await?;
    read().await
}

/// The sections of assets of a draft, after what was declared before became another than they were carried from
/// ([`carry::follow`]). What came in waits for the person, also where they had said that nothing changed.
async fn follow(
    app: &App,
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: &Draft,
    before: &Carried,
    now: &Carried,
) -> Result<()> {
    let (rules, form) = law_of(app, permit.on())?;
    let kind = permit.on().kind;
    let frame = Frame { rules, form, kind, completed_on: now.completed_on, before: None };
    let composed = compose::compose(&frame, &draft.typed()).map_err(anyhow::Error::from)?;
    let same = form::compare::pair(&now.content, composed.whole());
    let fresh = carry::typed_of(form, kind, now);
    let mut year = draft.year.as_ref().map(|saved| saved.typed.clone()).unwrap_or_default();
    for section in wizard::sections(form, kind).iter().filter(|section| section.path == "assets[]") {
        let saved = draft.sections.get(section.code);
        let mut typed = saved.map(|saved| saved.typed.clone()).unwrap_or_default();
        let is_carried = saved.is_none_or(|saved| saved.is_carried);
        // A carried section in which something was typed still waits for the person, and holds what they typed.
        let is_untouched = is_carried && saved.is_none_or(|saved| saved.turn.is_none());
        let same_as = |entry| {
            let asset = composed.asset_of(section.code, entry)?;
            same.iter().find(|pair| pair.now == asset).map(|pair| pair.before)
        };
        let contents = (&before.content, &now.content);
        let followed = carry::follow(&mut typed, is_untouched, contents, fresh.get(section.code), same_as);
        if !followed.has_changed {
            continue;
        }
        if let Some(saved) = saved.filter(|_| followed.has_dropped && !is_untouched) {
            let tab = Uuid::now_v7().to_string();
            let kept = Aside { tab, typed: saved.typed.clone(), at: tx.now(), decided: true };
            set_aside(tx, permit, draft, section.code, vec![kept]).await?;
        }
        let mut content = sealable(&typed, (!is_untouched).then(Turn::of_no_page).as_ref())?;
        if is_carried || followed.has_added {
            content[CARRIED] = Value::Bool(true);
        }
        let revision = saved.map_or(0, |saved| saved.revision);
        if write(tx, permit, draft.id, section.code, &content, revision).await?.is_none() {
            return Err(changed_again().into());
        }
        if let Some(question) = app.law.question_of(section.code).filter(|_| followed.has_added) {
            year.top.remove(&question.code);
        }
    }
    let sheet = wizard::income_sheet(&app.law, form, kind);
    if let Some((saved, sheet)) = sheet.and_then(|sheet| Some((draft.sections.get(sheet.code)?, sheet))) {
        let pairs = form::compare::pair(&before.content, &now.content);
        let mut typed = saved.typed.clone();
        income::follow(&mut typed, |had| pairs.iter().find(|pair| pair.before == had).map(|pair| pair.now));
        let content = sealable(&typed, Some(&Turn::of_no_page()))?;
        if typed != saved.typed && write(tx, permit, draft.id, sheet.code, &content, saved.revision).await?.is_none() {
            return Err(changed_again().into());
        }
    }
    if let Some(saved) = draft.year.as_ref().filter(|saved| saved.typed != year)
        && write(tx, permit, draft.id, carry::YEAR, &sealable(&year, None)?, saved.revision).await?.is_none()
    {
        return Err(changed_again().into());
    }
    Ok(())
}

/// Saves what is being typed, in one transaction that reads no more than the section it writes: everybody types at once on
/// the last days. `section` names it by the obligation's own form. It is not yet saying that all of it is so.
///
/// A page from before a demand or an approved correction does not write first: what is on record comes in, and the page's
/// text is kept aside for the person to choose from.
pub async fn autosave(
    app: &App,
    actor: &Actor,
    obligation: ObligationId,
    section: impl Fn(&Obligation) -> Result<String> + Sync,
    typed: &Typed,
    turn: &Turn,
) -> Result<Saving> {
    let save = async || {
        app.db
            .housekeep(actor, "draft.autosave", async |tx| {
                self::turn(tx, obligation).await?;
                let obligation = person::store::obligation(tx, tx.actor().home, obligation).await?;
                if !obligation.takes_text() {
                    return Ok(Some(Saving::Closed));
                }
                let partition = obligation.partition;
                let draft = store::draft_of(tx, partition, obligation.id).await?.ok_or(Error::NotFound)?;
                if let Some(to_mend) = to_mend(tx, &obligation).await? {
                    let taken_up: Option<String> = match store::draft_section(tx, partition, draft, REOPENED).await? {
                        Some(row) => unseal(tx, partition, draft, &row)?,
                        None => None,
                    };
                    if taken_up != Some(to_mend) {
                        return Ok(None);
                    }
                }
                let code = section(&obligation)?;
                let is_carried = match store::draft_section(tx, partition, draft, &code).await? {
                    Some(row) => unsealed(unseal(tx, partition, draft, &row)?)?.2,
                    None => false,
                };
                let permit = tx.permit::<WriteDraft, _>(obligation)?;
                put(tx, &permit, draft, &code, (typed, turn), is_carried).await.map(Some)
            })
            .await
    };
    if let Some(saved) = save().await? {
        return Ok(saved);
    }
    current(app, actor, obligation).await?;
    save().await?.ok_or_else(|| changed_again().into())
}

/// Saves a section as typed; `confirms` when the person says they are done with it. Keystrokes of a draft are not acts and leave no event (house plan: drafts).
pub async fn save(
    app: &App,
    actor: &Actor,
    obligation: ObligationId,
    section: &str,
    typed: &Typed,
    turn: &Turn,
    confirms: bool,
) -> Result<Saving> {
    app.db
        .housekeep(actor, "draft.save", async |tx| {
            self::turn(tx, obligation).await?;
            let (obligation, draft) = load(tx, obligation).await?;
            if !obligation.takes_text() {
                return Ok(Saving::Closed);
            }
            let draft = draft.ok_or(Error::NotFound)?;
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            let is_carried = !confirms && draft.sections.get(section).is_some_and(|saved| saved.is_carried);
            put(tx, &permit, draft.id, section, (typed, turn), is_carried).await
        })
        .await
}

/// Writes a section, or keeps the text aside when another was first. Typing into what was carried (`is_carried`) is not yet
/// saying that all of it is so.
async fn put(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    id: DraftId,
    section: &str,
    (typed, turn): (&Typed, &Turn),
    is_carried: bool,
) -> Result<Saving> {
    let mut content = sealable(typed, Some(turn))?;
    if is_carried {
        content[CARRIED] = Value::Bool(true);
    }
    if let Some(revision) = write(tx, permit, id, section, &content, turn.revision).await? {
        return Ok(Saving::Saved { revision });
    }
    // Read again: what stands there may have been written between our reading and our writing.
    let (_, now) = load(tx, permit.on().id).await?;
    let mut draft = now.ok_or(Error::NotFound)?;
    let current = match section {
        carry::YEAR => draft.year.take(),
        _ => draft.sections.remove(section),
    };
    if let Some(current) = current {
        let own = current.turn.as_ref().filter(|standing| standing.is_of_same_page(turn));
        // The same text again, or this page's earlier text coming in behind its later one.
        if current.typed == *typed || own.is_some_and(|standing| standing.number > turn.number) {
            return Ok(Saving::Saved { revision: current.revision });
        }
        if current.turn.as_ref().is_some_and(|standing| turn.follows(standing))
            && let Some(revision) = write(tx, permit, id, section, &content, current.revision).await?
        {
            return Ok(Saving::Saved { revision });
        }
    }
    let aside = Aside { tab: turn.tab.clone(), typed: typed.clone(), at: tx.now(), decided: false };
    set_aside(tx, permit, &draft, section, vec![aside]).await?;
    Ok(Saving::Conflict)
}

/// Takes the named boxes from the text set aside by `tab`, the others from the saved one, and keeps both texts aside.
///
/// # Errors
/// A conflict when the section was saved again since the person looked.
pub async fn decide(
    app: &App,
    actor: &Actor,
    obligation: ObligationId,
    section: &str,
    tab: &str,
    from_aside: &[String],
    expected: i32,
) -> Result<()> {
    app.db
        .housekeep(actor, "draft.decide", async |tx| {
            let (obligation, draft) = load(tx, obligation).await?;
            let draft = draft.ok_or(Error::NotFound)?;
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            let aside = draft.asides.get(section).and_then(|asides| asides.from_tab(tab)).ok_or(Error::NotFound)?;
            let current = draft.sections.get(section).map(|saved| saved.typed.clone()).unwrap_or_default();
            let chosen = current.merged(&aside.typed, &with_unseen(&current, &aside.typed, from_aside));
            if write(tx, &permit, draft.id, section, &sealable(&chosen, None)?, expected).await?.is_none() {
                return Err(changed_again().into());
            }
            let mut kept = vec![Aside { decided: true, ..aside.clone() }];
            if chosen != current {
                kept.push(Aside { tab: Uuid::now_v7().to_string(), typed: current, at: tx.now(), decided: true });
            }
            set_aside(tx, &permit, &draft, section, kept).await
        })
        .await
}

/// The boxes taken from another text, with what a page carries along unseen for them: it goes with the entry it stands in, where
/// all of it that differs was taken, or the name of who it is about.
fn with_unseen(current: &Typed, other: &Typed, taken: &[String]) -> Vec<String> {
    let entry = |name: &str| typed::entry_name(name).map(|(index, _)| index);
    let (seen, unseen): (Vec<_>, Vec<_>) =
        current.differences(other).into_iter().partition(|name| carry::is_seen(name));
    let goes_along = |name: &String| {
        let of_entry: Vec<_> = seen.iter().filter(|seen| entry(seen) == entry(name)).collect();
        let about = if of_entry.is_empty() { seen.iter().collect() } else { of_entry };
        let is_who = |name: &&String| name.ends_with(".full_name");
        match about.iter().find(|name| is_who(name)) {
            Some(who) => taken.contains(who),
            None => !about.is_empty() && about.iter().all(|name| taken.contains(name)),
        }
    };
    let unseen: Vec<String> = unseen.into_iter().filter(goes_along).collect();
    taken.iter().cloned().chain(unseen).collect()
}

/// Keeps texts aside; a later text of the same page replaces its earlier one.
async fn set_aside(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: &Draft,
    section: &str,
    new: Vec<Aside>,
) -> Result<()> {
    let Asides { mut list, revision } = draft.asides.get(section).cloned().unwrap_or_default();
    list.retain(|old| !new.iter().any(|aside| aside.tab == old.tab));
    list.extend(new);
    match write(tx, permit, draft.id, &format!("{section}{ASIDE}"), &list, revision).await? {
        Some(_) => Ok(()),
        None => Err(changed_again().into()),
    }
}

fn changed_again() -> Refusal {
    Refusal::new(
        "draft_changed",
        "Mục này vừa được lưu thêm một lần nữa ở nơi khác nên chưa ghi được lựa chọn.",
        "Không nội dung nào bị mất; đề nghị mở lại trang rồi chọn lại.",
    )
    .status(axum::http::StatusCode::CONFLICT)
}

/// What the texts set aside are kept under: the section's code with this ending.
const ASIDE: &str = ".aside";
/// What the demand or correction is kept under for which the draft took up what is on record.
const REOPENED: &str = "REOPENED";

async fn write<T: Serialize>(
    tx: &mut Tx,
    permit: &Permit<WriteDraft, Obligation>,
    draft: DraftId,
    section: &str,
    content: &T,
    expected: i32,
) -> Result<Option<i32>> {
    let value = serde_json::to_value(content).map_err(anyhow::Error::from)?;
    let sealed = tx.keys().seal::<DraftCell>(permit.on().partition, cell_row(draft, section), &value)?;
    store::save_section(tx, permit, draft, section, &sealed, expected).await
}

/// A section's text with where it came from, as it is sealed.
fn sealable(typed: &Typed, turn: Option<&Turn>) -> Result<Value> {
    let mut value = serde_json::to_value(typed).map_err(anyhow::Error::from)?;
    if let Some(turn) = turn {
        value[TURN] = serde_json::to_value(turn).map_err(anyhow::Error::from)?;
    }
    Ok(value)
}

/// A section's text as it was carried: until the person saves it, it waits for them.
fn carried_text(typed: &Typed) -> Result<Value> {
    let mut value = sealable(typed, None)?;
    value[CARRIED] = Value::Bool(true);
    Ok(value)
}

fn unsealed(mut value: Value) -> Result<(Typed, Option<Turn>, bool)> {
    let mut take = |key: &str| value.as_object_mut().and_then(|content| content.remove(key));
    let (turn, carried) = (take(TURN), take(CARRIED));
    Ok((shaped(value)?, turn.map(shaped).transpose()?, carried == Some(Value::Bool(true))))
}

/// serde's own message would quote what was under seal.
fn shaped<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| crate::bug!("a section of a draft holds another shape ({:?})", error.classify()))
}

/// The key of a sealed section under which its `Turn` stands.
const TURN: &str = "turn";
/// The key that says the text was carried.
const CARRIED: &str = "carried";

/// The author reads their own draft: no access to be recorded, hence not `Tx::open`.
fn unseal<T: serde::de::DeserializeOwned>(
    tx: &Tx,
    partition: PartitionId,
    draft: DraftId,
    row: &DraftSection,
) -> Result<T> {
    shaped(tx.keys().open_cell(partition, cell_row(draft, &row.section), &row.content)?)
}

/// The row a draft's cell is bound to: draft and section together, because the row's key has no UUID of its own.
fn cell_row(draft: DraftId, section: &str) -> Uuid {
    let digest = sha256(format!("{draft} {section}").as_bytes());
    Uuid::from_u128(digest[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_bound_to_its_draft_and_section() {
        let (one, other) = (DraftId::new(), DraftId::new());
        assert_eq!(cell_row(one, "MONEY"), cell_row(one, "MONEY"));
        assert_ne!(cell_row(one, "MONEY"), cell_row(one, "SHARE"));
        assert_ne!(cell_row(one, "MONEY"), cell_row(other, "MONEY"));
    }

    /// Of two texts with other children in the same places, a mark goes with the name it stands for.
    #[test]
    fn what_is_not_seen_goes_with_whom_it_is_about() {
        let typed = |names: &[(&str, &str)]| Typed::from_names(names.iter().copied());
        let mine = typed(&[("have", "co"), ("e0.full_name", "Bình"), ("e0.dob", "02/02/2012"), ("e0.ma", "b")]);
        let (an, dob) = (("e0.full_name", "An"), ("e0.dob", "01/01/2010"));
        let both = [("have", "co"), an, dob, ("e0.ma", "a"), ("e1.full_name", "Bình"), ("e1.ma", "b")];
        let other = typed(&both);
        let merged = |taken: &[&str]| {
            let taken: Vec<String> = taken.iter().map(|name| (*name).to_owned()).collect();
            mine.merged(&other, &with_unseen(&mine, &other, &taken))
        };
        assert_eq!(merged(&["e0.full_name", "e0.dob", "e1.full_name"]), other);
        assert_eq!(merged(&["e0.full_name"]).text("e0.ma"), "a");
        assert_eq!(merged(&["e0.dob"]).text("e0.ma"), "b");
        assert_eq!(merged(&[]), mine);
    }
}
