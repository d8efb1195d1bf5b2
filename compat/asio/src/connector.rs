//! Connecting to an address in words.

use std::io::{Error, ErrorKind};

use poll_async::classic::{Stream, connect};

/// What connects; [`connect`] is the same for an address that is one already.
#[derive(Clone, Copy, Debug)]
pub struct Connector;

impl Connector {
    /// Begins to connect to `address`, such as `127.0.0.1:8080` or `[::1]:8080`, and does not wait
    /// for it: the first operation on the stream does, and is told if nobody is there.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: that is no address; names are not looked up.
    /// * As [`connect`].
    pub fn connect(address: &str) -> Result<Stream, Error> {
        let invalid = |error| Error::new(ErrorKind::InvalidInput, error);
        connect(&address.parse().map_err(invalid)?)
    }
}
