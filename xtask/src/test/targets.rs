//! The other systems, as far as a compiler can tell without linking or running.

use std::path::Path;

use super::{Done, Result};
use crate::run::Call;
use crate::workspace::root;

/// The systems that PLATFORMS.md calls compiled.
const TARGETS: [&str; 6] = [
    "aarch64-linux-android",
    "x86_64-unknown-freebsd",
    "aarch64-apple-darwin",
    "x86_64-unknown-netbsd",
    "x86_64-unknown-openbsd",
    "x86_64-unknown-dragonfly",
];

/// Where `ci/sysroots.sh` puts standard libraries that are good for checking only.
const SYSROOT: &str = "target/other/sysroot";

/// Lints the workspace for each of the targets whose standard library is there, all of them also
/// after one that failed.
pub(super) fn each() -> Result {
    let made = root().join(SYSROOT);
    let mut missing = Vec::new();
    let mut failed = Vec::new();
    for target in TARGETS {
        let clippy = "clippy --workspace --all-targets --keep-going --target-dir target/other";
        let call = Call::cargo(&format!("{clippy} --target {target} -- -D warnings"));
        let result = if installed(target)? {
            call.run()
        } else if made.join("lib/rustlib").join(target).exists() {
            // An absolute path: cargo runs the compiler for a dependency in another folder.
            call.env("RUSTFLAGS", &format!("--sysroot {}", made.display()))
                .run()
        } else {
            missing.push(target);
            continue;
        };
        if result.is_err() {
            failed.push(target);
        }
    }
    if !failed.is_empty() {
        return Err(format!("does not compile for {}", failed.join(", ")));
    }
    if missing.is_empty() {
        return Ok(Done::Passed);
    }
    let cure = "`ci/sysroots.sh` makes one for checking, where Debian's packages are";
    Ok(Done::Skipped(format!(
        "no standard library for {}; {cure}",
        missing.join(", ")
    )))
}

fn installed(target: &str) -> core::result::Result<bool, String> {
    let folder = ["--print", "target-libdir", "--target", target];
    let folder = Call::new("rustc", &folder).output()?;
    Ok(Path::new(folder.trim()).exists())
}
