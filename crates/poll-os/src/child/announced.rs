//! The end of a child as `SIGCHLD` announces it, for systems with nothing better.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitStatus;

use sys_process::{Pid, Signal, SignalListener};

use crate::child::{Reaping, pid};
use crate::child_look::look;

/// A listener for the end of any child, and the question whether it was this one's.
pub(crate) struct Watch {
    listener: SignalListener,
    pid: Pid,
}

impl Watch {
    pub(crate) fn new(id: u32) -> io::Result<Self> {
        let pid = pid(id)?;
        let mut listener = SignalListener::new()?;
        listener.add(Signal::CHILD)?;
        let exit = Self { listener, pid };
        // After the listener, so that an end between the two is not lost.
        if look(pid, Reaping::Leave)?.is_some() {
            exit.listener.notify();
        }
        Ok(exit)
    }

    pub(crate) fn status(&self, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
        // First the announcements, then the question: an end after it is announced again.
        while self.listener.take().is_some() {}
        look(self.pid, reaping)
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::Watch;
    use crate::child::Reaping;
    use crate::engine::{Backend, Events, Poll};
    use crate::{Interest, Token, Trigger};
    use core::time::Duration;
    use std::os::fd::AsFd;
    use std::process::{Child, Command, ExitStatus, Stdio};

    const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));

    fn child_until_killed() -> Child {
        Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Polls until the child has ended, as a program would.
    fn wait_with<B: Backend>(mut poll: Poll<B>, watch: &Watch, trigger: Trigger) -> ExitStatus {
        let mut events = Events::with_capacity(4);
        let (source, token, interest) = (watch.as_fd(), Token(5), Interest::READABLE);
        let registry = poll.registry().clone();
        registry
            .register(&source, token, interest, trigger)
            .unwrap();
        loop {
            poll.wait(&mut events, DEADLINE).unwrap();
            assert!(!events.is_empty(), "the deadline has passed");
            if let Some(status) = watch.status(Reaping::Leave).unwrap() {
                return status;
            }
            registry.modify(&source, token, interest, trigger).unwrap();
        }
    }

    /// Whether the source is readable now.
    fn is_readable(watch: &Watch) -> bool {
        let mut poll = crate::poll::Poll::new().unwrap();
        let mut events = Events::with_capacity(1);
        poll.registry()
            .register(&watch.as_fd(), Token(6), Interest::READABLE, Trigger::Level)
            .unwrap();
        poll.wait(&mut events, Some(Duration::ZERO)).unwrap();
        !events.is_empty()
    }

    fn ends_are_seen<B: Backend>(poll: fn() -> std::io::Result<Poll<B>>) {
        for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
            // Before it is watched,
            let mut early = child_until_killed();
            early.kill().unwrap();
            let pid = crate::child::pid(early.id()).unwrap();
            let look = sys_process::WaitFlags::EXITED | sys_process::WaitFlags::NO_REAP;
            sys_process::wait(pid, look).unwrap();
            let watch = Watch::new(early.id()).unwrap();
            assert!(is_readable(&watch));
            let seen = wait_with(poll().unwrap(), &watch, trigger);
            assert_eq!(early.wait().unwrap(), seen);

            // and afterwards, while others come and go.
            let mut late = child_until_killed();
            let watch = Watch::new(late.id()).unwrap();
            assert_eq!(watch.status(Reaping::Leave).unwrap(), None);
            Command::new("true").status().unwrap();
            late.kill().unwrap();
            let seen = wait_with(poll().unwrap(), &watch, trigger);
            assert_eq!(late.wait().unwrap(), seen);
        }
    }

    #[test]
    fn announced_ends_are_seen_by_the_native_engine() {
        ends_are_seen(crate::Poll::new);
    }

    #[test]
    fn announced_ends_are_seen_by_poll() {
        ends_are_seen(crate::poll::Poll::new);
    }

    #[test]
    fn the_end_of_another_child_is_answered_and_over() {
        let mut child = child_until_killed();
        let watch = Watch::new(child.id()).unwrap();
        Command::new("true").status().unwrap();
        // Children of other tests may end between the question and the look.
        let answered = (0..10_000).any(|_| {
            assert_eq!(watch.status(Reaping::Leave).unwrap(), None);
            !is_readable(&watch)
        });
        assert!(answered);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn an_announced_end_is_reaped_when_that_is_asked_for() {
        let mut child = child_until_killed();
        let watch = Watch::new(child.id()).unwrap();
        child.kill().unwrap();
        wait_with(crate::poll::Poll::new().unwrap(), &watch, Trigger::Level);
        assert!(watch.status(Reaping::Reap).unwrap().is_some());
        assert!(child.wait().is_err());
    }
}
