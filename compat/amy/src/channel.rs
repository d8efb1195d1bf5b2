//! Channels whose receiver is an event source, with amy's methods and its rule of when it is told.

use core::cell::RefCell;
use core::fmt;
use std::error::Error;
use std::io;
use std::sync::{Arc, mpsc};

use crate::pulse::Pulse;
use crate::registrations::Registrations;

/// A sending end, and what it shares with the poller.
///
/// Its end is a send too: whoever goes last is told of.
struct End<S> {
    // Dropped first, and `tie` behind it.
    sender: S,
    tie: Tie,
}

/// Ends the beat that the drop of an [`End`] begins.
struct Tie {
    pulse: Arc<Pulse>,
    id: usize,
}

impl<S> End<S> {
    const fn new(sender: S, pulse: Arc<Pulse>, id: usize) -> Self {
        let tie = Tie { pulse, id };
        Self { sender, tie }
    }

    fn send<T, E>(&self, send: impl FnOnce(&S) -> Result<(), E>) -> Result<(), ChannelError<T>>
    where
        ChannelError<T>: From<E>,
    {
        let _beat = self.tie.pulse.beat();
        send(&self.sender).map_err(ChannelError::from)
    }
}

impl<S: Clone> Clone for End<S> {
    fn clone(&self) -> Self {
        Self::new(
            self.sender.clone(),
            Arc::clone(&self.tie.pulse),
            self.tie.id,
        )
    }
}

impl<S> Drop for End<S> {
    fn drop(&mut self) {
        self.tie.pulse.begin();
    }
}

impl Drop for Tie {
    fn drop(&mut self) {
        self.pulse.end();
    }
}

/// The sending end of a channel without bound.
pub struct Sender<T>(End<poll_loop::Sender<T>>);

impl<T> Sender<T> {
    pub(crate) const fn new(sender: poll_loop::Sender<T>, pulse: Arc<Pulse>, id: usize) -> Self {
        Self(End::new(sender, pulse, id))
    }

    /// Sends a message; never blocks.
    ///
    /// # Errors
    ///
    /// `SendError`, with the message: the receiver is gone.
    pub fn send(&self, msg: T) -> Result<(), ChannelError<T>> {
        self.0.send(|sender| sender.send(msg))
    }

    /// The id under which the receiver is told of.
    #[must_use]
    pub const fn get_id(&self) -> usize {
        self.0.tie.id
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Sender", self.get_id())
    }
}

/// The sending end of a channel with a bound.
pub struct SyncSender<T>(End<poll_loop::SyncSender<T>>);

impl<T> SyncSender<T> {
    pub(crate) const fn new(
        sender: poll_loop::SyncSender<T>,
        pulse: Arc<Pulse>,
        id: usize,
    ) -> Self {
        Self(End::new(sender, pulse, id))
    }

    /// Sends a message, and blocks the thread while the channel is full.
    ///
    /// # Errors
    ///
    /// `SendError`, with the message: the receiver is gone.
    pub fn send(&self, msg: T) -> Result<(), ChannelError<T>> {
        self.0.send(|sender| sender.send(msg))
    }

    /// Sends a message if there is room.
    ///
    /// # Errors
    ///
    /// `TrySendError`, with the message: the channel is full, or the receiver is gone.
    pub fn try_send(&self, msg: T) -> Result<(), ChannelError<T>> {
        self.0.send(|sender| sender.try_send(msg))
    }

    /// The id under which the receiver is told of.
    #[must_use]
    pub const fn get_id(&self) -> usize {
        self.0.tie.id
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "SyncSender", self.get_id())
    }
}

/// The receiving end of a channel, registered until it is dropped.
pub struct Receiver<T> {
    inner: RefCell<poll_loop::Receiver<T>>,
    pulse: Arc<Pulse>,
    id: usize,
    registrations: Arc<Registrations>,
}

impl<T> Receiver<T> {
    pub(crate) const fn new(
        inner: poll_loop::Receiver<T>,
        pulse: Arc<Pulse>,
        id: usize,
        registrations: Arc<Registrations>,
    ) -> Self {
        Self {
            inner: RefCell::new(inner),
            pulse,
            id,
            registrations,
        }
    }

    /// Receives a message if there is one.
    ///
    /// # Errors
    ///
    /// `TryRecvError`: `Empty` if there is none now, `Disconnected` if there will be none any more.
    pub fn try_recv(&self) -> Result<T, ChannelError<T>> {
        let before = self.pulse.before();
        let mut inner = self.inner.borrow_mut();
        // Whoever counts stops at the last one, and has to be told of what comes next.
        inner.rearm_if_last();
        let received = inner.try_recv();
        if received.is_err() {
            self.pulse.found_nothing(before);
        }
        received.map_err(ChannelError::from)
    }

    /// The id under which it is told of.
    #[must_use]
    pub const fn get_id(&self) -> usize {
        self.id
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let id = self.inner.get_mut().id();
        self.registrations.lock().remove_channel(id);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Receiver", self.id)
    }
}

fn debug(f: &mut fmt::Formatter<'_>, name: &str, id: usize) -> fmt::Result {
    f.debug_struct(name)
        .field("id", &id)
        .finish_non_exhaustive()
}

/// What can go wrong with a channel.
#[derive(Debug)]
pub enum ChannelError<T> {
    /// The receiver is gone; the message comes back.
    SendError(mpsc::SendError<T>),
    /// The channel is full, or the receiver gone; the message comes back.
    TrySendError(mpsc::TrySendError<T>),
    /// There is no message now, or there will be none any more.
    TryRecvError(mpsc::TryRecvError),
    /// The system failed; nothing here returns this.
    Io(io::Error),
}

impl<T> fmt::Display for ChannelError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendError(error) => error.fmt(f),
            Self::TrySendError(error) => error.fmt(f),
            Self::TryRecvError(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl<T: fmt::Debug> Error for ChannelError<T> {}

impl<T> From<mpsc::SendError<T>> for ChannelError<T> {
    fn from(error: mpsc::SendError<T>) -> Self {
        Self::SendError(error)
    }
}

impl<T> From<mpsc::TrySendError<T>> for ChannelError<T> {
    fn from(error: mpsc::TrySendError<T>) -> Self {
        Self::TrySendError(error)
    }
}

impl<T> From<mpsc::TryRecvError> for ChannelError<T> {
    fn from(error: mpsc::TryRecvError) -> Self {
        Self::TryRecvError(error)
    }
}

impl<T> From<io::Error> for ChannelError<T> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

mod kernel {
    /// amy's own handle of the kernel, which a program cannot name nor get: there is none.
    #[derive(Debug)]
    #[expect(unnameable_types, reason = "as in amy")]
    pub enum KernelRegistrar {}
}

/// What [`Registrar::channel`](crate::Registrar::channel) calls in amy, which exports it without
/// its argument: for programs that name it.
///
/// # Errors
///
/// None: it cannot be called.
pub fn channel<T>(registrar: &mut kernel::KernelRegistrar) -> io::Result<(Sender<T>, Receiver<T>)> {
    match *registrar {}
}
