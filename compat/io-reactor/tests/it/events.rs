//! What handlers are told of their resources, and in which order.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use reactor::Action;
use reactor::poller::IoType;

use crate::stage::{Conn, LONG, TELLS_HANGUPS, on_each, pair, read, skips};

/// What follows the last that is unread.
const OVER: &str = if TELLS_HANGUPS { "lost 1" } else { "1: end" };

/// A listening socket that cannot be read, and need not be.
struct Listening(TcpListener);

impl std::os::fd::AsRawFd for Listening {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

impl Read for Listening {
    fn read(&mut self, _buffer: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

impl Write for Listening {
    fn write(&mut self, _buffer: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_a_peer_sends_comes_back() {
    on_each(|stage| {
        let (here, mut there) = pair();
        stage.with(|teller| teller.echoes = true);
        stage.act([Action::RegisterTransport(Conn::new(here))]);
        stage.expect(&["registered 1 Transport"]);
        for text in ["hello", "again"] {
            there.write_all(text.as_bytes()).unwrap();
            assert_eq!(read(&mut there, 5), text);
            stage.expect(&[&format!("1: {text}")]);
        }
    });
}

#[test]
fn a_listener_is_told_of_for_as_long_as_connections_wait() {
    on_each(|stage| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let listener = Conn::new(Listening(listener)).chunk(0);
        let wanted = Arc::clone(&listener.wanted);
        stage.act([Action::RegisterListener(listener)]);
        stage.expect(&["registered 1 Listener"]);
        let _client = TcpStream::connect(address).unwrap();
        stage.expect(&["listener 1: readable", "listener 1: readable"]);
        *wanted.lock().unwrap() = IoType::none();
    });
}

#[test]
fn one_read_for_each_event_is_enough() {
    on_each(|stage| {
        let (here, mut there) = pair();
        there.write_all(b"abcde").unwrap();
        stage.act([Action::RegisterTransport(Conn::new(here).chunk(2))]);
        stage.expect(&["registered 1 Transport", "1: ab", "1: cd", "1: e"]);
        stage.expect_nothing();
    });
}

#[test]
fn room_to_write_is_told_before_what_can_be_read() {
    on_each(|stage| {
        let (here, mut there) = pair();
        there.write_all(b"x").unwrap();
        let conn = Conn::new(here)
            .wanting(IoType::read_write())
            .telling_writes();
        stage.act([Action::RegisterTransport(conn)]);
        stage.expect(&["registered 1 Transport"]);
        let mut told = [stage.next(), stage.next()];
        if !TELLS_HANGUPS {
            told.sort();
        }
        assert_eq!(told, ["1: room", "1: x"]);
        stage.expect_nothing();
    });
}

#[test]
fn what_is_unread_is_told_before_a_hang_up() {
    on_each(|stage| {
        let (here, mut there) = pair();
        there.write_all(b"abcde").unwrap();
        drop(there);
        stage.act([Action::RegisterTransport(Conn::new(here).chunk(2))]);
        stage.expect(&["registered 1 Transport", "1: ab", "1: cd", "1: e", OVER]);
    });
}

/// The reading end of a pipe, which cannot be written.
struct Pipe(std::io::PipeReader);

impl std::os::fd::AsRawFd for Pipe {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, _buffer: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_unread_in_a_pipe_is_told_before_its_end() {
    on_each(|stage| {
        let (here, mut there) = std::io::pipe().unwrap();
        there.write_all(b"abc").unwrap();
        drop(there);
        stage.act([Action::RegisterTransport(Conn::new(Pipe(here)).chunk(2))]);
        stage.expect(&["registered 1 Transport", "1: ab", "1: c", OVER]);
    });
}

#[test]
fn what_does_not_want_to_read_is_lost_at_once_with_all_that_is_unread() {
    if skips() {
        return;
    }
    on_each(|stage| {
        for wanted in [IoType::none(), IoType::write_only()] {
            let (here, mut there) = pair();
            there.write_all(b"abc").unwrap();
            drop(there);
            stage.act([Action::RegisterTransport(Conn::new(here).wanting(wanted))]);
            assert!(stage.next().starts_with("registered"));
            assert!(stage.next().starts_with("lost"));
            stage.with(|teller| {
                let mut back = teller.back.pop().unwrap();
                let text = read(&mut back.stream, 3);
                teller.tell(text);
            });
            stage.expect(&["abc"]);
        }
    });
}

#[test]
fn the_end_of_a_peers_half_is_an_end_and_no_hang_up() {
    on_each(|stage| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        there.set_read_timeout(Some(LONG)).unwrap();
        let (here, _) = listener.accept().unwrap();
        here.set_nonblocking(true).unwrap();
        there.write_all(b"abc").unwrap();
        there.shutdown(Shutdown::Write).unwrap();
        stage.act([Action::RegisterTransport(Conn::new(here))]);
        stage.expect(&["registered 1 Transport", "1: abc", "1: end"]);
        let id = id_of_first();
        stage.act([Action::Send(id, b"still".to_vec())]);
        assert_eq!(read(&mut there, 5), "still");
        stage.expect_nothing();
    });
}

#[test]
fn a_refused_connection_is_lost() {
    if skips() {
        return;
    }
    on_each(|stage| {
        let (here, there) = pair();
        drop(there);
        let conn = Conn::new(here)
            .wanting(IoType::write_only())
            .telling_writes();
        stage.act([Action::RegisterTransport(conn)]);
        stage.expect(&["registered 1 Transport", "lost 1"]);
    });
}

#[test]
fn a_resource_that_wants_nothing_is_told_nothing_until_it_does() {
    on_each(|stage| {
        let (here, mut there) = pair();
        let conn = Conn::new(here).wanting(IoType::none());
        let wanted = Arc::clone(&conn.wanted);
        stage.act([Action::RegisterTransport(conn)]);
        stage.expect(&["registered 1 Transport"]);
        there.write_all(b"abc").unwrap();
        stage.expect_nothing();
        // Nothing that the reactor knows of has to do with the resource.
        stage.with(move |_| *wanted.lock().unwrap() = IoType::read_only());
        stage.expect(&["1: abc"]);
    });
}

#[test]
fn what_changes_for_an_unknown_reason_is_seen_among_many_resources_too() {
    on_each(|stage| {
        let mut peers = Vec::new();
        let mut wanted = Vec::new();
        for number in 1..=200 {
            let (here, there) = pair();
            let conn = Conn::new(here).wanting(IoType::none());
            wanted.push(Arc::clone(&conn.wanted));
            peers.push(there);
            stage.act([Action::RegisterTransport(conn)]);
            stage.expect(&[&format!("registered {number} Transport")]);
        }
        // Too far from each other for one turn to ask more than one of them.
        for index in [0, 66, 132, 199] {
            peers[index].write_all(b"x").unwrap();
            let wanted = Arc::clone(&wanted[index]);
            stage.with(move |_| *wanted.lock().unwrap() = IoType::read_only());
            stage.expect(&[&format!("{}: x", index + 1)]);
        }
    });
}

#[test]
fn a_regular_file_is_always_ready() {
    on_each(|stage| {
        let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        stage.act([Action::RegisterTransport(Conn::new(file).chunk(9))]);
        stage.expect(&["registered 1 Transport", "1: [package]"]);
    });
}

/// The name of the first resource of any reactor.
fn id_of_first() -> reactor::ResourceId {
    reactor::ResourceIdGenerator::default().next()
}
