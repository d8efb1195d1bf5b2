//! What sockets are born with: non-blocking, close-on-exec, and reusable addresses.

use std::os::fd::{AsFd, AsRawFd};

use poll_mio::Token;
use poll_mio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use poll_mio::unix::pipe;
use sys_socket::options;

use crate::stage::{READ, Stage, TempPath, any_port};

#[track_caller]
fn is_born_well(source: &impl AsFd) {
    assert!(
        sys_socket::is_non_blocking(source).unwrap(),
        "it would wait"
    );
    closes_on_exec(source.as_fd().as_raw_fd());
}

/// Where the system shows the flags of a descriptor.
#[track_caller]
pub(crate) fn closes_on_exec(number: i32) {
    const CLOSE_ON_EXEC: u32 = 0o2_000_000;
    let Ok(text) = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")) else {
        return;
    };
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = u32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
    assert_ne!(flags & CLOSE_ON_EXEC, 0, "a child would inherit it");
}

#[test]
fn what_this_crate_makes_is_non_blocking_and_close_on_exec() {
    let mut stage = Stage::new();
    let mut listener = TcpListener::bind(any_port()).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    is_born_well(&listener);
    is_born_well(&stream);
    let registry = stage.registry();
    registry.register(&mut listener, Token(0), READ).unwrap();
    stage.until_readable(Token(0));
    is_born_well(&listener.accept().unwrap().0);
    is_born_well(&UdpSocket::bind(any_port()).unwrap());

    let (path, other) = (TempPath::new(), TempPath::new());
    let mut listener = UnixListener::bind(&path).unwrap();
    is_born_well(&listener);
    let registry = stage.registry();
    registry.register(&mut listener, Token(1), READ).unwrap();
    is_born_well(&UnixStream::connect(&path).unwrap());
    stage.until_readable(Token(1));
    is_born_well(&listener.accept().unwrap().0);
    let (a, b) = UnixStream::pair().unwrap();
    is_born_well(&a);
    is_born_well(&b);
    is_born_well(&UnixDatagram::bind(&other).unwrap());
    is_born_well(&UnixDatagram::unbound().unwrap());
    let (a, b) = UnixDatagram::pair().unwrap();
    is_born_well(&a);
    is_born_well(&b);
    let (sender, receiver) = pipe::new().unwrap();
    is_born_well(&sender);
    is_born_well(&receiver);
}

#[test]
fn a_listener_may_have_the_address_of_an_earlier_one_and_not_of_a_present_one() {
    let listener = TcpListener::bind(any_port()).unwrap();
    assert!(sys_socket::option(&listener, options::REUSE_ADDRESS).unwrap());
    let address = listener.local_addr().unwrap();
    assert!(TcpListener::bind(address).is_err());
    let client = std::net::TcpStream::connect(address).unwrap();
    let mut stage = Stage::new();
    let mut listener = listener;
    let registry = stage.registry();
    registry.register(&mut listener, Token(0), READ).unwrap();
    stage.until_readable(Token(0));
    // The side that closes first keeps the address for a while.
    drop(listener.accept().unwrap());
    drop(listener);
    drop(client);
    TcpListener::bind(address).unwrap();
}

#[test]
fn what_comes_from_the_standard_library_stays_as_it_is() {
    let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
    b.set_nonblocking(true).unwrap();
    let (a, b) = (UnixStream::from_std(a), UnixStream::from_std(b));
    assert!(!sys_socket::is_non_blocking(&a).unwrap());
    assert!(sys_socket::is_non_blocking(&b).unwrap());
    let b = std::os::unix::net::UnixStream::from(b);
    assert!(sys_socket::is_non_blocking(&b).unwrap());
}
