//! The same error, with its errno, for the same misuse on every engine.

use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;

use poll_os::engine::{Backend, Poll};
use poll_os::{Interest, Token, Trigger};

#[test]
fn misuse_is_told_by_the_documented_errno() {
    misuse(poll_os::Poll::new().unwrap());
    misuse(poll_os::poll::Poll::new().unwrap());
}

fn misuse<B: Backend>(poll: Poll<B>) {
    let errno = |result: io::Result<()>| result.unwrap_err().raw_os_error().unwrap();
    let code = |errno: sys_poll::Errno| errno.raw_os_error();
    let registry = poll.registry();
    let (a, _b) = UnixStream::pair().unwrap();
    let register = || registry.register(&a, Token(1), Interest::READABLE, Trigger::Edge);
    let modify = || registry.modify(&a, Token(1), Interest::READABLE, Trigger::Edge);

    // kqueue cannot tell these apart from what is allowed, and says so.
    let tells = B::CAPABILITIES.tracks_registrations;
    assert_eq!(errno(registry.deregister(&a)), code(sys_poll::Errno::NOENT));
    if tells {
        assert_eq!(errno(modify()), code(sys_poll::Errno::NOENT));
    }
    register().unwrap();
    if tells {
        assert_eq!(errno(register()), code(sys_poll::Errno::EXIST));
    }
    registry.deregister(&a).unwrap();
    assert_eq!(errno(registry.deregister(&a)), code(sys_poll::Errno::NOENT));
    for interest in [
        Interest::AIO,
        Interest::LIO,
        Interest::READABLE | Interest::AIO,
    ] {
        let refused = registry.register(&a, Token(1), interest, Trigger::Edge);
        assert_eq!(errno(refused), code(sys_poll::Errno::OPNOTSUPP));
    }
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    for unwatchable in [file, File::open("/").unwrap()]
        .into_iter()
        .filter(|_| tells)
    {
        let refused = registry.register(&unwatchable, Token(1), Interest::READABLE, Trigger::Level);
        assert!(poll_os::never_blocks(refused.as_ref().unwrap_err()));
        assert_eq!(errno(refused), code(sys_poll::Errno::PERM));
    }
    register().unwrap();
}

#[test]
fn of_the_errors_that_say_permission_denied_one_says_that_there_is_nothing_to_wait_for() {
    let of = |code: sys_poll::Errno| poll_os::never_blocks(&code.into());
    assert!(of(sys_poll::Errno::PERM));
    assert!(!of(sys_poll::Errno::ACCESS) && !of(sys_poll::Errno::EXIST));
    assert!(!poll_os::never_blocks(
        &io::ErrorKind::PermissionDenied.into()
    ));
}

#[test]
fn a_number_that_comes_back_after_a_close_can_be_registered_on_an_engine_that_pins() {
    let poll = poll_os::poll::Poll::new().unwrap();
    // The lowest free number is given out again, so a few tries find the one that was closed.
    for _ in 0..64 {
        let (a, _b) = UnixStream::pair().unwrap();
        poll.registry()
            .register(&a, Token(1), Interest::READABLE, Trigger::Edge)
            .unwrap();
    }
}
