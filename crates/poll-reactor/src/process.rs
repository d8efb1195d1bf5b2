//! Signals and the end of children, as resources.

use std::io;
use std::process::ExitStatus;

use poll_os::{ChildExit, Signal, Signals};

use crate::resource::{Io, Resource, Step};

impl Resource for Signals {
    type Event<'a> = Signal;

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<Signal>> {
        Ok(self.take().map_or(Step::Pending, Step::Event))
    }
}

impl Resource for ChildExit {
    type Event<'a> = ExitStatus;

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<ExitStatus>> {
        Ok(self.try_status()?.map_or(Step::Pending, Step::End))
    }
}
