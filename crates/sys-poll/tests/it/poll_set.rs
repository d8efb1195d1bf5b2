//! Polling a set.

use core::time::Duration;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use sys_poll::{Flags, PollSet};

const SOON: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_set_reports_by_index_and_a_removal_moves_the_last_one() {
    let mut set = PollSet::new();
    let mut peers = Vec::new();
    for _ in 0..3 {
        let (a, b) = UnixStream::pair().unwrap();
        set.push(a.into(), Flags::IN);
        peers.push(b);
    }
    assert_eq!(set.poll(NOW), Ok(0));
    peers[2].write_all(b"x").unwrap();
    assert_eq!(set.poll(SOON), Ok(1));
    assert_eq!(set.reported(0), Flags::EMPTY);
    assert!(set.reported(2).contains(Flags::IN));
    drop(set.swap_remove(0));
    assert_eq!(set.len(), 2);
    assert_eq!(set.poll(SOON), Ok(1));
    assert!(set.reported(0).contains(Flags::IN));
}

#[test]
fn removing_a_descriptor_gives_it_back_open() {
    let (a, b) = UnixStream::pair().unwrap();
    let mut set = PollSet::new();
    set.push(a.into(), Flags::IN);
    let back = UnixStream::from(set.swap_remove(0));
    assert!(set.is_empty());
    drop(b);
    assert_eq!(std::io::Read::read(&mut &back, &mut [0]).unwrap(), 0);
}

#[test]
fn the_end_of_the_peer_is_reported_whatever_was_asked() {
    let (a, b) = UnixStream::pair().unwrap();
    let mut set = PollSet::new();
    set.push(a.into(), Flags::EMPTY);
    assert_eq!(set.poll(NOW), Ok(0));
    drop(b);
    assert_eq!(set.poll(SOON), Ok(1));
    assert!(set.reported(0).contains(Flags::HUP));
}

#[test]
fn flags_can_be_replaced() {
    let (a, _b) = UnixStream::pair().unwrap();
    let mut set = PollSet::new();
    set.push(a.into(), Flags::IN);
    assert_eq!(set.poll(NOW), Ok(0));
    set.set_flags(0, Flags::OUT);
    assert_eq!(set.poll(SOON), Ok(1));
    assert_eq!(set.reported(0), Flags::OUT);
}

#[test]
fn a_wait_is_never_shorter_than_asked() {
    let mut set = PollSet::new();
    for nanos in [1, 1_000, 500_000, 999_999, 1_000_000, 1_000_001, 2_500_000] {
        let timeout = Duration::from_nanos(nanos);
        #[expect(clippy::disallowed_methods, reason = "the test measures a wait")]
        let start = Instant::now();
        assert_eq!(set.poll(Some(timeout)), Ok(0));
        assert!(start.elapsed() >= timeout, "{timeout:?} ended early");
    }
}

#[cfg(feature = "count")]
#[test]
fn one_poll_is_one_system_call() {
    let mut set = PollSet::new();
    // Other tests of this binary run meanwhile and count too, so the least of many is exact.
    let calls = (0..1_000).map(|_| {
        let before = sys_poll::system_calls();
        set.poll(NOW).unwrap();
        sys_poll::system_calls() - before
    });
    assert_eq!(calls.min(), Some(1));
}
