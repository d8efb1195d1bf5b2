//! Explicit batches.

use core::time::Duration;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;

use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Change, Interest, Token, Trigger};

#[test]
fn each_entry_has_its_own_result_and_a_failed_one_stops_nothing() {
    apply(poll_os::Poll::new().unwrap());
    apply(poll_os::poll::Poll::new().unwrap());
}

fn apply<B: Backend>(mut poll: Poll<B>) {
    let (a, b) = UnixStream::pair().unwrap();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    let both = Interest::READABLE | Interest::WRITABLE;
    let mut batch = [
        Change::register(&a, Token(1), both, Trigger::Level),
        Change::register(&file, Token(2), both, Trigger::Level),
        Change::register(&a, Token(3), both, Trigger::Level),
        Change::modify(&b, Token(4), both, Trigger::Level),
        Change::deregister(&b),
        Change::register(
            &b,
            Token(5),
            Interest::READABLE | Interest::AIO,
            Trigger::Level,
        ),
        Change::register(&b, Token(6), both, Trigger::Level),
        Change::deregister(&a),
    ];
    assert!(batch.iter().all(|entry| entry.result().is_none()));
    // What kqueue cannot tell, it does.
    let tells = |kind| B::CAPABILITIES.tracks_registrations.then_some(kind);
    let failed = poll.registry().apply(&mut batch);
    let kinds = batch
        .each_mut()
        .map(|entry| match entry.take_result().unwrap() {
            Ok(()) => None,
            Err(error) => Some(error.kind()),
        });
    assert_eq!(
        kinds,
        [
            None,
            tells(ErrorKind::PermissionDenied),
            tells(ErrorKind::AlreadyExists),
            tells(ErrorKind::NotFound),
            tells(ErrorKind::NotFound),
            Some(ErrorKind::Unsupported),
            None,
            None,
        ]
    );
    assert_eq!(failed, kinds.iter().flatten().count());
    let mut events = Events::with_capacity(8);
    poll.wait(&mut events, Some(Duration::ZERO)).unwrap();
    assert!(!events.is_empty());
    assert!(
        events
            .iter()
            .all(|event| [Token(2), Token(6)].contains(&event.token()))
    );
}
