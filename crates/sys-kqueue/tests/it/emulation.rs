//! Where kernels differ, or a manual leaves it open: what the emulation takes for the worst case.

use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketType, socket};
use sys_kqueue::emulation::{
    Profile, ReceiptFlags, Step, at_next_change, at_next_wait, event, recorded, set_profile,
};
use sys_kqueue::{Change, Errno, Event, Filter, Flags, Kind, Kqueue, UserEvent};

use super::{NOW, assert_silent, next, stream_pair};

#[test]
fn adding_again_keeps_the_trigger_and_enables_nothing() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let fd = a.as_fd();
    let apply = |change| kqueue.apply_one(&change).unwrap();
    apply(Change::write(fd, Flags::ADD | Flags::DISPATCH, 1));
    assert_eq!(next(&kqueue).udata(), 1);
    apply(Change::write(fd, Flags::ADD, 2));
    assert_silent(&kqueue);
    apply(Change::write(fd, Flags::ENABLE, 3));
    let event = next(&kqueue);
    assert_eq!(event.udata(), 3);
    assert!(event.flags().contains(Flags::DISPATCH), "{event:?}");
    assert_silent(&kqueue);
}

#[test]
fn a_local_shutdown_is_the_end_of_writing_and_reading_goes_on() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    for change in [
        Change::read(a.as_fd(), Flags::ADD, 1),
        Change::write(a.as_fd(), Flags::ADD | Flags::CLEAR, 2),
    ] {
        kqueue.apply_one(&change).unwrap();
    }
    assert!(!next(&kqueue).flags().contains(Flags::EOF));
    a.shutdown(Shutdown::Write).unwrap();
    let kind = next(&kqueue).kind();
    assert!(matches!(kind, Kind::Write { end: true, .. }), "{kind:?}");
    assert_silent(&kqueue);
}

#[test]
fn a_socket_that_was_never_connected_says_nothing() {
    let kqueue = Kqueue::new().unwrap();
    let unconnected =
        TcpStream::from(socket(AddressFamily::INET, SocketType::STREAM, None).unwrap());
    for change in [
        Change::read(unconnected.as_fd(), Flags::ADD, 1),
        Change::write(unconnected.as_fd(), Flags::ADD, 2),
    ] {
        kqueue.apply_one(&change).unwrap();
    }
    assert_silent(&kqueue);
}

#[test]
fn a_number_that_means_another_file_by_now_has_no_registration() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let number = a.as_fd().as_raw_fd();
    let add = Change::read(a.as_fd(), Flags::ADD, 1);
    kqueue.apply_one(&add).unwrap();
    let twin = a.try_clone().unwrap();
    drop(a);
    let mut others: Vec<OwnedFd> = Vec::new();
    // Other tests take numbers too, so it may be one of them that gets this one.
    for _ in 0..64 {
        let (other, peer) = stream_pair();
        if other.as_fd().as_raw_fd() == number {
            let delete = Change::read(other.as_fd(), Flags::DELETE, 0);
            assert_eq!(kqueue.apply_one(&delete), Err(Errno::NOENT));
        }
        others.extend([other.into(), peer.into()]);
    }
    assert_silent(&kqueue);
    drop(twin);
}

#[test]
fn the_number_of_a_kqueue_that_was_closed_is_none() {
    for _ in 0..64 {
        let closed = Kqueue::new().unwrap();
        let number = closed.as_fd().as_raw_fd();
        drop(closed);
        let (a, _b) = stream_pair();
        if a.as_fd().as_raw_fd() == number {
            let other = Kqueue::from(OwnedFd::from(a));
            let result = other.wait(&mut [Event::default()], NOW);
            return assert_eq!(result, Err(Errno::BADF));
        }
    }
    panic!("no number came back");
}

#[test]
fn a_receipt_has_the_flags_of_the_profile() {
    for (receipt_flags, expected) in [
        (ReceiptFlags::Replaced, Flags::ERROR),
        (
            ReceiptFlags::Joined,
            Flags::ADD | Flags::RECEIPT | Flags::ERROR,
        ),
    ] {
        set_profile(Profile {
            receipt_flags,
            ..Profile::default()
        });
        let kqueue = Kqueue::new().unwrap();
        let (a, _b) = stream_pair();
        let mut receipts = [Event::default()];
        let add = [Change::read(a.as_fd(), Flags::ADD, 1)];
        kqueue.apply(&add, &mut receipts).unwrap();
        assert_eq!(receipts[0].flags(), expected);
    }
}

#[test]
fn without_user_events_their_changes_are_invalid() {
    set_profile(Profile {
        has_user_events: false,
        ..Profile::default()
    });
    let kqueue = Kqueue::new().unwrap();
    let bell = UserEvent::new(1, 1);
    assert_eq!(bell.register(&kqueue), Err(Errno::INVAL));
    assert_eq!(bell.post(&kqueue), Err(Errno::INVAL));
}

#[test]
fn a_script_decides_how_the_next_calls_of_its_thread_end() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let add = Change::write(a.as_fd(), Flags::ADD, 1);
    let delete = Change::write(a.as_fd(), Flags::DELETE, 1);
    at_next_change(Step::Fail(Errno::NOMEM));
    at_next_change(Step::FailAfterChanges(Errno::INTR));
    at_next_change(Step::Pass);
    at_next_change(Step::Refuse(vec![(1, Errno::NOMEM)]));
    let prescribed = event(7, Filter::READ, Flags::EOF, (104, 3), 9);
    at_next_wait(Step::Report(vec![prescribed; 2]));
    let calls = recorded(|| {
        assert_eq!(kqueue.apply_one(&add), Err(Errno::NOMEM));
        // It was made, although the call failed.
        assert_eq!(kqueue.apply_one(&add), Err(Errno::INTR));
        assert_eq!(kqueue.apply_one(&delete), Ok(()));
        let mut receipts = [Event::default(); 3];
        kqueue.apply(&[add, add, add], &mut receipts).unwrap();
        let results = receipts.map(|it| it.receipt().unwrap());
        assert_eq!(results, [Ok(()), Err(Errno::NOMEM), Ok(())]);
    });
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 3]);
    let mut events = [Event::default(); 1];
    assert_eq!(kqueue.wait(&mut events, NOW), Ok(1));
    assert_eq!(events, [prescribed]);
    assert_eq!(next(&kqueue).udata(), 1);
}

#[test]
fn what_was_reported_while_it_was_posted_again_is_no_failure() {
    let kqueue = Kqueue::new().unwrap();
    let bell = UserEvent::new(1, 1);
    at_next_change(Step::Refuse(vec![(1, Errno::NOENT)]));
    assert_eq!(bell.post(&kqueue), Ok(()));
    at_next_change(Step::Refuse(vec![(1, Errno::NOMEM)]));
    assert_eq!(bell.post(&kqueue), Err(Errno::NOMEM));
}
