//! Running other programs: each is printed so that it can be pasted, and none reads the keyboard.

use core::time::Duration;
use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

use crate::workspace::root;

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

    /// Like [`run`](Self::run), but kills the program when it takes longer than `limit`.
    pub(crate) fn run_within(&self, limit: Duration) -> Result<(), String> {
        println!("$ {}", self.line());
        let mut child = self.command().spawn().map_err(|e| self.failed(&e))?;
        self.ended_within(&mut child, limit)?
    }

    /// Like [`run`](Self::run), and hands back what the program wrote to standard output.
    pub(crate) fn output(&self) -> Result<String, String> {
        println!("$ {}", self.line());
        let output = self.command().stderr(Stdio::inherit()).output();
        let output = output.map_err(|e| self.failed(&e))?;
        self.judged(output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Like [`run_within`](Self::run_within), and hands back what the program wrote to standard
    /// output beside how it ended; the lines that `shows` picks are printed as they come.
    pub(crate) fn transcript_within(
        &self,
        limit: Duration,
        shows: fn(&str) -> bool,
    ) -> Result<(String, Result<(), String>), String> {
        println!("$ {}", self.line());
        let spawned = self.command().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let output = child.stdout.take();
        // A thread of its own reads, because a read has no limit.
        let reader = thread::spawn(move || output.map(|it| echo(it, shows)).unwrap_or_default());
        let ended = self.ended_within(&mut child, limit)?;
        let text = reader.join().unwrap_or_default();
        Ok((text, ended))
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

    /// How a child ended; one that did not within the limit is killed.
    fn ended_within(
        &self,
        child: &mut Child,
        limit: Duration,
    ) -> Result<Result<(), String>, String> {
        if let Some(status) = wait(child, limit).map_err(|e| self.failed(&e))? {
            return Ok(self.judged(status));
        }
        let killed = child.kill().and_then(|()| child.wait());
        killed.map_err(|e| self.failed(&e))?;
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

/// Hands back what comes, and prints the lines that `shows` picks as soon as they do. A carriage
/// return at the end of a line, as serial lines have it, is left out.
fn echo(output: impl Read, shows: fn(&str) -> bool) -> String {
    let mut text = String::new();
    for line in BufReader::new(output).split(b'\n') {
        // What cannot be read any more ends the text; how the program ended is told elsewhere.
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if shows(line) {
            println!("{line}");
        }
        text += line;
        text.push('\n');
    }
    text
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
    use super::Call;
    use core::time::Duration;

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
        let (_text, ended) = shell("exec sleep 600", Duration::ZERO).unwrap();
        assert!(ended.unwrap_err().contains("did not end within 0 s"));
        let absent = Call::new("no-such-program", &[]).transcript_within(limit, |_line| false);
        assert!(absent.is_err());
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
