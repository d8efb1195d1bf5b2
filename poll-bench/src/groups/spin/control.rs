//! The same scenes with two threads of the system: one spins, the other waits in the kernel. They
//! wake each other as two workers do, so that the scheduler places them alike.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use super::connected;
use super::scenes::{SLEEP, Scene, WRITE_AFTER, spin};
use crate::groups::work_missing;
use crate::sys;

/// What the thread that waits is to do.
struct Errand {
    scene: Scene,
    start: Instant,
    is_served: Arc<AtomicBool>,
}

/// The two threads; they end when this is dropped.
pub(super) struct Control {
    scenes: Sender<Scene>,
    may_write: Receiver<()>,
    // Since when it has been late, and when it was served.
    served: Receiver<io::Result<(Instant, Instant)>>,
    theirs: TcpStream,
}

impl Control {
    pub(super) fn new() -> io::Result<Self> {
        let (ours, theirs) = connected()?;
        let (scenes, to_play) = mpsc::channel();
        let (go, may_write) = mpsc::channel();
        let (report, served) = mpsc::channel();
        let (errands, to_run) = mpsc::channel();
        let (begun, has_begun) = mpsc::channel();
        // Where there are fewer CPUs, they stay where they are.
        thread::spawn(move || {
            drop(sys::stay_on_cpu(0));
            spinning(&to_play, &errands, &has_begun, &go);
        });
        thread::spawn(move || {
            drop(sys::stay_on_cpu(1));
            waiting(&to_run, &begun, &report, ours);
        });
        Ok(Self {
            scenes,
            may_write,
            served,
            theirs,
        })
    }

    /// How long the thread that waits has to wait longer than it must.
    pub(super) fn latency(&mut self, scene: Scene) -> io::Result<Duration> {
        self.scenes.send(scene).map_err(io::Error::other)?;
        let mut written = None;
        if matches!(scene, Scene::Socket) {
            self.may_write.recv().map_err(io::Error::other)?;
            thread::sleep(WRITE_AFTER);
            written = Some(Instant::now());
            self.theirs.write_all(b"!")?;
        }
        let (start, served) = self.served.recv().map_err(io::Error::other)??;
        Ok(served.saturating_duration_since(written.unwrap_or(start)))
    }
}

// The thread that spins. A channel whose other end is gone is the end.
fn spinning(
    scenes: &Receiver<Scene>,
    errands: &Sender<Errand>,
    has_begun: &Receiver<()>,
    go: &Sender<()>,
) {
    for scene in scenes {
        let is_served = Arc::new(AtomicBool::new(false));
        let errand = Errand {
            scene,
            start: Instant::now(),
            is_served: Arc::clone(&is_served),
        };
        if errands.send(errand).is_err() {
            return;
        }
        let begins_first = !matches!(scene, Scene::Queued);
        if begins_first && has_begun.recv().is_err() {
            return;
        }
        if matches!(scene, Scene::Socket) && go.send(()).is_err() {
            return;
        }
        spin(&is_served);
    }
}

// The thread that waits.
fn waiting(
    errands: &Receiver<Errand>,
    begun: &Sender<()>,
    report: &Sender<io::Result<(Instant, Instant)>>,
    mut ours: TcpStream,
) {
    for errand in errands {
        let result = run(&errand, begun, &mut ours);
        errand.is_served.store(true, Ordering::Release);
        if report.send(result).is_err() {
            return;
        }
    }
}

fn run(
    errand: &Errand,
    begun: &Sender<()>,
    ours: &mut TcpStream,
) -> io::Result<(Instant, Instant)> {
    match errand.scene {
        Scene::Timer => {
            let due = Instant::now() + SLEEP;
            begun.send(()).map_err(io::Error::other)?;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            Ok((due, Instant::now()))
        }
        Scene::Socket => {
            begun.send(()).map_err(io::Error::other)?;
            let read = ours.read(&mut [0; 8])?;
            let served = Instant::now();
            match read {
                1 => Ok((served, served)),
                other => {
                    let found = u64::try_from(other).map_err(io::Error::other)?;
                    Err(work_missing("bytes", 1, found))
                }
            }
        }
        Scene::Queued => Ok((errand.start, Instant::now())),
    }
}
