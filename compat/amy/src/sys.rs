//! The unsafe code of this crate: raw descriptors, which amy's interface takes.
#![expect(unsafe_code, reason = "amy's interface takes raw descriptors")]

use std::io::Result;
use std::os::fd::{AsRawFd, BorrowedFd};

use sys_socket::Errno;

/// The number of a source's descriptor, which is not negative; others are refused, as the kernel
/// does.
pub(crate) fn number<T: AsRawFd>(source: &T) -> Result<u32> {
    u32::try_from(source.as_raw_fd()).map_err(|_negative| Errno::BADF.into())
}

/// Lends the descriptor of `source`, which has this `number`, to `operation`.
pub(crate) fn lend<R>(
    number: u32,
    operation: impl FnOnce(&BorrowedFd<'_>) -> Result<R>,
) -> Result<R> {
    let number = i32::try_from(number).map_err(|_negative| Errno::BADF)?;
    // SAFETY: the number is not -1, and the descriptor is open for as long as it is borrowed:
    // - it came out of `try_from` and is not negative;
    // - the borrow ends with this function, and the registrar that gets it keeps none: poll-os
    //   borrows a source for the call only, and its poll(2) engine makes a duplicate;
    // - that it is open is a fact of the caller's program, as in amy, and no memory depends on it:
    //   of a number that is not open the kernel says `EBADF` in each of the calls made with it, and
    //   none of them reads, writes or closes what the number means.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    operation(&descriptor)
}

#[cfg(test)]
mod tests {
    use std::io::Result;
    use std::os::fd::AsRawFd;

    use sys_socket::Errno;

    use super::{lend, number};

    #[test]
    fn a_negative_number_is_no_descriptor() {
        struct Closed;
        impl AsRawFd for Closed {
            fn as_raw_fd(&self) -> i32 {
                -1
            }
        }
        let expected = Some(Errno::BADF.raw_os_error());
        assert_eq!(number(&Closed).unwrap_err().raw_os_error(), expected);
        let lent: Result<()> = lend(u32::MAX, |_| Ok(()));
        assert_eq!(lent.unwrap_err().raw_os_error(), expected);
    }
}
