//! The echo server of the pollers that have nothing of their own around a poller.

use std::io;
use std::net::TcpStream;
use std::os::fd::AsFd;

use poll_net::TcpListener;

use super::Peer;
use crate::accept::{Slots, accepted, answered};
use crate::echo::{BUFFER, EVENTS, Idiom, Served, answer};

/// The echo server, which stops at a read that does not fill its buffer: enough of a level, and
/// enough of an edge.
pub(crate) fn serve<P>(streams: &[TcpStream], bytes: usize) -> io::Result<Served>
where
    P: for<'fd> Peer<'fd>,
{
    let mut peer = P::new(EVENTS)?;
    for (token, stream) in streams.iter().enumerate() {
        peer.register(stream.as_fd(), token)?;
    }
    let mut served = Served::of(streams.len());
    let mut buffer = [0; BUFFER];
    let mut gone = Vec::new();
    while served.goes_on(bytes) {
        peer.turn(None, |token| {
            let Some(mut stream) = streams.get(token) else {
                return Ok(());
            };
            match answer(&mut stream, &mut buffer, Idiom::Short)? {
                Some(read) => served.echoed(read),
                None => gone.push(token),
            }
            Ok(())
        })?;
        served.waits += 1;
        for token in gone.drain(..) {
            if let Some(stream) = streams.get(token) {
                peer.deregister(stream.as_fd(), token)?;
                served.open -= 1;
            }
        }
    }
    Ok(served)
}

/// The server that accepts: a listener under token zero, connections in slots.
pub(crate) fn serve_accepting<P>(
    listener: &TcpListener,
    connections: u64,
    idiom: Idiom,
) -> io::Result<()>
where
    P: for<'fd> Peer<'fd>,
{
    let mut peer = P::new(EVENTS)?;
    peer.register(listener.as_fd(), 0)?;
    let mut slots = Slots::default();
    let mut ready = Vec::with_capacity(EVENTS);
    let mut buffer = [0; BUFFER];
    let mut left = connections;
    while left > 0 {
        peer.turn(None, |token| {
            ready.push(token);
            Ok(())
        })?;
        for token in ready.drain(..) {
            if token == 0 {
                while let Some(stream) = accepted(listener)? {
                    let slot = slots.insert(stream);
                    if let Some(stream) = slots.get(slot) {
                        peer.register(stream.as_fd(), slot)?;
                    }
                }
            } else if let Some(stream) = slots.get(token)
                && !answered(stream, &mut buffer, idiom)?
            {
                peer.forget(stream.as_fd(), token)?;
                drop(slots.remove(token));
                left -= 1;
            }
        }
    }
    Ok(())
}
