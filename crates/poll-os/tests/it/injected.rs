//! System calls that fail, injected by strace: nothing panics, hangs, leaks or stays unanswered.

use core::time::Duration;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs, thread};

use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Interest, Registered, Token, Trigger};

/// Set in the processes that run under strace.
const CHILD: &str = "POLL_OS_INJECTED";

/// glibc's `epoll_wait` makes the one call, musl's the other.
const EPOLL_WAIT: &str = "epoll_wait,epoll_pwait";

/// Runs `tests` of this binary with `fault` injected into `calls`; none where strace cannot.
///
/// strace counts the calls of each thread apart, and `timeout` ends what hangs. Only the calls in
/// question stop for the tracer, which otherwise takes most of the time.
fn under_strace(calls: &str, fault: &str, tests: &[&str]) -> Option<Output> {
    let strace = |program: &std::path::Path, arguments: &[&str]| {
        let output = Command::new("timeout")
            .args(["120", "strace", "-f", "--seccomp-bpf", "-qq"])
            .args(["-o", "/dev/null", "-e"])
            .args([&format!("trace={calls}"), "-e"])
            .arg(format!("inject={calls}:{fault}"))
            .arg(program)
            .args(arguments)
            .env(CHILD, "1")
            .output();
        output.ok()
    };
    static WORKS: OnceLock<bool> = OnceLock::new();
    let tried = || strace("true".as_ref(), &[]).is_some_and(|output| output.status.success());
    if *WORKS.get_or_init(tried) {
        strace(&env::current_exe().unwrap(), tests)
    } else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        let () = eprintln!("SKIP: injecting faults: there is no strace here, or it may not trace");
        None
    }
}

fn passes(calls: &str, fault: &str, tests: &[&str]) {
    if env::var_os(CHILD).is_some() {
        return;
    }
    if let Some(output) = under_strace(calls, fault, tests) {
        let text = String::from_utf8_lossy(&output.stdout);
        let noise = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{calls}:{fault}: {text}\n{noise}");
        assert!(!text.contains("running 0 tests"), "{tests:?}");
    }
}

/// Each group of tests passes where a call is unknown and where it is forbidden. All at once: what
/// is traced waits most of the time, for its tracer or for a deadline.
fn always(call: &str, groups: &[&[&str]]) {
    thread::scope(|scope| {
        for error in ["ENOSYS", "EPERM"] {
            for tests in groups {
                scope.spawn(move || passes(call, &format!("error={error}"), tests));
            }
        }
    });
}

#[test]
fn without_eventfd_a_pipe_keeps_the_same_contract() {
    always("eventfd2", &[&["conformance_epoll"], &["waker::"]]);
}

#[test]
fn without_epoll_pwait2_waits_are_rounded_up_and_all_else_is_the_same() {
    // Those left out measure time, or would nest in themselves; the contract comes on its own.
    let left_out = ["conformance", "signal", "turns", "injected"];
    let all_but: Vec<&str> = left_out.iter().flat_map(|it| ["--skip", it]).collect();
    always("epoll_pwait2", &[&all_but, &["conformance_epoll"]]);
}

#[test]
fn each_call_that_fails_once_is_an_error_and_leaks_nothing() {
    let alone = "injected::the_scenario_leaks_nothing";
    for (calls, error) in [
        ("epoll_create1", "EMFILE"),
        ("eventfd2", "EMFILE"),
        ("eventfd2", "ENOSYS"),
        ("pipe2", "EMFILE"),
        ("fcntl", "EMFILE"),
        ("epoll_ctl", "ENOMEM"),
        (EPOLL_WAIT, "EINTR"),
        (EPOLL_WAIT, "EBADF"),
        ("epoll_pwait2", "EINTR"),
        ("epoll_pwait2", "ENOSYS"),
        ("ppoll", "ENOMEM"),
        ("ppoll", "EINTR"),
        ("write", "EINTR"),
    ] {
        for nth in 1..=5 {
            let fault = format!("error={error}:when={nth}");
            passes(calls, &fault, &["--exact", alone]);
        }
    }
}

#[test]
fn a_wait_that_fails_has_cleared_its_buffer_and_loses_no_report() {
    let alone = "injected::the_first_wait_after_a_report_fails";
    for (calls, error) in [
        ("epoll_pwait2", "ENOMEM"),
        (EPOLL_WAIT, "ENOMEM"),
        ("ppoll", "ENOMEM"),
    ] {
        passes(calls, &format!("error={error}:when=2"), &["--exact", alone]);
    }
}

/// Two waits of each kind, of which the second fails on the engine that is meant.
#[test]
fn the_first_wait_after_a_report_fails() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    // Each kind of a wait, in threads of their own, for calls are counted for each apart. One
    // without end looks once more when it has failed.
    let long = Duration::from_secs(20);
    let failures: u32 = [None, Some(long), Some(long + Duration::from_nanos(1))]
        .into_iter()
        .flat_map(|timeout| {
            let native = thread::spawn(move || second_wait(poll_os::Poll::new, timeout));
            let poll = thread::spawn(move || second_wait(poll_os::poll::Poll::new, timeout));
            [native, poll]
        })
        .map(|thread| u32::from(thread.join().unwrap()))
        .sum();
    assert!(failures > 0, "none failed");
}

/// Whether the second wait failed.
fn second_wait<B: Backend>(new: fn() -> io::Result<Poll<B>>, timeout: Option<Duration>) -> bool {
    let mut poll = new().unwrap();
    let mut events = Events::with_capacity(2);
    let pairs = [1, 2].map(|token| {
        let pair = UnixStream::pair().unwrap();
        let (interest, edge) = (Interest::READABLE, Trigger::Edge);
        let registry = poll.registry();
        registry
            .register(&pair.0, Token(token), interest, edge)
            .unwrap();
        pair
    });
    (&pairs[0].1).write_all(b"x").unwrap();
    poll.wait(&mut events, timeout).unwrap();
    assert_eq!(events.iter().next().unwrap().token(), Token(1));
    (&pairs[1].1).write_all(b"x").unwrap();
    let failed = poll.wait(&mut events, timeout).is_err();
    if failed {
        assert!(events.is_empty(), "the report of the wait before");
        poll.wait(&mut events, timeout).unwrap();
    }
    assert_eq!(events.iter().next().unwrap().token(), Token(2));
    failed
}

/// Everything a poller does, once; errors are fine, and descriptors are given back.
#[test]
fn the_scenario_leaks_nothing() {
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    drop(descriptors);
    if env::var_os(CHILD).is_none() {
        // Other tests open descriptors meanwhile.
        return;
    }
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    let _native = scenario(poll_os::Poll::new);
    let _poll = scenario(poll_os::poll::Poll::new);
    assert_eq!(open(), before);
}

fn scenario<B: Backend>(new: fn() -> io::Result<Poll<B>>) -> io::Result<()> {
    let mut poll = new()?;
    let mut events = Events::with_capacity(2);
    let registry = poll.registry().clone();
    let (near, _far) = UnixStream::pair()?;
    let (other, _peer) = UnixStream::pair()?;
    let both = Interest::READABLE | Interest::WRITABLE;
    let first = Waker::new(&registry, Token(1));
    let second = Waker::new(&registry, Token(2));
    let held = Registered::new(registry.clone(), near, Token(3), both, Trigger::Edge);
    let level = registry.register(&other, Token(4), both, Trigger::Level);
    // What failed can be made now: the fault strikes once.
    if level.is_err() {
        registry.register(&other, Token(4), both, Trigger::Level)?;
    }
    for timeout in [0, 1_000, 1_500] {
        for waker in [&first, &second].into_iter().flatten() {
            waker.wake()?;
        }
        drop(poll.wait(&mut events, Some(Duration::from_micros(timeout))));
        registry.modify(&other, Token(5), Interest::READABLE, Trigger::Oneshot)?;
    }
    drop(held);
    registry.deregister(&other)?;
    drop(poll);
    first?.wake()
}
