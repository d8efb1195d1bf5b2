//! Messages with control data.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use poll_net::ancillary::{
    ControlMessage, IncomingControl, MessageFlags, OutgoingControl, Received, control_space,
};
use poll_net::pipe::{Receiver, pipe};
use poll_net::{UnixAddr, UnixDatagram, UnixSeqpacket, UnixStream};

use crate::support::TempPath;

/// Room for any test's control data.
pub(crate) const ROOM: usize = 256;

/// Receives one message of at most 64 bytes.
pub(crate) fn receive(
    stream: &UnixStream,
    control: &mut IncomingControl,
) -> (Vec<u8>, Received<UnixAddr>) {
    let mut bytes = [0; 64];
    let received = stream.recv_message(&mut [IoSliceMut::new(&mut bytes)], control);
    let received = received.unwrap();
    (bytes[..received.len].to_vec(), received)
}

/// Takes all descriptors out of a message.
pub(crate) fn take_descriptors(control: &mut IncomingControl) -> Vec<OwnedFd> {
    let mut taken = Vec::new();
    for message in control.messages() {
        if let ControlMessage::Rights(descriptors) = message {
            taken.extend(descriptors);
        }
    }
    taken
}

#[test]
fn a_passed_descriptor_is_the_same_open_file() {
    let (a, b) = UnixStream::pair().unwrap();
    let (mut sender, receiver) = pipe().unwrap();
    let mut control = OutgoingControl::with_capacity(control_space(4));
    control.push_rights(&[receiver.as_fd()]).unwrap();
    let parts = [IoSlice::new(b"with "), IoSlice::new(b"it")];
    assert_eq!(a.send_message(&parts, &control).unwrap(), 7);
    drop(receiver);

    let mut control = IncomingControl::with_capacity(control_space(4));
    let (bytes, received) = receive(&b, &mut control);
    assert_eq!(bytes, b"with it");
    assert!(!received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
    let mut taken = take_descriptors(&mut control);
    assert!(take_descriptors(&mut control).is_empty(), "handed out once");
    let mut receiver = Receiver::from(taken.pop().unwrap());
    sender.write_all(b"through").unwrap();
    assert_eq!(receiver.read(&mut [0; 64]).unwrap(), 7);
    assert!(taken.is_empty());

    let mut empty = IncomingControl::with_capacity(0);
    let mut byte = [0];
    let nothing = b.recv_message(&mut [IoSliceMut::new(&mut byte)], &mut empty);
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn datagrams_and_packets_pass_control_data_too() {
    let path = TempPath::new();
    let receiver = UnixDatagram::bind(&path).unwrap();
    let sender = UnixDatagram::unbound().unwrap();
    let mut outgoing = OutgoingControl::with_capacity(control_space(4));
    outgoing.push_rights(&[sender.as_fd()]).unwrap();
    let to = UnixAddr::from_pathname(&path).unwrap();
    let parts = [IoSlice::new(b"four")];
    assert_eq!(sender.send_message_to(&parts, &to, &outgoing).unwrap(), 4);
    let mut incoming = IncomingControl::with_capacity(ROOM);
    let mut two = [0; 2];
    let received = receiver.recv_message(&mut [IoSliceMut::new(&mut two)], &mut incoming);
    let received = received.unwrap();
    assert_eq!((received.len, received.from), (2, UnixAddr::UNNAMED));
    assert!(received.flags.contains(MessageFlags::TRUNCATED));
    assert_eq!(take_descriptors(&mut incoming).len(), 1);
    sender.connect(&path).unwrap();
    assert_eq!(sender.send_message(&parts, &outgoing).unwrap(), 4);

    if let Ok((a, b)) = UnixSeqpacket::pair() {
        a.send_message(&parts, &outgoing).unwrap();
        let received = b.recv_message(&mut [IoSliceMut::new(&mut two)], &mut incoming);
        assert!(received.unwrap().flags.contains(MessageFlags::TRUNCATED));
        assert_eq!(take_descriptors(&mut incoming).len(), 1);
    }
}
