//! Group *timers*: set, cancel and fire many timers.

use core::marker::PhantomData;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::task::Waker;

use super::{unknown_kind, work_missing};
use crate::alloc::bytes;
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample, Size};
use crate::peers::timers::{Current, Heap, Map, Ours, Timers, Tokio, Wakes, Workers};
use crate::stats::per;

const MILLION: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;
// Of a holder with a million timers, how many bytes each may take when it is ours: live, and after
// cancelling in random order.
const LIVE: f64 = 64.0;
const CHURNED: f64 = 128.0;

const KINDS: &[&str] = &[
    "tokio",
    "tokio workers",
    "BTreeMap",
    "BinaryHeap",
    "poll-timer",
];

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
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
        Box::new(Random::<Insert>(PhantomData)),
        Box::new(Random::<Churn>(PhantomData)),
        Box::new(Random::<Expire>(PhantomData)),
    ]
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

/// What is done to a million timers whose deadlines are random.
trait Work: Send + Sync {
    const NAME: &'static str;
    const OPERATION: &'static str;
    const SLICE: u64;
    const KINDS: &'static [&'static str] = KINDS;
    const GOALS: &'static [Goal];

    fn prepare<'fd, T: Timers<Waker> + 'fd>(is_ours: bool) -> io::Result<Run<'fd>>;
}

struct Random<W>(PhantomData<W>);

impl<W: Work> Case for Random<W> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn operation(&self) -> &'static str {
        W::OPERATION
    }

    fn kinds(&self) -> &'static [&'static str] {
        W::KINDS
    }

    fn slice(&self) -> u64 {
        W::SLICE
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn is_long(&self) -> bool {
        true
    }

    fn goals(&self) -> &'static [Goal] {
        W::GOALS
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "tokio" => W::prepare::<Tokio<Current>>(false),
            "tokio workers" => W::prepare::<Tokio<Workers>>(false),
            "BTreeMap" => W::prepare::<Map<Waker>>(false),
            "BinaryHeap" => W::prepare::<Heap<Waker>>(false),
            "poll-timer" => W::prepare::<Ours<Waker>>(true),
            other => Err(unknown_kind(other)),
        }
    }
}

/// Steele, Lea and Flood's generator, by Vigna's constants.
struct Numbers(u64);

impl Numbers {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn within(limit: f64, is_ours: bool, bytes: f64) -> io::Result<()> {
    if is_ours && bytes > limit {
        return Err(io::Error::other(format!("{bytes} bytes for each timer")));
    }
    Ok(())
}

/// From none to a million.
struct Insert;

impl Work for Insert {
    const NAME: &'static str = "insert, 1 000 000";
    const OPERATION: &'static str = "set a timer in the next 60 s, from none to 1 000 000 of them";
    const SLICE: u64 = 2 * MILLION;
    const GOALS: &'static [Goal] = &[Goal::ratio("poll-timer", "tokio", 0.25)];

    fn prepare<'fd, T: Timers<Waker> + 'fd>(is_ours: bool) -> io::Result<Run<'fd>> {
        let mut numbers = Numbers(1);
        Ok(Box::new(move |operations| {
            let (_wakes, waker) = Wakes::new();
            let mut total = Sample::NONE;
            let mut left = operations;
            while left > 0 {
                let count = left.min(MILLION);
                left -= count;
                let mut timers = T::new()?;
                let _guard = timers.enter();
                let mut keys =
                    Vec::with_capacity(usize::try_from(count).map_err(io::Error::other)?);
                let before = bytes();
                let sample = Sample::of_thread(|| {
                    for _ in 0..count {
                        keys.push(
                            timers.insert(20 * SECOND + numbers.below(60 * SECOND), waker.clone()),
                        );
                    }
                    Ok(())
                })?;
                total.add(sample);
                let each = per(bytes() - before, count);
                if count == MILLION {
                    within(LIVE, is_ours, each)?;
                }
                total.bytes = Some(each);
            }
            Ok(total)
        }))
    }
}

/// One cancelled, one set.
struct Churn;

impl Work for Churn {
    const NAME: &'static str = "churn, 1 000 000";
    const OPERATION: &'static str = "cancel one of 1 000 000 timers, set another in the next 60 s";
    const SLICE: u64 = 500_000;
    const GOALS: &'static [Goal] = &[Goal::ratio("poll-timer", "tokio", 0.35)];

    fn prepare<'fd, T: Timers<Waker> + 'fd>(is_ours: bool) -> io::Result<Run<'fd>> {
        let (_wakes, waker) = Wakes::new();
        let mut numbers = Numbers(2);
        let mut keys = Vec::with_capacity(usize::try_from(MILLION).map_err(io::Error::other)?);
        let before = bytes();
        let mut timers = T::new()?;
        let guard = timers.enter();
        // The runs take less time than the first deadlines are away.
        let deadline = |numbers: &mut Numbers| 300 * SECOND + numbers.below(60 * SECOND);
        keys.extend((0..MILLION).map(|_| timers.insert(deadline(&mut numbers), waker.clone())));
        drop(guard);
        let mut held = bytes().wrapping_sub(before);
        let mut run = move |operations| {
            let _guard = timers.enter();
            // Other kinds hold memory too.
            let before = bytes();
            let mut sample = Sample::of_thread(|| {
                for _ in 0..operations {
                    let victim = usize::try_from(numbers.below(MILLION)).unwrap_or(0);
                    timers.cancel(keys.swap_remove(victim));
                    keys.push(timers.insert(deadline(&mut numbers), waker.clone()));
                }
                Ok(())
            })?;
            held = held.wrapping_add(bytes().wrapping_sub(before));
            let each = per(held, MILLION);
            within(CHURNED, is_ours, each)?;
            sample.bytes = Some(each);
            Ok(sample)
        };
        run(2 * MILLION)?;
        Ok(Box::new(run))
    }
}

/// All of them, as time passes.
struct Expire;

impl Work for Expire {
    const NAME: &'static str = "expire, 1 000 000";
    const OPERATION: &'static str = "fire 1 000 000 timers within 0.5 s, a turn every ms";
    const SLICE: u64 = 2 * MILLION;
    const GOALS: &'static [Goal] = &[
        Goal::ratio("poll-timer", "tokio", 0.35),
        Goal::ratio("poll-timer", "BTreeMap", 1.2),
    ];
    // tokio's workers fire on a thread of their own, which is not measured.
    const KINDS: &'static [&'static str] = &["tokio", "BTreeMap", "BinaryHeap", "poll-timer"];

    fn prepare<'fd, T: Timers<Waker> + 'fd>(_is_ours: bool) -> io::Result<Run<'fd>> {
        let mut numbers = Numbers(3);
        Ok(Box::new(move |operations| {
            let mut total = Sample::NONE;
            let mut left = operations;
            while left > 0 {
                let count = left.min(MILLION);
                left -= count;
                let (wakes, waker) = Wakes::new();
                let mut timers = T::new()?;
                let guard = timers.enter();
                // Far enough away that all are set by then.
                let start = 3 * SECOND;
                let keys: Vec<T::Key> = (0..count)
                    .map(|_| timers.insert(start + numbers.below(SECOND / 2), waker.clone()))
                    .collect();
                drop(guard);
                total.add(Sample::of_thread(|| {
                    timers.pass(start, start + SECOND / 2);
                    Ok(())
                })?);
                if wakes.count() != count {
                    return Err(work_missing("wakes", count, wakes.count()));
                }
                drop(keys);
            }
            Ok(total)
        }))
    }
}
