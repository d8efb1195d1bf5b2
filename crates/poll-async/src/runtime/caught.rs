//! Code of others, called where its panic would end a thread that others rely on.

use core::mem;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// Calls `f`. If it panics, the panic hook has told so, and there is nobody else to tell.
pub(crate) fn caught(f: impl FnOnce()) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else {
        return;
    };
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    // A payload whose destructor panics with one like it: there is no end to that.
    dropped.unwrap_or_else(mem::forget);
}
