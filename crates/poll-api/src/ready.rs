//! What an engine says about a source.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// What an engine says about a source: a small set, possibly empty.
///
/// Readiness is a hint. The operation it promises may still return `WouldBlock`, because another
/// thread was quicker or the kernel changed its mind; code that acts on it uses non-blocking
/// sources and takes `WouldBlock` calmly.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Ready(u16);

impl Ready {
    /// Nothing.
    pub const EMPTY: Self = Self(0);
    /// A read would not block. See [`is_readable`](Self::is_readable).
    pub const READABLE: Self = Self(1);
    /// A write would not block. See [`is_writable`](Self::is_writable).
    pub const WRITABLE: Self = Self(1 << 1);
    /// The peer will send no more. See [`is_read_closed`](Self::is_read_closed).
    pub const READ_CLOSED: Self = Self(1 << 2);
    /// Nothing written will arrive. See [`is_write_closed`](Self::is_write_closed).
    pub const WRITE_CLOSED: Self = Self(1 << 3);
    /// Both directions are closed. See [`is_hangup`](Self::is_hangup).
    pub const HANGUP: Self = Self(1 << 4);
    /// An error is pending. See [`is_error`](Self::is_error).
    pub const ERROR: Self = Self(1 << 5);
    /// Exceptional data. See [`is_priority`](Self::is_priority).
    pub const PRIORITY: Self = Self(1 << 6);
    /// A POSIX asynchronous operation completed. See [`is_aio`](Self::is_aio).
    pub const AIO: Self = Self(1 << 7);
    /// A `lio_listio` operation completed. See [`is_lio`](Self::is_lio).
    pub const LIO: Self = Self(1 << 8);

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in this set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is ready.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The union of both.
    #[must_use]
    pub const fn add(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without `other`.
    #[must_use]
    pub const fn remove(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// `other` if `condition`, else nothing: for building a set from kernel flags.
    #[must_use]
    pub const fn when(condition: bool, other: Self) -> Self {
        if condition { other } else { Self::EMPTY }
    }

    /// Data can be read, or a connection accepted.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLIN` |
    /// | kqueue | `EVFILT_READ` |
    /// | poll(2) | `POLLIN` |
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.intersects(Self::READABLE)
    }

    /// Data can be written, or a connect in progress has ended.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLOUT` |
    /// | kqueue | `EVFILT_WRITE` |
    /// | poll(2) | `POLLOUT` |
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.intersects(Self::WRITABLE)
    }

    /// The peer will send no more; what it sent before may still have to be read.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLRDHUP` or `EPOLLHUP` |
    /// | kqueue | `EVFILT_READ` with `EV_EOF` |
    /// | poll(2) | `POLLRDHUP` where it exists, or `POLLHUP` (1) |
    ///
    /// (1) Elsewhere than on Linux and Android, not for an interest in writing alone: `POLLHUP` may
    /// be the end of the other direction. Where `POLLRDHUP` is missing, the end of the peer's half
    /// may be told as readable only: the read that returns 0 says it.
    ///
    /// An unconnected TCP socket reports `EPOLLHUP`: register it after `connect` was called.
    #[must_use]
    pub const fn is_read_closed(self) -> bool {
        self.intersects(Self::READ_CLOSED)
    }

    /// Nothing written from now on will arrive.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLHUP` or `EPOLLERR` |
    /// | kqueue | `EVFILT_WRITE` with `EV_EOF` |
    /// | poll(2) | `POLLHUP` (1) or `POLLERR` |
    ///
    /// (1) Elsewhere than on Linux and Android, only for an interest in writing, and it may be the
    /// end of the other direction: a write tells.
    ///
    /// A local `shutdown` of the write half is reported by kqueue and not by the others.
    #[must_use]
    pub const fn is_write_closed(self) -> bool {
        self.intersects(Self::WRITE_CLOSED)
    }

    /// Both directions are closed.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLHUP` |
    /// | kqueue | never: its filters tell the end of one direction each |
    /// | poll(2) | `POLLHUP` on Linux and Android; elsewhere never, as it may be one direction's end |
    ///
    /// [`Capabilities::hangups`](crate::Capabilities::hangups) says whether an engine reports it.
    #[must_use]
    pub const fn is_hangup(self) -> bool {
        self.intersects(Self::HANGUP)
    }

    /// An error is pending on the source; the next operation, or `SO_ERROR`, tells which.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLERR` |
    /// | kqueue | `EV_EOF` with a non-zero `fflags`, which is the error |
    /// | poll(2) | `POLLERR` |
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.intersects(Self::ERROR)
    }

    /// Exceptional data: TCP out-of-band bytes, a changed `sysfs` attribute, and the like.
    ///
    /// | engine | flags |
    /// | --- | --- |
    /// | epoll | `EPOLLPRI` |
    /// | kqueue | `EVFILT_EXCEPT` with `NOTE_OOB` (macOS, OpenBSD, DragonFly) |
    /// | poll(2) | `POLLPRI` |
    #[must_use]
    pub const fn is_priority(self) -> bool {
        self.intersects(Self::PRIORITY)
    }

    /// A POSIX asynchronous operation completed (`EVFILT_AIO`; kqueue only).
    #[must_use]
    pub const fn is_aio(self) -> bool {
        self.intersects(Self::AIO)
    }

    /// A `lio_listio` operation completed (`EVFILT_LIO`; FreeBSD only).
    #[must_use]
    pub const fn is_lio(self) -> bool {
        self.intersects(Self::LIO)
    }

    /// Whether a read would return at once: with data, with the end, or with the error.
    #[must_use]
    pub const fn wakes_reader(self) -> bool {
        self.intersects(Self(Self::READABLE.0 | Self::READ_CLOSED.0 | Self::ERROR.0))
    }

    /// Whether a write would return at once: with progress or with the error.
    #[must_use]
    pub const fn wakes_writer(self) -> bool {
        self.intersects(Self(
            Self::WRITABLE.0 | Self::WRITE_CLOSED.0 | Self::ERROR.0,
        ))
    }
}

impl BitOr for Ready {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.add(other)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::READABLE.0, "READABLE"),
            (Self::WRITABLE.0, "WRITABLE"),
            (Self::READ_CLOSED.0, "READ_CLOSED"),
            (Self::WRITE_CLOSED.0, "WRITE_CLOSED"),
            (Self::HANGUP.0, "HANGUP"),
            (Self::ERROR.0, "ERROR"),
            (Self::PRIORITY.0, "PRIORITY"),
            (Self::AIO.0, "AIO"),
            (Self::LIO.0, "LIO"),
        ];
        write_names(f, self.0, names)
    }
}

/// Writes the names of the set bits, separated by ` | `, or `EMPTY`.
pub(crate) fn write_names<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    bits: u16,
    names: [(u16, &str); N],
) -> fmt::Result {
    let mut first = true;
    for (bit, name) in names {
        if bits & bit != 0 {
            f.write_str(if first { "" } else { " | " })?;
            f.write_str(name)?;
            first = false;
        }
    }
    if first { f.write_str("EMPTY") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::Ready;
    use std::format;

    #[test]
    fn debug_lists_names_and_has_a_name_for_nothing() {
        assert_eq!(format!("{:?}", Ready::EMPTY), "EMPTY");
        let set = Ready::READABLE | Ready::HANGUP;
        assert_eq!(format!("{set:?}"), "READABLE | HANGUP");
    }

    #[test]
    fn contains_wants_all_and_intersects_any() {
        let set = Ready::READABLE | Ready::WRITABLE;
        assert!(set.contains(Ready::READABLE));
        assert!(!Ready::READABLE.contains(set));
        assert!(Ready::READABLE.intersects(set));
        assert!(!Ready::ERROR.intersects(set));
        assert_eq!(set.remove(Ready::READABLE), Ready::WRITABLE);
        assert_eq!(Ready::when(false, set), Ready::EMPTY);
        assert_eq!(Ready::when(true, set), set);
    }

    #[test]
    fn a_reader_is_woken_by_data_end_and_error_and_a_writer_by_room_close_and_error() {
        for (ready, reader, writer) in [
            (Ready::READABLE, true, false),
            (Ready::READ_CLOSED, true, false),
            (Ready::ERROR, true, true),
            (Ready::WRITABLE, false, true),
            (Ready::WRITE_CLOSED, false, true),
            (Ready::PRIORITY, false, false),
            (Ready::EMPTY, false, false),
        ] {
            assert_eq!(ready.wakes_reader(), reader, "{ready:?}");
            assert_eq!(ready.wakes_writer(), writer, "{ready:?}");
        }
    }
}
