//! The span of a task, or nothing: without the feature `tracing` it has no size, and no code.

#[cfg(feature = "tracing")]
use core::panic::Location;

use super::Id;

/// Where a task was spawned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    #[cfg(feature = "tracing")]
    location: &'static Location<'static>,
}

impl Origin {
    /// The caller of whoever calls this, as far as `track_caller` goes.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub(crate) const fn here() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            location: Location::caller(),
        }
    }
}

/// Entered while the future of the task is polled or dropped.
#[derive(Debug)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Span {
    /// A span inside that of whoever spawns.
    #[cfg(feature = "tracing")]
    pub(crate) fn new(id: Id, kind: &'static str, origin: Origin) -> Self {
        let (file, line) = (origin.location.file(), origin.location.line());
        Self {
            span: tracing::trace_span!(
                target: "poll_async::task", "task", %id, kind, spawned.file = file,
                spawned.line = line
            ),
        }
    }

    #[cfg(not(feature = "tracing"))]
    pub(crate) const fn new(_id: Id, _kind: &'static str, _origin: Origin) -> Self {
        Self {}
    }

    /// Runs `f` inside of the span.
    #[cfg(feature = "tracing")]
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        self.span.in_scope(f)
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature it has a span")]
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        f()
    }
}

#[cfg(all(test, not(feature = "tracing")))]
mod tests {
    #[test]
    fn without_the_feature_there_is_nothing() {
        assert_eq!(size_of::<super::Span>() + size_of::<super::Origin>(), 0);
    }
}
