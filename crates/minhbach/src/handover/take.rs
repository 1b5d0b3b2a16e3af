//! Taking: the control agency counts what was handed over, says which are missing, and puts its side to the record.
use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::model::{HandOver, MissingReason};
use super::policy::TakeBatch;
use super::record::{TakenRecord, Verdict};
use super::send::count;
use super::store::{self, NewTaking};
use crate::kernel::id::{DeclarationId, HandOverId};
use crate::kernel::jobs::Owner;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, App, Event, Once, Refusal, Result, Tx};

/// What the agency writes on the record.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Taking {
    pub taken_on: NaiveDate,
    pub taker_name: String,
    pub taker_position: String,
    /// Listed declarations that were not there, each with the reason; all others were.
    #[serde(default)]
    pub missing: BTreeMap<DeclarationId, String>,
}

/// A batch taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Taken {
    pub taken: i64,
    pub missing: i64,
    /// SHA-256 over the agency's side of the record, hex.
    pub record_sha256: String,
}

/// The control agency takes what a unit handed over (article 38.3): each declaration is there or missing, and one that is
/// missing can be handed over again. A batch is taken once, on a day not in the future and not before it was handed over.
pub async fn take(app: &App, actor: &Actor, id: HandOverId, asked: &Taking, once: &Once) -> Result<Taken> {
    app.db
        .write_once(actor, "hand_over.take", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Taken>()? {
                return Ok(before);
            }
            let batch = store::find(tx, id).await?;
            if !batch.state.takes(tx.name()) {
                return Err(already_taken().into());
            }
            let (partition, unit) = (batch.partition, batch.unit);
            check_day(tx, &batch, asked.taken_on)?;
            let verdicts = verdicts(tx, &batch, asked).await?;
            let name = tx.keys().seal(partition, id.0, &asked.taker_name)?;
            let position = tx.keys().seal(partition, id.0, &asked.taker_position)?;
            let record = TakenRecord {
                id,
                sent_hash: &batch.sent_hash,
                taken_on: asked.taken_on,
                name_sealed: name.as_bytes(),
                position_sealed: position.as_bytes(),
                verdicts: &verdicts,
            };
            let hash = record.hash()?;
            let permit = tx.permit::<TakeBatch, _>(batch)?;
            let new =
                NewTaking { taken_on: asked.taken_on, name: &name, position: &position, hash, verdicts: &verdicts };
            if !store::take(tx, &permit, &new).await? {
                return Err(already_taken().into());
            }
            let missing = verdicts.iter().filter(|verdict| verdict.missing_reason_sealed.is_some()).count();
            let taken = count(verdicts.len() - missing);
            let missing = count(missing);
            tx.record(
                Event::new("hand_over.taken", partition)
                    .unit(unit)
                    .id("hand_over", id)
                    .hash("record", hash)
                    .count("taken", taken)
                    .count("missing", missing),
            )?;
            let answer = Taken { taken, missing, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition, unit: None, person: None }, &answer)?;
            Ok(answer)
        })
        .await
}

/// What is said of each listed declaration; the reason of a missing one goes under seal.
async fn verdicts(tx: &mut Tx, batch: &HandOver, asked: &Taking) -> Result<Vec<Verdict>> {
    let items = store::items(tx, batch).await?;
    if asked.missing.keys().any(|missing| items.iter().all(|item| item.declaration != *missing)) {
        return Err(Refusal::new(
            "not_in_batch",
            "Có bản kê khai ghi thiếu mà không thuộc biên bản này.",
            "Đề nghị tải lại trang và đánh dấu trong danh sách của biên bản.",
        )
        .into());
    }
    let mut verdicts = Vec::with_capacity(items.len());
    for item in &items {
        let reason = asked.missing.get(&item.declaration).map(|reason| viet::text::normalise(reason));
        if reason.as_ref().is_some_and(String::is_empty) {
            return Err(no_reason().into());
        }
        let sealed = match reason {
            Some(reason) => Some(tx.keys().seal::<MissingReason>(batch.partition, item.id, &reason)?),
            None => None,
        };
        let missing_reason_sealed = sealed.map(|sealed| sealed.as_bytes().to_vec());
        verdicts.push(Verdict { declaration: item.declaration, missing_reason_sealed });
    }
    Ok(verdicts)
}

pub(super) fn no_reason() -> Refusal {
    Refusal::new(
        "no_reason",
        "Chưa ghi lý do của bản kê khai thiếu.",
        "Đề nghị ghi vì sao thiếu, ví dụ “không có trong hồ sơ giao”, hoặc chọn “Đủ”.",
    )
}

fn check_day(tx: &Tx, batch: &HandOver, taken_on: NaiveDate) -> Result<()> {
    let day = viet::date::format_short;
    let sentence = if taken_on > tx.today() {
        format!("Ngày nhận {} ở sau hôm nay.", day(taken_on))
    } else if taken_on < batch.handed_on {
        format!("Ngày nhận {} trước ngày bàn giao ({}).", day(taken_on), day(batch.handed_on))
    } else {
        return Ok(());
    };
    Err(Refusal::new("taken_on", sentence, "Đề nghị ghi đúng ngày nhận bản kê khai.").into())
}

fn already_taken() -> Refusal {
    Refusal::new(
        "already_taken",
        "Biên bản bàn giao này đã được nhận.",
        "Đề nghị mở lại biên bản để xem ngày, người nhận và kết quả.",
    )
    .status(StatusCode::CONFLICT)
}
