//! Group *timers*: set, cancel and fire many timers.

mod works;

use core::marker::PhantomData;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::task::Waker;

use self::works::{Cancel, Churn, Expire, Insert, Work};
use super::unknown_kind;
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample, Size};
use crate::peers::timers::{
    Amy, AsyncIo, Calloop, Current, Heap, Map, Ours, Timers, Tokio, Wheel, Workers,
};
use crate::sys;

const MILLION: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
// Who can hold so many. Each timer of amy's is a descriptor; of calloop's, each that is cancelled
// is looked for among all; async-io's make a system call each.
const FEW_KINDS: &[&str] = &[
    "tokio",
    "tokio workers",
    "async-io",
    "calloop",
    "amy",
    "wheel",
    "BTreeMap",
    "BinaryHeap",
    "poll-timer",
];
const MORE_KINDS: &[&str] = &[
    "tokio",
    "tokio workers",
    "async-io",
    "calloop",
    "wheel",
    "BTreeMap",
    "BinaryHeap",
    "poll-timer",
];
const KINDS: &[&str] = &[
    "tokio",
    "tokio workers",
    "wheel",
    "BTreeMap",
    "BinaryHeap",
    "poll-timer",
];
// tokio's workers fire on a thread of their own, which is not measured.
const FEW_FIRE: &[&str] = &[
    "tokio",
    "async-io",
    "calloop",
    "amy",
    "wheel",
    "BTreeMap",
    "BinaryHeap",
    "poll-timer",
];
const FIRE: &[&str] = &["tokio", "wheel", "BTreeMap", "BinaryHeap", "poll-timer"];

const QUARTER: &[Goal] = &[Goal::ratio("poll-timer", "tokio", 0.25)];
const THIRD: &[Goal] = &[Goal::ratio("poll-timer", "tokio", 0.35)];

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    let mut cases: Vec<Box<dyn Case>> = vec![
        Box::new(Fifo {
            name: FEW,
            count: 1_000,
            goals: IN_ORDER,
        }),
        Box::new(Fifo {
            name: "in order, 100 000",
            count: 100_000,
            goals: IN_ORDER,
        }),
        Box::new(Fifo {
            name: "in order, 1 000 000",
            count: MILLION,
            goals: const {
                &[
                    Goal::ratio("poll-timer", "BTreeMap", 0.12),
                    Goal::to_case("poll-timer", FEW, 1.3),
                ]
            },
        }),
    ];
    cases.extend([
        random::<Insert>("insert, 10 000", 10_000, FEW_KINDS, &[]),
        random::<Insert>("insert, 100 000", 100_000, KINDS, &[]),
        random::<Insert>("insert, 1 000 000", MILLION, KINDS, QUARTER),
        random::<Churn>(
            "churn, 10 000",
            10_000,
            FEW_KINDS,
            const { &[Goal::ratio("poll-timer", "amy", 0.1)] },
        ),
        random::<Churn>(
            "churn, 100 000",
            100_000,
            MORE_KINDS,
            const { &[Goal::ratio("poll-timer", "calloop", 0.01)] },
        ),
        random::<Churn>("churn, 1 000 000", MILLION, KINDS, THIRD),
        random::<Cancel>("cancel, 10 000", 10_000, FEW_KINDS, &[]),
        random::<Cancel>("cancel, 1 000 000", MILLION, KINDS, &[]),
        random::<Expire>("expire, 10 000", 10_000, FEW_FIRE, &[]),
        random::<Expire>(
            "expire, 1 000 000",
            MILLION,
            FIRE,
            const {
                &[
                    Goal::ratio("poll-timer", "tokio", 0.35),
                    Goal::ratio("poll-timer", "BTreeMap", 1.2),
                ]
            },
        ),
    ]);
    let limit = sys::descriptor_limit().unwrap_or(0);
    if limit < 11_000 {
        println!(
            "SKIP: 10 000 timers, which for amy are as many descriptors: the limit is {limit}."
        );
        cases.retain(|case| !case.kinds().contains(&"amy"));
    }
    cases
}

/// Timeouts of 30 seconds, the oldest of which is cancelled for each that is set.
struct Fifo {
    name: &'static str,
    count: u64,
    goals: &'static [Goal],
}

const FEW: &str = "in order, 1 000";
const IN_ORDER: &[Goal] = &[Goal::ratio("poll-timer", "BTreeMap", 0.12)];

impl Case for Fifo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        "cancel the oldest timer, set one 30 s ahead; a turn every 1024 of them"
    }

    fn size(&self) -> Option<Size> {
        Some(Size {
            series: "in order",
            of: "timers",
            count: self.count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "BTreeMap",
            "BinaryHeap",
            "tokio",
            "tokio workers",
            "poll-timer",
        ]
    }

    fn slice(&self) -> u64 {
        500_000
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "BTreeMap" => fifo::<Map<u64>>(self.count),
            "BinaryHeap" => fifo::<Heap<u64>>(self.count),
            "tokio" => fifo::<Tokio<Current>>(self.count),
            "tokio workers" => fifo::<Tokio<Workers>>(self.count),
            "poll-timer" => fifo::<Ours<u64>>(self.count),
            other => Err(unknown_kind(other)),
        }
    }
}

fn fifo<'fd, T: Timers<u64> + 'fd>(count: u64) -> io::Result<Run<'fd>> {
    let mut timers = T::new()?;
    let guard = timers.enter();
    let mut now_ns = 0;
    let mut keys: VecDeque<T::Key> = (0..count)
        .map(|n| timers.insert(30 * SECOND + n, n))
        .collect();
    drop(guard);
    let mut run = move |operations: u64| {
        let _guard = timers.enter();
        let sample = Sample::of_thread(|| {
            for operation in 0..operations {
                if let Some(oldest) = keys.pop_front() {
                    timers.cancel(oldest);
                }
                now_ns += 100;
                keys.push_back(timers.insert(now_ns + 30 * SECOND, now_ns));
                if operation % 1024 == 0 {
                    timers.expire(now_ns);
                }
            }
            Ok(())
        })?;
        Ok(sample)
    };
    // Until memory is as large as it gets and half of what is kept is cancelled.
    run(3 * count)?;
    Ok(Box::new(run))
}

struct Random<W> {
    name: &'static str,
    count: u64,
    kinds: &'static [&'static str],
    goals: &'static [Goal],
    work: PhantomData<W>,
}

fn random<W: Work>(
    name: &'static str,
    count: u64,
    kinds: &'static [&'static str],
    goals: &'static [Goal],
) -> Box<dyn Case> {
    Box::new(Random::<W> {
        name,
        count,
        kinds,
        goals,
        work: PhantomData,
    })
}

impl<W: Work> Case for Random<W> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        W::OPERATION
    }

    fn size(&self) -> Option<Size> {
        let (series, _count) = self.name.split_once(',')?;
        Some(Size {
            series,
            of: "timers",
            count: self.count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        self.kinds
    }

    fn slice(&self) -> u64 {
        W::slice(self.count)
    }

    fn share(&self, kind: &str) -> u64 {
        match kind {
            "calloop" => self.count / 500,
            "amy" => 10,
            _ => 1,
        }
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn is_long(&self) -> bool {
        true
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let (count, share) = (self.count, self.share(kind));
        match kind {
            "tokio" => W::prepare::<Tokio<Current>>(count, share, false),
            "tokio workers" => W::prepare::<Tokio<Workers>>(count, share, false),
            "async-io" => W::prepare::<AsyncIo<Waker>>(count, share, false),
            "calloop" => W::prepare::<Calloop<Waker>>(count, share, false),
            "amy" => W::prepare::<Amy<Waker>>(count, share, false),
            "wheel" => W::prepare::<Wheel<Waker>>(count, share, false),
            "BTreeMap" => W::prepare::<Map<Waker>>(count, share, false),
            "BinaryHeap" => W::prepare::<Heap<Waker>>(count, share, false),
            "poll-timer" => W::prepare::<Ours<Waker>>(count, share, true),
            other => Err(unknown_kind(other)),
        }
    }
}
