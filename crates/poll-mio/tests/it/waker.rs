//! Wakes: from anywhere, at any time, and none is lost.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::ErrorKind;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use poll_mio::{Token, Waker};

use crate::stage::{LIMIT, Stage};

const TOKEN: Token = Token(10);

#[test]
fn a_wake_is_a_readable_event_with_the_token_and_nothing_is_left_over() {
    for wakes in [1, 3, 1_000] {
        for token in [Token(0), TOKEN, Token(usize::MAX)] {
            let mut stage = Stage::new();
            let waker = Waker::new(stage.registry(), token).unwrap();
            (0..wakes).for_each(|_| waker.wake().unwrap());
            stage.poll(LIMIT);
            let events: Vec<_> = stage.events.iter().collect();
            assert_eq!(events.len(), 1, "{wakes} wakes merge");
            assert_eq!(events[0].token(), token);
            assert!(events[0].is_readable());
            assert!(!events[0].is_writable() && !events[0].is_error());
            assert!(!events[0].is_read_closed() && !events[0].is_write_closed());
            stage.silent();
        }
    }
}

#[test]
fn a_wake_from_another_thread_ends_the_present_wait() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), TOKEN).unwrap();
    let thread = thread::spawn(move || {
        waker.wake().unwrap();
        waker
    });
    stage.until_readable(TOKEN);
    let _waker = thread.join().unwrap();
}

#[test]
fn wakes_of_several_threads_are_all_noticed() {
    let mut stage = Stage::new();
    let waker = Arc::new(Waker::new(stage.registry(), TOKEN).unwrap());
    let barrier = Arc::new(Barrier::new(3));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (waker, barrier) = (Arc::clone(&waker), Arc::clone(&barrier));
            thread::spawn(move || {
                waker.wake().unwrap();
                barrier.wait();
                waker.wake().unwrap();
            })
        })
        .collect();
    stage.until_readable(TOKEN);
    barrier.wait();
    stage.until_readable(TOKEN);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_wake_between_two_waits_ends_the_next_one_each_time() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), TOKEN).unwrap();
    for _ in 0..100 {
        waker.wake().unwrap();
        stage.until_readable(TOKEN);
    }
    stage.poll(Duration::ZERO);
    assert!(stage.events.is_empty());
}

#[test]
fn ping_pong_between_two_pollers_loses_no_wake() {
    /// Waits until `counter` says so: a wake that meets the end of a wait may be told twice.
    fn wait_for(stage: &mut Stage, counter: &AtomicUsize, round: usize) {
        while counter.load(Ordering::Relaxed) < round {
            stage.until_readable(TOKEN);
        }
    }

    let (mut here, mut there) = (Stage::new(), Stage::new());
    let to_here = Waker::new(here.registry(), TOKEN).unwrap();
    let to_there = Waker::new(there.registry(), TOKEN).unwrap();
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let theirs = Arc::clone(&counts);
    let thread = thread::spawn(move || {
        for round in 1..=1_000 {
            wait_for(&mut there, &theirs[0], round);
            theirs[1].store(round, Ordering::Relaxed);
            to_here.wake().unwrap();
        }
    });
    for round in 1..=1_000 {
        counts[0].store(round, Ordering::Relaxed);
        to_there.wake().unwrap();
        wait_for(&mut here, &counts[1], round);
    }
    thread.join().unwrap();
}

#[test]
fn a_wait_without_end_that_is_interrupted_and_woken_reports_the_wake() {
    let mut stage = Stage::new();
    let waker = Arc::new(Waker::new(stage.registry(), TOKEN).unwrap());
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let waking = thread::spawn(move || {
        for () in begun {
            // To be in the midst of the wait more often than not.
            thread::park_timeout(Duration::from_millis(2));
            waker.wake().unwrap();
            if ended.recv_timeout(LIMIT).is_err() {
                waker.wake().unwrap();
                return false;
            }
        }
        true
    });
    for _ in 0..10 {
        begin.send(()).unwrap();
        while let Err(error) = stage.poll.poll(&mut stage.events, None) {
            assert_eq!(error.kind(), ErrorKind::Interrupted);
        }
        assert_eq!(stage.events.iter().next().unwrap().token(), TOKEN);
        if end.send(()).is_err() {
            // The thread has waited in vain, and says so below.
            break;
        }
    }
    drop(begin);
    assert!(waking.join().unwrap(), "a wake was lost");
}

#[test]
fn a_wake_is_not_lost_when_its_waker_is_dropped_first() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), TOKEN).unwrap();
    thread::spawn(move || waker.wake()).join().unwrap().unwrap();
    stage.until_readable(TOKEN);
}

#[test]
fn a_waker_can_be_made_after_the_one_before_it_is_gone() {
    let mut stage = Stage::new();
    drop(Waker::new(stage.registry(), TOKEN).unwrap());
    let waker = Waker::new(stage.registry(), Token(11)).unwrap();
    waker.wake().unwrap();
    stage.until_readable(Token(11));
}

#[test]
fn waking_a_poller_that_is_gone_does_nothing() {
    let stage = Stage::new();
    let waker = Waker::new(stage.registry(), TOKEN).unwrap();
    drop(stage);
    waker.wake().unwrap();
}

#[cfg(debug_assertions)]
#[test]
#[should_panic = "Only a single `Waker` can be active per `Poll` instance"]
fn a_second_waker_panics() {
    let stage = Stage::new();
    let _waker = Waker::new(stage.registry(), TOKEN).unwrap();
    drop(Waker::new(stage.registry(), Token(11)));
}

#[cfg(debug_assertions)]
#[test]
#[should_panic = "Only a single `Waker` can be active per `Poll` instance"]
fn a_second_waker_through_a_cloned_registry_panics() {
    let stage = Stage::new();
    let clone = stage.registry().try_clone().unwrap();
    let _waker = Waker::new(stage.registry(), TOKEN).unwrap();
    drop(Waker::new(&clone, Token(11)));
}

#[cfg(not(debug_assertions))]
#[test]
fn several_wakers_of_a_release_build_all_work() {
    let mut stage = Stage::new();
    let wakers: Vec<_> = (0..4)
        .map(|token| Waker::new(stage.registry(), Token(token)).unwrap())
        .collect();
    for (token, waker) in wakers.iter().enumerate() {
        waker.wake().unwrap();
        stage.until_readable(Token(token));
    }
}

#[cfg(not(debug_assertions))]
#[test]
fn several_wakes_that_find_no_room_are_reported_one_after_the_other() {
    let mut stage = Stage::with_capacity(1);
    let wakers: Vec<_> = (0..4)
        .map(|token| Waker::new(stage.registry(), Token(token)).unwrap())
        .collect();
    wakers.iter().for_each(|waker| waker.wake().unwrap());
    let mut seen = Vec::new();
    for _ in &wakers {
        stage.poll(LIMIT);
        seen.extend(stage.events.iter().map(poll_mio::event::Event::token));
    }
    seen.sort();
    assert_eq!(seen, [0, 1, 2, 3].map(Token));
    stage.silent();
}
