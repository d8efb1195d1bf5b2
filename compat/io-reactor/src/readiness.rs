//! From what an engine reports to what io-reactor's interface tells, and back.

use std::os::fd::BorrowedFd;

use poll_api::{Engine, Interest, Ready};

use crate::poller::{IoFail, IoType};

/// The numbers of poll(2), which are the same on every Unix.
const POLLIN: i16 = 0x01;
const POLLOUT: i16 = 0x04;
const POLLERR: i16 = 0x08;
const POLLHUP: i16 = 0x10;
/// What poll(2) says of a number that is no descriptor.
pub(crate) const POLLNVAL: i16 = 0x20;

/// What to wait for; nothing if that cannot be asked for without being told for ever.
pub(crate) const fn interest_of(wanted: IoType) -> Option<Interest> {
    match (wanted.read, wanted.write) {
        (true, true) => Some(Interest::READABLE.add(Interest::WRITABLE)),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        // Without hang-ups an engine tells the end of the peer's half instead, again and again.
        (false, false) if <poll_os::Poll as Engine>::CAPABILITIES.hangups => Some(Interest::HANGUP),
        (false, false) => None,
    }
}

/// What an interest was made of.
pub(crate) const fn wanted_by(interest: Interest) -> IoType {
    IoType {
        read: interest.is_readable(),
        write: interest.is_writable(),
    }
}

/// What a source can do, or that it is over.
///
/// It is over when nothing is left to read, or it does not want to read.
pub(crate) fn judge(
    ready: Ready,
    wanted: IoType,
    source: BorrowedFd<'_>,
) -> Result<IoType, IoFail> {
    let has_hung_up = ready.is_hangup() || ready.contains(Ready::READ_CLOSED | Ready::WRITE_CLOSED);
    if !has_hung_up && !ready.is_error() {
        return Ok(IoType {
            read: wanted.read && ready.wakes_reader(),
            write: wanted.write && ready.wakes_writer(),
        });
    }
    if wanted.read && has_unread(ready, source) {
        return Ok(IoType::read_only());
    }
    let flags = flags(ready);
    match has_hung_up {
        true => Err(IoFail::Connectivity(flags | POLLHUP)),
        false => Err(IoFail::Os(flags)),
    }
}

/// Whether something can be read besides the end, which is readable too.
fn has_unread(ready: Ready, source: BorrowedFd<'_>) -> bool {
    match sys_socket::unread(source) {
        Ok(count) => count > 0,
        // It cannot tell; a terminal that was hung up is in error, and readable for ever.
        Err(_) => ready.is_readable() && !ready.is_error(),
    }
}

fn flags(ready: Ready) -> i16 {
    let mut flags = 0;
    for (is_set, flag) in [
        (ready.is_readable(), POLLIN),
        (ready.is_writable(), POLLOUT),
        (ready.is_error(), POLLERR),
        (ready.is_hangup(), POLLHUP),
    ] {
        if is_set {
            flags |= flag;
        }
    }
    flags
}
