//! Running a test in a process of its own, and waiting with a deadline.

use core::time::Duration;
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sys_process::{Signal, kill};

/// Names the test whose body a process is to run.
const VARIABLE: &str = "SYS_PROCESS_ISOLATED";
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs `body` in a process of its own, which must end well.
#[track_caller]
pub(crate) fn isolated(name: &str, body: fn()) {
    if let Some(status) = isolated_status(name, Start::Clean, body) {
        assert!(status.success(), "{name}: {status}");
    }
}

/// How the process of the test is started.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    Clean,
    /// By a shell that ignores this signal, which a started program inherits.
    Ignoring(&'static str),
}

/// Runs `body` in a process of its own and returns how that ended; `None` in that process itself.
pub(crate) fn isolated_status(name: &str, start: Start, body: fn()) -> Option<ExitStatus> {
    if std::env::var_os(VARIABLE).is_some_and(|running| running == name) {
        with_watchdog(body);
        return None;
    }
    let test = std::env::current_exe().unwrap();
    let mut command = match start {
        Start::Clean => Command::new(test),
        Start::Ignoring(signal) => {
            let mut shell = Command::new("sh");
            let script = format!("trap '' {signal}; exec \"$0\" \"$@\"");
            shell.arg("-c").arg(script).arg(test);
            shell
        }
    };
    let output = command
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, name)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("running 1 test"), "{name} is no test: {text}");
    if !output.status.success() || errors.contains("SKIP: ") {
        eprintln!("{text}{errors}");
    }
    Some(output.status)
}

fn with_watchdog(body: fn()) {
    let (done, watch) = channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if watch.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the deadline has passed");
            std::process::abort();
        }
    });
    body();
    drop(done);
    watchdog.join().unwrap();
}

pub(crate) fn send_to_self(signal: Signal) {
    kill(rustix::process::getpid(), signal).unwrap();
}

/// Whether the descriptor is readable now.
pub(crate) fn is_readable(source: &impl AsFd) -> bool {
    readable_within(source, Duration::ZERO)
}

/// Waits until the descriptor is readable; panics when the deadline passes.
#[track_caller]
pub(crate) fn wait_readable(source: &impl AsFd) {
    assert!(readable_within(source, DEADLINE), "the deadline has passed");
}

fn readable_within(source: &impl AsFd, timeout: Duration) -> bool {
    let timeout = Timespec::try_from(timeout).unwrap();
    loop {
        let mut fds = [PollFd::new(source, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(count) => return count == 1,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }
}
