//! `unsafe`: the ledger of all unsafe code, written to UNSAFE.md and compared with what is there.

mod ledger;
mod scan;

use crate::problem::{Problem, report};
use crate::workspace::{read, root, text_files};
use scan::Site;

const PAGE: &str = "UNSAFE.md";

/// Places outside `sys-*` that may have unsafe code, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "crates/sys-epoll/tests/it/epoll.rs",
        "a signal mask, which libc lets nobody make in safe code",
    ),
    (
        "crates/sys-process/tests/it/foreign.rs",
        "a signal handler of someone else, which no safe code can install",
    ),
    (
        "crates/poll-os/tests/it/allocations.rs",
        "the allocator that counts what a turn allocates",
    ),
    (
        "crates/poll-loop/tests/it/allocations.rs",
        "the allocator that counts what a wait allocates",
    ),
    (
        "crates/poll-mio/src/sys.rs",
        "takes and returns raw descriptors, as mio does",
    ),
    ("compat/", "adapters for interfaces with raw descriptors"),
    (
        "poll-bench/",
        "the counting allocator and the raw system calls that are measured",
    ),
];

/// Writes the ledger; with `--check` compares it. Unsafe code in another place fails either way.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    let checking = match arguments.first().map(String::as_str) {
        Some("--check") => true,
        Some(other) => return Err(format!("unknown argument: {other}")),
        None => false,
    };
    let mut sites = Vec::new();
    let mut problems = Vec::new();
    for file in text_files()?
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
    {
        let found = scan::sites(&file.path, &file.text);
        problems.extend(found.iter().filter_map(check));
        sites.extend(found);
    }
    let page = ledger::page(&sites);
    let summary = format!("unsafe: {} operations, each with its proof", sites.len());
    if !checking {
        std::fs::write(root().join(PAGE), page).map_err(|e| format!("{PAGE}: {e}"))?;
    } else if let Some(line) = ledger::first_difference(&read(PAGE).unwrap_or_default(), &page) {
        let what = "not the present unsafe code: run `cargo xtask unsafe` and review the change";
        problems.push(Problem::new(PAGE, line, what));
    }
    report(&problems, &summary)
}

/// What is wrong with a site: its place, or a missing proof.
fn check(site: &Site) -> Option<Problem> {
    if !allowed(&site.path) {
        let what = "unsafe code outside the system files; it belongs into a sys-* crate's sys.rs";
        return Some(Problem::new(&site.path, site.line, what));
    }
    let what = "unsafe code without a SAFETY comment directly above it";
    site.proof
        .is_none()
        .then(|| Problem::new(&site.path, site.line, what))
}

/// A sys crate's `sys.rs`, its submodules where it is folded, or an exception.
fn allowed(path: &str) -> bool {
    let system = path
        .strip_prefix("crates/sys-")
        .and_then(|rest| rest.split_once('/'));
    system.is_some_and(|(_, file)| file == "src/sys.rs" || file.starts_with("src/sys/"))
        || EXCEPTIONS.iter().any(|(place, _)| path.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::{check, scan};
    use crate::problem::assert_says;

    const PROVED: &str = "fn f() {\n    // SAFETY: it wants a.\n    unsafe { a() }\n}\n";

    fn problems(path: &str, text: &str) -> Vec<crate::problem::Problem> {
        scan::sites(path, text).iter().filter_map(check).collect()
    }

    #[test]
    fn proved_code_in_the_system_files_passes() {
        for path in [
            "crates/sys-epoll/src/sys.rs",
            "crates/sys-socket/src/sys/cmsg.rs",
        ] {
            assert_eq!(problems(path, PROVED), [], "{path}");
        }
        assert_eq!(
            problems("crates/poll-os/src/lib.rs", "// unsafe { a() }\n"),
            []
        );
    }

    #[test]
    fn unsafe_code_elsewhere_is_found() {
        for path in [
            "crates/poll-os/src/epoll.rs",
            "crates/sys-epoll/src/epoll.rs",
            "crates/sys-epoll/tests/it/main.rs",
            "examples/src/bin/a.rs",
        ] {
            assert_says(&problems(path, PROVED), "outside the system files");
        }
    }

    #[test]
    fn code_without_a_proof_is_found() {
        let path = "crates/sys-epoll/src/sys.rs";
        for text in [
            "fn f() {\n    unsafe { a() }\n}\n",
            "fn f() {\n    // Sure.\n    unsafe { a() }\n}\n",
            "fn f() {\n    // SAFETY: x.\n    b();\n    unsafe { a() }\n}\n",
            "unsafe impl Send for A {}\n",
        ] {
            assert_says(&problems(path, text), "without a SAFETY");
        }
    }
}
