//! Unix connections that keep the bounds of messages.

use std::io::ErrorKind;

use poll_net::{UnixSeqpacket, UnixSeqpacketListener};

use crate::support::{TempPath, no_child_starts, readable};

#[test]
fn sequenced_packets_keep_the_bounds_of_messages_and_have_an_end() {
    let _guard = no_child_starts();
    let path = TempPath::new();
    let listener = UnixSeqpacketListener::bind(&path).unwrap();
    let client = UnixSeqpacket::connect(&path).unwrap();
    assert!(client.finish_connect().unwrap());
    let (server, _peer) = readable(&listener, UnixSeqpacketListener::accept).unwrap();
    client.send(b"one").unwrap();
    client.send(b"three").unwrap();
    let mut buffer = [0; 8];
    assert_eq!(server.peek(&mut buffer).unwrap(), 3);
    assert_eq!(server.recv(&mut buffer).unwrap(), 3);
    assert_eq!(server.recv(&mut buffer).unwrap(), 5);
    let nothing = server.recv(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    drop(client);
    assert_eq!(server.recv(&mut buffer).unwrap(), 0);
    assert_eq!(server.send(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}
