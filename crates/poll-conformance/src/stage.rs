//! What the tests have in common: an engine with its buffer, waits with a deadline, and checks.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::mpsc;

use poll_api::{Clock, Engine, Event, EventBuffer, Instant, Interest, Ready, Register};
use poll_api::{Token, Trigger};

use crate::{Fixture, Registry, Skip, Verdict};

/// All triggers.
pub(crate) const TRIGGERS: [Trigger; 3] = [Trigger::Edge, Trigger::Level, Trigger::Oneshot];

/// How long nothing must happen before the suite believes that nothing will.
const SILENCE: Duration = Duration::from_millis(5);

/// How many more reports there may be of a source that has reached its end and was drained.
const FEW: usize = 3;

/// An engine with its buffer and what tests do with them.
pub(crate) struct Stage<'f, F: Fixture> {
    pub(crate) fixture: &'f F,
    pub(crate) engine: F::Engine,
    pub(crate) events: <F::Engine as Engine>::Events,
    clock: F::Clock,
}

impl<'f, F: Fixture> Stage<'f, F> {
    /// An engine with a buffer that is large enough for every test.
    pub(crate) fn new(fixture: &'f F) -> Self {
        Self::with_capacity(fixture, 256)
    }

    /// An engine with a buffer for `capacity` reports.
    pub(crate) fn with_capacity(fixture: &'f F, capacity: usize) -> Self {
        Self {
            fixture,
            engine: fixture.engine(),
            events: EventBuffer::with_capacity(capacity),
            clock: fixture.clock(),
        }
    }

    pub(crate) fn registry(&self) -> &Registry<F> {
        self.engine.registry()
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    #[track_caller]
    pub(crate) fn register(&self, source: &F::Source, token: usize, how: (Interest, Trigger)) {
        let (interest, trigger) = how;
        must(
            self.registry()
                .register(source, Token(token), interest, trigger),
            "register",
        );
    }

    #[track_caller]
    pub(crate) fn modify(&self, source: &F::Source, token: usize, how: (Interest, Trigger)) {
        let (interest, trigger) = how;
        must(
            self.registry()
                .modify(source, Token(token), interest, trigger),
            "modify",
        );
    }

    #[track_caller]
    pub(crate) fn deregister(&self, source: &F::Source) {
        must(self.registry().deregister(source), "deregister");
    }

    /// Reads until nothing is left and asks for the next edge.
    #[track_caller]
    pub(crate) fn drain(&self, source: &F::Source, token: usize, how: (Interest, Trigger)) {
        drain(self.fixture, source);
        let (interest, trigger) = how;
        must(
            self.registry()
                .rearm(source, Token(token), interest, trigger),
            "rearm",
        );
    }

    #[track_caller]
    pub(crate) fn waker(&self, token: usize) -> <F::Engine as Engine>::Waker {
        must(F::Engine::waker(self.registry(), Token(token)), "waker")
    }

    /// One wait and its reports; `None` waits for ever, which the watchdog ends.
    #[track_caller]
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Vec<Event> {
        must(self.engine.wait(&mut self.events, timeout), "wait");
        let reports: Vec<Event> = self.events.iter().collect();
        assert_eq!(reports.len(), self.events.len(), "len() counts the reports");
        assert_eq!(reports.is_empty(), self.events.is_empty(), "is_empty()");
        reports
    }

    /// One wait that does not block.
    #[track_caller]
    pub(crate) fn look(&mut self) -> Vec<Event> {
        self.wait(Some(Duration::ZERO))
    }

    /// Waits until `token` was reported with all of `ready`, and with nothing else in between;
    /// returns everything that was said about it.
    #[track_caller]
    pub(crate) fn until(&mut self, token: usize, ready: Ready) -> Ready {
        self.collect(&[(token, ready)])
            .remove(&token)
            .unwrap_or_default()
    }

    /// Waits until each token was reported with all that stands beside it, and no other token.
    #[track_caller]
    pub(crate) fn until_all(&mut self, wanted: &[(usize, Ready)]) {
        drop(self.collect(wanted));
    }

    #[track_caller]
    fn collect(&mut self, wanted: &[(usize, Ready)]) -> BTreeMap<usize, Ready> {
        let deadline = self.now().saturating_add(self.fixture.patience());
        let mut seen: BTreeMap<usize, Ready> = BTreeMap::new();
        loop {
            let left = deadline.saturating_duration_since(self.now());
            for event in self.wait(Some(left)) {
                let token = event.token().0;
                assert!(
                    wanted.iter().any(|(expected, _)| *expected == token),
                    "a report for {token:#x}, which nobody waits for: {event:?}"
                );
                *seen.entry(token).or_default() |= event.ready();
            }
            let missing = wanted.iter().find(|(token, ready)| {
                !seen.get(token).is_some_and(|found| found.contains(*ready))
            });
            let Some((token, ready)) = missing else {
                return seen;
            };
            assert!(
                self.now() < deadline,
                "no report of {ready:?} for {token:#x}; there were {seen:?}"
            );
        }
    }

    /// Waits until `token` is reported, whatever else is.
    #[track_caller]
    pub(crate) fn until_amid_others(&mut self, token: usize) {
        let deadline = self.now().saturating_add(self.fixture.patience());
        loop {
            let left = deadline.saturating_duration_since(self.now());
            let reports = self.wait(Some(left));
            if reports.iter().any(|event| event.token() == Token(token)) {
                return;
            }
            assert!(
                self.now() < deadline,
                "no report for {token} amid those of others"
            );
        }
    }

    /// Nothing is reported now, and nothing soon.
    #[track_caller]
    pub(crate) fn silent(&mut self) {
        for timeout in [Duration::ZERO, SILENCE] {
            let reports = self.wait(Some(timeout));
            assert!(reports.is_empty(), "expected silence, got {reports:?}");
        }
    }

    /// A few more reports are no defect, but they end.
    ///
    /// What happened before may be reported late, by a machine that has other things to do: in the
    /// end, a hundred looks and a wait in a row have nothing to say.
    #[track_caller]
    pub(crate) fn settles(&mut self) {
        let (mut noisy, mut quiet) = (0, 0);
        while quiet <= 100 {
            let timeout = if quiet < 100 { Duration::ZERO } else { SILENCE };
            if self.wait(Some(timeout)).is_empty() {
                quiet += 1;
                continue;
            }
            (noisy, quiet) = (noisy + 1, 0);
            assert!(noisy <= FEW, "{noisy} more reports: a loop would spin");
        }
    }

    /// Whether `attempt` succeeds once, in as many attempts as the fixture's patience allows: a
    /// busy machine lets some of them fail, and a defect all.
    pub(crate) fn once(&mut self, mut attempt: impl FnMut(&mut Self) -> bool) -> bool {
        let deadline = self.now().saturating_add(self.fixture.patience());
        loop {
            if attempt(self) {
                return true;
            }
            if self.now() >= deadline {
                return false;
            }
        }
    }

    /// How long a wait takes that has nothing to report.
    #[track_caller]
    pub(crate) fn length(&mut self, timeout: Duration) -> Duration {
        let started = self.now();
        let reports = self.wait(Some(timeout));
        assert!(reports.is_empty(), "{reports:?}");
        self.now().saturating_duration_since(started)
    }

    /// Takes the second report of a wake of `token` that met the end of a wait, if there is one.
    ///
    /// Not even a wait that only a wake can end is safe from it: stop the process between the two
    /// steps of a wake, and the wait ends before the second.
    #[track_caller]
    pub(crate) fn after_a_wake(&mut self, token: usize) {
        let reports = self.look();
        assert!(reports.len() <= 1, "one wake, and now {reports:?}");
        assert!(reports.iter().all(|event| event.token() == Token(token)));
    }

    /// Makes a full `writer` writable again: `reader` is read until the report comes.
    #[track_caller]
    pub(crate) fn drain_until_writable(&mut self, reader: &F::Source, token: usize) {
        let deadline = self.now().saturating_add(self.fixture.patience());
        loop {
            drain(self.fixture, reader);
            let reports = self.wait(Some(Duration::from_millis(1)));
            if reports.iter().any(|event| event.ready().is_writable()) {
                assert!(reports.iter().all(|event| event.token() == Token(token)));
                return;
            }
            assert!(
                self.now() < deadline,
                "not writable although the peer has read everything"
            );
        }
    }
}

/// The value, or a failure of the test.
#[track_caller]
pub(crate) fn must<T, E: fmt::Debug>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what} failed: {error:?}"),
    }
}

/// What the fixture has, or the reason to skip the test.
pub(crate) fn needs<T>(feature: Option<T>, reason: &'static str) -> Result<T, Skip> {
    feature.ok_or(Skip(reason))
}

/// Skips the test unless `condition` holds.
pub(crate) fn only_if(condition: bool, reason: &'static str) -> Verdict {
    if condition { Ok(()) } else { Err(Skip(reason)) }
}

/// Writes all of `bytes`, which must fit.
#[track_caller]
pub(crate) fn send<F: Fixture>(fixture: &F, source: &F::Source, bytes: &[u8]) {
    let sent = must(fixture.write(source, bytes), "write");
    assert_eq!(sent, bytes.len(), "a short write into an empty source");
}

/// Reads until nothing is left; returns the count of bytes and whether the end was seen.
///
/// An error of the source counts as its end.
#[track_caller]
pub(crate) fn drain<F: Fixture>(fixture: &F, source: &F::Source) -> (usize, bool) {
    let mut buffer = [0; 4096];
    let mut total = 0;
    loop {
        match fixture.read(source, &mut buffer) {
            Ok(0) => return (total, true),
            Ok(count) => total += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (total, false),
            Err(_) => return (total, true),
        }
    }
}

/// Reads `count` bytes, which may still be on their way.
#[track_caller]
pub(crate) fn receive<F: Fixture>(fixture: &F, source: &F::Source, count: usize) {
    let clock = fixture.clock();
    let deadline = clock.now().saturating_add(fixture.patience());
    let mut read = 0;
    loop {
        read += drain(fixture, source).0;
        if read >= count {
            assert_eq!(read, count, "more bytes than were sent");
            return;
        }
        assert!(clock.now() < deadline, "{read} of {count} bytes came");
        linger(Duration::from_micros(100));
    }
}

/// Writes until nothing fits any more.
#[track_caller]
pub(crate) fn fill<F: Fixture>(fixture: &F, source: &F::Source) {
    let bytes = [7; 65536];
    loop {
        match fixture.write(source, &bytes) {
            Ok(count) => assert!(count > 0, "a write of nothing"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("fill failed: {error:?}"),
        }
    }
}

/// The end of the stream comes by itself, soon; what comes before it is thrown away.
#[track_caller]
pub(crate) fn sees_the_end<F: Fixture>(fixture: &F, source: &F::Source) {
    let clock = fixture.clock();
    let deadline = clock.now().saturating_add(fixture.patience());
    while !drain(fixture, source).1 {
        assert!(
            clock.now() < deadline,
            "the peer of a closed source sees no end"
        );
        linger(Duration::from_micros(100));
    }
}

/// Sets its flag when it is dropped, also by a panic: threads that run until then always end.
pub(crate) struct Until<'a>(pub(crate) &'a AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Lets time pass so that another thread is probably asleep in its wait.
///
/// No verdict depends on it: a test must pass however the threads run.
pub(crate) fn linger(duration: Duration) {
    let (_keep, nothing) = mpsc::channel::<()>();
    let heard = nothing.recv_timeout(duration);
    assert_eq!(heard, Err(mpsc::RecvTimeoutError::Timeout));
}
