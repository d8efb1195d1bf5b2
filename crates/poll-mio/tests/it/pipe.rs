//! Pipes, and those of child processes.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::process::{Command, Stdio};

use poll_mio::Token;
use poll_mio::event::Event;
use poll_mio::unix::pipe;

use crate::stage::{READ, Stage, WRITE, would_block};

#[test]
fn bytes_go_through_and_both_ends_report() {
    let mut stage = Stage::new();
    let (mut sender, mut receiver) = pipe::new().unwrap();
    let registry = stage.registry();
    registry.register(&mut receiver, Token(1), READ).unwrap();
    registry.register(&mut sender, Token(2), WRITE).unwrap();
    stage.until_writable(Token(2));
    would_block(receiver.read(&mut [0; 8]));
    let sent = sender.write_vectored(&[IoSlice::new(b"hel"), IoSlice::new(b"lo")]);
    assert_eq!(sent.unwrap(), 5);
    stage.until_readable(Token(1));
    let (mut first, mut second) = ([0; 4], [0; 4]);
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(receiver.read_vectored(&mut parts).unwrap(), 5);
    assert_eq!((&first, second[0]), (b"hell", b'o'));
    while (&sender).write(&[0; 4096]).is_ok() {}
    would_block(sender.write(&[0; 4096]));
    while (&receiver).read(&mut [0; 4096]).is_ok() {}
    stage.until_writable(Token(2));
}

#[test]
fn the_end_of_either_side_is_one_event_of_the_other() {
    let mut stage = Stage::new();
    let (sender, mut receiver) = pipe::new().unwrap();
    stage
        .registry()
        .register(&mut receiver, Token(1), READ)
        .unwrap();
    drop(sender);
    stage.until(Token(1), Event::is_read_closed);
    assert_eq!(stage.events.iter().count(), 1);
    assert_eq!(receiver.read(&mut [0; 8]).unwrap(), 0);
    stage.silent();

    let (mut sender, receiver) = pipe::new().unwrap();
    stage
        .registry()
        .register(&mut sender, Token(2), WRITE)
        .unwrap();
    stage.until_writable(Token(2));
    drop(receiver);
    stage.until(Token(2), Event::is_write_closed);
    assert_eq!(stage.events.iter().count(), 1);
    let error = sender.write(b"x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    stage.silent();
}

#[test]
fn pipes_of_a_child_come_as_they_are_and_can_be_made_to_wait_or_not() {
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut sender = pipe::Sender::from(child.stdin.take().unwrap());
    let mut receiver = pipe::Receiver::from(child.stdout.take().unwrap());
    let errors = pipe::Receiver::from(child.stderr.take().unwrap());
    for end in [
        sys_socket::is_non_blocking(&sender),
        sys_socket::is_non_blocking(&receiver),
    ] {
        assert!(!end.unwrap(), "blocking, as std made it");
    }
    sender.write_all(b"hello").unwrap();
    let mut buffer = [0; 16];
    assert_eq!(receiver.read(&mut buffer).unwrap(), 5, "it waited");

    receiver.set_nonblocking(true).unwrap();
    sender.set_nonblocking(true).unwrap();
    errors.set_nonblocking(true).unwrap();
    assert!(sys_socket::is_non_blocking(&receiver).unwrap());
    assert!(sys_socket::is_non_blocking(&errors).unwrap());
    would_block(receiver.read(&mut buffer));
    would_block((&errors).read(&mut buffer));
    let mut stage = Stage::new();
    stage
        .registry()
        .register(&mut receiver, Token(1), READ)
        .unwrap();
    sender.write_all(b"again").unwrap();
    stage.until_readable(Token(1));
    assert_eq!(receiver.read(&mut buffer).unwrap(), 5);
    drop(sender);
    stage.until(Token(1), Event::is_read_closed);
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_end_waits_or_not_as_it_is_told() {
    let (sender, receiver) = pipe::new().unwrap();
    for nonblocking in [false, true] {
        sender.set_nonblocking(nonblocking).unwrap();
        receiver.set_nonblocking(nonblocking).unwrap();
        assert_eq!(sys_socket::is_non_blocking(&sender).unwrap(), nonblocking);
        assert_eq!(sys_socket::is_non_blocking(&receiver).unwrap(), nonblocking);
    }
}
