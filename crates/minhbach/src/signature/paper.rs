//! Signed on paper: a person without a certificate signs the printed sheet, and an officer of the unit records the day.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::model::{Channel, Signable, Signature};
use super::policy::RecordPaper;
use super::sign::{Recorded, blank, event, place_to_take};
use super::store;
use super::subject::Seat;
use crate::kernel::id::SignatureId;
use crate::kernel::jobs::Owner;
use crate::kernel::{Actor, App, Once, Refusal, Result, Tx};

/// What the officer saw on the sheet.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnPaper {
    pub signed_on: NaiveDate,
}

/// Records that the sheet was signed, once, on a day not in the future and not before what it says was made.
pub async fn record(app: &App, actor: &Actor, seat: Seat, asked: OnPaper, once: &Once) -> Result<Recorded> {
    app.db
        .write_once(actor, "signature.record_paper", Some(once), async |tx| {
            if let Some(before) = tx.replay::<Recorded>()? {
                return Ok(before);
            }
            let on = seat.signable(tx).await?;
            let permit = tx.permit::<RecordPaper, _>(on)?;
            check_day(tx, &on, asked.signed_on)?;
            let follows = place_to_take(tx, &on).await?;
            let id = SignatureId::new();
            let mut new = Signature { paper_on: Some(asked.signed_on), follows, ..blank(tx, &on, id, Channel::Paper) };
            let hash = new.hash()?;
            new.record_hash = hash.to_vec();
            store::insert_paper(tx, &permit, &new).await?;
            tx.record(event(&new, hash).day("paper_on", asked.signed_on))?;
            let answer = Recorded { signature: id, record_sha256: hex::encode(hash) };
            tx.keep(Owner { partition: on.partition, unit: Some(on.unit), person: on.person }, &answer)?;
            Ok(answer)
        })
        .await
}

fn check_day(tx: &Tx, on: &Signable, signed_on: NaiveDate) -> Result<()> {
    let day = viet::date::format_short;
    let sentence = if signed_on > tx.today() {
        format!("Ngày ký {} ở sau hôm nay.", day(signed_on))
    } else if signed_on < on.made_on {
        format!("Ngày ký {} trước ngày của văn bản ({}).", day(signed_on), day(on.made_on))
    } else {
        return Ok(());
    };
    Err(Refusal::new("signed_on", sentence, "Đề nghị ghi đúng ngày ký trên bản giấy.")
        .basis("ghi chú 1 Phụ lục I Nghị định 130/2020/NĐ-CP")
        .into())
}
