//! Rounds: every kind of a case in turn, in rotating order, compared within the round.

use std::io;
use std::os::fd::OwnedFd;

use crate::alloc::allocations;
use crate::echo::Work;
use crate::goals::Goal;
use crate::results::Row;
use crate::stats::{Quartiles, per, quantiles};
use crate::sys;

/// One way of doing a case's work: runs so many operations and says what they cost.
pub(crate) type Run<'fd> = Box<dyn FnMut(u64) -> io::Result<Sample> + 'fd>;

/// What so many operations of one kind cost.
#[derive(Clone)]
pub(crate) struct Sample {
    /// CPU time in ns, unless the case says that it measures something else.
    pub(crate) cost: u64,
    /// Requests for memory by the measured thread, where it is one of this process.
    pub(crate) allocations: Option<u64>,
    /// How often the woken poller returned, where that is not given.
    pub(crate) returns: Option<u64>,
    /// Memory held for each of what the case is about, where that is counted.
    pub(crate) bytes: Option<f64>,
    /// What each operation took, in ns, where that was looked at one by one.
    pub(crate) latencies: Vec<u64>,
}

impl Sample {
    /// Nothing yet.
    pub(crate) const NONE: Self = Self {
        cost: 0,
        allocations: Some(0),
        returns: None,
        bytes: None,
        latencies: Vec::new(),
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
    /// In a server with so many connections at once.
    Server(Work, usize),
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

/// The place of a case among those of its group that are the same operation at other sizes; all of
/// them are one plot.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// What they have in common: the plot's title.
    pub(crate) series: &'static str,
    /// What there is so much of, such as *connections*.
    pub(crate) of: &'static str,
    /// How much, more than none.
    pub(crate) count: u64,
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

    /// The size, where there are cases of other sizes.
    fn size(&self) -> Option<Size> {
        None
    }

    /// The kinds, without names that end in *again*; the first is the reference, and is measured
    /// once more under such a name.
    fn kinds(&self) -> &'static [&'static str];

    /// How many operations make about ten milliseconds.
    fn slice(&self) -> u64;

    /// Whether a slice takes so long that a third of the rounds has to do; it is all the steadier.
    fn is_long(&self) -> bool {
        false
    }

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

    const fn rounds(self, is_long: bool) -> usize {
        match (self, is_long) {
            (Self::Smoke, _) => 1,
            (Self::Quick, true) => 3,
            (Self::Quick, false) | (Self::Full, true) => 5,
            (Self::Full, false) => 15,
        }
    }

    fn operations(self, slice: u64) -> u64 {
        match self {
            Self::Smoke => (slice / 100).max(1),
            Self::Quick => (slice / 2).max(1),
            Self::Full => slice,
        }
    }
}

/// The descriptors a kind works with, apart from those of other kinds.
pub(crate) fn sources_of(case: &dyn Case) -> io::Result<Vec<OwnedFd>> {
    (0..case.sources()).map(|_| sys::eventfd()).collect()
}

/// What the reference is called when it is measured again: the noise of a case.
const AGAIN: &str = " again";

/// Whether a row is the reference measured again.
pub(crate) fn is_again(name: &str) -> bool {
    name.ends_with(AGAIN)
}

/// What a case measures: the name of each row, and the kind that is run for it.
fn slots(kinds: &[&'static str]) -> Vec<(String, &'static str)> {
    let named = |&kind: &&'static str| (kind.to_owned(), kind);
    let mut slots: Vec<_> = kinds.iter().map(named).collect();
    if let Some(&reference) = kinds.first() {
        slots.insert(1, (format!("{reference}{AGAIN}"), reference));
    }
    slots
}

/// Runs every kind of `case` in turn, round by round; `slice_ended` is told the name of each and
/// what part of the whole is done.
pub(crate) fn compare(
    case: &dyn Case,
    effort: Effort,
    slice_ended: &dyn Fn(&str, f64),
) -> io::Result<Vec<Row>> {
    let slots = slots(case.kinds());
    let operations: Vec<u64> = slots
        .iter()
        .map(|(_, kind)| effort.operations(case.slice() / case.share(kind)))
        .collect();
    let sources = slots
        .iter()
        .map(|_| sources_of(case))
        .collect::<io::Result<Vec<_>>>()?;
    let mut runs = slots
        .iter()
        .zip(&sources)
        .map(|((_, kind), sources)| case.prepare(kind, sources))
        .collect::<io::Result<Vec<_>>>()?;
    // Once without counting: caches, page faults, branch history.
    for (run, operations) in runs.iter_mut().zip(&operations) {
        run(operations.div_ceil(4))?;
    }
    let rounds = effort.rounds(case.is_long());
    let mut samples = vec![Vec::with_capacity(rounds); slots.len()];
    let slices = rounds * slots.len();
    for round in 0..rounds {
        for slot in 0..slots.len() {
            let turn = (slot + round) % slots.len();
            samples[turn].push(runs[turn](operations[turn])?);
            let done = round * slots.len() + slot + 1;
            slice_ended(&slots[turn].0, part(done, slices));
        }
    }
    let costs = |slot: usize| -> Vec<f64> {
        let own = samples[slot].iter();
        own.map(|sample| per(sample.cost, operations[slot]))
            .collect()
    };
    let rows = slots.into_iter().enumerate();
    Ok(rows
        .map(|(slot, (name, _))| {
            let ratios = Quartiles::of(&ratios(&costs(slot), &costs(0)));
            row(
                name,
                &samples[slot],
                (costs(slot), ratios),
                operations[slot],
            )
        })
        .collect())
}

fn ratios(own: &[f64], reference: &[f64]) -> Vec<f64> {
    let pairs = own.iter().zip(reference);
    pairs.map(|(own, reference)| own / reference).collect()
}

fn part(done: usize, all: usize) -> f64 {
    let count = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    count(done) / count(all)
}

fn row(
    kind: String,
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
    let latencies = own.iter().flat_map(|sample| &sample.latencies);
    Row {
        kind,
        cost: Quartiles::of(&rounds),
        ratio,
        rounds,
        latencies: quantiles(latencies.copied().collect()),
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

#[cfg(test)]
mod tests {
    use super::{is_again, slots};
    use crate::groups;

    #[test]
    fn the_reference_is_measured_again_in_the_second_row_of_every_case() {
        for group in groups::ALL {
            for case in (group.cases)() {
                let slots = slots(case.kinds());
                let (first, second) = (&slots[0], &slots[1]);
                assert_eq!(second.0, format!("{} again", first.0), "{}", case.name());
                assert_eq!(second.1, first.1, "{}", case.name());
                let again = slots.iter().filter(|(name, _)| is_again(name)).count();
                assert_eq!(again, 1, "{}", case.name());
            }
        }
    }

    #[test]
    fn cases_of_one_series_differ_in_their_size() {
        for group in groups::ALL {
            let mut sizes = Vec::new();
            for case in (group.cases)() {
                let Some(size) = case.size() else { continue };
                assert!(size.count > 0, "{}", case.name());
                sizes.push((size.series, size.of, size.count));
            }
            let count = sizes.len();
            sizes.sort_unstable();
            sizes.dedup_by_key(|&mut (series, _, count)| (series, count));
            assert_eq!(sizes.len(), count, "{}", group.name);
            for pair in sizes.windows(2) {
                let is_same = pair[0].0 == pair[1].0;
                assert!(!is_same || pair[0].1 == pair[1].1, "{}", group.name);
            }
        }
    }
}
