//! A peer: io-reactor, whose services own their transports as ours do.

use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::{Sender, channel};

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

struct Echo {
    actions: VecDeque<Action<Peer, Peer>>,
    served: Served,
    bytes: usize,
    done: Sender<Served>,
}

impl Iterator for Echo {
    type Item = Action<Peer, Peer>;

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
    type Listener = Peer;
    type Transport = Peer;
    type Command = ();

    fn tick(&mut self, _time: Timestamp) {
        self.served.waits += 1;
    }

    fn handle_timer(&mut self) {}

    fn handle_listener_event(&mut self, _id: ResourceId, _event: Told, _time: Timestamp) {}

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

    fn handle_error(&mut self, _error: Error<Peer, Peer>) {
        self.served.open = self.served.open.saturating_sub(1);
    }

    fn handover_listener(&mut self, _id: ResourceId, _listener: Peer) {}

    fn handover_transport(&mut self, _id: ResourceId, _transport: Peer) {}
}

/// The echo server, on the thread that the crate starts for it.
pub(crate) fn serve(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let (done, is_done) = channel();
    let open = streams.len();
    let service = Echo {
        actions: streams
            .into_iter()
            .map(|stream| Action::RegisterTransport(Peer { stream }))
            .collect(),
        served: Served::of(open),
        bytes,
        done,
    };
    let _reactor = Reactor::new(service, popol::Poller::new())?;
    is_done
        .recv_timeout(Duration::from_secs(300))
        .map_err(io::Error::other)
}
