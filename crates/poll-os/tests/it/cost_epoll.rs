//! What the first wait on epoll costs, where the kernel may lack epoll_pwait2(2).
#![cfg(all(
    feature = "count",
    any(target_os = "linux", target_os = "android"),
    // The calls of the system's own engine are counted, which is then the other one.
    not(kqueue_emulation)
))]

use core::time::Duration;

use poll_os::epoll::{Events, Poll};
use sys_epoll::Epoll;

use crate::cost::calls;

#[test]
fn the_first_wait_is_one_and_one_more_only_without_epoll_pwait2() {
    crate::alone::alone(
        "cost_epoll::the_first_wait_is_one_and_one_more_only_without_epoll_pwait2",
        || {
            let mut poll = Poll::new().unwrap();
            let mut events = Events::with_capacity(1);
            let nanosecond = Some(Duration::from_nanos(1));
            let mut wait = || calls(|| poll.wait(&mut events, nanosecond).unwrap());
            let first = wait();
            assert_eq!(first, 1 + u64::from(!Epoll::nanosecond_waits()));
            assert_eq!(wait(), 1);
        },
    );
}
