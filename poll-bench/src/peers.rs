//! The pollers that are compared, behind one trait so that each group is written once.

pub(crate) mod amy;
pub(crate) mod calloop;
pub(crate) mod io_reactor;
pub(crate) mod mio;
pub(crate) mod notify;
pub(crate) mod ours;
pub(crate) mod poll_loop;
pub(crate) mod poll_mio;
pub(crate) mod polling;
pub(crate) mod popol;
pub(crate) mod raw;
pub(crate) mod reactor;
pub(crate) mod runtimes;
pub(crate) mod server;
pub(crate) mod timers;
pub(crate) mod uring;

use core::hint::black_box;
use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;

pub(crate) use self::amy::Amy;
pub(crate) use self::calloop::Calloop;
pub(crate) use self::mio::Mio;
pub(crate) use self::notify::Notified;
pub(crate) use self::ours::{Ours, PollTwo};
pub(crate) use self::poll_loop::PollLoop;
pub(crate) use self::poll_mio::PollMio;
pub(crate) use self::polling::{Polling, PollingOneshot};
pub(crate) use self::popol::Popol;
pub(crate) use self::raw::{Raw, RawLevel};
pub(crate) use self::uring::UringPoll;

/// A poller as its users use it: edge-triggered readers, unless its name says otherwise.
///
/// Each is used statically, so the trait costs nothing. Sources outlive the peer, which `'fd`
/// says.
pub(crate) trait Peer<'fd>: Sized {
    /// The handle that ends a wait.
    type Waker: Send + Sync + 'static;

    /// A poller whose event buffer has room for `capacity` events.
    fn new(capacity: usize) -> io::Result<Self>;

    /// Watches `source` for reading.
    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()>;

    /// Ends that.
    fn deregister(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()>;

    /// The same of a source that is closed next.
    fn forget(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.deregister(source, token)
    }

    /// Waits, hands out the token of every event, and returns their number.
    fn turn(
        &mut self,
        timeout: Option<Duration>,
        see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64>;

    /// Waits, looks at every event, and returns their number.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<u64> {
        self.turn(timeout, |token| {
            black_box(token);
            Ok(())
        })
    }

    /// The poller's waker; asked for once.
    fn waker(&mut self) -> io::Result<Self::Waker>;

    /// Ends the present wait or the next one.
    fn wake(waker: &Self::Waker) -> io::Result<()>;
}

/// The token of a peer's own waker; sources count from zero.
pub(crate) const WAKER: usize = 1 << 20;
