//! Opening a publication with its names and texts; whoever opens it, the log has it.
use super::model::{Disclosure, Item};
use super::store;
use crate::handover::open::{Who, agency_name};
use crate::handover::send::count;
use crate::kernel::id::DisclosureId;
use crate::kernel::{Event, Result, Tx};
use crate::organisation;

/// A declaration of a publication with its person.
pub struct OpenItem {
    pub item: Item,
    pub who: Who,
}

/// A meeting as people read it.
pub struct OpenMeeting {
    pub summoned: i32,
    pub present: i32,
    pub needed: i32,
    pub reading: super::model::Reading,
    pub chair: Who,
    pub questions: String,
}

/// A publication as people read it.
pub struct Opened {
    pub disclosure: Disclosure,
    pub unit_name: String,
    pub superior_name: Option<String>,
    pub province_code: Option<String>,
    pub agency_name: String,
    pub place: String,
    pub meeting: Option<OpenMeeting>,
    /// Who signed the minutes: head or chair, trade union.
    pub signed: Option<(Who, Who)>,
    /// Why it was broken off.
    pub reason: Option<String>,
    pub items: Vec<OpenItem>,
}

impl Opened {
    pub fn late(&self) -> usize {
        self.items.iter().filter(|open| self.disclosure.from_on > open.item.due_on).count()
    }
}

/// Opens a publication within what the context shows.
pub async fn open(tx: &mut Tx, id: DisclosureId) -> Result<Opened> {
    let disclosure = store::find(tx, id).await?;
    let (partition, row) = (disclosure.partition, disclosure.id.0);
    let place = tx.open(partition, row, &disclosure.place)?;
    let meeting = meeting(tx, &disclosure)?;
    let signed =
        match (&disclosure.head_name, &disclosure.head_position, &disclosure.union_name, &disclosure.union_position) {
            (Some(name), Some(position), Some(union_name), Some(union_position)) => Some((
                Who { name: tx.open(partition, row, name)?, position: tx.open(partition, row, position)? },
                Who { name: tx.open(partition, row, union_name)?, position: tx.open(partition, row, union_position)? },
            )),
            _ => None,
        };
    let reason = match &disclosure.reason {
        Some(reason) => Some(tx.open(partition, row, reason)?),
        None => None,
    };
    let mut items = Vec::new();
    for item in store::items(tx, &disclosure).await? {
        let who = Who {
            name: tx.open(partition, item.id, &item.name)?,
            position: tx.open(partition, item.id, &item.position)?,
        };
        items.push(OpenItem { item, who });
    }
    tx.record(
        Event::new("disclosure.opened", partition)
            .unit(disclosure.unit)
            .id("disclosure", id)
            .count("declarations", count(items.len())),
    )?;
    let (unit_name, superior_name, province_code) = organisation::store::letterhead(tx, disclosure.unit).await?;
    let agency_name = agency_name(tx, partition).await?;
    Ok(Opened {
        disclosure,
        unit_name,
        superior_name,
        province_code,
        agency_name,
        place,
        meeting,
        signed,
        reason,
        items,
    })
}

fn meeting(tx: &mut Tx, of: &Disclosure) -> Result<Option<OpenMeeting>> {
    let (Some(summoned), Some(present), Some(needed), Some(reading)) = (of.summoned, of.present, of.needed, of.reading)
    else {
        return Ok(None);
    };
    let (Some(name), Some(position), Some(questions)) = (&of.chair_name, &of.chair_position, &of.questions) else {
        return Ok(None);
    };
    let (partition, row) = (of.partition, of.id.0);
    let chair = Who { name: tx.open(partition, row, name)?, position: tx.open(partition, row, position)? };
    Ok(Some(OpenMeeting { summoned, present, needed, reading, chair, questions: tx.open(partition, row, questions)? }))
}
