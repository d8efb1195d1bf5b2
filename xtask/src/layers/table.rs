//! The allowed arrows: a new one is a change of this table, in a commit of its own.

/// What one member may depend on.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) layer: u8,
    /// Workspace crates, in groups.
    pub(super) workspace: &'static [&'static [&'static str]],
    /// External crates, each with its reason in [`EXTERNAL`].
    pub(super) external: &'static [&'static str],
    /// External crates that only the tests use, besides [`TEST_CRATES`].
    pub(super) tests: &'static [&'static str],
    /// Unpublished and a user of everything else.
    pub(super) anything: bool,
}

/// The names of the layers, by number.
pub(super) const LAYERS: [&str; 7] = [
    "system",
    "vocabulary",
    "portable",
    "driver",
    "model",
    "facade",
    "tools",
];

/// External crates that only `sys-*` may name: every system call passes there.
pub(super) const SYSTEM_ONLY: [&str; 3] = ["libc", "rustix", "io-uring"];

/// External crates that any test may use.
pub(super) const TEST_CRATES: [&str; 3] = ["static_assertions", "proptest", "loom"];

const SYSTEM: &[&str] = &[
    "sys-epoll",
    "sys-kqueue",
    "sys-poll",
    "sys-uring",
    "sys-socket",
    "sys-process",
];
const VOCABULARY: &[&str] = &["poll-api", "poll-codec"];
const PORTABLE: &[&str] = &["poll-os", "poll-net", "poll-timer", "poll-channel"];
const DRIVER: &[&str] = &["poll-driver"];
const MODELS: &[&str] = &["poll-loop", "poll-reactor", "poll-async", "poll-mio"];

const CALLS: &[&str] = &["libc", "rustix", "static_assertions"];
const TRACED: &[&str] = &["tracing", "static_assertions"];

const EMPTY: Row = Row {
    name: "",
    layer: 0,
    workspace: &[],
    external: &["static_assertions"],
    tests: &[],
    anything: false,
};

const fn system(name: &'static str) -> Row {
    Row {
        name,
        external: CALLS,
        ..EMPTY
    }
}

const fn vocabulary(name: &'static str) -> Row {
    Row {
        name,
        layer: 1,
        ..EMPTY
    }
}

const fn model(name: &'static str) -> Row {
    let workspace = &[VOCABULARY, PORTABLE, DRIVER];
    Row {
        name,
        layer: 4,
        workspace,
        external: TRACED,
        ..EMPTY
    }
}

const fn tool(name: &'static str) -> Row {
    Row {
        name,
        layer: 6,
        external: &[],
        ..EMPTY
    }
}

const ROWS: &[Row] = &[
    system("sys-epoll"),
    system("sys-kqueue"),
    system("sys-poll"),
    Row {
        external: &["io-uring", "libc", "rustix", "static_assertions"],
        ..system("sys-uring")
    },
    system("sys-socket"),
    system("sys-process"),
    vocabulary("poll-api"),
    // The compiler runs it: it has nothing below, and only poll-async above.
    vocabulary("poll-async-macros"),
    Row {
        external: &["memchr", "static_assertions"],
        ..vocabulary("poll-codec")
    },
    Row {
        name: "poll-os",
        layer: 2,
        workspace: &[&["poll-api"], SYSTEM],
        external: TRACED,
        ..EMPTY
    },
    Row {
        name: "poll-net",
        layer: 2,
        workspace: &[&["poll-api", "sys-socket"]],
        external: TRACED,
        ..EMPTY
    },
    Row {
        name: "poll-timer",
        layer: 2,
        // The one type of instant.
        workspace: &[&["poll-api"]],
        ..EMPTY
    },
    Row {
        name: "poll-channel",
        layer: 2,
        workspace: &[&["poll-api"]],
        external: TRACED,
        ..EMPTY
    },
    Row {
        name: "poll-driver",
        layer: 3,
        workspace: &[&["poll-api", "poll-timer", "poll-os", "poll-channel"]],
        external: TRACED,
        ..EMPTY
    },
    model("poll-loop"),
    model("poll-reactor"),
    Row {
        workspace: &[VOCABULARY, PORTABLE, DRIVER, &["poll-async-macros"]],
        external: &[
            "async-task",
            "async-lock",
            "event-listener",
            "crossbeam-deque",
            "crossbeam-utils",
            "concurrent-queue",
            "slab",
            "pin-project-lite",
            "futures-core",
            "futures-io",
            "futures-lite",
            "tokio",
            "hyper",
            "tracing",
            "static_assertions",
        ],
        ..model("poll-async")
    },
    Row {
        workspace: &[SYSTEM, VOCABULARY, PORTABLE],
        external: &["log", "static_assertions"],
        ..model("poll-mio")
    },
    Row {
        name: "poll-io",
        layer: 5,
        workspace: &[SYSTEM, VOCABULARY, PORTABLE, DRIVER, MODELS],
        external: &[],
        ..EMPTY
    },
    Row {
        workspace: &[&["poll-api"]],
        ..tool("poll-conformance")
    },
    Row {
        anything: true,
        ..tool("examples")
    },
    tool("xtask"),
];

/// Why each external crate is taken: it does the job better than we would outside our field.
const EXTERNAL: &[(&str, &str)] = &[
    (
        "libc",
        "constants, C types and the calls rustix does not wrap",
    ),
    (
        "rustix",
        "descriptor and errno types without std, and calls without hidden flags",
    ),
    ("io-uring", "the layout of the rings and of their entries"),
    (
        "memchr",
        "finds the end of a line with vector instructions, which std does not",
    ),
    (
        "static_assertions",
        "sizes, layouts and auto traits pinned at compile time",
    ),
    (
        "tracing",
        "structured events for whoever wants to see what happens; off by default",
    ),
    (
        "log",
        "the records that mio's users look at, under a feature of mio's name",
    ),
    (
        "concurrent-queue",
        "a lock-free queue that keeps unsafe code out of ours",
    ),
    (
        "async-task",
        "the task allocation that cannot be written in safe code",
    ),
    ("async-lock", "guards that are Send, which std's are not"),
    (
        "event-listener",
        "notification of waiting tasks without lost wake-ups",
    ),
    ("crossbeam-deque", "the work-stealing deque"),
    ("crossbeam-utils", "cache-line padding and backoff"),
    ("slab", "indices that stay, with reuse"),
    (
        "pin-project-lite",
        "pin projection without unsafe code in ours",
    ),
    ("futures-core", "the Stream trait others already implement"),
    ("futures-io", "the I/O traits others already implement"),
    ("futures-lite", "adapters over the two above"),
    ("tokio", "its I/O traits, by feature"),
    ("hyper", "its runtime traits, by feature"),
];

/// The row of a member.
pub(super) fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// Why an external crate is taken.
pub(super) fn reason_for(name: &str) -> Option<&'static str> {
    EXTERNAL
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::{LAYERS, ROWS, TEST_CRATES, reason_for, row};

    #[test]
    fn arrows_of_the_table_go_down_only() {
        for from in ROWS {
            assert!(usize::from(from.layer) < LAYERS.len());
            for name in from.workspace.iter().copied().flatten() {
                let to = row(name).unwrap();
                assert!(to.layer < from.layer, "{} -> {}", from.name, to.name);
            }
        }
    }

    #[test]
    fn every_external_crate_has_a_reason() {
        for row in ROWS {
            for name in row.external {
                assert!(reason_for(name).is_some(), "{} -> {name}", row.name);
            }
        }
        assert!(TEST_CRATES.iter().all(|name| row(name).is_none()));
    }
}
