//! A process that has no descriptor left, in a process of its own.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sys_socket::{Errno, IncomingControl, Kind, MessageFlags, ReceiveFlags, control_space};

use crate::loopback::{listener, new, starting_a_child, wait_readable};
use crate::messages::{assert_closes, receive, send_rights, take_all, unix_pair};

const ROLE: &str = "SYS_SOCKET_TEST_LIMIT";

/// Whether this is the process of its own; otherwise runs the test `name` in one, which must end
/// well.
pub(crate) fn in_its_own_process(name: &str) -> bool {
    if std::env::var_os(ROLE).is_some() {
        return true;
    }
    let starting = starting_a_child();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(ROLE, name)
        .spawn()
        .unwrap();
    drop(starting);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    false
}

/// Leaves room for `more` descriptors; returns the limit before.
fn leave_room_for(more: u64) -> Rlimit {
    let before = getrlimit(Resource::Nofile);
    // The lowest free number is the one that is given next; below it nothing is free.
    let next = sys_socket::duplicate(std::io::stderr())
        .unwrap()
        .as_raw_fd();
    let current = Some(u64::try_from(next).unwrap() + more);
    setrlimit(Resource::Nofile, Rlimit { current, ..before }).unwrap();
    before
}

#[test]
fn descriptors_beyond_the_limit_are_told_and_none_leaks() {
    if !in_its_own_process("limit::descriptors_beyond_the_limit_are_told_and_none_leaks") {
        return;
    }
    let (a, b) = unix_pair(Kind::DATAGRAM);
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    for _ in 0..3 {
        send_rights(&a, &[write_end.as_fd(), write_end.as_fd()]);
    }
    drop(write_end);
    let mut control = IncomingControl::with_capacity(control_space(8));
    let mut held: Vec<OwnedFd> = Vec::with_capacity(8);
    let before = leave_room_for(1);
    for wanted in [1, 0] {
        let received = receive(&b, &mut control);
        assert!(received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
        let taken = take_all(&mut control);
        assert_eq!(taken.len(), wanted);
        held.extend(taken);
    }
    setrlimit(Resource::Nofile, before).unwrap();
    let mut bytes = [0; 4];
    let mut buffers = [IoSliceMut::new(&mut bytes)];
    let none = ReceiveFlags::NONE;
    let received = sys_socket::receive_message(&b, &mut buffers, &mut control, none).unwrap();
    assert!(!received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
    held.extend(take_all(&mut control));
    assert_eq!(held.len(), 3);
    drop(held);
    assert_closes(&read_end);
}

#[test]
fn a_connection_that_finds_no_descriptor_stays_in_the_queue() {
    if !in_its_own_process("limit::a_connection_that_finds_no_descriptor_stays_in_the_queue") {
        return;
    }
    let (listener, address) = listener();
    let client = new(Kind::STREAM);
    let connecting = sys_socket::connect(&client, &address);
    assert!(matches!(connecting, Ok(()) | Err(Errno::INPROGRESS)));
    wait_readable(&listener);
    let before = leave_room_for(0);
    assert_eq!(sys_socket::accept(&listener).err(), Some(Errno::MFILE));
    assert_eq!(sys_socket::pipe().err(), Some(Errno::MFILE));
    assert_eq!(sys_socket::duplicate(&client).err(), Some(Errno::MFILE));
    setrlimit(Resource::Nofile, before).unwrap();
    let (_accepted, peer) = sys_socket::accept(&listener).unwrap();
    assert_eq!(peer, sys_socket::local_addr(&client).unwrap());
}
