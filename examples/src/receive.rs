//! Reading from whatever has no timeout of its own: pipes, terminals.

use core::time::Duration;
use std::io::{ErrorKind, Read, Result};
use std::os::fd::AsFd;

use crate::server_process::is_readable_within;

/// Reads so many bytes, as long as the next ones come before `limit` has passed.
///
/// # Errors
///
/// * `TimedOut`: they did not.
/// * `UnexpectedEof`: the source has ended.
/// * Those of the source.
pub fn exactly(source: &mut (impl Read + AsFd), len: usize, limit: Duration) -> Result<Vec<u8>> {
    let mut received = vec![0; len];
    let mut rest = received.as_mut_slice();
    while !rest.is_empty() {
        if !is_readable_within(source, limit)? {
            return Err(ErrorKind::TimedOut.into());
        }
        match source.read(rest)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            len => rest = &mut rest[len..],
        }
    }
    Ok(received)
}

#[cfg(test)]
mod tests {
    use super::exactly;
    use core::time::Duration;
    use std::io::{self, ErrorKind, Write};

    #[test]
    fn what_does_not_come_is_not_waited_for_without_end() {
        let (mut receiver, mut sender) = io::pipe().unwrap();
        sender.write_all(b"abc").unwrap();
        let limit = Duration::from_secs(20);
        assert_eq!(exactly(&mut receiver, 2, limit).unwrap(), b"ab");
        let error = exactly(&mut receiver, 2, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(sender);
        let error = exactly(&mut receiver, 1, limit).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
