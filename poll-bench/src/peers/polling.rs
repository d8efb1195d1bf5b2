//! polling 3.11, edge-triggered and in its default one-shot mode.

#![expect(
    unsafe_code,
    reason = "polling's `add` is unsafe: the source must be deleted before it is dropped"
)]

use core::num::NonZeroUsize;
use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_net::TcpListener;
use polling::{Event, Events, PollMode, Poller};

use super::Peer;
use crate::accept::{Slots, accepted, answered};
use crate::echo::{BUFFER, EVENTS, Idiom, Served, answer};

/// `polling::Poller`, edge-triggered, with its event buffer.
pub(crate) struct Polling<'fd> {
    poller: Arc<Poller>,
    events: Events,
    mode: PollMode,
    // By token. Says what `drop` has to delete, and what one-shot mode has to re-arm.
    sources: Vec<Option<BorrowedFd<'fd>>>,
}

impl<'fd> Polling<'fd> {
    fn with_mode(capacity: usize, mode: PollMode) -> io::Result<Self> {
        Ok(Self {
            poller: Arc::new(Poller::new()?),
            events: buffer_of(capacity),
            mode,
            sources: Vec::new(),
        })
    }
}

fn buffer_of(capacity: usize) -> Events {
    Events::with_capacity(NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN))
}

impl<'fd> Peer<'fd> for Polling<'fd> {
    type Waker = Arc<Poller>;

    fn new(capacity: usize) -> io::Result<Self> {
        Self::with_mode(capacity, PollMode::Edge)
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        if self.sources.len() <= token {
            self.sources.resize(token + 1, None);
        }
        self.sources[token] = Some(source);
        let interest = Event::readable(token);
        // SAFETY: polling asks that the source is deleted before it is dropped.
        // * The source is borrowed for `'fd`, which outlives `self`.
        // * It stands in `sources` before this call, and `drop` deletes what stands there;
        //   nothing in this program forgets a peer.
        unsafe { self.poller.add_with_mode(&source, interest, self.mode) }
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.poller.delete(source)?;
        self.sources[token] = None;
        Ok(())
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        self.events.clear();
        self.poller.wait(&mut self.events, timeout)?;
        let mut seen = 0;
        for event in self.events.iter() {
            see(event.key)?;
            seen += 1;
            if self.mode == PollMode::Oneshot
                && let Some(Some(source)) = self.sources.get(event.key)
            {
                self.poller.modify(source, Event::readable(event.key))?;
            }
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        Ok(Arc::clone(&self.poller))
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.notify()
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        for source in self.sources.iter().flatten() {
            // Fails only for what was never added, which then needs no deletion.
            drop(self.poller.delete(source));
        }
    }
}

/// `polling::Poller` in its default mode: each event is followed by a `modify`.
pub(crate) struct PollingOneshot<'fd>(Polling<'fd>);

impl<'fd> Peer<'fd> for PollingOneshot<'fd> {
    type Waker = Arc<Poller>;

    fn new(capacity: usize) -> io::Result<Self> {
        Polling::with_mode(capacity, PollMode::Oneshot).map(Self)
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.0.register(source, token)
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.0.deregister(source, token)
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        self.0.turn(timeout, see)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        self.0.waker()
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.notify()
    }
}

/// The echo server, edge-triggered or in the default one-shot mode.
pub(crate) fn serve(streams: Vec<TcpStream>, bytes: usize, mode: PollMode) -> io::Result<Served> {
    let poller = Poller::new()?;
    for (key, stream) in streams.iter().enumerate() {
        // SAFETY: polling asks that the source is deleted before it is dropped.
        // * `deleted` below runs on every way out of `turn`, and this function drops `streams`
        //   only after it.
        unsafe { poller.add_with_mode(stream, Event::readable(key), mode)? };
    }
    let served = turn(&poller, &streams, bytes, mode);
    for stream in &streams {
        // Fails only for what is deleted already: a connection that its peer closed.
        drop(poller.delete(stream));
    }
    served
}

fn turn(
    poller: &Poller,
    streams: &[TcpStream],
    bytes: usize,
    mode: PollMode,
) -> io::Result<Served> {
    let mut events = buffer_of(EVENTS);
    let mut served = Served::of(streams.len());
    let mut buffer = [0; BUFFER];
    while served.goes_on(bytes) {
        events.clear();
        poller.wait(&mut events, None)?;
        served.waits += 1;
        for event in events.iter() {
            let Some(mut stream) = streams.get(event.key) else {
                continue;
            };
            match answer(&mut stream, &mut buffer, Idiom::Short)? {
                Some(read) => {
                    served.echoed(read);
                    if mode == PollMode::Oneshot {
                        poller.modify(stream, Event::readable(event.key))?;
                    }
                }
                None => {
                    poller.delete(stream)?;
                    served.open -= 1;
                }
            }
        }
    }
    Ok(served)
}

/// The server that accepts: a listener under key zero, connections in slots.
struct Accepting {
    poller: Poller,
    mode: PollMode,
    listener: TcpListener,
    slots: Slots,
}

impl Drop for Accepting {
    fn drop(&mut self) {
        for source in self.slots.iter() {
            // Fails only for what was never added, which then needs no deletion.
            drop(self.poller.delete(source));
        }
        drop(self.poller.delete(self.listener.as_fd()));
    }
}

impl Accepting {
    fn accept(&mut self) -> io::Result<()> {
        while let Some(stream) = accepted(&self.listener)? {
            let slot = self.slots.insert(stream);
            if let Some(stream) = self.slots.get(slot) {
                let interest = Event::readable(slot);
                // SAFETY: polling asks that the source is deleted before it is dropped.
                // * It stands in a slot, out of which it is taken after its deletion only, by
                //   `serve_one` or by `drop`.
                unsafe { self.poller.add_with_mode(stream, interest, self.mode)? };
            }
        }
        if self.mode == PollMode::Oneshot {
            self.poller
                .modify(self.listener.as_fd(), Event::readable(0))?;
        }
        Ok(())
    }

    // Whether the connection has ended.
    fn serve_one(&mut self, slot: usize, buffer: &mut [u8; BUFFER]) -> io::Result<bool> {
        let Some(stream) = self.slots.get(slot) else {
            return Ok(false);
        };
        if answered(stream, buffer, Idiom::Short)? {
            if self.mode == PollMode::Oneshot {
                self.poller.modify(stream, Event::readable(slot))?;
            }
            return Ok(false);
        }
        self.poller.delete(stream)?;
        drop(self.slots.remove(slot));
        Ok(true)
    }
}

/// The server that accepts, edge-triggered or in the default one-shot mode.
pub(crate) fn serve_accepting(
    listener: TcpListener,
    connections: u64,
    mode: PollMode,
) -> io::Result<()> {
    let mut server = Accepting {
        poller: Poller::new()?,
        mode,
        listener,
        slots: Slots::default(),
    };
    // SAFETY: polling asks that the source is deleted before it is dropped.
    // * The listener is a field of `server`, whose `drop` deletes it first.
    unsafe {
        let listener = server.listener.as_fd();
        server
            .poller
            .add_with_mode(&listener, Event::readable(0), mode)?;
    }
    let mut events = buffer_of(EVENTS);
    let mut buffer = [0; BUFFER];
    let mut left = connections;
    while left > 0 {
        events.clear();
        server.poller.wait(&mut events, None)?;
        for event in events.iter() {
            match event.key {
                0 => server.accept()?,
                slot => left -= u64::from(server.serve_one(slot, &mut buffer)?),
            }
        }
    }
    Ok(())
}
