//! Descriptors by their number.

use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;

use poll_mio::Token;
use poll_mio::unix::SourceFd;
use sys_socket::Errno;

use crate::stage::{READ, Stage, WRITE};

#[test]
fn a_descriptor_of_any_kind_is_watched_by_its_number() {
    let mut stage = Stage::new();
    let (mut reader, mut writer) = io::pipe().unwrap();
    let number = reader.as_raw_fd();
    let mut source = SourceFd(&number);
    let registry = stage.registry();
    registry.register(&mut source, Token(1), READ).unwrap();
    stage.silent();
    writer.write_all(b"x").unwrap();
    stage.until_readable(Token(1));
    stage.silent();
    reader.read_exact(&mut [0]).unwrap();
    stage
        .registry()
        .reregister(&mut source, Token(2), READ)
        .unwrap();
    stage.silent();
    writer.write_all(b"x").unwrap();
    stage.until_readable(Token(2));
    stage.silent();
    stage.registry().deregister(&mut source).unwrap();
    writer.write_all(b"x").unwrap();
    stage.silent();
}

#[test]
fn a_number_that_is_no_descriptor_is_an_error() {
    let stage = Stage::new();
    // No process has as many descriptors as the last.
    for number in [-1, -2, i32::MAX] {
        let mut source = SourceFd(&number);
        let registry = stage.registry();
        let results = [
            registry.register(&mut source, Token(1), READ),
            registry.reregister(&mut source, Token(1), WRITE),
            registry.deregister(&mut source),
        ];
        let errnos = results.map(|result| result.unwrap_err().raw_os_error());
        let not_open = io::Error::from(Errno::BADF).raw_os_error();
        assert_eq!(errnos[0], not_open, "{number}");
    }
}
