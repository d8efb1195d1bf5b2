//! Records of the crate `log`, or nothing: one macro that expands to no code without the feature.

/// Emits a record at trace level.
#[cfg(feature = "log")]
macro_rules! trace {
    ($($argument:tt)*) => {
        log::trace!($($argument)*)
    };
}

/// Expands to nothing: the arguments are not even evaluated.
#[cfg(not(feature = "log"))]
macro_rules! trace {
    ($($argument:tt)*) => {};
}

pub(crate) use trace;

#[cfg(all(test, not(feature = "log")))]
mod tests {
    #[test]
    fn without_the_feature_not_even_the_arguments_are_compiled() {
        trace!("{}", this_name_does_not_exist());
    }
}
