//! Sources that are always ready: regular files, and what a scripted engine refuses to watch.

use std::fs::File;
use std::io::ErrorKind;

use poll_loop::{Interest, Ready, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, Scripted, ids, on_every_engine, wait};
use crate::strange::strange;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

#[test]
fn a_regular_file_is_ready_on_every_engine() {
    fn test<B: Backend>(mut poller: On<B>) {
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        let owned = poller
            .registrar()
            .own(file, Interest::READABLE, Trigger::Level)
            .unwrap();
        for _ in 0..3 {
            let found = wait(&mut poller, LONG);
            assert_eq!(found.len(), 1);
            assert_eq!(
                (found[0].id, found[0].ready()),
                (owned.id(), Ready::READABLE)
            );
        }
        drop(owned);
        assert_eq!(ids(&mut poller, NOW), []);
    }
    on_every_engine!(test);
}

#[test]
fn a_file_that_another_thread_registers_ends_a_wait() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let other = std::thread::spawn(move || {
            let file = File::open(std::env::current_exe().unwrap()).unwrap();
            let (interest, trigger) = (Interest::READABLE, Trigger::Edge);
            // It goes with its file as late as the test.
            registrar.own(file, interest, trigger).unwrap()
        });
        let mut notifications = poll_loop::Notifications::with_capacity(4);
        poller.wait(&mut notifications, LONG).unwrap();
        let owned = other.join().unwrap();
        let found: Vec<_> = notifications.iter().map(|found| found.id).collect();
        assert_eq!(found, [owned.id()]);
    }
    on_every_engine!(test);
}

#[test]
fn an_edge_comes_once_and_again_when_registered_anew_and_a_level_always() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let file = stage.machine.file();
    for trigger in [Trigger::Edge, Trigger::Oneshot] {
        let id = registrar.register(&file, BOTH, trigger).unwrap();
        for _ in 0..2 {
            let found = wait(&mut stage.poller, None);
            assert_eq!(found.len(), 1, "{trigger:?}");
            let ready = Ready::READABLE | Ready::WRITABLE;
            assert_eq!((found[0].id, found[0].ready()), (id, ready));
            assert_eq!(ids(&mut stage.poller, NOW), []);
            let interest = Interest::READABLE;
            registrar
                .reregister(id, &file, interest, Trigger::Level)
                .unwrap();
            for _ in 0..2 {
                let found = wait(&mut stage.poller, None);
                assert_eq!((found[0].id, found[0].ready()), (id, Ready::READABLE));
            }
            registrar.reregister(id, &file, BOTH, trigger).unwrap();
        }
        let (interest, level) = (Interest::READABLE, Trigger::Level);
        registrar.reregister(id, &file, interest, level).unwrap();
        // Of both registrations, the last one counts.
        assert_eq!(ids(&mut stage.poller, NOW), [id]);
        registrar.deregister(id, &file).unwrap();
        assert_eq!(ids(&mut stage.poller, NOW), []);
        assert_eq!(stage.poller.next_deadline(), None, "it is kept");
        let again = registrar.deregister(id, &file).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::NotFound);
    }
    assert_eq!(stage.poller.next_deadline(), None);
}

#[test]
fn more_of_them_than_the_buffer_holds_all_get_their_turn_beside_timers() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let files: Vec<_> = (0..5).map(|_| stage.machine.file()).collect();
    let interest = Interest::READABLE;
    let mut expected: Vec<_> = files
        .iter()
        .map(|file| registrar.register(file, interest, Trigger::Level).unwrap())
        .collect();
    expected.push(registrar.set_timeout(core::time::Duration::ZERO).unwrap());
    let mut notifications = poll_loop::Notifications::with_capacity(2);
    let mut found = Vec::new();
    for _ in 0..4 {
        stage.poller.wait(&mut notifications, None).unwrap();
        found.extend(notifications.iter().map(|notification| notification.id));
    }
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, expected);
    assert!(
        stage.poller.next_deadline().is_some(),
        "a host comes back at once"
    );
}

/// The first errno whose name this is, on whatever system.
fn errno(named: ErrorKind, never_blocks: bool) -> i32 {
    let all = (1..200).chain(0x4000_0001..0x4000_0080);
    let mut found = all.filter(|code| {
        let error = std::io::Error::from_raw_os_error(*code);
        error.kind() == named && poll_os::never_blocks(&error) == never_blocks
    });
    found.next().unwrap()
}

#[test]
fn a_source_that_may_not_be_watched_is_an_error_and_no_file() {
    let (mut poller, _, orders) = strange();
    let registrar = poller.registrar().clone();
    let denied = ErrorKind::PermissionDenied;
    orders.refuse_with(errno(denied, false));
    let refused = registrar.register("", Interest::READABLE, Trigger::Level);
    assert_eq!(refused.unwrap_err().kind(), denied);
    assert_eq!(registrar.registrations(), 0);
    assert_eq!(ids(&mut poller, NOW), []);
    orders.refuse_with(errno(denied, true));
    let id = registrar.register("", Interest::READABLE, Trigger::Level);
    assert_eq!(ids(&mut poller, NOW), [id.unwrap()]);
}
