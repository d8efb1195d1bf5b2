//! The signals that a thread holds back.

use core::fmt;

use rustix::io::Errno;
use static_assertions::assert_impl_all;

use crate::signal::Signal;
use crate::sys;

assert_impl_all!(SignalSet: Send, Sync, Copy);

/// A set of signals.
///
/// # Examples
///
/// ```
/// use sys_process::{Signal, SignalSet};
///
/// let mut set = SignalSet::new();
/// set.insert(Signal::CHILD)?;
/// assert!(set.contains(Signal::CHILD));
/// # Ok::<(), sys_process::Errno>(())
/// ```
///
/// Manual: sigsetops(3)
#[doc(alias = "sigset_t")]
#[derive(Clone, Copy)]
pub struct SignalSet(libc::sigset_t);

impl SignalSet {
    /// The set without signals.
    #[must_use]
    pub fn new() -> Self {
        Self(sys::empty_set())
    }

    /// Adds `signal`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the system has no such signal.
    ///
    /// Manual: sigaddset(3)
    pub fn insert(&mut self, signal: Signal) -> Result<(), Errno> {
        sys::add_to_set(&mut self.0, signal)
    }

    /// Whether `signal` is in the set.
    #[must_use]
    pub fn contains(&self, signal: Signal) -> bool {
        sys::is_in_set(&self.0, signal)
    }

    /// The signals of the set, smallest number first.
    pub fn iter(&self) -> impl Iterator<Item = Signal> {
        Signal::all().filter(|signal| self.contains(*signal))
    }

    /// The set as the C library has it.
    pub(crate) const fn as_raw(&self) -> &libc::sigset_t {
        &self.0
    }
}

impl Default for SignalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SignalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Makes this thread hold back the signals of `set` too, and returns what it held back before.
///
/// Threads and processes that this thread starts inherit its mask, and a started program keeps it:
/// put the earlier mask back ([`set_signal_mask`]) before starting any, or clear it in the child.
///
/// # Errors
///
/// None that this call can meet; the system's answer is passed on.
///
/// Manual: pthread_sigmask(3)
#[doc(alias = "pthread_sigmask")]
pub fn block_signals(set: &SignalSet) -> Result<SignalSet, Errno> {
    sys::thread_mask(libc::SIG_BLOCK, Some(set.as_raw())).map(SignalSet)
}

/// Makes this thread hold back exactly the signals of `set`, and returns what it held back before.
///
/// # Errors
///
/// As for [`block_signals`].
///
/// Manual: pthread_sigmask(3)
#[doc(alias = "pthread_sigmask")]
pub fn set_signal_mask(set: &SignalSet) -> Result<SignalSet, Errno> {
    sys::thread_mask(libc::SIG_SETMASK, Some(set.as_raw())).map(SignalSet)
}

/// The signals that this thread holds back.
///
/// # Errors
///
/// As for [`block_signals`].
///
/// Manual: pthread_sigmask(3)
#[doc(alias = "pthread_sigmask")]
pub fn signal_mask() -> Result<SignalSet, Errno> {
    sys::thread_mask(libc::SIG_BLOCK, None).map(SignalSet)
}
