//! One resource as the runtime keeps it: without its type, and with what the runtime knows of it.

use core::any::Any;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

use poll_api::{Interest, Ready};
use poll_driver::TimerKey;

use crate::error::Operation;
use crate::resource::{Resource, Sink};

/// A resource with its type.
pub(crate) struct Held<R> {
    pub(crate) resource: R,
    // How to write, known once something was sent: not every resource can be.
    write: Option<Write<R>>,
    is_full_if_short: bool,
    // Whether the engine is asked for urgent data too: a read stops there, and no edge tells that
    // there is more behind it.
    is_urgent: bool,
}

type Write<R> = fn(&mut R, &[IoSlice<'_>]) -> io::Result<usize>;

impl<R> Held<R> {
    /// `tells_urgent`: the engine reports urgent data, and each edge but once.
    pub(crate) const fn new(resource: R, tells_urgent: bool) -> Self
    where
        R: Resource,
    {
        Self {
            resource,
            write: None,
            is_full_if_short: false,
            is_urgent: tells_urgent && R::STOPS_AT_URGENT,
        }
    }

    /// What the resource waits for, and urgent data.
    #[inline]
    pub(crate) fn interest(&self) -> Option<Interest>
    where
        R: Resource,
    {
        match self.resource.interest() {
            Some(own) if self.is_urgent && own.is_readable() => Some(own.add(Interest::PRIORITY)),
            own => own,
        }
    }

    /// Something is sent to it.
    pub(crate) fn will_be_written(&mut self)
    where
        R: Sink,
    {
        self.write = Some(R::write);
        self.is_full_if_short = R::SHORT_WRITE_IS_LAST;
    }
}

/// What does not need the type.
pub(crate) trait Entry: Any {
    fn descriptor(&self) -> BorrowedFd<'_>;
    fn interest(&self) -> Option<Interest>;
    fn never_blocks(&self) -> bool;
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;
    fn is_full_if_short(&self) -> bool;
}

impl<R: Resource> Entry for Held<R> {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.resource.as_fd()
    }

    fn interest(&self) -> Option<Interest> {
        self.interest()
    }

    fn never_blocks(&self) -> bool {
        self.resource.never_blocks()
    }

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.write {
            Some(write) => write(&mut self.resource, buffers),
            None => unreachable!("only what was sent is written"),
        }
    }

    fn is_full_if_short(&self) -> bool {
        self.is_full_if_short
    }
}

/// What the runtime knows of a resource.
#[derive(Debug)]
pub(crate) struct State {
    /// What the engine reported and no step has found to be over.
    pub(crate) ready: Ready,
    /// What the engine watches it for; nothing while it is not registered.
    pub(crate) watched: Option<Interest>,
    /// What it waited for by itself when it was last asked.
    pub(crate) interest: Option<Interest>,
    /// The engine cannot wait for it because it never blocks: a regular file.
    pub(crate) is_always_ready: bool,
    /// What the engine watches it for may have to change.
    pub(crate) is_touched: bool,
    /// The service wants no events for now.
    pub(crate) is_paused: bool,
    /// No event will come any more.
    pub(crate) is_ended: bool,
    /// It is to be handed over once all is written.
    pub(crate) is_closing: bool,
    /// Or now, because its grace is over.
    pub(crate) is_late: bool,
    /// The system takes no more until the engine says so.
    pub(crate) is_blocked: bool,
    /// The service was not told yet that it is registered.
    pub(crate) is_new: bool,
    /// More than the high mark waits, and no less than the low one has since.
    pub(crate) is_high: bool,
    /// The service was told that it is.
    pub(crate) is_high_told: bool,
    /// It is no more, and the service was not told that yet.
    pub(crate) owes_low: bool,
    /// What went wrong first.
    pub(crate) failure: Option<(Operation, io::Error)>,
    /// When it asked for its next step, or when the grace of its end is over.
    pub(crate) alarm: Option<TimerKey>,
    /// It is on the list of this name.
    pub(crate) in_backlog: bool,
    pub(crate) in_dirty: bool,
    pub(crate) in_notices: bool,
}

impl State {
    pub(crate) const NEW: Self = Self {
        ready: Ready::EMPTY,
        watched: None,
        interest: None,
        is_always_ready: false,
        is_touched: false,
        is_paused: false,
        is_ended: false,
        is_closing: false,
        is_late: false,
        is_blocked: false,
        is_new: true,
        is_high: false,
        is_high_told: false,
        owes_low: false,
        failure: None,
        alarm: None,
        in_backlog: false,
        in_dirty: false,
        in_notices: false,
    };

    /// Whether what was sent may be written now.
    #[inline]
    pub(crate) const fn is_writing(&self) -> bool {
        !self.is_blocked && self.failure.is_none()
    }

    /// Whether the service has to be told of the write queue.
    #[inline]
    pub(crate) const fn has_pressure_news(&self) -> bool {
        self.owes_low || self.is_high && !self.is_high_told
    }

    /// Whether a resource waits for something that it did not wait for when it was last asked.
    pub(crate) fn wants_more(&self, interest: Option<Interest>) -> bool {
        match (self.interest, interest) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(now)) => before.add(now) != before,
        }
    }

    /// What the engine has to watch a resource for, which has these wishes itself.
    #[inline]
    pub(crate) fn wanted(&self, interest: Option<Interest>) -> Option<Interest> {
        let own = if self.is_reading() { interest } else { None };
        if !self.is_blocked || self.failure.is_some() {
            return own;
        }
        Some(own.map_or(Interest::WRITABLE, |own| own.add(Interest::WRITABLE)))
    }

    /// Whether steps may be taken at all.
    pub(crate) const fn is_reading(&self) -> bool {
        // What can still be read is read although it cannot be written any more.
        let is_broken = matches!(
            self.failure,
            Some((Operation::Read | Operation::Watch | Operation::Register, _))
        );
        !self.is_paused && !self.is_ended && !self.is_closing && !is_broken
    }

    /// Whether a step would find something, as far as is known.
    #[inline]
    pub(crate) fn is_due(&self, interest: Option<Interest>) -> bool {
        let Some(interest) = interest else {
            return false;
        };
        let ready = self.ready;
        self.is_reading()
            && (ready.intersects(Ready::ERROR | Ready::HANGUP)
                || interest.is_readable() && ready.wakes_reader()
                || interest.is_writable() && ready.wakes_writer()
                || interest.is_priority() && ready.is_priority())
    }
}
