//! Triggers: how often a registration reports, and what `modify` does to it.

use poll_api::{Engine, Interest, Ready, Register, Token, Trigger};

use crate::stage::{Stage, TRIGGERS, drain, fill, must, receive, send};
use crate::{Case, Fixture, Verdict};

const EDGE_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);
const LEVEL_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Level);
const ONESHOT_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Oneshot);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "triggers",
        F,
        [
            edge_reports_a_change_once,
            edge_reports_the_next_change_again,
            edge_reports_room_again_after_the_peer_made_some,
            level_reports_as_long_as_the_source_is_ready,
            level_is_silent_when_the_source_is_drained,
            level_reports_room_again_after_the_peer_made_some,
            oneshot_reports_once_and_is_silent_until_modified,
            oneshot_is_silent_about_hang_ups_until_modified,
            oneshot_stays_registered_after_its_report,
            registering_reports_the_present_readiness_for_each_trigger,
            modify_reports_the_present_readiness_again_for_each_trigger,
            modify_replaces_the_trigger,
            modify_replaces_the_interest,
            modify_replaces_the_token,
            modify_of_a_source_that_is_not_ready_reports_nothing,
            sources_with_different_triggers_do_not_disturb_each_other,
        ]
    )
}

fn edge_reports_a_change_once<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, EDGE_READ);
    send(fixture, &there, b"x");
    let _ = stage.until(1, Ready::READABLE);
    stage.silent();
    stage.silent();
    Ok(())
}

fn edge_reports_the_next_change_again<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, EDGE_READ);
    for _ in 0..20 {
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
        stage.drain(&here, 1, EDGE_READ);
    }
    stage.silent();
    Ok(())
}

fn edge_reports_room_again_after_the_peer_made_some<F: Fixture>(fixture: &F) -> Verdict {
    room_comes_back(fixture, Trigger::Edge)
}

fn level_reports_room_again_after_the_peer_made_some<F: Fixture>(fixture: &F) -> Verdict {
    room_comes_back(fixture, Trigger::Level)
}

fn room_comes_back<F: Fixture>(fixture: &F, trigger: Trigger) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let how = (Interest::WRITABLE, trigger);
    stage.register(&here, 1, how);
    for _ in 0..3 {
        let _ = stage.until(1, Ready::WRITABLE);
        fill(fixture, &here);
        must(
            stage.registry().rearm(&here, Token(1), how.0, how.1),
            "rearm",
        );
        drop(stage.look());
        // Bytes on their way make room in the sender at first; the end of that is a full source.
        fill(fixture, &here);
        must(
            stage.registry().rearm(&here, Token(1), how.0, how.1),
            "rearm",
        );
        stage.drain_until_writable(&there, 1);
        stage.modify(&here, 1, how);
    }
    Ok(())
}

fn level_reports_as_long_as_the_source_is_ready<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, LEVEL_READ);
    send(fixture, &there, b"xyz");
    for _ in 0..3 {
        let _ = stage.until(1, Ready::READABLE);
        for _ in 0..10 {
            let reports = stage.look();
            assert_eq!(reports.len(), 1, "ready, and not reported");
            assert!(reports[0].ready().is_readable());
        }
        // What is left after one of the three bytes is still reported.
        assert_eq!(must(fixture.read(&here, &mut [0]), "read"), 1);
    }
    stage.silent();
    Ok(())
}

fn level_is_silent_when_the_source_is_drained<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, LEVEL_READ);
    for _ in 0..5 {
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
        drain(fixture, &here);
        stage.silent();
    }
    Ok(())
}

fn oneshot_reports_once_and_is_silent_until_modified<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, ONESHOT_READ);
    for _ in 0..5 {
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
        stage.silent();
        send(fixture, &there, b"y");
        stage.silent();
        receive(fixture, &here, 2);
        stage.silent();
        stage.modify(&here, 1, ONESHOT_READ);
        stage.silent();
    }
    Ok(())
}

fn oneshot_is_silent_about_hang_ups_until_modified<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, ONESHOT_READ);
    send(fixture, &there, b"x");
    let _ = stage.until(1, Ready::READABLE);
    drop(there);
    stage.silent();
    stage.modify(&here, 1, ONESHOT_READ);
    let _ = stage.until(1, Ready::READ_CLOSED);
    stage.silent();
    Ok(())
}

fn oneshot_stays_registered_after_its_report<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    stage.register(&here, 1, (Interest::WRITABLE, Trigger::Oneshot));
    let _ = stage.until(1, Ready::WRITABLE);
    if F::Engine::CAPABILITIES.tracks_registrations {
        let again =
            stage
                .registry()
                .register(&here, Token(2), Interest::WRITABLE, Trigger::Oneshot);
        assert!(again.is_err(), "the report ended the registration");
    }
    stage.deregister(&here);
    stage.silent();
    Ok(())
}

/// Each direction, and both.
const DIRECTIONS: [(Interest, Ready); 3] = [
    (Interest::READABLE, Ready::READABLE),
    (Interest::WRITABLE, Ready::WRITABLE),
    (
        Interest::READABLE.add(Interest::WRITABLE),
        Ready::READABLE.add(Ready::WRITABLE),
    ),
];

fn registering_reports_the_present_readiness_for_each_trigger<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for (interest, ready) in DIRECTIONS {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            arrived(fixture, &mut stage, &here, &there);
            stage.register(&here, 1, (interest, trigger));
            let seen = stage.until(1, ready);
            assert_eq!(seen, ready, "{trigger:?}, {interest:?}");
        }
    }
    Ok(())
}

/// Sends a byte from `there` to `here` and makes sure that it is there.
fn arrived<F: Fixture>(fixture: &F, stage: &mut Stage<'_, F>, here: &F::Source, there: &F::Source) {
    send(fixture, there, b"x");
    stage.register(here, 0, LEVEL_READ);
    let _ = stage.until(0, Ready::READABLE);
    stage.deregister(here);
}

fn modify_reports_the_present_readiness_again_for_each_trigger<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for (interest, ready) in DIRECTIONS {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            arrived(fixture, &mut stage, &here, &there);
            stage.register(&here, 1, (interest, trigger));
            let _ = stage.until(1, ready);
            for _ in 0..5 {
                stage.modify(&here, 1, (interest, trigger));
                assert_eq!(stage.until(1, ready), ready, "{trigger:?}, {interest:?}");
                if trigger != Trigger::Level {
                    stage.silent();
                }
            }
        }
    }
    Ok(())
}

fn modify_replaces_the_trigger<F: Fixture>(fixture: &F) -> Verdict {
    for before in TRIGGERS {
        for after in TRIGGERS {
            for (interest, ready) in DIRECTIONS {
                let mut stage = Stage::new(fixture);
                let (here, there) = fixture.pair();
                arrived(fixture, &mut stage, &here, &there);
                stage.register(&here, 1, (interest, before));
                let _ = stage.until(1, ready);
                stage.modify(&here, 1, (interest, after));
                let _ = stage.until(1, ready);
                let again = stage.look();
                assert_eq!(
                    !again.is_empty(),
                    after == Trigger::Level,
                    "from {before:?} to {after:?}: {again:?}"
                );
            }
        }
    }
    Ok(())
}

fn modify_replaces_the_interest<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        arrived(fixture, &mut stage, &here, &there);
        let first = DIRECTIONS[0].0;
        stage.register(&here, 1, (first, trigger));
        let _ = stage.until(1, Ready::READABLE);
        for round in 0..9 {
            let (interest, ready) = DIRECTIONS[round * 2 % DIRECTIONS.len()];
            stage.modify(&here, 1, (interest, trigger));
            let seen = stage.until(1, ready);
            assert_eq!(seen, ready, "{trigger:?}, {interest:?}");
        }
    }
    Ok(())
}

fn modify_replaces_the_token<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        let how = (Interest::WRITABLE, trigger);
        stage.register(&here, 1, how);
        // Once with the old report still on its way, once after it.
        stage.modify(&here, 2, how);
        let _ = stage.until(2, Ready::WRITABLE);
        stage.modify(&here, 3, how);
        let _ = stage.until(3, Ready::WRITABLE);
    }
    Ok(())
}

fn modify_of_a_source_that_is_not_ready_reports_nothing<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let how = (Interest::READABLE, trigger);
        stage.register(&here, 1, how);
        stage.modify(&here, 1, how);
        stage.silent();
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
    }
    Ok(())
}

fn sources_with_different_triggers_do_not_disturb_each_other<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (edge, edge_peer) = fixture.pair();
    let (level, level_peer) = fixture.pair();
    let (oneshot, oneshot_peer) = fixture.pair();
    stage.register(&edge, 1, EDGE_READ);
    stage.register(&level, 2, LEVEL_READ);
    stage.register(&oneshot, 3, ONESHOT_READ);
    for peer in [&edge_peer, &level_peer, &oneshot_peer] {
        send(fixture, peer, b"x");
    }
    let all = [
        (1, Ready::READABLE),
        (2, Ready::READABLE),
        (3, Ready::READABLE),
    ];
    stage.until_all(&all);
    // From here on only the level source may speak.
    for _ in 0..5 {
        let reports = stage.look();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_eq!(reports[0].token(), Token(2));
    }
    Ok(())
}
