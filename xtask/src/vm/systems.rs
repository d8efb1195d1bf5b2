//! The systems that have a script in `ci/`.

/// A system, and where its tests come from when they are linked here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct System {
    pub(super) name: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    /// Its tests linked here; none where nothing can link for it.
    pub(super) bundle: Option<Bundle>,
}

/// Tests that need no compiler where they run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bundle {
    pub(super) folder: &'static str,
    /// The command that makes it.
    pub(super) maker: &'static str,
}

const fn bundle(folder: &'static str, maker: &'static str) -> Option<Bundle> {
    Some(Bundle { folder, maker })
}

impl System {
    /// The environment variable that names a machine.
    pub(super) fn variable(&self) -> String {
        format!("POLL_IO_VM_{}", self.name.to_uppercase())
    }
}

pub(super) const SYSTEMS: &[System] = &[
    System {
        name: "freebsd",
        title: "FreeBSD on x86_64",
        bundle: bundle(
            "x86_64-unknown-freebsd",
            "cargo xtask targets x86_64-unknown-freebsd",
        ),
    },
    System {
        name: "netbsd",
        title: "NetBSD on x86_64",
        bundle: bundle(
            "x86_64-unknown-netbsd",
            "cargo xtask targets x86_64-unknown-netbsd",
        ),
    },
    System {
        name: "openbsd",
        title: "OpenBSD on x86_64",
        bundle: bundle(
            "x86_64-unknown-openbsd",
            "cargo xtask targets x86_64-unknown-openbsd",
        ),
    },
    System {
        name: "dragonfly",
        title: "DragonFly on x86_64",
        bundle: None,
    },
    System {
        name: "macos",
        title: "macOS on aarch64",
        bundle: bundle(
            "aarch64-apple-darwin",
            "cargo xtask targets aarch64-apple-darwin",
        ),
    },
    System {
        name: "linux",
        title: "Linux",
        bundle: bundle("this-machine", "cargo xtask test --kernel all"),
    },
];
