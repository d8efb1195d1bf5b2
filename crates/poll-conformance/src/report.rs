//! Running the suite: a thread and a watchdog for each test, and the report at the end.

use core::any::Any;
use core::fmt;
use std::io::Write;
use std::sync::{Arc, mpsc};
use std::{io, thread};

use crate::{
    Case, Fixture, Registry, Skip, capabilities, interruption, nesting, ownership, readiness,
    registration, threads, time, tokens, triggers, waiting, waking,
};

/// A test that did not apply, and what the fixture lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The heading of the contract.
    pub module: &'static str,
    /// The name of the test.
    pub name: &'static str,
    /// What the fixture lacks.
    pub reason: &'static str,
}

/// A test that the engine failed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The heading of the contract.
    pub module: &'static str,
    /// The name of the test.
    pub name: &'static str,
    /// The message of the panic, or that the test hung.
    pub message: String,
}

/// What the suite found out about an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Report {
    /// The engine's name.
    pub engine: String,
    /// How many tests it passed.
    pub passed: usize,
    /// The tests that did not apply.
    pub skipped: Vec<Skipped>,
    /// The tests it failed.
    pub failed: Vec<Failure>,
}

impl Report {
    /// Accepts the engine.
    ///
    /// # Panics
    ///
    /// When it failed a test, with the list of all that it failed.
    pub fn assert_passed(&self) {
        assert!(self.failed.is_empty(), "{self}");
    }

    fn printed(self) -> Self {
        // Without a standard output the caller still has the report.
        drop(writeln!(io::stdout().lock(), "{self}"));
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "conformance of {}: {} passed, {} skipped, {} failed",
            self.engine,
            self.passed,
            self.skipped.len(),
            self.failed.len()
        )?;
        for skipped in &self.skipped {
            let Skipped {
                module,
                name,
                reason,
            } = skipped;
            write!(f, "\n  skipped {module}::{name}: {reason}")?;
        }
        for failure in &self.failed {
            let Failure {
                module,
                name,
                message,
            } = failure;
            write!(f, "\n  FAILED {module}::{name}: {message}")?;
        }
        Ok(())
    }
}

/// All tests of the suite.
#[must_use]
pub fn cases<F: Fixture>() -> Vec<Case<F>>
where
    Registry<F>: Send,
{
    let mut all = pinned_cases();
    all.extend(registration::threaded_cases());
    all.extend(threads::cases());
    all
}

/// The tests that need no registration from other threads.
#[must_use]
pub fn pinned_cases<F: Fixture>() -> Vec<Case<F>> {
    [
        waiting::cases(),
        time::cases(),
        interruption::cases(),
        triggers::cases(),
        readiness::cases(),
        tokens::cases(),
        registration::cases(),
        waking::cases(),
        nesting::cases(),
        ownership::cases(),
        capabilities::cases(),
    ]
    .concat()
}

/// Runs all tests and writes the report to the standard output.
pub fn run<F: Fixture>(fixture: F) -> Report
where
    Registry<F>: Send,
{
    run_cases(fixture, &cases()).printed()
}

/// Runs the tests that `wanted` picks, and prints nothing.
pub fn run_only<F: Fixture>(fixture: F, mut wanted: impl FnMut(&Case<F>) -> bool) -> Report
where
    Registry<F>: Send,
{
    let mut picked = cases();
    picked.retain(|case| wanted(case));
    run_cases(fixture, &picked)
}

/// Runs the tests for an engine whose registering half stays on the thread of its poller, and
/// writes the report to the standard output.
pub fn run_pinned<F: Fixture>(fixture: F) -> Report {
    run_cases(fixture, &pinned_cases()).printed()
}

fn run_cases<F: Fixture>(fixture: F, cases: &[Case<F>]) -> Report {
    let fixture = Arc::new(fixture);
    let mut report = Report {
        engine: fixture.name().to_owned(),
        passed: 0,
        skipped: Vec::new(),
        failed: Vec::new(),
    };
    for case in cases {
        let (module, name) = (case.module(), case.name());
        match run_watched(&fixture, *case) {
            Ok(Ok(())) => report.passed += 1,
            Ok(Err(Skip(reason))) => report.skipped.push(Skipped {
                module,
                name,
                reason,
            }),
            Err(message) => report.failed.push(Failure {
                module,
                name,
                message,
            }),
        }
    }
    report
}

/// Runs one test on a thread of its own; an error is the message of its panic, or that it hung.
fn run_watched<F: Fixture>(fixture: &Arc<F>, case: Case<F>) -> Result<Result<(), Skip>, String> {
    let limit = fixture.patience() * 10;
    let (done, watchdog) = mpsc::channel::<()>();
    let its_fixture = Arc::clone(fixture);
    let test = thread::Builder::new()
        .name(format!("{}::{}", case.module(), case.name()))
        .spawn(move || {
            // Dropped at the end, also when the test panics: this is what the watchdog sees.
            let _done = done;
            case.run(&its_fixture)
        })
        .map_err(|error| format!("no thread for the test: {error}"))?;
    if watchdog.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
        // The thread is left behind: nothing can end a thread that waits for ever.
        return Err(format!("still waiting after {limit:?}"));
    }
    test.join().map_err(|payload| message_of(payload.as_ref()))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "a panic without a message".to_owned()
    }
}
