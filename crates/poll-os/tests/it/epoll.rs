//! What only the epoll engine has.

use core::time::Duration;
use std::io::Write;
use std::os::unix::net::UnixStream;

use poll_os::epoll::{Events, Poll, Waker};
use poll_os::{Interest, Token, Trigger};

const SOON: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn smoke() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(8);
    let (a, mut b) = UnixStream::pair().unwrap();
    poll.registry()
        .register(&a, Token(3), Interest::READABLE, Trigger::Edge)
        .unwrap();
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty());
    b.write_all(b"x").unwrap();
    poll.wait(&mut events, SOON).unwrap();
    assert_eq!(events.iter().next().unwrap().token(), Token(3));
    let waker = Waker::new(poll.registry(), Token(9)).unwrap();
    waker.wake().unwrap();
    waker.wake().unwrap();
    drop(waker);
    poll.wait(&mut events, None).unwrap();
    assert_eq!(events.iter().map(|e| e.token().0).collect::<Vec<_>>(), [9]);
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty());
    let waker = Waker::new(poll.registry(), Token(10)).unwrap();
    let t = std::thread::spawn(move || waker.wake());
    poll.wait(&mut events, None).unwrap();
    assert_eq!(events.iter().map(|e| e.token().0).collect::<Vec<_>>(), [10]);
    t.join().unwrap().unwrap();
}
