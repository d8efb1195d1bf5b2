//! A host that sleeps on the runtime's descriptor.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use std::io::Write;
use std::thread;

use poll_os::{Events, Interest, Poll, Token, Trigger};
use poll_reactor::{Limit, Runtime, Stream};

use crate::stage::{LONG, Script, Seen, pair};

#[test]
fn its_descriptor_is_readable_for_commands_and_resources() {
    let mut runtime: Runtime<Script> = Runtime::new(Script::passive()).unwrap();
    let (here, mut there) = pair();
    runtime.register(Stream::new(here)).unwrap();
    let mut host = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    host.registry()
        .register(&runtime, Token(1), Interest::READABLE, Trigger::Level)
        .unwrap();
    let controller = runtime.controller();
    let turn = |runtime: &mut Runtime<Script>| {
        while runtime.next_deadline().is_some() {
            assert!(runtime.turn(Limit::Now).is_ok());
        }
    };
    turn(&mut runtime);
    for number in 0..20 {
        let (controller, mut peer) = (controller.clone(), there.try_clone().unwrap());
        let other = thread::spawn(move || match number % 2 {
            0 => controller.command(number).unwrap(),
            _ => peer.write_all(b"x").unwrap(),
        });
        host.wait(&mut events, Some(LONG)).unwrap();
        assert_eq!(events.len(), 1, "{number}");
        other.join().unwrap();
        assert!(runtime.turn(Limit::Now).is_ok());
        turn(&mut runtime);
        let is_told = match runtime.service().seen.last() {
            Some(Seen::Command(command)) => *command == number,
            Some(Seen::Bytes(..)) => number % 2 == 1,
            _ => false,
        };
        assert!(is_told, "{number}");
    }
    there.flush().unwrap();
}
