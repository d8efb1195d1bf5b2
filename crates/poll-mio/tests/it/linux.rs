//! What Linux alone has, or tells.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt;

use poll_mio::event::Event;
use poll_mio::net::{UnixDatagram, UnixListener, UnixStream};
use poll_mio::{Interest, Token};
use sys_socket::{Errno, ReceiveFlags, SendFlags};

use crate::stage::{BOTH, Stage, TempPath, connected, would_block};

#[test]
fn an_urgent_byte_is_readable_and_priority() {
    let mut stage = Stage::new();
    let (mut near, far) = connected();
    let interest = Interest::READABLE | Interest::PRIORITY;
    stage
        .registry()
        .register(&mut near, Token(1), interest)
        .unwrap();
    stage.silent();
    while sys_socket::send(&far, b"!", SendFlags::OUT_OF_BAND) == Err(Errno::INTR) {}
    stage.until(Token(1), |event| event.is_readable() && event.is_priority());
}

#[test]
fn after_would_block_the_next_urgent_byte_is_reported_too() {
    let mut stage = Stage::new();
    let (mut near, far) = connected();
    let interest = Interest::READABLE | Interest::PRIORITY;
    stage
        .registry()
        .register(&mut near, Token(1), interest)
        .unwrap();
    for _ in 0..3 {
        while sys_socket::send(&far, b"!", SendFlags::OUT_OF_BAND) == Err(Errno::INTR) {}
        stage.until(Token(1), Event::is_priority);
        let mut byte = [0];
        while sys_socket::recv(&near, &mut byte, ReceiveFlags::OUT_OF_BAND) == Err(Errno::INTR) {}
        assert_eq!(byte, *b"!");
        would_block(near.read(&mut [0; 8]));
        stage.silent();
    }
}

#[test]
fn a_datagram_that_finds_no_room_asks_for_it() {
    let path = TempPath::new();
    let far = UnixDatagram::bind(&path).unwrap();
    let (connected, unconnected) = (UnixDatagram::unbound(), UnixDatagram::unbound());
    let (mut connected, mut unconnected) = (connected.unwrap(), unconnected.unwrap());
    connected.connect(&path).unwrap();
    let mut stage = Stage::new();
    let registry = stage.registry();
    registry.register(&mut connected, Token(1), BOTH).unwrap();
    registry.register(&mut unconnected, Token(2), BOTH).unwrap();
    stage.until_writable(Token(2));
    for _ in 0..3 {
        while unconnected.send_to(b"x", &path).is_ok() {}
        would_block(unconnected.send_to(b"x", &path));
        while far.recv(&mut [0; 8]).is_ok() {}
        stage.until_writable(Token(2));
        while connected.send(b"x").is_ok() {}
        would_block(connected.send(b"x"));
        while far.recv(&mut [0; 8]).is_ok() {}
        stage.until_writable(Token(1));
    }
}

#[test]
fn a_path_that_begins_with_a_zero_byte_is_an_abstract_name() {
    let name = format!("poll-mio-abstract-{}", std::process::id());
    let path = format!("\0{name}");
    let listener = UnixListener::bind(&path).unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(address.as_abstract_name(), Some(name.as_bytes()));
    let client = UnixStream::connect_addr(&address).unwrap();
    assert_eq!(
        client.peer_addr().unwrap().as_abstract_name(),
        Some(name.as_bytes())
    );
    UnixStream::connect(&path).unwrap();
    let receiver = UnixDatagram::bind(format!("{path}-datagrams")).unwrap();
    let sender = UnixDatagram::unbound().unwrap();
    sender.send_to(b"x", format!("{path}-datagrams")).unwrap();
    assert_eq!(receiver.recv(&mut [0; 8]).unwrap(), 1);
}

#[test]
fn binding_to_an_empty_path_is_a_name_of_the_kernels_choice() {
    let listener = UnixListener::bind("").unwrap();
    let address = listener.local_addr().unwrap();
    assert!(address.as_abstract_name().is_some(), "{address:?}");
    UnixStream::connect_addr(&address).unwrap();
    let datagrams = UnixDatagram::bind("").unwrap();
    assert!(datagrams.local_addr().unwrap().as_abstract_name().is_some());
}

#[test]
fn a_pair_of_datagram_sockets_ends_like_streams() {
    let mut stage = Stage::new();
    let (mut near, far) = UnixDatagram::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    far.send(b"x").unwrap();
    stage.until_readable(Token(1));
    assert_eq!(near.recv(&mut [0; 8]).unwrap(), 1);
    assert!(near.take_error().unwrap().is_none());
    near.shutdown(Shutdown::Both).unwrap();
    stage.until(Token(1), Event::is_write_closed);
    assert_eq!(near.send(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}
