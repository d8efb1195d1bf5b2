//! What all sockets of messages have: sending and receiving one with the peer.

macro_rules! messages {
    ($type:ident, $net:ty, $send_errors:literal, $receive_errors:literal) => {
        impl $type {
            /// Sends a message to the peer: as a whole, or not at all.
            ///
            /// One system call, and none if it is known that there is no room.
            ///
            /// # Errors
            ///
            #[doc = $send_errors]
            /// * If the runtime has ended, and there is no room.
            ///
            /// Cancel-safe: if it is dropped, nothing was sent.
            ///
            /// Manual: send(2)
            pub fn send(&self, message: &[u8]) -> impl Future<Output = std::io::Result<usize>> {
                self.io.write_with(|inner| inner.send(message))
            }

            /// As [`send`](Self::send), without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock`: no room; [`writable`](Self::writable) then waits. And as
            /// [`send`](Self::send).
            pub fn try_send(&self, message: &[u8]) -> std::io::Result<usize> {
                self.io.try_write_with(|inner| inner.send(message))
            }

            /// Receives the next message: its length. What does not fit into `buffer` is lost.
            ///
            /// One system call, and none if it is known that nothing has come.
            ///
            /// # Errors
            ///
            #[doc = $receive_errors]
            /// * If the runtime has ended, and nothing has come.
            ///
            /// Cancel-safe: if it is dropped, nothing was received.
            ///
            /// Manual: recv(2)
            pub fn recv(&self, buffer: &mut [u8]) -> impl Future<Output = std::io::Result<usize>> {
                self.io.read_with(|inner| inner.recv(buffer))
            }

            /// As [`recv`](Self::recv), without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock`: nothing; [`readable`](Self::readable) then waits. And as
            /// [`recv`](Self::recv).
            pub fn try_recv(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.io.try_read_with(|inner| inner.recv(buffer))
            }

            /// As [`recv`](Self::recv), and leaves the message in the queue.
            ///
            /// # Errors
            ///
            /// As [`recv`](Self::recv).
            ///
            /// Cancel-safe.
            pub fn peek(&self, buffer: &mut [u8]) -> impl Future<Output = std::io::Result<usize>> {
                self.io.read_with(|inner| inner.peek(buffer))
            }

            /// Waits until there may be a message, an end, or an error: a hint, which
            /// [`try_recv`](Self::try_recv) takes back if it was wrong.
            ///
            /// # Errors
            ///
            /// If the runtime has ended.
            ///
            /// Cancel-safe.
            pub fn readable(&self) -> impl Future<Output = std::io::Result<()>> {
                self.io.readable()
            }

            /// Waits until there may be room to send, or an error: a hint, which
            /// [`try_send`](Self::try_send) takes back if it was wrong.
            ///
            /// # Errors
            ///
            /// If the runtime has ended.
            ///
            /// Cancel-safe.
            pub fn writable(&self) -> impl Future<Output = std::io::Result<()>> {
                self.io.writable()
            }

            /// Ends one direction, or both.
            ///
            /// # Errors
            ///
            /// `ENOTCONN`: there is no peer.
            ///
            /// Manual: shutdown(2)
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                self.get_ref().shutdown(how)
            }
        }
    };
}

pub(super) use messages;
