//! Sockets of messages: UDP and Unix datagrams.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Instant, Interest};
use poll_net::{UdpSocket, UnixAddr, UnixDatagram};

use crate::resource::{Io, Resource, Step};

/// So many messages wait for room at most.
const WAITING: usize = 1024;
/// How long messages wait if there is room, and yet none is taken: so it is with an unconnected
/// Unix socket whose peer's queue is full, and no system tells when that has room again.
const PAUSE: Duration = Duration::from_millis(5);

/// A socket that sends and receives whole messages, in non-blocking mode.
pub trait DatagramSocket: AsFd + 'static {
    /// The address of a peer.
    type Address;

    /// Receives one message; what does not fit into the buffer is lost.
    ///
    /// # Errors
    ///
    /// As the socket's own; `WouldBlock`: there is none.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Self::Address)>;

    /// Sends one message.
    ///
    /// # Errors
    ///
    /// As the socket's own; `WouldBlock`: there is no room now.
    fn send(&self, message: &[u8], to: &Self::Address) -> io::Result<usize>;
}

impl DatagramSocket for UdpSocket {
    type Address = SocketAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn send(&self, message: &[u8], to: &SocketAddr) -> io::Result<usize> {
        self.send_to(message, *to)
    }
}

impl DatagramSocket for std::net::UdpSocket {
    type Address = SocketAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn send(&self, message: &[u8], to: &SocketAddr) -> io::Result<usize> {
        self.send_to(message, to)
    }
}

impl DatagramSocket for UnixDatagram {
    type Address = UnixAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddr)> {
        self.recv_from(buffer)
    }

    fn send(&self, message: &[u8], to: &UnixAddr) -> io::Result<usize> {
        self.send_to_addr(message, to)
    }
}

/// A socket of messages. Its events are messages with their senders, and errors that concern one
/// message.
///
/// It is sent to through [`Context::get_mut`](crate::Context::get_mut) and
/// [`send_to`](Self::send_to).
///
/// # Examples
///
/// ```
/// use poll_net::UdpSocket;
/// use poll_reactor::{
///     Context, Datagrams, Error, Handle, Id, Limit, ReceivedDatagram, Released, Runtime, Service,
/// };
/// use std::io;
/// use std::net::SocketAddr;
///
/// struct Status {
///     questions: u32,
/// }
///
/// impl Service for Status {
///     type Command = ();
///     type Timer = ();
/// }
///
/// type Port = Datagrams<UdpSocket>;
///
/// impl Handle<Port> for Status {
///     fn event(
///         &mut self,
///         id: Id<Port>,
///         event: io::Result<ReceivedDatagram<'_, SocketAddr>>,
///         context: &mut Context<'_, Self>,
///     ) {
///         // An error is about one message: the port of somebody who asked is closed.
///         let (Ok(question), Some(port)) = (event, context.get_mut(id)) else {
///             return;
///         };
///         self.questions += 1;
///         let answer = format!("{} questions", self.questions);
///         drop(port.send_to(answer.as_bytes(), question.from)); // datagrams may be lost
///     }
///
///     fn failed(
///         &mut self,
///         _: Id<Port>,
///         _: Released<Port>,
///         error: Error,
///         _: &mut Context<'_, Self>,
///     ) {
///         eprintln!("{error}");
///     }
/// }
///
/// let port = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let asker = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// asker.connect(port.local_addr()?)?;
/// let mut runtime = Runtime::new(Status { questions: 0 })?;
/// runtime.register(Datagrams::new(port))?;
/// asker.send(b"?")?;
/// while runtime.service().questions == 0 {
///     let _ = runtime.turn(Limit::Never)?;
/// }
/// let mut answer = [0; 16];
/// let len = asker.recv(&mut answer)?;
/// assert_eq!(&answer[..len], b"1 questions");
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Debug)]
pub struct Datagrams<S: DatagramSocket> {
    socket: S,
    waiting: VecDeque<(Vec<u8>, S::Address)>,
    // When those that wait are tried again, if the engine cannot tell.
    again_at: Option<Instant>,
}

/// One message that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedDatagram<'buffer, A> {
    /// The message, as much of it as the runtime's buffer holds; one of the default size
    /// holds any UDP message.
    pub message: &'buffer [u8],
    /// Who sent it.
    pub from: A,
}

impl<S: DatagramSocket> Datagrams<S> {
    /// A socket of messages.
    #[must_use]
    pub const fn new(socket: S) -> Self {
        Self {
            socket,
            waiting: VecDeque::new(),
            again_at: None,
        }
    }

    /// The socket.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The socket back; messages that wait are dropped.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.socket
    }

    /// Sends one message, or lets a copy of it wait if there is no room, in order. One system call.
    ///
    /// # Errors
    ///
    /// * `WouldBlock`: 1024 messages wait already.
    /// * As the socket's own; the messages that wait are not touched by it.
    pub fn send_to(&mut self, message: &[u8], to: S::Address) -> io::Result<()> {
        if self.waiting.is_empty() {
            match self.socket.send(message, &to) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        if self.waiting.len() >= WAITING {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.waiting.push_back((message.to_vec(), to));
        Ok(())
    }

    // Sends what waits; an error is about the first of them, which is dropped.
    fn send_waiting(&mut self, io: &mut Io<'_, '_>) -> io::Result<()> {
        if self.waiting.is_empty() || self.again_at.is_some_and(|at| io.now() < at) {
            return Ok(());
        }
        self.again_at = None;
        let mut has_sent = false;
        while let Some((message, to)) = self.waiting.front() {
            let sent = self.socket.send(message, to);
            if matches!(&sent, Err(error) if error.kind() == ErrorKind::WouldBlock) {
                if !has_sent && io.ready().is_writable() {
                    self.again_at = Some(io.now().saturating_add(PAUSE));
                }
                break;
            }
            drop(self.waiting.pop_front());
            sent?;
            has_sent = true;
        }
        Ok(())
    }

    /// How many messages wait for room.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl<S: DatagramSocket> AsFd for Datagrams<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl<S: DatagramSocket> Resource for Datagrams<S> {
    type Event<'a> = io::Result<ReceivedDatagram<'a, S::Address>>;

    fn interest(&self) -> Option<Interest> {
        match self.waiting.is_empty() || self.again_at.is_some() {
            true => Some(Interest::READABLE),
            false => Some(Interest::READABLE | Interest::WRITABLE),
        }
    }

    fn step<'buffer>(&mut self, mut io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        if let Err(error) = self.send_waiting(&mut io) {
            return tell(error);
        }
        let buffer = io.into_buffer();
        match self.socket.receive(buffer) {
            Ok((len, from)) => {
                let message = buffer.get(..len).unwrap_or(buffer);
                Ok(Step::Event(Ok(ReceivedDatagram { message, from })))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Ok(self.again_at.map_or(Step::Pending, Step::Until))
            }
            Err(error) => tell(error),
        }
    }
}

/// An error about one message is an event, any other one the end of the socket.
fn tell<T>(error: io::Error) -> io::Result<Step<io::Result<T>>> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(Step::Again),
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::InvalidInput
        | ErrorKind::OutOfMemory => Ok(Step::Event(Err(error))),
        _ => Err(error),
    }
}
