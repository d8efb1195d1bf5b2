//! Channels: told when they go from empty to not empty, and of their end.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::mpsc::{TryRecvError, TrySendError};
use std::thread;

use amy::{ChannelError, Event, Receiver};

use crate::stage::{LONG, NOW, WHILE, ms_since, now, poller, told};

fn is_empty<T>(receiver: &Receiver<T>) -> bool {
    matches!(
        receiver.try_recv(),
        Err(ChannelError::TryRecvError(TryRecvError::Empty))
    )
}

fn is_over<T>(receiver: &Receiver<T>) -> bool {
    matches!(
        receiver.try_recv(),
        Err(ChannelError::TryRecvError(TryRecvError::Disconnected))
    )
}

#[test]
fn a_send_wakes_the_poller() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    assert_eq!((tx.get_id(), rx.get_id()), (1, 1));
    assert_eq!(poller.wait(WHILE).unwrap(), []);
    tx.send("a").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert_eq!(rx.try_recv().unwrap(), "a");
    assert!(is_empty(&rx));
}

#[test]
fn two_sends_are_told_once() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    tx.send("a").unwrap();
    tx.send("b").unwrap();
    assert_eq!(poller.wait(LONG).unwrap().len(), 1);
    assert_eq!(rx.try_recv().unwrap(), "a");
    assert_eq!(rx.try_recv().unwrap(), "b");
    assert_eq!(poller.wait(WHILE).unwrap(), []);
}

#[test]
fn a_send_that_is_known_of_is_not_told() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    tx.send("a").unwrap();
    assert_eq!(poller.wait(LONG).unwrap().len(), 1);
    tx.send("b").unwrap();
    assert_eq!(rx.try_recv().unwrap(), "a");
    assert_eq!(rx.try_recv().unwrap(), "b");
    assert_eq!(poller.wait(WHILE).unwrap(), []);
}

#[test]
fn whoever_received_all_is_told_of_the_next_send_without_having_found_nothing() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    for round in 0..3 {
        tx.send(round).unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
        assert_eq!(rx.try_recv().unwrap(), round);
        assert_eq!(poller.wait(NOW).unwrap(), []);
    }
}

#[test]
fn a_send_that_was_received_untold_is_told_all_the_same() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    tx.send("a").unwrap();
    assert_eq!(poller.wait(LONG).unwrap().len(), 1);
    assert_eq!(rx.try_recv().unwrap(), "a");
    tx.send("b").unwrap();
    assert_eq!(rx.try_recv().unwrap(), "b");
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert!(is_empty(&rx));
}

#[test]
fn a_receive_that_finds_nothing_takes_the_notification_back() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    tx.send("a").unwrap();
    assert_eq!(poller.wait(LONG).unwrap().len(), 1);
    assert_eq!(rx.try_recv().unwrap(), "a");
    tx.send("b").unwrap();
    assert_eq!(rx.try_recv().unwrap(), "b");
    assert!(is_empty(&rx));
    let start = now();
    assert_eq!(poller.wait(WHILE).unwrap(), []);
    assert!(ms_since(start) >= WHILE as u128, "nor does it end a wait");
    tx.send("c").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert_eq!(rx.try_recv().unwrap(), "c");
}

#[test]
fn a_channel_with_a_bound_takes_no_more_than_that() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.sync_channel(1).unwrap();
    assert_eq!((tx.get_id(), rx.get_id()), (1, 1));
    tx.send("a").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    let full = tx.try_send("b");
    assert!(matches!(
        full,
        Err(ChannelError::TrySendError(TrySendError::Full("b")))
    ));
    assert_eq!(rx.try_recv().unwrap(), "a");
    tx.try_send("c").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    let blocked = thread::spawn(move || tx.send("d").map_err(drop));
    assert_eq!(rx.try_recv().unwrap(), "c");
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert_eq!(rx.try_recv().unwrap(), "d");
    blocked.join().unwrap().unwrap();
}

#[test]
fn a_channel_without_room_is_refused() {
    let (_poller, mut registrar) = poller();
    let refused = registrar.sync_channel::<u8>(0).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn an_empty_channel_stays_empty_and_a_channel_without_senders_is_over() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    for _ in 0..3 {
        assert!(is_empty(&rx));
    }
    tx.send(1).unwrap();
    let other = tx.clone();
    drop(tx);
    drop(other);
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert_eq!(rx.try_recv().unwrap(), 1);
    for _ in 0..3 {
        assert!(is_over(&rx));
    }
    assert_eq!(poller.wait(WHILE).unwrap(), [], "that is known");
}

#[test]
fn the_end_of_the_last_sender_is_told_to_whoever_found_nothing() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel::<u8>().unwrap();
    assert!(is_empty(&rx));
    let other = tx.clone();
    drop(tx);
    assert_eq!(poller.wait(NOW).unwrap(), []);
    let ended = thread::spawn(move || drop(other));
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert!(is_over(&rx));
    ended.join().unwrap();
    let (tx, rx) = registrar.sync_channel::<u8>(1).unwrap();
    assert!(is_empty(&rx));
    drop(tx);
    assert_eq!(poller.wait(LONG).unwrap(), [told(2, Event::Read)]);
    assert!(is_over(&rx));
}

#[test]
fn a_dropped_receiver_is_told_of_no_more_and_gives_messages_back() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    let (sync_tx, sync_rx) = registrar.sync_channel(2).unwrap();
    tx.send("a").unwrap();
    drop((rx, sync_rx));
    assert_eq!(poller.wait(WHILE).unwrap(), []);
    let Err(ChannelError::SendError(error)) = tx.send("b") else {
        panic!("nobody receives it");
    };
    assert_eq!(error.0, "b");
    let Err(ChannelError::TrySendError(TrySendError::Disconnected("c"))) = sync_tx.try_send("c")
    else {
        panic!("nobody receives it");
    };
    assert!(matches!(sync_tx.send("d"), Err(ChannelError::SendError(_))));
    assert_eq!(
        format!("{registrar:?}"),
        "Registrar { registrations: 0, .. }"
    );
}

#[test]
fn each_of_more_channels_than_a_wait_tells_of_is_told_once() {
    let (mut poller, mut registrar) = poller();
    let channels: Vec<_> = (0..1500).map(|_| registrar.channel().unwrap()).collect();
    for (tx, _) in &channels {
        tx.send(()).unwrap();
    }
    let mut found = Vec::new();
    while found.len() < 1500 {
        let more = poller.wait(LONG).unwrap();
        assert!((1..=1024).contains(&more.len()), "behind {}", found.len());
        found.extend(more);
    }
    found.sort_by_key(|notification| notification.id);
    let ids = channels
        .iter()
        .map(|(_, rx)| told(rx.get_id(), Event::Read));
    assert!(found.into_iter().eq(ids));
}

#[test]
fn neither_a_channel_nor_a_timer_costs_a_descriptor_and_a_poller_closes_its_own() {
    const MANY: i32 = 2000;
    let (_poller, mut registrar) = poller();
    let channels: Vec<_> = (0..MANY).map(|_| registrar.channel::<u8>()).collect();
    for _ in 0..MANY {
        registrar.set_timeout(LONG).unwrap();
        drop(amy::Poller::new().unwrap());
    }
    // The lowest number that is free: the other tests have a few.
    assert!(File::open("/dev/null").unwrap().as_raw_fd() < MANY / 2);
    drop(channels);
}
