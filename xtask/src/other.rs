//! What it takes to compile, link and run for other systems. All of it is kept in `target/other`:
//! the machine's own packages and toolchain stay as they are.

use core::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::workspace::root;

pub(crate) mod archive;
pub(crate) mod bundle;
pub(crate) mod debian;
pub(crate) mod guest;
pub(crate) mod source;
pub(crate) mod standard;
pub(crate) mod zig;

/// Why something for another system was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Something it needs cannot be had here: what, and why.
    Lacking(String),
    /// It was tried with all it needs.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lacking(reason) | Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// The folder that holds everything, or what is at `path` in it.
pub(crate) fn folder(path: &str) -> PathBuf {
    root().join("target/other").join(path)
}

/// Writes a script that can be run, and the folder it stands in. It takes the place of an old one
/// at once: somebody may be starting that.
pub(crate) fn write_program(path: &Path, script: &str) -> Result<(), Trouble> {
    let failed = |e| Trouble::Failed(format!("{}: {e}", path.display()));
    let new = path.with_extension("new");
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&new, script))
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&new, path))
        .map_err(failed)
}
