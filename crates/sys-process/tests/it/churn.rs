//! Listeners come and go on several threads while handlers run.

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use sys_process::{Signal, SignalListener};

use crate::isolated::{isolated, send_to_self, wait_readable};

const SIGNALS: [Signal; 3] = [Signal::USER_1, Signal::USER_2, Signal::HANGUP];

fn open_descriptors() -> usize {
    std::fs::read_dir("/dev/fd").unwrap().count()
}

#[test]
fn handlers_survive_listeners_that_come_and_go_and_no_descriptor_leaks() {
    isolated(
        "churn::handlers_survive_listeners_that_come_and_go_and_no_descriptor_leaks",
        || {
            // Keeps the handlers in place: between two listeners the default would end the test.
            let mut guard = SignalListener::new().unwrap();
            for signal in SIGNALS {
                guard.add(signal).unwrap();
            }
            let before = open_descriptors();
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                for signal in SIGNALS {
                    let stop = &stop;
                    scope.spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            send_to_self(signal);
                        }
                    });
                }
                let workers: Vec<_> = SIGNALS
                    .iter()
                    .map(|&signal| scope.spawn(move || come_and_go(signal)))
                    .collect();
                for worker in workers {
                    worker.join().unwrap();
                }
                stop.store(true, Ordering::Relaxed);
            });
            // The senders have stopped, so each handler that holds a pipe ends; the last one
            // closes it.
            while open_descriptors() != before {
                thread::yield_now();
            }
            // Signals that have not reached a thread yet must not meet the default action.
            core::mem::forget(guard);
        },
    );
}

fn come_and_go(signal: Signal) {
    for round in 0..2_000 {
        let mut listener = SignalListener::new().unwrap();
        listener.add(signal).unwrap();
        if round % 16 == 0 {
            // What is listened to arrives, also in a record that was used before.
            wait_readable(&listener);
            while listener.take().is_none() {
                wait_readable(&listener);
            }
        }
    }
}
