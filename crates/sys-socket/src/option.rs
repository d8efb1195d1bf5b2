//! How a socket option is read and written: one generic pair of calls for the whole table.

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;
use std::os::fd::AsFd;

use crate::form::{Form, Wire};
use crate::{Errno, sys};

/// Reads an option of a socket.
///
/// One system call.
///
/// # Errors
///
/// * `ENOPROTOOPT`: this system has no such option, or not for this kind of socket.
/// * `EOPNOTSUPP`: likewise, on some systems.
/// * `EINVAL`: the socket was shut down (Apple's systems), or the value has an unknown form.
/// * `ENOTSOCK`: no socket.
///
/// # Examples
///
/// ```
/// use sys_socket::{Domain, Kind, Protocol, option, options, set_option};
/// let socket = sys_socket::socket(Domain::IPV4, Kind::STREAM, Protocol::DEFAULT)?;
/// set_option(&socket, options::NO_DELAY, true)?;
/// assert!(option(&socket, options::NO_DELAY)?);
/// # Ok::<(), sys_socket::Errno>(())
/// ```
///
/// Manual: getsockopt(2)
#[doc(alias = "getsockopt")]
pub fn option<F: Form>(fd: impl AsFd, option: SocketOption<F>) -> Result<F::Value, Errno> {
    let name = option.name.ok_or(Errno::NOPROTOOPT)?;
    let mut wire = Wire::default();
    let room = wire.room(F::LEN);
    let len = sys::option(fd.as_fd(), option.level, name, room)?;
    F::decode(room.get(..len).unwrap_or_default()).ok_or(Errno::INVAL)
}

/// Sets an option of a socket.
///
/// One system call.
///
/// # Errors
///
/// * `ENOPROTOOPT`: this system has no such option, or not for this kind of socket, or it can be
///   read only.
/// * `EOPNOTSUPP`: likewise, on some systems.
/// * `EINVAL`, `EDOM`: a value out of range.
/// * `EPERM`, `EACCES`: not permitted.
/// * `ENOTSOCK`: no socket.
///
/// Manual: setsockopt(2)
#[doc(alias = "setsockopt")]
pub fn set_option<F: Form>(
    fd: impl AsFd,
    option: SocketOption<F>,
    value: F::Value,
) -> Result<(), Errno> {
    let name = option.name.ok_or(Errno::NOPROTOOPT)?;
    let wire = F::encode(&value)?;
    sys::set_option(fd.as_fd(), option.level, name, wire.as_bytes())
}

/// One entry of the table of [`options`](crate::options): where the option lives, and the form of
/// its value.
pub struct SocketOption<F> {
    level: c_int,
    // `None` where the system lacks the option; the calls then say what a kernel would say.
    name: Option<c_int>,
    form: PhantomData<F>,
}

impl<F> SocketOption<F> {
    /// An entry of the table; private to the crate, so that no option whose value is an address
    /// of memory can be made.
    pub(crate) const fn new(level: c_int, name: Option<c_int>) -> Self {
        Self {
            level,
            name,
            form: PhantomData,
        }
    }

    /// Whether this system knows the option by name; its kernel may still be too old for it.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.name.is_some()
    }
}

impl<F> Clone for SocketOption<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for SocketOption<F> {}

impl<F> fmt::Debug for SocketOption<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketOption")
            .field("level", &self.level)
            .field("name", &self.name)
            .finish()
    }
}
