//! How long a part of the work may take: no call of a program in it lasts longer, whoever makes it.

use core::cell::Cell;
use core::time::Duration;
use std::time::Instant;

use super::now;

thread_local! {
    /// When the part that this thread is at has to be over.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Does a part of the work. Whatever its calls on this thread still run when it has taken `limit`
/// is killed, and the calls fail; a limit around it goes on to hold.
pub(crate) fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let around = END.get();
    let own = now() + limit;
    END.set(Some(around.map_or(own, |around| around.min(own))));
    let done = work();
    END.set(around);
    done
}

/// What is left to this thread of `limit`, or of what it is at if that is less; none is no limit.
pub(crate) fn left(limit: Option<Duration>) -> Option<Duration> {
    let rest = END.get().map(|end| end.saturating_duration_since(now()));
    match (limit, rest) {
        (Some(limit), Some(rest)) => Some(limit.min(rest)),
        (limit, rest) => limit.or(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::{left, within};
    use core::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_nearest_limit_holds_and_ends_with_its_part() {
        assert_eq!(left(None), None);
        assert_eq!(left(Some(HOUR)), Some(HOUR));
        within(HOUR, || {
            assert!(left(None).is_some_and(|rest| rest <= HOUR));
            assert_eq!(left(Some(Duration::ZERO)), Some(Duration::ZERO));
            assert!(left(Some(2 * HOUR)).is_some_and(|rest| rest <= HOUR));
            within(Duration::ZERO, || {
                assert_eq!(left(Some(HOUR)), Some(Duration::ZERO));
                within(HOUR, || assert_eq!(left(None), Some(Duration::ZERO)));
            });
            assert!(left(None).is_some_and(|rest| !rest.is_zero()));
        });
        assert_eq!(left(None), None);
    }
}
