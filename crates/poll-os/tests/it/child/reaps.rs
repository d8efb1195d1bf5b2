//! The end of a child where the system tells it to who reaps only, but for the note of a kqueue.

use core::time::Duration;

use poll_os::{ChildExit, Events, Interest, Poll, Token, Trigger};

use sys_process::{Pid, is_gone};

use crate::child::{no_child, shell, wait_with};

const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));

fn readable(poll: &mut Poll, exit: &ChildExit, trigger: Trigger) {
    let mut events = Events::with_capacity(4);
    poll.registry()
        .register(exit, Token(3), Interest::READABLE, trigger)
        .unwrap();
    poll.wait(&mut events, DEADLINE).unwrap();
    assert_eq!(events.len(), 1);
    poll.registry().deregister(exit).unwrap();
}

#[test]
fn a_source_made_after_the_end_is_readable_and_reaping_tells_more() {
    let mut poll = Poll::new().unwrap();
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut child = shell();
        let exit = ChildExit::new(&child).unwrap();
        drop(child.stdin.take());
        let status = wait_with(&mut poll, &exit, trigger);
        let late = ChildExit::new(&child).unwrap();
        readable(&mut poll, &late, trigger);
        let error = late.try_status().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(not_supported()), "{error}");
        assert_eq!(late.try_reap().unwrap(), Some(status));
        assert_eq!(late.try_status().unwrap(), Some(status));
        assert!(child.wait().is_err());
    }
}

#[test]
fn a_child_that_was_waited_for_is_refused_where_it_is_known_to_be_gone() {
    let mut poll = Poll::new().unwrap();
    let mut child = shell();
    let exit = ChildExit::new(&child).unwrap();
    drop(child.stdin.take());
    wait_with(&mut poll, &exit, Trigger::Level);
    let late = ChildExit::new(&child).unwrap();
    child.wait().unwrap();
    let answers = [late.try_status().unwrap_err(), late.try_reap().unwrap_err()];
    let codes = answers.map(|error| error.raw_os_error());
    let anew = ChildExit::new(&child).map(|source| source.id());
    if is_gone(Pid::from_child(&child)) {
        assert_eq!(codes, [Some(no_child()); 2]);
        assert_eq!(anew.unwrap_err().raw_os_error(), Some(no_child()));
    } else {
        // OpenBSD, whose kill(2) finds no zombies either.
        assert_eq!(codes, [Some(not_supported()), Some(no_child())]);
        assert_eq!(anew.unwrap(), child.id());
    }
}

#[test]
fn strangers_are_told_by_reaping_only() {
    // EACCES, ESRCH: it may not be watched, or not be seen.
    if let Ok(stranger) = ChildExit::from_id(1) {
        assert_eq!(stranger.try_status().unwrap(), None);
        let error = stranger.try_reap().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(no_child()), "{error}");
    }
}

fn not_supported() -> i32 {
    sys_process::Errno::OPNOTSUPP.raw_os_error()
}
