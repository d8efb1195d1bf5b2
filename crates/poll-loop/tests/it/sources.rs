//! Sources: registering, registering anew and deregistering, by borrow.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};

use poll_loop::{Event, Interest, Notifications, Ready, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, ids, on_every_engine, pair, send, wait};

#[test]
fn an_edge_comes_once_and_the_next_one_again() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let registrar = poller.registrar().clone();
        let id = registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        assert_eq!(id.as_u64(), 1, "the first id of a poller");
        assert_eq!(ids(&mut poller, NOW), []);
        for _ in 0..2 {
            send(&there);
            let found = wait(&mut poller, LONG);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].id, id);
            assert_eq!(found[0].ready(), Ready::READABLE);
            assert_eq!(ids(&mut poller, NOW), []);
            (&here).read_exact(&mut [0]).unwrap();
            registrar
                .rearm(id, &here, Interest::READABLE, Trigger::Edge)
                .unwrap();
        }
    }
    on_every_engine!(test);
}

#[test]
fn a_level_comes_as_long_as_it_holds_and_a_oneshot_until_it_is_registered_anew() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (level, there) = pair();
        let (oneshot, other) = pair();
        send(&there);
        send(&other);
        let registrar = poller.registrar().clone();
        let level_id = registrar
            .register(&level, Interest::READABLE, Trigger::Level)
            .unwrap();
        let oneshot_id = registrar
            .register(&oneshot, Interest::READABLE, Trigger::Oneshot)
            .unwrap();
        let mut found = ids(&mut poller, LONG);
        found.sort_unstable();
        assert_eq!(found, [level_id, oneshot_id]);
        assert_eq!(ids(&mut poller, LONG), [level_id]);
        registrar
            .reregister(oneshot_id, &oneshot, Interest::READABLE, Trigger::Oneshot)
            .unwrap();
        assert_eq!(ids(&mut poller, LONG).len(), 2);
    }
    on_every_engine!(test);
}

#[test]
fn registering_anew_replaces_the_interest_and_reports_what_is_ready_under_the_same_id() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let registrar = poller.registrar().clone();
        let id = registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        registrar
            .reregister(id, &here, Interest::WRITABLE, Trigger::Edge)
            .unwrap();
        let found = wait(&mut poller, LONG);
        assert_eq!((found[0].id, found[0].ready()), (id, Ready::WRITABLE));
        send(&there);
        assert_eq!(ids(&mut poller, NOW), [], "reading was replaced");
    }
    on_every_engine!(test);
}

#[test]
fn after_deregister_nothing_comes_and_the_id_is_out_of_date() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let registrar = poller.registrar().clone();
        let id = registrar
            .register(&here, Interest::READABLE, Trigger::Level)
            .unwrap();
        assert_eq!(registrar.registrations(), 1);
        registrar.deregister(id, &here).unwrap();
        assert_eq!(registrar.registrations(), 0);
        send(&there);
        assert_eq!(ids(&mut poller, NOW), []);
        assert!(!registrar.is_live(id));
        for result in [
            registrar.deregister(id, &here),
            registrar.reregister(id, &here, Interest::READABLE, Trigger::Edge),
            registrar.rearm(id, &here, Interest::READABLE, Trigger::Edge),
        ] {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
        }
        let next = registrar
            .register(&here, Interest::READABLE, Trigger::Level)
            .unwrap();
        assert_ne!(next, id);
        assert_eq!(ids(&mut poller, LONG), [next]);
    }
    on_every_engine!(test);
}

#[test]
fn what_is_deregistered_in_the_middle_of_a_batch_is_passed_over() {
    fn test<B: Backend>(mut poller: On<B>) {
        let pairs: Vec<_> = (0..3).map(|_| pair()).collect();
        let registrar = poller.registrar().clone();
        let registered: Vec<_> = pairs
            .iter()
            .map(|(here, there)| {
                send(there);
                let id = registrar
                    .register(here, Interest::READABLE, Trigger::Edge)
                    .unwrap();
                (id, here)
            })
            .collect();
        let mut notifications = Notifications::with_capacity(8);
        poller.wait(&mut notifications, LONG).unwrap();
        assert_eq!(notifications.len(), 3);
        let mut batch = notifications.iter();
        let first = batch.next().unwrap().id;
        for (id, source) in &registered {
            if *id != first {
                registrar.deregister(*id, *source).unwrap();
            }
        }
        // Also what takes their place does not come under the old ids.
        let (new, other) = pair();
        send(&other);
        let anew = registrar.register(&new, Interest::READABLE, Trigger::Edge);
        assert!(anew.is_ok());
        assert_eq!(batch.next(), None);
        assert_eq!(notifications.iter().count(), 1, "nor from the start again");
    }
    on_every_engine!(test);
}

#[test]
fn a_registration_that_fails_changes_nothing_and_can_be_made_again() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let registrar = poller.registrar().clone();
        let id = registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        let twice = registrar.register(&here, Interest::WRITABLE, Trigger::Edge);
        if poll_os::engine::Poll::<B>::CAPABILITIES.tracks_registrations {
            assert_eq!(twice.unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert_eq!(registrar.registrations(), 1);
            send(&there);
            assert_eq!(ids(&mut poller, LONG), [id]);
        }
        let (other, _there) = pair();
        assert!(registrar.deregister(id, &other).is_err());
        assert!(registrar.is_live(id), "what failed changed nothing");
    }
    use poll_api::Engine;
    on_every_engine!(test);
}

#[test]
fn a_source_that_was_closed_unawares_is_forgotten_by_its_id() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let duplicate = here.try_clone().unwrap();
        let registrar = poller.registrar().clone();
        let id = registrar
            .register(&here, Interest::READABLE, Trigger::Level)
            .unwrap();
        drop(here);
        assert!(registrar.forget(id));
        assert!(!registrar.forget(id));
        send(&there);
        assert_eq!(ids(&mut poller, NOW), [], "the duplicate keeps reporting");
        // No successor gets those reports, whether it has the same slot or another.
        for _ in 0..200 {
            let (next, _there) = pair();
            let next_id = registrar
                .register(&next, Interest::READABLE, Trigger::Level)
                .unwrap();
            assert_eq!(ids(&mut poller, NOW), []);
            registrar.deregister(next_id, &next).unwrap();
        }
        drop(duplicate);
    }
    on_every_engine!(test);
}

#[test]
fn types_of_the_standard_library_are_sources_as_they_are() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (trigger, interest) = (Trigger::Oneshot, Interest::READABLE);
        let listener_id = registrar.register(&listener, interest, trigger).unwrap();
        let udp_id = registrar.register(&udp, interest, trigger).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(ids(&mut poller, LONG), [listener_id]);
        udp.send_to(b"x", udp.local_addr().unwrap()).unwrap();
        assert_eq!(ids(&mut poller, LONG), [udp_id]);
        let writable = registrar.register(&client, Interest::WRITABLE, trigger);
        assert_eq!(ids(&mut poller, LONG), [writable.unwrap()]);
    }
    on_every_engine!(test);
}

#[test]
fn the_end_of_a_peer_is_more_than_readable() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (here, there) = pair();
        let registrar = poller.registrar().clone();
        registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        drop(there);
        let found = wait(&mut poller, LONG);
        let Event::Source { ready, .. } = found[0].event else {
            panic!("{found:?}");
        };
        assert!(ready.is_read_closed(), "{ready:?}");
    }
    on_every_engine!(test);
}

#[test]
fn a_buffer_smaller_than_what_is_ready_loses_nothing() {
    fn test<B: Backend>(mut poller: On<B>) {
        let pairs: Vec<_> = (0..10).map(|_| pair()).collect();
        let registrar = poller.registrar().clone();
        let mut expected: Vec<_> = pairs
            .iter()
            .map(|(here, there)| {
                send(there);
                registrar
                    .register(here, Interest::READABLE, Trigger::Edge)
                    .unwrap()
            })
            .collect();
        expected.push(poller.set_timeout(core::time::Duration::ZERO).unwrap());
        let mut notifications = Notifications::with_capacity(3);
        let mut found = Vec::new();
        for _ in 0..4 {
            poller.wait(&mut notifications, LONG).unwrap();
            assert!(notifications.len() <= 3);
            found.extend(notifications.iter().map(|notification| notification.id));
        }
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(ids(&mut poller, NOW), []);
    }
    on_every_engine!(test);
}
