//! What programs write, heard while they run.

use core::time::Duration;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use super::{Call, now};

/// What a program wrote, and how it ended.
type Transcript = (String, Result<(), String>);

/// When something is to be heard of a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    /// How long it may be silent while it has to talk.
    pub(crate) pause: Duration,
    /// Whether it has to talk from this line on, if that says so.
    pub(crate) from: fn(&str) -> Option<bool>,
}

impl Call {
    /// Like [`run`](Self::run), and hands back what the program wrote to standard output.
    pub(crate) fn output(&self) -> Result<String, String> {
        let (text, ended) = self.heard(None, |_line| false, None)?;
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
    ) -> Result<Transcript, String> {
        self.heard(Some(limit), shows, None)
    }

    /// The same with all lines, of a program that is killed if it does not talk when it has to.
    pub(crate) fn transcript(&self, talk: Talk) -> Result<Transcript, String> {
        self.heard(None, |_line| true, Some(talk))
    }

    fn heard(
        &self,
        limit: Option<Duration>,
        shows: fn(&str) -> bool,
        talk: Option<Talk>,
    ) -> Result<Transcript, String> {
        println!("$ {}", self.line());
        let spawned = self.command().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| self.failed(&e))?;
        let lines = heard(child.stdout.take(), shows);
        let mut text = String::new();
        let (mut talks, mut last) = (false, now());
        let ended = self.ended_unless(&mut child, limit, || {
            let talk = talk?;
            for line in lines.try_iter() {
                (talks, last) = ((talk.from)(&line).unwrap_or(talks), now());
                text += &line;
            }
            let stuck = talks && last.elapsed() >= talk.pause;
            stuck.then(|| format!("was silent for {:.0} s", talk.pause.as_secs_f64()))
        });
        let (rest, whole) = self.rest_of(&lines);
        let ended = ended.and_then(|status| self.judged(status));
        Ok((text + &rest, ended.and(whole)))
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

    /// What was written by a program that has ended, and an error if that is not all.
    pub(super) fn rest_of(&self, lines: &Receiver<String>) -> Transcript {
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
}

/// The lines of a program's output, which a thread of its own reads, because a read has no limit;
/// those that `shows` picks are printed. A carriage return at the end, as serial lines have it, is
/// left out.
pub(super) fn heard(
    output: Option<impl Read + Send + 'static>,
    shows: fn(&str) -> bool,
) -> Receiver<String> {
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

#[cfg(test)]
mod tests {
    use super::{Talk, rest_of};
    use crate::run::{Call, now};
    use core::time::Duration;
    use std::io::{self, IsTerminal as _};
    use std::sync::mpsc::channel;

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
    }

    fn talked(script: &str) -> (String, Result<(), String>) {
        let talk = Talk {
            pause: Duration::from_secs(2),
            from: |line| match line.trim_end() {
                "running" => Some(true),
                "result" => Some(false),
                _ => None,
            },
        };
        Call::new("sh", &["-c", script]).transcript(talk).unwrap()
    }

    #[test]
    fn who_does_not_talk_when_it_has_to_is_killed() {
        let (text, ended) = talked("echo running; echo a; sleep 600; true");
        assert_eq!(text, "running\na\n");
        let ended = ended.unwrap_err();
        assert!(ended.starts_with("was silent for 2 s: sh -c"), "{ended}");
    }

    #[test]
    fn who_talks_may_take_its_time() {
        let talk = "i=0; while [ $i -lt 25 ]; do i=$((i + 1)); echo a; sleep 0.1; done";
        let (text, ended) = talked(&format!("echo running; {talk}; echo result"));
        assert_eq!((text.lines().count(), ended), (27, Ok(())));
    }

    #[test]
    fn who_has_nothing_to_say_may_be_silent() {
        let (text, ended) = talked("echo a; sleep 2.1; echo running; echo result; sleep 2.1");
        assert_eq!((text.as_str(), ended), ("a\nrunning\nresult\n", Ok(())));
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
}
