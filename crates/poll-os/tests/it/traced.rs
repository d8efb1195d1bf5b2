//! What the feature `tracing` emits.
#![cfg(feature = "tracing")]

use core::time::Duration;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use poll_os::{Events, Interest, Poll, Token, Trigger, Waker};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::alone::alone;

/// Keeps the messages of poll-os.
#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

impl Subscriber for Messages {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "poll_os"
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Message(self));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Message<'a>(&'a Messages);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn core::fmt::Debug) {
        if field.name() == "message" {
            self.0.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

#[test]
fn a_registration_a_wait_and_a_wake_are_told() {
    // Who is interested in what is kept for the process, and other threads ask too.
    alone("traced::a_registration_a_wait_and_a_wake_are_told", tell);
}

fn tell() {
    let messages = Messages::default();
    tracing::subscriber::with_default(messages.clone(), || {
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(4);
        let waker = Waker::new(poll.registry(), Token(0)).unwrap();
        let (a, _b) = UnixStream::pair().unwrap();
        let registry = poll.registry();
        registry
            .register(&a, Token(1), Interest::READABLE, Trigger::Edge)
            .unwrap();
        waker.wake().unwrap();
        poll.wait(&mut events, Some(Duration::from_secs(5)))
            .unwrap();
        assert_eq!(events.len(), 1);
    });
    assert_eq!(*messages.0.lock().unwrap(), ["change", "wake", "wait"]);
}
