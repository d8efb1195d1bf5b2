//! A waker that counts: what the receiver's loop would be told.

use core::convert::Infallible;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

use poll_api::Wake;
use poll_channel::Sender;

/// Counts how often it was used, over all clones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rings(Arc<AtomicUsize>);

impl Rings {
    /// How often since the last call.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }

    /// How many clones there are, this one included.
    pub(crate) fn clones(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl Wake for Rings {
    type Error = Infallible;

    fn wake(&self) -> Result<(), Infallible> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A waker whose system refuses.
#[derive(Clone, Debug)]
pub(crate) struct Broken;

/// Why it refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Wake for Broken {
    type Error = Refused;

    fn wake(&self) -> Result<(), Refused> {
        Err(Refused)
    }
}

/// A waker whose system refuses at times, and which counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moody {
    pub(crate) rings: Rings,
    refuses: Arc<AtomicBool>,
}

impl Moody {
    pub(crate) fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }
}

impl Wake for Moody {
    type Error = Refused;

    fn wake(&self) -> Result<(), Refused> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(Refused);
        }
        self.rings.wake().map_err(|never| match never {})
    }
}

/// A waker that uses the channel it wakes for, when it is used and when it is dropped.
#[derive(Clone)]
pub(crate) struct Meddler(pub(crate) Sender<u32>);

impl Wake for Meddler {
    type Error = Infallible;

    fn wake(&self) -> Result<(), Infallible> {
        let _sent = self.0.send(1000);
        Ok(())
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        let _sent = self.0.send(2000);
    }
}
