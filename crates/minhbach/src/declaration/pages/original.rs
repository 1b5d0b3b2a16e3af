//! The declarant's earlier declarations that came with their file from another agency, and where the file went.
use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::super::model::Channel;
use super::super::original::{self, Asked, Original};
use super::super::summary::{self, Block};
use crate::account::Signed;
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{CustodyId, OriginalId, PartitionId, PersonId};
use crate::kernel::web::{Html, Page, Path, html};
use crate::kernel::{App, Result, Role, Tx};
use crate::person::custody;
use crate::person::model::title;
use crate::{law, organisation, person};

/// A copy in a list and on its page.
pub(crate) struct Line {
    pub(crate) id: OriginalId,
    pub(crate) title: String,
    pub(crate) completed_on: String,
    pub(crate) recorded_on: String,
    pub(crate) received_on: String,
    pub(crate) channel: &'static str,
    /// Of the document, shortened.
    pub(crate) hash: String,
}

pub(crate) fn line(original: &Original) -> Line {
    let day = viet::date::format_short;
    Line {
        id: original.id,
        title: title(original.kind, original.year),
        completed_on: day(original.completed_on),
        recorded_on: day(date_in_vietnam(original.recorded_at)),
        received_on: original.received_on.map(day).unwrap_or_default(),
        channel: Channel::label(&original.channel),
        hash: hex::encode(original.document_hash.iter().take(8).copied().collect::<Vec<_>>()),
    }
}

async fn agencies(tx: &mut Tx) -> Result<HashMap<PartitionId, String>> {
    let agencies = organisation::store::partitions(tx).await?;
    Ok(agencies.into_iter().map(|agency| (agency.id, agency.name)).collect())
}

/// What the declarant reads of their file: where it came from or went, and the last version of each declaration in it.
pub(super) async fn history(tx: &mut Tx, person: PersonId) -> Result<(Vec<String>, Vec<Line>)> {
    let passages = custody::passages(tx, Some(person)).await?;
    if passages.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let agencies = agencies(tx).await?;
    let told = passages.iter().filter_map(|passage| passage.told(person, &agencies));
    let told = told.map(|told| told.replacen("Hồ sơ", "Hồ sơ của Ông/Bà", 1) + ".").collect();
    let mut last: Vec<Original> = Vec::new();
    for original in original::list(tx, Asked { person: Some(person), ..Asked::default() }).await? {
        match last.iter_mut().find(|known| known.declaration == original.declaration) {
            Some(known) if known.number < original.number => *known = original,
            Some(_) => {}
            None => last.push(original),
        }
    }
    Ok((told, last.iter().map(line).collect()))
}

#[derive(Template)]
#[template(path = "declaration/pages/original.html")]
struct OriginalPage {
    page: Page,
    back: String,
    title: String,
    name: String,
    origin: String,
    line: Line,
    sha256: String,
    blocks: Vec<Block>,
}

/// A copy with what it says, opened: whose it is and where the original is on record.
pub(crate) struct Opened {
    original: Original,
    content: Value,
    name: String,
    origin: String,
}

/// Opens a copy within what the context shows; a recorded access.
pub(crate) async fn open(tx: &mut Tx, id: OriginalId) -> Result<Opened> {
    let original = original::find(tx, id).await?;
    let content = original::open(tx, &original)?;
    let person = person::store::find(tx, original.partition, original.person).await?;
    let name = tx.open(person.partition, person.id.0, &person.name)?;
    let origin = agencies(tx).await?.remove(&original.origin).unwrap_or_default();
    Ok(Opened { original, content, name, origin })
}

impl Opened {
    pub(crate) fn transfer(&self) -> CustodyId {
        self.original.transfer
    }

    /// The page it is read on; `back`: where it was opened from.
    pub(crate) fn page(&self, app: &App, signed: &Signed, back: String) -> Result<Html> {
        let original = &self.original;
        let kind = original.kind;
        let form = law::named(&app.law, &original.rule_set)?.form_for(kind);
        let form = form.ok_or_else(|| crate::bug!("no form for {kind}"))?;
        let title = title(kind, original.year);
        html(&OriginalPage {
            page: signed.page(title.clone()),
            back,
            title,
            name: self.name.clone(),
            origin: self.origin.clone(),
            line: line(original),
            sha256: hex::encode(&original.document_hash),
            blocks: summary::blocks(form, kind, &self.content, ""),
        })
    }
}

/// One of the declarant's own, for reading. Opening it is a recorded access.
pub(super) async fn show(State(app): State<App>, signed: Signed, Path(id): Path<OriginalId>) -> Result<Html> {
    signed.require(&[Role::Declarant])?;
    let opened = app.db.read(&signed.actor, "declaration.original", async |tx| open(tx, id).await).await?;
    opened.page(&app, &signed, "/ke-khai".to_owned())
}
