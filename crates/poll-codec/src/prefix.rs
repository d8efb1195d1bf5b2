//! The number in front of a frame: how wide it is, in which order its bytes stand.

/// The length in front of each frame: an unsigned number of the payload's bytes, itself not
/// counted.
///
/// `Be` is big endian, the order of most protocols; `Le` is little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prefix {
    /// One byte: at most 255 bytes in a frame.
    U8,
    /// Two bytes, big endian: at most 65 535 bytes in a frame.
    U16Be,
    /// Two bytes, little endian.
    U16Le,
    /// Four bytes, big endian: at most 4 GiB less one byte in a frame.
    U32Be,
    /// Four bytes, little endian.
    U32Le,
    /// Eight bytes, big endian.
    U64Be,
    /// Eight bytes, little endian.
    U64Le,
}

impl Prefix {
    /// How many bytes the number takes: 1, 2, 4 or 8.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16Be | Self::U16Le => 2,
            Self::U32Be | Self::U32Le => 4,
            Self::U64Be | Self::U64Le => 8,
        }
    }

    /// The longest payload that the number can tell, in bytes.
    #[must_use]
    pub const fn longest(self) -> u64 {
        match self {
            Self::U8 => 0xff,
            Self::U16Be | Self::U16Le => 0xffff,
            Self::U32Be | Self::U32Le => 0xffff_ffff,
            Self::U64Be | Self::U64Le => u64::MAX,
        }
    }

    /// The number at the start of `bytes`, or `None` while it is not all there.
    pub(crate) fn read(self, bytes: &[u8]) -> Option<u64> {
        Some(match self {
            Self::U8 => u64::from(*bytes.first()?),
            Self::U16Be => u64::from(u16::from_be_bytes(*bytes.first_chunk()?)),
            Self::U16Le => u64::from(u16::from_le_bytes(*bytes.first_chunk()?)),
            Self::U32Be => u64::from(u32::from_be_bytes(*bytes.first_chunk()?)),
            Self::U32Le => u64::from(u32::from_le_bytes(*bytes.first_chunk()?)),
            Self::U64Be => u64::from_be_bytes(*bytes.first_chunk()?),
            Self::U64Le => u64::from_le_bytes(*bytes.first_chunk()?),
        })
    }

    /// The number as it is sent, in the first [`width`](Self::width) bytes of the result, or `None`
    /// if it does not fit.
    pub(crate) fn write(self, length: u64) -> Option<[u8; 8]> {
        if length > self.longest() {
            return None;
        }
        if matches!(self, Self::U16Le | Self::U32Le | Self::U64Le) {
            return Some(length.to_le_bytes());
        }
        let mut bytes = length.to_be_bytes();
        bytes.rotate_left(8 - self.width());
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Prefix;

    #[test]
    fn each_number_has_its_bytes_and_back() {
        for (prefix, number, bytes) in [
            (Prefix::U8, 0, &[0][..]),
            (Prefix::U8, 255, &[255]),
            (Prefix::U16Be, 0x0102, &[1, 2]),
            (Prefix::U16Le, 0x0102, &[2, 1]),
            (Prefix::U16Be, 0xffff, &[255, 255]),
            (Prefix::U32Be, 0x0102_0304, &[1, 2, 3, 4]),
            (Prefix::U32Le, 0x0102_0304, &[4, 3, 2, 1]),
            (Prefix::U32Be, 0xffff_ffff, &[255; 4]),
            (
                Prefix::U64Be,
                0x0102_0304_0506_0708,
                &[1, 2, 3, 4, 5, 6, 7, 8],
            ),
            (
                Prefix::U64Le,
                0x0102_0304_0506_0708,
                &[8, 7, 6, 5, 4, 3, 2, 1],
            ),
            (Prefix::U64Le, u64::MAX, &[255; 8]),
        ] {
            assert_eq!(prefix.width(), bytes.len(), "{prefix:?}");
            let written = prefix.write(number).unwrap();
            assert_eq!(&written[..prefix.width()], bytes, "{prefix:?}");
            assert_eq!(prefix.read(bytes), Some(number), "{prefix:?}");
            let longer = [bytes, &[0xaa; 9]].concat();
            assert_eq!(prefix.read(&longer), Some(number), "{prefix:?} before more");
            assert_eq!(prefix.read(&bytes[1..]), None, "{prefix:?} cut");
        }
    }

    #[test]
    fn a_length_fits_up_to_the_longest_and_not_beyond() {
        for prefix in [
            Prefix::U8,
            Prefix::U16Be,
            Prefix::U16Le,
            Prefix::U32Be,
            Prefix::U32Le,
        ] {
            let longest = 256_u64.pow(u32::try_from(prefix.width()).unwrap()) - 1;
            assert_eq!(prefix.longest(), longest, "{prefix:?}");
            assert!(prefix.write(longest - 1).is_some(), "{prefix:?}");
            assert!(prefix.write(longest).is_some(), "{prefix:?}");
            assert_eq!(prefix.write(longest + 1), None, "{prefix:?}");
            assert_eq!(prefix.write(u64::MAX), None, "{prefix:?}");
        }
        assert!(Prefix::U64Be.write(u64::MAX).is_some());
        assert!(Prefix::U64Le.write(u64::MAX).is_some());
    }
}
