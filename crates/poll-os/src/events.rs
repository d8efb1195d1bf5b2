//! The buffer that a wait fills.

use core::slice;

use poll_api::{Event, EventBuffer, Token};

use crate::backend::{Backend, RawEvent};
use crate::wakers;

/// The buffer that a wait fills and the caller reads; it allocates when made and not again.
#[derive(Debug)]
pub struct Events<B: Backend> {
    // Room for `capacity` events of sources, and behind them for one of each waker there can be.
    list: Box<[B::Raw]>,
    capacity: usize,
    filled: usize,
}

impl<B: Backend> Events<B> {
    /// A buffer for `capacity` events of sources, zero counting as one, and as many of wakers as
    /// there can be. One allocation.
    ///
    /// # Panics
    ///
    /// As [`Vec::with_capacity`] does: if the buffer would be larger than `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            list: vec![B::Raw::BLANK; capacity.saturating_add(wakers::capacity())]
                .into_boxed_slice(),
            capacity,
            filled: 0,
        }
    }

    /// How many events of sources fit.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.filled
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Forgets the events.
    #[inline]
    pub const fn clear(&mut self) {
        self.filled = 0;
    }

    /// The events, in no particular order.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> Iter<'_, B> {
        Iter {
            raw: self.as_raw().iter(),
        }
    }

    /// The events in the system's own form; those of wakers look as if a bell had rung.
    #[must_use]
    #[inline]
    pub fn as_raw(&self) -> &[B::Raw] {
        // `filled` is at most the length: `fill` and `push_wake` see to it.
        &self.list[..self.filled]
    }

    /// The places for events of sources, for the mechanism to write into;
    /// [`fill`](Self::fill) says how much it did.
    #[inline]
    pub(crate) fn places(&mut self) -> &mut [B::Raw] {
        &mut self.list[..self.capacity]
    }

    #[inline]
    pub(crate) const fn fill(&mut self, count: usize) {
        self.filled = count;
    }

    /// Forgets all events but the first `count`; those of wakers are behind those of sources.
    pub const fn truncate(&mut self, count: usize) {
        if count < self.filled {
            self.filled = count;
        }
    }

    /// Adds an event, as a layer above that keeps some back hands it out later; false if there is
    /// no room for more of sources.
    pub fn push(&mut self, event: B::Raw) -> bool {
        self.filled < self.capacity && self.put(event)
    }

    /// Adds the event of a waker, unless there is one of that token already: from another waker,
    /// or from the bell.
    pub(crate) fn push_wake(&mut self, token: Token) {
        let event = B::Raw::wake(token);
        if self.as_raw().iter().any(|other| other.is_same_wake(&event)) {
            return;
        }
        // Behind the room for sources there is one place for each waker.
        self.put(event);
    }

    fn put(&mut self, event: B::Raw) -> bool {
        let Some(place) = self.list.get_mut(self.filled) else {
            return false;
        };
        *place = event;
        self.filled += 1;
        true
    }
}

impl<'a, B: Backend> IntoIterator for &'a Events<B> {
    type Item = Event;
    type IntoIter = Iter<'a, B>;

    #[inline]
    fn into_iter(self) -> Iter<'a, B> {
        self.iter()
    }
}

impl<B: Backend> EventBuffer for Events<B> {
    type Iter<'a>
        = Iter<'a, B>
    where
        B: 'a;

    fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity(capacity)
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn iter(&self) -> Iter<'_, B> {
        self.iter()
    }
}

/// The events of one wait.
#[derive(Debug)]
pub struct Iter<'a, B: Backend> {
    raw: slice::Iter<'a, B::Raw>,
}

impl<B: Backend> Clone for Iter<'_, B> {
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
        }
    }
}

impl<B: Backend> Iterator for Iter<'_, B> {
    type Item = Event;

    #[inline]
    fn next(&mut self) -> Option<Event> {
        self.raw.next().map(RawEvent::event)
    }

    // In constant time, for loops that keep a place in the buffer instead of an iterator.
    #[inline]
    fn nth(&mut self, n: usize) -> Option<Event> {
        self.raw.nth(n).map(RawEvent::event)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<B: Backend> ExactSizeIterator for Iter<'_, B> {}

#[cfg(test)]
mod tests {
    use super::Events;
    use crate::poll::PollTwo;
    use poll_api::{Event, Ready, Token};

    fn event(token: usize) -> Event {
        Event::new(Token(token), Ready::WRITABLE)
    }

    #[test]
    fn events_are_pushed_as_far_as_there_is_room_for_those_of_sources() {
        let mut events = Events::<PollTwo>::with_capacity(2);
        assert!(events.push(event(0)));
        assert!(events.push(event(1)));
        assert!(!events.push(event(2)), "the rest is for wakers");
        events.push_wake(Token(3));
        assert_eq!(events.len(), 3);
        assert!(!events.push(event(4)));
    }

    #[test]
    fn truncating_keeps_the_first_ones_and_adds_none() {
        let mut events = Events::<PollTwo>::with_capacity(3);
        assert!((0..3).all(|token| events.push(event(token))));
        for (count, left) in [(4, 3), (3, 3), (2, 2), (3, 2), (0, 0), (1, 0)] {
            events.truncate(count);
            assert_eq!(events.len(), left, "{count}");
        }
    }
}
