//! What an engine is: the contract that every one keeps and the conformance suite tests.

use core::fmt;
use core::time::Duration;

use crate::{Capabilities, Event, Interest, Token, Trigger};

/// The exclusive, waiting half of an engine.
///
/// One thread waits at a time, which `&mut self` says. Everything else, registering and waking,
/// goes through handles that may live on other threads. Each heading below is a module of the
/// conformance suite, and each sentence at least one test in it; a module of its own tests what
/// [`Capabilities`] say, true or false.
///
/// # Waiting
///
/// * A wait returns when a registered source is ready, when a waker was used, or when its timeout
///   has passed, and reports everything that fits into the buffer.
/// * The buffer is cleared first: it never holds reports of an earlier wait.
/// * A wait that fails has cleared it too, and loses no report: the next one has what it found.
/// * A buffer smaller than the number of ready sources loses nothing; the rest come in later waits.
/// * A timeout of zero looks and does not block; no timeout waits for ever.
/// * A wait that has nothing to report returns with an empty buffer, which is not an error.
/// * A report may be out of date, and is never invented; an operation on the source has the last
///   word.
///
/// # Time
///
/// * A wait without reports never returns before its timeout has passed, from one nanosecond to
///   `Duration::MAX`.
/// * A timeout above zero is never treated as zero.
///
/// # Interruption
///
/// * A signal handler that runs during a wait neither ends it nor loses a report; the wait goes
///   on with the time that remains. Stopping and continuing the process is the same.
///
/// # Triggers
///
/// * Edge reports a change once, and the next change again.
/// * Level reports as long as the source is ready.
/// * Oneshot reports once and is silent until modified.
/// * `modify` reports the present readiness again, for each trigger.
///
/// # Readiness
///
/// * The meaning of each [`Ready`](crate::Ready) predicate is the same on every engine.
/// * Data, the end of the peer's half, its disappearance and errors are reported.
///
/// # Tokens
///
/// * All values of `usize` are returned as they were given.
///
/// # Registration
///
/// * When `register`, `modify` or `deregister` returns, it holds or it failed, on any thread.
/// * After `deregister` has returned, a later wait does not report the source.
/// * A duplicate of a deregistered source reports nothing.
/// * Where [`Capabilities::tracks_registrations`] is true, registering twice is refused, and so
///   is modifying what is not registered. Deregistering what is not registered is always refused.
/// * A failed call changes nothing: the same source can be registered afterwards.
///
/// # Waking
///
/// * `wake` from any thread, at any time, ends the present wait or the next one, with a readable
///   report for the waker's token.
/// * A wake before the waker was dropped is not lost.
/// * Wakes between two waits merge into one report for each token. A wake that meets the end of a
///   wait may be reported by that wait and once more by the next one.
/// * What a thread wrote before `wake` is visible after the wait that reports it.
/// * Waking a poller that was dropped does nothing and is not an error.
///
/// # Nesting
///
/// * Where [`Capabilities::nestable`] is true, the poller is a source of another one, with edge
///   and with level triggers, and a wake of the inner one ends the wait of the outer one.
///
/// # Ownership
///
/// * [`Registered`](crate::Registered) deregisters before it drops the source: its peer sees the
///   end at once.
///
/// # Threads
///
/// * Registering, deregistering and dropping sources while another thread waits is safe and
///   loses no report of other sources.
pub trait Engine {
    /// What went wrong, as the engine's system tells it.
    type Error: fmt::Debug;
    /// The buffer that a wait fills.
    type Events: EventBuffer;
    /// The registering half: cheap to clone; it implements [`Register`] for each type of source
    /// the engine can watch. Some engines pin it to the poller's thread by not making it `Send`.
    type Registry: Clone;
    /// The handle that ends a wait.
    type Waker: Wake<Error = Self::Error>;

    /// What this engine can do.
    const CAPABILITIES: Capabilities;

    /// The registering half.
    fn registry(&self) -> &Self::Registry;

    /// A new waker, whose reports carry `token`.
    ///
    /// # Errors
    ///
    /// The engine's error when it has no room for another waker; what exists goes on working.
    fn waker(registry: &Self::Registry, token: Token) -> Result<Self::Waker, Self::Error>;

    /// Waits for reports, at most for `timeout`, and puts them into `events`.
    ///
    /// # Errors
    ///
    /// Only when the engine itself is broken; never for a source, a signal or a passed timeout.
    fn wait(
        &mut self,
        events: &mut Self::Events,
        timeout: Option<Duration>,
    ) -> Result<(), Self::Error>;
}

/// The buffer that a wait fills and the caller reads; it allocates when made and not again.
pub trait EventBuffer {
    /// The reports, in no particular order.
    type Iter<'a>: Iterator<Item = Event>
    where
        Self: 'a;

    /// A buffer for `capacity` reports of sources; zero counts as one.
    ///
    /// Reports of wakers have room of their own.
    fn with_capacity(capacity: usize) -> Self;

    /// How many reports of sources fit.
    fn capacity(&self) -> usize;

    /// How many reports there are, in constant time.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the reports.
    fn clear(&mut self);

    /// The reports.
    fn iter(&self) -> Self::Iter<'_>;
}

/// The registering half of an engine, for sources of type `S`.
///
/// The source is borrowed for the call only. Whoever closes a source that is still registered
/// gets what [`Capabilities::pins_source`] says: either the registration ends when the last
/// duplicate of the source is closed, or the source stays open until it is deregistered.
/// [`Registered`](crate::Registered) owns its source and has no such question.
pub trait Register<S: ?Sized> {
    /// What went wrong.
    type Error: fmt::Debug;

    /// Starts to watch `source`.
    ///
    /// # Errors
    ///
    /// The source cannot be watched, is registered already (where the engine can tell), or the
    /// system has no room for another registration.
    fn register(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<(), Self::Error>;

    /// Replaces token, interest and trigger, and reports the present readiness again.
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register), or the source is not registered (where the engine can
    /// tell).
    fn modify(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<(), Self::Error>;

    /// Stops watching `source`.
    ///
    /// # Errors
    ///
    /// The source is not registered.
    fn deregister(&self, source: &S) -> Result<(), Self::Error>;

    /// Asks for the next edge after an operation on `source` returned `WouldBlock`, with the
    /// values it was registered with.
    ///
    /// Engines with native edges need no such request, which is what the provided method says.
    ///
    /// # Errors
    ///
    /// As for [`modify`](Self::modify).
    fn rearm(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<(), Self::Error> {
        let _ = (source, token, interest, trigger);
        Ok(())
    }
}

/// The handle that ends a wait from anywhere.
pub trait Wake: Clone + Send + Sync {
    /// What went wrong.
    type Error: fmt::Debug;

    /// Ends the poller's present wait, or its next one.
    ///
    /// # Errors
    ///
    /// The system refused to wake a sleeping poller; the wake is still reported when it wakes up.
    fn wake(&self) -> Result<(), Self::Error>;
}
