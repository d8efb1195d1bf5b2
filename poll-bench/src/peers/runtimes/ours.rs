//! poll-async, by the program written for tokio.

use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};

use poll_async::runtime::Builder;

use super::tokio::on_tokio;
use super::{Runtime, WORKERS, gone, one_after_the_other};

/// A runtime of ours.
pub(crate) struct Ours(poll_async::runtime::Runtime);

impl Ours {
    /// One thread.
    pub(crate) fn one() -> io::Result<Self> {
        Builder::new_current_thread().build().map(Self)
    }

    /// Workers.
    pub(crate) fn workers() -> io::Result<Self> {
        let builder = Builder::new_multi_thread().worker_threads(WORKERS);
        builder.build().map(Self)
    }

    /// The same, each on a CPU of its own.
    pub(crate) fn workers_apart() -> io::Result<Self> {
        let builder = Builder::new_multi_thread().worker_threads(WORKERS);
        let builder = builder.on_thread_start(one_after_the_other());
        builder.build().map(Self)
    }
}

impl Runtime for Ours {
    on_tokio!(poll_async);
}
