//! Group *channels*: messages from other threads into a loop that waits in a poller.

mod awaited;
mod ends;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Barrier, mpsc};
use std::thread;

use self::awaited::{AsyncChannel, Blocking, Kanal, Woken};
use self::ends::{Amy, Calloop, Channel, Flume, Ours, QueueAndFlag, Tally, Tokio, Yielding, gone};
use super::{ended, unknown_kind, work_missing};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Promise, Run, Sample};
use crate::sys;

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
        Box::new(Saturated {
            name: "1 to 1, saturated",
            senders: 1,
            goals: const {
                &[
                    Goal::ratio("poll-channel", "amy", 0.75),
                    Goal::ratio("poll-channel", "tokio", 0.45),
                    Goal::ratio("poll-channel", "calloop", 0.05),
                    Goal::returns("poll-channel", 0.01),
                ]
            },
        }),
        Box::new(Saturated {
            name: "4 to 1, saturated",
            senders: 4,
            goals: const { &[Goal::ratio("poll-channel", "amy", 0.85)] },
        }),
        Box::new(Outside),
    ]
}

/// Senders that send as fast as they can, and a loop that waits, receives all, and waits again.
struct Saturated {
    name: &'static str,
    senders: u64,
    goals: &'static [Goal],
}

impl Case for Saturated {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        "send a u64, wait, receive it; CPU time of all threads; a return is a wait that ended"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "amy",
            "calloop",
            "tokio",
            "async-channel",
            "flume",
            "kanal",
            "crossbeam, no poller",
            "crossbeam + mio",
            "queue + flag + mio",
            "poll-channel",
            "poll-channel yields",
        ]
    }

    // Longer than others: what matters is how the threads meet over many turns of the scheduler.
    fn slice(&self) -> u64 {
        1_000_000
    }

    // A system call for each.
    fn share(&self, kind: &str) -> u64 {
        match kind {
            "calloop" | "crossbeam + mio" => 10,
            _ => 1,
        }
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let senders = self.senders;
        Ok(match kind {
            "amy" => Box::new(move |count| saturated::<Amy>(senders, count)),
            "calloop" => Box::new(move |count| saturated::<Calloop>(senders, count)),
            "tokio" => Box::new(move |count| saturated::<Tokio>(senders, count)),
            "async-channel" => Box::new(move |count| saturated::<AsyncChannel>(senders, count)),
            "flume" => Box::new(move |count| saturated::<Flume>(senders, count)),
            "kanal" => Box::new(move |count| saturated::<Kanal>(senders, count)),
            "crossbeam, no poller" => Box::new(move |count| saturated::<Blocking>(senders, count)),
            "crossbeam + mio" => Box::new(move |count| saturated::<Woken>(senders, count)),
            "queue + flag + mio" => {
                Box::new(move |count| saturated::<QueueAndFlag>(senders, count))
            }
            "poll-channel" => Box::new(move |count| saturated::<Ours>(senders, count)),
            "poll-channel yields" => Box::new(move |count| saturated::<Yielding>(senders, count)),
            other => return Err(unknown_kind(other)),
        })
    }
}

fn saturated<C: Channel>(senders: u64, operations: u64) -> io::Result<Sample> {
    let each = operations.div_ceil(senders);
    let barrier = &Barrier::new(usize::try_from(senders).map_err(io::Error::other)? + 1);
    let (ends, handed) = mpsc::channel();
    thread::scope(|scope| {
        let receiver = scope.spawn(move || {
            let mut channel = C::new()?;
            for _ in 0..senders {
                ends.send(channel.sender()).map_err(gone)?;
            }
            drop(ends);
            let mut tally = Tally::default();
            barrier.wait();
            let mut sample = Sample::of_thread(|| channel.receive(each * senders, &mut tally))?;
            let expected = senders * each * each.saturating_sub(1) / 2;
            if (tally.count, tally.sum) != (each * senders, expected) {
                return Err(work_missing("sum of messages", expected, tally.sum));
            }
            sample.returns = tally.returns;
            Ok(sample)
        });
        let threads: Vec<_> = handed
            .iter()
            .map(|sender: C::Sender| {
                scope.spawn(move || {
                    barrier.wait();
                    let start = sys::thread_cpu_ns()?;
                    (0..each).try_for_each(|value| C::send(&sender, value))?;
                    Ok(sys::thread_cpu_ns()? - start)
                })
            })
            .collect();
        let mut sending = 0;
        for thread in threads {
            sending += ended(thread)?;
        }
        let mut sample = ended(receiver)?;
        sample.cost += sending;
        Ok(sample)
    })
}

// What a slice of the next case sends.
const BURST: u64 = 250_000;

/// The loop is outside its wait for the whole burst; then it waits once and receives all.
struct Outside;

impl Case for Outside {
    fn name(&self) -> &'static str {
        "poller outside its wait"
    }

    fn operation(&self) -> &'static str {
        "send a u64; then one wait receives all of them; one thread"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["amy", "calloop", "queue + flag + mio", "poll-channel"]
    }

    fn slice(&self) -> u64 {
        BURST
    }

    fn calls(&self) -> Calls {
        Calls::Own(0)
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        (kind == "poll-channel").then_some(Promise {
            calls: Some(0.0),
            allocations: 0.0,
        })
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "amy" => outside::<Amy>(),
            "calloop" => outside::<Calloop>(),
            "queue + flag + mio" => outside::<QueueAndFlag>(),
            "poll-channel" => outside::<Ours>(),
            other => Err(unknown_kind(other)),
        }
    }
}

fn outside<'fd, C: Channel + 'fd>() -> io::Result<Run<'fd>> {
    let mut channel = C::new()?;
    let sender = channel.sender();
    let mut pass = move |operations, tally: &mut Tally| {
        (0..operations).try_for_each(|value| C::send(&sender, value))?;
        channel.receive(operations, tally)
    };
    // Twice without counting: what grows with the burst has grown, and it is all that may.
    for _ in 0..2 {
        pass(2 * BURST, &mut Tally::default())?;
    }
    Ok(Box::new(move |operations| {
        let mut tally = Tally::default();
        let sample = Sample::of_thread(|| pass(operations, &mut tally))?;
        if tally.count != operations {
            return Err(work_missing("messages", operations, tally.count));
        }
        Ok(sample)
    }))
}
