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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::os::fd::AsFd;

    use poll_api::{Interest, Ready};

    use super::{interest_of, judge, wanted_by};
    use crate::poller::{IoFail, IoType};

    #[test]
    fn an_interest_says_what_is_wanted_and_nothing_is_no_direction() {
        for wanted in [
            IoType::read_only(),
            IoType::write_only(),
            IoType::read_write(),
        ] {
            assert_eq!(interest_of(wanted).map(wanted_by), Some(wanted));
        }
        let nothing = interest_of(IoType::none());
        assert!(nothing.is_none_or(|nothing| nothing == Interest::HANGUP));
        assert!(wanted_by(Interest::HANGUP).is_none());
    }

    /// What is told, as text; of a failure its kind and flags.
    fn told(ready: Ready, wanted: IoType, source: &impl AsFd) -> String {
        match judge(ready, wanted, source.as_fd()) {
            Ok(io) => io.to_string(),
            Err(IoFail::Connectivity(flags)) => format!("hung up {flags:#x}"),
            Err(IoFail::Os(flags)) => format!("error {flags:#x}"),
        }
    }

    #[test]
    fn a_source_is_over_when_nothing_is_left_to_read_or_nobody_reads() {
        let (read, write, both) = (Ready::READABLE, Ready::WRITABLE, IoType::read_write());
        let (over, error) = (Ready::HANGUP, Ready::ERROR);
        let ends = Ready::READ_CLOSED | Ready::WRITE_CLOSED;
        let (empty, _other) = std::io::pipe().unwrap();
        let (full, mut there) = std::io::pipe().unwrap();
        there.write_all(b"x").unwrap();
        for (ready, wanted, of_empty, of_full) in [
            (read, both, "read", "read"),
            (write, both, "write", "write"),
            (read | write, both, "read-write", "read-write"),
            (read | write, IoType::read_only(), "read", "read"),
            (read | write, IoType::none(), "none", "none"),
            (Ready::READ_CLOSED, both, "read", "read"),
            (Ready::WRITE_CLOSED, both, "write", "write"),
            (read | over, both, "hung up 0x11", "read"),
            (read | write | ends, both, "hung up 0x15", "read"),
            (over, IoType::write_only(), "hung up 0x10", "hung up 0x10"),
            (over, IoType::none(), "hung up 0x10", "hung up 0x10"),
            (read | error, both, "error 0x9", "read"),
            (error, IoType::write_only(), "error 0x8", "error 0x8"),
            (over | error, both, "hung up 0x18", "read"),
        ] {
            assert_eq!(told(ready, wanted, &empty), of_empty, "{ready:?} {wanted}");
            assert_eq!(told(ready, wanted, &full), of_full, "{ready:?} {wanted}");
        }
    }

    #[test]
    fn of_a_source_that_does_not_count_the_report_says_whether_something_is_unread() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(sys_socket::unread(&listening).is_err());
        let (read, over) = (Ready::READABLE, Ready::HANGUP);
        let wanted = IoType::read_only();
        assert_eq!(told(read | over, wanted, &listening), "read");
        assert_eq!(told(over, wanted, &listening), "hung up 0x10");
        assert_eq!(
            told(read | over | Ready::ERROR, wanted, &listening),
            "hung up 0x19"
        );
    }
}
