//! What an agency's administrator does with its practice.
use axum::http::StatusCode;
use chrono::TimeDelta;

use super::build::{BuildPractice, ShutPractice};
use super::model::{Round, State};
use super::policy::{Begin, Close, Practice};
use super::store;
use crate::kernel::clock;
use crate::kernel::id::{PartitionId, PracticeId};
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Error, Event, Once, Permit, Refusal, Result, Role, Tx};

/// Worlds an agency may found in a day: each is a partition, and partitions stay.
const ROUNDS_A_DAY: i64 = 5;
/// After so long without a part being built another round may be begun.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// The agency's newest round, with the password of its accounts while it is open. Opening that is recorded.
pub async fn newest(app: &App, actor: &Actor) -> Result<Option<(Round, Option<String>)>> {
    let agency = administrated(actor)?;
    app.db
        .read(actor, "practice.show", async |tx| {
            let Some(round) = store::newest(tx, agency).await? else { return Ok(None) };
            let password = match &round.password {
                Some(sealed) => {
                    let password = tx.open(agency, round.id.0, sealed)?;
                    tx.record(Event::new("practice.password_opened", agency).id("round", round.id))?;
                    Some(password)
                }
                None => None,
            };
            Ok(Some((round, password)))
        })
        .await
}

/// The agency's administrator has a world of invented people built, to practise in. The one that is open, which they name,
/// ends with it: its accounts open nothing any more, and nothing done in it is found in the new one.
pub async fn begin(app: &App, actor: &Actor, seen: Option<PracticeId>, once: &Once) -> Result<PracticeId> {
    let agency = administrated(actor)?;
    app.db
        .write_once(actor, "practice.begin", Some(once), async |tx| {
            if let Some(before) = tx.replay::<PracticeId>()? {
                return Ok(before);
            }
            let practice = Practice { agency, is_practice: tx.is_practice(agency).await? };
            let permit = tx.permit::<Begin, _>(practice)?;
            tx.take_turn("practice.begin", agency).await?;
            let newest = store::newest(tx, agency).await?;
            let today = clock::midnight(tx.today());
            if store::begun_since(tx, agency, today).await? >= ROUNDS_A_DAY {
                return Err(too_many(newest.as_ref()).into());
            }
            match newest {
                Some(before) if before.state == State::Building && tx.now() - before.moved_at < PATIENCE => {
                    return Err(under_way().into());
                }
                Some(before) if before.state == State::Building => give_up(tx, &permit, before).await?,
                Some(before) if before.state == State::Open && Some(before.id) != seen => {
                    return Err(another_is_open().into());
                }
                Some(before) if before.state == State::Open => end(tx, before).await?,
                _ => {}
            }
            let id = PracticeId::new();
            store::insert(tx, &permit, id).await?;
            tx.enqueue(owner(agency), &BuildPractice { round: id }, Some(&id.to_string())).await?;
            tx.record(Event::new("practice.begun", agency).id("round", id))?;
            tx.keep(owner(agency), &id)?;
            Ok(id)
        })
        .await
}

/// Nobody has built at it for so long that nobody will.
async fn give_up(tx: &mut Tx, permit: &Permit<Begin, Practice>, round: Round) -> Result<()> {
    store::fail(tx, permit, &round).await?;
    tx.record(Event::new("practice.failed", round.partition).id("round", round.id))?;
    Ok(())
}

/// The agency's administrator ends the practice; its accounts open nothing any more. What is closed already stays so.
pub async fn close(app: &App, actor: &Actor, id: PracticeId) -> Result<()> {
    let agency = administrated(actor)?;
    app.db
        .write(actor, "practice.close", async |tx| {
            let round = store::find(tx, agency, id).await?;
            if round.state == State::Closed {
                tx.nothing_done();
                return Ok(());
            }
            end(tx, round).await
        })
        .await
}

async fn end(tx: &mut Tx, round: Round) -> Result<()> {
    let (agency, id) = (round.partition, round.id);
    let permit = tx.permit::<Close, _>(round)?;
    store::close(tx, &permit).await?;
    if let Some(practice) = permit.on().practice {
        tx.enqueue(owner(agency), &ShutPractice { practice }, Some(&practice.to_string())).await?;
    }
    tx.record(Event::new("practice.closed", agency).id("round", id))?;
    Ok(())
}

fn administrated(actor: &Actor) -> Result<PartitionId> {
    actor.require(&[Role::AgencyAdmin])?;
    actor.agency().ok_or(Error::Forbidden)
}

fn owner(agency: PartitionId) -> Owner {
    Owner { partition: agency, unit: None, person: None }
}

fn too_many(newest: Option<&Round>) -> Refusal {
    let mend = match newest {
        Some(round) if round.state == State::Open => "Đề nghị dùng tiếp bản đang mở, hoặc làm lại vào ngày mai.",
        _ => "Đề nghị lập lại vào ngày mai.",
    };
    let said = format!("Hôm nay đã lập {ROUNDS_A_DAY} bản thực hành, là mức nhiều nhất trong một ngày.");
    Refusal::new("too_many_rounds", said, mend).status(StatusCode::TOO_MANY_REQUESTS)
}

fn another_is_open() -> Refusal {
    Refusal::new(
        "another_round",
        "Đã có một bản thực hành khác đang mở, lập sau khi trang này được mở.",
        "Đề nghị xem bản đang mở dưới đây; chỉ làm lại từ đầu khi lớp đang dùng bản đó đã xong.",
    )
    .status(StatusCode::CONFLICT)
}

fn under_way() -> Refusal {
    Refusal::new(
        "under_way",
        "Bản thực hành đang được dựng, chưa xong.",
        "Đề nghị chờ đến khi trang này hiện tài khoản thực hành, thường dưới một phút, lâu hơn khi nhiều bản quét đang chờ đọc.",
    )
    .status(StatusCode::CONFLICT)
}
