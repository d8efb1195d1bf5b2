//! A server as a process of its own, which is ended whatever happens.

use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader, Error, ErrorKind, Result};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use poll_os::{ChildExit, Events, Interest, Poll, Signal, Token, Trigger};
use sys_process::{Pid, kill};

/// A server as a process of its own; killed when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    output: BufReader<ChildStdout>,
}

const LINE_LIMIT: Duration = Duration::from_secs(20);

impl ServerProcess {
    /// Starts a server, as `command` says but on a free port, and waits for its address: the first
    /// one in the first line that it prints.
    ///
    /// # Errors
    ///
    /// The program cannot be started, or does not print its address within 20 seconds.
    pub fn start(mut command: Command) -> Result<Self> {
        command
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        let mut this = Self {
            child,
            address: SocketAddr::from(([0; 4], 0)),
            output: BufReader::new(output),
        };
        let line = this.line()?;
        let address = line
            .split(['/', ' ', ','])
            .find_map(|word| word.parse().ok());
        this.address = address.ok_or_else(|| Error::new(ErrorKind::InvalidData, line))?;
        Ok(this)
    }

    /// The path of the program `name`, which cargo puts beside this one.
    ///
    /// # Errors
    ///
    /// The system does not tell where this program is.
    pub fn program(name: &str) -> Result<PathBuf> {
        let path = std::env::current_exe()?.with_file_name(name);
        if path.is_file() {
            return Ok(path);
        }
        let what = format!("{} is missing: build all programs first", path.display());
        Err(Error::new(ErrorKind::NotFound, what))
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The time that its threads have spent on a processor, of those that have not ended, where the
    /// system tells it to the nanosecond (Linux).
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        let id = self.id().to_string();
        let threads = Path::new("/proc").join(id).join("task");
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(threads).ok()? {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            let nanos = text.split_whitespace().next()?.parse().ok()?;
            total += Duration::from_nanos(nanos);
        }
        Some(total)
    }

    /// Sends it a signal.
    ///
    /// # Errors
    ///
    /// It has ended and was waited for.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or(ErrorKind::InvalidInput)?;
        Ok(kill(id, signal)?)
    }

    /// Waits for its end; none if it runs longer than `limit`.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left for the wait.
    pub fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let exit = ChildExit::new(&self.child)?;
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(1);
        let readable = Interest::READABLE;
        poll.registry()
            .register(&exit, Token(0), readable, Trigger::Level)?;
        loop {
            poll.wait(&mut events, Some(limit))?;
            if exit.try_status()?.is_some() {
                return self.child.wait().map(Some);
            }
            if events.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The next line that it prints, without its end; empty when it has closed its output.
    ///
    /// # Errors
    ///
    /// It does not come within 20 seconds, or is no text.
    pub fn line(&mut self) -> Result<String> {
        let is_here = !self.output.buffer().is_empty();
        if !is_here && !is_readable_within(self.output.get_ref(), LINE_LIMIT)? {
            return Err(ErrorKind::TimedOut.into());
        }
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // An error says that it has ended and was waited for, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether `source` becomes readable before `limit` has passed.
///
/// # Errors
///
/// The system has no descriptor left for the wait, or the source cannot be waited for.
pub fn is_readable_within(source: &impl AsFd, limit: Duration) -> Result<bool> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1);
    poll.registry()
        .register(source, Token(0), Interest::READABLE, Trigger::Level)?;
    poll.wait(&mut events, Some(limit))?;
    Ok(!events.is_empty())
}
