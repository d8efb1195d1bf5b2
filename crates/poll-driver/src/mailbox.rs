//! Messages from other threads, and whether one of them has to wake the loop.
//!
//! ```text
//!   loop                                   any thread
//!   park: parked_until = end of the wait   post: queue the message, mark the box as filled
//!         fence                                  fence
//!         filled? then do not sleep              parked_until later than the message? then wake
//! ```
//!
//! Of the two one sees the other, whatever the order: that is what the two fences are for, and the
//! model in mailbox/model.rs fails without either. `parked_until` is zero while the loop runs, so
//! that nobody wakes it then: it looks into the box before it sleeps.

use core::marker::PhantomData;
use core::mem;
use std::collections::VecDeque;

use poll_api::{Instant, Wake};

use crate::error::PostError;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, fence, lock};

/// The fences of the two sides, apart so that the model can weaken each.
pub(crate) trait Fences {
    /// Between publishing the end of the wait and looking into the box.
    const PARK: Ordering;
    /// Between filling the box and looking at the end of the wait.
    const POST: Ordering;
}

/// The fences in use; the model proves that none can be weaker.
#[derive(Debug)]
pub(crate) struct Proven;

impl Fences for Proven {
    const PARK: Ordering = Ordering::SeqCst;
    const POST: Ordering = Ordering::SeqCst;
}

/// What `parked_until` says while the loop runs: no message is earlier.
const RUNNING: u64 = Instant::START.as_nanos();
/// And while somebody else may sleep on the loop's descriptor until nobody knows when.
const LENT: u64 = Instant::MAX.as_nanos();

/// How many messages each of the two queues keeps room for.
const KEPT: usize = 1024;

/// The box: written by any thread, emptied by the loop.
#[derive(Debug)]
pub(crate) struct Mailbox<M, W, F: Fences = Proven> {
    queue: Mutex<Queue<M>>,
    // Whether the queue holds something; changed under its lock, read without.
    filled: AtomicBool,
    // The instant, in nanoseconds, at which the present wait ends by itself.
    parked_until: AtomicU64,
    // Whether the descriptor was handed out, so that others may sleep on it between our waits.
    lent: AtomicBool,
    wake: W,
    fences: PhantomData<F>,
}

#[derive(Debug)]
struct Queue<M> {
    letters: VecDeque<M>,
    closed: bool,
}

impl<M, W: Wake, F: Fences> Mailbox<M, W, F> {
    pub(crate) fn new(wake: W) -> Self {
        Self {
            queue: Mutex::new(Queue {
                letters: VecDeque::new(),
                closed: false,
            }),
            filled: AtomicBool::new(false),
            parked_until: AtomicU64::new(RUNNING),
            lent: AtomicBool::new(false),
            wake,
            fences: PhantomData,
        }
    }

    /// Queues `message`, and wakes the loop if it sleeps until later than `before`, or until
    /// whenever if many messages wait.
    pub(crate) fn post(&self, message: M, before: Instant) -> Result<(), PostError<M, W::Error>> {
        let mut before = before;
        {
            let mut queue = lock(&self.queue);
            if queue.closed {
                return Err(PostError::Closed(message));
            }
            queue.letters.push_back(message);
            self.filled.store(true, Ordering::Relaxed);
            // A loop that sleeps for an hour would take none of what can wait, and the box grow
            // for as long.
            if queue.letters.len().is_multiple_of(KEPT) {
                before = Instant::START;
            }
        }
        fence(F::POST);
        if before.as_nanos() < self.parked_until.load(Ordering::Relaxed) {
            self.wake.wake().map_err(PostError::Unwoken)?;
        }
        Ok(())
    }

    pub(crate) const fn wake(&self) -> &W {
        &self.wake
    }

    /// Says that the loop is about to sleep until `until`; false if it must not, because there are
    /// messages.
    #[must_use]
    pub(crate) fn park(&self, until: Instant) -> bool {
        self.parked_until.store(until.as_nanos(), Ordering::Relaxed);
        fence(F::PARK);
        !self.is_filled()
    }

    /// Says that the loop runs again.
    pub(crate) fn unpark(&self) {
        if self.lent.load(Ordering::Relaxed) {
            self.rest();
        } else {
            // Whoever reads the old value wakes the loop in vain, which is all that can happen.
            self.parked_until.store(RUNNING, Ordering::Relaxed);
        }
    }

    /// From now on somebody may sleep on the descriptor whenever the loop is outside its own wait.
    ///
    /// The caller asks afterwards when to come back, and is told of messages that were posted
    /// before; those after it see that they have to ring.
    pub(crate) fn lend(&self) {
        self.lent.store(true, Ordering::Relaxed);
        self.rest();
    }

    /// Says that somebody else may sleep on the descriptor from here on. Whoever still reads the
    /// end of the loop's own wait, and does not ring, is seen by the next look into the box.
    fn rest(&self) {
        self.parked_until.store(LENT, Ordering::Relaxed);
        fence(F::PARK);
    }

    /// Whether there are messages.
    pub(crate) fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Relaxed)
    }

    /// Whether messages are refused.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.queue).closed
    }

    /// Adds all messages to `letters`: if that is empty, in exchange for its memory, of which what
    /// a burst needed is given back.
    pub(crate) fn take(&self, letters: &mut VecDeque<M>) {
        if letters.is_empty() && letters.capacity() > KEPT {
            *letters = VecDeque::new();
        }
        if self.is_filled() {
            let mut queue = lock(&self.queue);
            if letters.is_empty() {
                mem::swap(&mut queue.letters, letters);
            } else {
                letters.append(&mut queue.letters);
            }
            self.filled.store(false, Ordering::Relaxed);
        }
    }

    /// Refuses messages from now on, and drops those nobody will take.
    pub(crate) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        let letters = mem::take(&mut queue.letters);
        // Their destructors may post.
        drop(queue);
        drop(letters);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::collections::VecDeque;
    use std::sync::Arc;

    use poll_api::{Instant, Wake};

    use super::{KEPT, Mailbox};

    #[derive(Clone)]
    struct Deaf;

    impl Wake for Deaf {
        type Error = ();

        fn wake(&self) -> Result<(), ()> {
            Ok(())
        }
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_and_a_little_is_kept() {
        let mailbox = Mailbox::<usize, Deaf>::new(Deaf);
        let mut letters = VecDeque::new();
        let mut burst = |count| {
            for letter in 0..count {
                assert_eq!(mailbox.post(letter, Instant::MAX), Ok(()));
            }
            mailbox.take(&mut letters);
            assert!(letters.drain(..).eq(0..count));
            letters.capacity()
        };
        assert!(burst(100 * KEPT) > KEPT);
        // Each of the two queues comes by.
        let after = [burst(3), burst(3), burst(3)];
        assert!(after.iter().all(|room| *room <= KEPT), "{after:?}");
        assert!(after[2] >= 3);
    }

    #[derive(Clone, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl Wake for Counting {
        type Error = ();

        fn wake(&self) -> Result<(), ()> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }

    #[test]
    fn messages_that_can_wait_wake_a_loop_that_sleeps_once_many_have_come() {
        let wakes = Counting::default();
        let mailbox = Mailbox::<usize, Counting>::new(wakes.clone());
        let mut letters = VecDeque::new();
        let post = |count| {
            for letter in 0..count {
                assert_eq!(mailbox.post(letter, Instant::MAX), Ok(()));
            }
            wakes.0.swap(0, Ordering::Relaxed)
        };
        assert!(mailbox.park(Instant::MAX));
        assert_eq!(post(KEPT - 1), 0);
        assert_eq!(post(1), 1);
        mailbox.unpark();
        mailbox.take(&mut letters);
        assert_eq!(post(2 * KEPT), 0, "it runs");
        letters.clear();
        mailbox.take(&mut letters);
        assert!(mailbox.park(Instant::from_nanos(9)));
        assert_eq!(post(3 * KEPT), 3);
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
