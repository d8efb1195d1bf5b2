//! Control data that Linux alone has, and descriptors counted one by one.

use core::net::SocketAddr;
use std::fs;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Write};
use std::os::fd::AsFd;

use poll_net::ancillary::{
    ControlMessage, IncomingControl, MessageFlags, OutgoingControl, control_space,
};
use poll_net::pipe::pipe;
use poll_net::{Datagram, UdpReceiveBatch, UdpSendBatch, UdpSocket, UnixStream};

use crate::ancillary::{ROOM, receive, take_descriptors};
use crate::emulation::{kernel_does, known};
use crate::linux::sockets::joins_segments;
use crate::support::{any_port, in_child, readable};

#[test]
fn no_descriptor_leaks_whoever_takes_it_or_not() {
    let name = "linux::ancillary::no_descriptor_leaks_whoever_takes_it_or_not";
    if in_child(name, Some(64)) {
        count_descriptors();
    }
}

#[test]
fn credentials_come_with_the_message_if_asked_for() {
    let (a, b) = UnixStream::pair().unwrap();
    b.set_pass_credentials(true).unwrap();
    (&a).write_all(b"x").unwrap();
    let mut control = IncomingControl::with_capacity(ROOM);
    receive(&b, &mut control);
    let found = control.messages().find_map(|message| match message {
        ControlMessage::Credentials(credentials) => credentials.pid,
        _ => None,
    });
    assert_eq!(u32::try_from(found.unwrap()).unwrap(), std::process::id());
}

#[test]
fn the_process_of_the_sender_comes_with_the_message_if_asked_for() {
    let (a, b) = UnixStream::pair().unwrap();
    if b.set_pass_process(true).is_err() {
        // Before Linux 6.5.
        return;
    }
    assert!(b.pass_process().unwrap());
    (&a).write_all(b"x").unwrap();
    let mut control = IncomingControl::with_capacity(ROOM);
    receive(&b, &mut control);
    let processes = control.messages().filter_map(|message| match message {
        ControlMessage::Process(descriptors) => Some(descriptors.count()),
        _ => None,
    });
    assert_eq!(processes.sum::<usize>(), 1);
}

#[test]
fn a_datagram_tells_where_and_when_it_arrived_and_its_type_of_service() {
    let a = UdpSocket::bind(any_port()).unwrap();
    let b = UdpSocket::bind(any_port()).unwrap();
    b.set_packet_info_v4(true).unwrap();
    for set in [b.set_timestamps(true), b.set_recv_tos(true)] {
        if known(set).is_none() {
            return;
        }
    }
    let mut outgoing = OutgoingControl::with_capacity(ROOM);
    outgoing.push_tos(0x10).unwrap();
    let to = b.local_addr().unwrap();
    a.send_message(&[IoSlice::new(b"x")], Some(to), &outgoing)
        .unwrap();
    let mut incoming = IncomingControl::with_capacity(ROOM);
    let mut buffer = [0; 8];
    let received = readable(&b, |b| {
        b.recv_message(&mut [IoSliceMut::new(&mut buffer)], &mut incoming)
    });
    assert_eq!(received.unwrap().from, a.local_addr().unwrap());
    let (mut destination, mut arrival, mut tos) = (None, None, None);
    for message in incoming.messages() {
        match message {
            ControlMessage::PacketInfo4(info) => destination = Some(info.destination),
            ControlMessage::Timestamp(time) => arrival = Some(time),
            ControlMessage::Tos(byte) => tos = Some(byte),
            _ => {}
        }
    }
    assert_eq!(destination, Some("127.0.0.1".parse().unwrap()));
    assert!(arrival.unwrap().as_secs() > 1_700_000_000);
    assert_eq!(tos, Some(0x10));
}

#[test]
fn a_batch_has_room_for_what_all_options_together_add() {
    // A datagram of IPv4 at an IPv6 socket brings the packet information of both.
    let b = UdpSocket::v6().unwrap();
    b.set_only_v6(false).unwrap();
    b.bind_to("[::]:0".parse().unwrap()).unwrap();
    b.set_packet_info_v4(true).unwrap();
    for set in [
        b.set_packet_info_v6(true),
        b.set_timestamps(true),
        b.set_recv_tos(true),
    ] {
        if known(set).is_none() {
            return;
        }
    }
    b.set_recv_segments(true).unwrap();
    let a = UdpSocket::bind(any_port()).unwrap();
    let to = SocketAddr::new(any_port().ip(), b.local_addr().unwrap().port());
    let mut outgoing = UdpSendBatch::with_capacity(1);
    let two = [Datagram::new(b"fourfour").to(to).in_segments_of(4)];
    assert_eq!(a.send_batch(&mut outgoing, &two).unwrap(), 1);
    let mut incoming = UdpReceiveBatch::with_capacity(1, 16);
    readable(&b, |b| b.recv_batch(&mut incoming)).unwrap();
    let datagram = incoming.datagrams().next().unwrap();
    assert!(!datagram.is_control_truncated());
    let mut kinds: Vec<_> = datagram.into_control().map(kind).collect();
    kinds.sort_unstable();
    let mut wanted = vec!["info 4", "info 6", "segment", "time", "tos"];
    if !joins_segments() {
        wanted.remove(2);
    }
    assert_eq!(kinds, wanted);
}

/// A name for each kind of control data that a batch has room for.
fn kind(message: ControlMessage<'_>) -> &'static str {
    match message {
        ControlMessage::PacketInfo4(_) => "info 4",
        ControlMessage::PacketInfo6(_) => "info 6",
        ControlMessage::SegmentSize(4) => "segment",
        ControlMessage::Timestamp(_) => "time",
        ControlMessage::Tos(_) => "tos",
        _ => "another",
    }
}

#[test]
fn a_refused_datagram_comes_back_through_the_error_queue() {
    let a = UdpSocket::bind(any_port()).unwrap();
    // It keeps its port, and hears nobody but itself.
    let deaf = UdpSocket::bind(any_port()).unwrap();
    let nobody = deaf.local_addr().unwrap();
    deaf.connect(nobody).unwrap();
    a.set_recv_errors_v4(true).unwrap();
    a.send_to(b"lost", nobody).unwrap();
    let mut control = IncomingControl::with_capacity(ROOM);
    let mut buffer = [0; 8];
    let received = readable(&a, |a| {
        a.recv_error(&mut [IoSliceMut::new(&mut buffer)], &mut control)
    });
    let received = received.unwrap();
    assert_eq!((received.len, received.from), (4, nobody));
    assert!(received.flags.contains(MessageFlags::ERROR_QUEUE));
    let error = control.messages().find_map(|message| match message {
        ControlMessage::Error(error) => Some(std::io::Error::from(error.errno)),
        _ => None,
    });
    assert_eq!(error.unwrap().kind(), ErrorKind::ConnectionRefused);
}

/// How many descriptors this process has open.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn count_descriptors() {
    let (a, b) = UnixStream::pair().unwrap();
    let (_sender, receiver) = pipe().unwrap();
    let mut outgoing = OutgoingControl::with_capacity(control_space(12));
    let three = [receiver.as_fd(); 3];
    outgoing.push_rights(&three).unwrap();
    let send = || a.send_message(&[IoSlice::new(b"x")], &outgoing).unwrap();
    let mut incoming = IncomingControl::with_capacity(control_space(12));
    let before = open_descriptors();
    for round in 0..100 {
        send();
        receive(&b, &mut incoming);
        assert_eq!(open_descriptors(), before + 3);
        if round % 2 == 0 {
            drop(take_descriptors(&mut incoming));
        }
        // What was not taken is closed by the next receive, or here.
        incoming.clear();
        assert_eq!(open_descriptors(), before);
    }

    // Room for one: the others are closed by the system, which says so.
    let mut narrow = IncomingControl::with_capacity(control_space(4));
    send();
    let (_bytes, received) = receive(&b, &mut narrow);
    let told = received.flags.contains(MessageFlags::CONTROL_TRUNCATED);
    if !kernel_does("control data that is cut is told", told) {
        return;
    }
    assert!(take_descriptors(&mut narrow).len() <= 2);
    assert_eq!(open_descriptors(), before);

    // No descriptor left: likewise, and the bytes arrive.
    send();
    let mut hoard = Vec::new();
    while let Ok(clone) = receiver.as_fd().try_clone_to_owned() {
        hoard.push(clone);
    }
    let (bytes, received) = receive(&b, &mut incoming);
    assert_eq!(bytes, b"x");
    assert!(received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
    drop(hoard);
    drop(incoming);
    drop(narrow);
    assert_eq!(open_descriptors(), before);

    // Sent and never received: closed with the socket.
    send();
    drop(b);
    assert_eq!(open_descriptors(), before - 1);
}
