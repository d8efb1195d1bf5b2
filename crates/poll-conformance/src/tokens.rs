//! Tokens: every value comes back as it was given.

use std::collections::BTreeSet;

use poll_api::{Interest, Ready, Token, Trigger, Wake};

use crate::stage::{Stage, must};
use crate::{Case, Fixture, Verdict};

const WRITABLE: (Interest, Trigger) = (Interest::WRITABLE, Trigger::Edge);

pub(crate) fn cases<F: Fixture>() -> Vec<Case<F>> {
    list_cases!(
        "tokens",
        F,
        [
            all_values_are_returned_as_they_were_given_for_sources,
            all_values_are_returned_as_they_were_given_by_modify,
            all_values_are_returned_as_they_were_given_for_wakers,
            a_source_and_a_waker_may_share_a_token,
            two_sources_may_share_a_token,
        ]
    )
}

/// The borders, and every power of two with its neighbours.
fn values() -> BTreeSet<usize> {
    let powers = (0..usize::BITS).map(|shift| 1_usize << shift);
    let around = powers.flat_map(|power| [power - 1, power, power + 1]);
    around.chain([usize::MAX - 1, usize::MAX]).collect()
}

fn all_values_are_returned_as_they_were_given_for_sources<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    for value in values() {
        stage.register(&here, value, WRITABLE);
        assert_eq!(stage.until(value, Ready::WRITABLE), Ready::WRITABLE);
        stage.deregister(&here);
    }
    Ok(())
}

fn all_values_are_returned_as_they_were_given_by_modify<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let (here, _there) = fixture.pair();
    stage.register(&here, 1, WRITABLE);
    for value in values() {
        stage.modify(&here, value, WRITABLE);
        assert_eq!(stage.until(value, Ready::WRITABLE), Ready::WRITABLE);
    }
    Ok(())
}

fn all_values_are_returned_as_they_were_given_for_wakers<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    for value in values() {
        must(stage.waker(value).wake(), "wake");
        let reports = stage.look();
        assert_eq!(reports.len(), 1, "waker {value:#x}: {reports:?}");
        assert_eq!(reports[0].token(), Token(value));
        assert!(reports[0].ready().is_readable());
    }
    Ok(())
}

fn a_source_and_a_waker_may_share_a_token<F: Fixture>(fixture: &F) -> Verdict {
    for value in [0, 1, usize::MAX] {
        let mut stage = Stage::new(fixture);
        let (here, _there) = fixture.pair();
        stage.register(&here, value, WRITABLE);
        let waker = stage.waker(value);
        must(waker.wake(), "wake");
        let seen = stage.until(value, Ready::READABLE | Ready::WRITABLE);
        assert_eq!(seen, Ready::READABLE | Ready::WRITABLE);
        stage.silent();
        // The waker has not touched the registration, nor the other way round.
        stage.deregister(&here);
        must(waker.wake(), "wake");
        assert_eq!(stage.until(value, Ready::READABLE), Ready::READABLE);
    }
    Ok(())
}

fn two_sources_may_share_a_token<F: Fixture>(fixture: &F) -> Verdict {
    let mut stage = Stage::new(fixture);
    let pairs = [fixture.pair(), fixture.pair()];
    for (here, _) in &pairs {
        stage.register(here, 5, WRITABLE);
    }
    let reports = stage.look();
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(reports.iter().all(|event| event.token() == Token(5)));
    stage.deregister(&pairs[0].0);
    stage.modify(&pairs[1].0, 5, WRITABLE);
    assert_eq!(stage.look().len(), 1);
    Ok(())
}
