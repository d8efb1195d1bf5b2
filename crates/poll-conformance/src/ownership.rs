//! Ownership: an owned source is deregistered before it is dropped.

use poll_api::{Interest, Ready, Register, Registered, Token, Trigger};

use crate::stage::{Stage, TRIGGERS, drain, must, needs, sees_the_end, send};
use crate::{Case, Fixture, Registry, Verdict};

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "ownership",
        F,
        [
            dropping_a_registered_source_shows_its_peer_the_end_at_once,
            dropping_a_registered_source_deregisters_it_although_a_duplicate_lives,
            dropping_a_registered_source_takes_its_queued_report_along,
            dropping_a_registered_source_after_its_poller_does_no_harm,
            deregistering_hands_the_source_back,
            a_registration_that_fails_hands_the_source_back,
            modifying_a_registered_source_replaces_its_interest_and_trigger,
            a_registered_source_asks_for_its_next_edge,
        ]
    )
}

type Owned<F> = Registered<<F as Fixture>::Source, Registry<F>>;

#[track_caller]
fn own<F: Fixture>(
    stage: &Stage<'_, F>,
    source: F::Source,
    interest: Interest,
    trigger: Trigger,
) -> Owned<F> {
    let registry = stage.registry().clone();
    match Registered::new(registry, source, Token(1), interest, trigger) {
        Ok(owned) => owned,
        Err(failed) => panic!("register failed: {:?}", failed.error),
    }
}

fn dropping_a_registered_source_shows_its_peer_the_end_at_once<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        for waited in [true, false] {
            let mut stage = Stage::new(fixture);
            let (here, there) = fixture.pair();
            let owned = own(&stage, here, Interest::READABLE, trigger);
            if waited {
                stage.silent();
            }
            drop(owned);
            // Without another wait of the poller.
            sees_the_end(fixture, &there);
        }
    }
    Ok(())
}

fn dropping_a_registered_source_deregisters_it_although_a_duplicate_lives<F: Fixture>(
    fixture: &F,
) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, there) = fixture.pair();
        let twin = needs(
            fixture.duplicate(&here),
            "the fixture cannot duplicate sources",
        )?;
        drop(own(&stage, here, Interest::READABLE, trigger));
        send(fixture, &there, b"x");
        stage.silent();
        drop(there);
        stage.silent();
        drop(twin);
    }
    Ok(())
}

fn dropping_a_registered_source_takes_its_queued_report_along<F: Fixture>(fixture: &F) -> Verdict {
    for trigger in TRIGGERS {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        drop(own(&stage, here, Interest::WRITABLE, trigger));
        stage.silent();
    }
    Ok(())
}

fn dropping_a_registered_source_after_its_poller_does_no_harm<F: Fixture>(fixture: &F) -> Verdict {
    let stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let owned = own(&stage, here, Interest::READABLE, Trigger::Edge);
    drop(stage);
    drop(owned);
    sees_the_end(fixture, &there);
    Ok(())
}

fn deregistering_hands_the_source_back<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let owned = own(&stage, here, Interest::READABLE, Trigger::Edge);
    let here = match owned.deregister() {
        Ok(source) => source,
        Err(failed) => panic!("deregister failed: {:?}", failed.error),
    };
    send(fixture, &there, b"x");
    stage.silent();
    stage.register(&here, 2, (Interest::READABLE, Trigger::Edge));
    let _ = stage.until(2, Ready::READABLE);
    Ok(())
}

fn a_registration_that_fails_hands_the_source_back<F: Fixture>(fixture: &F) -> Verdict {
    let stage = Stage::new(fixture);
    let file = needs(
        fixture.unwatchable(),
        "the fixture can watch everything it can make",
    )?;
    let registry = stage.registry().clone();
    match Registered::new(registry, file, Token(1), Interest::READABLE, Trigger::Edge) {
        Ok(_) => panic!("a source that cannot be watched was registered"),
        Err(failed) => assert!(stage.registry().deregister(&failed.source).is_err()),
    }
    Ok(())
}

fn modifying_a_registered_source_replaces_its_interest_and_trigger<F: Fixture>(
    fixture: &F,
) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    let mut owned = own(&stage, here, Interest::READABLE, Trigger::Edge);
    stage.silent();
    for trigger in TRIGGERS {
        must(owned.modify(Interest::WRITABLE, trigger), "modify");
        assert_eq!(
            (owned.interest(), owned.trigger()),
            (Interest::WRITABLE, trigger)
        );
        assert_eq!(stage.until(1, Ready::WRITABLE), Ready::WRITABLE);
    }
    Ok(())
}

fn a_registered_source_asks_for_its_next_edge<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, there) = fixture.pair();
    let owned = own(&stage, here, Interest::READABLE, Trigger::Edge);
    for _ in 0..10 {
        send(fixture, &there, b"x");
        let _ = stage.until(1, Ready::READABLE);
        drain(fixture, owned.get_ref());
        must(owned.rearm(), "rearm");
    }
    stage.silent();
    Ok(())
}
