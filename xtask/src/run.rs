//! Running other programs: each is printed so that it can be pasted, and none reads the keyboard.

mod running;

use core::cell::RefCell;
use core::time::Duration;
use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use crate::workspace::root;

pub(crate) use running::Running;

/// A command line with its own environment, run in the root of the checkout unless told otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    folder: PathBuf,
}

impl Call {
    pub(crate) fn new(program: &str, arguments: &[&str]) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments
                .iter()
                .map(|argument| (*argument).to_owned())
                .collect(),
            environment: Vec::new(),
            folder: root(),
        }
    }

    /// A call of cargo, its arguments separated by spaces.
    pub(crate) fn cargo(arguments: &str) -> Self {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        Self::new("cargo", &arguments)
    }

    /// Adds an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it in another folder than the root.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// Adds arguments as they are.
    pub(crate) fn args(mut self, arguments: &[String]) -> Self {
        self.arguments.extend_from_slice(arguments);
        self
    }

    /// Prints the line, runs it to its end, and fails unless it succeeds.
    pub(crate) fn run(&self) -> Result<(), String> {
        println!("$ {}", self.line());
        let status = self.command().status().map_err(|e| self.failed(&e))?;
        self.judged(status)
    }

    /// Like [`run`](Self::run), but kills the program when it takes longer than `limit`, and the
    /// programs that it started.
    pub(crate) fn run_within(&self, limit: Duration) -> Result<(), String> {
        println!("$ {}", self.line());
        let mut child = self.leader().spawn().map_err(|e| self.failed(&e))?;
        self.ended_within(&mut child, limit)?
    }

    /// Like [`run`](Self::run), and hands back what the program wrote to standard output.
    pub(crate) fn output(&self) -> Result<String, String> {
        println!("$ {}", self.line());
        let output = self.command().stderr(Stdio::inherit()).output();
        let output = output.map_err(|e| self.failed(&e))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if let Err(failed) = self.judged(output.status) {
            // Nobody gets it now, and it says why.
            print!("{text}");
            return Err(failed);
        }
        Ok(text)
    }

    /// Like [`run_within`](Self::run_within), and hands back what the program wrote to standard
    /// output beside how it ended; the lines that `shows` picks are printed as they come.
    pub(crate) fn transcript_within(
        &self,
        limit: Duration,
        shows: fn(&str) -> bool,
    ) -> Result<(String, Result<(), String>), String> {
        /// For what was written before the end, which only has to be read.
        const REST: Duration = Duration::from_secs(5);
        println!("$ {}", self.line());
        let spawned = self.leader().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let output = child.stdout.take();
        // A thread of its own reads, because a read has no limit.
        let (read, lines) = channel();
        thread::spawn(move || {
            output.map(|output| echo(output, shows, |line| read.send(line).is_ok()))
        });
        let ended = self.ended_within(&mut child, limit)?;
        let (text, whole) = rest_of(&lines, REST);
        let open = || {
            format!(
                "left a program behind that can still write: {}",
                self.line()
            )
        };
        let whole = whole.then_some(()).ok_or_else(open);
        Ok((text, ended.and(whole)))
    }

    /// Like [`output`](Self::output), but each line is printed as it comes, and what was written is
    /// handed back beside how the program ended.
    pub(crate) fn transcript(&self) -> Result<(String, Result<(), String>), String> {
        println!("$ {}", self.line());
        let spawned = self.command().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let text = RefCell::new(String::new());
        if let Some(output) = child.stdout.take() {
            let keep = |line: String| {
                text.borrow_mut().push_str(&line);
                true
            };
            echo(output, |_line| true, keep);
        }
        let status = child.wait().map_err(|e| self.failed(&e))?;
        Ok((text.into_inner(), self.judged(status)))
    }

    /// Like [`run`](Self::run) for a program that has to fail; hands back what it complained about,
    /// which is empty if it succeeded.
    pub(crate) fn refusal(&self) -> Result<String, String> {
        println!("$ {}   # has to fail", self.line());
        let output = self.command().output().map_err(|e| self.failed(&e))?;
        if output.status.success() {
            return Ok(String::new());
        }
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs two programs at once, the standard output of the first being the standard input of the
    /// second, and hands back how the second ended; the first must succeed if the second does.
    pub(crate) fn pipe_into(&self, second: &Self) -> Result<ExitStatus, String> {
        println!("$ {} | {}", self.line(), second.line());
        let first = self.command().stdout(Stdio::piped()).spawn();
        let mut first = first.map_err(|e| self.failed(&e))?;
        let output = first.stdout.take().map_or_else(Stdio::null, Stdio::from);
        // Waits for the first one in any case, so that it is not left behind.
        let ended = second.command().stdin(output).status();
        let begun = first.wait().map_err(|e| self.failed(&e))?;
        let ended = ended.map_err(|e| second.failed(&e))?;
        if ended.success() {
            self.judged(begun)?;
        }
        Ok(ended)
    }

    /// Whether the program exists and succeeds; silent.
    pub(crate) fn works(&self) -> bool {
        let mut command = self.command();
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    /// The line to paste into a shell.
    pub(crate) fn line(&self) -> String {
        let environment = self.environment.iter();
        let mut words: Vec<String> = environment
            .map(|(name, value)| format!("{name}={}", quoted(value)))
            .collect();
        words.push(self.program.clone());
        words.extend(self.arguments.iter().map(|argument| quoted(argument)));
        words.join(" ")
    }

    fn command(&self) -> Command {
        // Cargo tells its children which cargo it is, so that a chosen toolchain stays chosen.
        let program = match self.program.as_str() {
            "cargo" => env::var("CARGO").unwrap_or_else(|_unset| "cargo".to_owned()),
            other => other.to_owned(),
        };
        let mut command = Command::new(program);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The command, as the leader of a group: what it starts can be killed with it. The price is
    /// that the keyboard's interrupt does not reach the group.
    fn leader(&self) -> Command {
        let mut command = self.command();
        command.process_group(0);
        command
    }

    /// How the leader of a group ended; one that did not within the limit is killed, and its group.
    fn ended_within(
        &self,
        child: &mut Child,
        limit: Duration,
    ) -> Result<Result<(), String>, String> {
        if let Some(status) = wait(child, limit).map_err(|e| self.failed(&e))? {
            return Ok(self.judged(status));
        }
        // std has no call for a group; nothing else has its number before the leader is waited for.
        let group = format!("kill -s KILL -- -{}", child.id());
        let others = Self::new("sh", &["-c", &group]).command().status();
        // The group has ended with its leader by then, unless there is no shell.
        let killed = child.kill().and_then(|()| child.wait());
        others.and(killed).map_err(|e| self.failed(&e))?;
        Ok(Err(format!(
            "did not end within {} s: {}",
            limit.as_secs(),
            self.line()
        )))
    }

    fn judged(&self, status: ExitStatus) -> Result<(), String> {
        if status.success() {
            return Ok(());
        }
        Err(format!("{status}: {}", self.line()))
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{error}: {}", self.line())
    }
}

/// The present instant; the tool measures its own steps and limits.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool's own stopwatch, not a loop's clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Hands what comes to `keep`, line by line and while that wants it, and prints the lines that
/// `shows` picks. A carriage return at the end of a line, as serial lines have it, is left out.
fn echo(output: impl Read, shows: fn(&str) -> bool, keep: impl Fn(String) -> bool) {
    for line in BufReader::new(output).split(b'\n') {
        // What cannot be read any more ends the text; how the program ended is told elsewhere.
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if shows(line) {
            println!("{line}");
        }
        if !keep(format!("{line}\n")) {
            break;
        }
    }
}

/// The lines of a program that has ended, and whether they are all: somebody else may hold its
/// output open, who is not waited for.
fn rest_of(lines: &Receiver<String>, limit: Duration) -> (String, bool) {
    let start = now();
    let mut text = String::new();
    loop {
        match lines.recv_timeout(limit.saturating_sub(start.elapsed())) {
            Ok(_late) if start.elapsed() > limit => return (text, false),
            Ok(line) => text += &line,
            Err(end) => return (text, end == RecvTimeoutError::Disconnected),
        }
    }
}

/// Waits for a child's end; nothing when the limit has passed first.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    // std has no wait with a limit; looking fifty times a second is good enough for a tool.
    const LOOK: Duration = Duration::from_millis(20);
    let start = now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        thread::park_timeout(LOOK);
    }
}

/// The word as a shell has to read it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{Call, now, rest_of};
    use core::time::Duration;
    use std::sync::mpsc::channel;

    #[test]
    fn a_line_can_be_pasted() {
        let call = Call::cargo("doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            call.line(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
        assert_eq!(
            Call::new("echo", &["it's", ""]).line(),
            "echo 'it'\\''s' ''"
        );
    }

    #[test]
    fn failure_absence_and_a_passed_limit_are_errors() {
        let limit = Duration::from_secs(30);
        assert!(Call::new("true", &[]).run_within(limit).is_ok());
        assert!(Call::new("false", &[]).run().is_err());
        assert!(Call::new("no-such-program", &[]).run().is_err());
        assert!(!Call::new("no-such-program", &[]).works());
        let late = Call::new("sleep", &["600"]).run_within(Duration::ZERO);
        assert!(late.is_err_and(|message| message.contains("did not end")));
    }

    #[test]
    fn a_transcript_is_what_was_written_even_by_what_failed_or_was_killed() {
        let shell = |script: &str, limit| {
            Call::new("sh", &["-c", script]).transcript_within(limit, |_line| false)
        };
        let limit = Duration::from_secs(30);
        let (text, ended) = shell("printf 'a\\r\\nb'", limit).unwrap();
        assert_eq!((text.as_str(), ended), ("a\nb\n", Ok(())));
        let (text, ended) = shell("echo bad; exit 3", limit).unwrap();
        assert_eq!(text, "bad\n");
        assert!(ended.unwrap_err().contains("exit status: 3"));
        let (_text, ended) = shell("sleep 600; true", Duration::ZERO).unwrap();
        assert!(ended.unwrap_err().contains("did not end within 0 s"));
        let absent = Call::new("no-such-program", &[]);
        assert!(absent.transcript_within(limit, |_line| false).is_err());
        assert!(absent.transcript().is_err());
        let failing = Call::new("sh", &["-c", "echo bad; exit 3"]);
        let (text, ended) = failing.transcript().unwrap();
        assert_eq!(text, "bad\n");
        assert!(ended.unwrap_err().contains("exit status: 3"));
    }

    #[test]
    fn what_a_program_started_is_killed_with_it() {
        // The reader sees the end of its pipe when nobody is left who can write to it.
        let script = "echo begun; sleep 600; true";
        let call = Call::new("sh", &["-c", script]);
        let start = now();
        let (text, ended) = call
            .transcript_within(Duration::from_secs(1), |_line| false)
            .unwrap();
        assert_eq!(text, "begun\n");
        assert!(ended.unwrap_err().contains("did not end within 1 s"));
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "the pipe stayed open"
        );
    }

    #[test]
    fn a_transcript_does_not_wait_for_what_was_left_behind() {
        let (sender, lines) = channel();
        sender.send("a\n".to_owned()).unwrap();
        let rest = rest_of(&lines, Duration::from_millis(100));
        assert_eq!(rest, ("a\n".to_owned(), false));
        sender.send("b\n".to_owned()).unwrap();
        drop(sender);
        let rest = rest_of(&lines, Duration::from_secs(30));
        assert_eq!(rest, ("b\n".to_owned(), true));
    }

    #[test]
    fn a_pipe_hands_back_how_the_second_program_ended() {
        let echo = Call::new("echo", &["a"]);
        let shell = |script: &str| Call::new("sh", &["-c", script]);
        let ended = echo.pipe_into(&shell("read a && test $a = a && exit 7"));
        assert_eq!(ended.unwrap().code(), Some(7));
        assert!(shell("exit 1").pipe_into(&shell("cat")).is_err());
        assert!(echo.pipe_into(&Call::new("no-such-program", &[])).is_err());
        assert!(
            Call::new("no-such-program", &[])
                .pipe_into(&shell("cat"))
                .is_err()
        );
    }

    #[test]
    fn output_is_handed_back_and_the_keyboard_is_closed() {
        assert_eq!(Call::new("echo", &["a"]).output().unwrap(), "a\n");
        assert_eq!(Call::new("cat", &[]).output().unwrap(), "");
        let complaint = Call::new("ls", &["no-such-file"]).refusal().unwrap();
        assert!(complaint.contains("no-such-file"));
        assert_eq!(Call::new("true", &[]).refusal().unwrap(), "");
    }
}
