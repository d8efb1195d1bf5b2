//! Registrations and waits that fail.

use core::time::Duration;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};

use poll_api::{Capabilities, Engine, Token};
use poll_net::UnixStream;
use poll_os::Monotonic;
use poll_reactor::{Builder, Ended, Operation, Stream};

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
            assert!(runtime.turn(poll_reactor::Limit::Now).is_ok());
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
