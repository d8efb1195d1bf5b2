//! Nesting: a poller is a source of another poller.

use core::time::Duration;
use std::thread;

use poll_api::{Engine, Interest, Ready, Register, Token, Trigger, Wake};

use crate::stage::{Stage, drain, linger, must, needs, only_if, send};
use crate::{Case, Fixture, Skip, Verdict};

const EDGE: Trigger = Trigger::Edge;
const LEVEL: Trigger = Trigger::Level;
const READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "nesting",
        F,
        [
            a_source_of_the_inner_poller_ends_the_wait_of_the_outer_one,
            a_source_that_was_ready_before_is_reported_by_the_outer_poller,
            a_wake_of_the_inner_poller_ends_the_wait_of_the_outer_one,
            a_wake_of_the_inner_poller_before_the_wait_of_the_outer_one_is_not_lost,
            every_wake_of_the_inner_poller_is_seen_by_the_sleeping_outer_one,
            level_reports_the_inner_poller_until_it_was_waited_on,
            edge_reports_the_inner_poller_once_for_each_change,
            a_registration_with_the_inner_poller_reaches_the_outer_one,
            a_deregistered_inner_poller_is_silent,
            a_dropped_inner_poller_is_silent,
        ]
    )
}

/// An outer and an inner poller, nested under the token 1.
fn nested<F: Fixture>(fixture: &F, trigger: Trigger) -> Result<(Stage<'_, F>, Stage<'_, F>), Skip> {
    only_if(F::Engine::CAPABILITIES.nestable, "the engine is no source")?;
    let (outer, inner) = (Stage::new(fixture), Stage::new(fixture));
    let nested = fixture.nest(outer.registry(), &inner.engine, Token(1), trigger);
    must(
        needs(nested, "the fixture cannot nest its pollers")?,
        "nest",
    );
    Ok((outer, inner))
}

fn a_source_of_the_inner_poller_ends_the_wait_of_the_outer_one<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in [EDGE, LEVEL, Trigger::Oneshot] {
        let (mut outer, mut inner) = nested(fixture, trigger)?;
        let (here, there) = fixture.pair();
        inner.register(&here, 2, READ);
        outer.silent();
        thread::scope(|scope| {
            scope.spawn(|| {
                linger(Duration::from_millis(3));
                send(fixture, &there, b"x");
            });
            let reports = outer.wait(None);
            assert_eq!(reports.len(), 1, "{trigger:?}");
            assert_eq!(reports[0].token(), Token(1));
            assert!(reports[0].ready().is_readable());
        });
        let _ = inner.until(2, Ready::READABLE);
    }
    Ok(())
}

fn a_source_that_was_ready_before_is_reported_by_the_outer_poller<F: Fixture>(
    fixture: &F,
) -> Verdict {
    only_if(F::Engine::CAPABILITIES.nestable, "the engine is no source")?;
    for trigger in [EDGE, LEVEL, Trigger::Oneshot] {
        let (mut outer, mut inner) = (Stage::new(fixture), Stage::new(fixture));
        let (here, _there) = fixture.pair();
        inner.register(&here, 2, (Interest::WRITABLE, EDGE));
        let waker = inner.waker(3);
        must(waker.wake(), "wake");
        let nested = fixture.nest(outer.registry(), &inner.engine, Token(1), trigger);
        must(
            needs(nested, "the fixture cannot nest its pollers")?,
            "nest",
        );
        let _ = outer.until(1, Ready::READABLE);
        inner.until_all(&[(2, Ready::WRITABLE), (3, Ready::READABLE)]);
    }
    Ok(())
}

fn a_wake_of_the_inner_poller_ends_the_wait_of_the_outer_one<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in [EDGE, LEVEL, Trigger::Oneshot] {
        let (mut outer, mut inner) = nested(fixture, trigger)?;
        let waker = inner.waker(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                linger(Duration::from_millis(3));
                must(waker.wake(), "wake");
            });
            let reports = outer.wait(None);
            assert_eq!(reports.len(), 1, "{trigger:?}");
            assert_eq!(reports[0].token(), Token(1));
        });
        let _ = inner.until(2, Ready::READABLE);
        inner.settles();
        outer.settles();
    }
    Ok(())
}

fn a_wake_of_the_inner_poller_before_the_wait_of_the_outer_one_is_not_lost<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in [EDGE, LEVEL] {
        let (mut outer, mut inner) = nested(fixture, trigger)?;
        for _ in 0..20 {
            let waker = inner.waker(2);
            must(waker.wake(), "wake");
            drop(waker);
            let _ = outer.until(1, Ready::READABLE);
            assert_eq!(inner.look().len(), 1, "{trigger:?}");
        }
    }
    Ok(())
}

fn every_wake_of_the_inner_poller_is_seen_by_the_sleeping_outer_one<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in [EDGE, LEVEL] {
        let (mut outer, mut inner) = nested(fixture, trigger)?;
        let waker = inner.waker(2);
        for round in 0..200 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    if round % 10 == 0 {
                        linger(Duration::from_micros(500));
                    }
                    must(waker.wake(), "wake");
                });
                let mut woken = 0;
                while woken == 0 {
                    assert_eq!(outer.wait(None).len(), 1, "{trigger:?}");
                    // The host looks at the inner poller, and a report may be an old one.
                    woken = inner.look().len();
                }
                assert_eq!(woken, 1);
            });
        }
    }
    Ok(())
}

fn level_reports_the_inner_poller_until_it_was_waited_on<F: Fixture>(fixture: &F) -> Verdict {
    let (mut outer, mut inner) = nested(fixture, LEVEL)?;
    let (here, there) = fixture.pair();
    inner.register(&here, 2, READ);
    send(fixture, &there, b"x");
    for _ in 0..5 {
        let _ = outer.until(1, Ready::READABLE);
    }
    let _ = inner.until(2, Ready::READABLE);
    drain(fixture, &here);
    // One more wait may be needed before the inner poller knows that nothing is left.
    assert!(inner.look().is_empty());
    outer.silent();
    Ok(())
}

fn edge_reports_the_inner_poller_once_for_each_change<F: Fixture>(fixture: &F) -> Verdict {
    let (mut outer, mut inner) = nested(fixture, EDGE)?;
    let (here, there) = fixture.pair();
    inner.register(&here, 2, READ);
    for _ in 0..5 {
        send(fixture, &there, b"x");
        let _ = outer.until(1, Ready::READABLE);
        outer.silent();
        let _ = inner.until(2, Ready::READABLE);
        inner.drain(&here, 2, READ);
        assert!(inner.look().is_empty());
    }
    Ok(())
}

fn a_registration_with_the_inner_poller_reaches_the_outer_one<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in [EDGE, LEVEL] {
        let (mut outer, mut inner) = nested(fixture, trigger)?;
        outer.silent();
        let (here, _there) = fixture.pair();
        inner.register(&here, 2, (Interest::WRITABLE, EDGE));
        let _ = outer.until(1, Ready::READABLE);
        let _ = inner.until(2, Ready::WRITABLE);
        must(
            inner
                .registry()
                .modify(&here, Token(3), Interest::WRITABLE, EDGE),
            "modify",
        );
        let _ = outer.until(1, Ready::READABLE);
        let _ = inner.until(3, Ready::WRITABLE);
    }
    Ok(())
}

fn a_deregistered_inner_poller_is_silent<F: Fixture>(fixture: &F) -> Verdict {
    let (mut outer, mut inner) = nested(fixture, LEVEL)?;
    let waker = inner.waker(2);
    let removed = fixture.unnest(outer.registry(), &inner.engine);
    must(
        needs(removed, "the fixture cannot take nested pollers apart")?,
        "unnest",
    );
    must(waker.wake(), "wake");
    outer.silent();
    let _ = inner.until(2, Ready::READABLE);
    Ok(())
}

fn a_dropped_inner_poller_is_silent<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in [EDGE, LEVEL] {
        let (mut outer, inner) = nested(fixture, trigger)?;
        let waker = inner.waker(2);
        let own = outer.waker(3);
        must(waker.wake(), "wake");
        // The waker may hold what the outer poller watches; it goes, too.
        drop((inner, waker));
        outer.settles();
        must(own.wake(), "wake");
        let _ = outer.until(3, Ready::READABLE);
    }
    Ok(())
}
