//! The unsafe code of this crate: raw descriptors, which io-reactor's interface takes.
#![expect(
    unsafe_code,
    clippy::disallowed_types,
    reason = "io-reactor's interface has raw descriptors"
)]

use std::io::Result;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use sys_socket::Errno;

/// The number of a source's descriptor: not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Number(RawFd);

impl Number {
    /// The number that `source` has now; a negative one is refused, as the kernel does.
    pub(crate) fn of(source: &(impl AsRawFd + ?Sized)) -> Result<Self> {
        match source.as_raw_fd() {
            number if number < 0 => Err(Errno::BADF.into()),
            number => Ok(Self(number)),
        }
    }
}

impl AsFd for Number {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the number is not -1, and the descriptor is open for as long as it is borrowed:
        // - a number is made by `of` only, which refuses negative ones;
        // - that it is open is a fact of the resource, or of the program that registers it, as in
        //   io-reactor, and no memory depends on it: this crate passes what it borrows to waits,
        //   registrations, duplication and a question for what is unread, all of which say
        //   `EBADF` of a number that is not open, and none of which reads, writes or closes what
        //   the number means.
        unsafe { BorrowedFd::borrow_raw(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd, AsRawFd};

    use sys_socket::Errno;

    use super::Number;

    #[test]
    fn a_negative_number_is_no_descriptor_and_any_other_is_itself() {
        for negative in [-1, i32::MIN] {
            let error = Number::of(&negative).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(Errno::BADF.raw_os_error()));
        }
        let (source, _other) = std::io::pipe().unwrap();
        let number = Number::of(&source).unwrap();
        assert_eq!(number.as_fd().as_raw_fd(), source.as_raw_fd());
        assert_eq!(Number::of(&0).unwrap().as_fd().as_raw_fd(), 0);
    }
}
