//! Opening a batch with its names and reasons; whoever opens it, the log has it.
use super::model::{HandOver, Item};
use super::send::count;
use super::store;
use crate::kernel::id::{HandOverId, PartitionId};
use crate::kernel::{Event, Result, Tx};
use crate::organisation;
use crate::person::Person;

/// A person who signs, or a declarant.
#[derive(Clone, Default)]
pub struct Who {
    pub name: String,
    pub position: String,
}

/// A declaration of a batch with its person.
pub struct OpenItem {
    pub item: Item,
    pub who: Who,
    pub reason: String,
}

/// A batch as people read it.
pub struct Opened {
    pub batch: HandOver,
    pub unit_name: String,
    pub superior_name: Option<String>,
    pub province_code: Option<String>,
    pub agency_name: String,
    pub hander: Who,
    pub taker: Option<Who>,
    pub items: Vec<OpenItem>,
}

impl Opened {
    pub fn late(&self) -> usize {
        self.items.iter().filter(|open| self.batch.handed_on > open.item.due_on).count()
    }
}

/// Name and position of a declarant as the list has them. A unit no longer sees someone who went to another; their
/// declaration is still told by kind, day and hash.
pub fn who(tx: &mut Tx, person: Option<&Person>) -> Result<Who> {
    let Some(person) = person else {
        return Ok(Who { name: "(không còn thuộc đơn vị)".to_owned(), position: String::new() });
    };
    let name = tx.open(person.partition, person.id.0, &person.name)?;
    Ok(Who { name, position: tx.open(person.partition, person.id.0, &person.position)? })
}

/// Opens a batch within what the context shows.
pub async fn open(tx: &mut Tx, id: HandOverId) -> Result<Opened> {
    let batch = store::find(tx, id).await?;
    let (partition, row) = (batch.partition, batch.id.0);
    let hander = Who {
        name: tx.open(partition, row, &batch.hander_name)?,
        position: tx.open(partition, row, &batch.hander_position)?,
    };
    let taker = match (&batch.taker_name, &batch.taker_position) {
        (Some(name), Some(position)) => {
            Some(Who { name: tx.open(partition, row, name)?, position: tx.open(partition, row, position)? })
        }
        _ => None,
    };
    let items = store::items(tx, &batch).await?;
    let mut open_items = Vec::with_capacity(items.len());
    for item in items {
        let who = Who {
            name: tx.open(partition, item.id, &item.name)?,
            position: tx.open(partition, item.id, &item.position)?,
        };
        let reason = match &item.reason {
            Some(reason) => tx.open(partition, item.id, reason)?,
            None => String::new(),
        };
        open_items.push(OpenItem { item, who, reason });
    }
    tx.record(
        Event::new("hand_over.opened", partition)
            .unit(batch.unit)
            .id("hand_over", id)
            .count("declarations", count(open_items.len())),
    )?;
    let (unit_name, superior_name, province_code) = organisation::store::letterhead(tx, batch.unit).await?;
    let agency_name = agency_name(tx, partition).await?;
    Ok(Opened { batch, unit_name, superior_name, province_code, agency_name, hander, taker, items: open_items })
}

pub(crate) async fn agency_name(tx: &mut Tx, id: PartitionId) -> Result<String> {
    let agencies = organisation::store::partitions(tx).await?;
    Ok(agencies.into_iter().find(|agency| agency.id == id).map(|agency| agency.name).unwrap_or_default())
}
