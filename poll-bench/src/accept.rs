//! The servers that accept, answer and close, and the process whose connections they are.

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::OwnedFd;

use poll_net::TcpListener;
use polling::PollMode;

use crate::echo::{BUFFER, Idiom, MESSAGE, answer, message, orders};
use crate::peers::runtimes::{self, Compio, Monoio, Smol, Tokio};
use crate::peers::{
    self, Amy, Mio, Ours, PollLoop, PollMio, PollTwo, Popol, Raw, RawLevel, UringPoll,
};
use crate::sys;

/// The servers; the first is the reference.
pub(crate) const KINDS: &[&str] = &[
    "raw level",
    "raw edge short",
    "uring poll",
    "uring recv",
    "mio drain",
    "mio short",
    "polling oneshot",
    "polling edge short",
    "popol",
    "amy",
    "io-reactor",
    "tokio",
    "smol",
    "monoio",
    "compio",
    "poll-os",
    "poll-os on poll(2)",
    "poll-mio drain",
    "poll-mio short",
    "poll-loop",
    "poll-reactor",
    "poll-async",
];

/// How many connections there are at once.
pub(crate) const AT_ONCE: usize = 64;

/// The server process: serves so many connections. Prints its port at the start and a zero, for
/// waits that are not counted, at the end.
pub(crate) fn serve(kind: &str, connections: u64) -> io::Result<()> {
    sys::end_after(Duration::from_secs(900));
    sys::end_with_parent()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    // What is accepted inherits it.
    listener.set_nodelay(true)?;
    println!("{}", listener.local_addr()?.port());
    let on = match kind {
        "raw level" => peers::server::serve_accepting::<RawLevel>,
        "raw edge short" => peers::server::serve_accepting::<Raw>,
        "uring poll" => peers::server::serve_accepting::<UringPoll>,
        "mio drain" | "mio short" => peers::server::serve_accepting::<Mio>,
        "popol" => peers::server::serve_accepting::<Popol>,
        "amy" => peers::server::serve_accepting::<Amy>,
        "poll-os" => peers::server::serve_accepting::<Ours>,
        "poll-os on poll(2)" => peers::server::serve_accepting::<PollTwo>,
        "poll-mio drain" | "poll-mio short" => peers::server::serve_accepting::<PollMio>,
        "poll-loop" => peers::server::serve_accepting::<PollLoop>,
        other => return serve_otherwise(other, listener, connections),
    };
    let idiom = match kind.ends_with("drain") {
        true => Idiom::Drain,
        false => Idiom::Short,
    };
    on(&listener, connections, idiom)?;
    println!("0");
    Ok(())
}

// Those that are more than a poller, or own what they watch.
fn serve_otherwise(kind: &str, listener: TcpListener, connections: u64) -> io::Result<()> {
    match kind {
        "uring recv" => peers::uring::serve_accepting(&listener, connections),
        "polling oneshot" => {
            peers::polling::serve_accepting(listener, connections, PollMode::Oneshot)
        }
        "polling edge short" => {
            peers::polling::serve_accepting(listener, connections, PollMode::Edge)
        }
        "io-reactor" => peers::io_reactor::serve_accepting(listener, connections),
        "poll-reactor" => peers::reactor::serve_accepting(listener, connections),
        "tokio" => runtimes::echo::serve_accepting(&Tokio::one()?, listener, connections),
        "smol" => runtimes::echo::serve_accepting(&Smol::one(), listener, connections),
        "monoio" => runtimes::echo::serve_accepting(&Monoio::one()?, listener, connections),
        "compio" => runtimes::echo::serve_accepting(&Compio::one()?, listener, connections),
        "poll-async" => {
            let runtime = runtimes::Ours::one()?;
            runtimes::echo::serve_accepting(&runtime, listener, connections)
        }
        other => Err(io::Error::other(format!("no server is called {other:?}"))),
    }?;
    println!("0");
    Ok(())
}

/// The next connection, or nothing if none waits.
#[inline]
pub(crate) fn accepted(listener: &TcpListener) -> io::Result<Option<TcpStream>> {
    match listener.accept() {
        Ok((stream, _peer)) => Ok(Some(stream.into())),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads and sends back what there is. Whether the peer is still there, which hangs up by a reset.
#[inline]
pub(crate) fn answered(
    mut stream: &TcpStream,
    buffer: &mut [u8; BUFFER],
    idiom: Idiom,
) -> io::Result<bool> {
    match answer(&mut stream, buffer, idiom) {
        Ok(echoed) => Ok(echoed.is_some()),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
        Err(error) => Err(error),
    }
}

/// Connections by token, which count from one.
#[derive(Default)]
pub(crate) struct Slots {
    streams: Vec<Option<TcpStream>>,
    vacant: Vec<usize>,
}

impl Slots {
    /// Keeps a connection, and says under which token.
    #[inline]
    pub(crate) fn insert(&mut self, stream: TcpStream) -> usize {
        match self.vacant.pop() {
            Some(token) => {
                self.streams[token - 1] = Some(stream);
                token
            }
            None => {
                self.streams.push(Some(stream));
                self.streams.len()
            }
        }
    }

    /// The connection with this token.
    #[inline]
    pub(crate) fn get(&self, token: usize) -> Option<&TcpStream> {
        self.streams.get(token.checked_sub(1)?)?.as_ref()
    }

    /// Gives it back.
    #[inline]
    pub(crate) fn remove(&mut self, token: usize) -> Option<TcpStream> {
        let stream = self.streams.get_mut(token.checked_sub(1)?)?.take()?;
        self.vacant.push(token);
        Some(stream)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TcpStream> {
        self.streams.iter().flatten()
    }
}

/// The process whose connections a server accepts: connects, sends and checks one message on each,
/// and resets them, so many at once; as many as it is told to, line by line.
pub(crate) fn connect(port: u16) -> io::Result<()> {
    sys::end_after(Duration::from_secs(900));
    sys::end_with_parent()?;
    println!("{AT_ONCE}");
    let mut number = 0;
    orders(|mut connections, at_once| {
        while connections > 0 {
            let batch = connections.min(u64::try_from(at_once).map_err(io::Error::other)?);
            connections -= batch;
            round(port, number..number + batch)?;
            number += batch;
        }
        Ok(())
    })
}

fn round(port: u16, numbers: core::ops::Range<u64>) -> io::Result<()> {
    let mut streams = Vec::with_capacity(AT_ONCE);
    for number in numbers {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(&message(number))?;
        streams.push((number, stream));
    }
    for (number, stream) in &mut streams {
        let mut answer = [0; MESSAGE];
        stream.read_exact(&mut answer)?;
        if answer != message(*number) {
            return Err(io::Error::other("an answer differs from its message"));
        }
    }
    for (_number, stream) in streams {
        // Closing resets it, so that no port is kept for minutes.
        poll_net::TcpStream::from(OwnedFd::from(stream)).set_linger(Some(Duration::ZERO))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn a_token_is_used_again_when_its_connection_is_gone() -> std::io::Result<()> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let connected = || std::net::TcpStream::connect(listener.local_addr()?);
        let mut slots = Slots::default();
        assert_eq!(
            [slots.insert(connected()?), slots.insert(connected()?)],
            [1, 2]
        );
        assert!(slots.get(0).is_none() && slots.get(2).is_some());
        assert!(slots.remove(1).is_some() && slots.remove(1).is_none());
        assert_eq!(
            [slots.insert(connected()?), slots.insert(connected()?)],
            [1, 3]
        );
        assert_eq!(slots.iter().count(), 3);
        Ok(())
    }
}
