//! Handing over: which declarations, to which agency, on which day, by whom.
use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::model::{ItemName, ItemPosition};
use super::open::who;
use super::policy::{Lot, SendBatch};
use super::record::{Line, SentRecord};
use super::store::{self, InForce, NewHandOver};
use crate::declaration::{self, Declaration};
use crate::kernel::id::{DeclarationId, HandOverId, PartitionId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::person;

/// The unit hands over one copy of each declaration (article 38.3); the other it keeps.
const COPIES: i16 = 1;

const BASIS: &str = "khoản 3 Điều 38 Luật Phòng, chống tham nhũng năm 2018";

/// What the unit writes on the record.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandingOver {
    /// The control agency; all declarations are its.
    pub agency: PartitionId,
    pub declarations: BTreeSet<DeclarationId>,
    pub handed_on: NaiveDate,
    pub hander_name: String,
    pub hander_position: String,
}

/// A batch made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandedOver {
    pub hand_over: HandOverId,
    pub year: i16,
    /// Of the unit's records in the year.
    pub number: i32,
    /// SHA-256 over the record as the unit made it, hex.
    pub record_sha256: String,
}

/// Hands declarations the unit received over to their control agency, one copy of each, within the days of article 38.3;
/// later is recorded as late and not refused. A declaration stands in one batch, unless it was missing there. The day is
/// not in the future and not before the unit received any of them. Asking twice with one key makes one batch.
pub async fn send(app: &App, actor: &Actor, asked: &HandingOver, once: &Once) -> Result<HandedOver> {
    let lot = Lot { partition: asked.agency, unit: actor.unit().ok_or(Error::Forbidden)? };
    app.db
        .write_once(actor, "hand_over.send", Some(once), async |tx| {
            if let Some(before) = tx.replay::<HandedOver>()? {
                return Ok(before);
            }
            let permit = tx.permit::<SendBatch, _>(lot)?;
            // A unit's records are numbered one after the other, and what another officer handed over meanwhile is seen.
            tx.take_turn("hand_over.send", lot.unit).await?;
            let chosen = chosen(tx, lot, asked).await?;
            let found_missing_on = store::found_missing_on(tx, &chosen).await?;
            check_day(tx, asked.handed_on, &chosen, found_missing_on)?;
            let late = chosen.iter().filter(|d| d.hand_over_due_on.is_some_and(|due| asked.handed_on > due)).count();
            let lines = lines(tx, lot, &chosen).await?;
            let id = HandOverId::new();
            let year = i16::try_from(asked.handed_on.year()).map_err(|_| crate::bug!("a day of another era"))?;
            let number = store::next_number(tx, lot.unit, year).await?;
            let name = tx.keys().seal(lot.partition, id.0, &asked.hander_name)?;
            let position = tx.keys().seal(lot.partition, id.0, &asked.hander_position)?;
            let record = SentRecord {
                id,
                unit: lot.unit,
                year,
                number,
                handed_on: asked.handed_on,
                name_sealed: name.as_bytes(),
                position_sealed: position.as_bytes(),
                lines: &lines,
            };
            let hash = record.hash()?;
            let new = NewHandOver {
                id,
                year,
                number,
                handed_on: asked.handed_on,
                name: &name,
                position: &position,
                hash,
                lines: &lines,
            };
            store::insert(tx, &permit, &new).await.map_err(|error| match error.constraint() {
                Some("hand_over_item_once") => already_handed_over().into(),
                _ => error,
            })?;
            tx.record(
                Event::new("hand_over.sent", lot.partition)
                    .unit(lot.unit)
                    .id("hand_over", id)
                    .hash("record", hash)
                    .count("declarations", count(lines.len()))
                    .count("late", count(late)),
            )?;
            let handed = HandedOver { hand_over: id, year, number, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition: lot.partition, unit: Some(lot.unit), person: None }, &handed)?;
            Ok(handed)
        })
        .await
}

/// What the record says of each declaration: its version in force, and the declarant as the list has them today.
async fn lines(tx: &mut Tx, lot: Lot, chosen: &[Declaration]) -> Result<Vec<Line>> {
    let people: Vec<PersonId> = chosen.iter().map(|declaration| declaration.person).collect();
    let people = person::store::find_all(tx, &people).await?;
    let by_id: BTreeMap<DeclarationId, &Declaration> = chosen.iter().map(|d| (d.id, d)).collect();
    let ids: Vec<DeclarationId> = by_id.keys().copied().collect();
    let mut lines = Vec::with_capacity(chosen.len());
    for InForce { declaration, version, document_hash } in store::versions(tx, lot, &ids).await? {
        let id = uuid::Uuid::now_v7();
        let who = who(tx, by_id.get(&declaration).and_then(|declaration| people.get(&declaration.person)))?;
        let name = tx.keys().seal::<ItemName>(lot.partition, id, &who.name)?;
        let position = tx.keys().seal::<ItemPosition>(lot.partition, id, &who.position)?;
        let (name_sealed, position_sealed) = (name.as_bytes().to_vec(), position.as_bytes().to_vec());
        lines.push(Line { id, declaration, version, name_sealed, position_sealed, document_hash, copies: COPIES });
    }
    Ok(lines)
}

pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The chosen declarations, each one received by the unit, of the agency, and not handed over.
async fn chosen(tx: &mut Tx, lot: Lot, asked: &HandingOver) -> Result<Vec<Declaration>> {
    if asked.declarations.is_empty() {
        return Err(Refusal::new(
            "nothing_chosen",
            "Chưa chọn bản kê khai nào để bàn giao.",
            "Đề nghị đánh dấu ít nhất một bản trong danh sách.",
        )
        .into());
    }
    let waiting = declaration::store::to_hand_over(tx, lot.unit).await?;
    let waiting = waiting.into_iter().filter(|declaration| declaration.partition == lot.partition);
    let mut waiting: BTreeMap<DeclarationId, Declaration> = waiting.map(|d| (d.id, d)).collect();
    let mut chosen = Vec::with_capacity(asked.declarations.len());
    for id in &asked.declarations {
        match waiting.remove(id) {
            Some(declaration) => chosen.push(declaration),
            None => return Err(why_not(tx, lot.partition, *id).await?.into()),
        }
    }
    Ok(chosen)
}

/// Why a declaration cannot be handed over to the agency now.
async fn why_not(tx: &mut Tx, agency: PartitionId, id: DeclarationId) -> Result<Refusal> {
    let found = match declaration::store::find(tx, id).await {
        Ok(found) => Some(found).filter(|declaration| declaration.partition == agency),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    Ok(match found {
        None => Refusal::new(
            "not_of_agency",
            "Có bản kê khai được chọn không thuộc đơn vị hoặc không thuộc cơ quan kiểm soát này.",
            "Đề nghị tải lại trang và chọn trong danh sách hiện có; mỗi lần bàn giao cho một cơ quan kiểm soát.",
        ),
        Some(declaration) if declaration.received_on.is_none() => Refusal::new(
            "not_received",
            "Có bản kê khai được chọn mà đơn vị chưa tiếp nhận.",
            "Đề nghị tiếp nhận (ghi người nhận, ngày nhận) trước khi bàn giao.",
        ),
        Some(declaration) if declaration.demand.is_some() => declaration::demand::acts::waits_for_answer(),
        Some(_) => already_handed_over(),
    }
    .basis(BASIS))
}

fn already_handed_over() -> Refusal {
    Refusal::new(
        "already_handed_over",
        "Có bản kê khai được chọn vừa được bàn giao trong một biên bản khác.",
        "Danh sách đã được cập nhật; đề nghị xem lại rồi bàn giao những bản còn lại.",
    )
    .status(StatusCode::CONFLICT)
}

/// Not after today, not before any of them was received, nor before the agency found one missing in an earlier batch.
fn check_day(tx: &Tx, handed_on: NaiveDate, chosen: &[Declaration], found_missing_on: Option<NaiveDate>) -> Result<()> {
    let day = viet::date::format_short;
    let latest = chosen.iter().filter_map(|declaration| declaration.received_on).max();
    let sentence = match latest {
        _ if handed_on > tx.today() => format!("Ngày bàn giao {} ở sau hôm nay.", day(handed_on)),
        Some(received_on) if handed_on < received_on => {
            format!("Ngày bàn giao {} trước ngày tiếp nhận ({}) của bản được chọn.", day(handed_on), day(received_on))
        }
        _ => match found_missing_on {
            Some(found_on) if handed_on < found_on => format!(
                "Ngày bàn giao {} trước ngày cơ quan kiểm soát ghi thiếu bản được chọn ({}).",
                day(handed_on),
                day(found_on)
            ),
            _ => return Ok(()),
        },
    };
    Err(Refusal::new("handed_on", sentence, "Đề nghị ghi đúng ngày giao bản kê khai.").basis(BASIS).into())
}
