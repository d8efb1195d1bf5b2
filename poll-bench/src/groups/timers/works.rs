//! What is done to many timers whose deadlines are random.

use std::collections::VecDeque;
use std::io;
use std::task::Waker;

use super::{MILLION, SECOND};
use crate::alloc::bytes;
use crate::groups::work_missing;
use crate::harness::{Run, Sample};
use crate::peers::timers::{Timers, Wakes};
use crate::stats::per;

// Of a holder with a million timers, how many bytes each may take when it is ours: live, and after
// cancelling in random order.
const LIVE: f64 = 64.0;
const CHURNED: f64 = 128.0;

/// One of these.
pub(super) trait Work: Send + Sync + 'static {
    const OPERATION: &'static str;

    /// How many operations make a slice, with so many timers.
    fn slice(count: u64) -> u64;

    /// Ready to run; a kind does one of `share` of the operations.
    fn prepare<'fd, T: Timers<Waker> + 'fd>(
        count: u64,
        share: u64,
        is_ours: bool,
    ) -> io::Result<Run<'fd>>;
}

/// Measures the threads that do the work.
fn measured<T: Timers<Waker>>(work: impl FnOnce() -> io::Result<()>) -> io::Result<Sample> {
    match T::HAS_THREADS {
        true => Sample::of_process(work),
        false => Sample::of_thread(work),
    }
}

/// Steele, Lea and Flood's generator, by Vigna's constants.
struct Numbers(u64);

impl Numbers {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn within(limit: f64, is_ours: bool, bytes: f64) -> io::Result<()> {
    if is_ours && bytes > limit {
        return Err(io::Error::other(format!("{bytes} bytes for each timer")));
    }
    Ok(())
}

/// From none to so many.
pub(super) struct Insert;

impl Work for Insert {
    const OPERATION: &'static str = "set a timer in the next 60 s, from none to so many";

    fn slice(count: u64) -> u64 {
        200_000.max(2 * count)
    }

    fn prepare<'fd, T: Timers<Waker> + 'fd>(
        count: u64,
        _share: u64,
        is_ours: bool,
    ) -> io::Result<Run<'fd>> {
        let mut numbers = Numbers(1);
        Ok(Box::new(move |operations| {
            let (_wakes, waker) = Wakes::new();
            let mut total = Sample::NONE;
            for batch in batches(operations, count) {
                let mut timers = T::new()?;
                let _guard = timers.enter();
                let mut keys =
                    Vec::with_capacity(usize::try_from(batch).map_err(io::Error::other)?);
                let before = bytes();
                let sample = measured::<T>(|| {
                    for _ in 0..batch {
                        keys.push(
                            timers.insert(20 * SECOND + numbers.below(60 * SECOND), waker.clone()),
                        );
                    }
                    Ok(())
                })?;
                total.add(sample);
                let each = per(bytes().saturating_sub(before), batch);
                if batch == MILLION {
                    within(LIVE, is_ours, each)?;
                }
                total.bytes = Some(each);
            }
            Ok(total)
        }))
    }
}

/// So many operations, in pieces of at most `count`.
fn batches(operations: u64, count: u64) -> impl Iterator<Item = u64> {
    let starts = (0..operations).step_by(usize::try_from(count).unwrap_or(usize::MAX));
    starts.map(move |start| count.min(operations - start))
}

/// One cancelled, one set.
pub(super) struct Churn;

impl Work for Churn {
    const OPERATION: &'static str = "cancel one of so many timers, set another in the next 60 s";

    fn slice(count: u64) -> u64 {
        match count {
            MILLION => 500_000,
            _ => 100_000,
        }
    }

    fn prepare<'fd, T: Timers<Waker> + 'fd>(
        count: u64,
        share: u64,
        is_ours: bool,
    ) -> io::Result<Run<'fd>> {
        let (_wakes, waker) = Wakes::new();
        let mut numbers = Numbers(2);
        let mut keys = Vec::with_capacity(usize::try_from(count).map_err(io::Error::other)?);
        let before = bytes();
        let mut timers = T::new()?;
        let guard = timers.enter();
        // The runs take less time than the first deadlines are away.
        let deadline = |numbers: &mut Numbers| 300 * SECOND + numbers.below(60 * SECOND);
        keys.extend((0..count).map(|_| timers.insert(deadline(&mut numbers), waker.clone())));
        drop(guard);
        let mut held = bytes().wrapping_sub(before);
        let mut run = move |operations| {
            let _guard = timers.enter();
            // Other kinds hold memory too.
            let before = bytes();
            let mut sample = measured::<T>(|| {
                for _ in 0..operations {
                    let victim = usize::try_from(numbers.below(count)).unwrap_or(0);
                    timers.cancel(keys.swap_remove(victim));
                    keys.push(timers.insert(deadline(&mut numbers), waker.clone()));
                }
                Ok(())
            })?;
            held = held.wrapping_add(bytes().wrapping_sub(before));
            let each = per(held, count);
            if count == MILLION {
                within(CHURNED, is_ours, each)?;
            }
            sample.bytes = Some(each);
            Ok(sample)
        };
        run(2 * count / share)?;
        Ok(Box::new(run))
    }
}

/// From so many to none.
pub(super) struct Cancel;

impl Work for Cancel {
    const OPERATION: &'static str = "cancel the oldest timer, from so many to none";

    fn slice(_count: u64) -> u64 {
        200_000
    }

    fn prepare<'fd, T: Timers<Waker> + 'fd>(
        count: u64,
        _share: u64,
        _is_ours: bool,
    ) -> io::Result<Run<'fd>> {
        let mut numbers = Numbers(4);
        let (wakes, waker) = Wakes::new();
        let mut timers = T::new()?;
        let guard = timers.enter();
        // The runs take less time than the first deadlines are away.
        let deadline = |numbers: &mut Numbers| 300 * SECOND + numbers.below(60 * SECOND);
        let mut keys: VecDeque<T::Key> = (0..count)
            .map(|_| timers.insert(deadline(&mut numbers), waker.clone()))
            .collect();
        drop(guard);
        Ok(Box::new(move |operations| {
            let mut total = Sample::NONE;
            for batch in batches(operations, count) {
                let _guard = timers.enter();
                total.add(measured::<T>(|| {
                    for _ in 0..batch {
                        keys.pop_front()
                            .into_iter()
                            .for_each(|key| timers.cancel(key));
                    }
                    Ok(())
                })?);
                // As many as before, for the next time.
                keys.extend(
                    (0..batch).map(|_| timers.insert(deadline(&mut numbers), waker.clone())),
                );
            }
            if wakes.count() > 0 {
                return Err(work_missing("wakes", 0, wakes.count()));
            }
            Ok(total)
        }))
    }
}

/// All of them, as time passes.
pub(super) struct Expire;

impl Work for Expire {
    const OPERATION: &'static str =
        "fire so many timers within 0.1 s, or a million within 0.5 s, a turn every ms";

    fn slice(count: u64) -> u64 {
        2 * count
    }

    fn prepare<'fd, T: Timers<Waker> + 'fd>(
        count: u64,
        share: u64,
        _is_ours: bool,
    ) -> io::Result<Run<'fd>> {
        let mut numbers = Numbers(3);
        Ok(Box::new(move |operations| {
            let mut total = Sample::NONE;
            for batch in batches(operations * share, count) {
                let (wakes, waker) = Wakes::new();
                let mut timers = T::new()?;
                let guard = timers.enter();
                // Far enough away that all are set by then.
                let start = SECOND / 5 + 2 * SECOND * count / MILLION;
                let window = match count {
                    MILLION => SECOND / 2,
                    _ => SECOND / 10,
                };
                let keys: Vec<T::Key> = (0..batch)
                    .map(|_| timers.insert(start + numbers.below(window), waker.clone()))
                    .collect();
                drop(guard);
                total.add(measured::<T>(|| {
                    timers.pass(start, start + window);
                    Ok(())
                })?);
                if wakes.count() != batch {
                    return Err(work_missing("wakes", batch, wakes.count()));
                }
                drop(keys);
            }
            total.cost /= share;
            Ok(total)
        }))
    }
}
