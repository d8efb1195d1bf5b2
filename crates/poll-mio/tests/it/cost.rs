//! What is promised of system calls and of sizes.

use core::time::Duration;
use std::io::Write;

use poll_mio::net::UnixStream;
use poll_mio::{Token, Waker};

use crate::stage::{LIMIT, READ, Stage, alone};

fn calls(during: impl FnOnce()) -> u64 {
    let before = poll_os::system_calls();
    during();
    poll_os::system_calls() - before
}

#[test]
fn a_wake_of_an_awake_poller_makes_no_system_call_and_a_wait_makes_one() {
    let name = "cost::a_wake_of_an_awake_poller_makes_no_system_call_and_a_wait_makes_one";
    alone(name, || {
        let mut stage = Stage::new();
        let waker = Waker::new(stage.registry(), Token(0)).unwrap();
        let burst = || (0..1_000).for_each(|_| waker.wake().unwrap());
        assert_eq!(calls(burst), 0);
        let wait = |stage: &mut Stage| stage.poll.poll(&mut stage.events, Some(LIMIT)).unwrap();
        assert_eq!(calls(|| wait(&mut stage)), 1);
        assert_eq!(stage.events.iter().count(), 1);

        let (mut near, mut far) = UnixStream::pair().unwrap();
        stage
            .registry()
            .register(&mut near, Token(1), READ)
            .unwrap();
        far.write_all(b"x").unwrap();
        assert_eq!(calls(|| wait(&mut stage)), 1);
        let look = |stage: &mut Stage| {
            let now = Some(Duration::ZERO);
            stage.poll.poll(&mut stage.events, now).unwrap();
        };
        assert_eq!(calls(|| look(&mut stage)), 1, "zero looks all the same");
    });
}

#[cfg(not(debug_assertions))]
#[test]
fn a_socket_is_as_large_as_that_of_the_standard_library() {
    use poll_mio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener};
    use poll_mio::unix::pipe;
    use std::net;
    use std::os::fd::OwnedFd;
    use std::os::unix::net as unix;

    let sizes = [
        (size_of::<TcpListener>(), size_of::<net::TcpListener>()),
        (size_of::<TcpStream>(), size_of::<net::TcpStream>()),
        (size_of::<UdpSocket>(), size_of::<net::UdpSocket>()),
        (size_of::<UnixListener>(), size_of::<unix::UnixListener>()),
        (size_of::<UnixStream>(), size_of::<unix::UnixStream>()),
        (size_of::<UnixDatagram>(), size_of::<unix::UnixDatagram>()),
        (size_of::<pipe::Sender>(), size_of::<OwnedFd>()),
        (size_of::<pipe::Receiver>(), size_of::<OwnedFd>()),
    ];
    for (ours, std) in sizes {
        // On poll(2) a source carries its registration.
        assert_eq!(ours == std, !cfg!(mio_unsupported_force_poll_poll));
    }
}
