//! What test programs print, for all who count or judge what they ran.

mod failures;

pub(crate) use failures::failures;

/// A line that tells how a test or a whole program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A test that was not ignored.
    Test { name: &'a str, passed: bool },
    /// The last line of a program.
    End(End),
}

/// What a program says at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) filtered_out: usize,
}

/// What is told, in the order in which it was printed.
pub(crate) fn lines(output: &str) -> impl Iterator<Item = Line<'_>> {
    output.lines().filter_map(line)
}

/// The ends of the programs none of whose tests failed.
pub(crate) fn ends(output: &str) -> impl Iterator<Item = End> {
    lines(output).filter_map(|line| match line {
        Line::End(end) if end.failed == 0 => Some(end),
        Line::End(_) | Line::Test { .. } => None,
    })
}

/// How many tests passed whose names start with `prefix`.
pub(crate) fn passed(output: &str, prefix: &str) -> usize {
    let hit = |line: &Line<'_>| match line {
        Line::Test { name, passed } => *passed && name.starts_with(prefix),
        Line::End(_) => false,
    };
    lines(output).filter(hit).count()
}

/// Whether tests run from this line on, one of which has to end before long; if it says so.
pub(crate) fn talks(line: &str) -> Option<bool> {
    if line.starts_with("test result: ") {
        return Some(false);
    }
    let tests = line.strip_prefix("running ")?.split_once(' ')?.1;
    tests.starts_with("test").then_some(true)
}

fn line(line: &str) -> Option<Line<'_>> {
    if let Some(counts) = line.strip_prefix("test result: ") {
        return end(counts).map(Line::End);
    }
    // What a test prints may stand between its name and its result.
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    if result.starts_with("ignored") {
        return None;
    }
    Some(Line::Test {
        name: name.trim_end_matches(" - should panic"),
        passed: result.split_whitespace().last() == Some("ok"),
    })
}

fn end(counts: &str) -> Option<End> {
    let of = |what: &str| -> Option<usize> {
        let (before, _) = counts.split_once(what)?;
        before.split_whitespace().last()?.parse().ok()
    };
    Some(End {
        passed: of(" passed;")?,
        failed: of(" failed;")?,
        filtered_out: of(" filtered out")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{End, Line, ends, lines, passed, talks};

    const OUTPUT: &str = "\
running 6 tests
test a::b ... ok
test a::c ... ignored, no network
test a::d - should panic ... ok
test b ... FAILED
test e ... said something
ok
test f ... said something ok
test g
test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 1.00s
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
test result: ok. many passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
test result: ok. 2 passed; 0 failed
";

    #[test]
    fn tests_and_ends_are_told_apart_and_the_rest_is_passed_over() {
        let test = |name, passed| Line::Test { name, passed };
        let end = |passed, failed, filtered_out| End {
            passed,
            failed,
            filtered_out,
        };
        let expected = [
            test("a::b", true),
            test("a::d", true),
            test("b", false),
            test("e", false),
            test("f", true),
            Line::End(end(3, 2, 4)),
            Line::End(end(2, 0, 0)),
        ];
        assert_eq!(lines(OUTPUT).collect::<Vec<_>>(), expected);
        assert_eq!(ends(OUTPUT).collect::<Vec<_>>(), [end(2, 0, 0)]);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn tests_run_between_their_number_and_their_result() {
        for (line, expected) in [
            ("running 6 tests\n", Some(true)),
            ("running 1 test\n", Some(true)),
            ("test result: ok. 1 passed; 0 failed\n", Some(false)),
            ("test a::b ... ok\n", None),
            ("running very late\n", None),
            ("", None),
        ] {
            assert_eq!(talks(line), expected, "{line}");
        }
    }

    #[test]
    fn only_passed_tests_of_that_name_count() {
        assert_eq!(passed(OUTPUT, "a::"), 2);
        assert_eq!(passed(OUTPUT, "b"), 0);
        assert_eq!(passed("running 0 tests\n", ""), 0);
    }
}
