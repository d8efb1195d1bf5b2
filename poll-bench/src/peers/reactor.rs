//! Ours: poll-reactor.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::net::TcpStream;

use poll_reactor::{
    Builder, Context, Error, Handle, Id, Listener, Released, Runtime, Service, Stream, StreamEvent,
};

use crate::echo::{BUFFER, Served};

type Peer = Stream<TcpStream>;

struct Echo {
    served: Served,
    bytes: usize,
}

impl Service for Echo {
    type Command = ();
    type Timer = ();
}

impl Handle<Peer> for Echo {
    fn event(&mut self, id: Id<Peer>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Received(bytes) => match context.send(id, bytes) {
                Ok(()) => self.served.echoed(bytes.len()),
                Err(_) => drop(context.unregister(id)),
            },
            StreamEvent::End | StreamEvent::Connected => {
                drop(context.unregister(id));
                self.served.open -= 1;
            }
        }
        self.stop_if_done(context);
    }

    fn failed(
        &mut self,
        _id: Id<Peer>,
        _released: Released<Peer>,
        _error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.served.open -= 1;
        self.stop_if_done(context);
    }
}

impl Echo {
    fn stop_if_done(&self, context: &mut Context<'_, Self>) {
        if !self.served.goes_on(self.bytes) {
            context.shut_down(Duration::from_secs(1));
        }
    }
}

/// The echo server.
pub(crate) fn serve(streams: Vec<TcpStream>, bytes: usize) -> io::Result<Served> {
    let service = Echo {
        served: Served::of(streams.len()),
        bytes,
    };
    let mut runtime: Runtime<_> = Builder::new().buffer_size(BUFFER).build(service)?;
    let controller = runtime.controller();
    for stream in streams {
        runtime.register(Stream::new(stream))?;
    }
    let mut served = runtime.run()?.served;
    served.waits = controller.metrics().turns;
    Ok(served)
}

type Door = Listener<poll_net::TcpListener>;
type Guest = Stream<poll_net::TcpStream>;

/// Accepts, echoes, and counts who has gone.
struct Accepting {
    left: u64,
}

impl Service for Accepting {
    type Command = ();
    type Timer = ();
}

impl Handle<Door> for Accepting {
    fn event(
        &mut self,
        _id: Id<Door>,
        accepted: io::Result<(poll_net::TcpStream, SocketAddr)>,
        context: &mut Context<'_, Self>,
    ) {
        if let Ok((stream, _peer)) = accepted {
            drop(context.register(Stream::new(stream)));
        }
    }

    fn failed(
        &mut self,
        _id: Id<Door>,
        _released: Released<Door>,
        _error: Error,
        context: &mut Context<'_, Self>,
    ) {
        context.shut_down(Duration::ZERO);
    }
}

impl Handle<Guest> for Accepting {
    fn event(&mut self, id: Id<Guest>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Received(bytes) => drop(context.send(id, bytes)),
            StreamEvent::Connected => {}
            StreamEvent::End => {
                drop(context.unregister(id));
                self.gone(context);
            }
        }
    }

    fn failed(
        &mut self,
        _id: Id<Guest>,
        _released: Released<Guest>,
        _error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.gone(context);
    }
}

impl Accepting {
    fn gone(&mut self, context: &mut Context<'_, Self>) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            context.shut_down(Duration::ZERO);
        }
    }
}

/// The server that accepts.
pub(crate) fn serve_accepting(listener: poll_net::TcpListener, connections: u64) -> io::Result<()> {
    let service = Accepting { left: connections };
    let mut runtime: Runtime<_> = Builder::new().buffer_size(BUFFER).build(service)?;
    runtime.register(Listener::new(listener))?;
    let _service = runtime.run()?;
    Ok(())
}
