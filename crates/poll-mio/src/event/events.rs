//! The buffer that a wait fills.

use core::fmt;
use core::slice;

use crate::event::Event;
use crate::mechanism::Mechanism;
use crate::sys;

/// The buffer that a wait fills; it allocates when made and not again.
///
/// # Examples
///
#[cfg_attr(feature = "os-poll", doc = "```")]
#[cfg_attr(not(feature = "os-poll"), doc = "```ignore")]
/// use poll_mio::{Events, Poll};
/// use std::time::Duration;
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(1024);
/// poll.poll(&mut events, Some(Duration::ZERO))?;
/// for event in &events {
///     println!("{event:?}");
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Events {
    // Has room for this many events of sources, and behind them for those of wakers.
    list: poll_os::engine::Events<Mechanism>,
    // As asked for, where the list has room for one at least.
    capacity: usize,
}

impl Events {
    /// A buffer for `capacity` events. One allocation.
    ///
    /// # Panics
    ///
    /// As [`Vec::with_capacity`] does: if the buffer would be larger than `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            list: poll_os::engine::Events::with_capacity(capacity),
            capacity,
        }
    }

    /// How many events fit: as many as were asked for.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The events, in no particular order.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            events: self.as_slice().iter(),
        }
    }

    /// Forgets the events.
    pub const fn clear(&mut self) {
        self.list.clear();
    }

    /// The buffer of the engine.
    #[inline]
    pub(crate) const fn list(&mut self) -> &mut poll_os::engine::Events<Mechanism> {
        &mut self.list
    }

    #[inline]
    fn as_slice(&self) -> &[Event] {
        sys::events(self.list.as_raw())
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a Event;
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The events of one wait.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    events: slice::Iter<'a, Event>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Event;

    #[inline]
    fn next(&mut self) -> Option<&'a Event> {
        self.events.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }

    fn count(self) -> usize {
        self.events.count()
    }
}
