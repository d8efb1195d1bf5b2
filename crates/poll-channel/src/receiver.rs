//! The receiving end: takes what is queued in batches, and asks to be told when it finds nothing.

use core::iter::FusedIterator;
use core::time::Duration;
use core::{fmt, mem};
use std::collections::VecDeque;
use std::sync::Arc;

use poll_api::Wake;

use crate::channel::{Shared, State};
use crate::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::sync::{MutexGuard, wait_timeout_while, wait_while};

/// The receiving end of a channel, and an event source: [`attach`](Self::attach) gives it the
/// waker through which its loop is told.
///
/// # When the loop is told
///
/// By edges. A receiver that has found the channel empty ([`TryRecvError::Empty`], or the end of an
/// iterator) is told once, when the next value is sent or the last sender goes, and not again until
/// it has found the channel empty again. So after an event, receive until nothing is left; whoever
/// stops earlier, to be fair to other sources, uses [`drain`](Self::drain), or calls
/// [`rearm`](Self::rearm) itself.
///
/// An event may find nothing: the value was received before the event was looked at.
///
/// # Memory
///
/// The channel keeps room for about as many values as waited at once lately, at most four times as
/// many in each of its two queues; the rest is given back as receiving goes on. An idle channel
/// keeps what it has until [`shrink_to_fit`](Self::shrink_to_fit).
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    // Taken from the queue and not received yet.
    taken: VecDeque<T>,
    // About how many values came at once lately.
    recent: usize,
}

impl<T> Receiver<T> {
    pub(crate) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            taken: VecDeque::new(),
            recent: 0,
        }
    }

    /// Tells the loop behind `wake` from now on, instead of the one before: at once if there is
    /// something to receive or all senders are gone, otherwise when that is so. One allocation.
    ///
    /// `wake` is a [`Ping`](crate::Ping) of a loop's [`ReadySet`](crate::ReadySet), or any other
    /// waker, such as that of a poller of its own; it is dropped with the receiver. An error of it
    /// is passed over: the system refused to wake a sleeping loop, which finds the value when it
    /// comes back. A send at the same time on another thread may still use the waker before.
    pub fn attach(&mut self, wake: impl Wake + 'static) {
        let mut state = self.shared.lock();
        let before = state.wake.replace(Arc::new(wake));
        self.ask(state);
        // Not under the mutex, for a waker's destructor is somebody else's code.
        drop(before);
    }

    /// Tells no loop any more, and drops the waker.
    pub fn detach(&mut self) {
        let before = self.shared.lock().wake.take();
        drop(before);
    }

    /// Asks to be told once more: at once if there is something to receive or all senders are
    /// gone, otherwise when that is so.
    ///
    /// For whoever stops before the channel is empty. Locks a mutex.
    pub fn rearm(&mut self) {
        self.ask(self.shared.lock());
    }

    /// Asks to be told once more if exactly one value is left: at once if none can follow it,
    /// because all senders are gone, otherwise when the next one is sent or the last sender goes.
    ///
    /// For whoever does not receive until nothing is left. Called before each receive, it makes the
    /// loop be told each time that the channel goes from empty to not empty, also of a value that
    /// is sent at the moment at which the one before it is received.
    ///
    /// Locks a mutex, unless more than one value was taken from the queue already.
    pub fn rearm_if_last(&mut self) {
        if self.taken.len() > 1 {
            return;
        }
        let mut state = self.shared.lock();
        if self.taken.len() + state.queue.len() == 1 {
            state.armed = true;
            if state.senders == 0 {
                self.shared.tell(state);
            }
        }
    }

    fn ask(&self, mut state: MutexGuard<'_, State<T>>) {
        state.armed = true;
        if !self.taken.is_empty() || !state.is_idle() {
            self.shared.tell(state);
        }
    }

    /// Receives a value if there is one.
    ///
    /// Without bound, one call takes all that is queued, and the next ones take from that without
    /// meeting the senders; with a capacity, each call takes one value and makes room for one.
    ///
    /// # Errors
    ///
    /// * [`TryRecvError::Empty`]: there is nothing now; the loop will be told.
    /// * [`TryRecvError::Disconnected`]: nothing will come any more.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.next_of(1)
    }

    /// Receives a value, and blocks until there is one: for threads without a loop.
    ///
    /// # Errors
    ///
    /// All senders are gone and nothing is left.
    pub fn recv(&mut self) -> Result<T, RecvError> {
        if let Some(value) = self.taken.pop_front() {
            return Ok(value);
        }
        self.trim();
        let state = wait_while(&self.shared.arrived, self.shared.lock(), Self::sleeps);
        let taken = Self::take(&self.shared, state, &mut self.taken, 1);
        self.first(taken).ok_or(RecvError)
    }

    /// Receives a value, and blocks until there is one, at most for `timeout`.
    ///
    /// Zero looks once; `Duration::MAX` waits as long as it takes.
    ///
    /// # Errors
    ///
    /// * [`RecvTimeoutError::Timeout`]: there was nothing all the time.
    /// * [`RecvTimeoutError::Disconnected`]: nothing will come any more.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        if let Some(value) = self.taken.pop_front() {
            return Ok(value);
        }
        self.trim();
        let state = self.shared.lock();
        let state = wait_timeout_while(&self.shared.arrived, state, timeout, Self::sleeps);
        let error = match state.is_idle() {
            true => RecvTimeoutError::Timeout,
            false => RecvTimeoutError::Disconnected,
        };
        let taken = Self::take(&self.shared, state, &mut self.taken, 1);
        self.first(taken).ok_or(error)
    }

    /// The values that can be received now, until there are none; those that are sent meanwhile
    /// included, so that a fast sender can keep the caller here.
    ///
    /// Dropped before its end, it asks to be told again, as [`drain`](Self::drain) does.
    pub fn try_iter(&mut self) -> Drain<'_, T> {
        self.drain(usize::MAX)
    }

    /// At most `budget` of the values that can be received now, for a turn of a loop.
    ///
    /// If it is dropped before the channel was found empty, the receiver asks to be told again
    /// ([`rearm`](Self::rearm)), so that the loop comes back after it has looked at its other
    /// sources. Whether nothing will come any more, [`is_finished`](Self::is_finished) says.
    ///
    /// One lock of a mutex for each batch, which is the budget or, without bound, all there is.
    /// What a batch took makes room in a channel with a capacity, received or not.
    pub fn drain(&mut self, budget: usize) -> Drain<'_, T> {
        Drain {
            receiver: self,
            left: budget,
            ended: false,
        }
    }

    /// Whether nothing will come any more: all senders are gone and all values were received.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let state = self.shared.lock();
        self.taken.is_empty() && state.queue.is_empty() && state.senders == 0
    }

    /// Gives back all memory that no waiting value needs.
    pub fn shrink_to_fit(&mut self) {
        self.taken.shrink_to_fit();
        self.recent = self.taken.len();
        self.shared.lock().queue.shrink_to_fit();
    }

    /// The next value, and where none was taken before, at most `limit` are.
    #[inline]
    fn next_of(&mut self, limit: usize) -> Result<T, TryRecvError> {
        match self.taken.pop_front() {
            Some(value) => Ok(value),
            None => self.refill(limit),
        }
    }

    // Apart from what runs for every value, which is small enough then to be put into the caller.
    #[inline(never)]
    fn refill(&mut self, limit: usize) -> Result<T, TryRecvError> {
        self.trim();
        let mut state = self.shared.lock();
        let idle = state.is_idle();
        state.armed |= idle;
        let taken = Self::take(&self.shared, state, &mut self.taken, limit);
        self.first(taken).ok_or(match idle {
            true => TryRecvError::Empty,
            false => TryRecvError::Disconnected,
        })
    }

    /// Whether a receiving thread has to sleep; if so, it asks to be told.
    fn sleeps(state: &mut State<T>) -> bool {
        let idle = state.is_idle();
        state.armed |= idle;
        state.asleep = idle;
        idle
    }

    /// Moves values from the queue to `taken`, which is empty, makes room known, and says how many.
    ///
    /// Without bound it is all of them, in exchange for the memory of `taken`; with a capacity at
    /// most `limit`, so that what is not asked for counts as waiting.
    fn take(
        shared: &Shared<T>,
        mut state: MutexGuard<'_, State<T>>,
        taken: &mut VecDeque<T>,
        limit: usize,
    ) -> usize {
        if state.capacity == usize::MAX || state.queue.len() <= limit {
            mem::swap(taken, &mut state.queue);
        } else {
            taken.extend(state.queue.drain(..limit));
        }
        let room_for = state.blocked.min(taken.len());
        drop(state);
        for _ in 0..room_for {
            shared.room.notify_one();
        }
        taken.len()
    }

    /// The first of `taken` values that came at once.
    fn first(&mut self, taken: usize) -> Option<T> {
        self.recent = self.recent.max(taken);
        self.taken.pop_front()
    }

    /// Gives back memory that was needed once and is not any more; the queue is empty.
    ///
    /// The two queues change places with each batch, so each of them comes by.
    fn trim(&mut self) {
        const KEPT: usize = 64;
        let kept = self.recent.max(KEPT);
        if self.taken.capacity() > kept.saturating_mul(4) {
            self.taken.shrink_to(kept);
        }
        // Forgets slowly: what comes every now and then keeps its memory.
        self.recent -= self.recent / 8;
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.remove_receiver();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// Values of a channel, up to a budget; made by [`Receiver::drain`] and [`Receiver::try_iter`].
///
/// When it is dropped before it has found the channel empty, also by a panic, the receiver asks to
/// be told again, which locks a mutex. Whoever hands it to [`forget`](core::mem::forget) instead
/// leaves a receiver that nobody is told of, until it has found the channel empty or
/// [`rearm`](Receiver::rearm) is called.
pub struct Drain<'a, T> {
    receiver: &'a mut Receiver<T>,
    left: usize,
    // The channel was found empty or disconnected.
    ended: bool,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.left == 0 || self.ended {
            return None;
        }
        match self.receiver.next_of(self.left) {
            Ok(value) => {
                self.left -= 1;
                Some(value)
            }
            Err(_empty_or_disconnected) => {
                self.ended = true;
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.receiver.taken.len().min(self.left), Some(self.left))
    }
}

impl<T> FusedIterator for Drain<'_, T> {}

impl<T> Drop for Drain<'_, T> {
    fn drop(&mut self) {
        if !self.ended {
            self.receiver.rearm();
        }
    }
}

impl<T> fmt::Debug for Drain<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::panic::{RefUnwindSafe, UnwindSafe};

    use static_assertions::{assert_impl_all, assert_not_impl_any};

    use super::Receiver;
    use crate::{Ping, ReadySet, Sender, SyncSender, channel};

    assert_impl_all!(Receiver<u64>: Send, Sync, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(Sender<u64>: Clone, Send, Sync, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(SyncSender<u64>: Clone, Send, Sync, UnwindSafe, RefUnwindSafe);
    assert_not_impl_any!(Receiver<u64>: Clone);
    assert_impl_all!(Ping<NoWake>: Clone, Send, Sync, UnwindSafe);
    assert_impl_all!(ReadySet<NoWake>: Send, Sync, UnwindSafe);

    #[derive(Clone)]
    struct NoWake;

    impl poll_api::Wake for NoWake {
        type Error = core::convert::Infallible;

        fn wake(&self) -> Result<(), Self::Error> {
            Ok(())
        }
    }

    /// The memory of both queues, in values.
    fn room<T>(receiver: &Receiver<T>) -> usize {
        receiver.taken.capacity() + receiver.shared.lock().queue.capacity()
    }

    fn send(sender: &Sender<u64>, values: u64) {
        for value in 0..values {
            assert_eq!(sender.send(value), Ok(()));
        }
    }

    fn pass(sender: &Sender<u64>, receiver: &mut Receiver<u64>, values: u64) {
        send(sender, values);
        assert_eq!(receiver.try_iter().count() as u64, values);
    }

    #[test]
    fn memory_of_a_burst_is_given_back_as_receiving_goes_on() {
        let (sender, mut receiver) = channel();
        pass(&sender, &mut receiver, 100_000);
        assert!(room(&receiver) >= 100_000);
        for _ in 0..100 {
            pass(&sender, &mut receiver, 10);
        }
        assert!(room(&receiver) <= 2 * 4 * 64, "{}", room(&receiver));
    }

    #[test]
    fn memory_of_bursts_that_keep_coming_stays() {
        let (sender, mut receiver) = channel();
        pass(&sender, &mut receiver, 10_000);
        pass(&sender, &mut receiver, 10_000);
        let before = room(&receiver);
        for _ in 0..20 {
            pass(&sender, &mut receiver, 10_000);
            pass(&sender, &mut receiver, 10);
            assert_eq!(room(&receiver), before);
        }
    }

    #[test]
    fn memory_of_both_queues_is_given_back_on_request() {
        let (sender, mut receiver) = channel();
        send(&sender, 1000);
        assert_eq!(receiver.try_recv(), Ok(0));
        send(&sender, 1000);
        assert_eq!(receiver.try_iter().count(), 1999);
        assert!(room(&receiver) >= 2000);
        receiver.shrink_to_fit();
        assert!(room(&receiver) <= 8, "{}", room(&receiver));
        pass(&sender, &mut receiver, 10);
    }
}
