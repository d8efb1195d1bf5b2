//! A pipe that signal handlers write to, and that is never closed under one of them.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use rustix::fd::{FromRawFd, IntoRawFd, OwnedFd};

/// The two ends of a pipe that signal handlers write to, and the count of who uses it.
///
/// A descriptor must not be closed while a handler on another thread is about to write to it: its
/// number could belong to another file by then, and a pipe without a reader raises `SIGPIPE`. So
/// each user takes a [`Hold`], and the last one to leave closes both ends, which close(2) allows
/// in a handler too.
///
/// `holds` is 0 when the place is free, [`BUSY`](Self::BUSY) while one thread fills or clears it,
/// otherwise the number of holds. Only the thread that set `BUSY` writes `writer`; the others read
/// it under a hold.
pub(crate) struct SharedPipe {
    holds: AtomicU32,
    writer: AtomicI32,
    reader: AtomicI32,
}

impl SharedPipe {
    const BUSY: u32 = u32::MAX;
    const NO_FD: i32 = -1;

    pub(crate) const fn new() -> Self {
        Self {
            holds: AtomicU32::new(0),
            writer: AtomicI32::new(Self::NO_FD),
            reader: AtomicI32::new(Self::NO_FD),
        }
    }

    /// The first hold, with `writer` in place; gives it back if the place is not free.
    pub(crate) fn claim(&self, writer: OwnedFd) -> Result<Hold<'_>, OwnedFd> {
        let free = self
            .holds
            .compare_exchange(0, Self::BUSY, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            return Err(writer);
        }
        self.writer.store(writer.into_raw_fd(), Ordering::Relaxed);
        self.holds.store(1, Ordering::Release);
        Ok(Hold { pipe: self })
    }

    /// One more hold, if there is one already; for handlers.
    pub(crate) fn hold(&self) -> Option<Hold<'_>> {
        let more = |holds| match holds {
            0 | Self::BUSY => None,
            // One below BUSY is out of reach: each hold is a running handler or a listener.
            _ => holds.checked_add(1).filter(|more| *more != Self::BUSY),
        };
        self.holds
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, more)
            .ok()
            .map(|_| Hold { pipe: self })
    }

    fn leave(&self) {
        let less = |holds| Some(if holds == 1 { Self::BUSY } else { holds - 1 });
        let left = self
            .holds
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        if left == Ok(1) {
            close(&self.reader);
            close(&self.writer);
            self.holds.store(0, Ordering::Release);
        }
    }
}

/// The right to use the pipe; both ends stay open as long as it exists.
pub(crate) struct Hold<'a> {
    pipe: &'a SharedPipe,
}

impl Hold<'_> {
    /// Writes one byte. A full pipe is fine: it is readable, which is all that the byte says.
    pub(crate) fn ring(&self) {
        let writer = self.pipe.writer.load(Ordering::Relaxed);
        let byte = 1_u8;
        // SAFETY: write(2) reads `count` bytes from `buf`; the descriptor must be this pipe's.
        // - `byte` is one byte that lives until after the call.
        // - `writer` was put there by `claim` from an owned descriptor and is closed by `leave`
        //   only when no hold exists; this hold exists for the whole call.
        let written = unsafe { libc::write(writer, (&raw const byte).cast(), 1) };
        // EAGAIN: full. EINTR cannot be, as a non-blocking write does not wait. EPIPE cannot be:
        // the read end is closed with the write end.
        let _ = written;
    }

    /// Leaves, and has `reader` closed together with the write end by whoever leaves last.
    pub(crate) fn close_with(self, reader: OwnedFd) {
        let number = reader.into_raw_fd();
        self.pipe.reader.store(number, Ordering::Relaxed);
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.pipe.leave();
    }
}

/// Closes the descriptor whose number is in `place`, if there is one.
fn close(place: &AtomicI32) {
    let number = place.swap(SharedPipe::NO_FD, Ordering::Relaxed);
    if number != SharedPipe::NO_FD {
        // SAFETY: from_raw_fd wants an open descriptor that nobody else owns.
        // - the number comes from `into_raw_fd` in `claim` or `close_with`: it was owned, and
        //   ownership went to `place`.
        // - the swap hands it out once.
        // - it is still open: descriptors in a place are closed here only.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}

#[cfg(test)]
mod tests {
    use super::SharedPipe;
    use crate::target;
    use rustix::io::Errno;

    #[test]
    fn both_ends_are_closed_by_whoever_leaves_last() {
        let pipe = SharedPipe::new();
        let (reader, writer) = target::pipe().unwrap();
        let watched = rustix::io::dup(&reader).unwrap();
        let owner = pipe.claim(writer).ok().unwrap();
        let inside = pipe.hold().unwrap();
        owner.close_with(reader);

        inside.ring();
        let mut bytes = [0; 8];
        assert_eq!(rustix::io::read(&watched, &mut bytes), Ok(1));
        assert_eq!(rustix::io::read(&watched, &mut bytes), Err(Errno::AGAIN));
        drop(inside);
        assert_eq!(rustix::io::read(&watched, &mut bytes), Ok(0));

        assert!(pipe.hold().is_none());
        let (_reader, writer) = target::pipe().unwrap();
        let again = pipe.claim(writer).ok().unwrap();
        let (_reader, writer) = target::pipe().unwrap();
        assert!(pipe.claim(writer).is_err());
        drop(again);
    }
}
