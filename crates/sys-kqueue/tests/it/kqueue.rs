//! The kqueue itself: changes, receipts, waits, nesting.

use core::time::Duration;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use sys_kqueue::{Change, Errno, Event, Filter, Flags, Kqueue, UserEvent};

use super::{NOW, SOON, assert_silent, next, stream_pair};

#[test]
fn each_change_has_its_receipt_at_its_place_and_no_event_is_taken() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let how = Flags::ADD | Flags::CLEAR;
    let write = Change::write(a.as_fd(), how, 1);
    let missing = Change::read(a.as_fd(), Flags::DELETE, 2);
    let mut receipts = [Event::default(); 3];
    let changes = [write, missing, write];
    assert_eq!(kqueue.apply(&changes, &mut receipts), Ok(3));
    let results = receipts.map(|it| it.receipt());
    let expected = [Some(Ok(())), Some(Err(Errno::NOENT)), Some(Ok(()))];
    assert_eq!(results, expected);
    assert_eq!(next(&kqueue).filter(), Filter::WRITE);
}

#[test]
fn many_changes_are_answered_in_place() {
    let kqueue = Kqueue::new().unwrap();
    let how = Flags::ADD | Flags::ONESHOT;
    let period = Duration::from_secs(600);
    let changes: Vec<_> = (0..300)
        .map(|it| Change::timer(it, period, how, it))
        .collect();
    let mut receipts = vec![Event::default(); 300];
    assert_eq!(kqueue.apply(&changes, &mut receipts), Ok(300));
    for (index, receipt) in receipts.iter().enumerate() {
        let expected = (index, Some(Ok(())));
        assert_eq!((receipt.ident(), receipt.receipt()), expected);
    }
}

#[test]
fn misuse_is_told_by_the_documented_errno() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let delete = Change::read(a.as_fd(), Flags::DELETE, 0);
    assert_eq!(kqueue.apply_one(&delete), Err(Errno::NOENT));
    let unknown = Change::on_descriptor(a.as_fd(), Filter::from_raw(99), Flags::ADD, 0);
    assert_eq!(kqueue.apply_one(&unknown), Err(Errno::INVAL));
    let mut receipts = [Event::default(); 1];
    let result = kqueue.apply(&[delete, delete], &mut receipts);
    assert_eq!(result, Err(Errno::INVAL));
    assert_eq!(kqueue.wait(&mut [], SOON), Ok(0));
    let other: Kqueue = OwnedFd::from(File::open("/dev/null").unwrap()).into();
    assert_eq!(other.wait(&mut receipts, NOW), Err(Errno::BADF));
}

#[test]
fn a_failed_change_is_a_receipt_among_the_events_or_the_error_without_room() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let missing = [Change::read(a.as_fd(), Flags::DELETE, 0)];
    let mut events = [Event::default(); 2];
    assert_eq!(kqueue.apply_and_wait(&missing, &mut events, SOON), Ok(1));
    assert_eq!(events[0].receipt(), Some(Err(Errno::NOENT)));
    let result = kqueue.apply_and_wait(&missing, &mut [], NOW);
    assert_eq!(result, Err(Errno::NOENT));
}

#[test]
fn changes_and_events_share_a_call() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let add = [Change::write(a.as_fd(), Flags::ADD | Flags::ONESHOT, 8)];
    let mut events = [Event::default(); 2];
    assert_eq!(kqueue.apply_and_wait(&add, &mut events, SOON), Ok(1));
    assert_eq!(events[0].udata(), 8);
    assert_silent(&kqueue);
}

#[test]
fn a_wait_is_never_shorter_than_asked() {
    let kqueue = Kqueue::new().unwrap();
    let mut events = [Event::default(); 1];
    for nanos in [1, 1_000, 500_000, 999_999, 1_000_000, 1_000_001, 2_500_000] {
        let timeout = Duration::from_nanos(nanos);
        #[expect(clippy::disallowed_methods, reason = "the test measures a wait")]
        let start = Instant::now();
        assert_eq!(kqueue.wait(&mut events, Some(timeout)), Ok(0));
        assert!(start.elapsed() >= timeout, "{timeout:?} ended early");
    }
}

#[test]
fn the_longest_timeout_is_accepted() {
    let kqueue = Kqueue::new().unwrap();
    UserEvent::new(0, 3).post(&kqueue).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    // In a thread of its own, so that a wait that never ends is a failure too.
    std::thread::spawn(move || {
        let mut events = [Event::default(); 1];
        let result = kqueue.wait(&mut events, Some(Duration::MAX));
        tell.send((result, events[0].udata())).unwrap();
    });
    let answer = told.recv_timeout(Duration::from_secs(10));
    assert_eq!(answer, Ok((Ok(1), 3)));
}

#[test]
fn a_kqueue_is_a_source_of_another_one() {
    let (outer, inner) = (Kqueue::new().unwrap(), Kqueue::new().unwrap());
    let watch = Change::read(inner.as_fd(), Flags::ADD | Flags::CLEAR, 2);
    outer.apply_one(&watch).unwrap();
    assert_silent(&outer);
    UserEvent::new(0, 1).post(&inner).unwrap();
    assert_eq!(next(&outer).udata(), 2);
    assert_eq!(next(&inner).udata(), 1);
}

#[test]
fn a_kqueue_is_closed_on_exec() {
    let kqueue = Kqueue::new().unwrap();
    let flags = rustix::io::fcntl_getfd(&kqueue).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}

#[cfg(feature = "count")]
#[test]
fn one_wait_is_one_system_call() {
    let kqueue = Kqueue::new().unwrap();
    let mut events = [Event::default(); 1];
    // Other tests of this binary run meanwhile and count too, so the least of many is exact.
    let calls = (0..1_000).map(|_| {
        let before = sys_kqueue::system_calls();
        kqueue.wait(&mut events, NOW).unwrap();
        sys_kqueue::system_calls() - before
    });
    assert_eq!(calls.min(), Some(1));
}
