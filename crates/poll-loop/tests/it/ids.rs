//! Ids are never used twice, and no report reaches a successor.

use core::time::Duration;
use std::collections::HashSet;
use std::io::Write;

use poll_api::{Event as Report, Ready, Token};
use poll_loop::{Clock, Id, Interest, Monotonic, Notifications, Trigger};

use crate::stage::{LONG, NOW, Scripted, ids, slot, wait};

#[test]
fn first_ids_count_up_and_none_is_used_twice_whatever_it_stands_for() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let mut seen = HashSet::new();
    for round in 0..500 {
        let (here, _there) = stage.machine.pair();
        let source = registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        let timer = registrar.set_timeout(Duration::ZERO).unwrap();
        let own = stage.poller.set_timeout(Duration::from_secs(1)).unwrap();
        let (_sender, receiver) = registrar.channel::<u8>().unwrap();
        if round == 0 {
            assert_eq!((source.as_u64(), timer.as_u64()), (1, 2));
        }
        for id in [source, timer, own, receiver.id()] {
            assert!(seen.insert(id), "{id} is used again");
        }
        registrar.deregister(source, &here).unwrap();
        assert!(stage.poller.cancel(own));
        assert_eq!(ids(&mut stage.poller, NOW), [timer]);
    }
    let slots: HashSet<_> = seen.iter().map(|id| slot(*id)).collect();
    assert!(slots.len() < 200, "slots are used again: {}", slots.len());
}

#[test]
fn a_report_of_a_source_that_has_gone_never_reaches_its_successor() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let script = stage.script();
    let (here, _there) = stage.machine.pair();
    let old = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    registrar.deregister(old, &here).unwrap();
    // The batch ends, so the slot may be used again.
    assert_eq!(ids(&mut stage.poller, NOW), []);
    let new = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    assert_eq!(slot(new), slot(old), "the same slot");
    let token = |id: Id| Token(usize::try_from(id.as_u64() & usize::MAX as u64).unwrap());
    // A token of 32 bits is the slot alone: there no report may come late, by the contract.
    if usize::BITS > 32 {
        script.report(Report::new(token(old), Ready::READABLE));
        assert_eq!(ids(&mut stage.poller, NOW), [], "which came late");
    }
    script.report(Report::new(token(new), Ready::READABLE));
    assert_eq!(ids(&mut stage.poller, NOW), [new]);
    // No source is registered under these.
    let (_sender, receiver) = registrar.channel::<u8>().unwrap();
    let timer = stage.poller.set_timeout(Duration::from_secs(1)).unwrap();
    for other in [receiver.id(), timer] {
        script.report(Report::new(token(other), Ready::READABLE));
    }
    for stray in [0, 63, 64, 9999, usize::MAX] {
        script.report(Report::new(Token(stray), Ready::READABLE));
    }
    assert_eq!(ids(&mut stage.poller, NOW), []);
}

#[test]
fn a_slot_is_not_used_again_before_the_batch_is_over() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let pairs: Vec<_> = (0..3).map(|_| stage.machine.pair()).collect();
    let mut registered = Vec::new();
    for (here, there) in &pairs {
        (&*there).write_all(b"x").unwrap();
        registered.push(
            registrar
                .register(here, Interest::READABLE, Trigger::Edge)
                .unwrap(),
        );
    }
    // One of three: the others are harvested and wait in the driver.
    let mut notifications = Notifications::with_capacity(1);
    stage.poller.wait(&mut notifications, NOW).unwrap();
    let first = notifications.iter().next().unwrap().id;
    let gone: Vec<_> = (0..3).filter(|n| registered[*n] != first).collect();
    for n in &gone {
        registrar.deregister(registered[*n], &pairs[*n].0).unwrap();
    }
    for n in &gone {
        let anew = registrar
            .register(&pairs[*n].0, Interest::WRITABLE, Trigger::Oneshot)
            .unwrap();
        let taken = registered.iter().any(|old| slot(*old) == slot(anew));
        assert!(!taken, "reports for the slot of {anew} are still to come");
    }
    let ready: Vec<_> = wait(&mut stage.poller, NOW);
    assert_eq!(ready.len(), 2);
    for notification in ready {
        assert_eq!(notification.ready(), Ready::WRITABLE);
    }
}

#[test]
fn slots_of_many_that_came_and_went_during_one_wait_are_used_again() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, _there) = stage.machine.pair();
    let end = Monotonic.now().saturating_add(LONG.unwrap());
    std::thread::scope(|scope| {
        // Its own housekeeping does not end the wait: only the timer does.
        let waiter = scope.spawn(|| wait(&mut stage.poller, None));
        let mut slots = HashSet::new();
        loop {
            let id = registrar
                .register(&here, Interest::READABLE, Trigger::Edge)
                .unwrap();
            registrar.deregister(id, &here).unwrap();
            if !slots.insert(slot(id)) {
                break;
            }
            assert!(Monotonic.now() < end, "{} slots, and no end", slots.len());
        }
        registrar.set_timeout(Duration::ZERO).unwrap();
        assert_eq!(waiter.join().unwrap().len(), 1);
    });
}
