//! The standard library of a target: installed, or built from source.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Trouble, folder, source};
use crate::run::Call;

/// What a standard library is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// Compiler and clippy; it has no code in it and is made twice as fast.
    Check,
    /// Linking and running as well, with this linker.
    Link(&'a Path),
}

/// The flags for rustc with which it finds a standard library for `target`: none where one is
/// installed; else one is built, once, from the source of the installed compiler.
pub(crate) fn flags(target: &str, purpose: Purpose<'_>) -> Result<String, Trouble> {
    if installed(target).map_err(Trouble::Failed)? {
        return Ok(String::new());
    }
    let made = sysroot(purpose);
    if !libraries(&made, target).exists() {
        build(target, purpose)?;
    }
    Ok(format!("--sysroot={}", made.display()))
}

/// The environment variable by which cargo is told of a target's linker.
pub(crate) fn linker_variable(target: &str) -> String {
    let target = target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_LINKER")
}

fn installed(target: &str) -> Result<bool, String> {
    let folder = ["--print", "target-libdir", "--target", target];
    let folder = Call::new("rustc", &folder).output()?;
    Ok(Path::new(folder.trim()).exists())
}

fn sysroot(purpose: Purpose<'_>) -> PathBuf {
    folder(match purpose {
        Purpose::Check => "sysroot-check",
        Purpose::Link(_) => "sysroot-link",
    })
}

fn libraries(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(target).join("lib")
}

fn build(target: &str, purpose: Purpose<'_>) -> Result<(), Trouble> {
    let library = source::library()?;
    let manifest = library.join("sysroot/Cargo.toml").display().to_string();
    let (command, ends) = match purpose {
        Purpose::Check => ("check", ".rmeta"),
        Purpose::Link(_) => ("build", ".rlib"),
    };
    let own = folder("std").join(command);
    // The compiler's own switches for building its library; only this call sees them.
    let flags = "-Zforce-unstable-if-unmarked -Cdebuginfo=0 --cap-lints=warn -Ainternal_features";
    let mut call = Call::cargo(command)
        .args(&["--quiet", "--manifest-path", &manifest].map(str::to_owned))
        .args(&["--features", "panic-unwind,backtrace"].map(str::to_owned))
        .args(&["--target", target, "--target-dir"].map(str::to_owned))
        .args(&[own.display().to_string()])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_INCREMENTAL", "0")
        .env("__CARGO_DEFAULT_LIB_METADATA", "poll-io")
        .env("RUSTFLAGS", flags);
    if let Purpose::Link(linker) = purpose {
        // std is a dynamic library too; nobody uses that one, but cargo makes it.
        let linker = linker.display().to_string();
        call = call.env(&linker_variable(target), &linker);
    }
    call.run().map_err(Trouble::Failed)?;
    let built = own.join(target).join("debug/deps");
    install(&built, ends, &libraries(&sysroot(purpose), target))
}

/// Copies what was built; the folder appears under its name only when it is whole.
fn install(built: &Path, ends: &str, libraries: &Path) -> Result<(), Trouble> {
    let failed = |e: std::io::Error| Trouble::Failed(format!("{}: {e}", libraries.display()));
    let part = libraries.with_extension("part");
    fs::create_dir_all(&part).map_err(failed)?;
    for entry in fs::read_dir(built).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().ends_with(ends) {
            fs::copy(&path, part.join(name)).map_err(failed)?;
        }
    }
    fs::rename(&part, libraries).map_err(failed)
}
