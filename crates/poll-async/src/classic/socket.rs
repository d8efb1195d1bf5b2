//! Sockets that can be made before there is a runtime.

use std::io::{self, ErrorKind};
use std::sync::OnceLock;

use crate::net::{TcpListener, TcpStream};
use crate::runtime::Handle;
use crate::threads::{Mutex, lock};

/// A socket of the runtime, and what it is without one.
pub(super) trait Join: Sized {
    type Net;

    /// Registers it with the runtime that this thread is in.
    fn join(net: Self::Net) -> io::Result<Self>;

    fn net(&self) -> &Self::Net;
}

impl Join for TcpListener {
    type Net = poll_net::TcpListener;

    fn join(net: Self::Net) -> io::Result<Self> {
        Self::from_net(net)
    }

    fn net(&self) -> &Self::Net {
        self.get_ref()
    }
}

impl Join for TcpStream {
    type Net = poll_net::TcpStream;

    fn join(net: Self::Net) -> io::Result<Self> {
        Self::from_net(net)
    }

    fn net(&self) -> &Self::Net {
        self.get_ref()
    }
}

/// A socket that joins the runtime in which it is used first: a program may make it before it
/// calls [`runtime`](super::runtime).
#[derive(Debug)]
pub(super) struct Socket<S: Join> {
    // Until it has joined, and for good if that failed.
    made: Mutex<Option<S::Net>>,
    joined: OnceLock<S>,
}

impl<S: Join> From<S> for Socket<S> {
    fn from(joined: S) -> Self {
        Self {
            made: Mutex::new(None),
            joined: OnceLock::from(joined),
        }
    }
}

impl<S: Join> Socket<S> {
    pub(super) fn new(made: S::Net) -> Self {
        Self {
            made: Mutex::new(Some(made)),
            joined: OnceLock::new(),
        }
    }

    /// The socket in its runtime, which is that of this thread if it had none.
    pub(super) fn joined(&self) -> io::Result<&S> {
        if let Some(joined) = self.joined.get() {
            return Ok(joined);
        }
        // Before it is taken: outside of a runtime it stays as it is.
        Handle::try_current()?;
        let mut made = lock(&self.made);
        if let Some(net) = made.take() {
            let joined = S::join(net)?;
            // Whoever comes second finds it as soon as the lock is free.
            return Ok(self.joined.get_or_init(|| joined));
        }
        self.joined.get().ok_or_else(lost)
    }

    /// Looks at the socket, wherever it is.
    pub(super) fn look<T>(&self, look: impl Fn(&S::Net) -> io::Result<T>) -> io::Result<T> {
        match &*lock(&self.made) {
            Some(net) => look(net),
            None => look(self.joined.get().ok_or_else(lost)?.net()),
        }
    }
}

/// The engine has refused it, which was told then.
fn lost() -> io::Error {
    ErrorKind::NotConnected.into()
}
