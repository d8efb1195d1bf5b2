//! Values that belong to a task, and not to the thread that happens to run it.

use core::cell::RefCell;
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

/// Declares values that belong to a task: statics of type [`LocalKey`].
///
/// ```
/// use poll_async::task_local;
///
/// task_local! {
///     /// Who asked.
///     pub static USER: String;
///     static DEPTH: u32;
/// }
///
/// async fn answer() -> String {
///     USER.with(|user| format!("Hello, {user}"))
/// }
///
/// # async fn example() {
/// let said = USER.scope("Ada".to_owned(), answer()).await;
/// assert_eq!(said, "Hello, Ada");
/// # }
/// # poll_async::runtime::Runtime::new().unwrap().block_on(example());
/// # assert!(DEPTH.try_get().is_err());
/// ```
#[macro_export]
macro_rules! task_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty);* $(;)?) => {
        $(
            $(#[$attribute])*
            $visibility static $name: $crate::task::LocalKey<$type> = {
                ::std::thread_local! {
                    static SLOT: $crate::__private::Slot<$type> =
                        const { $crate::__private::Slot::new() };
                }
                $crate::task::LocalKey::__new(&SLOT)
            };
        )*
    };
}

/// Where the value of the task is that the thread runs.
#[derive(Debug)]
pub struct Slot<T>(RefCell<Option<T>>);

impl<T> Slot<T> {
    /// With no value: no task runs.
    #[must_use]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// A value that belongs to a task, declared with [`task_local!`](crate::task_local).
///
/// It is there within a [`scope`](Self::scope), for the future that runs in it and for all that
/// this calls, on whatever thread it is polled, and also while the future is dropped. Tasks that
/// it spawns do not inherit it. Works on any executor.
pub struct LocalKey<T: 'static> {
    slot: &'static thread::LocalKey<Slot<T>>,
}

impl<T: 'static> LocalKey<T> {
    /// For the macro.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(slot: &'static thread::LocalKey<Slot<T>>) -> Self {
        Self { slot }
    }

    /// Runs `future` with `value`; inside of another scope of the same key it has its own.
    ///
    /// # Panics
    ///
    /// Polling it panics inside of [`with`](Self::with) of the same key.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture {
            key: self,
            value: Some(value),
            future: Some(future),
        }
    }

    /// Calls `f` with `value`.
    ///
    /// # Panics
    ///
    /// Inside of [`with`](Self::with) of the same key.
    #[track_caller]
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        let _scope = self.enter(&mut value);
        f()
    }

    /// Calls `f` with the value.
    ///
    /// # Panics
    ///
    /// Outside of a [`scope`](Self::scope).
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(result) => result,
            Err(AccessError(())) => panic!("{OUTSIDE}"),
        }
    }

    /// Calls `f` with the value if there is one.
    ///
    /// # Errors
    ///
    /// [`AccessError`] outside of a [`scope`](Self::scope).
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let seen = self.slot.try_with(|slot| {
            let value = slot.0.try_borrow().ok();
            let value = value.as_ref().and_then(|value| value.as_ref());
            value.map(f).ok_or(AccessError(()))
        });
        seen.unwrap_or(Err(AccessError(())))
    }

    /// Puts `value` in the slot and what was there into `value`, until the guard is dropped.
    #[track_caller]
    fn enter<'a>(&'static self, value: &'a mut Option<T>) -> Scope<'a, T> {
        match self.exchange(value) {
            Ok(()) => Scope {
                key: self,
                outer: value,
            },
            Err(AccessError(())) => panic!(
                "a scope of a task-local value cannot begin while the value is looked at, or \
                 when the thread has ended"
            ),
        }
    }

    fn exchange(&'static self, value: &mut Option<T>) -> Result<(), AccessError> {
        let exchanged = self.slot.try_with(|slot| {
            let Ok(mut inside) = slot.0.try_borrow_mut() else {
                return Err(AccessError(()));
            };
            mem::swap(&mut *inside, value);
            Ok(())
        });
        exchanged.unwrap_or(Err(AccessError(())))
    }
}

const OUTSIDE: &str = "a task-local value is there in a scope of it only";

impl<T: Clone + 'static> LocalKey<T> {
    /// A copy of the value.
    ///
    /// # Panics
    ///
    /// Outside of a [`scope`](Self::scope).
    #[must_use]
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A copy of the value if there is one.
    ///
    /// # Errors
    ///
    /// [`AccessError`] outside of a [`scope`](Self::scope).
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// While this is there, the value is in the slot; afterwards it is back, also after a panic.
struct Scope<'a, T: 'static> {
    key: &'static LocalKey<T>,
    outer: &'a mut Option<T>,
}

impl<T: 'static> Drop for Scope<'_, T> {
    fn drop(&mut self) {
        // Nothing can be in the way that was not when it was entered: whoever looked has ended.
        let _ended = self.key.exchange(self.outer);
    }
}

pin_project! {
    /// What [`LocalKey::scope`] returns.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TaskLocalFuture<T: 'static, F> {
        key: &'static LocalKey<T>,
        // Here while the future is not polled.
        value: Option<T>,
        // None: it is done.
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_none() {
                return;
            }
            // What the future drops sees the value, unless the thread itself is ending or the
            // value is being looked at: then it is dropped all the same.
            let is_entered = this.key.exchange(this.value).is_ok();
            let scope = is_entered.then(|| Scope { key: *this.key, outer: this.value });
            this.future.set(None);
            drop(scope);
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out. The future does not find it any more when it is polled again.
    #[must_use = "the value is gone from here"]
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _scope = this.key.enter(this.value);
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a future was polled after it was done");
        };
        let polled = future.poll(context);
        if polled.is_ready() {
            // Here, so that what it drops sees the value.
            this.future.set(None);
        }
        polled
    }
}

impl<T: 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture").finish_non_exhaustive()
    }
}

/// There is no value: it was asked for outside of a [`LocalKey::scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OUTSIDE)
    }
}

impl Error for AccessError {}
