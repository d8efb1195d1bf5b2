//! Time: no wait returns early, whatever the timeout.

use core::time::Duration;
use std::thread;

use poll_api::{Interest, Trigger, Wake};

use crate::stage::{Stage, linger, must, send};
use crate::{Case, Fixture, Verdict};

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "time",
        F,
        [
            a_wait_without_reports_never_returns_before_its_timeout_has_passed,
            a_long_timeout_does_not_overflow_and_is_ended_by_a_wake,
            a_long_timeout_is_ended_by_a_source,
            a_timeout_above_zero_is_never_treated_as_zero,
            a_report_leaves_nothing_of_the_timeout_for_the_next_wait,
        ]
    )
}

/// Timeouts at the borders of units and of the integers that carry them in system calls.
const LONG: [Duration; 9] = [
    Duration::from_millis(0x7fff_ffff),
    Duration::from_millis(0x8000_0000),
    Duration::from_millis(0xffff_ffff),
    Duration::from_millis(0x1_0000_0000),
    Duration::from_secs(30 * 24 * 60 * 60),
    Duration::from_secs(0x1_0000_0000),
    Duration::from_nanos(u64::MAX),
    Duration::from_secs(0x7fff_ffff_ffff_ffff),
    Duration::MAX,
];

fn a_wait_without_reports_never_returns_before_its_timeout_has_passed<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    stage.register(&here, 1, (Interest::READABLE, Trigger::Edge));
    for (nanos, rounds) in [
        (1, 50),
        (999, 50),
        (1_000, 50),
        (1_001, 50),
        (500_000, 20),
        (999_999, 20),
        (1_000_000, 20),
        (1_000_001, 20),
        (1_999_999, 10),
        (20_000_001, 2),
    ] {
        let timeout = Duration::from_nanos(nanos);
        for _ in 0..rounds {
            let started = stage.now();
            let reports = stage.wait(Some(timeout));
            let took = stage.now().saturating_duration_since(started);
            assert!(reports.is_empty(), "{reports:?}");
            assert!(took >= timeout, "{took:?} for a timeout of {timeout:?}");
            assert!(
                took < fixture.patience(),
                "{took:?} for a timeout of {timeout:?}"
            );
        }
    }
    Ok(())
}

fn a_long_timeout_does_not_overflow_and_is_ended_by_a_wake<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    for timeout in LONG {
        thread::scope(|scope| {
            let started = stage.now();
            let waker = waker.clone();
            scope.spawn(move || {
                linger(Duration::from_millis(4));
                must(waker.wake(), "wake");
            });
            let reports = stage.wait(Some(timeout));
            let took = stage.now().saturating_duration_since(started);
            assert_eq!(reports.len(), 1, "{timeout:?} passed within {took:?}");
            assert!(took >= Duration::from_millis(4), "{took:?}");
        });
        stage.after_a_wake(1);
    }
    Ok(())
}

fn a_long_timeout_is_ended_by_a_source<F: Fixture>(fixture: &F) -> Verdict {
    for timeout in LONG {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, Trigger::Oneshot));
        thread::scope(|scope| {
            scope.spawn(|| {
                linger(Duration::from_millis(1));
                send(fixture, &there, b"x");
            });
            assert_eq!(stage.wait(Some(timeout)).len(), 1, "{timeout:?} overflowed");
        });
    }
    Ok(())
}

fn a_timeout_above_zero_is_never_treated_as_zero<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    // One wait of this length could be short by chance or by the clock's grain; a hundred cannot.
    for micros in [10, 100] {
        let started = stage.now();
        for _ in 0..100 {
            assert!(stage.wait(Some(Duration::from_micros(micros))).is_empty());
        }
        let took = stage.now().saturating_duration_since(started);
        let asked = Duration::from_micros(100 * micros);
        assert!(took >= asked, "100 waits of {micros} us took {took:?}");
    }
    Ok(())
}

fn a_report_leaves_nothing_of_the_timeout_for_the_next_wait<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    for _ in 0..3 {
        must(waker.wake(), "wake");
        assert_eq!(stage.wait(Some(Duration::from_millis(50))).len(), 1);
        let started = stage.now();
        assert!(stage.wait(Some(Duration::from_millis(5))).is_empty());
        let took = stage.now().saturating_duration_since(started);
        assert!(took >= Duration::from_millis(5), "{took:?}");
        assert!(took < fixture.patience(), "{took:?}");
    }
    Ok(())
}
