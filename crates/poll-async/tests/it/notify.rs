//! Telling tasks without a value.

use core::pin::{Pin, pin};
use core::task::Poll;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use poll_async::sync::{Notified, Notify, OwnedNotified};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use static_assertions::{assert_impl_all, const_assert};

use crate::drive::{Bell, Task, block_on, poll_once};

assert_impl_all!(Notify: Send, Sync, Default);
assert_impl_all!(Notified<'static>: Send, Sync, Unpin);
assert_impl_all!(OwnedNotified: Send, Sync, Unpin);
const_assert!(size_of::<Notified<'static>>() <= 3 * size_of::<usize>());

static EVERYWHERE: Notify = Notify::new();

#[test]
fn a_permit_is_kept_for_the_next_and_never_more_than_one() {
    EVERYWHERE.notify_one();
    EVERYWHERE.notify_one();
    assert!(Task::new(EVERYWHERE.notified()).poll().is_ready());
    assert!(Task::new(EVERYWHERE.notified()).poll().is_pending());
}

#[test]
fn the_first_and_the_last_are_told_apart() {
    let notify = Notify::new();
    let mut tasks = [(); 3].map(|()| Task::new(notify.notified()));
    assert!(tasks.iter_mut().all(|task| task.poll().is_pending()));
    notify.notify_last();
    notify.notify_one();
    assert_eq!(
        [true, false, true],
        core::array::from_fn(|index| tasks[index].is_woken())
    );
    assert!(tasks[0].poll().is_ready() && tasks[2].poll().is_ready());
    assert!(tasks[1].poll().is_pending());
    notify.notify_last();
    assert!(tasks[1].poll().is_ready());
    assert!(Task::new(notify.notified()).poll().is_pending());
}

#[test]
fn all_are_told_who_were_called_for_before_and_nobody_else() {
    let notify = Notify::new();
    let mut before = Task::new(notify.notified());
    let mut waiting = Task::new(notify.notified());
    assert!(waiting.poll().is_pending());
    notify.notify_waiters();
    let mut after = Task::new(notify.notified());
    assert!(waiting.is_woken());
    assert!(before.poll().is_ready() && waiting.poll().is_ready());
    assert!(after.poll().is_pending());
    // The permit is left alone by one that was told with all.
    notify.notify_one();
    assert!(after.poll().is_ready() && Task::new(notify.notified()).poll().is_pending());
}

#[test]
fn one_that_was_told_and_is_dropped_tells_the_next() {
    let notify = Notify::new();
    let mut tasks = [(); 4].map(|()| Some(Task::new(notify.notified())));
    assert!(
        tasks
            .iter_mut()
            .flatten()
            .all(|task| task.poll().is_pending())
    );
    notify.notify_one();
    tasks[0] = None;
    assert!(tasks[1].as_ref().unwrap().is_woken());
    notify.notify_last();
    tasks[3] = None;
    assert!(tasks[2].as_ref().unwrap().is_woken());
    tasks[1] = None;
    assert!(tasks[2].as_mut().unwrap().poll().is_ready());
    assert!(
        Task::new(notify.notified()).poll().is_ready(),
        "the permit of one that left"
    );
    // Dropped before it is told, it takes nothing; told with all, it leaves nothing.
    let mut left = Task::new(notify.notified());
    assert!(left.poll().is_pending());
    drop(left);
    let mut left = Task::new(notify.notified());
    assert!(left.poll().is_pending());
    notify.notify_waiters();
    drop(left);
    assert!(Task::new(notify.notified()).poll().is_pending());
}

#[test]
fn what_is_enabled_waits_without_being_polled() {
    let notify = Arc::new(Notify::new());
    let mut first = pin!(notify.notified());
    let mut second = pin!(Arc::clone(&notify).notified_owned());
    assert!(!first.as_mut().enable() && !second.as_mut().enable());
    notify.notify_one();
    assert!(first.as_mut().enable() && !second.as_mut().enable());
    notify.notify_one();
    assert_eq!(poll_once(&mut second), Poll::Ready(()));
    assert_eq!(poll_once(&mut first), Poll::Ready(()));
    assert!(!pin!(notify.notified()).enable());
}

#[test]
fn threads_hand_a_turn_on() {
    let notify = Arc::new((Notify::new(), Mutex::new(0)));
    let threads = [0, 1].map(|parity| {
        let notify = Arc::clone(&notify);
        thread::spawn(move || {
            block_on(async {
                for turn in 0..500 {
                    loop {
                        let mut told = pin!(notify.0.notified());
                        told.as_mut().enable();
                        if *notify.1.lock().unwrap() == 2 * turn + parity {
                            break;
                        }
                        told.await;
                    }
                    *notify.1.lock().unwrap() += 1;
                    notify.0.notify_waiters();
                }
            });
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(*notify.1.lock().unwrap(), 1000);
}

#[derive(Clone, Debug)]
enum Step {
    Call,
    Poll(usize),
    Enable(usize),
    Drop(usize),
    First,
    Last,
    All,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_usize).prop_map(|kind| match kind {
            0..3 => Step::Call,
            3 => Step::First,
            4 => Step::Last,
            _ => Step::All,
        }),
        3 => (any::<usize>(), 0..6_usize).prop_map(|(which, kind)| match kind {
            0 => Step::Enable(which),
            1 => Step::Drop(which),
            _ => Step::Poll(which),
        }),
    ]
}

/// How far a plain one is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Is {
    Before,
    Waiting,
    ToldFirst,
    ToldLast,
    ToldAll,
}

struct Begun {
    future: Pin<Box<OwnedNotified>>,
    bell: Arc<Bell>,
    is: Is,
    /// It was polled, and so has to be woken.
    is_polled: bool,
    number: usize,
}

#[derive(Default)]
struct Run {
    notify: Arc<Notify>,
    begun: Vec<Begun>,
    line: Vec<usize>,
    has_permit: bool,
    next: usize,
}

impl Run {
    fn tell_one(&mut self, is: Is) {
        let number = match is {
            _ if self.line.is_empty() => {
                self.has_permit = true;
                return;
            }
            Is::ToldFirst => self.line.remove(0),
            _ => self.line.remove(self.line.len() - 1),
        };
        self.told(number, is);
    }

    fn told(&mut self, number: usize, is: Is) {
        let mut all = self.begun.iter_mut();
        let begun = all.find(|begun| begun.number == number).unwrap();
        begun.is = is;
        assert_eq!(begun.bell.take() > 0, begun.is_polled, "{number} {is:?}");
    }

    fn look(&mut self, which: usize, poll: bool) {
        let Some(index) = which.checked_rem(self.begun.len()) else {
            return;
        };
        let begun = &mut self.begun[index];
        let is_done = if poll {
            let waker = Arc::clone(&begun.bell).into();
            let mut context = core::task::Context::from_waker(&waker);
            begun.future.as_mut().poll(&mut context).is_ready()
        } else {
            begun.future.as_mut().enable()
        };
        let takes_permit = begun.is == Is::Before && core::mem::take(&mut self.has_permit);
        match begun.is {
            Is::Before if !takes_permit => {
                begun.is = Is::Waiting;
                self.line.push(begun.number);
            }
            _ => {}
        }
        assert_eq!(is_done, begun.is != Is::Waiting);
        begun.is_polled |= poll && !is_done;
        if is_done {
            // Done with what it was told: dropped, it tells nobody.
            drop(self.begun.swap_remove(index));
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Call => {
                self.begun.push(Begun {
                    future: Box::pin(Arc::clone(&self.notify).notified_owned()),
                    bell: Arc::default(),
                    is: Is::Before,
                    is_polled: false,
                    number: self.next,
                });
                self.next += 1;
            }
            Step::Poll(which) => self.look(which, true),
            Step::Enable(which) => self.look(which, false),
            Step::Drop(which) => {
                if let Some(index) = which.checked_rem(self.begun.len()) {
                    let Begun { is, number, .. } = self.begun.swap_remove(index);
                    self.line.retain(|waiting| *waiting != number);
                    if let Is::ToldFirst | Is::ToldLast = is {
                        self.tell_one(is);
                    }
                }
            }
            Step::First => {
                self.notify.notify_one();
                self.tell_one(Is::ToldFirst);
            }
            Step::Last => {
                self.notify.notify_last();
                self.tell_one(Is::ToldLast);
            }
            Step::All => {
                self.notify.notify_waiters();
                for number in core::mem::take(&mut self.line) {
                    self.told(number, Is::ToldAll);
                }
                for begun in &mut self.begun {
                    if begun.is == Is::Before {
                        begun.is = Is::ToldAll;
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn it_tells_whom_a_plain_line_does(steps in prop::collection::vec(step(), 0..120)) {
        let mut run = Run::default();
        for step in &steps {
            run.step(step);
        }
    }
}
