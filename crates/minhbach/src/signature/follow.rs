//! What comes of a signature after it was put on record: withdrawn by who signed, or decided by the other side. The
//! signature itself never changes, and stays to be seen.
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::model::{ActKind, Followed, SignatureAct};
use super::policy::{Decide, Withdraw};
use super::store;
use crate::kernel::id::SignatureId;
use crate::kernel::jobs::Owner;
use crate::kernel::{self, Action, Actor, App, Error, Event, Guarded, Once, Refusal, Result, Tx};

/// An act put on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Done {
    pub signature: SignatureId,
    /// SHA-256 over what the log has of the act, hex.
    pub record_sha256: String,
}

/// Who signed withdraws the signature; what was recorded on paper, whoever recorded it. A new one may follow.
pub async fn withdraw(app: &App, actor: &Actor, id: SignatureId, reason: &str, once: &Once) -> Result<Done> {
    act::<Withdraw>(app, actor, id, ActKind::Withdrawn, reason, once).await
}

/// The other side decides a signature of which something could not be checked. One that is refused may be followed by a
/// new one.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: SignatureId,
    accepts: bool,
    reason: &str,
    once: &Once,
) -> Result<Done> {
    let act_kind = if accepts { ActKind::Accepted } else { ActKind::Refused };
    act::<Decide>(app, actor, id, act_kind, reason, once).await
}

async fn act<A: Action + Send + Sync>(
    app: &App,
    actor: &Actor,
    id: SignatureId,
    kind: ActKind,
    reason: &str,
    once: &Once,
) -> Result<Done>
where
    Followed: Guarded<A>,
{
    app.db
        .write_once(actor, A::NAME, Some(once), async |tx| {
            if let Some(before) = tx.replay::<Done>()? {
                return Ok(before);
            }
            let one = store::find(tx, id).await?;
            super::sign::turn(tx, one.partition, one.subject_id).await?;
            let found = store::followed(tx, id).await?;
            let reason = kernel::reason::reason(reason)?;
            if !found.stands() || (kind != ActKind::Withdrawn && !found.waits_for_decision()) {
                return Err(came_first());
            }
            let permit = tx.permit::<A, _>(found)?;
            put_down(tx, &permit, kind, &reason).await
        })
        .await
}

async fn put_down<A: Action>(
    tx: &mut Tx,
    permit: &crate::kernel::Permit<A, Followed>,
    kind: ActKind,
    reason: &String,
) -> Result<Done> {
    let on = &permit.on().signature;
    let mut new = SignatureAct {
        signature: on.id,
        act: kind,
        reason: tx.keys().seal(on.partition, on.id.0, reason)?,
        record_hash: Vec::new(),
        created_at: tx.now(),
        created_by: tx.actor().account_or_nil(),
    };
    let hash = new.hash()?;
    new.record_hash = hash.to_vec();
    store::insert_act(tx, permit, &new).await?;
    tx.record(
        Event::new(kind.event(), on.partition)
            .unit(on.unit)
            .person_if(on.person)
            .id("signature", on.id)
            .id("root", on.root)
            .hash("record", hash),
    )?;
    let answer = Done { signature: on.id, record_sha256: hex::encode(hash) };
    tx.keep(Owner { partition: on.partition, unit: Some(on.unit), person: on.person }, &answer)?;
    Ok(answer)
}

fn came_first() -> Error {
    Refusal::new(
        "signature_followed",
        "Chữ ký này đã được rút hoặc đã có quyết định.",
        "Đề nghị tải lại trang để xem tình trạng hiện tại.",
    )
    .status(StatusCode::CONFLICT)
    .into()
}
