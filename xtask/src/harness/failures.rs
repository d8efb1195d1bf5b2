//! What failed among tests, in few lines: a log that was cut off still ends with them.

use core::mem;

use super::talks;

/// How many panics are told of each test, and how many lines of each: the first of them say most.
const PANICS: usize = 6;
const LINES: usize = 6;

/// The programs and tests that failed, and with which words, and the tests that the harness found
/// slow and that did not end, each on a line that begins with `|`; empty if none did.
///
/// Programs are told where `output` has headings, `== NAME` before each and `== NAME: FAILED, …`
/// after one that failed.
pub(crate) fn failures(output: &str) -> String {
    let mut reader = Reader::default();
    output.lines().for_each(|line| reader.read(line));
    reader.program_over();
    let lines = reader.told.iter().map(|line| format!("\n    | {line}"));
    lines.collect()
}

/// Where in the output a line stands.
#[derive(Debug, Default)]
struct Reader<'a> {
    program: &'a str,
    /// Whether the program has been told.
    named: bool,
    /// What passing tests printed does not count, whatever it is.
    among_successes: bool,
    panics: usize,
    /// How many lines of a panic are still to be told.
    rest: usize,
    /// Tests that took long, and have not ended.
    slow: Vec<&'a str>,
    told: Vec<String>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a str) {
        if let Some(heading) = line.strip_prefix("== ") {
            self.program_over();
            self.heading(heading);
        } else if talks(line) == Some(true) {
            // Without headings, the next program.
            self.program_over();
        } else if line == "successes:" {
            self.among_successes = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.among_successes = false;
        } else if !self.among_successes {
            self.test(line);
            self.failure(line);
        }
    }

    fn heading(&mut self, heading: &'a str) {
        match heading.split_once(": ") {
            None => (self.program, self.named) = (heading, false),
            Some((_, how)) if how.starts_with("FAILED") => self.told.push(heading.to_owned()),
            Some(_) => {}
        }
        (self.panics, self.rest, self.among_successes) = (0, 0, false);
    }

    /// A line that may tell of a test while it runs.
    fn test(&mut self, line: &'a str) {
        let Some(line) = line.strip_prefix("test ") else {
            return;
        };
        if let Some((test, _)) = line.split_once(" has been running for over ") {
            self.slow.push(test);
        } else if let Some((test, _)) = line.split_once(" ... ") {
            self.slow.retain(|slow| *slow != test);
        }
    }

    /// Nothing more is told of the tests of a program.
    fn program_over(&mut self) {
        for test in mem::take(&mut self.slow) {
            self.tell(format!("test {test} did not end"));
        }
    }

    /// A line that does not belong to a test that passed.
    fn failure(&mut self, line: &str) {
        let test = line.strip_prefix("---- ");
        if let Some(test) = test.and_then(|line| line.strip_suffix(" stdout ----")) {
            self.tell(format!("test {test}"));
            (self.panics, self.rest) = (0, 0);
        } else if let Some((_, place)) = line.split_once(" panicked at ") {
            self.panics += 1;
            self.rest = 0;
            if self.panics <= PANICS {
                self.tell(format!("  {place}"));
                self.rest = LINES;
            }
        } else if line.is_empty() || line == "stack backtrace:" || line.starts_with("note: ") {
            self.rest = 0;
        } else if self.rest > 0 && !line.starts_with("  skipped ") {
            self.rest -= 1;
            self.tell(format!("    {line}"));
        }
    }

    fn tell(&mut self, line: String) {
        if !self.named && !self.program.is_empty() {
            self.told.push(format!("== {}", self.program));
            self.named = true;
        }
        self.told.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::failures;

    const OUTPUT: &str = "\
== poll-api.unit
running 2 tests
test a ... ok

successes:

---- a stdout ----
thread 'x' (7) panicked at crates/a.rs:1:2:
as it had to

successes:
    a

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
== poll-api.unit: ok
== poll-os.it
test b ... FAILED

failures:

---- b stdout ----
something else

thread 'b' (8) panicked at crates/b.rs:3:4:
conformance of epoll: 1 passed, 1 skipped, 1 failed
  skipped time::a: the engine has no clock
  FAILED time::b: 268µs
stack backtrace:
   0: a
note: Some details are omitted

---- c stdout ----
Error: no such file

failures:
    b
    c

test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
== poll-os.it: FAILED, exit code 101
== echo
thread 'main' (9) panicked at examples/echo.rs:5:6:
no port
== echo: FAILED, exit code 101
== 2 programs, 1 passed, 1 failed: poll-os.it
";

    #[test]
    fn programs_tests_and_their_last_words_are_told_and_nothing_of_what_passed() {
        let told = "
    | == poll-os.it
    | test b
    |   crates/b.rs:3:4:
    |     conformance of epoll: 1 passed, 1 skipped, 1 failed
    |       FAILED time::b: 268µs
    | test c
    | poll-os.it: FAILED, exit code 101
    | == echo
    |   examples/echo.rs:5:6:
    |     no port
    | echo: FAILED, exit code 101";
        assert_eq!(failures(OUTPUT), told);
        let (passed, _) = OUTPUT.split_once("== poll-os.it").unwrap();
        assert_eq!(failures(passed), "");
    }

    #[test]
    fn tests_that_were_slow_and_did_not_end_are_told_with_their_program() {
        let slow = |test| format!("test {test} has been running for over 60 seconds\n");
        let [hung, late] = [slow("a::hung"), slow("a::late - should panic")];
        let output = format!(
            "== poll-os.it\nrunning 3 tests\n{hung}{late}test b ... ok\n\
             test a::late - should panic ... ok\n== echo\n"
        );
        let told = "\n    | == poll-os.it\n    | test a::hung did not end";
        assert_eq!(failures(&output), told);
        let bare = output.replace("== poll-os.it\n", "");
        let told = "\n    | test a::hung did not end";
        assert_eq!(failures(&bare), told);
        for next in ["running 1 test\n", ""] {
            assert_eq!(failures(&bare.replace("== echo\n", next)), told);
        }
        assert_eq!(failures(&output.replace(&hung, "")), "");
    }

    #[test]
    fn a_test_that_panics_for_ever_is_told_in_few_lines() {
        let panic = "thread 'x' panicked at a.rs:1:2:\na\nb\nc\nd\ne\nf\ng\n\n";
        let output = format!("failures:\n---- a stdout ----\n{}", panic.repeat(100));
        assert_eq!(failures(&output).lines().count(), 2 + 6 * 7);
        assert!(!failures(&output).contains('g'));
    }
}
