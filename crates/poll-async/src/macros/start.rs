//! Where `select!` begins.

use crate::random::{self, Random};
use crate::runtime::context;

thread_local! {
    // For threads that are no workers.
    static RANDOM: Random = Random::new(random::seed());
}

/// A number below `count`; 0 if there is none: of the worker that polls this, so that a seed of its
/// runtime gives it again; elsewhere of the thread.
#[must_use]
pub fn below(count: usize) -> usize {
    let of_worker = context::with_random(|random| random.below(count));
    of_worker.unwrap_or_else(|| RANDOM.with(|random| random.below(count)))
}
