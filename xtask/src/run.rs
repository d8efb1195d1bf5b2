//! Running other programs: each is printed so that it can be pasted, and none reads the keyboard.

mod family;
mod limit;
mod running;

use core::time::Duration;
use std::env;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use crate::workspace::root;

pub(crate) use limit::{left, within};
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
        self.run_in(None)
    }

    /// Like [`run`](Self::run), but kills the program when it takes longer than `limit`, and the
    /// programs that it started.
    pub(crate) fn run_within(&self, limit: Duration) -> Result<(), String> {
        self.run_in(Some(limit))
    }

    fn run_in(&self, limit: Option<Duration>) -> Result<(), String> {
        println!("$ {}", self.line());
        let mut child = self.command().spawn().map_err(|e| self.failed(&e))?;
        self.ended(&mut child, limit)
            .and_then(|status| self.judged(status))
    }

    /// Like [`run`](Self::run), and hands back what the program wrote to standard output.
    pub(crate) fn output(&self) -> Result<String, String> {
        let (text, ended) = self.transcript_in(None, |_line| false)?;
        if let Err(failed) = ended {
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
        self.transcript_in(Some(limit), shows)
    }

    /// Like [`output`](Self::output), but each line is printed as it comes, and what was written is
    /// handed back beside how the program ended.
    pub(crate) fn transcript(&self) -> Result<(String, Result<(), String>), String> {
        self.transcript_in(None, |_line| true)
    }

    fn transcript_in(
        &self,
        limit: Option<Duration>,
        shows: fn(&str) -> bool,
    ) -> Result<(String, Result<(), String>), String> {
        println!("$ {}", self.line());
        let spawned = self.command().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let lines = heard(child.stdout.take(), shows);
        let ended = self.ended(&mut child, limit);
        let (text, whole) = self.rest_of(&lines);
        Ok((
            text,
            ended.and_then(|status| self.judged(status)).and(whole),
        ))
    }

    /// Like [`run`](Self::run) for a program that has to fail; hands back what it complained about,
    /// which is empty if it succeeded.
    pub(crate) fn refusal(&self) -> Result<String, String> {
        println!("$ {}   # has to fail", self.line());
        let mut command = self.command();
        let spawned = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let lines = heard(child.stderr.take(), |_line| false);
        let status = self.ended(&mut child, None)?;
        let (text, whole) = self.rest_of(&lines);
        whole.map(|()| {
            if status.success() {
                String::new()
            } else {
                text
            }
        })
    }

    /// Runs two programs at once, the standard output of the first being the standard input of the
    /// second, and hands back how the second ended; the first must succeed if the second does.
    pub(crate) fn pipe_into(&self, second: &Self) -> Result<ExitStatus, String> {
        println!("$ {} | {}", self.line(), second.line());
        let first = self.command().stdout(Stdio::piped()).spawn();
        let mut first = first.map_err(|e| self.failed(&e))?;
        let output = first.stdout.take().map_or_else(Stdio::null, Stdio::from);
        let ended = second.command().stdin(output).spawn();
        let ended = ended.map_err(|e| second.failed(&e));
        let ended = ended.and_then(|mut child| second.ended(&mut child, None));
        // Waits for the first one in any case, so that it is not left behind.
        let begun = self.ended(&mut first, None);
        let ended = ended?;
        if ended.success() {
            self.judged(begun?)?;
        }
        Ok(ended)
    }

    /// Whether the program exists and succeeds; silent.
    pub(crate) fn works(&self) -> bool {
        let mut command = self.command();
        let spawned = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let ended = spawned.map(|mut child| self.ended(&mut child, None));
        ended.is_ok_and(|ended| ended.is_ok_and(|status| status.success()))
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
        // In a group of its own, what it leaves behind is found and killed with it. Where somebody
        // sits before it, the keyboard's interrupt has to reach it instead.
        if !io::stdin().is_terminal() {
            command.process_group(0);
        }
        command
    }

    /// How a program ended; one that did not within the limit, or within that of the work it is
    /// [a part of](within), is killed with all that it has started.
    fn ended(&self, child: &mut Child, limit: Option<Duration>) -> Result<ExitStatus, String> {
        let limit = left(limit);
        if let Some(status) = wait(child, limit).map_err(|e| self.failed(&e))? {
            return Ok(status);
        }
        let told = killed(child).map_err(|e| self.failed(&e))?;
        let seconds = limit.unwrap_or_default().as_secs();
        let line = self.line();
        Err(format!("did not end within {seconds} s: {line}{told}"))
    }

    /// What was written by a program that has ended, and an error if that is not all.
    fn rest_of(&self, lines: &Receiver<String>) -> (String, Result<(), String>) {
        /// For what was written before the end, which only has to be read.
        const REST: Duration = Duration::from_secs(30);
        let (text, whole) = rest_of(lines, REST);
        let open = || {
            format!(
                "left a program behind that can still write: {}",
                self.line()
            )
        };
        (text, whole.then_some(()).ok_or_else(open))
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

/// The lines of a program's output, which a thread of its own reads, because a read has no limit;
/// those that `shows` picks are printed. A carriage return at the end, as serial lines have it, is
/// left out.
fn heard(output: Option<impl Read + Send + 'static>, shows: fn(&str) -> bool) -> Receiver<String> {
    let (read, lines) = channel();
    let Some(output) = output else { return lines };
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n') {
            // What cannot be read any more ends the text; how the program ended is told elsewhere.
            let Ok(line) = line else { break };
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r');
            if shows(line) {
                println!("{line}");
            }
            if read.send(format!("{line}\n")).is_err() {
                break;
            }
        }
    });
    lines
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
fn wait(child: &mut Child, limit: Option<Duration>) -> io::Result<Option<ExitStatus>> {
    // std has no wait with a limit; looking fifty times a second is good enough for a tool.
    const LOOK: Duration = Duration::from_millis(20);
    let Some(limit) = limit else {
        return child.wait().map(Some);
    };
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

/// Kills a child with all that it has started, and tells what those were at.
fn killed(child: &mut Child) -> io::Result<String> {
    let told = family::kill(child.id());
    // Nothing was killed if there is no shell.
    child.kill().and_then(|()| child.wait())?;
    told
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
    use super::{Call, Running, now, rest_of, within};
    use core::time::Duration;
    use std::io::{self, IsTerminal as _};
    use std::path::Path;
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
    fn no_call_outlasts_what_it_is_a_part_of() {
        let hung = || Call::new("sh", &["-c", "sleep 600; true"]);
        let running = || Running::silent(hung()).unwrap();
        type Late<'a> = &'a dyn Fn() -> Result<(), String>;
        let all: [(&str, Late<'_>); 9] = [
            ("run", &|| hung().run()),
            ("a longer limit", &|| {
                hung().run_within(Duration::from_secs(600))
            }),
            ("output", &|| hung().output().map(drop)),
            ("transcript", &|| hung().transcript()?.1),
            ("refusal", &|| hung().refusal().map(drop)),
            ("into", &|| hung().pipe_into(&hung()).map(drop)),
            ("works", &|| {
                let works = hung().works();
                works
                    .then_some(())
                    .ok_or("did not end, says nothing".into())
            }),
            ("beside", &|| running().transcript().1),
            ("asked", &|| {
                running().line(Duration::from_secs(600)).map(drop)
            }),
        ];
        for (name, call) in all {
            let start = now();
            let late = within(Duration::from_millis(200), call).unwrap_err();
            assert!(start.elapsed() < Duration::from_secs(60), "{name}");
            let wanted = ["did not end", "wrote no line"];
            let told = wanted.iter().any(|wanted| late.contains(wanted));
            assert!(told, "{name}: {late}");
        }
    }

    #[test]
    fn what_was_killed_is_told_with_what_it_was_at() {
        let call = Call::new("sh", &["-c", "sleep 600; true"]);
        let late = call.run_within(Duration::from_millis(500)).unwrap_err();
        // Other systems tell nothing of it.
        if Path::new("/proc/self/wchan").exists() {
            assert!(late.contains(" was at: sleep 600\n"), "{late}");
            assert!(late.contains("  thread sleep: "), "{late}");
            assert!(!late.contains("thread sh"), "waits for the other: {late}");
        }
    }

    #[test]
    fn who_was_left_behind_in_the_group_is_killed_too() {
        if io::stdin().is_terminal() {
            eprintln!("SKIP: what is started from a terminal has no group of its own");
            return;
        }
        // The reader sees the end of its pipe when nobody is left who can write to it.
        let call = Call::new("sh", &["-c", "(sleep 600 &); sleep 600; true"]);
        let start = now();
        let (_text, ended) = call
            .transcript_within(Duration::from_millis(500), |_line| false)
            .unwrap();
        assert!(ended.unwrap_err().contains("did not end"));
        assert!(start.elapsed() < Duration::from_secs(20), "somebody lives");
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
