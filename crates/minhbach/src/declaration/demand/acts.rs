//! Issuing a demand, saying when it reached the declarant, withdrawing it, answering it.
use axum::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::model::{Asks, Demand, Issue, Reasons, Withdrawal};
use super::store;
use crate::declaration::correction;
use crate::declaration::model::Declaration;
use crate::declaration::policy::{AnswerDemand, FollowDemand, IssueDemand, OpenDemand};
use crate::declaration::store as declarations;
use crate::kernel::id::{DeclarationId, DemandId, VersionId};
use crate::kernel::jobs::Owner;
use crate::kernel::lifecycle::LifeCycle as _;
use crate::kernel::{Actor, App, Event, Once, Refusal, Result, Tx};
use crate::law;

const BASIS: &str = "khoản 2 Điều 38 Luật Phòng, chống tham nhũng 2018";

/// What a unit demands.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Demanded {
    /// The version that was read; another may have come since.
    pub version: VersionId,
    pub asks: Asks,
    /// What is missing or not as the form asks, as the declarant will read it.
    pub reasons: String,
    pub issued_on: NaiveDate,
    pub signer_name: String,
    pub signer_position: String,
    /// When it was handed over to the declarant; otherwise the days run from when they open it here.
    #[serde(default)]
    pub handed_on: Option<NaiveDate>,
}

/// A demand issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issued {
    pub demand: DemandId,
    pub year: i16,
    /// Of the unit's demands in the year.
    pub number: i32,
    /// SHA-256 over the demand, hex.
    pub demand_sha256: String,
    /// Last day to answer, once it has reached the declarant.
    pub due_on: Option<NaiveDate>,
}

/// The employing unit that finds a declaration not on the form, or not complete, demands in writing that it be completed or
/// made again, saying why (article 38.2). That can be before or after it was received, until it is handed over. The
/// declarant has the days of the rule set from when the demand reached them.
pub async fn issue(app: &App, actor: &Actor, id: DeclarationId, asked: &Demanded, once: &Once) -> Result<Issued> {
    app.db
        .write_once(actor, "demand.issue", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Issued>()? {
                return Ok(before);
            }
            let unit = declarations::find(tx, id).await?.unit;
            // No batch takes the declaration while the demand is being made, and the unit's demands are numbered one by one.
            tx.take_turn("hand_over.send", unit).await?;
            turn(tx, id).await?;
            let declaration = declarations::find(tx, id).await?;
            check(tx, &declaration, asked)?;
            let corrections = correction::store::of_declaration(tx, id).await?;
            if corrections.iter().any(|one| one.waits(tx.today())) {
                return Err(correction::rules::decide_first().into());
            }
            // The agency may have found a published one missing: what hangs is not made again while it hangs.
            if declarations::is_published(tx, &declaration).await? {
                return Err(published().into());
            }
            let (partition, person, version) = (declaration.partition, declaration.person, declaration.version);
            let demand = DemandId::new();
            let year = i16::try_from(asked.issued_on.year()).map_err(|_| crate::bug!("a day of another era"))?;
            let number = store::next_number(tx, unit, year).await?;
            let reasons = tx.keys().seal::<Reasons>(partition, demand.0, &asked.reasons)?;
            let name = tx.keys().seal::<super::model::SignerName>(partition, demand.0, &asked.signer_name)?;
            let position =
                tx.keys().seal::<super::model::SignerPosition>(partition, demand.0, &asked.signer_position)?;
            let new = Issue {
                id: demand,
                declaration: id,
                version,
                year,
                number,
                asks: asked.asks,
                issued_on: asked.issued_on,
                reasons_sealed: reasons.as_bytes(),
                name_sealed: name.as_bytes(),
                position_sealed: position.as_bytes(),
            };
            let hash = new.hash()?;
            let permit = tx.permit::<IssueDemand, _>(declaration)?;
            store::insert(tx, &permit, &new).await.map_err(|error| match error.constraint() {
                Some("demand_open") => already_demanded().into(),
                _ => error,
            })?;
            tx.record(
                Event::new("demand.issued", partition)
                    .unit(unit)
                    .person(person)
                    .id("demand", demand)
                    .id("declaration", id)
                    .id("version", version)
                    .word("asks", asked.asks.word())
                    .hash("demand", hash),
            )?;
            let due_on = match asked.handed_on {
                Some(day) => Some(handed(app, tx, demand, day).await?),
                None => None,
            };
            let issued = Issued { demand, year, number, demand_sha256: hex::encode(hash), due_on };
            tx.keep(Owner { partition, unit: Some(unit), person: None }, &issued)?;
            Ok(issued)
        })
        .await
}

/// One at a time changes what is demanded, handed in or received of a declaration.
pub async fn turn(tx: &mut Tx, declaration: DeclarationId) -> Result<()> {
    tx.take_turn("declaration", declaration).await
}

async fn turn_of(tx: &mut Tx, demand: DemandId) -> Result<()> {
    let declaration = store::find(tx, demand).await?.declaration;
    turn(tx, declaration).await
}

fn check(tx: &Tx, declaration: &Declaration, asked: &Demanded) -> Result<()> {
    let day = viet::date::format_short;
    if declaration.handed_over_on.is_some() {
        return Err(Refusal::new(
            "already_handed_over",
            "Bản kê khai đã bàn giao cho cơ quan kiểm soát nên đơn vị không yêu cầu hoàn thiện được nữa.",
            "Nếu cần, đề nghị trao đổi với cơ quan kiểm soát.",
        )
        .basis("khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018")
        .status(StatusCode::CONFLICT)
        .into());
    }
    if declaration.demand.is_some() {
        return Err(already_demanded().into());
    }
    // Without one there is no draft to answer in, and no place where a paper would be taken for the answer.
    if declaration.obligation.is_none() {
        return Err(Refusal::new(
            "no_obligation",
            "Bản kê khai này không gắn với nghĩa vụ nào trong danh sách nên chưa lập yêu cầu trên hệ thống được.",
            "Đề nghị yêu cầu người kê khai bằng văn bản; bản lập lại trên giấy được số hóa như một bản kê khai mới.",
        )
        .basis(BASIS)
        .into());
    }
    if declaration.version != asked.version {
        return Err(changed_since().into());
    }
    if asked.reasons.trim().is_empty() {
        return Err(no_reasons().into());
    }
    let sentence = if asked.issued_on > tx.today() {
        format!("Ngày yêu cầu {} ở sau hôm nay.", day(asked.issued_on))
    } else if asked.issued_on < declaration.completed_on {
        format!(
            "Ngày yêu cầu {} trước ngày hoàn thành bản kê khai ({}).",
            day(asked.issued_on),
            day(declaration.completed_on)
        )
    } else {
        return Ok(());
    };
    Err(Refusal::new("issued_on", sentence, "Đề nghị ghi đúng ngày của văn bản yêu cầu.").basis(BASIS).into())
}

/// The unit says on which day the demand was handed over to the declarant: the days to answer run from it (article 38.2).
/// What was said first stands, also when the declarant opened it here before.
pub async fn hand(app: &App, actor: &Actor, id: DemandId, day: NaiveDate) -> Result<NaiveDate> {
    app.db
        .write(actor, "demand.hand", async |tx| {
            turn_of(tx, id).await?;
            handed(app, tx, id, day).await
        })
        .await
}

async fn handed(app: &App, tx: &mut Tx, id: DemandId, day: NaiveDate) -> Result<NaiveDate> {
    let demand = store::find(tx, id).await?;
    if !demand.state.takes(tx.name()) {
        return Err(no_longer_waits().into());
    }
    if demand.reached_on.is_some() {
        return Err(already_reached().into());
    }
    let sentence = if day > tx.today() {
        format!("Ngày giao {} ở sau hôm nay.", viet::date::format_short(day))
    } else if day < demand.issued_on {
        format!(
            "Ngày giao {} trước ngày của văn bản yêu cầu ({}).",
            viet::date::format_short(day),
            viet::date::format_short(demand.issued_on)
        )
    } else {
        let due_on = due(app, tx, &demand, day).await?;
        let permit = tx.permit::<FollowDemand, _>(demand)?;
        if !store::set_handed(tx, &permit, day, due_on).await? {
            return Err(already_reached().into());
        }
        course(tx, "demand.reached", id).await?;
        return Ok(due_on);
    };
    Err(Refusal::new("handed_on", sentence, "Đề nghị ghi đúng ngày người kê khai nhận được yêu cầu.")
        .basis(BASIS)
        .into())
}

/// The last day of the days of article 38.2, by the rule set of the version the demand is about.
async fn due(app: &App, tx: &mut Tx, demand: &Demand, reached_on: NaiveDate) -> Result<NaiveDate> {
    let declaration = declarations::find(tx, demand.declaration).await?;
    let rule_set = declarations::latest_version(tx, &declaration).await?.rule_set;
    Ok(law::limit(&app.law, law::named(&app.law, &rule_set)?, "redeclare", reached_on)?.due.on)
}

/// A demand as people read it.
pub struct Opened {
    pub demand: Demand,
    pub reasons: String,
    pub signer_name: String,
    pub signer_position: String,
    pub withdrawal: String,
}

/// Opens a demand within what the context shows; whoever opens it, the log has it.
pub async fn open(tx: &mut Tx, id: DemandId) -> Result<Opened> {
    let demand = store::find(tx, id).await?;
    let (partition, row) = (demand.partition, demand.id.0);
    tx.record(
        Event::new("demand.opened", partition)
            .unit(demand.unit)
            .person(demand.person)
            .id("demand", id)
            .id("declaration", demand.declaration),
    )?;
    Ok(Opened {
        reasons: tx.open(partition, row, &demand.reasons)?,
        signer_name: tx.open(partition, row, &demand.signer_name)?,
        signer_position: tx.open(partition, row, &demand.signer_position)?,
        withdrawal: match &demand.withdrawal {
            Some(why) => tx.open(partition, row, why)?,
            None => String::new(),
        },
        demand,
    })
}

/// The declarant opens a demand. The first time, it has reached them: the days to answer run from today, unless the unit had
/// said before that it was handed over.
pub async fn open_own(app: &App, actor: &Actor, id: DemandId) -> Result<Opened> {
    app.db
        .write(actor, "demand.open", async |tx| {
            turn_of(tx, id).await?;
            let demand = store::find(tx, id).await?;
            if demand.is_untouched() {
                let today = tx.today();
                let due_on = due(app, tx, &demand, today).await?;
                let permit = tx.permit::<OpenDemand, _>(demand)?;
                if store::set_opened(tx, &permit, today, due_on).await? {
                    course(tx, "demand.reached", id).await?;
                }
            }
            open(tx, id).await
        })
        .await
}

/// The unit withdraws a demand nobody answered yet, and says why; the declaration stands as it was handed in.
pub async fn withdraw(app: &App, actor: &Actor, id: DemandId, why: &str) -> Result<()> {
    app.db
        .write(actor, "demand.withdraw", async |tx| {
            turn_of(tx, id).await?;
            let demand = store::find(tx, id).await?;
            if !demand.state.takes(tx.name()) {
                return Err(no_longer_waits().into());
            }
            let why = viet::text::normalise(why);
            if why.is_empty() {
                return Err(Refusal::new(
                    "no_reason",
                    "Chưa ghi lý do rút yêu cầu.",
                    "Đề nghị ghi vì sao không còn yêu cầu nữa; lý do được lưu cùng yêu cầu.",
                )
                .into());
            }
            let sealed = tx.keys().seal::<Withdrawal>(demand.partition, id.0, &why)?;
            let today = tx.today();
            let permit = tx.permit::<FollowDemand, _>(demand)?;
            if !store::set_withdrawn(tx, &permit, today.max(permit.on().issued_on), &sealed).await? {
                return Err(no_longer_waits().into());
            }
            course(tx, "demand.withdrawn", id).await
        })
        .await
}

/// The version that answers a demand, in the transaction that files it: a demand withdrawn meanwhile refuses it.
pub async fn answer(tx: &mut Tx, id: DemandId, version: VersionId, day: NaiveDate) -> Result<()> {
    let demand = store::find(tx, id).await?;
    if !demand.state.takes(tx.name()) {
        return Err(no_longer_waits().into());
    }
    let permit = tx.permit::<AnswerDemand, _>(demand)?;
    if !store::set_answered(tx, &permit, version, day).await? {
        return Err(no_longer_waits().into());
    }
    course(tx, "demand.answered", id).await
}

/// Tells the log how far a demand is.
async fn course(tx: &mut Tx, name: &'static str, id: DemandId) -> Result<()> {
    let demand = store::find(tx, id).await?;
    let mut event = Event::new(name, demand.partition)
        .unit(demand.unit)
        .person(demand.person)
        .id("demand", id)
        .id("declaration", demand.declaration)
        .hash("course", demand.course_hash()?);
    if let Some(version) = demand.answer {
        event = event.id("version", version);
    }
    tx.record(event)?;
    Ok(())
}

pub fn no_reasons() -> Refusal {
    Refusal::new(
        "no_reasons",
        "Chưa ghi nội dung phải hoàn thiện hoặc kê khai lại.",
        "Đề nghị ghi rõ mục nào thiếu hoặc chưa đúng mẫu; người kê khai đọc nội dung này để sửa.",
    )
    .basis(BASIS)
}

fn published() -> Refusal {
    Refusal::new(
        "published",
        "Bản kê khai này đã hoặc đang được công khai nên không yêu cầu hoàn thiện được.",
        "Nếu đang niêm yết, đề nghị dừng công khai và ghi lý do trước khi lập yêu cầu.",
    )
    .basis("Điều 39 Luật Phòng, chống tham nhũng 2018")
    .status(StatusCode::CONFLICT)
}

fn already_demanded() -> Refusal {
    Refusal::new(
        "already_demanded",
        "Bản kê khai này đang có một yêu cầu hoàn thiện chưa được trả lời.",
        "Đề nghị mở yêu cầu đang có; muốn thay nội dung thì rút yêu cầu đó rồi lập yêu cầu mới.",
    )
    .basis(BASIS)
    .status(StatusCode::CONFLICT)
}

/// Another version came while this one was being read.
pub fn changed_since() -> Refusal {
    Refusal::new(
        "declared_again",
        "Người kê khai vừa gửi lại bản kê khai, khác với bản đang mở.",
        "Đề nghị mở lại bản kê khai, xem bản mới rồi thực hiện.",
    )
    .status(StatusCode::CONFLICT)
}

/// While a demand waits, what was handed in is neither received nor handed over.
pub fn waits_for_answer() -> Refusal {
    Refusal::new(
        "demand_open",
        "Bản kê khai đang chờ người kê khai hoàn thiện hoặc kê khai lại.",
        "Đề nghị chờ bản gửi lại, hoặc rút yêu cầu nếu không còn cần.",
    )
    .basis(BASIS)
    .status(StatusCode::CONFLICT)
}

fn already_reached() -> Refusal {
    Refusal::new(
        "already_reached",
        "Ngày người kê khai nhận được yêu cầu đã được ghi.",
        "Đề nghị tải lại trang để xem ngày nhận và hạn trả lời.",
    )
    .status(StatusCode::CONFLICT)
}

fn no_longer_waits() -> Refusal {
    Refusal::new(
        "demand_closed",
        "Yêu cầu này không còn chờ trả lời.",
        "Đề nghị tải lại trang để xem yêu cầu đã được trả lời hay đã rút.",
    )
    .status(StatusCode::CONFLICT)
}
