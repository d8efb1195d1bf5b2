//! A bounded queue of values that many tasks send to and many receive from.

use core::fmt;
use std::collections::VecDeque;

use super::gate::acquire;
use super::mpsc::{SendError, TryRecvError, TrySendError};
use super::permits::{Permits, Refused};
use super::wakes::Wakes;
use crate::threads::{Mutex, lock};

/// A queue that holds up to a number of values: who sends more waits until some are received.
///
/// Any number of tasks send and receive, by reference or through an [`Arc`](std::sync::Arc). Each
/// value goes to one receiver, and values are received in the order in which they were sent. Fair:
/// senders that wait get room, and receivers that wait get values, in the order in which they came.
/// It works on any executor, and is closed by hand alone.
///
/// The memory for the values is reserved by [`new`](Self::new). Where one task receives, use
/// [`mpsc`](super::mpsc). Own code, because async-channel, the crate that comes next, lets
/// newcomers pass those who wait, and was measured at 1.6 times the cost.
///
/// ```
/// use poll_async::sync::RingBuffer;
///
/// # async fn work(_: u32) {}
/// async fn produce(ring: &RingBuffer<u32>) {
///     for job in 0..1000 {
///         if ring.send(job).await.is_err() {
///             return; // it was closed
///         }
///     }
///     ring.close();
/// }
///
/// async fn consume(ring: &RingBuffer<u32>) {
///     while let Some(job) = ring.recv().await {
///         work(job).await;
///     }
/// }
/// ```
pub struct RingBuffer<T> {
    state: Mutex<State<T>>,
    bound: usize,
}

#[derive(Debug)]
struct State<T> {
    values: VecDeque<T>,
    /// A permit for each place that nobody has and no value is in.
    room: Permits,
    /// A permit for each value.
    filled: Permits,
}

impl<T> State<T> {
    const fn room(&mut self) -> &mut Permits {
        &mut self.room
    }

    const fn filled(&mut self) -> &mut Permits {
        &mut self.filled
    }

    /// For one who has a permit of `room`. After the end, the value stays.
    fn put(&mut self, value: &mut Option<T>, wakes: &mut Wakes) {
        if self.room.is_closed() {
            return;
        }
        if let Some(value) = value.take() {
            self.values.push_back(value);
            self.filled.release(1, wakes);
        }
    }

    /// For one who has a permit of `filled`, or after the end.
    fn take(&mut self, wakes: &mut Wakes) -> Option<T> {
        let value = self.values.pop_front()?;
        self.room.release(1, wakes);
        Some(value)
    }
}

impl<T> RingBuffer<T> {
    /// A ring for up to `bound` values.
    ///
    /// # Panics
    ///
    /// If `bound` is 0: such a ring could never hand a value over; or if that many values are more
    /// than `isize::MAX` bytes. Memory that cannot be had ends the process, as elsewhere: use
    /// [`mpsc::channel`](super::mpsc::channel) for a bound that is not meant to be reached.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        assert!(bound > 0, "a ring has room for one value at least");
        let state = State {
            values: VecDeque::with_capacity(bound),
            room: Permits::new(bound),
            filled: Permits::new(0),
        };
        Self {
            state: Mutex::new(state),
            bound,
        }
    }

    /// Sends `value`, after waiting for room.
    ///
    /// Cancel-safe: a future that is dropped has sent nothing, and lost its place in the queue; the
    /// value is dropped with it.
    ///
    /// # Errors
    ///
    /// [`SendError`] gives `value` back when the ring is [closed](Self::close), also later.
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut value = Some(value);
        // Called when the lock is open again.
        let mut wakes = Wakes::new();
        let put = |state: &mut State<T>| state.put(&mut value, &mut wakes);
        let _closed = acquire(&self.state, State::room, 1, put).await;
        value.map_or(Ok(()), |value| Err(SendError(value)))
    }

    /// Sends `value` if there is room and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] gives `value` back and says why.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let mut wakes = Wakes::new();
        let mut value = Some(value);
        let mut state = lock(&self.state);
        let taken = state.room.try_take(1);
        if taken.is_ok() {
            state.put(&mut value, &mut wakes);
        }
        drop(state);
        match (value, taken) {
            (None, _) => Ok(()),
            (Some(value), Err(Refused::Empty)) => Err(TrySendError::Full(value)),
            (Some(value), _) => Err(TrySendError::Closed(value)),
        }
    }

    /// Receives the next value, after waiting for one; none when the ring is
    /// [closed](Self::close) and empty.
    ///
    /// Cancel-safe: a future that is dropped has received nothing, and lost its place in the queue.
    pub async fn recv(&self) -> Option<T> {
        // Called when the lock is open again.
        let mut wakes = Wakes::new();
        let take = |state: &mut State<T>| state.take(&mut wakes);
        match acquire(&self.state, State::filled, 1, take).await {
            Ok(value) => value,
            // What was sent before the end is there still.
            Err(_closed) => lock(&self.state).take(&mut wakes),
        }
    }

    /// Receives the next value if there is one and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`] says why there is none.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut wakes = Wakes::new();
        let mut state = lock(&self.state);
        let value = match state.filled.try_take(1) {
            Ok(()) | Err(Refused::Closed) => state.take(&mut wakes),
            Err(Refused::Empty) => return Err(TryRecvError::Empty),
        };
        drop(state);
        value.ok_or(TryRecvError::Disconnected)
    }

    /// Ends the ring: nothing can be sent any more, and who waits for room gets the value back.
    /// What was sent can be received.
    pub fn close(&self) {
        let mut wakes = Wakes::new();
        let mut state = lock(&self.state);
        state.room.close(&mut wakes);
        state.filled.close(&mut wakes);
        drop(state);
    }

    /// Whether it was [closed](Self::close).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        lock(&self.state).room.is_closed()
    }

    /// How many values wait to be received.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.state).values.len()
    }

    /// Whether no value waits to be received.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values it holds at most: the bound it was made with.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.bound
    }
}

impl<T> fmt::Debug for RingBuffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingBuffer")
            .field("len", &self.len())
            .field("capacity", &self.bound)
            .field("is_closed", &self.is_closed())
            .finish()
    }
}
