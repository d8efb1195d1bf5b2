//! The reactor on the thread of whoever runs it.

use core::fmt;
use std::io;
use std::sync::Arc;

use crate::controller::{Controller, Tie};
use crate::handler::Handler;
use crate::machine::Machine;
use crate::poller::{Poll, Waker};

/// A reactor without a thread of its own.
pub struct Runtime<H: Handler + 'static, P: Poll + 'static> {
    machine: Machine<H, P>,
    tie: Arc<Tie<H::Command>>,
}

impl<H: Handler + 'static, P: Poll + 'static> Runtime<H, P> {
    /// A runtime with this handler, on this poller.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left for the engine or its waker.
    pub fn with(service: H, poller: P) -> io::Result<Self> {
        let machine = Machine::new(service, poller)?;
        let tie = Tie::new(machine.controller());
        Ok(Self { machine, tie })
    }

    /// A handle for any thread.
    pub fn controller(&self) -> Controller<H::Command, <P::Waker as Waker>::Send> {
        Controller::new(&self.tie)
    }

    /// Runs on this thread until a controller shuts it down.
    ///
    /// # Errors
    ///
    /// 16 waits in a row have failed; the handler was told of each.
    ///
    /// # Panics
    ///
    /// If the handler does.
    pub fn run(self) -> io::Result<()> {
        let Self { machine, tie } = self;
        let ended = machine.run();
        drop(tie);
        ended
    }
}

impl<H: Handler + 'static, P: Poll + 'static> fmt::Debug for Runtime<H, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
