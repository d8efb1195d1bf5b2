//! Several pollers as a set.

use core::time::Duration;
use std::collections::HashSet;
use std::io::ErrorKind;

use poll_loop::{Interest, Pollers, Trigger};

use crate::stage::{LONG, NOW, ids, pair, slot};

#[test]
fn each_gets_its_turn_and_ids_are_those_of_the_set() {
    let (mut pollers, placement) = Pollers::new(3).unwrap().split();
    let mut seen = HashSet::new();
    let mut per_poller = [0; 3];
    for _ in 0..9 {
        let id = placement.next().set_timeout(Duration::ZERO).unwrap();
        assert!(seen.insert(id), "{id} is there twice");
        per_poller[id.poller()] += 1;
        assert!(placement.of(id).unwrap().is_live(id));
    }
    assert_eq!(per_poller, [3; 3]);
    for (number, poller) in pollers.iter_mut().enumerate() {
        let found = ids(poller, LONG);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|id| id.poller() == number));
    }
}

#[test]
fn an_id_of_another_poller_is_no_registration_here() {
    let (mut pollers, placement) = Pollers::new(2).unwrap().split();
    let id = placement.registrars()[0]
        .set_timeout(Duration::ZERO)
        .unwrap();
    let twin = placement.registrars()[1]
        .set_timeout(Duration::ZERO)
        .unwrap();
    assert_eq!(slot(id), slot(twin), "the same slot");
    assert!(!placement.registrars()[1].is_live(id));
    assert!(!placement.registrars()[1].cancel(id));
    assert!(!pollers[1].cancel(id));
    assert!(!pollers[1].reset(id, Duration::ZERO));
    assert_eq!(ids(&mut pollers[0], LONG), [id]);
    assert_eq!(ids(&mut pollers[1], LONG), [twin]);
}

#[test]
fn the_least_loaded_is_the_one_with_the_fewest_sources() {
    let pollers = Pollers::new(3).unwrap();
    let placement = pollers.placement().clone();
    let pairs: Vec<_> = (0..7).map(|_| pair()).collect();
    let registered: Vec<_> = pairs
        .iter()
        .map(|(here, _)| {
            let registrar = placement.least();
            registrar
                .register(here, Interest::READABLE, Trigger::Edge)
                .unwrap()
        })
        .collect();
    let loads = || -> Vec<_> {
        let all = placement.registrars().iter();
        all.map(|registrar| registrar.registrations()).collect()
    };
    assert_eq!(loads(), [3, 2, 2]);
    for (id, (here, _)) in registered.iter().zip(&pairs) {
        if id.poller() == 1 {
            placement.of(*id).unwrap().deregister(*id, here).unwrap();
        }
    }
    assert_eq!(loads(), [3, 0, 2]);
    let next = placement.least().set_timeout(Duration::ZERO).unwrap();
    assert_eq!(next.poller(), 1);
}

#[test]
fn a_key_always_leads_to_the_same_poller_and_keys_are_spread() {
    let (pollers, placement) = Pollers::new(4).unwrap().split();
    let of = |key: &str| {
        let id = placement.by_key(&key).set_timeout(Duration::MAX).unwrap();
        id.poller()
    };
    let places: Vec<_> = (0..64).map(|n| of(&format!("key {n}"))).collect();
    let again: Vec<_> = (0..64).map(|n| of(&format!("key {n}"))).collect();
    assert_eq!(places, again);
    let used: HashSet<_> = places.into_iter().collect();
    assert_eq!(used.len(), 4);
    drop(pollers);
}

#[test]
fn none_counts_as_one_and_more_than_256_are_refused() {
    let (mut pollers, placement) = Pollers::new(0).unwrap().split();
    assert_eq!((pollers.len(), placement.registrars().len()), (1, 1));
    assert_eq!(ids(&mut pollers[0], NOW), []);
    let refused = Pollers::new(257).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}
