//! How a source is held: bare on engines with native edges, with its registration on poll(2).
//!
//! poll(2) reports an edge once and has to be asked for the next one, by what the source returns;
//! and it keeps a duplicate, so that a registration has to be ended before its source is closed.
//! Elsewhere a source is its descriptor and nothing else.

use std::io::{ErrorKind, Result};
use std::os::fd::AsFd;

use poll_api::{Interest, Register, Token, Trigger};
use poll_os::engine::Backend;

use crate::mechanism::{EngineRegistry, Mechanism};

/// What reading uses up.
pub(crate) const READING: Interest = Interest::READABLE.add(Interest::PRIORITY);
/// What writing uses up.
pub(crate) const WRITING: Interest = Interest::WRITABLE;
/// What an operation may use up that nobody knows more of.
pub(crate) const EITHER: Interest = READING.add(WRITING);

/// A source in the form that this crate's engine needs.
pub(crate) type Held<S> = <On<{ <Mechanism as Backend>::CAPABILITIES.edge }> as HasEdges>::Held<S>;

/// An engine, by whether its edges are native.
pub(crate) struct On<const NATIVE_EDGES: bool>;

/// How sources are held on an engine.
pub(crate) trait HasEdges {
    type Held<S: AsFd>: Hold<S>;
}

impl HasEdges for On<true> {
    type Held<S: AsFd> = Bare<S>;
}

impl HasEdges for On<false> {
    type Held<S: AsFd> = Kept<S>;
}

/// A source with what belongs to it.
pub(crate) trait Hold<S> {
    fn new(source: S) -> Self;

    fn source(&self) -> &S;

    /// The source alone; what cannot outlive its registration is deregistered.
    fn into_source(self) -> S;

    fn register(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()>;

    fn reregister(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()>;

    fn deregister(&mut self, registry: &EngineRegistry) -> Result<()>;

    /// Runs `operation`, which uses up the readiness `part`, and asks for the next edge where it
    /// says `WouldBlock`.
    fn run<T>(&self, part: Interest, operation: impl FnOnce(&S) -> Result<T>) -> Result<T>;

    /// As [`run`](Self::run) for a stream, which is drained or full as well once fewer bytes than
    /// `wanted` were transferred, and some.
    fn transfer(
        &self,
        part: Interest,
        wanted: usize,
        operation: impl FnOnce(&S) -> Result<usize>,
    ) -> Result<usize>;
}

/// A source and nothing else.
pub(crate) struct Bare<S>(S);

impl<S: AsFd> Hold<S> for Bare<S> {
    #[inline]
    fn new(source: S) -> Self {
        Self(source)
    }

    #[inline]
    fn source(&self) -> &S {
        &self.0
    }

    fn into_source(self) -> S {
        self.0
    }

    fn register(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()> {
        let (token, interest) = how;
        registry.register(&self.0, token, interest, Trigger::Edge)
    }

    fn reregister(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()> {
        let (token, interest) = how;
        registry.modify(&self.0, token, interest, Trigger::Edge)
    }

    fn deregister(&mut self, registry: &EngineRegistry) -> Result<()> {
        registry.deregister(&self.0)
    }

    #[inline]
    fn run<T>(&self, _part: Interest, operation: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        operation(&self.0)
    }

    #[inline]
    fn transfer(
        &self,
        _part: Interest,
        _wanted: usize,
        operation: impl FnOnce(&S) -> Result<usize>,
    ) -> Result<usize> {
        operation(&self.0)
    }
}

/// A source with its registration, which ends before it does.
pub(crate) struct Kept<S: AsFd> {
    // `None` only inside `into_source`, which consumes the value.
    source: Option<S>,
    registration: Option<Registration>,
}

struct Registration {
    registry: EngineRegistry,
    token: Token,
    interest: Interest,
}

impl<S: AsFd> Kept<S> {
    fn keep(&mut self, registry: &EngineRegistry, (token, interest): (Token, Interest)) {
        self.registration = Some(Registration {
            registry: registry.clone(),
            token,
            interest,
        });
    }

    /// Asks for the next edge of `part`, as far as the registration is interested in it.
    fn rearm(&self, part: Interest) -> Result<()> {
        let Some(registration) = &self.registration else {
            return Ok(());
        };
        let Some(part) = registration.interest.intersection(part) else {
            return Ok(());
        };
        let registry = &registration.registry;
        registry.rearm(self.source(), registration.token, part, Trigger::Edge)
    }

    fn end(&mut self) {
        if let (Some(source), Some(registration)) = (&self.source, self.registration.take()) {
            // Whatever the reason, the registration does not exist any more, which is the aim.
            drop(registration.registry.deregister(source));
        }
    }
}

impl<S: AsFd> Hold<S> for Kept<S> {
    fn new(source: S) -> Self {
        Self {
            source: Some(source),
            registration: None,
        }
    }

    fn source(&self) -> &S {
        match &self.source {
            Some(source) => source,
            None => unreachable!(),
        }
    }

    fn into_source(mut self) -> S {
        self.end();
        match self.source.take() {
            Some(source) => source,
            None => unreachable!(),
        }
    }

    fn register(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()> {
        // There is room for one registration, and one that was forgotten would keep the source
        // open. One that can be rearmed exists; another was ended through the descriptor's number.
        if self.registration.is_some() && self.rearm(EITHER).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let (token, interest) = how;
        registry.register(self.source(), token, interest, Trigger::Edge)?;
        self.keep(registry, how);
        Ok(())
    }

    fn reregister(&mut self, registry: &EngineRegistry, how: (Token, Interest)) -> Result<()> {
        let (token, interest) = how;
        registry.modify(self.source(), token, interest, Trigger::Edge)?;
        self.keep(registry, how);
        Ok(())
    }

    fn deregister(&mut self, registry: &EngineRegistry) -> Result<()> {
        registry.deregister(self.source())?;
        self.registration = None;
        Ok(())
    }

    fn run<T>(&self, part: Interest, operation: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        let result = operation(self.source());
        if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.rearm(part)?;
        }
        result
    }

    fn transfer(
        &self,
        part: Interest,
        wanted: usize,
        operation: impl FnOnce(&S) -> Result<usize>,
    ) -> Result<usize> {
        let done = self.run(part, operation)?;
        if 0 < done && done < wanted {
            // The bytes are the caller's, whatever becomes of the next edge. Whoever goes on until
            // `WouldBlock` is told there.
            drop(self.rearm(part));
        }
        Ok(done)
    }
}

impl<S: AsFd> Drop for Kept<S> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, feature = "os-poll"))]
mod tests {
    use super::{Backend, EngineRegistry, Hold, Interest, Kept, Mechanism, READING, Result, Token};
    use core::time::Duration;
    use std::io::{ErrorKind, Read, Write};
    use std::os::unix::net::UnixStream;

    type Poll = poll_os::engine::Poll<Mechanism>;

    const HOW: (Token, Interest) = (Token(1), Interest::READABLE);

    fn kept() -> Result<(Kept<UnixStream>, UnixStream)> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok((Kept::new(near), far))
    }

    fn read(kept: &Kept<UnixStream>, wanted: usize) -> Result<usize> {
        let mut buffer = vec![0; wanted];
        kept.transfer(READING, wanted, |mut stream| stream.read(&mut buffer))
    }

    #[test]
    fn a_registered_source_is_refused_by_every_poller_until_it_is_deregistered() {
        let (one, other) = (Poll::new().unwrap(), Poll::new().unwrap());
        let (mut near, mut far) = kept().unwrap();
        near.register(one.registry(), HOW).unwrap();
        for poll in [&one, &other] {
            let error = near.register(poll.registry(), HOW).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        }
        let error = near.deregister(other.registry()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        near.deregister(one.registry()).unwrap();
        near.register(other.registry(), HOW).unwrap();
        assert!(near.deregister(one.registry()).is_err());
        // Nothing of it stays behind, which would keep the stream open.
        drop(near);
        assert_eq!(far.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_source_that_was_deregistered_by_its_number_is_free() {
        if Mechanism::CAPABILITIES.edge {
            // Only poll(2) can tell, for which this is.
            return;
        }
        let poll = Poll::new().unwrap();
        let (mut near, _far) = kept().unwrap();
        let registry: &EngineRegistry = poll.registry();
        near.register(registry, HOW).unwrap();
        registry.deregister(near.source()).unwrap();
        near.register(registry, HOW).unwrap();
    }

    #[test]
    fn what_was_read_is_not_lost_when_the_next_edge_cannot_be_asked_for() {
        let poll = Poll::new().unwrap();
        let (mut near, mut far) = kept().unwrap();
        near.register(poll.registry(), HOW).unwrap();
        poll.registry().deregister(near.source()).unwrap();
        far.write_all(b"abc").unwrap();
        assert_eq!(read(&near, 8).unwrap(), 3);
    }
}
