//! The end of a child as a kqueue of its own: every system that has kqueue.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use sys_kqueue::{Change, Errno, Event, Flags, Kind, Kqueue, ProcessNotes};
use sys_process::Pid;

use crate::child::{Reaping, pid};
use crate::child_look::look;

/// A kqueue that reports the end of one process and nothing else.
pub(crate) struct Watch {
    kqueue: Kqueue,
    pid: Pid,
    /// The end came before the kqueue could watch for it.
    was_late: bool,
}

impl Watch {
    pub(crate) fn new(id: u32) -> io::Result<Self> {
        let pid = pid(id)?;
        let kqueue = Kqueue::new()?;
        // Where there is no note for it, the status comes unasked.
        let status = ProcessNotes::EXITSTATUS.unwrap_or(ProcessNotes::EMPTY);
        let notes = ProcessNotes::EXIT | status;
        let watched = kqueue.apply_one(&Change::process(pid, notes, Flags::ADD, 0));
        // Any process can be watched, but only a child can be asked for its end. After the
        // registration, so that an end between the two is not lost.
        let has_ended = match look(pid, Reaping::Leave) {
            Ok(status) => status.is_some(),
            Err(error) if is_unsupported(&error) => false,
            Err(error) => return Err(error),
        };
        // ESRCH: it has ended, or is about to, and only waits to be waited for.
        let was_late = has_ended || watched == Err(Errno::SRCH);
        let watch = Self {
            kqueue,
            pid,
            was_late,
        };
        if was_late {
            watch.report()?;
        } else {
            watched?;
        }
        Ok(watch)
    }

    pub(crate) fn status(&self, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
        match look(self.pid, reaping) {
            Err(error) if is_unsupported(&error) && !self.was_late => self.noted(),
            Ok(None) if self.was_late => {
                // Still about to end: come back soon.
                self.report()?;
                Ok(None)
            }
            answer => answer,
        }
    }

    /// Makes the kqueue readable, soon and until somebody waits on it.
    fn report(&self) -> io::Result<()> {
        // A user event would do so at once, but not all kernels have them, and the shortest timer
        // of all: NetBSD takes none of zero.
        let soon = Duration::from_millis(1);
        let once = Flags::ADD | Flags::ONESHOT;
        Ok(self.kqueue.apply_one(&Change::timer(0, soon, once, 0))?)
    }

    /// What the kernel noted, which it tells once.
    fn noted(&self) -> io::Result<Option<ExitStatus>> {
        let mut events = [Event::default()];
        self.kqueue.wait(&mut events, Some(Duration::ZERO))?;
        let [event] = events;
        Ok(match event.kind() {
            Kind::Process { notes, data, .. } if notes.contains(ProcessNotes::EXIT) => {
                i32::try_from(data).ok().map(ExitStatus::from_raw)
            }
            _ => None,
        })
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error())
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.kqueue.as_fd()
    }
}
