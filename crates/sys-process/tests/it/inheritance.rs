//! What started programs inherit, which is nothing.

use std::process::Command;

use sys_process::{Signal, SignalListener, signal_mask};

use crate::emulation::real_time_signals_are_ours;
use crate::isolated::isolated;

/// The signals of a set from a /proc status file that programs started by this one may inherit.
fn signals_in(status: &str, field: &str) -> u64 {
    let ours = if real_time_signals_are_ours() {
        u64::MAX
    } else {
        (1 << 31) - 1
    };
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap() & ours
}

#[test]
fn a_started_program_inherits_no_mask_no_ignored_signal_and_no_descriptor() {
    isolated(
        "inheritance::a_started_program_inherits_no_mask_no_ignored_signal_and_no_descriptor",
        || {
            let status = |command: &mut Command| {
                let output = command.output().unwrap();
                assert!(output.status.success());
                String::from_utf8(output.stdout).unwrap()
            };
            let cat = || status(Command::new("cat").arg("/proc/self/status"));
            let files = || status(Command::new("ls").arg("/proc/self/fd"));
            let (before, files_before) = (cat(), files());
            let mask_before = format!("{:?}", signal_mask().unwrap());

            let mut listener = SignalListener::new().unwrap();
            let mut listened = 0;
            for number in 1..=64 {
                if let Ok(signal) = Signal::from_number(number)
                    && signal.can_be_listened_to()
                {
                    listener.add(signal).unwrap();
                    listened |= 1 << (number - 1);
                }
            }
            let (during, files_during) = (cat(), files());
            assert_eq!(signals_in(&during, "SigBlk"), signals_in(&before, "SigBlk"));
            // What was ignored before and is listened to now has the default action there.
            let ignored = signals_in(&before, "SigIgn") & !listened;
            assert_eq!(signals_in(&during, "SigIgn"), ignored);
            assert_eq!(files_during, files_before);
            // The standard library clears the mask of what it starts; this thread's own must be
            // clean for everyone else's sake.
            assert_eq!(format!("{:?}", signal_mask().unwrap()), mask_before);
        },
    );
}
