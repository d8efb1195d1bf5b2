//! Whether there is a process with a number.

use std::process::{Command, Stdio};

use sys_process::{Pid, is_gone};

#[test]
fn a_process_is_gone_once_it_was_waited_for() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    assert!(!is_gone(pid));
    assert!(!is_gone(rustix::process::getpid()));
    child.kill().unwrap();
    child.wait().unwrap();
    // OpenBSD does not say so.
    assert!(is_gone(pid) || std::env::consts::OS == "openbsd");
}
