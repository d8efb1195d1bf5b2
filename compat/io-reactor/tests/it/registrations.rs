//! Registering, and being handed back.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use reactor::{Action, ResourceId, ResourceIdGenerator};

use crate::stage::{Act, Conn, Stage, on_each, pair, read};

pub(crate) fn id(number: u64) -> ResourceId {
    let mut generator = ResourceIdGenerator::default();
    (0..number).map(|_| generator.next()).last().unwrap()
}

fn registered(stage: &Stage) -> UnixStream {
    let (here, there) = pair();
    stage.act([Action::RegisterTransport(Conn::new(here))]);
    assert!(stage.next().starts_with("registered"));
    there
}

#[test]
fn ids_count_from_one_for_both_kinds_and_none_comes_again() {
    on_each(|stage| {
        let (one, _peer_one) = pair();
        let (two, _peer_two) = pair();
        let (three, _peer_three) = pair();
        stage.act([
            Action::RegisterTransport(Conn::new(one)),
            Action::UnregisterTransport(id(1)),
            Action::RegisterListener(Conn::new(two)),
            Action::UnregisterListener(id(2)),
            Action::RegisterTransport(Conn::new(three)),
        ]);
        stage.expect(&[
            "registered 1 Transport",
            "back 1",
            "registered 2 Listener",
            "back listener 2",
            "registered 3 Transport",
        ]);
    });
}

#[test]
fn what_is_handed_over_is_open_and_is_told_of_no_more() {
    on_each(|stage| {
        let mut there = registered(&stage);
        stage.act([Action::UnregisterTransport(id(1))]);
        stage.expect(&["back 1"]);
        there.write_all(b"abc").unwrap();
        stage.expect_nothing();
        stage.with(|teller| {
            let mut back = teller.back.pop().unwrap();
            let text = read(&mut back.stream, 3);
            teller.tell(text);
            teller.actions.push_back(Action::RegisterTransport(back));
        });
        stage.expect(&["abc", "registered 2 Transport"]);
        there.write_all(b"def").unwrap();
        stage.expect(&["2: def"]);
    });
}

#[test]
fn unknown_ids_are_passed_over_and_so_are_those_of_the_other_kind() {
    on_each(|stage| {
        let mut there = registered(&stage);
        stage.act([
            Act::UnregisterTransport(id(7)),
            Act::UnregisterListener(id(1)),
            Act::Send(id(7), b"nobody".to_vec()),
            Act::Send(ResourceId::WAKER, b"nobody".to_vec()),
            Act::Send(id(1), b"abc".to_vec()),
        ]);
        assert_eq!(read(&mut there, 3), "abc");
        stage.expect_nothing();
    });
}

/// A stream without descriptor.
struct Closed(UnixStream);

impl AsRawFd for Closed {
    fn as_raw_fd(&self) -> i32 {
        -1
    }
}

impl std::io::Read for Closed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Closed {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_registered_comes_back_and_the_reactor_goes_on() {
    on_each(|stage| {
        let (here, _there) = pair();
        let (other, _peer) = pair();
        stage.act([
            Action::RegisterTransport(Conn::new(Closed(here))),
            Action::RegisterListener(Conn::new(Closed(other))),
        ]);
        stage.expect(&["lost 1", "lost listener 2"]);
        stage.with(|teller| {
            let numbers: Vec<i32> = teller.back.iter().map(AsRawFd::as_raw_fd).collect();
            teller.tell(format!("{numbers:?}"));
        });
        stage.expect(&["[-1, -1]"]);
        let mut there = registered(&stage);
        there.write_all(b"x").unwrap();
        stage.expect(&["3: x"]);
    });
}

/// A stream with the descriptor of another one.
struct Same(std::sync::Arc<UnixStream>);

impl AsRawFd for Same {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

impl std::io::Read for Same {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Same {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        (&*self.0).write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn one_descriptor_can_be_two_resources() {
    on_each(|stage| {
        let (here, mut there) = pair();
        let here = std::sync::Arc::new(here);
        stage.act([
            Action::RegisterTransport(Conn::new(Same(here.clone())).chunk(1)),
            Action::RegisterTransport(Conn::new(Same(here)).chunk(1)),
        ]);
        stage.expect(&["registered 1 Transport", "registered 2 Transport"]);
        there.write_all(b"xx").unwrap();
        let mut told = [stage.next(), stage.next()];
        told.sort();
        assert_eq!(told, ["1: x", "2: x"]);
        stage.act([Action::UnregisterTransport(id(1))]);
        stage.expect(&["back 1"]);
        there.write_all(b"y").unwrap();
        stage.expect(&["2: y"]);
        // The number is the engine's again, without a duplicate or with one.
        stage.with(|teller| {
            let back = teller.back.pop().unwrap();
            teller.actions.push_back(Action::UnregisterTransport(id(2)));
            teller.actions.push_back(Action::RegisterTransport(back));
        });
        stage.expect(&["back 2", "registered 3 Transport"]);
        there.write_all(b"z").unwrap();
        stage.expect(&["3: z"]);
        stage.expect_nothing();
    });
}
