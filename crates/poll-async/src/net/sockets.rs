//! What all sockets and pipes have: a way into the runtime and out of it, and operations of others.

/// A type with one field `io`, an [`AsyncFd`](crate::io::AsyncFd) of a type of poll-net.
macro_rules! socket {
    ($type:ident, $net:ty) => {
        crate::net::sockets::socket!($type, $net, READABLE | WRITABLE);
    };
    ($type:ident, $net:ty, $($interest:ident)|+) => {
        impl $type {
            /// Registers what has been made elsewhere with the runtime that this thread is in.
            ///
            /// # Errors
            ///
            /// As [`AsyncFd::new`](crate::io::AsyncFd::new).
            pub fn from_net(inner: $net) -> std::io::Result<Self> {
                let interest = $(poll_api::Interest::$interest)|+;
                let io = crate::io::AsyncFd::with_interest(inner, interest)?;
                Ok(Self { io })
            }

            /// Leaves the runtime.
            ///
            /// # Errors
            ///
            /// As [`AsyncFd::into_inner`](crate::io::AsyncFd::into_inner).
            pub fn into_net(self) -> std::io::Result<$net> {
                self.io.into_inner()
            }

            /// The same without the runtime, for its options. An operation on it that would block
            /// says so, and the runtime does not know: for one that this type does not have there
            /// are [`read_with`](Self::read_with) and its siblings.
            #[must_use]
            pub const fn get_ref(&self) -> &$net {
                self.io.get_ref()
            }

            /// Tries `operation`, a read, and waits whenever it would block: as
            /// [`AsyncFd::read_with`](crate::io::AsyncFd::read_with).
            ///
            /// # Errors
            ///
            /// Those of `operation` but for `WouldBlock`, and if the runtime ends meanwhile.
            ///
            /// Cancel-safe if `operation` does nothing when it would block.
            pub fn read_with<R>(
                &self,
                operation: impl FnMut(&$net) -> std::io::Result<R>,
            ) -> impl Future<Output = std::io::Result<R>> {
                self.io.read_with(operation)
            }

            /// Tries `operation`, a write: as [`read_with`](Self::read_with).
            ///
            /// # Errors
            ///
            /// As [`read_with`](Self::read_with).
            ///
            /// Cancel-safe if `operation` does nothing when it would block.
            pub fn write_with<R>(
                &self,
                operation: impl FnMut(&$net) -> std::io::Result<R>,
            ) -> impl Future<Output = std::io::Result<R>> {
                self.io.write_with(operation)
            }

            /// Tries `operation`, a read, now: as
            /// [`AsyncFd::try_read_with`](crate::io::AsyncFd::try_read_with).
            ///
            /// # Errors
            ///
            /// Those of `operation`, and `WouldBlock`.
            pub fn try_read_with<R>(
                &self,
                operation: impl FnOnce(&$net) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                self.io.try_read_with(operation)
            }

            /// Tries `operation`, a write, now: as [`try_read_with`](Self::try_read_with).
            ///
            /// # Errors
            ///
            /// Those of `operation`, and `WouldBlock`.
            pub fn try_write_with<R>(
                &self,
                operation: impl FnOnce(&$net) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                self.io.try_write_with(operation)
            }

            /// What was ready when it was last seen: a hint. It takes no look.
            #[must_use]
            pub fn ready(&self) -> poll_api::Ready {
                self.io.ready()
            }
        }

        impl std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.io.as_fd()
            }
        }
    };
}

/// Over from the type of the standard library, and back.
macro_rules! std_twin {
    ($type:ident, $net:ty, $twin:ty) => {
        impl $type {
            /// Takes over what the standard library made: it becomes non-blocking, and is
            /// registered with the runtime that this thread is in.
            ///
            /// # Errors
            ///
            /// As [`from_net`](Self::from_net), and `EINVAL` if it was shut down (Apple's systems).
            pub fn from_std(twin: $twin) -> std::io::Result<Self> {
                Self::from_net(<$net>::try_from(twin)?)
            }

            /// Leaves the runtime. It stays non-blocking.
            ///
            /// # Errors
            ///
            /// As [`into_net`](Self::into_net).
            pub fn into_std(self) -> std::io::Result<$twin> {
                Ok(self.into_net()?.into())
            }
        }
    };
}

pub(super) use {socket, std_twin};
