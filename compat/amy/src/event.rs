//! What is asked of a source and what is told of it, in one type, as amy has it.

use poll_loop::{Interest, Ready};

/// What a source is to be watched for, and what it is ready for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Reading, or accepting.
    Read,
    /// Writing, or a connect that has ended.
    Write,
    /// Both of them.
    Both,
}

impl Event {
    /// Whether reading is part of it.
    #[must_use]
    pub fn readable(&self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    /// Whether writing is part of it.
    #[must_use]
    pub fn writable(&self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }

    pub(crate) fn interest(&self) -> Interest {
        match self {
            Self::Read => Interest::READABLE,
            Self::Write => Interest::WRITABLE,
            Self::Both => Interest::READABLE | Interest::WRITABLE,
        }
    }

    /// What to tell whoever asked for `self` of a source that is `ready`; nothing if that is not
    /// what was asked for, as in a report that was underway while the interest changed.
    ///
    /// An end or an error belongs to each direction that was asked for: the next operation tells.
    pub(crate) fn of(&self, ready: Ready) -> Option<Self> {
        let read = self.readable() && ready.wakes_reader();
        let write = self.writable() && ready.wakes_writer();
        match (read, write) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Read),
            (false, true) => Some(Self::Write),
            (false, false) => None,
        }
    }

    /// Both events in one.
    pub(crate) fn and(&self, other: &Self) -> Self {
        if self == other {
            self.clone()
        } else {
            Self::Both
        }
    }
}

/// Which registration, and what it is ready for; a timer or a channel is ready for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What `register`, `set_timeout`, `set_interval` or `get_id` returned.
    pub id: usize,
    /// What has happened.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::Event::{self, Both, Read, Write};
    use poll_loop::Ready;

    #[test]
    fn each_readiness_is_told_to_whoever_asked_for_that_direction() {
        let nothing = Ready::EMPTY;
        for (ready, to_reader, to_writer, to_both) in [
            (nothing, None, None, None),
            (Ready::READABLE, Some(Read), None, Some(Read)),
            (Ready::WRITABLE, None, Some(Write), Some(Write)),
            (Ready::READ_CLOSED, Some(Read), None, Some(Read)),
            (Ready::WRITE_CLOSED, None, Some(Write), Some(Write)),
            (Ready::ERROR, Some(Read), Some(Write), Some(Both)),
            (
                Ready::READABLE | Ready::WRITABLE,
                Some(Read),
                Some(Write),
                Some(Both),
            ),
        ] {
            assert_eq!(Event::Read.of(ready), to_reader, "{ready:?}");
            assert_eq!(Event::Write.of(ready), to_writer, "{ready:?}");
            assert_eq!(Event::Both.of(ready), to_both, "{ready:?}");
        }
    }

    #[test]
    fn two_events_are_one() {
        for (one, other, both) in [
            (Read, Read, Read),
            (Write, Write, Write),
            (Read, Write, Both),
            (Write, Read, Both),
            (Both, Read, Both),
            (Write, Both, Both),
        ] {
            assert_eq!(one.and(&other), both);
        }
    }
}
