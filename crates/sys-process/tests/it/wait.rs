//! What became of a child, without taking it away from anyone.

use std::process::{Command, Stdio};

use sys_process::{ChildState, Errno, Pid, Signal, WaitFlags, kill, reap, wait};

const LOOK: WaitFlags = WaitFlags::EXITED;

/// A child that runs this script; closing its input ends a `read`.
fn shell(script: &str) -> std::process::Child {
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn waiting_without_reaping_leaves_the_child_to_the_standard_library() {
    let mut child = shell("exit 7");
    let pid = Pid::from_child(&child);
    let look = LOOK | WaitFlags::NO_REAP;
    assert_eq!(wait(pid, look), Ok(Some(ChildState::Exited(7))));
    assert_eq!(wait(pid, look), Ok(Some(ChildState::Exited(7))));
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert_eq!(wait(pid, look), Err(Errno::CHILD));
}

#[test]
fn reaping_one_child_reaps_no_other() {
    let mut first = shell("exit 1");
    let mut second = shell("exit 2");
    let look = LOOK | WaitFlags::NO_REAP;
    // Both have ended.
    assert!(wait(Pid::from_child(&second), look).unwrap().is_some());
    let pid = Pid::from_child(&first);
    assert_eq!(wait(pid, LOOK), Ok(Some(ChildState::Exited(1))));
    // Not even the standard library finds the first one any more, but it does find the second.
    assert!(first.wait().is_err());
    assert_eq!(second.wait().unwrap().code(), Some(2));
}

#[test]
fn a_child_is_reaped_once_and_only_when_it_has_ended() {
    let mut child = shell("read line; exit 3");
    let pid = Pid::from_child(&child);
    assert_eq!(reap(pid), Ok(None));
    drop(child.stdin.take());
    wait(pid, LOOK | WaitFlags::NO_REAP).unwrap();
    assert_eq!(reap(pid).unwrap().unwrap().code(), Some(3));
    assert_eq!(reap(pid), Err(Errno::CHILD));
    assert!(child.wait().is_err());
}

#[test]
fn looking_at_a_child_that_runs_says_nothing() {
    let mut child = shell("read line");
    let pid = Pid::from_child(&child);
    let look = LOOK | WaitFlags::NO_HANG | WaitFlags::NO_REAP;
    assert_eq!(wait(pid, look), Ok(None));
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_child_that_was_killed_says_by_what() {
    let mut child = shell("read line");
    let pid = Pid::from_child(&child);
    kill(pid, Signal::KILL).unwrap();
    let state = wait(pid, LOOK | WaitFlags::NO_REAP).unwrap();
    assert_eq!(state, Some(ChildState::Killed(Signal::KILL.number())));
    assert_eq!(state.unwrap().exit_status(), Some(child.wait().unwrap()));
}

#[test]
fn stopping_and_continuing_are_reported_when_asked_for() {
    let mut child = shell("read line");
    let pid = Pid::from_child(&child);
    kill(pid, Signal::STOP).unwrap();
    let stopped = ChildState::Stopped(Signal::STOP.number());
    assert_eq!(wait(pid, WaitFlags::STOPPED), Ok(Some(stopped)));
    kill(pid, Signal::CONTINUE).unwrap();
    assert_eq!(
        wait(pid, WaitFlags::CONTINUED),
        Ok(Some(ChildState::Continued))
    );
    kill(pid, Signal::KILL).unwrap();
    child.wait().unwrap();
}

#[test]
fn strangers_and_empty_questions_are_errors() {
    assert_eq!(wait(Pid::INIT, LOOK), Err(Errno::CHILD));
    let mut child = shell("exit 0");
    let pid = Pid::from_child(&child);
    assert_eq!(wait(pid, WaitFlags::NO_HANG), Err(Errno::INVAL));
    child.wait().unwrap();
    assert_eq!(kill(pid, Signal::TERMINATE), Err(Errno::SRCH));
}
