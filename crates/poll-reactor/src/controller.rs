//! The handle to a runtime that other threads have.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, OnceLock};

use poll_api::{Instant, Wake};
use poll_driver::{PostError, Remote};

use crate::error::{CommandError, Ended};
use crate::host::Message;
use crate::metrics::{Metrics, Published};
use crate::resources::Resources;

/// The handle to a runtime, for any thread: cheap to clone, and it outlives its runtime.
///
/// Dropping the last one changes nothing. The queue of commands has no bound: who has to be slowed
/// down is sent answers.
///
/// # Examples
///
/// A command that is answered carries the way back:
///
/// ```
/// use core::time::Duration;
/// use poll_reactor::{Context, Reactor, Service};
/// use std::sync::mpsc;
///
/// enum Command {
///     Add(u64),
///     Total(mpsc::Sender<u64>),
/// }
///
/// struct Sum(u64);
///
/// impl Service for Sum {
///     type Command = Command;
///     type Timer = ();
///
///     fn command(&mut self, command: Command, _: &mut Context<'_, Self>) {
///         match command {
///             Command::Add(value) => self.0 += value,
///             Command::Total(to) => drop(to.send(self.0)), // who asked may be gone
///         }
///     }
/// }
///
/// let reactor = Reactor::new(Sum(0))?;
/// let controller = reactor.controller();
/// let other = controller.clone();
/// std::thread::spawn(move || other.command(Command::Add(40)))
///     .join()
///     .unwrap()?;
/// controller.command(Command::Add(2))?;
/// let (to, answers) = mpsc::channel();
/// controller.command(Command::Total(to))?;
/// assert_eq!(answers.recv()?, 42);
/// controller.shut_down(Duration::ZERO)?;
/// reactor.join()?;
/// assert!(controller.command(Command::Add(1)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Controller<C> {
    shared: Arc<Shared<C>>,
}

impl<C: Send + 'static> Controller<C> {
    pub(crate) fn new<W: Wake + 'static>(remote: Remote<Message<C>, W>) -> Self {
        let shared = Shared {
            post: Box::new(remote),
            published: Published::default(),
            ended: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl<C> Controller<C> {
    pub(crate) fn shared(&self) -> &Shared<C> {
        &self.shared
    }

    /// Sends the service a command ([`Service::command`](crate::Service::command)).
    ///
    /// Those of one thread come in their order. Locks a mutex; a system call is made only if the
    /// runtime sleeps and nobody has woken it yet, however many resources it has.
    ///
    /// `Ok` says that the command is queued. A runtime that ends at the same moment drops it.
    ///
    /// # Errors
    ///
    /// The runtime has ended; the command comes back.
    pub fn command(&self, command: C) -> Result<(), CommandError<C>> {
        self.post(Message::Command(command)).map_err(|message| {
            let Message::Command(command) = message else {
                unreachable!("the message comes back as it was");
            };
            let reason = self.ended().unwrap_or(Ended::Stopped);
            CommandError { command, reason }
        })
    }

    /// Begins a graceful shutdown, behind the commands that were sent before: nothing is read or
    /// accepted any more, what was sent is written, for as long as `grace` at most, and each
    /// resource is handed over to the service.
    ///
    /// A second one can only end it sooner. Commands are still delivered until all is written.
    ///
    /// # Errors
    ///
    /// The runtime has ended already.
    pub fn shut_down(&self, grace: Duration) -> Result<(), Ended> {
        self.post(Message::Shutdown(grace))
            .map_err(|_message| self.ended().unwrap_or(Ended::Stopped))
    }

    fn post(&self, message: Message<C>) -> Result<(), Message<C>> {
        if self.shared.has_ended() {
            return Err(message);
        }
        self.shared.post.post(message)
    }

    /// How the runtime ended; nothing while it runs. Locks a mutex.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        // First, because a runtime says how it ended before it is dropped.
        let is_dropped = self.shared.post.is_closed();
        let ended = self.shared.ended.get().cloned();
        ended.or_else(|| is_dropped.then_some(Ended::Stopped))
    }

    /// What the runtime had counted at the end of its last turn. No lock, no wake-up.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.shared.published.read()
    }
}

impl<C> Clone for Controller<C> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }
}

impl<C> fmt::Debug for Controller<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller")
            .field("ended", &self.shared.ended.get())
            .finish_non_exhaustive()
    }
}

/// Posts to a driver, whatever its engine.
trait Post<C>: Send + Sync {
    fn post(&self, message: Message<C>) -> Result<(), Message<C>>;
    fn is_closed(&self) -> bool;
}

impl<C: Send, W: Wake> Post<C> for Remote<Message<C>, W> {
    fn post(&self, message: Message<C>) -> Result<(), Message<C>> {
        match Self::post(self, message, Instant::START) {
            // The system refused to wake a sleeping loop, which finds the message when it comes
            // back.
            Ok(()) | Err(PostError::Unwoken(_)) => Ok(()),
            Err(PostError::Closed(message)) => Err(message),
        }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }
}

/// What a runtime and its controllers share.
pub(crate) struct Shared<C> {
    post: Box<dyn Post<C>>,
    published: Published,
    ended: OnceLock<Ended>,
}

impl<C> Shared<C> {
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.get().is_some()
    }

    /// Only the first end counts.
    pub(crate) fn end(&self, ended: Ended) {
        self.ended.get_or_init(|| ended);
    }

    pub(crate) fn publish<S: 'static>(&self, resources: &Resources<S>) {
        self.published.publish(resources);
    }
}
