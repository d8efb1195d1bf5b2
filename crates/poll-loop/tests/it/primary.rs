//! The use that amy was written for: one thread waits, another registers and handles, with a client
//! that knows of neither. The steps have the numbers of amy's own test.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;

use poll_loop::{Interest, Notification, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, On, on_every_engine, wait};

const LINE: &[u8] = b"Hello, World!\n";

#[test]
fn a_line_goes_from_a_client_through_poller_and_worker_and_back() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (forward, notified) = channel::<Notification>();
        let (done, worked) = channel::<()>();
        let (tell, told) = channel::<()>();
        let accepted = tell.clone();

        let worker = thread::spawn(move || {
            let (edge, readable) = (Trigger::Edge, Interest::READABLE);
            let next = || notified.recv_timeout(LONG.unwrap()).unwrap();
            let listener_id = registrar.register(&listener, readable, edge).unwrap();
            assert_eq!(listener_id.as_u64(), 1);
            // 1 a connection
            assert_eq!(next().id, listener_id);
            let (socket, _) = listener.accept().unwrap();
            socket.set_nonblocking(true).unwrap();
            let id = registrar.register(&socket, readable, edge).unwrap();
            assert_eq!(id.as_u64(), 2);
            let more = listener.accept().unwrap_err();
            assert_eq!(more.kind(), ErrorKind::WouldBlock);
            accepted.send(()).unwrap();
            done.send(()).unwrap();
            // 2 its line
            assert_eq!(next().id, id);
            let mut line = [0; 64];
            assert_eq!((&socket).read(&mut line).unwrap(), LINE.len());
            registrar
                .reregister(id, &socket, Interest::WRITABLE, edge)
                .unwrap();
            done.send(()).unwrap();
            // 3 room to answer
            assert_eq!(next().id, id);
            assert_eq!((&socket).write(&line[..LINE.len()]).unwrap(), LINE.len());
            done.send(()).unwrap();
            // Open until the client has what it waits for.
            (registrar, id, socket)
        });
        let client = thread::spawn(move || {
            let mut socket = TcpStream::connect(address).unwrap();
            socket.set_read_timeout(LONG).unwrap();
            told.recv_timeout(LONG.unwrap()).unwrap();
            socket.write_all(LINE).unwrap();
            let mut echo = [0; LINE.len()];
            socket.read_exact(&mut echo).unwrap();
            assert_eq!(echo, LINE);
            told.recv_timeout(LONG.unwrap()).unwrap();
        });

        for (step, id) in [(1, 1), (2, 2), (3, 2)] {
            let found = wait(&mut poller, LONG);
            assert_eq!(found.len(), 1, "in step {step}");
            assert_eq!(found[0].id.as_u64(), id);
            assert_eq!(found[0].ready().is_readable(), step < 3);
            assert_eq!(found[0].ready().is_writable(), step == 3);
            forward.send(found[0]).unwrap();
            worked.recv_timeout(LONG.unwrap()).unwrap();
        }
        // 4 nothing more
        assert_eq!(wait(&mut poller, Some(Duration::from_millis(20))), []);
        tell.send(()).unwrap();
        client.join().unwrap();
        let (registrar, id, socket) = worker.join().unwrap();
        registrar.deregister(id, &socket).unwrap();
    }
    on_every_engine!(test);
}
