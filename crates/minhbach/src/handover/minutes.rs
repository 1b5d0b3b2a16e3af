//! The record of a hand-over (biên bản bàn giao) on paper.
use paper::print::{self, HandOverRecord, Party, RecordRow};

use super::open::{Opened, Who};
use crate::kernel::{App, Result};
use crate::law;
use crate::organisation::places::province_name;
use crate::person::model::kind_label;

/// The record as PDF/A with the sides it has so far, made off the async threads.
pub async fn pdf(app: &App, opened: Opened) -> Result<Vec<u8>> {
    let (partition, data) = (opened.batch.partition, data(app, opened)?);
    app.print(partition, move |fonts| Ok(print::hand_over_pdf(fonts, &data)?)).await
}

fn data(app: &App, opened: Opened) -> Result<HandOverRecord> {
    let batch = &opened.batch;
    let hash = |bytes: &[u8]| -> Result<[u8; 32]> {
        bytes.try_into().map_err(|_| crate::bug!("a hash of {} bytes", bytes.len()))
    };
    let rule_set = opened.items.first().map(|open| open.item.rule_set.as_str()).unwrap_or_default();
    let limit = law::named(&app.law, rule_set)?
        .deadline("check_and_hand_over")
        .ok_or_else(|| crate::bug!("deadline check_and_hand_over is missing"))?;
    let rows = opened.items.iter().map(|open| {
        let item = &open.item;
        Ok(RecordRow {
            full_name: open.who.name.clone(),
            position: open.who.position.clone(),
            kind: kind_label(item.kind).to_owned(),
            year: item.year,
            received_on: item.received_on,
            copies: u32::try_from(item.copies).map_err(|_| crate::bug!("copies below zero"))?,
            document_sha256: hash(&item.document_hash)?,
            missing: Some(open.reason.clone()).filter(|_| item.reason.is_some()),
        })
    });
    let party = |who: &Who| Party { name: who.name.clone(), position: who.position.clone() };
    Ok(HandOverRecord {
        reference: format!("{:02}/BB", batch.number),
        superior_name: opened.superior_name.clone(),
        unit_name: opened.unit_name.clone(),
        agency_name: opened.agency_name.clone(),
        place: opened.province_code.as_deref().and_then(province_name),
        handed_on: batch.handed_on,
        hander: party(&opened.hander),
        taken: opened.taker.as_ref().map(party).zip(batch.taken_on),
        basis: limit.basis.clone(),
        rows: rows.collect::<Result<_>>()?,
        made_at: batch.created_at,
        sent_sha256: hash(&batch.sent_hash)?,
        taken_sha256: batch.taken_hash.as_deref().map(hash).transpose()?,
    })
}
