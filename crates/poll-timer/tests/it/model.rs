//! The model: an ordered map, and a wheel that has to agree with it after every operation.

use std::collections::BTreeMap;

use poll_api::Instant;
use poll_timer::{TimerKey, TimerWheel};

/// One step of a random program. Numbers that choose a timer are taken modulo the timers there are.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sets a timer so far from now; negative is in the past.
    Insert(i128),
    /// Sets one with the deadline of another.
    Twin(usize),
    Never,
    Cancel(usize),
    Reset(usize, i128),
    /// Uses a key that is stale.
    Stale(usize),
    Advance(u64),
    /// To the instant that the wheel asks for.
    Sleep,
    Back(u64),
    /// With this budget, once; the steps run between the timers that fire.
    Expire(usize, Vec<Self>),
    Shrink,
    Clear,
}

type Place = (u64, u64);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Timer {
    key: TimerKey,
    value: u64,
    // Reset to a later deadline: among equals it may be behind what was set since, too.
    is_put_off: bool,
}

/// A wheel and its model. The value of a timer is its place in the model when it was inserted.
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) wheel: TimerWheel<u64>,
    // By deadline, then by the order in which they were set.
    timers: BTreeMap<Place, Timer>,
    keys: Vec<(TimerKey, Place)>,
    where_is: BTreeMap<TimerKey, usize>,
    stale: Vec<TimerKey>,
    pub(crate) now: u64,
    sequence: u64,
    pub(crate) fired: u64,
}

impl Pair {
    pub(crate) fn run(&mut self, step: &Step) {
        match step {
            Step::Insert(distance) => self.insert(self.at(*distance)),
            Step::Twin(which) => {
                if let Some((_, place)) = self.choose(*which) {
                    self.insert(place.0);
                }
            }
            Step::Never => self.insert(u64::MAX),
            Step::Cancel(which) => {
                if let Some((key, place)) = self.choose(*which) {
                    let timer = self.forget(key, place);
                    assert_eq!(self.wheel.cancel(key), Some(timer.value));
                }
            }
            Step::Reset(which, distance) => {
                if let Some((key, place)) = self.choose(*which) {
                    let timer = self.forget(key, place);
                    self.stale.pop();
                    let deadline = self.at(*distance);
                    assert!(self.wheel.reset(key, Instant::from_nanos(deadline)));
                    self.remember(key, deadline, timer.value, deadline > place.0);
                }
            }
            Step::Stale(which) => self.use_stale(*which),
            Step::Advance(duration) => self.now = self.now.saturating_add(*duration),
            Step::Sleep => {
                if let Some(deadline) = self.wheel.next_deadline() {
                    self.now = self.now.max(deadline.as_nanos());
                }
            }
            Step::Back(duration) => self.now = self.now.saturating_sub(*duration),
            Step::Expire(budget, between) => self.expire(*budget, between),
            Step::Shrink => self.wheel.shrink_to_fit(),
            Step::Clear => {
                self.wheel.clear();
                self.stale.extend(self.keys.drain(..).map(|(key, _)| key));
                self.timers.clear();
                self.where_is.clear();
            }
        }
        self.check();
    }

    fn at(&self, distance: i128) -> u64 {
        let deadline = i128::from(self.now) + distance;
        u64::try_from(deadline.max(0)).unwrap_or(u64::MAX)
    }

    fn choose(&self, which: usize) -> Option<(TimerKey, Place)> {
        let index = which.checked_rem(self.keys.len())?;
        Some(self.keys[index])
    }

    fn insert(&mut self, deadline: u64) {
        let value = self.sequence;
        let key = self.wheel.insert(Instant::from_nanos(deadline), value);
        self.remember(key, deadline, value, false);
    }

    fn remember(&mut self, key: TimerKey, deadline: u64, value: u64, is_put_off: bool) {
        let place = (deadline, self.sequence);
        self.sequence += 1;
        let timer = Timer {
            key,
            value,
            is_put_off,
        };
        self.timers.insert(place, timer);
        let before = self.where_is.insert(key, self.keys.len());
        assert_eq!(before, None, "two timers have one key");
        self.keys.push((key, place));
    }

    fn forget(&mut self, key: TimerKey, place: Place) -> Timer {
        let index = self.where_is.remove(&key).unwrap();
        self.keys.swap_remove(index);
        if let Some((moved, _)) = self.keys.get(index) {
            self.where_is.insert(*moved, index);
        }
        self.stale.push(key);
        self.timers.remove(&place).unwrap()
    }

    fn use_stale(&mut self, which: usize) {
        let Some(index) = which.checked_rem(self.stale.len()) else {
            return;
        };
        let key = self.stale[index];
        assert_eq!(self.wheel.get(key), None);
        assert_eq!(self.wheel.get_mut(key), None);
        assert_eq!(self.wheel.deadline(key), None);
        assert_eq!(self.wheel.cancel(key), None);
        assert!(!self.wheel.reset(key, Instant::from_nanos(self.now)));
    }

    fn expire(&mut self, budget: usize, between: &[Step]) {
        // What is set from here on is none of this expiry's.
        let boundary = self.sequence;
        let mut expiry = self.wheel.expiry(Instant::from_nanos(self.now), budget);
        let mut count = 0;
        let mut between = between.iter();
        while let Some(timer) = self.wheel.expire(&mut expiry) {
            count += 1;
            let first = self.due(boundary).unwrap();
            let (key, place) = self.keys[self.where_is[&timer.key]];
            assert_eq!(place.0, first.0, "out of the order of deadlines");
            assert!(place.1 < boundary, "set since the expiry began");
            let mut before = self.timers.range((place.0, 0)..place);
            assert!(before.all(|(_, other)| other.is_put_off), "out of order");
            let expected = self.forget(key, place);
            assert_eq!(timer.deadline.as_nanos(), place.0);
            assert_eq!(timer.value, expected.value);
            if let Some(step) = between.next() {
                self.run(step);
            }
        }
        assert!(count <= budget, "more than the budget");
        self.fired += count as u64;
        if !expiry.is_unfinished() {
            assert_eq!(self.due(boundary), None, "a timer that is due did not fire");
        }
    }

    // The next timer to fire that was set before `boundary`.
    fn due(&self, boundary: u64) -> Option<Place> {
        let due = self.timers.range(..=(self.now, u64::MAX));
        let mut due =
            due.filter(|((deadline, sequence), _)| *deadline != u64::MAX && *sequence < boundary);
        due.next().map(|(place, _)| *place)
    }

    /// Fires all that is due, in turns of one.
    pub(crate) fn drain(&mut self) {
        for _ in 0..2 * self.keys.len() + 16 {
            if self.due(u64::MAX).is_none() {
                return;
            }
            self.run(&Step::Expire(16, Vec::new()));
        }
        panic!("expiries make no progress");
    }

    fn check(&self) {
        assert_eq!(self.wheel.len(), self.timers.len());
        assert_eq!(self.wheel.is_empty(), self.timers.is_empty());
        let first = self.timers.first_key_value().map(|(place, _)| place.0);
        let first = first.filter(|deadline| *deadline != u64::MAX);
        match (self.wheel.next_deadline(), first) {
            (Some(found), Some(first)) => {
                assert!(found.as_nanos() <= first, "late: {found:?}, not {first}");
            }
            (None, Some(first)) => panic!("none, but {first} is due"),
            (Some(found), None) => {
                assert!(!self.timers.is_empty(), "{found:?}, but there is no timer");
            }
            (None, None) => {}
        }
    }

    /// Every timer is what the model says.
    pub(crate) fn check_all(&self) {
        for (place, timer) in &self.timers {
            assert_eq!(self.wheel.get(timer.key), Some(&timer.value));
            assert_eq!(
                self.wheel.deadline(timer.key),
                Some(Instant::from_nanos(place.0))
            );
        }
    }
}
