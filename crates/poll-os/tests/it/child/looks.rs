//! The end of a child where the system can be asked for it without reaping.

use poll_os::engine::{Backend, Poll};
use poll_os::{ChildExit, Trigger};

use crate::child::{no_child, shell, wait_with};

fn late_sources_see_the_end<B: Backend>(make: fn() -> std::io::Result<Poll<B>>) {
    let mut poll = make().unwrap();
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut child = shell();
        let exit = ChildExit::new(&child).unwrap();
        drop(child.stdin.take());
        let status = wait_with(&mut poll, &exit, trigger);
        let late = ChildExit::from_id(child.id()).unwrap();
        assert_eq!(wait_with(&mut poll, &late, trigger), status);
        assert_eq!(child.wait().unwrap(), status);
    }
}

#[test]
fn a_source_made_after_the_end_sees_it_with_the_native_engine() {
    late_sources_see_the_end(poll_os::Poll::new);
}

#[test]
fn a_source_made_after_the_end_sees_it_with_poll() {
    late_sources_see_the_end(poll_os::poll::Poll::new);
}

#[test]
fn strangers_are_refused_and_reaped_children_forgotten() {
    let mut child = shell();
    let unasked = ChildExit::new(&child).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for error in [
        ChildExit::new(&child).unwrap_err(),
        ChildExit::from_id(1).unwrap_err(),
        unasked.try_status().unwrap_err(),
        unasked.try_reap().unwrap_err(),
    ] {
        assert_eq!(error.raw_os_error(), Some(no_child()), "{error}");
    }
}
