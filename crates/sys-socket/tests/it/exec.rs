//! What a started program finds open: none of the descriptors that this crate has made.

use std::io::IoSliceMut;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use sys_socket::{
    ControlMessage, Domain, IncomingControl, Kind, Protocol, ReceiveBatch, ReceiveFlags,
    control_space,
};

use crate::loopback::{starting_a_child, tcp_pair};
use crate::messages::{send_rights, take_all, unix_pair};

/// The files that a started program has open, by name, in order.
fn open_in_a_child() -> String {
    let mut list = Command::new("ls");
    list.arg("-1").arg("/proc/self/fd").stdin(Stdio::null());
    String::from_utf8(list.output().unwrap().stdout).unwrap()
}

#[test]
fn a_started_program_inherits_nothing_that_was_made_or_received() {
    let _guard = starting_a_child();
    // Whoever runs the tests may have passed on more than the usual three.
    let before = open_in_a_child();
    let pair = unix_pair(Kind::DATAGRAM);
    let made = (
        sys_socket::socket(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT).unwrap(),
        tcp_pair(),
        sys_socket::pipe().unwrap(),
        sys_socket::duplicate(&pair.0).unwrap(),
    );
    for _ in 0..4 {
        send_rights(&pair.0, &[made.0.as_fd(), made.0.as_fd()]);
    }
    let mut bytes = [0; 1];
    let mut buffers = [IoSliceMut::new(&mut bytes)];
    let space = control_space(8);
    let mut control = IncomingControl::with_capacity(space);
    let peek = ReceiveFlags::PEEK;
    sys_socket::receive_message(&pair.1, &mut buffers, &mut control, peek).unwrap();
    let peeked = take_all(&mut control);
    let none = ReceiveFlags::NONE;
    sys_socket::receive_message(&pair.1, &mut buffers, &mut control, none).unwrap();
    let mut batch = ReceiveBatch::with_capacity(4, 8, space);
    assert_eq!(batch.receive(&pair.1, none), Ok(3));
    let taken: Vec<_> = batch
        .messages()
        .filter_map(|mut message| match message.control.next() {
            Some(ControlMessage::Rights(mut descriptors)) => descriptors.next(),
            _ => None,
        })
        .collect();
    assert_eq!((peeked.len(), taken.len()), (2, 3));
    assert_eq!(open_in_a_child(), before);
    drop((pair, made, peeked, control, taken, batch));
}
