//! What is done on a day, through the service's own functions, and put down in the simulation's own books.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use form::Kind;

use super::path::Course;
use super::unit::{Batch, Owed, Step, Unit, on};
use crate::account::model::RoleGrant;
use crate::kernel::id::{AccountId, ObligationId, PartitionId};
use crate::kernel::{Actor, App, Once, Role};
use crate::person::{self, oblige};
use crate::roster::keep::{self, Put};
use crate::testing::{Browser, TestApp};

/// The agency and the application all units share.
pub(super) struct Province {
    pub test: TestApp,
    pub partition: PartitionId,
    /// Of the agency.
    pub intake: Browser,
}

impl Province {
    pub fn app(&self) -> &App {
        &self.test.app
    }

    pub fn today(&self) -> NaiveDate {
        self.app().clock().today()
    }
}

pub(super) fn a_key() -> Once {
    Once::new(&uuid::Uuid::new_v4().to_string(), b"simulated year").unwrap()
}

/// The first such day from one on.
pub(super) fn next(weekday: Weekday, from: NaiveDate) -> NaiveDate {
    from.iter_days().find(|day| day.weekday() == weekday).unwrap()
}

impl Unit {
    /// Everything that is due on the day of the clock.
    pub async fn live(&mut self, province: &Province) {
        let today = province.today();
        let (steps, batches) = self.tasks(today);
        for step in steps {
            self.step(province, step, today).await;
        }
        for (batch, owed) in batches {
            match batch {
                Batch::OpenYear { nth } => self.open_year(province, nth, today).await,
                Batch::Remind { number } => self.remind(province, number, today).await,
                Batch::HandOver => self.hand_over(province, &owed, today).await,
                Batch::Publish(manner) => self.publish(province, manner, &owed, today).await,
            }
        }
    }

    async fn step(&mut self, province: &Province, step: Step, today: NaiveDate) {
        match step {
            Step::Add { member } => self.add(province, member, today).await,
            Step::Return { member } => self.come_back(province, member).await,
            Step::Leave { member } => self.leave(province, member, today).await,
            Step::Plan { member } => self.plan_occasion(province, member, today).await,
            Step::OpenSupplement { member } => self.open_supplement(province, member, today).await,
            Step::Drop { owed } => self.take_back(province, owed, self.officer, "plan dropped", today).await,
            Step::TakeBack { owed } => {
                let declarant = self.declarant(province, owed);
                self.take_back(province, owed, declarant, "supplement taken back", today).await;
            }
            Step::Declare { owed } => self.declare(province, owed, today).await,
            Step::Paper { owed, completed_on } => self.paper(province, owed, completed_on, today).await,
            Step::Receive { owed } => self.receive(province, owed, today).await,
            Step::Demand { owed, is_handed } => self.demand(province, owed, is_handed, today).await,
            Step::OpenDemand { owed } => self.open_demand(province, owed, today).await,
            Step::Answer { owed } => self.answer(province, owed, today).await,
            Step::AnswerOnPaper { owed, completed_on } => {
                self.answer_on_paper(province, owed, completed_on, today).await;
            }
            Step::Withdraw { owed } => self.withdraw(province, owed, today).await,
            Step::Record { owed } => self.record(province, owed, today).await,
            Step::Deliver { issue } => self.deliver(province, issue, today).await,
            Step::Take { batch } => self.take(province, batch, today).await,
            Step::BreakOff { publication } => self.break_off(province, publication, today).await,
            Step::Close { publication } => self.close(province, publication, today).await,
        }
    }

    fn member(&self, province: &Province, member: usize) -> Actor {
        let person = self.members[member].person;
        let grant = RoleGrant { role: Role::Declarant, partition: province.partition, unit: Some(self.id), person };
        grant.actor(AccountId::new(), None)
    }

    pub(super) fn declarant(&self, province: &Province, owed: usize) -> Actor {
        self.member(province, self.owed[owed].member)
    }

    /// The unit makes its list (article 37.1), all lines at once as from a sheet.
    pub async fn make_list(&mut self, province: &Province) {
        let there = self.first_list();
        let lines: Vec<_> = there.iter().map(|at| self.members[*at].line()).collect();
        let put = keep::put_all(province.app(), &self.officer, &lines).await.unwrap();
        assert!(put.iter().all(|put| *put == Put::Added), "{put:?}");
        self.count("person.added", there.len());
        for at in there {
            self.members[at].is_listed = true;
        }
        self.know_people(province).await;
    }

    /// Which person each member is, by number.
    async fn know_people(&mut self, province: &Province) {
        let (id, officer) = (self.id, self.officer);
        let listed = province.app().db.read(&officer, "year.list", async |tx| keep::lines(tx, id).await).await.unwrap();
        let by_number: BTreeMap<_, _> =
            listed.iter().map(|listed| (listed.line.id_no.clone(), listed.person.id)).collect();
        for member in &mut self.members {
            member.person = by_number.get(&Some(member.invented.id_no.clone())).copied();
        }
    }

    /// An obligation the simulation expects is there; puts it in the books.
    async fn expect(&mut self, province: &Province, member: usize, kind: Kind, year: i16, today: NaiveDate) -> usize {
        let (officer, person) = (self.officer, self.members[member].person);
        let known: BTreeSet<ObligationId> = self.owed.iter().map(|owed| owed.obligation).collect();
        let all = province
            .app()
            .db
            .read(&officer, "year.obligations", async |tx| person::store::obligations(tx, person).await)
            .await
            .unwrap();
        let new: Vec<_> = all.iter().filter(|o| Some(o.person) == person && !known.contains(&o.id)).collect();
        let [new] = new[..] else { panic!("{kind} {year}: {new:?}") };
        assert_eq!((new.kind, new.year), (kind, year));
        self.owed.push(Owed::given(member, new, today));
        self.count("obligation.added", 1);
        let owed = self.owed.len() - 1;
        self.go_on(owed, today);
        owed
    }

    async fn add(&mut self, province: &Province, member: usize, today: NaiveDate) {
        let put = keep::add_one(province.app(), &self.officer, &self.members[member].line()).await.unwrap();
        assert_eq!(put, Put::Added);
        self.count("person.added", 1);
        self.members[member].is_listed = true;
        self.know_people(province).await;
        if self.members[member].course.is_first() {
            self.expect(province, member, Kind::First, 2025, today).await;
        }
    }

    async fn leave(&mut self, province: &Province, member: usize, today: NaiveDate) {
        let (person, course) = (self.members[member].person.unwrap(), self.members[member].course);
        let reason = if course == Course::Leaves { keep::LEFT[0].0 } else { keep::LEFT[1].0 };
        keep::leave(province.app(), &self.officer, person, today, reason).await.unwrap();
        self.members[member].is_listed = false;
        self.count("person.left", 1);
        for at in 0..self.owed.len() {
            if self.owed[at].member == member && self.owed[at].is_open() && self.owed[at].due_on >= today {
                self.owed[at].ended_on = Some(today);
                self.count("obligation.ended", 1);
            }
        }
        match course {
            Course::LeftAfterLastDay => self.took("left after the last day"),
            _ => self.took("left before the last day"),
        }
        if course == Course::LeavesAndReturns {
            self.plan(on("2025-12-05"), Step::Return { member });
        }
    }

    async fn come_back(&mut self, province: &Province, member: usize) {
        let (person, line) = (self.members[member].person.unwrap(), self.members[member].line());
        let put = keep::change_one(province.app(), &self.officer, person, &line, true).await.unwrap();
        assert_eq!(put, Put::Changed);
        self.members[member].is_listed = true;
        self.count("person.changed", 1);
        for at in 0..self.owed.len() {
            if self.owed[at].member == member && self.owed[at].ended_on.take().is_some() {
                self.count("obligation.reopened", 1);
            }
        }
        self.took("came back");
    }

    async fn open_year(&mut self, province: &Province, nth: u8, today: NaiveDate) {
        let opened = keep::open_year(province.app(), &self.officer, 2025, &a_key()).await.unwrap();
        self.count("year.opened", 1);
        let is_obliged = |unit: &Self, at: usize| unit.owed.iter().any(|o| o.member == at && o.kind == Kind::Annual);
        let listed: Vec<usize> = (0..self.members.len()).filter(|at| self.members[*at].is_listed).collect();
        let (annual, others): (Vec<usize>, Vec<usize>) =
            listed.into_iter().partition(|at| self.members[*at].course.is_annual());
        let (before, new): (Vec<usize>, Vec<usize>) = annual.into_iter().partition(|at| is_obliged(self, *at));
        let told =
            keep::Opened { obliged: new.len(), before: before.len(), not_this_year: others.len(), without_ground: 0 };
        assert_eq!(opened, told, "opening {nth} of the year at {}", self.name);
        for member in new {
            self.expect(province, member, Kind::Annual, 2025, today).await;
            if nth == 2 {
                self.took("obliged by the second opening of the year");
            }
        }
    }

    async fn plan_occasion(&mut self, province: &Province, member: usize, today: NaiveDate) {
        let planned = self.planned(member, today);
        let person = self.members[member].person.unwrap();
        let owed = oblige::plan(province.app(), &self.officer, person, planned, &a_key()).await.unwrap();
        let year = i16::try_from(owed.due_on.year()).unwrap();
        self.expect(province, member, planned.occasion.kind(), year, today).await;
    }

    async fn open_supplement(&mut self, province: &Province, member: usize, today: NaiveDate) {
        let declarant = self.member(province, member);
        oblige::supplement(province.app(), &declarant, today.year(), &a_key()).await.unwrap();
        let year = i16::try_from(today.year()).unwrap();
        self.expect(province, member, Kind::Supplement, year, today).await;
    }

    async fn take_back(
        &mut self,
        province: &Province,
        owed: usize,
        actor: Actor,
        path: &'static str,
        today: NaiveDate,
    ) {
        oblige::take_back(province.app(), &actor, self.owed[owed].obligation).await.unwrap();
        self.owed[owed].ended_on = Some(today);
        self.count("obligation.taken_back", 1);
        self.took(path);
    }
}
