//! TCP.

use core::net::SocketAddr;
use std::io::{self, Error, ErrorKind};

use super::socket::Socket;
use crate::net::{TcpListener, TcpStream};
use crate::sync::OnceCell;

/// Begins to connect to `addr`, and does not wait for it: the first operation on the stream does,
/// and is told if nobody is there.
///
/// # Errors
///
/// Those that are known at once, such as `EMFILE` and `ENETUNREACH`.
pub fn connect(addr: &SocketAddr) -> Result<Stream, Error> {
    let started = poll_net::TcpStream::connect(*addr)?;
    Ok(Stream {
        socket: Socket::new(started),
        connecting: OnceCell::new(),
    })
}

/// A socket that accepts connections, in the runtime in which it is asked first.
#[derive(Debug)]
pub struct Listener {
    socket: Socket<TcpListener>,
}

impl Listener {
    /// Listens on `address`, such as `127.0.0.1:8080` or `[::]:8080`.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: that is no address; names are not looked up.
    /// * As [`TcpListener::bind`].
    pub fn bind(address: &str) -> io::Result<Self> {
        let invalid = |error| Error::new(ErrorKind::InvalidInput, error);
        let address = address.parse().map_err(invalid)?;
        let listener = poll_net::TcpListener::bind(address)?;
        let socket = Socket::new(listener);
        Ok(Self { socket })
    }

    /// Waits for a connection.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::accept`]; and the first time, if this is in no runtime.
    ///
    /// Cancel-safe: if it is dropped, nothing was accepted.
    pub async fn accept(&mut self) -> Result<Stream, Error> {
        let (stream, _peer) = self.socket.joined()?.accept().await?;
        Ok(Stream {
            socket: stream.into(),
            connecting: OnceCell::new_with(Some(())),
        })
    }

    /// The address that it listens on.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.look(poll_net::TcpListener::local_addr)
    }
}

/// A TCP connection. Any number of tasks may use it at the same time.
///
/// One that was accepted belongs to the runtime of its listener, and one that was
/// [connected](connect) to that in which it is used first.
#[derive(Debug)]
pub struct Stream {
    socket: Socket<TcpStream>,
    // Until somebody knows whether it was made.
    connecting: OnceCell<()>,
}

impl Stream {
    /// Waits until it is known whether the connection was made. An error is told once, to the
    /// first task that asks; the others meet that of a socket without connection.
    async fn connected(&self) -> io::Result<&TcpStream> {
        let stream = self.socket.joined()?;
        let mut error = None;
        let finish = async { error = stream.finish_connect().await.err() };
        self.connecting.get_or_init(|| finish).await;
        error.map_or(Ok(stream), Err)
    }

    /// Reads what has come: how much; zero at the end.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::read`], and those of connecting.
    ///
    /// Cancel-safe: if it is dropped, nothing was read.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.connected().await?.read(buffer).await
    }

    /// Writes as much as there is room for: how much.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::write`], and those of connecting.
    ///
    /// Cancel-safe: if it is dropped, nothing was written.
    pub async fn write(&self, buffer: &[u8]) -> Result<usize, Error> {
        self.connected().await?.write(buffer).await
    }

    /// Writes all of it.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::write_all`], and those of connecting.
    ///
    /// Not cancel-safe: if it is dropped, some of it may have been written.
    pub async fn write_all(&self, buffer: &[u8]) -> Result<(), Error> {
        self.connected().await?.write_all(buffer).await
    }
}
