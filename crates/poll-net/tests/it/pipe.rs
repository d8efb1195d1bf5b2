//! Pipes.

use std::io::{ErrorKind, IoSlice, IoSliceMut, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use poll_net::pipe::{Receiver, Sender, pipe};

use crate::support::{no_child_starts, readable, start};

#[test]
fn bytes_pass_from_the_sender_to_the_receiver_and_then_the_end() {
    let _guard = no_child_starts();
    let (mut sender, mut receiver) = pipe().unwrap();
    let mut buffer = [0; 8];
    let nothing = receiver.read(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    let parts = [IoSlice::new(b"he"), IoSlice::new(b"llo")];
    assert_eq!(sender.write_vectored(&parts).unwrap(), 5);
    let (mut first, mut second) = ([0; 2], [0; 8]);
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(receiver.read_vectored(&mut parts).unwrap(), 5);
    assert_eq!((&first, &second[..3]), (b"he", &b"llo"[..]));
    drop(sender);
    assert_eq!(receiver.read(&mut buffer).unwrap(), 0);
}

#[test]
fn a_full_pipe_says_would_block_and_one_without_receiver_broken_pipe() {
    let _guard = no_child_starts();
    let (mut sender, receiver) = pipe().unwrap();
    let full = loop {
        if let Err(error) = sender.write(&[7; 4096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    drop(receiver);
    let broken = sender.write(b"x").unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn ends_convert_to_the_standard_library_and_back() {
    let (std_receiver, std_sender) = std::io::pipe().unwrap();
    let mut receiver = Receiver::try_from(std_receiver).unwrap();
    let mut sender = Sender::try_from(std_sender).unwrap();
    let nothing = receiver.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    sender.write_all(b"x").unwrap();
    let mut full = sender;
    while full.write(&[0; 4096]).is_ok() {}
    let sender = full;
    let mut receiver = PipeReader::from(receiver);
    while receiver.read(&mut [0; 4096]).is_ok() {}
    let still = receiver.read(&mut [0]).unwrap_err();
    assert_eq!(still.kind(), ErrorKind::WouldBlock, "left non-blocking");
    let owned = OwnedFd::from(sender);
    assert!(format!("{:?}", Sender::from(owned)).starts_with("Sender { fd: "));
}

#[test]
fn the_pipes_of_a_child_are_taken_over_without_blocking() {
    let mut cat = Command::new("/bin/cat");
    cat.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = start(&mut cat);
    let mut input = Sender::try_from(child.stdin.take().unwrap()).unwrap();
    let output = Receiver::try_from(child.stdout.take().unwrap()).unwrap();
    let errors = Receiver::try_from(child.stderr.take().unwrap()).unwrap();
    let mut buffer = [0; 8];
    for end in [&output, &errors] {
        let nothing = { end }.read(&mut buffer).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    }
    input.write_all(b"hello").unwrap();
    let len = readable(&output, |mut output| output.read(&mut buffer)).unwrap();
    assert_eq!(&buffer[..len], b"hello");
    drop(input);
    assert_eq!(
        readable(&output, |mut end| end.read(&mut buffer)).unwrap(),
        0
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_descriptor_taken_over_as_it_is_can_be_made_non_blocking() {
    let (receiver, _sender) = std::io::pipe().unwrap();
    let mut receiver = Receiver::from(OwnedFd::from(receiver));
    receiver.set_nonblocking(true).unwrap();
    let nothing = receiver.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
}
