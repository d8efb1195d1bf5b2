//! Socket options as typed methods: one system call each, independent of each other.

mod inet;
mod tcp;
mod udp;
mod unix;

/// Methods for a table of options: `getter, setter: Type = TABLE_ENTRY;`, or without a setter for
/// what can only be read. The documentation stands with the getter.
macro_rules! options {
    ($type:ident { $(
        $(#[$attribute:meta])*
        $getter:ident $(, $setter:ident)?: $value:ty = $entry:ident;
    )* }) => {
        impl crate::$type { $(
            $(#[$attribute])*
            ///
            /// # Errors
            ///
            /// * `ENOPROTOOPT`, `EOPNOTSUPP`: the kernel is too old, or the socket of another kind.
            /// * `EINVAL`: the socket was shut down (Apple's systems).
            ///
            /// Manual: getsockopt(2)
            pub fn $getter(&self) -> std::io::Result<$value> {
                Ok(sys_socket::option(self, sys_socket::options::$entry)?)
            }

            $(
                #[doc = concat!(
                    "Sets [`", stringify!($getter), "`](Self::", stringify!($getter), ")."
                )]
                ///
                /// # Errors
                ///
                /// * `EINVAL`: the value is out of range.
                /// * `EPERM`, `EACCES`: not permitted.
                #[doc = concat!(
                    "* As [`", stringify!($getter), "`](Self::", stringify!($getter), ")."
                )]
                ///
                /// Manual: setsockopt(2)
                pub fn $setter(&self, value: $value) -> std::io::Result<()> {
                    Ok(sys_socket::set_option(self, sys_socket::options::$entry, value)?)
                }
            )?
        )* }
    };
}

use options;
