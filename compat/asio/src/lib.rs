#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "this `asio` is poll-async under the name of async_io's crate, which runs on Unix systems: \
     Windows and WASI are not supported; take the patch of `asio` out of the manifest for them"
);

#[cfg(unix)]
mod connector;
#[cfg(unix)]
pub mod mpsc;

#[cfg(unix)]
pub use self::{
    connector::Connector,
    mpsc::{AsyncReceiver, AsyncSender, async_channel},
};
#[cfg(unix)]
pub use poll_async::classic::{
    AsyncGuard, AsyncMutex, JoinFuture, Listener, RingBuffer, Stream, async_spawn, connect,
    execution, runtime,
};
