//! Signals and the end of children, as resources.

use std::io;
use std::process::ExitStatus;

use poll_os::{ChildExit, Signal, Signals};

use crate::resource::{Io, Resource, Step};

/// Each pending signal is an event.
impl Resource for Signals {
    type Event<'a> = Signal;

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<Signal>> {
        Ok(self.take().map_or(Step::Pending, Step::Event))
    }
}

/// How the child ended is one event. It is not reaped: `Child::wait` does that now, and does not
/// block.
impl Resource for ChildExit {
    type Event<'a> = ExitStatus;

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<ExitStatus>> {
        Ok(self.try_status()?.map_or(Step::Pending, Step::End))
    }
}
