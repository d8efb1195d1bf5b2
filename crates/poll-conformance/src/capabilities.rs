//! Capabilities: each declared value is true, whether it says yes or no.
//!
//! `registers_while_waiting` cannot be told from outside: with or without a wake inside, the
//! registration counts for the present wait, which `threads` tests on every engine.

use core::time::Duration;

use poll_api::{Engine, Interest, Ready, Register, Token, Trigger, Wake};

use crate::readiness::closed;
use crate::stage::{Stage, drain, linger, must, needs, sees_the_end, send};
use crate::{Case, Fixture, Verdict};

const READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "capabilities",
        F,
        [
            edge_is_native_or_waits_for_rearm,
            priority_can_be_watched_or_is_refused,
            hangups_are_told_from_ends_or_never_reported,
            nestable_pollers_can_be_registered_and_others_cannot,
            tracks_registrations_refuses_or_replaces,
            pins_source_keeps_it_open_or_lets_it_close,
            nanosecond_waits_are_not_rounded_up_to_milliseconds,
        ]
    )
}

fn edge_is_native_or_waits_for_rearm<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    send(fixture, &there, b"x");
    let _ = stage.until(1, Ready::READABLE);
    send(fixture, &there, b"y");
    if F::Engine::CAPABILITIES.edge {
        // The first byte was not read, and nobody has asked for the next edge.
        let _ = stage.until(1, Ready::READABLE);
        drain(fixture, &here);
        send(fixture, &there, b"z");
        let _ = stage.until(1, Ready::READABLE);
    } else {
        stage.silent();
        drain(fixture, &here);
        send(fixture, &there, b"z");
        stage.silent();
        must(
            stage.registry().rearm(&here, Token(1), READ.0, READ.1),
            "rearm",
        );
        let _ = stage.until(1, Ready::READABLE);
    }
    stage.silent();
    Ok(())
}

fn priority_can_be_watched_or_is_refused<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let accepts = F::Engine::CAPABILITIES.priority;
    for interest in [Interest::PRIORITY, Interest::PRIORITY | Interest::READABLE] {
        let answer = stage
            .registry()
            .register(&here, Token(1), interest, Trigger::Edge);
        assert_eq!(answer.is_ok(), accepts, "priority is {accepts}: {answer:?}");
        if accepts {
            stage.silent();
            stage.deregister(&here);
        }
        // The refused source can be registered with what the engine knows, and modified to it.
        stage.register(&here, 2, READ);
        let answer = stage
            .registry()
            .modify(&here, Token(1), interest, Trigger::Edge);
        assert_eq!(answer.is_ok(), accepts, "priority is {accepts}: {answer:?}");
        stage.modify(&here, 2, (Interest::WRITABLE, Trigger::Edge));
        assert_eq!(stage.until(2, Ready::WRITABLE), Ready::WRITABLE);
        stage.deregister(&here);
    }
    Ok(())
}

fn hangups_are_told_from_ends_or_never_reported<F: Fixture>(fixture: &F) -> Verdict {
    const NO_HALVES: &str = "the fixture has no half-close";
    let tells = F::Engine::CAPABILITIES.hangups;
    let both = Interest::READABLE | Interest::WRITABLE;
    for ours_first in [true, false] {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let halves = match ours_first {
            true => [&here, &there],
            false => [&there, &here],
        };
        stage.register(&here, 1, (both, Trigger::Level));
        needs(fixture.shutdown_write(halves[0]), NO_HALVES)?;
        for event in stage.wait(Some(Duration::from_millis(5))) {
            assert!(!event.ready().is_hangup(), "one half is closed: {event:?}");
        }
        needs(fixture.shutdown_write(halves[1]), NO_HALVES)?;
        let seen = stage.until(1, closed::<F>(both));
        assert_eq!(seen.is_hangup(), tells, "hangups is {tells}: {seen:?}");
    }
    Ok(())
}

fn nestable_pollers_can_be_registered_and_others_cannot<F: Fixture>(fixture: &F) -> Verdict {
    let (mut outer, inner) = (Stage::new(fixture), Stage::new(fixture));
    let answer = fixture.nest(outer.registry(), &inner.engine, Token(1), Trigger::Level);
    if F::Engine::CAPABILITIES.nestable {
        // The fixture's part is declared as well: without it the nesting tests mean nothing.
        assert!(matches!(answer, Some(Ok(()))), "nestable, but: {answer:?}");
        let waker = inner.waker(2);
        must(waker.wake(), "wake");
        let _ = outer.until(1, Ready::READABLE);
    } else {
        // No type says that it is a source, or the engine refuses it.
        assert!(
            !matches!(answer, Some(Ok(()))),
            "not nestable, and it can be registered"
        );
        outer.silent();
    }
    Ok(())
}

fn tracks_registrations_refuses_or_replaces<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let tracks = F::Engine::CAPABILITIES.tracks_registrations;
    let how = (Interest::WRITABLE, Trigger::Oneshot);
    let modified = stage.registry().modify(&here, Token(1), how.0, how.1);
    assert_eq!(modified.is_err(), tracks, "{modified:?}");
    if tracks {
        stage.register(&here, 1, how);
    }
    let _ = stage.until(1, Ready::WRITABLE);
    let again = stage.registry().register(&here, Token(2), how.0, how.1);
    assert_eq!(again.is_err(), tracks, "{again:?}");
    if tracks {
        // The refused call did not arm it again, either.
        stage.silent();
    } else {
        let _ = stage.until(2, Ready::WRITABLE);
    }
    Ok(())
}

fn pins_source_keeps_it_open_or_lets_it_close<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    stage.silent();
    // Closed behind the engine's back.
    drop(here);
    if F::Engine::CAPABILITIES.pins_source {
        linger(Duration::from_millis(5));
        assert!(
            !drain(fixture, &there).1,
            "it is declared to stay open, and the peer sees an end"
        );
        drop(stage);
        sees_the_end(fixture, &there);
    } else {
        sees_the_end(fixture, &there);
        stage.silent();
    }
    Ok(())
}

fn nanosecond_waits_are_not_rounded_up_to_milliseconds<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let is_short = |stage: &mut Stage<'_, F>| {
        stage.length(Duration::from_micros(20)) < Duration::from_millis(1)
    };
    if F::Engine::CAPABILITIES.nanosecond_waits && !fixture.rounds_waits_up() {
        assert!(
            stage.once(is_short),
            "each wait of 20 us took a millisecond"
        );
        return Ok(());
    }
    // A signal to the process, or its being stopped, ends a wait that was rounded up: 20 us are
    // over by then. That happens to few.
    let short = (0..50).filter(|_| is_short(&mut stage)).count();
    assert!(
        short < 25,
        "{short} of 50 waits took less than a millisecond"
    );
    Ok(())
}
