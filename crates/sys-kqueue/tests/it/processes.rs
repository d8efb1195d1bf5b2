//! The filters on processes, signals and asynchronous operations.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, getpid, kill_process};
use sys_kqueue::{Change, Errno, Filter, Flags, Kind, Kqueue, Pid, ProcessNotes};

use super::{assert_silent, next};

/// A child that ends with status 3 when its input is closed.
fn child() -> (Child, Pid) {
    let child = Command::new("sh")
        .args(["-c", "read line; exit 3"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    (child, pid)
}

#[test]
fn the_exit_of_a_child_is_reported_with_its_status() {
    let kqueue = Kqueue::new().unwrap();
    let (mut child, pid) = child();
    let mut notes = ProcessNotes::EXIT;
    if let Some(status) = ProcessNotes::EXITSTATUS {
        notes |= status;
    }
    let add = Change::process(pid, notes, Flags::ADD | Flags::ONESHOT, 6);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    drop(child.stdin.take());
    let event = next(&kqueue);
    assert_eq!(event.udata(), 6);
    match event.kind() {
        Kind::Process {
            pid: seen,
            notes,
            data,
        } => {
            assert_eq!((seen, data), (Some(pid), 3 << 8));
            assert!(notes.contains(ProcessNotes::EXIT), "{notes:?}");
        }
        kind => panic!("{kind:?}"),
    }
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_process_that_is_gone_is_told_by_its_errno() {
    let kqueue = Kqueue::new().unwrap();
    let (mut child, pid) = child();
    child.wait().unwrap();
    let add = Change::process(pid, ProcessNotes::EXIT, Flags::ADD, 0);
    assert_eq!(kqueue.apply_one(&add), Err(Errno::SRCH));
}

#[test]
fn a_signal_is_counted() {
    let kqueue = Kqueue::new().unwrap();
    // Ignored unless a program asks for it, so the filter is the only one to see it.
    let signal = Signal::WINCH;
    let add = Change::signal(signal.as_raw(), Flags::ADD, 5);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    for _ in 0..2 {
        kill_process(getpid(), signal).unwrap();
    }
    let kind = Kind::Signal {
        signal: signal.as_raw(),
        count: 2,
    };
    assert_eq!(next(&kqueue).kind(), kind);
    assert_silent(&kqueue);
    let nonsense = Change::signal(-1, Flags::ADD, 0);
    assert_eq!(kqueue.apply_one(&nonsense), Err(Errno::INVAL));
}

#[test]
fn what_is_no_process_descriptor_is_refused() {
    let kqueue = Kqueue::new().unwrap();
    let file = File::open("/dev/null").unwrap();
    let notes = ProcessNotes::EXIT;
    let Some(add) = Change::process_descriptor(file.as_fd(), notes, Flags::ADD, 0) else {
        return assert_eq!(Filter::PROCDESC, None);
    };
    assert_eq!(kqueue.apply_one(&add), Err(Errno::INVAL));
}

#[test]
fn an_asynchronous_operation_that_never_was_is_not_registered() {
    let kqueue = Kqueue::new().unwrap();
    let delete = Change::on_number(1, Filter::AIO, Flags::DELETE, 0).unwrap();
    assert!(kqueue.apply_one(&delete).is_err());
}
