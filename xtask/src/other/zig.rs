//! A C compiler that carries the headers and link stubs of other systems.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Trouble, alone, folder, write_program};
use crate::run::Call;

/// The version that was tried; a newer one may lose or gain a system.
const VERSION: &str = "0.17.1";

/// The compiler, unpacked.
#[derive(Debug)]
pub(crate) struct Zig {
    program: PathBuf,
}

impl Zig {
    /// Fetched with Python's package installer, once.
    pub(crate) fn fetched() -> Result<Self, Trouble> {
        let place = folder("zig").join(VERSION);
        let program = place.join("ziglang/zig");
        alone("zig", || {
            if program.exists() {
                return Ok(());
            }
            fetch(&place).map_err(|reason| {
                Trouble::Lacking(format!(
                    "no zig {VERSION}, which has the headers and stubs of other systems: {reason}"
                ))
            })
        })?;
        Ok(Self { program })
    }

    /// A call of the compiler for one of its targets, such as `x86_64-freebsd`.
    pub(crate) fn compile(&self, target: &str, arguments: &[&str]) -> Call {
        let program = self.program.display().to_string();
        let mut all = vec!["cc", "-target", target];
        all.extend(arguments);
        cached(Call::new(&program, &all))
    }

    /// A program that links for one target, as rustc wants it.
    ///
    /// Libraries that the libc crate names and that have no stub are left out: what is really used
    /// from them is then undefined, and found. OpenBSD has its unwinder in the C++ library, which
    /// zig would compile whole. And the runtime of the sanitizer that zig turns on by default is
    /// for objects made from C.
    pub(crate) fn linker(&self, target: &str) -> Result<PathBuf, Trouble> {
        let script = format!(
            r#"#!/bin/sh
# Links for {target}; written by `cargo xtask targets`.
for argument in "$@"; do
    shift
    case $argument in
        -lkvm | -lmemstat | -lprocstat | -ldevstat | -liconv | -m32 | -m64) ;;
        -lc++abi) set -- "$@" -lunwind ;;
        *) set -- "$@" "$argument" ;;
    esac
done
export ZIG_GLOBAL_CACHE_DIR='{cache}' ZIG_LOCAL_CACHE_DIR='{cache}'
exec '{program}' cc -target {target} -fno-sanitize=undefined "$@"
"#,
            cache = cache().display(),
            program = self.program.display()
        );
        let path = folder("zig").join(format!("link-{target}"));
        write_program(&path, &script)?;
        Ok(path)
    }
}

/// Installs into a folder that appears under its name only when it is whole.
fn fetch(place: &Path) -> Result<(), String> {
    for (program, arguments, reason) in [
        (
            "python3",
            &["--version"][..],
            "there is no python3 to fetch it",
        ),
        (
            "python3",
            &["-m", "pip", "--version"],
            "python3 has no pip to fetch it",
        ),
    ] {
        if !Call::new(program, arguments).works() {
            return Err(reason.to_owned());
        }
    }
    let part = folder("zig/part");
    let failed = |e: io::Error| format!("{}: {e}", part.display());
    if part.exists() {
        fs::remove_dir_all(&part).map_err(failed)?;
    }
    let (into, package) = (part.display().to_string(), format!("ziglang=={VERSION}"));
    let install = "-m pip install --quiet --disable-pip-version-check --no-cache-dir --retries 1 \
                   --only-binary :all: --no-deps --target";
    let mut call: Vec<&str> = install.split_whitespace().collect();
    call.extend([into.as_str(), package.as_str()]);
    Call::new("python3", &call).run()?;
    fs::rename(&part, place).map_err(failed)
}

/// Zig's own cache, which would be in the user's home.
fn cache() -> PathBuf {
    folder("zig/cache")
}

fn cached(call: Call) -> Call {
    let cache = cache().display().to_string();
    call.env("ZIG_GLOBAL_CACHE_DIR", &cache)
        .env("ZIG_LOCAL_CACHE_DIR", &cache)
}
