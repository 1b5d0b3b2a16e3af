//! Sending a person's file to the agency that controls them from now on, and taking it back while it waits.
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::model::{Package, PackageCell, Statement, StatementCell, Transfer};
use super::package;
use super::policy::{Holding, SendFile, WithdrawFile};
use super::rules;
use super::store;
use crate::declaration::correction;
use crate::kernel::files::sha256;
use crate::kernel::id::{CustodyId, PartitionId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, App, Error, Event, Once, Permit, Refusal, Result, Tx};
use crate::organisation;
use crate::person::custody::{Reason, State};
use crate::person::{self, Person};

pub(super) const BASIS: &str =
    "khoản 2 Điều 54 Luật Phòng, chống tham nhũng năm 2018, khoản 4 Điều 19 Nghị định 130/2020/NĐ-CP";

/// What the sending agency states.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    pub person: PersonId,
    /// The agency that controls them from now on.
    pub to: PartitionId,
    pub reason: Reason,
    /// Number and date of the document the file goes with.
    pub document_no: String,
    pub document_on: NaiveDate,
    pub signer_name: String,
    pub signer_position: String,
}

/// A file sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sent {
    pub transfer: CustodyId,
    pub declarations: i32,
    pub versions: i32,
    /// SHA-256 of the sealed package, hex: the same in both logs.
    pub package_sha256: String,
    /// SHA-256 over the record, hex.
    pub record_sha256: String,
}

/// The agency that controls a person no more sends their file to the one that does: all versions of all declarations with
/// the proofs from its log, and what is owed and not yet due. The originals stay and can be read as before; what was past due
/// stays owed here. The person has left the list of their unit, unless only rank or management changed: then the unit writes
/// their line again once the file is sent. One file of a person waits at a time; what was taken is sent again only with
/// something new in it. Asking twice with one key sends once.
pub async fn send(app: &App, actor: &Actor, asked: &Sending, once: &Once) -> Result<Sent> {
    let from = actor.agency().ok_or(Error::Forbidden)?;
    package::take_up_keys(app, actor).await?;
    app.db
        .write_once(actor, "custody.send", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Sent>()? {
                return Ok(before);
            }
            let on = Holding { partition: from, person: asked.person };
            let permit = tx.permit::<SendFile, _>(on)?;
            check_target(tx, from, asked.to).await?;
            check_statement(tx, asked)?;
            let person = person::store::find_locked(tx, from, asked.person).await?;
            let left_on = store::standing(tx, &person).await?.left_on;
            check_person(tx, on, left_on, asked.reason).await?;
            let statement = Statement {
                document_no: asked.document_no.clone(),
                document_on: asked.document_on,
                signer_name: asked.signer_name.clone(),
                signer_position: asked.signer_position.clone(),
            };
            let id = CustodyId::new();
            let package = package::make(tx, id, &person, asked.to, &statement).await?;
            if package.versions.is_empty() {
                return Err(nothing_to_send().into());
            }
            if let Some(fault) = rules::faults(&package, &app.law, &tx.keys().verifiers()).first() {
                return Err(record_differs(&fault.to_string()).into());
            }
            let listed = if left_on.is_none() { Listed::Still } else { Listed::Left };
            let sent = put_on_its_way(tx, &permit, &person, &package, (asked.reason, listed)).await?;
            tx.keep(Owner { partition: from, unit: None, person: None }, &sent)?;
            Ok(sent)
        })
        .await
}

/// Whether the person was on their unit's list when the file was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Still,
    Left,
}

/// Seals the file for the receiving agency and tells both logs.
pub(super) async fn put_on_its_way(
    tx: &mut Tx,
    permit: &Permit<SendFile, Holding>,
    person: &Person,
    file: &Package,
    (reason, listed): (Reason, Listed),
) -> Result<Sent> {
    let (from, to, id) = (permit.on().partition, file.to, file.transfer);
    let sealed = tx.keys().seal::<PackageCell>(to, id.0, file)?;
    let package_hash = sha256(sealed.as_bytes());
    let number = |n: usize| i32::try_from(n).map_err(|_| crate::bug!("a file of {n} versions"));
    let mut transfer = Transfer {
        partition: from,
        id,
        to,
        unit: person.unit,
        person: person.id,
        reason,
        was_listed: listed == Listed::Still,
        sent_on: tx.today(),
        statement: tx.keys().seal::<StatementCell>(from, id.0, &file.statement)?,
        declarations: number(file.declarations())?,
        versions: number(file.versions.len())?,
        declared: file.declared(),
        package_hash: package_hash.to_vec(),
        sent_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
        state: State::Sent,
        ended_on: None,
        ended_by: None,
        to_unit: None,
        to_person: None,
        answer: None,
        own_answer: None,
        end_hash: None,
    };
    let record = transfer.sent_record()?;
    transfer.sent_hash = record.to_vec();
    store::insert(tx, permit, &transfer, &sealed).await.map_err(|error| match error.constraint() {
        Some("custody_waiting") => already_sent().into(),
        _ => error,
    })?;
    let told = |event: Event| {
        event
            .id("custody", id)
            .id("from", from)
            .id("to", to)
            .hash("record", record)
            .hash("package", package_hash)
            .word("reason", reason.word())
            .count("declarations", transfer.declarations.into())
            .count("versions", transfer.versions.into())
    };
    tx.record(told(Event::new("custody.sent", from).unit(person.unit).person(person.id)))?;
    tx.record_elsewhere(told(Event::new("custody.sent", to)))?;
    Ok(Sent {
        transfer: id,
        declarations: transfer.declarations,
        versions: transfer.versions,
        package_sha256: hex::encode(package_hash),
        record_sha256: hex::encode(record),
    })
}

async fn check_target(tx: &mut Tx, from: PartitionId, to: PartitionId) -> Result<()> {
    let agencies = organisation::store::partitions(tx).await?;
    // Neither from nor into a world of practice: an invented file among real ones would be one of them.
    let is_agency = |id| agencies.iter().any(|agency| agency.id == id && agency.is_agency());
    if agencies.iter().any(|agency| agency.id == from && agency.practice_of.is_some()) {
        return Err(Refusal::new(
            "practice",
            "Bản thực hành không chuyển hồ sơ cho cơ quan khác.",
            "Việc này chưa thực hành được; cách làm có trong hướng dẫn của trang.",
        )
        .into());
    }
    if to != from && is_agency(to) {
        return Ok(());
    }
    Err(Refusal::new(
        "to",
        "Chưa chọn cơ quan kiểm soát nhận hồ sơ.",
        "Đề nghị chọn cơ quan kiểm soát khác có thẩm quyền với người này từ nay.",
    )
    .basis("Điều 30 Luật Phòng, chống tham nhũng năm 2018")
    .into())
}

fn check_statement(tx: &Tx, asked: &Sending) -> Result<()> {
    if asked.document_no.is_empty() {
        return Err(Refusal::new(
            "document_no",
            "Chưa ghi số văn bản chuyển hồ sơ.",
            "Đề nghị ghi số, ký hiệu của văn bản, ví dụ “12/TTT-KSTS”.",
        )
        .into());
    }
    if asked.document_on > tx.today() {
        let day = viet::date::format_short(asked.document_on);
        let sentence = format!("Ngày văn bản {day} ở sau hôm nay.");
        return Err(Refusal::new("document_on", sentence, "Đề nghị ghi đúng ngày ký văn bản.").into());
    }
    Ok(())
}

async fn check_person(tx: &mut Tx, on: Holding, left_on: Option<NaiveDate>, reason: Reason) -> Result<()> {
    if left_on.is_none() && reason != Reason::RankChanged {
        return Err(Refusal::new(
            "still_listed",
            "Người này còn trong danh sách người có nghĩa vụ kê khai của đơn vị.",
            "Đề nghị đơn vị đưa ra khỏi danh sách (chuyển công tác) trước khi chuyển hồ sơ; nếu chỉ thay đổi chức vụ hoặc diện quản lý trong cùng đơn vị, chọn lý do đó.",
        )
        .basis("khoản 1 Điều 37 Luật Phòng, chống tham nhũng năm 2018")
        .into());
    }
    let passages = person::custody::passages(tx, Some(on.person)).await?;
    if passages.iter().any(|passage| passage.person == on.person && passage.state == State::Sent) {
        return Err(already_sent().into());
    }
    if store::is_demanded(tx, on).await? {
        return Err(Refusal::new(
            "demand_open",
            "Đơn vị đang yêu cầu người này hoàn thiện hoặc kê khai lại một bản kê khai.",
            "Đề nghị chờ bản trả lời, hoặc đơn vị rút yêu cầu, rồi chuyển hồ sơ.",
        )
        .basis("khoản 2 Điều 38 Luật Phòng, chống tham nhũng năm 2018")
        .status(StatusCode::CONFLICT)
        .into());
    }
    if store::is_correcting(tx, on).await? {
        return Err(Refusal::new(
            "correction_open",
            "Có đề nghị sửa đổi một bản kê khai của người này đang chờ quyết định.",
            "Đề nghị chờ quyết định, hoặc người kê khai rút đề nghị, rồi chuyển hồ sơ.",
        )
        .basis(correction::rules::BASIS)
        .status(StatusCode::CONFLICT)
        .into());
    }
    if let Some(at) = store::taken_at(tx, on).await?
        && !store::has_later(tx, on, at).await?
    {
        return Err(Refusal::new(
            "already_passed",
            "Hồ sơ của người này đã được cơ quan khác nhận, từ đó không có bản kê khai nào mới.",
            "Đề nghị mở lần chuyển trước để xem ngày và cơ quan nhận.",
        )
        .status(StatusCode::CONFLICT)
        .into());
    }
    Ok(())
}

fn already_sent() -> Refusal {
    Refusal::new(
        "already_sent",
        "Hồ sơ của người này đã gửi và đang chờ bên nhận.",
        "Đề nghị chờ trả lời, hoặc rút lại lần gửi đó rồi gửi lại.",
    )
    .status(StatusCode::CONFLICT)
}

fn nothing_to_send() -> Refusal {
    Refusal::new(
        "nothing_to_send",
        "Người này chưa có bản kê khai nào theo mẫu hiện hành ở cơ quan nên không có hồ sơ để chuyển; bản theo mẫu cũ ở lại nơi lưu bản giấy.",
        "Không cần làm gì: đơn vị mới đưa người này vào danh sách là đủ.",
    )
    .basis(BASIS)
}

fn record_differs(what: &str) -> Refusal {
    Refusal::new(
        "record_differs",
        format!("Bản ghi của cơ quan không khớp với nhật ký nên chưa chuyển được. {what}."),
        "Đề nghị báo quản trị hệ thống chạy verify-log.",
    )
    .status(StatusCode::CONFLICT)
}

/// The sender takes back a file while it waits; the package is emptied, so that the other agency keeps no copy. Whoever is
/// first, the sender or the receiver, is first.
pub async fn withdraw(app: &App, actor: &Actor, id: CustodyId, once: &Once) -> Result<CustodyId> {
    let agency = actor.agency().ok_or(Error::Forbidden)?;
    package::take_up_keys(app, actor).await?;
    app.db
        .write_once(actor, "custody.withdraw", Some(once), async |tx| {
            if let Some(before) = tx.replay::<CustodyId>()? {
                return Ok(before);
            }
            turn(tx, id).await?;
            let transfer = store::find(tx, agency, id).await?;
            if transfer.partition != agency {
                return Err(other_side("rút lại").into());
            }
            still_waits(tx, &transfer)?;
            let mut end = Transfer {
                state: State::Withdrawn,
                ended_on: Some(tx.today()),
                ended_by: Some(tx.actor().account_or_nil()),
                ..transfer.clone()
            };
            let hash = end.end_record()?.unwrap_or_default();
            end.end_hash = Some(hash.to_vec());
            let permit = tx.permit::<WithdrawFile, _>(transfer)?;
            if !store::withdraw(tx, &permit, &end).await? {
                return Err(ended_meanwhile().into());
            }
            tell_both(tx, "custody.withdrawn", &end, hash, |event| event)?;
            tx.keep(Owner { partition: agency, unit: None, person: None }, &id)?;
            Ok(id)
        })
        .await
}

/// Sender and receiver of one file take turns.
pub(super) async fn turn(tx: &mut Tx, id: CustodyId) -> Result<()> {
    tx.take_turn("custody", id).await
}

/// How a file ended goes into both logs: each names the person as its agency knows them.
pub(super) fn tell_both(
    tx: &mut Tx,
    name: &'static str,
    end: &Transfer,
    hash: [u8; 32],
    own: impl FnOnce(Event) -> Event,
) -> Result<()> {
    let package: [u8; 32] =
        end.package_hash.as_slice().try_into().map_err(|_| crate::bug!("a hash that is not 32 bytes"))?;
    let told = |event: Event| event.id("custody", end.id).hash("record", hash).hash("package", package);
    let there = |event: Event| match (end.to_unit, end.to_person) {
        (Some(unit), Some(person)) => event.unit(unit).person(person),
        _ => event,
    };
    let from = told(Event::new(name, end.partition).unit(end.unit).person(end.person));
    let to = there(told(Event::new(name, end.to)));
    if tx.actor().agency() == Some(end.partition) {
        tx.record(own(from))?;
        tx.record_elsewhere(to)?;
    } else {
        tx.record(own(to))?;
        tx.record_elsewhere(from)?;
    }
    Ok(())
}

/// The act belongs to the agency on the other side.
pub(super) fn other_side(verb: &str) -> Refusal {
    Refusal::new(
        "other_side",
        format!("Việc {verb} hồ sơ này thuộc cơ quan kia."),
        "Đề nghị mở hồ sơ để xem việc cơ quan mình có thể làm.",
    )
    .status(StatusCode::CONFLICT)
}

pub(super) fn still_waits(tx: &Tx, transfer: &Transfer) -> Result<()> {
    if transfer.state.takes(tx.name()) {
        return Ok(());
    }
    Err(ended_meanwhile().into())
}

pub(super) fn ended_meanwhile() -> Refusal {
    Refusal::new(
        "transfer_ended",
        "Lần chuyển hồ sơ này đã kết thúc: đã nhận, đã trả lại hoặc đã rút lại.",
        "Đề nghị mở lại hồ sơ để xem kết quả.",
    )
    .status(StatusCode::CONFLICT)
}
