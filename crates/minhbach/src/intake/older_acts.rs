//! What comes of a declaration on an older form after it was put on record: its paper lies elsewhere, or it is taken back. The
//! record never changes; what was done to it stands beside it, with its reason.
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::older::LONGEST_PLACE;
use super::policy::{MovePaper, TakeBackOlder};
use super::store;
use crate::account;
use crate::declaration::older::{self, ActKind, Asked, Older, OlderAct, PlaceNow, Why};
use crate::kernel::id::OlderId;
use crate::kernel::jobs::Owner;
use crate::kernel::{self, Action, Actor, App, Event, Once, Permit, Refusal, Result, Tx};

/// What stands beside the record now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Done {
    pub older: OlderId,
    /// SHA-256 over the act, hex; the log has it.
    pub record_sha256: String,
}

/// The paper lies elsewhere from now on; where it lay stays to be read.
pub async fn place(app: &App, actor: &Actor, id: OlderId, place: &str, reason: &str, once: &Once) -> Result<Done> {
    let place = viet::text::normalise(place);
    app.db
        .write_once(actor, "older.place", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Done>()? {
                return Ok(before);
            }
            let (one, acts) = standing(tx, id).await?;
            let reason = kernel::reason::reason(reason)?;
            match place.chars().count() {
                0 => return Err(no_place().into()),
                count if count > LONGEST_PLACE => return Err(long_place().into()),
                _ => {}
            }
            let lies = match acts.iter().rev().find_map(|act| act.place.as_ref()) {
                Some(place) => tx.open::<PlaceNow>(one.partition, id.0, place)?,
                None => tx.open(one.partition, id.0, &one.place)?,
            };
            if lies == place {
                return Err(same_place().into());
            }
            let place = tx.keys().seal::<PlaceNow>(one.partition, id.0, &place)?;
            let permit = tx.permit::<MovePaper, _>(one)?;
            put_down(tx, &permit, permit.on(), (&acts, Some(place)), &reason).await
        })
        .await
}

/// It was put on record by mistake (of somebody else, of another year or form, of a sheet that is none): taken back with its
/// reason. The scan waits again at the intake desk; the record stays to be seen by the agency and counts for nothing.
pub async fn take_back(app: &App, actor: &Actor, id: OlderId, reason: &str, once: &Once) -> Result<Done> {
    app.db
        .write_once(actor, "older.take_back", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Done>()? {
                return Ok(before);
            }
            let (one, acts) = standing(tx, id).await?;
            let reason = kernel::reason::reason(reason)?;
            let intake = store::find(tx, one.intake).await?;
            intake.require(tx.name())?;
            let permit = tx.permit::<TakeBackOlder, _>(intake)?;
            let done = put_down(tx, &permit, &one, (&acts, None), &reason).await?;
            store::take_back_older(tx, &permit).await?;
            Ok(done)
        })
        .await
}

/// The record, its scan locked, and what was done to it; none that was taken back. Whose paper it is does nothing to it.
async fn standing(tx: &mut Tx, id: OlderId) -> Result<(Older, Vec<OlderAct>)> {
    let intake = older::find(tx, id).await?.intake;
    store::find_locked(tx, intake).await?;
    let one = older::find(tx, id).await?;
    if account::store::is_own(tx, one.person).await? {
        return Err(own_paper().into());
    }
    if one.is_withdrawn {
        return Err(taken_back().into());
    }
    let acts = older::acts(tx, one.partition, Some(&[id])).await?;
    Ok((one, acts))
}

async fn put_down<A: Action, R>(
    tx: &mut Tx,
    permit: &Permit<A, R>,
    one: &Older,
    (before, place): (&[OlderAct], Option<crate::kernel::keys::Sealed<PlaceNow>>),
    reason: &String,
) -> Result<Done> {
    let act = if place.is_some() { ActKind::Placed } else { ActKind::Withdrawn };
    let number = before.last().map_or(0, |act| act.number);
    let mut new = OlderAct {
        older: one.id,
        number: number.checked_add(1).ok_or_else(|| crate::bug!("too many acts on {}", one.id))?,
        unit: one.unit,
        person: one.person,
        act,
        place,
        reason: tx.keys().seal::<Why>(one.partition, one.id.0, reason)?,
        record_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
    };
    let hash = new.hash()?;
    new.record_hash = hash.to_vec();
    older::insert_act(tx, permit, one.partition, &new).await?;
    tx.record(
        Event::new(act.event(), one.partition)
            .unit(one.unit)
            .person(one.person)
            .id("older", one.id)
            .id("intake", one.intake)
            .count("number", i64::from(new.number))
            .hash("record", hash),
    )?;
    let done = Done { older: one.id, record_sha256: hex::encode(hash) };
    tx.keep(Owner { partition: one.partition, unit: None, person: None }, &done)?;
    Ok(done)
}

/// The record taken back in whose place a scan may be put on record anew: the last of the scan, when it was taken back.
pub(super) async fn to_follow(tx: &mut Tx, asked: Asked<'_>) -> Result<Option<Older>> {
    let all = older::list(tx, asked).await?;
    let followed = |one: &Older| all.iter().any(|other| other.follows == Some(one.id));
    Ok(all.iter().find(|one| one.is_withdrawn && !followed(one)).cloned())
}

fn no_place() -> Refusal {
    Refusal::new("no_place", "Chưa ghi nơi lưu mới.", "Đề nghị ghi kho, giá, hộp, số hồ sơ để tìm lại được bản gốc.")
}

fn long_place() -> Refusal {
    let sentence = format!("Nơi lưu bản giấy dài quá {LONGEST_PLACE} ký tự.");
    Refusal::new("long_place", sentence, "Đề nghị ghi ngắn lại.")
}

fn same_place() -> Refusal {
    Refusal::new("same_place", "Nơi lưu vừa ghi là nơi đang ghi.", "Đề nghị ghi nơi lưu mới của bản giấy.")
}

fn taken_back() -> Refusal {
    Refusal::new(
        "older_withdrawn",
        "Ghi nhận này đã được rút.",
        "Đề nghị tải lại trang để xem lý do và bản quét hiện ở đâu.",
    )
    .status(StatusCode::CONFLICT)
}

fn own_paper() -> Refusal {
    Refusal::new(
        "own_paper",
        "Đây là bản kê khai của chính Ông/Bà nên Ông/Bà không được ghi lại nơi lưu hoặc rút ghi nhận.",
        "Đề nghị để cán bộ khác làm.",
    )
    .status(StatusCode::FORBIDDEN)
}
