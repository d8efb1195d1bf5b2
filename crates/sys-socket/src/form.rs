//! The forms of option values: their Rust types, and how they look to the kernel.

use core::ffi::c_int;
use core::fmt;
use core::mem::offset_of;
use core::net::Ipv4Addr;
use core::time::Duration;

use static_assertions::assert_eq_size;

use crate::Errno;

/// An option's value as the kernel sees it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub struct Wire {
    bytes: [u8; 16],
    len: usize,
}

impl Wire {
    fn new(value: &[u8]) -> Self {
        let mut wire = Self::default();
        for (slot, byte) in wire.bytes.iter_mut().zip(value) {
            *slot = *byte;
            wire.len += 1;
        }
        wire
    }

    /// The first `len` bytes, for the kernel to write to.
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        self.bytes.get_mut(..len).unwrap_or_default()
    }

    /// The bytes of the value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The form of an option's value: its Rust type, and how it looks to the kernel.
///
/// The forms are those of the table: nobody else can make an entry that uses another one.
pub trait Form {
    /// What the caller gives and gets.
    type Value;

    /// The greatest number of bytes.
    const LEN: usize;

    /// Turns a value into the kernel's form.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the value does not fit.
    fn encode(value: &Self::Value) -> Result<Wire, Errno>;

    /// Turns the kernel's form into a value; `None` if it has the wrong length or range.
    fn decode(wire: &[u8]) -> Option<Self::Value>;
}

// Sixteen bytes and how many of them are used.
assert_eq_size!(Wire, [u64; 3]);

// The two halves of `linger` are read and written by their places.
const _: () = {
    assert!(offset_of!(libc::linger, l_onoff) == 0);
    assert!(offset_of!(libc::linger, l_linger) == INT);
    assert!(size_of::<libc::linger>() == 2 * INT);
};

/// The length of a C `int`, which most values are.
const INT: usize = size_of::<c_int>();

/// Reads an integer; systems answer some options with a single byte.
fn integer(wire: &[u8]) -> Option<c_int> {
    match wire {
        [byte] => Some(c_int::from(*byte)),
        _ => Some(c_int::from_ne_bytes(*wire.first_chunk()?)),
    }
}

fn from_integer(value: c_int) -> Wire {
    Wire::new(&value.to_ne_bytes())
}

/// Whole units of time, rounded up, so that what is not zero stays not zero.
fn units(value: Duration, unit: Duration) -> Result<c_int, Errno> {
    let count = value.as_nanos().div_ceil(unit.as_nanos());
    c_int::try_from(count).map_err(|_too_long| Errno::INVAL)
}

fn from_units(wire: &[u8], unit: Duration) -> Option<Duration> {
    Some(unit * u32::try_from(integer(wire)?).ok()?)
}

/// Declares a form: its name, what it says, its value, its length, and both directions.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $value:ty, $len:expr, $encode:expr, $decode:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Form for $name {
            type Value = $value;
            const LEN: usize = $len;

            fn encode(value: &Self::Value) -> Result<Wire, Errno> {
                let encode: fn(&$value) -> Result<Wire, Errno> = $encode;
                encode(value)
            }

            fn decode(wire: &[u8]) -> Option<Self::Value> {
                let decode: fn(&[u8]) -> Option<$value> = $decode;
                decode(wire)
            }
        }
    };
}

form!(
    /// On or off.
    Flag,
    bool,
    INT,
    |value| Ok(from_integer(c_int::from(*value))),
    |wire| Some(integer(wire)? != 0)
);

form!(
    /// On or off, one byte long.
    ByteFlag,
    bool,
    1,
    |value| Ok(Wire::new(&[u8::from(*value)])),
    |wire| Some(integer(wire)? != 0)
);

form!(
    /// A number with its sign.
    Signed,
    i32,
    INT,
    |value| Ok(from_integer(*value)),
    integer
);

form!(
    /// A number without sign, 32 bits wide.
    Unsigned,
    u32,
    INT,
    |value| Ok(Wire::new(&value.to_ne_bytes())),
    |wire| Some(u32::from_ne_bytes(integer(wire)?.to_ne_bytes()))
);

form!(
    /// A number of bytes; more than a C `int` holds is refused.
    Size,
    usize,
    INT,
    |value| match c_int::try_from(*value) {
        Ok(value) => Ok(from_integer(value)),
        Err(_too_large) => Err(Errno::INVAL),
    },
    |wire| usize::try_from(integer(wire)?).ok()
);

form!(
    /// A number from 0 to 255 in a C `int`.
    Octet,
    u8,
    INT,
    |value| Ok(from_integer(c_int::from(*value))),
    |wire| u8::try_from(integer(wire)?).ok()
);

form!(
    /// A number from 0 to 255 in one byte.
    Byte,
    u8,
    1,
    |value| Ok(Wire::new(&[*value])),
    |wire| u8::try_from(integer(wire)?).ok()
);

form!(
    /// A time in whole seconds, rounded up.
    Seconds,
    Duration,
    INT,
    |value| Ok(from_integer(units(*value, Duration::from_secs(1))?)),
    |wire| from_units(wire, Duration::from_secs(1))
);

form!(
    /// A time in whole milliseconds, rounded up.
    Milliseconds,
    Duration,
    INT,
    |value| Ok(from_integer(units(*value, Duration::from_millis(1))?)),
    |wire| from_units(wire, Duration::from_millis(1))
);

form!(
    /// A time in whole microseconds, rounded up.
    Microseconds,
    Duration,
    INT,
    |value| Ok(from_integer(units(*value, Duration::from_micros(1))?)),
    |wire| from_units(wire, Duration::from_micros(1))
);

form!(
    /// An optional time in whole seconds, rounded up.
    OptionalSeconds,
    Option<Duration>,
    size_of::<libc::linger>(),
    |value| {
        let seconds = units(value.unwrap_or_default(), Duration::from_secs(1))?;
        let [on, time] = [c_int::from(value.is_some()), seconds].map(c_int::to_ne_bytes);
        Ok(Wire::new([on, time].as_flattened()))
    },
    |wire| {
        let (on, time) = wire.split_at_checked(INT)?;
        let time = from_units(time, Duration::from_secs(1))?;
        Some((integer(on)? != 0).then_some(time))
    }
);

form!(
    /// An IPv4 address.
    Inet4,
    Ipv4Addr,
    4,
    |value| Ok(Wire::new(&value.octets())),
    |wire| Some(Ipv4Addr::from(*wire.first_chunk::<4>()?))
);

form!(
    /// The name of an interface or algorithm, at most 15 bytes; empty is none.
    Text,
    Name,
    16,
    |value| Ok(Wire::new(value.0.as_bytes())),
    |wire| {
        let text = wire.split(|byte| *byte == 0).next()?;
        Name::new(text).ok()
    }
);

/// The name of an interface or of an algorithm: at most 15 bytes, none of them zero.
#[derive(Clone, Copy)]
pub struct Name(Wire);

impl Name {
    /// The most bytes a name has.
    pub const MAX_LEN: usize = 15;

    /// The name made of `bytes`.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: there is a zero byte in it.
    /// * `ENAMETOOLONG`: more than [`MAX_LEN`](Self::MAX_LEN) bytes.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, Errno> {
        let bytes = bytes.as_ref();
        if bytes.contains(&0) {
            return Err(Errno::INVAL);
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(Self(Wire::new(bytes)))
    }

    /// The bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Name {}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Name, OptionalSeconds, Seconds, Size, Text, Unsigned, integer};
    use crate::Errno;
    use core::time::Duration;

    #[test]
    fn seconds_round_up_and_never_to_zero() {
        let most = u64::try_from(i32::MAX).unwrap();
        for (time, wanted) in [
            (Duration::ZERO, Some(0)),
            (Duration::from_nanos(1), Some(1)),
            (Duration::from_millis(999), Some(1)),
            (Duration::from_secs(1), Some(1)),
            (Duration::from_nanos(1_000_000_001), Some(2)),
            (Duration::from_secs(most), Some(i32::MAX)),
            (Duration::from_secs(most) + Duration::from_nanos(1), None),
            (Duration::MAX, None),
        ] {
            let wire = Seconds::encode(&time);
            match wanted {
                Some(seconds) => {
                    let wire = wire.unwrap();
                    assert_eq!(integer(wire.as_bytes()), Some(seconds), "{time:?}");
                }
                None => assert_eq!(wire.err(), Some(Errno::INVAL), "{time:?}"),
            }
        }
    }

    #[test]
    fn a_linger_time_of_zero_is_not_the_absence_of_one() {
        for value in [
            None,
            Some(Duration::ZERO),
            Some(Duration::from_secs(1)),
            Some(Duration::from_secs(65_535)),
        ] {
            let wire = OptionalSeconds::encode(&value).unwrap();
            assert_eq!(wire.as_bytes().len(), OptionalSeconds::LEN);
            assert_eq!(OptionalSeconds::decode(wire.as_bytes()), Some(value));
        }
    }

    #[test]
    fn sizes_and_numbers_keep_their_bounds() {
        let most = usize::try_from(i32::MAX).unwrap();
        for (size, good) in [(0, true), (1, true), (most, true), (most + 1, false)] {
            assert_eq!(Size::encode(&size).is_ok(), good, "{size}");
        }
        for number in [0, 1, u32::MAX - 1, u32::MAX] {
            let wire = Unsigned::encode(&number).unwrap();
            assert_eq!(Unsigned::decode(wire.as_bytes()), Some(number));
        }
    }

    #[test]
    fn names_have_at_most_fifteen_bytes_and_no_zero() {
        for (len, wanted) in [
            (0, None),
            (14, None),
            (15, None),
            (16, Some(Errno::NAMETOOLONG)),
        ] {
            let made = Name::new("n".repeat(len));
            assert_eq!(made.err(), wanted);
            if let Ok(name) = made {
                let wire = Text::encode(&name).unwrap();
                assert_eq!(Text::decode(wire.as_bytes()), Some(name));
            }
        }
        assert_eq!(Name::new("a\0"), Err(Errno::INVAL));
        assert_eq!(Text::decode(b"reno\0\0\0\0"), Name::new("reno").ok());
    }

    #[test]
    fn a_short_answer_is_no_value() {
        for wire in [&[][..], &[1, 2], &[1, 2, 3]] {
            assert_eq!(integer(wire), None);
        }
        assert_eq!(integer(&[200]), Some(200));
        assert_eq!(OptionalSeconds::decode(&[0; 4]), None);
    }
}
