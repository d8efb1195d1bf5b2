//! Rules about lines: their width, their ends, their number.

use crate::problem::Problem;

const COLUMNS_MAX: usize = 100;
const FILE_LINES_WARN: usize = 500;
const FILE_LINES_MAX: usize = 600;

/// Line ends and trailing space in every text file; width in Rust source and in the root's own
/// documents; number of lines in Rust source.
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
    for (line, width) in wide(path, text) {
        say(
            line,
            format!("{width} columns; at most {COLUMNS_MAX} fit side by side"),
        );
    }
    if path.ends_with(".rs") && count > FILE_LINES_MAX {
        let what = format!("{count} lines, more than {FILE_LINES_MAX}: split it by concept");
        say(count, what);
    }
    problems
}

/// The lines that are too wide, and how wide they are; not those that cannot be broken.
fn wide(path: &str, text: &str) -> Vec<(usize, usize)> {
    let document = path.ends_with(".md") && !path.contains('/');
    if !document && !path.ends_with(".rs") {
        return Vec::new();
    }
    // An address, the row of a table, a link.
    let source = |line: &str| line.contains("://") || line.trim_start().starts_with("/// |");
    let whole = |line: &str| match document {
        true => line.starts_with('|') || line.contains("]("),
        false => source(line),
    };
    let mut drawn = false;
    let mut wide = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // What stands between fences in a document is drawn or copied.
        drawn ^= document && line.starts_with("```");
        let width = line.chars().count();
        if width > COLUMNS_MAX && !drawn && !whole(line) {
            wide.push((index + 1, width));
        }
    }
    wide
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
        let long = "x".repeat(101);
        assert_eq!(check("crates/a/README.md", &format!("{long}\n")), []);
        let whole = format!("| {long} |\n[a](b) {long}\n```text\n{long}\n```\nx\n");
        assert_eq!(check("README.md", &whole), []);
    }

    #[test]
    fn each_rule_finds_its_bad_line() {
        for (text, expected) in [
            ("a\r\n", "CRLF"),
            ("a \n", "trailing space"),
            ("a\t\n", "trailing space"),
            ("a", "one newline"),
            ("a\n\n", "one newline"),
            (&("é".repeat(101) + "\n"), "101 columns"),
            (&"a\n".repeat(601), "601 lines"),
        ] {
            assert_says(&check("a.rs", text), expected);
        }
        let behind_a_drawing = format!("```text\nx\n```\n{}\n", "é".repeat(101));
        assert_says(&check("README.md", &behind_a_drawing), "101 columns");
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
