//! The jobs that build a world to practise in, and that tidy its accounts away when it is closed. A run that was cut off begins
//! another world; what it leaves behind is a partition whose accounts open nothing: only those of an open round do
//! (migration 0022).
use chrono::{Datelike, NaiveDate};
use form::Kind;
use serde::{Deserialize, Serialize};

use super::model::{PasswordCell, SEATS, Seat, State, Who};
use super::policy::Build;
use super::store;
use super::world::{self, Listing, Placed};
use crate::account::model::{Badge, Managed, NewAccount, RoleGrant, letters};
use crate::account::{issue, password, store as accounts};
use crate::intake;
use crate::kernel::id::{AccountId, OrganisationId, PartitionId, PracticeId, RoutingRuleId};
use crate::kernel::jobs::{Job, Registry, Run};
use crate::kernel::{Actor, App, Event, Result, Role};
use crate::organisation::{self, Organisation, Partition, Rank, RoutingRule, Sector};
use crate::person::policy::Place;

/// Build one round's world.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct BuildPractice {
    pub round: PracticeId,
}

impl Job for BuildPractice {
    const KIND: &'static str = "practice.build";
    const VERSION: i16 = 1;
}

/// Shut the accounts of a world that was closed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ShutPractice {
    pub practice: PartitionId,
}

impl Job for ShutPractice {
    const KIND: &'static str = "practice.shut";
    const VERSION: i16 = 1;
}

/// Says how worlds are built and shut.
pub fn register(registry: Registry, app: &App) -> Registry {
    let (building, shutting) = (app.clone(), app.clone());
    registry
        .on::<BuildPractice>(move |agency, job, run| {
            let app = building.clone();
            Box::pin(async move { build(&app, agency, job.round, run).await })
        })
        .on::<ShutPractice>(move |_, job, _| {
            let app = shutting.clone();
            Box::pin(async move { shut(&app, job.practice).await })
        })
}

const UNITS: [(&str, &str); 2] =
    [("Sở Tập huấn (đơn vị giả định)", "PROVINCE"), ("Ủy ban nhân dân xã Thực Hành (đơn vị giả định)", "COMMUNE")];

/// Position and ground of each of a unit's people; the last took up the post this week.
const PEOPLE: [(&str, &str); 5] = [
    ("Người đứng đầu đơn vị", "DEPUTY_HEAD_FIELD"),
    ("Phó Trưởng phòng Kế hoạch", "DEPUTY_HEAD_FIELD"),
    ("Kế toán viên", "RANK_10_1"),
    ("Thanh tra viên", "RANK_10_1"),
    ("Chuyên viên", "CIVIL_SERVANT"),
];

/// By their place in the world: whose first declaration of an earlier year is on record; who has declared this year, and of
/// whom the unit has received it.
const DECLARED_BEFORE: [usize; 3] = [1, 2, 6];
const DECLARES: [(usize, bool); 3] = [(0, true), (3, false), (8, false)];

/// A scanned declaration for the desk.
const SCAN: &[u8] = include_bytes!("samples/012-clean.pdf");

/// Builds the world of a round, part by part, and opens it. Whatever was founded by a run that failed stays unused.
pub(super) async fn build(app: &App, agency: PartitionId, id: PracticeId, run: Run) -> Result<()> {
    let begun =
        app.db.read(&Actor::system_in(agency), "practice.begun", async |tx| store::find(tx, agency, id).await).await?;
    if begun.state != State::Building {
        return Ok(());
    }
    let built = match run.is_beyond() {
        true => Err(crate::bug!("building a world of practice was cut off again and again")),
        false => found(app, agency, id).await,
    };
    match built {
        Err(error) if run.is_last() || run.is_beyond() => {
            tracing::error!(error = format!("{error:#}"), round = %id, "a world of practice cannot be built");
            fail(app, agency, id).await
        }
        built => built,
    }
}

async fn found(app: &App, agency: PartitionId, id: PracticeId) -> Result<()> {
    let (prefix, password) = (letters(4)?.to_lowercase(), format!("{}-{}-{}", letters(4)?, letters(4)?, letters(4)?));
    let bodies = found_bodies(app, agency, &prefix).await?;
    advance(app, agency, id, 1).await?;
    let people = list_people(app, &bodies).await?;
    advance(app, agency, id, 2).await?;
    let last_year = NaiveDate::from_ymd_opt(app.clock().today().year() - 1, 11, 20);
    let last_year = last_year.ok_or_else(|| crate::bug!("a date of the calendar"))?;
    for person in DECLARED_BEFORE {
        world::record_earlier(app, &people[person], last_year).await?;
    }
    for (person, is_received) in DECLARES {
        world::declare(app, &people[person], is_received).await?;
    }
    advance(app, agency, id, 3).await?;
    // One password, hashed once.
    let hash = password::hash(password.clone()).await?;
    let mut desk = None;
    for seat in &SEATS {
        let actor = issue_seat(app, seat, &prefix, &hash, &bodies, &people).await?;
        desk = desk.or((seat.role == Role::IntakeOfficer).then_some(actor));
    }
    advance(app, agency, id, 4).await?;
    let desk = desk.ok_or_else(|| crate::bug!("a world without an intake officer"))?;
    intake::receive(app, &desk, "ban-ke-khai-thuc-hanh.pdf", bytes::Bytes::from_static(SCAN)).await?;
    advance(app, agency, id, super::model::PARTS).await?;
    let practice = bodies.partition;
    app.db
        .write(&Actor::system_in(agency), "practice.open", async |tx| {
            let round = store::find(tx, agency, id).await?;
            let permit = tx.permit::<Build, _>(round)?;
            let sealed = tx.keys().seal::<PasswordCell>(agency, id.0, &password)?;
            store::open(tx, &permit, practice, &prefix, &sealed).await?;
            tx.record(Event::new("practice.opened", agency).id("round", id).id("practice", practice))?;
            Ok(())
        })
        .await
}

async fn fail(app: &App, agency: PartitionId, id: PracticeId) -> Result<()> {
    app.db
        .write(&Actor::system_in(agency), "practice.fail", async |tx| {
            let round = store::find(tx, agency, id).await?;
            let permit = tx.permit::<Build, _>(round)?;
            store::fail(tx, &permit, permit.on()).await?;
            tx.record(Event::new("practice.failed", agency).id("round", id))?;
            Ok(())
        })
        .await
}

/// So many parts are done, for who waits.
async fn advance(app: &App, agency: PartitionId, id: PracticeId, built: i16) -> Result<()> {
    app.db
        .housekeep(&Actor::system_in(agency), "practice.advance", async |tx| {
            let round = store::find(tx, agency, id).await?;
            let permit = tx.permit::<Build, _>(round)?;
            store::advance(tx, &permit, built).await
        })
        .await
}

/// The bodies of a world, with the rule that keeps each unit's people in it.
struct Bodies {
    partition: PartitionId,
    units: Vec<(OrganisationId, &'static str, RoutingRuleId)>,
}

async fn found_bodies(app: &App, agency: PartitionId, prefix: &str) -> Result<Bodies> {
    let today = app.clock().today();
    let code = prefix.to_uppercase();
    app.db
        .write(&Actor::SYSTEM, "practice.found_bodies", async |tx| {
            let agencies = organisation::store::partitions(tx).await?;
            let real = agencies.into_iter().find(|one| one.id == agency).ok_or(crate::kernel::Error::NotFound)?;
            let partition = Partition {
                id: PartitionId::new(),
                code: format!("THUCHANH.{code}"),
                name: format!("Bản thực hành của {}", real.name),
                agency_type: real.agency_type,
                province_code: real.province_code.clone(),
                practice_of: Some(agency),
            };
            organisation::store::insert_partition(tx, &partition).await?;
            tx.record(Event::new("partition.added", partition.id).id("practice_of", agency))?;
            let mut units = Vec::new();
            for (n, (name, level)) in UNITS.into_iter().enumerate() {
                let body = Organisation {
                    id: OrganisationId::new(),
                    parent: None,
                    code: format!("{}.{}", partition.code, n + 1),
                    name: name.to_owned(),
                    sector: Sector::LocalGovernment,
                    province_code: real.province_code.clone(),
                    valid_from: today,
                    valid_to: None,
                    practice_in: Some(partition.id),
                };
                organisation::store::insert_organisation(tx, &body, level).await?;
                let added = Event::new("organisation.added", PartitionId::CENTRE).id("organisation", body.id);
                tx.record(added.id("practice_in", partition.id))?;
                let rule = RoutingRule {
                    id: RoutingRuleId::new(),
                    partition: partition.id,
                    precedence: 1,
                    sector: None,
                    province_code: None,
                    organisation: Some(body.id),
                    rank: None,
                    party_managed: None,
                    basis: "bản thực hành".to_owned(),
                    valid_from: today,
                    valid_to: None,
                };
                organisation::store::insert_routing_rule(tx, &rule).await?;
                tx.record(Event::new("routing.added", partition.id).id("rule", rule.id))?;
                units.push((body.id, name, rule.id));
            }
            Ok(Bodies { partition: partition.id, units })
        })
        .await
}

async fn list_people(app: &App, bodies: &Bodies) -> Result<Vec<Placed>> {
    let mut placed = Vec::new();
    for (unit, unit_name, rule) in &bodies.units {
        for (n, (position, ground)) in PEOPLE.into_iter().enumerate() {
            let listing = Listing {
                index: placed.len(),
                place: Place { partition: bodies.partition, unit: *unit },
                unit_name,
                position,
                ground,
                rank: Rank::BelowDirector,
                rule: *rule,
                kind: if n + 1 == PEOPLE.len() { Kind::First } else { Kind::Annual },
            };
            placed.push(world::list(app, listing).await?);
        }
    }
    Ok(placed)
}

/// An account with the round's password, whose hash this is.
async fn issue_seat(
    app: &App,
    seat: &Seat,
    prefix: &str,
    hash: &str,
    bodies: &Bodies,
    people: &[Placed],
) -> Result<Actor> {
    let officer = |name: &str| Badge { name: name.to_owned(), position: "Tài khoản thực hành".to_owned() };
    let of_body = |unit| RoleGrant { role: seat.role, partition: bodies.partition, unit, person: None };
    let (badge, grant) = match seat.who {
        Who::Agency => (officer("Cán bộ thực hành"), of_body(None)),
        Who::Unit(n) => (officer("Cán bộ đơn vị thực hành"), of_body(Some(bodies.units[n].0))),
        Who::Person(n) => {
            let placed = &people[n];
            (Badge { name: placed.invented.name.clone(), position: placed.position.to_owned() }, placed.grant())
        }
    };
    let new = NewAccount { login: login(prefix, seat), badge, grants: vec![grant] };
    let days = app.config.session.activation_days;
    let account = app
        .db
        .write(&Actor::SYSTEM, "practice.issue_seat", async |tx| issue::issue_active(tx, &new, hash, days).await)
        .await?;
    Ok(grant.actor(account, None))
}

/// The name of a seat's account.
pub(super) fn login(prefix: &str, seat: &Seat) -> String {
    format!("th{prefix}.{}", seat.ending)
}

/// Shuts every account of a practice partition, and ends their sessions.
pub(super) async fn shut(app: &App, practice: PartitionId) -> Result<()> {
    app.db.take_up_keys(practice).await?;
    let actor = Actor::system_in(practice);
    let live: Vec<AccountId> = app
        .db
        .read(&actor, "practice.live_accounts", async |tx| {
            // Named by a job of the service; still, only ever those of a world of practice.
            match tx.is_practice(practice).await? {
                true => store::live_accounts(tx, practice).await,
                false => Err(crate::bug!("{practice} is not for practice")),
            }
        })
        .await?;
    if live.is_empty() {
        return Ok(());
    }
    app.db
        .write(&actor, "practice.shut", async |tx| {
            for id in &live {
                let account = accounts::by_id(tx, *id).await?;
                issue::close(tx, Managed { account, grants: Vec::new() }).await?;
            }
            Ok(())
        })
        .await?;
    issue::end_sessions(app, &live).await
}
