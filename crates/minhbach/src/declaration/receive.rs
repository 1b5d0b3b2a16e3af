//! Receipt (tiếp nhận): who received what, in which position, on which day.
use chrono::NaiveDate;

use super::demand;
use super::model::{Act, Declaration};
use super::policy::Receive;
use super::store::{self, NewReceipt};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{DeclarationId, VersionId};
use crate::kernel::{Actor, App, Event, Refusal, Result, Tx};
use crate::law;
use crate::person;
use crate::person::policy::Advance;

/// What the receiver writes on the form.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The version that was read, where it is known; another may have come since.
    pub version: Option<VersionId>,
    pub received_on: NaiveDate,
    pub receiver_name: String,
    pub receiver_position: String,
}

/// A person of the employing unit who receives a declaration checks that it is complete, signs, writes their name and
/// the day (note 1 of Phụ lục I; article 38). That day starts the 20 days in which the unit hands one copy over to the
/// control agency (article 38.3); a 20th day that is one of rest gives way to the next working day. What was handed in is
/// received once; a declaration made again on a demand is received again, and not while the demand waits.
pub async fn receive(app: &App, actor: &Actor, id: DeclarationId, receipt: &Receipt) -> Result<NaiveDate> {
    app.db
        .write(actor, "declaration.receive", async |tx| {
            demand::acts::turn(tx, id).await?;
            let declaration = store::find(tx, id).await?;
            if declaration.demand.is_some() {
                return Err(demand::acts::waits_for_answer().into());
            }
            if receipt.version.is_some_and(|read| read != declaration.version) {
                return Err(demand::acts::changed_since().into());
            }
            if declaration.received_on.is_some() {
                return Err(already_received().into());
            }
            check_day(tx, &declaration, receipt.received_on)?;
            let rule_set = store::latest_version(tx, &declaration).await?.rule_set;
            let rules = law::named(&app.law, &rule_set)?;
            let hand_over_due_on = law::limit(&app.law, rules, "check_and_hand_over", receipt.received_on)?.due.on;
            let (partition, unit, person, obligation) =
                (declaration.partition, declaration.unit, declaration.person, declaration.obligation);
            let version = declaration.version;
            let permit = tx.permit::<Receive, _>(declaration)?;
            let new = NewReceipt {
                received_on: receipt.received_on,
                hand_over_due_on,
                receiver_name: receipt.receiver_name.clone(),
                receiver_position: receipt.receiver_position.clone(),
            };
            let (receipt_id, hash) =
                store::insert_receipt(tx, &permit, &new).await.map_err(|error| match error.constraint() {
                    Some("receipt_once") => already_received().into(),
                    _ => error,
                })?;
            if let Some(obligation) = obligation {
                let obligation = person::store::obligation(tx, partition, obligation).await?;
                let advance = tx.permit::<Advance, _>(obligation)?;
                person::store::set_received(tx, &advance, receipt.received_on).await?;
            }
            tx.record(
                Event::new("declaration.received", partition)
                    .unit(unit)
                    .person(person)
                    .id("declaration", id)
                    .id("version", version)
                    .id("receipt", receipt_id)
                    .hash("receipt", hash),
            )?;
            Ok(hand_over_due_on)
        })
        .await
}

/// What the log keeps of a receipt: a hash over its dates and the sealed name and position. Sealed bytes are random, so the
/// hash gives nobody a name to guess at.
pub fn receipt_hash(
    received_on: NaiveDate,
    hand_over_due_on: NaiveDate,
    name_sealed: &[u8],
    position_sealed: &[u8],
) -> Result<[u8; 32]> {
    canonical_hash(&serde_json::json!({
        "received_on": received_on,
        "hand_over_due_on": hand_over_due_on,
        "name_sealed": hex::encode(sha256(name_sealed)),
        "position_sealed": hex::encode(sha256(position_sealed)),
    }))
}

fn check_day(tx: &Tx, declaration: &Declaration, received_on: NaiveDate) -> Result<()> {
    let wrong = |sentence: String| {
        Err(Refusal::new("received_on", sentence, "Đề nghị ghi đúng ngày người của đơn vị ký nhận bản kê khai.")
            .basis("ghi chú 1 Phụ lục I Nghị định 130/2020/NĐ-CP")
            .into())
    };
    let today = tx.today();
    if received_on > today {
        return wrong(format!("Ngày tiếp nhận {} ở sau hôm nay.", viet::date::format_short(received_on)));
    }
    if received_on < declaration.completed_on {
        return wrong(format!(
            "Ngày tiếp nhận {} trước ngày hoàn thành bản kê khai ({}).",
            viet::date::format_short(received_on),
            viet::date::format_short(declaration.completed_on)
        ));
    }
    // A paper reaches the system after the unit received it; an online declaration cannot be received before it was sent.
    let sent_on = date_in_vietnam(declaration.version_at);
    if declaration.act != Act::Intake && received_on < sent_on {
        return wrong(format!(
            "Ngày tiếp nhận {} trước ngày gửi ({}).",
            viet::date::format_short(received_on),
            viet::date::format_short(sent_on)
        ));
    }
    Ok(())
}

fn already_received() -> Refusal {
    Refusal::new(
        "already_received",
        "Bản kê khai này đã được tiếp nhận.",
        "Đề nghị mở lại bản kê khai để xem ngày và người tiếp nhận.",
    )
    .status(axum::http::StatusCode::CONFLICT)
}
