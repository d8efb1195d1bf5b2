//! Pollers of programs: what a reactor asks of them, and what it makes of what they say.

use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::sync::mpsc;

use reactor::poller::popol::{Poller, PopolWaker};
use reactor::poller::{IoFail, IoType, Poll};
use reactor::{Action, ResourceId};

use crate::registrations::id;
use crate::stage::{Conn, Own, Stage, pair};

#[test]
fn what_is_registered_again_is_watched_under_its_own_number() {
    let (tell, told) = mpsc::channel();
    let stage = Stage::on(Own::telling(tell));
    let (here, _there) = pair();
    let number = here.as_raw_fd();
    stage.act([
        Action::RegisterTransport(Conn::new(here)),
        Action::UnregisterTransport(id(1)),
    ]);
    stage.expect(&["registered 1 Transport", "back 1"]);
    stage.with(|teller| {
        let back = teller.back.pop().unwrap();
        teller.actions.push_back(Action::RegisterTransport(back));
    });
    stage.expect(&["registered 2 Transport"]);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [number, number]);
}

/// A poller whose waits fail.
#[derive(Default)]
struct Broken;

impl Iterator for Broken {
    type Item = (ResourceId, Result<IoType, IoFail>);

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

impl Poll for Broken {
    type Waker = PopolWaker;

    fn register_waker(&mut self, _fd: &impl AsRawFd) {}

    fn register(&mut self, _fd: &impl AsRawFd, _interest: IoType) -> ResourceId {
        ResourceId::WAKER
    }

    fn unregister(&mut self, _id: ResourceId) {}

    fn set_interest(&mut self, _id: ResourceId, _interest: IoType) -> bool {
        false
    }

    fn poll(&mut self, _timeout: Option<Duration>) -> io::Result<usize> {
        Err(io::Error::other("out of order"))
    }
}

#[test]
fn a_poller_that_always_fails_ends_the_reactor_which_says_why() {
    let mut stage = Stage::on(Broken);
    stage.expect(&["poll failed: out of order"; 16]);
    stage.expect(&["dropped"]);
    let payload = stage.join().unwrap_err();
    let error = payload.downcast_ref::<io::Error>().unwrap();
    assert_eq!(error.to_string(), "out of order");
    assert!(stage.post(|_| ()).is_err());
}

/// A poller that hands on, but tells many events at once, and ends waits with errors that are none.
#[derive(Default)]
struct Odd {
    poller: Poller,
    events: VecDeque<ResourceId>,
    /// So many waits are interrupted.
    signals: u32,
}

impl Iterator for Odd {
    type Item = (ResourceId, Result<IoType, IoFail>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.events.pop_front() {
            Some(id) => Some((id, Ok(IoType::read_only()))),
            None => self.poller.next(),
        }
    }
}

impl Poll for Odd {
    type Waker = PopolWaker;

    fn register_waker(&mut self, fd: &impl AsRawFd) {
        self.poller.register_waker(fd);
    }

    fn register(&mut self, fd: &impl AsRawFd, interest: IoType) -> ResourceId {
        let id = self.poller.register(fd, interest);
        self.events.extend([id; 3000]);
        id
    }

    fn unregister(&mut self, id: ResourceId) {
        self.poller.unregister(id);
    }

    fn set_interest(&mut self, id: ResourceId, interest: IoType) -> bool {
        self.poller.set_interest(id, interest)
    }

    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        if self.signals > 0 {
            self.signals -= 1;
            return Err(ErrorKind::Interrupted.into());
        }
        match (self.events.len(), timeout) {
            // A wait that would sleep for long has missed them.
            (1.., None | Some(Duration::ZERO)) | (0 | 3000, _) => {}
            (left, timeout) => panic!("{left} events, and sleeps for {timeout:?}"),
        }
        if self.events.is_empty() {
            match self.poller.poll(timeout)? {
                0 => Err(ErrorKind::TimedOut.into()),
                count => Ok(count),
            }
        } else {
            Ok(self.events.len())
        }
    }
}

#[test]
fn what_a_poller_finds_beyond_one_batch_follows_at_once() {
    let stage = Stage::on(Odd::default());
    let (here, _there) = pair();
    stage.act([Action::RegisterTransport(Conn::new(here).chunk(0))]);
    stage.expect(&["registered 1 Transport"]);
    stage.expect(&["1: readable"; 3000]);
    stage.expect_nothing();
}

#[test]
fn a_time_that_is_over_and_a_signal_are_no_failures_of_a_poller() {
    let stage = Stage::on(Odd {
        signals: 100,
        ..Odd::default()
    });
    for _ in 0..20 {
        stage.act([Action::SetTimer(Duration::from_micros(100))]);
        stage.expect(&["timer"]);
    }
    stage.expect_nothing();
}
