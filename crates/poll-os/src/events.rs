//! The buffer that a wait fills.

use core::slice;

use poll_api::{Event, EventBuffer, Ready, Token};

use crate::backend::{Backend, RawEvent};
use crate::wakers;

/// The buffer that a wait fills and the caller reads; it allocates when made and not again.
#[derive(Debug)]
pub struct Events<B: Backend> {
    list: Box<[B::Raw]>,
    filled: usize,
    // Reserved for as many wakers as a poller has room for.
    woken: Vec<Token>,
}

impl<B: Backend> Events<B> {
    /// A buffer for `capacity` events of sources, zero counting as one, and as many of wakers as
    /// there can be. Two allocations.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            list: vec![B::Raw::BLANK; capacity.max(1)].into_boxed_slice(),
            filled: 0,
            woken: Vec::with_capacity(wakers::capacity()),
        }
    }

    /// How many events of sources fit.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.list.len()
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.filled + self.woken.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the events.
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
        self.woken.clear();
    }

    /// The events, in no particular order.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> Iter<'_, B> {
        Iter {
            listed: self.as_raw().iter(),
            woken: self.woken.iter(),
        }
    }

    /// The events as the system reported them, without those of wakers that made no system call.
    #[must_use]
    #[inline]
    pub fn as_raw(&self) -> &[B::Raw] {
        self.list.get(..self.filled).unwrap_or_default()
    }

    /// The whole buffer, for the system to write into; [`fill`](Self::fill) says how much it did.
    pub(crate) const fn places(&mut self) -> &mut [B::Raw] {
        &mut self.list
    }

    pub(crate) const fn fill(&mut self, count: usize) {
        self.filled = count;
    }

    /// Adds a report of a source; false if there is no room.
    pub(crate) fn push(&mut self, event: B::Raw) -> bool {
        let Some(place) = self.list.get_mut(self.filled) else {
            return false;
        };
        *place = event;
        self.filled += 1;
        true
    }

    /// Adds a report of a waker; those of one token merge.
    pub(crate) fn push_wake(&mut self, token: Token) {
        if !self.woken.contains(&token) {
            self.woken.push(token);
        }
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
    listed: slice::Iter<'a, B::Raw>,
    woken: slice::Iter<'a, Token>,
}

impl<B: Backend> Clone for Iter<'_, B> {
    fn clone(&self) -> Self {
        Self {
            listed: self.listed.clone(),
            woken: self.woken.clone(),
        }
    }
}

impl<B: Backend> Iterator for Iter<'_, B> {
    type Item = Event;

    #[inline]
    fn next(&mut self) -> Option<Event> {
        match self.listed.next() {
            Some(raw) => Some(raw.event()),
            None => self
                .woken
                .next()
                .map(|token| Event::new(*token, Ready::READABLE)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.listed.len() + self.woken.len();
        (count, Some(count))
    }
}

impl<B: Backend> ExactSizeIterator for Iter<'_, B> {}
