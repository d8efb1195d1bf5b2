//! What all types of this crate are: owners of one descriptor, and some of them byte streams.

/// A type with one field `fd` lends, takes over and hands over its descriptor.
macro_rules! descriptor {
    ($type:ident) => {
        impl $type {
            /// Makes operations return `WouldBlock` instead of waiting, or wait again.
            ///
            /// What this crate makes does not wait. This is for a descriptor taken over as it is,
            /// and before handing one to code that expects to wait. The mode belongs to the open
            /// file, and so to all its duplicates, also those of other processes. One system call,
            /// or two when the mode changes.
            ///
            /// # Errors
            ///
            /// None on an open descriptor.
            ///
            /// Manual: fcntl(2)
            #[doc(alias = "O_NONBLOCK")]
            pub fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
                Ok(sys_socket::set_non_blocking(&self.fd, nonblocking)?)
            }
        }

        impl std::os::fd::AsFd for $type {
            #[inline]
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.fd.as_fd()
            }
        }

        impl From<std::os::fd::OwnedFd> for $type {
            /// Takes the descriptor as it is: the caller knows that it is of this kind, and has
            /// made it non-blocking or calls `set_nonblocking`. Operations on another kind return
            /// the system's error. On Apple's systems a socket from elsewhere raises `SIGPIPE`
            /// unless `SO_NOSIGPIPE` is set.
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                Self { fd }
            }
        }

        impl From<$type> for std::os::fd::OwnedFd {
            fn from(owner: $type) -> Self {
                owner.fd
            }
        }
    };
}

/// A socket shows its addresses, its pending error stays where it is, and data never appears.
macro_rules! debug_socket {
    ($type:ident) => {
        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                use std::os::fd::AsRawFd;
                let mut debug = f.debug_struct(stringify!($type));
                if let Ok(local) = self.local_addr() {
                    debug.field("local", &local);
                }
                if let Ok(peer) = sys_socket::peer_addr(&self.fd) {
                    debug.field("peer", &peer);
                }
                debug.field("fd", &self.fd.as_raw_fd()).finish()
            }
        }
    };
}

/// A type of the standard library for the same kind of socket: over to it as it is, back from it
/// after it was made non-blocking.
macro_rules! std_twin {
    ($type:ident, $twin:ty) => {
        impl TryFrom<$twin> for $type {
            type Error = std::io::Error;

            /// Takes the socket over and makes it non-blocking: one or two system calls.
            ///
            /// # Errors
            ///
            /// `EINVAL`: the socket was shut down (Apple's systems).
            fn try_from(twin: $twin) -> std::io::Result<Self> {
                let fd = $crate::call::adopt(twin.into())?;
                Ok(Self { fd })
            }
        }

        impl From<$type> for $twin {
            /// Hands the socket over as it is, non-blocking.
            fn from(socket: $type) -> Self {
                socket.fd.into()
            }
        }
    };
}

/// Passes `Read` on to a shared reference, which implements it.
macro_rules! read_through {
    ($type:ident) => {
        impl std::io::Read for $type {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                (&*self).read(buffer)
            }

            #[inline]
            fn read_vectored(
                &mut self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                (&*self).read_vectored(buffers)
            }
        }
    };
}

/// Passes `Write` on to a shared reference, which implements it.
macro_rules! write_through {
    ($type:ident) => {
        impl std::io::Write for $type {
            #[inline]
            fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
                (&*self).write(buffer)
            }

            #[inline]
            fn write_vectored(
                &mut self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                (&*self).write_vectored(buffers)
            }

            /// Does nothing: there is no buffer in between.
            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    };
}

/// A connected stream socket reads and writes: one system call each, and no signal.
macro_rules! stream_socket {
    ($type:ident) => {
        impl std::io::Read for &$type {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let flags = sys_socket::ReceiveFlags::NONE;
                $crate::call::retry(|| sys_socket::recv(&self.fd, buffer, flags))
            }

            fn read_vectored(
                &mut self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                let buffers = $crate::call::head_mut(buffers);
                // readv(2) rather than recvmsg(2): there is no sender to be told.
                $crate::call::retry(|| sys_socket::read_vectored(&self.fd, buffers))
            }
        }

        impl std::io::Write for &$type {
            #[inline]
            fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
                let flags = sys_socket::SendFlags::NONE;
                $crate::call::retry(|| sys_socket::send(&self.fd, buffer, flags))
            }

            fn write_vectored(
                &mut self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                let flags = sys_socket::SendFlags::NONE;
                let buffers = $crate::call::head(buffers);
                $crate::call::retry(|| sys_socket::send_vectored(&self.fd, buffers, flags))
            }

            /// Does nothing: there is no buffer in between.
            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        $crate::descriptor::read_through!($type);
        $crate::descriptor::write_through!($type);
    };
}

pub(crate) use {debug_socket, descriptor, read_through, std_twin, stream_socket, write_through};
