//! The filter on signals.

use rustix::process::{Signal, getpid, kill_process};
use sys_kqueue::{Change, Flags, Kind, Kqueue};

use super::{assert_silent, next};

#[test]
fn a_signal_is_counted() {
    let kqueue = Kqueue::new().unwrap();
    // Ignored unless a program asks for it, so the filter is the only one to see it.
    let signal = Signal::WINCH;
    let add = Change::signal(signal.as_raw(), Flags::ADD, 5);
    kqueue.apply_one(&add).unwrap();
    assert_silent(&kqueue);
    for _ in 0..2 {
        kill_process(getpid(), signal).unwrap();
    }
    let kind = Kind::Signal {
        signal: signal.as_raw(),
        count: 2,
    };
    assert_eq!(next(&kqueue).kind(), kind);
    assert_silent(&kqueue);
}
