//! The service: connections, their requests and replies, and the timers of keys and of silence.

use core::mem;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::Shutdown;
use std::sync::Arc;

use poll_net::{TcpListener, TcpStream};
use poll_os::{Signal, Signals};
use poll_reactor::{
    Context, Error, Handle, Id, Listener, Marks, Pressure, Released, Service, Source, Stream,
    StreamEvent, TimerId,
};

use crate::commands::{Scene, execute, is_quit};
use crate::reply::Reply;
use crate::resp::{Limits, Requests};
use crate::store::{Key, Store};

type Door = Listener<TcpListener>;
type Client = Stream<TcpStream>;
/// What a client says that was cut short.
type Rest = Source<TcpStream>;

/// How long a client that does not read may delay its end, and the program's.
const GRACE: Duration = Duration::from_secs(5);
/// What a client may send.
const LIMITS: Limits = Limits {
    line: 64 << 10,
    arguments: 1024,
    bulk: 1 << 20,
    request: 4 << 20,
};
/// Replies wait for a client that does not read: no request of its is carried out while more does.
const WAITING: usize = 256 << 10;
/// So that a reply always fits into the queue that has room for it to begin.
pub(crate) const MARKS: Marks = Marks {
    low: WAITING / 4,
    high: WAITING,
    limit: WAITING + 2 * LIMITS.bulk,
};
/// Values of this length are sent from where they are stored; a copy of shorter ones is cheaper.
const SHARED: usize = 4 << 10;

/// The service.
pub(crate) struct Server {
    store: Store,
    clients: HashMap<Id<Client>, State>,
    /// Clients that were not heard out, and are being closed.
    cut_short: HashSet<Id<Client>>,
    most: usize,
    idle: Duration,
    scratch: Vec<u8>,
    pub(crate) served: u64,
    pub(crate) failure: Option<Error>,
}

/// What the server knows of a connection.
struct State {
    requests: Requests,
    silence: TimerId,
    /// Nothing is read of it, since requests of its wait to be carried out or replies to be read.
    is_paused: bool,
}

/// What timers are for.
#[derive(Debug)]
pub(crate) enum Timer {
    /// A key has come to its end.
    End(Key),
    /// A client was silent for too long.
    Silence(Id<Client>),
    /// A client that was cut short has not ended its side.
    Linger(Id<Rest>),
}

impl Service for Server {
    type Command = ();
    type Timer = Timer;

    fn timer(&mut self, _: TimerId, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            // It was not cancelled, so the entry is the one that it was set for.
            Timer::End(key) => drop(self.store.take(&key)),
            Timer::Silence(id) => self.end(id, context),
            Timer::Linger(id) => drop(context.unregister(id)),
        }
    }
}

impl Handle<Door> for Server {
    fn event(
        &mut self,
        _: Id<Door>,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        context: &mut Context<'_, Self>,
    ) {
        // What goes wrong here concerns one connection, or descriptors are short: the listener
        // tries again by itself.
        drop(accepted.and_then(|(stream, _)| self.welcome(stream, context)));
    }

    fn failed(
        &mut self,
        _: Id<Door>,
        _: Released<Door>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Handle<Client> for Server {
    fn event(&mut self, id: Id<Client>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Connected => {}
            StreamEvent::Received(bytes) => {
                if let Some(state) = self.clients.get_mut(&id) {
                    state.requests.feed(bytes);
                    context.reset_timer(state.silence, self.idle);
                    self.serve(id, context);
                }
            }
            StreamEvent::End => self.end(id, context),
        }
    }

    fn failed(
        &mut self,
        id: Id<Client>,
        _: Released<Client>,
        _gone: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.forget(id, context);
        self.cut_short.remove(&id);
    }

    fn pressure(&mut self, id: Id<Client>, pressure: Pressure, context: &mut Context<'_, Self>) {
        match pressure {
            Pressure::High => self.pause(id, context),
            // Most of its replies are written: with what it has asked for meanwhile.
            Pressure::Low => self.serve(id, context),
        }
    }

    /// Closing a socket while something unread is in it makes the system take back what was sent,
    /// perhaps before the client has read why. So who was cut short is heard out, for a while.
    fn handed_over(
        &mut self,
        id: Id<Client>,
        released: Released<Client>,
        context: &mut Context<'_, Self>,
    ) {
        if !self.cut_short.remove(&id) {
            return;
        }
        let stream = released.resource.into_inner();
        // If it is gone, or the program ends, nobody waits for anything.
        if stream.shutdown(Shutdown::Write).is_ok()
            && let Ok(id) = context.register(Source::new(stream))
        {
            context.set_timer(GRACE, Timer::Linger(id));
        }
    }
}

impl Handle<Rest> for Server {
    fn event(&mut self, id: Id<Rest>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        if event == StreamEvent::End {
            context.unregister(id);
        }
    }

    fn failed(&mut self, _: Id<Rest>, _: Released<Rest>, _gone: Error, _: &mut Context<'_, Self>) {}
}

impl Handle<Signals> for Server {
    fn event(&mut self, _: Id<Signals>, _: Signal, context: &mut Context<'_, Self>) {
        context.shut_down(GRACE);
    }

    fn failed(
        &mut self,
        _: Id<Signals>,
        _: Released<Signals>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Server {
    /// A server of so many clients, which may be silent for so long, and so many bytes of keys and
    /// values.
    pub(crate) fn new(most: usize, idle: Duration, memory: usize) -> Self {
        Self {
            store: Store::with_limit(memory),
            clients: HashMap::new(),
            cut_short: HashSet::new(),
            most,
            idle,
            scratch: Vec::new(),
            served: 0,
            failure: None,
        }
    }

    fn welcome(&mut self, stream: TcpStream, context: &mut Context<'_, Self>) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let id = context.register(Stream::new(stream))?;
        let state = State {
            requests: Requests::new(LIMITS),
            silence: context.set_timer(self.idle, Timer::Silence(id)),
            is_paused: false,
        };
        self.clients.insert(id, state);
        if self.clients.len() > self.most {
            let full = Reply::error("ERR max number of clients reached");
            self.refuse(id, &full, context);
        }
        Ok(())
    }

    /// Carries out what a client has asked for, as long as its replies do not pile up.
    fn serve(&mut self, id: Id<Client>, context: &mut Context<'_, Self>) {
        while let Some(state) = self.clients.get_mut(&id) {
            if context.unsent(id) > WAITING {
                // Its replies are written when this returns, as far as it reads them. That it may
                // go on is told in any case.
                self.pause(id, context);
                return;
            }
            match state.requests.next() {
                Ok(Some(request)) => {
                    let store = &mut self.store;
                    let reply = execute(&mut Scene { store, context }, request);
                    let is_over = is_quit(request);
                    self.served += 1;
                    self.answer(id, &reply, context);
                    if is_over {
                        self.end(id, context);
                    }
                }
                Ok(None) => {
                    if mem::take(&mut state.is_paused) {
                        context.resume(id);
                    }
                    return;
                }
                Err(error) => self.refuse(id, &Reply::error(format!("ERR {error}")), context),
            }
        }
    }

    fn pause(&mut self, id: Id<Client>, context: &mut Context<'_, Self>) {
        if let Some(state) = self.clients.get_mut(&id) {
            state.is_paused = context.pause(id);
        }
    }

    fn answer(&mut self, id: Id<Client>, reply: &Reply, context: &mut Context<'_, Self>) {
        self.scratch.clear();
        let sent = match reply {
            Reply::Bulk(bytes) if bytes.len() >= SHARED => {
                Reply::encode_head(bytes.len(), &mut self.scratch);
                context.send(id, &self.scratch).and_then(|()| {
                    let sent = context.send_chunk(id, Arc::clone(bytes));
                    sent.map_err(|refused| refused.reason)?;
                    context.send(id, b"\r\n")
                })
            }
            _ => {
                reply.encode(&mut self.scratch);
                context.send(id, &self.scratch)
            }
        };
        if sent.is_err() {
            // It has failed, which we are told next; room there always is.
            self.forget(id, context);
        }
    }

    /// Ends a client that may have more to say, with the reason.
    fn refuse(&mut self, id: Id<Client>, why: &Reply, context: &mut Context<'_, Self>) {
        self.cut_short.insert(id);
        self.answer(id, why, context);
        self.end(id, context);
    }

    /// Ends a client once its replies are written.
    fn end(&mut self, id: Id<Client>, context: &mut Context<'_, Self>) {
        self.forget(id, context);
        context.close_within(id, GRACE);
    }

    fn forget(&mut self, id: Id<Client>, context: &mut Context<'_, Self>) {
        if let Some(state) = self.clients.remove(&id) {
            context.cancel_timer(state.silence);
        }
    }

    /// Without its listener and signals the program is of no use.
    fn give_up(&mut self, error: Error, context: &mut Context<'_, Self>) {
        self.failure.get_or_insert(error);
        context.shut_down(GRACE);
    }
}
