//! Taking over descriptors that were open when the process started.

use core::ffi::c_int;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use super::{check, option, set_close_on_exec};
use crate::Errno;

/// Takes ownership of inherited sockets, once in the life of the process: all of them or none.
pub(crate) fn adopt(descriptors: Range<c_int>) -> Result<Vec<OwnedFd>, Errno> {
    static ADOPTED: AtomicBool = AtomicBool::new(false);
    if ADOPTED.swap(true, Ordering::AcqRel) {
        return Err(Errno::ALREADY);
    }
    if let Err(error) = descriptors.clone().try_for_each(check_inherited) {
        ADOPTED.store(false, Ordering::Release);
        return Err(error);
    }
    let owned: Vec<OwnedFd> = descriptors
        // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
        // - `check_inherited` above has seen each one open. The environment says that it was open
        //   when this very process started, and is meant for whoever asks for it by that protocol
        //   (sd_listen_fds(3)), as descriptors 0 to 2 are for whoever asks for them. While it is
        //   open its number is given to nobody else (open(2)), and other code has no owner of it.
        // - If the environment is wrong, what was opened under that number since is close-on-exec,
        //   which `check_inherited` refuses: the standard library and this crate open nothing
        //   else. A socket that other code opened without it is out of reach of this check; it
        //   takes a manager that breaks its protocol, which the documentation of `listen_fds`
        //   names as what is relied upon.
        // - Nobody got it here before: `ADOPTED` was false, and lets one caller through.
        .map(|descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) })
        .collect();
    owned.iter().try_for_each(set_close_on_exec)?;
    Ok(owned)
}

/// Whether a descriptor is open, may have come through an `exec`, and is a socket.
fn check_inherited(descriptor: c_int) -> Result<(), Errno> {
    // SAFETY: fcntl(2) with F_GETFD takes no argument and touches no memory of the process; what
    // is not open is an error.
    let flags = check(unsafe { libc::fcntl(descriptor, libc::F_GETFD) })?;
    if flags & libc::FD_CLOEXEC != 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: `borrow_raw` requires that the descriptor stays open as long as the result lives.
    // - The call above has seen it open. It is private to no other part of this process, as the
    //   proof in `adopt` says, so that nobody closes it before the next call returns.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let mut kind = [0; size_of::<c_int>()];
    option(borrowed, libc::SOL_SOCKET, libc::SO_TYPE, &mut kind).map(drop)
}
