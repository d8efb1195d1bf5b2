//! Signals arrive: each one, at each listener, and are gone once taken.

use core::sync::atomic::{AtomicBool, Ordering};

use sys_process::{Errno, Pending, Signal, SignalListener};

use crate::isolated::{is_readable, isolated, send_to_self, wait_readable};

pub(crate) fn listener<const N: usize>(signals: [Signal; N]) -> SignalListener {
    let mut listener = SignalListener::new().unwrap();
    for signal in signals {
        listener.add(signal).unwrap();
    }
    listener
}

/// Waits for a signal and takes it; spurious readiness is allowed.
pub(crate) fn next(listener: &SignalListener) -> Pending {
    loop {
        wait_readable(listener);
        if let Some(pending) = listener.take() {
            return pending;
        }
    }
}

#[test]
fn a_signal_makes_the_descriptor_readable_and_is_taken_once() {
    isolated(
        "delivery::a_signal_makes_the_descriptor_readable_and_is_taken_once",
        || {
            let listener = listener([Signal::TERMINATE]);
            assert!(!is_readable(&listener));
            send_to_self(Signal::TERMINATE);
            let pending = next(&listener);
            assert_eq!((pending.signal, pending.count), (Signal::TERMINATE, 1));
            assert_eq!(listener.take(), None);
            assert!(!is_readable(&listener));
        },
    );
}

#[test]
fn the_descriptor_stays_readable_until_the_last_pending_signal_was_taken() {
    isolated(
        "delivery::the_descriptor_stays_readable_until_the_last_pending_signal_was_taken",
        || {
            let signals = [Signal::HANGUP, Signal::USER_1, Signal::USER_2];
            let listener = listener(signals);
            for signal in signals {
                // The kernel may hand signals to several threads at once: one after the other.
                let probe = self::listener([signal]);
                send_to_self(signal);
                next(&probe);
            }
            for signal in signals {
                assert!(is_readable(&listener), "{signal}");
                assert_eq!(listener.take().unwrap().signal, signal);
            }
            assert_eq!(listener.take(), None);
            assert!(!is_readable(&listener));
        },
    );
}

#[test]
fn every_listener_of_a_signal_gets_it_and_others_do_not() {
    isolated(
        "delivery::every_listener_of_a_signal_gets_it_and_others_do_not",
        || {
            let first = listener([Signal::USER_1]);
            let second = listener([Signal::USER_1, Signal::USER_2]);
            let third = listener([Signal::USER_2]);
            send_to_self(Signal::USER_1);
            assert_eq!(next(&first).signal, Signal::USER_1);
            assert_eq!(next(&second).signal, Signal::USER_1);
            assert!(!is_readable(&third));
            drop(first);
            send_to_self(Signal::USER_1);
            assert_eq!(next(&second).signal, Signal::USER_1);
        },
    );
}

#[test]
fn a_removed_signal_is_forgotten_and_can_be_added_again() {
    isolated(
        "delivery::a_removed_signal_is_forgotten_and_can_be_added_again",
        || {
            // Keeps the handler in place, so that the default action is not run.
            let other = listener([Signal::USER_1]);
            let mut listener = listener([Signal::USER_1, Signal::USER_2]);
            send_to_self(Signal::USER_1);
            next(&other);
            wait_readable(&listener);
            listener.remove(Signal::USER_1);
            assert_eq!(listener.take(), None);
            assert_eq!(listener.signals().collect::<Vec<_>>(), [Signal::USER_2]);
            send_to_self(Signal::USER_1);
            next(&other);
            assert!(!is_readable(&listener));
            listener.add(Signal::USER_1).unwrap();
            assert_eq!(listener.take(), None);
            send_to_self(Signal::USER_1);
            assert_eq!(next(&listener).signal, Signal::USER_1);
        },
    );
}

#[test]
fn a_storm_loses_nothing_and_does_not_fill_the_pipe() {
    isolated(
        "delivery::a_storm_loses_nothing_and_does_not_fill_the_pipe",
        || {
            let listener = listener([Signal::USER_1]);
            // More than a pipe of 64 KiB has room for, and nobody takes them.
            for _ in 0..100_000 {
                send_to_self(Signal::USER_1);
            }
            let pending = next(&listener);
            assert!((1..=100_000).contains(&pending.count), "{pending:?}");

            // Now each single one must be seen, while another signal makes noise.
            let mut noisy = SignalListener::new().unwrap();
            noisy.add(Signal::USER_2).unwrap();
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        send_to_self(Signal::USER_2);
                    }
                });
                while listener.take().is_some() {}
                for _ in 0..5_000 {
                    send_to_self(Signal::USER_1);
                    assert_eq!(next(&listener).signal, Signal::USER_1);
                    while noisy.take().is_some() {}
                }
                stop.store(true, Ordering::Relaxed);
            });
            // Signals that have not reached a thread yet must not meet the default action.
            core::mem::forget((listener, noisy));
        },
    );
}

#[test]
fn a_notified_listener_is_readable_until_nothing_was_taken() {
    let listener = listener([]);
    listener.notify();
    listener.notify();
    assert!(is_readable(&listener));
    assert_eq!(listener.take(), None);
    assert!(!is_readable(&listener));
}

#[test]
fn signals_that_cannot_be_listened_to_are_refused_and_change_nothing() {
    let mut listener = SignalListener::new().unwrap();
    for signal in [
        Signal::KILL,
        Signal::STOP,
        Signal::ILLEGAL,
        Signal::ARITHMETIC,
        Signal::SEGMENT,
        Signal::BUS,
    ] {
        assert_eq!(listener.add(signal), Err(Errno::INVAL), "{signal}");
        assert!(!listener.listens_to(signal), "{signal}");
    }
    // Within the bounds of the type, beyond those of the system.
    let beyond = Signal::from_number(127).unwrap();
    assert_eq!(listener.add(beyond), Err(Errno::INVAL));
    assert!(!listener.listens_to(beyond));
}
