//! What is the same for every kind of resource: what the engine watches, what is written, and who
//! is due.

use core::mem;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};

use poll_api::{Interest, Ready, Token, Trigger};

use crate::entry::{Entry, State};
use crate::error::Operation;
use crate::host::{Host, Watch};
use crate::id::AnyId;
use crate::metrics::Counters;
use crate::outbox::{Spare, Written};
use crate::settings::Settings;
use crate::table::{Occupied, Table};

/// The resources of a runtime and what is to be done about them.
pub(crate) struct Resources<S: 'static> {
    pub(crate) table: Table<S>,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    pub(crate) spare: Spare,
    /// Those that were ready for more than one turn allows.
    pub(crate) backlog: VecDeque<AnyId>,
    /// Those that were sent something, or lent to the service, in the present callback.
    dirty: Vec<AnyId>,
    /// Those of which the service may have to be told something.
    pub(crate) notices: VecDeque<AnyId>,
    pub(crate) stop: Stop,
}

/// How far a shutdown has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It has not begun.
    No,
    /// The service asked for it, with this grace.
    Asked(core::time::Duration),
    /// Write queues are being drained.
    Draining,
    /// The grace is over.
    Late,
}

impl Stop {
    pub(crate) const fn has_begun(self) -> bool {
        matches!(self, Self::Draining | Self::Late)
    }

    pub(crate) const fn is_late(self) -> bool {
        matches!(self, Self::Late)
    }
}

impl<S: 'static> Resources<S> {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            table: Table::new(),
            settings,
            counters: Counters::default(),
            spare: Spare::default(),
            backlog: VecDeque::new(),
            dirty: Vec::new(),
            notices: VecDeque::new(),
            stop: Stop::No,
        }
    }

    /// Whether there is something to do without any report.
    pub(crate) fn is_busy(&self) -> bool {
        !self.backlog.is_empty() || !self.notices.is_empty() || matches!(self.stop, Stop::Asked(_))
    }

    /// Puts a resource in line for the next turn.
    pub(crate) fn hold_over(&mut self, id: AnyId) {
        if let Some(occupied) = self.table.get_mut(id)
            && !mem::replace(&mut occupied.state.in_backlog, true)
        {
            self.backlog.push_back(id);
        }
    }

    /// Lets what was sent be written, and what the engine watches be adapted, once the present
    /// callback has returned.
    pub(crate) fn touch(&mut self, id: AnyId) {
        if let Some(occupied) = self.table.get_mut(id)
            && !mem::replace(&mut occupied.state.in_dirty, true)
        {
            self.dirty.push(id);
        }
    }

    /// Lets the service be told, at the end of this turn or the beginning of the next.
    pub(crate) fn give_notice(&mut self, id: AnyId) {
        if let Some(occupied) = self.table.get_mut(id)
            && !mem::replace(&mut occupied.state.in_notices, true)
        {
            self.notices.push_back(id);
        }
    }

    /// Notes what went wrong first; the service is told once nothing can be read any more.
    pub(crate) fn fail(&mut self, id: AnyId, operation: Operation, error: io::Error) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        let state = &mut occupied.state;
        if state.failure.is_none() {
            state.failure = Some((operation, error));
        } else if operation != Operation::Write {
            // Nothing more can be read either.
            state.is_ended = true;
        }
        if operation == Operation::Write && state.is_reading() {
            // The peer may have said something before it went; the report of it may be to come.
            state.ready |= Ready::READABLE;
            self.hold_over(id);
        }
        self.give_notice(id);
    }

    /// Does for each resource that the callback has touched what is to be done.
    #[inline]
    pub(crate) fn settle<T>(&mut self, host: &dyn Host<T>) {
        if self.dirty.is_empty() {
            return;
        }
        // Nothing here calls the service, so nothing is added meanwhile.
        let mut dirty = mem::take(&mut self.dirty);
        for id in dirty.drain(..) {
            if let Some(occupied) = self.table.get_mut(id) {
                occupied.state.in_dirty = false;
                self.flush(id, host);
            }
        }
        self.dirty = dirty;
    }

    /// Writes what was sent, as far as the system takes it and the budget allows.
    pub(crate) fn flush<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        let Occupied { entry, state, .. } = occupied;
        let before = entry.queued();
        let mut error = None;
        let mut is_left = false;
        if entry.has_unsent() && !state.is_blocked && state.failure.is_none() {
            is_left = true;
            for _ in 0..self.settings.steps.get() {
                self.counters.writes += 1;
                match entry.write(&mut self.spare) {
                    Written::Some => continue,
                    Written::All => {}
                    Written::Blocked => {
                        state.is_blocked = true;
                        if !host.has_edges()
                            && entry.trigger() == Trigger::Edge
                            && state.watched.is_some_and(Interest::is_writable)
                        {
                            error = rearm(&**entry, state, id, host).err();
                        }
                    }
                    Written::Failed(failed) => error = Some(failed),
                }
                is_left = false;
                break;
            }
        }
        let queued = entry.queued();
        let marks = entry.marks();
        if queued > marks.high {
            state.is_high = true;
        } else if queued <= marks.low {
            state.is_high = false;
        }
        let is_news = state.is_high != state.is_high_told || state.is_closing;
        self.counters.took(before.saturating_sub(queued));
        if let Some(error) = error {
            self.fail(id, Operation::Write, error);
        } else if is_left {
            self.hold_over(id);
        }
        if is_news {
            self.give_notice(id);
        }
        self.watch_on(id, host);
    }

    /// Lets the engine watch a resource for what it waits for now; a failure is the resource's.
    pub(crate) fn watch_on<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        if let Err(error) = self.watch(id, host) {
            self.fail(id, Operation::Watch, error);
        }
    }

    /// As [`watch_on`](Self::watch_on), and the failure is the caller's.
    pub(crate) fn watch<T>(&mut self, id: AnyId, host: &dyn Host<T>) -> io::Result<()> {
        let Some(occupied) = self.table.get_mut(id) else {
            return Ok(());
        };
        let Occupied { entry, state, .. } = occupied;
        if state.is_always_ready {
            return Ok(());
        }
        let is_edge = entry.trigger() == Trigger::Edge;
        let wanted = wanted(&**entry, state);
        let next = match (state.watched, wanted) {
            // What an edge reports and nobody wants costs less than to say so to the system.
            (Some(watched), None) if is_edge && host.has_edges() => Some(watched),
            (Some(watched), Some(wanted)) if is_edge && host.has_edges() => {
                Some(watched.add(wanted))
            }
            (_, wanted) => wanted,
        };
        if next == state.watched {
            return Ok(());
        }
        let source = entry.descriptor();
        let watch = |interest| Watch {
            token: Token(id.slot() as usize),
            interest,
            trigger: entry.trigger(),
        };
        self.counters.changes += 1;
        match (state.watched, next) {
            (Some(_), Some(next)) => host.modify(source, watch(next))?,
            (Some(_), None) => host.deregister(source)?,
            (None, Some(next)) => host.register(source, watch(next))?,
            (None, None) => {}
        }
        state.watched = next;
        Ok(())
    }

    /// Starts to watch a resource that was just added.
    pub(crate) fn start<T>(&mut self, id: AnyId, host: &dyn Host<T>) -> io::Result<()> {
        match self.watch(id, host) {
            // epoll's word for what cannot be waited for because it never blocks.
            Err(error) if is_not_permitted(&error) => {
                if let Some(occupied) = self.table.get_mut(id) {
                    occupied.state.is_always_ready = true;
                    occupied.state.ready = Ready::READABLE | Ready::WRITABLE;
                }
                self.hold_over(id);
                Ok(())
            }
            other => other,
        }
    }

    /// Nothing is left of what the engine reported: asks for the next report where that is needed.
    pub(crate) fn is_drained<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        let Occupied { entry, state, .. } = occupied;
        if state.is_always_ready {
            return;
        }
        state.ready = Ready::EMPTY;
        if entry.trigger() == Trigger::Edge
            && !host.has_edges()
            && let Err(error) = rearm(&**entry, state, id, host)
        {
            self.fail(id, Operation::Watch, error);
        }
    }

    /// Takes a resource out, and its registration and alarm with it.
    pub(crate) fn take<T>(&mut self, id: AnyId, host: &mut dyn Host<T>) -> Option<Occupied<S>> {
        let occupied = self.table.remove(id)?;
        if let Some(alarm) = occupied.state.alarm {
            host.cancel(alarm);
        }
        if occupied.state.watched.is_some() {
            self.counters.changes += 1;
            // Whatever the reason, nothing of it is registered any more.
            drop(host.deregister(occupied.entry.descriptor()));
        }
        self.counters.queued -= occupied.entry.queued() as u64;
        Some(occupied)
    }
}

/// What a resource waits for: its own wishes, and room for what was sent to it.
fn wanted(entry: &dyn Entry, state: &State) -> Option<Interest> {
    let own = state.is_reading().then(|| entry.interest()).flatten();
    if !state.is_blocked || state.failure.is_some() {
        return own;
    }
    Some(own.map_or(Interest::WRITABLE, |own| own.add(Interest::WRITABLE)))
}

fn rearm<T>(entry: &dyn Entry, state: &State, id: AnyId, host: &dyn Host<T>) -> io::Result<()> {
    let Some(interest) = state.watched else {
        return Ok(());
    };
    let watch = Watch {
        token: Token(id.slot() as usize),
        interest,
        trigger: Trigger::Edge,
    };
    host.rearm(entry.descriptor(), watch)
}

fn is_not_permitted(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}
