//! What a service is told of its streams, and when.

use core::num::NonZeroU32;
use std::io::{IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::thread;

use poll_net::ancillary::{OutgoingControl, control_space};
use poll_net::{TcpListener, TcpStream};
use poll_os::Monotonic;
use poll_reactor::{Builder, Id, Limit, Listener, Stream};

use crate::stage::{
    LONG, Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle, turn_until,
};

#[test]
fn what_is_sent_comes_back() {
    fn test<E: TestEngine>(engine: E) {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let echo = Script::new(|seen, context| {
            if let Seen::Bytes(id, bytes) = seen {
                let id = context.typed::<Stream<TcpStream>>(*id).unwrap();
                context.send(id, bytes).unwrap();
            }
        });
        let mut runtime = runtime(engine, echo);
        runtime.register(Listener::new(listener)).unwrap();
        let controller = runtime.controller();
        let client = thread::spawn(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            let mut buffer = [0; 5];
            for _ in 0..100 {
                stream.write_all(b"hello").unwrap();
                stream.read_exact(&mut buffer).unwrap();
                assert_eq!(&buffer, b"hello");
            }
            controller.shut_down(LONG).unwrap();
        });
        assert!(runtime.run().is_ok());
        client.join().unwrap();
    }
    on_each_engine!(test);
}

#[test]
fn a_resource_is_told_to_be_registered_before_its_events() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        there.write_all(b"early").unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Stream::new(here)).unwrap().any();
        turn_until(&mut runtime, |script| script.seen.len() >= 3);
        let bytes = Seen::Bytes(id, b"early".to_vec());
        assert_eq!(
            runtime.service().seen,
            [Seen::Started, Seen::Registered(id), bytes]
        );
    }
    on_each_engine!(test);
}

#[test]
fn what_was_still_readable_comes_before_the_end() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Stream::new(here)).unwrap().any();
        settle(&mut runtime);
        there.write_all(b"5byte").unwrap();
        drop(there);
        turn_until(&mut runtime, |script| script.seen.contains(&Seen::End(id)));
        let seen = &runtime.service().seen;
        assert_eq!(
            seen[2..],
            [Seen::Bytes(id, b"5byte".to_vec()), Seen::End(id)]
        );
    }
    on_each_engine!(test);
}

#[test]
fn what_was_still_readable_comes_before_a_failed_write() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        settle(&mut runtime);
        there.write_all(b"last words").unwrap();
        drop(there);
        // Before the engine has told anything.
        runtime.with(|_, context| context.send(id, b"hello?").unwrap());
        turn_until(&mut runtime, |script| {
            matches!(script.seen.last(), Some(Seen::Failed(..)))
        });
        assert_eq!(
            runtime.service().seen[2..],
            [
                Seen::Bytes(id.any(), b"last words".to_vec()),
                Seen::End(id.any()),
                Seen::Failed(id.any(), String::from("Write BrokenPipe")),
            ]
        );
    }
    on_each_engine!(test);
}

#[test]
fn one_read_for_each_event_gets_everything() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = Builder::new()
            .buffer_size(1000)
            .steps(NonZeroU32::new(3).unwrap())
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let id = runtime.register(Stream::new(here)).unwrap().any();
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
        let copy = sent.clone();
        let writer = thread::spawn(move || there.write_all(&copy).unwrap());
        turn_until(&mut runtime, |script| script.seen.contains(&Seen::End(id)));
        writer.join().unwrap();
        assert_eq!(runtime.service().bytes_of(id), sent);
        assert_eq!(runtime.metrics().bytes_read, 1 << 20);
    }
    on_each_engine!(test);
}

#[test]
fn one_accept_for_each_event_gets_everybody() {
    fn test<E: TestEngine>(engine: E) {
        const CLIENTS: usize = 100;
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| std::net::TcpStream::connect(address).unwrap())
            .collect();
        let mut runtime = runtime(engine, Script::passive());
        runtime.register(Listener::new(listener)).unwrap();
        turn_until(&mut runtime, |script| {
            let accepted = script.seen.iter().filter(|seen| **seen == Seen::Accepted);
            accepted.count() == CLIENTS
        });
        assert_eq!(runtime.metrics().resources, CLIENTS as u64 + 1);
        drop(clients);
    }
    on_each_engine!(test);
}

#[test]
fn nothing_is_told_while_paused_and_everything_afterwards() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        settle(&mut runtime);
        runtime.with(|_, context| assert!(context.pause(id)));
        there.write_all(b"while paused").unwrap();
        there.shutdown(Shutdown::Write).unwrap();
        settle(&mut runtime);
        assert_eq!(runtime.service().seen.len(), 2, "told while paused");
        // Nor does the runtime keep looking.
        let turns = runtime.metrics().reports;
        settle(&mut runtime);
        assert!(runtime.metrics().reports <= turns + 1, "it spins");
        runtime.with(|_, context| assert!(context.resume(id)));
        turn_until(&mut runtime, |script| script.seen.len() >= 4);
        let id = id.any();
        assert_eq!(
            runtime.service().seen[2..],
            [Seen::Bytes(id, b"while paused".to_vec()), Seen::End(id)]
        );
    }
    on_each_engine!(test);
}

#[test]
fn the_end_is_told_once_and_sending_still_works() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        there.shutdown(Shutdown::Write).unwrap();
        turn_until(&mut runtime, |script| {
            script.seen.contains(&Seen::End(id.any()))
        });
        let reports = runtime.metrics().reports;
        settle(&mut runtime);
        assert!(runtime.metrics().reports <= reports + 1, "it spins");
        assert_eq!(runtime.service().seen.len(), 3, "it is told more than once");
        runtime.with(|_, context| context.send(id, b"still here").unwrap());
        let mut buffer = [0; 10];
        there.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"still here");
    }
    on_each_engine!(test);
}

#[test]
fn a_connection_that_is_made_is_told_and_what_was_sent_before_arrives() {
    fn test<E: TestEngine>(engine: E) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let id: Id<Stream<TcpStream>> = runtime.register(Stream::connecting(stream)).unwrap();
        runtime.with(|_, context| context.send(id, b"early").unwrap());
        turn_until(&mut runtime, |script| script.seen.len() >= 3);
        assert_eq!(runtime.service().seen[2], Seen::Connected);
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(LONG)).unwrap();
        let mut buffer = [0; 5];
        settle(&mut runtime);
        peer.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"early");
    }
    on_each_engine!(test);
}

#[test]
fn a_connection_that_is_refused_has_failed() {
    fn test<E: TestEngine>(engine: E) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut runtime = runtime(engine, Script::passive());
        let Ok(stream) = TcpStream::connect(address) else {
            // Some systems know at once.
            return;
        };
        let id = runtime.register(Stream::connecting(stream)).unwrap().any();
        turn_until(&mut runtime, |script| script.seen.len() >= 3);
        let refused = Seen::Failed(id, String::from("Read ConnectionRefused"));
        assert_eq!(runtime.service().seen[2], refused);
        assert_eq!(
            runtime.turn(Limit::Now).unwrap(),
            poll_reactor::Status::Running
        );
        assert_eq!(runtime.metrics().resources, 0);
    }
    on_each_engine!(test);
}

#[test]
fn what_was_sent_before_the_connection_arrives_although_the_stream_is_closed_or_paused() {
    fn test<E: TestEngine>(engine: E) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut runtime = runtime(engine, Script::passive());
        for is_closed in [false, true] {
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let id: Id<Stream<TcpStream>> = runtime.register(Stream::connecting(stream)).unwrap();
            runtime.with(|_, context| {
                context.send(id, b"early").unwrap();
                assert!(match is_closed {
                    true => context.close(id),
                    false => context.pause(id),
                });
            });
            let (mut peer, _) = listener.accept().unwrap();
            peer.set_read_timeout(Some(LONG)).unwrap();
            settle(&mut runtime);
            assert_eq!(runtime.metrics().bytes_queued, 0, "closed: {is_closed}");
            let mut buffer = [0; 5];
            peer.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"early");
            let before = runtime.metrics().reports;
            settle(&mut runtime);
            assert!(runtime.metrics().reports <= before + 1, "it spins");
            if is_closed {
                let handed_over = Seen::HandedOver(id.any(), 0);
                assert_eq!(runtime.service().seen.last(), Some(&handed_over));
            } else {
                assert!(!runtime.service().seen.contains(&Seen::Connected));
                runtime.with(|_, context| assert!(context.resume(id)));
                settle(&mut runtime);
                assert_eq!(runtime.service().seen.last(), Some(&Seen::Connected));
            }
        }
    }
    on_each_engine!(test);
}

#[test]
fn what_comes_behind_urgent_data_is_read() {
    fn test<E: TestEngine>(engine: E) {
        if E::CAPABILITIES.edge && !E::CAPABILITIES.priority {
            // Nothing tells there.
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let there = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let there = TcpStream::from(std::os::fd::OwnedFd::from(there));
        let (here, _) = listener.accept().unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Stream::new(here)).unwrap().any();
        settle(&mut runtime);
        // A read stops there, although more is in the buffer.
        (&there).write_all(b"before").unwrap();
        there.send_urgent(b'!').unwrap();
        (&there).write_all(b"behind").unwrap();
        turn_until(&mut runtime, |script| {
            script.bytes_of(id) == b"beforebehind"
        });
        let before = runtime.metrics();
        settle(&mut runtime);
        assert!(runtime.metrics().steps <= before.steps + 2, "it spins");
    }
    on_each_engine!(test);
}

#[test]
fn what_comes_behind_a_passed_descriptor_is_read() {
    fn test<E: TestEngine>(engine: E) {
        let (here, there) = poll_net::UnixStream::pair().unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Stream::new(here)).unwrap().any();
        settle(&mut runtime);
        // A read stops behind what a descriptor came with, although more is in the buffer.
        let mut control = OutgoingControl::with_capacity(control_space(1));
        control.push_rights(&[there.as_fd()]).unwrap();
        let parts = [IoSlice::new(b"with ")];
        assert_eq!(there.send_message(&parts, &control).unwrap(), 5);
        (&there).write_all(b"without").unwrap();
        turn_until(&mut runtime, |script| {
            script.bytes_of(id) == b"with without"
        });
    }
    on_each_engine!(test);
}
