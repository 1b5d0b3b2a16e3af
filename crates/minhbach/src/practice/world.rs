//! Invented people put on record through the doors real ones take: on the list, an earlier paper, a declaration sent and
//! received.
use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use form::Kind;

use super::declarations;
use super::names::{self, Invented};
use crate::account::model::RoleGrant;
use crate::declaration::findings::NewFindings;
use crate::declaration::policy::{FileDeclaration, Filing};
use crate::declaration::receive::{Receipt, receive};
use crate::declaration::record;
use crate::declaration::submit::{self, Before, Outcome, Submission};
use crate::declaration::{Channel, NewRecord};
use crate::kernel::id::{AccountId, PersonId, RoutingRuleId};
use crate::kernel::{Actor, App, Context, Event, Once, Result, Role};
use crate::law;
use crate::organisation::Rank;
use crate::person::oblige::{Terms, owe};
use crate::person::policy::{AddPerson, Oblige, Place};
use crate::person::store::{NewPerson, Post};
use crate::person::{self, Obligation, PersonFacts};

/// Since when those hold their post who are not new in it.
const IN_POST_SINCE: NaiveDate = NaiveDate::from_ymd_opt(2021, 7, 1).expect("a date of the calendar");

/// Who is to be put on a unit's list.
pub struct Listing<'a> {
    /// Which of the invented people.
    pub index: usize,
    pub place: Place,
    pub unit_name: &'a str,
    pub position: &'static str,
    /// On which ground they are obliged (`law/grounds.toml`).
    pub ground: &'static str,
    pub rank: Rank,
    pub rule: RoutingRuleId,
    /// First declaration, by who took up the post three days ago; or annual.
    pub kind: Kind,
}

/// Somebody on a unit's list, with what they owe this year.
pub struct Placed {
    pub index: usize,
    pub invented: Invented,
    pub position: &'static str,
    pub person: PersonId,
    pub place: Place,
    pub obligation: Obligation,
    pub unit_name: String,
}

impl Placed {
    /// What they may act as themselves.
    pub fn grant(&self) -> RoleGrant {
        RoleGrant {
            role: Role::Declarant,
            partition: self.place.partition,
            unit: Some(self.place.unit),
            person: Some(self.person),
        }
    }
}

/// Puts an invented person on the list, with the obligation of this year.
pub async fn list(app: &App, new: Listing<'_>) -> Result<Placed> {
    let today = app.clock().today();
    let invented = names::person(new.index);
    let facts = PersonFacts {
        name: invented.name.clone(),
        dob: Some(invented.dob),
        position: new.position.to_owned(),
        id_no: Some(invented.id_no.clone()),
    };
    let since = if new.kind == Kind::First { today - Days::new(3) } else { IN_POST_SINCE };
    let post = Post {
        ground: Some(new.ground.to_owned()),
        in_post_since: Some(since),
        has_declared_first: new.kind == Kind::Annual,
    };
    let listed = NewPerson { facts: &facts, rank: new.rank, party_managed: false, rule: Some(new.rule), post };
    let (person, place) = (PersonId::new(), new.place);
    let rules = law::in_force(&app.law, today)?;
    let due_on = law::due_on(&app.law, rules, new.kind, today.year(), Some(today - Days::new(3)))?;
    let year = i16::try_from(today.year()).map_err(anyhow::Error::from)?;
    let obligation = app
        .db
        .write(&Actor::system_in(place.partition), "practice.list_person", async |tx| {
            let add = tx.permit::<AddPerson, _>(place)?;
            person::store::insert(tx, &add, person, &listed).await?;
            let oblige = tx.permit::<Oblige, _>(place)?;
            tx.record(Event::new("person.added", place.partition).unit(place.unit).person(person))?;
            let terms = Terms { kind: new.kind, year, rule_set: rules.id(), due_on };
            let id = owe(tx, &oblige, person, &terms).await?;
            person::store::obligation(tx, place.partition, id).await
        })
        .await?;
    Ok(Placed {
        index: new.index,
        invented,
        position: new.position,
        person,
        place,
        obligation,
        unit_name: new.unit_name.to_owned(),
    })
}

/// They filed their first declaration on paper in an earlier year: this year's is carried forward from it. Put on record as
/// the digitisation of older papers does, without the sheet: an invented world has none.
pub async fn record_earlier(app: &App, placed: &Placed, completed_on: NaiveDate) -> Result<()> {
    let rules = law::in_force(&app.law, completed_on)?;
    let officer = Actor {
        account: None,
        role: Some(Role::IntakeOfficer),
        context: Context::Agency { partition: placed.place.partition },
        home: placed.place.partition,
    };
    let content = declarations::content(
        &placed.invented,
        placed.position,
        &placed.unit_name,
        Kind::First,
        completed_on,
        placed.index,
    );
    let year = i16::try_from(completed_on.year()).map_err(anyhow::Error::from)?;
    app.db
        .write(&officer, "practice.record_earlier", async |tx| {
            let filing = Filing { obligation: None, ..Filing::of(&placed.obligation) };
            let permit = tx.permit::<FileDeclaration, _>(filing)?;
            let new = NewRecord {
                kind: Kind::First,
                year,
                completed_on,
                channel: Channel::Paper,
                rules,
                law: &app.law,
                content: content.clone(),
                source: None,
                holdings: None,
                became: Vec::new(),
                findings: NewFindings::default(),
                replaces: None,
                max_merge: TimeDelta::seconds(app.config.log.max_merge_seconds),
            };
            record::file(tx, &permit, new).await
        })
        .await?;
    Ok(())
}

/// Who receives the papers of a unit of an invented world.
pub const RECEIVER: (&str, &str) = ("Đoàn Thị Thu Hà", "Chuyên viên Văn phòng");

/// They declare online; when `is_received` the unit has received it today.
pub async fn declare(app: &App, placed: &Placed, is_received: bool) -> Result<()> {
    let today = app.clock().today();
    let actor = placed.grant().actor(AccountId::new(), None);
    let content = declarations::content(
        &placed.invented,
        placed.position,
        &placed.unit_name,
        placed.obligation.kind,
        today,
        placed.index,
    );
    let findings = submit::judge(app, &placed.obligation, &content, today, &Before::default())?;
    let reasons: BTreeMap<String, String> =
        findings.iter().map(|finding| (submit::reason_key(finding), "Dữ liệu thực hành.".to_owned())).collect();
    let once = Once::new(&format!("demo-{}", placed.person), b"demo")?;
    let submission = Submission { content, reasons, said: None, holdings: None, draft: None };
    let outcome = submit::submit(app, &actor, placed.obligation.id, submission, &once).await?;
    let Outcome::Submitted(submitted) = outcome else {
        return Err(crate::bug!("the invented declaration {} breaks a rule: {outcome:?}", placed.index));
    };
    if is_received {
        let unit = Actor {
            account: None,
            role: Some(Role::UnitOfficer),
            context: Context::Unit { unit: placed.place.unit },
            home: placed.place.partition,
        };
        let (name, position) = RECEIVER;
        let receipt = Receipt {
            version: None,
            received_on: today,
            receiver_name: name.into(),
            receiver_position: position.into(),
        };
        receive(app, &unit, submitted.declaration, &receipt).await?;
    }
    Ok(())
}
