//! What an emulator of user programs lacks of the kernel: a visible SKIP there, and a failure
//! everywhere else.

use core::panic::Location;
use std::fs;
use std::io;

use sys_socket::Errno;

/// Whether `holds`, which is what the kernel is known for; only an emulator may do otherwise.
#[track_caller]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn kernel_does(what: &str, holds: bool) -> bool {
    if !holds {
        assert!(is_emulated(), "{what}");
        eprintln!("SKIP: {what}: the emulator does otherwise");
    }
    holds
}

/// The outcome of a call for an option; nothing where an emulator does not know the option.
#[track_caller]
pub(crate) fn known<T>(result: io::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let what = format!("{}: {error}", Location::caller());
            let errno = Errno::from_io_error(&error);
            assert_eq!(errno, Some(Errno::NOPROTOOPT), "{what}");
            kernel_does(&what, false);
            None
        }
    }
}

/// Whether another program makes this one's system calls: it answers for /proc/self/exe as if it
/// was not there, and forgets the other name of that file.
fn is_emulated() -> bool {
    let program = |path| fs::read_link(path).ok();
    let (own, other) = (program("/proc/self/exe"), program("/proc/thread-self/exe"));
    other.is_some() && own != other
}
