//! Many people at once. What each does is due at times that do not wait for the service: a late answer makes the next ones
//! late, and each is measured from when it was due.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep_until};

use crate::figures::{Deed, Figures};
use crate::person::{Outcome, Person};

/// How people behave.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// For how long they are at it, in seconds.
    pub seconds: f64,
    /// An autosave every so many seconds, a fifth more or less.
    pub save_every: f64,
    pub browse_every: f64,
    /// Each submits once, at a moment of so many seconds.
    pub submit_within: f64,
    /// Turned away, a submission is sent again after so many seconds, a fifth more or less.
    pub patience: f64,
}

/// Told before the service is killed: an error from then on is no error.
pub type Dying = Arc<AtomicBool>;

/// Lets people be at it together; gives them back with what was measured.
pub async fn together(people: Vec<Person>, rhythm: Rhythm, dying: &Dying) -> Result<(Vec<Person>, Figures)> {
    let begun = Instant::now() + Duration::from_millis(100);
    let tasks: Vec<_> = people
        .into_iter()
        .map(|person| tokio::spawn(one(person, rhythm, begun, StdRng::from_rng(&mut rand::rng()), dying.clone())))
        .collect();
    let (mut people, mut figures) = (Vec::new(), Figures::default());
    for task in tasks {
        let (person, measured) = task.await.context("a person panicked")?;
        people.push(person);
        figures.add(measured);
    }
    Ok((people, figures))
}

/// When something is due next, in seconds from the beginning; never is infinity.
struct Plan {
    save: f64,
    browse: f64,
    submit: f64,
    /// When the submission was due first.
    submit_due: f64,
}

impl Plan {
    fn next(&self) -> (Deed, f64) {
        let all = [(Deed::Browse, self.browse), (Deed::Autosave, self.save), (Deed::Submit, self.submit)];
        all.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are three")
    }
}

async fn one(
    mut person: Person,
    rhythm: Rhythm,
    begun: Instant,
    mut random: StdRng,
    dying: Dying,
) -> (Person, Figures) {
    let mut figures = Figures::default();
    let mut shaken = move |seconds: f64| seconds * random.random_range(0.8..1.2);
    let first = |within: f64| within * rand::random::<f64>();
    let submit = if person.submitted.is_some() { f64::INFINITY } else { first(rhythm.submit_within) };
    let save = if person.submitted.is_some() { f64::INFINITY } else { first(rhythm.save_every) };
    let mut plan = Plan { save, browse: first(rhythm.browse_every), submit, submit_due: submit };
    let mut pages = 0;
    loop {
        let (deed, due) = plan.next();
        if due >= rhythm.seconds || dying.load(Ordering::Relaxed) {
            return (person, figures);
        }
        sleep_until(begun + Duration::from_secs_f64(due)).await;
        let outcome = match deed {
            Deed::Browse => {
                pages += 1;
                person.browse(pages).await
            }
            Deed::Autosave => person.save().await,
            Deed::Submit => person.submit().await,
        };
        let now = (Instant::now() - begun).as_secs_f64();
        let since = if deed == Deed::Submit { plan.submit_due } else { due };
        match outcome {
            Ok(Outcome::Done) => figures.done(deed, Duration::from_secs_f64((now - since).max(0.0))),
            Ok(Outcome::Shed) => figures.shed(deed),
            Err(_) if dying.load(Ordering::Relaxed) => return (person, figures),
            Err(error) => {
                figures.errors.push(format!("{deed:?} of {}: {error:#}", person.declarant.obligation));
                return (person, figures);
            }
        }
        match (deed, outcome) {
            // A page that is behind has one text, the latest: what came due meanwhile goes with the next.
            (Deed::Autosave, _) => plan.save = after(due, now, shaken(rhythm.save_every)),
            (Deed::Browse, _) => plan.browse = after(due, now, shaken(rhythm.browse_every)),
            (Deed::Submit, Ok(Outcome::Shed)) => plan.submit = now + shaken(rhythm.patience),
            (Deed::Submit, _) => (plan.submit, plan.save) = (f64::INFINITY, f64::INFINITY),
        }
    }
}

/// The next time after `due`; no more than one is owed at `now`.
fn after(due: f64, now: f64, every: f64) -> f64 {
    (due + every).max(now - every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_owed_once() {
        assert_eq!(after(10.0, 10.1, 5.0), 15.0);
        assert_eq!(after(10.0, 17.0, 5.0), 15.0, "late: measured from when it was due");
        assert_eq!(after(10.0, 60.0, 5.0), 55.0);
    }
}
