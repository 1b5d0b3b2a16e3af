//! A unit in its year: what is to be done on which day, and what was done.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use form::Kind;

use super::path::{ALL, Chance, Course, Handing, Path, Publishing, Receiving};
use crate::declaration::Channel;
use crate::declaration::publication::{Mode, State};
use crate::kernel::Actor;
use crate::kernel::id::{
    DeclarationId, DemandId, DisclosureId, HandOverId, IssueId, ObligationId, OrganisationId, PersonId,
};
use crate::person::Obligation;
use crate::person::oblige::Planned;
use crate::practice::names::{self, Invented};
use crate::roster::rules::Line;

pub(super) fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn first_day() -> NaiveDate {
    on("2025-01-02")
}

pub(super) fn last_day() -> NaiveDate {
    on("2026-02-28")
}

pub(super) fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day + Days::new(days)
}

/// What one person does, or what is done about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Add {
        member: usize,
    },
    Return {
        member: usize,
    },
    Leave {
        member: usize,
    },
    Plan {
        member: usize,
    },
    OpenSupplement {
        member: usize,
    },
    Drop {
        owed: usize,
    },
    TakeBack {
        owed: usize,
    },
    Declare {
        owed: usize,
    },
    /// The sheet reaches the agency and is put on record; completed some days before.
    Paper {
        owed: usize,
        completed_on: NaiveDate,
    },
    Receive {
        owed: usize,
    },
    Demand {
        owed: usize,
        is_handed: bool,
    },
    OpenDemand {
        owed: usize,
    },
    Answer {
        owed: usize,
    },
    AnswerOnPaper {
        owed: usize,
        completed_on: NaiveDate,
    },
    Withdraw {
        owed: usize,
    },
    Record {
        owed: usize,
    },
    Deliver {
        issue: usize,
    },
    Take {
        batch: usize,
    },
    BreakOff {
        publication: usize,
    },
    Close {
        publication: usize,
    },
}

/// What the unit does about several people at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Batch {
    OpenYear { nth: u8 },
    Remind { number: i16 },
    HandOver,
    Publish(Manner),
}

/// How a publication is begun, and what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    Post,
    PostAndBreakOff,
    PostAgain,
    Meet,
    MeetTooFew,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    Alone(Step),
    Together(Batch, Option<usize>),
}

/// A person of the unit.
pub(super) struct Member {
    /// Among all people of the province.
    pub index: usize,
    pub invented: Invented,
    pub course: Course,
    pub receiving: Receiving,
    pub handing: Handing,
    pub publishing: Publishing,
    pub in_post_since: Option<NaiveDate>,
    pub person: Option<PersonId>,
    pub is_listed: bool,
    chance: Chance,
}

impl Member {
    pub fn some_days(&mut self, bound: usize) -> u64 {
        self.chance.below(bound) as u64
    }

    /// The line of the list that says them.
    pub fn line(&self) -> Line {
        let (ground, position) = match self.course {
            course if course.is_annual() || course.is_first() => ("RANK_10_1", "Kế toán viên"),
            _ => ("CIVIL_SERVANT", "Chuyên viên"),
        };
        Line {
            name: self.invented.name.clone(),
            dob: Some(self.invented.dob),
            id_no: Some(self.invented.id_no.clone()),
            position: position.to_owned(),
            ground: Some(ground.to_owned()),
            in_post_since: self.in_post_since,
            has_declared_first: !self.course.is_first(),
            party_managed: false,
        }
    }
}

/// What was done about one obligation, as the simulation did it.
#[derive(Debug)]
pub(super) struct Owed {
    pub member: usize,
    pub obligation: ObligationId,
    pub kind: Kind,
    pub year: i16,
    pub due_on: NaiveDate,
    pub given_on: NaiveDate,
    pub declaration: Option<DeclarationId>,
    pub versions: i64,
    pub channel: Option<Channel>,
    pub declared_on: Option<NaiveDate>,
    /// Of the first version; none where a demand came before its receipt.
    pub first_received_on: Option<NaiveDate>,
    /// Of the version in force.
    pub received_on: Option<NaiveDate>,
    pub hand_over_due_on: Option<NaiveDate>,
    pub handed_on: Option<NaiveDate>,
    pub record: Option<(i32, i16)>,
    pub taken_on: Option<NaiveDate>,
    pub was_missing: bool,
    pub publication: Option<usize>,
    pub ended_on: Option<NaiveDate>,
    pub reminders: Vec<(String, NaiveDate)>,
    pub not_submitted_on: Option<NaiveDate>,
    /// The last that was not withdrawn: number and year, and its day.
    pub demand: Option<((i32, i16), NaiveDate)>,
    pub open_demand: Option<DemandId>,
}

impl Owed {
    pub fn given(member: usize, obligation: &Obligation, today: NaiveDate) -> Self {
        Self {
            member,
            obligation: obligation.id,
            kind: obligation.kind,
            year: obligation.year,
            due_on: obligation.due_on,
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
        }
    }

    pub fn is_open(&self) -> bool {
        self.declaration.is_none() && self.ended_on.is_none()
    }

    /// Of the logbook: a paper is handed in when it is received.
    pub fn handed_in_on(&self) -> Option<NaiveDate> {
        match self.channel? {
            Channel::Online => self.declared_on,
            Channel::Paper => self.first_received_on,
        }
    }
}

#[derive(Debug)]
pub(super) struct Sent {
    pub hand_over: HandOverId,
    pub handed_on: NaiveDate,
    pub owed: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Published {
    pub disclosure: DisclosureId,
    pub mode: Mode,
    pub state: State,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub minutes: Option<(i32, i16)>,
    pub manner: Manner,
    pub owed: Vec<usize>,
}

/// A unit with its people, its agenda and its books as the simulation keeps them.
pub(super) struct Unit {
    pub id: OrganisationId,
    pub name: String,
    pub officer: Actor,
    pub members: Vec<Member>,
    pub owed: Vec<Owed>,
    pub issues: Vec<(IssueId, Vec<usize>)>,
    pub batches: Vec<Sent>,
    pub publications: Vec<Published>,
    pub documents: u32,
    agenda: BTreeMap<NaiveDate, BTreeSet<Task>>,
    /// How often each event must stand in the log.
    pub tally: BTreeMap<&'static str, i64>,
    pub taken: BTreeMap<Path, u64>,
}

impl Unit {
    pub fn new(id: OrganisationId, name: String, officer: Actor, members: Vec<Member>) -> Self {
        let mut unit = Self {
            id,
            name,
            officer,
            members,
            owed: Vec::new(),
            issues: Vec::new(),
            batches: Vec::new(),
            publications: Vec::new(),
            documents: 0,
            agenda: BTreeMap::new(),
            tally: BTreeMap::new(),
            taken: BTreeMap::new(),
        };
        unit.begin();
        unit
    }

    pub fn plan(&mut self, day: NaiveDate, step: Step) {
        self.agenda.entry(day).or_default().insert(Task::Alone(step));
    }

    pub fn plan_batch(&mut self, day: NaiveDate, batch: Batch, of: Option<usize>) {
        self.agenda.entry(day).or_default().insert(Task::Together(batch, of));
    }

    /// What is to be done on a day, in its order: single steps, then what is done about several at once.
    pub fn tasks(&mut self, day: NaiveDate) -> (Vec<Step>, BTreeMap<Batch, Vec<usize>>) {
        let (mut steps, mut batches) = (Vec::new(), BTreeMap::<Batch, Vec<usize>>::new());
        for task in self.agenda.remove(&day).unwrap_or_default() {
            match task {
                Task::Alone(step) => steps.push(step),
                Task::Together(batch, of) => batches.entry(batch).or_default().extend(of),
            }
        }
        (steps, batches)
    }

    pub fn is_busy(&self, day: NaiveDate) -> bool {
        day == first_day() || self.agenda.contains_key(&day)
    }

    /// What is left to be done on another day than the last one.
    pub fn undone(&self, last: NaiveDate) -> Vec<&Task> {
        self.agenda.range(..=last).flat_map(|(_, tasks)| tasks).collect()
    }

    pub fn count(&mut self, event: &'static str, times: usize) {
        *self.tally.entry(event).or_default() += times as i64;
    }

    pub fn took(&mut self, path: &'static str) {
        assert!(ALL.contains(&path), "{path} is none of the paths");
        *self.taken.entry(Path(path)).or_default() += 1;
    }

    /// A member of whom an obligation is, to be read or changed.
    pub fn member_of(&mut self, owed: usize) -> &mut Member {
        let member = self.owed[owed].member;
        &mut self.members[member]
    }

    /// What the calendar of the year brings, whoever is on the list.
    fn begin(&mut self) {
        self.plan_batch(on("2025-11-03"), Batch::OpenYear { nth: 1 }, None);
        self.plan_batch(on("2025-12-01"), Batch::OpenYear { nth: 2 }, None);
        self.plan_batch(on("2026-01-08"), Batch::Remind { number: 1 }, None);
        self.plan_batch(on("2026-01-16"), Batch::Remind { number: 2 }, None);
        for at in 0..self.members.len() {
            let member = &mut self.members[at];
            let (soon, later) = (member.some_days(60), member.some_days(150));
            let step = match member.course {
                course if course.is_first() => {
                    let since = after(on("2025-02-03"), later);
                    member.in_post_since = Some(since);
                    (after(since, 2), Step::Add { member: at })
                }
                Course::AddedLater => {
                    member.in_post_since = Some(on("2024-06-03"));
                    (on("2025-11-20"), Step::Add { member: at })
                }
                Course::Leaves => (on("2025-12-10"), Step::Leave { member: at }),
                Course::LeavesAndReturns => (on("2025-11-20"), Step::Leave { member: at }),
                Course::LeftAfterLastDay => (on("2026-01-14"), Step::Leave { member: at }),
                Course::Supplement | Course::SupplementTakenBack => {
                    (after(on("2025-06-10"), soon), Step::OpenSupplement { member: at })
                }
                Course::SupplementStillOpen => (on("2026-02-10"), Step::OpenSupplement { member: at }),
                Course::PersonnelThenAnnual => (after(on("2025-09-01"), soon / 4), Step::Plan { member: at }),
                Course::PersonnelOnline | Course::PersonnelPaper | Course::PersonnelLate | Course::PersonnelDropped => {
                    (after(on("2025-05-05"), soon), Step::Plan { member: at })
                }
                Course::PersonnelStillOpen => (on("2026-02-16"), Step::Plan { member: at }),
                Course::Candidate => (on("2025-12-15"), Step::Plan { member: at }),
                _ => continue,
            };
            self.plan(step.0, step.1);
        }
    }

    /// Who stands on the list from the first day.
    pub fn first_list(&self) -> Vec<usize> {
        let is_there = |member: &&Member| !member.course.is_first() && member.course != Course::AddedLater;
        self.members.iter().enumerate().filter(|(_, member)| is_there(member)).map(|(at, _)| at).collect()
    }

    /// What follows from an obligation that was just given.
    pub fn go_on(&mut self, owed: usize, today: NaiveDate) {
        use Course::*;
        let (kind, due) = (self.owed[owed].kind, self.owed[owed].due_on);
        let member = self.member_of(owed);
        let (course, spread) = (member.course, member.some_days(24));
        let in_december = after(on("2025-12-02"), spread);
        let online = |day| Some((day, Step::Declare { owed }));
        let paper = |day, completed_on| Some((day, Step::Paper { owed, completed_on }));
        let step = match (course, kind) {
            (FirstPaper, Kind::First) => paper(after(today, 6), after(today, 4)),
            (FirstLate, Kind::First) => online(after(due, 2 + spread / 4)),
            (_, Kind::First) => online(after(today, 3)),
            (SupplementTakenBack, _) => Some((after(today, 1), Step::TakeBack { owed })),
            (SupplementStillOpen | PersonnelStillOpen, _) => None,
            (PersonnelDropped, _) => Some((after(today, 4), Step::Drop { owed })),
            (PersonnelPaper, _) => paper(after(today, 9), after(today, 6)),
            (PersonnelLate, _) => online(after(due, 3)),
            (Candidate, _) => online(after(on("2026-01-05"), spread / 2)),
            (_, Kind::Supplement | Kind::Personnel | Kind::Candidate) => online(after(today, 5)),
            (AnnualPaper, _) => paper(after(in_december, 3), in_december),
            (DemandOfPaper, _) => paper(on("2025-12-19"), on("2025-12-17")),
            (AnnualPaperLate, _) => paper(on("2026-01-06"), on("2025-12-30")),
            (AnnualLate, _) => online(after(on("2026-01-03"), spread / 8)),
            (RemindedOnce, _) => online(on("2026-01-12")),
            (RemindedTwice, _) => online(on("2026-01-20")),
            (NotSubmittedThenDeclared, _) => online(after(on("2026-02-03"), spread / 8)),
            (DemandAnswered | DemandAnsweredLate | DemandAnsweredOnPaper | DemandWithdrawn, _) => {
                online(after(on("2025-12-02"), spread / 4))
            }
            (LeavesAndReturns, _) => online(on("2025-12-15")),
            (Leaves | NotSubmitted | LeftAfterLastDay, _) => None,
            (_, Kind::Annual) => online(in_december),
        };
        if let Some((day, step)) = step {
            self.plan(day, step);
        }
    }

    /// What the unit means to plan for a member.
    pub fn planned(&self, member: usize, today: NaiveDate) -> Planned {
        use crate::person::model::Occasion::*;
        match self.members[member].course {
            Course::Candidate => Planned { occasion: PeoplesCouncil, on: on("2026-03-15") },
            Course::PersonnelStillOpen => Planned { occasion: Reappointment, on: on("2026-04-20") },
            _ => Planned { occasion: Appointment, on: after(today, 30) },
        }
    }
}

/// The people of the province, unit by unit, each with their course.
pub(super) fn members(units: usize, people: usize, seed: u64) -> Vec<Vec<Member>> {
    let mut chance = Chance::new(seed);
    let count = units * people;
    let courses = chance.deal(&super::path::COURSES, count);
    let receiving = chance.deal(&super::path::RECEIVING, count);
    let handing = chance.deal(&super::path::HANDING, count);
    let publishing = chance.deal(&super::path::PUBLISHING, count);
    let member = |index: usize| Member {
        index,
        invented: names::person(index),
        course: courses[index],
        receiving: receiving[index],
        handing: handing[index],
        publishing: publishing[index],
        in_post_since: None,
        person: None,
        is_listed: false,
        chance: Chance::new(seed ^ (index as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d)),
    };
    (0..units).map(|unit| (unit * people..(unit + 1) * people).map(member).collect()).collect()
}
