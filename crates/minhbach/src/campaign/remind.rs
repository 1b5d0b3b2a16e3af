//! Reminding in writing, and how a reminder reached its person.
use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::model::{AddresseeName, AddresseePosition, SignerName, SignerPosition, Way};
use super::policy::Remind;
use super::record::{DeliveryRecord, ReminderRecord};
use super::rules::{self, BASIS, Next};
use super::store;
use crate::handover::open::who;
use crate::kernel::id::{IssueId, ObligationId, OrganisationId, PartitionId, ReminderId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::person::follow_up::{self, FollowUp, Round};
use crate::person::policy::Place;
use crate::person::{self, Obligation, Person};

/// What the unit writes on the document.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reminding {
    /// 1 or 2.
    pub number: i16,
    pub obligations: BTreeSet<ObligationId>,
    /// Number and sign of the document, "12/STC-VP".
    pub document_no: String,
    pub issued_on: NaiveDate,
    /// The new last day; not before the least term has run.
    pub answer_by: NaiveDate,
    pub signer_name: String,
    pub signer_position: String,
}

/// A document issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issued {
    pub issue: IssueId,
    pub reminders: i64,
}

/// Reminds people in writing who did not declare by the law's last day (đôn đốc bằng văn bản; article 37.1 of the law,
/// article 20.2 of the decree): the first time once that day has passed, the second time once the first one's term has,
/// and never a third. Each has a number, a day and a signer, and gives a new last day: at least our own term (`law/terms.toml`)
/// from the reminder's day, never a day that is past. All chosen, or none.
pub async fn remind(app: &App, actor: &Actor, asked: &Reminding, once: &Once) -> Result<Issued> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    let round = Round::of(asked.number).ok_or_else(no_such_round)?;
    let document_no = rules::document_no(&asked.document_no).ok_or_else(no_number)?;
    app.db
        .write_once(actor, "reminder.issue", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Issued>()? {
                return Ok(before);
            }
            // Two officers who remind the same people take turns: the second sees what the first did.
            tx.take_turn("reminder.issue", unit).await?;
            let chosen = chosen(tx, unit, &asked.obligations).await?;
            check_days(app, tx, asked)?;
            if store::is_number_used(tx, unit, &document_no, asked.issued_on).await? {
                return Err(number_used(&document_no, asked.issued_on).into());
            }
            let follow_ups = follow_up::of_obligations(tx, None).await?;
            let nothing = FollowUp::default();
            for obligation in &chosen {
                let done = follow_ups.get(&obligation.id).unwrap_or(&nothing);
                match rules::next(obligation, done, asked.issued_on) {
                    Ok(Next::Remind(due)) if due == round => {}
                    Ok(other) => return Err(other.refusal().into()),
                    Err(bar) => return Err(bar.refusal().into()),
                }
            }
            let ids: Vec<_> = chosen.iter().map(|obligation| obligation.person).collect();
            let people = person::store::find_all(tx, &ids).await?;
            let issue = IssueId::new();
            let mut by_agency: BTreeMap<PartitionId, Vec<(ReminderRecord, [u8; 32])>> = BTreeMap::new();
            for obligation in &chosen {
                let first = follow_ups.get(&obligation.id).and_then(|done| done.first.as_ref());
                let after = first.filter(|_| round == Round::Second).map(|told| (told.reminder, told.answer_by));
                let person = people.get(&obligation.person);
                let record = record(tx, asked, &document_no, (issue, round), obligation, person, after)?;
                let hash = record.hash()?;
                by_agency.entry(obligation.partition).or_default().push((record, hash));
            }
            for (partition, reminders) in &by_agency {
                let place = Place { partition: *partition, unit };
                let permit = tx.permit::<Remind, _>(place)?;
                store::insert_reminders(tx, &permit, reminders).await?;
                for (record, hash) in reminders {
                    tx.record(
                        Event::new("reminder.issued", *partition)
                            .unit(unit)
                            .person(record.person)
                            .id("reminder", record.id)
                            .id("obligation", record.obligation)
                            .id("issue", issue)
                            .hash("record", *hash)
                            .count("number", i64::from(record.number))
                            .day("issued_on", record.issued_on)
                            .day("answer_by", record.answer_by),
                    )?;
                }
            }
            let issued = Issued { issue, reminders: count(chosen.len()) };
            tx.keep(Owner { partition: actor.home, unit: Some(unit), person: None }, &issued)?;
            Ok(issued)
        })
        .await
}

/// What one reminder says, its texts under seal.
fn record(
    tx: &mut Tx,
    asked: &Reminding,
    document_no: &str,
    (issue, round): (IssueId, Round),
    obligation: &Obligation,
    person: Option<&Person>,
    after: Option<(ReminderId, NaiveDate)>,
) -> Result<ReminderRecord> {
    let id = ReminderId::new();
    let who = who(tx, person)?;
    let (partition, keys) = (obligation.partition, tx.keys());
    Ok(ReminderRecord {
        id,
        unit: obligation.unit,
        person: obligation.person,
        obligation: obligation.id,
        issue,
        number: round.number(),
        due_on: obligation.due_on,
        document_no: document_no.to_owned(),
        issued_on: asked.issued_on,
        answer_by: asked.answer_by,
        after,
        signer_name_sealed: keys.seal::<SignerName>(partition, id.0, &asked.signer_name)?.as_bytes().to_vec(),
        signer_position_sealed: keys
            .seal::<SignerPosition>(partition, id.0, &asked.signer_position)?
            .as_bytes()
            .to_vec(),
        name_sealed: keys.seal::<AddresseeName>(partition, id.0, &who.name)?.as_bytes().to_vec(),
        position_sealed: keys.seal::<AddresseePosition>(partition, id.0, &who.position)?.as_bytes().to_vec(),
    })
}

/// The chosen obligations, all of them the unit's.
async fn chosen(tx: &mut Tx, unit: OrganisationId, asked: &BTreeSet<ObligationId>) -> Result<Vec<Obligation>> {
    if asked.is_empty() {
        return Err(Refusal::new(
            "nothing_chosen",
            "Chưa chọn người nào để đôn đốc.",
            "Đề nghị đánh dấu ít nhất một người trong danh sách.",
        )
        .into());
    }
    let chosen = person::store::obligations_locked(tx, unit, asked.iter().copied()).await?;
    if chosen.len() != asked.len() {
        return Err(Refusal::new(
            "not_of_unit",
            "Có nghĩa vụ kê khai được chọn không thuộc đơn vị.",
            "Đề nghị tải lại trang và chọn trong danh sách hiện có.",
        )
        .into());
    }
    Ok(chosen)
}

/// The document's day is not in the future; the last day it gives is neither past nor shorter than the least term.
fn check_days(app: &App, tx: &Tx, asked: &Reminding) -> Result<()> {
    let (day, today) = (viet::date::format_short, tx.today());
    if asked.issued_on > today {
        let sentence = format!("Ngày văn bản {} ở sau hôm nay.", day(asked.issued_on));
        return Err(Refusal::new("issued_on", sentence, "Đề nghị ghi đúng ngày của văn bản đôn đốc.")
            .basis(BASIS)
            .into());
    }
    let least = today.max(rules::least_answer_by(&app.law, asked.issued_on)?);
    if asked.answer_by < least {
        let sentence = format!("Hạn mới {} ngắn hơn mức tối thiểu hoặc đã qua.", day(asked.answer_by));
        let mend = format!("Đề nghị ghi hạn từ ngày {} trở đi.", day(least));
        return Err(Refusal::new("answer_by", sentence, mend).into());
    }
    let most = rules::most_answer_by(&app.law, asked.issued_on)?.max(least);
    if asked.answer_by > most {
        let sentence = format!("Hạn mới {} xa hơn mức tối đa.", day(asked.answer_by));
        let mend = format!("Văn bản đã ghi không sửa được; đề nghị ghi hạn không sau ngày {}.", day(most));
        return Err(Refusal::new("answer_by", sentence, mend).into());
    }
    Ok(())
}

/// How the chosen reminders of a document reached their people.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivering {
    pub reminders: BTreeSet<ReminderId>,
    pub way: Way,
    pub delivered_on: NaiveDate,
}

/// Deliveries put down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delivered {
    pub reminders: i64,
}

/// Records how and on which day reminders of one document reached their people, once each; not before the document's day,
/// not after today. The term a reminder gives runs from its own day and does not wait for this.
pub async fn deliver(app: &App, actor: &Actor, issue: IssueId, asked: &Delivering, once: &Once) -> Result<Delivered> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .write_once(actor, "reminder.deliver", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Delivered>()? {
                return Ok(before);
            }
            tx.take_turn("reminder.issue", unit).await?;
            let of_issue = store::reminders(tx, Some(unit), Some(issue), i64::MAX).await?;
            if of_issue.is_empty() {
                return Err(Error::NotFound);
            }
            if asked.reminders.is_empty() {
                return Err(no_reminder().into());
            }
            let mut by_agency: BTreeMap<PartitionId, Vec<(DeliveryRecord, [u8; 32])>> = BTreeMap::new();
            for id in &asked.reminders {
                let reminder = of_issue.iter().find(|reminder| reminder.id == *id).ok_or_else(not_in_issue)?;
                if reminder.delivered.is_some() {
                    return Err(already_delivered().into());
                }
                check_delivery(tx, reminder.issued_on, asked.delivered_on)?;
                let record = DeliveryRecord {
                    id: uuid::Uuid::now_v7(),
                    unit,
                    person: reminder.person,
                    reminder: *id,
                    way: asked.way,
                    delivered_on: asked.delivered_on,
                };
                let hash = record.hash()?;
                by_agency.entry(reminder.partition).or_default().push((record, hash));
            }
            for (partition, deliveries) in &by_agency {
                let permit = tx.permit::<Remind, _>(Place { partition: *partition, unit })?;
                store::insert_deliveries(tx, &permit, deliveries).await?;
                for (record, hash) in deliveries {
                    tx.record(
                        Event::new("reminder.delivered", *partition)
                            .unit(unit)
                            .person(record.person)
                            .id("reminder", record.reminder)
                            .id("delivery", record.id)
                            .hash("record", *hash)
                            .word("way", record.way.word())
                            .day("delivered_on", record.delivered_on),
                    )?;
                }
            }
            let delivered = Delivered { reminders: count(asked.reminders.len()) };
            tx.keep(Owner { partition: actor.home, unit: Some(unit), person: None }, &delivered)?;
            Ok(delivered)
        })
        .await
}

fn check_delivery(tx: &Tx, issued_on: NaiveDate, delivered_on: NaiveDate) -> Result<()> {
    let day = viet::date::format_short;
    let sentence = if delivered_on > tx.today() {
        format!("Ngày giao, gửi {} ở sau hôm nay.", day(delivered_on))
    } else if delivered_on < issued_on {
        format!("Ngày giao, gửi {} trước ngày của văn bản ({}).", day(delivered_on), day(issued_on))
    } else {
        return Ok(());
    };
    Err(Refusal::new("delivered_on", sentence, "Đề nghị ghi đúng ngày giao hoặc gửi văn bản.").into())
}

pub(super) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn no_such_round() -> Refusal {
    Refusal::new("number", "Chỉ có văn bản đôn đốc lần 1 và lần 2.", "Đề nghị chọn một trong hai.").basis(BASIS)
}

pub(super) fn no_number() -> Refusal {
    let (sentence, mend) = rules::DOCUMENT_NO.split_once(". ").unwrap_or((rules::DOCUMENT_NO, ""));
    Refusal::new("document_no", format!("{sentence}."), mend)
}

fn number_used(document_no: &str, issued_on: NaiveDate) -> Refusal {
    Refusal::new(
        "document_no",
        format!("Số {document_no} năm {} đã dùng cho một văn bản đôn đốc khác của đơn vị.", issued_on.year()),
        "Đề nghị ghi đúng số của văn bản này.",
    )
    .status(StatusCode::CONFLICT)
}

fn no_reminder() -> Refusal {
    Refusal::new("nothing_chosen", "Chưa chọn người nào.", "Đề nghị đánh dấu những người đã được giao, gửi văn bản.")
}

fn not_in_issue() -> Refusal {
    Refusal::new(
        "not_in_issue",
        "Có người được chọn không có trong văn bản này.",
        "Đề nghị tải lại trang và chọn trong danh sách.",
    )
}

fn already_delivered() -> Refusal {
    Refusal::new(
        "already_delivered",
        "Có người được chọn vừa được ghi đã giao, gửi ở nơi khác.",
        "Danh sách đã được cập nhật; đề nghị xem lại rồi ghi những người còn lại.",
    )
    .status(StatusCode::CONFLICT)
}
