//! What a wait reports, and what can be registered.

mod events;
mod source;

use core::fmt;

use poll_api::{Ready, Token};
use poll_os::engine::RawEvent;

use crate::mechanism::Raw;

pub use events::{Events, Iter};
pub use source::Source;

/// One report: which source, and what is ready.
///
/// Each predicate is a hint. The tables tell the flags behind them, by the mechanism.
#[derive(Clone)]
#[repr(transparent)]
pub struct Event(Raw);

impl Event {
    /// The token the source was registered with.
    #[must_use]
    #[inline]
    pub fn token(&self) -> Token {
        self.0.event().token()
    }

    /// Data can be read, or a connection accepted.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLIN`, `EPOLLPRI` |
    /// | kqueue | `EVFILT_READ`, and `EVFILT_USER` for wakers |
    /// | poll(2) | `POLLIN`, `POLLPRI` |
    #[must_use]
    #[inline]
    pub fn is_readable(&self) -> bool {
        is_readable(self.ready())
    }

    /// Data can be written, or a connect in progress has ended.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLOUT` |
    /// | kqueue | `EVFILT_WRITE` |
    /// | poll(2) | `POLLOUT` |
    #[must_use]
    #[inline]
    pub fn is_writable(&self) -> bool {
        self.ready().is_writable()
    }

    /// An error is pending on the source; the next operation, or `take_error`, tells which.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLERR` |
    /// | kqueue | `EV_EOF` with a non-zero `fflags` |
    /// | poll(2) | `POLLERR` |
    #[must_use]
    #[inline]
    pub fn is_error(&self) -> bool {
        self.ready().is_error()
    }

    /// The peer will send no more; what it sent before may still have to be read.
    ///
    /// Where it is false, the peer may have gone all the same: reading tells.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLHUP`, or `EPOLLIN` with `EPOLLRDHUP` |
    /// | kqueue | `EVFILT_READ` with `EV_EOF` |
    /// | poll(2) | `POLLHUP`, or `POLLIN` with `POLLRDHUP` where that exists |
    #[must_use]
    #[inline]
    pub fn is_read_closed(&self) -> bool {
        is_read_closed(self.ready())
    }

    /// Nothing written from now on will arrive.
    ///
    /// Where it is false, that may be so all the same: writing tells.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLHUP`, or `EPOLLOUT` with `EPOLLERR`, or `EPOLLERR` alone |
    /// | kqueue | `EVFILT_WRITE` with `EV_EOF` |
    /// | poll(2) | `POLLHUP`, or `POLLOUT` with `POLLERR`, or `POLLERR` alone |
    #[must_use]
    #[inline]
    pub fn is_write_closed(&self) -> bool {
        is_write_closed(self.ready())
    }

    /// Exceptional data, as TCP's urgent byte.
    ///
    /// | mechanism | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLPRI` |
    /// | kqueue | `EVFILT_EXCEPT` with `NOTE_OOB`, on systems that have it |
    /// | poll(2) | `POLLPRI` |
    #[must_use]
    #[inline]
    pub fn is_priority(&self) -> bool {
        self.ready().is_priority()
    }

    /// A POSIX asynchronous operation completed (`EVFILT_AIO`; kqueue only).
    #[must_use]
    #[inline]
    pub fn is_aio(&self) -> bool {
        self.ready().is_aio()
    }

    /// A `lio_listio` operation completed (`EVFILT_LIO`; FreeBSD only).
    #[must_use]
    #[inline]
    pub fn is_lio(&self) -> bool {
        self.ready().is_lio()
    }

    #[inline]
    fn ready(&self) -> Ready {
        self.0.event().ready()
    }
}

// mio's predicates differ from those of `Ready` where epoll's flags come together, and programs
// depend on it: an error queue, for example, is `EPOLLERR` beside `EPOLLIN` and closes nothing.

#[inline]
fn is_readable(ready: Ready) -> bool {
    ready.intersects(Ready::READABLE | Ready::PRIORITY)
}

#[inline]
fn is_read_closed(ready: Ready) -> bool {
    ready.is_read_closed() && ready.intersects(Ready::READABLE | Ready::HANGUP)
}

#[inline]
fn is_write_closed(ready: Ready) -> bool {
    let error_alone = Ready::ERROR | Ready::WRITE_CLOSED;
    let beside = Ready::WRITABLE | Ready::HANGUP;
    ready.is_write_closed() && (ready.intersects(beside) || ready == error_alone)
}

/// The alternate form adds what the system reported.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_details = f.alternate();
        let mut debug = f.debug_struct("Event");
        debug
            .field("token", &self.token())
            .field("readable", &self.is_readable())
            .field("writable", &self.is_writable())
            .field("error", &self.is_error())
            .field("read_closed", &self.is_read_closed())
            .field("write_closed", &self.is_write_closed())
            .field("priority", &self.is_priority())
            .field("aio", &self.is_aio())
            .field("lio", &self.is_lio());
        if with_details {
            debug.field("system", &self.0);
        }
        debug.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{is_read_closed, is_readable, is_write_closed};
    use poll_api::Ready;

    // As poll-os maps epoll's and poll's flags.
    const IN: Ready = Ready::READABLE;
    const OUT: Ready = Ready::WRITABLE;
    const PRI: Ready = Ready::PRIORITY;
    const RDHUP: Ready = Ready::READ_CLOSED;
    const ERR: Ready = Ready::ERROR.add(Ready::WRITE_CLOSED);
    const HUP: Ready = Ready::HANGUP
        .add(Ready::READ_CLOSED)
        .add(Ready::WRITE_CLOSED);

    #[test]
    fn flags_that_come_together_mean_what_they_mean_to_mio() {
        // Readable, read closed, write closed.
        for (flags, expected) in [
            (Ready::EMPTY, [false, false, false]),
            (IN, [true, false, false]),
            (PRI, [true, false, false]),
            (OUT, [false, false, false]),
            (RDHUP, [false, false, false]),
            (IN | RDHUP, [true, true, false]),
            (PRI | RDHUP, [true, false, false]),
            (HUP, [false, true, true]),
            (IN | HUP, [true, true, true]),
            (ERR, [false, false, true]),
            (OUT | ERR, [false, false, true]),
            (IN | ERR, [true, false, false]),
            (RDHUP | ERR, [false, false, false]),
            (IN | RDHUP | ERR, [true, true, false]),
            (IN | OUT | RDHUP | HUP | ERR, [true, true, true]),
        ] {
            let found = [
                is_readable(flags),
                is_read_closed(flags),
                is_write_closed(flags),
            ];
            assert_eq!(found, expected, "{flags:?}");
        }
    }

    #[test]
    fn the_filters_of_kqueue_close_their_own_direction_only() {
        let read_end = Ready::READABLE | Ready::READ_CLOSED;
        let write_end = Ready::WRITABLE | Ready::WRITE_CLOSED;
        for error in [Ready::EMPTY, Ready::ERROR] {
            let (read, write) = (read_end | error, write_end | error);
            assert_eq!((is_read_closed(read), is_write_closed(read)), (true, false));
            assert_eq!(
                (is_read_closed(write), is_write_closed(write)),
                (false, true)
            );
        }
    }
}
