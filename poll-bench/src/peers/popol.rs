//! popol 3, poll(2) with keys: level-triggered.

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use popol::{Event, Sources, Timeout, Waker, interest};

use super::{Peer, WAKER};

/// `popol::Sources` with an event buffer.
pub(crate) struct Popol {
    sources: Sources<usize>,
    events: Vec<Event<usize>>,
    // Read when it is reported.
    waker: Option<Arc<Waker>>,
}

impl<'fd> Peer<'fd> for Popol {
    type Waker = Arc<Waker>;

    fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            sources: Sources::new(),
            events: Vec::with_capacity(capacity),
            waker: None,
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.sources.register(token, &source, interest::READ);
        Ok(())
    }

    fn deregister(&mut self, _source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        self.sources.unregister(&token);
        Ok(())
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        match self.sources.poll(&mut self.events, Timeout::from(timeout)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(0),
            Err(error) => return Err(error),
        }
        let mut seen = 0;
        for event in self.events.drain(..) {
            if event.key == WAKER {
                Waker::reset(event.source)?;
            }
            see(event.key)?;
            seen += 1;
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        let waker = Arc::new(Waker::register(&mut self.sources, WAKER)?);
        self.waker = Some(Arc::clone(&waker));
        Ok(waker)
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.wake()
    }
}
