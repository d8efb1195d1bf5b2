//! Budgets: what one kind may take before the others get their turn.

use core::time::Duration;
use std::io::{Read, Write};

use poll_api::{Clock, Instant, Token};
use poll_driver::{Budget, Due, Limit};

use crate::stage::{Stage, Turned};

const LOOK: Option<Duration> = Some(Duration::ZERO);

fn small() -> Stage {
    Stage::with_budget(Budget {
        messages: 2,
        events: 2,
        ready: 3,
        timers: 4,
    })
}

fn is_event(due: &Turned) -> bool {
    matches!(due, Due::Event(_))
}

#[test]
fn expired_timers_come_by_the_budget_and_let_no_event_wait_longer() {
    let mut stage = small();
    let (_here, there) = stage.pair(1);
    let now = stage.clock.now();
    for value in 0..10 {
        stage.driver.insert(now, value);
    }
    assert_eq!(stage.turn(Limit::Never).len(), 4);
    (&there).write_all(b"x").unwrap();
    let second = stage.turn(Limit::Never);
    assert!(is_event(&second[0]), "the event comes before the timers");
    assert_eq!(second.len(), 5);
    assert_eq!(stage.turn(Limit::Never).len(), 2);
    assert_eq!(stage.slept(), [LOOK; 3], "no turn sleeps on a backlog");
    assert_eq!(stage.driver.next_deadline(), None);
}

#[test]
fn a_million_timers_that_expire_at_once_let_an_event_through_after_each_budget() {
    const MANY: u32 = 1_000_000;
    let mut stage = Stage::new();
    let (here, there) = stage.pair(1);
    let now = stage.clock.now();
    for value in 0..MANY {
        stage.driver.insert(now, value);
    }
    let (mut expired, mut since) = (0, 0);
    while expired < MANY {
        (&there).write_all(b"x").unwrap();
        stage.driver.turn(Limit::Never).unwrap();
        let mut came = false;
        while let Some(due) = stage.driver.next_due() {
            if is_event(&due) {
                assert!(since <= 256, "an event waited for {since} timers");
                (came, since) = (true, 0);
                (&here).read_exact(&mut [0]).unwrap();
            } else {
                (expired, since) = (expired + 1, since + 1);
            }
        }
        assert!(came, "the event was there before the turn");
    }
    assert_eq!(stage.driver.timers(), 0);
}

#[test]
fn messages_come_by_the_budget_and_let_no_event_wait_longer() {
    let mut stage = small();
    let (_here, there) = stage.pair(1);
    let remote = stage.driver.remote();
    for text in ["a", "b", "c", "d", "e"] {
        remote.post(text, Instant::MAX).unwrap();
    }
    (&there).write_all(b"x").unwrap();
    let first = stage.turn(Limit::Never);
    assert_eq!(first[..2], [Due::Message("a"), Due::Message("b")]);
    assert!(is_event(&first[2]), "the event waits for two of them");
    assert_eq!(first.len(), 3);
    assert_eq!(stage.driver.backlog(), 3);
    assert!(stage.driver.has_messages());
    assert!(!stage.driver.is_unfinished(), "the turn looks for events");
    assert_eq!(stage.driver.next_deadline(), Some(Instant::START));
    remote.post("f", Instant::MAX).unwrap();
    for pair in [["c", "d"], ["e", "f"]] {
        assert_eq!(stage.turn(Limit::Never), pair.map(Due::Message));
    }
    assert!(!stage.driver.has_messages());
    assert_eq!(stage.driver.next_deadline(), None);
    assert_eq!(stage.slept(), [LOOK; 3], "no turn sleeps on a backlog");
}

#[test]
fn timers_wait_for_all_the_messages_that_were_posted_before_the_turn() {
    let mut stage = small();
    let remote = stage.driver.remote();
    let deadline = stage.after(Duration::from_millis(1));
    let cancelled = stage.driver.insert(deadline, 1);
    stage.driver.insert(deadline, 2);
    for text in ["a", "b", "c", "d", "cancel"] {
        remote.post(text, Instant::MAX).unwrap();
    }
    stage.clock.advance(Duration::from_millis(2));
    let mut came = Vec::new();
    while came.is_empty() {
        stage.driver.turn(Limit::Never).unwrap();
        while let Some(due) = stage.driver.next_due() {
            match due {
                Due::Message("cancel") => drop(stage.driver.cancel(cancelled)),
                Due::Timer(_, _, value) => came.push(value),
                _ => {}
            }
        }
    }
    assert_eq!(came, [2], "one was cancelled before its deadline");
    assert_eq!(stage.slept(), [LOOK; 3]);
}

#[test]
fn a_due_timer_that_a_message_sets_does_not_wait_for_the_messages_behind_it() {
    let mut stage = small();
    let remote = stage.driver.remote();
    let asked = stage.driver.now();
    for text in ["a", "b", "c", "d", "e", "set"] {
        remote.post(text, Instant::START).unwrap();
    }
    let (mut turns, mut came) = (0, None);
    while came.is_none() {
        turns += 1;
        assert!(turns < 20, "the timer starves");
        stage.driver.turn(Limit::Never).unwrap();
        // Others post as fast as the loop takes.
        for text in ["x", "x"] {
            remote.post(text, Instant::START).unwrap();
        }
        stage.clock.advance(Duration::from_millis(1));
        while let Some(due) = stage.driver.next_due() {
            match due {
                Due::Message("set") => drop(stage.driver.insert(asked, 7)),
                Due::Timer(_, _, value) => came = Some(value),
                _ => {}
            }
        }
    }
    // Six are left after the first turn, those included that came in it.
    assert_eq!((came, turns), (Some(7), 4));
}

#[test]
fn a_thread_that_never_stops_posting_holds_up_neither_events_nor_timers() {
    let mut stage = small();
    let remote = stage.driver.remote();
    let deadline = stage.driver.now();
    stage.driver.insert(deadline, 7);
    let (mut posted, mut turns) = (0, 0);
    let came = loop {
        for _ in 0..4 {
            remote.post("x", Instant::START).unwrap();
            posted += 1;
        }
        turns += 1;
        assert!(turns < 20, "the timer starves");
        let due = stage.turn(Limit::Never);
        let timer = due.iter().find(|due| matches!(due, Due::Timer(..)));
        if let Some(timer) = timer {
            break *timer;
        }
        assert_eq!(due.len(), 2, "the budget of messages");
    };
    assert!(matches!(came, Due::Timer(_, at, 7) if at == deadline));
    assert_eq!(stage.driver.backlog(), posted - 2 * turns);
}

#[test]
fn a_message_from_before_a_deadline_comes_before_the_timer_also_in_the_midst_of_a_flood() {
    let mut stage = small();
    let remote = stage.driver.remote();
    let deadline = stage.after(Duration::from_millis(5));
    let key = stage.driver.insert(deadline, 7);
    for number in 0..30 {
        if number == 4 {
            remote.post("cancel", Instant::MAX).unwrap();
        }
        // The deadline passes while there is more than the budget, in each turn from the first.
        for _ in 0..4 {
            remote.post("x", Instant::MAX).unwrap();
        }
        stage.driver.turn(Limit::Now).unwrap();
        while let Some(due) = stage.driver.next_due() {
            match due {
                Due::Message("cancel") => assert_eq!(stage.driver.cancel(key), Some(7)),
                Due::Message(_) => {}
                other => panic!("{other:?} in turn {number}"),
            }
        }
        stage.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(stage.driver.timers(), 0);
}

#[test]
fn ready_tokens_come_by_the_budget_and_the_rest_in_the_next_turn() {
    let mut stage = small();
    let pings: Vec<_> = (1..=7)
        .map(|token| stage.driver.ready().ping(Token(token)))
        .collect();
    for ping in &pings {
        ping.mark().unwrap();
    }
    let mut seen = Vec::new();
    for expected in [3, 3, 1] {
        let due = stage.turn(Limit::Never);
        assert_eq!(due.len(), expected);
        seen.extend(due);
    }
    let tokens = (1..=7).map(|token| Due::Ready(Token(token)));
    assert!(seen.into_iter().eq(tokens), "in order, each once");
    assert_eq!(stage.slept()[1..], [LOOK; 2], "no sleep on a backlog");
}

#[test]
fn a_backlog_of_ready_tokens_is_work_for_a_host_right_now() {
    let mut stage = small();
    let pings: Vec<_> = (1..=4)
        .map(|token| stage.driver.ready().ping(Token(token)))
        .collect();
    for ping in &pings {
        ping.mark().unwrap();
    }
    stage.turn(Limit::Never);
    assert_eq!(stage.driver.next_deadline(), Some(Instant::START));
    assert_eq!(stage.turn(Limit::Never).len(), 1);
    assert_eq!(stage.driver.next_deadline(), None);
}

#[test]
fn more_events_than_the_buffer_holds_come_in_later_turns() {
    let mut stage = small();
    let pairs: Vec<_> = (1..=5).map(|token| stage.pair(token)).collect();
    for (_, there) in &pairs {
        (&*there).write_all(b"x").unwrap();
    }
    for expected in [2, 2, 1] {
        assert_eq!(stage.turn(Limit::Never).len(), expected);
    }
}

#[test]
fn budgets_of_nothing_count_as_one() {
    let mut stage = Stage::with_budget(Budget {
        messages: 0,
        events: 0,
        ready: 0,
        timers: 0,
    });
    let now = stage.clock.now();
    stage.driver.insert(now, 1);
    stage.driver.insert(now, 2);
    let ping = stage.driver.ready().ping(Token(1));
    ping.mark().unwrap();
    let remote = stage.driver.remote();
    remote.post("x", Instant::START).unwrap();
    assert_eq!(stage.turn(Limit::Never).len(), 3);
    assert_eq!(stage.turn(Limit::Never).len(), 1);
}
