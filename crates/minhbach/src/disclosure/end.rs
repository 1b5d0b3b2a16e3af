//! Ending a publication: its minutes with both signatories, or breaking it off with the reason.
use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::model::{Disclosure, HeadName, HeadPosition, Reason, UnionName, UnionPosition};
use super::policy::{BreakOff, Close};
use super::record::Ended;
use super::rules::{self, Act, Obstacle};
use super::store::{self, NewMinutes};
use crate::declaration::publication::Mode;
use crate::kernel::id::DisclosureId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Event, Once, Refusal, Result};

/// What stands under the minutes.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Minutes {
    /// The day the minutes were made.
    pub closed_on: NaiveDate,
    /// The head of the unit; of a meeting, who chaired it.
    pub head_name: String,
    pub head_position: String,
    /// The trade union's representative.
    pub union_name: String,
    pub union_position: String,
}

/// A publication closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Closed {
    pub year: i16,
    /// Of the unit's minutes in the year.
    pub number: i32,
    /// SHA-256 over how it ended, hex.
    pub record_sha256: String,
}

fn one_signatory() -> Refusal {
    Refusal::new(
        "unsigned",
        "Hai người ký biên bản là một người.",
        "Đề nghị ghi thủ trưởng hoặc người chủ trì, và đại diện công đoàn.",
    )
    .basis("Điều 11 Nghị định 130/2020/NĐ-CP")
}

/// Closes a publication with its minutes, once (Nghị định 130/2020/NĐ-CP article 11, rule X04): a posting only after its
/// last day has passed in full, a meeting only when the quorum of the rule set was there; the minutes name the head of the
/// unit, or who chaired, and the trade union's representative. Its number is the unit's next in the year.
pub async fn close(app: &App, actor: &Actor, id: DisclosureId, asked: &Minutes, once: &Once) -> Result<Closed> {
    app.db
        .write_once(actor, "disclosure.close", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Closed>()? {
                return Ok(before);
            }
            let disclosure = store::find(tx, id).await?;
            let (partition, unit, mode) = (disclosure.partition, disclosure.unit, disclosure.mode);
            let signed = [&asked.head_name, &asked.head_position, &asked.union_name, &asked.union_position];
            if signed.iter().any(|text| text.is_empty()) {
                return Err(unsigned(mode).into());
            }
            if viet::text::fold(&asked.head_name) == viet::text::fold(&asked.union_name) {
                return Err(one_signatory().into());
            }
            rules::after(&disclosure.facts(), Act::Close, asked.closed_on, tx.today())
                .map_err(|obstacle| refusal(obstacle, Act::Close))?;
            tx.take_turn("disclosure.close", unit).await?;
            let year = i16::try_from(asked.closed_on.year()).map_err(|_| crate::bug!("a day of another era"))?;
            let number = store::next_number(tx, unit, year).await?;
            let keys = tx.keys().clone();
            let head_name = keys.seal::<HeadName>(partition, id.0, &asked.head_name)?;
            let head_position = keys.seal::<HeadPosition>(partition, id.0, &asked.head_position)?;
            let union_name = keys.seal::<UnionName>(partition, id.0, &asked.union_name)?;
            let union_position = keys.seal::<UnionPosition>(partition, id.0, &asked.union_position)?;
            let ended = Ended::Closed {
                closed_on: asked.closed_on,
                year,
                number,
                head_name_sealed: head_name.as_bytes(),
                head_position_sealed: head_position.as_bytes(),
                union_name_sealed: union_name.as_bytes(),
                union_position_sealed: union_position.as_bytes(),
            };
            let hash = ended.hash(id, &disclosure.begun_hash)?;
            let permit = tx.permit::<Close, _>(disclosure)?;
            let new = NewMinutes {
                closed_on: asked.closed_on,
                year,
                number,
                head_name: &head_name,
                head_position: &head_position,
                union_name: &union_name,
                union_position: &union_position,
                hash,
            };
            if !store::close(tx, &permit, &new).await? {
                return Err(refusal(Obstacle::Ended, Act::Close).into());
            }
            tx.record(
                Event::new("disclosure.closed", partition)
                    .unit(unit)
                    .id("disclosure", id)
                    .hash("record", hash)
                    .word("mode", mode.word()),
            )?;
            let closed = Closed { year, number, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition, unit: Some(unit), person: None }, &closed)?;
            Ok(closed)
        })
        .await
}

/// Why and when a publication was broken off.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakingOff {
    pub broken_on: NaiveDate,
    pub reason: String,
}

/// A publication broken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Broken {
    /// SHA-256 over how it ended, hex.
    pub record_sha256: String,
}

/// Breaks a publication off, once, with the reason: a posting taken down on one of its days, a meeting that does not count.
/// Its declarations wait to be published again.
pub async fn break_off(app: &App, actor: &Actor, id: DisclosureId, asked: &BreakingOff, once: &Once) -> Result<Broken> {
    app.db
        .write_once(actor, "disclosure.break_off", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Broken>()? {
                return Ok(before);
            }
            let disclosure = store::find(tx, id).await?;
            let (partition, unit, mode) = (disclosure.partition, disclosure.unit, disclosure.mode);
            if asked.reason.is_empty() {
                return Err(no_reason().into());
            }
            rules::after(&disclosure.facts(), Act::BreakOff, asked.broken_on, tx.today())
                .map_err(|obstacle| refusal(obstacle, Act::BreakOff))?;
            let reason = tx.keys().seal::<Reason>(partition, id.0, &asked.reason)?;
            let ended = Ended::Broken { broken_on: asked.broken_on, reason_sealed: reason.as_bytes() };
            let hash = ended.hash(id, &disclosure.begun_hash)?;
            let permit = tx.permit::<BreakOff, _>(disclosure)?;
            if !store::break_off(tx, &permit, asked.broken_on, &reason, hash).await? {
                return Err(refusal(Obstacle::Ended, Act::BreakOff).into());
            }
            tx.record(
                Event::new("disclosure.broken_off", partition)
                    .unit(unit)
                    .id("disclosure", id)
                    .hash("record", hash)
                    .word("mode", mode.word()),
            )?;
            let broken = Broken { record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition, unit: Some(unit), person: None }, &broken)?;
            Ok(broken)
        })
        .await
}

/// What stands in the way of the minutes of a publication now, in words; none when they can be made today.
pub fn not_yet(disclosure: &Disclosure, today: NaiveDate) -> Option<Refusal> {
    rules::after(&disclosure.facts(), Act::Close, today, today).err().map(|obstacle| refusal(obstacle, Act::Close))
}

const BASIS: &str = "Điều 11 Nghị định 130/2020/NĐ-CP";

fn refusal(obstacle: Obstacle, act: Act) -> Refusal {
    let day = viet::date::format_short;
    let code = match act {
        Act::Close => "closed_on",
        Act::BreakOff => "broken_on",
    };
    match obstacle {
        Obstacle::Ended => Refusal::new(
            "already_ended",
            "Lần công khai này đã kết thúc.",
            "Đề nghị mở lại trang để xem biên bản hoặc lý do dừng.",
        )
        .status(StatusCode::CONFLICT),
        Obstacle::NotOver { until_on } => Refusal::new(
            "not_over",
            format!("Niêm yết chưa đủ thời gian: bản kê khai phải treo đến hết ngày {}.", day(until_on)),
            "Đề nghị lập biên bản từ ngày tiếp theo; nếu đã gỡ sớm, ghi “Gỡ sớm” kèm lý do.",
        )
        .basis(BASIS),
        Obstacle::Short { missing } => Refusal::new(
            "no_quorum",
            format!("Cuộc họp còn thiếu {missing} người có mặt so với số phải có."),
            "Cuộc họp này không công khai được bản kê khai; đề nghị ghi “Dừng công khai” kèm lý do rồi tổ chức lại.",
        )
        .basis(BASIS),
        Obstacle::Future => Refusal::new(code, "Ngày ghi ở sau hôm nay.", "Đề nghị ghi đúng ngày."),
        Obstacle::BeforeBegun { from_on } => Refusal::new(
            code,
            format!("Ngày ghi trước ngày bắt đầu công khai ({}).", day(from_on)),
            "Đề nghị ghi đúng ngày.",
        ),
        Obstacle::Lasted { until_on } => Refusal::new(
            code,
            format!("Bản kê khai đã treo đủ thời gian, đến hết ngày {}; không còn là gỡ sớm.", day(until_on)),
            "Đề nghị lập biên bản; hoặc ghi đúng ngày đã gỡ.",
        ),
    }
}

/// Names and positions of both are needed.
pub(super) fn unsigned(mode: Mode) -> Refusal {
    let head = match mode {
        Mode::Posting => "thủ trưởng đơn vị",
        Mode::Meeting => "người chủ trì",
    };
    Refusal::new(
        "unsigned",
        format!("Chưa ghi đủ họ tên, chức vụ của {head} và đại diện công đoàn."),
        "Biên bản phải có chữ ký của cả hai; đề nghị ghi đủ.",
    )
    .basis(BASIS)
}

pub(super) fn no_reason() -> Refusal {
    Refusal::new(
        "no_reason",
        "Chưa ghi lý do dừng công khai.",
        "Đề nghị ghi vì sao, ví dụ “bảng tin phải sửa chữa”; những bản này sẽ được công khai lại.",
    )
}
