//! A signal handler ends a wait with `Interrupted`, loses nothing, and is not seen by operations.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;

use poll_mio::net::UnixStream;
use poll_mio::{Token, Waker};
use poll_os::{Clock, Monotonic, Signal};
use sys_process::{Pid, SignalListener, kill};

use crate::stage::{LIMIT, READ, Stage, alone};

/// The number by which the kernel knows this thread, where a signal can be meant for one.
fn this_thread() -> Option<i32> {
    // Linux tells a thread its id this way, and prefers that thread for a signal to it.
    let task = std::fs::read_link("/proc/thread-self").ok()?;
    task.file_name()?.to_str()?.parse().ok()
}

/// Interrupts this thread as long as it lives, where a thread can be meant.
struct Storm {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
    _listener: SignalListener,
}

impl Storm {
    fn on_this_thread() -> Option<Self> {
        let target = Pid::from_raw(this_thread()?)?;
        let mut listener = SignalListener::new().unwrap();
        listener.add(Signal::URGENT).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                kill(target, Signal::URGENT).unwrap();
                thread::yield_now();
            }
        });
        Some(Self {
            stop,
            thread: Some(thread),
            _listener: listener,
        })
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_signal_handler_ends_a_wait_with_interrupted_and_no_events() {
    alone(
        "interruption::a_signal_handler_ends_a_wait_with_interrupted_and_no_events",
        || {
            let mut stage = Stage::new();
            let waker = Arc::new(Waker::new(stage.registry(), Token(0)).unwrap());
            waker.wake().unwrap();
            stage.until_readable(Token(0));
            // A wait without end has one here, which is no interruption.
            let end = Arc::clone(&waker);
            thread::spawn(move || {
                thread::park_timeout(LIMIT);
                end.wake().unwrap();
            });
            let Some(_storm) = Storm::on_this_thread() else {
                return;
            };
            for timeout in [None, Some(LIMIT)] {
                let error = stage.poll.poll(&mut stage.events, timeout).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Interrupted);
                assert!(stage.events.is_empty(), "those of the wait before are gone");
            }
        },
    );
}

#[test]
fn one_signal_is_enough_to_end_a_wait_without_end() {
    const ROUNDS: usize = 5;

    /// Whether `done` becomes true within `time`.
    fn soon(time: Duration, done: impl Fn() -> bool) -> bool {
        let end = Monotonic.now().saturating_add(time);
        while !done() {
            if Monotonic.now() > end {
                return false;
            }
            thread::yield_now();
        }
        true
    }

    let name = "interruption::one_signal_is_enough_to_end_a_wait_without_end";
    alone(name, || {
        let Some(id) = this_thread() else {
            return;
        };
        let mut stage = Stage::new();
        let waker = Waker::new(stage.registry(), Token(0)).unwrap();
        let mut listener = SignalListener::new().unwrap();
        listener.add(Signal::URGENT).unwrap();
        let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let [begun, ended] = &*counts;
        let theirs = Arc::clone(&counts);
        let sending = thread::spawn(move || {
            let [begun, ended] = &*theirs;
            let asleep = || {
                let stat = std::fs::read_to_string(format!("/proc/self/task/{id}/stat"));
                stat.is_ok_and(|stat| stat.contains(") S "))
            };
            let mut sent = 0;
            for round in 1..=ROUNDS {
                // A busy system may give a signal to another thread after all.
                let end = Monotonic.now().saturating_add(LIMIT);
                while !soon(Duration::from_millis(200), || {
                    ended.load(Ordering::Acquire) == round
                }) {
                    if Monotonic.now() > end {
                        waker.wake().unwrap();
                        return sent;
                    }
                    soon(LIMIT, || begun.load(Ordering::Acquire) == round && asleep());
                    kill(Pid::from_raw(id).unwrap(), Signal::URGENT).unwrap();
                    sent += 1;
                }
            }
            sent
        });
        for round in 1..=ROUNDS {
            begun.store(round, Ordering::Release);
            let result = stage.poll.poll(&mut stage.events, None);
            ended.store(round, Ordering::Release);
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Interrupted);
        }
        let sent = sending.join().unwrap();
        assert!(sent < 2 * ROUNDS, "{sent} signals for {ROUNDS} waits");
    });
}

#[test]
fn a_storm_of_signals_loses_no_event_and_no_wake_and_ends_no_wait_early() {
    alone(
        "interruption::a_storm_of_signals_loses_no_event_and_no_wake_and_ends_no_wait_early",
        || {
            let mut stage = Stage::new();
            let waker = Arc::new(Waker::new(stage.registry(), Token(0)).unwrap());
            let (mut near, mut far) = UnixStream::pair().unwrap();
            stage
                .registry()
                .register(&mut near, Token(1), READ)
                .unwrap();
            let Some(_storm) = Storm::on_this_thread() else {
                return;
            };
            for round in 0..300_u32 {
                if round % 2 == 0 {
                    let waker = Arc::clone(&waker);
                    let waking = thread::spawn(move || waker.wake());
                    stage.until_readable(Token(0));
                    waking.join().unwrap().unwrap();
                } else {
                    far.write_all(b"x").unwrap();
                    stage.until_readable(Token(1));
                    assert_eq!(near.read(&mut [0; 8]).unwrap(), 1, "and not Interrupted");
                }
            }
            let start = Monotonic.now();
            let timeout = Duration::from_millis(30);
            // A wake that met the end of its wait may come once more.
            while Monotonic.now().saturating_duration_since(start) < timeout {
                let passed = Monotonic.now().saturating_duration_since(start);
                let result = stage
                    .poll
                    .poll(&mut stage.events, Some(timeout.saturating_sub(passed)));
                let end = Monotonic.now().saturating_duration_since(start);
                match result {
                    Ok(()) => assert!(!stage.events.is_empty() || end >= timeout, "{end:?}"),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted),
                }
            }
        },
    );
}
