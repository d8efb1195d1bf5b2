//! The step that runs beside all others, with what they leave of the machine.
//!
//! Tests wait for most of their time, and a build ends with what only one processor can do: that is
//! enough for what nothing else waits for.

use std::env;

use super::{Done, Result};
use crate::run::{Call, Running};

/// A program that runs beside the tool until it is waited for.
pub(super) struct Beside {
    begun: core::result::Result<Running, String>,
}

impl Beside {
    /// Begins to examine other systems, as the least urgent of all that runs.
    pub(super) fn other_systems() -> Self {
        let tool = env::current_exe().map_err(|e| format!("this program has no path: {e}"));
        let call = |tool: std::path::PathBuf| {
            // What cargo says of its progress belongs to the rest, and not between other steps.
            let call = Call::new("sh", &["-c", "exec nice -n 19 \"$@\" 2>&1", "sh"]);
            call.args(&[tool.display().to_string(), "targets".to_owned()])
        };
        Self {
            begun: tool.and_then(|tool| Running::silent(call(tool))),
        }
    }

    /// Waits for its end, and prints what it has said since it was begun.
    pub(super) fn end(self) -> Result {
        let (text, ended) = self.begun?.transcript();
        print!("{text}");
        judge(&text, ended)
    }
}

/// What was left out stands on a line of its own; why something failed, on the last one.
fn judge(text: &str, ended: crate::Outcome) -> Result {
    if let Err(reason) = ended {
        let last = text.lines().rfind(|line| !line.is_empty());
        return Err(last.map_or(reason, str::to_owned));
    }
    let skips = text.lines().rfind(|line| line.starts_with("SKIP for "));
    Ok(skips.map_or(Done::Passed, |skips| Done::Skipped(skips.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::{Beside, Done, judge};
    use crate::run::{Call, Running};

    #[test]
    fn a_program_beside_the_tool_passes_skips_or_fails() {
        let end = |script: &str| {
            let call = Call::new("sh", &["-c", script]);
            let begun = Running::silent(call);
            Beside { begun }.end()
        };
        assert!(matches!(end("echo fine"), Ok(Done::Passed)));
        let skipped = end("echo; echo 'SKIP for vax; see above'; echo");
        assert!(matches!(skipped, Ok(Done::Skipped(skips)) if skips == "SKIP for vax; see above"));
        let failed = end("echo 'SKIP for vax'; echo 'FAILED for pdp11'; echo; exit 1");
        assert_eq!(failed.err().unwrap(), "FAILED for pdp11");
        assert!(end("kill -s KILL $$").err().unwrap().contains("signal"));
        let absent = Running::silent(Call::new("no-such-program", &[]));
        assert!(Beside { begun: absent }.end().is_err());
    }

    #[test]
    fn the_last_skips_count() {
        let text = "SKIP for a\nSKIP for b\n";
        assert!(matches!(judge(text, Ok(())), Ok(Done::Skipped(skips)) if skips == "SKIP for b"));
    }
}
