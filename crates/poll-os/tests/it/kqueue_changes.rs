//! What the kqueue adapter asks of the kernel, and what it makes of the receipts.

use core::time::Duration;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;

use poll_os::kqueue::{Events, Poll};
use poll_os::{Change, Engine, Interest, Token, Trigger};
use sys_kqueue::emulation::{Profile, ReceiptFlags, Step, at_next_change, recorded, set_profile};
use sys_kqueue::{Errno, Event, Filter, Flags, IoNotes};

const NOW: Option<Duration> = Some(Duration::ZERO);
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
const HAS_PRIORITY: bool = Poll::CAPABILITIES.priority;

/// How many changes delete what may be there.
const DELETIONS: usize = if HAS_PRIORITY { 3 } else { 2 };

fn tokens(poll: &mut Poll) -> Vec<usize> {
    let mut events = Events::with_capacity(256);
    poll.wait(&mut events, NOW).unwrap();
    let mut tokens: Vec<_> = events.iter().map(|event| event.token().0).collect();
    tokens.sort_unstable();
    tokens
}

#[track_caller]
fn fails(result: io::Result<()>, errno: Errno) {
    assert_eq!(
        result.unwrap_err().raw_os_error(),
        Some(errno.raw_os_error())
    );
}

/// Filter, flags, notes and number of a change; the receipt is asked for in each.
fn parts(change: &Event) -> (Filter, Flags, u32, i64) {
    assert!(change.flags().contains(Flags::RECEIPT));
    let flags = Flags::from_bits(change.flags().bits() & !Flags::RECEIPT.bits());
    (change.filter(), flags, change.fflags(), change.data())
}

/// Everything that may be there is deleted first.
fn deletions() -> Vec<(Filter, Flags, u32, i64)> {
    let delete = |filter, notes| (filter, Flags::DELETE, notes, 0);
    let mut all = vec![delete(Filter::READ, 0), delete(Filter::WRITE, 0)];
    if let (Some(filter), Some(oob)) = (Filter::EXCEPT, IoNotes::OOB) {
        all.push(delete(filter, oob.bits()));
    }
    assert_eq!(all.len(), DELETIONS);
    all
}

#[test]
fn each_interest_and_trigger_is_its_filters_after_all_were_deleted() {
    let lowest = (IoNotes::LOWAT.bits(), i64::from(u32::MAX));
    let read = |flags| (Filter::READ, flags, 0, 0);
    let write = |flags| (Filter::WRITE, flags, 0, 0);
    let end = |flags| (Filter::READ, flags, lowest.0, lowest.1);
    let poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    for (trigger, how) in [
        (Trigger::Edge, Flags::ADD | Flags::CLEAR),
        (Trigger::Level, Flags::ADD),
        (Trigger::Oneshot, Flags::ADD | Flags::DISPATCH),
    ] {
        let mut table = vec![
            (Interest::READABLE, vec![read(how)]),
            (Interest::WRITABLE, vec![write(how)]),
            (BOTH, vec![read(how), write(how)]),
            (Interest::HANGUP, vec![end(how)]),
            (Interest::HANGUP | Interest::READABLE, vec![read(how)]),
        ];
        if let (Some(filter), Some(oob)) = (Filter::EXCEPT, IoNotes::OOB) {
            let urgent = (filter, how, oob.bits(), 0);
            table.extend([
                (Interest::PRIORITY, vec![end(how), urgent]),
                (
                    Interest::PRIORITY | BOTH,
                    vec![read(how), write(how), urgent],
                ),
            ]);
        }
        for (interest, additions) in table {
            let registry = poll.registry();
            for replaces in [false, true] {
                let calls = recorded(|| match replaces {
                    false => registry
                        .register(&near, Token(9), interest, trigger)
                        .unwrap(),
                    true => registry.modify(&near, Token(9), interest, trigger).unwrap(),
                });
                let [call] = calls.as_slice() else {
                    panic!("{calls:?}")
                };
                let expected = [deletions(), additions.clone()].concat();
                let asked: Vec<_> = call.iter().map(parts).collect();
                assert_eq!(asked, expected, "{interest:?} {trigger:?}");
                let number = usize::try_from(near.as_fd().as_raw_fd()).unwrap();
                assert!(call.iter().all(|change| change.ident() == number));
                let added = &call[DELETIONS..];
                assert!(added.iter().all(|change| change.udata() == 9));
            }
            let calls = recorded(|| registry.deregister(&near).unwrap());
            let asked: Vec<Vec<_>> = calls
                .iter()
                .map(|call| call.iter().map(parts).collect())
                .collect();
            assert_eq!(asked, [deletions()]);
        }
    }
}

#[test]
fn an_interest_that_kqueue_lacks_is_refused_before_the_call_and_changes_nothing() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    registry
        .register(&near, Token(1), BOTH, Trigger::Level)
        .unwrap();
    let mut lacking = vec![
        Interest::AIO,
        Interest::LIO,
        Interest::READABLE | Interest::AIO,
    ];
    if !HAS_PRIORITY {
        lacking.extend([Interest::PRIORITY, Interest::PRIORITY | Interest::WRITABLE]);
    }
    for interest in lacking {
        let calls = recorded(|| {
            let modified = registry.modify(&near, Token(2), interest, Trigger::Edge);
            fails(modified, Errno::OPNOTSUPP);
        });
        assert!(calls.is_empty());
    }
    assert_eq!(tokens(&mut poll), [1]);
}

#[test]
fn both_forms_of_a_receipt_are_understood() {
    for receipt_flags in [ReceiptFlags::Replaced, ReceiptFlags::Joined] {
        set_profile(Profile {
            receipt_flags,
            ..Profile::default()
        });
        let mut poll = Poll::new().unwrap();
        let (near, _far) = UnixStream::pair().unwrap();
        let registry = poll.registry();
        fails(registry.deregister(&near), Errno::NOENT);
        at_next_change(Step::Refuse(vec![(DELETIONS, Errno::NOMEM)]));
        let refused = registry.register(&near, Token(1), BOTH, Trigger::Level);
        fails(refused, Errno::NOMEM);
        registry
            .register(&near, Token(1), BOTH, Trigger::Level)
            .unwrap();
        registry
            .modify(&near, Token(2), BOTH, Trigger::Level)
            .unwrap();
        assert_eq!(tokens(&mut poll), [2]);
        poll.registry().deregister(&near).unwrap();
    }
}

#[test]
fn an_addition_that_fails_is_taken_back_with_the_other_one() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    for (place, errno) in [
        (DELETIONS, Errno::INVAL),
        (DELETIONS + 1, Errno::NOMEM),
        (DELETIONS + 1, Errno::BADF),
        // The reader of a pipe is gone, on FreeBSD and older systems of Apple's.
        (DELETIONS + 1, Errno::PIPE),
    ] {
        at_next_change(Step::Refuse(vec![(place, errno)]));
        let registry = poll.registry();
        fails(
            registry.register(&near, Token(1), BOTH, Trigger::Level),
            errno,
        );
        assert_eq!(tokens(&mut poll), []);
        fails(poll.registry().deregister(&near), Errno::NOENT);
    }
}

#[test]
fn a_modification_that_the_kernel_refuses_ends_the_registration() {
    let mut poll = Poll::new().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    registry
        .register(&near, Token(1), Interest::READABLE, Trigger::Level)
        .unwrap();
    at_next_change(Step::Refuse(vec![(DELETIONS + 1, Errno::NOMEM)]));
    fails(
        registry.modify(&near, Token(2), BOTH, Trigger::Level),
        Errno::NOMEM,
    );
    far.write_all(b"x").unwrap();
    assert_eq!(tokens(&mut poll), []);
    fails(poll.registry().deregister(&near), Errno::NOENT);
}

#[test]
fn a_deregistration_says_what_the_kernel_says_of_it() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    let all = |errno| Step::Refuse((0..DELETIONS).map(|place| (place, errno)).collect());
    // Closed at the same time, or without the right to it: the first one wins.
    for (first, second) in [
        (Errno::BADF, Errno::ACCESS),
        (Errno::ACCESS, Errno::BADF),
        (Errno::BADF, Errno::BADF),
    ] {
        at_next_change(Step::Refuse(vec![(0, first), (1, second)]));
        fails(registry.deregister(&near), first);
    }
    // A kernel that does not know a filter has nothing of it registered.
    at_next_change(all(Errno::INVAL));
    fails(registry.deregister(&near), Errno::NOENT);
    // One that was there is enough, whatever is said of the others, before it or after it.
    for (there, refused) in [(Interest::WRITABLE, 0), (Interest::READABLE, 1)] {
        let registry = poll.registry();
        registry
            .register(&near, Token(1), there, Trigger::Level)
            .unwrap();
        at_next_change(Step::Refuse(vec![(refused, Errno::BADF)]));
        registry.deregister(&near).unwrap();
        assert_eq!(tokens(&mut poll), []);
    }
}

#[test]
fn an_interrupted_change_is_made_and_answered() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    for interrupted in [Step::FailAfterChanges(Errno::INTR), Step::Fail(Errno::INTR)] {
        let registry = poll.registry();
        let again = || at_next_change(interrupted.clone());
        again();
        registry
            .register(&near, Token(1), BOTH, Trigger::Level)
            .unwrap();
        again();
        again();
        registry
            .modify(&near, Token(2), BOTH, Trigger::Level)
            .unwrap();
        assert_eq!(tokens(&mut poll), [2]);
        again();
        poll.registry().deregister(&near).unwrap();
        assert_eq!(tokens(&mut poll), []);
        fails(poll.registry().deregister(&near), Errno::NOENT);
        // The second try is answered, too.
        again();
        at_next_change(Step::Refuse(vec![(DELETIONS, Errno::NOMEM)]));
        let refused = poll
            .registry()
            .register(&near, Token(3), BOTH, Trigger::Level);
        fails(refused, Errno::NOMEM);
        assert_eq!(tokens(&mut poll), []);
    }
}

#[test]
fn a_call_that_fails_as_a_whole_is_the_error_of_all_it_carried() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    at_next_change(Step::Fail(Errno::NOMEM));
    let failed = poll
        .registry()
        .register(&near, Token(1), BOTH, Trigger::Level);
    fails(failed, Errno::NOMEM);
    assert_eq!(tokens(&mut poll), []);
}

#[test]
fn a_batch_is_made_in_parts_and_a_failure_leaves_the_other_entries() {
    const COUNT: usize = 70;
    const PART: usize = 32;
    let mut poll = Poll::new().unwrap();
    let pairs: Vec<_> = (0..COUNT).map(|_| UnixStream::pair().unwrap()).collect();
    let mut batch: Vec<_> = pairs
        .iter()
        .enumerate()
        .map(|(token, (near, _))| Change::register(near, Token(token), BOTH, Trigger::Oneshot))
        .collect();
    // Of the first part one addition fails, and of the third the whole call; the entry that failed
    // is taken back by a call of its own.
    let each = DELETIONS + 2;
    let failing = 5;
    let writes = failing * each + DELETIONS + 1;
    at_next_change(Step::Refuse(vec![(writes, Errno::NOMEM)]));
    at_next_change(Step::Pass);
    at_next_change(Step::Pass);
    at_next_change(Step::Fail(Errno::NOMEM));
    let mut failed = 0;
    let calls = recorded(|| failed = poll.registry().apply(&mut batch));
    let lengths: Vec<_> = calls.iter().map(Vec::len).collect();
    let rest = COUNT - 2 * PART;
    assert_eq!(lengths, [PART * each, DELETIONS, PART * each, rest * each]);
    let wrong = |place: usize| place == failing || place >= 2 * PART;
    assert_eq!(failed, (0..COUNT).filter(|place| wrong(*place)).count());
    for (place, entry) in batch.iter().enumerate() {
        let refused = entry.result().unwrap().as_ref().err();
        let expected = wrong(place).then_some(ErrorKind::OutOfMemory);
        assert_eq!(refused.map(io::Error::kind), expected, "{place}");
    }
    let registered: Vec<_> = (0..COUNT).filter(|place| !wrong(*place)).collect();
    assert_eq!(tokens(&mut poll), registered);
}

#[test]
fn each_entry_of_a_mixed_batch_has_the_receipts_of_its_own_changes() {
    let mut poll = Poll::new().unwrap();
    let pairs: Vec<_> = (0..4).map(|_| UnixStream::pair().unwrap()).collect();
    let [a, b, c, d] = [0, 1, 2, 3].map(|place| &pairs[place].0);
    let (write, level) = (Interest::WRITABLE, Trigger::Level);
    poll.registry().register(a, Token(1), write, level).unwrap();
    let mut batch = [
        Change::deregister(a),
        Change::register(b, Token(2), write, level),
        Change::register(b, Token(2), Interest::AIO, level),
        Change::deregister(c),
        Change::register(d, Token(4), BOTH, level),
    ];
    at_next_change(Step::Refuse(vec![(2 * DELETIONS, Errno::NOMEM)]));
    assert_eq!(poll.registry().apply(&mut batch), 3);
    let kinds = batch.map(|mut entry| entry.take_result().unwrap().map_err(|it| it.kind()));
    let expected = [
        Ok(()),
        Err(ErrorKind::OutOfMemory),
        Err(ErrorKind::Unsupported),
        Err(ErrorKind::NotFound),
        Ok(()),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(tokens(&mut poll), [4]);
}

#[test]
fn an_entry_that_fails_takes_nothing_back_from_a_later_one_of_the_same_source() {
    let mut poll = Poll::new().unwrap();
    let (near, _far) = UnixStream::pair().unwrap();
    let (write, level) = (Interest::WRITABLE, Trigger::Level);
    let mut batch = [
        Change::register(&near, Token(1), BOTH, level),
        Change::register(&near, Token(2), write, level),
    ];
    at_next_change(Step::Refuse(vec![(DELETIONS, Errno::NOMEM)]));
    assert_eq!(poll.registry().apply(&mut batch), 1);
    assert!(batch[1].result().unwrap().is_ok());
    assert_eq!(tokens(&mut poll), [2]);
}
