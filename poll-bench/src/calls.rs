//! System calls, counted from outside: this program again under a tracer, at two sizes, the
//! difference divided.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::echo::{Server, Work};
use crate::harness::{Calls, Case};
use crate::stats::{float, slope};

/// What counts system calls of a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracer {
    /// `perf stat` on the tracepoint of all calls.
    Perf,
    /// `strace -c -f`.
    Strace,
}

impl Tracer {
    /// The one that works here, tried on a program that does nothing.
    pub(crate) fn find() -> Option<Self> {
        [Self::Perf, Self::Strace].into_iter().find(|tracer| {
            tracer
                .calls(&["true".to_owned()])
                .is_ok_and(|calls| calls > 0)
        })
    }

    /// The tool's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Perf => "perf stat",
            Self::Strace => "strace -c -f",
        }
    }

    fn arguments(self, output: &str) -> Vec<String> {
        let arguments: &[&str] = match self {
            Self::Perf => &[
                "perf",
                "stat",
                "-x,",
                "-e",
                "raw_syscalls:sys_enter",
                "-o",
                output,
            ],
            Self::Strace => &["strace", "-c", "-f", "-o", output],
        };
        arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect()
    }

    fn read(self, output: &PathBuf) -> io::Result<u64> {
        let text = std::fs::read_to_string(output)?;
        let found = match self {
            Self::Perf => text
                .lines()
                .find(|line| line.contains("raw_syscalls"))
                .and_then(|line| line.split(',').next()),
            Self::Strace => text
                .lines()
                .find(|line| line.ends_with("total"))
                .and_then(|line| line.split_whitespace().nth(3)),
        };
        let number = found.unwrap_or_default();
        number.trim().parse().map_err(|error| {
            io::Error::other(format!("{}: no count in {text:?}: {error}", self.name()))
        })
    }

    // All calls of a program from its start to its end.
    fn calls(self, program: &[String]) -> io::Result<u64> {
        let output = scratch("calls")?;
        let words = self.arguments(&output.to_string_lossy());
        let status = Command::new(&words[0])
            .args(&words[1..])
            .args(program)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(io::Error::other(format!(
                "{} ended with {status}",
                self.name()
            )));
        }
        self.read(&output)
    }
}

/// A file of this process's own, for a tool to write into.
pub(crate) fn scratch(name: &str) -> io::Result<PathBuf> {
    let folder = crate::report::folder()?;
    Ok(folder.join(format!("{name}.{}", std::process::id())))
}

/// System calls per operation of one kind, without those of the bench itself.
pub(crate) fn per_operation(
    tracer: Tracer,
    group: &str,
    case: &dyn Case,
    kind: &str,
) -> io::Result<Option<f64>> {
    let own_calls = match case.calls() {
        Calls::Own(calls) => calls,
        Calls::Server(work, connections) => {
            return per_message(tracer, (work, kind), connections).map(Some);
        }
        Calls::Varying => return Ok(None),
    };
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    let total = |operations: u64| -> io::Result<(u64, u64)> {
        let words = ["count", group, case.name(), kind];
        let mut command = vec![program.clone()];
        command.extend(words.map(str::to_owned));
        command.push(operations.to_string());
        Ok((tracer.calls(&command)?, operations))
    };
    let found = slope(total(SMALL)?, total(LARGE)?);
    Ok(Some(found - float(own_calls)))
}

const SMALL: u64 = 100;
const LARGE: u64 = 600;

// System calls per message of an echo server, or per connection.
fn per_message(tracer: Tracer, kind: (Work, &str), connections: usize) -> io::Result<f64> {
    let round = u64::try_from(connections).map_err(io::Error::other)?;
    let total = |messages: u64| -> io::Result<(u64, u64)> {
        let output = scratch("calls")?;
        let words = tracer.arguments(&output.to_string_lossy());
        let wrapper: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut server = Server::start(&wrapper, kind, connections, messages)?;
        server.drive(messages)?;
        server.finish()?;
        Ok((tracer.read(&output)?, messages))
    };
    let size = 1_000_u64.next_multiple_of(round);
    Ok(slope(total(size)?, total(4 * size)?))
}
