//! The systems the crates are written for, beside the one that is worked on.

/// A system that is compiled for, not run.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) headers: Part<Headers>,
    /// What zig calls it, where it has the stubs to link with.
    pub(crate) link: Part<&'static str>,
    /// Why it is not linked where all targets are examined, and not this one by its name.
    pub(crate) instead: Option<&'static str>,
}

impl Target {
    /// What it is linked with where all targets are examined.
    pub(crate) const fn link_among_all(&self) -> Part<&'static str> {
        match self.instead {
            Some(reason) => Part::Without(reason),
            None => self.link,
        }
    }
}

/// Something that can be done for a target, or why it cannot.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<T> {
    Given(T),
    Without(&'static str),
}

/// Headers to hold the crates' C programs against.
#[derive(Debug)]
pub(crate) struct Headers {
    /// What zig calls the system that has them.
    pub(crate) system: &'static str,
    /// The programs: `tests/abi/NAME.c` of each crate that has one.
    pub(crate) name: &'static str,
}

/// A system whose headers and stubs zig has.
const fn linked(name: &'static str, system: &'static str, headers: &'static str) -> Target {
    let headers = Headers {
        system,
        name: headers,
    };
    Target {
        name,
        headers: Part::Given(headers),
        link: Part::Given(system),
        instead: None,
    }
}

const fn linted(name: &'static str, headers: Part<Headers>) -> Target {
    Target {
        name,
        headers,
        link: Part::Without("zig has no stubs of this system to link with"),
        instead: None,
    }
}

const NO_HEADERS: Part<Headers> = Part::Without("zig has no headers of this system");

pub(crate) const TARGETS: &[Target] = &[
    linked("x86_64-unknown-freebsd", "x86_64-freebsd", "freebsd"),
    linked("x86_64-unknown-netbsd", "x86_64-netbsd", "netbsd"),
    linked("x86_64-unknown-openbsd", "x86_64-openbsd", "openbsd"),
    linted("x86_64-unknown-dragonfly", NO_HEADERS),
    Target {
        instead: Some("aarch64-apple-darwin has the same symbols; this is linked when it is named"),
        ..linked("x86_64-apple-darwin", "x86_64-macos", "apple")
    },
    linked("aarch64-apple-darwin", "aarch64-macos", "apple"),
    linted("aarch64-apple-ios", NO_HEADERS),
    linted("x86_64-unknown-illumos", NO_HEADERS),
    linted(
        "aarch64-linux-android",
        // The kernel's part of them is the same; Android's own C library is not in zig.
        Part::Given(Headers {
            system: "aarch64-linux-gnu",
            name: "linux",
        }),
    ),
];
