//! Random programs on a channel, beside a plain queue that says what each step has to return.

use std::collections::VecDeque;

use core::time::Duration;
use poll_channel::{
    Receiver, SendTimeoutError, Sender, SyncSender, TryRecvError, TrySendError, channel,
    sync_channel,
};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};

use crate::rings::Rings;

#[derive(Clone, Debug)]
enum Step {
    Send,
    SendNow,
    Clone,
    DropSender,
    Receive,
    Drain { budget: usize, stop: usize },
    Rearm,
    RearmIfLast,
    Attach,
    Detach,
    Shrink,
    DropReceiver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<bool>().prop_map(|now| if now { Step::SendNow } else { Step::Send }),
        1 => any::<bool>().prop_map(|clone| if clone { Step::Clone } else { Step::DropSender }),
        4 => any::<bool>().prop_map(|_| Step::Receive),
        3 => (0..8_usize, 0..8_usize).prop_map(|(budget, stop)| Step::Drain { budget, stop }),
        1 => any::<u8>().prop_map(|byte| match byte {
            0..50 => Step::Rearm,
            50..100 => Step::RearmIfLast,
            100..150 => Step::Attach,
            150..170 => Step::Detach,
            170..250 => Step::Shrink,
            250.. => Step::DropReceiver,
        }),
    ]
}

/// Both kinds of sender, as far as the model goes.
#[derive(Clone)]
enum End {
    Free(Sender<u32>),
    Narrow(SyncSender<u32>),
}

impl End {
    /// What `try_send` says; a channel without bound is never full.
    fn send(&self, value: u32, now: bool) -> Result<(), TrySendError<u32>> {
        match self {
            Self::Free(sender) => sender
                .send(value)
                .map_err(|error| TrySendError::Disconnected(error.0)),
            Self::Narrow(sender) if now => sender.try_send(value),
            Self::Narrow(sender) => {
                sender
                    .send_timeout(value, Duration::ZERO)
                    .map_err(|error| match error {
                        SendTimeoutError::Timeout(value) => TrySendError::Full(value),
                        SendTimeoutError::Disconnected(value) => TrySendError::Disconnected(value),
                    })
            }
        }
    }
}

/// What the channel has to do.
struct Plain {
    queue: VecDeque<u32>,
    /// How many of the queue were taken by a drain: they count as received for the capacity.
    taken: usize,
    capacity: Option<usize>,
    senders: usize,
    armed: bool,
    attached: bool,
    /// How often the loop has to be told in this step.
    told: usize,
}

impl Plain {
    fn is_full(&self) -> bool {
        let counted = self.queue.len() - self.taken;
        self.capacity.is_some_and(|capacity| counted >= capacity)
    }

    fn has_news(&self) -> bool {
        !self.queue.is_empty() || self.senders == 0
    }

    fn tell(&mut self) {
        if self.armed {
            self.armed = false;
            self.told += usize::from(self.attached);
        }
    }

    fn rearm(&mut self) {
        self.armed = true;
        if self.has_news() {
            self.tell();
        }
    }

    fn rearm_if_last(&mut self) {
        if self.queue.len() == 1 {
            self.armed = true;
            if self.senders == 0 {
                self.tell();
            }
        }
    }

    fn receive(&mut self, limit: usize) -> Result<u32, TryRecvError> {
        if self.taken == 0 {
            self.taken = match self.capacity {
                Some(_) => limit.min(self.queue.len()),
                None => self.queue.len(),
            };
        }
        match self.queue.pop_front() {
            Some(value) => {
                self.taken -= 1;
                Ok(value)
            }
            None if self.senders == 0 => Err(TryRecvError::Disconnected),
            None => {
                self.armed = true;
                Err(TryRecvError::Empty)
            }
        }
    }
}

struct Run {
    senders: Vec<End>,
    receiver: Option<Receiver<u32>>,
    plain: Plain,
    rings: Rings,
    next: u32,
}

impl Run {
    fn new(capacity: Option<usize>) -> Self {
        let (sender, receiver) = match capacity {
            None => {
                let (sender, receiver) = channel();
                (End::Free(sender), receiver)
            }
            Some(capacity) => {
                let (sender, receiver) = sync_channel(capacity);
                (End::Narrow(sender), receiver)
            }
        };
        let plain = Plain {
            queue: VecDeque::new(),
            taken: 0,
            capacity,
            senders: 1,
            armed: true,
            attached: false,
            told: 0,
        };
        Self {
            senders: vec![sender],
            receiver: Some(receiver),
            plain,
            rings: Rings::default(),
            next: 0,
        }
    }

    fn send(&mut self, now: bool) {
        let Some(sender) = self.senders.first() else {
            return;
        };
        let value = self.next;
        self.next += 1;
        let expected = match &self.receiver {
            None => Err(TrySendError::Disconnected(value)),
            Some(_) if self.plain.is_full() => Err(TrySendError::Full(value)),
            Some(_) => Ok(()),
        };
        assert_eq!(sender.send(value, now), expected);
        if expected.is_ok() {
            self.plain.queue.push_back(value);
            self.plain.tell();
        }
    }

    fn drop_sender(&mut self) {
        if self.senders.pop().is_some() {
            self.plain.senders -= 1;
            if self.plain.senders == 0 && self.receiver.is_some() {
                self.plain.tell();
            }
        }
    }

    fn drain(&mut self, budget: usize, stop: usize) {
        let Some(receiver) = &mut self.receiver else {
            return;
        };
        let plain = &mut self.plain;
        let mut values = receiver.drain(budget);
        let mut ended = false;
        for left in (0..=budget).rev().take(stop) {
            let expected = if left == 0 {
                None
            } else {
                plain.receive(left).ok()
            };
            ended |= left > 0 && expected.is_none();
            assert_eq!(values.next(), expected);
            if expected.is_none() {
                break;
            }
        }
        drop(values);
        if !ended {
            plain.rearm();
        }
    }

    fn step(&mut self, step: &Step) {
        let plain = &mut self.plain;
        match (step, &mut self.receiver) {
            (Step::Send, _) => self.send(false),
            (Step::SendNow, _) => self.send(true),
            (Step::Clone, _) => {
                if let Some(sender) = self.senders.first().cloned() {
                    self.senders.push(sender);
                    plain.senders += 1;
                }
            }
            (Step::DropSender, _) => self.drop_sender(),
            (Step::DropReceiver, receiver) => {
                drop(receiver.take());
                (plain.attached, plain.armed) = (false, false);
            }
            (Step::Drain { budget, stop }, _) => self.drain(*budget, *stop),
            (_, None) => {}
            (Step::Receive, Some(receiver)) => {
                assert_eq!(receiver.try_recv(), plain.receive(1));
            }
            (Step::Rearm, Some(receiver)) => {
                receiver.rearm();
                plain.rearm();
            }
            (Step::RearmIfLast, Some(receiver)) => {
                receiver.rearm_if_last();
                plain.rearm_if_last();
            }
            (Step::Attach, Some(receiver)) => {
                receiver.attach(self.rings.clone());
                plain.attached = true;
                plain.rearm();
            }
            (Step::Detach, Some(receiver)) => {
                receiver.detach();
                plain.attached = false;
            }
            (Step::Shrink, Some(receiver)) => receiver.shrink_to_fit(),
        }
        assert_eq!(
            self.rings.take(),
            core::mem::take(&mut self.plain.told),
            "{step:?}"
        );
        if let Some(receiver) = &self.receiver {
            let finished = self.plain.queue.is_empty() && self.plain.senders == 0;
            assert_eq!(receiver.is_finished(), finished);
        }
    }
}

proptest! {
    #[test]
    fn a_channel_does_what_a_plain_queue_does(
        capacity in prop::option::of(1..6_usize),
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut run = Run::new(capacity);
        for step in &steps {
            run.step(step);
        }
    }
}
