//! What the two ends of a channel share: one queue behind one mutex, and who wants to be told.
//!
//! The receiver takes all that is queued in one exchange and works through it without the mutex,
//! so that the two ends meet once for each batch. Finding nothing, it leaves word under the mutex
//! that it wants to be told (`armed`), and the next sender reads that under the same mutex: there
//! is no instant between looking and asking in which a value could go unnoticed, and no other
//! variable that would have to agree. A receiver that has not asked is not told, so in a busy
//! channel a send is a push.

use core::{fmt, mem};
use std::collections::VecDeque;
use std::sync::Arc;

use poll_api::Wake;

use crate::receiver::Receiver;
use crate::sender::{Sender, SyncSender};
use crate::sync::{Condvar, Mutex, MutexGuard, lock};

/// A channel without bound: any number of senders, one receiver.
///
/// Sending never blocks; a receiver that is too slow costs memory. Values of one sender arrive in
/// the order they were sent. One allocation, and more as values wait.
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(usize::MAX));
    (Sender::first(&shared), Receiver::new(shared))
}

/// A channel that holds at most `capacity` values: more block the sender, or are given back.
///
/// Values of one sender arrive in the order they were sent. One allocation, and more as values
/// wait: the memory grows with what is in the channel, not with `capacity`.
///
/// # Panics
///
/// If `capacity` is zero. A value would have to pass from a sender to a receiver that waits for it
/// in a call, and a receiver that is watched by a loop never does.
#[must_use]
pub fn sync_channel<T>(capacity: usize) -> (SyncSender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel without room cannot be polled");
    let shared = Arc::new(Shared::new(capacity));
    (SyncSender::first(&shared), Receiver::new(shared))
}

/// Wakes the receiver's loop; hides the type of the waker from that of the channel.
pub(crate) trait Rouse: Send + Sync {
    fn rouse(&self);
}

impl<W: Wake> Rouse for W {
    fn rouse(&self) {
        // The system refused to wake a sleeping loop. The value is in the channel all the same, so
        // a sender has nothing to do about it: the loop finds it when it comes back.
        drop(self.wake());
    }
}

/// What both ends share.
pub(crate) struct Shared<T> {
    pub(crate) state: Mutex<State<T>>,
    /// A receiving thread waits for values.
    pub(crate) arrived: Condvar,
    /// Sending threads wait for room.
    pub(crate) room: Condvar,
}

/// What is behind the mutex.
pub(crate) struct State<T> {
    pub(crate) queue: VecDeque<T>,
    pub(crate) capacity: usize,
    pub(crate) senders: usize,
    /// How many senders wait for room, or were just told that there is some.
    pub(crate) blocked: usize,
    pub(crate) receiver_lives: bool,
    /// The receiver found nothing and wants to be told of what comes next.
    pub(crate) armed: bool,
    /// Besides, it waits in a call, or did until its time had passed; never without `armed`.
    pub(crate) asleep: bool,
    pub(crate) wake: Option<Arc<dyn Rouse>>,
}

impl<T> State<T> {
    /// Whether a sender has to wait for room: not if the receiver is gone, and the queue with it.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= self.capacity
    }

    /// Whether there is nothing now, but may be later.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.senders > 0
    }
}

impl<T> Shared<T> {
    fn new(capacity: usize) -> Self {
        let state = State {
            queue: VecDeque::new(),
            capacity,
            senders: 1,
            blocked: 0,
            receiver_lives: true,
            armed: false,
            asleep: false,
            wake: None,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            room: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }

    /// Queues a value for which there is room, and tells the receiver if it asked to be told.
    #[inline]
    pub(crate) fn push(&self, mut state: MutexGuard<'_, State<T>>, value: T) {
        state.queue.push_back(value);
        if state.armed {
            self.tell(state);
        }
    }

    /// Tells the receiver, through its loop and in its call, whichever it asked for.
    #[cold]
    pub(crate) fn tell(&self, mut state: MutexGuard<'_, State<T>>) {
        let armed = mem::take(&mut state.armed);
        let asleep = mem::take(&mut state.asleep);
        let wake = if armed { state.wake.clone() } else { None };
        // Told without the mutex, so that whoever is woken does not meet it.
        drop(state);
        if asleep {
            self.arrived.notify_one();
        }
        if let Some(wake) = wake {
            wake.rouse();
        }
    }

    pub(crate) fn add_sender(&self) {
        self.lock().senders += 1;
    }

    /// The last sender that goes is an event, like a value.
    pub(crate) fn remove_sender(&self) {
        let mut state = self.lock();
        state.senders -= 1;
        if state.senders == 0 {
            self.tell(state);
        }
    }

    /// Ends the channel from the receiver's side: blocked senders get their values back.
    pub(crate) fn remove_receiver(&self) {
        let mut state = self.lock();
        state.receiver_lives = false;
        // Dropped after the mutex is free: a value may own a sender of this very channel.
        let queue = mem::take(&mut state.queue);
        let wake = state.wake.take();
        let blocked = state.blocked;
        drop(state);
        if blocked > 0 {
            self.room.notify_all();
        }
        drop((queue, wake));
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel")
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
