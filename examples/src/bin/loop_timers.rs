//! A timer demo: an interval that keeps its rhythm while the program is busy, timeouts from another
//! thread, a watchdog that is fed, and how exact a sleep of 50 µs is.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::time::Duration;
use std::io::Result;
use std::thread;

use poll_loop::{Clock, Event, Instant, Monotonic, Notifications, Poller};

const PERIOD: Duration = Duration::from_millis(10);

fn main() -> Result<()> {
    let mut poller = Poller::new()?;
    let mut notifications = Notifications::with_capacity(16);
    keep_a_rhythm(&mut poller, &mut notifications)?;
    feed_a_watchdog(&mut poller, &mut notifications)?;
    sleep_shortly(&mut poller, &mut notifications)
}

/// Ticks that come while the program is busy are not lost and not repeated: they are counted.
fn keep_a_rhythm(poller: &mut Poller, notifications: &mut Notifications) -> Result<()> {
    let start = Monotonic.now();
    let interval = poller.set_interval(PERIOD)?;
    let mut ticks = 0;
    while ticks < 8 {
        poller.wait(notifications, None)?;
        for notification in &*notifications {
            let Event::Interval(count) = notification.event else {
                continue;
            };
            ticks += u32::try_from(count.get()).unwrap_or(u32::MAX);
            let late = since(start).saturating_sub(PERIOD * ticks);
            println!("tick {ticks}: {count} at once, {late:?} after its time");
            if ticks == 3 {
                // Busy for three and a half periods.
                let end = Monotonic.now().saturating_add(PERIOD * 7 / 2);
                while Monotonic.now() < end {
                    thread::yield_now();
                }
            }
        }
    }
    assert!(since(start) >= PERIOD * ticks, "no tick is early");
    assert!(poller.cancel(interval));
    Ok(())
}

/// Another thread sets a timeout and moves it; it comes when nobody moves it any more.
fn feed_a_watchdog(poller: &mut Poller, notifications: &mut Notifications) -> Result<()> {
    let registrar = poller.registrar().clone();
    let watchdog = registrar.set_timeout(PERIOD * 2)?;
    let feeder = thread::spawn(move || -> Result<Instant> {
        let mut fed = Monotonic.now();
        for _ in 0..5 {
            fed = Monotonic.now();
            if !registrar.reset(watchdog, PERIOD * 2)? {
                break;
            }
            thread::park_timeout(PERIOD);
        }
        Ok(fed)
    });
    poller.wait(notifications, None)?;
    assert!(
        notifications
            .iter()
            .all(|notification| notification.id == watchdog)
    );
    println!("the watchdog has bitten");
    let fed = feeder.join();
    let fed = fed.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    assert!(Monotonic.now() > fed);
    Ok(())
}

/// How much longer than asked short sleeps take; never less.
fn sleep_shortly(poller: &mut Poller, notifications: &mut Notifications) -> Result<()> {
    const ASKED: Duration = Duration::from_micros(50);
    let mut over: Vec<_> = Vec::new();
    for _ in 0..200 {
        let start = Monotonic.now();
        poller.wait(notifications, Some(ASKED))?;
        let slept = since(start);
        assert!(slept >= ASKED, "early: {slept:?}");
        over.push(slept - ASKED);
    }
    over.sort_unstable();
    println!(
        "sleeps of {ASKED:?}: half of them at most {:?} longer",
        over[100]
    );
    Ok(())
}

fn since(start: Instant) -> Duration {
    Monotonic.now().saturating_duration_since(start)
}
