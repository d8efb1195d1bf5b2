//! One descriptor under one filter: an epoll instance of its own that says when to look, and what
//! a look says.

use std::sync::{Mutex, PoisonError};
use std::vec::Vec;

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, PollFd, PollFlags, epoll, eventfd, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Stat, fstat, tell};
use rustix::io::{DupFlags, Errno, dup3, ioctl_fionread};
use rustix::net::{SendFlags, SocketType, send, sockopt};

use super::queue::{id, timespec};
use super::registry::duplicate;
use crate::event::{Filter, Flags};
use crate::notes::IoNotes;

/// One descriptor under one filter.
///
/// The source is in `epoll` under the number of the [`Slot`], which it had for a moment, so that
/// nothing here keeps it open, and so that it can be told whether its own number still means it.
pub(super) struct Watch {
    epoll: OwnedFd,
    ident: usize,
    filter: Filter,
    /// What stands in `epoll` for a source that epoll refuses: a file, which is always ready.
    file: Option<File>,
    mode: Mode,
}

/// A file, and what tells it from others.
struct File {
    always_ready: OwnedFd,
    device_and_inode: (u64, u64),
}

/// When the epoll instance says to look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As long as the source is ready for epoll.
    Level,
    /// After each change: for `EV_CLEAR`, and while a source is ready for epoll and not for kqueue.
    Edge,
}

/// What a look at a source says.
pub(super) struct Report {
    pub(super) flags: Flags,
    pub(super) fflags: u32,
    pub(super) data: i64,
}

impl Watch {
    pub(super) fn new(ident: usize, filter: Filter, mode: Mode) -> Result<Self, Errno> {
        let source = duplicate(ident)?;
        let mut watch = Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ident,
            filter,
            file: None,
            mode,
        };
        match watch.add(source.as_fd()) {
            // EPERM: files cannot be watched by epoll.
            Err(Errno::PERM) => {
                let file = File {
                    always_ready: eventfd(1, EventfdFlags::CLOEXEC)?,
                    device_and_inode: device_and_inode(&fstat(&source)?),
                };
                epoll::add(&watch.epoll, &file.always_ready, id(0), watch.events())?;
                watch.file = Some(file);
            }
            result => result?,
        }
        Ok(watch)
    }

    /// Readable when it is time to look.
    pub(super) fn signal(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// The source, if its number still means it.
    pub(super) fn source(&self) -> Option<OwnedFd> {
        let source = duplicate(self.ident).ok()?;
        let is_it = match &self.file {
            Some(file) => {
                fstat(&source).is_ok_and(|it| device_and_inode(&it) == file.device_and_inode)
            }
            // Adding what is there is refused and changes nothing; adding another one does harm to
            // a knote that ends here.
            None => self.add(source.as_fd()) == Err(Errno::EXIST),
        };
        is_it.then_some(source)
    }

    /// Looks again soon, in this mode.
    pub(super) fn look_again(&mut self, source: BorrowedFd<'_>, mode: Mode) -> Result<(), Errno> {
        self.mode = mode;
        match &self.file {
            Some(file) => epoll::modify(&self.epoll, &file.always_ready, id(0), self.events()),
            None => in_slot(source, |slot| {
                epoll::modify(&self.epoll, slot, id(0), self.events())
            }),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it was time to look; a change says so once.
    pub(super) fn fires(&self) -> Result<bool, Errno> {
        let mut ready = Vec::with_capacity(1);
        let now = timespec(core::time::Duration::ZERO);
        epoll::wait(&self.epoll, spare_capacity(&mut ready), Some(&now))?;
        Ok(!ready.is_empty())
    }

    fn add(&self, source: BorrowedFd<'_>) -> Result<(), Errno> {
        in_slot(source, |slot| {
            epoll::add(&self.epoll, slot, id(0), self.events())
        })
    }

    fn events(&self) -> epoll::EventFlags {
        let ready = match self.filter {
            Filter::READ => epoll::EventFlags::IN | epoll::EventFlags::RDHUP,
            Filter::WRITE => epoll::EventFlags::OUT,
            _ => epoll::EventFlags::PRI,
        };
        match self.mode {
            Mode::Level => ready,
            Mode::Edge => ready | epoll::EventFlags::ET,
        }
    }

    /// What there is to report of `source`, above the low-water mark `data` if the notes say so.
    pub(super) fn look(
        &self,
        source: BorrowedFd<'_>,
        notes: u32,
        data: i64,
    ) -> Result<Option<Report>, Errno> {
        if self.file.is_some() {
            return file(source, self.filter);
        }
        let all = PollFlags::IN | PollFlags::OUT | PollFlags::PRI | PollFlags::RDHUP;
        let mut state = [PollFd::from_borrowed_fd(source, all)];
        poll(&mut state, Some(&timespec(core::time::Duration::ZERO)))?;
        let [state] = state;
        let state = State {
            source,
            now: state.revents(),
            socket: sockopt::socket_type(source).ok(),
        };
        // Sockets only: what else there is has no low-water mark, and a listener ignores it.
        let listens = sockopt::socket_acceptconn(source).unwrap_or(false);
        let has_mark = state.socket.is_some() && !listens;
        let marked = notes & IoNotes::LOWAT.bits() != 0 && has_mark;
        let lowest = marked.then_some(data);
        Ok(match self.filter {
            Filter::READ => state.readable(lowest),
            Filter::WRITE => state.writable(lowest),
            _ => state.exceptional(),
        })
    }
}

/// A source, and what poll(2) says of it.
struct State<'fd> {
    source: BorrowedFd<'fd>,
    now: PollFlags,
    socket: Option<SocketType>,
}

impl State<'_> {
    fn is(&self, any: PollFlags) -> bool {
        self.now.intersects(any)
    }

    /// A stream that was never connected hangs up for Linux; kqueue has nothing to say of it.
    fn was_never_connected(&self) -> bool {
        let ended = self.is(PollFlags::HUP) && !self.is(PollFlags::RDHUP | PollFlags::ERR);
        ended
            && matches!(
                self.socket,
                Some(SocketType::STREAM | SocketType::SEQPACKET)
            )
    }

    /// The error that ended it, which only the program may take.
    fn error(&self) -> u32 {
        match self.socket.is_some() && self.is(PollFlags::ERR) {
            true => Errno::CONNRESET.raw_os_error().unsigned_abs(),
            false => 0,
        }
    }

    fn readable(&self, lowest: Option<i64>) -> Option<Report> {
        if self.was_never_connected() {
            return None;
        }
        let waiting = ioctl_fionread(self.source).ok();
        // A listener, a poller: they do not say how many there are.
        let data = waiting.map_or(1, |count| i64::try_from(count).unwrap_or(i64::MAX));
        let ended = self.is(PollFlags::RDHUP | PollFlags::HUP);
        let enough = self.is(PollFlags::IN) && lowest.is_none_or(|lowest| data >= lowest);
        let ready = ended || enough || self.is(PollFlags::ERR);
        ready.then(|| self.report(ended, if ended && waiting.is_none() { 0 } else { data }))
    }

    fn writable(&self, lowest: Option<i64>) -> Option<Report> {
        if self.was_never_connected() {
            return None;
        }
        let room = match self.socket {
            Some(_) => sockopt::socket_send_buffer_size(self.source).ok(),
            None => None,
        };
        let data = room.map_or(4096, |room| i64::try_from(room).unwrap_or(i64::MAX));
        let failed = self.is(PollFlags::HUP | PollFlags::ERR);
        // A datagram socket goes on after an error.
        let ended = failed && self.socket != Some(SocketType::DGRAM) || self.is_shut_down();
        let enough = self.is(PollFlags::OUT) && lowest.is_none_or(|lowest| data >= lowest);
        (ended || failed || enough).then(|| self.report(ended, data))
    }

    /// Whether this end was shut down for writing, which poll(2) does not tell; sending nothing
    /// does, and on a stream without a pending error that is all it does.
    fn is_shut_down(&self) -> bool {
        let may_ask = self.is(PollFlags::OUT) && !self.is(PollFlags::ERR);
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        may_ask
            && self.socket == Some(SocketType::STREAM)
            && send(self.source, &[], flags) == Err(Errno::PIPE)
    }

    fn exceptional(&self) -> Option<Report> {
        let notes = IoNotes::OOB?;
        self.is(PollFlags::PRI).then(|| Report {
            flags: Flags::EMPTY,
            fflags: notes.bits(),
            data: 1,
        })
    }

    fn report(&self, ended: bool, data: i64) -> Report {
        match ended {
            true => Report {
                flags: Flags::EOF,
                fflags: self.error(),
                data,
            },
            false => Report {
                flags: Flags::EMPTY,
                fflags: 0,
                data,
            },
        }
    }
}

/// A file can be written, and read until its end.
fn file(source: BorrowedFd<'_>, filter: Filter) -> Result<Option<Report>, Errno> {
    let stat = fstat(source)?;
    let has_end = matches!(
        FileType::from_raw_mode(stat.st_mode),
        FileType::RegularFile | FileType::Directory
    );
    let data = match filter == Filter::READ && has_end {
        true => {
            let read = i64::try_from(tell(source)?).unwrap_or(i64::MAX);
            stat.st_size - read
        }
        false => 0,
    };
    let ready = !has_end || filter == Filter::WRITE || data != 0;
    Ok(ready.then_some(Report {
        flags: Flags::EMPTY,
        fflags: 0,
        data,
    }))
}

fn device_and_inode(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

/// A number that any source can have for a moment.
///
/// epoll knows a source by its file and its number, so the same number must be used to ask again.
struct Slot {
    slot: OwnedFd,
    rest: OwnedFd,
}

/// Runs `with` while `source` has the number of the slot.
fn in_slot<T>(
    source: BorrowedFd<'_>,
    with: impl FnOnce(BorrowedFd<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    static SLOT: Mutex<Option<Slot>> = Mutex::new(None);
    let mut guard = SLOT.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = match &mut *guard {
        Some(slot) => slot,
        empty => empty.insert(Slot {
            slot: eventfd(0, EventfdFlags::CLOEXEC)?,
            rest: eventfd(0, EventfdFlags::CLOEXEC)?,
        }),
    };
    dup3(source, &mut slot.slot, DupFlags::CLOEXEC)?;
    let result = with(slot.slot.as_fd());
    dup3(&slot.rest, &mut slot.slot, DupFlags::CLOEXEC)?;
    result
}
