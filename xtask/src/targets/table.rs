//! The systems the crates are written for, beside the one that is worked on.

/// A system that is compiled for, not run.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// What zig calls it, where it has the stubs to link.
    pub(crate) zig: Option<&'static str>,
    /// The file of sys-kqueue's assertions that its headers are to satisfy.
    #[expect(dead_code, reason = "the check of headers is about to need it")]
    pub(crate) headers: Option<&'static str>,
}

const fn target(
    name: &'static str,
    zig: Option<&'static str>,
    headers: Option<&'static str>,
) -> Target {
    Target { name, zig, headers }
}

pub(crate) const TARGETS: &[Target] = &[
    target(
        "x86_64-unknown-freebsd",
        Some("x86_64-freebsd"),
        Some("freebsd.c"),
    ),
    target(
        "x86_64-unknown-netbsd",
        Some("x86_64-netbsd"),
        Some("netbsd.c"),
    ),
    target(
        "x86_64-unknown-openbsd",
        Some("x86_64-openbsd"),
        Some("openbsd.c"),
    ),
    target("x86_64-unknown-dragonfly", None, None),
    target("x86_64-apple-darwin", Some("x86_64-macos"), Some("apple.c")),
    target(
        "aarch64-apple-darwin",
        Some("aarch64-macos"),
        Some("apple.c"),
    ),
    target("aarch64-apple-ios", None, None),
    target("x86_64-unknown-illumos", None, None),
    target("aarch64-linux-android", None, None),
];
