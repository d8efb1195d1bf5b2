//! Every descriptor is close-on-exec and non-blocking from birth.

use std::os::fd::AsFd;

use rustix::io::FdFlags;
use sys_socket::{Domain, Errno, Kind, Protocol};

use crate::loopback::{new, tcp_pair};

fn assert_born_well(fd: impl AsFd) {
    assert!(is_close_on_exec(&fd));
    assert_eq!(sys_socket::is_non_blocking(&fd), Ok(true));
}

pub(crate) fn is_close_on_exec(fd: impl AsFd) -> bool {
    rustix::io::fcntl_getfd(fd)
        .unwrap()
        .contains(FdFlags::CLOEXEC)
}

#[test]
fn every_way_of_making_a_descriptor_sets_both_flags() {
    let (client, server) = tcp_pair();
    assert_born_well(&client);
    assert_born_well(&server);
    for kind in [Kind::STREAM, Kind::DATAGRAM, Kind::SEQPACKET] {
        let (a, b) = sys_socket::pair(Domain::UNIX, kind, Protocol::DEFAULT).unwrap();
        assert_born_well(&a);
        assert_born_well(&b);
    }
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    assert_born_well(&read_end);
    assert_born_well(&write_end);
}

#[test]
fn a_duplicate_is_close_on_exec_and_shares_the_mode() {
    let socket = new(Kind::STREAM);
    let second = sys_socket::duplicate(&socket).unwrap();
    assert!(is_close_on_exec(&second));
    sys_socket::set_non_blocking(&second, false).unwrap();
    assert_eq!(sys_socket::is_non_blocking(&socket), Ok(false));
    sys_socket::set_non_blocking(&socket, true).unwrap();
    assert_eq!(sys_socket::is_non_blocking(&second), Ok(true));
}

#[test]
fn a_listener_can_be_made_to_wait_and_not_to_wait_again() {
    let socket = new(Kind::STREAM);
    sys_socket::set_non_blocking(&socket, true).unwrap();
    sys_socket::listen(&socket, 1).unwrap();
    assert_eq!(sys_socket::accept(&socket).err(), Some(Errno::AGAIN));
}
