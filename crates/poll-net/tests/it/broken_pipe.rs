//! The signal for writes that nobody reads: never from a socket, always from a pipe.

use std::io::{ErrorKind, IoSlice, Write};
use std::net::Shutdown;

use poll_net::ancillary::OutgoingControl;
use poll_net::pipe::pipe;
use poll_net::{UnixSeqpacket, UnixStream};
use poll_os::{Signal, Signals};

use crate::support::{in_child, tcp_pair};

#[test]
fn no_socket_raises_a_signal_and_a_pipe_does() {
    if in_child(
        "broken_pipe::no_socket_raises_a_signal_and_a_pipe_does",
        None,
    ) {
        break_pipes();
    }
}

/// In a process of its own: what to do with a signal belongs to the process.
fn break_pipes() {
    let signals = Signals::new([Signal::PIPE]).unwrap();
    let quiet = |result: std::io::Result<usize>| {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(signals.take(), None);
    };
    let parts = [IoSlice::new(b"x"), IoSlice::new(b"y")];
    let control = OutgoingControl::with_capacity(0);

    let (mut tcp, _peer) = tcp_pair();
    tcp.shutdown(Shutdown::Write).unwrap();
    quiet(tcp.write(b"x"));
    quiet(tcp.write_vectored(&parts));
    quiet(tcp.send_urgent(b'!').map(|()| 1));

    let (mut unix, peer) = UnixStream::pair().unwrap();
    drop(peer);
    quiet(unix.write(b"x"));
    quiet(unix.write_vectored(&parts));
    quiet(unix.send_message(&parts, &control));

    if let Ok((packets, peer)) = UnixSeqpacket::pair() {
        drop(peer);
        quiet(packets.send(b"x"));
        quiet(packets.send_message(&parts, &control));
    }

    // So that the silence above means something.
    let (mut sender, receiver) = pipe().unwrap();
    drop(receiver);
    assert_eq!(
        sender.write(b"x").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    assert_eq!(signals.take(), Some(Signal::PIPE));
}
