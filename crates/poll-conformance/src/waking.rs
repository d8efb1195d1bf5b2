//! Waking: a wake ends a wait from any thread at any time, and none is lost.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::mpsc;
use std::thread;

use poll_api::{Engine, Interest, Ready, Token, Trigger, Wake};

use crate::stage::{Stage, Until, drain, linger, must, send};
use crate::{Case, Fixture, Verdict};

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "waking",
        F,
        [
            wake_from_another_thread_ends_the_present_wait,
            wake_before_a_wait_ends_the_next_one,
            wake_is_a_readable_report_for_the_wakers_token,
            wake_between_reports_is_never_lost,
            a_wake_before_the_waker_was_dropped_is_not_lost,
            dropping_a_waker_alone_reports_nothing,
            a_clone_wakes_after_the_others_were_dropped,
            wakes_between_two_waits_merge_into_one_report_for_each_token,
            several_wakers_report_each_its_own_token,
            wakers_with_the_same_token_merge,
            wakers_come_and_go_without_end,
            a_storm_of_wakes_merges_and_is_followed_by_silence,
            a_storm_of_wakes_does_not_starve_the_sources,
            what_a_thread_wrote_before_wake_is_visible_after_the_wait,
            waking_a_poller_that_was_dropped_does_nothing_and_is_not_an_error,
            waking_while_the_poller_is_dropped_is_not_an_error,
            a_wake_ends_only_the_waits_of_its_own_poller,
        ]
    )
}

fn wake_from_another_thread_ends_the_present_wait<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    for pause in [0, 100, 3000] {
        for _ in 0..5 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    linger(Duration::from_micros(pause));
                    must(waker.wake(), "wake");
                });
                assert_eq!(stage.wait(None).len(), 1);
            });
            stage.after_a_wake(1);
            assert!(stage.look().is_empty(), "one wake is reported for ever");
        }
    }
    Ok(())
}

fn wake_before_a_wait_ends_the_next_one<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    // Before the first wait of all, and after earlier ones.
    for timeout in [None, Some(Duration::ZERO), Some(Duration::MAX), None] {
        must(waker.wake(), "wake");
        assert_eq!(stage.wait(timeout).len(), 1, "{timeout:?}");
        assert!(stage.look().is_empty());
    }
    // On another thread that is gone when the wait begins.
    let done = thread::scope(|scope| scope.spawn(|| waker.wake().is_ok()).join());
    assert!(done.unwrap_or_default());
    assert_eq!(stage.look().len(), 1);
    Ok(())
}

fn wake_is_a_readable_report_for_the_wakers_token<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(17);
    must(waker.wake(), "wake");
    let reports = stage.look();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].token(), Token(17));
    assert_eq!(reports[0].ready(), Ready::READABLE);
    Ok(())
}

fn wake_between_reports_is_never_lost<F: Fixture>(fixture: &F) -> Verdict {
    const ROUNDS: usize = 2000;
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    let (go, gone) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Each wake follows the report of the one before, so that none may merge.
        scope.spawn(move || {
            while gone.recv().is_ok() {
                must(waker.wake(), "wake");
            }
        });
        for round in 0..ROUNDS {
            must(go.send(()), "the waking thread");
            // Every other wait looks first, which is the state between awake and asleep.
            let early = round % 2 == 0 && !stage.look().is_empty();
            if !early {
                assert_eq!(stage.wait(None).len(), 1);
            }
        }
        drop(go);
    });
    // A wake that met the end of a wait may be reported by the next one too.
    stage.settles();
    Ok(())
}

fn a_wake_before_the_waker_was_dropped_is_not_lost<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    for _ in 0..5 {
        let waker = stage.waker(1);
        must(waker.wake(), "wake");
        drop(waker);
        assert_eq!(stage.look().len(), 1, "the drop took the wake with it");
        stage.silent();
    }
    for _ in 0..100 {
        let waker = stage.waker(2);
        thread::scope(|scope| {
            scope.spawn(move || {
                must(waker.wake(), "wake");
                drop(waker);
            });
            assert_eq!(stage.wait(None).len(), 1);
        });
    }
    Ok(())
}

fn dropping_a_waker_alone_reports_nothing<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    drop(stage.waker(1));
    stage.silent();
    let waker = stage.waker(2);
    drop(waker.clone());
    stage.silent();
    must(waker.wake(), "wake");
    assert_eq!(stage.look().len(), 1);
    drop(waker);
    stage.silent();
    Ok(())
}

fn a_clone_wakes_after_the_others_were_dropped<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    let clone = waker.clone();
    drop(waker);
    for _ in 0..3 {
        must(clone.wake(), "wake");
        let _ = stage.until(1, Ready::READABLE);
        stage.silent();
    }
    Ok(())
}

fn wakes_between_two_waits_merge_into_one_report_for_each_token<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    let wakers = [stage.waker(1), stage.waker(2)];
    for _ in 0..3 {
        for _ in 0..100 {
            for waker in &wakers {
                must(waker.wake(), "wake");
                must(waker.clone().wake(), "wake");
            }
        }
        let mut tokens: Vec<_> = stage.look().iter().map(|event| event.token().0).collect();
        tokens.sort_unstable();
        assert_eq!(tokens, [1, 2]);
        stage.silent();
    }
    Ok(())
}

fn several_wakers_report_each_its_own_token<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let wakers: Vec<_> = (0..20).map(|token| stage.waker(token)).collect();
    for (token, waker) in wakers.iter().enumerate() {
        must(waker.wake(), "wake");
        assert_eq!(stage.until(token, Ready::READABLE), Ready::READABLE);
    }
    stage.silent();
    for waker in &wakers {
        must(waker.wake(), "wake");
    }
    let mut tokens: Vec<_> = stage.look().iter().map(|event| event.token().0).collect();
    tokens.sort_unstable();
    assert_eq!(tokens, (0..20).collect::<Vec<_>>());
    Ok(())
}

fn wakers_with_the_same_token_merge<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let wakers = [stage.waker(1), stage.waker(1)];
    for waker in &wakers {
        must(waker.wake(), "wake");
    }
    let reports = stage.look();
    assert_eq!(reports.len(), 1, "one report for each token: {reports:?}");
    stage.silent();
    Ok(())
}

fn wakers_come_and_go_without_end<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    // More than a process has descriptors by default, in case each waker took one.
    for round in 0..3000 {
        let waker = stage.waker(round);
        if round % 100 == 0 {
            must(waker.wake(), "wake");
            let _ = stage.until(round, Ready::READABLE);
        }
    }
    stage.silent();
    Ok(())
}

fn a_storm_of_wakes_merges_and_is_followed_by_silence<F: Fixture>(fixture: &F) -> Verdict {
    const THREADS: usize = 8;
    const WAKES: usize = 2000;
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    let running = AtomicUsize::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..WAKES - 1 {
                    must(waker.wake(), "wake");
                }
                // The last wake comes after the count, so that the waiter sees both.
                running.fetch_sub(1, Ordering::AcqRel);
                must(waker.wake(), "wake");
            });
        }
        while running.load(Ordering::Acquire) > 0 {
            assert_eq!(
                stage.wait(None).len(),
                1,
                "wakes of one token did not merge"
            );
        }
    });
    assert!(stage.look().len() <= 1);
    stage.silent();
    Ok(())
}

fn a_storm_of_wakes_does_not_starve_the_sources<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::with_capacity(fixture, 1);
    let waker = stage.waker(1);
    let (here, there) = fixture.pair();
    let how = (Interest::READABLE, Trigger::Edge);
    stage.register(&here, 2, how);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    must(waker.wake(), "wake");
                    thread::yield_now();
                }
            });
        }
        let _end = Until(&over);
        for _ in 0..20 {
            send(fixture, &there, b"x");
            stage.until_amid_others(2);
            stage.drain(&here, 2, how);
        }
    });
    Ok(())
}

fn what_a_thread_wrote_before_wake_is_visible_after_the_wait<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    for round in 1..=200 {
        // Relaxed on both sides: only the wake orders them.
        let written = AtomicUsize::new(0);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                written.store(round, Ordering::Relaxed);
                must(waker.wake(), "wake");
            });
            // In every other round the wake comes before the wait.
            while round % 2 == 0 && !other.is_finished() {
                thread::yield_now();
            }
            assert_eq!(stage.wait(None).len(), 1);
            assert_eq!(written.load(Ordering::Relaxed), round);
        });
        stage.after_a_wake(1);
    }
    Ok(())
}

fn waking_a_poller_that_was_dropped_does_nothing_and_is_not_an_error<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let stage = Stage::new(fixture);
    let wakers = [stage.waker(1), stage.waker(2)];
    must(wakers[0].wake(), "wake");
    drop(stage);
    // The successor may get the numbers of whatever the dropped one held open.
    let mut successor = Stage::new(fixture);
    let own = successor.waker(3);
    for waker in &wakers {
        must(waker.wake(), "wake of a dropped poller");
        must(waker.clone().wake(), "wake of a dropped poller");
    }
    successor.silent();
    must(own.wake(), "wake");
    let _ = successor.until(3, Ready::READABLE);
    Ok(())
}

fn waking_while_the_poller_is_dropped_is_not_an_error<F: Fixture>(fixture: &F) -> Verdict {
    for _ in 0..50 {
        let stage = Stage::new(fixture);
        let waker = stage.waker(1);
        let (started, ready) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                must(started.send(()), "the main thread");
                for _ in 0..100 {
                    must(waker.wake(), "wake");
                }
            });
            must(ready.recv(), "the waking thread");
            drop(stage);
        });
    }
    Ok(())
}

fn a_wake_ends_only_the_waits_of_its_own_poller<F: Fixture>(fixture: &F) -> Verdict {
    let mut one = Stage::new(fixture);
    let mut other = Stage::new(fixture);
    let (waker, other_waker) = (one.waker(1), other.waker(1));
    must(waker.wake(), "wake");
    other.silent();
    let _ = one.until(1, Ready::READABLE);
    must(other_waker.wake(), "wake");
    one.silent();
    let _ = other.until(1, Ready::READABLE);
    // Nor does a wake hide what the sources have to say.
    let (here, there) = fixture.pair();
    one.register(&here, 2, (Interest::READABLE, Trigger::Edge));
    send(fixture, &there, b"x");
    must(
        F::Engine::waker(one.registry(), Token(3)).and_then(|waker| waker.wake()),
        "wake",
    );
    one.until_all(&[(2, Ready::READABLE), (3, Ready::READABLE)]);
    drain(fixture, &here);
    Ok(())
}
