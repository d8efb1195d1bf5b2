//! Pipes: the end, the full pipe, vectors.

use std::io::{IoSlice, IoSliceMut};

use sys_socket::Errno;

#[test]
fn bytes_go_through_and_the_end_is_zero() {
    let _guard = crate::loopback::no_child_starts();
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    let mut buffer = [0; 8];
    assert_eq!(sys_socket::read(&read_end, &mut buffer), Err(Errno::AGAIN));
    assert_eq!(sys_socket::write(&write_end, b"abc"), Ok(3));
    assert_eq!(sys_socket::read(&read_end, &mut buffer), Ok(3));
    assert_eq!(&buffer[..3], b"abc");
    drop(write_end);
    assert_eq!(sys_socket::read(&read_end, &mut buffer), Ok(0));
}

#[test]
fn vectors_go_through_in_order() {
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    let pieces = [IoSlice::new(b"ab"), IoSlice::new(b"cde")];
    assert_eq!(sys_socket::write_vectored(&write_end, &pieces), Ok(5));
    let (mut first, mut second) = ([0; 1], [0; 8]);
    let mut pieces = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(sys_socket::read_vectored(&read_end, &mut pieces), Ok(5));
    assert_eq!((&first, &second[..4]), (b"a", &b"bcde"[..]));
}

#[test]
fn a_full_pipe_would_block_and_a_pipe_without_reader_is_broken() {
    let _guard = crate::loopback::no_child_starts();
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    while sys_socket::write(&write_end, &[0; 4096]).is_ok() {}
    assert_eq!(sys_socket::write(&write_end, b"x"), Err(Errno::AGAIN));
    drop(read_end);
    assert_eq!(sys_socket::write(&write_end, b"x"), Err(Errno::PIPE));
}

#[test]
fn what_is_unread_is_counted_also_when_the_other_end_is_gone() {
    let _guard = crate::loopback::no_child_starts();
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    assert_eq!(sys_socket::unread(&read_end), Ok(0));
    assert_eq!(sys_socket::write(&write_end, b"abc"), Ok(3));
    drop(write_end);
    assert_eq!(sys_socket::unread(&read_end), Ok(3));
    assert_eq!(sys_socket::read(&read_end, &mut [0; 2]), Ok(2));
    assert_eq!(sys_socket::unread(&read_end), Ok(1));
    assert_eq!(sys_socket::read(&read_end, &mut [0; 2]), Ok(1));
    assert_eq!(sys_socket::unread(&read_end), Ok(0));
}

#[test]
fn each_end_goes_one_way_only() {
    let (read_end, write_end) = sys_socket::pipe().unwrap();
    let mut buffer = [0; 1];
    assert_eq!(sys_socket::write(&read_end, b"x"), Err(Errno::BADF));
    assert_eq!(sys_socket::read(&write_end, &mut buffer), Err(Errno::BADF));
}
