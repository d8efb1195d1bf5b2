//! What differs between the systems that have epoll.

#[cfg(target_os = "android")]
pub(crate) use libc::__errno as errno_location;
/// The address of the calling thread's errno, under the C library's own name.
#[cfg(target_os = "linux")]
pub(crate) use libc::__errno_location as errno_location;
