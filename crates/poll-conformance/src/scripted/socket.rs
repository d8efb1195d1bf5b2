//! Streams, datagram sockets and listeners in memory.

use core::fmt;
use std::io::{Error, Read, Result, Write};
use std::sync::Arc;

use super::kernel::{Changed, Kernel};

/// One end of a stream in memory, a datagram socket or a listener; it never blocks.
///
/// As with descriptors, [`duplicate`](Self::duplicate) makes a second handle to the same end,
/// and the end is closed when the last of them is dropped.
pub struct Socket {
    pub(super) kernel: Arc<Kernel>,
    pub(super) thing: u64,
    pub(super) handle: u64,
}

impl Socket {
    pub(super) fn new(kernel: &Arc<Kernel>, thing: u64) -> Self {
        let handle = kernel.lock().add_handle(thing);
        Self {
            kernel: Arc::clone(kernel),
            thing,
            handle,
        }
    }

    /// A second handle to the same end, which is registered on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new(&self.kernel, self.thing)
    }

    /// The next connection of a listener.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when none waits; `InvalidInput` when this is no listener.
    pub fn accept(&self) -> Result<Self> {
        let accepted = self.kernel.lock().accept(self.thing)?;
        Ok(Self::new(&self.kernel, accepted))
    }

    /// A new stream to this listener.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when this is no listener.
    pub fn connect(&self) -> Result<Self> {
        let ours = self.kernel.lock().connect(self.thing)?;
        self.kernel.bell.notify_all();
        Ok(Self::new(&self.kernel, ours))
    }

    /// Ends the writing half: the peer reads what was written, and then the end.
    pub fn shutdown_write(&self) {
        let mut state = self.kernel.lock();
        if let Ok(end) = state.end_mut(self.thing) {
            end.own_done = true;
            let peer = end.peer;
            if let Some(peer) = peer
                && let Ok(end) = state.end_mut(peer)
            {
                end.peer_done = true;
                // The end of our half is the peer's business, and a hang-up if it was the second.
                let hung_up = end.own_done;
                state.bump(
                    peer,
                    if hung_up {
                        Changed::Both
                    } else {
                        Changed::Read
                    },
                );
                if hung_up {
                    state.bump(self.thing, Changed::Both);
                }
            }
        }
        self.kernel.bell.notify_all();
    }

    /// Sends one out-of-band byte, which the peer sees as priority only.
    pub fn write_urgent(&self) {
        let mut state = self.kernel.lock();
        let peer = state.end_mut(self.thing).ok().and_then(|end| end.peer);
        if let Some(peer) = peer
            && let Ok(end) = state.end_mut(peer)
        {
            end.urgent = true;
            state.bump(peer, Changed::Read);
        }
        self.kernel.bell.notify_all();
    }
}

impl Read for &Socket {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let result = self.kernel.lock().read(self.thing, buffer);
        self.kernel.bell.notify_all();
        result.map_err(Error::from)
    }
}

impl Write for &Socket {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let result = self.kernel.lock().write(self.thing, bytes);
        self.kernel.bell.notify_all();
        result.map_err(Error::from)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.kernel.lock().drop_handle(self.thing);
        self.kernel.bell.notify_all();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("thing", &self.thing)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}
