//! Signals as a source, on each engine.

use core::time::Duration;

use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Interest, Registered, Signal, Signals, Token, Trigger};

const DEADLINE: Option<Duration> = Some(Duration::from_secs(60));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn send(signal: Signal) {
    let own = sys_process::Pid::from_raw(std::process::id().try_into().unwrap()).unwrap();
    sys_process::kill(own, signal).unwrap();
}

/// Each signal that is sent is reported with the token and drained, whatever the trigger.
fn signals_are_reported<B: Backend>(make: fn() -> std::io::Result<Poll<B>>, signal: Signal) {
    // One for all triggers: another might still be told of the last signal to this one.
    let source = Signals::new([signal]).unwrap();
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut poll = make().unwrap();
        let mut events = Events::with_capacity(4);
        let registry = poll.registry().clone();
        let mut signals =
            Registered::new(registry, &source, Token(8), Interest::READABLE, trigger).unwrap();
        poll.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty(), "{trigger:?}");
        for round in 0..3 {
            send(signal);
            let mut seen = Vec::new();
            while seen.is_empty() {
                poll.wait(&mut events, DEADLINE).unwrap();
                assert!(
                    !events.is_empty(),
                    "{trigger:?} {round}: the deadline has passed"
                );
                assert!(events.iter().all(|event| event.token() == Token(8)));
                seen.extend(source.drain());
                signals.rearm().unwrap();
                if trigger == Trigger::Oneshot {
                    signals.modify(Interest::READABLE, trigger).unwrap();
                }
            }
            assert_eq!(seen, [signal], "{trigger:?} {round}");
        }
        assert_eq!(source.take(), None);
    }
}

// Each test has a signal of its own: they share the process.

#[test]
fn signals_are_reported_by_the_native_engine() {
    signals_are_reported(poll_os::Poll::new, Signal::USER_1);
}

#[test]
fn signals_are_reported_by_poll() {
    signals_are_reported(poll_os::poll::Poll::new, Signal::USER_2);
}

#[test]
fn a_signal_left_in_the_iterator_stays_pending() {
    let mut signals = Signals::new([Signal::HANGUP]).unwrap();
    signals.add(Signal::WINDOW_CHANGE).unwrap();
    let mut poll = poll_os::Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    poll.registry()
        .register(&signals, Token(1), Interest::READABLE, Trigger::Level)
        .unwrap();
    send(Signal::HANGUP);
    send(Signal::WINDOW_CHANGE);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        poll.wait(&mut events, DEADLINE).unwrap();
        assert!(!events.is_empty(), "the deadline has passed");
        seen.extend(signals.drain().next());
    }
    seen.sort();
    assert_eq!(seen, [Signal::HANGUP, Signal::WINDOW_CHANGE]);
    signals.remove(Signal::HANGUP);
    assert_eq!(signals.take(), None);
}

#[test]
fn signals_that_cannot_be_taken_are_invalid_input() {
    for signal in [Signal::KILL, Signal::STOP, Signal::SEGMENT] {
        let error = Signals::new([Signal::ALARM, signal]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{signal}");
        assert!(error.raw_os_error().is_some(), "{signal}");
    }
}
