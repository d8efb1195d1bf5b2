//! Sends datagrams back to where they came from: a batch received with one system call and sent
//! with another, where the system has such calls.
//!
//! ```text
//! udp_echo --port 7000
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};

use examples::arguments::Arguments;
use examples::self_test;
use poll_net::{Datagram, UdpReceiveBatch, UdpSendBatch, UdpSocket};
use poll_os::{Events, Interest, Poll, Signal, Signals, Token, Trigger};

const SOCKET: Token = Token(0);
const STOP: Token = Token(1);

/// Datagrams received, and sent, at a time.
const BATCH: usize = 64;
/// The longest datagram that is sent back as a whole.
const LEN: usize = 2048;
/// Datagrams that the client of the test sends.
const ROUNDS: u8 = 200;

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    line.finish()?;
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = socket.local_addr()?;
    println!("udp echo on {address}");
    let datagrams = if is_test {
        self_test::against(move || be_client(address), || serve(&socket))?
    } else {
        serve(&socket)?
    };
    let calls = sys_socket::system_calls();
    println!("{datagrams} datagrams in {calls} system calls");
    Ok(())
}

/// Serves until it is told to stop, and says how many datagrams came.
fn serve(socket: &UdpSocket) -> io::Result<usize> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(8);
    // Level: a socket that still has datagrams is reported again, so that one batch for each wait
    // is enough, and a full batch does not keep the signals waiting.
    poll.registry()
        .register(socket, SOCKET, Interest::READABLE, Trigger::Level)?;
    let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    poll.registry()
        .register(&stop, STOP, Interest::READABLE, Trigger::Level)?;

    let mut incoming = UdpReceiveBatch::with_capacity(BATCH, LEN);
    let mut outgoing = UdpSendBatch::with_capacity(BATCH);
    let mut total = 0;
    loop {
        poll.wait(&mut events, None)?;
        if events.iter().any(|event| event.token() == STOP) {
            return Ok(total);
        }
        match socket.recv_batch(&mut incoming) {
            Ok(count) => total += count,
            // What was reported has gone: its checksum was wrong.
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        send_back(socket, &mut incoming, &mut outgoing)?;
    }
}

/// Sends a batch back.
fn send_back(
    socket: &UdpSocket,
    incoming: &mut UdpReceiveBatch,
    outgoing: &mut UdpSendBatch,
) -> io::Result<()> {
    let received: Vec<_> = incoming.datagrams().collect();
    let mut datagrams = Vec::with_capacity(received.len());
    for datagram in &received {
        datagrams.push(Datagram::new(datagram.bytes()).to(datagram.sender()?));
    }
    let mut rest = &datagrams[..];
    while !rest.is_empty() {
        match socket.send_batch(outgoing, rest) {
            Ok(sent) => rest = &rest[sent..],
            // The first of the rest is the one that failed: no room, or an address that cannot be
            // sent to, which anyone can make up. UDP may lose it, so we do.
            Err(_lost) => rest = &rest[1..],
        }
    }
    Ok(())
}

/// Sends datagrams of many lengths, a few at a time, and compares what comes back in their order.
fn be_client(address: SocketAddr) -> io::Result<()> {
    const AT_A_TIME: u8 = 8;
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut back = [0; LEN];
    for first in (0..ROUNDS).step_by(usize::from(AT_A_TIME)) {
        let sent: Vec<Vec<u8>> = (first..first + AT_A_TIME).map(piece).collect();
        for piece in &sent {
            socket.send(piece)?;
        }
        for piece in &sent {
            let len = socket.recv(&mut back)?;
            if back[..len] != **piece {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }
    Ok(())
}

/// A datagram of up to `LEN` bytes; the first one is empty, which is allowed.
fn piece(round: u8) -> Vec<u8> {
    vec![round; usize::from(round) * LEN / usize::from(ROUNDS)]
}
