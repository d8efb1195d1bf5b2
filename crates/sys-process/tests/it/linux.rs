//! pidfd, signalfd and real-time signals.

use std::process::{Command, Stdio};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Resource, Rlimit, getpid, getrlimit, setrlimit};
use sys_process::{
    ChildState, Errno, Pid, PidFd, Signal, SignalFd, SignalInfo, SignalListener, SignalSet,
    WaitFlags, block_signals, set_signal_mask, signal_mask,
};

use crate::delivery::{listener, next};
use crate::emulation::real_time_signals_are_ours;
use crate::isolated::{is_readable, isolated, send_to_self, wait_readable};

fn sleeper() -> std::process::Child {
    Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_pidfd_is_readable_once_the_process_has_ended_and_tells_how() {
    let mut child = sleeper();
    let process = PidFd::open(Pid::from_child(&child)).unwrap();
    let look = WaitFlags::EXITED | WaitFlags::NO_HANG | WaitFlags::NO_REAP;
    assert!(!is_readable(&process));
    assert_eq!(process.wait(look), Ok(None));
    process.send(Signal::TERMINATE).unwrap();
    wait_readable(&process);
    let state = ChildState::Killed(Signal::TERMINATE.number());
    assert_eq!(process.wait(look), Ok(Some(state)));
    assert_eq!(Some(child.wait().unwrap()), state.exit_status());
    assert_eq!(process.wait(look), Err(Errno::CHILD));
    assert_eq!(process.send(Signal::TERMINATE), Err(Errno::SRCH));
}

#[test]
fn a_descriptor_that_is_no_process_and_a_process_that_is_none_are_errors() {
    let (reader, _writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let nonsense = PidFd::from(reader);
    assert_eq!(nonsense.send(Signal::TERMINATE), Err(Errno::BADF));
    assert_eq!(nonsense.wait(WaitFlags::EXITED), Err(Errno::BADF));

    let mut child = sleeper();
    let pid = Pid::from_child(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(PidFd::open(pid).err(), Some(Errno::SRCH));
}

#[test]
fn a_signalfd_reads_what_its_thread_holds_back() {
    let mut set = SignalSet::new();
    set.insert(Signal::PIPE).unwrap();
    let before = block_signals(&set).unwrap();
    assert!(!before.contains(Signal::PIPE));
    assert!(signal_mask().unwrap().contains(Signal::PIPE));
    let signal_fd = SignalFd::new(&set).unwrap();
    let mut infos = [SignalInfo::EMPTY; 4];
    assert_eq!(infos[0].signal(), None);
    assert_eq!(signal_fd.read(&mut infos), Err(Errno::AGAIN));
    assert_eq!(signal_fd.read(&mut []), Err(Errno::INVAL));

    // The one signal that goes to the very thread that caused it.
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    drop(reader);
    assert_eq!(rustix::io::write(&writer, b"x"), Err(Errno::PIPE));
    wait_readable(&signal_fd);
    assert_eq!(signal_fd.read(&mut infos), Ok(1));
    assert_eq!(infos[0].signal(), Some(Signal::PIPE));
    assert_eq!(infos[0].pid(), Some(getpid()));
    assert_eq!(signal_fd.read(&mut infos), Err(Errno::AGAIN));

    // With another set it is silent, and the signal stays where it is.
    signal_fd.set(&SignalSet::new()).unwrap();
    assert_eq!(rustix::io::write(&writer, b"x"), Err(Errno::PIPE));
    assert!(!is_readable(&signal_fd));
    signal_fd.set(&set).unwrap();
    assert_eq!(signal_fd.read(&mut infos), Ok(1));

    set_signal_mask(&before).unwrap();
    assert!(!signal_mask().unwrap().contains(Signal::PIPE));
}

#[test]
fn a_signal_set_holds_what_was_put_into_it() {
    let mut set = SignalSet::default();
    assert_eq!(set.iter().count(), 0);
    set.insert(Signal::HANGUP).unwrap();
    set.insert(Signal::from_number(64).unwrap()).unwrap();
    let beyond = Signal::from_number(127).unwrap();
    assert_eq!(set.insert(beyond), Err(Errno::INVAL));
    assert!(!set.contains(beyond));
    assert_eq!(format!("{set:?}"), "{SIGHUP, signal 64}");
}

#[test]
fn the_last_real_time_signal_is_a_signal_like_others() {
    isolated(
        "linux::the_last_real_time_signal_is_a_signal_like_others",
        || {
            if !real_time_signals_are_ours() {
                return;
            }
            let signal = Signal::from_number(64).unwrap();
            let listener = listener([signal]);
            send_to_self(signal);
            assert_eq!(next(&listener).signal, signal);
        },
    );
}

#[test]
fn the_numbers_of_the_c_library_are_refused() {
    let first = libc::SIGRTMIN();
    for number in 32..first {
        assert_eq!(Signal::from_number(number), Err(Errno::INVAL), "{number}");
    }
    assert_eq!(Signal::from_number(first).map(Signal::number), Ok(first));
}

#[test]
fn without_a_free_descriptor_nothing_is_made_and_nothing_is_changed() {
    isolated(
        "linux::without_a_free_descriptor_nothing_is_made_and_nothing_is_changed",
        || {
            let before = getrlimit(Resource::Nofile);
            let set = SignalSet::new();
            let current = Some(0);
            setrlimit(Resource::Nofile, Rlimit { current, ..before }).unwrap();
            let listener = SignalListener::new().err();
            let signal_fd = SignalFd::new(&set).err();
            let pidfd = PidFd::open(getpid()).err();
            setrlimit(Resource::Nofile, before).unwrap();
            assert_eq!(listener, Some(Errno::MFILE));
            assert_eq!(signal_fd, Some(Errno::MFILE));
            assert_eq!(pidfd, Some(Errno::MFILE));
            SignalListener::new().unwrap();
        },
    );
}
