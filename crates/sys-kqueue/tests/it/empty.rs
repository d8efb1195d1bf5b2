//! The filter on send buffers that are empty.

use std::os::fd::AsFd;

use sys_kqueue::{Change, Filter, Flags, Kind, Kqueue};

use super::{next, stream_pair};

#[test]
fn an_empty_send_buffer_is_reported() {
    let kqueue = Kqueue::new().unwrap();
    let (a, _b) = stream_pair();
    let Some(add) = Change::empty(a.as_fd(), Flags::ADD | Flags::ONESHOT, 1) else {
        return assert_eq!(Filter::EMPTY, None);
    };
    kqueue.apply_one(&add).unwrap();
    assert_eq!(next(&kqueue).kind(), Kind::Empty { end: false });
}
