//! What was measured: how long it took from the moment something was due, and what was turned away.
use std::time::Duration;

/// What a person does, from what is turned away first to what is turned away last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Browse,
    Autosave,
    Submit,
}

impl Deed {
    pub const ALL: [Self; 3] = [Self::Browse, Self::Autosave, Self::Submit];

    fn word(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Autosave => "autosave",
            Self::Submit => "submit",
        }
    }
}

/// Of one kind of deed.
#[derive(Debug, Clone, Default)]
struct Series {
    /// Milliseconds from when it was due until it was answered.
    done: Vec<f64>,
    shed: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Figures {
    series: [Series; 3],
    pub errors: Vec<String>,
}

impl Figures {
    pub fn done(&mut self, deed: Deed, took: Duration) {
        self.series[deed as usize].done.push(took.as_secs_f64() * 1000.0);
    }

    pub fn shed(&mut self, deed: Deed) {
        self.series[deed as usize].shed += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (mine, theirs) in self.series.iter_mut().zip(other.series) {
            mine.done.extend(theirs.done);
            mine.shed += theirs.shed;
        }
        self.errors.extend(other.errors);
    }

    pub fn count(&self, deed: Deed) -> usize {
        self.series[deed as usize].done.len()
    }

    /// How many of a hundred requests were turned away.
    pub fn shed_percent(&self, deed: Deed) -> f64 {
        let series = &self.series[deed as usize];
        let asked = (series.done.len() + series.shed).max(1);
        series.shed as f64 * 100.0 / asked as f64
    }

    pub fn shed_of(&self, deed: Deed) -> usize {
        self.series[deed as usize].shed
    }

    pub fn shed_count(&self) -> usize {
        self.series.iter().map(|series| series.shed).sum()
    }

    /// The time within which `part` of all were answered; what was turned away counts as never.
    pub fn within(&self, deed: Deed, part: f64) -> f64 {
        let series = &self.series[deed as usize];
        let asked = series.done.len() + series.shed;
        if asked == 0 { 0.0 } else { ranked(&sorted(&series.done), asked, part).unwrap_or(f64::INFINITY) }
    }

    pub fn table(&self, seconds: f64) -> String {
        let mut lines = vec![format!(
            "  {:9} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7} {:>6}",
            "", "done", "per s", "p50 ms", "p99 ms", "max ms", "shed", "shed %"
        )];
        for deed in Deed::ALL {
            let series = &self.series[deed as usize];
            let sorted = sorted(&series.done);
            let at = |part: f64| ranked(&sorted, sorted.len(), part);
            lines.push(format!(
                "  {:9} {:>7} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>7} {:>6.1}",
                deed.word(),
                sorted.len(),
                sorted.len() as f64 / seconds,
                at(0.5).unwrap_or(0.0),
                at(0.99).unwrap_or(0.0),
                at(1.0).unwrap_or(0.0),
                series.shed,
                self.shed_percent(deed)
            ));
        }
        lines.join("\n")
    }
}

/// The time within which `part` of `asked` were answered; none when it is one that was not.
fn ranked(sorted: &[f64], asked: usize, part: f64) -> Option<f64> {
    sorted.get(((asked as f64 * part).ceil() as usize).max(1) - 1).copied()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_away_counts_as_never() {
        let mut figures = Figures::default();
        (1..=98).for_each(|n| figures.done(Deed::Autosave, Duration::from_millis(n)));
        figures.shed(Deed::Autosave);
        assert_eq!(figures.within(Deed::Autosave, 0.5), 50.0);
        assert_eq!(figures.within(Deed::Autosave, 0.98), 98.0);
        assert_eq!(figures.within(Deed::Autosave, 0.999), f64::INFINITY);
        assert!((figures.shed_percent(Deed::Autosave) - 100.0 / 99.0).abs() < 1e-9);
        assert_eq!(figures.within(Deed::Submit, 0.99), 0.0);
    }
}
