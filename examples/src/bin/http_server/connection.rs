//! One connection: from bytes that come to bytes that go.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use poll_net::TcpStream;
use poll_os::engine::{Backend, Registry};
use poll_os::{Instant, Ready, Registered};

use crate::deadlines::Deadline;
use crate::input::Input;
use crate::output::Output;
use crate::request::{self, Parsed, Request};
use crate::response::{self, After};
use crate::service::{Limits, Service};
use crate::status::Status;

/// One connection.
///
/// It tries before it waits: it reads and writes until the stream has nothing more to read or no
/// more room, and goes on when an event says that this has changed. A read or write that is
/// shorter than asked for says the same as `WouldBlock`, one system call earlier.
#[derive(Debug)]
pub(crate) struct Connection<B: Backend> {
    stream: Registered<TcpStream, Registry<B>>,
    input: Input,
    output: Output,
    phase: Phase,
    /// A read may find something: set by events, cleared by a short read.
    is_readable: bool,
    /// The peer has sent its last byte, so that a short read may be followed by the end, which no
    /// further event announces.
    is_ending: bool,
    /// A write may find room: set by events, cleared by a short write.
    is_writable: bool,
    /// Whether it is in the server's list of those that can go on.
    pub(crate) is_listed: bool,
    pub(crate) deadline: Deadline,
    /// What it waited for when the deadline was set.
    waiting: Waiting,
    /// It has got further since the deadline was set.
    has_progressed: bool,
}

/// Where a connection is in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before or inside the head of a request.
    Head,
    /// Inside the body of this request, of which so many bytes are still to come.
    Body(Request, usize),
    /// The last response is being written.
    Last,
    /// Everything was written and the peer told so. What it still sends is read and dropped:
    /// closing with unread bytes would reset the connection and destroy the last response.
    Lingering,
}

/// What a connection waits for, and so which limit of time it is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The first byte of a request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// Room for the response.
    Room,
    /// The peer's end, after our own.
    End,
}

/// What a turn has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing can be done before the next event.
    Wait,
    /// There is more to do; others come first.
    Again,
    /// The connection has ended.
    End,
}

/// What a read has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Bytes, or the news that there are none for now.
    Some,
    /// The peer's end.
    End,
}

/// Reads and writes in one turn, so that a busy peer does not keep others waiting.
const STEPS: usize = 16;

/// Composed text that may wait before more requests are answered.
const MAX_TEXT: usize = 64 * 1024;

impl<B: Backend> Connection<B> {
    /// A connection that waits for its first request.
    pub(crate) fn new(stream: Registered<TcpStream, Registry<B>>) -> Self {
        Self {
            stream,
            input: Input::default(),
            output: Output::default(),
            phase: Phase::Head,
            is_readable: false,
            is_ending: false,
            is_writable: true,
            is_listed: false,
            deadline: Deadline::NEVER,
            waiting: Waiting::Idle,
            has_progressed: true,
        }
    }

    /// Notes what an event said.
    pub(crate) const fn note(&mut self, ready: Ready) {
        self.is_readable |= ready.wakes_reader();
        self.is_ending |= ready.is_read_closed() || ready.is_error();
        self.is_writable |= ready.wakes_writer();
    }

    /// Has it look for bytes once more although no event announced any.
    pub(crate) const fn look_again(&mut self) {
        self.is_readable = true;
    }

    /// Does what can be done now.
    pub(crate) fn advance(&mut self, service: &mut Service) -> Turn {
        let turn = self.steps(service).unwrap_or_else(|error| {
            service.counters.count_error(kind_name(&error));
            Turn::End
        });
        self.input.release(&mut service.spares);
        turn
    }

    /// Ends what takes too long: with a word where the peer owes us something.
    pub(crate) fn time_out(&mut self, service: &mut Service) -> Turn {
        match self.waiting {
            Waiting::Head | Waiting::Body => {
                service.counters.count_error("timed out");
                self.refuse(Status::REQUEST_TIMEOUT, service);
                Turn::Again
            }
            Waiting::Room => {
                service.counters.count_error("timed out");
                Turn::End
            }
            Waiting::Idle | Waiting::End => Turn::End,
        }
    }

    /// The new deadline, if it waits for something else than before or has got further.
    pub(crate) fn new_deadline(&mut self, limits: &Limits, now: Instant) -> Option<Instant> {
        let waiting = self.waiting();
        if waiting == self.waiting && !self.has_progressed {
            return None;
        }
        self.waiting = waiting;
        self.has_progressed = false;
        Some(now.saturating_add(limits.of(waiting)))
    }

    fn waiting(&self) -> Waiting {
        match self.phase {
            Phase::Lingering => Waiting::End,
            _ if !self.output.is_empty() => Waiting::Room,
            Phase::Body(..) => Waiting::Body,
            _ if self.input.is_empty() => Waiting::Idle,
            _ => Waiting::Head,
        }
    }

    fn steps(&mut self, service: &mut Service) -> io::Result<Turn> {
        for _ in 0..STEPS {
            // Nothing is read or answered while output waits: a peer that does not read its
            // responses cannot have more of them composed.
            if self.output.is_empty() {
                self.answer(service);
            }
            if !self.output.is_empty() {
                if !self.is_writable {
                    return Ok(Turn::Wait);
                }
                self.write(service)?;
            } else if self.phase == Phase::Last {
                self.stream.get_ref().shutdown(Shutdown::Write)?;
                self.phase = Phase::Lingering;
            } else if !self.is_readable {
                let is_idle = self.waiting() == Waiting::Idle;
                let may_go = is_idle && service.is_stopping;
                return Ok(if may_go { Turn::End } else { Turn::Wait });
            } else if self.read(service)? == Progress::End {
                if self.waiting() != Waiting::Idle && self.phase != Phase::Lingering {
                    service.counters.count_error("cut off");
                }
                return Ok(Turn::End);
            }
        }
        Ok(Turn::Again)
    }

    /// Reads once.
    fn read(&mut self, service: &mut Service) -> io::Result<Progress> {
        match self.input.read_from(&mut self.stream, &mut service.spares) {
            Ok(received) if received.bytes == 0 => Ok(Progress::End),
            Ok(received) => {
                self.is_readable = !received.is_drained || self.is_ending;
                service.counters.bytes_read += received.bytes;
                Ok(Progress::Some)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.is_readable = false;
                Ok(Progress::Some)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes once.
    fn write(&mut self, service: &mut Service) -> io::Result<()> {
        match self.output.write_to(&mut self.stream) {
            Ok(written) => {
                self.is_writable = written.has_room;
                self.has_progressed = true;
                service.counters.bytes_written += written.bytes;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.is_writable = false;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Answers the requests that have come, as far as there is room for the responses.
    fn answer(&mut self, service: &mut Service) {
        while !self.input.is_empty() && self.output.text_len() < MAX_TEXT {
            match self.phase {
                Phase::Head => {
                    if !self.answer_head(service) {
                        return;
                    }
                }
                Phase::Body(request, left) => {
                    let step = left.min(self.input.bytes().len());
                    self.input.consume(step);
                    self.go_on_with(request, left - step, service);
                }
                Phase::Last | Phase::Lingering => self.input.consume(usize::MAX),
            }
        }
    }

    /// Takes the next head from the input; false if it is not all there.
    fn answer_head(&mut self, service: &mut Service) -> bool {
        match request::parse(self.input.bytes()) {
            Parsed::Partial if self.input.is_full() => {
                self.refuse(request::too_long(self.input.bytes()), service);
            }
            Parsed::Partial => return false,
            Parsed::Refused(status) => self.refuse(status, service),
            Parsed::Complete(request, len) => {
                self.input.consume(len);
                if request.expects_continue && request.body > 0 && self.input.is_empty() {
                    response::invite_body(&mut self.output);
                }
                self.go_on_with(request, request.body, service);
            }
        }
        true
    }

    /// Answers `request` once nothing is left of its body.
    fn go_on_with(&mut self, request: Request, left: usize, service: &mut Service) {
        if left > 0 {
            self.phase = Phase::Body(request, left);
            return;
        }
        let keeps = request.keeps_alive && !service.is_stopping;
        let after = match (keeps, request.is_old) {
            (true, false) => After::Next,
            (true, true) => After::NextAsAgreed,
            (false, _) => After::End,
        };
        self.phase = if keeps { Phase::Head } else { Phase::Last };
        self.has_progressed = true;
        service.counters.count(&request);
        response::respond(&mut self.output, &request, after, service);
    }

    /// Answers with a failure after which the connection ends.
    fn refuse(&mut self, status: Status, service: &mut Service) {
        service.counters.count_error(status.as_str());
        response::refuse(&mut self.output, status, service);
        self.input.consume(usize::MAX);
        self.phase = Phase::Last;
    }
}

/// The name under which an error of the stream is counted.
fn kind_name(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::NotConnected => "reset",
        ErrorKind::TimedOut => "unreachable",
        _ => "other",
    }
}
