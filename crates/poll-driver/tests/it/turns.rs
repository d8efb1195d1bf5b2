//! What a turn hands out, in which order, and that nothing of it is lost.

use core::time::Duration;
use std::io::Write;

use poll_api::{Instant, Ready, Token};
use poll_driver::{Due, Limit};

use crate::stage::{Stage, Turned};

const MS: Duration = Duration::from_millis(1);
const LOOK: Option<Duration> = Some(Duration::ZERO);

fn tokens(due: &[Turned]) -> Vec<usize> {
    let token = |due: &Turned| match due {
        Due::Event(event) => event.token().0,
        Due::Ready(token) => token.0,
        Due::Message(_) | Due::Timer(..) => panic!("{due:?}"),
    };
    due.iter().map(token).collect()
}

#[test]
fn a_turn_with_nothing_to_do_sleeps_to_its_limit_and_hands_out_nothing() {
    let mut stage = Stage::new();
    let end = stage.after(10 * MS);
    for limit in [
        Limit::For(7 * MS),
        Limit::Now,
        Limit::For(Duration::ZERO),
        Limit::Until(end),
        Limit::Until(end),
    ] {
        assert_eq!(stage.turn(limit), []);
    }
    let expected = [Some(7 * MS), LOOK, LOOK, Some(3 * MS), LOOK];
    assert_eq!(stage.slept(), expected, "the end had passed at last");
}

#[test]
fn messages_come_before_events_before_ready_tokens_before_timers() {
    let mut stage = Stage::new();
    let (_here, there) = stage.pair(1);
    let now = stage.driver.now();
    stage.driver.insert(now, 4);
    let ping = stage.driver.ready().ping(Token(2));
    ping.mark().unwrap();
    (&there).write_all(b"x").unwrap();
    let remote = stage.driver.remote();
    remote.post("first", Instant::START).unwrap();
    remote.post("second", Instant::START).unwrap();

    let due = stage.turn(Limit::Never);
    let [
        Due::Message("first"),
        Due::Message("second"),
        Due::Event(event),
        Due::Ready(Token(2)),
        Due::Timer(_, at, 4),
    ] = due[..]
    else {
        panic!("{due:?}");
    };
    assert_eq!((event.token(), event.ready()), (Token(1), Ready::READABLE));
    assert_eq!(at, now);
    assert_eq!(stage.slept(), [LOOK]);
    assert_eq!(stage.rest(), [], "everything once");
}

#[test]
fn what_was_not_handed_out_waits_for_the_next_turn_which_then_does_not_look() {
    let mut stage = Stage::new();
    let pairs = [1, 2, 3].map(|token| stage.pair(token));
    for (_, there) in &pairs {
        (&*there).write_all(b"x").unwrap();
    }
    let remote = stage.driver.remote();
    for message in ["a", "b"] {
        remote.post(message, Instant::MAX).unwrap();
    }
    for message in ["a", "b"] {
        stage.driver.turn(Limit::Never).unwrap();
        assert_eq!(stage.driver.next_due(), Some(Due::Message(message)));
    }
    stage.driver.turn(Limit::Never).unwrap();
    let mut seen = tokens(&[stage.driver.next_due().unwrap()]);
    assert_eq!(stage.driver.next_deadline(), Some(Instant::START));
    seen.extend(tokens(&stage.turn(Limit::Never)));
    seen.sort_unstable();
    assert_eq!(seen, [1, 2, 3]);
    assert_eq!(stage.slept().len(), 1, "one look for all of them");
}

#[test]
fn a_turn_ends_with_its_timers_and_tokens_also_for_who_pulls_as_many_as_there_are_events() {
    let mut stage = Stage::new();
    let pairs = [1, 2].map(|token| stage.pair(token));
    let now = stage.driver.now();
    stage.driver.insert(now, 7);
    let ping = stage.driver.ready().ping(Token(3));
    ping.mark().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        for (_, there) in &pairs {
            (&*there).write_all(b"x").unwrap();
        }
        stage.driver.turn(Limit::Never).unwrap();
        seen.extend([stage.driver.next_due(), stage.driver.next_due()]);
    }
    assert!(stage.driver.is_unfinished());
    let [Some(Due::Event(_)), Some(Due::Event(_)), token, timer] = seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(token, Some(Due::Ready(Token(3))));
    assert!(matches!(timer, Some(Due::Timer(_, _, 7))));
    assert_eq!(stage.driver.next_due(), None);
    assert!(!stage.driver.is_unfinished());
    assert_eq!(stage.slept().len(), 1);
}

#[test]
fn messages_that_were_not_handed_out_come_before_those_posted_since() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    remote.post("a", Instant::MAX).unwrap();
    remote.post("b", Instant::MAX).unwrap();
    stage.driver.turn(Limit::Never).unwrap();
    assert_eq!(stage.driver.next_due(), Some(Due::Message("a")));
    remote.post("c", Instant::MAX).unwrap();
    let both = [Due::Message("b"), Due::Message("c")];
    assert_eq!(stage.turn(Limit::Never), both);
}

#[test]
fn a_message_that_was_posted_since_the_turn_began_comes_before_its_timers() {
    let mut stage = Stage::new();
    let (_here, there) = stage.pair(1);
    let deadline = stage.after(MS);
    let key = stage.driver.insert(deadline, 7);
    stage.driver.insert(deadline, 8);
    let remote = stage.driver.remote();
    (&there).write_all(b"x").unwrap();
    stage.driver.turn(Limit::Never).unwrap();
    assert!(matches!(stage.driver.next_due(), Some(Due::Event(_))));
    // While the event is worked at another thread cancels, in time, and then the deadline passes.
    remote.post("cancel", Instant::MAX).unwrap();
    stage.clock.advance(2 * MS);
    assert_eq!(stage.driver.next_due(), Some(Due::Message("cancel")));
    assert_eq!(stage.driver.cancel(key), Some(7));
    let rest = stage.rest();
    assert!(matches!(rest[..], [Due::Timer(_, _, 8)]), "{rest:?}");
}

#[test]
fn a_wait_that_fails_loses_nothing_and_the_next_one_works() {
    let mut stage = Stage::new();
    let (_here, there) = stage.pair(1);
    (&there).write_all(b"x").unwrap();
    let ping = stage.driver.ready().ping(Token(2));
    ping.mark().unwrap();
    let now = stage.driver.now();
    stage.driver.insert(now, 4);
    let remote = stage.driver.remote();
    remote.post("message", Instant::MAX).unwrap();
    stage.fail_next_wait();
    let failed = stage.driver.turn(Limit::Never).unwrap_err();
    assert_eq!(failed.kind(), std::io::ErrorKind::OutOfMemory);
    let due = stage.rest();
    let [Due::Message("message"), Due::Timer(_, _, 4)] = due[..] else {
        panic!("{due:?}");
    };
    assert_eq!(tokens(&stage.turn(Limit::Never)), [1, 2]);
}

#[test]
fn a_wait_that_failed_hands_out_nothing_again() {
    let mut stage = Stage::new();
    let (_here, there) = stage.pair(1);
    (&there).write_all(b"x").unwrap();
    assert_eq!(tokens(&stage.turn(Limit::Never)), [1]);
    stage.fail_next_wait();
    stage.driver.turn(Limit::Never).unwrap_err();
    assert_eq!(stage.rest(), []);
}

#[test]
fn a_loop_whose_wait_failed_counts_as_running() {
    let mut stage = Stage::new();
    stage.fail_next_wait();
    stage.driver.turn(Limit::Never).unwrap_err();
    let remote = stage.driver.remote();
    remote.post("x", Instant::START).unwrap();
    assert_eq!(crate::stage::wakes(), 0);
}

#[test]
fn a_ready_token_ends_a_sleep_and_comes_once_however_often_it_was_marked() {
    let mut stage = Stage::new();
    let ping = stage.driver.ready().ping(Token(5));
    let other = ping.clone();
    stage.meanwhile(move || {
        for _ in 0..3 {
            other.mark().unwrap();
        }
    });
    assert_eq!(tokens(&stage.turn(Limit::Never)), [5]);
    assert_eq!(stage.slept(), [None]);
    assert_eq!(stage.turn(Limit::For(MS)), []);
    assert_eq!(stage.slept(), [Some(MS)], "and then it is over");
    ping.mark().unwrap();
    assert_eq!(tokens(&stage.turn(Limit::Never)), [5]);
}

#[test]
fn a_ping_that_is_retired_between_two_is_not_handed_out() {
    let mut stage = Stage::new();
    let pings = [1, 2, 3].map(|token| stage.driver.ready().ping(Token(token)));
    for ping in &pings {
        ping.mark().unwrap();
    }
    stage.driver.turn(Limit::Never).unwrap();
    assert_eq!(stage.driver.next_due(), Some(Due::Ready(Token(1))));
    pings[1].retire();
    assert_eq!(tokens(&stage.rest()), [3]);
}

#[test]
fn a_token_that_marks_itself_whenever_it_comes_lets_every_turn_end() {
    let mut stage = Stage::new();
    let ping = stage.driver.ready().ping(Token(1));
    ping.mark().unwrap();
    for _ in 0..3 {
        stage.driver.turn(Limit::Never).unwrap();
        let mut seen = 0;
        while let Some(due) = stage.driver.next_due() {
            assert_eq!(due, Due::Ready(Token(1)));
            seen += 1;
            assert!(seen <= 256, "this turn does not end");
            ping.mark().unwrap();
        }
        assert!(seen > 0, "it comes in each turn");
    }
}
