//! The load client's loop.

use core::ops::ControlFlow;
use core::time::Duration;
use std::io;

use poll_net::TcpStream;
use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Clock, Instant, Interest, Monotonic, Registered, Token, Trigger};

use super::session::{Session, Step};
use super::{Histogram, Plan, Progress, Report};

pub(super) struct Client<'a, B: Backend> {
    poll: Poll<B>,
    plan: &'a Plan,
    watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    request: Vec<u8>,
    buffer: Box<[u8]>,
    /// None where the connection failed.
    sessions: Vec<Option<Session<B>>>,
    connected: usize,
    failed: usize,
    in_flight: usize,
    /// When no more requests are sent.
    end: Instant,
    watch_at: Instant,
    is_broken_off: bool,
    report: Report,
}

const EVENTS: usize = 1024;
const BUFFER: usize = 64 * 1024;
/// Connections that are being made at the same time.
const CONNECTING: usize = 256;
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
const LAST_RESPONSES: Duration = Duration::from_secs(5);
const WATCH_EVERY: Duration = Duration::from_millis(100);

impl<'a, B: Backend> Client<'a, B> {
    pub(super) fn new(
        poll: Poll<B>,
        plan: &'a Plan,
        watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        let Plan { address, path, .. } = plan;
        Self {
            poll,
            plan,
            watch,
            request: format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes(),
            buffer: vec![0; BUFFER].into(),
            sessions: Vec::new(),
            connected: 0,
            failed: 0,
            in_flight: 0,
            end: Instant::START,
            watch_at: Instant::START,
            is_broken_off: false,
            report: Report {
                responses: 0,
                latency: Histogram::new(),
                elapsed: Duration::ZERO,
                errors: 0,
                first_error: None,
            },
        }
    }

    pub(super) fn run(mut self) -> io::Result<Report> {
        let mut events = Events::with_capacity(EVENTS);
        let total = self.plan.connections + self.plan.idle;
        let limit = Monotonic.now().saturating_add(CONNECT_LIMIT);
        while self.connected + self.failed < total && !self.is_over(limit) {
            while self.sessions.len() < total
                && self.sessions.len() - self.connected - self.failed < CONNECTING
            {
                self.connect();
            }
            self.turn(&mut events, limit)?;
        }
        self.fail_missing(total - self.connected - self.failed, "not connected");

        let start = Monotonic.now();
        self.end = start.saturating_add(self.plan.time);
        for index in 0..self.plan.connections.min(self.sessions.len()) {
            self.send(index, start);
        }
        let limit = self.end.saturating_add(LAST_RESPONSES);
        while (self.in_flight > 0 || Monotonic.now() < self.end) && !self.is_over(limit) {
            let next = if self.in_flight > 0 { limit } else { self.end };
            self.turn(&mut events, next)?;
        }
        if !self.is_broken_off {
            self.fail_missing(self.in_flight, "no response");
        }
        self.report.elapsed = Monotonic.now().saturating_duration_since(start);
        Ok(self.report)
    }

    fn is_over(&self, limit: Instant) -> bool {
        self.is_broken_off || Monotonic.now() >= limit
    }

    fn connect(&mut self) {
        let session = self.open();
        if let Err(error) = &session {
            let error = error.to_string();
            self.failed += 1;
            self.fail(&error);
        }
        self.sessions.push(session.ok());
    }

    fn open(&self) -> io::Result<Session<B>> {
        let stream = TcpStream::connect(self.plan.address)?;
        let token = Token(self.sessions.len());
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry().clone();
        Ok(Session::new(Registered::new(
            registry,
            stream,
            token,
            both,
            Trigger::Edge,
        )?))
    }

    /// One wait, at most until `limit`, and what follows from it.
    fn turn(&mut self, events: &mut Events<B>, limit: Instant) -> io::Result<()> {
        let now = Monotonic.now();
        if now >= self.watch_at {
            self.watch_at = now.saturating_add(WATCH_EVERY);
            let progress = Progress {
                connected: self.connected,
                responses: self.report.responses,
            };
            self.is_broken_off = (self.watch)(progress).is_break();
        }
        let next = limit.min(self.watch_at);
        self.poll
            .wait(events, Some(next.saturating_duration_since(now)))?;
        for event in &*events {
            let index = event.token().0;
            let Some(Some(session)) = self.sessions.get_mut(index) else {
                continue;
            };
            match session.advance(event.ready(), &self.request, &mut self.buffer) {
                Ok(Step::Wait) => {}
                Ok(Step::Connected) => self.connected += 1,
                Ok(Step::Answered) => self.answered(index),
                Err(error) => self.lose(index, &error),
            }
        }
        Ok(())
    }

    fn send(&mut self, index: usize, now: Instant) {
        let Some(Some(session)) = self.sessions.get_mut(index) else {
            return;
        };
        self.in_flight += 1;
        if let Err(error) = session.send(&self.request, now) {
            self.lose(index, &error);
        }
    }

    fn answered(&mut self, index: usize) {
        let now = Monotonic.now();
        if let Some(Some(session)) = self.sessions.get_mut(index)
            && let Some(sent_at) = session.sent_at.take()
        {
            self.in_flight -= 1;
            self.report.responses += 1;
            self.report
                .latency
                .record(now.saturating_duration_since(sent_at));
        }
        if now < self.end {
            self.send(index, now);
        }
    }

    /// Drops a connection that failed.
    fn lose(&mut self, index: usize, error: &io::Error) {
        let lost = self.sessions.get_mut(index).and_then(Option::take);
        if let Some(session) = lost {
            if session.is_connected() {
                self.in_flight -= usize::from(session.sent_at.is_some());
            } else {
                self.failed += 1;
            }
            self.fail(&error.to_string());
        }
    }

    fn fail(&mut self, what: &str) {
        self.report.errors += 1;
        self.report
            .first_error
            .get_or_insert_with(|| what.to_owned());
    }

    fn fail_missing(&mut self, count: usize, what: &str) {
        for _ in 0..count {
            self.fail(what);
        }
    }
}
