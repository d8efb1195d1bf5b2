//! Sockets on loopback, directories that clean up, and waits that end.

use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sys_socket::{Address, Domain, Errno, Kind, Protocol};

/// A child holds a copy of every descriptor between `fork` and `exec`: whoever starts one writes,
/// and whoever needs a close to take effect at once reads.
static CHILDREN: RwLock<()> = RwLock::new(());

pub(crate) fn starting_a_child() -> RwLockWriteGuard<'static, ()> {
    CHILDREN.write().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn no_child_starts() -> RwLockReadGuard<'static, ()> {
    CHILDREN.read().unwrap_or_else(PoisonError::into_inner)
}

/// Longer than any healthy wait in these tests.
const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) fn any_port() -> Address {
    Address::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

pub(crate) fn new(kind: Kind) -> OwnedFd {
    sys_socket::socket(Domain::IPV4, kind, Protocol::DEFAULT).unwrap()
}

pub(crate) fn bound(kind: Kind) -> (OwnedFd, Address) {
    let socket = new(kind);
    sys_socket::bind(&socket, &any_port()).unwrap();
    let address = sys_socket::local_addr(&socket).unwrap();
    (socket, address)
}

pub(crate) fn listener() -> (OwnedFd, Address) {
    let (socket, address) = bound(Kind::STREAM);
    sys_socket::listen(&socket, 16).unwrap();
    (socket, address)
}

/// Waits until the descriptor is ready for `flags`, or fails the test.
pub(crate) fn wait(fd: impl AsFd, flags: PollFlags) {
    let mut set = [PollFd::from_borrowed_fd(fd.as_fd(), flags)];
    let timeout = Timespec::try_from(DEADLINE).unwrap();
    let ready = poll(&mut set, Some(&timeout)).unwrap();
    assert_eq!(ready, 1, "nothing happened before the deadline");
}

pub(crate) fn wait_readable(fd: impl AsFd) {
    wait(fd, PollFlags::IN);
}

/// Both ends of a TCP connection over loopback: the one that connected, the one accepted.
pub(crate) fn tcp_pair() -> (OwnedFd, OwnedFd) {
    let (listener, address) = listener();
    let client = new(Kind::STREAM);
    match sys_socket::connect(&client, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => panic!("{error}"),
    }
    wait_readable(&listener);
    let (server, _peer) = sys_socket::accept(&listener).unwrap();
    wait(&client, PollFlags::OUT);
    assert_eq!(sys_socket::take_error(&client), Ok(None));
    (client, server)
}

/// Two UDP sockets that are connected to each other.
pub(crate) fn udp_pair() -> (OwnedFd, OwnedFd) {
    let (a, address_a) = bound(Kind::DATAGRAM);
    let (b, address_b) = bound(Kind::DATAGRAM);
    sys_socket::connect(&a, &address_b).unwrap();
    sys_socket::connect(&b, &address_a).unwrap();
    (a, b)
}

/// A directory that is removed in the end.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "sys-socket-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Left behind, it would only take space; a test must not fail for it.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
