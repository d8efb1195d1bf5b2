//! The loop: one wait for all sources, then one turn for each that can go on.

use core::mem;
use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Clock, Event, Instant, Interest, Monotonic, Signal, Signals, Token, Trigger};

use crate::connection::{Connection, Turn};
use crate::counters::Counters;
use crate::deadlines::Deadlines;
use crate::door::Door;
use crate::options::Options;
use crate::service::{Limits, Service};
use crate::slab::{Key, Slab};

/// The server: everything that one thread looks after.
#[derive(Debug)]
pub(crate) struct Server<B: Backend> {
    poll: Poll<B>,
    // None once the server is stopping.
    door: Option<Door<B>>,
    stop_signals: Signals,
    connections: Slab<Connection<B>>,
    /// Those that can go on without an event, or have had one.
    list: Vec<Key>,
    deadlines: Deadlines,
    limits: Limits,
    service: Service,
    /// When the server stops by itself, and then when it stops waiting for responses in flight.
    end: Instant,
    /// How long it waits for them.
    stop: Duration,
}

// No connection has these tokens: see `Slab`.
const DOOR: Token = Token(usize::MAX);
const STOP: Token = Token(usize::MAX - 1);

/// Events taken in one wait.
const EVENTS: usize = 1024;

impl<B: Backend> Server<B> {
    /// A server that listens.
    pub(crate) fn new(poll: Poll<B>, options: &Options) -> io::Result<Self> {
        let registry = poll.registry();
        let door = Door::open(options.address, DOOR, registry)?;
        let stop_signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
        registry.register(&stop_signals, STOP, Interest::READABLE, Trigger::Level)?;
        let run = options.run.unwrap_or(Duration::MAX);
        Ok(Self {
            poll,
            door: Some(door),
            stop_signals,
            connections: Slab::new(),
            list: Vec::new(),
            deadlines: Deadlines::default(),
            limits: options.limits,
            service: Service::start(),
            end: Monotonic.now().saturating_add(run),
            stop: options.stop,
        })
    }

    /// Where it listens.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.door {
            Some(door) => door.local_addr(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Serves until it was told to stop and has done so.
    pub(crate) fn run(mut self) -> io::Result<Counters> {
        let mut events = Events::with_capacity(EVENTS);
        while !self.has_stopped() {
            self.poll.wait(&mut events, self.timeout())?;
            self.service.counters.waits += 1;
            self.service.counters.fruitful_waits += u64::from(!events.is_empty());
            for event in &events {
                self.note(event);
            }
            let now = Monotonic.now();
            self.service.date.refresh(now);
            self.accept(now);
            self.advance_listed(now);
            self.ring_alarms(now);
            if now >= self.end {
                self.begin_stop(now);
            }
        }
        for key in self.connections.keys() {
            self.service.counters.count_error("not finished");
            self.close(key);
        }
        Ok(self.service.counters)
    }

    fn has_stopped(&self) -> bool {
        let is_over = self.connections.len() == 0 || Monotonic.now() >= self.end;
        self.service.is_stopping && is_over
    }

    /// How long nothing has to be done unless something happens.
    fn timeout(&self) -> Option<Duration> {
        if !self.list.is_empty() {
            return Some(Duration::ZERO);
        }
        let door = self.door.as_ref().and_then(Door::next_attempt);
        let next = [door, self.deadlines.next(), Some(self.end)];
        let next = next
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at < Instant::MAX);
        next.map(|at| at.saturating_duration_since(Monotonic.now()))
    }

    fn note(&mut self, event: Event) {
        match event.token() {
            DOOR => {
                if let Some(door) = &mut self.door {
                    door.note();
                }
            }
            STOP => {
                if self.stop_signals.drain().count() > 0 {
                    self.end = Instant::START;
                }
            }
            token => {
                let key = Key::from(token);
                // None: the event was made before the connection ended.
                if let Some(connection) = self.connections.get_mut(key) {
                    connection.note(event.ready());
                    self.list_once(key);
                }
            }
        }
    }

    fn list_once(&mut self, key: Key) {
        if let Some(connection) = self.connections.get_mut(key)
            && !mem::replace(&mut connection.is_listed, true)
        {
            self.list.push(key);
        }
    }

    fn accept(&mut self, now: Instant) {
        while let Some(door) = &mut self.door
            && let Some(accepted) = door.accept(self.connections.next_key(), now)
        {
            match accepted {
                Ok(stream) => {
                    let key = self.connections.insert(Connection::new(stream));
                    self.service.counters.accepted += 1;
                    self.renew_deadline(key, now);
                }
                Err(error) => self.service.counters.count_error(match error.kind() {
                    io::ErrorKind::ConnectionAborted => "gone before accepted",
                    _ => "not accepted",
                }),
            }
        }
    }

    /// Gives each listed connection a turn.
    fn advance_listed(&mut self, now: Instant) {
        let mut listed = mem::take(&mut self.list);
        for key in listed.drain(..) {
            let Some(connection) = self.connections.get_mut(key) else {
                continue;
            };
            connection.is_listed = false;
            let turn = connection.advance(&mut self.service);
            self.conclude(key, turn, now);
        }
        // What was listed meanwhile is for the next turn; the larger of the two buffers is kept.
        listed.append(&mut self.list);
        self.list = listed;
    }

    fn conclude(&mut self, key: Key, turn: Turn, now: Instant) {
        match turn {
            Turn::Wait => {}
            Turn::Again => self.list_once(key),
            Turn::End => self.close(key),
        }
        self.renew_deadline(key, now);
    }

    /// Deregisters and closes a connection.
    fn close(&mut self, key: Key) {
        drop(self.connections.remove(key));
        self.service.counters.closed += 1;
        let connections = &mut self.connections;
        self.deadlines.sweep(connections.len(), |key| {
            connections.get_mut(key).map(|other| other.deadline)
        });
    }

    fn renew_deadline(&mut self, key: Key, now: Instant) {
        if let Some(connection) = self.connections.get_mut(key)
            && let Some(at) = connection.new_deadline(&self.limits, now)
        {
            self.deadlines.set(key, &mut connection.deadline, at);
        }
    }

    /// Ends what has taken too long.
    fn ring_alarms(&mut self, now: Instant) {
        while let Some(alarm) = self.deadlines.pop(now) {
            if let Some(connection) = self.connections.get_mut(alarm.key)
                && self
                    .deadlines
                    .has_come(&mut connection.deadline, alarm, now)
            {
                let turn = connection.time_out(&mut self.service);
                self.conclude(alarm.key, turn, now);
            }
        }
    }

    /// Closes the door and finishes what is in flight; told a second time, it does not wait.
    fn begin_stop(&mut self, now: Instant) {
        if mem::replace(&mut self.service.is_stopping, true) {
            return;
        }
        self.door = None;
        self.end = now.saturating_add(self.stop);
        // Idle ones end, after a look for requests that have come already.
        for key in self.connections.keys() {
            if let Some(connection) = self.connections.get_mut(key) {
                connection.look_again();
                self.list_once(key);
            }
        }
    }
}
