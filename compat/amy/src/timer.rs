//! What timers were before amy 0.7.

use std::os::fd::AsRawFd;

/// The handle of a timer in amy's older releases. Nothing returns one any more: it is here for
/// programs that name it, and none can be made.
#[derive(Debug)]
pub enum Timer {}

impl Timer {
    /// Cannot be called, for there is no timer to call it with.
    ///
    /// # Errors
    ///
    /// None.
    pub fn arm(&self) -> std::io::Result<()> {
        match *self {}
    }
}

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> i32 {
        match *self {}
    }
}
