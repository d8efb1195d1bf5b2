//! Records of what a handler is not told, with the feature `log`; without it, no code.

macro_rules! note {
    ($level:ident, $($argument:tt)+) => {{
        #[cfg(feature = "log")]
        log::$level!(target: "reactor", $($argument)+);
        #[cfg(not(feature = "log"))]
        let _ = format_args!($($argument)+);
    }};
}

pub(crate) use note;
