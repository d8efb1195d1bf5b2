//! Group *memory*: what an idle task and an idle connection of a runtime take.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample};
use crate::hold::Held;
use crate::stats::per;

const TASK: &[Goal] = &[
    Goal::ratio("poll-async", "tokio", 0.4),
    Goal::ratio("poll-async", "smol", 1.0),
];
const CONNECTION: &[Goal] = &[Goal::cost("poll-async", 384.0)];

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
        Box::new(Memory {
            name: "idle task",
            operation: "resident memory of a task that waits to be woken; its end is not awaited",
            held: Held::Tasks,
            slice: 100_000,
            goals: TASK,
        }),
        Box::new(Memory {
            name: "sleeping task",
            operation: "the same of one that sleeps, with its timer",
            held: Held::Sleepers,
            slice: 100_000,
            goals: &[],
        }),
        Box::new(Memory {
            name: "idle connection",
            operation: "the same of one that waits to read, beyond its buffer",
            held: Held::Connections,
            slice: 4_000,
            goals: CONNECTION,
        }),
    ]
}

struct Memory {
    name: &'static str,
    operation: &'static str,
    held: Held,
    slice: u64,
    goals: &'static [Goal],
}

impl Case for Memory {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn unit(&self) -> &'static str {
        "bytes"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["tokio", "smol", "monoio", "compio", "poll-async"]
    }

    fn slice(&self) -> u64 {
        self.slice
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let words = ["hold", self.held.name(), kind].map(str::to_owned);
        // A process of its own each time, whose memory is that of nothing else.
        Ok(Box::new(move |operations| {
            let output = Command::new(std::env::current_exe()?)
                .args(&words)
                .arg(operations.to_string())
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            let mut numbers = text.lines().map(str::parse::<u64>);
            match (output.status.success(), numbers.next(), numbers.next()) {
                (true, Some(Ok(resident)), Some(Ok(requested))) => Ok(Sample {
                    cost: resident,
                    allocations: None,
                    bytes: Some(per(requested, operations)),
                    ..Sample::NONE
                }),
                _ => Err(io::Error::other(format!(
                    "a process that holds tasks ended with {} and {text:?}",
                    output.status
                ))),
            }
        }))
    }
}
