//! A listener that several pollers share.
#![cfg(any(target_os = "linux", target_os = "android"))]

use core::net::Ipv4Addr;
use core::time::Duration;
use std::net::{TcpListener, TcpStream};

use poll_os::epoll::{Events, Poll};
use poll_os::{Interest, Token, Trigger};

#[test]
fn an_exclusive_registration_reports_and_cannot_be_modified() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut pollers = [Poll::new().unwrap(), Poll::new().unwrap()];
    for poll in &pollers {
        poll.registry()
            .register_exclusive(&listener, Token(usize::MAX))
            .unwrap();
        let read = Interest::READABLE;
        let modified = poll
            .registry()
            .modify(&listener, Token(1), read, Trigger::Edge);
        let invalid = sys_poll::Errno::INVAL.raw_os_error();
        assert_eq!(modified.unwrap_err().raw_os_error(), Some(invalid));
    }
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    // Nobody slept, so the kernel had nobody to choose, and both find the connection.
    for poll in &mut pollers {
        let mut events = Events::with_capacity(4);
        poll.wait(&mut events, Some(Duration::from_secs(5)))
            .unwrap();
        let found: Vec<_> = events.iter().map(|it| (it.token(), it.ready())).collect();
        assert_eq!(found, [(Token(usize::MAX), poll_os::Ready::READABLE)]);
        poll.registry().deregister(&listener).unwrap();
    }
}
