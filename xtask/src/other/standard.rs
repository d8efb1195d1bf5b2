//! The standard library of a target: installed, or built from source.

use core::hash::{Hash, Hasher};
use std::fs;
use std::hash::DefaultHasher;
use std::io;
use std::path::{Path, PathBuf};

use super::{Trouble, alone, folder, source};
use crate::run::Call;

/// What a standard library is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// Compiler and clippy; it has no code in it and is made twice as fast.
    Check,
    /// Linking and running as well, with this linker.
    Link(&'a Path),
}

/// A target and what its standard library is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    pub(crate) target: &'a str,
    pub(crate) purpose: Purpose<'a>,
}

/// The compiler's own switches for building its library; only those calls see them.
const FLAGS: &str =
    "-Zforce-unstable-if-unmarked -Cdebuginfo=0 --cap-lints=warn -Ainternal_features";
/// Without the feature backtrace, which is a fifth of the work: what is linked with these libraries
/// has nothing that would tell a line from another.
const FEATURES: &str = "panic-unwind";

/// The flags for rustc with which it finds a standard library for `target`: none where one is
/// installed; else one is built, once for each compiler, from that compiler's source.
pub(crate) fn flags(target: &str, purpose: Purpose<'_>) -> Result<String, Trouble> {
    if installed(target) {
        return Ok(String::new());
    }
    let wanted = Wanted { target, purpose };
    let place = place()?;
    alone(LOCK, || {
        if place.libraries(wanted).exists() {
            return Ok(());
        }
        let library = source::library()?;
        build(&place, &library, &[wanted]).map_err(Trouble::Failed)?;
        let failed = |e| Trouble::Failed(format!("{target}: {e}"));
        install(&place, wanted).map_err(failed)
    })?;
    Ok(format!("--sysroot={}", place.sysroot(purpose).display()))
}

/// Who builds for one purpose does so in one folder, and takes from it what is done.
const LOCK: &str = "standard-library";

/// Builds what several targets lack with one call for each purpose: the crates of one library wait
/// for each other, those of several do not.
///
/// Nothing is reported: [`flags`] then finds done what went well, and what did not fails there,
/// by its target.
pub(crate) fn prepare(wanted: &[Wanted<'_>]) {
    let Ok(place) = place() else { return };
    let missing =
        |wanted: &Wanted<'_>| !installed(wanted.target) && !place.libraries(*wanted).exists();
    let missing = wanted.iter().copied().filter(missing);
    let (check, link): (Vec<_>, Vec<_>) =
        missing.partition(|wanted| wanted.purpose == Purpose::Check);
    for several in [check, link] {
        if several.len() < 2 {
            continue;
        }
        let Ok(library) = source::library() else {
            return;
        };
        drop(alone(LOCK, || {
            build(&place, &library, &several).map_err(Trouble::Failed)
        }));
    }
}

/// The environment variable by which cargo is told of a target's `LINKER` or `RUNNER`.
pub(crate) fn variable(target: &str, key: &str) -> String {
    let target = target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_{key}")
}

fn installed(target: &str) -> bool {
    let folder = ["--print", "target-libdir", "--target", target];
    let folder = Call::new("rustc", &folder).output();
    folder.is_ok_and(|folder| Path::new(folder.trim()).exists())
}

/// Where the libraries for one compiler are.
struct Place(PathBuf);

/// Another compiler, and other flags, have another folder.
fn place() -> Result<Place, Trouble> {
    let compiler = Call::new("rustc", &["-vV"]).output();
    let compiler = compiler.map_err(Trouble::Failed)?;
    let place = folder("std").join(key(&compiler));
    if place.display().to_string().contains(char::is_whitespace) {
        let reason = format!("RUSTFLAGS cannot name {}, for its space", place.display());
        return Err(Trouble::Lacking(reason));
    }
    Ok(Place(place))
}

/// The release, so that a reader knows what it is, and a digest of all there is to know.
fn key(compiler: &str) -> String {
    let mut digest = DefaultHasher::new();
    (compiler, FLAGS, FEATURES).hash(&mut digest);
    let release = source::release(compiler).unwrap_or("unknown");
    format!("{release}-{:016x}", digest.finish())
}

impl Place {
    fn sysroot(&self, purpose: Purpose<'_>) -> PathBuf {
        self.0.join(match purpose {
            Purpose::Check => "check",
            Purpose::Link(_) => "link",
        })
    }

    fn libraries(&self, wanted: Wanted<'_>) -> PathBuf {
        let rustlib = self.sysroot(wanted.purpose).join("lib/rustlib");
        rustlib.join(wanted.target).join("lib")
    }

    /// Where cargo builds; it is emptied of what was taken from it.
    fn build(&self, purpose: Purpose<'_>) -> PathBuf {
        self.sysroot(purpose).join("build")
    }
}

/// Builds for targets of one purpose.
fn build(place: &Place, library: &Path, wanted: &[Wanted<'_>]) -> Result<(), String> {
    let Some(first) = wanted.first() else {
        return Ok(());
    };
    let manifest = library.join("sysroot/Cargo.toml").display().to_string();
    let build = place.build(first.purpose).display().to_string();
    let command = match first.purpose {
        Purpose::Check => "check",
        Purpose::Link(_) => "build",
    };
    let mut call = Call::cargo(command)
        .args(&["--quiet", "--keep-going", "--manifest-path", &manifest].map(str::to_owned))
        .args(&["--features", FEATURES, "--target-dir", &build].map(str::to_owned))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_INCREMENTAL", "0")
        .env("__CARGO_DEFAULT_LIB_METADATA", "poll-io")
        .env("RUSTFLAGS", FLAGS);
    for wanted in wanted {
        call = call.args(&["--target", wanted.target].map(str::to_owned));
        if let Purpose::Link(linker) = wanted.purpose {
            // std is a dynamic library too; nobody uses that one, but cargo makes it.
            let linker = linker.display().to_string();
            call = call.env(&variable(wanted.target, "LINKER"), &linker);
        }
    }
    call.run()
}

/// Takes what was built; the folder appears under its name only when it is whole.
fn install(place: &Place, wanted: Wanted<'_>) -> io::Result<()> {
    let ends = match wanted.purpose {
        Purpose::Check => ".rmeta",
        Purpose::Link(_) => ".rlib",
    };
    let libraries = place.libraries(wanted);
    let part = libraries.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    let built = place.build(wanted.purpose).join(wanted.target);
    for entry in fs::read_dir(built.join("debug/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().ends_with(ends) {
            fs::copy(&path, part.join(name))?;
        }
    }
    fs::rename(&part, &libraries)?;
    fs::remove_dir_all(built)
}

#[cfg(test)]
mod tests {
    use super::{key, variable};

    #[test]
    fn another_compiler_has_another_folder() {
        let one = "rustc 1.95.0\ncommit-hash: 1\nrelease: 1.95.0\n";
        let other = "rustc 1.95.0\ncommit-hash: 2\nrelease: 1.95.0\n";
        assert_eq!(key(one), key(one));
        assert_ne!(key(one), key(other));
        assert!(key(one).starts_with("1.95.0-"), "{}", key(one));
    }

    #[test]
    fn the_linker_is_named_as_cargo_wants_it() {
        let name = variable("x86_64-unknown-freebsd", "LINKER");
        assert_eq!(name, "CARGO_TARGET_X86_64_UNKNOWN_FREEBSD_LINKER");
    }
}
