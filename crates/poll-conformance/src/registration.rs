//! Registration: it holds or it failed, and a failed call changes nothing.

use core::time::Duration;
use std::thread;

use poll_api::{Engine, Interest, Ready, Register, Token, Trigger};

use crate::stage::{Stage, TRIGGERS, drain, linger, must, needs, only_if, send};
use crate::{Case, Fixture, Registry, Verdict};

const READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Edge);
const LEVEL_READ: (Interest, Trigger) = (Interest::READABLE, Trigger::Level);
const WRITE: (Interest, Trigger) = (Interest::WRITABLE, Trigger::Edge);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "registration",
        F,
        [
            when_register_returns_it_holds,
            when_modify_returns_it_holds,
            when_deregister_returns_it_holds,
            after_deregister_a_later_wait_does_not_report_the_source,
            after_deregister_the_source_can_be_registered_again,
            a_duplicate_of_a_deregistered_source_reports_nothing,
            a_duplicate_has_a_registration_of_its_own,
            registering_twice_is_refused_or_replaces,
            modifying_what_is_not_registered_is_refused_or_registers,
            deregistering_what_is_not_registered_is_always_refused,
            a_failed_call_changes_nothing,
            a_source_that_cannot_be_watched_is_refused_and_the_others_go_on,
            an_interest_that_cannot_be_watched_is_refused_and_never_ignored,
            a_successor_of_a_closed_source_gets_no_report_of_it,
            one_source_may_be_registered_with_several_pollers,
            a_clone_of_the_registering_half_is_the_same,
            a_registering_half_may_outlive_its_poller,
        ]
    )
}

pub(crate) fn threaded_cases<F: Fixture>() -> Vec<Case<F>>
where
    Registry<F>: Send,
{
    list_cases!(
        "registration",
        F,
        [
            when_register_returns_on_another_thread_it_holds,
            when_modify_returns_on_another_thread_it_holds,
            when_deregister_returns_on_another_thread_a_queued_report_is_gone,
        ]
    )
}

fn when_register_returns_it_holds<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        stage.register(&here, 1, (Interest::WRITABLE, trigger));
        assert_eq!(stage.look().len(), 1, "{trigger:?}");
    }
    Ok(())
}

fn when_modify_returns_it_holds<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, trigger));
        stage.modify(&here, 2, (Interest::WRITABLE, trigger));
        let reports = stage.look();
        assert_eq!(reports.len(), 1, "{trigger:?}");
        assert_eq!(reports[0].token(), Token(2));
    }
    Ok(())
}

fn when_deregister_returns_it_holds<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        stage.register(&here, 1, (Interest::READABLE, trigger));
        stage.deregister(&here);
        send(fixture, &there, b"x");
        stage.silent();
        drop(there);
        stage.silent();
    }
    Ok(())
}

fn after_deregister_a_later_wait_does_not_report_the_source<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::with_capacity(fixture, 1);
        let pairs: Vec<_> = (0..3).map(|_| fixture.pair()).collect();
        for (token, (here, _)) in pairs.iter().enumerate() {
            stage.register(here, token, (Interest::WRITABLE, trigger));
        }
        // All three are ready and one was reported; the reports of the others are on their way.
        let first = stage.look()[0].token().0;
        for (token, (here, _)) in pairs.iter().enumerate() {
            if token != first {
                stage.deregister(here);
            }
        }
        for _ in 0..6 {
            let reports = stage.look();
            assert!(
                reports.iter().all(|event| event.token().0 == first),
                "{trigger:?}: {reports:?} although it was deregistered"
            );
        }
    }
    Ok(())
}

fn after_deregister_the_source_can_be_registered_again<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    for token in 0..100 {
        stage.register(&here, token, WRITE);
        assert_eq!(stage.until(token, Ready::WRITABLE), Ready::WRITABLE);
        stage.deregister(&here);
        if token % 10 == 0 {
            stage.silent();
        }
    }
    Ok(())
}

fn a_duplicate_of_a_deregistered_source_reports_nothing<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let twin = needs(
            fixture.duplicate(&here),
            "the fixture cannot duplicate sources",
        )?;
        stage.register(&here, 1, (Interest::READABLE, trigger));
        stage.deregister(&here);
        drop(here);
        send(fixture, &there, b"x");
        stage.silent();
        // The duplicate still works, and can be registered on its own.
        stage.register(&twin, 2, (Interest::READABLE, trigger));
        assert_eq!(stage.until(2, Ready::READABLE), Ready::READABLE);
    }
    Ok(())
}

fn a_duplicate_has_a_registration_of_its_own<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let twin = needs(
        fixture.duplicate(&here),
        "the fixture cannot duplicate sources",
    )?;
    stage.register(&here, 1, READ);
    stage.register(&twin, 2, READ);
    send(fixture, &there, b"x");
    stage.until_all(&[(1, Ready::READABLE), (2, Ready::READABLE)]);
    stage.deregister(&here);
    send(fixture, &there, b"y");
    stage.modify(&twin, 2, READ);
    let _ = stage.until(2, Ready::READABLE);
    Ok(())
}

fn registering_twice_is_refused_or_replaces<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    let again = stage.registry().register(&here, Token(2), READ.0, READ.1);
    let tracks = F::Engine::CAPABILITIES.tracks_registrations;
    assert_eq!(again.is_err(), tracks, "tracks_registrations is {tracks}");
    send(fixture, &there, b"x");
    let _ = stage.until(if tracks { 1 } else { 2 }, Ready::READABLE);
    stage.silent();
    // There is one registration, not two.
    stage.deregister(&here);
    assert!(stage.registry().deregister(&here).is_err());
    Ok(())
}

fn modifying_what_is_not_registered_is_refused_or_registers<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let modified = stage.registry().modify(&here, Token(1), WRITE.0, WRITE.1);
    let tracks = F::Engine::CAPABILITIES.tracks_registrations;
    assert_eq!(
        modified.is_err(),
        tracks,
        "tracks_registrations is {tracks}"
    );
    if tracks {
        stage.silent();
    } else {
        let _ = stage.until(1, Ready::WRITABLE);
        stage.deregister(&here);
    }
    stage.register(&here, 2, WRITE);
    let _ = stage.until(2, Ready::WRITABLE);
    Ok(())
}

fn deregistering_what_is_not_registered_is_always_refused<F: Fixture>(fixture: &F) -> Verdict {
    let stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let refused = |when: &str| {
        assert!(stage.registry().deregister(&here).is_err(), "{when}");
    };
    refused("never registered");
    stage.register(&here, 1, READ);
    stage.deregister(&here);
    refused("deregistered twice");
    let other = Stage::new(fixture);
    other.register(&here, 1, READ);
    refused("registered with another poller only");
    Ok(())
}

fn a_failed_call_changes_nothing<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    assert!(stage.registry().deregister(&here).is_err());
    stage.silent();
    stage.register(&here, 1, LEVEL_READ);
    if F::Engine::CAPABILITIES.tracks_registrations {
        // Refused with another token, interest and trigger: none of them may stick.
        let again =
            stage
                .registry()
                .register(&here, Token(2), Interest::WRITABLE, Trigger::Oneshot);
        assert!(again.is_err());
    }
    stage.silent();
    send(fixture, &there, b"x");
    for _ in 0..3 {
        assert_eq!(stage.until(1, Ready::READABLE), Ready::READABLE);
    }
    Ok(())
}

fn a_source_that_cannot_be_watched_is_refused_and_the_others_go_on<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let file = needs(
        fixture.unwatchable(),
        "the fixture can watch everything it can make",
    )?;
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    stage.register(&here, 1, READ);
    for trigger in TRIGGERS {
        for interest in [Interest::READABLE, Interest::WRITABLE, Interest::HANGUP] {
            let refused = stage
                .registry()
                .register(&file, Token(2), interest, trigger);
            assert!(refused.is_err(), "{interest:?}, {trigger:?}");
            assert!(
                stage.registry().deregister(&file).is_err(),
                "a trace was left"
            );
        }
    }
    stage.silent();
    send(fixture, &there, b"x");
    let _ = stage.until(1, Ready::READABLE);
    Ok(())
}

fn an_interest_that_cannot_be_watched_is_refused_and_never_ignored<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let odd = [
        Interest::AIO,
        Interest::LIO,
        Interest::AIO | Interest::WRITABLE,
        Interest::LIO | Interest::WRITABLE,
    ];
    // No engine watches a stream for completions; together with an interest that it does know,
    // the known part alone would be a silent lie.
    for interest in odd {
        let refused = stage
            .registry()
            .register(&here, Token(1), interest, Trigger::Edge);
        assert!(refused.is_err(), "{interest:?} was accepted");
        stage.silent();
        stage.register(&here, 2, WRITE);
        let _ = stage.until(2, Ready::WRITABLE);
        stage.deregister(&here);
    }
    Ok(())
}

fn a_successor_of_a_closed_source_gets_no_report_of_it<F: Fixture>(fixture: &F) -> Verdict {
    only_if(
        !F::Engine::CAPABILITIES.pins_source,
        "the engine keeps closed sources until they are deregistered",
    )?;
    let mut stage = Stage::new(fixture);
    // A system that numbers its sources gives the number of the closed one to the next.
    for round in 0..50 {
        let (here, there) = fixture.pair();
        stage.register(&here, round, READ);
        send(fixture, &there, b"x");
        // Closed while registered and ready.
        drop(here);
        let (successor, peer) = fixture.pair();
        let token = 1000 + round;
        stage.register(&successor, token, READ);
        stage.silent();
        send(fixture, &peer, b"y");
        let _ = stage.until(token, Ready::READABLE);
        stage.deregister(&successor);
    }
    Ok(())
}

fn one_source_may_be_registered_with_several_pollers<F: Fixture>(fixture: &F) -> Verdict {
    let (here, there) = fixture.pair();
    let mut stages = [Stage::new(fixture), Stage::new(fixture)];
    for (token, stage) in stages.iter().enumerate() {
        stage.register(&here, token, READ);
    }
    send(fixture, &there, b"x");
    for (token, stage) in stages.iter_mut().enumerate() {
        let _ = stage.until(token, Ready::READABLE);
    }
    stages[0].deregister(&here);
    drain(fixture, &here);
    stages[1].modify(&here, 7, READ);
    send(fixture, &there, b"y");
    let _ = stages[1].until(7, Ready::READABLE);
    stages[0].silent();
    Ok(())
}

fn a_clone_of_the_registering_half_is_the_same<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let clone = stage.registry().clone();
    must(
        clone.register(&here, Token(1), WRITE.0, WRITE.1),
        "register",
    );
    let _ = stage.until(1, Ready::WRITABLE);
    stage.deregister(&here);
    assert!(clone.deregister(&here).is_err());
    Ok(())
}

fn a_registering_half_may_outlive_its_poller<F: Fixture>(fixture: &F) -> Verdict {
    let stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let registry = stage.registry().clone();
    stage.register(&here, 1, READ);
    drop(stage);
    // Whether these fail is the engine's affair; they do not panic and do no harm.
    drop(registry.modify(&here, Token(2), READ.0, READ.1));
    drop(registry.deregister(&here));
    drop(registry.register(&here, Token(3), READ.0, READ.1));
    drop(registry.deregister(&here));
    drop(registry);
    send(fixture, &there, b"x");
    let mut other = Stage::new(fixture);
    other.register(&here, 4, READ);
    let _ = other.until(4, Ready::READABLE);
    Ok(())
}

fn when_register_returns_on_another_thread_it_holds<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    for trigger in TRIGGERS {
        for _ in 0..20 {
            let (here, _there) = fixture.pair();
            let registry = stage.registry().clone();
            let source = &here;
            let registered = thread::scope(|scope| {
                scope
                    .spawn(move || {
                        registry
                            .register(source, Token(1), Interest::WRITABLE, trigger)
                            .is_ok()
                    })
                    .join()
            });
            assert!(registered.unwrap_or_default());
            assert_eq!(stage.look().len(), 1, "{trigger:?}");
            stage.deregister(&here);
        }
    }
    Ok(())
}

fn when_modify_returns_on_another_thread_it_holds<F: Fixture>(fixture: &F) -> Verdict
where
    Registry<F>: Send,
{
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    send(fixture, &there, b"x");
    stage.register(&here, 0, (Interest::READABLE, Trigger::Oneshot));
    let _ = stage.until(0, Ready::READABLE);
    for trigger in TRIGGERS {
        let registry = stage.registry().clone();
        let source = &here;
        // The waiter may be asleep already: the modification ends its wait.
        thread::scope(|scope| {
            scope.spawn(move || {
                linger(Duration::from_millis(2));
                must(
                    registry.modify(source, Token(1), Interest::READABLE, trigger),
                    "modify",
                );
            });
            assert_eq!(stage.until(1, Ready::READABLE), Ready::READABLE);
        });
        stage.modify(&here, 0, (Interest::READABLE, Trigger::Oneshot));
        let _ = stage.until(0, Ready::READABLE);
    }
    Ok(())
}

fn when_deregister_returns_on_another_thread_a_queued_report_is_gone<F: Fixture>(
    fixture: &F,
) -> Verdict
where
    Registry<F>: Send,
{
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        for round in 0..20 {
            let (here, there) = fixture.pair();
            stage.register(&here, round, (Interest::READABLE, trigger));
            send(fixture, &there, b"x");
            let registry = stage.registry().clone();
            let source = &here;
            let deregistered = thread::scope(|scope| {
                scope
                    .spawn(move || registry.deregister(source).is_ok())
                    .join()
            });
            assert!(deregistered.unwrap_or_default());
            let reports = stage.look();
            assert!(reports.is_empty(), "{trigger:?}: {reports:?}");
        }
    }
    Ok(())
}
