//! Running other programs: each is printed so that it can be pasted, and none reads the keyboard.

mod family;
mod limit;
mod running;
mod transcript;

use core::time::Duration;
use std::env;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Instant;

use crate::workspace::root;

pub(crate) use limit::{left, within};
pub(crate) use running::Running;
pub(crate) use transcript::Talk;

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
        self.ended_unless(child, limit, || None)
    }

    /// The same for a program of which `stuck` may say, whenever asked, why it is to be killed.
    fn ended_unless(
        &self,
        child: &mut Child,
        limit: Option<Duration>,
        mut stuck: impl FnMut() -> Option<String>,
    ) -> Result<ExitStatus, String> {
        let limit = left(limit);
        let start = now();
        let late = |limit: &Duration| start.elapsed() >= *limit;
        let why = |limit: Duration| format!("did not end within {:.0} s", limit.as_secs_f64());
        let waited = wait(child, || stuck().or_else(|| limit.filter(late).map(why)));
        let why = match waited.map_err(|e| self.failed(&e))? {
            Ok(status) => return Ok(status),
            Err(why) => why,
        };
        let told = killed(child).map_err(|e| self.failed(&e))?;
        Err(format!("{why}: {}{told}", self.line()))
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

/// Waits for a child's end, or until `over` says why not to wait any longer.
fn wait<T>(
    child: &mut Child,
    mut over: impl FnMut() -> Option<T>,
) -> io::Result<Result<ExitStatus, T>> {
    // std has no wait with a limit; looking fifty times a second is good enough for a tool, and
    // more often at first for what ends at once.
    const LOOK: Duration = Duration::from_millis(20);
    let start = now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ok(status));
        }
        if let Some(why) = over() {
            return Ok(Err(why));
        }
        thread::park_timeout((start.elapsed() / 8).clamp(Duration::from_millis(1), LOOK));
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
    use super::{Call, Running, now, within};
    use core::time::Duration;
    use std::path::Path;

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
            ("transcript", &|| {
                hung().transcript_within(Duration::MAX, |_line| true)?.1
            }),
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
