//! Watching a poller with another one, where a poller is a descriptor.
#![cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]

use std::io;
use std::os::fd::AsFd;

use poll_os::engine::{Backend, Poll, Registry};
use poll_os::{Interest, Token, Trigger};

use crate::fixture::Nesting;

/// How the suite's fixture is to do it.
pub(crate) fn nesting<B: Backend>() -> Option<Nesting<B>>
where
    Poll<B>: AsFd,
{
    Some(Nesting { nest, unnest })
}

/// Watches the poller `inner` for reading.
fn nest<B: Backend>(
    outer: &Registry<B>,
    inner: &Poll<B>,
    token: Token,
    trigger: Trigger,
) -> io::Result<()>
where
    Poll<B>: AsFd,
{
    outer.register(inner, token, Interest::READABLE, trigger)
}

/// Stops watching the poller `inner`.
fn unnest<B: Backend>(outer: &Registry<B>, inner: &Poll<B>) -> io::Result<()>
where
    Poll<B>: AsFd,
{
    outer.deregister(inner)
}
