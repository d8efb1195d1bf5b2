//! The end of a child as a kqueue of its own: every system that has kqueue.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::OnceLock;

use sys_kqueue::{Change, Errno, Event, Flags, Kind, Kqueue, ProcessNotes};
use sys_process::{Pid, is_gone};

use crate::child::{Reaping, pid};
use crate::child_look::look;

/// A kqueue that reports the end of one process and nothing else.
pub(crate) struct Watch {
    kqueue: Kqueue,
    pid: Pid,
    /// The end came before the kqueue could watch for it.
    was_late: bool,
    /// What a note said that was taken: the status, where the kernel adds it unasked and nobody
    /// else tells it without reaping. Others leave a zero there, which nobody reads.
    noted: OnceLock<ExitStatus>,
}

impl Watch {
    pub(crate) fn new(id: u32) -> io::Result<Self> {
        let pid = pid(id)?;
        let kqueue = Kqueue::new()?;
        let change = Change::process(pid, ProcessNotes::EXIT, Flags::ADD, 0);
        let watched = kqueue.apply_one(&change);
        // Any process can be watched, but only a child can be asked for its end. After the
        // registration, so that an end between the two is not lost.
        let has_ended = match look(pid, Reaping::Leave) {
            Ok(status) => status.is_some(),
            // Who cannot look takes a stranger for a child; but the end of nobody never comes.
            Err(error) if is_unsupported(&error) => match watched {
                Err(Errno::SRCH) if is_gone(pid) => return Err(Errno::CHILD.into()),
                _ => false,
            },
            Err(error) => return Err(error),
        };
        // ESRCH: it has ended, or is about to, and only waits to be waited for.
        let was_late = has_ended || watched == Err(Errno::SRCH);
        let watch = Self {
            kqueue,
            pid,
            was_late,
            noted: OnceLock::new(),
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
            Ok(None) => {
                // Kernels note the end before it can be waited for. The caller has had the edge
                // for it, so there has to be another one: come back soon.
                if self.take()? {
                    self.report()?;
                }
                Ok(None)
            }
            Err(error) if is_unsupported(&error) && !self.was_late => {
                self.take()?;
                Ok(self.noted.get().copied())
            }
            // It waits to be waited for, unless somebody has.
            Err(error) if is_unsupported(&error) && is_gone(self.pid) => Err(Errno::CHILD.into()),
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

    /// Takes what the kqueue has and keeps what it says; whether there was anything.
    ///
    /// Taken, also because not all kernels start a timer again that has not been reported yet.
    fn take(&self) -> io::Result<bool> {
        // A note and a timer.
        let mut events = [Event::default(); 2];
        let count = self.kqueue.wait(&mut events, Some(Duration::ZERO))?;
        for event in events.iter().take(count) {
            if let Kind::Process { notes, data, .. } = event.kind()
                && notes.contains(ProcessNotes::EXIT)
                && let Ok(status) = i32::try_from(data)
            {
                self.noted.get_or_init(|| ExitStatus::from_raw(status));
            }
        }
        Ok(count > 0)
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
