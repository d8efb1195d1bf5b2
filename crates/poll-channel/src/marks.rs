//! The marks of a ready set: who was made ready, once each and in order, and who has to be woken.
//!
//! ```text
//!   raise: mark up ──► was up: done (whoever put it up queues it and wakes), unless a wake
//!             │                was refused: try again
//!             └──────► was down: queue it ──► nobody has woken for the queue: wake
//!   take:  the whole queue, in one piece; it is empty again, and nobody has woken for it
//!   lower: mark down, then act on the token
//! ```
//!
//! The queue is behind a mutex, which is locked once for each mark that goes up and once for each
//! batch that is taken. A mark that is up already costs one exchange and no lock. That exchange
//! has to publish what its thread wrote before, to whoever lowers the mark: the two orderings. The
//! model in marks/model.rs fails for each one that is weakened.

use core::marker::PhantomData;
use core::mem;
use core::sync::atomic::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use poll_api::{Token, Wake};

use crate::sync::{AtomicBool, Mutex, lock};

/// The orderings of the two operations on a mark, apart so that the model can weaken each.
pub(crate) trait Orderings {
    /// Publishes what the raising thread wrote, also when the mark is up already.
    const RAISE: Ordering;
    /// Sees what the raising threads wrote.
    const LOWER: Ordering;
}

/// The orderings in use; the model proves that none can be weaker.
#[derive(Debug)]
pub(crate) struct Proven;

impl Orderings for Proven {
    const RAISE: Ordering = Ordering::Release;
    const LOWER: Ordering = Ordering::Acquire;
}

/// One token of a set, and whether it is queued.
#[derive(Debug)]
pub(crate) struct Mark<O: Orderings = Proven> {
    token: Token,
    up: AtomicBool,
    retired: AtomicBool,
    orderings: PhantomData<O>,
}

impl<O: Orderings> Mark<O> {
    pub(crate) fn new(token: Token) -> Self {
        Self {
            token,
            up: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            orderings: PhantomData,
        }
    }

    pub(crate) const fn token(&self) -> Token {
        self.token
    }

    /// Ends the mark: it is not lowered as a live one any more, whether it is queued or not.
    pub(crate) fn retire(&self) {
        // Nothing is published with it. A thread that lowers marks sees it if the call happened
        // before, by coherence; at the same time, either order is right.
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Takes the mark down, so that it can be raised again, and returns the token if it is live.
    pub(crate) fn lower(&self) -> Option<Token> {
        // An exchange, for a store would see nothing of what was published.
        self.up.swap(false, O::LOWER);
        (!self.retired.load(Ordering::Relaxed)).then_some(self.token)
    }
}

/// The marks that are up and not yet taken, in the order they were raised.
pub(crate) type Raised<O = Proven> = VecDeque<Arc<Mark<O>>>;

/// The part of a set that its pings share.
#[derive(Debug)]
pub(crate) struct Marks<W, O: Orderings = Proven> {
    wake: W,
    queue: Mutex<Queue<O>>,
    // The system refused to wake the owner for what is queued; changed under the lock.
    is_refused: AtomicBool,
}

/// What is behind the mutex.
#[derive(Debug)]
struct Queue<O: Orderings> {
    raised: Raised<O>,
    /// Somebody has woken the owner for what is queued, or is about to.
    is_told: bool,
}

impl<W: Wake, O: Orderings> Marks<W, O> {
    pub(crate) fn new(wake: W) -> Self {
        Self {
            wake,
            queue: Mutex::new(Queue {
                raised: Raised::new(),
                is_told: false,
            }),
            is_refused: AtomicBool::new(false),
        }
    }

    /// Queues `mark` unless it is queued or retired, and wakes the owner if nobody has.
    #[inline]
    pub(crate) fn raise(&self, mark: &Arc<Mark<O>>) -> Result<(), W::Error> {
        // Spares the owner a turn for nothing; whether the mark is live, `lower` decides.
        if mark.retired.load(Ordering::Relaxed) {
            return Ok(());
        }
        let was_up = mark.up.swap(true, O::RAISE);
        // The thread that was refused sees that, and so does whoever it tells.
        if was_up && !self.is_refused.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.queue((!was_up).then_some(mark))
    }

    /// Queues `mark`, if there is one to queue, and wakes the owner if nobody has for the queue.
    fn queue(&self, mark: Option<&Arc<Mark<O>>>) -> Result<(), W::Error> {
        let mut queue = lock(&self.queue);
        queue.raised.extend(mark.cloned());
        if mem::replace(&mut queue.is_told, true) {
            return Ok(());
        }
        // Before the owner is woken, so that it does not meet the lock.
        drop(queue);
        self.wake.wake().inspect_err(|_| {
            // The next mark tries again. If the owner came by itself meanwhile, in vain.
            let mut queue = lock(&self.queue);
            queue.is_told = false;
            self.is_refused.store(true, Ordering::Relaxed);
        })
    }

    /// Takes all that is queued into `batch`, which is empty, in exchange for its memory.
    pub(crate) fn take(&self, batch: &mut Raised<O>) {
        let mut queue = lock(&self.queue);
        mem::swap(batch, &mut queue.raised);
        queue.is_told = false;
        self.is_refused.store(false, Ordering::Relaxed);
    }

    /// Gives back the memory that no queued mark needs.
    pub(crate) fn shrink_to_fit(&self) {
        lock(&self.queue).raised.shrink_to_fit();
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
