//! What a poller has to know of a source.

use std::fs::File;
use std::os::unix::net::UnixStream;

use sys_poll::{duplicate, is_always_ready, is_same_file};

#[test]
fn files_and_directories_are_always_ready_and_sockets_are_not() {
    let (a, _b) = UnixStream::pair().unwrap();
    assert_eq!(is_always_ready(&a), Ok(false));
    assert_eq!(is_always_ready(File::open("/").unwrap()), Ok(true));
    assert_eq!(
        is_always_ready(File::open(std::env::current_exe().unwrap()).unwrap()),
        Ok(true)
    );
}

#[test]
fn a_duplicate_is_the_same_file_and_a_peer_is_not() {
    let (a, b) = UnixStream::pair().unwrap();
    assert_eq!(is_same_file(&a, duplicate(&a).unwrap()), Ok(true));
    assert_eq!(is_same_file(&a, &b), Ok(false));
}
