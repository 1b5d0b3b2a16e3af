//! Deciding a correction, difference by difference; what is approved becomes a further version.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use form::RuleSet;
use form::rules::{Effect, Finding};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acts::{self, Judge, Opened};
use super::model::{ApproverName, ApproverPosition, Correction, DecidedBy, Verdict, VerdictsCell};
use super::policy::{Decide, ToDecide};
use super::rules;
use super::store::{self, NewDecision};
use crate::account;
use crate::declaration::asset::Held;
use crate::declaration::demand::acts::turn;
use crate::declaration::findings::{NewFindings, NewShortcoming};
use crate::declaration::holder;
use crate::declaration::model::{Channel, Declaration};
use crate::declaration::open::{self, Opened as Record};
use crate::declaration::policy::{FileDeclaration, Filing};
use crate::declaration::record::{self, Filed, Holdings, NewRecord};
use crate::declaration::store as declarations;
use crate::declaration::submit::reason_key;
use crate::kernel::id::{CorrectionId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, App, Error, Once, Refusal, Result, Role, Tx};
use crate::person;

/// What the competent person decided.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deciding {
    /// One for each difference, in their order.
    pub verdicts: Vec<Verdict>,
    pub decided_on: NaiveDate,
    pub approver_name: String,
    pub approver_position: String,
}

/// A decision put down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decided {
    pub approved: i16,
    pub refused: i16,
    /// The version that came of it; none when everything was refused.
    pub version: Option<VersionId>,
    /// SHA-256 of its canonical document, hex.
    pub document_sha256: Option<String>,
}

/// Puts down what the competent person decided of a proposal (Quyết định 390/QĐ-TTg, điểm 2 mục II; rule X12): each
/// difference approved, or refused with the reason, all in one act, until the legal last day (that day counts). The unit puts
/// it down until the copy is handed over, then the agency that holds it; nobody decides their own declaration, and nothing
/// once publication began. What was approved is applied to the version on record, judged by the rules anew, and becomes a
/// further version that names the hash of the one before; both stay. The receipt stands, so the days to hand over do too. What
/// breaks a rule only because parts of the proposal are missing is refused as a whole, with the rule's sentence.
pub async fn decide(app: &App, actor: &Actor, id: CorrectionId, asked: &Deciding, once: &Once) -> Result<Decided> {
    app.db
        .write_once(actor, "correction.decide", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Decided>()? {
                return Ok(before);
            }
            let unit = store::find(tx, id).await?.unit;
            // Nothing is handed over, published or declared while it is decided.
            tx.take_turn("hand_over.send", unit).await?;
            tx.take_turn("disclosure.begin", unit).await?;
            let correction = store::find(tx, id).await?;
            turn(tx, correction.declaration).await?;
            let correction = store::find(tx, id).await?;
            let declaration = declarations::find(tx, correction.declaration).await?;
            let to_decide = check(tx, &correction, &declaration).await?;
            let opened = acts::open_one(tx, id).await?;
            let verdicts = verdicts(&opened, asked)?;
            check_approver(tx, &correction, asked).await?;
            let permit = tx.permit::<Decide, _>(to_decide)?;
            let approved: BTreeSet<usize> =
                verdicts.iter().enumerate().filter(|(_, one)| one.approved).map(|(index, _)| index).collect();
            let filed = match approved.is_empty() {
                true => None,
                false => Some(file(app, tx, declaration, &opened, &approved).await?),
            };
            let partition = correction.partition;
            let count = |n: usize| i16::try_from(n).map_err(|_| crate::bug!("too many differences"));
            let new = NewDecision {
                decided_on: asked.decided_on,
                decided_by: if permit.on().is_handed_over { DecidedBy::Agency } else { DecidedBy::Unit },
                approved: count(approved.len())?,
                verdicts: &tx.keys().seal::<VerdictsCell>(partition, id.0, &verdicts)?,
                name: &tx.keys().seal::<ApproverName>(partition, id.0, &asked.approver_name)?,
                position: &tx.keys().seal::<ApproverPosition>(partition, id.0, &asked.approver_position)?,
                result: filed.as_ref().map(|filed| filed.version),
            };
            if !store::set_decided(tx, &permit, &new).await? {
                return Err(rules::closed().into());
            }
            acts::course(tx, "correction.decided", id).await?;
            let decided = Decided {
                approved: new.approved,
                refused: correction.items - new.approved,
                version: new.result,
                document_sha256: filed.map(|filed| hex::encode(filed.document_hash)),
            };
            let of_unit = Some(unit).filter(|_| !permit.on().is_handed_over);
            tx.keep(Owner { partition, unit: of_unit, person: None }, &decided)?;
            Ok(decided)
        })
        .await
}

/// Whether it can be decided now, by this officer.
async fn check(tx: &mut Tx, correction: &Correction, declaration: &Declaration) -> Result<ToDecide> {
    if !correction.state.takes(tx.name()) {
        return Err(rules::closed().into());
    }
    if !correction.waits(tx.today()) {
        return Err(rules::past_the_last_day(correction.due_on).into());
    }
    let is_handed_over = declaration.handed_over_on.is_some();
    match (tx.actor().role, is_handed_over) {
        (Some(Role::UnitOfficer), true) => return Err(rules::handed_over().into()),
        (Some(Role::IntakeOfficer), false) => return Err(rules::not_handed_over().into()),
        _ => {}
    }
    // The law's last day, whatever the proposal says of it.
    let obligation = declaration.obligation.ok_or_else(rules::no_obligation)?;
    let due_on = person::store::obligation(tx, declaration.partition, obligation).await?.due_on;
    if tx.today() > due_on {
        return Err(rules::past_the_last_day(due_on).into());
    }
    if declarations::is_published(tx, declaration).await? {
        return Err(rules::published().into());
    }
    let is_own = account::store::is_own(tx, correction.person).await?;
    if is_own {
        return Err(rules::own_declaration().into());
    }
    Ok(ToDecide { correction: correction.clone(), is_handed_over, is_own })
}

/// One verdict for each difference, each refusal with its reason.
fn verdicts(opened: &Opened, asked: &Deciding) -> Result<Vec<Verdict>> {
    if asked.verdicts.len() != opened.proposal.differences.list.len() {
        return Err(rules::not_decided().into());
    }
    let tidied = |one: &Verdict| Verdict {
        approved: one.approved,
        reason: if one.approved { String::new() } else { viet::text::normalise(&one.reason) },
    };
    let verdicts: Vec<Verdict> = asked.verdicts.iter().map(tidied).collect();
    if verdicts.iter().any(|one| !one.approved && one.reason.is_empty()) {
        return Err(rules::no_reason().into());
    }
    Ok(verdicts)
}

/// Who decided, and on which day: not before it was proposed, not after today, and not the declarant.
async fn check_approver(tx: &mut Tx, correction: &Correction, asked: &Deciding) -> Result<()> {
    let day = viet::date::format_short;
    let sentence = if asked.decided_on > tx.today() {
        Some(format!("Ngày quyết định {} ở sau hôm nay.", day(asked.decided_on)))
    } else if asked.decided_on < correction.proposed_on {
        Some(format!("Ngày quyết định {} trước ngày đề nghị ({}).", day(asked.decided_on), day(correction.proposed_on)))
    } else {
        None
    };
    if let Some(sentence) = sentence {
        let mend = "Đề nghị ghi đúng ngày người có thẩm quyền quyết định.";
        return Err(Refusal::new("decided_on", sentence, mend).basis(rules::BASIS).into());
    }
    if asked.approver_name.is_empty() || asked.approver_position.is_empty() {
        let sentence = "Chưa ghi họ tên hoặc chức vụ người có thẩm quyền quyết định.";
        return Err(Refusal::new("approver", sentence, "Đề nghị ghi đủ cả hai.").basis(rules::BASIS).into());
    }
    let declarant = person::store::find(tx, correction.partition, correction.person).await?;
    let (partition, row) = (declarant.partition, declarant.id.0);
    let same = |one: &str, other: &str| viet::text::fold(one) == viet::text::fold(other);
    if same(&tx.open(partition, row, &declarant.name)?, &asked.approver_name)
        && same(&tx.open(partition, row, &declarant.position)?, &asked.approver_position)
    {
        return Err(rules::approver_is_declarant().into());
    }
    Ok(())
}

/// The version on record with what was approved, as a further version.
async fn file(
    app: &App,
    tx: &mut Tx,
    declaration: Declaration,
    opened: &Opened,
    approved: &BTreeSet<usize>,
) -> Result<Filed> {
    if declaration.version != opened.correction.version {
        return Err(rules::stale().into());
    }
    let obligation = declaration.obligation.ok_or_else(rules::no_obligation)?;
    let obligation = person::store::obligation(tx, declaration.partition, obligation).await?;
    let record = open::open(tx, declaration).await?;
    let (law, form) = acts::law_of(app, &record)?;
    let Opened { correction, proposal, .. } = opened;
    let content =
        acts::applied(form, &record, &proposal.differences, &proposal.content, |index| approved.contains(&index));
    if rules::is_torn(&record.content, &content, &proposal.content) {
        return Err(rules::torn().into());
    }
    // A child that is left out took its assets with it in the proposal.
    if !holder::unnamed(form, &content).is_empty() {
        return Err(rules::torn_family().into());
    }
    let judge = Judge::of(app, tx, &record.declaration, &obligation).await?;
    let nothing_said = BTreeMap::new();
    let before = judge.findings(&record.content, &nothing_said)?;
    let findings = judge.findings(&content, &nothing_said)?;
    let broken = rules::newly_broken(&before, &findings);
    if !broken.is_empty() {
        return Err(rules::belongs_together(&broken).into());
    }
    let mut reasons = acts::recorded_reasons(tx, &record).await?;
    reasons.extend(proposal.reasons.clone());
    let filing = Filing { correction: Some(correction.id), ..Filing::of(&obligation) };
    let permit = tx.permit::<FileDeclaration, _>(filing)?;
    let new = NewRecord {
        kind: record.declaration.kind,
        year: record.declaration.year,
        completed_on: record.declaration.completed_on,
        channel: channel(&record),
        rules: law,
        law: &app.law,
        content: with_form(content.clone(), &record),
        source: None,
        holdings: record.holdings.as_ref().map(|before| holdings(before, &record.content, &content)),
        // What the declarant said before stands in the version it corrects; versions are joined by what they say.
        became: Vec::new(),
        findings: recorded(law, &findings, &reasons),
        replaces: Some(&record.version),
        max_merge: TimeDelta::seconds(app.config.log.max_merge_seconds),
    };
    record::file(tx, &permit, new).await?.ok_or_else(|| Error::from(rules::stale()))
}

/// What the family has after a supplementary declaration that was corrected: each asset it described, as it is described now.
fn holdings(before: &Holdings, was: &Value, is: &Value) -> Holdings {
    let pairs = form::compare::pair(was, is);
    let list = |document: &Value| document["assets"].as_array().cloned().unwrap_or_default();
    let (old, new) = (list(was), list(is));
    let Holdings { since, mut assets, mut are } = before.clone();
    // What it is silent about is counted among the children that are named now.
    let mut counted = form::compare::renumbered(&assets, was, is);
    let here = |at: usize| u16::try_from(at).ok().map(Held::Here);
    for (index, asset) in old.iter().enumerate() {
        let now = pairs.iter().find(|pair| pair.before == index).map(|pair| pair.now);
        let is_it = |at: &usize| match are.is_empty() {
            true => form::compare::said(&assets[*at]) == form::compare::said(asset),
            false => are.get(*at).copied().flatten() == here(index),
        };
        match ((0..assets.len()).find(is_it), now) {
            (Some(at), Some(now)) => {
                assets[at] = new[now].clone();
                counted[at] = new[now].clone();
            }
            (Some(at), None) => {
                assets.remove(at);
                counted.remove(at);
                if at < are.len() {
                    are.remove(at);
                }
            }
            (None, _) => {}
        }
    }
    // Where they are described is another place now.
    let moved = |held: &Option<Held>| match held {
        Some(Held::Here(index)) => {
            pairs.iter().find(|pair| pair.before == usize::from(*index)).and_then(|pair| here(pair.now))
        }
        held => *held,
    };
    are = are.iter().map(moved).collect();
    for came in (0..new.len()).filter(|index| !pairs.iter().any(|pair| pair.now == *index)) {
        if before.are.len() == before.assets.len() {
            are.push(here(came));
        }
        counted.push(new[came].clone());
    }
    Holdings { since, assets: counted, are }
}

/// How the declaration first came stays.
fn channel(record: &Record) -> Channel {
    if record.declaration.channel == Channel::Paper.word() { Channel::Paper } else { Channel::Online }
}

/// A corrected declaration is made on the form it was made on.
fn with_form(mut content: Value, record: &Record) -> Value {
    if let Some(form) = record.content.get("form") {
        content["form"] = form.clone();
    }
    content
}

/// What stands beside the version: what a paper still lacks, and warnings with the reasons given. A warning that follows from
/// the previous declaration and was not asked about is answered by what the declarant said of it.
fn recorded(law: &RuleSet, findings: &[Finding], reasons: &BTreeMap<String, String>) -> NewFindings {
    let severity = |finding: &Finding| match finding.effect {
        Effect::Refuse => Some("B"),
        Effect::AskReason => Some("W"),
        _ => None,
    };
    let is_of_previous = |finding: &Finding| law.rule(&finding.rule).is_some_and(|rule| rule.needs.is_some());
    let found = findings.iter().filter_map(|finding| {
        let reason = reasons.get(&reason_key(finding)).cloned().filter(|_| finding.effect == Effect::AskReason);
        let severity = severity(finding)?;
        let is_told = severity == "B" || reason.is_some() || !is_of_previous(finding);
        is_told.then(|| NewShortcoming { rule: finding.rule.clone(), severity, path: finding.path.clone(), reason })
    });
    NewFindings { shortcomings: found.collect(), demanded: Vec::new() }
}
