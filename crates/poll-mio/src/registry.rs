//! The registering half.

use std::io;

use poll_api::{Interest, Token};

use crate::event::Source;
use crate::mechanism::EngineRegistry;
use crate::trace::trace;

#[cfg(debug_assertions)]
use {crate::home::Home, std::sync::Arc};

/// Registers sources with a [`Poll`](crate::Poll), from any thread at any time, also while another
/// one waits.
///
/// A source belongs to one poller at a time. In debug builds the sources of this crate refuse a
/// second registration, and a change or an end of one that does not exist; in release builds the
/// system answers, which on kqueue means that a second registration replaces the first.
#[derive(Debug)]
pub struct Registry {
    registry: EngineRegistry,
    #[cfg(debug_assertions)]
    home: Arc<Home>,
}

impl Registry {
    #[cfg(feature = "os-poll")]
    pub(crate) fn new(registry: EngineRegistry) -> Self {
        Self {
            registry,
            #[cfg(debug_assertions)]
            home: Home::new(),
        }
    }

    /// Starts to watch `source`: its events carry `token` and say what of `interests` is ready.
    ///
    /// What is ready already is reported by the next wait, or by the present one. All values of
    /// `token` are the caller's. The source must stay open until it is deregistered or dropped; the
    /// sources of this crate end their registration when they are dropped.
    ///
    /// # Errors
    ///
    /// Those of the source. For the sources of this crate:
    ///
    /// * `AlreadyExists`: it is registered already.
    /// * `EOPNOTSUPP` (`Unsupported`): the system cannot watch for one of the interests.
    /// * `EPERM` (`PermissionDenied`): it cannot be waited for, as regular files.
    /// * `ENOMEM`, `ENOSPC`, `EMFILE`: no memory or no descriptor is left.
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    pub fn register<S: Source + ?Sized>(
        &self,
        source: &mut S,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        trace!("register as {token:?} for {interests:?}");
        source.register(self, token, interests)
    }

    /// Replaces token and interests of a registered source, and reports its present readiness
    /// again.
    ///
    /// # Errors
    ///
    /// Those of the source. For the sources of this crate:
    ///
    /// * `NotFound`: it is not registered.
    /// * `AlreadyExists`: it is registered with another poller (debug builds).
    /// * As [`register`](Self::register).
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    pub fn reregister<S: Source + ?Sized>(
        &self,
        source: &mut S,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        trace!("reregister as {token:?} for {interests:?}");
        source.reregister(self, token, interests)
    }

    /// Stops watching `source`: no later wait has an event of it.
    ///
    /// It can be registered again, with this poller or with another one.
    ///
    /// # Errors
    ///
    /// Those of the source. For the sources of this crate:
    ///
    /// * `NotFound`: it is not registered, or with another poller.
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    pub fn deregister<S: Source + ?Sized>(&self, source: &mut S) -> io::Result<()> {
        trace!("deregister");
        source.deregister(self)
    }

    /// A second handle to the same poller, which it keeps open.
    ///
    /// No system call, and no descriptor.
    ///
    /// # Errors
    ///
    /// None; mio's signature has room for one.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            registry: self.registry.clone(),
            #[cfg(debug_assertions)]
            home: Arc::clone(&self.home),
        })
    }

    /// The registry below.
    pub(crate) const fn engine(&self) -> &EngineRegistry {
        &self.registry
    }

    /// What debug builds know of the poller.
    #[cfg(debug_assertions)]
    pub(crate) const fn home(&self) -> &Arc<Home> {
        &self.home
    }
}
