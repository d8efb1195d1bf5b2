//! Interruption: signals during a wait neither end it nor lose anything.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::thread;

use poll_api::{Interest, Ready, Trigger, Wake};

use crate::fixture::Interrupter;
use crate::stage::{Stage, TRIGGERS, Until, linger, must, needs, send};
use crate::{Case, Fixture, Verdict};

const NO_SIGNALS: &str = "the fixture cannot interrupt a wait";

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "interruption",
        F,
        [
            a_signal_does_not_end_a_wait,
            a_signal_does_not_end_a_wait_without_timeout,
            a_wait_goes_on_with_the_time_that_remains,
            a_storm_of_signals_loses_no_report,
            a_storm_of_signals_loses_no_wake,
            stopping_and_continuing_the_process_is_the_same,
        ]
    )
}

/// Runs `during` while another thread interrupts this one all the time.
fn under_a_storm(interrupt: &Interrupter, during: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                interrupt();
                linger(Duration::from_micros(100));
            }
        });
        let _end = Until(&over);
        during();
    });
}

/// Lets signals come before what the wait is for, in some rounds, and at the same time in others.
fn sometimes_late(round: usize) {
    if round.is_multiple_of(10) {
        linger(Duration::from_millis(1));
    }
}

fn a_signal_does_not_end_a_wait<F: Fixture>(fixture: &F) -> Verdict {
    let interrupt = needs(fixture.interrupter(), NO_SIGNALS)?;
    let mut stage = Stage::new(fixture);
    under_a_storm(&interrupt, || {
        for timeout in [Duration::from_millis(3), Duration::from_millis(20)] {
            let started = stage.now();
            assert!(stage.wait(Some(timeout)).is_empty());
            let took = stage.now().saturating_duration_since(started);
            assert!(
                took >= timeout,
                "a signal ended a wait of {timeout:?} after {took:?}"
            );
        }
    });
    Ok(())
}

fn a_signal_does_not_end_a_wait_without_timeout<F: Fixture>(fixture: &F) -> Verdict {
    let interrupt = needs(fixture.interrupter(), NO_SIGNALS)?;
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..10 {
                linger(Duration::from_millis(1));
                interrupt();
            }
            must(waker.wake(), "wake");
        });
        assert_eq!(stage.wait(None).len(), 1, "a signal ended the wait");
    });
    Ok(())
}

fn a_wait_goes_on_with_the_time_that_remains<F: Fixture>(fixture: &F) -> Verdict {
    let interrupt = needs(fixture.interrupter(), NO_SIGNALS)?;
    let mut stage = Stage::new(fixture);
    under_a_storm(&interrupt, || {
        let started = stage.now();
        assert!(stage.wait(Some(Duration::from_millis(50))).is_empty());
        let took = stage.now().saturating_duration_since(started);
        // Begun anew after each signal, it would last as long as the storm.
        assert!(took < fixture.patience(), "{took:?} for a timeout of 50 ms");
    });
    Ok(())
}

fn a_storm_of_signals_loses_no_report<F: Fixture>(fixture: &F) -> Verdict {
    let interrupt = needs(fixture.interrupter(), NO_SIGNALS)?;
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let how = (Interest::READABLE, trigger);
        stage.register(&here, 1, how);
        under_a_storm(&interrupt, || {
            for round in 0..50 {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        sometimes_late(round);
                        send(fixture, &there, b"x");
                    });
                    let _ = stage.until(1, Ready::READABLE);
                });
                stage.drain(&here, 1, how);
                if trigger == Trigger::Oneshot {
                    stage.modify(&here, 1, how);
                }
            }
        });
    }
    Ok(())
}

fn a_storm_of_signals_loses_no_wake<F: Fixture>(fixture: &F) -> Verdict {
    let interrupt = needs(fixture.interrupter(), NO_SIGNALS)?;
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    under_a_storm(&interrupt, || {
        for round in 0..100 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    sometimes_late(round);
                    must(waker.wake(), "wake");
                });
                assert_eq!(stage.wait(None).len(), 1);
            });
        }
        stage.settles();
    });
    Ok(())
}

fn stopping_and_continuing_the_process_is_the_same<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    thread::scope(|scope| {
        let stopped = scope.spawn(|| {
            linger(Duration::from_millis(3));
            let stopped = fixture.stop_and_continue();
            linger(Duration::from_millis(3));
            must(waker.wake(), "wake");
            stopped
        });
        let reports = stage.wait(None);
        assert_eq!(reports.len(), 1, "stopping the process ended the wait");
        let stopped = stopped.join().unwrap_or_default();
        needs(stopped, "the fixture cannot stop and continue the process")
    })
}
