//! Writing, proposing and withdrawing a correction; opening one.
use std::collections::BTreeMap;

use form::compare::Decision;
use form::rules::{Effect, Finding};
use form::{Form, RuleSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::{Correction, Explanation, Made, Proposal, ProposalCell, State, Verdict};
use super::policy::{Propose, Withdraw};
use super::rules::{self, Case};
use super::store;
use crate::declaration::carry::{self, Carried};
use crate::declaration::demand::acts::turn;
use crate::declaration::difference::Differences;
use crate::declaration::holder;
use crate::declaration::model::Declaration;
use crate::declaration::open::{self, Opened as Record};
use crate::declaration::policy::WriteDraft;
use crate::declaration::submit::{self, Before, reason_key};
use crate::declaration::{draft, store as declarations};
use crate::kernel::id::{CorrectionId, DeclarationId, ObligationId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::person::{self, Obligation};

/// What is known of a declaration that is asked to be corrected.
pub struct Standing {
    pub obligation: Option<Obligation>,
    pub is_published: bool,
    /// Every proposal, those that wait first, then the newest.
    pub corrections: Vec<Correction>,
}

impl Standing {
    pub async fn of(tx: &mut Tx, declaration: &Declaration) -> Result<Self> {
        let obligation = match declaration.obligation {
            Some(id) => Some(person::store::obligation(tx, declaration.partition, id).await?),
            None => None,
        };
        let is_published = declarations::is_published(tx, declaration).await?;
        Ok(Self { obligation, is_published, corrections: store::of_declaration(tx, declaration.id).await? })
    }

    /// The last day on which a correction may be proposed, or why none may.
    pub fn may_propose(
        &self,
        declaration: &Declaration,
        today: chrono::NaiveDate,
    ) -> std::result::Result<chrono::NaiveDate, Refusal> {
        rules::may_propose(&Case {
            declaration,
            due_on: self.obligation.as_ref().map(|obligation| obligation.due_on),
            is_published: self.is_published,
            corrections: &self.corrections,
            today,
        })
    }
}

/// Opens the draft of a received declaration again, to write a correction in it. Its sections say what is on record; after a
/// proposal that was withdrawn they say what was proposed, so that nothing is typed twice. Nothing of the record changes, and
/// a draft left lying changes nothing either.
pub async fn begin(app: &App, actor: &Actor, id: DeclarationId) -> Result<ObligationId> {
    app.db
        .write(actor, "correction.begin", async |tx| {
            turn(tx, id).await?;
            let declaration = declarations::find(tx, id).await?;
            let standing = Standing::of(tx, &declaration).await?;
            standing.may_propose(&declaration, tx.today())?;
            let (version, rule_set) =
                (declaration.version, declarations::latest_version(tx, &declaration).await?.rule_set);
            tx.permit::<Propose, _>(declaration)?;
            let mut obligation = standing.obligation.ok_or(Error::NotFound)?;
            if obligation.rule_set != rule_set {
                return Err(rules::other_law().into());
            }
            if obligation.correcting.is_some() {
                tx.nothing_done();
                return Ok(obligation.id);
            }
            let correction = CorrectionId::new();
            obligation.correcting = Some(correction);
            let permit = tx.permit::<WriteDraft, _>(obligation)?;
            let (draft, _) = draft::opened(app, tx, &permit).await?;
            store::set_correcting(tx, &permit, draft, Some(correction)).await?;
            let last = standing.corrections.iter().max_by_key(|one| one.created_at);
            if last.is_some_and(|last| last.state == State::Withdrawn && last.version == version) {
                draft::go_on(tx, &permit).await?;
            }
            let on = permit.on();
            tx.record(
                Event::new("correction.begun", on.partition)
                    .unit(on.unit)
                    .person(on.person)
                    .id("correction", correction)
                    .id("declaration", id)
                    .id("draft", draft),
            )?;
            Ok(on.id)
        })
        .await
}

/// The declarant gives up a correction that was not proposed: the draft takes no more text. What was typed stays aside.
pub async fn drop_draft(app: &App, actor: &Actor, id: DeclarationId) -> Result<()> {
    app.db
        .write(actor, "correction.drop", async |tx| {
            turn(tx, id).await?;
            let declaration = declarations::find(tx, id).await?;
            let obligation = declaration.obligation.ok_or(Error::NotFound)?;
            let obligation = person::store::obligation(tx, declaration.partition, obligation).await?;
            let Some(correction) = obligation.correcting else {
                tx.nothing_done();
                return Ok(());
            };
            close_draft(tx, &obligation).await?;
            tx.record(
                Event::new("correction.dropped", declaration.partition)
                    .unit(declaration.unit)
                    .person(declaration.person)
                    .id("correction", correction)
                    .id("declaration", id),
            )?;
            Ok(())
        })
        .await
}

async fn close_draft(tx: &mut Tx, obligation: &Obligation) -> Result<()> {
    if obligation.correcting.is_none() {
        return Ok(());
    }
    let draft = declarations::draft_of(tx, obligation.partition, obligation.id).await?.ok_or(Error::NotFound)?;
    let permit = tx.permit::<WriteDraft, _>(obligation.clone())?;
    store::set_correcting(tx, &permit, draft, None).await
}

/// What is to be proposed.
#[derive(Debug, Clone)]
pub struct Proposing {
    /// The version that was read and changed.
    pub version: VersionId,
    /// The declaration as it should be, in the shape of the form's definition; its day of completion stays.
    pub content: Value,
    /// Why, and on what it rests.
    pub explanation: String,
    /// Reasons for warnings, by `submit::reason_key`; those on record need not be given again.
    pub reasons: BTreeMap<String, String>,
    /// What the person says became of the assets of their previous declaration.
    pub decisions: BTreeMap<usize, Decision>,
}

/// A proposal made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Proposed {
    pub correction: CorrectionId,
    /// How many differences are to be decided.
    pub items: i16,
    /// The last day on which they can be decided.
    pub due_on: chrono::NaiveDate,
    /// SHA-256 over the proposal, hex.
    pub proposal_sha256: String,
}

/// What came of trying to propose.
#[derive(Debug)]
pub enum Outcome {
    Proposed(Proposed),
    /// What blocks it, and warnings that want a reason first.
    NotYet(Vec<Finding>),
}

/// The law a record was made under.
pub(in crate::declaration) fn law_of<'a>(app: &'a App, record: &Record) -> Result<(&'a RuleSet, &'a Form)> {
    let rules = crate::law::named(&app.law, &record.version.rule_set)?;
    let kind = record.declaration.kind;
    Ok((rules, rules.form_for(kind).ok_or_else(|| crate::bug!("no form for {kind}"))?))
}

/// What is judged with a declaration: the person's latest one before it.
pub(super) struct Judge<'a> {
    app: &'a App,
    obligation: &'a Obligation,
    completed_on: chrono::NaiveDate,
    previous_completed_on: Option<chrono::NaiveDate>,
    previous: Option<Carried>,
}

impl<'a> Judge<'a> {
    pub(super) async fn of(
        app: &'a App,
        tx: &mut Tx,
        declaration: &Declaration,
        obligation: &'a Obligation,
    ) -> Result<Self> {
        let latest = declarations::latest(tx, declaration.partition, declaration.person, Some(declaration.id)).await?;
        let previous = carry::latest(tx, &app.law, &latest).await?;
        let (completed_on, previous_completed_on) = (declaration.completed_on, latest.completed_on);
        Ok(Self { app, obligation, completed_on, previous_completed_on, previous })
    }

    /// As on the day the declaration was completed: a correction says what should have been said then.
    pub(super) fn findings(&self, content: &Value, decisions: &BTreeMap<usize, Decision>) -> Result<Vec<Finding>> {
        let declared = self.previous.as_ref().map(|carried| (carried, decisions));
        let before = Before { completed_on: self.previous_completed_on, declared, listed: None };
        submit::judge(self.app, self.obligation, content, self.completed_on, &before)
    }
}

/// Reasons given for warnings of a version, by `submit::reason_key`.
pub(in crate::declaration) async fn recorded_reasons(tx: &mut Tx, record: &Record) -> Result<BTreeMap<String, String>> {
    let partition = record.declaration.partition;
    let mut reasons = BTreeMap::new();
    for found in declarations::shortcomings(tx, partition, record.version.id).await? {
        if let Some(reason) = &found.reason {
            reasons.insert(format!("{}@{}", found.rule, found.path), tx.open(partition, found.id, reason)?);
        }
    }
    Ok(reasons)
}

/// The declarant proposes to correct their received declaration, explaining why, until the obligation's last day (that day
/// counts; Quyết định 390/QĐ-TTg, điểm 2 mục II). It is judged as a whole like a sending: severity B refuses it, a warning
/// wants a reason. Only what is told as a difference in words is proposed; a proposal without one is refused. It waits for
/// the competent person and changes nothing on record. Asking twice with one key proposes once.
pub async fn propose(app: &App, actor: &Actor, id: DeclarationId, asked: &Proposing, once: &Once) -> Result<Outcome> {
    app.db
        .write_once(actor, "correction.propose", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Proposed>()? {
                return Ok(Outcome::Proposed(before));
            }
            let unit = declarations::find(tx, id).await?.unit;
            // What is hung up or read out while it is proposed is seen; taken in the order of the decision.
            tx.take_turn("disclosure.begin", unit).await?;
            turn(tx, id).await?;
            let declaration = declarations::find(tx, id).await?;
            let standing = Standing::of(tx, &declaration).await?;
            let due_on = standing.may_propose(&declaration, tx.today())?;
            if declaration.version != asked.version {
                return Err(rules::stale().into());
            }
            let explanation = form::leaves::normalise_text(&asked.explanation);
            if explanation.is_empty() {
                return Err(rules::no_explanation().into());
            }
            let permit = tx.permit::<Propose, _>(declaration.clone())?;
            let obligation = standing.obligation.ok_or(Error::NotFound)?;
            let record = open::open(tx, declaration).await?;
            let (proposal, open) = composed(app, tx, &record, &obligation, asked).await?;
            if !open.is_empty() {
                tx.nothing_done();
                return Ok(Outcome::NotYet(open));
            }
            let declaration = permit.on();
            let (partition, unit, person) = (declaration.partition, declaration.unit, declaration.person);
            let correction = CorrectionId::new();
            let items =
                i16::try_from(proposal.differences.list.len()).map_err(|_| crate::bug!("too many differences"))?;
            let proposal = tx.keys().seal::<ProposalCell>(partition, correction.0, &proposal)?;
            let explanation = tx.keys().seal::<Explanation>(partition, correction.0, &explanation)?;
            let made = Made {
                id: correction,
                declaration: id,
                version: asked.version,
                proposed_on: tx.today(),
                due_on,
                items,
                proposal_sealed: proposal.as_bytes(),
                explanation_sealed: explanation.as_bytes(),
            };
            let hash = made.hash()?;
            store::insert(tx, &permit, &made).await.map_err(|error| match error.constraint() {
                Some("correction_waiting") => rules::already_proposed().into(),
                _ => error,
            })?;
            close_draft(tx, &obligation).await?;
            tx.record(
                Event::new("correction.proposed", partition)
                    .unit(unit)
                    .person(person)
                    .id("correction", correction)
                    .id("declaration", id)
                    .id("version", asked.version)
                    .count("items", i64::from(items))
                    .hash("proposal", hash),
            )?;
            let proposed = Proposed { correction, items, due_on, proposal_sha256: hex::encode(hash) };
            tx.keep(Owner { partition, unit: Some(unit), person: Some(person) }, &proposed)?;
            Ok(Outcome::Proposed(proposed))
        })
        .await
}

/// The proposal with its differences, and what is in its way.
async fn composed(
    app: &App,
    tx: &mut Tx,
    record: &Record,
    obligation: &Obligation,
    asked: &Proposing,
) -> Result<(Proposal, Vec<Finding>)> {
    if obligation.rule_set != record.version.rule_set {
        return Err(rules::other_law().into());
    }
    let (law, form) = law_of(app, record)?;
    let mut content = asked.content.clone();
    form::leaves::normalise(&mut content);
    if content.get("kind") != record.content.get("kind")
        && content.get("kind") != Some(&json!(obligation.kind.as_str()))
    {
        return Err(submit::other_kind(obligation.kind_label()).into());
    }
    let differences = Differences::of(law, form, &record.content, &content);
    if differences.is_empty() {
        return Err(rules::no_difference().into());
    }
    let content = applied(form, record, &differences, &content, |_| true);
    if let Some(path) = holder::unnamed(form, &content).first() {
        return Err(submit::no_such_child(path).into());
    }
    let findings = Judge::of(app, tx, &record.declaration, obligation).await?.findings(&content, &asked.decisions)?;
    let mut reasons = recorded_reasons(tx, record).await?;
    let given = asked.reasons.iter().map(|(key, reason)| (key.clone(), viet::text::normalise(reason)));
    reasons.extend(given.filter(|(_, reason)| !reason.is_empty()));
    let is_open = |finding: &&Finding| match finding.effect {
        Effect::Refuse => true,
        Effect::AskReason => !reasons.contains_key(&reason_key(finding)),
        _ => false,
    };
    let open = findings.iter().filter(is_open).cloned().collect();
    let asks: Vec<String> = findings.iter().filter(|f| f.effect == Effect::AskReason).map(reason_key).collect();
    reasons.retain(|key, _| asks.contains(key));
    Ok((Proposal { content, differences, reasons }, open))
}

/// The record with some of the differences. It was completed on the day it was, whatever is corrected.
pub(super) fn applied(
    form: &Form,
    record: &Record,
    differences: &Differences,
    proposed: &Value,
    is_approved: impl Fn(usize) -> bool,
) -> Value {
    let mut content = differences.apply(form, &record.content, proposed, is_approved);
    content["completed_on"] = json!(record.declaration.completed_on);
    content
}

/// The declarant withdraws a proposal nobody decided; it stays to be read, and its text is there to be written on.
pub async fn withdraw(app: &App, actor: &Actor, id: CorrectionId) -> Result<()> {
    app.db
        .write(actor, "correction.withdraw", async |tx| {
            let correction = store::find(tx, id).await?;
            turn(tx, correction.declaration).await?;
            let correction = store::find(tx, id).await?;
            if !correction.state.takes(tx.name()) {
                return Err(rules::closed().into());
            }
            let today = tx.today();
            let permit = tx.permit::<Withdraw, _>(correction)?;
            if !store::set_withdrawn(tx, &permit, today).await? {
                return Err(rules::closed().into());
            }
            course(tx, "correction.withdrawn", id).await
        })
        .await
}

/// Tells the log how far a correction is.
pub(super) async fn course(tx: &mut Tx, name: &'static str, id: CorrectionId) -> Result<()> {
    let correction = store::find(tx, id).await?;
    let mut event = Event::new(name, correction.partition)
        .unit(correction.unit)
        .person(correction.person)
        .id("correction", id)
        .id("declaration", correction.declaration)
        .hash("course", correction.course_hash()?);
    if let Some(approved) = correction.approved {
        event = event.count("approved", i64::from(approved)).count("refused", i64::from(correction.items - approved));
    }
    if let Some(version) = correction.result {
        event = event.id("version", version);
    }
    tx.record(event)?;
    Ok(())
}

/// A correction as people read it.
pub struct Opened {
    pub correction: Correction,
    pub proposal: Proposal,
    pub explanation: String,
    /// One for each difference, once decided.
    pub verdicts: Vec<Verdict>,
    pub approver_name: String,
    pub approver_position: String,
}

/// Opens a correction within what the context shows; whoever opens it, the log has it.
pub async fn open_one(tx: &mut Tx, id: CorrectionId) -> Result<Opened> {
    let correction = store::find(tx, id).await?;
    opened(tx, correction)
}

/// Opens every correction of a declaration.
pub async fn open_all(tx: &mut Tx, corrections: Vec<Correction>) -> Result<Vec<Opened>> {
    corrections.into_iter().map(|correction| opened(tx, correction)).collect()
}

fn opened(tx: &mut Tx, correction: Correction) -> Result<Opened> {
    let (partition, row) = (correction.partition, correction.id.0);
    tx.record(
        Event::new("correction.opened", partition)
            .unit(correction.unit)
            .person(correction.person)
            .id("correction", correction.id)
            .id("declaration", correction.declaration),
    )?;
    let verdicts = match &correction.verdicts {
        Some(verdicts) => tx.open(partition, row, verdicts)?,
        None => Vec::new(),
    };
    let approver_name = match &correction.approver_name {
        Some(name) => tx.open(partition, row, name)?,
        None => String::new(),
    };
    let approver_position = match &correction.approver_position {
        Some(position) => tx.open(partition, row, position)?,
        None => String::new(),
    };
    Ok(Opened {
        proposal: tx.open(partition, row, &correction.proposal)?,
        explanation: tx.open(partition, row, &correction.explanation)?,
        verdicts,
        approver_name,
        approver_position,
        correction,
    })
}
