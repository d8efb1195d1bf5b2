//! Under a real poller: channels, pings and the kernel's sources in one wait.

use core::time::Duration;
use std::io::Write;
use std::os::unix::net::UnixStream;

use poll_channel::{Drained, ReadySet, channel};
use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Interest, Token, Trigger};

const LONG: Option<Duration> = Some(Duration::from_secs(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

const WAKER: Token = Token(0);
const NUMBERS: Token = Token(1);
const WORDS: Token = Token(2);
const STREAM: Token = Token(3);

#[test]
fn channels_and_descriptors_are_told_by_one_wait() {
    one_wait(poll_os::Poll::new().unwrap());
    one_wait(poll_os::poll::Poll::new().unwrap());
}

fn one_wait<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(8);
    let mut set = ReadySet::new(Waker::new(poll.registry(), WAKER).unwrap());
    let (numbers, mut number) = channel();
    let (words, mut word) = channel();
    number.attach(set.registry().ping(NUMBERS));
    word.attach(set.registry().ping(WORDS));
    let (near, mut far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    registry
        .register(&near, STREAM, Interest::READABLE, Trigger::Edge)
        .unwrap();

    numbers.send(1).unwrap();
    words.send("one").unwrap();
    numbers.send(2).unwrap();
    far.write_all(b"x").unwrap();
    poll.wait(&mut events, LONG).unwrap();
    let mut tokens: Vec<_> = events.iter().map(|event| event.token()).collect();
    tokens.sort_unstable();
    assert_eq!(tokens, [WAKER, STREAM]);
    let mut tokens = Vec::new();
    assert_eq!(set.drain(8, |token| tokens.push(token)), Drained::All);
    assert_eq!(tokens, [NUMBERS, WORDS]);
    assert_eq!(number.try_iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(word.try_iter().collect::<Vec<_>>(), ["one"]);

    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty(), "all was told, and nothing is told twice");
    drop(words);
    poll.wait(&mut events, LONG).unwrap();
    let mut tokens = Vec::new();
    assert_eq!(set.drain(8, |token| tokens.push(token)), Drained::All);
    assert_eq!(tokens, [WORDS]);
    assert!(word.is_finished());
}

#[test]
fn a_receiver_moves_from_one_loop_to_another() {
    let mut first = poll_os::Poll::new().unwrap();
    let mut second = poll_os::poll::Poll::new().unwrap();
    let (sender, mut receiver) = channel();
    receiver.attach(Waker::new(first.registry(), WAKER).unwrap());
    receiver.attach(Waker::new(second.registry(), WAKER).unwrap());
    sender.send(1).unwrap();
    let mut events = Events::with_capacity(1);
    second.wait(&mut events, LONG).unwrap();
    assert_eq!(events.len(), 1);
    let mut events = Events::with_capacity(1);
    first.wait(&mut events, NOW).unwrap();
    assert_eq!(events.len(), 0);
    assert_eq!(receiver.try_recv(), Ok(1));
}
