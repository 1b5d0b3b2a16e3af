//! A year of one province, lived through the service's own functions with time that moves: lists, first, annual and
//! supplementary declarations, personnel work, candidates, online and on paper, and every way of being late. At the end
//! each obligation is in a lawful final state, and logbook, board, coverage, figures and log say what was done.
//!
//! `MINHBACH_YEAR=120x50` sets units and people of each; without it the year is small enough for every run of the tests.
//! `./dev bench year` lives the whole province in a database of its own. Time is printed, never judged.
mod acts;
mod compare;
mod content;
mod copy;
mod declaring;
mod fate;
mod handing_on;
mod path;
mod unit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::acts::{Province, a_key};
use self::compare::Differences;
use self::path::{ALL, Path};
use self::unit::{Member, Unit, first_day, last_day, members, on};
use crate::account::model::RoleGrant;
use crate::campaign::plan::{self, Planning};
use crate::kernel::id::{AccountId, OrganisationId, RoutingRuleId};
use crate::kernel::{Actor, Clock, Event, Role};
use crate::organisation::{self, Organisation, RoutingRule, Sector};
use crate::testing::TestApp;

/// The same year for everybody who looks for a fault in it.
const SEED: u64 = 2025;
/// Units that act at the same time.
const AT_ONCE: usize = 4;
const SMALL: (usize, usize) = (6, 20);

/// Units, and people of each.
fn size() -> (usize, usize) {
    let Ok(asked) = std::env::var("MINHBACH_YEAR") else { return SMALL };
    let (units, people) = asked.split_once('x').expect("MINHBACH_YEAR is units x people, as 120x50");
    (units.parse().unwrap(), people.parse().unwrap())
}

/// Units under one agency, each with its rule of article 30.
async fn found(province: &Province, people: Vec<Vec<Member>>) -> Vec<Unit> {
    let mut units = Vec::new();
    for (at, members) in people.into_iter().enumerate() {
        let (id, name) = (OrganisationId::new(), format!("Sở mô phỏng số {}", at + 1));
        let body = Organisation {
            id,
            parent: None,
            code: format!("Y{}", &id.0.simple().to_string()[16..].to_uppercase()),
            name: name.clone(),
            sector: Sector::LocalGovernment,
            province_code: Some("51".into()),
            valid_from: on("2021-01-01"),
            valid_to: None,
            practice_in: None,
        };
        let rule = RoutingRule {
            id: RoutingRuleId::new(),
            partition: province.partition,
            precedence: 100,
            sector: None,
            province_code: None,
            organisation: Some(id),
            rank: None,
            party_managed: None,
            basis: "Điều 30".into(),
            valid_from: on("2021-01-01"),
            valid_to: None,
        };
        province
            .app()
            .db
            .write(&Actor::SYSTEM, "year.found", async |tx| {
                organisation::store::insert_organisation(tx, &body, "PROVINCE").await?;
                organisation::store::insert_routing_rule(tx, &rule).await?;
                tx.record(Event::new("organisation.added", province.partition).id("organisation", id))?;
                Ok(())
            })
            .await
            .unwrap();
        let grant = RoleGrant { role: Role::UnitOfficer, partition: province.partition, unit: Some(id), person: None };
        units.push(Unit::new(id, name, grant.actor(AccountId::new(), None), members));
    }
    units
}

/// The agency plans the year, and changes its plan.
async fn plan_campaign(province: &Province, seen: i32, declare_by: &str) {
    let asked = Planning {
        year: 2025,
        seen,
        document_no: format!("{}/KH-TTT", seen + 1),
        issued_on: province.today(),
        lists_by: on("2025-12-01"),
        declare_by: on(declare_by),
        hand_over_by: on("2026-01-16"),
    };
    plan::plan(province.app(), &province.intake.actor, &asked, &a_key()).await.unwrap();
}

/// Every unit does what is due on the day, a few of them at the same time.
async fn live_a_day(province: &Arc<Province>, units: Vec<Unit>) -> Vec<Unit> {
    let (turns, mut acting) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    let mut units: BTreeMap<usize, Unit> = units.into_iter().enumerate().collect();
    let today = province.today();
    let busy: Vec<usize> = units.iter().filter(|(_, unit)| unit.is_busy(today)).map(|(at, _)| *at).collect();
    for at in busy {
        let (province, turns, mut unit) = (province.clone(), turns.clone(), units.remove(&at).unwrap());
        acting.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            if today == first_day() {
                unit.make_list(&province).await;
            }
            unit.live(&province).await;
            (at, unit)
        });
    }
    while let Some(done) = acting.join_next().await {
        let (at, unit) = done.unwrap();
        units.insert(at, unit);
    }
    units.into_values().collect()
}

/// From the first day to the last.
async fn live(province: &Arc<Province>, mut units: Vec<Unit>) -> Vec<Unit> {
    let mut month = NaiveDate::MIN;
    while province.today() <= last_day() {
        let today = province.today();
        match today {
            day if day == on("2025-10-15") => plan_campaign(province, 0, "2025-12-31").await,
            day if day == on("2025-11-12") => plan_campaign(province, 1, "2025-12-26").await,
            _ => {}
        }
        units = live_a_day(province, units).await;
        if (today - month).num_days() >= 30 {
            province.test.sequence(province.partition).await;
            month = today;
        }
        if today == last_day() {
            break;
        }
        province.app().clock().advance(TimeDelta::days(1));
    }
    province.test.sequence(province.partition).await;
    units
}

/// Every path was somebody's.
fn all_paths_were_taken(units: &[Unit]) {
    let mut taken: BTreeMap<Path, u64> = BTreeMap::new();
    for (path, times) in units.iter().flat_map(|unit| &unit.taken) {
        *taken.entry(*path).or_default() += times;
    }
    let missed: Vec<&str> = ALL.into_iter().filter(|path| !taken.contains_key(&Path(path))).collect();
    assert!(missed.is_empty(), "nobody took these paths: {missed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulated_year_ends_lawfully_and_every_book_agrees() {
    let (count, people) = size();
    let test = TestApp::at(Clock::fixed(Utc.with_ymd_and_hms(2025, 1, 2, 2, 0, 0).unwrap())).await;
    let partition = test.agency().await;
    let intake = test.officer(Role::IntakeOfficer, partition).await;
    let province = Arc::new(Province { test, partition, intake });
    let units = found(&province, members(count, people, SEED)).await;

    let begun = Instant::now();
    let units = live(&province, units).await;
    let lived = begun.elapsed();

    for unit in &units {
        let undone = unit.undone(last_day());
        assert!(undone.is_empty(), "{}: {undone:?}", unit.name);
    }
    all_paths_were_taken(&units);
    let mut wrong = Differences::default();
    let fates = compare::fates(&province, &units, &mut wrong).await;
    for unit in &units {
        compare::logbook(&province, unit, &mut wrong).await;
        compare::board(&province, unit, &mut wrong).await;
    }
    compare::coverage(&province, &units, &mut wrong).await;
    compare::figures(&province, &units, &mut wrong).await;
    let (versions, events) = compare::log(&province, &units, &mut wrong).await;
    let (count_of, first): (usize, &[String]) = (wrong.0.len(), &wrong.0[..wrong.0.len().min(30)]);
    assert!(wrong.0.is_empty(), "{count_of} differences, of which\n{}", first.join("\n"));

    let (rows, copied) = copy::by_copy(partition).await;
    let obligations: usize = units.iter().map(|unit| unit.owed.len()).sum();
    println!(
        "people {} obligations {obligations} versions {versions} events {events} rows {rows} seconds {:.1} copy {:.2} ratio {:.0}",
        count * people,
        lived.as_secs_f64(),
        copied.as_secs_f64(),
        lived.as_secs_f64() / copied.as_secs_f64()
    );
    println!("{fates:?}");
}
