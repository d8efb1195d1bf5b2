//! Sockets that a service manager opened before it started this process.

use core::ffi::c_int;
use std::env;
use std::os::fd::OwnedFd;
use std::process;

use crate::{Errno, sys};

/// The first descriptor that a service manager passes.
const FIRST: c_int = 3;

/// A socket that was passed to this process, and the name it has in the manager's configuration.
#[derive(Debug)]
pub struct InheritedSocket {
    /// The socket, close-on-exec.
    pub socket: OwnedFd,
    /// Its name, if the manager gave one.
    pub name: Option<String>,
}

/// Takes over the sockets that a service manager passed to this process: socket activation.
///
/// The environment says which: `LISTEN_PID` must be this process, `LISTEN_FDS` is how many, from
/// descriptor 3 on, and `LISTEN_FDNAMES` has their names, separated by colons. No such variables
/// mean no sockets, which is not an error. The sockets are handed out once in the life of the
/// process. They become close-on-exec; whether they block is left as it is, because other
/// processes share that. The variables stay in the environment; children ignore them, because
/// `LISTEN_PID` is not theirs.
///
/// The environment is believed: whoever sets the variables vouches for the descriptors, and a
/// program must not set them for itself. Call it early, before other code opens sockets that are
/// not close-on-exec.
///
/// Three system calls for each socket.
///
/// # Errors
///
/// In every case nothing was taken.
///
/// * `EALREADY`: they were handed out before.
/// * `EINVAL`: `LISTEN_FDS` is no number of descriptors.
/// * `EBADF`: one of the descriptors is not open, or it is close-on-exec and can therefore not
///   have been inherited: somebody in this process has opened or taken it.
/// * `ENOTSOCK`: one of them is no socket.
///
/// Manual: sd_listen_fds(3)
#[doc(alias = "sd_listen_fds")]
#[doc(alias = "LISTEN_FDS")]
pub fn listen_fds() -> Result<Vec<InheritedSocket>, Errno> {
    let variable = |name| env::var(name).ok();
    let count = passed(
        variable("LISTEN_PID").as_deref(),
        variable("LISTEN_FDS").as_deref(),
        process::id(),
    )?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let end = FIRST.checked_add(count).ok_or(Errno::INVAL)?;
    let sockets = sys::adopt(FIRST..end)?;
    let names = variable("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let named = sockets.into_iter().map(|socket| InheritedSocket {
        socket,
        name: names
            .next()
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
    });
    Ok(named.collect())
}

/// How many descriptors the environment promises to the process `own`.
fn passed(pid: Option<&str>, count: Option<&str>, own: u32) -> Result<c_int, Errno> {
    if pid.and_then(|pid| pid.parse().ok()) != Some(own) {
        // Not for this process, or not for any.
        return Ok(0);
    }
    let Some(count) = count else {
        return Ok(0);
    };
    let count: c_int = count.parse().map_err(|_no_number| Errno::INVAL)?;
    if count < 0 {
        return Err(Errno::INVAL);
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::passed;
    use crate::Errno;

    #[test]
    fn the_environment_is_believed_for_this_process_only() {
        for (pid, count, wanted) in [
            (None, None, Ok(0)),
            (None, Some("1"), Ok(0)),
            (Some("7"), None, Ok(0)),
            (Some("7"), Some("0"), Ok(0)),
            (Some("7"), Some("1"), Ok(1)),
            (Some("8"), Some("1"), Ok(0)),
            (Some(""), Some("1"), Ok(0)),
            (Some("7x"), Some("1"), Ok(0)),
            (Some("7"), Some(""), Err(Errno::INVAL)),
            (Some("7"), Some("-1"), Err(Errno::INVAL)),
            (Some("7"), Some("2147483647"), Ok(i32::MAX)),
            (Some("7"), Some("2147483648"), Err(Errno::INVAL)),
        ] {
            assert_eq!(passed(pid, count, 7), wanted, "{pid:?} {count:?}");
        }
    }
}
