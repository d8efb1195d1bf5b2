//! Signals and children: sources like others.

use std::process::{Command, Stdio};

use poll_loop::{Clock, Monotonic, Signal};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, ids, on_every_engine};
use crate::strange::strange;

#[test]
fn a_signal_is_a_notification_and_taken_once() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        // This test's own, so that no other test is told of it.
        let signals = registrar.signals([Signal::USER_1]).unwrap();
        assert_eq!(ids(&mut poller, NOW), []);
        for _ in 0..3 {
            let pid = std::process::id().to_string();
            let sent = Command::new("kill").args(["-USR1", &pid]).status();
            assert!(sent.unwrap().success());
            assert_eq!(ids(&mut poller, LONG), [signals.id()]);
            assert_eq!(signals.take_signal().unwrap(), Some(Signal::USER_1));
            assert_eq!(signals.take_signal().unwrap(), None);
        }
        drop(signals);
        assert_eq!(registrar.registrations(), 0);
    }
    on_every_engine!(test);
}

#[test]
fn the_end_of_a_child_is_a_notification_with_its_status_and_the_child_is_not_reaped() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let mut child = Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let exit = registrar.child(&child).unwrap();
        let status = loop {
            assert_eq!(ids(&mut poller, LONG), [exit.id()], "the end is lost");
            if let Some(status) = exit.try_status().unwrap() {
                break status;
            }
        };
        assert_eq!(status.code(), Some(7));
        assert_eq!(child.wait().unwrap(), status);
        drop(exit);
        assert_eq!(ids(&mut poller, NOW), []);
    }
    on_every_engine!(test);
}

#[test]
fn several_children_end_each_under_its_own_id() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let mut children: Vec<_> = (0..4)
            .map(|code| {
                let script = format!("exit {code}");
                let child = Command::new("sh").args(["-c", &script]).spawn().unwrap();
                let exit = registrar.child(&child).unwrap();
                (child, exit)
            })
            .collect();
        let mut codes = [None; 4];
        while codes.contains(&None) {
            let found = ids(&mut poller, LONG);
            assert!(!found.is_empty(), "the end is lost: {codes:?}");
            for (code, (_, exit)) in codes.iter_mut().zip(&children) {
                if found.contains(&exit.id())
                    && let Some(status) = exit.try_status().unwrap()
                {
                    *code = status.code();
                }
            }
        }
        assert_eq!(codes, [Some(0), Some(1), Some(2), Some(3)]);
        for (child, _) in &mut children {
            child.wait().unwrap();
        }
    }
    on_every_engine!(test);
}

#[test]
fn a_child_that_runs_is_asked_for_again_and_one_that_has_ended_is_not() {
    let (poller, _, orders) = strange();
    let mut child = Command::new("sh")
        .args(["-c", "read line"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let exit = poller.registrar().child(&child).unwrap();
    assert_eq!(exit.try_status().unwrap(), None);
    assert_eq!(orders.rearmed(), 1, "or its end would come under no edge");
    drop(child.stdin.take());
    let start = Monotonic.now();
    while exit.try_status().unwrap().is_none() {
        assert_eq!(orders.rearmed(), 1);
        let waited = Monotonic.now().saturating_duration_since(start);
        assert!(Some(waited) < LONG, "the child does not end");
        std::thread::yield_now();
    }
    assert_eq!(orders.rearmed(), 0);
    child.wait().unwrap();
}
