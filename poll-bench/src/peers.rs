//! The pollers that are compared, behind one trait so that each group is written once.

pub(crate) mod io_reactor;
pub(crate) mod mio;
pub(crate) mod ours;
pub(crate) mod poll_mio;
pub(crate) mod polling;
pub(crate) mod raw;
pub(crate) mod reactor;
pub(crate) mod runtimes;
pub(crate) mod timers;

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;

pub(crate) use self::mio::Mio;
pub(crate) use self::ours::Ours;
pub(crate) use self::poll_mio::PollMio;
pub(crate) use self::polling::{Polling, PollingOneshot};
pub(crate) use self::raw::Raw;

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

    /// Waits, looks at every event, and returns their number.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<u64>;

    /// The poller's waker; asked for once.
    fn waker(&mut self) -> io::Result<Self::Waker>;

    /// Ends the present wait or the next one.
    fn wake(waker: &Self::Waker) -> io::Result<()>;
}

/// The token of a peer's own waker; sources count from zero.
pub(crate) const WAKER: usize = 1 << 20;
