//! The user filter, and waking another thread by it.

use std::sync::Arc;
use std::thread;

use sys_kqueue::{Change, Errno, Event, Flags, Kind, Kqueue, UserEvent, UserNotes};

use super::{SOON, assert_silent, next};

#[test]
fn triggers_before_a_wait_are_one_event_and_the_next_wait_has_none() {
    let kqueue = Kqueue::new().unwrap();
    let bell = UserEvent::new(1, usize::MAX);
    assert_eq!(bell.trigger(&kqueue), Err(Errno::NOENT));
    bell.register(&kqueue).unwrap();
    assert_silent(&kqueue);
    for _ in 0..2 {
        bell.trigger(&kqueue).unwrap();
        bell.trigger(&kqueue).unwrap();
        assert_eq!(next(&kqueue).udata(), usize::MAX);
        assert_silent(&kqueue);
    }
    bell.delete(&kqueue).unwrap();
    assert_eq!(bell.delete(&kqueue), Err(Errno::NOENT));
}

#[test]
fn what_was_posted_is_gone_after_its_report() {
    let kqueue = Kqueue::new().unwrap();
    let bell = UserEvent::new(2, 5);
    bell.post(&kqueue).unwrap();
    bell.post(&kqueue).unwrap();
    assert_eq!(next(&kqueue).udata(), 5);
    assert_silent(&kqueue);
    assert_eq!(bell.trigger(&kqueue), Err(Errno::NOENT));
}

#[test]
fn another_thread_ends_a_wait() {
    let kqueue = Arc::new(Kqueue::new().unwrap());
    let bell = UserEvent::new(0, 1);
    bell.register(&kqueue).unwrap();
    let waiter = {
        let kqueue = Arc::clone(&kqueue);
        thread::spawn(move || {
            let mut events = [Event::default(); 1];
            kqueue.wait(&mut events, SOON)
        })
    };
    bell.trigger(&kqueue).unwrap();
    assert_eq!(waiter.join().unwrap(), Ok(1));
}

#[test]
fn the_bits_of_the_user_are_kept_between_reports() {
    let kqueue = Kqueue::new().unwrap();
    // Level-triggered: reports keep the bits.
    let add = Change::user(3, UserNotes::EMPTY, Flags::ADD, 0);
    kqueue.apply_one(&add).unwrap();
    let bits = UserNotes::from_bits(0xa5);
    let set = Change::user(
        3,
        UserNotes::COPY | UserNotes::TRIGGER | bits,
        Flags::EMPTY,
        0,
    );
    kqueue.apply_one(&set).unwrap();
    match next(&kqueue).kind() {
        Kind::User { ident: 3, notes } => assert!(notes.contains(bits), "{notes:?}"),
        kind => panic!("{kind:?}"),
    }
}
