//! The timer filter.

use core::time::Duration;
use std::time::{Instant, SystemTime};

use sys_kqueue::{Change, Errno, Flags, Kind, Kqueue, TimerNotes};

use super::{assert_silent, next};

#[test]
fn a_timer_is_never_early() {
    let kqueue = Kqueue::new().unwrap();
    // Whole milliseconds: older kernels of some systems have no other unit.
    for millis in [1, 2, 15] {
        let period = Duration::from_millis(millis);
        let add = Change::timer(1, period, Flags::ADD | Flags::ONESHOT, 7);
        #[expect(clippy::disallowed_methods, reason = "the test measures a timer")]
        let start = Instant::now();
        kqueue.apply_one(&add).unwrap();
        let event = next(&kqueue);
        assert!(start.elapsed() >= period, "{period:?} ended early");
        let kind = Kind::Timer {
            ident: 1,
            expirations: 1,
        };
        assert_eq!((event.kind(), event.udata()), (kind, 7));
    }
}

#[test]
fn a_fraction_of_a_millisecond_is_kept_or_rounded_up() {
    let kqueue = Kqueue::new().unwrap();
    for nanos in [1, 500_000, 1_500_000] {
        let period = Duration::from_nanos(nanos);
        let add = Change::timer(1, period, Flags::ADD | Flags::ONESHOT, 7);
        #[expect(clippy::disallowed_methods, reason = "the test measures a timer")]
        let start = Instant::now();
        kqueue.apply_one(&add).unwrap();
        assert_eq!(next(&kqueue).udata(), 7);
        assert!(start.elapsed() >= period, "{period:?} ended early");
    }
}

#[test]
fn a_timer_goes_on_until_it_is_deleted() {
    let kqueue = Kqueue::new().unwrap();
    let period = Duration::from_millis(2);
    let add = Change::timer(5, period, Flags::ADD, 7);
    kqueue.apply_one(&add).unwrap();
    for _ in 0..3 {
        assert_eq!(next(&kqueue).ident(), 5);
    }
    let delete = Change::timer(5, period, Flags::DELETE, 7);
    kqueue.apply_one(&delete).unwrap();
    assert_silent(&kqueue);
    assert_eq!(kqueue.apply_one(&delete), Err(Errno::NOENT));
}

#[test]
fn an_absolute_timer_fires_when_the_clock_is_there() {
    let kqueue = Kqueue::new().unwrap();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let at = now + Duration::from_millis(20);
    let Some(add) = Change::timer_at(1, at, Flags::ADD | Flags::ONESHOT, 3) else {
        return assert_eq!(TimerNotes::ABSOLUTE, None);
    };
    kqueue.apply_one(&add).unwrap();
    assert_eq!(next(&kqueue).udata(), 3);
    assert!(SystemTime::UNIX_EPOCH.elapsed().unwrap() >= at);
}
