//! Sources that own their registration.

use std::io::{ErrorKind, Read, Write};

use poll_conformance::scripted::Call;
use poll_loop::{Interest, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, Scripted, ids, on_every_engine, pair, send, slot};

#[test]
fn dropping_it_deregisters_and_lets_the_peer_see_the_end() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (here, there) = pair();
        let duplicate = here.try_clone().unwrap();
        let owned = registrar
            .own(here, Interest::READABLE, Trigger::Level)
            .unwrap();
        let id = owned.id();
        send(&there);
        assert_eq!(ids(&mut poller, LONG), [id]);
        drop(owned);
        assert!(!registrar.is_live(id));
        assert_eq!(registrar.registrations(), 0);
        assert_eq!(ids(&mut poller, NOW), [], "a duplicate is open");
        drop(duplicate);
        // The byte that nobody read makes the end a reset.
        let end = (&there).read(&mut [0]);
        assert!(matches!(end, Ok(0)) || end.unwrap_err().kind() == ErrorKind::ConnectionReset);
    }
    on_every_engine!(test);
}

#[test]
fn reading_to_the_end_asks_for_the_next_edge_on_every_engine() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let owned = poller
            .registrar()
            .own(here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        for _ in 0..3 {
            send(&there);
            assert_eq!(ids(&mut poller, LONG), [owned.id()]);
            assert_eq!((&owned).read(&mut [0; 8]).unwrap(), 1);
        }
        assert_eq!(ids(&mut poller, NOW), []);
        (&owned).write_all(b"y").unwrap();
        assert_eq!((&there).read(&mut [0; 8]).unwrap(), 1);
    }
    on_every_engine!(test);
}

#[test]
fn it_is_modified_and_handed_back() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (here, there) = pair();
        let mut owned = registrar
            .own(here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        let id = owned.id();
        owned.modify(Interest::WRITABLE, Trigger::Oneshot).unwrap();
        assert_eq!(ids(&mut poller, LONG), [id]);
        assert_eq!(ids(&mut poller, NOW), []);
        let here = owned.deregister().unwrap();
        assert!(!registrar.is_live(id));
        send(&there);
        assert_eq!((&here).read(&mut [0; 8]).unwrap(), 1);
    }
    on_every_engine!(test);
}

#[test]
fn a_source_that_was_refused_comes_back_and_leaves_nothing() {
    fn test<B: Backend>(poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (here, _there) = pair();
        let interest = Interest::LIO;
        let refused = registrar.own(here, interest, Trigger::Edge).unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
        assert_eq!(registrar.registrations(), 0);
        let owned = registrar.own(refused.source, Interest::READABLE, Trigger::Edge);
        assert_eq!(slot(owned.unwrap().id()), 1, "in the same slot");
    }
    on_every_engine!(test);
}

#[test]
fn its_id_ends_with_it_also_if_the_engine_does_not_let_go() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, there) = stage.machine.pair();
    let owned = registrar
        .own(here, Interest::READABLE, Trigger::Level)
        .unwrap();
    let id = owned.id();
    let next = core::num::NonZeroUsize::MIN;
    stage
        .script()
        .fail(Call::Deregister, next, ErrorKind::OutOfMemory);
    (&there).write_all(b"x").unwrap();
    drop(owned);
    assert!(!registrar.is_live(id));
    assert_eq!(registrar.registrations(), 0);
    assert_eq!(ids(&mut stage.poller, NOW), []);
}

#[test]
fn it_can_be_dropped_after_its_poller() {
    fn test<B: Backend>(poller: On<B>) {
        let (here, _there) = pair();
        let registrar = poller.registrar().clone();
        let owned = registrar
            .own(here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        drop(poller);
        drop(owned);
        assert_eq!(registrar.registrations(), 0);
    }
    on_every_engine!(test);
}
