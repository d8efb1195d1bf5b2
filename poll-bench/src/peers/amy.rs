//! amy 0.10: ids of its own, level-triggered; its users look them up in a map.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::os::fd::BorrowedFd;

use amy::{Event, Poller, Receiver, Registrar, Sender};

use super::{Peer, WAKER};

/// `amy::Poller` with the map from its ids.
pub(crate) struct Amy {
    poller: Poller,
    registrar: Registrar,
    tokens: HashMap<usize, usize>,
    ids: HashMap<usize, usize>,
    // What stands for a waker: amy has none but its channels.
    wakes: Option<Receiver<()>>,
}

impl<'fd> Peer<'fd> for Amy {
    type Waker = Sender<()>;

    fn new(_capacity: usize) -> io::Result<Self> {
        let poller = Poller::new()?;
        let registrar = poller.get_registrar();
        Ok(Self {
            poller,
            registrar,
            tokens: HashMap::new(),
            ids: HashMap::new(),
            wakes: None,
        })
    }

    fn register(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        let id = self.registrar.register(&source, Event::Read)?;
        self.tokens.insert(id, token);
        self.ids.insert(token, id);
        Ok(())
    }

    fn deregister(&mut self, source: BorrowedFd<'fd>, token: usize) -> io::Result<()> {
        if let Some(id) = self.ids.remove(&token) {
            self.tokens.remove(&id);
        }
        self.registrar.deregister(&source)
    }

    fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut see: impl FnMut(usize) -> io::Result<()>,
    ) -> io::Result<u64> {
        // It has no word for ever.
        let limit = timeout.unwrap_or(Duration::from_secs(3600)).as_millis();
        let limit = usize::try_from(limit).map_err(io::Error::other)?;
        let mut seen = 0;
        for notification in self.poller.wait(limit)? {
            let Some(&token) = self.tokens.get(&notification.id) else {
                continue;
            };
            if token == WAKER {
                let wakes = self.wakes.as_mut();
                while wakes.as_ref().is_some_and(|wakes| wakes.try_recv().is_ok()) {}
            }
            see(token)?;
            seen += 1;
        }
        Ok(seen)
    }

    fn waker(&mut self) -> io::Result<Self::Waker> {
        let (sender, receiver) = self.registrar.channel()?;
        self.tokens.insert(receiver.get_id(), WAKER);
        self.wakes = Some(receiver);
        Ok(sender)
    }

    fn wake(waker: &Self::Waker) -> io::Result<()> {
        waker
            .send(())
            .map_err(|_closed| io::Error::other("the receiver of wakes is gone"))
    }
}
