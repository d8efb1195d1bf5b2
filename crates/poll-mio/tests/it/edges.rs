//! Every registration is edge-triggered, and `reregister` replaces and reports again.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};

use poll_mio::Token;
use poll_mio::event::Event;
use poll_mio::net::{TcpListener, UdpSocket, UnixStream};

use crate::stage::{BOTH, READ, Stage, WRITE, any_port, connected, would_block};

#[test]
fn a_change_is_reported_once_until_the_source_was_drained() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    for _ in 0..3 {
        far.write_all(b"xy").unwrap();
        stage.until_readable(Token(1));
        stage.silent();
        let mut buffer = [0; 8];
        assert_eq!(near.read(&mut buffer).unwrap(), 2);
        would_block(near.read(&mut buffer));
        stage.silent();
    }
}

#[test]
fn a_short_read_is_as_good_as_would_block() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    for _ in 0..3 {
        far.write_all(b"xy").unwrap();
        stage.until_readable(Token(1));
        assert_eq!(near.read(&mut [0; 8]).unwrap(), 2);
    }
}

#[test]
fn a_short_transfer_of_several_buffers_is_one_too() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    let part = vec![7; 4 << 20];
    for _ in 0..3 {
        far.write_all(b"abc").unwrap();
        stage.until_readable(Token(1));
        let (mut first, mut second) = ([0; 2], [0; 2]);
        let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(near.read_vectored(&mut parts).unwrap(), 3);

        let parts = [IoSlice::new(&part), IoSlice::new(&part)];
        let count = near.write_vectored(&parts).unwrap();
        assert!(count < 2 * part.len(), "room for {count} bytes");
        while far.read(&mut [0; 4096]).is_ok() {}
        stage.until_writable(Token(1));
    }
}

#[test]
fn a_transfer_as_long_as_its_buffer_is_not_the_end_of_an_edge() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    stage.silent();
    far.write_all(b"abcd").unwrap();
    stage.until_readable(Token(1));
    for _ in 0..2 {
        assert_eq!(near.read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(near.write(b"xy").unwrap(), 2);
        stage.silent();
    }
    would_block(near.read(&mut [0; 2]));
}

#[test]
fn a_source_that_is_watched_for_both_is_not_told_of_room_for_each_read() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    would_block(near.read(&mut [0; 8]));
    stage.silent();
    far.write_all(b"x").unwrap();
    stage.until_readable(Token(1));
    assert_eq!(near.read(&mut [0; 8]).unwrap(), 1);
    would_block(near.read(&mut [0; 8]));
    stage.silent();
}

#[test]
fn an_operation_asks_for_no_edge_that_nobody_waits_for() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    while near.write(&[7; 4096]).is_ok() {}
    while far.read(&mut [0; 4096]).is_ok() {}
    stage.silent();
    far.write_all(b"x").unwrap();
    stage.until_readable(Token(1));
    assert!(stage.events.iter().all(|event| !event.is_writable()));
}

#[test]
fn a_full_stream_reports_room_once_the_peer_has_read() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), WRITE)
        .unwrap();
    stage.until_writable(Token(1));
    for _ in 0..3 {
        while near.write(&[7; 4096]).is_ok() {}
        stage.silent();
        while far.read(&mut [0; 4096]).is_ok() {}
        stage.until_writable(Token(1));
    }
}

#[test]
fn a_large_transfer_that_is_drained_and_filled_never_stalls() {
    const TOTAL: usize = 4 << 20;
    let mut stage = Stage::new();
    let (mut near, mut far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    let echo = std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        let mut left = TOTAL;
        while left > 0 {
            let count = match far.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result.unwrap(),
            };
            far.write_all(&buffer[..count]).unwrap();
            left -= count;
        }
    });
    let (mut sent, mut received) = (0, 0);
    let mut buffer = [0; 32 << 10];
    while received < TOTAL {
        while sent < TOTAL {
            let part = (TOTAL - sent).min(buffer.len());
            match near.write(&buffer[..part]) {
                Ok(count) => sent += count,
                result => {
                    would_block(result);
                    break;
                }
            }
        }
        while received < TOTAL {
            match near.read(&mut buffer) {
                Ok(0) => panic!("the peer has gone after {received}"),
                Ok(count) => received += count,
                result => {
                    would_block(result);
                    break;
                }
            }
        }
        if received < TOTAL {
            stage.until(Token(1), |_event| true);
        }
    }
    echo.join().unwrap();
}

#[test]
fn a_listener_reports_again_after_it_was_drained() {
    let mut stage = Stage::new();
    let mut listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    stage
        .registry()
        .register(&mut listener, Token(1), READ)
        .unwrap();
    stage.silent();
    for _ in 0..3 {
        let _client = std::net::TcpStream::connect(address).unwrap();
        stage.until_readable(Token(1));
        drop(listener.accept().unwrap());
        would_block(listener.accept());
        stage.silent();
    }
}

#[test]
fn a_peek_that_would_block_asks_for_the_next_edge_too() {
    let mut stage = Stage::new();
    let (mut near, mut far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    for _ in 0..3 {
        far.write_all(b"x").unwrap();
        stage.until_readable(Token(1));
        assert_eq!(near.peek(&mut [0; 8]).unwrap(), 1);
        near.read_exact(&mut [0]).unwrap();
        would_block(near.peek(&mut [0; 8]));
    }
}

#[test]
fn an_operation_of_the_callers_own_asks_for_the_next_edge() {
    let mut stage = Stage::new();
    let (mut near, far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    let flags = sys_socket::ReceiveFlags::NONE;
    for _ in 0..3 {
        (&far).write_all(b"x").unwrap();
        stage.until_readable(Token(1));
        let receive = || {
            let received = near.try_io(|| Ok(sys_socket::recv(&near, &mut [0; 1], flags)?));
            // An interruption is the operation's own affair.
            match received {
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    near.try_io(|| Ok(sys_socket::recv(&near, &mut [0; 1], flags)?))
                }
                received => received,
            }
        };
        assert_eq!(receive().unwrap(), 1);
        would_block(receive());
    }
}

#[test]
fn an_operation_of_the_callers_own_that_writes_asks_for_room() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    let flags = sys_socket::SendFlags::NONE;
    for _ in 0..3 {
        let fill = || near.try_io(|| Ok(sys_socket::send(&near, &[7; 4096], flags)?));
        loop {
            match fill() {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                full => break would_block(full),
            }
        }
        stage.silent();
        while far.read(&mut [0; 4096]).is_ok() {}
        stage.until_writable(Token(1));
    }
}

#[test]
fn datagrams_report_again_after_they_were_drained() {
    let mut stage = Stage::new();
    let mut near = UdpSocket::bind(any_port()).unwrap();
    let far = UdpSocket::bind(any_port()).unwrap();
    let address = near.local_addr().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    let mut buffer = [0; 8];
    for round in 0..8 {
        far.send_to(b"x", address).unwrap();
        stage.until_readable(Token(1));
        // The one that finds nothing has to ask for more, whichever it is.
        if round < 4 {
            assert_eq!(near.recv(&mut buffer).unwrap(), 1);
        } else {
            assert_eq!(near.recv_from(&mut buffer).unwrap().0, 1);
        }
        match round % 4 {
            0 => would_block(near.recv(&mut buffer)),
            1 => would_block(near.recv_from(&mut buffer)),
            2 => would_block(near.peek(&mut buffer)),
            _ => would_block(near.peek_from(&mut buffer)),
        }
        stage.silent();
    }
}

#[test]
fn reregister_replaces_token_and_interest_and_reports_what_is_ready() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), WRITE)
        .unwrap();
    stage.until_writable(Token(1));
    far.write_all(b"x").unwrap();
    stage.silent();
    for token in [Token(2), Token(0), Token(usize::MAX)] {
        let registry = stage.registry();
        registry.reregister(&mut near, token, READ).unwrap();
        stage.poll(crate::stage::LIMIT);
        let events: Vec<_> = stage.events.iter().cloned().collect();
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].token(), token);
        assert!(events[0].is_readable() && !events[0].is_writable());
        stage.silent();
    }
    near.read_exact(&mut [0]).unwrap();
    would_block(near.read(&mut [0; 8]));
    far.write_all(b"y").unwrap();
    stage.until_readable(Token(usize::MAX));
}

#[test]
fn reregistering_reports_an_end_again() {
    let mut stage = Stage::new();
    let (mut near, far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    drop(far);
    for token in [Token(1), Token(2), Token(3)] {
        let registry = stage.registry();
        registry.reregister(&mut near, token, READ).unwrap();
        stage.until(token, Event::is_read_closed);
        stage.silent();
    }
}

#[test]
fn an_edge_that_nobody_has_seen_goes_with_the_interest_in_it() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    far.write_all(b"x").unwrap();
    let registry = stage.registry();
    registry.reregister(&mut near, Token(1), WRITE).unwrap();
    stage.until_writable(Token(1));
    assert!(stage.events.iter().all(|event| !event.is_readable()));
}

#[test]
fn after_deregister_there_are_no_events_and_the_source_works_on() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    far.write_all(b"x").unwrap();
    stage.registry().deregister(&mut near).unwrap();
    stage.silent();
    near.read_exact(&mut [0]).unwrap();
    would_block(near.read(&mut [0; 8]));
    near.write_all(b"y").unwrap();
    far.read_exact(&mut [0]).unwrap();
    stage.silent();
    stage
        .registry()
        .register(&mut near, Token(2), WRITE)
        .unwrap();
    stage.until_writable(Token(2));
}
