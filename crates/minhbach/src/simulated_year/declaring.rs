//! Declaring, receiving, demanding again.
use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};
use form::Kind;
use form::rules::{Effect, Finding};

use super::acts::{Province, a_key, next};
use super::content;
use super::path::{Course, Handing, Receiving};
use super::unit::{Batch, Step, Unit, after, last_day, on};
use crate::declaration::demand::acts::{self as demands, Demanded};
use crate::declaration::demand::model::Asks;
use crate::declaration::receive::{self, Receipt};
use crate::declaration::submit::{self, Outcome, Submission, Submitted};
use crate::declaration::{Channel, draft, store as declarations};
use crate::intake::accept::{self, Acceptance, Accepted, Who};
use crate::intake::desk;
use crate::intake::desk_tests::read_paper;
use crate::kernel::id::DeclarationId;

const REASON: &str = "Đi công tác dài ngày, đã đối chiếu và ghi đúng thực tế";

impl Unit {
    /// Opens the draft, sends; where warnings come back, gives a reason for each and sends again.
    async fn send(
        &mut self,
        province: &Province,
        owed: usize,
        content: serde_json::Value,
    ) -> (Submitted, Vec<Finding>) {
        let (app, declarant) = (province.app(), self.declarant(province, owed));
        let obligation = self.owed[owed].obligation;
        let submission =
            |reasons| Submission { content: content.clone(), reasons, said: None, holdings: None, draft: None };
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

    pub(super) async fn declare(&mut self, province: &Province, owed: usize, today: NaiveDate) {
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

    pub(super) async fn paper(&mut self, province: &Province, owed: usize, completed_on: NaiveDate, today: NaiveDate) {
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

    pub(super) async fn receive(&mut self, province: &Province, owed: usize, today: NaiveDate) {
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

    pub(super) async fn demand(&mut self, province: &Province, owed: usize, is_handed: bool, today: NaiveDate) {
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

    pub(super) async fn open_demand(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let (demand, declarant) = (self.owed[owed].open_demand.unwrap(), self.declarant(province, owed));
        demands::open_own(province.app(), &declarant, demand).await.unwrap();
        self.count("demand.reached", 1);
        self.took("demand read on the system");
        self.plan(after(today, 2), Step::Answer { owed });
    }

    pub(super) async fn answer(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let content = content::mended(&self.members[self.owed[owed].member], self.owed[owed].kind, &self.name, today);
        let (submitted, findings) = self.send(province, owed, content).await;
        assert_eq!(Some(submitted.declaration), self.owed[owed].declaration, "a further version of the same");
        let is_late = findings.iter().any(|finding| finding.rule == "X02");
        assert_eq!(is_late, self.member_of(owed).course == Course::DemandAnsweredLate, "{findings:#?}");
        self.took(if is_late { "demand answered late" } else { "demand answered in time" });
        self.answered(owed, today);
    }

    pub(super) async fn answer_on_paper(
        &mut self,
        province: &Province,
        owed: usize,
        completed_on: NaiveDate,
        today: NaiveDate,
    ) {
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

    pub(super) async fn withdraw(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let demand = self.owed[owed].open_demand.take().unwrap();
        let why = "Nội dung này đã có trong bản kê khai";
        demands::withdraw(province.app(), &self.officer, demand, why).await.unwrap();
        self.count("demand.withdrawn", 1);
        self.owed[owed].demand = None;
        self.took("demand withdrawn");
        self.plan(after(today, 1), Step::Receive { owed });
    }
}
