//! One resource as the runtime keeps it: without its type, and with what the runtime knows of it.

use core::any::Any;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;

use poll_api::{Interest, Ready, Trigger};
use poll_driver::TimerKey;

use crate::error::Operation;
use crate::outbox::{Marks, Outbox, Spare, Written};
use crate::resource::{Resource, Sink};

/// A resource and its write queue.
pub(crate) struct Held<R> {
    pub(crate) resource: R,
    outbox: Outbox,
    // How to write, known once something was sent: not every resource can be.
    write: Option<Write<R>>,
    marks: Marks,
}

type Write<R> = fn(&mut R, &[IoSlice<'_>]) -> io::Result<usize>;

impl<R> Held<R> {
    pub(crate) const fn new(resource: R, outbox: Outbox, marks: Marks) -> Self {
        Self {
            resource,
            outbox,
            write: None,
            marks,
        }
    }

    /// The write queue of a resource that can be sent to.
    pub(crate) fn outbox_mut(&mut self) -> &mut Outbox
    where
        R: Sink,
    {
        self.write = Some(R::write);
        &mut self.outbox
    }

    pub(crate) fn into_parts(self) -> (R, Outbox) {
        (self.resource, self.outbox)
    }
}

/// What does not need the type.
pub(crate) trait Entry: Any {
    fn descriptor(&self) -> BorrowedFd<'_>;
    fn interest(&self) -> Option<Interest>;
    fn trigger(&self) -> Trigger;
    fn queued(&self) -> usize;
    fn has_unsent(&self) -> bool;
    fn marks(&self) -> Marks;
    fn set_marks(&mut self, marks: Marks);
    /// One write of what was sent.
    fn write(&mut self, spare: &mut Spare) -> Written;
}

impl<R: Resource> Entry for Held<R> {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.resource.as_fd()
    }

    fn interest(&self) -> Option<Interest> {
        self.resource.interest()
    }

    fn trigger(&self) -> Trigger {
        match R::TRIGGER {
            Trigger::Edge => Trigger::Edge,
            _ => Trigger::Level,
        }
    }

    fn queued(&self) -> usize {
        self.outbox.queued()
    }

    fn has_unsent(&self) -> bool {
        !self.outbox.is_empty()
    }

    fn marks(&self) -> Marks {
        self.marks
    }

    fn set_marks(&mut self, marks: Marks) {
        self.marks = marks;
    }

    fn write(&mut self, spare: &mut Spare) -> Written {
        match self.write {
            Some(write) => {
                let resource = &mut self.resource;
                self.outbox.write(spare, |buffers| write(resource, buffers))
            }
            // Nothing was sent.
            None => Written::All,
        }
    }
}

/// What the runtime knows of a resource.
#[derive(Debug)]
pub(crate) struct State {
    /// What the engine reported and no step has found to be over.
    pub(crate) ready: Ready,
    /// What the engine watches it for; nothing while it is not registered.
    pub(crate) watched: Option<Interest>,
    /// The engine cannot wait for it because it never blocks: a regular file.
    pub(crate) is_always_ready: bool,
    /// The service wants no events for now.
    pub(crate) is_paused: bool,
    /// No event will come any more.
    pub(crate) is_ended: bool,
    /// It is to be handed over once all is written.
    pub(crate) is_closing: bool,
    /// The system takes no more until the engine says so.
    pub(crate) is_blocked: bool,
    /// The service was not told yet that it is registered.
    pub(crate) is_new: bool,
    /// More than the high mark waits, and no less than the low one has since.
    pub(crate) is_high: bool,
    /// What of this the service was told last.
    pub(crate) is_high_told: bool,
    /// What went wrong first.
    pub(crate) failure: Option<(Operation, io::Error)>,
    /// When it asked for its next step.
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
        is_always_ready: false,
        is_paused: false,
        is_ended: false,
        is_closing: false,
        is_blocked: false,
        is_new: true,
        is_high: false,
        is_high_told: false,
        failure: None,
        alarm: None,
        in_backlog: false,
        in_dirty: false,
        in_notices: false,
    };

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
