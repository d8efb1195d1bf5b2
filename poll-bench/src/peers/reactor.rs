//! Ours: poll-reactor.

use std::io;
use std::net::TcpStream;

use poll_reactor::{
    Builder, Context, Error, Handle, Id, Released, Runtime, Service, Stream, StreamEvent,
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
            context.shut_down(core::time::Duration::from_secs(1));
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
