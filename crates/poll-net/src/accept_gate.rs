//! Accepting without spinning and without forgetting the queue when descriptors run out.

use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::io::{self, ErrorKind};

use poll_api::{Instant, Register, Registered};
use sys_socket::Errno;

use crate::trace::trace;

/// A listener that an [`AcceptGate`] can drain.
///
/// The listeners of this crate, those of the standard library once they are non-blocking, and
/// either of them inside a [`Registered`], which asks for the next edge by itself where the engine
/// needs that.
pub trait Accept {
    /// What it accepts: usually a connection and its peer's address.
    type Accepted;

    /// Takes the next connection from the queue, without waiting.
    ///
    /// # Errors
    ///
    /// As the listener's own `accept`; `WouldBlock` means that the queue is empty.
    fn accept_next(&self) -> io::Result<Self::Accepted>;
}

/// Decides when a listener may be asked for connections.
///
/// An accept that fails because the process has no descriptor left takes nothing from the queue,
/// and an edge-triggered poller does not report that queue again: a loop that goes back to waiting
/// forgets its clients, and a loop that tries again at once burns the processor. The gate
/// remembers that the listener is ready, pauses, and says when to try next. The queue is drained
/// once a descriptor is free, without any new client.
///
/// | accept says | the gate |
/// | --- | --- |
/// | a connection | stays open, and forgets earlier pauses |
/// | `WouldBlock` | waits for the next [`ready`](Self::ready) |
/// | `ECONNABORTED`, `EPROTO`, `EPERM`, `ECONNRESET`, `ETIMEDOUT`, `ENETDOWN`, `ENETUNREACH`, `EHOSTDOWN`, `EHOSTUNREACH`, `ENOPROTOOPT` | stays open: this one connection is gone |
/// | `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, anything else | pauses for 50 ms, doubling up to 1 s, and up to an eighth longer, so that processes that share the shortage spread out |
///
/// Whatever the events are, at most 20 attempts a second fail for want of descriptors or memory. A
/// listener that refuses a whole budget of connections without accepting one pauses likewise.
///
/// Time is an argument and a result. A loop waits until [`next_attempt`](Self::next_attempt) at
/// most. Register the listener edge-triggered: a level-triggered one is reported all through a
/// pause, and has to be deregistered for its length.
///
/// # Examples
///
/// The accept loop of a single-threaded server, on an event of the listener and whenever
/// `next_attempt` has come:
///
/// ```
/// # use poll_api::{Clock, Instant};
/// # use poll_net::{AcceptGate, TcpListener};
/// # struct Zero;
/// # impl Clock for Zero { fn now(&self) -> Instant { Instant::START } }
/// # let clock = Zero;
/// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// # let mut connections = Vec::new();
/// # let mut gate = AcceptGate::new();
/// gate.ready(); // On an event only.
/// while let Some(accepted) = gate.accept(&listener, clock.now()) {
///     match accepted {
///         Ok((stream, _peer)) => connections.push(stream),
///         Err(error) => eprintln!("accept: {error}"),
///     }
/// }
/// # assert_eq!(gate.next_attempt(), None);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: accept(2)
#[derive(Clone, Debug)]
pub struct AcceptGate {
    /// There was an event since the queue was last seen empty.
    is_ready: bool,
    /// When the present pause ends; it is lifted by a connection and by an empty queue, which both
    /// prove that there was a descriptor.
    opens_at: Option<Instant>,
    /// How long the next pause is.
    pause: Duration,
    /// Attempts in one turn.
    budget: NonZeroU32,
    /// What is left of them.
    left: u32,
    /// A connection was accepted in this turn.
    has_accepted: bool,
}

impl AcceptGate {
    /// The first pause.
    pub const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
    /// The longest pause, apart from the spread.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(1);
    /// Attempts in one turn if nobody says otherwise.
    pub const DEFAULT_BUDGET: NonZeroU32 = NonZeroU32::MIN.saturating_add(63);

    /// A gate with the default budget, for a listener without an event yet.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_budget(Self::DEFAULT_BUDGET)
    }

    /// A gate that makes `budget` attempts in one turn.
    ///
    /// The turn ends with the budget, so that a flood of clients does not keep the loop from its
    /// other sources; [`next_attempt`](Self::next_attempt) then asks for a turn at once.
    #[must_use]
    pub const fn with_budget(budget: NonZeroU32) -> Self {
        Self {
            is_ready: false,
            opens_at: None,
            pause: Self::SHORTEST_PAUSE,
            budget,
            left: budget.get(),
            has_accepted: false,
        }
    }

    /// Notes an event of the listener. It does not end a pause.
    pub const fn ready(&mut self) {
        self.is_ready = true;
    }

    /// Takes the next connection, or says why there is none; `None` ends the turn.
    ///
    /// At most one system call. Errors are told so that they can be logged and counted; the gate
    /// has drawn its conclusions already.
    pub fn accept<L: Accept + ?Sized>(
        &mut self,
        listener: &L,
        now: Instant,
    ) -> Option<io::Result<L::Accepted>> {
        // The last instant never comes: without that, a turn there would not end.
        let is_due = |at| at <= now && at < Instant::MAX;
        if !self.next_attempt().is_some_and(is_due) {
            return None;
        }
        if self.left == 0 {
            self.end_turn(now);
            return None;
        }
        self.left -= 1;
        match listener.accept_next() {
            Ok(accepted) => {
                self.open();
                self.has_accepted = true;
                Some(Ok(accepted))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.open();
                self.is_ready = false;
                self.start_turn();
                None
            }
            Err(error) => {
                if !concerns_one_connection(&error) {
                    self.close(now);
                }
                Some(Err(error))
            }
        }
    }

    /// When to call [`accept`](Self::accept) next without an event: never, at the end of the
    /// pause, or at once, for which [`Instant::START`] stands.
    #[must_use]
    pub fn next_attempt(&self) -> Option<Instant> {
        self.is_ready
            .then(|| self.opens_at.unwrap_or(Instant::START))
    }

    /// Whether the gate is in a pause because accepting failed.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.opens_at.is_some()
    }

    const fn start_turn(&mut self) {
        self.left = self.budget.get();
        self.has_accepted = false;
    }

    fn end_turn(&mut self, now: Instant) {
        if !self.has_accepted {
            // Nothing but errors: they are not about single connections after all.
            self.close(now);
        }
        self.start_turn();
    }

    fn open(&mut self) {
        if self.opens_at.take().is_some() {
            trace!("accept gate opened");
        }
        self.pause = Self::SHORTEST_PAUSE;
    }

    fn close(&mut self, now: Instant) {
        // The last digits of the time are as good as random here.
        let spread = u128::from(now.as_nanos()) % (self.pause.as_nanos() / 8);
        let pause = self.pause.saturating_add(Duration::from_nanos_u128(spread));
        self.opens_at = Some(now.saturating_add(pause));
        trace!(pause_ms = pause.as_millis(), "accept gate paused");
        self.pause = self.pause.saturating_mul(2).min(Self::LONGEST_PAUSE);
        self.start_turn();
    }
}

impl Accept for std::net::TcpListener {
    type Accepted = (std::net::TcpStream, SocketAddr);

    /// The accepted stream blocks, as the standard library has it.
    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.accept()
    }
}

impl Accept for std::os::unix::net::UnixListener {
    type Accepted = (
        std::os::unix::net::UnixStream,
        std::os::unix::net::SocketAddr,
    );

    /// The accepted stream blocks, as the standard library has it.
    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.accept()
    }
}

impl<L: Accept, R: Register<L, Error = io::Error>> Accept for Registered<L, R> {
    type Accepted = L::Accepted;

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        let accepted = self.get_ref().accept_next();
        if matches!(&accepted, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.rearm()?;
        }
        accepted
    }
}

impl Default for AcceptGate {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the error took its connection with it, so that the next one may do better.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::CONNABORTED
                | Errno::CONNRESET
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::NETDOWN
                | Errno::NETUNREACH
                | Errno::NOPROTOOPT
                | Errno::PERM
                | Errno::PROTO
                | Errno::TIMEDOUT
        )
    )
}

#[cfg(test)]
mod tests {
    use super::{Accept, AcceptGate};
    use core::cell::{Cell, RefCell};
    use core::num::NonZeroU32;
    use core::time::Duration;
    use poll_api::Instant;
    use std::collections::VecDeque;
    use std::io;
    use sys_socket::Errno;

    /// A listener that says what it was told to, then `WouldBlock`, and counts how often.
    #[derive(Default)]
    struct Script {
        answers: RefCell<VecDeque<Result<u32, Errno>>>,
        attempts: Cell<u32>,
    }

    impl Script {
        fn new(answers: impl IntoIterator<Item = Result<u32, Errno>>) -> Self {
            Self {
                answers: RefCell::new(answers.into_iter().collect()),
                attempts: Cell::new(0),
            }
        }
    }

    impl Accept for Script {
        type Accepted = u32;

        fn accept_next(&self) -> io::Result<u32> {
            self.attempts.set(self.attempts.get() + 1);
            let next = self.answers.borrow_mut().pop_front();
            Ok(next.unwrap_or(Err(Errno::AGAIN))?)
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::START.saturating_add(Duration::from_millis(millis))
    }

    /// Runs one turn and returns the connections and the errors.
    fn turn(gate: &mut AcceptGate, script: &Script, now: Instant) -> (Vec<u32>, Vec<Errno>) {
        let (mut connections, mut errors) = (Vec::new(), Vec::new());
        while let Some(accepted) = gate.accept(script, now) {
            match accepted {
                Ok(connection) => connections.push(connection),
                Err(error) => errors.push(Errno::from_io_error(&error).unwrap()),
            }
        }
        (connections, errors)
    }

    #[test]
    fn the_default_budget_is_sixty_four_attempts() {
        let script = Script::new((0..100).map(Ok));
        let mut gate = AcceptGate::new();
        gate.ready();
        assert_eq!(turn(&mut gate, &script, at(0)).0.len(), 64);
    }

    #[test]
    fn without_an_event_nothing_is_tried() {
        let script = Script::new([Ok(1)]);
        let mut gate = AcceptGate::new();
        assert_eq!(turn(&mut gate, &script, at(0)), (vec![], vec![]));
        assert_eq!((script.attempts.get(), gate.next_attempt()), (0, None));
    }

    #[test]
    fn an_event_drains_the_queue_to_its_end() {
        let script = Script::new([Ok(1), Ok(2)]);
        let mut gate = AcceptGate::default();
        gate.ready();
        assert_eq!(turn(&mut gate, &script, at(0)), (vec![1, 2], vec![]));
        assert_eq!((script.attempts.get(), gate.next_attempt()), (3, None));
    }

    #[test]
    fn errors_of_one_connection_do_not_stop_the_others() {
        for errno in [
            Errno::CONNABORTED,
            Errno::CONNRESET,
            Errno::HOSTDOWN,
            Errno::HOSTUNREACH,
            Errno::NETDOWN,
            Errno::NETUNREACH,
            Errno::NOPROTOOPT,
            Errno::PERM,
            Errno::PROTO,
            Errno::TIMEDOUT,
        ] {
            let script = Script::new([Err(errno), Ok(1), Err(errno), Ok(2)]);
            let mut gate = AcceptGate::new();
            gate.ready();
            let result = turn(&mut gate, &script, at(0));
            assert_eq!(result, (vec![1, 2], vec![errno, errno]));
            assert_eq!(gate.next_attempt(), None);
        }
    }

    #[test]
    fn exhaustion_pauses_is_told_and_the_queue_is_drained_without_a_new_event() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
            let script = Script::new([Err(errno), Err(errno), Ok(1), Ok(2)]);
            let mut gate = AcceptGate::new();
            gate.ready();
            assert_eq!(turn(&mut gate, &script, at(0)), (vec![], vec![errno]));
            assert_eq!(gate.next_attempt(), Some(at(50)));
            assert!(gate.is_paused());
            gate.ready();
            assert_eq!(turn(&mut gate, &script, at(49)), (vec![], vec![]));
            assert_eq!(script.attempts.get(), 1, "an event does not end a pause");
            assert_eq!(turn(&mut gate, &script, at(50)), (vec![], vec![errno]));
            let next = gate.next_attempt().unwrap();
            assert!(next >= at(150) && next <= at(163), "{next:?}");
            assert_eq!(turn(&mut gate, &script, next), (vec![1, 2], vec![]));
            assert_eq!((gate.is_paused(), gate.next_attempt()), (false, None));
        }
    }

    #[test]
    fn pauses_double_up_to_a_second_and_start_anew_after_a_connection() {
        let mut answers = vec![Err(Errno::MFILE); 8];
        answers.extend([Ok(1), Err(Errno::MFILE)]);
        let script = Script::new(answers);
        let mut gate = AcceptGate::new();
        gate.ready();
        let mut now = Instant::START;
        for pause in [50, 100, 200, 400, 800, 1000, 1000, 1000, 50] {
            turn(&mut gate, &script, now);
            let next = gate.next_attempt().unwrap();
            let waited = next.saturating_duration_since(now);
            let shortest = Duration::from_millis(pause);
            assert!(waited >= shortest && waited <= shortest + shortest / 8);
            now = next;
        }
    }

    #[test]
    fn a_listener_that_never_recovers_is_tried_at_most_twenty_times_a_second() {
        for errno in [Errno::MFILE, Errno::INVAL, Errno::BADF] {
            assert!(failures_in_ten_seconds(errno) <= 200);
        }
    }

    #[test]
    fn a_listener_that_refuses_every_connection_is_tried_a_budget_at_a_time() {
        let budget = AcceptGate::DEFAULT_BUDGET.get();
        let failures = failures_in_ten_seconds(Errno::PERM);
        assert!(failures > budget && failures <= 200 * budget);
    }

    /// How often a listener that always fails is tried, with an event each millisecond.
    fn failures_in_ten_seconds(errno: Errno) -> u32 {
        let script = Script::new(vec![Err(errno); 100_000]);
        let mut gate = AcceptGate::new();
        for millis in 0..10_000 {
            gate.ready();
            turn(&mut gate, &script, at(millis));
        }
        script.attempts.get()
    }

    #[test]
    fn at_the_end_of_time_pauses_end_with_it_and_nothing_overflows() {
        for nanos in [u64::MAX - 1, u64::MAX] {
            let script = Script::new(vec![Err(Errno::MFILE); 10]);
            let mut gate = AcceptGate::new();
            gate.ready();
            let now = Instant::from_nanos(nanos);
            assert_eq!(turn(&mut gate, &script, now), (vec![], vec![Errno::MFILE]));
            assert_eq!(gate.next_attempt(), Some(Instant::MAX));
        }
    }

    #[test]
    fn a_clock_that_stands_still_makes_one_attempt_and_no_more() {
        let script = Script::new(vec![Err(Errno::MFILE); 10]);
        let mut gate = AcceptGate::new();
        for _turn in 0..10 {
            gate.ready();
            turn(&mut gate, &script, at(5));
        }
        assert_eq!(script.attempts.get(), 1);
    }

    #[test]
    fn a_used_up_budget_ends_the_turn_and_asks_for_another_at_once() {
        let script = Script::new((1..=5).map(Ok));
        let mut gate = AcceptGate::with_budget(NonZeroU32::new(2).unwrap());
        gate.ready();
        assert_eq!(turn(&mut gate, &script, at(7)), (vec![1, 2], vec![]));
        assert_eq!(gate.next_attempt(), Some(Instant::START));
        assert!(!gate.is_paused());
        assert_eq!(turn(&mut gate, &script, at(7)), (vec![3, 4], vec![]));
        assert_eq!(turn(&mut gate, &script, at(7)), (vec![5], vec![]));
        assert_eq!(gate.next_attempt(), None);
    }
}
