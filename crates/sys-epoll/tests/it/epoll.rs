//! Registration and waiting.

use core::ptr;
use core::time::Duration;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use sys_epoll::{BusyPoll, Epoll, Errno, Event, EventFd, Flags};

const SOON: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn stream_pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

#[test]
fn data_makes_a_level_source_ready_until_it_is_read() {
    let epoll = Epoll::new().unwrap();
    let (mut a, mut b) = stream_pair();
    epoll.add(&a, Flags::IN, u64::MAX).unwrap();
    let mut events = [Event::default(); 4];
    assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
    b.write_all(b"x").unwrap();
    for _ in 0..2 {
        assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
        assert_eq!(events[0], Event::new(Flags::IN, u64::MAX));
    }
    a.read_exact(&mut [0]).unwrap();
    assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
}

#[test]
fn modify_replaces_flags_and_data_and_reports_an_edge_again() {
    let epoll = Epoll::new().unwrap();
    let (a, _b) = stream_pair();
    epoll.add(&a, Flags::OUT | Flags::ET, 1).unwrap();
    let mut events = [Event::default(); 4];
    assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
    assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
    epoll.modify(&a, Flags::OUT | Flags::ET, 2).unwrap();
    assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
    assert_eq!(events[0].data(), 2);
    epoll.modify(&a, Flags::EMPTY, 3).unwrap();
    assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
}

#[test]
fn oneshot_is_silent_until_modified() {
    let epoll = Epoll::new().unwrap();
    let (a, _b) = stream_pair();
    epoll.add(&a, Flags::OUT | Flags::ONESHOT, 1).unwrap();
    let mut events = [Event::default(); 1];
    assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
    assert_eq!(epoll.wait(&mut events, NOW), Ok(0));
    epoll.modify(&a, Flags::OUT | Flags::ONESHOT, 1).unwrap();
    assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
}

#[test]
fn misuse_is_told_by_the_documented_errno() {
    let epoll = Epoll::new().unwrap();
    let (a, _b) = stream_pair();
    assert_eq!(epoll.modify(&a, Flags::IN, 0), Err(Errno::NOENT));
    assert_eq!(epoll.delete(&a), Err(Errno::NOENT));
    epoll.add(&a, Flags::IN, 0).unwrap();
    assert_eq!(epoll.add(&a, Flags::IN, 0), Err(Errno::EXIST));
    epoll.delete(&a).unwrap();
    assert_eq!(epoll.delete(&a), Err(Errno::NOENT));
    assert_eq!(epoll.add(&epoll, Flags::IN, 0), Err(Errno::INVAL));
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    assert_eq!(epoll.add(&file, Flags::IN, 0), Err(Errno::PERM));
    assert_eq!(epoll.wait(&mut [], NOW), Err(Errno::INVAL));
    let other: Epoll = OwnedFd::from(file).into();
    assert_eq!(other.wait(&mut [Event::default()], NOW), Err(Errno::INVAL));
}

#[test]
fn nesting_is_limited_by_the_kernel() {
    let mut chain = vec![Epoll::new().unwrap()];
    let error = loop {
        let outer = Epoll::new().unwrap();
        match outer.add(chain.last().unwrap(), Flags::IN, 0) {
            Ok(()) if chain.len() < 16 => chain.push(outer),
            result => break result,
        }
    };
    assert_eq!(error, Err(Errno::LOOP));
}

#[test]
fn an_exclusive_registration_excludes_what_the_manual_says() {
    let epoll = Epoll::new().unwrap();
    let (a, _b) = stream_pair();
    assert_eq!(
        epoll.add_exclusive(&a, Flags::IN | Flags::RDHUP, 0),
        Err(Errno::INVAL)
    );
    epoll
        .add_exclusive(&a, Flags::IN | Flags::OUT | Flags::ET, 9)
        .unwrap();
    assert_eq!(epoll.modify(&a, Flags::IN, 0), Err(Errno::INVAL));
    let mut events = [Event::default(); 1];
    assert_eq!(epoll.wait(&mut events, SOON), Ok(1));
    assert_eq!(events[0], Event::new(Flags::OUT, 9));
    epoll.delete(&a).unwrap();
}

#[test]
fn a_wait_is_never_shorter_than_asked() {
    let epoll = Epoll::new().unwrap();
    let mut events = [Event::default(); 1];
    for nanos in [1, 1_000, 500_000, 999_999, 1_000_000, 1_000_001, 2_500_000] {
        let timeout = Duration::from_nanos(nanos);
        #[expect(clippy::disallowed_methods, reason = "the test measures a wait")]
        let start = Instant::now();
        assert_eq!(epoll.wait(&mut events, Some(timeout)), Ok(0));
        assert!(start.elapsed() >= timeout, "{timeout:?} ended early");
    }
}

#[test]
fn waits_are_said_to_be_rounded_exactly_where_the_kernel_refuses_the_call() {
    let epoll = Epoll::new().unwrap();
    let nanosecond = Some(Duration::from_nanos(1));
    assert_eq!(epoll.wait(&mut [Event::default()], nanosecond), Ok(0));
    assert_ne!(Epoll::nanosecond_waits(), refuses_epoll_pwait2());
}

/// What the kernel says of the call itself: with no epoll instance it fails, and the errno tells.
#[expect(unsafe_code, reason = "asked past the code under test")]
fn refuses_epoll_pwait2() -> bool {
    // SAFETY: epoll_pwait2(2) reads and writes nothing where the descriptor is none.
    // - -1 is never a descriptor, and all pointers are null.
    let result = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            -1,
            ptr::null::<libc::epoll_event>(),
            1,
            ptr::null::<[i64; 2]>(),
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    assert_eq!(result, -1);
    #[expect(clippy::disallowed_methods, reason = "right after the call")]
    let error = Errno::from_io_error(&std::io::Error::last_os_error());
    matches!(error, Some(Errno::NOSYS | Errno::PERM))
}

#[test]
fn a_masked_wait_rounds_up_and_reports_as_the_plain_one() {
    let epoll = Epoll::new().unwrap();
    let bell = EventFd::new().unwrap();
    epoll.add(&bell, Flags::IN, 4).unwrap();
    let mask = empty_mask();
    let mut events = [Event::default(); 1];
    #[expect(clippy::disallowed_methods, reason = "the test measures a wait")]
    let start = Instant::now();
    let timeout = Duration::from_micros(1_500);
    assert_eq!(epoll.wait_masked(&mut events, Some(timeout), &mask), Ok(0));
    assert!(start.elapsed() >= timeout);
    bell.write(1).unwrap();
    assert_eq!(epoll.wait_masked(&mut events, None, &mask), Ok(1));
    assert_eq!(events[0].data(), 4);
}

// The C library's empty set is all zero bits.
#[expect(
    unsafe_code,
    reason = "libc offers no safe constructor of a signal set"
)]
fn empty_mask() -> libc::sigset_t {
    // SAFETY: `zeroed` wants a type for which all-zero bytes are a value.
    // - sigset_t is an array of integers in every C library.
    unsafe { core::mem::zeroed() }
}

#[test]
fn busy_poll_parameters_are_read_back_or_the_kernel_does_not_have_them() {
    let epoll = Epoll::new().unwrap();
    let wanted = BusyPoll::new(50, 16, 1);
    match epoll.set_busy_poll(wanted) {
        Ok(()) => assert_eq!(epoll.busy_poll(), Ok(wanted)),
        Err(error) => {
            eprintln!("SKIP: busy polling is not available here: {error}");
            assert!(
                // ENOSYS: the answer of an emulator to any request it does not know. EINVAL is
                // the kernel's: it has such requests, and this number is none of them.
                matches!(error, Errno::NOTTY | Errno::OPNOTSUPP | Errno::NOSYS),
                "{error}"
            );
            assert_eq!(epoll.busy_poll(), Err(error));
            return;
        }
    }
    let bad = BusyPoll::new(u32::MAX, 16, 0);
    assert!(epoll.set_busy_poll(bad).is_err());
    assert_eq!(epoll.busy_poll().map(|it| it == bad), Ok(false));
}

#[test]
fn a_poller_is_a_source_of_another_one() {
    let (outer, inner) = (Epoll::new().unwrap(), Epoll::new().unwrap());
    let bell = EventFd::new().unwrap();
    inner.add(&bell, Flags::IN | Flags::ET, 1).unwrap();
    outer.add(inner.as_fd(), Flags::IN | Flags::ET, 2).unwrap();
    let mut events = [Event::default(); 1];
    bell.write(1).unwrap();
    assert_eq!(outer.wait(&mut events, SOON), Ok(1));
    assert_eq!(events[0].data(), 2);
    assert_eq!(inner.wait(&mut events, NOW), Ok(1));
}

#[cfg(feature = "count")]
#[test]
fn one_wait_is_one_system_call() {
    let epoll = Epoll::new().unwrap();
    let mut events = [Event::default(); 1];
    // Other tests of this binary run meanwhile and count too, so the least of many is exact.
    let calls = (0..1_000).map(|_| {
        let before = sys_epoll::system_calls();
        epoll.wait(&mut events, NOW).unwrap();
        sys_epoll::system_calls() - before
    });
    assert_eq!(calls.min(), Some(1));
}
