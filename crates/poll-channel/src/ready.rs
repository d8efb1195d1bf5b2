//! Tokens that the program makes ready itself: set, registry, and the handles that mark.

use core::fmt;
use std::sync::Arc;

use poll_api::{Token, Wake};

use crate::marks::{Mark, Marks, Raised};

/// A set of tokens that were made ready by threads of the program, drained by a loop.
///
/// The set belongs to the thread that waits. Each source of events that is not the kernel's gets a
/// [`Ping`] with its token; marking it puts the token into the set, once, and wakes the loop if the
/// set was empty. The loop drains the set after each wait, or when the waker's token is reported.
///
/// Any number of tokens shares one waker, so they cost no descriptor.
///
/// # Examples
///
/// ```
/// use poll_channel::{Drained, ReadySet};
/// use poll_os::{Events, Poll, Token, Waker};
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(16);
/// let mut ready = ReadySet::new(Waker::new(poll.registry(), Token(0))?);
///
/// let ping = ready.registry().ping(Token(7));
/// let elsewhere = ping.clone();
/// let thread = std::thread::spawn(move || elsewhere.mark());
///
/// poll.wait(&mut events, None)?;
/// let mut seen = Vec::new();
/// assert_eq!(ready.drain(64, |token| seen.push(token)), Drained::All);
/// assert_eq!(seen, [Token(7)]);
/// thread.join().unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ReadySet<W: Wake> {
    registry: ReadyRegistry<W>,
    // Taken from the queue and not delivered yet: what exceeded the budget.
    batch: Raised,
}

impl<W: Wake> ReadySet<W> {
    /// An empty set, whose first mark wakes through `wake`. One allocation.
    #[must_use]
    pub fn new(wake: W) -> Self {
        let marks = Arc::new(Marks::new(wake));
        Self {
            registry: ReadyRegistry { marks },
            batch: Raised::new(),
        }
    }

    /// The half that makes pings, for any thread.
    #[must_use]
    pub const fn registry(&self) -> &ReadyRegistry<W> {
        &self.registry
    }

    /// Passes the tokens that were marked to `each`, in the order of their marks, at most `budget`
    /// of them, and says whether more are pending.
    ///
    /// A token that is marked from now on, also by `each` itself, comes in a later drain, and wakes
    /// the loop for it. What was pending when a budget was reached does not: a loop that is told
    /// [`Drained::More`] comes back before it sleeps.
    ///
    /// A token comes once however often it was marked; what a thread wrote before it marked is
    /// visible to `each`. Pings that were dropped or retired are passed over, also when `each`
    /// itself drops or retires them.
    ///
    /// If `each` panics, its token counts as delivered, and the others of the batch stay pending
    /// as after [`Drained::More`]: whoever catches the panic drains again before sleeping.
    ///
    /// Locks a mutex at most once; no system call, and no allocation.
    #[must_use = "a loop that sleeps although more is pending is late for it"]
    pub fn drain(&mut self, budget: usize, mut each: impl FnMut(Token)) -> Drained {
        let mut left = budget;
        let mut taken = false;
        loop {
            while !self.batch.is_empty() {
                if left == 0 {
                    return Drained::More;
                }
                // Out of the batch before `each` runs, which may panic.
                if let Some(token) = self.batch.pop_front().and_then(|mark| mark.lower()) {
                    left -= 1;
                    each(token);
                }
            }
            // Once only, or tokens that mark themselves anew would keep the loop here.
            if taken {
                return Drained::All;
            }
            taken = true;
            self.registry.marks.take(&mut self.batch);
        }
    }

    /// Gives memory back that a burst of marks needed; otherwise the set keeps room for as many
    /// marks as were ever pending at once, eight or sixteen bytes each.
    pub fn shrink_to_fit(&mut self) {
        self.batch.shrink_to_fit();
        self.registry.marks.shrink_to_fit();
    }
}

impl<W: Wake> fmt::Debug for ReadySet<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySet").finish_non_exhaustive()
    }
}

/// Whether a drain left something for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All that was marked before the drain was delivered.
    All,
    /// The budget was reached and more is pending: drain again before sleeping.
    More,
}

/// The registering half of a [`ReadySet`]: cheap to clone, makes pings on any thread.
pub struct ReadyRegistry<W: Wake> {
    marks: Arc<Marks<W>>,
}

impl<W: Wake> ReadyRegistry<W> {
    /// A ping for `token`, not marked. Two allocations; neither wakes the loop nor locks anything.
    ///
    /// Any value is allowed, and several pings may have one token.
    #[must_use]
    pub fn ping(&self, token: Token) -> Ping<W> {
        let handle = Handle {
            mark: Arc::new(Mark::new(token)),
            marks: Arc::clone(&self.marks),
        };
        Ping {
            handle: Arc::new(handle),
        }
    }
}

impl<W: Wake> Clone for ReadyRegistry<W> {
    fn clone(&self) -> Self {
        let marks = Arc::clone(&self.marks);
        Self { marks }
    }
}

impl<W: Wake> fmt::Debug for ReadyRegistry<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyRegistry").finish_non_exhaustive()
    }
}

/// The handle that marks one token of a [`ReadySet`], from any thread.
///
/// Clones mark the same token, and count as one. When the last clone is dropped the token leaves
/// the set, also if it was marked and not delivered yet: whoever marks and goes away wants somebody
/// else, usually the loop, to hold a clone.
///
/// It is a [`Wake`] itself, so that whatever wakes a poller can be a source of a set instead: a
/// channel's receiver, or another set.
pub struct Ping<W: Wake> {
    handle: Arc<Handle<W>>,
}

/// What the clones of a ping share; dropping it retires the token.
struct Handle<W: Wake> {
    mark: Arc<Mark>,
    marks: Arc<Marks<W>>,
}

impl<W: Wake> Ping<W> {
    /// Marks the token ready, and wakes the loop if nothing was marked.
    ///
    /// A token that is marked already costs one atomic operation; otherwise a mutex is locked to
    /// queue it. A system call is made only if the set was empty and the waker makes one: poll-os's
    /// does for a poller that is asleep. No allocation once the set has had room for as many marks.
    ///
    /// Marking after the set was dropped, or after [`retire`](Self::retire), does nothing and is
    /// not an error.
    ///
    /// # Errors
    ///
    /// The system refused to wake a sleeping loop; the token is in the set, and delivered when the
    /// loop comes back. The next mark of this token or another one tries again.
    #[inline]
    pub fn mark(&self) -> Result<(), W::Error> {
        self.handle.marks.raise(&self.handle.mark)
    }

    /// Takes the token out of its set for good, while clones may live on and mark in vain.
    ///
    /// No drain that begins later delivers it; neither does the present one, if it is the calling
    /// thread that drains. A drain on another thread at the same time may still do so.
    pub fn retire(&self) {
        self.handle.mark.retire();
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Token {
        self.handle.mark.token()
    }
}

impl<W: Wake> Drop for Handle<W> {
    fn drop(&mut self) {
        self.mark.retire();
    }
}

impl<W: Wake> Wake for Ping<W> {
    type Error = W::Error;

    fn wake(&self) -> Result<(), W::Error> {
        self.mark()
    }
}

impl<W: Wake> Clone for Ping<W> {
    fn clone(&self) -> Self {
        let handle = Arc::clone(&self.handle);
        Self { handle }
    }
}

impl<W: Wake> fmt::Debug for Ping<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ping").field(&self.token()).finish()
    }
}
