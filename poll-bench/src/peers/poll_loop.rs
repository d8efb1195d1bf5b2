//! Ours: poll-loop, whose users look its ids up in a map, as those of amy do.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::os::fd::BorrowedFd;

use poll_loop::{Id, Interest, Notifications, Poller, Registrar, Trigger};

use super::Peer;

/// `poll_loop::Poller` with its buffer and the map from its ids.
pub(crate) struct PollLoop {
    poller: Poller,
    registrar: Registrar,
    notifications: Notifications,
    tokens: HashMap<Id, usize>,
    ids: HashMap<usize, Id>,
}

impl<'fd> Peer<'fd> for PollLoop {
    type Waker = Registrar;

    fn new(capacity: usize) -> io::Result<Self> {
        let poller = Poller::new()?;
        let registrar = poller.registrar().clone();
        Ok(Self {
            poller,
            registrar,
            notifications: Notifications::with_capacity(capacity),
            tokens: HashMap::new(),
            ids: HashMap::new(),
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let id = self
            .registrar
            .register(&source, Interest::READABLE, Trigger::Edge)?;
        self.tokens.insert(id, token);
        self.ids.insert(token, id);
        Ok(())
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let Some(id) = self.ids.remove(&token) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        self.tokens.remove(&id);
        self.registrar.deregister(id, &source)
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        self.poller.wait(&mut self.notifications, timeout)?;
        let mut seen = 0;
        for notification in &self.notifications {
            if let Some(&token) = self.tokens.get(&notification.id) {
                see(token)?;
                seen += 1;
            }
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        Ok(self.registrar.clone())
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker.wake()
    }
}
