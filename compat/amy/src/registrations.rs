//! The ids of amy beside those of poll-loop: who has which, shared by a poller and its registrars.
//!
//! amy's ids count up from one, and its sources are named by their descriptors when they are
//! registered anew or no more. What an id or a descriptor stands for in poll-loop is written here.
//!
//! An id is written down under the lock under which poll-loop made it, and read under that lock, so
//! that a notification never comes before its id.

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poll_loop::{Id, Notifications, Ready};

use crate::event::{Event, Notification};
use crate::pulse::Pulse;

/// The registrations of one poller.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    last_id: usize,
    /// How many waits have found something.
    batch: u64,
    live: HashMap<Id, Registration>,
    sources: HashMap<u32, Id>,
    timers: HashMap<usize, Id>,
}

/// One registration, and what amy's interface says of it.
#[derive(Debug)]
pub(crate) enum Registration {
    Source(Source),
    Timeout { id: usize },
    Interval { id: usize },
    Channel { id: usize, pulse: Arc<Pulse> },
}

/// A source that is watched.
#[derive(Debug)]
pub(crate) struct Source {
    id: usize,
    event: Event,
    /// The last batch that told of it, and where in there.
    told: (u64, usize),
}

impl Source {
    pub(crate) const fn new(id: usize, event: Event) -> Self {
        Self {
            id,
            event,
            told: (0, 0),
        }
    }
}

impl Registrations {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under it; if anything did, each map would be whole still.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next id, which counts also if nothing comes of it.
    pub(crate) fn next_id(&mut self) -> Result<usize> {
        let id = self.last_id.checked_add(1);
        self.last_id = id.ok_or_else(|| Error::from(ErrorKind::StorageFull))?;
        Ok(self.last_id)
    }

    /// Whether an id has been assigned, whatever became of it.
    pub(crate) const fn is_assigned(&self, id: usize) -> bool {
        id != 0 && id <= self.last_id
    }

    /// Writes down a channel or a timer.
    pub(crate) fn insert(&mut self, inner: Id, registration: Registration) {
        if let Registration::Timeout { id } | Registration::Interval { id } = registration {
            self.timers.insert(id, inner);
        }
        self.live.insert(inner, registration);
    }

    /// Writes down a source; what the descriptor stood for before, if that was closed without
    /// having been deregistered.
    pub(crate) fn insert_source(&mut self, number: u32, inner: Id, source: Source) -> Option<Id> {
        self.live.insert(inner, Registration::Source(source));
        let closed = self.sources.insert(number, inner)?;
        self.live.remove(&closed);
        Some(closed)
    }

    /// Writes down what a source is watched for from now on, and under which id.
    pub(crate) fn replace_source(&mut self, inner: Id, source: Source) {
        self.live.insert(inner, Registration::Source(source));
    }

    /// What a descriptor stands for.
    pub(crate) fn source(&self, number: u32) -> Option<Id> {
        self.sources.get(&number).copied()
    }

    /// How many registrations are written down.
    #[cfg(test)]
    pub(crate) fn live(&self) -> usize {
        self.live.len()
    }

    /// What the id of a timer stands for.
    #[cfg(test)]
    pub(crate) fn timer(&self, id: usize) -> Option<Id> {
        self.timers.get(&id).copied()
    }

    /// Forgets a source.
    pub(crate) fn remove_source(&mut self, number: u32) {
        if let Some(inner) = self.sources.remove(&number) {
            self.live.remove(&inner);
        }
    }

    /// Forgets a channel.
    pub(crate) fn remove_channel(&mut self, inner: Id) {
        self.live.remove(&inner);
    }

    /// Forgets a timer.
    pub(crate) fn remove_timer(&mut self, id: usize) -> Option<Id> {
        let inner = self.timers.remove(&id)?;
        self.live.remove(&inner);
        Some(inner)
    }

    /// What a wait found, in the words of amy: one notification for each source, and none for what
    /// has ended meanwhile.
    pub(crate) fn translate(&mut self, found: &Notifications) -> Vec<Notification> {
        self.batch += 1;
        let mut told = Vec::with_capacity(found.len());
        for notification in found {
            self.tell(notification.id, notification.ready(), &mut told);
        }
        told
    }

    fn tell(&mut self, inner: Id, ready: Ready, told: &mut Vec<Notification>) {
        let id = match self.live.get_mut(&inner) {
            Some(Registration::Source(source)) => {
                let Some(event) = source.event.of(ready) else {
                    return;
                };
                match told.get_mut(source.told.1) {
                    // kqueue reports each direction by itself.
                    Some(earlier) if source.told.0 == self.batch => {
                        earlier.event = earlier.event.and(&event);
                    }
                    _ => {
                        source.told = (self.batch, told.len());
                        let id = source.id;
                        told.push(Notification { id, event });
                    }
                }
                return;
            }
            Some(Registration::Channel { pulse, .. }) if pulse.is_silent() => return,
            Some(Registration::Channel { id, .. } | Registration::Interval { id }) => *id,
            Some(Registration::Timeout { id }) => *id,
            None => return,
        };
        if let Some(Registration::Timeout { id }) = self.live.get(&inner) {
            self.timers.remove(id);
            self.live.remove(&inner);
        }
        let event = Event::Read;
        told.push(Notification { id, event });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use poll_loop::Id;

    use super::{Registration, Registrations, Source};
    use crate::event::Event;
    use crate::pulse::Pulse;

    #[test]
    fn nothing_is_left_of_what_has_ended() {
        let inner = |number| Id::from_u64(number).unwrap();
        let registrations = Registrations::default();
        let mut state = registrations.lock();
        let source = |id| Source::new(id, Event::Read);
        assert_eq!(state.insert_source(7, inner(1), source(1)), None);
        let closed = state.insert_source(7, inner(2), source(2));
        assert_eq!(closed, Some(inner(1)));
        assert_eq!(state.live.len(), 1, "the second one");
        assert_eq!(state.source(7), Some(inner(2)));
        state.replace_source(inner(2), source(9));
        state.remove_source(7);
        state.insert(inner(3), Registration::Timeout { id: 3 });
        assert_eq!(state.remove_timer(3), Some(inner(3)));
        assert_eq!(state.remove_timer(3), None);
        let pulse = Arc::new(Pulse::new());
        state.insert(inner(4), Registration::Channel { id: 4, pulse });
        state.remove_channel(inner(4));
        assert!(state.live.is_empty() && state.sources.is_empty() && state.timers.is_empty());
    }

    #[test]
    fn ids_end_before_they_come_again() {
        let registrations = Registrations::default();
        let mut state = registrations.lock();
        state.last_id = usize::MAX - 1;
        assert_eq!(state.next_id().unwrap(), usize::MAX);
        assert!(state.next_id().is_err() && state.next_id().is_err());
        assert!(state.is_assigned(usize::MAX) && !state.is_assigned(0));
    }
}
