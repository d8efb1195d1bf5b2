//! What is the same for every kind of resource: what the engine watches, what is written, and who
//! is due.

use core::mem;
use core::time::Duration;
use std::collections::VecDeque;
use std::io;

use poll_api::{Capabilities, Instant, Interest, Ready, Token, Trigger};
use poll_driver::TimerKey;

use crate::error::{Operation, SendError};
use crate::host::{Host, Watch};
use crate::id::AnyId;
use crate::metrics::Counters;
use crate::outbox::{Outbox, Sign, Spare, Written};
use crate::resource::Sink;
use crate::settings::Settings;
use crate::table::{Occupied, Table};

/// The resources of a runtime and what is to be done about them.
pub(crate) struct Resources<S: 'static> {
    pub(crate) table: Table<S>,
    pub(crate) settings: Settings,
    /// Whether the engine reports edges without being asked for.
    has_edges: bool,
    /// Whether it also reports urgent data.
    pub(crate) tells_urgent: bool,
    pub(crate) counters: Counters,
    pub(crate) spare: Spare,
    /// Those that were ready for more than one turn allows.
    pub(crate) backlog: VecDeque<AnyId>,
    /// Those that were sent something, or lent to the service, in the present callback.
    pub(crate) dirty: Vec<AnyId>,
    /// Those of which the service may have to be told something.
    pub(crate) notices: VecDeque<AnyId>,
    pub(crate) stop: Stop,
}

/// How far a shutdown has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It has not begun.
    No,
    /// The service or a controller asked for it, with this grace.
    Asked(Duration),
    /// Write queues are being drained, until this alarm rings at its instant.
    Draining(TimerKey, Instant),
    /// The grace is over.
    Late,
}

impl Stop {
    pub(crate) const fn has_begun(self) -> bool {
        matches!(self, Self::Draining(..) | Self::Late)
    }

    pub(crate) const fn is_late(self) -> bool {
        matches!(self, Self::Late)
    }
}

impl<S: 'static> Resources<S> {
    pub(crate) fn new(settings: Settings, engine: Capabilities) -> Self {
        Self {
            table: Table::new(),
            settings,
            has_edges: engine.edge,
            tells_urgent: engine.edge && engine.priority,
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
        !self.backlog.is_empty()
            || !self.notices.is_empty()
            || matches!(self.stop, Stop::Asked(_))
            || self.has_stopped()
    }

    /// Whether a shutdown is over: nothing is left to be drained.
    pub(crate) const fn has_stopped(&self) -> bool {
        self.stop.has_begun() && self.table.len() == 0
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
        if let Some(occupied) = self.table.get_mut(id) {
            occupied.state.is_touched = true;
            if !mem::replace(&mut occupied.state.in_dirty, true) {
                self.dirty.push(id);
            }
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
            state.ready |= Ready::READABLE | Ready::ERROR;
            self.hold_over(id);
        }
        self.give_notice(id);
    }

    /// Does for each resource that the callback has touched what is to be done.
    #[inline]
    pub(crate) fn settle<T>(&mut self, host: &dyn Host<T>) {
        // Nothing here calls the service, so nothing is added meanwhile.
        while let Some(id) = self.dirty.pop() {
            let Some(occupied) = self.table.get_mut(id) else {
                continue;
            };
            occupied.state.in_dirty = false;
            let may_write = occupied.state.is_writing() && !occupied.outbox.is_empty();
            if occupied.state.is_touched || !may_write {
                self.settle_other(id, host);
                continue;
            }
            let before = occupied.outbox.queued();
            let written = occupied.write(&mut self.spare);
            self.counters.writes += 1;
            // Mostly so.
            if matches!(written, Written::All) && !occupied.state.is_high {
                self.counters.took(before);
            } else {
                self.after_write(id, before, written, host);
            }
        }
    }

    #[inline(never)]
    fn settle_other<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        self.watch_on(id, host);
        self.flush(id, host);
    }

    /// Adds to the write queue what `push` pushes. What is long is written first.
    #[inline]
    pub(crate) fn add<R: Sink, T>(
        &mut self,
        id: AnyId,
        host: &dyn Host<T>,
        push: impl FnOnce(&mut Outbox, &mut Spare),
    ) -> Result<(), SendError> {
        let mut is_second_look = false;
        let typed = loop {
            let Some(typed) = self.table.typed::<R>(id) else {
                return Err(SendError::Closed);
            };
            if typed.state.is_closing || typed.state.failure.is_some() {
                return Err(SendError::Closed);
            }
            let queued = typed.outbox.queued();
            // Nothing is too long for an empty queue, whatever the limit.
            if queued == 0 || queued < typed.marks.high.min(typed.marks.limit) {
                break typed;
            }
            if is_second_look || typed.state.is_blocked {
                if queued >= typed.marks.limit {
                    return Err(SendError::Full);
                }
                break typed;
            }
            is_second_look = true;
            self.flush(id, host);
        };
        typed.held.will_be_written();
        let before = typed.outbox.queued();
        push(typed.outbox, &mut self.spare);
        self.counters.queued += typed.outbox.queued().saturating_sub(before) as u64;
        // Before anything is written, so that whoever sends until it is too much, and then waits to
        // be told to go on, is told, even if the system takes all of it at once.
        if typed.outbox.queued() > typed.marks.high {
            typed.state.is_high = true;
        }
        if !mem::replace(&mut typed.state.in_dirty, true) {
            self.dirty.push(id);
        }
        Ok(())
    }

    /// Writes what was sent, as far as the system takes it and the budget allows.
    pub(crate) fn flush<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        let before = occupied.outbox.queued();
        let written = match occupied.outbox.is_empty() {
            true => Written::All,
            false if occupied.state.failure.is_some() => return,
            false if occupied.state.is_blocked => Written::Blocked(Sign::Said),
            false => {
                self.counters.writes += 1;
                occupied.write(&mut self.spare)
            }
        };
        self.after_write(id, before, written, host);
    }

    /// Goes on after the first write, before which `before` bytes were queued.
    #[inline(never)]
    fn after_write<T>(
        &mut self,
        id: AnyId,
        before: usize,
        mut written: Written,
        host: &dyn Host<T>,
    ) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        for _ in 1..self.settings.steps.get() {
            if !matches!(written, Written::Some) {
                break;
            }
            self.counters.writes += 1;
            written = occupied.write(&mut self.spare);
        }
        let queued = occupied.outbox.queued();
        self.counters.took(before.saturating_sub(queued));
        let state = &mut occupied.state;
        state.is_blocked = matches!(written, Written::Blocked(_));
        if queued > occupied.marks.high {
            state.is_high = true;
        } else if queued <= occupied.marks.low && state.is_high {
            state.is_high = false;
            state.owes_low = true;
        }
        let is_news = state.has_pressure_news() || state.is_closing;
        if is_news {
            self.give_notice(id);
        }
        match written {
            Written::All => {}
            Written::Some => self.hold_over(id),
            Written::Blocked(_) => self.ask_for_room(id, host),
            Written::Failed(error) => self.fail(id, Operation::Write, error),
        }
    }

    // The system takes no more: the engine has to say when it does.
    #[cold]
    fn ask_for_room<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        let watches_room = occupied.state.watched.is_some_and(Interest::is_writable);
        if !watches_room {
            self.watch_on(id, host);
        } else if occupied.trigger == Trigger::Edge && !self.has_edges {
            self.ask_for_edge(id, host);
        }
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
        occupied.state.is_touched = false;
        let interest = occupied.entry.interest();
        let wants_more = occupied.state.wants_more(interest);
        occupied.state.interest = interest;
        if occupied.state.is_always_ready {
            if wants_more {
                self.hold_over(id);
            }
            return Ok(());
        }
        let wanted = occupied.state.wanted(interest);
        let Occupied {
            entry,
            state,
            trigger,
            ..
        } = occupied;
        let trigger = *trigger;
        let keeps_edges = trigger == Trigger::Edge && self.has_edges;
        let next = match (state.watched, wanted) {
            // What an edge reports and nobody wants costs less than to say so to the system.
            (Some(watched), None) if keeps_edges => Some(watched),
            (Some(watched), Some(wanted)) if keeps_edges => Some(watched.add(wanted)),
            (_, wanted) => wanted,
        };
        // An edge that came before the resource waited for it is asked for again.
        if next == state.watched && !(keeps_edges && wants_more) {
            return Ok(());
        }
        let source = entry.descriptor();
        let watch = |interest| Watch {
            token: Token(id.slot() as usize),
            interest,
            trigger,
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
        let occupied = self.table.get(id);
        if occupied.is_some_and(|occupied| !occupied.entry.never_blocks()) {
            match self.watch(id, host) {
                // epoll's word for what cannot be waited for because it never blocks.
                Err(error) if poll_os::never_blocks(&error) => {}
                other => return other,
            }
        }
        if let Some(occupied) = self.table.get_mut(id) {
            occupied.state.is_always_ready = true;
            occupied.state.interest = occupied.entry.interest();
            occupied.state.ready = Ready::READABLE | Ready::WRITABLE;
        }
        self.hold_over(id);
        Ok(())
    }

    /// Nothing is left of what the engine reported: asks for the next report where that is needed.
    #[inline]
    pub(crate) fn is_drained<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get_mut(id) else {
            return;
        };
        if !occupied.state.is_always_ready {
            occupied.state.ready = Ready::EMPTY;
            if !self.has_edges && occupied.trigger == Trigger::Edge {
                self.ask_for_edge(id, host);
            }
        }
    }

    #[inline(never)]
    fn ask_for_edge<T>(&mut self, id: AnyId, host: &dyn Host<T>) {
        let Some(occupied) = self.table.get(id) else {
            return;
        };
        if let Err(error) = rearm(occupied, id, host) {
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
        let queued = occupied.outbox.queued() as u64;
        self.counters.queued = self.counters.queued.saturating_sub(queued);
        Some(occupied)
    }
}

fn rearm<S: 'static, T>(occupied: &Occupied<S>, id: AnyId, host: &dyn Host<T>) -> io::Result<()> {
    let Some(interest) = occupied.state.watched else {
        return Ok(());
    };
    let watch = Watch {
        token: Token(id.slot() as usize),
        interest,
        trigger: Trigger::Edge,
    };
    host.rearm(occupied.entry.descriptor(), watch)
}
