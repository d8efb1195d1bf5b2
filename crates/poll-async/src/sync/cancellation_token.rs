//! A word to many tasks that they shall stop, and to all that they started.

mod tree;

use core::fmt;
use core::future::poll_fn;
use core::pin::pin;
use core::task::{Context, Poll, Waker, ready};
use std::sync::Arc;

use self::tree::{Id, Tree};
use super::look::{Look, poll_look};
use super::queue::Key;
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{Mutex, lock};

/// Tells tasks to stop, and those that they started.
///
/// Clones are the same token. A [child](Self::child_token) is cancelled with its parent, and not
/// the other way round. Dropping a token cancels nothing: a child whose parent is gone belongs to
/// the next one above. What a token takes goes back when its last clone is dropped. Waiting works
/// on any executor.
///
/// All tokens that come from one share a lock. Own code: no crate but tokio's has it.
///
/// ```
/// use poll_async::sync::CancellationToken;
///
/// # async fn step() {}
/// async fn serve(stop: CancellationToken) {
///     let connections = stop.child_token();
///     while stop.run_until_cancelled(step()).await.is_some() {}
///     assert!(connections.is_cancelled());
/// }
/// ```
pub struct CancellationToken {
    tree: Arc<Mutex<Tree>>,
    id: Id,
}

impl CancellationToken {
    /// A token without a parent.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Tree::new();
        let id = tree.add(None);
        Self {
            tree: Arc::new(Mutex::new(tree)),
            id,
        }
    }

    /// A token that is cancelled with this one, at once if this one is already.
    #[must_use]
    pub fn child_token(&self) -> Self {
        Self {
            tree: Arc::clone(&self.tree),
            id: lock(&self.tree).add(Some(self.id)),
        }
    }

    /// Cancels this token and all that come from it. The tasks that wait are woken.
    pub fn cancel(&self) {
        let mut wakes = Wakes::new();
        let mut tree = lock(&self.tree);
        tree.cancel(self.id, &mut wakes);
        drop(tree);
    }

    /// Whether this token or one that it comes from was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        lock(&self.tree).is_cancelled(self.id)
    }

    /// Waits until the token is cancelled.
    ///
    /// Cancel-safe: there is nothing to lose.
    pub async fn cancelled(&self) {
        let mut wait = Wait {
            token: self,
            key: None,
        };
        poll_fn(move |context| wait.poll(context)).await;
    }

    /// [`cancelled`](Self::cancelled), with a future that keeps the token.
    ///
    /// Cancel-safe: there is nothing to lose.
    pub async fn cancelled_owned(self) {
        self.cancelled().await;
    }

    /// Runs `future`; if the token is cancelled first, it is dropped and nothing comes of it. It
    /// does not start when the token is cancelled already; an output that comes together with the
    /// cancellation is kept.
    ///
    /// Cancel-safe if `future` is.
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.is_cancelled() {
            return None;
        }
        let mut future = pin!(future);
        let mut wait = Wait {
            token: self,
            key: None,
        };
        poll_fn(move |context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            wait.poll(context).map(|()| None)
        })
        .await
    }

    /// [`run_until_cancelled`](Self::run_until_cancelled), with a future that keeps the token.
    ///
    /// Cancel-safe if `future` is.
    pub async fn run_until_cancelled_owned<F: Future>(self, future: F) -> Option<F::Output> {
        self.run_until_cancelled(future).await
    }

    /// Cancels the token when the guard is dropped.
    pub const fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }
}

impl Clone for CancellationToken {
    fn clone(&self) -> Self {
        lock(&self.tree).retain(self.id);
        Self {
            tree: Arc::clone(&self.tree),
            id: self.id,
        }
    }
}

impl Drop for CancellationToken {
    fn drop(&mut self) {
        lock(&self.tree).release(self.id);
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken")
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Waits for a token, which has its waker until this is dropped.
struct Wait<'a> {
    token: &'a CancellationToken,
    key: Option<Key>,
}

impl Wait<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let unit = ready!(poll_proceed(context));
        let (id, key) = (self.token.id, &mut self.key);
        ready!(poll_look(&self.token.tree, context, |tree, waker| {
            if tree.is_cancelled(id) {
                return Look::Done(());
            }
            tree.wait(id, key, waker, context)
        }));
        unit.made_progress();
        Poll::Ready(())
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let waker: Option<Waker> = lock(&self.token.tree).forget(self.token.id, key);
            drop(waker);
        }
    }
}

/// Cancels its [`CancellationToken`] when it is dropped.
#[derive(Debug)]
#[must_use = "a guard that is dropped cancels at once"]
#[clippy::has_significant_drop]
pub struct DropGuard {
    token: Option<CancellationToken>,
}

impl DropGuard {
    /// Gives the token back, which is not cancelled.
    ///
    /// # Panics
    ///
    /// Never: the token is there until the guard is dropped.
    #[must_use = "a token that is dropped is not cancelled"]
    pub fn disarm(mut self) -> CancellationToken {
        match self.token.take() {
            Some(token) => token,
            None => unreachable!("the guard has its token until it is dropped"),
        }
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}
