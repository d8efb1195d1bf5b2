//! The feature `count`.

use sys_socket::{Kind, system_calls};

use crate::loopback::new;

#[test]
fn calls_are_counted_also_those_that_fail() {
    // Other tests of this process count as well, so that only the direction is certain.
    let before = system_calls();
    let socket = new(Kind::STREAM);
    let error = sys_socket::peer_addr(&socket).err();
    assert!(error.is_some());
    assert!(system_calls() >= before + 2);
}
