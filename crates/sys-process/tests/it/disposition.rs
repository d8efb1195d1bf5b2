//! What was installed before is respected, called and put back.

use std::os::unix::process::ExitStatusExt;

use sys_process::{Errno, Signal, SignalListener};

use crate::delivery::{listener, next};
use crate::foreign;
use crate::isolated::{Start, isolated, isolated_status, send_to_self};

#[test]
fn the_default_action_comes_back_when_the_last_listener_leaves() {
    let status = isolated_status(
        "disposition::the_default_action_comes_back_when_the_last_listener_leaves",
        Start::Clean,
        || {
            let first = listener([Signal::TERMINATE]);
            let second = listener([Signal::TERMINATE]);
            send_to_self(Signal::TERMINATE);
            next(&first);
            drop(first);
            send_to_self(Signal::TERMINATE);
            next(&second);
            drop(second);
            send_to_self(Signal::TERMINATE);
            // The signal ends the process; if it does not, the watchdog does.
            loop {
                std::thread::park();
            }
        },
    );
    if let Some(status) = status {
        assert_eq!(status.signal(), Some(Signal::TERMINATE.number()));
    }
}

#[test]
fn being_ignored_comes_back_when_the_last_listener_leaves() {
    let status = isolated_status(
        "disposition::being_ignored_comes_back_when_the_last_listener_leaves",
        Start::Ignoring("USR1"),
        || {
            send_to_self(Signal::USER_1);
            let listener = listener([Signal::USER_1]);
            send_to_self(Signal::USER_1);
            next(&listener);
            drop(listener);
            // The default action would end the process.
            send_to_self(Signal::USER_1);
        },
    );
    assert!(status.is_none_or(|status| status.success()));
}

#[test]
fn an_earlier_handler_is_called_and_comes_back() {
    isolated(
        "disposition::an_earlier_handler_is_called_and_comes_back",
        || {
            foreign::install(Signal::USER_1);
            let ours = listener([Signal::USER_1]);
            send_to_self(Signal::USER_1);
            next(&ours);
            foreign::ran();
            drop(ours);
            send_to_self(Signal::USER_1);
            foreign::ran();
        },
    );
}

#[test]
fn a_later_handler_stays_and_a_new_listener_under_it_is_refused() {
    isolated(
        "disposition::a_later_handler_stays_and_a_new_listener_under_it_is_refused",
        || {
            let ours = listener([Signal::USER_1]);
            foreign::install(Signal::USER_1);
            // It calls ours.
            send_to_self(Signal::USER_1);
            next(&ours);
            foreign::ran();

            let mut second = SignalListener::new().unwrap();
            assert_eq!(second.add(Signal::USER_1), Err(Errno::BUSY));
            assert!(!second.listens_to(Signal::USER_1));

            drop(ours);
            send_to_self(Signal::USER_1);
            foreign::ran();
            assert_eq!(second.add(Signal::USER_1), Err(Errno::BUSY));
            // Other signals are as they were.
            second.add(Signal::USER_2).unwrap();
            send_to_self(Signal::USER_2);
            next(&second);
        },
    );
}
