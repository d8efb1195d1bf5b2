//! What a test prescribes: how the system it plays differs, and how the next calls end.

use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::vec::Vec;

use rustix::io::Errno;

use crate::event::{Event, Filter, Flags};
use crate::target;

/// How the systems that have kqueue differ, as far as the code above has to cope with it.
///
/// The default is what the system has whose numbers were compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The flags of a receipt.
    pub receipt_flags: ReceiptFlags,
    /// Whether there is `EVFILT_USER`; without it, its changes are `EINVAL`.
    pub has_user_events: bool,
    /// Whether `NOTE_TRIGGER` counts in the change that makes a user event.
    pub triggers_on_add: bool,
    /// What is said to who wants to watch a process that has ended and was not waited for.
    pub zombies: Zombies,
    /// When the end of a process that is watched is reported.
    pub exits: Exits,
}

/// What a receipt does with the flags of its change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptFlags {
    /// They become `EV_ERROR` alone, as on FreeBSD.
    Replaced,
    /// `EV_ERROR` is added to them, as on Apple's systems.
    Joined,
}

/// What is said to who wants to watch a process that has ended and was not waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zombies {
    /// The end is reported at once, as on FreeBSD.
    Reported,
    /// `ESRCH`, as on Apple's systems.
    Refused,
    /// Nothing, and nothing is reported ever: the kernel tells only what happens from then on.
    Unreported,
}

/// When the end of a process that is watched is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exits {
    /// When it can be waited for.
    Waitable,
    /// Before that, as kernels do that post the note on the way to the end: here at once.
    Early,
}

impl Default for Profile {
    fn default() -> Self {
        let apple = Filter::MACHPORT.is_some();
        Self {
            receipt_flags: match apple {
                true => ReceiptFlags::Joined,
                false => ReceiptFlags::Replaced,
            },
            has_user_events: true,
            triggers_on_add: apple,
            zombies: match target::REFUSES_ENDED {
                true => Zombies::Refused,
                false => Zombies::Reported,
            },
            exits: Exits::Waitable,
        }
    }
}

/// How one call ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// As it does without a script.
    Pass,
    /// It fails before anything is done.
    Fail(Errno),
    /// Its changes are made, and then it fails.
    FailAfterChanges(Errno),
    /// The changes at these places are not made, and their receipts say why.
    Refuse(Vec<(usize, Errno)>),
    /// It reports exactly these, as far as they fit.
    Report(Vec<Event>),
}

std::thread_local! {
    // Each test has a thread, and each scripted call is made by the test itself.
    static PROFILE: Cell<Option<Profile>> = const { Cell::new(None) };
    static CHANGES: RefCell<VecDeque<Step>> = const { RefCell::new(VecDeque::new()) };
    static WAITS: RefCell<VecDeque<Step>> = const { RefCell::new(VecDeque::new()) };
    static RECORD: RefCell<Option<Vec<Vec<Event>>>> = const { RefCell::new(None) };
}

/// Sets what the kqueues that this thread makes from now on are like.
pub fn set_profile(profile: Profile) {
    PROFILE.set(Some(profile));
}

/// What the next kqueue of this thread is like.
pub(super) fn profile() -> Profile {
    PROFILE.get().unwrap_or_default()
}

/// Prescribes the end of this thread's next call that makes changes, after those prescribed before.
pub fn at_next_change(step: Step) {
    CHANGES.with_borrow_mut(|steps| steps.push_back(step));
}

/// Prescribes the end of this thread's next call that makes none, after those prescribed before.
pub fn at_next_wait(step: Step) {
    WAITS.with_borrow_mut(|steps| steps.push_back(step));
}

/// The changes that each call of this thread asks for meanwhile, one list for each call.
pub fn recorded(during: impl FnOnce()) -> Vec<Vec<Event>> {
    RECORD.set(Some(Vec::new()));
    during();
    RECORD.take().unwrap_or_default()
}

/// What is prescribed for the call that makes `changes`.
pub(super) fn next(changes: &[Event]) -> Step {
    let steps = if changes.is_empty() {
        &WAITS
    } else {
        RECORD.with_borrow_mut(|record| {
            if let Some(record) = record {
                record.push(changes.to_vec());
            }
        });
        &CHANGES
    };
    let step = steps.with_borrow_mut(VecDeque::pop_front);
    step.unwrap_or(Step::Pass)
}

/// An event with any contents, as a kernel might write it.
#[must_use]
pub fn event(
    ident: usize,
    filter: Filter,
    flags: Flags,
    (fflags, data): (u32, i64),
    udata: usize,
) -> Event {
    Event {
        ident,
        filter: filter.raw(),
        flags: target::flags_to_raw(flags.bits()),
        fflags,
        data: target::data_to_raw(data),
        udata,
        ..Event::BLANK
    }
}

/// Puts prescribed reports into the caller's list.
pub(super) fn report(reports: &[Event], events: &mut [Event]) -> usize {
    let pairs = events.iter_mut().zip(reports);
    pairs.map(|(place, report)| *place = *report).count()
}
