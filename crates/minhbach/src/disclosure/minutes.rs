//! The minutes of a publication (biên bản) on paper, and the declarations as they are posted.
use paper::print::{self, Party, PublicationMeeting, PublicationMinutes, PublicationRow, SignedMinutes};

use super::open::{OpenMeeting, Opened};
use crate::handover::open::Who;
use crate::kernel::{App, Result};
use crate::law;
use crate::organisation::places::province_name;
use crate::person::model::kind_label;

/// The minutes as PDF/A with what is known so far, made off the async threads.
pub async fn pdf(app: &App, opened: Opened) -> Result<Vec<u8>> {
    let (partition, data) = (opened.disclosure.partition, data(app, opened)?);
    app.print(partition, move |fonts| Ok(print::publication_pdf(fonts, &data)?)).await
}

fn party(who: &Who) -> Party {
    Party { name: who.name.clone(), position: who.position.clone() }
}

fn number(n: i32) -> Result<u32> {
    u32::try_from(n).map_err(|_| crate::bug!("people below zero"))
}

fn data(app: &App, opened: Opened) -> Result<PublicationMinutes> {
    let disclosure = &opened.disclosure;
    let hash = |bytes: &[u8]| -> Result<[u8; 32]> {
        bytes.try_into().map_err(|_| crate::bug!("a hash of {} bytes", bytes.len()))
    };
    let rules = law::named(&app.law, &disclosure.rule_set)?;
    let days = |key: &str| {
        rules.deadline(key).and_then(|limit| limit.days).ok_or_else(|| crate::bug!("deadline {key} has no days"))
    };
    let quorum = &rules.publication.quorum;
    let meeting = |meeting: &OpenMeeting| -> Result<PublicationMeeting> {
        let reading = meeting.reading.label();
        Ok(PublicationMeeting {
            summoned: number(meeting.summoned)?,
            present: number(meeting.present)?,
            needed: number(meeting.needed)?,
            share: format!("{}/{}", quorum.present, quorum.summoned),
            chair: party(&meeting.chair),
            reading: reading.to_lowercase(),
            questions: meeting.questions.clone(),
        })
    };
    let rows = opened.items.iter().map(|open| {
        let item = &open.item;
        Ok(PublicationRow {
            full_name: open.who.name.clone(),
            position: open.who.position.clone(),
            kind: kind_label(item.kind).to_owned(),
            year: item.year,
            handed_on: item.handed_on,
            document_sha256: hash(&item.document_hash)?,
        })
    });
    let signed = opened.signed.as_ref().zip(disclosure.closed_on);
    Ok(PublicationMinutes {
        reference: disclosure.minutes_number.map(|number| format!("{number:02}/BB-CK")),
        superior_name: opened.superior_name.clone(),
        unit_name: opened.unit_name.clone(),
        province: opened.province_code.as_deref().and_then(province_name),
        basis: rules.publication.basis.clone(),
        place: opened.place.clone(),
        from_on: disclosure.from_on,
        until_on: disclosure.until_on,
        days: days("posting")?,
        meeting: opened.meeting.as_ref().map(meeting).transpose()?,
        rows: rows.collect::<Result<_>>()?,
        late: u32::try_from(opened.late()).unwrap_or(u32::MAX),
        limit: format!("{:02} ngày kể từ ngày bàn giao", days("publish")?),
        signed: signed.map(|((head, union), on)| SignedMinutes { on, head: party(head), union: party(union) }),
        broken: opened.reason.clone().and_then(|reason| Some((disclosure.broken_on?, reason))),
        made_at: disclosure.created_at,
        begun_sha256: hash(&disclosure.begun_hash)?,
        end_sha256: disclosure.end_hash.as_deref().map(hash).transpose()?,
    })
}
