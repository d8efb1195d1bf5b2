//! The wake-up pipe.

use sys_poll::{Errno, WakePipe};

#[test]
fn a_drained_pipe_has_nothing_more() {
    let pipe = WakePipe::new().unwrap();
    assert_eq!(pipe.drain(), Err(Errno::AGAIN));
    for _ in 0..3 {
        pipe.wake().unwrap();
    }
    assert_eq!(pipe.drain(), Ok(3));
    assert_eq!(pipe.drain(), Err(Errno::AGAIN));
}

#[test]
fn a_full_pipe_says_so_and_works_again_after_a_drain() {
    let pipe = WakePipe::new().unwrap();
    let full = loop {
        if let Err(error) = pipe.wake() {
            break error;
        }
    };
    assert_eq!(full, Errno::AGAIN);
    while pipe.drain().is_ok() {}
    assert_eq!(pipe.wake(), Ok(()));
}
