//! Group *rt*: what a runtime's tasks, queues and timers cost, on one thread and on two workers.

mod programs;

use std::io;
use std::os::fd::OwnedFd;

use self::programs::Outstanding;
use super::{unknown_kind, work_missing};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample, Size};
use crate::peers::runtimes::{Compio, Monoio, Ours, Runtime, Smol, Tokio};

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    PROGRAMS
        .iter()
        .map(|program| -> Box<dyn Case> { Box::new(*program) })
        .collect()
}

/// A program and the runtimes it runs on.
#[derive(Clone, Copy)]
struct Program {
    name: &'static str,
    operation: &'static str,
    kinds: &'static [&'static str],
    slice: u64,
    what: What,
    goals: &'static [Goal],
}

#[derive(Clone, Copy)]
enum What {
    SpawnAndJoin,
    // Not from a task but from what the runtime is blocked on.
    SpawnAndJoinOutside,
    SpawnMany,
    Yield,
    PingPong,
    Ask,
    Mutex,
    Queue { senders: u64 },
    Sleep { outstanding: usize },
}

/// A runtime of one thread; the reference has neither sockets nor timers, all others have both.
const ONE: &[&str] = &["tokio bare", "tokio", "smol", "monoio", "compio", OURS];
const TWO: &[&str] = &["tokio workers", "smol workers", OUR_WORKERS];
// The reference is the cheapest of the peers.
const TIMED: &[&str] = &[
    "tokio",
    "tokio workers",
    "smol",
    "monoio",
    "compio",
    OURS,
    OUR_WORKERS,
];
const OURS: &str = "poll-async";
const OUR_WORKERS: &str = "poll-async workers";

const SPAWN_AND_JOIN: Program = Program {
    name: "spawn + join",
    operation: "a task starts one and waits for it",
    kinds: ONE,
    slice: 50_000,
    what: What::SpawnAndJoin,
    goals: &[Goal::ratio(OURS, "tokio bare", 0.65)],
};
const SPAWN_MANY: Program = Program {
    name: "spawn 100 000",
    operation: "a task starts so many, then waits for each",
    kinds: ONE,
    slice: 100_000,
    what: What::SpawnMany,
    goals: &[
        Goal::ratio(OURS, "tokio", 0.65),
        Goal::ratio(OURS, "smol", 0.9),
    ],
};
const YIELD: Program = Program {
    name: "yield, 1 000 tasks",
    operation: "a task lets the others run",
    kinds: ONE,
    slice: 400_000,
    what: What::Yield,
    goals: &[Goal::ratio(OURS, "tokio bare", 1.15)],
};
const PING_PONG: Program = Program {
    name: "ping-pong",
    operation: "a value to another task and back, by queues with room for one",
    kinds: ONE,
    slice: 50_000,
    what: What::PingPong,
    goals: &[],
};
const ASK: Program = Program {
    name: "ask",
    operation: "start a task, ask it and hear its answer, by channels for one value, join it",
    kinds: ONE,
    slice: 30_000,
    what: What::Ask,
    goals: &[],
};
const MUTEX: Program = Program {
    name: "mutex, 8 tasks",
    operation: "lock, add, unlock, let others run",
    kinds: ONE,
    slice: 100_000,
    what: What::Mutex,
    goals: &[],
};
const QUEUE: Program = Program {
    name: "queue, 1 to 1",
    operation: "a value from task to task, by a queue with room for 128",
    kinds: ONE,
    slice: 200_000,
    what: What::Queue { senders: 1 },
    goals: &[Goal::ratio(OURS, "tokio", 0.5)],
};
const QUEUE_OF_FOUR: Program = Program {
    name: "queue, 4 to 1",
    what: What::Queue { senders: 4 },
    ..QUEUE
};
const SLEEP: Program = Program {
    name: "sleep, 1 000 outstanding",
    operation: "set a timer and poll it once, drop the oldest",
    kinds: TIMED,
    slice: 100_000,
    what: What::Sleep { outstanding: 1_000 },
    goals: &[
        Goal::ratio(OURS, "tokio", 0.65),
        Goal::ratio(OUR_WORKERS, "tokio workers", 0.65),
        Goal::calls(OURS, 0.0),
    ],
};

/// The same with two workers.
const fn on_workers(program: Program, name: &'static str, goals: &'static [Goal]) -> Program {
    Program {
        name,
        kinds: TWO,
        // Threads that meet need longer than one that is alone.
        slice: 2 * program.slice,
        goals,
        ..program
    }
}

const PROGRAMS: &[Program] = &[
    SPAWN_AND_JOIN,
    Program {
        name: "spawn + join, outside",
        operation: "what the runtime is blocked on starts a task and waits for it",
        what: What::SpawnAndJoinOutside,
        ..SPAWN_AND_JOIN
    },
    SPAWN_MANY,
    YIELD,
    PING_PONG,
    ASK,
    MUTEX,
    QUEUE,
    QUEUE_OF_FOUR,
    on_workers(
        SPAWN_AND_JOIN,
        "spawn + join, 2 workers",
        &[Goal::ratio(OUR_WORKERS, "tokio workers", 0.6)],
    ),
    on_workers(SPAWN_MANY, "spawn 100 000, 2 workers", &[]),
    on_workers(YIELD, "yield, 1 000 tasks, 2 workers", &[]),
    on_workers(
        PING_PONG,
        "ping-pong, 2 workers",
        &[Goal::ratio(OUR_WORKERS, "tokio workers", 0.8)],
    ),
    on_workers(
        ASK,
        "ask, 2 workers",
        &[Goal::ratio(OUR_WORKERS, "tokio workers", 0.8)],
    ),
    on_workers(MUTEX, "mutex, 8 tasks, 2 workers", &[]),
    on_workers(
        QUEUE,
        "queue, 1 to 1, 2 workers",
        &[Goal::ratio(OUR_WORKERS, "tokio workers", 0.5)],
    ),
    on_workers(
        QUEUE_OF_FOUR,
        "queue, 4 to 1, 2 workers",
        &[Goal::ratio(OUR_WORKERS, "tokio workers", 0.5)],
    ),
    SLEEP,
    Program {
        name: "sleep, 1 000 000 outstanding",
        what: What::Sleep {
            outstanding: 1_000_000,
        },
        goals: &[
            Goal::ratio(OURS, "tokio", 0.65),
            Goal::ratio(OUR_WORKERS, "tokio workers", 0.65),
        ],
        ..SLEEP
    },
];

impl Case for Program {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn size(&self) -> Option<Size> {
        let What::Sleep { outstanding } = self.what else {
            return None;
        };
        u64::try_from(outstanding).ok().map(|count| Size {
            series: "sleep",
            of: "outstanding timers",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        self.kinds
    }

    fn slice(&self) -> u64 {
        self.slice
    }

    fn calls(&self) -> Calls {
        match self.what {
            What::Sleep { outstanding: 1_000 } => Calls::Own(0),
            // With workers their number depends on how they meet; a million timers take too long.
            What::Sleep { .. } => Calls::Varying,
            _ if self.kinds == ONE => Calls::Own(0),
            _ => Calls::Varying,
        }
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn is_single_threaded(&self, kind: &str) -> bool {
        !kind.contains("workers")
            && !matches!(self.what, What::Sleep { outstanding } if outstanding > 1_000)
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        Ok(match kind {
            "tokio bare" => self.on(Tokio::bare()?, false),
            "tokio" => self.on(Tokio::one()?, false),
            "tokio workers" => self.on(Tokio::workers()?, true),
            "smol" => self.on(Smol::one(), false),
            "monoio" => self.on(Monoio::one()?, false),
            "compio" => self.on(Compio::one()?, false),
            "smol workers" => self.on(Smol::workers(), true),
            OURS => self.on(Ours::one()?, false),
            OUR_WORKERS => self.on(Ours::workers()?, true),
            other => return Err(unknown_kind(other)),
        })
    }
}

impl Program {
    fn on<'fd, R: Runtime>(&self, runtime: R, has_workers: bool) -> Run<'fd> {
        let what = self.what;
        let mut timers = Outstanding::<R>::new();
        Box::new(move |operations| {
            let mut sample = match what {
                What::Sleep { outstanding } => {
                    sleeps(&runtime, &mut timers, outstanding, operations)
                }
                other => Sample::of_process(|| once(&runtime, other, operations)),
            }?;
            if has_workers {
                // Theirs are not counted.
                sample.allocations = None;
            }
            Ok(sample)
        })
    }
}

// One run of a program that keeps nothing.
fn once<R: Runtime>(runtime: &R, what: What, operations: u64) -> io::Result<()> {
    let numbers = |count: u64| count * count.saturating_sub(1) / 2;
    match what {
        What::SpawnAndJoin => {
            let work = programs::spawn_and_join::<R>(operations);
            in_a_task(runtime, work, numbers(operations))
        }
        What::SpawnAndJoinOutside => {
            let sum = runtime.block_on(programs::spawn_and_join::<R>(operations))?;
            expect(numbers(operations), sum)
        }
        What::SpawnMany => {
            let work = programs::spawn_many::<R>(operations);
            in_a_task(runtime, work, numbers(operations))
        }
        What::Yield => {
            let each = operations.div_ceil(1_000);
            let work = programs::yields::<R>(1_000, each);
            in_a_task(runtime, work, 1_000 * each)
        }
        What::PingPong => in_a_task(runtime, programs::ping_pong::<R>(operations), operations),
        What::Ask => {
            let work = programs::ask::<R>(operations);
            in_a_task(runtime, work, numbers(operations))
        }
        What::Mutex => {
            let each = operations.div_ceil(8);
            in_a_task(runtime, programs::adding::<R>(8, each), 8 * each)
        }
        What::Queue { senders } => {
            let each = operations.div_ceil(senders);
            let work = programs::queue::<R>(senders, each);
            in_a_task(runtime, work, senders * numbers(each))
        }
        What::Sleep { .. } => Ok(()),
    }
}

// In a task and not in what the runtime is blocked on, which on two workers is none of theirs.
fn in_a_task<R: Runtime>(
    runtime: &R,
    work: impl Future<Output = io::Result<u64>> + Send + 'static,
    expected: u64,
) -> io::Result<()> {
    let task = runtime.start(work);
    let sum = runtime.block_on(async { R::joined(task.await) })??;
    expect(expected, sum)
}

fn expect(expected: u64, sum: u64) -> io::Result<()> {
    if sum == expected {
        return Ok(());
    }
    Err(work_missing("sum", expected, sum))
}

fn sleeps<R: Runtime>(
    runtime: &R,
    timers: &mut Outstanding<R>,
    outstanding: usize,
    operations: u64,
) -> io::Result<Sample> {
    let is_first = timers.len() < outstanding;
    let mut run = |count: u64| {
        let task = runtime.start(programs::sleeps::<R>(
            core::mem::take(timers),
            outstanding,
            count,
        ));
        let (left, registered) = runtime.block_on(async { R::joined(task.await) })?;
        *timers = left;
        match registered == count {
            true => Ok(()),
            false => Err(work_missing("timers", count, registered)),
        }
    };
    if is_first {
        // Not measured. As many again are dropped, so that memory is as large as it gets.
        run(2 * u64::try_from(outstanding).map_err(io::Error::other)?)?;
    }
    Sample::of_process(|| run(operations))
}
