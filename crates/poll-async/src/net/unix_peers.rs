//! What connections between sockets with paths have, streams and those of messages.

/// Connecting, pairs, names and the process at the other end, for a type that is a `socket!`.
macro_rules! unix_peers {
    ($type:ident, $net:ty) => {
        impl $type {
            /// As [`connect`](Self::connect), also to an abstract name (Linux).
            ///
            /// # Errors
            ///
            /// As [`connect`](Self::connect).
            pub async fn connect_addr(address: &poll_net::UnixAddr) -> std::io::Result<Self> {
                Self::finish(<$net>::connect_addr(address)?).await
            }

            async fn finish(started: $net) -> std::io::Result<Self> {
                let connection = Self::from_net(started)?;
                let finish = |inner: &$net| match inner.finish_connect()? {
                    true => Ok(()),
                    false => Err(std::io::ErrorKind::WouldBlock.into()),
                };
                connection.io.write_with(finish).await?;
                Ok(connection)
            }

            /// Two connections with each other.
            ///
            /// # Errors
            ///
            /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room. And as
            /// [`AsyncFd::new`](crate::io::AsyncFd::new).
            ///
            /// Manual: socketpair(2)
            pub fn pair() -> std::io::Result<(Self, Self)> {
                let (a, b) = <$net>::pair()?;
                Ok((Self::from_net(a)?, Self::from_net(b)?))
            }

            /// The socket's own name.
            ///
            /// # Errors
            ///
            /// `ENOBUFS`: no memory.
            pub fn local_addr(&self) -> std::io::Result<poll_net::UnixAddr> {
                self.get_ref().local_addr()
            }

            /// The peer's name.
            ///
            /// # Errors
            ///
            /// `ENOTCONN`: no longer connected.
            pub fn peer_addr(&self) -> std::io::Result<poll_net::UnixAddr> {
                self.get_ref().peer_addr()
            }

            /// The process at the other end, as it was when it connected, listened or made the
            /// pair.
            ///
            /// # Errors
            ///
            /// * `ENOPROTOOPT`: this system does not tell (illumos).
            /// * `ENOTCONN`, `EINVAL`: not connected (some systems).
            pub fn peer_credentials(&self) -> std::io::Result<poll_net::Credentials> {
                self.get_ref().peer_credentials()
            }
        }
    };
}

pub(super) use unix_peers;
