//! Milestones of Quyết định 390/QĐ-TTg, as arithmetic.
use serde::Serialize;

/// Progress of one agency, one unit, or the nation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// Whose figures: code and name of the body.
    pub code: String,
    pub name: String,
    /// People obliged to declare.
    pub obliged: i64,
    /// Of these, declared.
    pub declared: i64,
    /// Of the declared, on paper and online.
    pub on_paper: i64,
    pub online: i64,
    /// Of the declared, stored as data.
    pub digitised: i64,
    /// Of the declared, received by the unit.
    pub received: i64,
    /// Papers received and not yet checked and on record: not known yet whose or of which year, so counted with
    /// this year and the last.
    pub awaiting: i64,
    /// Of the obliged, recorded as not having submitted after two written reminders; per unit, for its agency.
    pub not_submitted: i64,
}

impl Progress {
    /// The sum of several.
    pub fn total<'a>(code: &str, name: &str, parts: impl IntoIterator<Item = &'a Progress>) -> Progress {
        parts.into_iter().fold(Progress { code: code.into(), name: name.into(), ..Progress::default() }, |sum, part| {
            Progress {
                obliged: sum.obliged + part.obliged,
                declared: sum.declared + part.declared,
                on_paper: sum.on_paper + part.on_paper,
                online: sum.online + part.online,
                digitised: sum.digitised + part.digitised,
                received: sum.received + part.received,
                awaiting: sum.awaiting + part.awaiting,
                not_submitted: sum.not_submitted + part.not_submitted,
                ..sum
            }
        })
    }

    /// Share of the obliged who declared.
    pub fn declared_share(&self) -> Option<Share> {
        Share::of(self.declared, self.obliged)
    }

    /// Declarations that are there in any form: on record, or on paper waiting to be.
    pub fn at_hand(&self) -> i64 {
        self.declared + self.awaiting
    }

    /// Milestone 1: declarations digitised and stored, of all at hand (100 %).
    pub fn digitised_share(&self) -> Option<Share> {
        Share::of(self.digitised, self.at_hand())
    }

    /// Milestone 2: paper replaced, that is declared online, of all declared (at least 50 %).
    pub fn online_share(&self) -> Option<Share> {
        Share::of(self.online, self.declared)
    }
}

/// A share in tenths of a percent, rounded down: a milestone is not reached by rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(i64);

impl Share {
    /// `None` when there is nothing to take a share of.
    pub fn of(part: i64, whole: i64) -> Option<Share> {
        (whole > 0).then(|| Share(part * 1000 / whole))
    }

    pub fn percent(self) -> f64 {
        self.0 as f64 / 10.0
    }

    /// Whether it has reached `percent`.
    pub fn reached(self, percent: i64) -> bool {
        self.0 >= percent * 10
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{}%", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_milestone_is_not_reached_by_rounding() {
        let share = Share::of(9_999, 10_000).unwrap();
        assert_eq!(share.to_string(), "99,9%");
        assert!(!share.reached(100));
        assert!(Share::of(1, 2).unwrap().reached(50));
        assert!(!Share::of(499_999, 1_000_000).unwrap().reached(50));
        assert_eq!(Share::of(0, 0), None);
    }

    #[test]
    fn the_nation_is_the_sum_of_its_agencies() {
        let part = |n: i64| Progress {
            obliged: n,
            declared: n - 1,
            on_paper: 1,
            online: n - 2,
            digitised: n - 1,
            received: 0,
            awaiting: 1,
            ..Progress::default()
        };
        let total = Progress::total("", "Toàn quốc", &[part(3), part(5)]);
        assert_eq!((total.obliged, total.declared, total.online), (8, 6, 4));
        assert_eq!(total.digitised_share(), Share::of(6, 8), "papers that wait are not digitised");
    }
}
