//! Logbook, board, coverage, figures and log beside what the simulation did; every difference is told.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use chrono::NaiveDate;
use form::Kind;

use super::acts::Province;
use super::fate::{Facts, Fate, judge};
use super::unit::{Owed, Unit, last_day};
use crate::campaign::logbook::{self, Entry};
use crate::campaign::store::{self as campaign, Counts};
use crate::declaration::Channel;
use crate::declaration::publication::{self, State};
use crate::declaration::tests::text_of;
use crate::kernel::id::ObligationId;
use crate::report;
use crate::report::rules::Progress;
use crate::testing::owner;

const YEARS: [i16; 2] = [2025, 2026];

/// What does not agree, in words.
#[derive(Default)]
pub(super) struct Differences(pub Vec<String>);

impl Differences {
    fn same<T: PartialEq + Debug>(&mut self, what: impl FnOnce() -> String, told: T, done: T) {
        if told != done {
            self.0.push(format!("{}: the service says {told:?}, the simulation did {done:?}", what()));
        }
    }
}

fn place(unit: &Unit, owed: &Owed) -> String {
    let course = unit.members[owed.member].course;
    format!("{} {course:?} {} {} {}", unit.name, owed.kind, owed.year, owed.obligation)
}

/// What an obligation came to by the simulation's own books.
fn fate_of(unit: &Unit, owed: &Owed) -> Fate {
    match (owed.ended_on, owed.declaration, owed.not_submitted_on) {
        (Some(_), ..) => Fate::Ended,
        (None, None, Some(_)) => Fate::NotSubmitted,
        (None, None, None) => Fate::Open,
        (None, Some(_), _) => {
            let is_closed = |at: usize| unit.publications[at].state == State::Closed;
            let is_elsewhere = matches!(owed.kind, Kind::Personnel | Kind::Candidate);
            if is_elsewhere || owed.publication.is_some_and(is_closed) { Fate::Fulfilled } else { Fate::BeingPublished }
        }
    }
}

/// Every obligation of the partition is in a lawful final state, and in the one the simulation led it to.
pub(super) async fn fates(province: &Province, units: &[Unit], wrong: &mut Differences) -> BTreeMap<Fate, usize> {
    let mut all: Vec<Facts> = sqlx::query_as(
        "select o.id, o.kind, o.due_on, o.ended_on, o.declared_at is not null as is_declared, n.received_on,
                n.demand_id is not null as is_demanded, i.state as handing, h.handed_on, p.state as publication, p.until_on,
                (select count(*) from reminder r join reminder_delivery d on d.partition_id = r.partition_id and d.reminder_id = r.id
                 where r.partition_id = o.partition_id and r.obligation_id = o.id and r.due_on = o.due_on
                   and d.delivered_on <= r.answer_by) as reminded,
                s.recorded_on as not_submitted_on
         from obligation o
              left join declaration_now n on n.partition_id = o.partition_id and n.id = o.declaration_id
              left join hand_over_item i on i.partition_id = n.partition_id and i.declaration_id = n.id and i.state <> 'MISSING'
              left join hand_over h on h.partition_id = i.partition_id and h.id = i.hand_over_id
              left join disclosure_item p on p.partition_id = n.partition_id and p.declaration_id = n.id and p.state <> 'BROKEN'
              left join non_submission s on s.partition_id = o.partition_id and s.obligation_id = o.id and s.due_on = o.due_on
         where o.partition_id = $1",
    )
    .bind(province.partition.0)
    .fetch_all(&mut owner().await)
    .await
    .unwrap();
    let law = &province.app().law;
    for facts in &mut all {
        facts.publish_by = facts.handed_on.map(|day| publication::due_on(law, "R1_ND130", day).unwrap());
    }
    let all: BTreeMap<ObligationId, Facts> = all.into_iter().map(|facts| (ObligationId(facts.id), facts)).collect();
    let mut fates: BTreeMap<Fate, usize> = BTreeMap::new();
    for (unit, owed) in units.iter().flat_map(|unit| unit.owed.iter().map(move |owed| (unit, owed))) {
        let Some(facts) = all.get(&owed.obligation) else {
            wrong.0.push(format!("{}: is gone", place(unit, owed)));
            continue;
        };
        match judge(facts, last_day()) {
            Ok(fate) => {
                wrong.same(|| format!("{}, its end", place(unit, owed)), fate, fate_of(unit, owed));
                *fates.entry(fate).or_default() += 1;
            }
            Err(unlawful) => wrong.0.push(format!("{}: {unlawful}: {facts:?}", place(unit, owed))),
        }
    }
    let known: usize = units.iter().map(|unit| unit.owed.len()).sum();
    wrong.same(|| "obligations".into(), all.len(), known);
    fates
}

fn reference((number, year): (i32, i16)) -> String {
    crate::law::document_number(number, year)
}

/// In which state the logbook must show it.
fn state_of(owed: &Owed) -> logbook::State {
    use logbook::State::*;
    let is_past = |day: NaiveDate| last_day() > day;
    if owed.handed_on.is_some() {
        HandedOver
    } else if owed.open_demand.is_some() {
        Demanded
    } else if owed.received_on.is_some() {
        if owed.hand_over_due_on.is_some_and(is_past) { KeptLate } else { Received }
    } else if owed.declaration.is_some() {
        HandedIn
    } else if owed.ended_on.is_some() {
        Ended
    } else if owed.not_submitted_on.is_some() {
        NotSubmitted
    } else if is_past(owed.due_on) {
        Late
    } else {
        Open
    }
}

/// The unit's logbook, line by line.
pub(super) async fn logbook(province: &Province, unit: &Unit, wrong: &mut Differences) {
    for year in YEARS {
        let entries = province.app().db.read(&unit.officer, "year.logbook", async |tx| {
            logbook::entries(tx, unit.id, year, "logbook.opened").await
        });
        let entries = entries.await.unwrap();
        let owed: Vec<&Owed> = unit.owed.iter().filter(|owed| owed.year == year).collect();
        wrong.same(|| format!("{}, lines of the logbook of {year}", unit.name), entries.len(), owed.len());
        let by_obligation: BTreeMap<_, &Entry> = entries.iter().map(|entry| (entry.obligation, entry)).collect();
        for owed in owed {
            match by_obligation.get(&Some(owed.obligation)) {
                Some(entry) => line(unit, owed, entry, wrong),
                None => wrong.0.push(format!("{}: not in the logbook", place(unit, owed))),
            }
        }
    }
}

fn line(unit: &Unit, owed: &Owed, entry: &Entry, wrong: &mut Differences) {
    let of = |what: &'static str| move || format!("{}, {what} in the logbook", place(unit, owed));
    let member = &unit.members[owed.member];
    wrong.same(of("person"), Some(entry.person), member.person);
    wrong.same(of("name"), &entry.name, &member.invented.name);
    wrong.same(of("declaration"), entry.declaration, owed.declaration);
    wrong.same(of("last day"), entry.due_on, Some(owed.due_on));
    wrong.same(of("day it was given"), entry.given_on, Some(owed.given_on));
    wrong.same(of("day it was handed in"), entry.handed_in_on, owed.handed_in_on());
    let channel = owed.channel.map(|channel| Channel::label(channel.word())).unwrap_or_default();
    wrong.same(of("channel"), entry.channel, channel);
    wrong.same(of("day it was received"), entry.received_on, owed.first_received_on);
    let again = owed.received_on.filter(|_| owed.versions > 1);
    wrong.same(of("day it was received again"), entry.received_again_on, again);
    let demand = owed.demand.map(|(number, on)| format!("{}, {}", reference(number), viet::date::format_short(on)));
    wrong.same(of("demand"), entry.demand.clone(), demand.unwrap_or_default());
    wrong.same(of("copies"), entry.copies, owed.handed_on.map(|_| 1));
    wrong.same(of("day it was handed over"), entry.handed_over_on, owed.handed_on);
    wrong.same(of("record"), entry.record_no.clone(), owed.record.map(reference).unwrap_or_default());
    wrong.same(of("day it was taken"), entry.taken_on, owed.taken_on);
    let published = owed.publication.map(|at| &unit.publications[at]);
    let told = entry.published.as_ref().map(|told| (told.from_on, told.to()));
    wrong.same(of("days it is published"), told, published.map(|done| (done.from_on, done.until_on)));
    let told = entry.published.as_ref().and_then(|told| told.minutes());
    wrong.same(of("minutes"), told, published.and_then(|done| done.minutes).map(reference));
    let told = [&entry.follow_up.first, &entry.follow_up.second].into_iter().flatten();
    let told: Vec<_> = told.map(|told| (told.document_no.clone(), told.issued_on)).collect();
    wrong.same(of("reminders"), &told, &owed.reminders);
    let delivered = [&entry.follow_up.first, &entry.follow_up.second].into_iter().flatten();
    let delivered = delivered.filter(|told| told.delivered_on.is_some()).count();
    wrong.same(of("deliveries"), delivered, owed.reminders.len());
    wrong.same(of("day of non-submission"), entry.follow_up.not_submitted_on, owed.not_submitted_on);
    wrong.same(of("state"), entry.state, state_of(owed));
}

fn count<'a>(owed: impl Iterator<Item = &'a Owed>, of: impl Fn(&Owed) -> bool) -> i64 {
    owed.filter(|owed| of(owed)).count() as i64
}

/// What one unit's obligations of a year come to.
fn counted(unit: &Unit, year: i16) -> Counts {
    let counts = |owed: &&Owed| owed.year == year && owed.ended_on.is_none();
    let of = |is: &dyn Fn(&Owed) -> bool| count(unit.owed.iter().filter(counts), is);
    Counts {
        unit: Some(unit.id),
        listed: unit.members.iter().filter(|member| member.is_listed).count() as i64,
        obliged: of(&|_| true),
        declared: of(&|owed| owed.declaration.is_some()),
        declared_late: of(&|owed| owed.handed_in_on().is_some_and(|day| day > owed.due_on)),
        late: of(&|owed| owed.is_open() && owed.due_on < last_day()),
        received: of(&|owed| owed.received_on.is_some()),
        handed_over: of(&|owed| owed.handed_on.is_some()),
        first_reminders: of(&|owed| !owed.reminders.is_empty()),
        second_reminders: of(&|owed| owed.reminders.len() > 1),
        not_submitted: of(&|owed| owed.not_submitted_on.is_some()),
    }
}

/// The unit's board: its figures, its lines, and what it says is to be done.
pub(super) async fn board(province: &Province, unit: &Unit, wrong: &mut Differences) {
    let officer = province.test.unit_officer(province.partition, unit.id).await;
    for year in YEARS {
        let owed: Vec<&Owed> = unit.owed.iter().filter(|owed| owed.year == year).collect();
        if owed.is_empty() {
            continue;
        }
        let page = province.test.get(Some(&officer), &format!("/don-vi?nam={year}")).await;
        assert_eq!(page.status, axum::http::StatusCode::OK, "{}", page.text());
        let text = text_of(&page).split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace(" ,", ",").replace(" .", ".");
        let done = counted(unit, year);
        let (obliged, declared, received) = (done.obliged, done.declared, done.received);
        let said = format!("Phải kê khai {obliged}, đã kê khai {declared}, đã tiếp nhận {received}.");
        wrong.same(|| format!("{}, “{said}” on {text}", unit.name), text.contains(&said), true);
        let rows = page.text().matches("data-label=\"Họ và tên\"").count();
        wrong.same(|| format!("{}, lines of the board of {year}", unit.name), rows, owed.len());
        let not_submitted = text.matches("Không nộp sau 02 lần đôn đốc, ghi nhận").count() as i64;
        wrong.same(|| format!("{}, not submitted on the board", unit.name), not_submitted, done.not_submitted);
        let todo: [(&str, i64); 4] = [
            ("chưa kê khai, đã quá hạn", done.late),
            ("chờ đơn vị tiếp nhận", done.declared - done.received),
            ("đã bàn giao, chưa công khai, đã quá hạn", 0),
            ("lần công khai chờ biên bản", 0),
        ];
        for (label, done) in todo {
            wrong.same(
                || format!("{}, “{label}” on the board of {year}", unit.name),
                figure(&page.text(), label),
                done,
            );
        }
    }
}

/// A figure of the page; nought where it is not shown.
fn figure(page: &str, label: &str) -> i64 {
    let page = scraper::Html::parse_document(page);
    let [figures, value] = [".mb-figure", ".mb-figure__value"].map(|css| scraper::Selector::parse(css).unwrap());
    let text = |element: scraper::ElementRef<'_>| element.text().collect::<String>().trim().to_owned();
    let found = page.select(&figures).find(|figure| text(*figure).ends_with(label));
    found.and_then(|figure| figure.select(&value).next()).map_or(0, |value| text(value).parse().unwrap())
}

/// The agency's coverage by unit.
pub(super) async fn coverage(province: &Province, units: &[Unit], wrong: &mut Differences) {
    for year in YEARS {
        let told = province.app().db.read(&province.intake.actor, "year.coverage", async |tx| {
            campaign::counts(tx, province.partition, year).await
        });
        let told = told.await.unwrap();
        wrong.same(|| format!("units of the coverage of {year}"), told.len(), units.len());
        for unit in units {
            let told = told.iter().find(|told| told.unit == Some(unit.id)).cloned().unwrap_or_default();
            wrong.same(|| format!("{}, coverage of {year}", unit.name), told, counted(unit, year));
        }
    }
}

/// The figures of units and of the agency.
pub(super) async fn figures(province: &Province, units: &[Unit], wrong: &mut Differences) {
    for year in YEARS {
        let told = province.app().db.read(&province.intake.actor, "year.figures", async |tx| {
            Ok((report::store::by_unit(tx, year).await?, report::store::by_agency(tx, year).await?))
        });
        let (by_unit, by_agency) = told.await.unwrap();
        let mut total = Progress::default();
        for unit in units {
            let Some(told) = by_unit.iter().find(|told| told.name == unit.name) else {
                wrong.same(|| format!("{} is not in the figures of {year}", unit.name), 0, counted(unit, year).obliged);
                continue;
            };
            let done = progress(unit, year, told);
            wrong.same(|| format!("{}, figures of {year}", unit.name), told, &done);
            total = Progress::total("", "", [&total, &done]);
        }
        // The agency's own figure says nothing of non-submissions.
        total.not_submitted = 0;
        let [told] = &by_agency[..] else { panic!("{by_agency:?}") };
        let told = Progress { code: String::new(), name: String::new(), ..told.clone() };
        wrong.same(|| format!("figures of the agency for {year}"), told, total);
    }
}

fn progress(unit: &Unit, year: i16, told: &Progress) -> Progress {
    let counts = counted(unit, year);
    let by = |wanted: &str| {
        let owed = unit.owed.iter().filter(|owed| owed.year == year);
        count(owed, |owed| owed.channel.is_some_and(|channel| channel.word() == wanted))
    };
    Progress {
        code: told.code.clone(),
        name: told.name.clone(),
        obliged: counts.obliged,
        declared: counts.declared,
        on_paper: by("PAPER"),
        online: by("ONLINE"),
        digitised: counts.declared,
        received: counts.received,
        awaiting: 0,
        not_submitted: counts.not_submitted,
    }
}

/// What was founded, looked at or prepared on the way; every other event is an act that is counted.
const NOT_COUNTED: [&str; 14] = [
    "account.issued",
    "declaration.opened",
    "demand.opened",
    "intake.checked",
    "intake.opened",
    "intake.read",
    "intake.received",
    "logbook.opened",
    "organisation.added",
    "partition.added",
    "person.opened",
    "roster.opened",
    "roster.put",
    "unit.board_opened",
];

/// The log is whole, and has an event for each thing that was done and none for what was not. Versions and events.
pub(super) async fn log(province: &Province, units: &[Unit], wrong: &mut Differences) -> (i64, i64) {
    let verdict = province.test.verdict(province.partition).await;
    if !verdict.is_whole() || verdict.waiting > 0 {
        wrong.0.push(format!("the log: {verdict}"));
    }
    let mut conn = owner().await;
    let told: Vec<(String, i64)> =
        sqlx::query_as("select name, count(*) from event where partition_id = $1 group by name")
            .bind(province.partition.0)
            .fetch_all(&mut conn)
            .await
            .unwrap();
    let told: BTreeMap<String, i64> = told.into_iter().collect();
    let mut done: BTreeMap<String, i64> = BTreeMap::from([("campaign.planned".into(), 2)]);
    for (name, times) in units.iter().flat_map(|unit| &unit.tally) {
        *done.entry((*name).to_owned()).or_default() += times;
    }
    let names: BTreeSet<&String> = told.keys().chain(done.keys()).collect();
    for name in names.into_iter().filter(|name| done.contains_key(*name) || !NOT_COUNTED.contains(&name.as_str())) {
        wrong.same(|| format!("events {name}"), told.get(name), done.get(name));
    }
    let (first, further): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where version = 1), count(*) filter (where version > 1) from declaration_version where partition_id = $1",
    )
    .bind(province.partition.0)
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let said = |name: &str| told.get(name).copied().unwrap_or_default();
    let begun = said("declaration.submitted") + said("declaration.digitised");
    wrong.same(|| "first versions".into(), first, begun);
    wrong.same(|| "further versions".into(), further, said("declaration.revised"));
    wrong.same(|| "versions verified".into(), verdict.versions as i64, first + further);
    (first + further, told.values().sum())
}
