//! From checked paper to record. What the declarant left out never refuses a paper: it is recorded as a shortcoming and
//! a demand to complete is proposed (article 38.2). To file it the system needs who; a date or kind the paper does not
//! state stays missing in the document, which is filed under the day it was received and the kind an officer chose.
use axum::http::StatusCode;
use chrono::NaiveDate;
use form::doc;
use form::rules::{Context, Finding, validate};
use form::{Form, Kind, RuleSet, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{Checked, form_of};
use super::desk;
use super::model::Intake;
use super::policy::CheckPaper;
use super::store;
use crate::declaration;
use crate::declaration::findings::{NewFindings, NewShortcoming};
use crate::declaration::model::{Channel, Version};
use crate::declaration::policy::{FileDeclaration, Filing};
use crate::declaration::record::{self, NewRecord};
use crate::declaration::store as declarations;
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{DeclarationId, DemandId, IntakeId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Event, Once, Refusal, Result, Tx};
use crate::law;
use crate::organisation::rules::controller;
use crate::organisation::{self, Rank};
use crate::person::policy::{AddPerson, Place};
use crate::person::{self, Obligation, Person, PersonFacts};

/// Whose declaration the officer says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Someone on the agency's list.
    Known(PersonId),
    /// Someone not yet on it.
    New(NewPerson),
}

/// A place on the list for a person the paper names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewPerson {
    pub unit: OrganisationId,
    /// From Giám đốc sở and equivalent upward (article 30).
    pub director_up: bool,
    pub party_managed: bool,
}

/// What the officer accepts: the text as it was at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Acceptance {
    pub revision: i32,
    pub who: Who,
    /// Under which kind to file a paper that states none; a kind on the paper goes before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub kind: Option<Kind>,
}

/// What stands on record now.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accepted {
    pub declaration: DeclarationId,
    pub version: VersionId,
    /// SHA-256 of the canonical document, hex.
    pub document_sha256: String,
    /// The log's signed promise (docs/API.md).
    pub promise: String,
    /// How many shortcomings were recorded.
    pub shortcomings: usize,
    /// The declaration that had fulfilled the obligation before: it stands, the obligation is as it was, and this one
    /// is filed beside it (a corrected sheet nobody demanded).
    pub beside: Option<DeclarationId>,
    /// The demand to complete or declare again that this sheet answers.
    #[serde(default)]
    pub answers: Option<DemandId>,
}

/// What came of accepting.
#[derive(Debug)]
pub enum Outcome {
    Accepted(Accepted),
    /// A declaration of the same person, kind and date is on record.
    Duplicate(DeclarationId),
}

/// Under what a paper is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// None when the paper does not state it; an officer chooses then.
    pub kind: Option<Kind>,
    /// The day it was completed; where the paper does not state it, the day its receiver put on it, else the upload day.
    pub filed_on: NaiveDate,
    /// Whether the paper states the day it was completed.
    pub is_dated: bool,
}

/// Kind and day under which a checked declaration, uploaded on a day, is filed.
///
/// # Errors
/// When nobody is named, the date is after today, or texts remain that do not fit their fields.
pub fn needed(checked: &Checked, uploaded_on: NaiveDate, today: NaiveDate) -> Result<Needed> {
    if !checked.raw.is_empty() {
        return Err(Refusal::new(
            "intake_unfit_text",
            format!("Còn {} nội dung ghi chưa đúng dạng.", checked.raw.len()),
            "Đề nghị sửa các ô có báo lỗi; nếu bản giấy ghi đúng như vậy, ghi “không đọc được”.",
        )
        .into());
    }
    let stated = checked.completed_on();
    if stated.is_some_and(|date| date > today) {
        return Err(Refusal::new(
            "intake_incomplete",
            "Chưa ghi nhận được vì ngày hoàn thành đang ghi ở sau hôm nay.",
            "Đề nghị đối chiếu bản quét và nhập lại; nếu bản giấy không ghi ngày, để trống.",
        )
        .into());
    }
    identity(checked)?;
    let received: Option<NaiveDate> =
        doc::text(&checked.content, "receipt.received_on").and_then(|text| text.parse().ok());
    let filed_on = stated.or(received.filter(|day| *day <= today)).unwrap_or(uploaded_on);
    Ok(Needed { kind: checked.kind(), filed_on, is_dated: stated.is_some() })
}

/// The day a paper was uploaded, in Vietnam.
pub fn uploaded_on(intake: &Intake) -> NaiveDate {
    date_in_vietnam(intake.created_at)
}

/// The kinds under which a declaration on this form may be filed.
pub fn kinds_of(rules: &RuleSet, form: &Form) -> Vec<Kind> {
    let is_of = |kind: &Kind| rules.form_for(*kind).is_some_and(|other| other.code == form.code);
    Kind::ALL.into_iter().filter(is_of).collect()
}

/// The kind to file under: what the paper states, else what the officer chose among the kinds of its form.
fn kind_to_file(app: &App, checked: &Checked, needed: &Needed, chosen: Option<Kind>) -> Result<Kind> {
    let (rules, form) = form_of(&app.law, &checked.content)?;
    let chosen = chosen.filter(|kind| kinds_of(rules, form).contains(kind));
    needed.kind.or(chosen).ok_or_else(|| {
        Refusal::new(
            "intake_kind",
            "Bản giấy không ghi phương thức kê khai và chưa chọn phương thức để ghi nhận.",
            "Đề nghị chọn phương thức kê khai rồi bấm “Ghi nhận” một lần nữa.",
        )
        .into()
    })
}

/// Who the paper says made the declaration.
///
/// # Errors
/// When it names nobody.
pub fn identity(checked: &Checked) -> Result<PersonFacts> {
    let text = |path: &str| doc::text(&checked.content, path).map(str::to_owned);
    let name = text("declarant.full_name").ok_or_else(|| {
        Refusal::new(
            "intake_incomplete",
            "Chưa ghi nhận được vì chưa rõ họ và tên người kê khai.",
            "Đề nghị đối chiếu bản quét và nhập họ và tên người kê khai.",
        )
    })?;
    Ok(PersonFacts {
        name,
        dob: text("declarant.dob").and_then(|dob| dob.parse().ok()),
        position: text("declarant.position").unwrap_or_default(),
        id_no: text("declarant.id_no"),
    })
}

/// What the rules say of a paper: shortcomings and things worth a look, never a refusal.
pub fn findings(rules: &RuleSet, kind: Kind, content: &Value, today: NaiveDate) -> Result<Vec<Finding>> {
    let form = rules.form_for(kind).ok_or_else(|| crate::bug!("rule set {} has no form for {kind}", rules.id()))?;
    // Papers arrive in any order: a declaration on record may be younger than the paper at hand.
    let context = Context {
        today,
        channel: form::Channel::Paper,
        previous_completed_on: None,
        previous: None,
        last_day: None,
        listed: None,
    };
    Ok(validate(rules, form, content, &context))
}

/// Blocking rules as shortcomings, warnings beside them; what is only worth knowing is not recorded.
fn shortcomings(findings: &[Finding]) -> Vec<NewShortcoming> {
    let word = |severity| match severity {
        Severity::Block => Some("B"),
        Severity::Warn => Some("W"),
        Severity::Info | Severity::Signal => None,
    };
    findings
        .iter()
        .filter_map(|finding| {
            let severity = word(finding.severity)?;
            Some(NewShortcoming { rule: finding.rule.clone(), severity, path: finding.path.clone(), reason: None })
        })
        .collect()
}

/// The rules whose breach a demand to complete names, each once.
fn to_complete(shortcomings: &[NewShortcoming]) -> Vec<String> {
    let mut rules: Vec<String> = shortcomings.iter().filter(|s| s.severity == "B").map(|s| s.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Puts a checked paper on record: person, obligation, declaration, shortcomings, demand and log in one transaction.
/// Pressing twice records once.
pub async fn accept(
    app: &App,
    actor: &Actor,
    id: IntakeId,
    acceptance: &Acceptance,
    once: Option<&Once>,
) -> Result<Outcome> {
    app.db
        .write_once(actor, "intake.accept", once, async |tx| {
            if let Some(before) = tx.replay::<Accepted>()? {
                return Ok(Outcome::Accepted(before));
            }
            let intake = store::find_locked(tx, id).await?;
            intake.require(tx.name())?;
            if intake.revision != acceptance.revision {
                return Err(changed_since().into());
            }
            let outcome = accept_in(app, tx, intake, acceptance).await?;
            if let Outcome::Accepted(accepted) = &outcome {
                let owner = Owner { partition: actor.home, unit: None, person: None };
                tx.keep(owner, accepted)?;
            }
            Ok(outcome)
        })
        .await
}

async fn accept_in(app: &App, tx: &mut Tx, intake: Intake, acceptance: &Acceptance) -> Result<Outcome> {
    let (id, partition, file, original) = (intake.id, intake.partition, intake.file, intake.original()?);
    let permit = tx.permit::<CheckPaper, _>(intake)?;
    let (_, checked) = desk::unseal(app, tx, permit.on()).await?;
    let needed = needed(&checked, uploaded_on(permit.on()), tx.today())?;
    let (kind, filed_on) = (kind_to_file(app, &checked, &needed, acceptance.kind)?, needed.filed_on);
    let rules = law::in_force(&app.law, filed_on)?;
    let facts = identity(&checked)?;
    let (person, unit) = settle_person(tx, partition, &facts, &acceptance.who, filed_on).await?;
    let mut obligation = person::store::obligation_for(tx, partition, person, kind, filed_on).await?;
    if let Some(declaration) = obligation.as_ref().and_then(|obligation| obligation.declaration) {
        declaration::demand::acts::turn(tx, declaration).await?;
        obligation = person::store::obligation_for(tx, partition, person, kind, filed_on).await?;
    }
    let answers = match &obligation {
        Some(Obligation { declaration: Some(declaration), demand: Some(demand), .. }) => {
            answered(tx, *declaration, *demand, &checked.content, filed_on).await?
        }
        _ => None,
    };
    if answers.is_none()
        && let Some(before) = declarations::same(tx, partition, person, kind, filed_on).await?
    {
        return duplicate(tx, partition, id, before);
    }
    let year = match &obligation {
        Some(obligation) => obligation.year,
        None => i16::try_from(law::year_of(filed_on)).map_err(anyhow::Error::from)?,
    };
    // A further sheet for an obligation fulfilled before (a corrected one) stands beside the first.
    let beside = obligation.as_ref().and_then(|obligation| obligation.declaration).filter(|_| answers.is_none());
    let obligation = obligation.filter(|_| beside.is_none());

    let found = shortcomings(&findings(rules, kind, &checked.content, tx.today())?);
    let (demanded, count) = (to_complete(&found), found.len());
    let filing = Filing { partition, unit, person, obligation: obligation.as_ref().map(|o| o.id), correction: None };
    let filing = tx.permit::<FileDeclaration, _>(filing)?;
    let max_merge = chrono::TimeDelta::seconds(app.config.log.max_merge_seconds);
    let new = NewRecord {
        kind,
        year,
        completed_on: filed_on,
        channel: Channel::Paper,
        rules,
        law: &app.law,
        content: checked.content,
        source: Some((file, original)),
        holdings: None,
        became: Vec::new(),
        findings: NewFindings { shortcomings: found, demanded },
        replaces: answers.as_ref().map(|(_, before)| before),
        max_merge,
    };
    let filed = record::file(tx, &filing, new).await?.ok_or_else(changed_since)?;
    let answers = answers.map(|(demand, _)| demand);
    if let Some(demand) = answers {
        declaration::demand::acts::answer(tx, demand, filed.version, filed_on).await?;
    }
    store::set_accepted(tx, &permit, filed.declaration).await?;
    let mut event = Event::new("intake.accepted", partition)
        .unit(unit)
        .person(person)
        .id("intake", id)
        .id("declaration", filed.declaration)
        .count("shortcomings", i64::try_from(count).unwrap_or(i64::MAX));
    if let Some(before) = beside {
        event = event.id("beside", before);
    }
    tx.record(event)?;
    Ok(Outcome::Accepted(Accepted {
        declaration: filed.declaration,
        version: filed.version,
        document_sha256: hex::encode(filed.document_hash),
        promise: filed.promise.note,
        shortcomings: count,
        beside,
        answers,
    }))
}

/// The sheet a unit demanded (article 38.2) is a further version of the declaration it was demanded of: one completed since
/// the demand, which says something else. A copy of what was found wanting answers nothing.
async fn answered(
    tx: &mut Tx,
    declaration: DeclarationId,
    demand: DemandId,
    content: &Value,
    filed_on: NaiveDate,
) -> Result<Option<(DemandId, Version)>> {
    let demanded = declaration::demand::store::find(tx, demand).await?;
    let declaration = declarations::find(tx, declaration).await?;
    if filed_on < demanded.issued_on {
        return Ok(None);
    }
    let opened = declaration::open::open(tx, declaration).await?;
    Ok((opened.content != *content).then_some((demand, opened.version)))
}

/// Somebody tried to file what is there already: nothing changes, and the log has that the paper was opened for it.
fn duplicate(tx: &mut Tx, partition: PartitionId, intake: IntakeId, before: DeclarationId) -> Result<Outcome> {
    tx.record(Event::new("intake.duplicate_refused", partition).id("intake", intake).id("declaration", before))?;
    Ok(Outcome::Duplicate(before))
}

/// The person and their unit: someone on the list, or added to it now. An identity number decides exactly; a name never
/// does.
pub(super) async fn settle_person(
    tx: &mut Tx,
    partition: PartitionId,
    facts: &PersonFacts,
    who: &Who,
    on: NaiveDate,
) -> Result<(PersonId, OrganisationId)> {
    let holder = holder_of_number(tx, partition, facts).await?;
    // Someone who moved stands on two units' lists with one number: a paper of before is for the one it was handed in at.
    if let (Who::Known(chosen), Some(number)) = (who, &facts.id_no)
        && person::store::has_number(tx, partition, *chosen, number).await?
    {
        let person = person::store::find_locked(tx, partition, *chosen).await?;
        return Ok((person.id, person.unit));
    }
    match (who, holder) {
        (Who::Known(chosen), Some(holder)) if *chosen != holder.id => Err(number_of_another().into()),
        (Who::New(_), Some(_)) => Err(number_of_another().into()),
        (Who::Known(chosen), holder) => {
            let person = person::store::find_locked(tx, partition, *chosen).await?;
            // Nobody holds the paper's number, so a number this person has is another one; nothing is opened to see it.
            if holder.is_none() && facts.id_no.is_some() && person.id_no.is_some() {
                return Err(number_differs().into());
            }
            Ok((person.id, person.unit))
        }
        (Who::New(place), None) => add_person(tx, partition, facts, place, on).await,
    }
}

/// The person on the list with the paper's identity number.
pub async fn holder_of_number(tx: &mut Tx, partition: PartitionId, facts: &PersonFacts) -> Result<Option<Person>> {
    match &facts.id_no {
        Some(number) => person::store::by_id_no(tx, partition, number).await,
        None => Ok(None),
    }
}

pub(super) async fn add_person(
    tx: &mut Tx,
    partition: PartitionId,
    facts: &PersonFacts,
    place: &NewPerson,
    on: NaiveDate,
) -> Result<(PersonId, OrganisationId)> {
    let unit = organisation::store::organisation(tx, place.unit).await?;
    let rules = organisation::store::routing_rules(tx).await?;
    let rank = if place.director_up { Rank::DirectorUp } else { Rank::BelowDirector };
    let rule = controller(&rules, &unit, rank, place.party_managed, on.max(unit.valid_from))?;
    if rule.partition != partition {
        return Err(Refusal::new(
            "other_agency",
            "Với đơn vị và chức vụ đã chọn, người này thuộc thẩm quyền của cơ quan kiểm soát khác.",
            "Đề nghị kiểm tra lại đơn vị, chức vụ; nếu đúng, để riêng bản giấy để chuyển cho cơ quan có thẩm quyền.",
        )
        .basis("Điều 30 Luật Phòng, chống tham nhũng")
        .into());
    }
    let (id, rule) = (PersonId::new(), rule.id);
    let permit = tx.permit::<AddPerson, _>(Place { partition, unit: unit.id })?;
    let party_managed = place.party_managed;
    let new = person::store::NewPerson { facts, rank, party_managed, rule: Some(rule), post: Default::default() };
    if !person::store::insert(tx, &permit, id, &new).await? {
        return Err(number_of_another().into());
    }
    tx.record(Event::new("person.added", partition).unit(unit.id).person(id).id("routing_rule", rule))?;
    Ok((id, unit.id))
}

pub(super) fn number_of_another() -> Refusal {
    Refusal::new(
        "id_no_taken",
        "Số căn cước trên bản giấy là của một người khác đã có trong danh sách.",
        "Đề nghị chọn đúng người có số này, hoặc đối chiếu lại số trên bản quét.",
    )
    .status(StatusCode::CONFLICT)
}

fn number_differs() -> Refusal {
    Refusal::new(
        "id_no_differs",
        "Người đã chọn có số căn cước khác với số trên bản giấy.",
        "Đề nghị đối chiếu lại số trên bản quét; nếu số đúng, chọn người khác hoặc thêm người này vào danh sách.",
    )
    .status(StatusCode::CONFLICT)
}

/// The sentence for a text that somebody else changed meanwhile.
pub fn changed_since() -> Refusal {
    Refusal::new(
        "intake_changed",
        "Bản đối chiếu này vừa được người khác sửa hoặc ghi nhận.",
        "Đề nghị tải lại trang, xem nội dung mới nhất rồi ghi nhận.",
    )
    .status(StatusCode::CONFLICT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortcoming(rule: &str, severity: &'static str) -> NewShortcoming {
        NewShortcoming { rule: rule.into(), severity, path: String::new(), reason: None }
    }

    #[test]
    fn a_demand_names_each_blocking_rule_once_and_no_warning() {
        let found =
            [shortcoming("R02", "B"), shortcoming("I19", "W"), shortcoming("G00", "B"), shortcoming("R02", "B")];
        assert_eq!(to_complete(&found), ["G00", "R02"]);
    }
}
