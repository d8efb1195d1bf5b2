//! The system calls, one function each, and the crate's one piece of unsafe code.

use rustix::event::{PollFd, Timespec};
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::FileType;
use rustix::io::Errno;

use crate::event::Flags;

/// A set of owned descriptors in the form the kernel takes.
///
/// It stands here and not in poll_set.rs because its two fields must change together, which is
/// what the safety of [`polled`] rests on: `polled[i]` holds the number of `owned[i]`.
#[derive(Debug, Default)]
pub(crate) struct Array {
    // Before `owned`: dropped first, so that no entry outlives its descriptor.
    polled: alloc::vec::Vec<PollFd<'static>>,
    owned: alloc::vec::Vec<OwnedFd>,
}

impl Array {
    pub(crate) fn len(&self) -> usize {
        self.owned.len()
    }

    pub(crate) fn fd(&self, index: usize) -> BorrowedFd<'_> {
        use rustix::fd::AsFd;
        self.owned[index].as_fd()
    }

    pub(crate) fn push(&mut self, fd: OwnedFd, flags: Flags) {
        // Room first, so that nothing can fail between the two pushes.
        self.polled.reserve(1);
        self.owned.reserve(1);
        self.polled.push(polled(&fd, flags));
        self.owned.push(fd);
    }

    pub(crate) fn set_flags(&mut self, index: usize, flags: Flags) {
        self.polled[index] = polled(&self.owned[index], flags);
    }

    pub(crate) fn clear_report(&mut self, index: usize) {
        self.polled[index].clear_revents();
    }

    pub(crate) fn swap_remove(&mut self, index: usize) -> OwnedFd {
        self.polled.swap_remove(index);
        self.owned.swap_remove(index)
    }

    pub(crate) fn reported(&self, index: usize) -> Flags {
        Flags::from_rustix(self.polled[index].revents())
    }

    /// ppoll(2), or poll(2) with the timeout rounded up where the former is missing.
    pub(crate) fn poll(&mut self, timeout: Option<&Timespec>) -> Result<usize, Errno> {
        count();
        rustix::event::poll(&mut self.polled, timeout)
    }
}

/// The kernel's entry for a descriptor that an [`Array`] owns or is about to own.
fn polled(fd: &OwnedFd, flags: Flags) -> PollFd<'static> {
    // SAFETY: `BorrowedFd::borrow_raw` wants the descriptor to stay open for as long as the
    // borrow is used, and not to be -1.
    // - `Array`, the only caller, keeps `fd` in `owned` at the index of the entry made here, and
    //   its fields are private to this module.
    // - `swap_remove` takes the entry out before it hands the descriptor out; no other method
    //   removes one; a drop of the array drops the entries first (field order).
    // - the entry is not handed out: `reported` returns its flags only.
    // - an `OwnedFd` is never -1, by its documentation.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd.as_raw_fd()) };
    PollFd::from_borrowed_fd(borrowed, flags.to_rustix())
}

/// Whether the descriptor is one of a regular file or of a directory.
pub(crate) fn is_file_or_directory(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    count();
    let kind = FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode);
    Ok(matches!(kind, FileType::RegularFile | FileType::Directory))
}

/// Whether both descriptors have the same inode on the same device.
pub(crate) fn is_same_inode(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> Result<bool, Errno> {
    count();
    let one = rustix::fs::fstat(one)?;
    count();
    let other = rustix::fs::fstat(other)?;
    Ok(one.st_ino == other.st_ino && one.st_dev == other.st_dev)
}

pub(crate) fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    count();
    rustix::io::fcntl_dupfd_cloexec(fd, 0)
}

/// A write of one byte.
pub(crate) fn write_byte(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    count();
    rustix::io::write(fd, &[1]).map(drop)
}

/// A read of as much as the buffer holds.
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    count();
    rustix::io::read(fd, buffer)
}

#[cfg(feature = "count")]
pub(crate) use crate::count::one as count;

#[cfg(not(feature = "count"))]
pub(crate) const fn count() {}
