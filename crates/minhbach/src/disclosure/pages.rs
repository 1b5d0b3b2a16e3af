//! Pages of publication: the unit's, and the control agency's that looks whether it was done.
mod agency;
mod unit;

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;

use super::model::Summary;
use super::open::{self, Opened};
use super::rules::Obstacle;
use super::{Mode, State, end, minutes, store};
use crate::account::Signed;
use crate::declaration::publication::Stage;
use crate::handover::open::Who;
use crate::handover::pages::Row;
use crate::kernel::id::{DisclosureId, OrganisationId, PartitionId};
use crate::kernel::web::respond::{PDF, attachment};
use crate::kernel::web::{Html, Page, html};
use crate::kernel::{App, Result, Tx};
use crate::person::model::title;
use crate::{law, organisation};

#[cfg(test)]
pub use unit::PRINTING;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/don-vi/cong-khai", get(unit::waiting))
        .route("/don-vi/cong-khai/niem-yet", get(unit::posting_form).post(unit::post))
        .route("/don-vi/cong-khai/cuoc-hop", get(unit::meeting_form).post(unit::hold))
        .route("/don-vi/cong-khai/{disclosure}", get(unit::show))
        .route("/don-vi/cong-khai/{disclosure}/bien-ban", get(unit::minutes_form).post(unit::close))
        .route("/don-vi/cong-khai/{disclosure}/dung", get(unit::break_form).post(unit::break_off))
        .route("/don-vi/cong-khai/{disclosure}/bien-ban.pdf", get(unit::record))
        .route("/don-vi/cong-khai/{disclosure}/ban-ke-khai.pdf", get(unit::declarations))
        .route("/cong-khai", get(agency::list))
        .route("/cong-khai/{disclosure}", get(agency::show))
        .route("/cong-khai/{disclosure}/bien-ban.pdf", get(agency::record))
}

/// Publications shown at once.
const NEWEST: i64 = 200;

/// A publication in a list.
struct SummaryLine {
    id: DisclosureId,
    mode: &'static str,
    agency: String,
    unit: String,
    days: String,
    /// How far the posting's last day is.
    distance: String,
    count: i64,
    late: i64,
    reference: String,
    /// What stands for the number while there is none.
    no_minutes: &'static str,
    state: &'static str,
    kind: &'static str,
    /// What is to be done next: its name, and where under the publication's address.
    next: &'static str,
    next_page: &'static str,
}

/// Publications within what the context shows, those without an end first, with the names of the bodies they are of.
async fn summaries(
    tx: &mut Tx,
    agencies: &HashMap<PartitionId, String>,
) -> Result<(Vec<SummaryLine>, Vec<SummaryLine>)> {
    let today = tx.today();
    let found = store::list(tx, NEWEST).await?;
    let units: Vec<_> = found.iter().map(|summary| summary.unit).collect();
    let units = organisation::store::names(tx, &units).await?;
    let (open, ended): (Vec<_>, Vec<_>) = found.iter().partition(|summary| summary.state == State::Open);
    let lines = |summaries: Vec<&Summary>| -> Vec<SummaryLine> {
        summaries.into_iter().map(|summary| summary_line(summary, agencies, &units, today)).collect()
    };
    Ok((lines(open), lines(ended)))
}

fn summary_line(
    summary: &Summary,
    agencies: &HashMap<PartitionId, String>,
    units: &HashMap<OrganisationId, String>,
    today: NaiveDate,
) -> SummaryLine {
    let stage = summary.stage(today);
    let (state, kind) = if summary.is_short() { SHORT } else { stage.label() };
    let (next, next_page) = match stage {
        Stage::MinutesDue if summary.is_short() => ("Ghi dừng công khai", "/dung"),
        Stage::MinutesDue => ("Lập biên bản", "/bien-ban"),
        _ => ("Xem", ""),
    };
    SummaryLine {
        id: summary.id,
        mode: summary.mode.label(),
        agency: agencies.get(&summary.partition).cloned().unwrap_or_default(),
        unit: units.get(&summary.unit).cloned().unwrap_or_default(),
        days: summary.days(),
        distance: if stage == Stage::Hanging { law::distance(summary.until_on, today) } else { String::new() },
        count: summary.count,
        late: summary.late,
        reference: summary.reference().unwrap_or_default(),
        no_minutes: if stage == Stage::BrokenOff { "Không có biên bản" } else { "Chưa có" },
        state,
        kind,
        next,
        next_page,
    }
}

/// A meeting to which too few came.
const SHORT: (&str, &str) = ("Không đủ thành phần", "wrong");

/// A declaration of an opened publication.
struct ItemLine {
    declaration: String,
    name: String,
    position: String,
    title: String,
    handed_on: String,
    due_on: String,
    is_late: bool,
    hash: String,
}

/// What the pages of a publication show of it.
struct Told {
    id: DisclosureId,
    title: String,
    state: &'static str,
    kind: &'static str,
    rows: Vec<Row>,
    items: Vec<ItemLine>,
}

impl Told {
    fn of(app: &App, opened: &Opened) -> Result<Self> {
        let disclosure = &opened.disclosure;
        let today = app.clock().today();
        let rules = law::named(&app.law, &disclosure.rule_set)?;
        let quorum = &rules.publication.quorum;
        let row = |key, value| Row { key, value, href: "" };
        let by = |who: &Who| format!("{}, {}", who.name, who.position);
        let mut rows = vec![
            row("Cách công khai", disclosure.mode.label().to_owned()),
            row("Đơn vị", opened.unit_name.clone()),
            row("Cơ quan kiểm soát", opened.agency_name.clone()),
            row("Nơi công khai", opened.place.clone()),
            row("Thời gian", viet::text::capitalised(&disclosure.days())),
        ];
        if let Some(meeting) = &opened.meeting {
            rows.push(row("Được triệu tập, có mặt", format!("{} người, {} người", meeting.summoned, meeting.present)));
            rows.push(row(
                "Phải có mặt",
                format!("ít nhất {}/{}, bằng {} người", quorum.present, quorum.summoned, meeting.needed),
            ));
            rows.push(row("Chủ trì", by(&meeting.chair)));
            rows.push(row("Cách đọc", meeting.reading.label().to_owned()));
            let asked = if meeting.questions.is_empty() { "Không có".to_owned() } else { meeting.questions.clone() };
            rows.push(row("Câu hỏi, giải trình", asked));
        }
        let mut counts = opened.items.len().to_string();
        if opened.late() > 0 {
            counts += &format!(", trong đó {} bản công khai quá hạn", opened.late());
        }
        rows.push(row("Số bản kê khai", counts));
        if let (Some((head, union)), Some(on)) = (&opened.signed, disclosure.closed_on) {
            rows.push(row("Ngày lập biên bản", viet::date::format_short(on)));
            rows.push(row(head_of(disclosure.mode), by(head)));
            rows.push(row("Đại diện công đoàn", by(union)));
        }
        if let (Some(reason), Some(on)) = (&opened.reason, disclosure.broken_on) {
            rows.push(row("Dừng công khai", format!("ngày {}: {reason}", viet::date::format_short(on))));
        }
        rows.push(row("Mã băm khi bắt đầu", hex::encode(&disclosure.begun_hash)));
        if let Some(hash) = &disclosure.end_hash {
            rows.push(row("Mã băm khi kết thúc", hex::encode(hash)));
        }
        let is_short = matches!(
            super::rules::after(&disclosure.facts(), super::rules::Act::Close, today, today),
            Err(Obstacle::Short { .. })
        );
        let (state, kind) = if is_short { SHORT } else { disclosure.stage(today).label() };
        let items = opened.items.iter().map(|open| item_line(opened, open)).collect();
        Ok(Self { id: disclosure.id, title: heading(opened), state, kind, rows, items })
    }
}

fn heading(opened: &Opened) -> String {
    let disclosure = &opened.disclosure;
    match disclosure.reference() {
        Some(reference) => format!("Biên bản công khai số {reference}"),
        None => format!("{} {}", disclosure.mode.label(), disclosure.days()),
    }
}

/// Who signs for the unit.
fn head_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Posting => "Thủ trưởng đơn vị",
        Mode::Meeting => "Người chủ trì",
    }
}

fn item_line(opened: &Opened, open: &open::OpenItem) -> ItemLine {
    let item = &open.item;
    ItemLine {
        declaration: item.declaration.to_string(),
        name: open.who.name.clone(),
        position: open.who.position.clone(),
        title: title(item.kind, item.year),
        handed_on: viet::date::format_short(item.handed_on),
        due_on: viet::date::format_short(item.due_on),
        is_late: opened.disclosure.from_on > item.due_on,
        hash: hex::encode(item.document_hash.iter().take(8).copied().collect::<Vec<_>>()),
    }
}

#[derive(Template)]
#[template(path = "disclosure/pages/disclosure.html")]
struct DisclosurePage {
    page: Page,
    back: &'static str,
    told: Told,
    record: String,
    record_label: &'static str,
    /// Where the minutes are signed; "" until they are there.
    signing: String,
    /// Where the reader opens a declaration.
    declarations: &'static str,
    /// Only for the unit: what can be done with it, and why its minutes have to wait.
    acts: Option<Acts>,
}

struct Acts {
    is_open: bool,
    can_close: bool,
    /// Why the minutes cannot be made today.
    not_yet: String,
    /// "Gỡ sớm", "Dừng công khai"; "" when it cannot be broken off any more.
    break_label: &'static str,
    /// The declarations to print.
    print: String,
}

/// A publication for reading. `place`: where the reader's publications are.
fn disclosure_page(
    app: &App,
    signed: &Signed,
    opened: &Opened,
    place: &'static str,
    acts: Option<Acts>,
) -> Result<Html> {
    let told = Told::of(app, opened)?;
    let record = format!("{place}/{}/bien-ban.pdf", opened.disclosure.id);
    let declarations = if acts.is_some() { "/don-vi/ban" } else { "/ban-ke-khai" };
    let record_label = match opened.disclosure.state {
        State::Open => "Tải mẫu biên bản để ký (PDF)",
        State::Closed | State::Broken => "Tải biên bản (PDF)",
    };
    let signing = match opened.disclosure.state {
        State::Closed => format!("{place}/{}/ky-so", opened.disclosure.id),
        State::Open | State::Broken => String::new(),
    };
    html(&DisclosurePage {
        page: signed.page(told.title.clone()),
        back: place,
        told,
        record,
        record_label,
        signing,
        declarations,
        acts,
    })
}

async fn opened(app: &App, signed: &Signed, id: DisclosureId) -> Result<Opened> {
    app.db.read(&signed.actor, "disclosure.open", async |tx| open::open(tx, id).await).await
}

/// The minutes to print and sign, with what is known so far. Opening them is recorded.
async fn record_pdf(app: &App, signed: &Signed, id: DisclosureId) -> Result<Response> {
    let opened = opened(app, signed, id).await?;
    let disclosure = &opened.disclosure;
    let name = match (disclosure.minutes_year, disclosure.minutes_number) {
        (Some(year), Some(number)) => format!("bien-ban-cong-khai-{year}-{number:02}.pdf"),
        _ => format!("bien-ban-cong-khai-{}.pdf", disclosure.from_on),
    };
    let bytes = minutes::pdf(app, opened).await?;
    Ok(attachment(PDF, &name, bytes))
}

/// Why the minutes cannot be made today; "" when they can.
fn not_yet(opened: &Opened, today: NaiveDate) -> String {
    end::not_yet(&opened.disclosure, today).map(|refusal| refusal.to_string()).unwrap_or_default()
}
