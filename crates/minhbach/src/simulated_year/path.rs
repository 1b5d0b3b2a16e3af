//! Who lives which year: courses of people, ways of their unit, and every path that must be taken.
use std::fmt;

/// How one person's year goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    AnnualOnline,
    AnnualPaper,
    /// Completed in time, handed in to the unit after the last day.
    AnnualPaperLate,
    /// After the last day and before anybody reminded.
    AnnualLate,
    RemindedOnce,
    RemindedTwice,
    NotSubmitted,
    NotSubmittedThenDeclared,
    /// Gone from the list after the last day, with nothing declared.
    LeftAfterLastDay,
    DemandAnswered,
    DemandAnsweredLate,
    DemandAnsweredOnPaper,
    /// Of what came on paper, and answered on paper; received again after the last day of the year.
    DemandOfPaper,
    DemandWithdrawn,
    Leaves,
    LeavesAndReturns,
    /// Put on the list between the two openings of the year.
    AddedLater,
    PersonnelThenAnnual,
    FirstOnline,
    FirstPaper,
    FirstLate,
    FirstThenPersonnel,
    Supplement,
    SupplementTakenBack,
    SupplementStillOpen,
    PersonnelOnline,
    PersonnelPaper,
    PersonnelLate,
    PersonnelDropped,
    PersonnelStillOpen,
    Candidate,
}

/// Courses with their share of the people.
pub(super) const COURSES: [(Course, usize); 31] = [
    (Course::AnnualOnline, 14),
    (Course::AnnualPaper, 8),
    (Course::AnnualPaperLate, 1),
    (Course::AnnualLate, 2),
    (Course::RemindedOnce, 2),
    (Course::RemindedTwice, 1),
    (Course::NotSubmitted, 1),
    (Course::NotSubmittedThenDeclared, 1),
    (Course::LeftAfterLastDay, 1),
    (Course::DemandAnswered, 2),
    (Course::DemandAnsweredLate, 1),
    (Course::DemandAnsweredOnPaper, 1),
    (Course::DemandOfPaper, 1),
    (Course::DemandWithdrawn, 1),
    (Course::Leaves, 1),
    (Course::LeavesAndReturns, 1),
    (Course::AddedLater, 1),
    (Course::PersonnelThenAnnual, 2),
    (Course::FirstOnline, 4),
    (Course::FirstPaper, 3),
    (Course::FirstLate, 1),
    (Course::FirstThenPersonnel, 1),
    (Course::Supplement, 2),
    (Course::SupplementTakenBack, 1),
    (Course::SupplementStillOpen, 1),
    (Course::PersonnelOnline, 1),
    (Course::PersonnelPaper, 1),
    (Course::PersonnelLate, 1),
    (Course::PersonnelDropped, 1),
    (Course::PersonnelStillOpen, 1),
    (Course::Candidate, 1),
];

impl Course {
    /// Owes an annual declaration for the year.
    pub fn is_annual(self) -> bool {
        use Course::*;
        !self.is_first()
            && !matches!(
                self,
                Supplement
                    | SupplementTakenBack
                    | SupplementStillOpen
                    | PersonnelOnline
                    | PersonnelPaper
                    | PersonnelLate
                    | PersonnelDropped
                    | PersonnelStillOpen
                    | Candidate
            )
    }

    /// Comes into a post that obliges during the year.
    pub fn is_first(self) -> bool {
        use Course::*;
        matches!(self, FirstOnline | FirstPaper | FirstLate | FirstThenPersonnel)
    }

    /// Is recorded as not having submitted.
    pub fn is_recorded(self) -> bool {
        matches!(self, Course::NotSubmitted | Course::NotSubmittedThenDeclared | Course::LeftAfterLastDay)
    }
}

/// How soon the unit receives what was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiving {
    Prompt,
    WeeksLater,
}

pub(super) const RECEIVING: [(Receiving, usize); 2] = [(Receiving::Prompt, 7), (Receiving::WeeksLater, 1)];

/// How what was received is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handing {
    InTime,
    Late,
    MissingThenAgain,
}

pub(super) const HANDING: [(Handing, usize); 3] =
    [(Handing::InTime, 8), (Handing::Late, 2), (Handing::MissingThenAgain, 2)];

/// How what was handed over is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Publishing {
    Posted,
    PostedLate,
    /// Taken down early and posted again.
    BrokenThenPosted,
    Meeting,
    /// Too few came; posted instead.
    ShortMeetingThenPosted,
}

pub(super) const PUBLISHING: [(Publishing, usize); 5] = [
    (Publishing::Posted, 7),
    (Publishing::PostedLate, 2),
    (Publishing::BrokenThenPosted, 1),
    (Publishing::Meeting, 3),
    (Publishing::ShortMeetingThenPosted, 1),
];

/// A thing that must have happened to somebody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path(pub &'static str);

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// All of them; each is put down by the act that did it, from what the service answered.
pub(super) const ALL: [&str; 39] = [
    "FIRST online",
    "FIRST on paper",
    "ANNUAL online",
    "ANNUAL on paper",
    "SUPPLEMENT online",
    "PERSONNEL online",
    "PERSONNEL on paper",
    "CANDIDATE online",
    "supplement taken back",
    "plan dropped",
    "declared late with a reason",
    "handed in late on paper",
    "reminded once",
    "reminded twice",
    "declared after one reminder",
    "declared after two reminders",
    "recorded as not submitted",
    "declared after all",
    "left after the last day",
    "demand read on the system",
    "demand handed over on paper",
    "demand answered in time",
    "demand answered late",
    "demand answered on paper",
    "demand withdrawn",
    "received weeks later",
    "received again",
    "handed over in time",
    "handed over late",
    "missing at the agency",
    "handed over again",
    "publication begun late",
    "posting broken off",
    "posted again",
    "meeting with its quorum",
    "meeting without its quorum",
    "left before the last day",
    "came back",
    "obliged by the second opening of the year",
];

/// A stream of numbers that is the same for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// `count` cards: each kind in its share and at least once as far as they reach, shuffled.
    pub fn deal<T: Copy>(&mut self, kinds: &[(T, usize)], count: usize) -> Vec<T> {
        let once = kinds.iter().map(|(card, _)| *card);
        let again = kinds.iter().flat_map(|(card, share)| std::iter::repeat_n(*card, *share));
        let more: Vec<T> = again.collect();
        let mut cards: Vec<T> = once.chain(more.into_iter().cycle()).take(count).collect();
        for last in (1..cards.len()).rev() {
            cards.swap(last, self.below(last + 1));
        }
        cards
    }
}

#[test]
fn a_deal_has_every_card_and_is_the_same_again() {
    let deal = |seed| Chance::new(seed).deal(&COURSES, 60);
    assert_eq!(deal(7), deal(7));
    assert_ne!(deal(7), deal(8));
    assert!(COURSES.iter().all(|(course, _)| deal(7).contains(course)));
}
