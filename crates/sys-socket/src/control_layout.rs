//! How control messages stand in a buffer: their headers, their lengths, and the padding.

use core::ffi::c_int;
use core::mem::{self, offset_of};

use libc::cmsghdr;

use crate::sys;

/// The length of the header together with the padding after it.
pub(crate) const HEADER: usize = sys::CONTROL_HEADER;

/// The bytes of the field with a message's length; what is written there is `size_t` or
/// `socklen_t`, as the system likes.
const LEN_SIZE: usize = size_of_field(|header: &cmsghdr| &header.cmsg_len);

const _: () = {
    assert!(LEN_SIZE == 4 || LEN_SIZE == 8);
    assert!(HEADER >= size_of::<cmsghdr>());
    assert!(sys::CONTROL_ALIGN.is_power_of_two());
    assert!(align_of::<cmsghdr>() <= align_of::<Word>());
};

/// The size of the field that `_get` returns.
const fn size_of_field<T, F>(_get: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// What buffers are made of, so that every header in them is aligned.
pub(crate) type Word = u64;

/// The room that one control message with `data_len` bytes of data takes in a buffer.
///
/// A descriptor has 4 bytes, credentials 12, packet information up to 20, a time 16, a type of
/// service 4, a segment size 4.
///
/// Manual: cmsg(3)
#[must_use]
#[doc(alias = "CMSG_SPACE")]
pub const fn control_space(data_len: usize) -> usize {
    align(HEADER.saturating_add(data_len))
}

const fn align(len: usize) -> usize {
    len.saturating_add(sys::CONTROL_ALIGN - 1) & !(sys::CONTROL_ALIGN - 1)
}

/// Takes the first message off the front: its level, its kind and its data.
///
/// A message that claims to be longer than the bytes ends with them, so that the descriptors in a
/// message cut short are found; one that is shorter than its own header ends the walk.
pub(crate) fn split_first<'a>(rest: &mut &'a mut [u8]) -> Option<(c_int, c_int, &'a mut [u8])> {
    let claimed = length(rest)?;
    let level = number(rest, offset_of!(cmsghdr, cmsg_level))?;
    let kind = number(rest, offset_of!(cmsghdr, cmsg_type))?;
    let end = claimed.min(rest.len());
    if end < HEADER {
        return None;
    }
    let next = align(end).min(rest.len());
    let (message, after) = mem::take(rest).split_at_mut_checked(next)?;
    *rest = after;
    Some((level, kind, message.get_mut(HEADER..end)?))
}

/// The length in a header, as the kernel writes it: header and data, without padding at the end.
fn length(message: &[u8]) -> Option<usize> {
    let field = message
        .get(offset_of!(cmsghdr, cmsg_len)..)?
        .get(..LEN_SIZE)?;
    match *field {
        [a, b, c, d] => usize::try_from(u32::from_ne_bytes([a, b, c, d])).ok(),
        _ => usize::try_from(u64::from_ne_bytes(*field.first_chunk()?)).ok(),
    }
}

/// Writes a header: the length of header and data, the level and the kind.
pub(crate) fn put_header(message: &mut [u8], len: usize, level: c_int, kind: c_int) {
    put_len(message, len);
    let [level, kind] = [level, kind].map(c_int::to_ne_bytes);
    put(message, offset_of!(cmsghdr, cmsg_level), &level);
    put(message, offset_of!(cmsghdr, cmsg_type), &kind);
}

pub(crate) fn put_len(message: &mut [u8], len: usize) {
    let offset = offset_of!(cmsghdr, cmsg_len);
    // Buffers are far shorter than either field can say.
    if LEN_SIZE == 4 {
        put(
            message,
            offset,
            &u32::try_from(len).unwrap_or(u32::MAX).to_ne_bytes(),
        );
    } else {
        put(
            message,
            offset,
            &u64::try_from(len).unwrap_or(u64::MAX).to_ne_bytes(),
        );
    }
}

fn number(bytes: &[u8], offset: usize) -> Option<c_int> {
    Some(c_int::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

pub(crate) fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    for (slot, byte) in bytes.iter_mut().skip(offset).zip(value) {
        *slot = *byte;
    }
}

/// Enough words for `capacity` bytes.
pub(crate) fn words(capacity: usize) -> Box<[Word]> {
    vec![0; capacity.div_ceil(size_of::<Word>())].into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::{HEADER, align, control_space, put_len, split_first};
    use crate::{OutgoingControl, sys};

    #[test]
    fn lengths_that_lie_end_the_walk_or_the_message() {
        let mut whole = OutgoingControl::with_capacity(64);
        whole.push_raw(1, 2, &[7; 8]).unwrap();
        let good = whole.as_bytes().to_vec();
        for (claimed, seen) in [
            (0, None),
            (HEADER - 1, None),
            (HEADER, Some(0)),
            (HEADER + 1, Some(1)),
            (HEADER + 8, Some(8)),
            (HEADER + 9, Some(8)),
            (usize::MAX, Some(8)),
            (usize::MAX - 6, Some(8)),
        ] {
            let mut bytes = good.clone();
            put_len(&mut bytes, claimed);
            let mut rest = &mut bytes[..];
            let first = split_first(&mut rest).map(|(_, _, data)| data.len());
            assert_eq!(first, seen, "{claimed}");
        }
    }

    #[test]
    fn a_message_cut_short_ends_with_the_bytes() {
        let mut whole = OutgoingControl::with_capacity(64);
        whole.push_raw(1, 2, &[7; 8]).unwrap();
        for len in 0..whole.as_bytes().len() {
            let mut bytes = whole.as_bytes()[..len].to_vec();
            let mut rest = &mut bytes[..];
            let seen = split_first(&mut rest).map(|(_, _, data)| data.len());
            assert_eq!(seen, len.checked_sub(HEADER), "{len}");
            assert!(split_first(&mut rest).is_none());
        }
    }

    #[test]
    fn alignment_never_wraps_around() {
        for len in [usize::MAX, usize::MAX - 1, usize::MAX - sys::CONTROL_ALIGN] {
            assert!(align(len) >= usize::MAX - 2 * sys::CONTROL_ALIGN);
            assert!(control_space(len) >= usize::MAX - 2 * sys::CONTROL_ALIGN);
        }
    }
}
