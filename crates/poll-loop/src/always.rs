//! The sources that are ready without the engine, in the order of their turns.

use std::collections::{HashMap, VecDeque};

use poll_api::Trigger;

use crate::command::Always;
use crate::id::Id;

/// A queue in which each source has one place: that of its last registration.
///
/// Places that were given up stay until their turn comes, so that a registration costs no search.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    places: VecDeque<(u64, Always)>,
    // Which place of a source counts.
    last: HashMap<Id, u64>,
    next: u64,
}

impl Queue {
    /// Puts a source at the end; one that is registered anew gives up its place before. One of
    /// which nothing is asked has none.
    pub(crate) fn begin(&mut self, source: Always) {
        if source.ready.is_empty() {
            self.last.remove(&source.id);
        } else {
            self.push(source);
        }
    }

    /// The place at the end, for a round that each source has one turn in.
    pub(crate) const fn end(&self) -> u64 {
        self.next
    }

    /// The source whose turn it is in a round up to `end`; none if the round is over. One that is
    /// told of in each wait goes to the end, and those that are not live any more leave.
    pub(crate) fn turn(&mut self, end: u64, is_live: impl Fn(Id) -> bool) -> Option<Always> {
        while let Some((number, source)) = self.places.pop_front_if(|(number, _)| *number <= end) {
            if self.last.get(&source.id) != Some(&number) {
                continue;
            }
            self.last.remove(&source.id);
            if !is_live(source.id) {
                continue;
            }
            if source.trigger == Trigger::Level {
                self.push(source);
            }
            return Some(source);
        }
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    fn push(&mut self, source: Always) {
        self.next += 1;
        self.last.insert(source.id, self.next);
        self.places.push_back((self.next, source));
    }
}

#[cfg(test)]
mod tests {
    use poll_api::{Ready, Trigger};

    use super::{Always, Id, Queue};

    fn source(slot: u32, trigger: Trigger, ready: Ready) -> Always {
        let id = Id::new(0, 0, slot).unwrap();
        Always { id, ready, trigger }
    }

    /// The sources of one round, without any in slot 9, which have ended.
    fn round(queue: &mut Queue) -> Vec<u32> {
        let end = queue.end();
        core::iter::from_fn(|| queue.turn(end, |id| id.slot() != 9))
            .map(|found| found.id.slot())
            .collect()
    }

    #[test]
    fn each_has_one_place_which_is_that_of_its_last_registration() {
        let mut queue = Queue::default();
        for slot in [1, 2, 3, 1, 9] {
            queue.begin(source(slot, Trigger::Level, Ready::READABLE));
        }
        assert_eq!(round(&mut queue), [2, 3, 1]);
        assert_eq!(round(&mut queue), [2, 3, 1]);
        queue.begin(source(3, Trigger::Edge, Ready::READABLE));
        queue.begin(source(2, Trigger::Level, Ready::EMPTY));
        assert_eq!(round(&mut queue), [1, 3]);
        assert_eq!(round(&mut queue), [1]);
        queue.begin(source(1, Trigger::Level, Ready::EMPTY));
        assert!(queue.is_empty());
        assert_eq!(round(&mut queue), []);
        assert_eq!(queue.places.len(), 0);
    }

    #[test]
    fn a_hundred_thousand_of_them_register_without_looking_at_each_other() {
        let mut queue = Queue::default();
        for times in 1..=2 {
            for slot in 10..100_010 {
                queue.begin(source(slot, Trigger::Level, Ready::READABLE));
            }
            assert_eq!(queue.places.len(), times * 100_000);
        }
        assert_eq!(round(&mut queue).len(), 100_000);
        assert_eq!(queue.places.len(), 100_000, "what was given up is gone");
    }
}
