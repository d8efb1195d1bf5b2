//! Structured events, or nothing: one macro that expands to no code without the feature.

/// Emits an event at trace level, with the fields in the syntax of the tracing crate.
#[cfg(feature = "tracing")]
macro_rules! trace {
    ($($field:tt)*) => {
        tracing::trace!(target: "poll_driver", $($field)*)
    };
}

/// Expands to nothing: the arguments are not even evaluated.
#[cfg(not(feature = "tracing"))]
macro_rules! trace {
    ($($field:tt)*) => {};
}

pub(crate) use trace;

#[cfg(all(test, not(feature = "tracing")))]
mod tests {
    #[test]
    fn without_the_feature_not_even_the_arguments_are_compiled() {
        trace!(field = this_name_does_not_exist(), "never");
    }
}
