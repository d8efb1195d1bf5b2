//! What the ends of a channel share: one queue behind one mutex, and those who wait for something.
//!
//! The receiver takes all that is queued in one exchange and works through it without the mutex.
//! What it holds counts for the bound until it is received, so the receiver counts it down in
//! `held`, the one variable that is written without the mutex. A sender that finds no room says so
//! in the same word: either the receiver sees that when it makes room, and comes to the mutex to
//! hand it out, or the sender sees the room.

use core::task::{Context, Poll, Waker};
use core::{fmt, mem};
use std::collections::VecDeque;

use super::error::TrySendError;
use crate::sync::listeners::Listeners;
use crate::sync::look::{Look, keep, poll_look};
use crate::sync::queue::{Key, Queue};
use crate::sync::wakes::Wakes;
use crate::threads::{AtomicUsize, Mutex, MutexGuard, Ordering, lock};

/// In `held`: a sender waits for room.
const WAITING: usize = 1;
/// In `held`: one value that the receiver has taken from the queue and not received.
const HELD: usize = 2;

/// The bound of a channel without.
pub(super) const UNBOUNDED: usize = usize::MAX;

/// What both ends share.
pub(super) struct Shared<T> {
    state: Mutex<State<T>>,
    /// Only senders under the mutex set [`WAITING`], and only what is under the mutex clears it;
    /// only the receiver changes the rest, and raises it under the mutex.
    held: AtomicUsize,
    pub(super) capacity: usize,
}

/// What is behind the mutex.
pub(super) struct State<T> {
    pub(super) queue: VecDeque<T>,
    pub(super) senders: usize,
    pub(super) weak: usize,
    /// Room that was given to senders that have not sent yet.
    reserved: usize,
    receiver: Receiving,
    /// The task that waits for a value.
    wakes: Option<Waker>,
    /// Senders that wait for room.
    waiting: Queue<Waiting>,
    /// Senders that wait for the end.
    watching: Listeners,
}

/// How far the receiver is.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Receiving {
    Open,
    /// It takes what is there and what was reserved.
    Closed,
    Gone,
}

/// A sender that waits for room.
struct Waiting {
    asked: usize,
    is_served: bool,
    waker: Option<Waker>,
}

/// What a look at the queue found.
pub(super) enum Found {
    Values,
    /// Nothing, but there may be something later.
    Nothing,
    End,
}

/// No room: the receiver is gone, or has closed the channel.
pub(super) struct Closed;

impl<T> State<T> {
    /// Whether nothing will come any more: neither from a sender nor from one that has room.
    fn is_finished(&self) -> bool {
        self.senders == 0 || (self.receiver != Receiving::Open && self.reserved == 0)
    }

    /// Whether nothing new will be sent.
    pub(super) fn is_closed(&self) -> bool {
        self.senders == 0 || self.receiver != Receiving::Open
    }

    /// The waker of the receiver, if nothing will come any more.
    fn wake_at_end(&mut self) -> Option<Waker> {
        if self.is_finished() {
            self.wakes.take()
        } else {
            None
        }
    }
}

impl<T> Shared<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State {
            queue: VecDeque::new(),
            senders: 1,
            weak: 0,
            reserved: 0,
            receiver: Receiving::Open,
            wakes: None,
            waiting: Queue::new(),
            watching: Listeners::new(),
        };
        Self {
            state: Mutex::new(state),
            held: AtomicUsize::new(0),
            capacity,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }

    /// How many more values there is room for.
    pub(super) fn room(&self, state: &State<T>) -> usize {
        // Acquire: whoever gets room sees what the receiver did before it made it.
        self.room_beside(state, self.held.load(Ordering::Acquire))
    }

    fn room_beside(&self, state: &State<T>, held: usize) -> usize {
        self.capacity - state.queue.len() - state.reserved - held / HELD
    }

    /// Whether there is room for `count`, and nobody who came earlier waits for it.
    fn has_room(&self, state: &State<T>, count: usize) -> bool {
        let held = self.held.load(Ordering::Acquire);
        held & WAITING == 0 && count <= self.room_beside(state, held)
    }

    /// Queues a value if there is room now.
    #[inline]
    pub(super) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let state = self.lock();
        if state.receiver != Receiving::Open {
            return Err(TrySendError::Closed(value));
        }
        if self.capacity != UNBOUNDED && !self.has_room(&state, 1) {
            return Err(TrySendError::Full(value));
        }
        self.push(state, value);
        Ok(())
    }

    /// Reserves room for `count` values if there is that much now.
    pub(super) fn try_reserve(&self, count: usize) -> Result<(), TrySendError<()>> {
        let mut state = self.lock();
        if state.receiver != Receiving::Open {
            return Err(TrySendError::Closed(()));
        }
        if !self.has_room(&state, count) {
            return Err(TrySendError::Full(()));
        }
        state.reserved += count;
        Ok(())
    }

    /// Queues a value for which room was reserved, or gives it back if the receiver is gone.
    pub(super) fn send_reserved(&self, value: T) -> Result<(), T> {
        let mut state = self.lock();
        state.reserved -= 1;
        if state.receiver == Receiving::Gone {
            return Err(value);
        }
        self.push(state, value);
        Ok(())
    }

    #[inline]
    fn push(&self, mut state: MutexGuard<'_, State<T>>, value: T) {
        state.queue.push_back(value);
        let waker = state.wakes.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Gives room to those who wait for it, as far as it goes.
    fn hand_out(&self, mut state: MutexGuard<'_, State<T>>) {
        let mut wakes = Wakes::new();
        let mut room = self.room(&state);
        while let Some(first) = state.waiting.front().filter(|first| first.asked <= room) {
            let asked = first.asked;
            first.is_served = true;
            if let Some(waker) = first.waker.take() {
                wakes.push(waker);
            }
            let _served = state.waiting.pop();
            state.reserved += asked;
            room -= asked;
        }
        self.say_if_nobody_waits(&mut state);
        drop(state);
    }

    fn say_if_nobody_waits(&self, state: &mut State<T>) {
        if state.waiting.front().is_none() {
            self.held.fetch_and(!WAITING, Ordering::Relaxed);
        }
    }

    /// Waits for room for `count` values and reserves it. `key` is the place in the queue, and has
    /// to be [left](Self::leave) if this is not polled to its end.
    pub(super) fn poll_reserve(
        &self,
        count: usize,
        key: &mut Option<Key>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Closed>> {
        poll_look(&self.state, context, |state, waker| {
            let is_closed = state.receiver != Receiving::Open;
            let Some(place) = *key else {
                if is_closed {
                    return Look::Done(Err(Closed));
                }
                return self.look_for_room(state, count, key, waker);
            };
            let is_served = match state.waiting.get(place) {
                Some(mine) if !mine.is_served && !is_closed => {
                    return keep(&mut mine.waker, waker, context);
                }
                mine => mine.is_some_and(|mine| mine.is_served),
            };
            *key = None;
            // Without its waker, which whoever served it, or closed the channel, has taken.
            drop(state.waiting.remove(place));
            Look::Done(if is_served { Ok(()) } else { Err(Closed) })
        })
    }

    /// The first look: takes what is there, or a place in the queue.
    fn look_for_room(
        &self,
        state: &mut State<T>,
        asked: usize,
        key: &mut Option<Key>,
        waker: &mut Option<Waker>,
    ) -> Look<Result<(), Closed>> {
        if !self.has_room(state, asked) {
            if waker.is_none() {
                return Look::NeedsWaker;
            }
            // From here on the receiver comes to the mutex when it has made room. What it made
            // before is in the word that this reads.
            let held = self.held.fetch_or(WAITING, Ordering::Acquire);
            if held & WAITING != 0 || asked > self.room_beside(state, held) {
                *key = Some(state.waiting.push(Waiting {
                    asked,
                    is_served: false,
                    waker: waker.take(),
                }));
                return Look::Waits;
            }
            self.say_if_nobody_waits(state);
        }
        state.reserved += asked;
        Look::Done(Ok(()))
    }

    /// Leaves the queue; what was served already goes to the next.
    pub(super) fn leave(&self, key: Key) {
        let mut state = self.lock();
        let left = state.waiting.remove(key);
        let served = left.as_ref().filter(|left| left.is_served);
        state.reserved -= served.map_or(0, |left| left.asked);
        // Also if it was not served: the next may ask for less than the first did.
        self.room_came_back(state);
        drop(left);
    }

    /// Gives back room that was reserved.
    pub(super) fn release(&self, count: usize) {
        if count > 0 {
            let mut state = self.lock();
            state.reserved -= count;
            self.room_came_back(state);
        }
    }

    fn room_came_back(&self, mut state: MutexGuard<'_, State<T>>) {
        let receiver = state.wake_at_end();
        self.hand_out(state);
        if let Some(waker) = receiver {
            waker.wake();
        }
    }

    /// Says that the receiver has received `count` of what it holds.
    #[inline]
    pub(super) fn received(&self, count: usize) {
        // Release: what the receiver did until now is seen by whoever gets the room.
        let before = self.held.fetch_sub(count * HELD, Ordering::Release);
        if before & WAITING != 0 {
            self.hand_out(self.lock());
        }
    }

    /// Exchanges the queue for `taken`, which is empty. The receiver's alone.
    pub(super) fn take(&self, state: &mut State<T>, taken: &mut VecDeque<T>) -> Found {
        if state.queue.is_empty() {
            return if state.is_finished() {
                Found::End
            } else {
                Found::Nothing
            };
        }
        mem::swap(&mut state.queue, taken);
        if self.capacity != UNBOUNDED {
            self.held.fetch_add(taken.len() * HELD, Ordering::Relaxed);
        }
        Found::Values
    }

    /// Waits until there is something to take, and takes it; at the end, nothing. Who waits keeps
    /// memory for `kept` values.
    pub(super) fn poll_take(
        &self,
        taken: &mut VecDeque<T>,
        kept: usize,
        context: &Context<'_>,
    ) -> Poll<()> {
        poll_look(&self.state, context, |state, waker| {
            match self.take(state, taken) {
                Found::Values | Found::End => Look::Done(()),
                Found::Nothing => {
                    for empty in [&mut state.queue, &mut *taken] {
                        if empty.capacity() > kept {
                            *empty = VecDeque::new();
                        }
                    }
                    keep(&mut state.wakes, waker, context)
                }
            }
        })
    }

    /// Waits until the receiver is gone or has closed the channel. `key` is the place among those
    /// who do, and has to be [given up](Self::look_away).
    pub(super) fn poll_closed(&self, key: &mut Option<Key>, context: &Context<'_>) -> Poll<()> {
        poll_look(&self.state, context, |state, waker| {
            if state.receiver != Receiving::Open {
                return Look::Done(());
            }
            state.watching.listen(key, waker, context)
        })
    }

    pub(super) fn look_away(&self, key: Key) {
        let left = self.lock().watching.remove(key);
        drop(left);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().receiver != Receiving::Open
    }

    /// Ends sending, but for what was reserved.
    pub(super) fn close(&self) {
        self.end(Receiving::Closed);
    }

    /// Ends the channel from the receiver's side.
    pub(super) fn remove_receiver(&self) {
        self.end(Receiving::Gone);
        let mut state = self.lock();
        let queue = mem::take(&mut state.queue);
        let waker = state.wakes.take();
        // Dropped after the mutex is free: a value may own a sender of this very channel.
        drop(state);
        drop(waker);
        drop(queue);
    }

    fn end(&self, receiving: Receiving) {
        let mut wakes = Wakes::new();
        let mut state = self.lock();
        state.receiver = receiving;
        while let Some(waiting) = state.waiting.pop() {
            if let Some(waker) = waiting.waker.take() {
                wakes.push(waker);
            }
        }
        state.watching.tell(&mut wakes);
        if let Some(waker) = state.wake_at_end() {
            wakes.push(waker);
        }
        drop(state);
    }

    pub(super) fn add_sender(&self) {
        self.lock().senders += 1;
    }

    /// The last sender that goes is an event, like a value.
    pub(super) fn remove_sender(&self) {
        let mut state = self.lock();
        state.senders -= 1;
        let waker = state.wake_at_end();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Makes a sender of a weak one, if there still is another.
    pub(super) fn upgrade(&self) -> bool {
        let mut state = self.lock();
        let is_open = state.senders > 0;
        state.senders += usize::from(is_open);
        is_open
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel")
    }
}
