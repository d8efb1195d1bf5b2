//! The reactor on a thread of its own.

use core::fmt;
use core::marker::PhantomData;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use crate::controller::{Controller, Tie};
use crate::handler::Handler;
use crate::machine::Machine;
use crate::poller::{Poll, Waker};

/// A reactor on a thread of its own.
///
/// It goes on for as long as somebody can reach it: when this and all controllers were dropped, it
/// is shut down, and the drop waits for its thread if this was the last of them.
pub struct Reactor<C, P: Poll> {
    // `None` only while this is taken apart.
    tie: Option<Arc<Tie<C>>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    poller: PhantomData<fn() -> P>,
}

impl<C, P: Poll> Reactor<C, P> {
    /// A reactor for this handler, on this poller.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left, or no thread can be started.
    pub fn new<H: Handler<Command = C> + 'static>(service: H, poller: P) -> Result<Self, io::Error>
    where
        P: 'static,
        C: 'static + Send,
    {
        Self::with(service, poller, thread::Builder::new())
    }

    /// A reactor on a thread with this name.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn named<H: Handler<Command = C> + 'static>(
        service: H,
        poller: P,
        thread_name: String,
    ) -> Result<Self, io::Error>
    where
        P: 'static,
        C: 'static + Send,
    {
        Self::with(service, poller, thread::Builder::new().name(thread_name))
    }

    /// A reactor on a thread made by `builder`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with<H: Handler<Command = C> + 'static>(
        service: H,
        poller: P,
        builder: thread::Builder,
    ) -> Result<Self, io::Error>
    where
        P: 'static,
        C: 'static + Send,
    {
        let (tell, told) = mpsc::channel();
        // Resources need not be able to leave the thread, so the runtime is put together there.
        let thread = builder.spawn(move || {
            let machine = match Machine::new(service, poller) {
                Ok(machine) => machine,
                Err(error) => {
                    // Whoever asked waits for it.
                    drop(tell.send(Err(error)));
                    return Ok(());
                }
            };
            drop(tell.send(Ok(machine.controller())));
            machine.run()
        })?;
        let controller = match told.recv() {
            Ok(made) => made?,
            Err(_) => return Err(io::Error::other("the poller panicked when it was set up")),
        };
        Ok(Self {
            tie: Some(Tie::new(controller)),
            thread: Some(thread),
            poller: PhantomData,
        })
    }

    /// A handle for any thread.
    pub fn controller(&self) -> Controller<C, <P::Waker as Waker>::Send> {
        match &self.tie {
            Some(tie) => Controller::new(tie),
            None => unreachable!("only joining and dropping take it"),
        }
    }

    /// Waits until a controller has shut the reactor down.
    ///
    /// # Errors
    ///
    /// The handler panicked: the payload. Or 16 waits in a row have failed: an `io::Error`.
    pub fn join(mut self) -> thread::Result<()> {
        match self.thread.take() {
            // This is kept until then: it may be the only one that can reach the reactor.
            Some(thread) => match thread.join()? {
                Ok(()) => Ok(()),
                Err(error) => Err(Box::new(error)),
            },
            None => unreachable!("only joining and dropping take the thread"),
        }
    }
}

impl<C, P: Poll> Drop for Reactor<C, P> {
    fn drop(&mut self) {
        let last = self.tie.take().and_then(Arc::into_inner);
        let (Some(tie), Some(thread)) = (last, self.thread.take()) else {
            return;
        };
        drop(tie);
        if thread.thread().id() != thread::current().id() {
            // Nobody is here to be told of a panic.
            drop(thread.join());
        }
    }
}

impl<C, P: Poll> fmt::Debug for Reactor<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
