//! The shape of a set of flags: bits without a name are kept, and a name that only some systems
//! have is an `Option`.

use core::fmt;

macro_rules! bit_set {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$doc:meta])* $flag:ident = $bits:expr; )*
        }
        some systems {
            $( $(#[$some_doc:meta])* $some_flag:ident = $some_bits:expr; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            /// Nothing.
            pub const EMPTY: Self = Self(0);
            $( $(#[$doc])* pub const $flag: Self = Self($bits); )*
            $( $(#[$some_doc])* pub const $some_flag: Option<Self> = match $some_bits {
                Some(bits) => Some(Self(bits)),
                None => None,
            }; )*

            const NAMES: &[(Option<u32>, &str)] = &[
                $( (Some($bits), stringify!($flag)), )*
                $( ($some_bits, stringify!($some_flag)), )*
            ];

            /// The set with exactly these bits.
            #[must_use]
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// The bits as the kernel has them.
            #[must_use]
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Whether all of `other` is in this set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any of `other` is in this set.
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
        }

        impl core::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl core::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                *self = *self | other;
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                crate::bit_set::write_names(f, self.0, Self::NAMES)
            }
        }
    };
}

/// Writes the names of the set bits separated by ` | `, what has no name in hexadecimal, and
/// `EMPTY` for nothing.
pub(crate) fn write_names(
    f: &mut fmt::Formatter<'_>,
    bits: u32,
    names: &[(Option<u32>, &str)],
) -> fmt::Result {
    let mut rest = bits;
    for &(flag, name) in names {
        if let Some(flag) = flag
            && flag != 0
            && rest & flag == flag
        {
            f.write_str(if rest == bits { "" } else { " | " })?;
            f.write_str(name)?;
            rest &= !flag;
        }
    }
    match (rest, rest == bits) {
        (0, true) => f.write_str("EMPTY"),
        (0, false) => Ok(()),
        (_, true) => write!(f, "{rest:#x}"),
        (_, false) => write!(f, " | {rest:#x}"),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::write_names;
    use crate::{UserNotes, VnodeNotes};
    use core::fmt;
    use std::format;

    struct Letters(u32);

    impl fmt::Debug for Letters {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            // C is one that this system has and D one that it has not.
            let names = [(Some(1), "A"), (Some(2), "B"), (Some(4), "C"), (None, "D")];
            write_names(f, self.0, &names)
        }
    }

    #[test]
    fn a_set_is_written_with_names_and_the_rest_in_hexadecimal() {
        for (bits, text) in [
            (0, "EMPTY"),
            (1, "A"),
            (3, "A | B"),
            (6, "B | C"),
            (8, "0x8"),
            (0x8000_0001, "A | 0x80000000"),
        ] {
            assert_eq!(format!("{:?}", Letters(bits)), text);
        }
    }

    #[test]
    fn a_flag_of_two_bits_has_its_name_only_if_both_are_set() {
        let copy = UserNotes::COPY;
        assert_eq!(format!("{copy:?}"), "COPY");
        assert_eq!(
            format!("{:?}", UserNotes::OR | UserNotes::TRIGGER),
            "OR | TRIGGER"
        );
    }

    #[test]
    fn contains_wants_all_and_intersects_any() {
        let (a, b) = (VnodeNotes::WRITE, VnodeNotes::RENAME);
        let mut both = a;
        both |= b;
        assert!(both.contains(a) && !a.contains(both));
        assert!(both.intersects(a) && !a.intersects(b));
        assert_eq!((both.bits(), VnodeNotes::EMPTY.bits()), (0x22, 0));
    }
}
