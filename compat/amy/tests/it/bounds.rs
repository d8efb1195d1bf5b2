//! What goes to which thread, and which names there are.

use core::fmt::Debug;

use amy::{
    ChannelError, Event, FrameReader, FrameWriter, LineReader, Notification, Poller, Receiver,
    Registrar, Sender, SyncSender, Timer, channel,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// A message that can be sent and nothing else.
struct Plain;

assert_impl_all!(Poller: Send);
assert_impl_all!(Registrar: Clone, Debug, Send, Sync);
assert_impl_all!(Sender<Plain>: Clone, Send, Sync);
assert_impl_all!(SyncSender<Plain>: Clone, Send, Sync);
assert_impl_all!(Receiver<Plain>: Send);
assert_not_impl_any!(Receiver<u8>: Clone, Sync);
assert_impl_all!(Event: Clone, Debug, Eq);
assert_impl_all!(Notification: Clone, Debug, Eq, Send);
assert_impl_all!(LineReader: Debug, Send);
assert_impl_all!(FrameReader: Debug, Send);
assert_impl_all!(FrameWriter: Send);
assert_impl_all!(Timer: Debug);
assert_impl_all!(ChannelError<u8>: std::error::Error, Debug, From<std::io::Error>);

#[test]
fn the_name_of_the_function_that_no_program_can_call_is_there() {
    assert_eq!(size_of_val(&channel::<Plain>), 0);
}

#[test]
fn an_event_says_which_direction_it_is_of() {
    for (event, readable, writable) in [
        (Event::Read, true, false),
        (Event::Write, false, true),
        (Event::Both, true, true),
    ] {
        assert_eq!((event.readable(), event.writable()), (readable, writable));
    }
}
