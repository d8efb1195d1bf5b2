//! Signals, as something to wait for.

use core::task::{Context, Poll};
use std::io;

use poll_api::Interest;

pub use poll_os::Signal;

use crate::io::AsyncFd;
use crate::io::source::Direction;

/// Waits for signals.
///
/// While it exists, the signals do not do what they do by default: `SIGTERM` does not end the
/// process. When the last one for a signal is dropped, the earlier state comes back; see
/// [`poll_os::Signals`]. Signals of one kind that come before they are received count once. Several
/// may listen to one signal, and each is told.
///
/// ```no_run
/// use poll_async::signal::{Signal, Signals};
///
/// # async fn serve() -> std::io::Result<()> {
/// let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
/// let signal = stop.recv().await?;
/// println!("{signal:?}: no more requests are taken");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Signals {
    io: AsyncFd<poll_os::Signals>,
}

impl Signals {
    /// Listens to `signals`, in the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: a signal cannot be listened to: `SIGKILL`, `SIGSTOP`, and those of failed
    ///   instructions, `SIGILL`, `SIGFPE`, `SIGSEGV` and `SIGBUS`.
    /// * `EBUSY`: other code has installed a handler over that of an earlier one.
    /// * `EMFILE`, `ENFILE`: no descriptors are left.
    /// * As [`AsyncFd::new`].
    ///
    /// The signals are then as they were.
    pub fn new(signals: impl IntoIterator<Item = Signal>) -> io::Result<Self> {
        let signals = poll_os::Signals::new(signals)?;
        let io = AsyncFd::with_interest(signals, Interest::READABLE)?;
        Ok(Self { io })
    }

    /// Waits for the next signal.
    ///
    /// # Errors
    ///
    /// If the runtime has ended.
    ///
    /// Cancel-safe: if it is dropped, no signal was taken.
    pub async fn recv(&self) -> io::Result<Signal> {
        self.io.read_with(take).await
    }

    /// As [`recv`](Self::recv), as a poll function: the last caller is woken.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&self, context: &mut Context<'_>) -> Poll<io::Result<Signal>> {
        self.io.poll_with(context, Direction::Read, take)
    }

    /// The next signal, if one is pending.
    pub fn try_recv(&self) -> Option<Signal> {
        self.io.try_read_with(take).ok()
    }
}

fn take(signals: &poll_os::Signals) -> io::Result<Signal> {
    signals.take().ok_or(io::ErrorKind::WouldBlock.into())
}

/// Waits for the signal of an interrupt from the keyboard, `SIGINT`, which no longer ends the
/// process while this waits.
///
/// For more than one of them use [`Signals`], which misses none in between.
///
/// # Errors
///
/// As [`Signals::new`].
///
/// Cancel-safe.
pub async fn ctrl_c() -> io::Result<()> {
    let interrupts = Signals::new([Signal::INTERRUPT])?;
    interrupts.recv().await.map(drop)
}
