//! The span of a task, or nothing: without the feature `tracing` it has no size, and no code.

#[cfg(feature = "tracing")]
use core::panic::Location;

use super::Id;

/// Entered while the future of the task is polled or dropped.
///
/// A subscriber is code of others: a span is made, named and dropped where no lock of ours is held.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// The span of a task that is being made, once for its body and once for whoever gives it its
/// name: to clone it is code of others too.
#[derive(Debug)]
pub(crate) struct Spans {
    pub(crate) inside: Span,
    pub(crate) outside: Span,
}

impl Spans {
    /// As [`Span::here`].
    #[cfg_attr(feature = "tracing", track_caller)]
    pub(crate) fn here(kind: &'static str) -> Self {
        let inside = Span::here(kind);
        let outside = inside.clone();
        Self { inside, outside }
    }
}

impl Span {
    /// A span inside that of whoever spawns, which is the caller as far as `track_caller` goes. The
    /// task has no name yet.
    #[cfg(feature = "tracing")]
    #[track_caller]
    fn here(kind: &'static str) -> Self {
        let location = Location::caller();
        Self {
            span: tracing::trace_span!(
                target: "poll_async::task", "task", id = tracing::field::Empty, kind,
                spawned.file = location.file(), spawned.line = location.line()
            ),
        }
    }

    #[cfg(not(feature = "tracing"))]
    const fn here(_kind: &'static str) -> Self {
        Self {}
    }

    /// Says which task it is.
    #[cfg(feature = "tracing")]
    pub(crate) fn name(&self, id: Id) {
        self.span.record("id", tracing::field::display(id));
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature it has a span")]
    pub(crate) const fn name(&self, _id: Id) {}

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
        assert_eq!(size_of::<super::Span>(), 0);
    }
}
