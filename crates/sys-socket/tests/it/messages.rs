//! Messages with control data: descriptors and their owners, credentials, addresses, times.

use core::net::{Ipv4Addr, SocketAddr};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use sys_socket::{
    ControlMessage, Domain, Errno, IncomingControl, Kind, MessageFlags, OutgoingControl, Protocol,
    ReceiveFlags, Received, SendFlags, control_space, options, set_option,
};

use crate::descriptors::is_close_on_exec;
use crate::emulation::kernel_does;
use crate::loopback::{bound, udp_pair, wait_readable};

pub(crate) fn unix_pair(kind: Kind) -> (OwnedFd, OwnedFd) {
    sys_socket::pair(Domain::UNIX, kind, Protocol::DEFAULT).unwrap()
}

pub(crate) fn send(socket: &OwnedFd, control: &OutgoingControl<'_>) {
    let sent = sys_socket::send_message(
        socket,
        &[IoSlice::new(b"x")],
        None,
        control,
        SendFlags::NONE,
    );
    assert_eq!(sent, Ok(1));
}

pub(crate) fn send_rights(socket: &OwnedFd, descriptors: &[BorrowedFd<'_>]) {
    let space = control_space(size_of_val(descriptors));
    let mut control = OutgoingControl::with_capacity(space);
    control.push_rights(descriptors).unwrap();
    send(socket, &control);
}

pub(crate) fn receive(socket: &OwnedFd, control: &mut IncomingControl) -> Received {
    wait_readable(socket);
    let mut bytes = [0; 16];
    let mut buffers = [IoSliceMut::new(&mut bytes)];
    sys_socket::receive_message(socket, &mut buffers, control, ReceiveFlags::NONE).unwrap()
}

pub(crate) fn take_all(control: &mut IncomingControl) -> Vec<OwnedFd> {
    let mut taken = Vec::new();
    for message in control.messages() {
        if let ControlMessage::Rights(descriptors) = message {
            taken.extend(descriptors);
        }
    }
    taken
}

/// Whether nobody holds the writing end of a pipe any more: the exact oracle for leaks.
pub(crate) fn is_closed(read_end: &OwnedFd) -> bool {
    match sys_socket::read(read_end, &mut [0; 1]) {
        Ok(0) => true,
        Err(Errno::AGAIN) => false,
        other => panic!("{other:?}"),
    }
}

/// Fails the test if somebody holds the writing end for ever.
///
/// A child that another test is starting holds a copy of everything between `fork` and `exec`.
pub(crate) fn assert_closes(read_end: &OwnedFd) {
    wait_readable(read_end);
    assert!(is_closed(read_end));
}

#[test]
fn descriptors_arrive_owned_and_close_on_exec() {
    let (a, b) = unix_pair(Kind::STREAM);
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    send_rights(&a, &[write_end.as_fd(), write_end.as_fd()]);
    drop(write_end);
    let mut control = IncomingControl::with_capacity(control_space(8));
    let received = receive(&b, &mut control);
    assert_eq!(received.len, 1);
    assert!(!received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
    let taken = take_all(&mut control);
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(is_close_on_exec));
    assert!(take_all(&mut control).is_empty());
    drop(control);
    assert_eq!(sys_socket::write(&taken[0], b"y"), Ok(1));
    assert_eq!(sys_socket::read(&read_end, &mut [0; 1]), Ok(1));
    assert!(!is_closed(&read_end));
    drop(taken);
    assert_closes(&read_end);
}

#[test]
fn descriptors_nobody_took_are_closed_with_the_buffer() {
    let (a, b) = unix_pair(Kind::DATAGRAM);
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    send_rights(&a, &[write_end.as_fd(), write_end.as_fd()]);
    drop(write_end);
    let mut control = IncomingControl::with_capacity(control_space(8));
    receive(&b, &mut control);
    assert!(!is_closed(&read_end));
    let first = control.messages().find_map(|message| match message {
        ControlMessage::Rights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    drop(control);
    assert!(!is_closed(&read_end));
    drop(first);
    assert_closes(&read_end);
}

#[test]
fn descriptors_nobody_took_are_closed_by_the_next_receive_and_by_clear() {
    let (a, b) = unix_pair(Kind::DATAGRAM);
    let mut control = IncomingControl::with_capacity(control_space(4));
    for clear in [true, false] {
        let (read_end, write_end) = sys_socket::pipe().unwrap();
        send_rights(&a, &[write_end.as_fd()]);
        drop(write_end);
        receive(&b, &mut control);
        assert!(!is_closed(&read_end));
        if clear {
            control.clear();
        } else {
            send(&a, &OutgoingControl::with_capacity(0));
            receive(&b, &mut control);
        }
        assert_closes(&read_end);
        assert_eq!(control.messages().count(), 0);
    }
}

/// Whether it is told that control data was cut. The emulator that does not tell it also writes
/// beyond the room, so this is asked with descriptors, of which it writes none too many.
pub(crate) fn tells_what_is_cut() -> bool {
    let (a, b) = unix_pair(Kind::STREAM);
    let (_read_end, write_end) = sys_socket::pipe().unwrap();
    send_rights(&a, &[write_end.as_fd(); 8]);
    let mut control = IncomingControl::with_capacity(control_space(4));
    let told = receive(&b, &mut control).flags;
    let told = told.contains(MessageFlags::CONTROL_TRUNCATED);
    kernel_does("control data that is cut is told", told)
}

#[test]
fn descriptors_that_do_not_fit_are_told_and_none_leaks() {
    if !tells_what_is_cut() {
        return;
    }
    for room in [0, control_space(4), control_space(4) + 4, control_space(12)] {
        let (a, b) = unix_pair(Kind::STREAM);
        let (read_end, write_end) = sys_socket::pipe().unwrap();
        send_rights(&a, &[write_end.as_fd(); 8]);
        drop(write_end);
        let mut control = IncomingControl::with_capacity(room);
        let received = receive(&b, &mut control);
        assert!(received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
        let taken = take_all(&mut control);
        assert!(taken.len() < 8);
        assert!(taken.is_empty() || !is_closed(&read_end), "{room}");
        drop(taken);
        assert_closes(&read_end);
    }
}

#[test]
fn a_receive_without_room_for_control_data_leaks_no_descriptor() {
    let (a, b) = unix_pair(Kind::STREAM);
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    send_rights(&a, &[write_end.as_fd()]);
    drop(write_end);
    let received = sys_socket::recv(&b, &mut [0; 4], ReceiveFlags::NONE);
    assert_eq!(received, Ok(1));
    assert_closes(&read_end);
}

#[test]
fn a_message_cut_short_says_so() {
    let (a, b) = udp_pair();
    sys_socket::send(&a, b"long", SendFlags::NONE).unwrap();
    sys_socket::send(&a, b"", SendFlags::NONE).unwrap();
    wait_readable(&b);
    let mut control = IncomingControl::with_capacity(0);
    let mut bytes = [0; 2];
    let mut buffers = [IoSliceMut::new(&mut bytes)];
    let mut next =
        || sys_socket::receive_message(&b, &mut buffers, &mut control, ReceiveFlags::NONE).unwrap();
    let long = next();
    assert_eq!(long.len, 2);
    assert!(long.flags.contains(MessageFlags::TRUNCATED));
    let empty = next();
    assert_eq!(empty.len, 0);
    assert!(!empty.flags.contains(MessageFlags::TRUNCATED));
    assert_eq!(empty.from, sys_socket::local_addr(&a).unwrap());
}

#[test]
fn a_message_goes_to_the_address_given_in_several_pieces() {
    let (a, address_a) = bound(Kind::DATAGRAM);
    let (b, address_b) = bound(Kind::DATAGRAM);
    let pieces = [IoSlice::new(b"ab"), IoSlice::new(b"c")];
    let none = OutgoingControl::with_capacity(0);
    let sent = sys_socket::send_message(&a, &pieces, Some(&address_b), &none, SendFlags::NONE);
    assert_eq!(sent, Ok(3));
    let received = receive(&b, &mut IncomingControl::with_capacity(0));
    assert_eq!((received.len, received.from), (3, address_a));
}

#[test]
fn a_datagram_tells_where_it_arrived_and_can_choose_where_it_comes_from() {
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let server = crate::loopback::new(Kind::DATAGRAM);
    sys_socket::bind(&server, &any.into()).unwrap();
    set_option(&server, options::RECEIVE_PACKET_INFO_V4, true).unwrap();
    let port = sys_socket::local_addr(&server)
        .unwrap()
        .inet()
        .unwrap()
        .port();
    let (client, client_address) = bound(Kind::DATAGRAM);
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    sys_socket::send_to(&client, b"x", &to.into(), SendFlags::NONE).unwrap();
    let mut control = IncomingControl::with_capacity(control_space(20));
    receive(&server, &mut control);
    let info = control.messages().find_map(|message| match message {
        ControlMessage::PacketInfo4(info) => Some(info),
        _ => None,
    });
    let info = info.unwrap();
    assert_eq!(info.destination, Ipv4Addr::LOCALHOST);
    assert_eq!(info.local, Ipv4Addr::LOCALHOST);

    let mut answer = OutgoingControl::with_capacity(control_space(20));
    let source = Ipv4Addr::new(127, 0, 0, 2);
    answer.push_packet_info_v4(source, 0).unwrap();
    let bytes = [IoSlice::new(b"y")];
    let to = Some(&client_address);
    sys_socket::send_message(&server, &bytes, to, &answer, SendFlags::NONE).unwrap();
    let received = receive(&client, &mut control);
    assert_eq!(received.from.inet(), Some(SocketAddr::from((source, port))));
}
