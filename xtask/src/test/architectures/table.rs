//! The architectures and C libraries that the suite can be run for on an x86_64 Linux machine.

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// What rustc calls it.
    pub(super) name: &'static str,
    /// What the linker calls it; with the oldest C library that its programs are to run with.
    pub(super) linker: &'static str,
    /// Where its C library comes from; none if that is linked in.
    pub(super) library: Option<Library>,
    /// The emulator's name for the architecture; none if this machine runs it by itself.
    pub(super) emulated: Option<&'static str>,
}

/// A C library among Debian's packages for cross compilers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Library {
    pub(super) package: &'static str,
    /// The folder below `usr` that it is installed in.
    pub(super) folder: &'static str,
    /// The program that loads it, in the folder's `lib`.
    pub(super) loader: &'static str,
}

const fn library(package: &'static str, folder: &'static str, loader: &'static str) -> Library {
    Library {
        package,
        folder,
        loader,
    }
}

pub(super) const MACHINES: &[Machine] = &[
    Machine {
        name: "i686-unknown-linux-gnu",
        linker: "x86-linux-gnu.2.34",
        library: Some(library(
            "libc6-i386-cross",
            "i686-linux-gnu",
            "ld-linux.so.2",
        )),
        emulated: None,
    },
    Machine {
        name: "x86_64-unknown-linux-musl",
        linker: "x86_64-linux-musl",
        library: None,
        emulated: None,
    },
    Machine {
        name: "aarch64-unknown-linux-gnu",
        linker: "aarch64-linux-gnu.2.34",
        library: Some(library(
            "libc6-arm64-cross",
            "aarch64-linux-gnu",
            "ld-linux-aarch64.so.1",
        )),
        emulated: Some("aarch64"),
    },
    Machine {
        name: "riscv64gc-unknown-linux-gnu",
        linker: "riscv64-linux-gnu.2.34",
        library: Some(library(
            "libc6-riscv64-cross",
            "riscv64-linux-gnu",
            "ld-linux-riscv64-lp64d.so.1",
        )),
        emulated: Some("riscv64"),
    },
    Machine {
        name: "s390x-unknown-linux-gnu",
        linker: "s390x-linux-gnu.2.34",
        library: Some(library("libc6-s390x-cross", "s390x-linux-gnu", "ld64.so.1")),
        emulated: Some("s390x"),
    },
];
