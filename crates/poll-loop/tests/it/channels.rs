//! Channels: notified once for a burst, of the end too, and in the middle of everything else.

use core::time::Duration;
use std::io::ErrorKind;
use std::thread;

use poll_loop::{Event, Notification, RecvTimeoutError, TryRecvError, TrySendError};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, ids, on_every_engine, wait};

#[test]
fn a_send_notifies_once_until_the_channel_was_found_empty() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().channel().unwrap();
        let id = receiver.id();
        let event = Event::Channel;
        assert_eq!(wait(&mut poller, NOW), []);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!(wait(&mut poller, LONG), [Notification { id, event }]);
        sender.send(3).unwrap();
        assert_eq!(ids(&mut poller, NOW), [], "it is known already");
        assert!(receiver.try_iter().eq([1, 2, 3]));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        sender.send(4).unwrap();
        assert_eq!(ids(&mut poller, LONG), [id]);
        assert_eq!(receiver.try_recv(), Ok(4));
    }
    on_every_engine!(test);
}

#[test]
fn a_send_from_another_thread_ends_a_wait() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().channel().unwrap();
        let other = thread::spawn(move || sender.send("hello").unwrap());
        assert_eq!(ids(&mut poller, LONG), [receiver.id()]);
        assert_eq!(receiver.try_recv(), Ok("hello"));
        other.join().unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn the_end_of_the_last_sender_is_a_notification() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().channel::<u8>().unwrap();
        let other = sender.clone();
        drop(sender);
        assert_eq!(ids(&mut poller, NOW), []);
        let other = thread::spawn(move || drop(other));
        assert_eq!(ids(&mut poller, LONG), [receiver.id()]);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert!(receiver.is_finished());
        other.join().unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn a_receiver_that_is_dropped_gives_its_id_up_and_the_values_back() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (sender, receiver) = registrar.channel().unwrap();
        let id = receiver.id();
        sender.send(1).unwrap();
        assert!(registrar.is_live(id));
        assert_eq!(registrar.registrations(), 1);
        drop(receiver);
        assert!(!registrar.is_live(id));
        assert_eq!(registrar.registrations(), 0);
        assert_eq!(ids(&mut poller, NOW), [], "which was sent before");
        assert_eq!(sender.send(2).unwrap_err().0, 2);
    }
    on_every_engine!(test);
}

#[test]
fn a_full_channel_gives_the_value_back_and_takes_it_once_there_is_room() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().sync_channel(1).unwrap();
        sender.try_send(1).unwrap();
        assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
        let other = thread::spawn(move || sender.send(3).unwrap());
        let mut received = Vec::new();
        while received.len() < 2 {
            assert_eq!(ids(&mut poller, LONG), [receiver.id()]);
            received.extend(receiver.try_iter());
        }
        assert_eq!(received, [1, 3]);
        other.join().unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn a_receiver_that_takes_some_and_leaves_the_rest_is_notified_again() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().channel().unwrap();
        for value in 0..10 {
            sender.send(value).unwrap();
        }
        let timer = poller.set_timeout(Duration::ZERO).unwrap();
        let mut received = Vec::new();
        let mut turns = 0;
        while received.len() < 10 {
            let found = ids(&mut poller, LONG);
            assert!(found.contains(&receiver.id()));
            assert_eq!(found.contains(&timer), turns == 0);
            received.extend(receiver.drain(4));
            turns += 1;
        }
        assert_eq!(turns, 3);
        assert!(received.into_iter().eq(0..10));
    }
    on_every_engine!(test);
}

#[test]
fn a_receiver_can_be_registered_after_it_was_filled() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, receiver) = poll_channel_pair();
        sender.send(7).unwrap();
        let mut receiver = poller.registrar().receive(receiver).unwrap();
        assert_eq!(ids(&mut poller, LONG), [receiver.id()]);
        assert_eq!(receiver.try_recv(), Ok(7));
    }
    fn poll_channel_pair() -> (poll_channel::Sender<u8>, poll_channel::Receiver<u8>) {
        poll_channel::channel()
    }
    on_every_engine!(test);
}

#[test]
fn a_receiver_that_was_refused_comes_back_with_what_it_holds() {
    fn test<B: Backend>(poller: On<B>) {
        let registrar = poller.registrar().clone();
        drop(poller);
        let (sender, receiver) = poll_channel::channel();
        sender.send(7).unwrap();
        let refused = registrar.receive(receiver).unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::BrokenPipe);
        sender.send(8).unwrap();
        let mut receiver = refused.source;
        assert!(receiver.try_iter().eq([7, 8]));
        assert_eq!(registrar.registrations(), 0);
    }
    on_every_engine!(test);
}

#[test]
fn a_receiver_has_all_ways_to_receive() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (sender, mut receiver) = poller.registrar().channel().unwrap();
        for value in 0..6 {
            sender.send(value).unwrap();
        }
        assert_eq!(receiver.recv(), Ok(0));
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
        assert_eq!(ids(&mut poller, LONG), [receiver.id()], "of the first");
        receiver.rearm();
        assert_eq!(ids(&mut poller, LONG), [receiver.id()], "asked for");
        assert!(receiver.drain(3).eq([2, 3, 4]));
        assert_eq!(ids(&mut poller, LONG), [receiver.id()], "of the rest");
        receiver.rearm_if_last();
        sender.send(6).unwrap();
        assert_eq!(ids(&mut poller, LONG), [receiver.id()], "of the next one");
        receiver.shrink_to_fit();
        assert!(receiver.try_iter().eq([5, 6]));
        drop(sender);
        let error = receiver.recv_timeout(Duration::ZERO);
        assert_eq!(error, Err(RecvTimeoutError::Disconnected));
    }
    on_every_engine!(test);
}

#[test]
fn values_of_many_threads_all_come() {
    fn test<B: Backend>(mut poller: On<B>) {
        const THREADS: u64 = 3;
        const EACH: u64 = 5_000;
        let (sender, mut receiver) = poller.registrar().channel().unwrap();
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let sender = sender.clone();
                thread::spawn(move || (1..=EACH).for_each(|value| sender.send(value).unwrap()))
            })
            .collect();
        drop(sender);
        let mut sum = 0;
        while !receiver.is_finished() {
            assert_eq!(ids(&mut poller, LONG), [receiver.id()], "at {sum}");
            sum += receiver.try_iter().sum::<u64>();
        }
        assert_eq!(sum, THREADS * EACH * (EACH + 1) / 2);
        for thread in threads {
            thread.join().unwrap();
        }
    }
    on_every_engine!(test);
}
