//! Waiting: when a wait returns, and what its buffer holds.

use core::time::Duration;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::thread;

use poll_api::{Engine, EventBuffer, Interest, Ready, Token, Trigger, Wake};

use crate::stage::{Stage, TRIGGERS, linger, must, needs, receive, send};
use crate::{Case, Fixture, Verdict};

const LEVEL_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Level);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "waiting",
        F,
        [
            a_wait_returns_when_a_registered_source_is_ready,
            a_wait_returns_when_a_registered_source_becomes_ready_during_it,
            a_wait_returns_when_a_waker_was_used,
            a_wait_returns_when_its_timeout_has_passed,
            a_wait_reports_everything_that_fits_into_the_buffer,
            a_wait_reports_sources_and_wakers_together,
            the_buffer_is_cleared_first,
            a_wait_that_fails_has_cleared_the_buffer_and_loses_no_report,
            clear_forgets_the_reports,
            a_buffer_smaller_than_the_number_of_ready_sources_loses_nothing,
            a_level_source_in_a_small_buffer_does_not_starve_the_others,
            a_buffer_of_capacity_zero_counts_as_one,
            reports_of_wakers_have_room_of_their_own,
            a_timeout_of_zero_looks_and_does_not_block,
            no_timeout_waits_for_ever,
            a_wait_that_has_nothing_to_report_returns_with_an_empty_buffer,
            an_operation_on_the_source_has_the_last_word,
        ]
    )
}

fn a_wait_returns_when_a_registered_source_is_ready<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, LEVEL_READ);
    stage.silent();
    send(fixture, &there, b"x");
    assert!(stage.until(1, Ready::READABLE).is_readable());
    Ok(())
}

fn a_wait_returns_when_a_registered_source_becomes_ready_during_it<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, trigger));
        thread::scope(|scope| {
            scope.spawn(|| {
                linger(Duration::from_millis(5));
                send(fixture, &there, b"x");
            });
            // No timeout: only the source can end it.
            let reports = stage.wait(None);
            assert_eq!(reports.len(), 1, "{trigger:?}");
            assert_eq!(reports[0].token(), Token(1));
            assert!(reports[0].ready().is_readable());
        });
    }
    Ok(())
}

fn a_wait_returns_when_a_waker_was_used<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    must(waker.wake(), "wake");
    assert!(stage.wait(None)[0].ready().is_readable());
    Ok(())
}

fn a_wait_returns_when_its_timeout_has_passed<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    // With nothing registered a wait is a timer, and also with a source that stays silent.
    for _ in 0..2 {
        let started = stage.now();
        assert!(stage.wait(Some(Duration::from_millis(3))).is_empty());
        let took = stage.now().saturating_duration_since(started);
        assert!(took < fixture.patience(), "{took:?} for a timeout of 3 ms");
        let (here, _there) = fixture.pair();
        stage.register(&here, 1, LEVEL_READ);
        stage.deregister(&here);
    }
    Ok(())
}

fn a_wait_reports_everything_that_fits_into_the_buffer<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::with_capacity(fixture, 8);
        let pairs: Vec<_> = (0..8).map(|_| fixture.pair()).collect();
        for (token, (here, _)) in pairs.iter().enumerate() {
            stage.register(here, token, (Interest::WRITABLE, trigger));
        }
        // A fresh stream has room: all eight are ready before the wait begins.
        let reports = stage.wait(Some(fixture.patience()));
        let tokens: BTreeSet<_> = reports.iter().map(|event| event.token().0).collect();
        assert_eq!(tokens, (0..8).collect(), "{trigger:?}");
    }
    Ok(())
}

fn a_wait_reports_sources_and_wakers_together<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let waker = stage.waker(2);
    stage.register(&here, 1, (Interest::WRITABLE, Trigger::Edge));
    must(waker.wake(), "wake");
    let tokens: BTreeSet<_> = stage
        .wait(None)
        .iter()
        .map(|event| event.token().0)
        .collect();
    assert_eq!(
        tokens,
        BTreeSet::from([1, 2]),
        "one of them was left for a later wait"
    );
    Ok(())
}

fn the_buffer_is_cleared_first<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    must(waker.wake(), "wake");
    assert_eq!(stage.look().len(), 1);
    assert!(stage.look().is_empty(), "the report of an earlier wait");
    let (here, _there) = fixture.pair();
    stage.register(&here, 2, (Interest::WRITABLE, Trigger::Level));
    for _ in 0..3 {
        let reports = stage.look();
        assert_eq!(reports.len(), 1, "reports of an earlier wait: {reports:?}");
        assert_eq!(reports[0].token(), Token(2));
    }
    Ok(())
}

fn a_wait_that_fails_has_cleared_the_buffer_and_loses_no_report<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, (Interest::READABLE, Trigger::Edge));
    let (other, peer) = fixture.pair();
    stage.register(&other, 2, (Interest::READABLE, Trigger::Edge));
    send(fixture, &there, b"x");
    assert!(stage.until(1, Ready::READABLE).is_readable());
    send(fixture, &peer, b"x");
    needs(
        fixture.fail_next_wait(&stage.engine),
        "no wait can be made to fail",
    )?;
    let timeout = Some(fixture.patience());
    let failed = stage.engine.wait(&mut stage.events, timeout);
    assert!(failed.is_err(), "it was to fail");
    let left: Vec<_> = stage.events.iter().collect();
    assert!(left.is_empty(), "reports of an earlier wait: {left:?}");
    assert!(stage.until(2, Ready::READABLE).is_readable());
    Ok(())
}

fn clear_forgets_the_reports<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    must(waker.wake(), "wake");
    assert_eq!(stage.look().len(), 1);
    let capacity = stage.events.capacity();
    stage.events.clear();
    assert!(stage.events.is_empty() && stage.events.iter().next().is_none());
    assert_eq!(stage.events.capacity(), capacity);
    Ok(())
}

fn a_buffer_smaller_than_the_number_of_ready_sources_loses_nothing<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in [Trigger::Edge, Trigger::Oneshot] {
        for capacity in [1, 2, 7] {
            let mut stage = Stage::with_capacity(fixture, capacity);
            let pairs: Vec<_> = (0..20).map(|_| fixture.pair()).collect();
            for (token, (here, _)) in pairs.iter().enumerate() {
                stage.register(here, token, (Interest::WRITABLE, trigger));
            }
            let mut found = Vec::new();
            for _ in 0..20_usize.div_ceil(capacity) {
                let reports = stage.look();
                assert!(reports.len() <= capacity, "{} reports", reports.len());
                found.extend(reports.iter().map(|event| event.token().0));
            }
            found.sort_unstable();
            let all: Vec<_> = (0..20).collect();
            assert_eq!(found, all, "{trigger:?}, {capacity} at a time");
            stage.silent();
        }
    }
    Ok(())
}

fn a_level_source_in_a_small_buffer_does_not_starve_the_others<F: Fixture>(fixture: &F) -> Verdict {
    for capacity in [1, 3] {
        let mut stage = Stage::with_capacity(fixture, capacity);
        let pairs: Vec<_> = (0..20).map(|_| fixture.pair()).collect();
        for (token, (here, _)) in pairs.iter().enumerate() {
            stage.register(here, token, (Interest::WRITABLE, Trigger::Level));
        }
        let mut found = BTreeSet::new();
        // They stay ready; each must have had its turn after as many waits as there are sources.
        for _ in 0..20 {
            found.extend(stage.look().iter().map(|event| event.token().0));
        }
        assert_eq!(found, (0..20).collect(), "{capacity} at a time");
    }
    Ok(())
}

fn a_buffer_of_capacity_zero_counts_as_one<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::with_capacity(fixture, 0);
    assert_eq!(stage.events.capacity(), 1);
    let pairs = [fixture.pair(), fixture.pair()];
    for (token, (here, _)) in pairs.iter().enumerate() {
        stage.register(here, token, (Interest::WRITABLE, Trigger::Edge));
    }
    let mut found = BTreeSet::new();
    for _ in 0..2 {
        let reports = stage.look();
        assert_eq!(reports.len(), 1);
        found.insert(reports[0].token().0);
    }
    assert_eq!(found, BTreeSet::from([0, 1]));
    Ok(())
}

fn reports_of_wakers_have_room_of_their_own<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::with_capacity(fixture, 1);
    let pairs: Vec<_> = (0..4).map(|_| fixture.pair()).collect();
    for (here, _) in &pairs {
        stage.register(here, 1, (Interest::WRITABLE, Trigger::Level));
    }
    let wakers = [stage.waker(2), stage.waker(3)];
    for _ in 0..3 {
        for waker in &wakers {
            must(waker.wake(), "wake");
        }
        let tokens: Vec<_> = stage.look().iter().map(|event| event.token().0).collect();
        for token in [1, 2, 3] {
            let count = tokens.iter().filter(|found| **found == token).count();
            assert_eq!(count, 1, "token {token} in {tokens:?}");
        }
    }
    Ok(())
}

fn a_timeout_of_zero_looks_and_does_not_block<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    stage.register(&here, 1, (Interest::WRITABLE, Trigger::Oneshot));
    assert_eq!(stage.look().len(), 1, "it looks");
    // The process may be stopped, or have to wait for a processor, but not in every look.
    let soon = Duration::from_millis(1);
    let quick = stage.once(|stage| stage.length(Duration::ZERO) < soon);
    assert!(quick, "no look took less than {soon:?}");
    Ok(())
}

fn no_timeout_waits_for_ever<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let waker = stage.waker(1);
    thread::scope(|scope| {
        let before = stage.now();
        scope.spawn(move || {
            linger(Duration::from_millis(30));
            must(waker.wake(), "wake");
        });
        let reports = stage.wait(None);
        let took = stage.now().saturating_duration_since(before);
        assert_eq!(
            reports.len(),
            1,
            "it returned without a report after {took:?}"
        );
        assert!(took >= Duration::from_millis(30));
    });
    Ok(())
}

fn a_wait_that_has_nothing_to_report_returns_with_an_empty_buffer<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    // `silent` fails when a wait returns an error, or with reports.
    stage.silent();
    let (here, _there) = fixture.pair();
    for trigger in TRIGGERS {
        stage.register(&here, 1, (Interest::READABLE, trigger));
        stage.silent();
        stage.deregister(&here);
        stage.silent();
    }
    Ok(())
}

fn an_operation_on_the_source_has_the_last_word<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let how = (Interest::READABLE, trigger);
        stage.register(&here, 1, how);
        send(fixture, &there, b"x");
        // What was ready is taken away before the wait: a report would be spurious, and allowed.
        receive(fixture, &here, 1);
        drop(stage.look());
        let error = fixture.read(&here, &mut [0]).err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::WouldBlock));
        // A spurious report does not use up the next real one.
        stage.modify(&here, 1, how);
        send(fixture, &there, b"y");
        let _ = stage.until(1, Ready::READABLE);
    }
    Ok(())
}
