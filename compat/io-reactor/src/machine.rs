//! The loop, on the system's engine or on a program's own.

use std::any::Any;
use std::io;
use std::os::fd::BorrowedFd;

use poll_api::{Engine, Register};
use poll_os::Monotonic;
use poll_reactor::{Builder, Controller, Limit, Status};

use crate::ResourceIdGenerator;
use crate::desk::{Desk, Letter};
use crate::engine::Foreign;
use crate::handler::Handler;
use crate::poller::{Poll, popol};

/// A runtime of poll-reactor with a handler in it.
pub(crate) enum Machine<H: Handler + 'static, P: Poll + 'static> {
    /// On the system's engine.
    Native(poll_reactor::Runtime<Desk<H>>),
    /// On a program's own.
    Foreign(poll_reactor::Runtime<Desk<H>, Foreign<P>>),
}

impl<H: Handler + 'static, P: Poll + 'static> Machine<H, P> {
    pub(crate) fn new(handler: H, poller: P) -> io::Result<Self> {
        // Resources read into buffers of their own.
        let builder = Builder::new().buffer_size(1);
        let mut poller = Some(poller);
        let any: &mut dyn Any = &mut poller;
        if let Some(native) = any.downcast_mut::<Option<popol::Poller>>()
            && let Some(native) = native.take()
        {
            let desk = Desk::new(handler, native.into_generator());
            return Ok(Self::Native(builder.build(desk)?));
        }
        let Some(poller) = poller else {
            unreachable!("only a `popol::Poller` was taken");
        };
        let desk = Desk::new(handler, ResourceIdGenerator::default());
        let engine = Foreign::new(poller);
        Ok(Self::Foreign(builder.build_on(desk, engine, Monotonic)?))
    }

    pub(crate) fn controller(&self) -> Controller<Letter<H::Command>> {
        match self {
            Self::Native(runtime) => runtime.controller(),
            Self::Foreign(runtime) => runtime.controller(),
        }
    }

    /// Runs until it is shut down, or the engine has failed too often.
    pub(crate) fn run(self) -> io::Result<()> {
        match self {
            Self::Native(runtime) => run(runtime),
            Self::Foreign(runtime) => run(runtime),
        }
    }
}

fn run<H, E>(mut runtime: poll_reactor::Runtime<Desk<H>, E>) -> io::Result<()>
where
    H: Handler + 'static,
    E: Engine<Error = io::Error>,
    E::Registry: for<'fd> Register<BorrowedFd<'fd>, Error = io::Error>,
    E::Waker: 'static,
{
    // The handler may have actions from the start.
    let mut limit = Limit::Now;
    while runtime.turn(limit)? == Status::Running {
        let has_more = runtime.with(|desk, context| desk.finish_turn(context));
        limit = match has_more {
            true => Limit::Now,
            false => Limit::Never,
        };
    }
    Ok(())
}
