//! Rules about lines: their width, their ends, their number.

use crate::problem::Problem;

const COLUMNS_MAX: usize = 100;
const FILE_LINES_WARN: usize = 500;
const FILE_LINES_MAX: usize = 600;

/// Line ends and trailing space in every text file; width and number of lines in Rust source.
pub(super) fn check(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |line, what: String| problems.push(Problem::new(path, line, what));
    let count = text.lines().count();
    for (index, line) in text.split('\n').enumerate() {
        if line.ends_with('\r') {
            say(
                index + 1,
                "CRLF line end; the project has LF everywhere".to_owned(),
            );
        } else if line.trim_end() != line {
            say(
                index + 1,
                "trailing space; it makes differences that nobody sees".to_owned(),
            );
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        say(count, "a file ends with exactly one newline".to_owned());
    }
    if path.ends_with(".rs") {
        for (index, line) in text.lines().enumerate() {
            let width = line.chars().count();
            // An address cannot be broken, nor a row of a table in the documentation.
            let whole = line.contains("://") || line.trim_start().starts_with("/// |");
            if width > COLUMNS_MAX && !whole {
                say(
                    index + 1,
                    format!("{width} columns; at most {COLUMNS_MAX} fit side by side"),
                );
            }
        }
        if count > FILE_LINES_MAX {
            let what = format!("{count} lines, more than {FILE_LINES_MAX}: split it by concept");
            say(count, what);
        }
    }
    problems
}

/// A Rust file that is about to become too long.
pub(super) fn long_file_warning(path: &str, text: &str) -> Option<Problem> {
    let count = text.lines().count();
    let long = path.ends_with(".rs") && (FILE_LINES_WARN + 1..=FILE_LINES_MAX).contains(&count);
    long.then(|| Problem::new(path, count, format!("{count} lines; is this one concept?")))
}

#[cfg(test)]
mod tests {
    use super::{check, long_file_warning};
    use crate::problem::assert_says;

    #[test]
    fn clean_lines_pass() {
        let widest = "x".repeat(100) + "\n";
        let address = format!("// https://{}\n", "x".repeat(120));
        let row = format!("    /// | {} |\n", "x".repeat(100));
        for text in ["", "//! A.\n\nfn a() {}\n", &widest, &address, &row] {
            assert_eq!(check("a.rs", text), [], "{text}");
        }
        assert_eq!(check("a.md", &("x".repeat(200) + "\n")), []);
    }

    #[test]
    fn each_rule_finds_its_bad_line() {
        for (text, expected) in [
            ("a\r\n", "CRLF"),
            ("a \n", "trailing space"),
            ("a\t\n", "trailing space"),
            ("a", "one newline"),
            ("a\n\n", "one newline"),
            (&("x".repeat(101) + "\n"), "101 columns"),
            (&"a\n".repeat(601), "601 lines"),
        ] {
            assert_says(&check("a.rs", text), expected);
        }
    }

    #[test]
    fn a_long_file_is_a_warning_first_and_then_an_error() {
        for (count, warned) in [(500, false), (501, true), (600, true), (601, false)] {
            let text = "a\n".repeat(count);
            assert_eq!(
                long_file_warning("a.rs", &text).is_some(),
                warned,
                "{count}"
            );
            assert_eq!(check("a.rs", &text).is_empty(), count <= 600, "{count}");
        }
    }
}
