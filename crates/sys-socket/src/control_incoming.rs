//! Control data that has arrived: walking over it, and owning the descriptors in it.

use core::fmt;
use core::mem;

use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::control_layout::{Word, split_first, words};
use crate::control_message::brings_descriptors;
use crate::{ControlMessage, Errno, sys, target};

assert_impl_all!(IncomingControl: Send, Sync, Unpin);
assert_impl_all!(ControlMessages<'static>: Send, Sync);
// A copy would own the same descriptors.
assert_not_impl_any!(IncomingControl: Clone);
assert_not_impl_any!(ControlMessages<'static>: Clone);

/// Control data that has arrived, with the descriptors in it.
///
/// It owns every descriptor that arrived: those that the caller does not take out are closed when
/// the buffer is used again, cleared or dropped, whatever else happens to the message. Allocates
/// when made, and not again.
pub struct IncomingControl {
    words: Box<[Word]>,
    len: usize,
}

impl IncomingControl {
    /// A buffer of `capacity` bytes; [`control_space`](crate::control_space) tells how many are
    /// needed. What does not fit is cut off by the kernel, which says so and closes the descriptors
    /// that were cut off.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            words: words(capacity),
            len: 0,
        }
    }

    /// Forgets the messages and closes the descriptors that were not taken.
    pub fn clear(&mut self) {
        let used = sys::bytes_mut(&mut self.words).get_mut(..self.len);
        close_received(used.unwrap_or_default());
        self.len = 0;
    }

    /// The messages that arrived; descriptors are handed out once.
    pub fn messages(&mut self) -> ControlMessages<'_> {
        let used = sys::bytes_mut(&mut self.words).get_mut(..self.len);
        ControlMessages::new(used.unwrap_or_default())
    }

    /// The room for the kernel to write to; [`set_len`](Self::set_len) follows.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.clear();
        sys::bytes_mut(&mut self.words)
    }

    /// Takes over what the kernel has written.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(size_of_val(&*self.words));
    }
}

impl Drop for IncomingControl {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for IncomingControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingControl")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// The messages in a buffer, one after the other.
#[derive(Debug)]
pub struct ControlMessages<'a> {
    rest: &'a mut [u8],
}

impl<'a> ControlMessages<'a> {
    /// The messages in `bytes`, which came from the kernel.
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for ControlMessages<'a> {
    type Item = ControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (level, kind, data) = split_first(&mut self.rest)?;
        Some(ControlMessage::decode(level, kind, data))
    }
}

/// Closes the descriptors in bytes that came from the kernel, and makes the bytes say nothing.
pub(crate) fn close_received(mut bytes: &mut [u8]) {
    for_each_descriptor(bytes, |slot| drop(sys::take_descriptor(slot)));
    // A kernel that reports more than it wrote must not show old bytes: read as a length these
    // are too long, and read as a descriptor they are none.
    mem::take(&mut bytes).fill(0xff);
}

/// Makes received descriptors close-on-exec where receiving cannot do that.
pub(crate) fn finish_birth(bytes: &mut [u8]) -> Result<(), Errno> {
    let mut result = Ok(());
    if target::CONTROL_CLOSE_ON_EXEC == 0 {
        for_each_descriptor(bytes, |slot| {
            result = result.and(sys::set_received_close_on_exec(*slot));
        });
    }
    result
}

fn for_each_descriptor(mut bytes: &mut [u8], mut act: impl FnMut(&mut [u8; 4])) {
    while let Some((level, kind, data)) = split_first(&mut bytes) {
        if brings_descriptors(level, kind) {
            data.as_chunks_mut().0.iter_mut().for_each(&mut act);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ControlMessage;
    use crate::control_layout::{HEADER, put_len, split_first};
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_the_end(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            lengths in proptest::collection::vec((0..200_usize, 0..64_usize), 0..8),
            kind in 0..60_i32,
        ) {
            // Random lengths are huge; small ones at random places reach the deeper paths.
            for (offset, len) in lengths {
                if let Some(place) = bytes.get_mut(offset..).filter(|p| p.len() >= HEADER) {
                    put_len(place, len);
                }
            }
            let total = bytes.len();
            let mut rest = &mut bytes[..];
            let mut seen = 0;
            while let Some((level, _, data)) = split_first(&mut rest) {
                seen += HEADER + data.len();
                for level in [level, libc::SOL_SOCKET, libc::IPPROTO_IP, libc::IPPROTO_IPV6] {
                    // Looked at, and not taken: these numbers are nobody's descriptors.
                    let text = format!("{:?}", ControlMessage::decode(level, kind, data));
                    assert!(!text.is_empty());
                }
            }
            assert!(seen <= total);
        }
    }
}
