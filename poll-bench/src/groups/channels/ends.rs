//! The channels that are compared, each with the loop that its users would write.

use core::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::Arc;
use std::thread;

use crossbeam_queue::SegQueue;
use poll_channel::{ReadySet, Receiver, Sender};
use poll_os::{Events, Poll, Token, Waker};

/// What was received.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) sum: u64,
    /// How many waits that took, where the loop is the channel's user's.
    pub(super) returns: Option<u64>,
}

impl Tally {
    pub(super) fn enter(&mut self, value: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(value);
    }

    pub(super) fn returned(&mut self) {
        *self.returns.get_or_insert(0) += 1;
    }
}

/// A channel into a loop of its own; made and used on the loop's thread, but for its senders.
pub(super) trait Channel: Sized {
    type Sender: Send;

    fn new() -> io::Result<Self>;

    fn sender(&mut self) -> Self::Sender;

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()>;

    /// Waits and receives until `count` messages are there.
    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()>;
}

/// The loop ended before its messages.
pub(super) fn gone<E>(_error: E) -> io::Error {
    io::Error::other("the other end of the channel is gone")
}

pub(super) struct Ours {
    poll: Poll,
    events: Events,
    ready: ReadySet<Waker>,
    sender: Sender<u64>,
    receiver: Receiver<u64>,
}

impl Channel for Ours {
    type Sender = Sender<u64>;

    fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let ready = ReadySet::new(Waker::new(poll.registry(), Token(0))?);
        let (sender, mut receiver) = poll_channel::channel();
        receiver.attach(ready.registry().ping(Token(1)));
        Ok(Self {
            poll,
            events: Events::with_capacity(16),
            ready,
            sender,
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
        while tally.count < count {
            self.turn(tally)?;
        }
        Ok(())
    }
}

impl Ours {
    /// One wait, and all that it tells of.
    fn turn(&mut self, tally: &mut Tally) -> io::Result<()> {
        self.poll.wait(&mut self.events, None)?;
        tally.returned();
        // Everything fits into the budget: there is one token.
        let _all = self.ready.drain(16, |_token| {
            self.receiver
                .try_iter()
                .for_each(|value| tally.enter(value));
        });
        Ok(())
    }
}

/// The same in a loop that gives its CPU away once before it sleeps, which pays where the senders
/// share it.
pub(super) struct Yielding(Ours);

impl Channel for Yielding {
    type Sender = Sender<u64>;

    fn new() -> io::Result<Self> {
        Ours::new().map(Self)
    }

    fn sender(&mut self) -> Self::Sender {
        self.0.sender()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        Ours::send(sender, value)
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        while tally.count < count {
            let before = tally.count;
            thread::yield_now();
            self.0
                .receiver
                .try_iter()
                .for_each(|value| tally.enter(value));
            // Less than that is no sender that was kept from running.
            if tally.count < count && tally.count - before < 64 {
                self.0.turn(tally)?;
            }
        }
        Ok(())
    }
}

pub(super) struct Amy {
    poller: amy::Poller,
    sender: amy::Sender<u64>,
    receiver: amy::Receiver<u64>,
}

impl Channel for Amy {
    type Sender = amy::Sender<u64>;

    fn new() -> io::Result<Self> {
        let poller = amy::Poller::new()?;
        let (sender, receiver) = poller.get_registrar().channel()?;
        Ok(Self {
            poller,
            sender,
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
        while tally.count < count {
            let _notifications = self.poller.wait(10_000)?;
            tally.returned();
            while let Ok(value) = self.receiver.try_recv() {
                tally.enter(value);
            }
        }
        Ok(())
    }
}

pub(super) struct Calloop {
    event_loop: calloop::EventLoop<'static, Tally>,
    sender: calloop::channel::Sender<u64>,
}

impl Channel for Calloop {
    type Sender = calloop::channel::Sender<u64>;

    fn new() -> io::Result<Self> {
        let event_loop = calloop::EventLoop::try_new().map_err(io::Error::other)?;
        let (sender, channel) = calloop::channel::channel();
        let inserted =
            event_loop
                .handle()
                .insert_source(channel, |event, (), tally: &mut Tally| {
                    if let calloop::channel::Event::Msg(value) = event {
                        tally.enter(value);
                    }
                });
        inserted.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { event_loop, sender })
    }

    fn sender(&mut self) -> Self::Sender {
        self.sender.clone()
    }

    fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.send(value).map_err(gone)
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        while tally.count < count {
            self.event_loop
                .dispatch(None, tally)
                .map_err(io::Error::other)?;
            tally.returned();
        }
        Ok(())
    }
}

pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().build()
}

pub(super) struct Tokio {
    runtime: tokio::runtime::Runtime,
    sender: tokio::sync::mpsc::UnboundedSender<u64>,
    receiver: tokio::sync::mpsc::UnboundedReceiver<u64>,
}

impl Channel for Tokio {
    type Sender = tokio::sync::mpsc::UnboundedSender<u64>;

    fn new() -> io::Result<Self> {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        Ok(Self {
            runtime: runtime()?,
            sender,
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
                tally.enter(self.receiver.recv().await.ok_or_else(|| gone(()))?);
            }
            Ok(())
        })
    }
}

pub(super) struct Flume {
    runtime: tokio::runtime::Runtime,
    sender: flume::Sender<u64>,
    receiver: flume::Receiver<u64>,
}

impl Channel for Flume {
    type Sender = flume::Sender<u64>;

    fn new() -> io::Result<Self> {
        let (sender, receiver) = flume::unbounded();
        Ok(Self {
            runtime: runtime()?,
            sender,
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
                tally.enter(self.receiver.recv_async().await.map_err(gone)?);
            }
            Ok(())
        })
    }
}

/// What users of mio build: a queue, a flag that coalesces, a waker.
pub(super) struct QueueAndFlag {
    poll: mio::Poll,
    events: mio::Events,
    line: Arc<Line>,
}

pub(super) struct Line {
    queue: SegQueue<u64>,
    flag: AtomicBool,
    waker: mio::Waker,
}

impl Channel for QueueAndFlag {
    type Sender = Arc<Line>;

    fn new() -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let line = Line {
            queue: SegQueue::new(),
            flag: AtomicBool::new(false),
            waker: mio::Waker::new(poll.registry(), mio::Token(0))?,
        };
        Ok(Self {
            poll,
            events: mio::Events::with_capacity(16),
            line: Arc::new(line),
        })
    }

    fn sender(&mut self) -> Self::Sender {
        Arc::clone(&self.line)
    }

    fn send(line: &Self::Sender, value: u64) -> io::Result<()> {
        line.queue.push(value);
        match line.flag.swap(true, Ordering::SeqCst) {
            true => Ok(()),
            false => line.waker.wake(),
        }
    }

    fn receive(&mut self, count: u64, tally: &mut Tally) -> io::Result<()> {
        while tally.count < count {
            self.poll.poll(&mut self.events, None)?;
            tally.returned();
            self.line.flag.store(false, Ordering::SeqCst);
            while let Some(value) = self.line.queue.pop() {
                tally.enter(value);
            }
        }
        Ok(())
    }
}
