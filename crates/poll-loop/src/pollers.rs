//! Several pollers as a set, and where the next source goes.

use core::fmt;
use core::hash::{BuildHasher, BuildHasherDefault, Hash};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::hash_map::DefaultHasher;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use poll_api::{Clock, Engine};
use poll_os::{Monotonic, Poll};

use crate::id::Id;
use crate::poller::Poller;
use crate::registrar::Registrar;

/// Several pollers, one for each of as many threads, and the placement of sources among them. Their
/// ids are those of the set: no two of its pollers have one in common.
///
/// # Examples
///
/// ```
/// use poll_loop::{Notifications, Pollers};
/// use std::thread;
/// use core::time::Duration;
///
/// let (pollers, placement) = Pollers::new(4)?.split();
/// let threads: Vec<_> = pollers
///     .into_iter()
///     .map(|mut poller| {
///         thread::spawn(move || -> std::io::Result<usize> {
///             let mut notifications = Notifications::with_capacity(64);
///             poller.wait(&mut notifications, None)?;
///             Ok(notifications.len())
///         })
///     })
///     .collect();
/// for _ in 0..4 {
///     placement.next().set_timeout(Duration::from_millis(1))?;
/// }
/// for thread in threads {
///     assert_eq!(thread.join().unwrap()?, 1);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pollers<E: Engine = Poll, C = Monotonic> {
    pollers: Vec<Poller<E, C>>,
    placement: Placement<E, C>,
}

/// Where the next source goes: cheap to clone, for any thread.
pub struct Placement<E: Engine = Poll, C = Monotonic> {
    set: Arc<Set<E, C>>,
}

struct Set<E: Engine, C> {
    registrars: Box<[Registrar<E, C>]>,
    next: AtomicUsize,
}

impl Pollers {
    /// `count` pollers on the target's own engine; zero counts as one.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: more than 256.
    /// * As [`Poller::new`].
    pub fn new(count: usize) -> Result<Self> {
        Self::with_engines(count, Poll::new, &Monotonic)
    }
}

impl<E: Engine<Error = Error>, C: Clock + Clone> Pollers<E, C> {
    /// `count` pollers, each on an engine that `make` returns, all on one clock.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: more than 256.
    /// * That of `make`, and as [`Poller::with_engine`].
    pub fn with_engines(
        count: usize,
        mut make: impl FnMut() -> Result<E>,
        clock: &C,
    ) -> Result<Self> {
        let last = u8::try_from(count.max(1) - 1);
        let last = last.map_err(|error| Error::new(ErrorKind::InvalidInput, error))?;
        let pollers: Vec<_> = (0..=last)
            .map(|member| Poller::member(make()?, clock.clone(), member))
            .collect::<Result<_>>()?;
        let registrars = pollers.iter().map(|poller| poller.registrar().clone());
        let set = Set {
            registrars: registrars.collect(),
            next: AtomicUsize::new(0),
        };
        let placement = Placement { set: Arc::new(set) };
        Ok(Self { pollers, placement })
    }

    /// The placement, to be cloned for whoever registers.
    #[must_use]
    pub const fn placement(&self) -> &Placement<E, C> {
        &self.placement
    }

    /// The pollers, to be moved to their threads, and the placement.
    #[must_use]
    pub fn split(self) -> (Vec<Poller<E, C>>, Placement<E, C>) {
        (self.pollers, self.placement)
    }
}

impl<E: Engine<Error = Error>, C: Clock> Placement<E, C> {
    /// The registrar whose turn it is: each in its turn.
    #[must_use]
    pub fn next(&self) -> &Registrar<E, C> {
        let next = self.set.next.fetch_add(1, Ordering::Relaxed);
        self.at(next)
    }

    /// The registrar with the fewest sources and channels; the first of several.
    ///
    /// Looks at each poller's count once.
    #[must_use]
    pub fn least(&self) -> &Registrar<E, C> {
        let all = self.set.registrars.iter();
        let least = all.min_by_key(|registrar| registrar.registrations());
        least.unwrap_or_else(|| self.at(0))
    }

    /// The registrar for this key: the same for equal keys, so that sources that belong together
    /// live on one thread.
    #[must_use]
    pub fn by_key(&self, key: &impl Hash) -> &Registrar<E, C> {
        // Fixed keys, so that all clones and runs agree.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let count = u64::try_from(self.set.registrars.len()).unwrap_or(u64::MAX);
        self.at(usize::try_from(hash % count).unwrap_or_default())
    }

    /// The registrar of the poller that an id of this set belongs to; none if the set has no poller
    /// of that number. Ids of other sets look alike.
    #[must_use]
    pub fn of(&self, id: Id) -> Option<&Registrar<E, C>> {
        self.set.registrars.get(id.poller())
    }

    /// The registrars of all pollers.
    #[must_use]
    pub fn registrars(&self) -> &[Registrar<E, C>] {
        &self.set.registrars
    }

    fn at(&self, number: usize) -> &Registrar<E, C> {
        // There is at least one.
        &self.set.registrars[number % self.set.registrars.len()]
    }
}

impl<E: Engine, C> Clone for Placement<E, C> {
    fn clone(&self) -> Self {
        let set = Arc::clone(&self.set);
        Self { set }
    }
}

impl<E: Engine, C> fmt::Debug for Placement<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placement")
            .field("registrars", &self.set.registrars)
            .finish_non_exhaustive()
    }
}

impl<E: Engine + fmt::Debug, C> fmt::Debug for Pollers<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pollers")
            .field("pollers", &self.pollers)
            .finish_non_exhaustive()
    }
}
