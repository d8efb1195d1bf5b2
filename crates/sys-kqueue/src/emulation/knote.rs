//! One registration of an emulated kqueue.

use core::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, read, write};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use super::queue::{id, timespec};
use super::registry::duplicate;
use super::script::{Exits, Profile, Zombies};
use super::watch::{Mode, Report, Watch};
use crate::event::{Event, Filter, Flags};
use crate::notes::{ProcessNotes, UserNotes};
use crate::target;

/// One registration.
pub(super) struct Knote {
    /// Its number in the epoll instance of its kqueue.
    pub(super) id: u64,
    /// As it was added: later changes touch all but the flags.
    event: Event,
    source: Source,
}

enum Source {
    Descriptor(Watch),
    /// Readable while it is triggered.
    User(OwnedFd),
    Timer(OwnedFd),
    Process(Process),
}

/// A process, and what is readable once its end is to be reported.
struct Process {
    pidfd: OwnedFd,
    ended: OwnedFd,
}

/// The flags that a registration keeps and its reports show.
const KEPT: u32 =
    Flags::ONESHOT.bits() | Flags::CLEAR.bits() | Flags::DISPATCH.bits() | Flags::RECEIPT.bits();

impl Knote {
    /// What `change` adds; `is_own` tells the kqueue that it shall go to.
    pub(super) fn new(
        id: u64,
        change: &Event,
        profile: &Profile,
        is_own: impl Fn(BorrowedFd<'_>) -> bool,
    ) -> Result<Self, Errno> {
        let filter = change.filter();
        let mut event = Event {
            flags: target::flags_to_raw(change.flags().bits() & KEPT),
            ..*change
        };
        let source =
            if [Some(Filter::READ), Some(Filter::WRITE), Filter::EXCEPT].contains(&Some(filter)) {
                if is_own(duplicate(change.ident())?.as_fd()) {
                    return Err(Errno::INVAL);
                }
                Source::Descriptor(Watch::new(change.ident(), filter, mode(change.flags()))?)
            } else if filter == Filter::USER && profile.has_user_events {
                event.fflags &= UserNotes::USER_BITS.bits();
                let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
                if profile.triggers_on_add {
                    trigger(&bell, change)?;
                }
                Source::User(bell)
            } else if filter == Filter::TIMER {
                event.flags |= target::flags_to_raw(Flags::CLEAR.bits());
                Source::Timer(timer(change)?)
            } else if filter == Filter::PROC {
                Source::Process(process(change, profile)?)
            } else {
                return Err(Errno::INVAL);
            };
        Ok(Self { id, event, source })
    }

    /// Whether it is the one that `change` means.
    pub(super) fn is_about(&self, change: &Event) -> bool {
        (self.event.filter, self.event.ident) == (change.filter, change.ident)
    }

    /// Whether its descriptor is open and the same, if it has one.
    pub(super) fn is_open(&self) -> bool {
        match &self.source {
            Source::Descriptor(watch) => watch.source().is_some(),
            Source::User(_) | Source::Timer(_) | Source::Process(_) => true,
        }
    }

    /// Readable while it may have something to report.
    pub(super) fn signal(&self) -> BorrowedFd<'_> {
        match &self.source {
            Source::Descriptor(watch) => watch.signal(),
            Source::User(fd) | Source::Timer(fd) => fd.as_fd(),
            Source::Process(process) => process.ended.as_fd(),
        }
    }

    /// Lets it report, or keeps it from that.
    pub(super) fn enable(&mut self, kqueue: BorrowedFd<'_>, enabled: bool) -> Result<(), Errno> {
        use rustix::event::epoll::{EventFlags, modify};
        let events = if enabled {
            EventFlags::IN
        } else {
            EventFlags::empty()
        };
        modify(kqueue, self.signal(), id(self.id), events)
    }

    /// Changes what is registered already: everything but how it reports.
    pub(super) fn touch(&mut self, change: &Event) -> Result<(), Errno> {
        self.event.udata = change.udata;
        match &mut self.source {
            Source::Descriptor(watch) => {
                (self.event.fflags, self.event.data) = (change.fflags, change.data);
                let source = watch.source().ok_or(Errno::BADF)?;
                // What is ready is reported again, also by who reports changes only.
                watch.look_again(source.as_fd(), mode(self.event.flags()))?;
            }
            Source::User(bell) => {
                self.event.fflags = bits(self.event.fflags, change.fflags);
                self.event.data = change.data;
                trigger(bell, change)?;
                // FreeBSD forgets the trigger if the change that triggers has `CLEAR`.
                if change.flags().contains(Flags::CLEAR) {
                    count(bell)?;
                }
            }
            Source::Timer(timer) if change.flags().contains(Flags::ADD) => {
                (self.event.fflags, self.event.data) = (change.fflags, change.data);
                set(timer, change, self.event.flags())?;
            }
            Source::Timer(_) => {}
            Source::Process(_) => self.event.fflags = change.fflags,
        }
        Ok(())
    }

    /// What there is to report, if there is anything.
    pub(super) fn report(&mut self) -> Result<Option<Event>, Errno> {
        let clears = self.event.flags().contains(Flags::CLEAR);
        let report = match &mut self.source {
            Source::Descriptor(watch) => descriptor(watch, &self.event)?,
            Source::User(bell) => {
                let triggers = if clears { count(bell)? } else { 1 };
                (triggers > 0).then(|| Report {
                    flags: Flags::EMPTY,
                    fflags: self.event.fflags,
                    data: self.event.data(),
                })
            }
            Source::Timer(timer) => match count(timer)? {
                0 => None,
                expirations => Some(Report {
                    flags: Flags::EMPTY,
                    fflags: 0,
                    data: i64::try_from(expirations).unwrap_or(i64::MAX),
                }),
            },
            Source::Process(process) => Some(end(&process.pidfd, self.event.fflags)),
        };
        Ok(report.map(|report| Event {
            flags: self.event.flags | target::flags_to_raw(report.flags.bits()),
            fflags: report.fflags,
            data: target::data_to_raw(report.data),
            ..self.event
        }))
    }
}

fn mode(flags: Flags) -> Mode {
    match flags.contains(Flags::CLEAR) {
        true => Mode::Edge,
        false => Mode::Level,
    }
}

fn descriptor(watch: &mut Watch, event: &Event) -> Result<Option<Report>, Errno> {
    if !watch.fires()? {
        return Ok(None);
    }
    // It was open a moment ago; if it is not any more, there is nothing to report.
    let Some(source) = watch.source() else {
        return Ok(None);
    };
    let report = watch.look(source.as_fd(), event.fflags, event.data())?;
    // A level that is there for epoll and not for kqueue is looked at when it changes.
    let mode = match report {
        Some(_) => mode(event.flags()),
        None => Mode::Edge,
    };
    if mode != watch.mode() {
        watch.look_again(source.as_fd(), mode)?;
    }
    Ok(report)
}

/// The user's bits after a change with these notes.
fn bits(old: u32, notes: u32) -> u32 {
    let new = notes & UserNotes::USER_BITS.bits();
    let notes = UserNotes::from_bits(notes);
    if notes.contains(UserNotes::COPY) {
        new
    } else if notes.contains(UserNotes::OR) {
        old | new
    } else if notes.contains(UserNotes::AND) {
        old & new
    } else {
        old
    }
}

fn trigger(bell: &OwnedFd, change: &Event) -> Result<(), Errno> {
    if change.fflags & UserNotes::TRIGGER.bits() != 0 {
        write(bell, &1_u64.to_ne_bytes())?;
    }
    Ok(())
}

/// Takes the count out of an eventfd or a timerfd; zero if there is none.
fn count(counter: &OwnedFd) -> Result<u64, Errno> {
    let mut count = [0; 8];
    match read(counter, &mut count) {
        Err(Errno::AGAIN) => Ok(0),
        result => result.map(|_length| u64::from_ne_bytes(count)),
    }
}

fn timer(change: &Event) -> Result<OwnedFd, Errno> {
    let clock = match is_absolute(change) {
        true => TimerfdClockId::Realtime,
        false => TimerfdClockId::Monotonic,
    };
    let timer = timerfd_create(clock, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
    set(&timer, change, change.flags())?;
    Ok(timer)
}

fn is_absolute(change: &Event) -> bool {
    let absolute = target::TIMER.absolute.unwrap_or(0);
    change.fflags & absolute != 0
}

/// Sets a timer to the time of `change`, to run once or again and again as the registration says.
fn set(timer: &OwnedFd, change: &Event, registered: Flags) -> Result<(), Errno> {
    let absolute = target::TIMER.absolute.unwrap_or(0);
    let units = target::TIMER.units.iter();
    let unit = units
        .clone()
        .find(|unit| unit.fflags == change.fflags & !absolute)
        .ok_or(Errno::INVAL)?;
    let count = u64::try_from(change.data()).map_err(|_negative| Errno::INVAL)?;
    // Zero would stop it.
    let length = Duration::from_nanos(count.saturating_mul(unit.nanos).max(1));
    let (flags, interval) = match is_absolute(change) {
        true => (TimerfdTimerFlags::ABSTIME, Duration::ZERO),
        false if registered.contains(Flags::ONESHOT) => {
            (TimerfdTimerFlags::empty(), Duration::ZERO)
        }
        false => (TimerfdTimerFlags::empty(), length),
    };
    let value = Itimerspec {
        it_interval: timespec(interval),
        it_value: rustix::time::Timespec {
            tv_sec: i64::try_from(length.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: length.subsec_nanos().into(),
        },
    };
    timerfd_settime(timer, flags, &value).map(drop)
}

fn process(change: &Event, profile: &Profile) -> Result<Process, Errno> {
    let number = i32::try_from(change.ident()).map_err(|_too_large| Errno::SRCH)?;
    let pid = Pid::from_raw(number).ok_or(Errno::SRCH)?;
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    let flags = EventfdFlags::CLOEXEC;
    let ended = match (status(&pidfd), profile.zombies, profile.exits) {
        (Some(_), Zombies::Refused, _) => return Err(Errno::SRCH),
        (Some(_), Zombies::Unreported, _) => eventfd(0, flags)?,
        (None, _, Exits::Early) => eventfd(1, flags)?,
        _ => pidfd_open(pid, PidfdFlags::NONBLOCK)?,
    };
    Ok(Process { pidfd, ended })
}

/// The end of a process, which is the last that is reported of it.
fn end(process: &OwnedFd, notes: u32) -> Report {
    // Where there is a note for the status, it has to be asked for.
    let asked = ProcessNotes::EXITSTATUS.map_or(0, ProcessNotes::bits);
    let status = status(process).filter(|_| notes & asked == asked);
    Report {
        flags: Flags::EOF | Flags::ONESHOT,
        fflags: ProcessNotes::EXIT.bits() | (notes & asked),
        data: status.unwrap_or(0).into(),
    }
}

/// The status of a child that has ended, as waitpid(2) has it.
fn status(process: &OwnedFd) -> Option<i32> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // ECHILD: it is not ours, so its end is known and its status is not.
    let state = waitid(WaitId::PidFd(process.as_fd()), options).ok()??;
    let code = state.exit_status().map(|code| code << 8);
    let core = if state.dumped() { 0x80 } else { 0 };
    code.or_else(|| Some(state.terminating_signal()? | core))
}
