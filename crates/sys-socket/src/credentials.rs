//! Who is at the other end of a Unix socket.

use std::os::fd::AsFd;

use crate::target::NAMES;
use crate::{Errno, sys};

/// A process and its user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The process; `None` where the system does not tell.
    pub pid: Option<i32>,
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Linux's `ucred`: process, user and group, each of 32 bits.
pub(crate) const UCRED: usize = 12;

impl Credentials {
    /// Reads a `ucred`.
    pub(crate) fn from_ucred(bytes: &[u8]) -> Option<Self> {
        let (fields, _rest) = bytes.as_chunks::<4>();
        let [pid, uid, gid, ..] = *fields else {
            return None;
        };
        let pid = i32::from_ne_bytes(pid);
        Some(Self {
            // Zero stands for a process outside of this process's namespace.
            pid: (pid != 0).then_some(pid),
            uid: u32::from_ne_bytes(uid),
            gid: u32::from_ne_bytes(gid),
        })
    }

    /// Writes a `ucred`.
    pub(crate) fn to_ucred(self) -> [u8; UCRED] {
        let pid = self.pid.unwrap_or_default().to_ne_bytes();
        let fields = [pid, self.uid.to_ne_bytes(), self.gid.to_ne_bytes()];
        let mut bytes = [0; UCRED];
        for (slot, byte) in bytes.iter_mut().zip(fields.as_flattened()) {
            *slot = *byte;
        }
        bytes
    }
}

/// The process at the other end of a connected Unix stream, as it was when it connected, listened
/// or made the pair.
///
/// One system call. On a socket that is no Unix socket or not connected, Linux answers with no
/// process and with the user and group -1.
///
/// # Errors
///
/// * `ENOPROTOOPT`: this system does not tell (illumos).
/// * `ENOTCONN`, `EINVAL`: not connected (some systems).
/// * `ENOTSOCK`: no socket.
///
/// # Platform notes
///
/// The process is known on Linux and Android only; the others tell the effective user and group.
///
/// Manual: unix(7)
#[doc(alias = "SO_PEERCRED")]
#[doc(alias = "getpeereid")]
pub fn peer_credentials(fd: impl AsFd) -> Result<Credentials, Errno> {
    if let Some(ids) = sys::peer_ids(fd.as_fd()) {
        let (uid, gid) = ids?;
        return Ok(Credentials {
            pid: None,
            uid,
            gid,
        });
    }
    let name = NAMES.peer_credentials.ok_or(Errno::NOPROTOOPT)?;
    let mut value = [0; UCRED];
    let len = sys::option(fd.as_fd(), libc::SOL_SOCKET, name, &mut value)?;
    Credentials::from_ucred(value.get(..len).unwrap_or_default()).ok_or(Errno::INVAL)
}

#[cfg(test)]
mod tests {
    use super::{Credentials, UCRED};

    #[test]
    fn credentials_come_back_as_they_went_in() {
        for (pid, uid, gid) in [
            (None, 0, 0),
            (Some(1), 1, 2),
            (Some(i32::MAX), u32::MAX, u32::MAX - 1),
        ] {
            let value = Credentials { pid, uid, gid };
            let bytes = value.to_ucred();
            assert_eq!(Credentials::from_ucred(&bytes), Some(value));
            for len in 0..UCRED {
                assert_eq!(Credentials::from_ucred(&bytes[..len]), None);
            }
        }
    }
}
