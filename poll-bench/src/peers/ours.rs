//! Ours: poll-os.

use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::os::fd::{BorrowedFd, OwnedFd};

use poll_os::engine::{Backend, Events, Native, Poll, Waker};
use poll_os::{Change, Interest, Token, Trigger};

use super::{Peer, WAKER};
use crate::echo::{BUFFER, EVENTS, Idiom, Served, answer};

/// `poll_os::Poll` with its event buffer.
pub(crate) type Ours = On<Native>;
/// The same on poll(2), which is level-triggered.
pub(crate) type PollTwo = On<poll_os::poll::PollTwo>;

/// A poller on this engine.
pub(crate) struct On<B: Backend> {
    poll: Poll<B>,
    events: Events<B>,
}

// An engine without edges would have to be asked for each, which is more than a level costs.
const fn trigger<B: Backend>() -> Trigger {
    match B::CAPABILITIES.edge {
        true => Trigger::Edge,
        false => Trigger::Level,
    }
}

impl<'fd, B: Backend + 'static> Peer<'fd> for On<B> {
    type Waker = Waker<B>;

    fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(capacity),
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let registry = self.poll.registry();
        registry.register(&source, Token(token), Interest::READABLE, trigger::<B>())
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        self.poll.registry().deregister(&source)
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        self.poll.wait(&mut self.events, timeout)?;
        let mut seen = 0;
        for event in &self.events {
            see(event.token().0)?;
            seen += 1;
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        Waker::new(self.poll.registry(), Token(WAKER))
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.wake()
    }
}

impl Ours {
    /// The registrations of all `sources`, as one batch.
    pub(crate) fn additions(sources: &[OwnedFd]) -> Vec<Change<'_>> {
        let edge = |(token, source)| {
            Change::register(source, Token(token), Interest::READABLE, Trigger::Edge)
        };
        sources.iter().enumerate().map(edge).collect()
    }

    /// Their deregistrations.
    pub(crate) fn deletions(sources: &[OwnedFd]) -> Vec<Change<'_>> {
        sources.iter().map(Change::deregister).collect()
    }

    /// Applies a batch; the first failure is an error.
    pub(crate) fn apply(&mut self, batch: &mut [Change<'_>]) -> io::Result<()> {
        if self.poll.registry().apply(batch) == 0 {
            return Ok(());
        }
        batch
            .iter_mut()
            .filter_map(Change::take_result)
            .find_map(Result::err)
            .map_or(Ok(()), Err)
    }
}

/// The echo server on poll-net's streams; with a waker, as a program has it that others may wake,
/// or without.
pub(crate) fn serve(streams: Vec<TcpStream>, bytes: usize, is_woken: bool) -> io::Result<Served> {
    let ours = streams.into_iter().map(poll_net::TcpStream::try_from);
    let streams = ours.collect::<io::Result<Vec<_>>>()?;
    let mut poll = poll_os::Poll::new()?;
    let mut events = poll_os::Events::with_capacity(EVENTS);
    let _waker = match is_woken {
        true => Some(poll_os::Waker::new(poll.registry(), Token(WAKER))?),
        false => None,
    };
    let mut served = Served::of(streams.len());
    for (token, stream) in streams.iter().enumerate() {
        let registry = poll.registry();
        registry.register(stream, Token(token), Interest::READABLE, Trigger::Edge)?;
    }
    let mut buffer = [0; BUFFER];
    while served.goes_on(bytes) {
        poll.wait(&mut events, None)?;
        served.waits += 1;
        for event in &events {
            let Some(mut stream) = streams.get(event.token().0) else {
                continue;
            };
            match answer(&mut stream, &mut buffer, Idiom::Short)? {
                Some(read) => served.echoed(read),
                None => {
                    poll.registry().deregister(stream)?;
                    served.open -= 1;
                }
            }
        }
    }
    Ok(served)
}
