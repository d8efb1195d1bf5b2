//! What the interface has on some systems only: a poller with a descriptor, which poll(2) has not.

#[cfg(all(
    any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ),
    not(mio_unsupported_force_poll_poll)
))]
mod descriptor {
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

    use crate::{Poll, Registry};

    impl AsFd for Registry {
        /// The poller's descriptor, which others can watch: readable while a wait would have
        /// something to report. From the first time that it was asked for, wakes ring also between
        /// waits.
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.engine().as_fd()
        }
    }

    #[expect(clippy::disallowed_types, reason = "the interface of mio")]
    impl AsRawFd for Registry {
        fn as_raw_fd(&self) -> std::os::fd::RawFd {
            self.as_fd().as_raw_fd()
        }
    }

    #[expect(clippy::disallowed_types, reason = "the interface of mio")]
    impl AsRawFd for Poll {
        fn as_raw_fd(&self) -> std::os::fd::RawFd {
            self.registry().as_raw_fd()
        }
    }
}
