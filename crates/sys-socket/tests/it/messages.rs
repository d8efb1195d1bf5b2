//! Messages with control data: descriptors and their owners, credentials, addresses, times.

use core::net::{Ipv4Addr, SocketAddr};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use sys_socket::{
    ControlMessage, Domain, Errno, IncomingControl, Kind, MessageFlags, OutgoingControl, Protocol,
    ReceiveFlags, Received, SendFlags, control_space, options, set_option,
};

use crate::descriptors::is_close_on_exec;
use crate::loopback::{bound, udp_pair, wait_readable};

fn unix_pair(kind: Kind) -> (OwnedFd, OwnedFd) {
    sys_socket::pair(Domain::UNIX, kind, Protocol::DEFAULT).unwrap()
}

fn send(socket: &OwnedFd, control: &OutgoingControl<'_>) {
    let sent = sys_socket::send_message(
        socket,
        &[IoSlice::new(b"x")],
        None,
        control,
        SendFlags::NONE,
    );
    assert_eq!(sent, Ok(1));
}

fn send_rights(socket: &OwnedFd, descriptors: &[BorrowedFd<'_>]) {
    let space = control_space(size_of_val(descriptors));
    let mut control = OutgoingControl::with_capacity(space);
    control.push_rights(descriptors).unwrap();
    send(socket, &control);
}

fn receive(socket: &OwnedFd, control: &mut IncomingControl) -> Received {
    wait_readable(socket);
    let mut bytes = [0; 16];
    let mut buffers = [IoSliceMut::new(&mut bytes)];
    sys_socket::receive_message(socket, &mut buffers, control, ReceiveFlags::NONE).unwrap()
}

fn take_all(control: &mut IncomingControl) -> Vec<OwnedFd> {
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

#[test]
fn descriptors_that_do_not_fit_are_told_and_none_leaks() {
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

#[cfg(target_os = "linux")]
mod linux {
    use sys_socket::Credentials;

    use super::{
        ControlMessage, Errno, IncomingControl, IoSliceMut, Kind, MessageFlags, OutgoingControl,
        ReceiveFlags, SendFlags, bound, control_space, options, receive, send, set_option,
        udp_pair, unix_pair, wait_readable,
    };

    #[test]
    fn a_peek_brings_descriptors_of_its_own_and_leaks_none() {
        use std::os::fd::AsFd;
        let (a, b) = unix_pair(Kind::DATAGRAM);
        let (read_end, write_end) = sys_socket::pipe().unwrap();
        super::send_rights(&a, &[write_end.as_fd()]);
        drop(write_end);
        let mut control = IncomingControl::with_capacity(control_space(4));
        for flags in [ReceiveFlags::PEEK, ReceiveFlags::NONE] {
            let mut bytes = [0; 4];
            let mut buffers = [IoSliceMut::new(&mut bytes)];
            sys_socket::receive_message(&b, &mut buffers, &mut control, flags).unwrap();
            assert_eq!(super::take_all(&mut control).len(), 1);
        }
        super::assert_closes(&read_end);
    }

    #[test]
    fn credentials_arrive_with_the_message() {
        let (a, b) = unix_pair(Kind::DATAGRAM);
        set_option(&b, options::PASS_CREDENTIALS, true).unwrap();
        let me = Credentials {
            pid: i32::try_from(std::process::id()).ok(),
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
        };
        let mut given = OutgoingControl::with_capacity(control_space(12));
        given.push_credentials(me).unwrap();
        send(&a, &given);
        send(&a, &OutgoingControl::with_capacity(0));
        let mut control = IncomingControl::with_capacity(control_space(12));
        for _ in 0..2 {
            receive(&b, &mut control);
            let mut messages = control.messages();
            let Some(ControlMessage::Credentials(seen)) = messages.next() else {
                panic!("no credentials");
            };
            assert_eq!(seen, me);
        }
    }

    #[test]
    fn times_and_the_type_of_service_arrive_with_the_datagram() {
        let (a, b) = udp_pair();
        set_option(&b, options::RECEIVE_TIMESTAMP, true).unwrap();
        set_option(&b, options::RECEIVE_TOS, true).unwrap();
        let mut given = OutgoingControl::with_capacity(control_space(4));
        given.push_tos(0x2a).unwrap();
        send(&a, &given);
        let mut control = IncomingControl::with_capacity(control_space(16) + control_space(4));
        let received = receive(&b, &mut control);
        assert!(!received.flags.contains(MessageFlags::CONTROL_TRUNCATED));
        let (mut time, mut tos) = (None, None);
        for message in control.messages() {
            match message {
                ControlMessage::Timestamp(seen) => time = Some(seen),
                ControlMessage::Tos(seen) => tos = Some(seen),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(tos, Some(0x2a));
        // Later than the day this was written.
        assert!(time.unwrap().as_secs() > 1_700_000_000);
    }

    #[test]
    fn a_refused_datagram_comes_back_on_the_error_queue_once() {
        let _guard = crate::loopback::no_child_starts();
        let (a, _) = bound(Kind::DATAGRAM);
        let (closed, address) = bound(Kind::DATAGRAM);
        set_option(&a, options::RECEIVE_ERRORS_V4, true).unwrap();
        drop(closed);
        sys_socket::send_to(&a, b"lost", &address, SendFlags::NONE).unwrap();
        crate::loopback::wait(&a, rustix::event::PollFlags::ERR);
        let mut control = IncomingControl::with_capacity(128);
        let mut bytes = [0; 16];
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        let flags = ReceiveFlags::ERROR_QUEUE;
        let received = sys_socket::receive_message(&a, &mut buffers, &mut control, flags).unwrap();
        assert!(received.flags.contains(MessageFlags::ERROR_QUEUE));
        assert_eq!((received.len, received.from), (4, address));
        let Some(ControlMessage::Error(error)) = control.messages().next() else {
            panic!("no error");
        };
        assert_eq!(error.errno, Errno::CONNREFUSED);
        assert_eq!(error.origin, 2);
        let offender = error.offender.unwrap().ip();
        assert_eq!(offender, core::net::Ipv4Addr::LOCALHOST);
        let again = sys_socket::receive_message(&a, &mut buffers, &mut control, flags);
        assert_eq!(again.err(), Some(Errno::AGAIN));
    }

    #[test]
    fn segments_are_cut_when_sent_and_joined_when_received() {
        let (a, b) = udp_pair();
        let mut given = OutgoingControl::with_capacity(control_space(2));
        given.push_segment_size(100).unwrap();
        set_option(&b, options::RECEIVE_SEGMENTS, true).unwrap();
        let bytes = [7; 250];
        let buffers = [super::IoSlice::new(&bytes)];
        let sent = sys_socket::send_message(&a, &buffers, None, &given, SendFlags::NONE);
        assert_eq!(sent, Ok(250));
        let mut control = IncomingControl::with_capacity(control_space(4));
        let (mut total, mut joined) = (0, 0);
        while total < 250 {
            wait_readable(&b);
            let mut bytes = [0; 1024];
            let mut buffers = [IoSliceMut::new(&mut bytes)];
            let flags = ReceiveFlags::NONE;
            let received =
                sys_socket::receive_message(&b, &mut buffers, &mut control, flags).unwrap();
            total += received.len;
            if let Some(ControlMessage::SegmentSize(size)) = control.messages().next() {
                assert_eq!(size, 100);
                joined += 1;
            }
        }
        assert_eq!((total, joined), (250, 1));
    }
}
