//! What the kqueue adapter makes of the kernel's reports, prescribed one by one.

use core::time::Duration;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use poll_conformance::run_only;
use poll_os::kqueue::{Events, Poll};
use poll_os::{Interest, Ready, Register, Token, Trigger};
use sys_kqueue::emulation::{Step, at_next_wait, event, recorded};
use sys_kqueue::{Errno, Event, Filter, Flags, IoNotes};

use crate::fixture::KernelFixture;
use crate::nesting::nesting;

const NOW: Option<Duration> = Some(Duration::ZERO);
const SOON: Option<Duration> = Some(Duration::from_secs(10));
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// What one report means.
fn meaning(report: Event) -> (Token, Ready, Option<i32>, Option<usize>) {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    at_next_wait(Step::Report(vec![report]));
    poll.wait(&mut events, NOW).unwrap();
    let all: Vec<_> = events.iter().collect();
    assert_eq!(all.len(), 1);
    let error = all[0].os_error();
    (all[0].token(), all[0].ready(), error, all[0].available())
}

#[test]
fn each_filter_is_a_readiness_and_its_end_a_closed_direction() {
    let broken = Errno::CONNRESET.raw_os_error();
    let reset = broken.unsigned_abs();
    let (read, write) = (Ready::READABLE, Ready::WRITABLE);
    let (no_read, no_write) = (Ready::READ_CLOSED, Ready::WRITE_CLOSED);
    let (plain, end) = (Flags::CLEAR, Flags::CLEAR | Flags::EOF);
    for (filter, flags, fflags, expected) in [
        (Filter::READ, plain, 0, read),
        (Filter::READ, end, 0, read | no_read),
        (Filter::READ, end, reset, read | no_read | Ready::ERROR),
        (Filter::WRITE, plain, 0, write),
        (Filter::WRITE, end, 0, write | no_write),
        (Filter::WRITE, end, reset, write | no_write | Ready::ERROR),
    ] {
        let told = meaning(event(3, filter, flags, (fflags, 12), usize::MAX));
        let error = (fflags != 0).then_some(broken);
        let wanted = (Token(usize::MAX), expected, error, Some(12));
        assert_eq!(told, wanted, "{filter:?} {flags:?} {fflags}");
    }
    // Without the end, notes are no error.
    let told = meaning(event(3, Filter::READ, plain, (reset, 12), 1));
    assert_eq!(told, (Token(1), read, None, Some(12)));
    // A file read behind its end, and a number beyond all errors.
    let told = meaning(event(3, Filter::READ, plain, (0, -1), 1));
    assert_eq!(told, (Token(1), read, None, None));
    let told = meaning(event(3, Filter::WRITE, end, (u32::MAX, 0), 1));
    assert_eq!(told, (Token(1), write | no_write, None, Some(0)));
    let told = meaning(event(0, Filter::USER, plain, (0, 0), 0));
    assert_eq!(told, (Token(0), read, None, None));
    let told = meaning(event(9, Filter::AIO, plain, (0, 0), 2));
    assert_eq!(told, (Token(2), Ready::AIO, None, None));
    // A filter that nobody registered here says nothing about a source.
    let told = meaning(event(9, Filter::VNODE, plain, (0, 0), 2));
    assert_eq!(told, (Token(2), Ready::EMPTY, None, None));
}

#[test]
fn out_of_band_data_are_priority_and_the_end_of_their_filter_is_none() {
    let (Some(filter), Some(oob)) = (Filter::EXCEPT, IoNotes::OOB) else {
        return;
    };
    let told = meaning(event(3, filter, Flags::CLEAR, (oob.bits(), 1), 4));
    assert_eq!(told, (Token(4), Ready::PRIORITY, None, None));
    let reset = Errno::CONNRESET.raw_os_error();
    for (fflags, ready) in [
        (0, Ready::READ_CLOSED),
        (reset.unsigned_abs(), Ready::READ_CLOSED | Ready::ERROR),
    ] {
        let told = meaning(event(3, filter, Flags::EOF, (fflags, 0), 4));
        assert_eq!((told.0, told.1), (Token(4), ready));
    }
}

#[test]
fn two_reports_of_one_descriptor_stay_two() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, mut far) = UnixStream::pair().unwrap();
    far.write_all(b"abc").unwrap();
    poll.registry()
        .register(&near, Token(1), BOTH, Trigger::Edge)
        .unwrap();
    poll.wait(&mut events, SOON).unwrap();
    let mut seen: Vec<_> = events.iter().map(|it| it.ready()).collect();
    seen.sort_by_key(|it| it.is_writable());
    assert_eq!(seen, [Ready::READABLE, Ready::WRITABLE]);
    // With room for one, the other comes next.
    let mut narrow = Events::with_capacity(1);
    poll.registry()
        .modify(&near, Token(1), BOTH, Trigger::Edge)
        .unwrap();
    let mut both = Ready::EMPTY;
    for _ in 0..2 {
        poll.wait(&mut narrow, SOON).unwrap();
        both |= narrow.iter().next().unwrap().ready();
    }
    assert_eq!(both, Ready::READABLE | Ready::WRITABLE);
}

#[test]
fn oneshot_silences_each_direction_by_itself_until_modified() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, mut far) = UnixStream::pair().unwrap();
    let mut reports = |poll: &mut Poll| -> Vec<Ready> {
        poll.wait(&mut events, NOW).unwrap();
        events.iter().map(|it| it.ready()).collect()
    };
    poll.registry()
        .register(&near, Token(1), BOTH, Trigger::Oneshot)
        .unwrap();
    assert_eq!(reports(&mut poll), [Ready::WRITABLE]);
    far.write_all(b"x").unwrap();
    assert_eq!(reports(&mut poll), [Ready::READABLE]);
    far.write_all(b"y").unwrap();
    assert_eq!(reports(&mut poll), []);
    poll.registry()
        .modify(&near, Token(1), BOTH, Trigger::Oneshot)
        .unwrap();
    assert_eq!(reports(&mut poll).len(), 2);
    assert_eq!(reports(&mut poll), []);
}

#[test]
fn asking_for_the_next_edge_makes_no_call() {
    let poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    registry
        .register(&near, Token(1), BOTH, Trigger::Edge)
        .unwrap();
    let rearmed = || Register::rearm(registry, &near, Token(1), BOTH, Trigger::Edge).unwrap();
    assert_eq!(recorded(rearmed), Vec::<Vec<Event>>::new());
}

#[test]
fn a_local_shutdown_closes_writing_and_is_no_hang_up() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, _far) = UnixStream::pair().unwrap();
    near.shutdown(Shutdown::Write).unwrap();
    poll.registry()
        .register(&near, Token(1), BOTH, Trigger::Edge)
        .unwrap();
    poll.wait(&mut events, SOON).unwrap();
    let seen: Vec<_> = events.iter().map(|it| it.ready()).collect();
    assert_eq!(seen, [Ready::WRITABLE | Ready::WRITE_CLOSED]);
}

#[test]
fn an_interrupted_wait_goes_on_unless_the_caller_wants_to_know() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, _far) = UnixStream::pair().unwrap();
    poll.registry()
        .register(&near, Token(1), BOTH, Trigger::Level)
        .unwrap();
    for timeout in [None, SOON] {
        for _ in 0..3 {
            at_next_wait(Step::Fail(Errno::INTR));
        }
        poll.wait(&mut events, timeout).unwrap();
        assert_eq!(events.len(), 1, "{timeout:?}");
    }
    at_next_wait(Step::Fail(Errno::INTR));
    let interrupted = poll.wait_interruptible(&mut events, SOON).unwrap_err();
    assert_eq!(interrupted.kind(), ErrorKind::Interrupted);
    at_next_wait(Step::Fail(Errno::NOMEM));
    let failed = poll.wait(&mut events, SOON).unwrap_err();
    assert_eq!(failed.raw_os_error(), Some(Errno::NOMEM.raw_os_error()));
}

#[test]
fn a_wait_that_fails_keeps_the_contract() {
    let mut fixture = KernelFixture::new(Poll::new, nesting());
    fixture.fail_next_wait = Some(|| at_next_wait(Step::Fail(Errno::NOMEM)));
    let report = run_only(fixture, |case| case.name().starts_with("a_wait_that_fails"));
    assert_eq!((report.passed, report.failed.len()), (1, 0), "{report}");
}
