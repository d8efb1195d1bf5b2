//! The channels that are awaited by a task, or that block their thread.

use std::io;

use super::ends::{Channel, Tally, gone, runtime};

/// async-channel, where it belongs: what async-io is blocked on.
pub(super) struct AsyncChannel {
    sender: async_channel::Sender<u64>,
    receiver: async_channel::Receiver<u64>,
}

impl Channel for AsyncChannel {
    type Sender = async_channel::Sender<u64>;

    fn new() -> io::Result<Self> {
        let (sender, receiver) = async_channel::unbounded();
        Ok(Self { sender, receiver })
    }

    fn sender(&mut self) -> Self::Sender {
        self.sender.clone()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.try_send(value).map_err(gone)
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        async_io::block_on(async {
            while tally.count < count {
                tally.enter(self.receiver.recv().await.map_err(gone)?);
            }
            Ok(())
        })
    }
}

/// kanal, awaited in tokio.
pub(super) struct Kanal {
    runtime: tokio::runtime::Runtime,
    sender: kanal::Sender<u64>,
    receiver: kanal::AsyncReceiver<u64>,
}

impl Channel for Kanal {
    type Sender = kanal::Sender<u64>;

    fn new() -> io::Result<Self> {
        let (sender, receiver) = kanal::unbounded_async();
        Ok(Self {
            runtime: runtime()?,
            sender: sender.to_sync(),
            receiver,
        })
    }

    fn sender(&mut self) -> Self::Sender {
        self.sender.clone()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.send(value).map_err(gone)
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        self.runtime.block_on(async {
            while tally.count < count {
                tally.enter(self.receiver.recv().await.map_err(gone)?);
            }
            Ok(())
        })
    }
}

/// crossbeam's channel, which blocks the thread: no poller.
pub(super) struct Blocking {
    sender: crossbeam_channel::Sender<u64>,
    receiver: crossbeam_channel::Receiver<u64>,
}

impl Channel for Blocking {
    type Sender = crossbeam_channel::Sender<u64>;

    fn new() -> io::Result<Self> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Ok(Self { sender, receiver })
    }

    fn sender(&mut self) -> Self::Sender {
        self.sender.clone()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.send(value).map_err(gone)
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        while tally.count < count {
            tally.enter(self.receiver.recv().map_err(gone)?);
        }
        Ok(())
    }
}

/// The same with a wake of mio's for each value, as one begins.
pub(super) struct Woken {
    poll: mio::Poll,
    events: mio::Events,
    sender: WokenSender,
    receiver: crossbeam_channel::Receiver<u64>,
}

#[derive(Clone)]
pub(super) struct WokenSender {
    sender: crossbeam_channel::Sender<u64>,
    waker: std::sync::Arc<mio::Waker>,
}

impl Channel for Woken {
    type Sender = WokenSender;

    fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), mio::Token(0))?;
        let (sender, receiver) = crossbeam_channel::unbounded();
        Ok(Self {
            poll,
            events: mio::Events::with_capacity(16),
            sender: WokenSender {
                sender,
                waker: waker.into(),
            },
            receiver,
        })
    }

    fn sender(&mut self) -> Self::Sender {
        self.sender.clone()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.sender.send(value).map_err(gone)?;
        sender.waker.wake()
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        while tally.count < count {
            self.poll.poll(&mut self.events, None)?;
            tally.returned();
            while let Ok(value) = self.receiver.try_recv() {
                tally.enter(value);
            }
        }
        Ok(())
    }
}
