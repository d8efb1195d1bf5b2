//! A program that runs beside the tool, such as a server that something is to be asked of.

use core::time::Duration;
use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;

use super::transcript::heard;
use super::{Call, killed, left};
use crate::Outcome;

/// A program that was started; it is killed when this is dropped.
pub(crate) struct Running {
    call: Call,
    child: Child,
    // Kept, so that the program can go on writing.
    lines: Receiver<String>,
}

impl Running {
    /// Starts a program, and prints the lines that it writes.
    pub(crate) fn begin(call: Call) -> Result<Self, String> {
        Self::begin_with(call, |_line| true)
    }

    /// The same, and prints nothing of what it writes.
    pub(crate) fn silent(call: Call) -> Result<Self, String> {
        Self::begin_with(call, |_line| false)
    }

    fn begin_with(call: Call, shows: fn(&str) -> bool) -> Result<Self, String> {
        println!("$ {} &", call.line());
        let spawned = call.command().stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| call.failed(&e))?;
        let lines = heard(child.stdout.take(), shows);
        Ok(Self { call, child, lines })
    }

    /// The next line that it writes, which has to come within `limit`.
    pub(crate) fn line(&self, limit: Duration) -> Result<String, String> {
        let line = self.lines.recv_timeout(left(Some(limit)).unwrap_or(limit));
        let line = line.map_err(|e| format!("wrote no line, {e}: {}", self.call.line()))?;
        Ok(line.trim_end().to_owned())
    }

    /// Waits for its end, and hands back all that it has written beside how it ended.
    pub(crate) fn transcript(mut self) -> (String, Outcome) {
        let ended = self.call.ended(&mut self.child, None);
        let (text, whole) = self.call.rest_of(&self.lines);
        let judged = ended.and_then(|status| self.call.judged(status));
        (text, judged.and(whole))
    }

    /// Asks it to end, by `SIGTERM`, which it has to do within `limit` and with success.
    pub(crate) fn end(mut self, limit: Duration) -> Outcome {
        // std has no call that sends a signal.
        let term = format!("kill -s TERM {}", self.child.id());
        Call::new("sh", &["-c", &term]).run()?;
        let ended = self.call.ended(&mut self.child, Some(limit));
        let ended = ended.map_err(|late| format!("when asked to end, {late}"));
        ended.and_then(|status| self.call.judged(status))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless something went wrong, and what went wrong is told.
        if let Ok(None) = self.child.try_wait() {
            drop(killed(&mut self.child));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Running};
    use core::time::Duration;

    const LIMIT: Duration = Duration::from_secs(30);

    #[test]
    fn a_program_is_heard_and_ends_when_asked_to() {
        let script = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done";
        let call = Call::new("sh", &["-c", script]);
        let running = Running::begin(call).unwrap();
        assert_eq!(running.line(LIMIT).unwrap(), "ready");
        assert_eq!(running.end(LIMIT), Ok(()));
    }

    #[test]
    fn a_transcript_is_all_that_was_written_and_how_it_ended() {
        let call = Call::new("sh", &["-c", "echo a; echo b; exit 3"]);
        let (text, ended) = Running::silent(call).unwrap().transcript();
        assert_eq!(text, "a\nb\n");
        assert!(ended.unwrap_err().contains("exit status: 3"));
    }

    #[test]
    fn silence_an_end_by_the_signal_and_none_at_all_are_errors() {
        let call = Call::new("sleep", &["600"]);
        let running = Running::begin(call).unwrap();
        assert!(running.line(Duration::ZERO).is_err());
        assert!(running.end(LIMIT).unwrap_err().contains("signal: 15"));

        let script = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
        let call = Call::new("sh", &["-c", script]);
        let running = Running::begin(call).unwrap();
        assert_eq!(running.line(LIMIT).unwrap(), "ready");
        let late = running.end(Duration::from_millis(100)).unwrap_err();
        assert!(late.contains("did not end"), "{late}");

        let call = Call::new("true", &[]);
        let running = Running::begin(call).unwrap();
        assert!(running.line(LIMIT).unwrap_err().contains("wrote no line"));
        assert!(Running::begin(Call::new("no-such-program", &[])).is_err());
    }
}
