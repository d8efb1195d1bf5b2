//! Rounds: every kind of a case in turn, in rotating order, compared within the round.

use std::io;
use std::os::fd::OwnedFd;

use crate::alloc::allocations;
use crate::goals::Goal;
use crate::stats::{Quartiles, per};
use crate::sys;

/// One way of doing a case's work: runs so many operations and says what they cost.
pub(crate) type Run<'fd> = Box<dyn FnMut(u64) -> io::Result<Sample> + 'fd>;

/// What so many operations of one kind cost.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// CPU time in ns, unless the case says that it measures something else.
    pub(crate) cost: u64,
    /// Requests for memory by the measured thread, where it is one of this process.
    pub(crate) allocations: Option<u64>,
    /// How often the woken poller returned, where that is not given.
    pub(crate) returns: Option<u64>,
    /// Memory held for each of what the case is about, where that is counted.
    pub(crate) bytes: Option<f64>,
    /// The median of the operations, where the cost is that of hardly any.
    pub(crate) p50: Option<u64>,
}

impl Sample {
    /// Nothing yet.
    pub(crate) const NONE: Self = Self {
        cost: 0,
        allocations: Some(0),
        returns: None,
        bytes: None,
        p50: None,
    };

    /// Adds the costs of `other`.
    pub(crate) fn add(&mut self, other: Self) {
        self.cost += other.cost;
        self.allocations = self
            .allocations
            .zip(other.allocations)
            .map(|(one, more)| one + more);
    }

    /// Measures `work` by this thread's CPU time.
    pub(crate) fn of_thread(work: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        Self::by(sys::thread_cpu_ns, work)
    }

    /// Measures `work` by the CPU time of all threads; only this one's allocations are counted.
    pub(crate) fn of_process(work: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        Self::by(sys::process_cpu_ns, work)
    }

    fn by(
        cpu_ns: fn() -> io::Result<u64>,
        work: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<Self> {
        let memory = allocations();
        let start = cpu_ns()?;
        work()?;
        let end = cpu_ns()?;
        Ok(Self {
            cost: end - start,
            allocations: Some(allocations() - memory),
            ..Self::NONE
        })
    }
}

/// How the system calls of a case are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// In a child that does nothing else; the bench itself makes so many for each operation.
    Own(u64),
    /// In an echo server with so many connections.
    Server(usize),
    /// Not at all: their number depends on how two threads meet.
    Varying,
}

/// Counts that a kind has to meet exactly, per operation.
#[derive(Clone, Copy)]
pub(crate) struct Promise {
    /// System calls, where they can be counted.
    pub(crate) calls: Option<f64>,
    /// Requests for memory.
    pub(crate) allocations: f64,
}

impl Promise {
    /// An error if `row` breaks the promise; what could not be counted breaks nothing.
    pub(crate) fn check(self, row: &Row) -> io::Result<()> {
        let differs = |promised: f64, found: Option<f64>| {
            // Less than one in a thousand operations.
            found.is_some_and(|found| (found - promised).abs() >= 0.001)
        };
        let calls = self.calls.is_some_and(|calls| differs(calls, row.calls));
        if calls || differs(self.allocations, row.allocations) {
            return Err(io::Error::other(format!(
                "{} breaks its promise: {:?} system calls and {:?} allocations per operation",
                row.kind, row.calls, row.allocations
            )));
        }
        Ok(())
    }
}

/// A case of a group: one operation, done by several kinds.
pub(crate) trait Case: Send + Sync {
    /// The name in tables, on the command line and in the results file.
    fn name(&self) -> &'static str;

    /// What one operation is.
    fn operation(&self) -> &'static str;

    /// What its cost is counted in.
    fn unit(&self) -> &'static str {
        "ns"
    }

    /// The kinds; the first is the reference.
    fn kinds(&self) -> &'static [&'static str];

    /// How many operations make about ten milliseconds.
    fn slice(&self) -> u64;

    /// A kind does one of so many of the operations, where each takes it that much longer than the
    /// others.
    fn share(&self, kind: &str) -> u64 {
        let _ = kind;
        1
    }

    /// How many eventfds a kind gets as sources.
    fn sources(&self) -> usize {
        0
    }

    /// How its system calls are counted.
    fn calls(&self) -> Calls;

    /// What a kind must do whatever the machine, or nothing if no such thing is promised.
    fn promise(&self, kind: &str) -> Option<Promise> {
        let _ = kind;
        None
    }

    /// What is meant to be reached.
    fn goals(&self) -> &'static [Goal] {
        &[]
    }

    /// Whether all of a kind's work is on the thread that runs it, so that its instructions can be
    /// counted.
    fn is_single_threaded(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }

    /// Makes a kind ready to run.
    fn prepare<'fd>(&self, kind: &str, sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>>;
}

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// One short round: shows that everything works, measures nothing.
    Smoke,
    /// Seconds.
    Quick,
    /// Minutes.
    Full,
}

impl Effort {
    /// The word for it on the command line and in the results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }

    const fn rounds(self) -> usize {
        match self {
            Self::Smoke => 1,
            Self::Quick => 7,
            Self::Full => 21,
        }
    }

    fn operations(self, slice: u64) -> u64 {
        match self {
            Self::Smoke => (slice / 100).max(1),
            Self::Quick => (slice / 2).max(1),
            Self::Full => slice * 2,
        }
    }
}

/// A kind's line of a table.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    /// Of one operation.
    pub(crate) cost: Quartiles,
    /// To the reference, in the same round.
    pub(crate) ratio: Quartiles,
    /// The same, of each round.
    rounds: Vec<f64>,
    /// What half of the operations do not exceed, where the cost is what hardly any does.
    pub(crate) p50: Option<f64>,
    pub(crate) allocations: Option<f64>,
    pub(crate) returns: Option<f64>,
    pub(crate) calls: Option<f64>,
    pub(crate) bytes: Option<f64>,
}

impl Row {
    /// One of which nothing but its cost is known.
    #[cfg(test)]
    pub(crate) fn of_rounds(kind: &'static str, rounds: &[f64]) -> Self {
        Self {
            kind,
            cost: Quartiles::of(rounds),
            ratio: Quartiles::of(&[1.0]),
            rounds: rounds.to_vec(),
            p50: None,
            allocations: None,
            returns: None,
            calls: None,
            bytes: None,
        }
    }

    /// The ratio to another kind, in the same round.
    pub(crate) fn ratio_to(&self, other: &Self) -> Quartiles {
        self.beside(other, |own, other| own / other)
    }

    /// The distance from another kind, in the same round.
    pub(crate) fn above(&self, other: &Self) -> Quartiles {
        self.beside(other, |own, other| own - other)
    }

    fn beside(&self, other: &Self, figure: fn(f64, f64) -> f64) -> Quartiles {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let figures: Vec<f64> = pairs.map(|(&own, &other)| figure(own, other)).collect();
        Quartiles::of(&figures)
    }
}

/// The descriptors a kind works with, apart from those of other kinds.
pub(crate) fn sources_of(case: &dyn Case) -> io::Result<Vec<OwnedFd>> {
    (0..case.sources()).map(|_| sys::eventfd()).collect()
}

/// Runs every kind of `case` in turn, round by round.
pub(crate) fn compare(case: &dyn Case, effort: Effort) -> io::Result<Vec<Row>> {
    let kinds = case.kinds();
    let operations: Vec<u64> = kinds
        .iter()
        .map(|kind| effort.operations(case.slice() / case.share(kind)))
        .collect();
    let sources = kinds
        .iter()
        .map(|_| sources_of(case))
        .collect::<io::Result<Vec<_>>>()?;
    let mut runs = kinds
        .iter()
        .zip(&sources)
        .map(|(kind, sources)| case.prepare(kind, sources))
        .collect::<io::Result<Vec<_>>>()?;
    // Once without counting: caches, page faults, branch history.
    for (run, operations) in runs.iter_mut().zip(&operations) {
        run(operations.div_ceil(4))?;
    }
    let mut samples = vec![Vec::with_capacity(effort.rounds()); kinds.len()];
    for round in 0..effort.rounds() {
        for slot in 0..kinds.len() {
            let turn = (slot + round) % kinds.len();
            samples[turn].push(runs[turn](operations[turn])?);
        }
    }
    let costs = |kind: usize| -> Vec<f64> {
        let own = samples[kind].iter();
        own.map(|sample| per(sample.cost, operations[kind]))
            .collect()
    };
    Ok((0..kinds.len())
        .map(|kind| {
            let ratios = Quartiles::of(&ratios(&costs(kind), &costs(0)));
            row(
                kinds[kind],
                &samples[kind],
                (costs(kind), ratios),
                operations[kind],
            )
        })
        .collect())
}

fn ratios(own: &[f64], reference: &[f64]) -> Vec<f64> {
    let pairs = own.iter().zip(reference);
    pairs.map(|(own, reference)| own / reference).collect()
}

fn row(
    kind: &'static str,
    own: &[Sample],
    (rounds, ratio): (Vec<f64>, Quartiles),
    operations: u64,
) -> Row {
    // The most of all rounds: a single allocation in one round is to be seen.
    let allocations = own.iter().filter_map(|sample| sample.allocations).max();
    let returns = own
        .iter()
        .map(|sample| sample.returns)
        .collect::<Option<Vec<_>>>();
    let p50: Option<Vec<f64>> = own
        .iter()
        .map(|sample| sample.p50.map(|total| per(total, 1)))
        .collect();
    Row {
        kind,
        cost: Quartiles::of(&rounds),
        ratio,
        rounds,
        p50: p50.map(|figures| Quartiles::of(&figures).median),
        allocations: allocations.map(|most| per(most, operations)),
        returns: returns.map(|returns| {
            let figures: Vec<f64> = returns.iter().map(|&n| per(n, operations)).collect();
            Quartiles::of(&figures).median
        }),
        calls: None,
        bytes: own
            .iter()
            .filter_map(|sample| sample.bytes)
            .reduce(f64::max),
    }
}
