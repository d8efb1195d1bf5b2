//! A peer: io-reactor, whose services own their transports as ours do.

use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::mpsc::{Sender, channel};

use poll_net::TcpListener;
use reactor::poller::{IoType, popol};
use reactor::{
    Action, Error, Handler, Io, Reactor, Resource, ResourceId, ResourceType, Timestamp, WriteAtomic,
};

use crate::echo::{BUFFER, Served};

/// A connection, read once for each report, as that crate's level-triggered poller has it.
struct Peer {
    stream: TcpStream,
}

/// What a connection tells.
enum Told {
    Bytes(Vec<u8>),
    Gone,
}

impl AsRawFd for Peer {
    fn as_raw_fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl WriteAtomic for Peer {
    fn is_ready_to_write(&self) -> bool {
        true
    }

    fn empty_write_buf(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn write_or_buf(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}

impl Resource for Peer {
    type Event = Told;

    fn interests(&self) -> IoType {
        IoType::read_only()
    }

    fn handle_io(&mut self, io: Io) -> Option<Told> {
        if io == Io::Write {
            return None;
        }
        let mut buffer = [0; BUFFER];
        match self.stream.read(&mut buffer) {
            Ok(0) => Some(Told::Gone),
            Ok(count) => Some(Told::Bytes(buffer[..count].to_vec())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(_) => Some(Told::Gone),
        }
    }
}

/// A listener, of which one connection is accepted for each report.
struct Door {
    listener: TcpListener,
}

impl AsRawFd for Door {
    fn as_raw_fd(&self) -> RawFd {
        self.listener.as_fd().as_raw_fd()
    }
}

// A listener has to be able to write, and is never asked to.
impl Write for Door {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::InvalidInput.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteAtomic for Door {
    fn is_ready_to_write(&self) -> bool {
        false
    }

    fn empty_write_buf(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn write_or_buf(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Err(ErrorKind::InvalidInput.into())
    }
}

impl Resource for Door {
    type Event = TcpStream;

    fn interests(&self) -> IoType {
        IoType::read_only()
    }

    fn handle_io(&mut self, _io: Io) -> Option<TcpStream> {
        let accepted = self.listener.accept();
        accepted.ok().map(|(stream, _peer)| stream.into())
    }
}

struct Echo {
    actions: VecDeque<Action<Door, Peer>>,
    served: Served,
    bytes: usize,
    done: Sender<Served>,
}

impl Iterator for Echo {
    type Item = Action<Door, Peer>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.actions.pop_front();
        if next.is_none() {
            // All that was to be sent has been.
            self.stop_if_done();
        }
        next
    }
}

impl Echo {
    fn stop_if_done(&mut self) {
        if !self.served.goes_on(self.bytes) {
            let served = core::mem::replace(&mut self.served, Served::after(0));
            // The first time only is there somebody who waits.
            drop(self.done.send(served));
        }
    }
}

impl Handler for Echo {
    type Listener = Door;
    type Transport = Peer;
    type Command = ();

    fn tick(&mut self, _time: Timestamp) {
        self.served.waits += 1;
    }

    fn handle_timer(&mut self) {}

    fn handle_listener_event(&mut self, _id: ResourceId, stream: TcpStream, _time: Timestamp) {
        self.actions
            .push_back(Action::RegisterTransport(Peer { stream }));
    }

    fn handle_transport_event(&mut self, id: ResourceId, event: Told, _time: Timestamp) {
        match event {
            Told::Bytes(bytes) => {
                self.served.echoed(bytes.len());
                self.actions.push_back(Action::Send(id, bytes));
            }
            Told::Gone => {
                self.actions.push_back(Action::UnregisterTransport(id));
                self.served.open = self.served.open.saturating_sub(1);
            }
        }
    }

    fn handle_registered(&mut self, _fd: RawFd, _id: ResourceId, _kind: ResourceType) {}

    fn handle_command(&mut self, (): ()) {}

    fn handle_error(&mut self, _error: Error<Door, Peer>) {
        self.served.open = self.served.open.saturating_sub(1);
    }

    fn handover_listener(&mut self, _id: ResourceId, _listener: Door) {}

    fn handover_transport(&mut self, _id: ResourceId, _transport: Peer) {}
}

/// The echo server, on the thread that the crate starts for it.
pub(crate) fn serve(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let open = streams.len();
    let streams = streams.into_iter();
    let actions = streams.map(|stream| Action::RegisterTransport(Peer { stream }));
    run(actions.collect(), Served::of(open), bytes)
}

/// The server that accepts.
pub(crate) fn serve_accepting(listener: TcpListener, connections: u64) -> io::Result<()> {
    // Who has gone is no longer open.
    let connections = usize::try_from(connections).map_err(io::Error::other)?;
    let actions = [Action::RegisterListener(Door { listener })];
    run(actions.into(), Served::of(connections), usize::MAX).map(drop)
}

fn run(actions: VecDeque<Action<Door, Peer>>, served: Served, bytes: usize) -> io::Result<Served> {
    let (done, is_done) = channel();
    let service = Echo {
        actions,
        served,
        bytes,
        done,
    };
    let _reactor = Reactor::new(service, popol::Poller::new())?;
    is_done
        .recv_timeout(Duration::from_secs(900))
        .map_err(io::Error::other)
}
