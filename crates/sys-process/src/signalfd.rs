//! Signals read from a descriptor of the kernel, with everything the kernel knows of them.

use core::fmt;
use core::mem::offset_of;

use libc::signalfd_siginfo;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::Pid;
use static_assertions::{assert_eq_align, assert_eq_size, assert_impl_all, const_assert_eq};

use crate::mask::SignalSet;
use crate::signal::Signal;
use crate::sys_linux;

assert_eq_size!(SignalInfo, signalfd_siginfo);
assert_eq_align!(SignalInfo, signalfd_siginfo);
const_assert_eq!(size_of::<SignalInfo>(), 128);
// The kernel writes it as a whole, so that each field must stand where it stands in C.
const _: () = {
    assert!(offset_of!(SignalInfo, number) == offset_of!(signalfd_siginfo, ssi_signo));
    assert!(offset_of!(SignalInfo, error) == offset_of!(signalfd_siginfo, ssi_errno));
    assert!(offset_of!(SignalInfo, code) == offset_of!(signalfd_siginfo, ssi_code));
    assert!(offset_of!(SignalInfo, pid) == offset_of!(signalfd_siginfo, ssi_pid));
    assert!(offset_of!(SignalInfo, uid) == offset_of!(signalfd_siginfo, ssi_uid));
    assert!(offset_of!(SignalInfo, status) == offset_of!(signalfd_siginfo, ssi_status));
    assert!(offset_of!(SignalInfo, int) == offset_of!(signalfd_siginfo, ssi_int));
    assert!(offset_of!(SignalInfo, address) == offset_of!(signalfd_siginfo, ssi_addr));
};
assert_impl_all!(SignalFd: Send, Sync, Unpin);
assert_impl_all!(SignalInfo: Send, Sync, Copy);

/// A descriptor that is readable while one of its signals is pending.
///
/// # The trap
///
/// It sees only signals that stay pending, which means that *every* thread must hold them back
/// ([`block_signals`](crate::block_signals), before the first thread starts); a thread that does
/// not gets the signal in the ordinary way and the descriptor stays silent. But the mask is
/// inherited by started programs, which then ignore Ctrl-C or their own children for no visible
/// reason, unless whoever starts them clears it. [`SignalListener`](crate::SignalListener) has
/// neither condition, which is why portable code uses that one.
///
/// A read takes signals sent to the process and to the *reading* thread; an epoll watch looks at
/// the signals of the thread that registered it.
///
/// Closes on exec and never blocks. Manual: signalfd(2)
#[derive(Debug)]
pub struct SignalFd {
    fd: OwnedFd,
}

impl SignalFd {
    /// A descriptor for the signals of `set`. Cost: one system call.
    ///
    /// `SIGKILL` and `SIGSTOP` in the set are silently without effect.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`: no descriptors are left. `ENOMEM`: no memory.
    ///
    /// Manual: signalfd(2)
    #[doc(alias = "signalfd")]
    pub fn new(set: &SignalSet) -> Result<Self, Errno> {
        sys_linux::signalfd(set.as_raw()).map(|fd| Self { fd })
    }

    /// Replaces the set. Cost: one system call.
    ///
    /// # Errors
    ///
    /// None that a descriptor of this type can meet; the system's answer is passed on.
    ///
    /// Manual: signalfd(2)
    pub fn set(&self, set: &SignalSet) -> Result<(), Errno> {
        sys_linux::signalfd_set(self.fd.as_fd(), set.as_raw())
    }

    /// Takes pending signals, as many as there are and fit, and returns how many. Cost: one system
    /// call.
    ///
    /// # Errors
    ///
    /// * `EAGAIN`: none is pending.
    /// * `EINVAL`: `infos` is empty.
    ///
    /// Manual: signalfd(2)
    pub fn read(&self, infos: &mut [SignalInfo]) -> Result<usize, Errno> {
        sys_linux::signalfd_read(self.fd.as_fd(), infos)
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<SignalFd> for OwnedFd {
    fn from(signal_fd: SignalFd) -> Self {
        signal_fd.fd
    }
}

/// What the kernel says about one signal; which fields mean something depends on its code.
///
/// Manual: signalfd(2)
#[doc(alias = "signalfd_siginfo")]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SignalInfo {
    number: u32,
    error: i32,
    code: i32,
    pid: u32,
    uid: u32,
    fd: i32,
    timer: u32,
    band: u32,
    overrun: u32,
    trap: u32,
    status: i32,
    int: i32,
    ptr: u64,
    user_time: u64,
    system_time: u64,
    address: u64,
    // What newer kernels added, and room for more.
    rest: [u64; 6],
}

impl SignalInfo {
    /// An empty entry, for the buffer of [`SignalFd::read`].
    pub const EMPTY: Self = Self {
        number: 0,
        error: 0,
        code: 0,
        pid: 0,
        uid: 0,
        fd: 0,
        timer: 0,
        band: 0,
        overrun: 0,
        trap: 0,
        status: 0,
        int: 0,
        ptr: 0,
        user_time: 0,
        system_time: 0,
        address: 0,
        rest: [0; 6],
    };

    /// The signal; `None` in an empty entry.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        i32::try_from(self.number)
            .ok()
            .and_then(|number| Signal::from_number(number).ok())
    }

    /// Why it was sent: `SI_USER`, `CLD_EXITED`, ... as sigaction(2) lists them.
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// The process that sent it, or the child it is about.
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }

    /// The real user id of the sender.
    #[must_use]
    pub const fn user_id(&self) -> u32 {
        self.uid
    }

    /// For `SIGCHLD`: the exit code, or the signal that ended the child.
    #[must_use]
    pub const fn status(&self) -> i32 {
        self.status
    }

    /// The integer that came with sigqueue(3).
    #[must_use]
    pub const fn value(&self) -> i32 {
        self.int
    }
}

impl fmt::Debug for SignalInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalInfo")
            .field("signal", &self.signal())
            .field("code", &self.code)
            .field("pid", &self.pid)
            .field("user_id", &self.uid)
            .field("status", &self.status)
            .field("value", &self.int)
            .finish_non_exhaustive()
    }
}
