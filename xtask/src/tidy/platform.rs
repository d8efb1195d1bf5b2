//! Where a condition on the operating system may stand, and that rustfmt sees every module.

use crate::problem::Problem;
use crate::source::{code_of, group, line_of, skip_space, words};

/// Names of conditions that tell operating systems apart; an architecture is a matter of layout.
///
/// The emulated kqueue is one: with it, Linux counts as a system that has kqueue.
const CONDITIONS: [&str; 7] = [
    "target_os",
    "target_family",
    "target_vendor",
    "target_env",
    "unix",
    "windows",
    "kqueue_emulation",
];

/// Files and folders that may have conditions anywhere, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    (
        "crates/poll-os/src/lib.rs",
        "the one ladder from target to engine",
    ),
    (
        "crates/poll-net/src/options/",
        "an option that one system has is a method there only",
    ),
    (
        "crates/poll-mio/src/target.rs",
        "a poller has a descriptor on some systems only, and mio's interface follows that",
    ),
    (
        "crates/poll-net/src/ancillary.rs",
        "one system has a queue of errors",
    ),
    (
        "crates/poll-net/src/udp_batch.rs",
        "one system cuts datagrams by itself",
    ),
    (
        "crates/sys-kqueue/src/tables.rs",
        "the numbers of each system; the unit tests compile all of them",
    ),
];

/// Folders that are outside the rule, with the reason.
const APART: &[(&str, &str)] = &[
    (
        "poll-bench/",
        "peers and measurements differ between systems",
    ),
    ("compat/", "shims follow the originals"),
    ("xtask/", "names the conditions in order to find them"),
];

/// Conditions on the platform stand in gates, target tables and the one ladder only.
pub(super) fn conditions(path: &str, text: &str) -> Vec<Problem> {
    if APART.iter().any(|(folder, _)| path.starts_with(folder)) || whole_file_allowed(path) {
        return Vec::new();
    }
    let code = code_of(text);
    let head = if head_allowed(path) {
        head_length(text)
    } else {
        0
    };
    let mut problems = Vec::new();
    for (offset, word) in words(&code) {
        if offset < head || !matches!(word, "cfg" | "cfg_attr") {
            continue;
        }
        let after = skip_space(&code, offset + word.len());
        let open = after + usize::from(code[after..].starts_with('!'));
        if !code[open..].starts_with('(') {
            continue;
        }
        let inside = group(&code, open);
        // Saying that a system is not supported is what a gate is for.
        if code[inside.end..]
            .trim_start_matches([')', ']', ' ', '\n'])
            .starts_with("compile_error!")
        {
            continue;
        }
        let inside = &code[inside];
        if let Some((_, name)) = words(inside).find(|(_, word)| CONDITIONS.contains(word)) {
            let place = if head_allowed(path) {
                "a test that one system has stands in a module of its own, gated in main.rs"
            } else {
                "only gates, target.rs and the ladder in poll-os know the system"
            };
            let what = format!("`{name}` in a condition; {place}");
            problems.push(Problem::new(path, line_of(text, offset), what));
        }
    }
    problems
}

fn whole_file_allowed(path: &str) -> bool {
    let ends = ["/src/lib.rs", "/src/target.rs"];
    let gate = ends.iter().any(|end| path.ends_with(end)) || path.contains("/src/target/");
    (gate && path.starts_with("crates/sys-"))
        || ALLOWED.iter().any(|(allowed, _)| path.starts_with(allowed))
}

/// Tests and examples may be gated as a whole: their first lines are free.
fn head_allowed(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("examples/")
}

/// The length of the part before the first item that is neither `mod` nor `use`.
fn head_length(text: &str) -> usize {
    const ITEMS: [&str; 11] = [
        "fn ",
        "pub ",
        "struct ",
        "enum ",
        "impl",
        "const ",
        "static ",
        "type ",
        "trait ",
        "macro_rules!",
        "async ",
    ];
    let mut length = 0;
    // Attributes and comments directly above the first item belong to it.
    let mut above = 0;
    for line in text.split_inclusive('\n') {
        if ITEMS.iter().any(|item| line.starts_with(item)) {
            return length - above;
        }
        let outer = line.starts_with("#[") || line.starts_with("//");
        above = if outer { above + line.len() } else { 0 };
        length += line.len();
    }
    length
}

/// rustfmt does not look into macros, so a module declared there is never formatted.
pub(super) fn modules_in_macros(path: &str, text: &str) -> Vec<Problem> {
    let code = code_of(text);
    let mut problems = Vec::new();
    for (bang, _) in code.match_indices('!') {
        let mut open = skip_space(&code, bang + 1);
        let name = words(&code[..bang]).last().map_or("", |(_, word)| word);
        if !code[..bang].ends_with(name) || name.is_empty() {
            continue;
        }
        if name == "macro_rules" {
            open += code[open..].find(['{', '(']).unwrap_or_default();
        }
        if !code[open..].starts_with(['{', '(', '[']) {
            continue;
        }
        let body = group(&code, open);
        if let Some((offset, _)) = words(&code[body.clone()]).find(|(_, word)| *word == "mod") {
            let what = format!("`mod` inside `{name}!`; rustfmt never sees that module");
            problems.push(Problem::new(path, line_of(text, body.start + offset), what));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{conditions, modules_in_macros};
    use crate::problem::assert_says;

    const LINUX: &str = "#[cfg(target_os = \"linux\")]\nfn f() {}\n";

    #[test]
    fn conditions_stand_in_gates_tables_and_the_ladder() {
        for path in [
            "crates/sys-epoll/src/lib.rs",
            "crates/sys-kqueue/src/target.rs",
            "crates/sys-socket/src/target/many.rs",
            "crates/poll-os/src/lib.rs",
            "crates/poll-net/src/options/tcp.rs",
            "poll-bench/src/main.rs",
        ] {
            assert_eq!(conditions(path, LINUX), [], "{path}");
        }
    }

    #[test]
    fn conditions_of_other_kinds_pass_everywhere() {
        for text in [
            "#[cfg(feature = \"unix\")]\nfn f() {}\n",
            "#[cfg(all(test, target_pointer_width = \"64\"))]\nfn f() {}\n",
            "#[cfg(not(unix))]\ncompile_error!(\"runs on Unix systems\");\n",
            "#[cfg_attr(target_arch = \"x86_64\", repr(packed))]\nstruct S;\n",
            "// #[cfg(unix)]\nlet unix = cfg;\n",
        ] {
            assert_eq!(conditions("crates/poll-net/src/tcp.rs", text), [], "{text}");
        }
    }

    #[test]
    fn a_condition_elsewhere_is_found_in_each_form() {
        for text in [
            LINUX,
            "#[cfg(not(any(unix, windows)))]\nfn f() {}\n",
            "#[cfg_attr(target_vendor = \"apple\", path = \"a.rs\")]\nmod a;\n",
            "fn f() -> bool { cfg!(target_family = \"unix\") }\n",
            "#[cfg(\n    all(test, target_env = \"musl\")\n)]\nfn f() {}\n",
            "#[cfg(kqueue_emulation)]\nfn f() {}\n",
        ] {
            assert_says(
                &conditions("crates/poll-net/src/tcp.rs", text),
                "in a condition",
            );
            for path in [
                "crates/sys-epoll/src/event.rs",
                "crates/poll-net/src/target/a.rs",
            ] {
                assert_says(&conditions(path, text), "in a condition");
            }
        }
    }

    #[test]
    fn a_test_may_be_gated_in_its_head_only() {
        let path = "crates/sys-epoll/tests/it/main.rs";
        let gate = "//! A.\n#![cfg(unix)]\n#[cfg(target_os = \"linux\")]\nmod a;\n";
        assert_eq!(conditions(path, gate), []);
        assert_eq!(conditions("examples/src/bin/a.rs", gate), []);
        assert_says(
            &conditions(path, &format!("{gate}{LINUX}")),
            "in a condition",
        );
        assert_says(
            &conditions(path, &format!("{gate}fn a() {{}}\n{LINUX}")),
            "in a condition",
        );
        assert_says(
            &conditions("crates/a/src/b.rs", "#![cfg(unix)]\n"),
            "in a condition",
        );
    }

    #[test]
    fn modules_outside_macros_pass() {
        for text in [
            "mod a;\nassert!(a != b, \"mod x;\");\n",
            "mod tests { vec![1]; }\n",
        ] {
            assert_eq!(modules_in_macros("a.rs", text), [], "{text}");
        }
    }

    #[test]
    fn a_module_in_a_macro_is_found() {
        for text in [
            "cfg_if! { if #[cfg(a)] { mod b; } }\n",
            "macro_rules! make { () => { mod b {} } }\n",
            "make!(mod b;);\n",
        ] {
            assert_says(&modules_in_macros("a.rs", text), "rustfmt");
        }
    }
}
