//! A child of fork(2) that starts no program: what it does to its copies leaves the parent whole.

use sys_process::{Signal, SignalListener};

use crate::delivery::{listener, next};
use crate::foreign::in_forked_child;
use crate::isolated::{is_readable, isolated, send_to_self};

#[test]
fn a_forked_child_takes_nothing_from_its_parent_and_its_drop_changes_nothing() {
    isolated(
        "fork::a_forked_child_takes_nothing_from_its_parent_and_its_drop_changes_nothing",
        || {
            let parent = listener([Signal::TERMINATE]);
            send_to_self(Signal::TERMINATE);
            while !is_readable(&parent) {
                std::thread::yield_now();
            }
            // A second owner of the same parts, of which only the child's copy is used.
            let mut copy = Some(listener([Signal::HANGUP]));
            let status = in_forked_child(|| {
                let taken = parent.take().is_some();
                let copy = copy.take();
                let heard = copy.as_ref().and_then(SignalListener::take).is_some();
                drop(copy);
                u8::from(taken || heard)
            });
            assert_eq!(status, 0);
            assert!(is_readable(&parent));
            assert_eq!(next(&parent).signal, Signal::TERMINATE);
            let copy = copy.unwrap();
            send_to_self(Signal::HANGUP);
            assert_eq!(next(&copy).signal, Signal::HANGUP);
        },
    );
}
