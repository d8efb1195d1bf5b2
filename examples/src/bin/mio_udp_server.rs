//! A UDP server for mio's interface: sends every datagram back to where it came from.
//!
//! ```text
//! mio_udp_server --port 9000
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::thread;

use examples::arguments::Arguments;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

const SOCKET: Token = Token(0);
const STOP: Token = Token(1);

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 9000 })?;
    line.finish()?;
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = socket.local_addr()?;
    println!("echo on {address}; try: nc -u 127.0.0.1 {}", address.port());
    let mut poll = Poll::new()?;
    if !is_test {
        return serve(&mut poll, socket).map(drop);
    }
    let stop = Waker::new(poll.registry(), STOP)?;
    let client = thread::spawn(move || {
        let result = be_client(address);
        stop.wake().and(result)
    });
    let answered = serve(&mut poll, socket)?;
    println!("{answered} datagrams");
    match client.join() {
        Ok(result) => result,
        Err(_panic) => Err(io::Error::other("the client panicked")),
    }
}

/// Serves until it is told to stop, and hands back how many datagrams were sent back.
fn serve(poll: &mut Poll, mut socket: UdpSocket) -> io::Result<usize> {
    let mut events = Events::with_capacity(2);
    poll.registry()
        .register(&mut socket, SOCKET, Interest::READABLE)?;
    let mut answered = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            if event.token() == STOP {
                return Ok(answered);
            }
            // Until there is nothing left: the next event comes with the next datagram.
            loop {
                match socket.recv_from(&mut buffer) {
                    // Whoever cannot be answered now is not: that is what UDP promises.
                    Ok((length, from)) => {
                        let sent = socket.send_to(&buffer[..length], from);
                        answered += usize::from(sent.is_ok());
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // Somebody was gone when the answer came.
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Sends some datagrams, an empty one among them, and waits for each to come back.
fn be_client(address: SocketAddr) -> io::Result<()> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    socket.connect(address)?;
    for length in [0, 1, 1_000, 60_000] {
        let datagram = vec![b'x'; length];
        socket.send(&datagram)?;
        let mut answer = vec![0; 1 << 16];
        let count = socket.recv(&mut answer)?;
        if answer[..count] != datagram {
            return Err(io::Error::other(format!(
                "{length} bytes came back as {count}"
            )));
        }
    }
    Ok(())
}
