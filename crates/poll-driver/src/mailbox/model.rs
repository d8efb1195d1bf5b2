//! The model: a thread that posts while the loop goes to sleep, and a mutant for each fence.

use std::process::Command;
use std::{env, io};

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use poll_api::{Instant, Wake};
use std::collections::VecDeque;

use crate::mailbox::{Fences, Mailbox, Proven};
use crate::sync::Ordering;

/// The engine's side: a sleeper waits until it is rung, and takes the ring.
#[derive(Clone)]
struct ModelBell {
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl ModelBell {
    fn new() -> Self {
        Self {
            state: Arc::new((Mutex::new(false), Condvar::new())),
        }
    }

    /// Sleeps until rung: a lost ring is a deadlock, which loom reports.
    fn sleep(&self) {
        let (rung, changed) = &*self.state;
        let mut rung = rung.lock().unwrap();
        while !*rung {
            rung = changed.wait(rung).unwrap();
        }
        *rung = false;
    }
}

impl Wake for ModelBell {
    type Error = io::Error;

    fn wake(&self) -> io::Result<()> {
        *self.state.0.lock().unwrap() = true;
        self.state.1.notify_one();
        Ok(())
    }
}

const SOON: Instant = Instant::from_nanos(5);
const LATER: Instant = Instant::from_nanos(9);

/// A message that is earlier than the end of the wait comes to a loop that goes to sleep.
fn earlier_message<F: Fences + Send + Sync + 'static>() {
    loom::model(|| {
        let bell = ModelBell::new();
        let mailbox = Arc::new(Mailbox::<u8, _, F>::new(bell.clone()));
        let thread = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.post(7, SOON).unwrap())
        };
        let mut letters = VecDeque::new();
        while letters.is_empty() {
            if mailbox.park(LATER) {
                bell.sleep();
            }
            mailbox.unpark();
            mailbox.take(&mut letters);
        }
        assert_eq!(letters, [7]);
        thread.join().unwrap();
    });
}

/// Two threads post; both messages come, each once.
fn two_messages() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let bell = ModelBell::new();
        let mailbox = Arc::new(Mailbox::<u8, _>::new(bell.clone()));
        let post = |message| {
            let mailbox: Arc<Mailbox<u8, _>> = mailbox.clone();
            thread::spawn(move || mailbox.post(message, Instant::START).unwrap())
        };
        let threads = [post(1), post(2)];
        let (mut letters, mut sum) = (VecDeque::new(), 0);
        while sum < 3 {
            if mailbox.park(Instant::MAX) {
                bell.sleep();
            }
            mailbox.unpark();
            mailbox.take(&mut letters);
            sum += letters.drain(..).sum::<u8>();
        }
        assert_eq!(sum, 3);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A message that is later than the end of the wait never rings, whenever it comes.
fn later_message() {
    loom::model(|| {
        let bell = ModelBell::new();
        let mailbox = Arc::new(Mailbox::<u8, _>::new(bell.clone()));
        let thread = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.post(7, LATER).unwrap())
        };
        let _parked = mailbox.park(SOON);
        mailbox.unpark();
        thread.join().unwrap();
        assert!(!*bell.state.0.lock().unwrap(), "woken for nothing");
        let mut letters = VecDeque::new();
        mailbox.take(&mut letters);
        assert_eq!(letters, [7]);
    });
}

/// A foreign loop sleeps on the descriptor, which it was lent while a message came.
fn lent<F: Fences + Send + Sync + 'static>() {
    loom::model(|| {
        let bell = ModelBell::new();
        let mailbox = Arc::new(Mailbox::<u8, _, F>::new(bell.clone()));
        let thread = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.post(7, SOON).unwrap())
        };
        mailbox.lend();
        // What the driver's next deadline asks.
        if !mailbox.is_filled() {
            bell.sleep();
        }
        let mut letters = VecDeque::new();
        mailbox.take(&mut letters);
        assert_eq!(letters, [7]);
        thread.join().unwrap();
    });
}

/// A loop whose descriptor was lent sleeps by itself for once, until before the message, which
/// comes as that sleep ends; then a foreign loop sleeps on the descriptor again.
fn lent_again<F: Fences + Send + Sync + 'static>() {
    loom::model(|| {
        let bell = ModelBell::new();
        let mailbox = Arc::new(Mailbox::<u8, _, F>::new(bell.clone()));
        mailbox.lend();
        let _parked = mailbox.park(SOON);
        let thread = {
            let mailbox = mailbox.clone();
            thread::spawn(move || mailbox.post(7, LATER).unwrap())
        };
        mailbox.unpark();
        let mut letters = VecDeque::new();
        mailbox.take(&mut letters);
        if letters.is_empty() {
            if !mailbox.is_filled() {
                bell.sleep();
            }
            mailbox.take(&mut letters);
        }
        assert_eq!(letters, [7]);
        thread.join().unwrap();
    });
}

/// The loop's side is not ordered.
struct WeakPark;

impl Fences for WeakPark {
    const PARK: Ordering = Ordering::AcqRel;
    const POST: Ordering = Proven::POST;
}

/// The other threads' side is not ordered.
struct WeakPost;

impl Fences for WeakPost {
    const PARK: Ordering = Proven::PARK;
    const POST: Ordering = Ordering::AcqRel;
}

/// Runs `model` in a process of its own and asserts that it ends with a loop asleep for ever.
fn fails(name: &str, model: impl FnOnce()) {
    const CHILD: &str = "POLL_DRIVER_MODEL_OF_A_MUTANT";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the model did not find {name}");
    assert!(stderr.contains("deadlock"), "{name}:\n{stderr}");
}

#[test]
fn loom_an_earlier_message_reaches_a_loop_that_goes_to_sleep() {
    earlier_message::<Proven>();
}

#[test]
fn loom_messages_of_two_threads_come_once_each() {
    two_messages();
}

#[test]
fn loom_a_later_message_never_wakes() {
    later_message();
}

#[test]
fn loom_a_message_reaches_whoever_sleeps_on_the_descriptor() {
    lent::<Proven>();
}

#[test]
fn loom_a_message_that_meets_the_end_of_a_lent_loops_own_sleep_is_not_slept_through() {
    lent_again::<Proven>();
}

#[test]
fn loom_mutant_the_loop_does_not_order_its_park() {
    let name = "mailbox::model::loom_mutant_the_loop_does_not_order_its_park";
    fails(name, earlier_message::<WeakPark>);
}

#[test]
fn loom_mutant_a_post_is_not_ordered() {
    let name = "mailbox::model::loom_mutant_a_post_is_not_ordered";
    fails(name, earlier_message::<WeakPost>);
}

#[test]
fn loom_mutant_lending_is_not_ordered() {
    let name = "mailbox::model::loom_mutant_lending_is_not_ordered";
    fails(name, lent::<WeakPark>);
}

#[test]
fn loom_mutant_the_end_of_a_lent_loops_own_sleep_is_not_ordered() {
    let name = "mailbox::model::loom_mutant_the_end_of_a_lent_loops_own_sleep_is_not_ordered";
    fails(name, lent_again::<WeakPark>);
}
