//! What differs between the systems that have epoll.

#[cfg(target_os = "android")]
pub(crate) use libc::__errno as errno_location;
/// The address of the calling thread's errno, under the C library's own name.
#[cfg(target_os = "linux")]
pub(crate) use libc::__errno_location as errno_location;

/// The size of a signal set as the kernel has it: 64 signals, on MIPS 128.
pub(crate) const SIGNAL_SET_BYTES: usize = if cfg!(any(
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64",
    target_arch = "mips64r6"
)) {
    16
} else {
    8
};
