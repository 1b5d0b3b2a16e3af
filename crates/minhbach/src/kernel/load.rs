//! Turns at the service when more is asked than it can do. Few requests are at work at a time; the others wait in one
//! queue for each class, a higher class goes first, and who would wait too long is told so at once instead of late.
//!
//! The measure of pressure is the time a request waits for its turn (as in CoDel, RFC 8289), not a count. A burst is
//! waited out; a queue that has not been empty for a while stands, and then the class's patience is short, so that those
//! who are served are served soon. Lower classes never take the last places: a slow page does not hold up a submission. And
//! a higher class never takes the floor of a lower one in which somebody waits: one place each, so that whoever must look
//! before they send, or sign in, gets there however many send.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::config::Load;

/// What is refused first when there is too much, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Looking: pages, lists, files; and signing in, because who has begun goes before who comes.
    Browse,
    /// A draft's text saved by the page itself, which keeps it and asks again.
    Autosave,
    /// What a person does on purpose: sending, receiving, deciding, and the button that saves.
    Act,
}

impl Class {
    pub const ALL: [Self; 3] = [Self::Browse, Self::Autosave, Self::Act];

    /// For metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Autosave => "autosave",
            Self::Act => "act",
        }
    }
}

/// A queue that has not been empty for this long stands.
const STANDING_AFTER: Duration = Duration::from_secs(1);
/// How many times longer than in a standing queue a request waits in a burst.
const BURST: u32 = 4;

/// How many, and how long they wait; by class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Requests of this class and those below it that are at work at a time.
    places: [usize; 3],
    patience: [Duration; 3],
    /// Requests of one class that wait.
    waiting: usize,
}

/// With fewer places than this there is none to spare for a floor.
const FLOORS_FROM: usize = 3;

impl Limits {
    /// # Panics
    /// Never: `in_work` of 0 counts as 1.
    pub fn new(in_work: usize, patience: [Duration; 3], waiting: usize) -> Self {
        let in_work = in_work.max(1);
        let share = |quarters: usize| (in_work * quarters / 4).max(1);
        Self { places: [share(2), share(3), in_work], patience, waiting }
    }

    /// The settings; without a number of requests, four for each core, and fewer than there are connections.
    pub fn of(load: &Load, max_connections: u32) -> Self {
        let connections = usize::try_from(max_connections).unwrap_or(usize::MAX);
        let in_work = load.in_work.unwrap_or((cores() * 4).max(8)).min(connections.saturating_sub(4).max(1));
        let patience = [load.browse_ms, load.autosave_ms, load.act_ms].map(Duration::from_millis);
        Self::new(in_work, patience, load.waiting)
    }

    fn has_floors(&self) -> bool {
        self.places[Class::Act as usize] >= FLOORS_FROM
    }
}

/// The door to the service.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    queues: Mutex<Queues<oneshot::Sender<Place>>>,
}

/// A place at work; given back when dropped.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    class: Class,
}

/// The class's patience is over, or too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Gate {
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits, queues: Mutex::default() }))
    }

    /// Waits for a place, as long as the class has patience.
    pub async fn admit(&self, class: Class) -> Result<Place, TooMany> {
        let begun = Instant::now();
        let turn = {
            let mut queues = self.queues();
            if queues.enter(class, &self.0.limits) {
                drop(queues);
                tell(class, Ok(()), Duration::ZERO);
                return Ok(Place::taken(self, class));
            }
            if queues.is_full(class, &self.0.limits) {
                drop(queues);
                tell(class, Err(TooMany), Duration::ZERO);
                return Err(TooMany);
            }
            let (sender, turn) = oneshot::channel();
            queues.wait(class, begun, sender);
            turn
        };
        // The queues are looked through whenever a place becomes free; the timer is for when none does.
        let place = match tokio::time::timeout(self.longest_wait(class), turn).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(TooMany),
        };
        tell(class, place.as_ref().map(|_| ()).map_err(|_| TooMany), begun.elapsed());
        place
    }

    /// How many who come in may be at work at a time: half of the places to look, and no more than there are cores to
    /// hash their passwords, so that nobody who has a place waits for a core.
    pub fn arrivals(&self) -> usize {
        (self.0.limits.places[Class::Browse as usize] / 2).min(cores()).max(1)
    }

    /// How long a request of a class waits at most.
    pub fn longest_wait(&self, class: Class) -> Duration {
        self.0.limits.patience[class as usize] * BURST
    }

    fn queues(&self) -> MutexGuard<'_, Queues<oneshot::Sender<Place>>> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn taken(gate: &Gate, class: Class) -> Self {
        in_use(class).increment(1.0);
        Self { gate: gate.clone(), class }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        in_use(self.class).decrement(1.0);
        let next = self.gate.queues().leave(self.class, Instant::now(), &self.gate.0.limits);
        // Outside the lock: a place whose waiter has gone comes back at once.
        for (class, turn) in next {
            let _gone = turn.send(Place::taken(&self.gate, class));
        }
    }
}

fn in_use(class: Class) -> metrics::Gauge {
    metrics::gauge!("load_places_in_use", "class" => class.as_str())
}

fn tell(class: Class, outcome: Result<(), TooMany>, waited: Duration) {
    let outcome = if outcome.is_ok() { "admitted" } else { "shed" };
    metrics::counter!("load_requests_total", "class" => class.as_str(), "outcome" => outcome).increment(1);
    let milliseconds = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    if milliseconds > 0 {
        metrics::counter!("load_wait_milliseconds_total", "class" => class.as_str()).increment(milliseconds);
    }
}

/// Whether whoever waited has gone.
trait Turn {
    fn is_gone(&self) -> bool;
}

impl Turn for oneshot::Sender<Place> {
    fn is_gone(&self) -> bool {
        self.is_closed()
    }
}

/// What this machine does at the same time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Who is at work and who waits. Pure: the time is told to it.
#[derive(Debug)]
struct Queues<T> {
    at_work: [usize; 3],
    waiting: [VecDeque<(Instant, T)>; 3],
    /// Since when a queue has not been empty.
    standing: [Option<Instant>; 3],
}

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self { at_work: [0; 3], waiting: Default::default(), standing: [None; 3] }
    }
}

impl<T: Turn> Queues<T> {
    fn has_room(&self, class: Class, limits: &Limits) -> bool {
        let kept = self.kept_below(class, limits);
        // A place of a lower class counts for every class above it.
        (class as usize..Class::ALL.len())
            .all(|at| self.at_work[..=at].iter().sum::<usize>() + kept < limits.places[at])
    }

    /// Places that are not for this class, because somebody of a lower one waits that has none.
    fn kept_below(&self, class: Class, limits: &Limits) -> usize {
        let below = 0..if limits.has_floors() { class as usize } else { 0 };
        below.filter(|lower| self.at_work[*lower] == 0 && !self.waiting[*lower].is_empty()).count()
    }

    /// Forgets those in front who left while they waited: no place is kept for them.
    fn drop_gone(&mut self) {
        for waiting in &mut self.waiting {
            while waiting.front().is_some_and(|(_, turn)| turn.is_gone()) {
                waiting.pop_front();
            }
        }
        self.note_empty();
    }

    /// A queue nobody stands in any more does not stand.
    fn note_empty(&mut self) {
        for (waiting, standing) in self.waiting.iter().zip(&mut self.standing) {
            if waiting.is_empty() {
                *standing = None;
            }
        }
    }

    /// Takes a place at once, unless there is none or someone was here before.
    fn enter(&mut self, class: Class, limits: &Limits) -> bool {
        self.drop_gone();
        let free = self.waiting[class as usize].is_empty() && self.has_room(class, limits);
        if free {
            self.at_work[class as usize] += 1;
        }
        free
    }

    fn is_full(&mut self, class: Class, limits: &Limits) -> bool {
        let waiting = &mut self.waiting[class as usize];
        if waiting.len() >= limits.waiting {
            waiting.retain(|(_, turn)| !turn.is_gone());
        }
        waiting.len() >= limits.waiting
    }

    fn wait(&mut self, class: Class, now: Instant, turn: T) {
        self.waiting[class as usize].push_back((now, turn));
        self.standing[class as usize].get_or_insert(now);
    }

    /// Gives a place back; whose turn it is now. Those who waited too long are dropped, which tells them.
    fn leave(&mut self, class: Class, now: Instant, limits: &Limits) -> Vec<(Class, T)> {
        self.at_work[class as usize] -= 1;
        let mut next = Vec::new();
        Class::ALL.into_iter().for_each(|class| self.drop_late(class, now, limits));
        self.drop_gone();
        for class in Class::ALL.into_iter().rev() {
            while self.has_room(class, limits) {
                let Some((_, turn)) = self.waiting[class as usize].pop_front() else { break };
                if !turn.is_gone() {
                    self.at_work[class as usize] += 1;
                    next.push((class, turn));
                }
            }
        }
        self.note_empty();
        next
    }

    fn drop_late(&mut self, class: Class, now: Instant, limits: &Limits) {
        let stands = self.standing[class as usize].is_some_and(|since| now - since > STANDING_AFTER);
        let patience = limits.patience[class as usize] * if stands { 1 } else { BURST };
        let waiting = &mut self.waiting[class as usize];
        while waiting.front().is_some_and(|(since, _)| now - *since > patience) {
            waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who waits, by number.
    impl Turn for u32 {
        fn is_gone(&self) -> bool {
            *self == GONE
        }
    }

    const GONE: u32 = 999;

    fn limits(in_work: usize) -> Limits {
        Limits::new(in_work, [100, 400, 4000].map(Duration::from_millis), 3)
    }

    fn after(begun: Instant, milliseconds: u64) -> Instant {
        begun + Duration::from_millis(milliseconds)
    }

    #[test]
    fn lower_classes_never_take_the_last_places() {
        let (limits, mut queues) = (limits(8), Queues::<u32>::default());
        let mut take = |class| (0..20).take_while(|_| queues.enter(class, &limits)).count();
        assert_eq!((take(Class::Browse), take(Class::Autosave), take(Class::Act)), (4, 2, 2));
        assert_eq!(take(Class::Browse), 0);
        let mut queues = Queues::<u32>::default();
        let acts = (0..20).take_while(|_| queues.enter(Class::Act, &limits)).count();
        assert_eq!(acts, 8, "acts may have all");
        assert!(!queues.enter(Class::Browse, &limits), "what acts have taken, a page cannot have");
    }

    #[test]
    fn a_higher_class_goes_first_and_each_in_its_order() {
        let (limits, mut queues, begun) = (limits(1), Queues::default(), Instant::now());
        assert!(queues.enter(Class::Browse, &limits));
        for (number, class) in [Class::Browse, Class::Autosave, Class::Act, Class::Act].into_iter().enumerate() {
            assert!(!queues.enter(class, &limits));
            queues.wait(class, begun, u32::try_from(number).unwrap());
        }
        let mut at_work = Class::Browse;
        let mut order = Vec::new();
        for _ in 0..4 {
            let next = queues.leave(at_work, after(begun, 10), &limits);
            assert_eq!(next.len(), 1, "one place, one turn");
            (at_work, _) = next[0];
            order.push(next[0]);
        }
        assert_eq!(order, [(Class::Act, 2), (Class::Act, 3), (Class::Autosave, 1), (Class::Browse, 0)]);
        assert!(queues.leave(at_work, after(begun, 20), &limits).is_empty());
        assert_eq!(queues.at_work, [0; 3]);
    }

    /// However many send: who waits to look and a draft that waits get one of eight places each, one after the other.
    #[test]
    fn an_endless_queue_of_acts_leaves_each_lower_class_its_floor() {
        let (limits, mut queues, begun) = (limits(8), Queues::<u32>::default(), Instant::now());
        assert_eq!((0..20).take_while(|_| queues.enter(Class::Act, &limits)).count(), 8);
        queues.wait(Class::Browse, begun, 1);
        queues.wait(Class::Browse, begun, 2);
        queues.wait(Class::Autosave, begun, 3);
        let mut served = Vec::new();
        for round in 0..6 {
            (0..3).for_each(|_| queues.wait(Class::Act, begun, 100));
            for (class, number) in queues.leave(Class::Act, after(begun, round), &limits) {
                served.extend((class != Class::Act).then_some((class, number)));
            }
            assert_eq!(queues.at_work.iter().sum::<usize>(), 8, "no place stands empty");
        }
        assert_eq!(served, [(Class::Browse, 1), (Class::Autosave, 3)], "a floor is one place, not more");
        // Who looks next gets the place of who looked.
        assert_eq!(queues.leave(Class::Browse, after(begun, 9), &limits), [(Class::Browse, 2)]);
    }

    #[test]
    fn no_place_is_kept_for_who_left() {
        let (limits, mut queues, begun) = (limits(8), Queues::<u32>::default(), Instant::now());
        assert_eq!((0..7).take_while(|_| queues.enter(Class::Act, &limits)).count(), 7);
        queues.wait(Class::Browse, begun, 1);
        assert!(!queues.enter(Class::Act, &limits), "the last place is for who looks");
        queues.waiting[0][0].1 = GONE;
        assert!(queues.enter(Class::Act, &limits));
        assert_eq!(queues.kept_below(Class::Act, &limits), 0);
    }

    #[test]
    fn a_burst_is_waited_out_and_a_standing_queue_is_not() {
        let (limits, mut queues, begun) = (limits(1), Queues::default(), Instant::now());
        assert!(queues.enter(Class::Act, &limits));
        queues.wait(Class::Browse, begun, 1);
        // 300 ms is more than its patience, less than that of a burst.
        assert_eq!(queues.leave(Class::Act, after(begun, 300), &limits), [(Class::Browse, 1)]);
        assert_eq!(queues.standing, [None; 3]);
        // A queue that has not been empty for two seconds: 300 ms is too long now, 50 ms is not.
        queues.wait(Class::Browse, after(begun, 1000), 2);
        queues.wait(Class::Browse, after(begun, 2700), 3);
        queues.wait(Class::Browse, after(begun, 2950), 4);
        assert_eq!(queues.leave(Class::Browse, after(begun, 3000), &limits), [(Class::Browse, 4)]);
        assert!(queues.waiting[0].is_empty(), "the others were told");
    }

    #[test]
    fn the_lower_class_loses_patience_first_and_a_full_queue_takes_nobody() {
        let (limits, mut queues, begun) = (limits(1), Queues::default(), Instant::now());
        assert!(queues.enter(Class::Act, &limits));
        for class in Class::ALL {
            queues.wait(class, begun, class as u32);
        }
        for (at, waiting) in [(399, [1, 1, 1]), (401, [0, 1, 1]), (1300, [0, 0, 1]), (3900, [0, 0, 1]), (4100, [0; 3])]
        {
            Class::ALL.into_iter().for_each(|class| queues.drop_late(class, after(begun, at), &limits));
            assert_eq!([0, 1, 2].map(|class| queues.waiting[class].len()), waiting, "after {at} ms");
        }
        (0..3).for_each(|_| queues.wait(Class::Browse, begun, 1));
        assert!(queues.is_full(Class::Browse, &limits) && !queues.is_full(Class::Autosave, &limits));
        // Those who left make room.
        queues.waiting[0][1].1 = GONE;
        assert!(!queues.is_full(Class::Browse, &limits));
    }

    #[test]
    fn who_left_while_waiting_gets_no_place() {
        let (limits, mut queues, begun) = (limits(1), Queues::default(), Instant::now());
        assert!(queues.enter(Class::Act, &limits));
        queues.wait(Class::Act, begun, GONE);
        queues.wait(Class::Act, begun, 7);
        assert_eq!(queues.leave(Class::Act, begun, &limits), [(Class::Act, 7)]);
        assert_eq!(queues.at_work, [0, 0, 1]);
    }

    /// Many at once, some of whom leave while they wait: in the end every place is free again.
    #[tokio::test]
    async fn no_place_is_lost() {
        let gate = Gate::new(Limits::new(3, [Duration::from_secs(5); 3], 1000));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..300_u64 {
            let gate = gate.clone();
            let class = Class::ALL[usize::try_from(number % 3).unwrap()];
            tasks.spawn(async move {
                let leaves = Duration::from_micros(if number.is_multiple_of(7) { 300 } else { 10_000_000 });
                let work = async {
                    let place = gate.admit(class).await;
                    tokio::time::sleep(Duration::from_micros(number * 7 % 500)).await;
                    place.is_ok()
                };
                tokio::time::timeout(leaves, work).await
            });
        }
        let served = tasks.join_all().await.into_iter().filter(|outcome| matches!(outcome, Ok(true))).count();
        assert!(served > 200, "{served} of 300 were served");
        assert_eq!(gate.queues().at_work, [0; 3]);
        assert!(gate.queues().waiting.iter().all(VecDeque::is_empty));
    }
}
