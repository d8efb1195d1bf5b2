//! Signals and children in one wait: a small supervisor that starts programs, reports how they end,
//! starts one of them again, and stops on `SIGTERM`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::time::Duration;
use std::collections::HashMap;
use std::io::Result;
use std::process::{self, Child, Command};

use poll_loop::{Id, Notifications, Owned, Poller, Registrar, Signal};
use poll_os::ChildExit;
use sys_process::{Pid, kill};

/// A program that runs.
struct Running {
    name: &'static str,
    child: Child,
    exit: Owned<ChildExit>,
}

fn main() -> Result<()> {
    let mut poller = Poller::new()?;
    let registrar = poller.registrar().clone();
    let stop = registrar.signals([Signal::TERMINATE, Signal::INTERRUPT])?;
    let mut running = HashMap::new();
    for (name, script) in [
        ("good", "exit 0"),
        ("bad", "exit 3"),
        ("long", "exec sleep 60"),
    ] {
        start(&registrar, &mut running, name, script)?;
    }
    let (mut restarts, mut ended) = (0, 0);
    let mut notifications = Notifications::with_capacity(16);
    // Ends at the latest when a supervisor of ours would lose its patience.
    let patience = registrar.set_timeout(Duration::from_secs(30))?;
    'supervise: loop {
        poller.wait(&mut notifications, None)?;
        for notification in &notifications {
            assert!(notification.id != patience, "nothing happens any more");
            if notification.id == stop.id()
                && let Some(signal) = stop.take_signal()?
            {
                println!("{signal:?}: stopping");
                break 'supervise;
            }
            let Some(status) = status_of(&running, notification.id)? else {
                continue;
            };
            let Some(mut program) = running.remove(&notification.id) else {
                continue;
            };
            // The notification reaps nobody; this does, and cannot block.
            assert_eq!(program.child.wait()?, status);
            println!("{} ended: {status}", program.name);
            ended += 1;
            if !status.success() && restarts == 0 {
                restarts += 1;
                start(&registrar, &mut running, program.name, "exit 0")?;
            }
            if ended == 3 {
                // What an operator would do.
                let own = i32::try_from(process::id()).ok().and_then(Pid::from_raw);
                own.map_or(Ok(()), |own| kill(own, Signal::TERMINATE))?;
            }
        }
    }
    for program in running.values_mut() {
        program.child.kill()?;
        println!("{} was stopped: {}", program.name, program.child.wait()?);
    }
    assert_eq!((restarts, ended, running.len()), (1, 3, 1));
    Ok(())
}

fn start(
    registrar: &Registrar,
    running: &mut HashMap<Id, Running>,
    name: &'static str,
    script: &str,
) -> Result<()> {
    let child = Command::new("sh").args(["-c", script]).spawn()?;
    let exit = registrar.child(&child)?;
    running.insert(exit.id(), Running { name, child, exit });
    Ok(())
}

fn status_of(running: &HashMap<Id, Running>, id: Id) -> Result<Option<process::ExitStatus>> {
    let program = running.get(&id);
    program.map_or(Ok(None), |program| program.exit.try_status())
}
