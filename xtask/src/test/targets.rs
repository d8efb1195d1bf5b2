//! The other systems, as far as a compiler can tell without linking or running.

use std::path::{Path, PathBuf};

use super::{Done, Result};
use crate::run::Call;
use crate::workspace::root;

/// The systems that PLATFORMS.md calls compiled.
const TARGETS: [&str; 5] = [
    "x86_64-unknown-freebsd",
    "aarch64-apple-darwin",
    "x86_64-unknown-netbsd",
    "x86_64-unknown-openbsd",
    "x86_64-unknown-dragonfly",
];

/// Where `ci/sysroots.sh` puts standard libraries that are good for checking only.
const SYSROOT: &str = "target/other/sysroot";

/// Lints the workspace for each of the targets whose standard library is there.
pub(super) fn each() -> Result {
    let mut missing = Vec::new();
    for target in TARGETS {
        let clippy = "clippy --workspace --all-targets --target-dir target/other";
        let call = Call::cargo(&format!("{clippy} --target {target} -- -D warnings"));
        if installed(target)? {
            call.run()?;
        } else if library(&root().join(SYSROOT), target).exists() {
            // Relative to the folder that every call runs in would be wrong for dependencies.
            let sysroot = root().join(SYSROOT);
            call.env("RUSTFLAGS", &format!("--sysroot {}", sysroot.display()))
                .run()?;
        } else {
            missing.push(target);
        }
    }
    if missing.is_empty() {
        return Ok(Done::Passed);
    }
    let reason = "no standard library for";
    let cure = "`ci/sysroots.sh` makes one for checking, where Debian's packages are";
    Ok(Done::Skipped(format!(
        "{reason} {}; {cure}",
        missing.join(", ")
    )))
}

fn installed(target: &str) -> core::result::Result<bool, String> {
    let folder = ["--print", "target-libdir", "--target", target];
    let folder = Call::new("rustc", &folder).output()?;
    Ok(Path::new(folder.trim()).exists())
}

fn library(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(target).join("lib")
}
