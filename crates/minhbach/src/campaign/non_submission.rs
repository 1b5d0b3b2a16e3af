//! That nothing was submitted after two written reminders.
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::model::Explanation;
use super::policy::RecordNonSubmission;
use super::record::NonSubmissionRecord;
use super::rules::{self, Next};
use super::store;
use crate::kernel::id::{ObligationId, OrganisationId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Result, Tx};
use crate::person::follow_up::{self, FollowUp};
use crate::person::{self, Obligation};

/// What the unit puts down.
#[derive(Debug, Clone, Serialize)]
pub struct Recording {
    pub obligation: ObligationId,
    /// What the person said to it; empty when nothing.
    pub explanation: String,
}

/// The fact as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    pub non_submission: uuid::Uuid,
    pub recorded_on: chrono::NaiveDate,
    /// SHA-256 over the record, hex.
    pub record_sha256: String,
}

/// Records that a person did not submit their declaration after two written reminders (article 20.2 of the decree): both
/// are numbered and dated and reached the person within their terms, the second one's term has passed, the person had not
/// left by the last day, and the declaration is still owed. It states a fact with its
/// day and what the person said to it, and judges nobody; a declaration that comes later is taken, and the fact stays.
pub async fn record(app: &App, actor: &Actor, asked: &Recording, once: &Once) -> Result<Recorded> {
    let unit = actor.unit().ok_or(Error::Forbidden)?;
    app.db
        .write_once(actor, "non_submission.record", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok(before);
            }
            // Nobody declares until this is done: what is put down was so.
            let (obligation, follow_up) = found(tx, unit, asked.obligation).await?;
            match rules::next(&obligation, &follow_up, tx.today()) {
                Ok(Next::Record) => rules::reached_in_time(&follow_up)?,
                Ok(other) => return Err(other.refusal().into()),
                Err(bar) => return Err(bar.refusal().into()),
            }
            if store::left_by(tx, obligation.partition, obligation.person, obligation.due_on).await? {
                return Err(left_before().into());
            }
            let second = follow_up.second.as_ref().ok_or_else(|| crate::bug!("recording without a second reminder"))?;
            let (partition, person, id) = (obligation.partition, obligation.person, uuid::Uuid::now_v7());
            let explanation = viet::text::normalise(&asked.explanation);
            let sealed = match explanation.is_empty() {
                true => None,
                false => Some(tx.keys().seal::<Explanation>(partition, id, &explanation)?.as_bytes().to_vec()),
            };
            let record = NonSubmissionRecord {
                id,
                unit,
                person,
                obligation: obligation.id,
                due_on: obligation.due_on,
                second: second.reminder,
                second_answer_by: second.answer_by,
                recorded_on: tx.today(),
                explanation_sealed: sealed,
            };
            let hash = record.hash()?;
            let permit = tx.permit::<RecordNonSubmission, _>(obligation)?;
            store::insert_non_submission(tx, &permit, &record, hash).await.map_err(|error| {
                match error.constraint() {
                    Some("non_submission_once") => {
                        Next::Recorded(record.recorded_on).refusal().status(StatusCode::CONFLICT).into()
                    }
                    _ => error,
                }
            })?;
            tx.record(
                Event::new("non_submission.recorded", partition)
                    .unit(unit)
                    .person(person)
                    .id("non_submission", id)
                    .id("obligation", record.obligation)
                    .id("second", record.second)
                    .hash("record", hash)
                    .day("recorded_on", record.recorded_on),
            )?;
            let answer =
                Recorded { non_submission: id, recorded_on: record.recorded_on, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition: actor.home, unit: Some(unit), person: None }, &answer)?;
            Ok(answer)
        })
        .await
}

/// Taken off the list after the last day, but gone before it: what they owed passed with them, or was declared elsewhere.
pub fn left_before() -> crate::kernel::Refusal {
    crate::kernel::Refusal::new(
        "left_before",
        "Người này đã ra khỏi danh sách của đơn vị từ trước hoặc đúng ngày hết hạn nộp.",
        "Không ghi nhận không nộp tại đơn vị này; đề nghị đối chiếu với đơn vị mới nếu người đó chuyển công tác.",
    )
    .basis(rules::BASIS)
    .status(StatusCode::CONFLICT)
}

/// An obligation of the unit with what was done about it; held until the transaction ends.
pub async fn found(tx: &mut Tx, unit: OrganisationId, id: ObligationId) -> Result<(Obligation, FollowUp)> {
    let obligation = person::store::obligations_locked(tx, unit, [id]).await?.pop().ok_or(Error::NotFound)?;
    let follow_up =
        follow_up::of_obligations(tx, Some(obligation.person)).await?.remove(&obligation.id).unwrap_or_default();
    Ok((obligation, follow_up))
}
