//! The filters on processes and asynchronous operations.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

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
