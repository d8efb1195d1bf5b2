//! Sending to transports that are ready, that are not yet, and that are gone.

use std::io::Write;

use reactor::Action;

use crate::registrations::id;
use crate::stage::{Conn, on_each, pair, read};

#[test]
fn what_is_sent_before_a_transport_is_ready_waits_and_keeps_its_order() {
    on_each(|stage| {
        let (here, mut there) = pair();
        stage.act([
            Action::RegisterTransport(Conn::new(here).not_ready()),
            Action::Send(id(1), b"abc".to_vec()),
            Action::Send(id(1), b"def".to_vec()),
        ]);
        stage.expect(&["registered 1 Transport"]);
        stage.expect_nothing();
        there.set_nonblocking(true).unwrap();
        assert!(
            std::io::Read::read(&mut there, &mut [0; 1]).is_err(),
            "nothing yet"
        );
        there.set_nonblocking(false).unwrap();
        // An event makes it ready.
        there.write_all(b"go").unwrap();
        stage.expect(&["1: go"]);
        assert_eq!(read(&mut there, 6), "abcdef");
        stage.act([Action::Send(id(1), b"ghi".to_vec())]);
        assert_eq!(read(&mut there, 3), "ghi");
    });
}

#[test]
fn a_transport_that_is_never_ready_is_lost_when_too_much_waits() {
    on_each(|stage| {
        let (here, _there) = pair();
        let half = vec![0; 2 << 20];
        stage.act([
            Action::RegisterTransport(Conn::new(here).not_ready()),
            Action::Send(id(1), half.clone()),
            Action::Send(id(1), half),
        ]);
        stage.expect(&["registered 1 Transport"]);
        stage.expect_nothing();
        stage.act([Action::Send(id(1), vec![0])]);
        stage.expect(&["lost 1"]);
    });
}

#[test]
fn a_transport_that_cannot_be_written_is_lost_and_comes_back() {
    on_each(|stage| {
        let (here, _there) = pair();
        here.shutdown(std::net::Shutdown::Write).unwrap();
        stage.act([
            Action::RegisterTransport(Conn::new(here)),
            Action::Send(id(1), b"abc".to_vec()),
        ]);
        stage.expect(&["registered 1 Transport", "lost 1"]);
        stage.with(|teller| teller.tell(teller.back.len().to_string()));
        stage.expect(&["1"]);
    });
}
