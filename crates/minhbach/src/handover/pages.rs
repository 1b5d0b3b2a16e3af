//! Pages of handing over: the unit's, and the control agency's that takes.
mod agency;
mod unit;

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::minutes;
use super::model::Summary;
use super::open::{self, Opened};
use super::send::count;
use super::store;
use crate::account::Signed;
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{HandOverId, OrganisationId, PartitionId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{FieldErrors, Fields, Html, Page, html};
use crate::kernel::{App, Result, Tx};
use crate::person::model::title;
use crate::{law, organisation};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/don-vi/ban-giao", get(unit::waiting).post(unit::send))
        .route("/don-vi/ban-giao/{hand_over}", get(unit::batch))
        .route("/don-vi/ban-giao/{hand_over}/bien-ban.pdf", get(unit::record))
        .route("/ban-giao", get(agency::list))
        .route("/ban-giao/{hand_over}", get(agency::batch).post(agency::take))
        .route("/ban-giao/{hand_over}/bien-ban.pdf", get(agency::record))
}

/// Batches shown at once.
const NEWEST: i64 = 200;

/// What was typed about who acts and when; kept when something is to be mended.
struct Typed {
    name: String,
    position: String,
    day: String,
    /// Idempotency key, made with the page.
    key: String,
}

impl Typed {
    /// The officer's own name and position and today: the usual answer.
    fn proposed(app: &App, signed: &Signed) -> Self {
        Self {
            name: signed.badge.name.clone(),
            position: signed.badge.position.clone(),
            day: viet::date::format_short(app.clock().today()),
            key: uuid::Uuid::new_v4().to_string(),
        }
    }

    fn of(fields: &Fields) -> Self {
        Self {
            name: viet::text::normalise(fields.get("name")),
            position: viet::text::normalise(fields.get("position")),
            day: fields.get("day").to_owned(),
            key: fields.get("khoa").to_owned(),
        }
    }

    /// Who and when, or what is to be mended; `verb` as in "bàn giao", `who` as in "người giao".
    fn check(&self, verb: &str, who: &str, errors: &mut FieldErrors) -> Option<chrono::NaiveDate> {
        let day = viet::date::parse_date(&self.day).ok();
        if day.is_none() {
            errors.add("day", format!("Ngày {verb} chưa đúng. Đề nghị ghi đủ ngày, tháng, năm, ví dụ 05/02/2026."));
        }
        if self.name.is_empty() {
            errors.add("name", format!("Chưa ghi họ tên {who}. Đề nghị ghi rõ họ tên người ký biên bản."));
        }
        if self.position.is_empty() {
            errors.add("position", format!("Chưa ghi chức vụ {who}. Đề nghị ghi chức vụ của người ký biên bản."));
        }
        day
    }
}

/// A line of the left column.
pub(crate) struct Work {
    pub(crate) label: String,
    pub(crate) count: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// What waits, parted by control agency, each with a line of the left column, and the part that is shown: the one asked
/// for, or the first. The agencies stand in the order in which they first come; `page` is where another is chosen.
pub(crate) fn by_agency<T>(
    waiting: Vec<T>,
    agency_of: impl Fn(&T) -> PartitionId,
    asked: Option<PartitionId>,
    page: &str,
    agencies: &HashMap<PartitionId, String>,
) -> (Vec<Work>, Option<(PartitionId, Vec<T>)>) {
    let mut groups: Vec<(PartitionId, Vec<T>)> = Vec::new();
    for one in waiting {
        let agency = agency_of(&one);
        match groups.iter_mut().find(|(partition, _)| *partition == agency) {
            Some((_, group)) => group.push(one),
            None => groups.push((agency, vec![one])),
        }
    }
    // Nothing may wait for the agency asked for any more.
    let asked = asked.filter(|asked| groups.iter().any(|(partition, _)| partition == asked));
    let current = asked.or(groups.first().map(|(partition, _)| *partition));
    let work = |(partition, group): &(PartitionId, Vec<T>)| Work {
        label: agencies.get(partition).cloned().unwrap_or_default(),
        count: viet::number::group(count(group.len())),
        href: format!("{page}?co-quan={partition}"),
        current: current == Some(*partition),
    };
    let works = groups.iter().map(work).collect();
    (works, groups.into_iter().find(|(partition, _)| Some(*partition) == current))
}

/// A batch in a list.
struct BatchLine {
    id: HandOverId,
    reference: String,
    agency: String,
    unit: String,
    handed_on: String,
    taken_on: String,
    count: i64,
    late: i64,
    missing: i64,
    state: &'static str,
    kind: &'static str,
}

/// Batches within what the context shows, with the names of the bodies they are between.
async fn batches(tx: &mut Tx, agencies: &HashMap<PartitionId, String>) -> Result<Vec<BatchLine>> {
    let found = store::list(tx, NEWEST).await?;
    let units: Vec<_> = found.iter().map(|batch| batch.unit).collect();
    let units = organisation::store::names(tx, &units).await?;
    Ok(found.iter().map(|batch| batch_line(batch, agencies, &units)).collect())
}

fn batch_line(
    batch: &Summary,
    agencies: &HashMap<PartitionId, String>,
    units: &HashMap<OrganisationId, String>,
) -> BatchLine {
    let (state, kind) = batch.state.label();
    BatchLine {
        id: batch.id,
        reference: law::document_number(batch.number, batch.year),
        agency: agencies.get(&batch.partition).cloned().unwrap_or_default(),
        unit: units.get(&batch.unit).cloned().unwrap_or_default(),
        handed_on: viet::date::format_short(batch.handed_on),
        taken_on: batch.taken_on.map(viet::date::format_short).unwrap_or_default(),
        count: batch.count,
        late: batch.late,
        missing: batch.missing,
        state,
        kind,
    }
}

pub(crate) async fn agencies(tx: &mut Tx) -> Result<HashMap<PartitionId, String>> {
    let agencies = organisation::store::partitions(tx).await?;
    Ok(agencies.into_iter().map(|agency| (agency.id, agency.name)).collect())
}

/// A row of `ui::summary_list`.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) href: &'static str,
}

/// A declaration of an opened batch.
struct ItemLine {
    declaration: String,
    name: String,
    position: String,
    title: String,
    received_on: String,
    is_late: bool,
    copies: i16,
    hash: String,
    /// "Bản 1; sửa đổi sau bàn giao ngày 20/12/2025", where it was corrected since.
    corrected: String,
    state: &'static str,
    kind: &'static str,
    reason: String,
}

/// What the pages of a batch show of it.
struct Told {
    reference: String,
    state: &'static str,
    kind: &'static str,
    rows: Vec<Row>,
    items: Vec<ItemLine>,
}

impl Told {
    fn of(opened: &Opened) -> Self {
        let batch = &opened.batch;
        let (state, kind) = batch.state.label();
        let row = |key, value| Row { key, value, href: "" };
        let by = |who: &open::Who| format!("{}, {}", who.name, who.position);
        let mut rows = vec![
            row("Bên giao", opened.unit_name.clone()),
            row("Người giao", by(&opened.hander)),
            row("Ngày bàn giao", viet::date::format_short(batch.handed_on)),
            row("Bên nhận", opened.agency_name.clone()),
        ];
        if let (Some(taker), Some(taken_on)) = (&opened.taker, batch.taken_on) {
            rows.push(row("Người nhận", by(taker)));
            rows.push(row("Ngày nhận", viet::date::format_short(taken_on)));
        }
        let missing = opened.items.iter().filter(|open| open.item.reason.is_some()).count();
        let mut counts = opened.items.len().to_string();
        if opened.late() > 0 {
            counts += &format!(", trong đó {} bản bàn giao quá hạn", opened.late());
        }
        if missing > 0 {
            counts += &format!(", thiếu {missing} bản");
        }
        rows.push(row("Số bản kê khai", counts));
        rows.push(row("Mã băm biên bản", hex::encode(&batch.sent_hash)));
        if let Some(hash) = &batch.taken_hash {
            rows.push(row("Mã băm phần bên nhận", hex::encode(hash)));
        }
        let items = opened.items.iter().map(|open| item_line(opened, open)).collect();
        Self { reference: batch.reference(), state, kind, rows, items }
    }

    fn title(&self) -> String {
        format!("Biên bản bàn giao số {}", self.reference)
    }
}

#[derive(Template)]
#[template(path = "handover/pages/batch.html")]
struct BatchPage {
    page: Page,
    back: &'static str,
    record: String,
    signing: String,
    told: Told,
}

/// A batch with what became of it, for reading. `place`: where the reader's batches are.
fn batch_page(signed: &Signed, opened: &Opened, place: &'static str) -> Result<Html> {
    let told = Told::of(opened);
    let record = format!("{place}/{}/bien-ban.pdf", opened.batch.id);
    let signing = format!("{place}/{}/ky-so", opened.batch.id);
    html(&BatchPage { page: signed.page(told.title()), back: place, record, signing, told })
}

fn item_line(opened: &Opened, open: &open::OpenItem) -> ItemLine {
    let item = &open.item;
    let (state, kind) = item.state.label();
    ItemLine {
        declaration: item.declaration.to_string(),
        name: open.who.name.clone(),
        position: open.who.position.clone(),
        title: title(item.kind, item.year),
        received_on: viet::date::format_short(item.received_on),
        is_late: opened.batch.handed_on > item.due_on,
        copies: item.copies,
        hash: hex::encode(item.document_hash.iter().take(8).copied().collect::<Vec<_>>()),
        corrected: item.corrected_at.map(|at| corrected(item.number, at)).unwrap_or_default(),
        state,
        kind,
        reason: open.reason.clone(),
    }
}

fn corrected(number: i32, at: chrono::DateTime<chrono::Utc>) -> String {
    format!("Bàn giao bản {number}; đã sửa đổi sau bàn giao ngày {}", viet::date::format_short(date_in_vietnam(at)))
}

async fn opened(app: &App, signed: &Signed, id: HandOverId) -> Result<Opened> {
    app.db.read(&signed.actor, "hand_over.open", async |tx| open::open(tx, id).await).await
}

/// The record to print and sign, with the sides it has so far. Opening it is recorded.
async fn record_pdf(app: &App, signed: &Signed, id: HandOverId) -> Result<Response> {
    let opened = opened(app, signed, id).await?;
    let name = format!("bien-ban-ban-giao-{}-{:02}.pdf", opened.batch.year, opened.batch.number);
    let bytes = minutes::pdf(app, opened).await?;
    Ok(attachment(PDF, &name, bytes))
}
