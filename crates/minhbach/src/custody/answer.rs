//! The receiving agency takes a file, or declines it.
use std::collections::BTreeMap;

use form::Kind;
use serde::{Deserialize, Serialize};

use super::model::{Answer, FileVersion, Package, Transfer};
use super::package::{self, facts, not_what_was_sent};
use super::policy::{AnswerFile, Holding};
use super::record::originals_hash;
use super::rules::{self, Likeness};
use super::send::{ended_meanwhile, other_side, still_waits, tell_both, turn};
use super::store;
use crate::declaration::model::Act;
use crate::declaration::original::Original;
use crate::handover::send::count;
use crate::kernel::files::sha256;
use crate::kernel::id::{CustodyId, OriginalId, PartitionId, PersonId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::person::custody::State;
use crate::person::oblige::{Terms, owe, owed_event};
use crate::person::policy::{Oblige, Place};
use crate::person::{self, Obligation, Person};

/// What the receiving agency states: who of its list the file is about, after comparing, and who takes it.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Taking {
    pub person: PersonId,
    pub taker_name: String,
    pub taker_position: String,
}

/// A file taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Taken {
    /// Copies put down; what the agency had of the person already is not doubled.
    pub versions: i64,
    /// Obligations that passed.
    pub owed: i64,
    /// SHA-256 over how it ended, hex: the same in both logs.
    pub record_sha256: String,
}

/// The agency that controls the person from now on takes their file. Everything in it is checked against the log of the
/// agency that recorded it: a document that was changed, a version that is missing in a chain, an event that is not in the
/// log refuse the whole, and nothing is written. The person is on a list of the agency first (article 37.1), and the officer
/// says who it is; nobody is added. Copies are sealed under this agency's key; what is owed and was not due when the file
/// was sent is owed here, unless it is already; what the file holds a declaration of is owed here no more.
pub async fn take(app: &App, actor: &Actor, id: CustodyId, asked: &Taking, once: &Once) -> Result<Taken> {
    let to = actor.agency().ok_or(Error::Forbidden)?;
    package::take_up_keys(app, actor).await?;
    app.db
        .write_once(actor, "custody.take", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Taken>()? {
                return Ok(before);
            }
            let transfer = waiting_here(tx, to, id, "nhận").await?;
            let file = package::open(tx, &transfer).await?;
            if let Some(fault) = rules::faults(&file, &app.law, &tx.keys().verifiers()).first() {
                return Err(not_what_was_sent(&format!("{fault}.")).into());
            }
            let person = whom(tx, &transfer, &file, asked.person).await?;
            let originals = originals(tx, &transfer, &file, &person).await?;
            let answer =
                Answer { name: asked.taker_name.clone(), position: asked.taker_position.clone(), reason: None };
            let (end, hash) = ended(tx, &transfer, State::Taken, &answer, Some(&person))?;
            let permit = tx.permit::<AnswerFile, _>(transfer)?;
            store::insert_originals(tx, &permit, &originals).await?;
            if !store::answer(tx, &permit, &end).await? {
                return Err(ended_meanwhile().into());
            }
            let today = tx.today();
            for obligation in store::settle(tx, &permit, person.id).await? {
                let event = Event::new("obligation.ended", to).unit(person.unit).person(person.id);
                tx.record(event.id("obligation", obligation).id("custody", id).day("ended_on", today))?;
            }
            let owed = take_up_owed(tx, &person, &file).await?;
            let (copies, copies_hash) = (count(originals.len()), originals_hash(&originals)?);
            tell_both(tx, "custody.taken", &end, hash, |event| {
                event.hash("originals", copies_hash).count("versions", copies).count("owed", owed)
            })?;
            let taken = Taken { versions: copies, owed, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition: to, unit: None, person: None }, &taken)?;
            Ok(taken)
        })
        .await
}

/// What the receiving agency states when it declines.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declining {
    pub reason: String,
    pub name: String,
    pub position: String,
}

/// The agency declines a file that is not for it, with the reason; the package is emptied, and the sender may send it again.
pub async fn decline(app: &App, actor: &Actor, id: CustodyId, asked: &Declining, once: &Once) -> Result<CustodyId> {
    let to = actor.agency().ok_or(Error::Forbidden)?;
    package::take_up_keys(app, actor).await?;
    app.db
        .write_once(actor, "custody.decline", Some(once), async |tx| {
            if let Some(before) = tx.replay::<CustodyId>()? {
                return Ok(before);
            }
            let transfer = waiting_here(tx, to, id, "trả lại").await?;
            if asked.reason.is_empty() {
                return Err(no_reason().into());
            }
            let answer = Answer {
                name: asked.name.clone(),
                position: asked.position.clone(),
                reason: Some(asked.reason.clone()),
            };
            let (end, hash) = ended(tx, &transfer, State::Declined, &answer, None)?;
            let permit = tx.permit::<AnswerFile, _>(transfer)?;
            if !store::answer(tx, &permit, &end).await? {
                return Err(ended_meanwhile().into());
            }
            tell_both(tx, "custody.declined", &end, hash, |event| event)?;
            tx.keep(Owner { partition: to, unit: None, person: None }, &id)?;
            Ok(id)
        })
        .await
}

pub(super) fn no_reason() -> Refusal {
    Refusal::new(
        "no_reason",
        "Chưa ghi lý do trả lại hồ sơ.",
        "Đề nghị ghi rõ vì sao, ví dụ “người này không thuộc thẩm quyền của cơ quan”.",
    )
}

async fn waiting_here(tx: &mut Tx, to: PartitionId, id: CustodyId, verb: &str) -> Result<Transfer> {
    turn(tx, id).await?;
    let transfer = store::find(tx, to, id).await?;
    if transfer.to != to {
        return Err(other_side(verb).into());
    }
    still_waits(tx, &transfer)?;
    Ok(transfer)
}

/// How the file ends, with its hash.
fn ended(
    tx: &Tx,
    transfer: &Transfer,
    state: State,
    answer: &Answer,
    person: Option<&Person>,
) -> Result<(Transfer, [u8; 32])> {
    let row = transfer.id.0;
    let mut end = Transfer {
        state,
        ended_on: Some(tx.today()),
        ended_by: Some(tx.actor().account_or_nil()),
        to_unit: person.map(|person| person.unit),
        to_person: person.map(|person| person.id),
        answer: Some(tx.keys().seal(transfer.partition, row, answer)?),
        own_answer: Some(tx.keys().seal(transfer.to, row, answer)?),
        ..transfer.clone()
    };
    let hash = end.end_record()?.unwrap_or_default();
    end.end_hash = Some(hash.to_vec());
    Ok((end, hash))
}

/// The person of this agency's list the officer names, when it may be the one of the file.
async fn whom(tx: &mut Tx, transfer: &Transfer, file: &Package, chosen: PersonId) -> Result<Person> {
    let found = match person::store::find_locked(tx, transfer.to, chosen).await {
        Err(Error::NotFound) => return Err(not_listed().into()),
        found => found?,
    };
    if store::standing(tx, &found).await?.left_on.is_some() {
        return Err(not_listed().into());
    }
    if transfer.was_listed && found.unit != transfer.unit {
        return Err(Refusal::new(
            "other_unit",
            "Khi gửi, người này còn trong danh sách của đơn vị cũ và chỉ thay đổi chức vụ hoặc diện quản lý.",
            "Đề nghị đơn vị đó ghi lại dòng của người này với căn cứ mới; nếu người này đã sang đơn vị khác, đề nghị cơ quan gửi rút lại và gửi với lý do chuyển công tác.",
        )
        .into());
    }
    let known = facts(tx, &found)?;
    if !Likeness::of(&file.person, &known).may_be_one() {
        return Err(Refusal::new(
            "someone_else",
            "Người được chọn không phải người trong hồ sơ: số định danh cá nhân khác, hoặc họ tên, ngày sinh khác.",
            "Đề nghị đối chiếu lại và chọn đúng người.",
        )
        .into());
    }
    Ok(found)
}

pub(super) fn not_listed() -> Refusal {
    Refusal::new(
        "not_listed",
        "Chưa chọn người trong danh sách mà hồ sơ này thuộc về.",
        "Nếu chưa có ai: đề nghị đơn vị mới đưa người này vào danh sách người có nghĩa vụ kê khai, rồi nhận hồ sơ.",
    )
    .basis("khoản 1 Điều 37 Luật Phòng, chống tham nhũng năm 2018")
}

/// The copies, sealed under this agency's key: of what is not here already.
async fn originals(tx: &mut Tx, transfer: &Transfer, file: &Package, person: &Person) -> Result<Vec<Original>> {
    let on = Holding { partition: transfer.to, person: person.id };
    let known: BTreeMap<VersionId, Vec<u8>> = store::known_versions(tx, on).await?.into_iter().collect();
    let mut originals = Vec::with_capacity(file.versions.len());
    for version in &file.versions {
        let hash = sha256(version.document.as_bytes());
        match known.get(&version.version) {
            Some(here) if here[..] == hash[..] => {}
            Some(_) => return Err(not_what_was_sent("Có bản khác với bản cơ quan đã có của cùng người này.").into()),
            None => originals.push(original(tx, transfer, version, person, hash)?),
        }
    }
    Ok(originals)
}

fn original(
    tx: &Tx,
    transfer: &Transfer,
    version: &FileVersion,
    person: &Person,
    document_hash: [u8; 32],
) -> Result<Original> {
    let id = OriginalId::new();
    let document = tx.keys().seal(transfer.to, id.0, &version.document)?;
    let of_kind = Kind::from_code(&version.kind).zip(Act::from_word(&version.act));
    let (kind, act) = of_kind.ok_or_else(|| not_what_was_sent("Có bản thuộc loại hệ thống không biết."))?;
    Ok(Original {
        partition: transfer.to,
        id,
        transfer: transfer.id,
        unit: person.unit,
        person: person.id,
        origin: version.origin,
        declaration: version.declaration,
        version: version.version,
        number: version.number,
        kind,
        year: version.year,
        completed_on: version.completed_on,
        channel: version.channel.clone(),
        act,
        rule_set: version.rule_set.clone(),
        recorded_at: version.recorded_at,
        received_on: version.received_on,
        document_hash: document_hash.to_vec(),
        sealed_hash: sha256(document.as_bytes()).to_vec(),
        document,
        evidence: serde_json::to_string(&version.evidence).map_err(anyhow::Error::from)?,
    })
}

/// What passes is owed here from now on, unless the person owes or has done it here already, or the file holds it; a first
/// declaration once, whichever the year. What had merely ended here is owed again; what was taken back here stays so.
async fn take_up_owed(tx: &mut Tx, person: &Person, file: &Package) -> Result<i64> {
    let place = Place { partition: person.partition, unit: person.unit };
    let permit = tx.permit::<Oblige, _>(place)?;
    let known = person::store::obligations(tx, Some(person.id)).await?;
    let mut new = 0;
    for one in &file.owed {
        let Some(kind) = Kind::from_code(&one.kind) else { continue };
        let is_it = |of: &str, year: i16| of == kind.as_str() && (kind == Kind::First || year == one.year);
        let here: Vec<&Obligation> = known.iter().filter(|known| is_it(known.kind.as_str(), known.year)).collect();
        if here.iter().any(|known| known.counts() || known.taken_back)
            || file.versions.iter().any(|version| is_it(&version.kind, version.year))
        {
            continue;
        }
        let terms = Terms { kind, year: one.year, rule_set: &one.rule_set, due_on: one.due_on };
        match here.iter().find(|known| known.year == one.year) {
            Some(known) => {
                store::reopen(tx, &permit, known.id, one).await?;
                tx.record(owed_event("obligation.reopened", place, person.id, known.id, &terms))?;
            }
            None => drop(owe(tx, &permit, person.id, &terms).await?),
        }
        new += 1;
    }
    Ok(new)
}
