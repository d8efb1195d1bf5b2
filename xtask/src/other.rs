//! What it takes to compile, link and run for other systems. All of it is kept in `target/other`:
//! the machine's own packages and toolchain stay as they are.

use core::fmt;
use core::time::Duration;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{process, thread};

use crate::run::left;
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

/// Does what only one thread of one program may do at a time, such as to fetch something once for
/// all; whoever comes second waits, and then finds it done. Not to be nested under one name.
pub(crate) fn alone<T>(
    name: &str,
    work: impl FnOnce() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let failed = |e| Trouble::Failed(format!("the lock of {name}: {e}"));
    let _held = lock(name).map_err(failed)?;
    work()
}

/// A lock that is given back with the file, also when the program is killed.
///
/// One that is waited for in the kernel would be waited for without a limit.
fn lock(name: &str) -> io::Result<File> {
    const LOOK: Duration = Duration::from_millis(20);
    let folder = folder("locks");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(name))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if !told {
            println!("({name} is being prepared elsewhere; waiting for that)");
            told = true;
        }
        let Some(pause) = left(Some(LOOK)).filter(|left| !left.is_zero()) else {
            return Err(io::ErrorKind::TimedOut.into());
        };
        thread::park_timeout(pause);
    }
}

/// Writes a script that can be run, and the folder it stands in. It takes the place of an old one
/// at once: somebody may be starting that.
pub(crate) fn write_program(path: &Path, script: &str) -> Result<(), Trouble> {
    let failed = |e| Trouble::Failed(format!("{}: {e}", path.display()));
    let new = path.with_extension(format!("new-{}", process::id()));
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&new, script))
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&new, path))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{Trouble, alone, folder};
    use crate::run::within;
    use core::sync::atomic::{AtomicU32, Ordering};
    use core::time::Duration;
    use std::fs;
    use std::thread;

    #[test]
    fn what_is_done_under_one_name_is_done_by_one_at_a_time() {
        let name = format!("test-{}", std::process::id());
        let inside = AtomicU32::new(0);
        let work = || {
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| alone(&name, work).unwrap()));
            }
        });
        let failed = alone(&name, || Err::<(), _>(Trouble::Failed("why".to_owned())));
        assert_eq!(failed, Err(Trouble::Failed("why".to_owned())));
        fs::remove_file(folder("locks").join(name)).unwrap();
    }

    #[test]
    fn who_waits_for_another_waits_no_longer_than_its_own_work_may_take() {
        let name = format!("test-late-{}", std::process::id());
        let second = alone(&name, || {
            let soon = Duration::from_millis(100);
            Ok(within(soon, || alone(&name, || Ok(()))))
        });
        let Ok(Err(Trouble::Failed(reason))) = second else {
            panic!("{second:?}");
        };
        assert!(reason.starts_with("the lock of test-late-"), "{reason}");
        fs::remove_file(folder("locks").join(name)).unwrap();
    }
}
