//! The other tests once more, with system calls that fail: injected by strace.

use std::env;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Set in the processes that run under strace.
const CHILD: &str = "POLL_MIO_INJECTED";

/// Tests that would nest in themselves, or that count the system calls or time that faults add.
const LEFT_OUT: [&str; 4] = ["injected", "cost", "interruption", "timeouts"];

/// Runs the tests of this binary that `arguments` choose, with `fault` injected into `calls`; none
/// where strace cannot.
fn under_strace(calls: &str, fault: &str, arguments: &[&str]) -> Option<Output> {
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
        strace(&env::current_exe().unwrap(), arguments)
    } else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        let () =
            eprintln!("SKIP: {calls} with {fault}: there is no strace here, or it may not trace");
        None
    }
}

fn passes(calls: &str, fault: &str, arguments: &[&str]) {
    if env::var_os(CHILD).is_some() {
        return;
    }
    if let Some(output) = under_strace(calls, fault, arguments) {
        let text = String::from_utf8_lossy(&output.stdout);
        let noise = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{calls}:{fault}: {text}\n{noise}");
        assert!(!text.contains("running 0 tests"), "{arguments:?}");
    }
}

fn everything() -> Vec<&'static str> {
    LEFT_OUT.iter().flat_map(|it| ["--skip", it]).collect()
}

#[test]
fn without_eventfd_a_pipe_takes_its_place() {
    for error in ["ENOSYS", "EPERM"] {
        passes("eventfd2", &format!("error={error}"), &everything());
    }
}

#[test]
fn without_precise_waits_everything_is_the_same() {
    passes("epoll_pwait2", "error=ENOSYS", &everything());
}

#[test]
fn interrupted_waits_lose_nothing() {
    let waits = "epoll_wait,epoll_pwait,epoll_pwait2,ppoll,poll";
    passes(waits, "error=EINTR:when=1+2", &everything());
}

#[test]
fn a_wait_that_is_woken_while_it_is_interrupted_loses_no_wake() {
    let waits = "epoll_wait,epoll_pwait,epoll_pwait2,ppoll,poll";
    let fault = "error=EINTR:delay_enter=5000:when=1+2";
    passes(waits, fault, &["waker::a_wait_without_end"]);
}

#[test]
fn interrupted_operations_are_made_again() {
    // Writes are also those of the test harness, which makes them again too. The reads of the
    // dynamic linker do not.
    let operations = "recvfrom,sendto,recvmsg,sendmsg,write,readv,writev,accept4,connect";
    passes(operations, "error=EINTR:when=2+3", &everything());
}
