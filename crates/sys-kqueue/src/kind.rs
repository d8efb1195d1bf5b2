//! What an event means, filter by filter.

use rustix::io::Errno;
use rustix::process::Pid;

use crate::event::{Event, Filter, Flags, errno};
use crate::notes::{IoNotes, ProcessNotes, UserNotes, VnodeNotes};

/// What an event means; see [`Event::kind`].
///
/// A negative count is zero here; [`Event::data`] has it unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The answer to a change.
    Receipt(Result<(), Errno>),
    /// A descriptor can be read.
    Read {
        /// Bytes, connections to accept, or for a file the distance to its end (negative behind
        /// it).
        available: i64,
        /// The peer will send no more; what it sent may still have to be read.
        end: bool,
        /// Why it ended, if by an error.
        error: Option<Errno>,
    },
    /// A descriptor can be written.
    Write {
        /// The room in the buffer in bytes.
        space: i64,
        /// The peer reads no more.
        end: bool,
        /// Why it ended, if by an error.
        error: Option<Errno>,
    },
    /// An exceptional condition of a descriptor.
    Except {
        /// Which one.
        notes: IoNotes,
        /// The peer is gone.
        end: bool,
    },
    /// The send buffer of a socket is empty.
    Empty {
        /// The peer reads no more.
        end: bool,
    },
    /// Something happened to a file.
    Vnode(VnodeNotes),
    /// Something happened to a process.
    Process {
        /// Which one; none if the kernel's number is not one of a process.
        pid: Option<Pid>,
        /// What happened.
        notes: ProcessNotes,
        /// With `EXIT`, the status as waitpid(2) has it (Apple: if `EXITSTATUS` was asked for);
        /// with `CHILD`, the number of the parent.
        data: i64,
    },
    /// Something happened to the process behind a descriptor.
    ProcessDescriptor {
        /// What happened.
        notes: ProcessNotes,
        /// With `EXIT`, the status as waitpid(2) has it.
        data: i64,
    },
    /// A signal was sent to this process.
    Signal {
        /// Its number.
        signal: i32,
        /// How often since the last report.
        count: u64,
    },
    /// A time has come.
    Timer {
        /// The caller's number of the timer.
        ident: usize,
        /// How often since the last report.
        expirations: u64,
    },
    /// A user event was triggered.
    User {
        /// The caller's number of the event.
        ident: usize,
        /// The user's bits.
        notes: UserNotes,
    },
    /// An asynchronous operation completed.
    Aio {
        /// The address of its control block.
        control_block: usize,
    },
    /// A list of asynchronous operations completed.
    Lio {
        /// The address or number the list was submitted with.
        list: usize,
    },
    /// A message waits at a Mach port.
    MachPort {
        /// The name of the port or port set that was registered.
        registered: usize,
        /// The name of the port that has the message.
        port: i64,
    },
    /// File systems changed; `fflags` are `VQ_` bits.
    FileSystem {
        /// What changed.
        changes: u32,
    },
    /// A filter this crate does not interpret: the plain accessors have it all.
    Other,
}

impl Event {
    /// What the event means. Never fails: what the kernel may say that this crate does not know
    /// is [`Kind::Other`], and unknown notes are kept.
    ///
    /// | kind | filter | from |
    /// | --- | --- | --- |
    /// | `Receipt` | any | the bit `EV_ERROR`; `data` is the errno |
    /// | `Read`, `Write`, `Empty` | `READ`, `WRITE`, `EMPTY` | `data`; `EV_EOF`, with `fflags` the error |
    /// | `Except`, `Vnode`, `User` | `EXCEPT`, `VNODE`, `USER` | `fflags` |
    /// | `Process` | `PROC` | `ident`, `fflags`, `data` |
    /// | `ProcessDescriptor` | `PROCDESC` | `fflags`, `data` |
    /// | `Signal`, `Timer` | `SIGNAL`, `TIMER` | `ident`, `data` |
    /// | `Aio`, `Lio`, `MachPort` | `AIO`, `LIO`, `MACHPORT` | `ident`, `data` |
    /// | `FileSystem` | `FS` | `fflags` |
    #[must_use]
    pub fn kind(&self) -> Kind {
        if let Some(result) = self.receipt() {
            return Kind::Receipt(result);
        }
        let end = self.flags().contains(Flags::EOF);
        let filter = Some(self.filter());
        if filter == Some(Filter::READ) {
            Kind::Read {
                available: self.data(),
                end,
                error: self.end_error(),
            }
        } else if filter == Some(Filter::WRITE) {
            Kind::Write {
                space: self.data(),
                end,
                error: self.end_error(),
            }
        } else if filter == Filter::EXCEPT {
            Kind::Except {
                notes: IoNotes::from_bits(self.fflags()),
                end,
            }
        } else if filter == Filter::EMPTY {
            Kind::Empty { end }
        } else {
            self.kind_beyond_io()
        }
    }

    fn kind_beyond_io(&self) -> Kind {
        let filter = Some(self.filter());
        let ident = self.ident();
        if filter == Some(Filter::VNODE) {
            Kind::Vnode(VnodeNotes::from_bits(self.fflags()))
        } else if filter == Some(Filter::PROC) {
            Kind::Process {
                pid: pid(ident),
                notes: ProcessNotes::from_bits(self.fflags()),
                data: self.data(),
            }
        } else if filter == Filter::PROCDESC {
            Kind::ProcessDescriptor {
                notes: ProcessNotes::from_bits(self.fflags()),
                data: self.data(),
            }
        } else if filter == Some(Filter::SIGNAL) {
            match i32::try_from(ident) {
                Ok(signal) => Kind::Signal {
                    signal,
                    count: self.count(),
                },
                Err(_) => Kind::Other,
            }
        } else if filter == Some(Filter::TIMER) {
            Kind::Timer {
                ident,
                expirations: self.count(),
            }
        } else if filter == Some(Filter::USER) {
            Kind::User {
                ident,
                notes: UserNotes::from_bits(self.fflags()),
            }
        } else {
            self.kind_of_completion()
        }
    }

    fn kind_of_completion(&self) -> Kind {
        let filter = Some(self.filter());
        let ident = self.ident();
        if filter == Some(Filter::AIO) {
            Kind::Aio {
                control_block: ident,
            }
        } else if filter == Filter::LIO {
            Kind::Lio { list: ident }
        } else if filter == Filter::MACHPORT {
            Kind::MachPort {
                registered: ident,
                port: self.data(),
            }
        } else if filter == Filter::FS {
            Kind::FileSystem {
                changes: self.fflags(),
            }
        } else {
            Kind::Other
        }
    }

    /// The error of a socket that ended, which its filters report in `fflags`.
    fn end_error(&self) -> Option<Errno> {
        let ended = self.flags().contains(Flags::EOF) && self.fflags() != 0;
        ended.then(|| errno(i64::from(self.fflags())))
    }

    fn count(&self) -> u64 {
        u64::try_from(self.data()).unwrap_or(0)
    }
}

/// Only positive numbers are asked for, which is what `Pid` wants.
fn pid(ident: usize) -> Option<Pid> {
    i32::try_from(ident).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Kind;
    use crate::target::{self, data_to_raw, flags_to_raw};
    use crate::{Errno, Event, Filter, Flags, Pid, ProcessNotes, UserNotes, VnodeNotes};
    use std::vec::Vec;

    fn event(filter: Filter, flags: Flags, fflags: u32, data: i64) -> Event {
        Event {
            ident: 5,
            filter: filter.raw(),
            flags: flags_to_raw(flags.bits()),
            fflags,
            data: data_to_raw(data),
            ..Event::default()
        }
    }

    #[test]
    fn the_end_of_a_stream_has_its_error_only_if_there_is_one() {
        let reset = u32::try_from(Errno::CONNRESET.raw_os_error()).unwrap();
        for (flags, fflags, end, error) in [
            (Flags::EMPTY, 0, false, None),
            (Flags::EMPTY, reset, false, None),
            (Flags::EOF, 0, true, None),
            (
                Flags::EOF | Flags::CLEAR,
                reset,
                true,
                Some(Errno::CONNRESET),
            ),
            (Flags::EOF, u32::MAX, true, Some(Errno::IO)),
        ] {
            let read = Kind::Read {
                available: 3,
                end,
                error,
            };
            let write = Kind::Write {
                space: 3,
                end,
                error,
            };
            assert_eq!(event(Filter::READ, flags, fflags, 3).kind(), read);
            assert_eq!(event(Filter::WRITE, flags, fflags, 3).kind(), write);
        }
    }

    #[test]
    fn each_filter_has_its_kind() {
        let none = Flags::EMPTY;
        for (event, kind) in [
            (
                event(Filter::READ, Flags::ERROR | Flags::ADD, 0, 0),
                Kind::Receipt(Ok(())),
            ),
            (
                event(Filter::VNODE, none, 0x81, 0),
                Kind::Vnode(VnodeNotes::from_bits(0x81)),
            ),
            (
                event(Filter::PROC, none, 0x8000_0000, 256),
                Kind::Process {
                    pid: Pid::from_raw(5),
                    notes: ProcessNotes::EXIT,
                    data: 256,
                },
            ),
            (
                event(Filter::SIGNAL, none, 0, 2),
                Kind::Signal {
                    signal: 5,
                    count: 2,
                },
            ),
            (
                event(Filter::TIMER, none, 0, -1),
                Kind::Timer {
                    ident: 5,
                    expirations: 0,
                },
            ),
            (
                event(Filter::USER, none, 7, 0),
                Kind::User {
                    ident: 5,
                    notes: UserNotes::from_bits(7),
                },
            ),
            (
                event(Filter::AIO, none, 0, 0),
                Kind::Aio { control_block: 5 },
            ),
            (event(Filter::from_raw(99), none, 0, 0), Kind::Other),
        ] {
            assert_eq!(event.kind(), kind);
        }
    }

    #[test]
    fn reading_an_event_back_never_panics() {
        let numbers = (-20..20).map(target::raw_filter);
        let filters: Vec<_> = numbers.map(Filter::from_raw).collect();
        for filter in filters {
            for ident in [0, 1, usize::MAX / 2, usize::MAX] {
                for data in [i64::MIN, -1, 0, 1, i64::MAX] {
                    for flags in [0, 0x4000, 0x8000, u32::MAX] {
                        let mut event = event(filter, Flags::from_bits(flags), u32::MAX, data);
                        event.ident = ident;
                        assert!(!std::format!("{event:?} {:?}", event.kind()).is_empty());
                    }
                }
            }
        }
    }
}
