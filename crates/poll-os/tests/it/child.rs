//! The end of a child as a source, on each engine.

use core::time::Duration;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use poll_os::engine::{Backend, Events, Poll};
use poll_os::{ChildExit, Interest, Signal, Token, Trigger};

const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));

/// A child that ends with the code that is written to it, or with 9 at the end of its input.
pub(crate) fn shell() -> Child {
    Command::new("sh")
        .arg("-c")
        .arg("read code; exit ${code:-9}")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn wait_with<B: Backend>(
    poll: &mut Poll<B>,
    exit: &ChildExit,
    trigger: Trigger,
) -> ExitStatus {
    let mut events = Events::with_capacity(4);
    let registry = poll.registry().clone();
    registry
        .register(exit, Token(2), Interest::READABLE, trigger)
        .unwrap();
    loop {
        poll.wait(&mut events, DEADLINE).unwrap();
        assert!(!events.is_empty(), "the deadline has passed");
        if let Some(status) = exit.try_status().unwrap() {
            registry.deregister(exit).unwrap();
            return status;
        }
        registry
            .modify(exit, Token(2), Interest::READABLE, trigger)
            .unwrap();
    }
}

fn ends_are_reported<B: Backend>(make: fn() -> std::io::Result<Poll<B>>) {
    let mut poll = make().unwrap();
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut child = shell();
        let exit = ChildExit::new(&child).unwrap();
        assert_eq!(exit.try_status().unwrap(), None);
        drop(child.stdin.take());
        let status = wait_with(&mut poll, &exit, trigger);
        assert_eq!(status.code(), Some(9));
        // Nobody took it away from the standard library, and the answer stays.
        assert_eq!(child.wait().unwrap(), status);
        assert_eq!(exit.try_status().unwrap(), Some(status));
        assert_eq!(exit.id(), child.id());
    }
}

#[test]
fn ends_are_reported_by_the_native_engine() {
    ends_are_reported(poll_os::Poll::new);
}

#[test]
fn ends_are_reported_by_poll() {
    ends_are_reported(poll_os::poll::Poll::new);
}

#[test]
fn a_killed_child_says_by_which_signal() {
    let mut child = shell();
    let exit = ChildExit::new(&child).unwrap();
    child.kill().unwrap();
    let status = wait_with(&mut poll_os::Poll::new().unwrap(), &exit, Trigger::Edge);
    assert_eq!(status.signal(), Some(Signal::KILL.number()));
    child.wait().unwrap();
}

#[test]
fn reaping_takes_this_child_and_no_other() {
    let (mut first, mut second) = (shell(), shell());
    let exit = ChildExit::new(&first).unwrap();
    drop((first.stdin.take(), second.stdin.take()));
    let status = wait_with(&mut poll_os::Poll::new().unwrap(), &exit, Trigger::Level);
    assert_eq!(exit.try_reap().unwrap(), Some(status));
    assert!(exit.try_reap().is_err());
    assert!(first.wait().is_err());
    assert_eq!(exit.try_status().unwrap(), Some(status));
    assert_eq!(second.wait().unwrap().code(), Some(9));
}

#[test]
fn what_is_no_process_is_refused() {
    for id in [0, u32::MAX] {
        let error = ChildExit::from_id(id).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(no_child()), "{error}");
    }
}

pub(crate) fn no_child() -> i32 {
    sys_process::Errno::CHILD.raw_os_error()
}
