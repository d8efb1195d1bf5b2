//! A handler's resource, as poll-reactor holds it.

use core::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Interest, Ready, Trigger};
use poll_reactor::Step;

use crate::descriptor::Descriptor;
use crate::handler::Handler;
use crate::poller::IoType;
use crate::readiness::interest_of;
use crate::role::Role;
use crate::{Resource, ResourceId, WriteAtomic, WriteError};

/// So many bytes wait at most for a transport that is not ready.
const LIMIT: usize = 4 << 20;

/// A resource of kind `K`.
pub(crate) struct Held<H: Handler + 'static, K: Role<H>> {
    pub(crate) id: ResourceId,
    pub(crate) resource: K::Resource,
    pub(crate) descriptor: Descriptor,
    /// What it said last that it waits for.
    wanted: Cell<IoType>,
    /// What was sent before it was ready.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
}

impl<H: Handler + 'static, K: Role<H>> Held<H, K> {
    pub(crate) fn new(id: ResourceId, resource: K::Resource, descriptor: Descriptor) -> Self {
        Self {
            id,
            wanted: Cell::new(resource.interests()),
            resource,
            descriptor,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    pub(crate) const fn wanted(&self) -> IoType {
        self.wanted.get()
    }

    /// Whether it says now that it waits for something else.
    pub(crate) fn has_changed(&self) -> bool {
        self.resource.interests() != self.wanted()
    }

    /// Writes `data`, or lets it wait.
    pub(crate) fn send(&mut self, data: Vec<u8>) -> io::Result<()> {
        self.send_waiting()?;
        if self.waiting.is_empty() && self.write(&data)? {
            return Ok(());
        }
        self.waiting_bytes += data.len();
        self.waiting.push_back(data);
        if self.waiting_bytes > LIMIT {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// Writes what waits, if the resource is ready now.
    pub(crate) fn send_waiting(&mut self) -> io::Result<()> {
        while let Some(data) = self.waiting.pop_front() {
            if !self.write(&data)? {
                self.waiting.push_front(data);
                break;
            }
            self.waiting_bytes -= data.len();
        }
        Ok(())
    }

    /// Whether the resource took it.
    fn write(&mut self, data: &[u8]) -> io::Result<bool> {
        match self.resource.write_atomic(data) {
            Ok(()) => Ok(true),
            Err(WriteError::NotReady) => Ok(false),
            Err(WriteError::Io(error)) => Err(error),
        }
    }
}

impl<H: Handler + 'static, K: Role<H>> AsFd for Held<H, K> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl<H: Handler + 'static, K: Role<H>> poll_reactor::Resource for Held<H, K> {
    type Event<'a> = Ready;
    // One operation for each report, which need not drain the source.
    const TRIGGER: Trigger = Trigger::Level;

    fn interest(&self) -> Option<Interest> {
        let wanted = self.resource.interests();
        self.wanted.set(wanted);
        interest_of(wanted)
    }

    fn step<'buffer>(&mut self, io: poll_reactor::Io<'buffer, '_>) -> io::Result<Step<Ready>> {
        Ok(Step::Last(io.ready()))
    }
}
