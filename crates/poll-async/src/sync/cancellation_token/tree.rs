//! Which token comes from which, and who waits for it.

use core::task::{Context, Waker};
use std::collections::BTreeMap;

use crate::sync::look::{Look, keep};
use crate::sync::queue::{Key, Queue};
use crate::sync::wakes::Wakes;

/// The name of a token, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u64);

/// A token, linked to its siblings so that it can leave from anywhere among them.
#[derive(Debug)]
struct Node {
    /// Clones of the token, and guards.
    handles: usize,
    is_cancelled: bool,
    waiting: Queue<Option<Waker>>,
    parent: Option<Id>,
    first_child: Option<Id>,
    previous: Option<Id>,
    next: Option<Id>,
}

/// All tokens that come from one, as long as they have handles. A token that was cancelled is
/// linked to nobody: nothing can happen to it any more.
#[derive(Debug)]
pub(super) struct Tree {
    /// A map and not slots, so that the memory of a burst goes back.
    nodes: BTreeMap<Id, Node>,
    next: u64,
}

impl Tree {
    pub(super) const fn new() -> Self {
        Self {
            nodes: BTreeMap::new(),
            next: 0,
        }
    }

    /// Adds a token with one handle.
    pub(super) fn add(&mut self, parent: Option<Id>) -> Id {
        let id = Id(self.next);
        self.next += 1;
        let is_cancelled = parent.is_some_and(|parent| self.is_cancelled(parent));
        self.nodes.insert(
            id,
            Node {
                handles: 1,
                is_cancelled,
                waiting: Queue::new(),
                parent: None,
                first_child: None,
                previous: None,
                next: None,
            },
        );
        if !is_cancelled {
            self.link(id, parent);
        }
        id
    }

    pub(super) fn is_cancelled(&self, id: Id) -> bool {
        self.nodes.get(&id).is_some_and(|node| node.is_cancelled)
    }

    pub(super) fn retain(&mut self, id: Id) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.handles += 1;
        }
    }

    /// Takes a handle away; without any, the token's children go to its parent. Nobody waits then:
    /// who waits has a handle.
    pub(super) fn release(&mut self, id: Id) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        node.handles -= 1;
        if node.handles > 0 {
            return;
        }
        let (parent, mut child) = (node.parent, node.first_child);
        while let Some(orphan) = child {
            child = self.nodes.get(&orphan).and_then(|node| node.next);
            self.unlink(orphan);
            self.link(orphan, parent);
        }
        self.unlink(id);
        self.nodes.remove(&id);
    }

    /// Cancels a token and all that come from it.
    pub(super) fn cancel(&mut self, id: Id, wakes: &mut Wakes) {
        self.unlink(id);
        let mut next = Some(id);
        // Down to the first child as long as there is one; each child leaves when it is come to.
        while let Some(id) = next {
            let Some(node) = self.nodes.get_mut(&id) else {
                return;
            };
            if !node.is_cancelled {
                node.is_cancelled = true;
                while let Some(waiting) = node.waiting.pop() {
                    if let Some(waker) = waiting.take() {
                        wakes.push(waker);
                    }
                }
            }
            next = node.first_child;
            if next.is_none() {
                // Back up: whoever is left there is linked to its parent still.
                next = node.parent;
                self.unlink(id);
            }
        }
    }

    /// Leaves a waker of the task with a token that is not cancelled.
    pub(super) fn wait<R>(
        &mut self,
        id: Id,
        key: &mut Option<Key>,
        waker: &mut Option<Waker>,
        context: &Context<'_>,
    ) -> Look<R> {
        let Some(node) = self.nodes.get_mut(&id) else {
            return Look::Waits;
        };
        if let Some(kept) = key.and_then(|key| node.waiting.get(key)) {
            return keep(kept, waker, context);
        }
        if waker.is_none() {
            return Look::NeedsWaker;
        }
        *key = Some(node.waiting.push(waker.take()));
        Look::Waits
    }

    /// Ends waiting. The waker is for the caller to drop.
    #[must_use = "a waker is dropped after the lock is open"]
    pub(super) fn forget(&mut self, id: Id, key: Key) -> Option<Waker> {
        self.nodes.get_mut(&id)?.waiting.remove(key).flatten()
    }

    fn link(&mut self, id: Id, parent: Option<Id>) {
        let Some(parent) = parent else { return };
        let Some(above) = self.nodes.get_mut(&parent) else {
            return;
        };
        let next = above.first_child.replace(id);
        if let Some(next) = next.and_then(|next| self.nodes.get_mut(&next)) {
            next.previous = Some(id);
        }
        if let Some(node) = self.nodes.get_mut(&id) {
            node.parent = Some(parent);
            node.next = next;
        }
    }

    fn unlink(&mut self, id: Id) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        let Some(parent) = node.parent.take() else {
            return;
        };
        let (previous, next) = (node.previous.take(), node.next.take());
        if let Some(previous) = previous.and_then(|previous| self.nodes.get_mut(&previous)) {
            previous.next = next;
        } else if let Some(parent) = self.nodes.get_mut(&parent) {
            parent.first_child = next;
        }
        if let Some(next) = next.and_then(|next| self.nodes.get_mut(&next)) {
            next.previous = previous;
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::{collection, prop_assert_eq, proptest};

    use super::{Id, Tree};
    use crate::sync::wakes::Wakes;

    /// A token as a plain model has it: where it came from, and who was cancelled.
    struct Plain {
        id: Id,
        ancestors: Vec<usize>,
        is_cancelled: bool,
        is_gone: bool,
    }

    proptest! {
        #[test]
        fn a_token_is_cancelled_with_whatever_it_came_from(
            steps in collection::vec((0..3u8, proptest::num::usize::ANY), 1..120)
        ) {
            let mut tree = Tree::new();
            let id = tree.add(None);
            let mut plain = vec![
                Plain { id, ancestors: Vec::new(), is_cancelled: false, is_gone: false },
            ];
            for (kind, which) in steps {
                let live: Vec<_> = (0..plain.len()).filter(|at| !plain[*at].is_gone).collect();
                let Some(at) = live.get(which % live.len().max(1)).copied() else { break };
                match kind {
                    0 => {
                        let id = tree.add(Some(plain[at].id));
                        let mut ancestors = plain[at].ancestors.clone();
                        ancestors.push(at);
                        let is_cancelled = plain[at].is_cancelled;
                        plain.push(Plain { id, ancestors, is_cancelled, is_gone: false });
                    }
                    1 => {
                        tree.cancel(plain[at].id, &mut Wakes::new());
                        for (other, token) in plain.iter_mut().enumerate() {
                            token.is_cancelled |= other == at || token.ancestors.contains(&at);
                        }
                    }
                    _ => {
                        tree.release(plain[at].id);
                        plain[at].is_gone = true;
                    }
                }
                let mut left = 0;
                for token in plain.iter().filter(|token| !token.is_gone) {
                    left += 1;
                    prop_assert_eq!(tree.is_cancelled(token.id), token.is_cancelled);
                }
                prop_assert_eq!(tree.nodes.len(), left);
            }
        }
    }
}
