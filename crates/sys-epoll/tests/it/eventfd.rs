//! The counter and its edges.

use core::time::Duration;

use sys_epoll::{Epoll, Errno, Event, EventFd, Flags};

const SOON: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_counter_at_zero_has_nothing_to_read() {
    let bell = EventFd::new().unwrap();
    assert_eq!(bell.read(), Err(Errno::AGAIN));
    bell.write(3).unwrap();
    bell.write(4).unwrap();
    assert_eq!(bell.read(), Ok(7));
    assert_eq!(bell.read(), Err(Errno::AGAIN));
}

#[test]
fn a_full_counter_refuses_more_and_stays_readable() {
    let bell = EventFd::new().unwrap();
    bell.write(u64::MAX - 1).unwrap();
    assert_eq!(bell.write(1), Err(Errno::AGAIN));
    assert_eq!(bell.write(u64::MAX), Err(Errno::INVAL));
    assert_eq!(bell.read(), Ok(u64::MAX - 1));
}

#[test]
fn each_write_is_an_edge_though_the_counter_is_never_read() {
    let epoll = Epoll::new().unwrap();
    let bell = EventFd::new().unwrap();
    epoll.add(&bell, Flags::IN | Flags::ET, 1).unwrap();
    let mut events = [Event::default(); 2];
    for _ in 0..3 {
        bell.write(1).unwrap();
        assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
        assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
    }
}
