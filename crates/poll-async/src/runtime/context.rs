//! Which runtime a thread is in, and which worker it is.

use core::cell::{Cell, RefCell};
use core::iter::successors;
use core::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

use super::handle::Handle;
use super::shared::{Lane, Shared};
use super::worker::Core;
use crate::random::Random;
use crate::task::{Place, Runnable};

thread_local! {
    // Never dropped, so that a runtime can be used and end while its thread does.
    static CURRENT: ManuallyDrop<RefCell<Option<Rc<Context>>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// The runtime that a thread is in.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) lane: Arc<Lane>,
    pub(crate) handle: Handle,
    /// What makes the thread a worker. It is lent out for moments only, and never while code of
    /// others runs.
    pub(crate) core: RefCell<Option<Box<Core>>>,
    /// Whether the runtime is one of this thread alone, which tasks may stay on.
    pub(crate) is_local: bool,
    /// What the thread was in before this was entered, which happens once.
    before: RefCell<Option<Rc<Self>>>,
    has_left: Cell<bool>,
}

impl Context {
    pub(crate) fn new(
        lane: Arc<Lane>,
        handle: Handle,
        core: Option<Box<Core>>,
        is_local: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            lane,
            handle,
            core: core.into(),
            is_local,
            before: RefCell::new(None),
            has_left: Cell::new(false),
        })
    }

    /// Whether this thread is a worker now.
    pub(crate) fn is_worker(&self) -> bool {
        self.core.borrow().is_some()
    }

    /// The place of a task that this thread spawns: in the table of the worker, if it is one.
    pub(crate) fn begin(&self) -> Place {
        let lane = &self.lane;
        match &*self.core.borrow() {
            Some(core) => lane.seat().tasks.begin(lane.index(), core.slots()),
            None => lane.begin_outside(),
        }
    }
}

/// While it lives, the thread is in the runtime, or in one that it entered since.
#[derive(Debug)]
pub(crate) struct Entered {
    context: Rc<Context>,
}

impl Drop for Entered {
    /// Leaves this one, whatever was entered since; and those below it that were left before.
    fn drop(&mut self) {
        self.context.has_left.set(true);
        let mut top = current();
        while let Some(left) = top.filter(|top| top.has_left.get()) {
            top = left.before.take();
            // The last of it may be dropped with this, and not while the place is borrowed.
            drop(CURRENT.with(|current| current.replace(top.clone())));
        }
    }
}

/// From here on, until the value is dropped, the thread is in this runtime.
pub(crate) fn enter(context: Rc<Context>) -> Entered {
    let before = CURRENT.with(|current| current.replace(Some(Rc::clone(&context))));
    context.before.replace(before);
    Entered { context }
}

/// The runtime that this thread is in, for what calls nobody: neither a waker nor a clock, whose
/// code may enter another one.
pub(crate) fn with_current<R>(f: impl FnOnce(&Context) -> R) -> Option<R> {
    CURRENT.with(|current| current.borrow().as_ref().map(|context| f(context)))
}

/// The same, to keep, for what runs code of others.
pub(crate) fn current() -> Option<Rc<Context>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// The same, and below it what the thread was in before: a worker that enters another runtime is
/// one all the same.
pub(crate) fn all() -> impl Iterator<Item = Rc<Context>> {
    successors(current(), |context| context.before.borrow().clone())
}

/// Gives `runnable` to the worker of its runtime that this thread is, or back if it is none.
pub(crate) fn with_core(
    runnable: Runnable,
    f: impl FnOnce(&Core, &Lane, Runnable),
) -> Option<Runnable> {
    let mut runnable = Some(runnable);
    let _is_current = CURRENT.with(|current| {
        let current = current.borrow();
        let context = current.as_ref()?;
        let shared = runnable.as_ref()?.metadata().lane.shared();
        if !Arc::ptr_eq(context.lane.shared(), shared) {
            return None;
        }
        let core = context.core.borrow();
        f(core.as_ref()?, &context.lane, runnable.take()?);
        Some(())
    });
    runnable
}

/// Lends out the random numbers of the worker that this thread is.
pub(crate) fn with_random<R>(f: impl FnOnce(&Random) -> R) -> Option<R> {
    with_current(|context| context.core.borrow().as_ref().map(|core| f(core.random()))).flatten()
}

/// Whether this thread is a worker of `shared`.
pub(crate) fn is_core_of(shared: &Arc<Shared>) -> bool {
    let is_worker =
        |context: &Context| context.is_worker() && Arc::ptr_eq(context.lane.shared(), shared);
    with_current(is_worker).unwrap_or(false)
}

/// # Panics
///
/// If this thread is a worker, which has to come back to its other tasks.
pub(crate) fn assert_may_block() {
    assert!(
        !all().any(|context| context.is_worker()),
        "block_on inside a task would block the thread that polls it: await the future instead, or \
         call it inside of block_in_place on a runtime of several threads"
    );
}

/// Whether this thread is a worker of `shared`, or in the middle of a task of it.
pub(crate) fn is_inside(shared: &Arc<Shared>) -> bool {
    let is_worker = |context: &Context| {
        Arc::ptr_eq(context.lane.shared(), shared) && context.lane.index() < shared.workers()
    };
    with_current(is_worker).unwrap_or(false)
}
