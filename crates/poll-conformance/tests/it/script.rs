//! What makes the scripted engine a door to simulators: its script and a clock turned by hand.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::thread;

use poll_api::{Clock, Engine, Event, EventBuffer, Instant, Interest, Ready, Register};
use poll_api::{Token, Trigger};
use poll_conformance::scripted::{Call, Full, Machine, ManualClock};
use poll_conformance::scripted::{ScriptedEngine, ScriptedEvents, Socket};

const READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);

fn look(engine: &mut ScriptedEngine<Full>) -> Vec<Event> {
    let mut events = ScriptedEvents::with_capacity(8);
    engine
        .wait(&mut events, Some(Duration::ZERO))
        .unwrap_or_else(|error| panic!("{error}"));
    events.iter().collect()
}

fn nth(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}

#[test]
fn a_wait_lasts_until_the_manual_clock_has_reached_its_deadline() {
    const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    let clock = ManualClock::new();
    let mut engine = Machine::with_clock(&clock).engine::<Full>();
    let waiter = thread::spawn({
        let clock = clock.clone();
        move || {
            let mut events = ScriptedEvents::with_capacity(1);
            engine.wait(&mut events, Some(MONTH)).unwrap();
            clock.now()
        }
    });
    // The wait may begin after the first steps; it ends a month after it has begun.
    let mut steps = 0;
    while !waiter.is_finished() {
        clock.advance(MONTH / 3);
        steps += 1;
        thread::yield_now();
    }
    let ended = waiter.join().unwrap();
    assert!(
        ended >= Instant::START.saturating_add(MONTH),
        "{ended:?} after {steps} steps"
    );
}

#[test]
fn a_manual_clock_never_goes_back_and_stops_at_its_last_instant() {
    let clock = ManualClock::new();
    for (to, now) in [
        (5, 5),
        (3, 5),
        (5, 5),
        (6, 6),
        (u64::MAX, u64::MAX),
        (0, u64::MAX),
    ] {
        clock.advance_to(Instant::from_nanos(to));
        assert_eq!(clock.now().as_nanos(), now, "after {to}");
    }
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Instant::MAX);
}

#[test]
fn a_scripted_report_comes_once_and_counts_for_the_present_wait() {
    let mut engine = Machine::new().engine::<Full>();
    let script = engine.script();
    let event = Event::new(Token(7), Ready::READABLE).with_os_error(5);
    script.report(event);
    assert_eq!(look(&mut engine), [event]);
    assert_eq!(look(&mut engine), []);
    thread::scope(|scope| {
        scope.spawn(|| script.report(event));
        let mut events = ScriptedEvents::with_capacity(1);
        engine.wait(&mut events, None).unwrap();
        assert_eq!(events.iter().collect::<Vec<_>>(), [event]);
    });
}

#[test]
fn reports_come_in_the_opposite_order_when_the_script_says_so() {
    let machine = Machine::new();
    let mut engine = machine.engine::<Full>();
    let pairs: Vec<(Socket, Socket)> = (0..3).map(|_| machine.pair()).collect();
    for (token, (here, _)) in pairs.iter().enumerate() {
        let how = (Interest::WRITABLE, Trigger::Level);
        engine
            .registry()
            .register(here, Token(token), how.0, how.1)
            .unwrap();
    }
    let tokens = |events: Vec<Event>| events.iter().map(|found| found.token().0).collect();
    let usual: Vec<usize> = tokens(look(&mut engine));
    engine.script().reverse(true);
    let mut reversed: Vec<usize> = tokens(look(&mut engine));
    reversed.reverse();
    assert_eq!(usual, reversed);
}

#[test]
fn the_chosen_call_fails_and_changes_nothing() {
    let machine = Machine::new();
    let mut engine = machine.engine::<Full>();
    let (here, there) = machine.pair();
    let registry = engine.registry().clone();
    let script = engine.script();
    let kind = |result: std::io::Result<()>| result.err().map(|error| error.kind());

    script.fail(Call::Register, nth(2), ErrorKind::OutOfMemory);
    registry.register(&here, Token(1), READ.0, READ.1).unwrap();
    registry.deregister(&here).unwrap();
    let failed = registry.register(&here, Token(2), READ.0, READ.1);
    assert_eq!(kind(failed), Some(ErrorKind::OutOfMemory));
    registry.register(&here, Token(3), READ.0, READ.1).unwrap();

    script.fail(Call::Modify, nth(1), ErrorKind::Other);
    assert_eq!(
        kind(registry.modify(&here, Token(4), READ.0, READ.1)),
        Some(ErrorKind::Other)
    );
    script.fail(Call::Deregister, nth(1), ErrorKind::Other);
    assert_eq!(kind(registry.deregister(&here)), Some(ErrorKind::Other));
    (&there).write_all(b"x").unwrap();
    script.fail(Call::Wait, nth(1), ErrorKind::Other);
    let mut events = ScriptedEvents::with_capacity(1);
    assert_eq!(kind(engine.wait(&mut events, None)), Some(ErrorKind::Other));
    assert_eq!(look(&mut engine), [Event::new(Token(3), Ready::READABLE)]);

    script.fail(Call::Waker, nth(1), ErrorKind::Other);
    assert!(ScriptedEngine::<Full>::waker(&registry, Token(5)).is_err());
    assert!(ScriptedEngine::<Full>::waker(&registry, Token(5)).is_ok());
}

#[test]
fn a_datagram_is_read_as_it_was_written_and_cut_to_the_buffer() {
    let (here, there) = Machine::new().datagrams();
    for bytes in [b"one".as_slice(), b"", b"three"] {
        assert_eq!((&there).write(bytes).unwrap(), bytes.len());
    }
    let mut buffer = [0; 4];
    for length in [3, 0, 4] {
        assert_eq!((&here).read(&mut buffer).unwrap(), length);
    }
    assert_eq!(&buffer, b"thre");
    let error = (&here).read(&mut buffer).err().map(|error| error.kind());
    assert_eq!(error, Some(ErrorKind::WouldBlock));
}

#[test]
fn a_connection_that_nobody_accepted_ends_with_its_listener() {
    let listener = Machine::new().listener();
    let client = listener.connect().unwrap();
    assert!((&client).write(b"x").is_ok());
    drop(listener);
    assert!(
        (&client).read(&mut [0]).is_err(),
        "reset, because the byte was never read"
    );
    assert!(client.connect().is_err(), "no listener");
}
