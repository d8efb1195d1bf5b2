//! The registering half: from any thread, while another one waits, for any source.

use core::cell::RefCell;
use std::io;
use std::io::Write;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use poll_mio::event::Source;
use poll_mio::net::{TcpListener, TcpStream, UnixStream};
use poll_mio::{Interest, Registry, Token};

use crate::stage::{BOTH, LIMIT, READ, Stage, WRITE, any_port};

/// What a source was asked, and with which values.
type Asked = (&'static str, Option<(Token, Interest)>);

/// A source of the caller's own, which writes down what it is asked.
#[derive(Default)]
struct Recorder {
    asked: RefCell<Vec<Asked>>,
    refuses: bool,
}

impl Recorder {
    fn note(&self, what: &'static str, how: Option<(Token, Interest)>) -> io::Result<()> {
        self.asked.borrow_mut().push((what, how));
        match self.refuses {
            true => Err(io::Error::other(what)),
            false => Ok(()),
        }
    }
}

impl Source for Recorder {
    fn register(&mut self, _: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.note("register", Some((token, interests)))
    }

    fn reregister(&mut self, _: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.note("reregister", Some((token, interests)))
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        self.note("deregister", None)
    }
}

#[test]
fn a_source_gets_what_was_asked_for_and_its_errors_come_back() {
    let stage = Stage::new();
    for refuses in [false, true] {
        let asked = RefCell::default();
        let mut source = Box::new(Recorder { asked, refuses });
        let registry = stage.registry();
        let results = [
            registry.register(&mut source, Token(0), READ),
            registry.reregister(&mut *source, Token(1), BOTH),
            registry.deregister(&mut source),
        ];
        let expected = [
            ("register", Some((Token(0), READ))),
            ("reregister", Some((Token(1), BOTH))),
            ("deregister", None),
        ];
        assert_eq!(*source.asked.borrow(), expected);
        for (result, (name, _)) in results.into_iter().zip(expected) {
            let text = result.map_err(|error| error.to_string());
            assert_eq!(
                text,
                if refuses {
                    Err(name.to_owned())
                } else {
                    Ok(())
                }
            );
        }
    }
}

#[test]
fn a_registration_during_a_wait_is_seen_by_it() {
    let mut stage = Stage::new();
    let registry = stage.registry().try_clone().unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let begun = Arc::clone(&barrier);
    let thread = thread::spawn(move || {
        begun.wait();
        let (mut near, far) = UnixStream::pair().unwrap();
        registry.register(&mut near, Token(3), WRITE).unwrap();
        (near, far)
    });
    barrier.wait();
    stage.poll(LIMIT);
    let events: Vec<_> = stage.events.iter().collect();
    assert_eq!(events.len(), 1, "no wake beside it");
    assert_eq!(events[0].token(), Token(3));
    assert!(events[0].is_writable());
    let _pair = thread.join().unwrap();
}

#[test]
fn several_threads_register_change_and_end_registrations_during_waits() {
    let mut stage = Stage::new();
    let registry = Arc::new(stage.registry().try_clone().unwrap());
    let (done, finished) = mpsc::channel();
    for number in 0..3_usize {
        let (registry, done) = (Arc::clone(&registry), done.clone());
        thread::spawn(move || {
            for round in 0..100 {
                let (mut near, mut far) = UnixStream::pair().unwrap();
                registry.register(&mut near, Token(number), READ).unwrap();
                far.write_all(b"x").unwrap();
                registry.reregister(&mut near, Token(number), BOTH).unwrap();
                match round % 2 {
                    0 => registry.deregister(&mut near).unwrap(),
                    _ => drop(near),
                }
            }
            // What is left is reported to the waiting thread.
            let (mut near, far) = UnixStream::pair().unwrap();
            registry
                .register(&mut near, Token(10 + number), WRITE)
                .unwrap();
            done.send((near, far)).unwrap();
        });
    }
    let mut last = std::collections::HashSet::new();
    while last.len() < 3 {
        stage.poll(LIMIT);
        assert!(!stage.events.is_empty(), "only {last:?} of 10, 11, 12");
        let tokens = stage.events.iter().map(poll_mio::event::Event::token);
        last.extend(tokens.filter(|token| token.0 >= 10));
    }
    for _ in 0..3 {
        drop(finished.recv_timeout(LIMIT).unwrap());
    }
}

#[test]
fn sources_of_every_kind_can_be_kept_in_one_list() {
    let mut stage = Stage::new();
    let listener = TcpListener::bind(any_port()).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut sources: Vec<Box<dyn Source>> = vec![Box::new(listener), Box::new(stream)];
    for (token, source) in sources.iter_mut().enumerate() {
        stage
            .registry()
            .register(source, Token(token), BOTH)
            .unwrap();
    }
    stage.until_writable(Token(1));
    for source in &mut sources {
        stage.registry().deregister(source).unwrap();
    }
    stage.silent();
}
