//! The logbook (sổ theo dõi kê khai, giao, nhận; article 37.1): a line for each obligation of a year and each declaration
//! that answers none. The law gives no columns; these are ours.
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::store::{self, LogRow};
use crate::declaration::model::Channel;
use crate::declaration::publication::Publication;
use crate::disclosure;
use crate::handover::open::{Who, who};
use crate::kernel::clock::date_in_vietnam;
use crate::kernel::id::{DeclarationId, ObligationId, OrganisationId, PartitionId, PersonId};
use crate::kernel::{Event, Result, Tx};
use crate::person::follow_up::{self, FollowUp};
use crate::person::model::kind_label;
use crate::{law, organisation, person};

/// How far a line is. Each line is in one state; the first that fits, from the end of the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Late, and recorded as not submitted after two reminders.
    NotSubmitted,
    /// Late and open.
    Late,
    Open,
    /// Handed in, and not received by the unit.
    HandedIn,
    /// To be completed or made again (article 38.2).
    Demanded,
    /// Received and not handed over, its last day passed.
    KeptLate,
    Received,
    HandedOver,
    Ended,
}

impl State {
    pub const ALL: [State; 9] = [
        State::NotSubmitted,
        State::Late,
        State::Open,
        State::HandedIn,
        State::Demanded,
        State::KeptLate,
        State::Received,
        State::HandedOver,
        State::Ended,
    ];

    /// In the address of the page.
    pub fn slug(self) -> &'static str {
        match self {
            State::NotSubmitted => "khong-nop",
            State::Late => "qua-han",
            State::Open => "chua-nop",
            State::HandedIn => "cho-tiep-nhan",
            State::Demanded => "cho-hoan-thien",
            State::KeptLate => "cham-ban-giao",
            State::Received => "da-tiep-nhan",
            State::HandedOver => "da-ban-giao",
            State::Ended => "het-nghia-vu",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::NotSubmitted => ("Không nộp sau 02 lần đôn đốc", "wrong"),
            State::Late => ("Quá hạn, chưa nộp", "wrong"),
            State::Open => ("Chưa nộp", ""),
            State::HandedIn => ("Chờ tiếp nhận", "wait"),
            State::Demanded => ("Chờ hoàn thiện, kê khai lại", "wait"),
            State::KeptLate => ("Quá hạn bàn giao", "wrong"),
            State::Received => ("Đã tiếp nhận", "wait"),
            State::HandedOver => ("Đã bàn giao", "good"),
            State::Ended => ("Không còn phải nộp", ""),
        }
    }
}

/// A line as people read it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub number: usize,
    pub partition: PartitionId,
    pub person: PersonId,
    pub obligation: Option<ObligationId>,
    pub declaration: Option<DeclarationId>,
    pub name: String,
    pub position: String,
    pub kind: &'static str,
    pub agency: String,
    pub due_on: Option<NaiveDate>,
    /// The day the obligation was opened.
    pub given_on: Option<NaiveDate>,
    pub handed_in_on: Option<NaiveDate>,
    pub channel: &'static str,
    pub received_on: Option<NaiveDate>,
    pub receiver: String,
    pub result: String,
    /// "01/2025, 08/12/2025"
    pub demand: String,
    /// What was handed in again on a demand.
    pub received_again_on: Option<NaiveDate>,
    pub copies: Option<i16>,
    pub handed_over_on: Option<NaiveDate>,
    /// "05/2025"
    pub record_no: String,
    pub taken_on: Option<NaiveDate>,
    /// At the workplace; one that was broken off does not count.
    pub published: Option<Publication>,
    pub follow_up: FollowUp,
    pub state: State,
}

impl Entry {
    /// Handed in after the law's last day.
    pub fn is_handed_in_late(&self) -> bool {
        self.handed_in_on.zip(self.due_on).is_some_and(|(day, due)| day > due)
    }
}

/// A column of the workbook: heading, width, what stands in it.
pub type Column = (&'static str, f64, fn(&Entry) -> String);

fn day(day: Option<NaiveDate>) -> String {
    day.map(viet::date::format_short).unwrap_or_default()
}

/// The columns in their order.
pub const COLUMNS: [Column; 25] = [
    ("STT", 6.0, |e| e.number.to_string()),
    ("Họ và tên", 28.0, |e| e.name.clone()),
    ("Chức vụ, chức danh", 28.0, |e| e.position.clone()),
    ("Loại kê khai", 24.0, |e| e.kind.to_owned()),
    ("Cơ quan kiểm soát", 28.0, |e| e.agency.clone()),
    ("Giao kê khai ngày", 13.0, |e| day(e.given_on)),
    ("Hạn nộp", 13.0, |e| day(e.due_on)),
    ("Ngày nộp", 13.0, |e| day(e.handed_in_on)),
    ("Hình thức", 13.0, |e| e.channel.to_owned()),
    ("Ngày tiếp nhận", 13.0, |e| day(e.received_on)),
    ("Người nhận", 24.0, |e| e.receiver.clone()),
    ("Kết quả kiểm tra", 22.0, |e| e.result.clone()),
    ("Yêu cầu hoàn thiện, kê khai lại (số, ngày)", 22.0, |e| e.demand.clone()),
    ("Ngày tiếp nhận lại", 13.0, |e| day(e.received_again_on)),
    ("Ngày bàn giao", 13.0, |e| day(e.handed_over_on)),
    ("Số bản bàn giao", 10.0, |e| e.copies.map(|n| n.to_string()).unwrap_or_default()),
    ("Số biên bản", 12.0, |e| e.record_no.clone()),
    ("Cơ quan kiểm soát nhận ngày", 14.0, |e| day(e.taken_on)),
    ("Công khai từ", 13.0, |e| day(e.published.as_ref().map(|p| p.from_on))),
    ("Công khai đến", 13.0, |e| day(e.published.as_ref().map(Publication::to))),
    ("Số biên bản công khai", 12.0, |e| e.published.as_ref().and_then(Publication::minutes).unwrap_or_default()),
    ("Đôn đốc lần 1 (số, ngày)", 22.0, |e| {
        e.follow_up.first.as_ref().map(|t| t.reference()).unwrap_or_default()
    }),
    ("Đôn đốc lần 2 (số, ngày)", 22.0, |e| {
        e.follow_up.second.as_ref().map(|t| t.reference()).unwrap_or_default()
    }),
    ("Không nộp, ghi nhận ngày", 14.0, |e| day(e.follow_up.not_submitted_on)),
    ("Tình trạng", 28.0, |e| {
        let late = if e.is_handed_in_late() { "; nộp muộn" } else { "" };
        format!("{}{late}", e.state.label().0)
    }),
];

/// The lines of a unit for a year, by name. In an agency's context those of its own people. Names are opened, so it is one
/// access, told to every log whose people are in it as `event`.
pub async fn entries(tx: &mut Tx, unit: OrganisationId, year: i16, event: &'static str) -> Result<Vec<Entry>> {
    let rows = store::log_rows(tx, unit, year).await?;
    let mut follow_ups = follow_up::of_obligations(tx, None).await?;
    let mut published = disclosure::store::by_declaration(tx, unit, year).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.person).collect();
    let people = person::store::find_all(tx, &ids).await?;
    let agencies = organisation::store::partitions(tx).await?;
    let agencies: HashMap<PartitionId, String> = agencies.into_iter().map(|a| (a.id, a.name)).collect();
    let today = tx.today();
    let mut counts: BTreeMap<PartitionId, i64> = BTreeMap::new();
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        *counts.entry(row.partition).or_default() += 1;
        let who = who(tx, people.get(&row.person))?;
        let receiver = match (&row.receiver, row.receipt) {
            (Some(name), Some(receipt)) => tx.open(row.partition, receipt.0, name)?,
            _ => String::new(),
        };
        let done = row.obligation.and_then(|id| follow_ups.remove(&id)).unwrap_or_default();
        let agency = agencies.get(&row.partition).cloned().unwrap_or_default();
        let published = row.declaration.and_then(|id| published.remove(&id));
        let mut entry = entry(row, who, receiver, agency, done, today)?;
        entry.published = published;
        entries.push(entry);
    }
    for (partition, lines) in counts {
        tx.record(Event::new(event, partition).unit(unit).count("lines", lines).count("year", year.into()))?;
    }
    entries.sort_by_cached_key(|entry| viet::text::name_sort_key(&entry.name));
    for (number, entry) in (1..).zip(&mut entries) {
        entry.number = number;
    }
    Ok(entries)
}

fn entry(
    row: LogRow,
    who: Who,
    receiver: String,
    agency: String,
    follow_up: FollowUp,
    today: NaiveDate,
) -> Result<Entry> {
    let kind = form::Kind::from_code(&row.kind).ok_or_else(|| crate::bug!("kind {} is not known", row.kind))?;
    let state = state(&row, &follow_up, today);
    let is_again = row.version.is_some_and(|version| version > 1);
    let demand = row.demand_number.zip(row.demand_year).zip(row.demanded_on);
    let demand =
        demand.map(|((n, year), on)| format!("{}, {}", law::document_number(n, year), viet::date::format_short(on)));
    let result = match (row.received_on, row.lacking) {
        _ if row.is_demanded == Some(true) => "Chưa đạt, đã yêu cầu hoàn thiện".to_owned(),
        (Some(_), 0) => "Đầy đủ".to_owned(),
        (Some(_), lacking) => format!("Còn {lacking} nội dung thiếu"),
        (None, _) => String::new(),
    };
    Ok(Entry {
        number: 0,
        partition: row.partition,
        person: row.person,
        obligation: row.obligation,
        declaration: row.declaration,
        name: who.name,
        position: who.position,
        kind: kind_label(kind),
        agency,
        due_on: row.due_on,
        given_on: row.given_at.map(date_in_vietnam),
        // The day on a sheet is its declarant's word; when it was handed in, the receipt says.
        handed_in_on: match row.channel.as_deref() {
            Some("PAPER") => row.first_received_on,
            _ => row.handed_in_on,
        },
        channel: row.channel.as_deref().map(Channel::label).unwrap_or_default(),
        received_on: row.first_received_on,
        receiver,
        result,
        demand: demand.unwrap_or_default(),
        received_again_on: row.received_on.filter(|_| is_again),
        copies: row.copies,
        handed_over_on: row.handed_over_on,
        record_no: row
            .record_number
            .zip(row.record_year)
            .map(|(n, year)| law::document_number(n, year))
            .unwrap_or_default(),
        taken_on: row.taken_on,
        published: None,
        follow_up,
        state,
    })
}

fn state(row: &LogRow, follow_up: &FollowUp, today: NaiveDate) -> State {
    match (row.declaration, row.received_on, row.handed_over_on) {
        (_, _, Some(_)) => State::HandedOver,
        _ if row.is_demanded == Some(true) => State::Demanded,
        (_, Some(_), None) if row.hand_over_due_on.is_some_and(|due| today > due) => State::KeptLate,
        (_, Some(_), None) => State::Received,
        (Some(_), None, None) => State::HandedIn,
        (None, None, None) if row.ended_on.is_some() => State::Ended,
        (None, None, None) if follow_up.not_submitted_on.is_some() => State::NotSubmitted,
        (None, None, None) if row.due_on.is_some_and(|due| today > due) => State::Late,
        (None, None, None) => State::Open,
    }
}
