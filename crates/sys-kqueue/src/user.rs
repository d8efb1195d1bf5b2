//! The user event, which wakes whoever waits.

use rustix::io::Errno;

use crate::{Change, Event, Flags, Kqueue, UserNotes};

/// A user event: a number in a kqueue that any thread can trigger.
///
/// It is a name and holds nothing open. It remembers the user's data too, because a trigger
/// replaces them by its own.
///
/// # Platform notes
///
/// Kernels without user events (see [`Filter::USER`](crate::Filter::USER)) answer `EINVAL`: fall
/// back to a pipe.
///
/// Manual: kqueue(2)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserEvent {
    ident: usize,
    udata: usize,
}

impl UserEvent {
    /// The user event with the number `ident`, which reports `udata`.
    #[must_use]
    pub const fn new(ident: usize, udata: usize) -> Self {
        Self { ident, udata }
    }

    /// Registers the event, to be reported once for each time it was triggered since the last
    /// report. One system call.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: the kernel has no user events.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: kqueue(2)
    pub fn register(&self, kqueue: &Kqueue) -> Result<(), Errno> {
        self.apply(kqueue, UserNotes::EMPTY, Flags::ADD | Flags::CLEAR)
    }

    /// Triggers the registered event. Until it is reported, more triggers change nothing. One
    /// system call.
    ///
    /// # Errors
    ///
    /// * `ENOENT`: the event is not registered.
    ///
    /// Manual: kqueue(2)
    #[doc(alias = "NOTE_TRIGGER")]
    pub fn trigger(&self, kqueue: &Kqueue) -> Result<(), Errno> {
        // Neither `ADD` nor `CLEAR`: some kernels take the flags of a trigger for new ones of the
        // registration, and `CLEAR` for the wish to forget the trigger itself.
        self.apply(kqueue, UserNotes::TRIGGER, Flags::EMPTY)
    }

    /// Registers and triggers the event at once; the registration ends with the report. One system
    /// call, which needs nothing registered before.
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register).
    ///
    /// Manual: kqueue(2)
    #[doc(alias = "EV_ONESHOT")]
    pub fn post(&self, kqueue: &Kqueue) -> Result<(), Errno> {
        // Two changes: where the first one makes the event, FreeBSD and NetBSD ignore the trigger
        // that comes with it.
        let changes = [
            self.change(UserNotes::EMPTY, Flags::ADD | Flags::ONESHOT),
            self.change(UserNotes::TRIGGER, Flags::EMPTY),
        ];
        let mut receipts = [Event::BLANK; 2];
        kqueue.apply(&changes, &mut receipts)?;
        let [added, triggered] = receipts.map(|it| it.receipt().unwrap_or(Ok(())));
        match added.and(triggered) {
            // ENOENT: it had been posted before, and was reported between the two changes.
            Err(Errno::NOENT) => Ok(()),
            result => result,
        }
    }

    /// Ends the registration. One system call.
    ///
    /// # Errors
    ///
    /// * `ENOENT`: the event is not registered.
    ///
    /// Manual: kqueue(2)
    pub fn delete(&self, kqueue: &Kqueue) -> Result<(), Errno> {
        self.apply(kqueue, UserNotes::EMPTY, Flags::DELETE)
    }

    fn apply(self, kqueue: &Kqueue, notes: UserNotes, flags: Flags) -> Result<(), Errno> {
        kqueue.apply_one(&self.change(notes, flags))
    }

    fn change(self, notes: UserNotes, flags: Flags) -> Change<'static> {
        Change::user(self.ident, notes, flags, self.udata)
    }
}

#[cfg(test)]
mod tests {
    use super::UserEvent;
    use crate::{Event, Kind, Kqueue, UserNotes};
    use core::time::Duration;
    use rustix::io::Errno;

    const NOW: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn triggers_before_a_wait_are_one_event_and_the_next_wait_has_none() {
        let kqueue = Kqueue::new().unwrap();
        let bell = UserEvent::new(3, usize::MAX);
        let mut events = [Event::default(); 4];
        bell.register(&kqueue).unwrap();
        for _ in 0..2 {
            bell.trigger(&kqueue).unwrap();
            bell.trigger(&kqueue).unwrap();
            assert_eq!(kqueue.wait(&mut events, NOW), Ok(1));
            assert_eq!(events[0].udata(), usize::MAX);
            let kind = Kind::User {
                ident: 3,
                notes: UserNotes::EMPTY,
            };
            assert_eq!(events[0].kind(), kind);
            assert_eq!(kqueue.wait(&mut events, NOW), Ok(0));
        }
    }

    #[test]
    fn what_was_posted_once_is_reported() {
        let kqueue = Kqueue::new().unwrap();
        UserEvent::new(0, 5).post(&kqueue).unwrap();
        let mut events = [Event::default(); 4];
        assert_eq!(kqueue.wait(&mut events, NOW), Ok(1));
        assert_eq!(events[0].udata(), 5);
    }

    #[test]
    fn what_was_posted_is_gone_after_its_report() {
        let kqueue = Kqueue::new().unwrap();
        let bell = UserEvent::new(0, 5);
        let mut events = [Event::default(); 4];
        bell.post(&kqueue).unwrap();
        bell.post(&kqueue).unwrap();
        assert_eq!(kqueue.wait(&mut events, NOW), Ok(1));
        assert_eq!(kqueue.wait(&mut events, NOW), Ok(0));
        assert_eq!(bell.delete(&kqueue), Err(Errno::NOENT));
        assert_eq!(bell.trigger(&kqueue), Err(Errno::NOENT));
    }
}
