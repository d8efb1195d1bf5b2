#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod buffer;
mod frame_reader;
mod frame_writer;
mod line_error;
mod line_reader;
mod prefix;
mod received;

pub use frame_reader::{FrameError, FrameReader};
pub use frame_writer::{FrameTooLong, FrameWriter, Sent, WriteStop};
pub use line_error::LineError;
pub use line_reader::{LineEnding, LineReader};
pub use prefix::Prefix;
pub use received::{ReadStop, Received};

#[cfg(test)]
mod tests {
    use crate::{FrameError, FrameReader, FrameWriter, LineError, LineReader, Received};
    use static_assertions::{assert_impl_all, assert_not_impl_any};
    use std::rc::Rc;

    // Readers and writers go to the thread that their stream goes to.
    assert_impl_all!(LineReader: Send, Sync, Unpin);
    assert_impl_all!(FrameReader: Send, Sync, Unpin);
    assert_impl_all!(FrameWriter<Vec<u8>>: Send, Sync, Unpin);
    assert_not_impl_any!(FrameWriter<Rc<[u8]>>: Send);
    assert_impl_all!(FrameError: core::error::Error, Copy, Send, Sync);
    assert_impl_all!(LineError<'static>: core::error::Error, Copy, Send, Sync);
    assert_impl_all!(Received: Copy, Eq);
}
