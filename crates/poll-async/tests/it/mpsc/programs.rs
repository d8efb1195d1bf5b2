//! Random programs on a channel with a bound, beside a plain queue that says what each step has to
//! return and who has to have been woken by then.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::Arc;

use poll_async::sync::mpsc::{OwnedPermit, Receiver, SendError, Sender, TrySendError, channel};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};

use crate::drive::{Bell, Task};

#[derive(Clone, Debug)]
enum Step {
    /// Begins to send, to reserve for later, or to reserve and send so many at once.
    Send,
    Reserve,
    SendMany(usize),
    TrySend,
    Poll(usize),
    Drop(usize),
    Use(usize),
    Release(usize),
    Receive,
    ReceiveMany(usize),
    Close,
    DropSender,
    DropReceiver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..4_usize, 1..4_usize).prop_map(|(kind, count)| match kind {
            0 => Step::Send,
            1 => Step::Reserve,
            2 => Step::SendMany(count),
            _ => Step::TrySend,
        }),
        14 => any::<usize>().prop_map(Step::Poll),
        3 => any::<usize>().prop_map(Step::Drop),
        4 => any::<usize>().prop_map(|which| {
            if which % 4 == 0 { Step::Release(which) } else { Step::Use(which) }
        }),
        10 => (0..6_usize).prop_map(|limit| match limit {
            0..4 => Step::Receive,
            _ => Step::ReceiveMany(limit - 3),
        }),
        1 => (0..8_usize).prop_map(|kind| match kind {
            0 | 1 => Step::Close,
            2 => Step::DropReceiver,
            _ => Step::DropSender,
        }),
    ]
}

/// What a future gives.
enum Done {
    Sent,
    Permit(OwnedPermit<u32>),
    Refused(Option<u32>),
}

/// A future that was begun.
struct Begun {
    task: Task<'static, Done>,
    values: Vec<u32>,
    is_reserving: bool,
    place: Where,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Where {
    /// Never polled.
    Before,
    Waiting,
    Served,
}

struct Run {
    sender: Option<Sender<u32>>,
    receiver: Option<Receiver<u32>>,
    begun: Vec<Begun>,
    permits: Vec<(OwnedPermit<u32>, u32)>,
    bell: Arc<Bell>,
    next: u32,
    /// The plain queue, and what it knows.
    queue: VecDeque<u32>,
    /// Those who wait, by their first value, in the order of coming.
    line: VecDeque<u32>,
    reserved: usize,
    capacity: usize,
    is_closed: bool,
    /// The receiver waits, and was not woken yet.
    is_waiting: bool,
}

impl Run {
    fn new(capacity: usize) -> Self {
        let (sender, receiver) = channel(capacity);
        Self {
            sender: Some(sender),
            receiver: Some(receiver),
            begun: Vec::new(),
            permits: Vec::new(),
            bell: Arc::default(),
            next: 0,
            queue: VecDeque::new(),
            line: VecDeque::new(),
            reserved: 0,
            capacity,
            is_closed: false,
            is_waiting: false,
        }
    }

    fn value(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn room(&self) -> usize {
        self.capacity - self.queue.len() - self.reserved
    }

    fn is_finished(&self) -> bool {
        let senders = usize::from(self.sender.is_some()) + self.begun.len() + self.permits.len();
        senders == 0 || (self.is_closed && self.reserved == 0)
    }

    /// Serves who waits, in order, and asserts that it was woken; if closed, everybody was.
    fn serve(&mut self) {
        while let Some(first) = self.line.front() {
            let room = self.room();
            let mut all = self.begun.iter_mut();
            let begun = all
                .find(|begun| begun.values.first() == Some(first))
                .unwrap();
            if self.is_closed {
                assert!(begun.task.is_woken(), "closed, and {first} was not told");
            } else if begun.values.len() <= room {
                assert!(
                    begun.task.is_woken(),
                    "room for {first}, and it was not told"
                );
                begun.place = Where::Served;
                self.reserved += begun.values.len();
            } else {
                return;
            }
            self.line.pop_front();
        }
    }

    fn begin(&mut self, count: usize, is_reserving: bool) {
        let Some(sender) = self.sender.clone() else {
            return;
        };
        let values: Vec<u32> = (0..count).map(|_| self.value()).collect();
        let sent = values.clone();
        let task = Task::new(async move {
            if is_reserving {
                match sender.reserve_owned().await {
                    Ok(permit) => Done::Permit(permit),
                    Err(SendError(())) => Done::Refused(None),
                }
            } else if let [value] = sent[..] {
                match sender.send(value).await {
                    Ok(()) => Done::Sent,
                    Err(SendError(value)) => Done::Refused(Some(value)),
                }
            } else {
                let Ok(permits) = sender.reserve_many(sent.len()).await else {
                    return Done::Refused(None);
                };
                permits
                    .zip(sent)
                    .for_each(|(permit, value)| permit.send(value));
                Done::Sent
            }
        });
        self.begun.push(Begun {
            task,
            values,
            is_reserving,
            place: Where::Before,
        });
    }

    fn poll(&mut self, which: usize) {
        let room = self.room();
        let Some(index) = which.checked_rem(self.begun.len()) else {
            return;
        };
        let begun = &mut self.begun[index];
        let count = begun.values.len();
        let is_refused = match begun.place {
            Where::Served => false,
            _ => self.is_closed || count > self.capacity,
        };
        let has_room = begun.place == Where::Served
            || (begun.place == Where::Before && self.line.is_empty() && count <= room);
        let polled = begun.task.poll();
        if !is_refused && !has_room {
            assert!(polled.is_pending());
            if begun.place == Where::Before {
                begun.place = Where::Waiting;
                self.line.push_back(begun.values[0]);
            }
            return;
        }
        let Poll::Ready(done) = polled else {
            panic!("there is nothing to wait for");
        };
        let begun = self.begun.swap_remove(index);
        if begun.place == Where::Served {
            self.reserved -= count;
        }
        match done {
            Done::Refused(value) => {
                // A value that was to be sent comes back also if there was room, but nobody left.
                assert!(is_refused || self.receiver.is_none());
                assert_eq!(value.is_some(), !begun.is_reserving && count == 1);
                assert!(value.is_none_or(|value| value == begun.values[0]));
            }
            Done::Permit(permit) => {
                assert!(!is_refused && begun.is_reserving);
                self.reserved += 1;
                self.permits.push((permit, begun.values[0]));
            }
            Done::Sent => {
                assert!(!is_refused && !begun.is_reserving);
                // One that sends itself has its value back; permits drop theirs.
                assert!(self.receiver.is_some() || count > 1);
                self.arrive(&begun.values);
            }
        }
    }

    fn arrive(&mut self, values: &[u32]) {
        if self.receiver.is_some() {
            self.queue.extend(values);
        }
    }

    fn receive(&mut self, limit: usize) {
        let Some(receiver) = &mut self.receiver else {
            return;
        };
        let waker = Waker::from(Arc::clone(&self.bell));
        let mut context = Context::from_waker(&waker);
        let mut received = Vec::new();
        let polled = match limit {
            1 => receiver
                .poll_recv(&mut context)
                .map(|value| received.extend(value)),
            _ => receiver
                .poll_recv_many(&mut context, &mut received, limit)
                .map(|_| ()),
        };
        self.bell.take();
        if self.queue.is_empty() && !self.is_finished() {
            assert!(polled.is_pending());
            self.is_waiting = true;
            return;
        }
        self.is_waiting = false;
        assert!(polled.is_ready());
        // How many come at once is up to how they were taken, but at least one does.
        assert!(received.len() <= limit && received.is_empty() == self.queue.is_empty());
        for value in received {
            assert_eq!(self.queue.pop_front(), Some(value));
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Send => self.begin(1, false),
            Step::Reserve => self.begin(1, true),
            Step::SendMany(count) => self.begin(*count, false),
            Step::TrySend => self.try_send(),
            Step::Poll(which) => self.poll(*which),
            Step::Drop(which) => {
                if let Some(index) = which.checked_rem(self.begun.len()) {
                    let begun = self.begun.swap_remove(index);
                    if begun.place == Where::Served {
                        self.reserved -= begun.values.len();
                    }
                    self.line.retain(|first| *first != begun.values[0]);
                }
            }
            Step::Use(which) | Step::Release(which) => {
                if let Some(index) = which.checked_rem(self.permits.len()) {
                    let (permit, value) = self.permits.swap_remove(index);
                    self.reserved -= 1;
                    if let Step::Use(_) = step {
                        drop(permit.send(value));
                        self.arrive(&[value]);
                    }
                }
            }
            Step::Receive => self.receive(1),
            Step::ReceiveMany(limit) => self.receive(*limit),
            Step::Close => {
                if let Some(receiver) = &mut self.receiver {
                    receiver.close();
                    self.is_closed = true;
                }
            }
            Step::DropSender => drop(self.sender.take()),
            Step::DropReceiver => {
                drop(self.receiver.take());
                self.is_closed = true;
                self.is_waiting = false;
                self.queue.clear();
            }
        }
        self.serve();
        self.look();
    }

    fn try_send(&mut self) {
        let value = self.value();
        let Some(sender) = &self.sender else {
            return;
        };
        let expected = if self.is_closed {
            Err(TrySendError::Closed(value))
        } else if self.line.is_empty() && self.room() > 0 {
            Ok(())
        } else {
            Err(TrySendError::Full(value))
        };
        assert_eq!(sender.try_send(value), expected);
        if expected.is_ok() {
            self.arrive(&[value]);
        }
    }

    /// Whether the ends say what the plain queue does, and the receiver was told.
    fn look(&mut self) {
        if self.is_waiting && (!self.queue.is_empty() || self.is_finished()) {
            assert!(self.bell.take() > 0, "the receiver was not told");
            self.is_waiting = false;
        }
        if let Some(receiver) = &self.receiver {
            assert_eq!(receiver.len(), self.queue.len());
            assert_eq!(receiver.capacity(), self.room());
        }
        for begun in &self.begun {
            // Nobody else was woken: each knows from its place.
            assert!(!begun.task.is_woken());
        }
    }
}

proptest! {
    #[test]
    fn a_bounded_channel_does_what_a_plain_queue_does(
        capacity in 1..5_usize,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut run = Run::new(capacity);
        for step in &steps {
            run.step(step);
        }
    }
}
