//! Reminding and recording, handing over and taking, publishing.
use std::collections::BTreeSet;

use chrono::{NaiveDate, Weekday};
use form::Kind;

use super::acts::{Province, a_key, next};
use super::path::{Handing, Publishing};
use super::unit::{Batch, Manner, Owed, Published, Sent, Step, Unit, after};
use crate::campaign::model::Way;
use crate::campaign::non_submission::{self, Recording};
use crate::campaign::remind::{self, Delivering, Reminding};
use crate::campaign::{rules as campaign_rules, store as campaign_store};
use crate::declaration::publication::{self, Mode, State};
use crate::disclosure::begin::{self, Beginning, Meeting};
use crate::disclosure::end::{self, BreakingOff, Minutes};
use crate::disclosure::model::Reading;
use crate::handover::send::{self, HandingOver};
use crate::handover::take::{self, Taking};

impl Unit {
    /// Everyone who is late under the same round, with one document.
    pub(super) async fn remind(&mut self, province: &Province, number: i16, today: NaiveDate) {
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

    pub(super) async fn deliver(&mut self, province: &Province, issue: usize, today: NaiveDate) {
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

    pub(super) async fn record(&mut self, province: &Province, owed: usize, today: NaiveDate) {
        let asked = Recording {
            obligation: self.owed[owed].obligation,
            explanation: if owed.is_multiple_of(2) {
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

    pub(super) async fn hand_over(&mut self, province: &Province, owed: &[usize], today: NaiveDate) {
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

    pub(super) async fn take(&mut self, province: &Province, batch: usize, today: NaiveDate) {
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

    pub(super) async fn publish(&mut self, province: &Province, manner: Manner, owed: &[usize], today: NaiveDate) {
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

    pub(super) async fn break_off(&mut self, province: &Province, publication: usize, today: NaiveDate) {
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

    pub(super) async fn close(&mut self, province: &Province, publication: usize, today: NaiveDate) {
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
