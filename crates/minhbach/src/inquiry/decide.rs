//! What the agency does with a request that is open: keeps it until a day, closes it, withdraws it.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ask::{require_short, wrong};
use super::course::{Brings, decided, turn};
use super::model::{Said, StepKind};
use super::policy::Decide;
use super::{rules, store};
use crate::kernel::id::InquiryId;
use crate::kernel::{Actor, App, Once, Result};
use crate::person::inquiry::State;

/// What an officer decides, having read the request.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deciding {
    /// `last` of the request that was read: what came meanwhile is read first.
    pub seen: i32,
    /// Why; of closing what was answered here it may be empty.
    #[serde(default)]
    pub reason: String,
}

/// That a request stands, and until when.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keeping {
    pub seen: i32,
    pub due_on: NaiveDate,
    pub reason: String,
}

/// How far a request is after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stepped {
    /// The number of the step.
    pub last: i32,
    /// SHA-256 over what the log has of it, hex.
    pub record_sha256: String,
}

/// The answer is enough, or the reason why there is none is accepted: the request ends. Where nothing was answered here, the
/// officer says which document answered on paper.
pub async fn close(app: &App, actor: &Actor, id: InquiryId, asked: &Deciding, once: &Once) -> Result<Stepped> {
    decide(app, actor, (id, StepKind::Closed, asked.seen), &asked.reason, None, once).await
}

/// The agency no longer asks, and says why; what was answered stays.
pub async fn withdraw(app: &App, actor: &Actor, id: InquiryId, asked: &Deciding, once: &Once) -> Result<Stepped> {
    decide(app, actor, (id, StepKind::Withdrawn, asked.seen), &asked.reason, None, once).await
}

/// The agency's decision on what who is asked put forward (article 7.2), or a longer term on its own: the request stands,
/// with the last day it sets and the reason.
pub async fn keep(app: &App, actor: &Actor, id: InquiryId, asked: &Keeping, once: &Once) -> Result<Stepped> {
    decide(app, actor, (id, StepKind::Kept, asked.seen), &asked.reason, Some(asked.due_on), once).await
}

async fn decide(
    app: &App,
    actor: &Actor,
    (id, kind, seen): (InquiryId, StepKind, i32),
    reason: &str,
    due_on: Option<NaiveDate>,
    once: &Once,
) -> Result<Stepped> {
    app.db
        .write_once(actor, "inquiry.decide", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Stepped>()? {
                return Ok(before);
            }
            turn(tx, id).await?;
            let inquiry = store::find(tx, id).await?;
            let inquiry = tx.permit::<Decide, _>(inquiry)?.on().clone();
            // Whoever read less is shown what came meanwhile, before anything is said of what they wanted to do.
            rules::require_seen(&inquiry, seen)?;
            let to: State = rules::next(&inquiry, kind)?;
            let text = viet::text::normalise_lines(reason);
            // What was answered here speaks for itself; what came on paper is named, and why a reason is accepted is said.
            let may_be_silent = to == State::Closed && inquiry.state == State::Answered;
            if text.is_empty() && !may_be_silent {
                let mend = "Đề nghị ghi lý do; lý do được lưu cùng yêu cầu và người được yêu cầu đọc được.";
                return Err(wrong("no_reason", "Chưa ghi lý do.".to_owned(), mend));
            }
            require_short("no_reason", &text)?;
            if let Some(due_on) = due_on {
                rules::check_kept(&app.law, &inquiry, due_on, tx.today())?;
            }
            let said = (!text.is_empty()).then_some(Said { text, by: None });
            let partition = inquiry.partition;
            let step = decided(tx, inquiry, kind, &Brings { due_on, said: said.as_ref() }).await?;
            let stepped = Stepped { last: step.n, record_sha256: hex::encode(&step.record_hash) };
            tx.keep(crate::kernel::jobs::Owner { partition, unit: None, person: None }, &stepped)?;
            Ok(stepped)
        })
        .await
}
