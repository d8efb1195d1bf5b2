//! Readiness: what is reported of data, ends, disappearances and errors.

use core::time::Duration;

use poll_api::{Engine, Interest, Ready, Register, Token, Trigger};

use crate::stage::{Stage, TRIGGERS, drain, fill, must, needs, only_if, sees_the_end, send};
use crate::{Case, Fixture, Skip, Verdict};

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
const EDGE_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);
const LEVEL_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Level);

const NO_HALVES: &str = "the fixture has no half-close";
const NO_RESETS: &str = "the fixture has no resets";

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "readiness",
        F,
        [
            data_is_reported_as_readable_and_nothing_else,
            room_is_reported_as_writable_and_nothing_else,
            a_full_source_is_not_writable,
            an_interest_in_one_direction_hides_the_other,
            a_datagram_is_readable_and_sending_one_is_silent,
            a_waiting_connection_makes_a_listener_readable,
            the_end_of_the_peers_half_is_read_closed_and_no_hang_up,
            data_before_the_end_of_the_peers_half_is_reported_and_readable,
            the_end_of_our_own_half_leaves_reading_as_it_was,
            the_end_of_both_halves_is_a_hang_up,
            the_disappearance_of_the_peer_is_reported,
            a_hang_up_is_reported_whatever_the_interest_is,
            a_hang_up_that_is_the_only_interest_is_reported_and_can_be_silenced,
            a_reset_with_unread_data_is_reported_as_an_error,
            an_error_is_reported_whatever_the_interest_is,
            a_refused_connect_is_reported_as_an_error_to_the_writer,
            an_urgent_byte_is_reported_as_priority,
            an_urgent_byte_that_nobody_asked_for_is_not_priority,
            after_each_terminal_state_a_drained_source_is_quiet,
        ]
    )
}

fn data_is_reported_as_readable_and_nothing_else<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, trigger));
        send(fixture, &there, b"x");
        assert_eq!(
            stage.until(1, Ready::READABLE),
            Ready::READABLE,
            "{trigger:?}"
        );
    }
    Ok(())
}

fn room_is_reported_as_writable_and_nothing_else<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        stage.register(&here, 1, (BOTH, trigger));
        assert_eq!(
            stage.until(1, Ready::WRITABLE),
            Ready::WRITABLE,
            "{trigger:?}"
        );
    }
    Ok(())
}

fn a_full_source_is_not_writable<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    // Bytes in flight may make room once more: filled until the engine agrees that it is full.
    stage.register(&here, 1, (Interest::WRITABLE, Trigger::Level));
    let full = (0..100).any(|_| {
        fill(fixture, &here);
        stage.look().is_empty()
    });
    assert!(full, "writable although a write would block");
    stage.drain_until_writable(&there, 1);
    Ok(())
}

fn an_interest_in_one_direction_hides_the_other<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, LEVEL_READ);
    // There is room to write all the time.
    stage.silent();
    send(fixture, &there, b"x");
    assert_eq!(stage.until(1, Ready::READABLE), Ready::READABLE);
    stage.modify(&here, 1, (Interest::WRITABLE, Trigger::Level));
    // And now there is data all the time.
    for _ in 0..3 {
        assert_eq!(stage.until(1, Ready::WRITABLE), Ready::WRITABLE);
    }
    Ok(())
}

fn a_datagram_is_readable_and_sending_one_is_silent<F: Fixture>(fixture: &F) -> Verdict {
    let (here, there) = needs(fixture.datagrams(), "the fixture has no datagrams")?;
    let mut stage = Stage::new(fixture);
    stage.register(&here, 1, EDGE_READ);
    stage.register(&there, 2, EDGE_READ);
    for _ in 0..10 {
        send(fixture, &there, b"datagram");
        // A report for the sender fails this, too.
        assert_eq!(stage.until(1, Ready::READABLE), Ready::READABLE);
        stage.drain(&here, 1, EDGE_READ);
    }
    stage.silent();
    Ok(())
}

fn a_waiting_connection_makes_a_listener_readable<F: Fixture>(fixture: &F) -> Verdict {
    const REASON: &str = "the fixture has no listener";
    let listener = needs(fixture.listener(), REASON)?;
    let mut stage = Stage::new(fixture);
    stage.register(&listener, 1, LEVEL_READ);
    stage.silent();
    for _ in 0..3 {
        let _client = needs(fixture.connect(&listener), REASON)?;
        let _ = stage.until(1, Ready::READABLE);
        assert!(
            fixture.accept(&listener).is_ok(),
            "readable, and nothing to accept"
        );
        stage.silent();
    }
    Ok(())
}

fn the_end_of_the_peers_half_is_read_closed_and_no_hang_up<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, trigger));
        needs(fixture.shutdown_write(&there), NO_HALVES)?;
        let seen = stage.until(1, Ready::READ_CLOSED);
        let wrong = Ready::HANGUP | Ready::WRITE_CLOSED | Ready::ERROR;
        assert!(!seen.intersects(wrong), "{trigger:?}: {seen:?}");
        // The other direction works on.
        send(fixture, &here, b"answer");
        stage.register(&there, 2, LEVEL_READ);
        stage.deregister(&here);
        let _ = stage.until(2, Ready::READABLE);
    }
    Ok(())
}

fn data_before_the_end_of_the_peers_half_is_reported_and_readable<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        send(fixture, &there, b"last words");
        needs(fixture.shutdown_write(&there), NO_HALVES)?;
        stage.register(&here, 1, (Interest::READABLE, trigger));
        let mut read = 0;
        // Data and end may come in one report or in two.
        let mut ended = false;
        while !ended {
            let _ = stage.until(1, Ready::READABLE);
            let (count, end) = drain(fixture, &here);
            (read, ended) = (read + count, end);
            if !ended {
                stage.modify(&here, 1, (Interest::READABLE, trigger));
            }
        }
        assert_eq!(read, b"last words".len(), "{trigger:?}");
        stage.modify(&here, 1, (Interest::READABLE, trigger));
        let _ = stage.until(1, Ready::READ_CLOSED);
    }
    Ok(())
}

fn the_end_of_our_own_half_leaves_reading_as_it_was<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, EDGE_READ);
    needs(fixture.shutdown_write(&here), NO_HALVES)?;
    // Whether the shutdown itself is reported differs between systems.
    stage.settles();
    send(fixture, &there, b"x");
    let seen = stage.until(1, Ready::READABLE);
    assert!(
        !seen.intersects(Ready::READ_CLOSED | Ready::ERROR),
        "{seen:?}"
    );
    assert_eq!(drain(fixture, &here), (1, false));
    Ok(())
}

fn the_end_of_both_halves_is_a_hang_up<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for ours_first in [true, false] {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            let (first, second) = if ours_first {
                (&here, &there)
            } else {
                (&there, &here)
            };
            needs(fixture.shutdown_write(first), NO_HALVES)?;
            needs(fixture.shutdown_write(second), NO_HALVES)?;
            stage.register(&here, 1, (BOTH, trigger));
            let seen = stage.until(1, closed::<F>(BOTH));
            assert!(seen.is_read_closed() && seen.is_write_closed());
        }
    }
    Ok(())
}

/// What a registration with this interest is told of a stream whose halves are both closed.
pub(crate) fn closed<F: Fixture>(interest: Interest) -> Ready {
    let ends = Ready::READ_CLOSED | Ready::WRITE_CLOSED;
    if F::Engine::CAPABILITIES.hangups {
        return Ready::HANGUP | ends;
    }
    match (interest.is_readable(), interest.is_writable()) {
        (true, true) => ends,
        (false, true) => Ready::WRITE_CLOSED,
        (_, false) => Ready::READ_CLOSED,
    }
}

fn the_disappearance_of_the_peer_is_reported<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        // Before the registration, and after it.
        for early in [true, false] {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            if early {
                drop(there);
                stage.register(&here, 1, (Interest::READABLE, trigger));
            } else {
                stage.register(&here, 1, (Interest::READABLE, trigger));
                drop(there);
            }
            let seen = stage.until(1, Ready::READ_CLOSED);
            assert!(seen.wakes_reader(), "{trigger:?}: {seen:?}");
            assert_eq!(drain(fixture, &here), (0, true));
        }
    }
    Ok(())
}

/// A stream whose halves are both closed.
fn hung_up<F: Fixture>(fixture: &F) -> Result<F::Source, Skip> {
    let (here, there) = fixture.pair();
    needs(fixture.shutdown_write(&here), NO_HALVES)?;
    drop(there);
    Ok(here)
}

fn a_hang_up_is_reported_whatever_the_interest_is<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for interest in [
            Interest::READABLE,
            Interest::WRITABLE,
            Interest::HANGUP,
            BOTH,
        ] {
            let mut stage = Stage::new(fixture);
            let here = hung_up(fixture)?;
            stage.register(&here, 1, (interest, trigger));
            let _ = stage.until(1, closed::<F>(interest));
        }
    }
    Ok(())
}

fn a_hang_up_that_is_the_only_interest_is_reported_and_can_be_silenced<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::HANGUP, trigger));
        send(fixture, &there, b"neither data nor room is of interest");
        stage.silent();
        needs(fixture.shutdown_write(&here), NO_HALVES)?;
        drain(fixture, &here);
        drop(there);
        let _ = stage.until(1, closed::<F>(Interest::HANGUP));
        match trigger {
            Trigger::Level => {
                assert_eq!(stage.look().len(), 1, "level goes on");
                stage.deregister(&here);
                stage.silent();
            }
            // Reported once, it is silenced by itself.
            _ => stage.settles(),
        }
    }
    Ok(())
}

/// A stream that its peer has reset: the peer went away with data it had not read.
fn reset<F: Fixture>(fixture: &F, stage: &mut Stage<'_, F>) -> Result<F::Source, Skip> {
    only_if(fixture.resets(), NO_RESETS)?;
    let (here, there) = fixture.pair();
    send(fixture, &here, b"never read");
    stage.register(&there, 0, LEVEL_READ);
    let _ = stage.until(0, Ready::READABLE);
    stage.deregister(&there);
    drop(there);
    Ok(here)
}

fn a_reset_with_unread_data_is_reported_as_an_error<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let here = reset(fixture, &mut stage)?;
        stage.register(&here, 1, (BOTH, trigger));
        let seen = stage.until(1, Ready::ERROR | Ready::READ_CLOSED | Ready::WRITE_CLOSED);
        assert!(
            seen.wakes_reader() && seen.wakes_writer(),
            "{trigger:?}: {seen:?}"
        );
        assert!(
            fixture.read(&here, &mut [0]).is_err(),
            "the error can be taken"
        );
    }
    Ok(())
}

fn an_error_is_reported_whatever_the_interest_is<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for interest in [Interest::READABLE, Interest::WRITABLE, Interest::HANGUP] {
            let mut stage = Stage::new(fixture);
            let here = reset(fixture, &mut stage)?;
            stage.register(&here, 1, (interest, trigger));
            let _ = stage.until(1, Ready::ERROR);
        }
    }
    Ok(())
}

fn a_refused_connect_is_reported_as_an_error_to_the_writer<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let here = needs(fixture.refused(), "the fixture has no refused connects")?;
        let mut stage = Stage::new(fixture);
        stage.register(&here, 1, (BOTH, trigger));
        let seen = stage.until(1, Ready::ERROR | Ready::WRITABLE);
        assert!(
            seen.wakes_writer() && seen.wakes_reader(),
            "{trigger:?}: {seen:?}"
        );
        let failed = fixture.read(&here, &mut [0]).is_err() || fixture.write(&here, b"x").is_err();
        assert!(failed, "the refused stream can be used");
    }
    Ok(())
}

fn an_urgent_byte_is_reported_as_priority<F: Fixture>(fixture: &F) -> Verdict {
    only_if(
        F::Engine::CAPABILITIES.priority,
        "the engine has no priority",
    )?;
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::PRIORITY, trigger));
        stage.silent();
        needs(
            fixture.write_urgent(&there),
            "the fixture has no urgent bytes",
        )?;
        let seen = stage.until(1, Ready::PRIORITY);
        assert_eq!(seen, Ready::PRIORITY, "{trigger:?}");
    }
    Ok(())
}

fn an_urgent_byte_that_nobody_asked_for_is_not_priority<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, EDGE_READ);
    needs(
        fixture.write_urgent(&there),
        "the fixture has no urgent bytes",
    )?;
    // Whether it also counts as data differs between systems.
    for event in stage.wait(Some(Duration::from_millis(5))) {
        assert!(!event.ready().is_priority(), "{event:?}");
    }
    stage.settles();
    Ok(())
}

fn after_each_terminal_state_a_drained_source_is_quiet<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in [Trigger::Edge, Trigger::Oneshot] {
        let mut stage = Stage::new(fixture);
        let mut ended = Vec::new();
        let (here, there) = fixture.pair();
        drop(there);
        ended.push(here);
        let (here, there) = fixture.pair();
        if fixture.shutdown_write(&there).is_some() {
            ended.extend([here, hung_up(fixture)?]);
        }
        // The peer of the half-closed stream lives on.
        let _peer = there;
        if fixture.resets() {
            ended.push(reset(fixture, &mut stage)?);
        }
        ended.extend(fixture.refused());
        for here in &ended {
            stage.register(here, 1, (BOTH, trigger));
            let reports = stage.wait(Some(fixture.patience()));
            assert!(!reports.is_empty(), "{trigger:?}: an end was not reported");
            // There may be room before the end is here.
            sees_the_end(fixture, here);
            must(
                stage.registry().rearm(here, Token(1), BOTH, trigger),
                "rearm",
            );
            stage.settles();
        }
    }
    // Level reports it in every wait, until it is deregistered.
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, LEVEL_READ);
    drop(there);
    let _ = stage.until(1, Ready::READ_CLOSED);
    stage.deregister(&here);
    stage.silent();
    Ok(())
}
