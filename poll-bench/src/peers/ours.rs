//! Ours: poll-os.

use core::hint::black_box;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use poll_os::{Change, Events, Interest, Poll, Token, Trigger, Waker};

use super::{Peer, WAKER};
use crate::echo::{BUFFER, EVENTS, Idiom, Served, answer};

/// `poll_os::Poll` with its event buffer.
pub(crate) struct Ours {
    poll: Poll,
    events: Events,
}

impl<'fd> Peer<'fd> for Ours {
    type Waker = Waker;

    fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(capacity),
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let registry = self.poll.registry();
        registry.register(&source, Token(token), Interest::READABLE, Trigger::Edge)
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, _token: usize) -> io::Result<()> {
        self.poll.registry().deregister(&source)
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<u64> {
        self.poll.wait(&mut self.events, timeout)?;
        let mut seen = 0;
        for event in &self.events {
            black_box(event.token());
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

/// The echo server on poll-net's streams.
pub(crate) fn serve_net(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let ours = streams.into_iter().map(poll_net::TcpStream::try_from);
    serve::<poll_net::TcpStream>(ours.collect::<io::Result<_>>()?, bytes)
}

/// The echo server on any streams, those of the standard library among them.
pub(crate) fn serve<S>(streams: Vec<S>, bytes: usize) -> io::Result<Served>
where
    S: AsFd,
    for<'a> &'a S: Read + Write,
{
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(EVENTS);
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
