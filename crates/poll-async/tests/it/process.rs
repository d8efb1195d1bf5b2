//! Children and signals.

use core::time::Duration;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use poll_async::net::PipeSender;
use poll_async::process::{Child, output, status};
use poll_async::runtime::{Handle, NoRuntime};
use poll_async::signal::{Signal, Signals};
use poll_async::spawn;
use poll_async::time::sleep;

use crate::stage::each;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// A child that runs until its input ends: at the latest with the test, so that nothing is left of
/// one that fails.
fn reader() -> (Child, PipeSender) {
    let mut child = Child::spawn(shell("read line").stdin(Stdio::piped())).unwrap();
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

#[test]
fn the_end_of_a_child_is_told_and_told_again() {
    each(|| async {
        let mut child = Child::spawn(&mut shell("exit 7")).unwrap();
        assert_eq!(child.wait().await.unwrap().code(), Some(7));
        assert_eq!(child.wait().await.unwrap().code(), Some(7));
        assert_eq!(child.try_wait().unwrap().unwrap().code(), Some(7));
        child.start_kill().unwrap();
        assert_eq!(status(&mut shell("exit 3")).await.unwrap().code(), Some(3));
    });
}

#[test]
fn a_child_is_talked_to_until_its_input_ends() {
    each(|| async {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Child::spawn(&mut cat).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        let stdin = child.stdin.take().unwrap();
        let writing = spawn(async move { stdin.write_all(&[7; 500_000]).await });
        let output = child.wait_with_output().await.unwrap();
        writing.await.unwrap().unwrap();
        assert!(output.stdout == [7; 500_000] && output.status.success());
        let mut child = Child::spawn(cat.stdout(Stdio::null())).unwrap();
        // What is left of its input is dropped.
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn both_outputs_are_collected_at_once() {
    each(|| async {
        let script = "head -c 200000 /dev/zero >&2; head -c 300000 /dev/zero; cat; exit 1";
        let output = output(&mut shell(script)).await.unwrap();
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (300_000, 200_000)
        );
        assert_eq!(output.status.code(), Some(1));
    });
}

#[test]
fn a_child_is_killed() {
    each(|| async {
        let (mut child, _stdin) = reader();
        assert_eq!(child.kill().await.unwrap().signal(), Some(9));
    });
}

/// Whether a child of this process has this number, also one that is not reaped.
fn exists(id: u32) -> bool {
    let signal = Command::new("kill")
        .args(["-0", &id.to_string()])
        .stderr(Stdio::null())
        .status();
    signal.unwrap().success()
}

#[test]
fn a_child_that_is_dropped_is_killed_if_that_was_said_and_reaped_in_any_case() {
    each(|| async {
        let (mut killed, _stdin) = reader();
        killed.kill_on_drop(true);
        let (left, stdin) = reader();
        let ids = [killed.id(), left.id()];
        drop((killed, left));
        while exists(ids[0]) {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(exists(ids[1]), "it runs on");
        drop(stdin);
        while exists(ids[1]) {
            sleep(Duration::from_millis(1)).await;
        }
    });
}

#[test]
fn children_end_in_any_order() {
    each(|| async {
        let children: Vec<_> = (0..8)
            .map(|code: i32| {
                let script = format!("read line; exit {code}");
                let mut child = Child::spawn(shell(&script).stdin(Stdio::piped())).unwrap();
                (
                    child.stdin.take(),
                    spawn(async move { child.wait().await.unwrap().code() }),
                )
            })
            .collect();
        for (code, (stdin, ended)) in (0..).zip(children).collect::<Vec<_>>().into_iter().rev() {
            assert!(!ended.is_finished());
            drop(stdin);
            assert_eq!(ended.await.unwrap(), Some(code));
        }
    });
}

#[test]
fn what_cannot_be_started_says_so() {
    each(|| async {
        let error = Child::spawn(&mut Command::new("/no/such/program")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
    let error = Child::spawn(&mut shell("exit 0")).unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<NoRuntime>()));
    let error = Signals::new([Signal::USER_2]).unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<NoRuntime>()));
}

#[test]
fn signals_are_received_one_after_the_other() {
    each(|| async {
        // This test's own, so that no other test is told of it.
        let signals = Signals::new([Signal::USER_1]).unwrap();
        let own = std::process::id().to_string();
        assert_eq!(signals.try_recv(), None);
        for _ in 0..3 {
            let mut kill = Command::new("kill");
            assert!(status(kill.args(["-USR1", &own])).await.unwrap().success());
            assert_eq!(signals.recv().await.unwrap(), Signal::USER_1);
            assert_eq!(signals.try_recv(), None);
        }
        assert_eq!(Handle::current().metrics().sources, 1);
    });
}
