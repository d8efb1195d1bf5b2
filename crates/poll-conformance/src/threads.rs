//! Threads: registering, deregistering and dropping while another thread waits.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::thread;

use poll_api::{Engine, Interest, Ready, Register, Registered, Token, Trigger, Wake};

use crate::stage::{Stage, TRIGGERS, Until, drain, linger, must, sees_the_end, send};
use crate::{Case, Fixture, Registry, Verdict};

const READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>>
where
    Registry<F>: Send,
{
    list_cases!(
        "threads",
        F,
        [
            registering_while_another_thread_waits_is_seen_by_that_wait,
            rearming_while_another_thread_waits_is_seen_by_that_wait,
            deregistering_while_another_thread_waits_does_not_end_that_wait,
            dropping_while_another_thread_waits_shows_the_peer_the_end_at_once,
            registering_and_dropping_loses_no_report_of_other_sources,
            a_new_waker_made_on_another_thread_ends_the_present_wait,
        ]
    )
}

fn registering_while_another_thread_waits_is_seen_by_that_wait<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    for trigger in TRIGGERS {
        for ready_before in [true, false] {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            let registry = stage.registry().clone();
            let (here, there) = (&here, &there);
            thread::scope(|scope| {
                scope.spawn(move || {
                    if ready_before {
                        send(fixture, there, b"x");
                    }
                    linger(Duration::from_millis(2));
                    let how = Interest::READABLE;
                    must(registry.register(here, Token(1), how, trigger), "register");
                    if !ready_before {
                        linger(Duration::from_millis(1));
                        send(fixture, there, b"x");
                    }
                });
                let reports = stage.wait(None);
                assert_eq!(reports.len(), 1, "{trigger:?}");
                assert_eq!(reports[0].token(), Token(1));
            });
        }
    }
    Ok(())
}

fn rearming_while_another_thread_waits_is_seen_by_that_wait<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    for _ in 0..5 {
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
        let registry = stage.registry().clone();
        let (here, there) = (&here, &there);
        thread::scope(|scope| {
            scope.spawn(move || {
                linger(Duration::from_millis(1));
                drain(fixture, here);
                must(registry.rearm(here, Token(1), READ.0, READ.1), "rearm");
                send(fixture, there, b"y");
            });
            let _ = stage.until(1, Ready::READABLE);
        });
        stage.drain(here, 1, READ);
    }
    Ok(())
}

fn deregistering_while_another_thread_waits_does_not_end_that_wait<F: Fixture>(
    fixture: &F,
) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let waker = stage.waker(2);
    for trigger in TRIGGERS {
        stage.register(&here, 1, (Interest::READABLE, trigger));
        let registry = stage.registry().clone();
        let (here, there, waker) = (&here, &there, &waker);
        thread::scope(|scope| {
            scope.spawn(move || {
                linger(Duration::from_millis(2));
                must(registry.deregister(here), "deregister");
                send(fixture, there, b"x");
                linger(Duration::from_millis(2));
                must(waker.wake(), "wake");
            });
            let reports = stage.wait(None);
            assert_eq!(reports.len(), 1, "{trigger:?}: {reports:?}");
            assert_eq!(reports[0].token(), Token(2), "{trigger:?}");
        });
        stage.after_a_wake(2);
        stage.silent();
        drain(fixture, here);
    }
    Ok(())
}

fn dropping_while_another_thread_waits_shows_the_peer_the_end_at_once<F: Fixture>(
    fixture: &F,
) -> Verdict
where
    Registry<F>: Send,
{
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let waker = stage.waker(2);
        let registry = stage.registry().clone();
        thread::scope(|scope| {
            scope.spawn(move || {
                let how = Interest::READABLE;
                let Ok(owned) = Registered::new(registry, here, Token(1), how, trigger) else {
                    panic!("register failed");
                };
                linger(Duration::from_millis(2));
                drop(owned);
                // The wait of the other thread goes on all the while.
                sees_the_end(fixture, &there);
                must(waker.wake(), "wake");
            });
            let reports = stage.wait(None);
            assert_eq!(reports.len(), 1, "{trigger:?}: {reports:?}");
            assert_eq!(reports[0].token(), Token(2), "{trigger:?}");
        });
    }
    Ok(())
}

fn registering_and_dropping_loses_no_report_of_other_sources<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    let over = AtomicBool::new(false);
    let churned = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            let registry = stage.registry().clone();
            let (over, churned) = (&over, &churned);
            scope.spawn(move || {
                while !over.load(Ordering::Acquire) {
                    let (noisy, _peer) = fixture.pair();
                    let how = Interest::READABLE | Interest::WRITABLE;
                    let registry = registry.clone();
                    if let Ok(owned) =
                        Registered::new(registry, noisy, Token(2), how, Trigger::Level)
                    {
                        drop(owned);
                        churned.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let _end = Until(&over);
        let count = || churned.load(Ordering::Relaxed);
        for round in 0..200 {
            send(fixture, &there, b"x");
            // In some rounds the report is due before the wait begins, and others come and go
            // in between; in most they do so at the same time.
            let before = count();
            while round % 20 == 0 && count() < before + 3 {
                thread::yield_now();
            }
            stage.until_amid_others(1);
            stage.drain(&here, 1, READ);
        }
    });
    // Everything else is gone, with its reports.
    stage.silent();
    Ok(())
}

fn a_new_waker_made_on_another_thread_ends_the_present_wait<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    for token in 0..5 {
        let registry = stage.registry().clone();
        thread::scope(|scope| {
            scope.spawn(move || {
                linger(Duration::from_millis(1));
                let waker = must(F::Engine::waker(&registry, Token(token)), "waker");
                must(waker.wake(), "wake");
            });
            let reports = stage.wait(None);
            assert_eq!(reports.len(), 1);
            assert_eq!(reports[0].token(), Token(token));
        });
        stage.after_a_wake(token);
    }
    Ok(())
}
