//! What programs may send between threads, and copy.

use reactor::poller::popol::{Poller, PopolWaker};
use reactor::poller::{IoFail, IoType};
use reactor::{
    Controller, Error, Io, Reactor, ResourceId, ResourceIdGenerator, ResourceType, Timer,
    Timestamp, WriteError,
};
use static_assertions::assert_impl_all;

use crate::stage::{Cmd, Conn};

assert_impl_all!(Controller<Cmd, PopolWaker>: Clone, Send, Sync);
assert_impl_all!(Reactor<Cmd, Poller>: Send, Sync);
assert_impl_all!(Poller: Send, Default);
assert_impl_all!(PopolWaker: Clone, Send, Sync);
assert_impl_all!(ResourceId: Copy, Ord, std::hash::Hash, std::fmt::Debug, std::fmt::Display);
assert_impl_all!(ResourceIdGenerator: Copy, Ord, Default, std::fmt::Display);
assert_impl_all!(ResourceType: Copy, Eq, std::hash::Hash);
assert_impl_all!(Io: Copy, Eq, std::hash::Hash);
assert_impl_all!(IoType: Copy, Ord, std::hash::Hash, std::ops::Not, Iterator<Item = Io>);
assert_impl_all!(IoFail: Copy, std::error::Error);
assert_impl_all!(WriteError: std::error::Error, From<std::io::Error>);
assert_impl_all!(Error<Conn, Conn>: std::error::Error);
assert_impl_all!(Timer: Default, std::fmt::Debug);
assert_impl_all!(Timestamp: Copy, Ord, From<u128>, std::fmt::LowerHex, std::fmt::Octal);

#[test]
fn directions_are_shown_turned_round_and_counted_with_writing_first() {
    for (io, shown, items) in [
        (IoType::none(), "none", &[][..]),
        (IoType::read_only(), "read", &[Io::Read]),
        (IoType::write_only(), "write", &[Io::Write]),
        (IoType::read_write(), "read-write", &[Io::Write, Io::Read]),
    ] {
        assert_eq!(io.to_string(), shown);
        assert_eq!(io.collect::<Vec<_>>(), items);
        let counts = [
            io.is_none(),
            io.is_read_only(),
            io.is_write_only(),
            io.is_read_write(),
        ];
        assert_eq!(counts.iter().filter(|is_it| **is_it).count(), 1, "{io}");
        assert_eq!((!io).read, !io.read);
        assert_eq!((!io).write, !io.write);
    }
}
