//! What documentation must be there: of files, of system calls, of crates.

use crate::problem::Problem;
use crate::source::{code_of, group, signature_end};

/// A file says first what is in it.
pub(super) fn module_docs(path: &str, text: &str) -> Vec<Problem> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if first.starts_with("//!") || first.starts_with("#![doc = include_str!") {
        return Vec::new();
    }
    vec![Problem::new(
        path,
        1,
        "no `//!` first: one sentence on what is in this file",
    )]
}

/// In `sys-*`, a public function that makes a system call cites its manual page.
///
/// A function makes one, for this rule, if its `doc(alias)` is the C name of a function, or if it
/// calls into the crate's own `sys` and can return an errno.
pub(super) fn manual_pages(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !(path.starts_with("crates/sys-") && path.contains("/src/")) {
        return problems;
    }
    let code = code_of(text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = offset;
        offset += line.len();
        if !is_public_function(line.trim()) {
            continue;
        }
        let above = lines[..index].iter().rev();
        let above: Vec<_> = above
            .take_while(|line| line.starts_with("///") || is_attribute(line))
            .collect();
        let body = signature_end(&code, start);
        let fails = code[start..body].contains("Errno>");
        let calls = fails && code[group(&code, body)].contains("sys::")
            || above.iter().any(|line| names_c_function(line));
        if calls && !above.iter().any(|line| line.starts_with("/// Manual:")) {
            let what = "a system call without its `Manual:` line; the page is the proof";
            problems.push(Problem::new(path, index + 1, what));
        }
    }
    problems
}

fn is_public_function(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("pub ") else {
        return false;
    };
    let before = rest.split("fn ").next().unwrap_or_default();
    before != rest
        && before
            .split_whitespace()
            .all(|w| matches!(w, "const" | "unsafe" | "extern"))
}

/// Whether an attribute gives a C function's name, which is lower case, as an alias.
fn names_c_function(attribute: &str) -> bool {
    let mut aliases = attribute.split("doc(alias = \"").skip(1);
    aliases.any(|alias| alias.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// An attribute, or a line of one that spans several.
fn is_attribute(line: &str) -> bool {
    line.starts_with("#[") || line.ends_with(")]") || line.ends_with("\",")
}

/// Every crate outside `sys-*` forbids unsafe code, so that nobody has to look for it there.
pub(super) fn forbids_unsafe(path: &str, text: &str) -> Vec<Problem> {
    // poll-mio takes and returns raw descriptors, as mio does.
    const EXCEPTIONS: [&str; 1] = ["crates/poll-mio/"];
    let is_root = path.starts_with("crates/") && path.ends_with("/src/lib.rs")
        || matches!(path, "xtask/src/main.rs" | "examples/src/lib.rs");
    let exempt = path.starts_with("crates/sys-") || EXCEPTIONS.iter().any(|e| path.starts_with(e));
    if !is_root || exempt || code_of(text).contains("#![forbid(unsafe_code)]") {
        return Vec::new();
    }
    vec![Problem::new(
        path,
        1,
        "no `#![forbid(unsafe_code)]`; unsafe lives in sys-* only",
    )]
}

/// A crate's README is its front page: when to take it, and what it leaves to others.
pub(super) fn crate_readme(path: &str, text: &str) -> Vec<Problem> {
    let missing = |title: &&str| {
        !text
            .lines()
            .any(|l| l.trim_start_matches('#').trim() == *title)
    };
    let titles = ["Use it when", "What this crate does not do"];
    let missing = titles.into_iter().filter(missing);
    missing
        .map(|title| Problem::new(path, 1, format!("no section *{title}*; users choose by it")))
        .collect()
}

/// The README is also the crate's documentation, so that there is one text to keep true.
pub(super) fn includes_readme(path: &str, text: &str) -> Vec<Problem> {
    if text.starts_with("#![doc = include_str!(\"../README.md\")]\n") {
        return Vec::new();
    }
    vec![Problem::new(
        path,
        1,
        "does not start by including ../README.md as its documentation",
    )]
}

/// The table in the root README has a row for the crate.
pub(super) fn in_table(path: &str, text: &str, name: &str) -> Vec<Problem> {
    let quoted = format!("`{name}`");
    let mut rows = text.lines().filter(|line| line.starts_with('|'));
    if rows.any(|row| {
        row.split('|')
            .nth(1)
            .is_some_and(|cell| cell.contains(&quoted))
    }) {
        return Vec::new();
    }
    vec![Problem::new(
        path,
        1,
        format!("no table row starts with {quoted}: nobody would find it"),
    )]
}

/// The changelog names the crate's version as `name 1.2.3`.
pub(super) fn in_changelog(path: &str, text: &str, name: &str, version: &str) -> Vec<Problem> {
    let wanted = format!("`{name} {version}`");
    if text.contains(&wanted) {
        return Vec::new();
    }
    vec![Problem::new(
        path,
        1,
        format!("no entry for {wanted}; users learn of a version here"),
    )]
}

#[cfg(test)]
mod tests {
    use super::{
        crate_readme, forbids_unsafe, in_changelog, in_table, includes_readme, manual_pages,
        module_docs,
    };
    use crate::problem::assert_says;

    #[test]
    fn a_file_starts_with_its_description() {
        assert_eq!(module_docs("a.rs", "\n//! A.\nfn a() {}\n"), []);
        assert_eq!(
            module_docs("a.rs", "#![doc = include_str!(\"a.md\")]\n"),
            []
        );
        for text in [
            "",
            "fn a() {}\n",
            "// A.\n",
            "#![no_std]\n//! A.\n",
            "/// A.\n",
        ] {
            assert_says(&module_docs("a.rs", text), "one sentence");
        }
    }

    #[test]
    fn a_system_call_cites_its_manual_page() {
        let path = "crates/sys-epoll/src/epoll.rs";
        let alias = "#[doc(alias = \"epoll_ctl\")]";
        let manual = "/// Adds.\n///\n/// Manual: epoll_ctl(2)";
        for text in [
            format!("{manual}\n{alias}\npub fn add(&self) {{}}\n"),
            format!("{manual}\n#[must_use]\npub fn add() -> Result<(), Errno> {{ sys::add() }}\n"),
            "/// A view.\npub fn bytes(&self) -> &[u8] { sys::bytes(self) }\n".to_owned(),
            "/// Pure.\npub fn bits(self) -> u32 {}\n".to_owned(),
            "#[doc(alias = \"AF_UNSPEC\")]\npub fn unspecified() -> Self {}\n".to_owned(),
            "/// Converts.\npub fn new(n: &str) -> Result<Self, Errno> {}\n".to_owned(),
            format!("{alias}\npub(crate) fn add() {{ sys::add() }}\n"),
            format!("{alias}\nfn add() {{}}\n{alias}\npub struct Add;\n"),
        ] {
            assert_eq!(manual_pages(path, &text), [], "{text}");
        }
        for text in [
            format!("/// Adds.\n{alias}\npub fn add(&self) {{}}\n"),
            "pub fn add(\n    a: u8,\n) -> Result<(), Errno> {\n    sys::add(a)\n}\n".to_owned(),
            format!("{manual}\npub fn a() {{}}\n\n/// B.\n{alias}\npub const unsafe fn b() {{}}\n"),
        ] {
            assert_says(&manual_pages(path, &text), "Manual:");
            assert_eq!(manual_pages("crates/poll-os/src/a.rs", &text), []);
        }
    }

    #[test]
    fn crates_outside_sys_forbid_unsafe() {
        let path = "crates/poll-net/src/lib.rs";
        assert_eq!(
            forbids_unsafe(path, "//! A.\n#![forbid(unsafe_code)]\n"),
            []
        );
        assert_eq!(forbids_unsafe("crates/sys-poll/src/lib.rs", "//! A.\n"), []);
        assert_eq!(forbids_unsafe("crates/poll-net/src/tcp.rs", "//! A.\n"), []);
        for text in ["//! A.\n", "//! A.\n// #![forbid(unsafe_code)]\n"] {
            assert_says(&forbids_unsafe(path, text), "sys-* only");
            assert_says(&forbids_unsafe("xtask/src/main.rs", text), "sys-* only");
        }
    }

    #[test]
    fn a_crate_has_its_two_sections_and_includes_them() {
        let good = "A.\n\n# Use it when\n\n## What this crate does not do\n";
        assert_eq!(crate_readme("README.md", good), []);
        assert_says(&crate_readme("README.md", "# Use it when\n"), "does not do");
        assert_says(
            &crate_readme("README.md", "# What this crate does not do\n"),
            "Use it when",
        );
        let library = "#![doc = include_str!(\"../README.md\")]\n";
        assert_eq!(includes_readme("lib.rs", library), []);
        assert_says(&includes_readme("lib.rs", "//! A.\n"), "README.md");
    }

    #[test]
    fn a_crate_stands_in_the_table_and_in_the_changelog() {
        let table =
            "| crate | use |\n| --- | --- |\n| [`poll-os`](crates/poll-os) | `poll-net` |\n";
        assert_eq!(in_table("README.md", table, "poll-os"), []);
        assert_says(&in_table("README.md", table, "poll-net"), "no table row");
        assert_says(
            &in_table("README.md", "`poll-os`\n", "poll-os"),
            "no table row",
        );
        let log = "* `poll-os 0.1.0`: first.\n";
        assert_eq!(in_changelog("CHANGELOG.md", log, "poll-os", "0.1.0"), []);
        assert_says(
            &in_changelog("CHANGELOG.md", log, "poll-os", "0.2.0"),
            "no entry",
        );
        assert_says(
            &in_changelog("CHANGELOG.md", log, "poll-o", "0.1.0"),
            "no entry",
        );
    }
}
