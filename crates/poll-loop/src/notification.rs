//! What a wait reports, and the buffer it fills.

use core::num::NonZeroU64;
use std::sync::Arc;

use poll_api::Ready;

use crate::id::Id;
use crate::table::Table;

/// One report: which registration, and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The registration, timer or channel.
    pub id: Id,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A source is ready: a hint, on which an operation of the source has the last word.
    Source {
        /// What is ready.
        ready: Ready,
        /// The error pending on the source as an errno, where the system says so (kqueue).
        os_error: Option<i32>,
        /// How much waits, where the system says so (kqueue).
        available: Option<usize>,
    },
    /// A timeout has passed. Its id is out of date with the next wait.
    Timeout,
    /// A tick of an interval, and those missed since the last report: how many altogether.
    Interval(NonZeroU64),
    /// The receiver of a channel has something: values, or the end after the last sender went.
    Channel,
}

impl Notification {
    /// What is ready; a timer and a channel count as readable.
    #[must_use]
    pub const fn ready(&self) -> Ready {
        match self.event {
            Event::Source { ready, .. } => ready,
            Event::Timeout | Event::Interval(_) | Event::Channel => Ready::READABLE,
        }
    }
}

/// The buffer that a wait fills; it allocates when made and not again.
///
/// A registration that ends while a batch is looked through, by whichever thread, is passed over
/// by [`iter`](Self::iter) from then on: after `deregister` or `cancel` has returned, nothing of it
/// is delivered any more. What was copied out before is the caller's.
#[derive(Debug)]
pub struct Notifications {
    list: Vec<Notification>,
    capacity: usize,
    // The ids of the list are those of this table.
    table: Option<Arc<Table>>,
}

impl Notifications {
    /// A buffer for `capacity` notifications; zero counts as one.
    ///
    /// # Panics
    ///
    /// If so many do not fit into memory, as [`Vec::with_capacity`].
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            list: Vec::with_capacity(capacity),
            capacity,
            table: None,
        }
    }

    /// How many notifications fit.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many notifications the wait found, those included whose registration has ended since.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the wait found nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Forgets the notifications.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// The notifications, without those whose registration has ended by the time it is their turn.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            list: self.list.iter(),
            table: self.table.as_deref(),
        }
    }

    pub(crate) fn begin(&mut self, table: &Arc<Table>) {
        self.list.clear();
        let same = |own: &Arc<Table>| Arc::ptr_eq(own, table);
        if !self.table.as_ref().is_some_and(same) {
            self.table = Some(Arc::clone(table));
        }
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.list.len() >= self.capacity
    }

    pub(crate) fn push(&mut self, notification: Notification) {
        self.list.push(notification);
    }
}

impl<'a> IntoIterator for &'a Notifications {
    type Item = Notification;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The notifications of one wait.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    list: core::slice::Iter<'a, Notification>,
    table: Option<&'a Table>,
}

impl Iterator for Iter<'_> {
    type Item = Notification;

    fn next(&mut self) -> Option<Notification> {
        let table = self.table?;
        self.list
            .by_ref()
            .copied()
            .find(|notification| table.kind(notification.id).is_some())
    }
}
