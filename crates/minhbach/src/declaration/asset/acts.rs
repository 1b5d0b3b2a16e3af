//! An officer of the control agency states which assets are one.
use axum::http::StatusCode;
use form::thread::{Place, Tie, are_one};
use serde::{Deserialize, Serialize};

use super::history::History;
use super::model::{AssetPlace, ReasonCell, Statement};
use super::store;
use crate::account;
use crate::declaration::policy::StateAssets;
use crate::kernel::id::{AssetStatementId, PersonId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Refusal, Result, Tx};
use crate::person::{self, Person};

/// Characters of a reason.
pub const LONGEST_REASON: usize = 1000;

/// Whether two assets are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stating {
    pub one: AssetPlace,
    pub other: AssetPlace,
    pub is_same: bool,
    /// Confirmed with others in one act: the reason typed is not about it.
    pub in_bulk: bool,
}

/// The person, and everything they declared, as the control agency sees it: recorded accesses. Nobody who declares as this
/// person now reads what is stated of their assets.
pub async fn open(tx: &mut Tx, id: PersonId) -> Result<(Person, History)> {
    let agency = tx.actor().agency().ok_or(Error::Forbidden)?;
    let person = person::store::find(tx, agency, id).await?;
    if account::store::is_own(tx, person.id).await? {
        return Err(own_assets().into());
    }
    let statements = store::statements(tx, agency, Some(id)).await?;
    let history = History::of(tx, agency, id, statements).await?;
    let count = i64::try_from(history.sheets.len()).unwrap_or(i64::MAX);
    tx.record(Event::new("asset.opened", agency).unit(person.unit).person(id).count("versions", count))?;
    Ok((person, history))
}

/// Puts down which assets of a person are one and which are two: all of it or nothing, on the record as it stood when the page
/// was made ([`History::seen`]). Confirming or refusing what likeness suggests needs no reason; anything else does, and the
/// reason is kept with all that was not confirmed in bulk. No declaration is changed by it, and nothing is said of the declarant.
pub async fn state(
    app: &App,
    actor: &Actor,
    person: PersonId,
    seen: &str,
    stating: &[Stating],
    reason: &str,
    once: &Once,
) -> Result<usize> {
    let reason = viet::text::normalise(reason);
    if stating.is_empty() {
        return Err(nothing_stated().into());
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(long_reason().into());
    }
    app.db
        .write_once(actor, "asset.state", Some(once), async |tx| {
            if let Some(before) = tx.replay::<usize>()? {
                return Ok(before);
            }
            let agency = tx.actor().agency().ok_or(Error::Forbidden)?;
            person::store::find_locked(tx, agency, person).await?;
            let (person, history) = open(tx, person).await?;
            let permit = tx.permit::<StateAssets, _>(person)?;
            if history.seen() != seen {
                return Err(changed_since().into());
            }
            check(&history, stating, &reason)?;
            let (person, account) = (permit.on(), tx.actor().account_or_nil());
            let count = i32::try_from(history.statements.len()).map_err(anyhow::Error::from)?;
            for (stated, number) in stating.iter().zip(count + 1..) {
                let reason = if stated.in_bulk { "" } else { &*reason };
                let id = AssetStatementId::new();
                let mut statement = Statement {
                    partition: person.partition,
                    id,
                    unit: person.unit,
                    person: person.id,
                    number,
                    one: stated.one,
                    other: stated.other,
                    is_same: stated.is_same,
                    reason: tx.keys().seal::<ReasonCell>(person.partition, id.0, &reason.to_owned())?,
                    record_hash: Vec::new(),
                    created_at: tx.now(),
                    created_by: account,
                };
                let hash = statement.hash()?;
                statement.record_hash = hash.to_vec();
                store::insert(tx, &permit, &statement).await?;
                tx.record(
                    Event::new("asset.stated", person.partition)
                        .unit(person.unit)
                        .person(person.id)
                        .id("statement", id)
                        .hash("record", hash),
                )?;
            }
            let owner = Owner { partition: person.partition, unit: None, person: None };
            tx.keep(owner, &stating.len())?;
            Ok(stating.len())
        })
        .await
}

/// Whether what is stated can stand: both are there, they are not of one version, all of it together comes to what was stated,
/// and nothing else that was stated or said falls with it.
fn check(history: &History, stating: &[Stating], reason: &str) -> Result<()> {
    let mut further = Vec::new();
    for stated in stating {
        let (Some(one), Some(other)) = (history.place(stated.one), history.place(stated.other)) else {
            return Err(changed_since().into());
        };
        if one.sheet == other.sheet {
            return Err(one_sheet().into());
        }
        let pair = (one.min(other), one.max(other));
        let tie = history.threads.iter().flat_map(|thread| &thread.ties).find(|(from, to, _)| (*from, *to) == pair);
        let is_suggested = matches!(tie, Some((.., Tie::Alike(_))));
        if stated.is_same && tie.is_none() && are_one(&history.threads, one, other) {
            return Err(already_one().into());
        }
        if reason.is_empty() && !is_suggested {
            return Err(no_reason().into());
        }
        further.push((pair.0, pair.1, stated.is_same));
    }
    let after = history.with(&further);
    let known = history.known();
    let said = known.said.iter().map(|(one, other)| (*one, *other, true));
    let stood = known.stated.iter().copied().chain(said).filter(|(one, other, is_same)| {
        let is_stated_anew = further.iter().any(|(a, b, _)| (a, b) == (one.min(other), one.max(other)));
        !is_stated_anew && are_one(&history.threads, *one, *other) == *is_same
    });
    let stands = |(one, other, is_same): (Place, Place, bool)| are_one(&after, one, other) == is_same;
    if !further.iter().copied().chain(stood).all(stands) {
        return Err(cannot_stand().into());
    }
    Ok(())
}

fn nothing_stated() -> Refusal {
    Refusal::new(
        "nothing_stated",
        "Chưa chọn nội dung nào để ghi.",
        "Đề nghị chọn “Cùng một tài sản” hoặc “Hai tài sản khác nhau” ở ít nhất một gợi ý, hoặc chọn hai tài sản để nối.",
    )
}

fn no_reason() -> Refusal {
    Refusal::new(
        "no_reason",
        "Chưa ghi lý do. Nội dung vừa chọn khác với điều người kê khai đã ghi, khác với ghi nhận trước, hoặc là liên kết mà hệ thống không gợi ý.",
        "Đề nghị ghi căn cứ, ví dụ giấy chứng nhận được cấp đổi, tài liệu đã đối chiếu.",
    )
}

fn long_reason() -> Refusal {
    Refusal::new(
        "long_reason",
        format!("Lý do dài quá {LONGEST_REASON} ký tự."),
        "Đề nghị ghi ngắn lại; tài liệu kèm theo lưu ở hồ sơ của cơ quan.",
    )
}

fn one_sheet() -> Refusal {
    Refusal::new(
        "one_sheet",
        "Hai tài sản được chọn cùng nằm trong một bản kê khai nên là hai tài sản khác nhau.",
        "Đề nghị chọn tài sản ở hai bản kê khai khác nhau.",
    )
}

fn already_one() -> Refusal {
    Refusal::new(
        "already_one",
        "Hai tài sản được chọn đã được liên kết là một tài sản.",
        "Đề nghị xem phần “Từng tài sản”; nếu muốn tách thì mở “Vì sao là một tài sản”.",
    )
}

fn cannot_stand() -> Refusal {
    Refusal::new(
        "cannot_stand",
        "Các lựa chọn mâu thuẫn với nhau, hoặc làm mất một liên kết mà người kê khai hay cán bộ đã ghi; hai tài sản của cùng một bản kê khai không thể là một. Chưa ghi gì.",
        "Đề nghị tách liên kết cũ trước (mở “Vì sao là một tài sản”), rồi nối lại.",
    )
    .status(StatusCode::CONFLICT)
}

fn changed_since() -> Refusal {
    Refusal::new(
        "changed_since",
        "Hồ sơ vừa có thay đổi: bản kê khai mới hoặc ghi nhận của cán bộ khác. Chưa ghi gì.",
        "Đề nghị xem lại rồi ghi; những lựa chọn còn phù hợp và lý do vẫn được giữ trên trang.",
    )
    .status(StatusCode::CONFLICT)
}

fn own_assets() -> Refusal {
    Refusal::new(
        "own_assets",
        "Đây là tài sản của chính Ông/Bà nên Ông/Bà không ghi nhận.",
        "Đề nghị để cán bộ khác ghi.",
    )
    .status(StatusCode::FORBIDDEN)
}
