//! TCP: the listener, the stream, the socket before it is either, and a connection in progress.

pub(crate) mod connecting;
pub(crate) mod listener;
pub(crate) mod socket;
pub(crate) mod stream;
