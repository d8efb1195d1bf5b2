//! calloop 0.14: callbacks in an event loop; its waker is a ping.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::os::fd::BorrowedFd;

use calloop::generic::Generic;
use calloop::ping::{Ping, make_ping};
use calloop::{EventLoop, Interest, Mode, PostAction, RegistrationToken};

use super::{Peer, WAKER};

/// `calloop::EventLoop`, whose callbacks note the tokens.
pub(crate) struct Calloop<'fd> {
    event_loop: EventLoop<'fd, Vec<usize>>,
    registrations: HashMap<usize, RegistrationToken>,
    ready: Vec<usize>,
}

fn failed<E: core::fmt::Display>(error: E) -> io::Error {
    io::Error::other(error.to_string())
}

impl<'fd> Peer<'fd> for Calloop<'fd> {
    type Waker = Ping;

    fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            event_loop: EventLoop::try_new().map_err(failed)?,
            registrations: HashMap::new(),
            ready: Vec::with_capacity(capacity),
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let source = Generic::new(source, Interest::READ, Mode::Edge);
        let note = move |_ready, _source: &mut _, tokens: &mut Vec<usize>| {
            tokens.push(token);
            Ok(PostAction::Continue)
        };
        let inserted = self.event_loop.handle().insert_source(source, note);
        self.registrations.insert(token, inserted.map_err(failed)?);
        Ok(())
    }

    fn deregister(&mut self, _source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        if let Some(registration) = self.registrations.remove(&token) {
            self.event_loop.handle().remove(registration);
        }
        Ok(())
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        self.event_loop
            .dispatch(timeout, &mut self.ready)
            .map_err(failed)?;
        let mut seen = 0;
        for token in self.ready.drain(..) {
            see(token)?;
            seen += 1;
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        let (ping, source) = make_ping()?;
        let note = |(), _metadata: &mut (), tokens: &mut Vec<usize>| tokens.push(WAKER);
        let inserted = self.event_loop.handle().insert_source(source, note);
        inserted.map_err(failed)?;
        Ok(ping)
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.ping();
        Ok(())
    }
}
