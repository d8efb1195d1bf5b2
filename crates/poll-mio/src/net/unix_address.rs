//! Addresses of Unix sockets: those of the standard library to the caller, poll-net's below.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use poll_net::UnixAddr;

/// The address of a path; one that begins with a zero byte is a name in the abstract namespace.
///
/// The standard library decides on all others, as in mio: which it refuses and how, and that an
/// empty one is no name.
pub(super) fn of_path(path: &Path) -> io::Result<UnixAddr> {
    match path.as_os_str().as_bytes() {
        [0, name @ ..] => Ok(UnixAddr::from_abstract_name(name)?),
        _ => of_std(&SocketAddr::from_pathname(path)?),
    }
}

/// The address of the standard library in poll-net's form.
pub(super) fn of_std(address: &SocketAddr) -> io::Result<UnixAddr> {
    Ok(UnixAddr::try_from(address)?)
}

/// The address in the form of the standard library.
///
/// One that it cannot hold, which is a path that fills all the room, becomes an unnamed one: better
/// than to lose the connection or the datagram that came with it.
pub(super) fn to_std(address: &UnixAddr) -> io::Result<SocketAddr> {
    match SocketAddr::try_from(address) {
        Ok(address) => Ok(address),
        Err(_too_long) => Ok(SocketAddr::try_from(&UnixAddr::UNNAMED)?),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_path, of_std, to_std};
    use poll_net::UnixAddr;
    use std::io::ErrorKind;
    use std::os::unix::net::SocketAddr;
    use std::path::Path;

    #[test]
    fn paths_go_over_and_back_and_bad_ones_are_refused() {
        let address = of_path(Path::new("/tmp/a")).unwrap();
        let std = to_std(&address).unwrap();
        assert_eq!(std.as_pathname(), Some(Path::new("/tmp/a")));
        assert_eq!(of_std(&std).unwrap(), address);
        assert!(to_std(&UnixAddr::UNNAMED).unwrap().is_unnamed());
        let long = "p".repeat(UnixAddr::MAX_PATH + 1);
        for path in ["a\0b", &long] {
            let error = of_path(Path::new(path)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path:?}");
            let std = SocketAddr::from_pathname(path).unwrap_err();
            assert_eq!(error.to_string(), std.to_string(), "{path:?}");
        }
    }

    #[test]
    fn an_empty_path_is_no_name() {
        assert_eq!(of_path(Path::new("")).unwrap(), UnixAddr::UNNAMED);
    }

    #[test]
    fn a_zero_byte_in_front_makes_an_abstract_name_where_there_are_some() {
        match UnixAddr::from_abstract_name("name") {
            Ok(address) => assert_eq!(of_path(Path::new("\0name")).unwrap(), address),
            Err(_none_here) => assert!(of_path(Path::new("\0name")).is_err()),
        }
    }
}
