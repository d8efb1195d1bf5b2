//! Words and calls that do not reach the main branch.

use crate::problem::Problem;
use crate::source::{code_of, line_of, words};

/// Marks of unfinished work, wherever they stand.
const MARKS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// Code that is unfinished, switched off, or guesses at time; with the folder it is about.
const CODE: [(&str, &str, &str); 4] = [
    ("dbg!", "", "a left-over of debugging"),
    ("todo!", "", "unfinished; an issue says what is missing"),
    ("#[ignore", "", "a test that does not run is a defect"),
    (
        "thread::sleep",
        "crates/",
        "wait on an event with a deadline",
    ),
];

/// Names that say what the code is not, for files, folders and crates.
const VAGUE: [&str; 7] = [
    "util", "utils", "common", "helpers", "core", "types", "misc",
];

/// Finds banned marks and names in every text file, and banned code in Rust source.
pub(super) fn check(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    // This file and the rules in the style guide have to name what they ban.
    if path == "xtask/src/tidy/words.rs" || path == "STYLE.md" {
        return problems;
    }
    if let Some(part) = path.split(['/', '.']).find(|part| VAGUE.contains(part)) {
        let what = format!("`{part}` says what the code is not; name what it is");
        problems.push(Problem::new(path, 1, what));
    }
    for (offset, word) in words(text) {
        if MARKS.contains(&word) {
            let what = format!("{word} does not reach the main branch; file an issue");
            problems.push(Problem::new(path, line_of(text, offset), what));
        }
    }
    if path.ends_with(".rs") {
        let code = code_of(text);
        for (banned, folder, why) in CODE {
            for (offset, _) in code.match_indices(banned) {
                if path.starts_with(folder) {
                    let what = format!("`{banned}`: {why}");
                    problems.push(Problem::new(path, line_of(text, offset), what));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::problem::assert_says;

    #[test]
    fn words_that_only_look_like_marks_pass() {
        for text in ["// a HACKER's TODOS, MAX_XXXL\n", "// todo!() is banned\n"] {
            assert_eq!(check("crates/a/src/lib.rs", text), [], "{text}");
        }
        assert_eq!(check("examples/src/a.rs", "thread::sleep(d);\n"), []);
        assert_eq!(check("a.md", "`todo!` in prose\n"), []);
    }

    #[test]
    fn each_mark_and_each_call_is_found() {
        for (text, expected) in [
            ("// TODO: later\n", "TODO"),
            ("// FIXME\n", "FIXME"),
            ("let s = \"XXX\";\n", "XXX"),
            ("// (HACK)\n", "HACK"),
            ("dbg!(x);\n", "debugging"),
            ("todo!();\n", "unfinished"),
            ("#[ignore = \"slow\"]\n", "does not run"),
            ("std::thread::sleep(d);\n", "deadline"),
        ] {
            assert_says(&check("crates/a/tests/it/main.rs", text), expected);
        }
        assert_says(&check("a.md", "TODO\n"), "TODO");
        assert_says(
            &check("crates/a/src/util.rs", "//! A.\n"),
            "name what it is",
        );
        assert_says(
            &check("crates/a/src/common/b.rs", "//! A.\n"),
            "name what it is",
        );
    }
}
