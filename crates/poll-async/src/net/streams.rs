//! What all byte streams have: reading, writing, or both, on `&self` and by the traits.

/// Reading from a stream. `$errors` says which there are.
macro_rules! reads {
    ($type:ident, $net:ty, $errors:literal, $manual:literal) => {
        impl $type {
            /// Reads what has come, into `buffer`: how much; zero at the end.
            ///
            /// One system call, and none if it is known that nothing has come.
            ///
            /// # Errors
            ///
            #[doc = $errors]
            /// * If the runtime has ended, and nothing has come.
            ///
            /// Cancel-safe: if it is dropped, nothing was read.
            ///
            #[doc = concat!("Manual: ", $manual)]
            pub fn read(&self, buffer: &mut [u8]) -> impl Future<Output = std::io::Result<usize>> {
                let wanted = buffer.len();
                let read = |mut inner: &$net| std::io::Read::read(&mut inner, buffer);
                self.io.transfer(Direction::Read, wanted, read)
            }

            /// As [`read`](Self::read), into several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`read`](Self::read).
            ///
            /// Cancel-safe.
            ///
            /// Manual: readv(2)
            pub fn read_vectored(
                &self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> impl Future<Output = std::io::Result<usize>> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let read = |mut inner: &$net| std::io::Read::read_vectored(&mut inner, buffers);
                self.io.transfer(Direction::Read, wanted, read)
            }

            /// As [`read`](Self::read), into a buffer that is handed over and comes back.
            ///
            /// It is filled from its start, to its length and not to its capacity. Dropping the
            /// future drops the buffer; nothing was read then.
            ///
            /// Programs that read in this way leave it to the system when the buffer is written to,
            /// as mechanisms that complete operations in the background want it. Today this is
            /// [`read`](Self::read).
            pub async fn read_owned<B>(&self, mut buffer: B) -> (std::io::Result<usize>, B)
            where
                B: AsMut<[u8]> + 'static,
            {
                let result = self.read(buffer.as_mut()).await;
                (result, buffer)
            }

            /// Reads what is there, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock`: nothing; [`readable`](Self::readable) then waits. And as
            /// [`read`](Self::read).
            pub fn try_read(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let wanted = buffer.len();
                let read = |mut inner: &$net| std::io::Read::read(&mut inner, buffer);
                self.io.try_transfer(Direction::Read, wanted, read)
            }

            /// As [`try_read`](Self::try_read), into several buffers.
            ///
            /// # Errors
            ///
            /// As [`try_read`](Self::try_read).
            pub fn try_read_vectored(
                &self,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let read = |mut inner: &$net| std::io::Read::read_vectored(&mut inner, buffers);
                self.io.try_transfer(Direction::Read, wanted, read)
            }

            /// Waits until reading may give something, the end, or an error: a hint, which
            /// [`try_read`](Self::try_read) takes back if it was wrong.
            ///
            /// # Errors
            ///
            /// If the runtime has ended.
            ///
            /// Cancel-safe.
            pub fn readable(&self) -> impl Future<Output = std::io::Result<()>> {
                self.io.readable()
            }
        }

        impl futures_io::AsyncRead for &$type {
            fn poll_read(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffer: &mut [u8],
            ) -> core::task::Poll<std::io::Result<usize>> {
                let wanted = buffer.len();
                let read = |mut inner: &$net| std::io::Read::read(&mut inner, buffer);
                self.io
                    .poll_transfer(context, Direction::Read, wanted, read)
            }

            fn poll_read_vectored(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> core::task::Poll<std::io::Result<usize>> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let read = |mut inner: &$net| std::io::Read::read_vectored(&mut inner, buffers);
                self.io
                    .poll_transfer(context, Direction::Read, wanted, read)
            }
        }

        impl futures_io::AsyncRead for $type {
            fn poll_read(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffer: &mut [u8],
            ) -> core::task::Poll<std::io::Result<usize>> {
                core::pin::Pin::new(&mut &*self).poll_read(context, buffer)
            }

            fn poll_read_vectored(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffers: &mut [std::io::IoSliceMut<'_>],
            ) -> core::task::Poll<std::io::Result<usize>> {
                core::pin::Pin::new(&mut &*self).poll_read_vectored(context, buffers)
            }
        }
    };
}

/// Writing to a stream. `$errors` says which there are; `$close` is what closing does.
macro_rules! writes {
    ($type:ident, $net:ty, $errors:literal, $manual:literal, $close:expr) => {
        impl $type {
            /// Writes from `buffer` as much as there is room for: how much.
            ///
            /// One system call, and none if it is known that there is no room.
            ///
            /// # Errors
            ///
            #[doc = $errors]
            /// * If the runtime has ended, and there is no room.
            ///
            /// Cancel-safe: if it is dropped, nothing was written.
            ///
            #[doc = concat!("Manual: ", $manual)]
            pub fn write(&self, buffer: &[u8]) -> impl Future<Output = std::io::Result<usize>> {
                let write = |mut inner: &$net| std::io::Write::write(&mut inner, buffer);
                self.io.transfer(Direction::Write, buffer.len(), write)
            }

            /// As [`write`](Self::write), from several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`write`](Self::write).
            ///
            /// Cancel-safe.
            ///
            /// Manual: writev(2)
            pub fn write_vectored(
                &self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> impl Future<Output = std::io::Result<usize>> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let write = |mut inner: &$net| std::io::Write::write_vectored(&mut inner, buffers);
                self.io.transfer(Direction::Write, wanted, write)
            }

            /// Writes all of `buffer`.
            ///
            /// # Errors
            ///
            /// As [`write`](Self::write); some of it may have been written.
            ///
            /// Not cancel-safe: if it is dropped, some of it may have been written.
            pub fn write_all(&self, buffer: &[u8]) -> impl Future<Output = std::io::Result<()>> {
                self.io.write_all(buffer)
            }

            /// As [`write`](Self::write), from a buffer that is handed over and comes back.
            ///
            /// Dropping the future drops the buffer; nothing was written then. See
            /// [`write_all_owned`](Self::write_all_owned).
            pub async fn write_owned<B>(&self, buffer: B) -> (std::io::Result<usize>, B)
            where
                B: AsRef<[u8]> + 'static,
            {
                let result = self.write(buffer.as_ref()).await;
                (result, buffer)
            }

            /// As [`write_all`](Self::write_all), from a buffer that is handed over and comes back.
            ///
            /// Programs that write in this way leave it to the system when the buffer is read, as
            /// mechanisms that complete operations in the background want it. Today this is
            /// [`write_all`](Self::write_all).
            pub async fn write_all_owned<B>(&self, buffer: B) -> (std::io::Result<()>, B)
            where
                B: AsRef<[u8]> + 'static,
            {
                let result = self.write_all(buffer.as_ref()).await;
                (result, buffer)
            }

            /// Writes as much as there is room for, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock`: no room; [`writable`](Self::writable) then waits. And as
            /// [`write`](Self::write).
            pub fn try_write(&self, buffer: &[u8]) -> std::io::Result<usize> {
                let write = |mut inner: &$net| std::io::Write::write(&mut inner, buffer);
                self.io.try_transfer(Direction::Write, buffer.len(), write)
            }

            /// As [`try_write`](Self::try_write), from several buffers.
            ///
            /// # Errors
            ///
            /// As [`try_write`](Self::try_write).
            pub fn try_write_vectored(
                &self,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let write = |mut inner: &$net| std::io::Write::write_vectored(&mut inner, buffers);
                self.io.try_transfer(Direction::Write, wanted, write)
            }

            /// Waits until there may be room to write, or an error: a hint, which
            /// [`try_write`](Self::try_write) takes back if it was wrong.
            ///
            /// # Errors
            ///
            /// If the runtime has ended.
            ///
            /// Cancel-safe.
            pub fn writable(&self) -> impl Future<Output = std::io::Result<()>> {
                self.io.writable()
            }
        }

        impl futures_io::AsyncWrite for &$type {
            fn poll_write(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffer: &[u8],
            ) -> core::task::Poll<std::io::Result<usize>> {
                let write = |mut inner: &$net| std::io::Write::write(&mut inner, buffer);
                self.io
                    .poll_transfer(context, Direction::Write, buffer.len(), write)
            }

            fn poll_write_vectored(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffers: &[std::io::IoSlice<'_>],
            ) -> core::task::Poll<std::io::Result<usize>> {
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
                let write = |mut inner: &$net| std::io::Write::write_vectored(&mut inner, buffers);
                self.io
                    .poll_transfer(context, Direction::Write, wanted, write)
            }

            fn poll_flush(
                self: core::pin::Pin<&mut Self>,
                _context: &mut core::task::Context<'_>,
            ) -> core::task::Poll<std::io::Result<()>> {
                core::task::Poll::Ready(Ok(()))
            }

            fn poll_close(
                self: core::pin::Pin<&mut Self>,
                _context: &mut core::task::Context<'_>,
            ) -> core::task::Poll<std::io::Result<()>> {
                let close: fn(&$net) -> std::io::Result<()> = $close;
                core::task::Poll::Ready(close((**self).get_ref()))
            }
        }

        impl futures_io::AsyncWrite for $type {
            fn poll_write(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffer: &[u8],
            ) -> core::task::Poll<std::io::Result<usize>> {
                core::pin::Pin::new(&mut &*self).poll_write(context, buffer)
            }

            fn poll_write_vectored(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
                buffers: &[std::io::IoSlice<'_>],
            ) -> core::task::Poll<std::io::Result<usize>> {
                core::pin::Pin::new(&mut &*self).poll_write_vectored(context, buffers)
            }

            fn poll_flush(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
            ) -> core::task::Poll<std::io::Result<()>> {
                core::pin::Pin::new(&mut &*self).poll_flush(context)
            }

            fn poll_close(
                self: core::pin::Pin<&mut Self>,
                context: &mut core::task::Context<'_>,
            ) -> core::task::Poll<std::io::Result<()>> {
                core::pin::Pin::new(&mut &*self).poll_close(context)
            }
        }
    };
}

/// What a connection of streams has besides: halves, a look ahead, an end.
macro_rules! connection {
    ($type:ident, $net:ty) => {
        impl $type {
            /// The two directions, borrowed: for two parts of one task.
            #[must_use]
            pub const fn split(
                &self,
            ) -> (
                crate::net::ReadHalf<'_, Self>,
                crate::net::WriteHalf<'_, Self>,
            ) {
                crate::net::halves::split(self)
            }

            /// The two directions, each with an owner: for two tasks. One allocation.
            #[must_use]
            pub fn into_split(
                self,
            ) -> (
                crate::net::OwnedReadHalf<Self>,
                crate::net::OwnedWriteHalf<Self>,
            ) {
                crate::net::halves::into_split(self)
            }

            /// Reads what has come and takes nothing: the next read gives the same bytes.
            ///
            /// # Errors
            ///
            /// As [`read`](Self::read).
            ///
            /// Cancel-safe.
            ///
            /// Manual: recv(2)
            pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = std::io::Result<usize>> {
                self.io.read_with(|inner| inner.peek(buffer))
            }

            /// As [`peek`](Self::peek), without waiting.
            ///
            /// # Errors
            ///
            /// As [`try_read`](Self::try_read).
            pub fn try_peek(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.io.try_read_with(|inner| inner.peek(buffer))
            }

            /// Ends one direction, or both: the peer reads what was written before, and then the
            /// end.
            ///
            /// # Errors
            ///
            /// `ENOTCONN`: not connected; some systems also after the peer has reset the
            /// connection.
            ///
            /// Manual: shutdown(2)
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                self.get_ref().shutdown(how)
            }
        }
    };
}

/// What closing a connection does: ends the writing direction. One that is over already, because
/// the peer has reset it, is closed.
macro_rules! end_writing {
    () => {
        |inner| match inner.shutdown(std::net::Shutdown::Write) {
            Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    };
}

pub(super) use {connection, end_writing, reads, writes};
