//! What is done on a day, through the service's own functions, and put down in the simulation's own books.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use form::Kind;
use form::rules::{Effect, Finding};

use super::content;
use super::path::{Course, Handing, Publishing, Receiving};
use super::unit::{Batch, Manner, Owed, Published, Sent, Step, Unit, after, last_day, on};
use crate::account::model::RoleGrant;
use crate::campaign::model::Way;
use crate::campaign::non_submission::{self, Recording};
use crate::campaign::remind::{self, Delivering, Reminding};
use crate::campaign::{rules as campaign_rules, store as campaign_store};
use crate::declaration::demand::acts::{self as demands, Demanded};
use crate::declaration::demand::model::Asks;
use crate::declaration::publication::{self, Mode, State};
use crate::declaration::receive::{self, Receipt};
use crate::declaration::submit::{self, Outcome, Submission, Submitted};
use crate::declaration::{Channel, draft, store as declarations};
use crate::disclosure::begin::{self, Beginning, Meeting};
use crate::disclosure::end::{self, BreakingOff, Minutes};
use crate::disclosure::model::Reading;
use crate::handover::send::{self, HandingOver};
use crate::handover::take::{self, Taking};
use crate::intake::accept::{self, Acceptance, Accepted, Who};
use crate::intake::desk;
use crate::intake::desk_tests::read_paper;
use crate::kernel::id::{AccountId, DeclarationId, ObligationId, PartitionId};
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

const REASON: &str = "Đi công tác dài ngày, đã đối chiếu và ghi đúng thực tế";

fn next(weekday: Weekday, from: NaiveDate) -> NaiveDate {
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

    fn declarant(&self, province: &Province, owed: usize) -> Actor {
        let person = self.members[self.owed[owed].member].person;
        let grant = RoleGrant { role: Role::Declarant, partition: province.partition, unit: Some(self.id), person };
        grant.actor(AccountId::new(), None)
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
        self.owed.push(Owed {
            member,
            obligation: new.id,
            kind,
            year,
            due_on: new.due_on,
            given_on: today,
            declaration: None,
            versions: 0,
            channel: None,
            declared_on: None,
            first_received_on: None,
            received_on: None,
            hand_over_due_on: None,
            handed_on: None,
            record: None,
            taken_on: None,
            was_missing: false,
            publication: None,
            ended_on: None,
            reminders: Vec::new(),
            not_submitted_on: None,
            demand: None,
            open_demand: None,
        });
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
        let person = self.members[member].person;
        let grant = RoleGrant { role: Role::Declarant, partition: province.partition, unit: Some(self.id), person };
        let declarant = grant.actor(AccountId::new(), None);
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

    /// Opens the draft, sends; where warnings come back, gives a reason for each and sends again.
    async fn send(
        &mut self,
        province: &Province,
        owed: usize,
        content: serde_json::Value,
    ) -> (Submitted, Vec<Finding>) {
        let (app, declarant) = (province.app(), self.declarant(province, owed));
        let obligation = self.owed[owed].obligation;
        let submission = |reasons| Submission { content: content.clone(), reasons, decisions: None };
        let first = submit::submit(app, &declarant, obligation, submission(BTreeMap::new()), &a_key()).await.unwrap();
        let findings = match first {
            Outcome::Submitted(submitted) => return (submitted, Vec::new()),
            Outcome::NotYet(findings) => findings,
        };
        assert!(findings.iter().all(|finding| finding.effect == Effect::AskReason), "{findings:#?}");
        let reasons = findings.iter().map(|finding| (submit::reason_key(finding), REASON.to_owned())).collect();
        match submit::submit(app, &declarant, obligation, submission(reasons), &a_key()).await.unwrap() {
            Outcome::Submitted(submitted) => (submitted, findings),
            Outcome::NotYet(again) => panic!("{again:#?}"),
        }
    }

    async fn declare(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let declarant = self.declarant(province, owed);
        draft::open(province.app(), &declarant, self.owed[owed].obligation).await.unwrap();
        self.count("draft.opened", 1);
        let content = content::of(&self.members[self.owed[owed].member], self.owed[owed].kind, &self.name, today);
        let (submitted, findings) = self.send(province, owed, content).await;
        let is_late = today > self.owed[owed].due_on;
        assert_eq!(findings.iter().any(|finding| finding.rule == "G06"), is_late, "{findings:#?}");
        if is_late {
            self.took("declared late with a reason");
        }
        self.took(match self.owed[owed].kind {
            Kind::First => "FIRST online",
            Kind::Annual => "ANNUAL online",
            Kind::Supplement => "SUPPLEMENT online",
            Kind::Personnel => "PERSONNEL online",
            Kind::Candidate => "CANDIDATE online",
        });
        match (self.owed[owed].not_submitted_on, self.owed[owed].reminders.len()) {
            (Some(_), _) => self.took("declared after all"),
            (None, 1) => self.took("declared after one reminder"),
            (None, 2) => self.took("declared after two reminders"),
            (None, _) => {}
        }
        self.count("declaration.submitted", 1);
        self.declared(owed, submitted.declaration, Channel::Online, today, today);
    }

    /// A sheet comes to the agency as a scan, is read, checked and put on record.
    async fn scan(&self, province: &Province, owed: usize, content: serde_json::Value) -> Accepted {
        let (app, officer) = (province.app(), &province.intake);
        let one = &self.owed[owed];
        let scan = format!("%PDF-1.4 {} {}", one.obligation, one.versions).into_bytes();
        let paper = read_paper(&province.test, officer, Box::leak(scan.into_boxed_slice())).await;
        let mut checked = desk::open(app, &officer.actor, paper).await.unwrap().checked;
        checked.content = content;
        assert!(desk::save(app, &officer.actor, paper, &checked, 0).await.unwrap());
        let who = Who::Known(self.members[one.member].person.unwrap());
        let acceptance = Acceptance { revision: 1, who, kind: None };
        match accept::accept(app, &officer.actor, paper, &acceptance, Some(&a_key())).await.unwrap() {
            accept::Outcome::Accepted(accepted) => accepted,
            accept::Outcome::Duplicate(before) => panic!("a duplicate of {before}"),
        }
    }

    async fn paper(&mut self, province: &Province, owed: usize, completed_on: NaiveDate, today: NaiveDate) {
        let content =
            content::of(&self.members[self.owed[owed].member], self.owed[owed].kind, &self.name, completed_on);
        let accepted = self.scan(province, owed, content).await;
        assert_eq!((accepted.beside, accepted.answers), (None, None), "{accepted:?}");
        self.count("declaration.digitised", 1);
        self.count("intake.accepted", 1);
        self.took(match self.owed[owed].kind {
            Kind::First => "FIRST on paper",
            Kind::Annual => "ANNUAL on paper",
            _ => "PERSONNEL on paper",
        });
        self.declared(owed, accepted.declaration, Channel::Paper, completed_on, today);
    }

    /// Puts down the first version, and what follows from it.
    fn declared(
        &mut self,
        owed: usize,
        declaration: DeclarationId,
        channel: Channel,
        declared_on: NaiveDate,
        today: NaiveDate,
    ) {
        let one = &mut self.owed[owed];
        one.declaration = Some(declaration);
        one.versions = 1;
        one.channel = Some(channel);
        one.declared_on = Some(declared_on);
        let (kind, member) = (one.kind, one.member);
        let (course, receiving) = (self.members[member].course, self.members[member].receiving);
        let is_early = after(today, 60) < last_day();
        let receive_on = match receiving {
            Receiving::WeeksLater if is_early && kind != Kind::Annual => after(today, 21),
            Receiving::WeeksLater if is_early && today < on("2025-12-20") => after(today, 15),
            _ => after(today, 1),
        };
        match course {
            Course::DemandAnswered => {
                self.plan(after(today, 1), Step::Receive { owed });
                self.plan(after(today, 2), Step::Demand { owed, is_handed: false });
            }
            Course::DemandOfPaper => self.plan(after(today, 1), Step::Receive { owed }),
            Course::DemandAnsweredLate | Course::DemandAnsweredOnPaper => {
                self.plan(after(today, 1), Step::Demand { owed, is_handed: true });
            }
            Course::DemandWithdrawn => self.plan(after(today, 1), Step::Demand { owed, is_handed: false }),
            _ => self.plan(receive_on, Step::Receive { owed }),
        }
        if course == Course::FirstThenPersonnel && kind == Kind::First {
            self.plan(after(today, 40), Step::Plan { member });
        }
    }

    async fn receive(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let declaration = self.owed[owed].declaration.unwrap();
        let receipt = Receipt {
            version: None,
            received_on: today,
            receiver_name: "Lê Thị Nhận".into(),
            receiver_position: "Chuyên viên".into(),
        };
        let due = receive::receive(province.app(), &self.officer, declaration, &receipt).await.unwrap();
        self.count("declaration.received", 1);
        let one = &mut self.owed[owed];
        let is_again = one.first_received_on.is_some();
        let waited = (today - one.declared_on.unwrap()).num_days();
        let is_late_paper = matches!(one.channel, Some(Channel::Paper)) && !is_again && today > one.due_on;
        if one.versions == 1 {
            one.first_received_on = Some(today);
        }
        one.received_on = Some(today);
        one.hand_over_due_on = Some(due);
        let (member, versions) = (one.member, one.versions);
        if is_again {
            self.took("received again");
        } else if waited >= 14 {
            self.took("received weeks later");
        }
        if is_late_paper {
            self.took("handed in late on paper");
        }
        match self.members[member].course {
            Course::DemandAnswered if versions == 1 => return,
            Course::DemandOfPaper if versions == 1 => {
                return self.plan(after(today, 1), Step::Demand { owed, is_handed: true });
            }
            _ => {}
        }
        let in_time = next(Weekday::Mon, after(today, 3));
        let late = next(Weekday::Mon, after(due, 1));
        let is_room_for_late = self.members[member].handing == Handing::Late && late <= on("2026-02-02");
        let day = if is_room_for_late { late } else { in_time };
        self.plan_batch(day, Batch::HandOver, Some(owed));
    }

    async fn demand(&mut self, province: &Province, owed: usize, is_handed: bool, today: NaiveDate) {
        let (app, officer) = (province.app(), self.officer);
        let id = self.owed[owed].declaration.unwrap();
        let version =
            app.db.read(&officer, "year.version", async |tx| Ok(declarations::find(tx, id).await?.version)).await;
        let asked = Demanded {
            version: version.unwrap(),
            asks: if is_handed { Asks::Redeclare } else { Asks::Complete },
            reasons: "Mục 2.1: chưa ghi tình trạng cho thuê nhà.".into(),
            issued_on: today,
            signer_name: "Trần Văn Ký".into(),
            signer_position: "Phó Giám đốc".into(),
            handed_on: is_handed.then_some(today),
        };
        let issued = demands::issue(app, &officer, id, &asked, &a_key()).await.unwrap();
        self.count("demand.issued", 1);
        self.owed[owed].demand = Some(((issued.number, issued.year), today));
        self.owed[owed].open_demand = Some(issued.demand);
        if is_handed {
            self.count("demand.reached", 1);
            self.took("demand handed over on paper");
        }
        let answer_late = issued.due_on.map(|due| after(due, 2));
        match self.member_of(owed).course {
            Course::DemandAnswered => self.plan(after(today, 1), Step::OpenDemand { owed }),
            Course::DemandAnsweredLate => self.plan(answer_late.unwrap(), Step::Answer { owed }),
            Course::DemandAnsweredOnPaper => {
                let completed_on = after(today, 3);
                self.plan(after(today, 4), Step::AnswerOnPaper { owed, completed_on });
            }
            Course::DemandOfPaper => {
                let completed_on = after(today, 5);
                self.plan(on("2026-01-05"), Step::AnswerOnPaper { owed, completed_on });
            }
            _ => self.plan(after(today, 2), Step::Withdraw { owed }),
        }
    }

    async fn open_demand(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let (demand, declarant) = (self.owed[owed].open_demand.unwrap(), self.declarant(province, owed));
        demands::open_own(province.app(), &declarant, demand).await.unwrap();
        self.count("demand.reached", 1);
        self.took("demand read on the system");
        self.plan(after(today, 2), Step::Answer { owed });
    }

    async fn answer(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let content = content::mended(&self.members[self.owed[owed].member], self.owed[owed].kind, &self.name, today);
        let (submitted, findings) = self.send(province, owed, content).await;
        assert_eq!(Some(submitted.declaration), self.owed[owed].declaration, "a further version of the same");
        let is_late = findings.iter().any(|finding| finding.rule == "X02");
        assert_eq!(is_late, self.member_of(owed).course == Course::DemandAnsweredLate, "{findings:#?}");
        self.took(if is_late { "demand answered late" } else { "demand answered in time" });
        self.answered(owed, today);
    }

    async fn answer_on_paper(&mut self, province: &Province, owed: usize, completed_on: NaiveDate, today: NaiveDate) {
        let kind = self.owed[owed].kind;
        let content = content::mended(&self.members[self.owed[owed].member], kind, &self.name, completed_on);
        let demand = self.owed[owed].open_demand;
        let accepted = self.scan(province, owed, content).await;
        assert_eq!((accepted.answers, Some(accepted.declaration)), (demand, self.owed[owed].declaration));
        self.count("intake.accepted", 1);
        self.took("demand answered on paper");
        self.answered(owed, today);
    }

    fn answered(&mut self, owed: usize, today: NaiveDate) {
        self.count("demand.answered", 1);
        self.count("declaration.revised", 1);
        let one = &mut self.owed[owed];
        one.versions += 1;
        one.received_on = None;
        one.hand_over_due_on = None;
        one.open_demand = None;
        self.plan(after(today, 1), Step::Receive { owed });
    }

    async fn withdraw(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let demand = self.owed[owed].open_demand.take().unwrap();
        let why = "Nội dung này đã có trong bản kê khai";
        demands::withdraw(province.app(), &self.officer, demand, why).await.unwrap();
        self.count("demand.withdrawn", 1);
        self.owed[owed].demand = None;
        self.took("demand withdrawn");
        self.plan(after(today, 1), Step::Receive { owed });
    }

    /// Everyone who is late under the same round, with one document.
    async fn remind(&mut self, province: &Province, number: i16, today: NaiveDate) {
        let before = usize::try_from(number).unwrap() - 1;
        let is_due = |owed: &Owed| owed.is_open() && owed.due_on < today && owed.reminders.len() == before;
        let late: Vec<usize> = (0..self.owed.len()).filter(|at| is_due(&self.owed[*at])).collect();
        if late.is_empty() {
            return;
        }
        self.documents += 1;
        let asked = Reminding {
            number,
            obligations: late.iter().map(|at| self.owed[*at].obligation).collect(),
            document_no: format!("{}/STC-VP", self.documents),
            issued_on: today,
            answer_by: campaign_rules::least_answer_by(&province.app().law, today).unwrap(),
            signer_name: "Trần Văn Ký".into(),
            signer_position: "Phó Giám đốc".into(),
        };
        let issued = remind::remind(province.app(), &self.officer, &asked, &a_key()).await.unwrap();
        self.count("reminder.issued", late.len());
        for at in &late {
            self.owed[*at].reminders.push((asked.document_no.clone(), today));
            self.took(if number == 1 { "reminded once" } else { "reminded twice" });
            if number == 2 && self.member_of(*at).course.is_recorded() {
                self.plan(after(asked.answer_by, 4), Step::Record { owed: *at });
            }
        }
        self.issues.push((issued.issue, late));
        self.plan(after(today, 1), Step::Deliver { issue: self.issues.len() - 1 });
    }

    async fn deliver(&mut self, province: &Province, issue: usize, today: NaiveDate) {
        let (app, officer, unit) = (province.app(), self.officer, self.id);
        let (id, owed) = (self.issues[issue].0, self.issues[issue].1.len());
        let reminders = app.db.read(&officer, "year.reminders", async |tx| {
            campaign_store::reminders(tx, Some(unit), Some(id), i64::MAX).await
        });
        let reminders: BTreeSet<_> = reminders.await.unwrap().iter().map(|reminder| reminder.id).collect();
        assert_eq!(reminders.len(), owed);
        let asked = Delivering { reminders, way: Way::ALL[issue % 3], delivered_on: today };
        remind::deliver(app, &officer, id, &asked, &a_key()).await.unwrap();
        self.count("reminder.delivered", owed);
    }

    async fn record(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let asked = Recording {
            obligation: self.owed[owed].obligation,
            explanation: if owed % 2 == 0 {
                "Đang điều trị dài ngày tại bệnh viện".into()
            } else {
                String::new()
            },
        };
        let recorded = non_submission::record(province.app(), &self.officer, &asked, &a_key()).await.unwrap();
        assert_eq!(recorded.recorded_on, today);
        self.owed[owed].not_submitted_on = Some(today);
        self.count("non_submission.recorded", 1);
        self.took("recorded as not submitted");
    }

    async fn hand_over(&mut self, province: &Province, owed: &[usize], today: NaiveDate) {
        let asked = HandingOver {
            agency: province.partition,
            declarations: owed.iter().map(|at| self.owed[*at].declaration.unwrap()).collect(),
            handed_on: today,
            hander_name: "Trần Văn Giao".into(),
            hander_position: "Chánh Văn phòng".into(),
        };
        let sent = send::send(province.app(), &self.officer, &asked, &a_key()).await.unwrap();
        self.count("hand_over.sent", 1);
        for at in owed {
            let one = &mut self.owed[*at];
            one.handed_on = Some(today);
            one.record = Some((sent.number, sent.year));
            let is_late = one.hand_over_due_on.is_some_and(|due| today > due);
            let was_missing = one.was_missing;
            self.took(if is_late { "handed over late" } else { "handed over in time" });
            if was_missing {
                self.took("handed over again");
            }
        }
        self.batches.push(Sent { hand_over: sent.hand_over, handed_on: today, owed: owed.to_vec() });
        self.plan(after(today, 2), Step::Take { batch: self.batches.len() - 1 });
    }

    async fn take(&mut self, province: &Province, batch: usize, today: NaiveDate) {
        let (id, handed_on) = (self.batches[batch].hand_over, self.batches[batch].handed_on);
        let listed = self.batches[batch].owed.clone();
        let is_missing = |unit: &mut Self, at: usize| {
            unit.member_of(at).handing == Handing::MissingThenAgain && !unit.owed[at].was_missing
        };
        let (missing, there): (Vec<usize>, Vec<usize>) = listed.into_iter().partition(|at| is_missing(self, *at));
        let reason = |at: &usize| (self.owed[*at].declaration.unwrap(), "không có trong hồ sơ giao".to_owned());
        let asked = Taking {
            taken_on: today,
            taker_name: "Phạm Văn Kiểm".into(),
            taker_position: "Thanh tra viên".into(),
            missing: missing.iter().map(reason).collect(),
        };
        let taken = take::take(province.app(), &province.intake.actor, id, &asked, &a_key()).await.unwrap();
        assert_eq!((taken.taken as usize, taken.missing as usize), (there.len(), missing.len()));
        self.count("hand_over.taken", 1);
        for at in missing {
            let one = &mut self.owed[at];
            (one.was_missing, one.handed_on, one.record) = (true, None, None);
            self.took("missing at the agency");
            self.plan_batch(next(Weekday::Mon, today), Batch::HandOver, Some(at));
        }
        for at in there {
            self.owed[at].taken_on = Some(today);
            if matches!(self.owed[at].kind, Kind::First | Kind::Annual | Kind::Supplement) {
                let (days, manner) = match self.member_of(at).publishing {
                    Publishing::Posted => (3, Manner::Post),
                    Publishing::PostedLate => (10, Manner::Post),
                    Publishing::BrokenThenPosted => (3, Manner::PostAndBreakOff),
                    Publishing::Meeting => (3, Manner::Meet),
                    Publishing::ShortMeetingThenPosted => (3, Manner::MeetTooFew),
                };
                self.plan_batch(after(handed_on, days), Batch::Publish(manner), Some(at));
            }
        }
    }

    async fn publish(&mut self, province: &Province, manner: Manner, owed: &[usize], today: NaiveDate) {
        let present = match manner {
            Manner::Meet => Some(20),
            Manner::MeetTooFew => Some(19),
            _ => None,
        };
        let meeting = present.map(|present| Meeting {
            summoned: 30,
            present,
            chair_name: "Lê Thị Chủ Trì".into(),
            chair_position: "Phó Giám đốc".into(),
            reading: Reading::Delegate,
            questions: "Ông Hỏi hỏi về thửa đất; người kê khai trả lời: được thừa kế.".into(),
        });
        let mode = if meeting.is_some() { Mode::Meeting } else { Mode::Posting };
        let asked = Beginning {
            agency: province.partition,
            declarations: owed.iter().map(|at| self.owed[*at].declaration.unwrap()).collect(),
            from_on: today,
            place: "Bảng tin tầng 1".into(),
            meeting,
        };
        let begun = begin::begin(province.app(), &self.officer, &asked, &a_key()).await.unwrap();
        let is_late = |at: &&usize| {
            let handed_on = self.owed[**at].handed_on.unwrap();
            today > publication::due_on(&province.app().law, "R1_ND130", handed_on).unwrap()
        };
        let late = owed.iter().filter(is_late).count();
        assert_eq!((begun.late as usize, begun.missing_present), (late, i64::from(manner == Manner::MeetTooFew)));
        for _ in 0..late {
            self.took("publication begun late");
        }
        self.count(if mode == Mode::Meeting { "disclosure.meeting_held" } else { "disclosure.posted" }, 1);
        self.publications.push(Published {
            disclosure: begun.disclosure,
            mode,
            state: State::Open,
            from_on: today,
            until_on: begun.until_on,
            minutes: None,
            manner,
            owed: owed.to_vec(),
        });
        let publication = self.publications.len() - 1;
        for at in owed {
            self.owed[*at].publication = Some(publication);
        }
        match manner {
            Manner::Post | Manner::Meet => self.plan(after(begun.until_on, 1), Step::Close { publication }),
            Manner::PostAgain => {
                self.took("posted again");
                self.plan(after(begun.until_on, 1), Step::Close { publication });
            }
            Manner::PostAndBreakOff => self.plan(after(today, 2), Step::BreakOff { publication }),
            Manner::MeetTooFew => self.plan(after(today, 1), Step::BreakOff { publication }),
        }
    }

    async fn break_off(&mut self, province: &Province, publication: usize, today: NaiveDate) {
        let asked = BreakingOff { broken_on: today, reason: "bảng tin phải sửa chữa".into() };
        let id = self.publications[publication].disclosure;
        end::break_off(province.app(), &self.officer, id, &asked, &a_key()).await.unwrap();
        self.count("disclosure.broken_off", 1);
        self.publications[publication].state = State::Broken;
        self.took(match self.publications[publication].mode {
            Mode::Posting => "posting broken off",
            Mode::Meeting => "meeting without its quorum",
        });
        for at in self.publications[publication].owed.clone() {
            self.owed[at].publication = None;
            self.plan_batch(after(today, 1), Batch::Publish(Manner::PostAgain), Some(at));
        }
    }

    async fn close(&mut self, province: &Province, publication: usize, today: NaiveDate) {
        let asked = Minutes {
            closed_on: today,
            head_name: "Trần Văn Đứng Đầu".into(),
            head_position: "Giám đốc".into(),
            union_name: "Phạm Thị Công Đoàn".into(),
            union_position: "Chủ tịch Công đoàn".into(),
        };
        let id = self.publications[publication].disclosure;
        let closed = end::close(province.app(), &self.officer, id, &asked, &a_key()).await.unwrap();
        self.count("disclosure.closed", 1);
        let one = &mut self.publications[publication];
        (one.state, one.minutes) = (State::Closed, Some((closed.number, closed.year)));
        if one.manner == Manner::Meet {
            self.took("meeting with its quorum");
        }
    }
}
