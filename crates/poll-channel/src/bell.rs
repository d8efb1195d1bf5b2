//! The models' waker: a bell that stays rung until its sleeper wakes, as an eventfd does.

use core::convert::Infallible;
use std::process::Command;
use std::sync::Arc;
use std::{env, str};

use loom::sync::{Condvar, Mutex};
use poll_api::Wake;

/// What sleeps is the loop of the model; a wake that is lost is a deadlock, which loom reports.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            rung: Mutex::new(false),
            changed: Condvar::new(),
        }))
    }

    /// Sleeps until rung, and takes the ring.
    pub(crate) fn sleep(&self) {
        let mut rung = self.0.rung.lock().unwrap();
        while !*rung {
            rung = self.0.changed.wait(rung).unwrap();
        }
        *rung = false;
    }
}

impl Wake for Bell {
    type Error = Infallible;

    fn wake(&self) -> Result<(), Infallible> {
        *self.0.rung.lock().unwrap() = true;
        self.0.changed.notify_one();
        Ok(())
    }
}

/// Explores `model` with at most three preemptions: more threads than two have too many
/// interleavings to try all, and this is where such bugs live.
pub(crate) fn bounded(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Runs `model` in a process of its own and asserts that somebody sleeps for ever in it.
///
/// A model that fails may abort, because the threads it was exploring are in the middle of
/// everything; so this binary runs itself once more for the test called `name`.
pub(crate) fn sleeps_for_ever(name: &str, model: impl FnOnce()) {
    const CHILD: &str = "POLL_CHANNEL_MODEL_OF_A_MUTANT";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let stderr = str::from_utf8(&output.stderr).unwrap();
    assert!(
        !output.status.success(),
        "the model did not find the mutant {name}"
    );
    assert!(
        stderr.contains("deadlock"),
        "{name} failed for another reason:\n{stderr}"
    );
}
