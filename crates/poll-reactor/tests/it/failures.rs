//! Registrations and waits that fail.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use poll_api::{Capabilities, Clock, Engine, Token};
use poll_net::UnixStream;
use poll_os::Monotonic;
use poll_reactor::{
    Builder, Context, Ended, Error, Handle, Id, Limit, Listener, Operation, Released, Resource,
    Service, Stream,
};

use crate::stage::{Script, Seen, TestEngine, on_each_engine, pair, runtime, settle};

#[test]
fn a_registration_that_fails_gives_the_resource_back() {
    fn test<E: TestEngine>(engine: E) {
        if !E::CAPABILITIES.tracks_registrations {
            return;
        }
        let (here, _there) = pair();
        // The same open file under the same number: the descriptor of another owner is watched.
        let mut runtime = runtime(engine, Script::passive());
        let registered = here.as_fd().try_clone_to_owned().unwrap();
        let registry = runtime.engine_mut().registry().clone();
        let watched = registered.as_fd();
        let interest = poll_api::Interest::READABLE;
        poll_api::Register::register(
            &registry,
            &watched,
            Token(77),
            interest,
            poll_api::Trigger::Edge,
        )
        .unwrap();
        let stream = UnixStream::from(registered);
        let refused = runtime.register(Stream::new(stream)).unwrap_err();
        assert_eq!(refused.error.operation, Operation::Register);
        assert_eq!(refused.error.source.kind(), ErrorKind::AlreadyExists);
        let told = refused.error.to_string();
        assert!(
            told.starts_with("registering poll_reactor::stream::Stream<"),
            "{told}"
        );
        let stream = refused.resource.into_inner();
        poll_api::Register::deregister(&registry, &stream.as_fd()).unwrap();
        // Now it can be, and nothing of the failure is left.
        runtime.register(Stream::new(stream)).unwrap();
        settle(&mut runtime);
        assert_eq!(runtime.metrics().resources, 1);
        drop(OwnedFd::from(here));
    }
    on_each_engine!(test);
}

/// An engine whose waits fail.
struct Failing<E> {
    engine: E,
    failures: u32,
}

impl<E: TestEngine> Engine for Failing<E> {
    type Error = io::Error;
    type Events = E::Events;
    type Registry = E::Registry;
    type Waker = E::Waker;
    const CAPABILITIES: Capabilities = E::CAPABILITIES;

    fn registry(&self) -> &Self::Registry {
        self.engine.registry()
    }

    fn waker(registry: &Self::Registry, token: Token) -> io::Result<Self::Waker> {
        E::waker(registry, token)
    }

    fn wait(&mut self, events: &mut Self::Events, timeout: Option<Duration>) -> io::Result<()> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(ErrorKind::OutOfMemory.into());
        }
        self.engine.wait(events, timeout)
    }
}

#[test]
fn an_engine_that_fails_for_good_ends_the_runtime_and_one_that_recovers_does_not() {
    fn test<E: TestEngine>(engine: E) {
        let failing = Failing {
            engine,
            failures: 15,
        };
        let mut runtime = Builder::new()
            .build_on(Script::passive(), failing, Monotonic)
            .unwrap();
        for _ in 0..20 {
            assert!(runtime.turn(Limit::Now).is_ok());
        }
        let told = runtime.service().seen.iter();
        assert_eq!(told.filter(|seen| **seen == Seen::EngineError).count(), 15);
        runtime.engine_mut().failures = 16;
        let controller = runtime.controller();
        let failed = runtime.run().err().unwrap();
        assert_eq!(failed.error.kind(), ErrorKind::OutOfMemory);
        assert_eq!(failed.service.seen.len(), 1 + 15 + 16);
        let Some(Ended::Failed(message)) = controller.ended() else {
            panic!("controllers do not know");
        };
        assert!(
            controller
                .command(1)
                .unwrap_err()
                .to_string()
                .contains(&message)
        );
    }
    on_each_engine!(test);
}

/// A listener that has no descriptor for a while.
struct Short {
    listener: poll_net::TcpListener,
    attempts: Arc<AtomicU32>,
    is_short: Arc<AtomicBool>,
}

impl AsFd for Short {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl poll_net::Accept for Short {
    type Accepted = <poll_net::TcpListener as poll_net::Accept>::Accepted;

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        if self.is_short.load(Ordering::Relaxed) {
            // EMFILE, which has this number on every Unix.
            return Err(io::Error::from_raw_os_error(24));
        }
        poll_net::Accept::accept_next(&self.listener)
    }
}

#[derive(Default)]
struct Accepting {
    accepted: u32,
    refused: u32,
}

impl Service for Accepting {
    type Command = ();
    type Timer = ();
}

impl Handle<Listener<Short>> for Accepting {
    fn event(
        &mut self,
        _id: Id<Listener<Short>>,
        accepted: <Listener<Short> as Resource>::Event<'_>,
        _context: &mut Context<'_, Self>,
    ) {
        match accepted {
            Ok(_) => self.accepted += 1,
            Err(_) => self.refused += 1,
        }
    }

    fn failed(
        &mut self,
        _id: Id<Listener<Short>>,
        _released: Released<Listener<Short>>,
        error: Error,
        _context: &mut Context<'_, Self>,
    ) {
        panic!("{error}");
    }
}

#[test]
fn a_listener_without_descriptors_waits_and_accepts_again_without_a_new_client() {
    fn test<E: TestEngine>(engine: E) {
        let listener = poll_net::TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let attempts: Arc<AtomicU32> = Arc::default();
        let is_short = Arc::new(AtomicBool::new(true));
        let short = Short {
            listener,
            attempts: Arc::clone(&attempts),
            is_short: Arc::clone(&is_short),
        };
        let mut runtime = Builder::new()
            .build_on(Accepting::default(), engine, Monotonic)
            .unwrap();
        runtime.register(Listener::new(short)).unwrap();
        let clients = [(); 5].map(|()| std::net::TcpStream::connect(address).unwrap());
        let end = Monotonic.now().saturating_add(crate::stage::LONG);
        while runtime.service().refused < 2 {
            assert!(runtime.turn(Limit::Until(end)).is_ok());
        }
        // The runtime slept meanwhile.
        assert!(runtime.metrics().turns < 12, "{:?}", runtime.metrics());
        assert_eq!(attempts.load(Ordering::Relaxed), 2);
        is_short.store(false, Ordering::Relaxed);
        while runtime.service().accepted < 5 && Monotonic.now() < end {
            assert!(runtime.turn(Limit::Until(end)).is_ok());
        }
        assert_eq!(runtime.service().accepted, 5);
        drop(clients);
    }
    on_each_engine!(test);
}
