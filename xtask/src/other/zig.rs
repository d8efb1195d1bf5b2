//! A C compiler that carries the headers and link stubs of other systems.

use std::path::PathBuf;

use super::{Trouble, folder, write_program};
use crate::run::Call;

/// The version that was tried; a newer one may lose or gain a system.
const PACKAGE: &str = "ziglang==0.17.1";

/// The compiler, unpacked.
#[derive(Debug)]
pub(crate) struct Zig {
    program: PathBuf,
}

impl Zig {
    /// Fetched with Python's package installer, once.
    pub(crate) fn fetched() -> Result<Self, Trouble> {
        let place = folder("zig");
        let zig = Self {
            program: place.join("ziglang/zig"),
        };
        if zig.program.exists() {
            return Ok(zig);
        }
        let into = place.display().to_string();
        let install = "-m pip install --quiet --disable-pip-version-check --no-deps --target";
        let mut call: Vec<&str> = install.split(' ').collect();
        call.extend([into.as_str(), PACKAGE]);
        let fetched = Call::new("python3", &call).run();
        fetched.map_err(|reason| Trouble::Lacking(format!("no linker ({PACKAGE}): {reason}")))?;
        Ok(zig)
    }

    /// A call of the compiler for one of its targets, such as `x86_64-freebsd`.
    #[expect(dead_code, reason = "the check of headers is about to need it")]
    pub(crate) fn compile(&self, target: &str, arguments: &[&str]) -> Call {
        let program = self.program.display().to_string();
        let mut all = vec!["cc", "-target", target];
        all.extend(arguments);
        Call::new(&program, &all)
    }

    /// A program that links for one target, as rustc wants it.
    ///
    /// Libraries that the libc crate names and that have no stub are left out: what is really used
    /// from them is then undefined, and found.
    pub(crate) fn linker(&self, target: &str) -> Result<PathBuf, Trouble> {
        let script = format!(
            "#!/bin/sh\n# Links for {target}; written by `cargo xtask targets`.\n\
             for argument in \"$@\"; do\n    shift\n    case $argument in\n        \
             -lkvm | -lmemstat | -lprocstat | -ldevstat | -liconv | -m32 | -m64) ;;\n        \
             *) set -- \"$@\" \"$argument\" ;;\n    esac\ndone\n\
             exec '{}' cc -target {target} \"$@\"\n",
            self.program.display()
        );
        let path = folder("zig").join(format!("link-{target}"));
        write_program(&path, &script)?;
        Ok(path)
    }
}
