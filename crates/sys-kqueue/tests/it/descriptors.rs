//! The filters on what can be read and written.

use core::net::Ipv4Addr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

use sys_kqueue::{Change, Errno, Event, Filter, Flags, Kind, Kqueue};

use super::{SOON, assert_silent, next, stream_pair};

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let a = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (b, _) = listener.accept().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

#[test]
fn data_makes_a_level_source_ready_until_it_is_read() {
    let kqueue = Kqueue::new().unwrap();
    let (mut a, mut b) = stream_pair();
    let add = Change::read(a.as_fd(), Flags::ADD, usize::MAX);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    b.write_all(b"xyz").unwrap();
    for _ in 0..2 {
        let event = next(&kqueue);
        assert_eq!(event.udata(), usize::MAX);
        let kind = Kind::Read {
            available: 3,
            end: false,
            error: None,
        };
        assert_eq!(event.kind(), kind);
    }
    a.read_exact(&mut [0; 3]).unwrap();
    assert_silent(&kqueue);
}

#[test]
fn an_edge_is_reported_once_and_again_after_it_is_added_anew() {
    let kqueue = Kqueue::new().unwrap();
    let (a, mut b) = stream_pair();
    let add = Change::read(a.as_fd(), Flags::ADD | Flags::CLEAR, 1);
    kqueue.apply_one(&add).unwrap();
    b.write_all(b"x").unwrap();
    assert_eq!(next(&kqueue).udata(), 1);
    assert_silent(&kqueue);
    b.write_all(b"y").unwrap();
    assert_eq!(next(&kqueue).data(), 2);
    let again = Change::read(a.as_fd(), Flags::ADD | Flags::CLEAR, 2);
    kqueue.apply_one(&again).unwrap();
    assert_eq!(next(&kqueue).udata(), 2);
}

#[test]
fn dispatch_is_silent_until_enabled_and_oneshot_is_gone() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let fd = a.as_fd();
    let add = Change::write(fd, Flags::ADD | Flags::DISPATCH, 1);
    kqueue.apply_one(&add).unwrap();
    assert_eq!(next(&kqueue).filter(), Filter::WRITE);
    assert_silent(&kqueue);
    let enable = Change::write(fd, Flags::ENABLE | Flags::DISPATCH, 1);
    kqueue.apply_one(&enable).unwrap();
    assert_eq!(next(&kqueue).filter(), Filter::WRITE);
    let delete = Change::write(fd, Flags::DELETE, 0);
    kqueue.apply_one(&delete).unwrap();
    let once = Change::write(fd, Flags::ADD | Flags::ONESHOT, 1);
    kqueue.apply_one(&once).unwrap();
    assert_eq!(next(&kqueue).filter(), Filter::WRITE);
    assert_eq!(kqueue.apply_one(&delete), Err(Errno::NOENT));
}

#[test]
fn disabled_is_silent() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let add = Change::write(a.as_fd(), Flags::ADD | Flags::DISABLE, 1);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    let enable = Change::write(a.as_fd(), Flags::ENABLE, 1);
    kqueue.apply_one(&enable).unwrap();
    assert_eq!(next(&kqueue).udata(), 1);
}

#[test]
fn the_filters_of_a_descriptor_report_apart() {
    let kqueue = Kqueue::new().unwrap();
    let (a, mut b) = stream_pair();
    b.write_all(b"x").unwrap();
    let changes = [
        Change::read(a.as_fd(), Flags::ADD, 1),
        Change::write(a.as_fd(), Flags::ADD, 2),
    ];
    let mut events = [Event::default(); 4];
    kqueue.apply(&changes, &mut events).unwrap();
    assert_eq!(kqueue.wait(&mut events, SOON), Ok(2));
    let mut udata = [events[0].udata(), events[1].udata()];
    udata.sort_unstable();
    assert_eq!(udata, [1, 2]);
}

#[test]
fn a_peer_that_closes_is_the_end_after_its_data() {
    let kqueue = Kqueue::new().unwrap();
    let (a, mut b) = tcp_pair();
    b.write_all(b"bye").unwrap();
    drop(b);
    let add = Change::read(a.as_fd(), Flags::ADD, 1);
    kqueue.apply_one(&add).unwrap();
    // The data can come an event before the end.
    loop {
        match next(&kqueue).kind() {
            Kind::Read {
                end: true,
                error: None,
                available,
            } => break assert_eq!(available, 3),
            kind => assert!(matches!(kind, Kind::Read { end: false, .. }), "{kind:?}"),
        }
    }
}

#[test]
fn fewer_bytes_than_the_low_water_mark_are_not_ready() {
    let kqueue = Kqueue::new().unwrap();
    let (a, mut b) = tcp_pair();
    let add = Change::read_at_least(a.as_fd(), 4, Flags::ADD, 1);
    kqueue.apply_one(&add).unwrap();
    b.write_all(b"abc").unwrap();
    assert_silent(&kqueue);
    b.write_all(b"d").unwrap();
    assert_eq!(next(&kqueue).data(), 4);
    let write = Change::write_at_least(b.as_fd(), 1, Flags::ADD | Flags::ONESHOT, 2);
    kqueue.apply_one(&write).unwrap();
}

#[test]
fn out_of_band_data_are_an_exception() {
    let kqueue = Kqueue::new().unwrap();
    let (a, b) = tcp_pair();
    let Some(add) = Change::out_of_band(a.as_fd(), Flags::ADD | Flags::CLEAR, 1) else {
        return assert_eq!(Filter::EXCEPT, None);
    };
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    let sent = rustix::net::send(&b, b"!", rustix::net::SendFlags::OOB);
    assert_eq!(sent, Ok(1));
    let kind = next(&kqueue).kind();
    assert!(matches!(kind, Kind::Except { end: false, .. }), "{kind:?}");
}

#[test]
fn a_registration_ends_with_its_descriptor_and_says_nothing_of_the_next_one() {
    let kqueue = Kqueue::new().unwrap();
    let (a, mut b) = stream_pair();
    let add = Change::read(a.as_fd(), Flags::ADD, 1);
    kqueue.apply_one(&add).unwrap();
    b.write_all(b"x").unwrap();
    drop(a);
    assert_silent(&kqueue);
    let (c, mut d) = stream_pair();
    d.write_all(b"y").unwrap();
    assert_silent(&kqueue);
    drop(c);
}
