//! Standard input and output as files that a loop can wait for.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// Standard input without the standard library's buffer, of which no engine knows.
///
/// It stays in blocking mode: read it only when it is ready.
///
/// # Errors
///
/// There is no descriptor left.
pub fn input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// A file in non-blocking mode until this is dropped.
///
/// The mode is not the descriptor's, but that of the open file, which others may share: of a
/// terminal, the shell.
#[derive(Debug)]
pub struct NonBlocking {
    file: File,
    before: OFlags,
}

impl NonBlocking {
    /// Changes the mode of this file.
    ///
    /// # Errors
    ///
    /// There is no descriptor left.
    pub fn new(file: impl AsFd) -> io::Result<Self> {
        let file = File::from(file.as_fd().try_clone_to_owned()?);
        let before = fcntl_getfl(&file)?;
        fcntl_setfl(&file, before | OFlags::NONBLOCK)?;
        Ok(Self { file, before })
    }

    /// The file, to be given away.
    ///
    /// # Errors
    ///
    /// There is no descriptor left.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

impl Drop for NonBlocking {
    fn drop(&mut self) {
        // A file that is open can be asked for its mode and be given it; if not, nothing is left to
        // restore.
        fcntl_setfl(&self.file, self.before).unwrap_or(());
    }
}

#[cfg(test)]
mod tests {
    use super::NonBlocking;
    use std::io::{self, ErrorKind, Write};

    #[test]
    fn a_file_blocks_again_when_nobody_needs_it_otherwise() {
        let (_receiver, sender) = io::pipe().unwrap();
        let is_non_blocking = || {
            let flags = rustix::fs::fcntl_getfl(&sender).unwrap();
            flags.contains(rustix::fs::OFlags::NONBLOCK)
        };
        let guard = NonBlocking::new(&sender).unwrap();
        assert!(is_non_blocking());
        let mut file = guard.file().unwrap();
        let error = loop {
            if let Err(error) = file.write(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        drop(guard);
        assert!(!is_non_blocking());
    }
}
